//! The course of a soak: calm, faults, calm and a measurement, faults for longer, calm and a measurement again.

use std::time::Duration;

use anyhow::{Result, ensure};
use demo::{DemoOptions, DemoServer};
use model::{EndpointSnapshot, EndpointState, Reason};
use serde_json::{Map, Value, json};
use suites::fault_proxy::FaultProxy;
use tokio::time::{Instant, interval, sleep};
use tokio_util::sync::CancellationToken;

use crate::{
    subject::{Report, Subject},
    weather::Weather,
};

const ENDPOINTS: usize = 20;
const PATHS: [&str; 6] =
    ["/api/monitoring/ws", "/ws/market_data", "/ws/news", "/ws/sentiment", "/ws/huggingface", "/ws"];
/// Time after which somebody connects again what a breaker holds back, so that the faults meet sessions.
const CLICKS: Duration = Duration::from_secs(3);
/// Time to recover without help once the weather is calm: the longest try there can be and the longest wait.
const RECOVERY: Duration = Duration::from_secs(40);
/// Resident memory may differ that much between two calms, in KiB: the allocator keeps what a burst needed.
const MOST_GROWTH: u64 = 16 << 10;

fn config(proxies: &[FaultProxy]) -> Value {
    let connections: Map<String, Value> = proxies
        .iter()
        .enumerate()
        .map(|(number, proxy)| {
            let url = format!("ws://{}{}", proxy.address(), PATHS[number % PATHS.len()]);
            (format!("e{number}"), json!({ "url": url }))
        })
        .collect();
    json!({
        "websocket": {
            "connections": connections,
            "reconnection": { "max_attempts": 0, "initial_delay": 100, "max_delay": 2000 },
            "heartbeat": { "interval": 1000, "timeout": 2000 },
            "connection_timeout": 5000,
        },
        "gateway": { "listen": "127.0.0.1:0" },
        // Files and sockets are counted; checks that come by chance would be counted too.
        "diagnostics": { "baselines": false },
    })
}

/// Runs a soak: `warm` before the first measurement, `long` between the two.
pub(crate) async fn run(warm: Duration, long: Duration, seed: u64) -> Result<()> {
    println!("seed {seed}");
    let options = DemoOptions { listen: ([127, 0, 0, 1], 0).into(), seed: Some(seed), pace: 0.05 };
    let demo = DemoServer::bind(options).await?;
    let (address, stop) = (demo.local_addr(), CancellationToken::new());
    let server = tokio::spawn(demo.serve(stop.clone()));
    let mut proxies = Vec::new();
    for _ in 0..ENDPOINTS {
        proxies.push(FaultProxy::before(address).await?);
    }
    let mut subject = Subject::start(&config(&proxies))?;
    let mut weather = Weather::new(seed);
    let first = storm(&mut subject, &mut weather, &proxies, warm).await?;
    let last = storm(&mut subject, &mut weather, &proxies, long).await?;
    let total = |count: fn(&EndpointSnapshot) -> u64| last.status.endpoints.iter().map(count).sum::<u64>();
    println!(
        "{weather}\n{} sessions, {} failures, {} messages",
        total(|one| one.counters.connections),
        total(|one| one.counters.errors),
        total(|one| one.counters.received),
    );
    for (when, report) in [("warm", &first), ("end", &last)] {
        let Report { tasks, sockets, files, threads, memory, .. } = report;
        println!("{when}: {tasks} tasks, {sockets} sockets, {files} files, {threads} threads, {memory} KiB");
    }
    ensure!(last.tasks <= first.tasks, "tasks leaked");
    ensure!(last.sockets <= first.sockets && last.files <= first.files, "sockets or files leaked");
    ensure!(last.threads <= first.threads + 1, "threads leaked");
    ensure!(last.memory <= first.memory + MOST_GROWTH, "memory leaked");
    subject.end().await?;
    stop.cancel();
    Ok(server.await??)
}

/// Faults for so long, then calm; gives the report of the calm, in which everybody is connected.
async fn storm(
    subject: &mut Subject,
    weather: &mut Weather,
    proxies: &[FaultProxy],
    lasts: Duration,
) -> Result<Report> {
    calm(subject).await?;
    let raging = weather.rage(proxies, Instant::now() + lasts);
    tokio::pin!(raging);
    let mut clicks = interval(CLICKS);
    loop {
        tokio::select! {
            raged = &mut raging => break raged?,
            _ = clicks.tick() => { click(subject).await?; }
        }
    }
    calm(subject).await
}

/// Connects what a breaker holds back.
async fn click(subject: &mut Subject) -> Result<usize> {
    let held: Vec<_> = subject.report().await?.status.endpoints.into_iter().filter(is_held).collect();
    for one in &held {
        subject.connect(&one.id).await?;
    }
    Ok(held.len())
}

/// A breaker says why, and when it tries again.
fn is_held(one: &EndpointSnapshot) -> bool {
    let by_breaker =
        matches!(one.reason, Some(Reason::Flapping | Reason::Misconfigured | Reason::ServerStop));
    by_breaker && one.next_attempt_at.is_some()
}

fn is_up(one: &EndpointSnapshot) -> bool {
    one.state == EndpointState::Connected
}

/// Waits until everybody has recovered without help but those whom a breaker holds back, connects these, and gives
/// the report once all are up.
async fn calm(subject: &mut Subject) -> Result<Report> {
    until(subject, "recovers without help", |one| is_up(one) || is_held(one)).await?;
    let held = click(subject).await?;
    if held > 0 {
        println!("{held} of {ENDPOINTS} were held back by a breaker at the end of the faults");
    }
    until(subject, "connects when a person asks", is_up).await
}

async fn until(
    subject: &mut Subject,
    what: &str,
    fits: impl Fn(&EndpointSnapshot) -> bool,
) -> Result<Report> {
    let deadline = Instant::now() + RECOVERY;
    loop {
        let report = subject.report().await?;
        let stuck: Vec<_> = report.status.endpoints.iter().filter(|one| !fits(one)).collect();
        if report.status.endpoints.len() == ENDPOINTS && stuck.is_empty() {
            return Ok(report);
        }
        ensure!(Instant::now() < deadline, "stuck, never {what}: {stuck:#?}");
        sleep(Duration::from_millis(100)).await;
    }
}
