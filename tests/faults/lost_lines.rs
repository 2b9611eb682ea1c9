//! Lines that go silent, one-sided, wrong or away while a session is open, and servers that come back.

use std::time::Duration;

use anyhow::Result;
use link::{BackoffPolicy, LinkConfig, Order};
use model::{EndpointState as S, ErrorCode as C, Reason};
use suites::{
    Stopwatch,
    fault_proxy::{Direction, FaultProxy, Treatment},
    fault_server::{FaultServer, RawFrame, Script, Upgrade},
    running_link::{RunningLink, Shown},
};

use crate::trial::{TRIES, assert_is_typed, fails, hurried};

/// Heartbeat of these tests.
const INTERVAL: Duration = Duration::from_millis(200);
const TIMEOUT: Duration = Duration::from_millis(800);
/// Beside interval and timeout, for a machine with better things to do.
const SLACK: Duration = Duration::from_secs(2);

fn attentive(config: &mut LinkConfig) {
    hurried(config);
    config.heartbeat.interval = INTERVAL;
    config.heartbeat.timeout = TIMEOUT;
}

/// A link that is up through a proxy before a server in good health.
struct Stage {
    server: FaultServer,
    proxy: FaultProxy,
    link: RunningLink,
}

impl Stage {
    async fn set(change: impl FnOnce(&mut LinkConfig)) -> Result<Self> {
        Self::before(Script::upgraded().answer_pings(), change).await
    }

    async fn before(script: Script, change: impl FnOnce(&mut LinkConfig)) -> Result<Self> {
        let server = FaultServer::start(script).await?;
        let proxy = FaultProxy::before(server.address()).await?;
        let mut link = RunningLink::start(&proxy.url(), change).await?;
        link.until_state(S::Connected).await?;
        Ok(Self { server, proxy, link })
    }

    /// Waits for the first failure, then for the session after it.
    async fn recovers_from(&mut self, code: C) -> Result<Shown> {
        let lost = self.link.until_failure(0).await?;
        assert_is_typed(&lost, code);
        assert_eq!(lost.view.state, S::Reconnecting);
        self.proxy.treat_both(Treatment::Pass);
        self.link.until_state(S::Connected).await?;
        Ok(lost)
    }
}

#[tokio::test]
async fn silence_behind_the_upgrade_is_a_failed_try() -> Result<()> {
    fails(Script::upgraded().keep_open(), C::PingTimeout, |config| {
        config.heartbeat.interval = Duration::from_millis(100);
        config.heartbeat.timeout = Duration::from_millis(300);
    })
    .await
    .map(drop)
}

#[tokio::test]
async fn a_server_that_takes_only_messages_for_life_gets_one_beside_every_ping() -> Result<()> {
    let after = fails(Script::upgraded().keep_open(), C::PingTimeout, |config| {
        config.heartbeat.interval = Duration::from_millis(100);
        // The second ping goes out at its half; a machine that stalls for longer would leave it out.
        config.heartbeat.timeout = Duration::from_millis(1_200);
        config.on_connect = vec!["hello".to_owned()];
        config.heartbeat_message = Some("alive".to_owned());
    })
    .await?;
    let mut payloads = Vec::new();
    for one in &after.seen[..TRIES] {
        let frames = one.frames();
        let texts: Vec<_> =
            frames.iter().filter(|frame| !frame.is_ping()).map(|frame| &frame.payload[..]).collect();
        assert_eq!(
            texts,
            [&b"hello"[..], b"alive", b"alive"],
            "one for each ping, and the second is the last"
        );
        payloads.extend(frames.iter().filter(|frame| frame.is_ping()).map(|frame| frame.payload.clone()));
    }
    assert_eq!(payloads.len(), TRIES * 2);
    payloads.sort_unstable();
    payloads.dedup();
    assert_eq!(payloads.len(), TRIES * 2, "no two pings are alike, whatever the session");
    Ok(())
}

#[tokio::test]
async fn a_reset_behind_the_upgrade_is_a_failed_try() -> Result<()> {
    // The link's first ping shows that it has the 101; a reset overtaking that would be another harm.
    let script = Script::upgraded().read_until([0x89]).reset();
    fails(script, C::ConnectionLost, |_| ()).await.map(drop)
}

#[tokio::test]
async fn an_end_behind_the_upgrade_without_a_close_frame_is_a_failed_try() -> Result<()> {
    fails(Script::upgraded(), C::ConnectionLost, |_| ()).await.map(drop)
}

#[tokio::test]
async fn a_server_that_greets_and_hangs_up_is_flapping_after_five_sessions() -> Result<()> {
    // Each session is proven by its message, so no try has failed; none is of use.
    let server = FaultServer::start(Script::upgraded().frame(&RawFrame::text("hello"))).await?;
    let mut link = RunningLink::start(&server.url(), hurried).await?;
    for deaths in 0..4 {
        let shown = link.until_failure(deaths).await?;
        assert_is_typed(&shown, C::ConnectionLost);
        assert_eq!(shown.view.state, S::Reconnecting);
    }
    let flapping = link.until_failure(4).await?;
    assert_eq!((flapping.view.state, flapping.view.reason), (S::Failed, Some(Reason::Flapping)));
    assert!(flapping.wait() >= Some(Duration::from_secs(48)), "{:?}", flapping.wait());
    assert_eq!((flapping.view.sessions_proven, server.seen().len()), (5, 5));
    Ok(())
}

#[tokio::test]
async fn half_a_frame_and_then_the_end_is_a_lost_connection() -> Result<()> {
    let half = RawFrame::text("never whole").declaring(5_000).bytes();
    let script = Script::new().read_request().upgrade(Upgrade::right().behind(half));
    fails(script, C::ConnectionLost, |_| ()).await.map(drop)
}

#[tokio::test]
async fn a_half_open_connection_is_noticed_within_the_heartbeat_and_replaced() -> Result<()> {
    let mut stage = Stage::set(attentive).await?;
    stage.proxy.treat_both(Treatment::Swallow);
    let silent = Stopwatch::start();
    stage.recovers_from(C::PingTimeout).await?;
    let took = silent.elapsed();
    assert!(took <= INTERVAL + TIMEOUT + SLACK, "{took:?}");
    assert_eq!(stage.server.requests(), 2);
    Ok(())
}

#[tokio::test]
async fn a_stall_from_the_server_alone_is_noticed_within_the_heartbeat() -> Result<()> {
    let mut stage = Stage::set(attentive).await?;
    stage.proxy.treat(Direction::ToClient, Treatment::Stall);
    let silent = Stopwatch::start();
    stage.recovers_from(C::PingTimeout).await?;
    let took = silent.elapsed();
    assert!(took <= INTERVAL + TIMEOUT + SLACK, "{took:?}");
    // Its pings still reached the server, which answered in vain.
    assert!(stage.server.seen()[0].frames().iter().any(|frame| frame.is_ping()));
    assert_eq!(stage.server.requests(), 2);
    Ok(())
}

#[tokio::test]
async fn a_stall_towards_the_server_alone_is_noticed_within_the_heartbeat() -> Result<()> {
    let mut stage = Stage::set(attentive).await?;
    stage.proxy.treat(Direction::ToServer, Treatment::Stall);
    let silent = Stopwatch::start();
    stage.recovers_from(C::PingTimeout).await?;
    assert!(silent.elapsed() <= INTERVAL + TIMEOUT + SLACK, "{:?}", silent.elapsed());
    Ok(())
}

#[tokio::test]
async fn a_slow_line_is_no_broken_line() -> Result<()> {
    // Longer than a busy machine may stall: that would be a broken line.
    let patient = |config: &mut LinkConfig| {
        attentive(config);
        config.heartbeat.timeout = Duration::from_secs(8);
    };
    let mut stage = Stage::set(patient).await?;
    stage.proxy.treat_both(Treatment::Delay(Duration::from_millis(50)));
    let slow = stage
        .link
        .until("round trips of more than 100 ms", |shown| {
            shown.view.rtt.info().last.is_some_and(|ms| ms > 100.0)
        })
        .await?;
    assert_eq!((slow.view.state, slow.view.failures_total), (S::Connected, 0));
    assert_eq!(stage.proxy.tally().accepted, 1);
    Ok(())
}

#[tokio::test]
async fn bytes_corrupted_on_the_way_end_the_session_with_a_code() -> Result<()> {
    let ticks = RawFrame::text("tick").bytes().repeat(2_000);
    let script = Script::upgraded().drip(ticks, Duration::from_millis(2)).until_left();
    let mut stage = Stage::before(script, attentive).await?;
    // RSV1 of every head, and a length of 68 instead of 4.
    stage.proxy.treat(Direction::ToClient, Treatment::Corrupt { nth: 1, flip: 0x40 });
    stage.recovers_from(C::ProtocolViolation).await?;
    assert_eq!(stage.server.requests(), 2);
    Ok(())
}

#[tokio::test]
async fn a_length_corrupted_on_the_way_does_not_wait_for_ever_for_the_rest() -> Result<()> {
    let mut stage = Stage::set(attentive).await?;
    // The next pong announces 72 bytes and has 8.
    stage.proxy.treat(Direction::ToClient, Treatment::Corrupt { nth: 1, flip: 0x40 });
    stage.recovers_from(C::PingTimeout).await?;
    assert_eq!(stage.server.requests(), 2);
    Ok(())
}

#[tokio::test]
async fn an_answer_corrupted_on_the_way_is_no_websocket() -> Result<()> {
    let server = FaultServer::start(Script::upgraded().answer_pings()).await?;
    let proxy = FaultProxy::before(server.address()).await?;
    proxy.treat(Direction::ToClient, Treatment::Corrupt { nth: 7, flip: 0x20 });
    let mut link = RunningLink::start(&proxy.url(), hurried).await?;
    let shown = link.until_state(S::Failed).await?;
    assert_is_typed(&shown, C::HandshakeInvalid);
    assert_eq!(proxy.tally().accepted, 3);
    Ok(())
}

#[tokio::test]
async fn a_reset_by_the_network_is_recovered_from() -> Result<()> {
    for by_reset in [true, false] {
        let mut stage = Stage::set(attentive).await?;
        stage.proxy.cut(by_reset);
        stage.recovers_from(C::ConnectionLost).await?;
        assert_eq!(stage.proxy.tally().accepted, 2);
    }
    Ok(())
}

#[tokio::test]
async fn a_line_that_breaks_after_so_many_bytes_breaks_no_more_than_the_tries() -> Result<()> {
    let server = FaultServer::start(Script::upgraded().answer_pings()).await?;
    let proxy = FaultProxy::before(server.address()).await?;
    // In the middle of the 101.
    proxy.treat(Direction::ToClient, Treatment::CutAfter(40));
    let mut link = RunningLink::start(&proxy.url(), hurried).await?;
    let shown = link.until_state(S::Failed).await?;
    assert_is_typed(&shown, C::HandshakeClosed);
    assert_eq!((proxy.tally().accepted, shown.view.failures_total), (3, 3));
    Ok(())
}

#[tokio::test]
async fn a_server_that_refused_and_accepts_again_is_found_within_three_seconds() -> Result<()> {
    let server = FaultServer::start(Script::upgraded().answer_pings()).await?;
    let proxy = FaultProxy::before(server.address()).await?;
    proxy.refuse().await?;
    let mut link = RunningLink::start(&proxy.url(), |config| {
        // Grown at once to waits that a server which is back must not cost.
        config.retry.backoff =
            BackoffPolicy { initial: Duration::from_secs(30), multiplier: 1.0, cap: Duration::from_secs(30) };
    })
    .await?;
    // A person tries again until the wait drawn is a long one.
    let mut failures = 0;
    let waiting = loop {
        let shown = link.until_failure(failures).await?;
        assert_is_typed(&shown, C::ConnectionRefused);
        if shown.wait() > Some(Duration::from_secs(10)) {
            break shown;
        }
        failures = shown.view.failures_total;
        link.order(Order::Connect).await;
    };
    assert_eq!(waiting.view.state, S::Reconnecting);

    proxy.accept().await?;
    let back = Stopwatch::start();
    link.until_state(S::Connected).await?;
    assert!(back.elapsed() <= Duration::from_secs(3), "{:?}", back.elapsed());
    // One knock that was answered, one try.
    assert_eq!((proxy.tally().accepted, server.requests()), (2, 1));
    Ok(())
}
