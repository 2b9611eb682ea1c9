//! Messages on lines that vanish, stall or crawl: what a fence says is true, and what it does not say is not counted.

use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use link::{Fence, LinkConfig, MAX_MESSAGE, NotSent, Payload, SessionEnded};
use model::ErrorCode as C;
use suites::{
    fault_proxy::{Direction, FaultProxy, Treatment},
    fault_server::{FaultServer, RawFrame, Script},
    running_agent::DEADLINE,
    running_link::RunningLink,
};
use tokio::time::timeout;

fn alone(config: &mut LinkConfig) {
    config.retry.crowd = false;
}

fn numbered(number: usize) -> Payload {
    Payload::Text(format!("message {number}").into())
}

async fn settled(fence: Fence) -> Result<Result<Duration, SessionEnded>> {
    timeout(DEADLINE, fence).await.context("the fence is neither confirmed nor over")
}

#[tokio::test]
async fn a_confirmed_fence_means_that_the_peer_has_everything_before_it_in_order() -> Result<()> {
    let server = FaultServer::start(Script::upgraded().answer_pings()).await?;
    let link =
        RunningLink::start(&server.url(), |config| config.on_connect = vec!["greeting".into()]).await?;
    let session = link.session(None).await?;
    let mut fences = Vec::new();
    for batch in 0..20 {
        let messages = (batch * 5..batch * 5 + 5).map(numbered).collect();
        fences.push(link.handle().transmit(session, messages).await?);
    }
    for fence in fences {
        ensure!(settled(fence).await?.is_ok());
    }
    let seen = server.seen().remove(0).frames();
    let texts: Vec<&str> = seen.iter().filter_map(|frame| frame.text()).collect();
    let expected: Vec<String> =
        std::iter::once("greeting".to_owned()).chain((0..100).map(|n| format!("message {n}"))).collect();
    assert_eq!(texts, expected);
    Ok(())
}

#[tokio::test]
async fn of_500_messages_that_the_kernel_took_before_the_peer_vanished_none_is_confirmed() -> Result<()> {
    let server = FaultServer::start(Script::upgraded().answer_pings()).await?;
    let proxy = FaultProxy::before(server.address()).await?;
    let mut link = RunningLink::start(&proxy.url(), alone).await?;
    let session = link.session(None).await?;
    proxy.treat_both(Treatment::Swallow);
    let mut fences = Vec::new();
    for batch in 0..50 {
        let messages = (batch * 10..batch * 10 + 10).map(numbered).collect();
        let mut fence = link.handle().transmit(session, messages).await?;
        fence.written().await?;
        fences.push(fence);
    }
    // Noticed by the silence behind the fences, long before the heartbeat of 25 s and 10 s.
    let lost = timeout(Duration::from_secs(15), link.until_failure(0)).await??;
    assert_eq!(lost.code(), Some(C::PingTimeout));
    for fence in fences {
        assert_eq!(settled(fence).await?, Err(SessionEnded));
    }
    proxy.treat_both(Treatment::Pass);
    let next = link.session(Some(session)).await?;
    assert_eq!(
        link.handle().transmit(session, vec![numbered(0)]).await.unwrap_err(),
        NotSent::SessionEnded,
        "nothing is sent over a session in another one's name"
    );
    let again = link.handle().transmit(next, (0..500).map(numbered).collect()).await?;
    ensure!(settled(again).await?.is_ok());
    Ok(())
}

#[tokio::test]
async fn the_largest_message_passes_a_slow_line_without_being_taken_for_a_dead_one() -> Result<()> {
    let server = FaultServer::start(Script::upgraded().answer_pings()).await?;
    let proxy = FaultProxy::before(server.address()).await?;
    // 16 KiB every 2 ms: some 8 MB a second, two seconds for this message.
    proxy
        .treat(Direction::ToServer, Treatment::Throttle { bytes: 16 << 10, every: Duration::from_millis(2) });
    let link = RunningLink::start(&proxy.url(), |config| {
        alone(config);
        config.heartbeat.interval = Duration::from_millis(300);
    })
    .await?;
    let session = link.session(None).await?;
    let message = Payload::Binary(vec![7; MAX_MESSAGE - 4_096].into());
    let fence = link.handle().transmit(session, vec![message]).await?;
    ensure!(settled(fence).await?.is_ok());
    let seen = server.seen();
    assert_eq!(seen.len(), 1, "the same session all the time");
    assert!(seen[0].received_bytes > MAX_MESSAGE as u64 - 4_096);
    Ok(())
}

#[tokio::test]
async fn a_message_that_is_too_large_is_refused_and_the_session_stays() -> Result<()> {
    let server = FaultServer::start(Script::upgraded().answer_pings()).await?;
    let link = RunningLink::start(&server.url(), alone).await?;
    let session = link.session(None).await?;
    let message = Payload::Binary(vec![7; MAX_MESSAGE + 1].into());
    let refused = link.handle().transmit(session, vec![message]).await.unwrap_err();
    assert_eq!(refused, NotSent::TooLarge { bytes: MAX_MESSAGE + 1, limit: MAX_MESSAGE });
    let fence = link.handle().transmit(session, vec![numbered(1)]).await?;
    ensure!(settled(fence).await?.is_ok());
    Ok(())
}

#[tokio::test]
async fn a_peer_that_reads_nothing_makes_senders_wait_and_then_learn_that_nothing_arrived() -> Result<()> {
    let deaf = Script::upgraded().frame(&RawFrame::text("hello")).deaf().keep_open();
    let server = FaultServer::start(deaf).await?;
    let link = RunningLink::start(&server.url(), |config| {
        alone(config);
        config.heartbeat.interval = Duration::from_millis(500);
        config.heartbeat.timeout = Duration::from_secs(2);
    })
    .await?;
    let session = link.session(None).await?;
    let large = || vec![Payload::Binary(vec![7; 8 << 20].into())];
    let first = link.handle().transmit(session, large()).await?;
    let second = link.handle().transmit(session, large()).await?;
    let handle = link.handle();
    let third = tokio::spawn(async move { handle.transmit(session, large()).await.map(drop) });
    assert_eq!(settled(first).await?, Err(SessionEnded));
    assert_eq!(settled(second).await?, Err(SessionEnded));
    assert_eq!(timeout(DEADLINE, third).await??, Err(NotSent::SessionEnded));
    Ok(())
}

#[tokio::test]
async fn a_link_that_stops_lets_nobody_wait() -> Result<()> {
    let server = FaultServer::start(Script::upgraded().answer_pings()).await?;
    let proxy = FaultProxy::before(server.address()).await?;
    let link = RunningLink::start(&proxy.url(), alone).await?;
    let session = link.session(None).await?;
    proxy.treat_both(Treatment::Swallow);
    let handle = link.handle();
    let fence = handle.transmit(session, vec![numbered(1)]).await?;
    handle.stop();
    assert_eq!(settled(fence).await?, Err(SessionEnded));
    let refused = timeout(DEADLINE, handle.transmit(session, vec![numbered(2)])).await?;
    assert_eq!(refused.unwrap_err(), NotSent::SessionEnded);
    assert_eq!(*handle.proven().borrow(), None);
    Ok(())
}
