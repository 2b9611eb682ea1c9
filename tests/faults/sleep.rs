//! A computer that slept, by what its clocks tell the link: with the line dead behind its back, and with the line
//! alive. The heartbeat is the product's own, so only the wake can explain that anything is noticed this soon.

use std::time::Duration;

use anyhow::Result;
use link::{LinkConfig, Signal};
use model::{EndpointState as S, ErrorCode as C};
use suites::{
    Stopwatch,
    fault_proxy::{FaultProxy, Treatment},
    fault_server::{FaultServer, Script},
    running_link::RunningLink,
};

use crate::trial::assert_is_typed;

/// What the computer slept: long enough to doubt the line, short enough to hope for it.
const NAP: Duration = Duration::from_secs(40);
/// So long that no middlebox remembers the connection.
const NIGHT: Duration = Duration::from_secs(8 * 3_600);
/// A dead line is noticed and replaced this soon after the wake.
const NOTICED: Duration = Duration::from_secs(3);
const REPLACED: Duration = Duration::from_secs(4);
/// Beside these, for a machine with better things to do.
const SLACK: Duration = Duration::from_secs(2);

struct Stage {
    server: FaultServer,
    proxy: FaultProxy,
    link: RunningLink,
}

impl Stage {
    async fn set() -> Result<Self> {
        let server = FaultServer::start(Script::upgraded().answer_pings()).await?;
        let proxy = FaultProxy::before(server.address()).await?;
        let mut link = RunningLink::start(&proxy.url(), |_: &mut LinkConfig| ()).await?;
        link.until_state(S::Connected).await?;
        Ok(Self { server, proxy, link })
    }
}

#[tokio::test]
async fn a_line_that_died_during_a_nap_is_noticed_and_replaced_within_seconds_of_the_wake() -> Result<()> {
    let mut stage = Stage::set().await?;
    // Nothing comes through and nobody says so.
    stage.proxy.treat_both(Treatment::Swallow);
    let woke = Stopwatch::start();
    stage.link.signal(Signal::Woke(NAP)).await;
    let lost = stage.link.until_failure(0).await?;
    assert_is_typed(&lost, C::PingTimeout);
    assert!(woke.elapsed() <= NOTICED + SLACK, "noticed after {:?}", woke.elapsed());
    stage.proxy.treat_both(Treatment::Pass);
    stage.link.until_state(S::Connected).await?;
    assert!(woke.elapsed() <= REPLACED + SLACK, "replaced after {:?}", woke.elapsed());
    assert_eq!((stage.server.requests(), stage.link.counters().connections), (2, 2));
    Ok(())
}

#[tokio::test]
async fn a_line_that_lived_through_a_nap_is_kept() -> Result<()> {
    let mut stage = Stage::set().await?;
    // The answer to what was asked before the nap waits unread, and the next one is slow.
    stage.proxy.treat_both(Treatment::Delay(Duration::from_millis(200)));
    stage.link.signal(Signal::Woke(NAP)).await;
    let answered = stage
        .link
        .until("a slow answer to the probe", |shown| shown.view.rtt.info().last.is_some_and(|ms| ms > 200.0))
        .await?;
    assert_eq!((answered.view.state, answered.view.failures_total), (S::Connected, 0));
    assert_eq!((stage.proxy.tally().accepted, stage.server.requests()), (1, 1));
    Ok(())
}

#[tokio::test]
async fn a_line_older_than_a_night_is_replaced_without_a_question() -> Result<()> {
    let mut stage = Stage::set().await?;
    let woke = Stopwatch::start();
    stage.link.signal(Signal::Woke(NIGHT)).await;
    let lost = stage.link.until_failure(0).await?;
    assert_is_typed(&lost, C::ConnectionLost);
    stage.link.until_state(S::Connected).await?;
    assert!(woke.elapsed() <= NOTICED + SLACK, "replaced after {:?}", woke.elapsed());
    assert_eq!(stage.server.requests(), 2);
    Ok(())
}

#[tokio::test]
async fn a_false_alarm_about_the_network_costs_one_probe_and_no_session() -> Result<()> {
    let mut stage = Stage::set().await?;
    let frames = |stage: &Stage| stage.server.seen()[0].frames().len();
    let before = frames(&stage);
    stage.link.signal(Signal::NetworkChanged).await;
    stage.server.until("the probe", |seen| seen.iter().any(|one| one.frames().len() > before)).await?;
    stage.link.signal(Signal::CheckRoute).await;
    stage.link.until("an answer to it", |shown| shown.view.rtt.info().recent.len() >= 2).await?;
    assert_eq!(frames(&stage), before + 1);
    assert_eq!((stage.server.requests(), stage.link.counters().errors), (1, 0));
    Ok(())
}
