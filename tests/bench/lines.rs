//! How a real link takes lines that go silent and servers that hang up: how soon it notices, how often it tries.
//!
//! Takes ten minutes, almost all of them waiting.

use std::{io::Write as _, time::Duration};

use anyhow::{Result, ensure};
use link::Signal;
use model::EndpointState;
use suites::{
    Figure,
    fault_proxy::{FaultProxy, Treatment},
    fault_server::{FaultServer, RawFrame, Script},
    running_link::RunningLink,
};
use tokio::time::{Instant, sleep};

const ROUNDS: usize = 5;
/// What the product promises, in seconds.
const AFTER_A_STIMULUS: f64 = 3.0;
/// Beside the heartbeat's interval.
const WHEN_IDLE: f64 = 10.0;
/// Servers that hang up are watched for so long.
const WATCHED: Duration = Duration::from_secs(600);
const MOST_ATTEMPTS: f64 = 10.0;

/// The product's own heartbeat.
fn interval() -> f64 {
    let url = "ws://localhost/".parse().ok().map(dial::DialRequest::new);
    url.map_or(f64::NAN, |request| link::LinkConfig::new(request).heartbeat.interval.as_secs_f64())
}

/// Time from the moment a line goes silent until the link has given it up.
async fn silence(stimulus: Option<Signal>) -> Result<Duration> {
    let server = FaultServer::start(Script::upgraded().answer_pings()).await?;
    let proxy = FaultProxy::before(server.address()).await?;
    let mut link = RunningLink::start(&proxy.url(), |_| ()).await?;
    link.until_state(EndpointState::Connected).await?;
    // Right behind the first answer, so that the next question is as far away as it can be.
    proxy.treat_both(Treatment::Swallow);
    let silent = Instant::now();
    if let Some(signal) = stimulus {
        link.signal(signal).await;
    }
    link.until_within(Duration::from_secs(60), "a failure", |shown| shown.view.failures_total > 0).await?;
    Ok(silent.elapsed())
}

/// The longest silence of some rounds, in seconds.
async fn longest_silence(stimulus: Option<Signal>) -> Result<f64> {
    let rounds = (0..ROUNDS).map(|_| silence(stimulus));
    let silences = futures_util::future::try_join_all(rounds).await?;
    Ok(silences.into_iter().max().unwrap_or_default().as_secs_f64())
}

/// How often a link comes to a server that ends every session after 50 ms.
async fn attempts_at_a_server_that_hangs_up(greeting: Vec<u8>) -> Result<f64> {
    let script = Script::upgraded().send(greeting).sleep(Duration::from_millis(50));
    let server = FaultServer::start(script).await?;
    let link = RunningLink::start(&server.url(), |_| ()).await?;
    sleep(WATCHED).await;
    ensure!(link.counters().errors > 0, "it never hung up");
    Ok(server.requests() as f64)
}

async fn measure() -> Result<()> {
    let (woke, moved, idle, mute, greets) = tokio::try_join!(
        longest_silence(Some(Signal::Woke(Duration::from_secs(40)))),
        longest_silence(Some(Signal::NetworkChanged)),
        longest_silence(None),
        attempts_at_a_server_that_hangs_up(Vec::new()),
        attempts_at_a_server_that_hangs_up(RawFrame::text("hello").bytes()),
    )?;
    writeln!(
        std::io::stdout(),
        "given up after {woke:.2} s behind a wake, {moved:.2} s behind a changed network, {idle:.2} s when idle; \
         {mute} attempts at a server that hangs up, {greets} where it greets first"
    )?;
    Figure::at_most("half-open session noticed after a stimulus", woke.max(moved), AFTER_A_STIMULUS, "s")
        .print()?;
    Figure::at_most("half-open session noticed when idle", idle, interval() + WHEN_IDLE, "s").print()?;
    let attempts = mute.max(greets);
    Ok(Figure::at_most("attempts in 10 min at a server that accepts and closes", attempts, MOST_ATTEMPTS, "")
        .print()?)
}

fn main() -> Result<()> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(measure())
}
