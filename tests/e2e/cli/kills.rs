//! A server that is killed and started again at random, and an agent that must neither get stuck nor hammer.
//! `LINEKEEPER_SEED` repeats the times of a run.

use std::{ops::Range, thread::sleep, time::Duration};

use anyhow::{Result, ensure};
use jiff::Timestamp;
use serde_json::json;
use suites::{ReservedPort, seed};

use crate::{
    journal,
    outage::Returns,
    stage::{Home, PATIENCE, Running, demo_server, eventually},
};

/// What the demo serves.
const PATHS: [&str; 6] =
    ["/api/monitoring/ws", "/ws/market_data", "/ws/news", "/ws/sentiment", "/ws/huggingface", "/ws"];
/// More than the budget of tries allows at once.
const ENDPOINTS: usize = 10;
/// Seconds before a kill and behind it. The short ones leave no time to notice, the long ones let backoffs grow.
const UP: Range<f64> = 0.1..2.5;
const DOWN: Range<f64> = 0.05..3.0;
const LONG_DOWN: Range<f64> = 6.0..14.0;
/// Behind the longest first pause of any breaker: who is not back by then is stuck.
const STUCK: Duration = Duration::from_secs(90);
/// The budget of an origin that fails: tries at once, and the time after which there is one more.
const BURST: usize = 6;
const REFILL: f64 = 5.0;

/// A while during which nobody could have listened.
struct Outage {
    killed: Timestamp,
    restarted: Timestamp,
}

impl Outage {
    fn seconds(&self) -> f64 {
        self.restarted.duration_since(self.killed).as_secs_f64()
    }

    fn most_tries(&self) -> usize {
        BURST + (self.seconds() / REFILL) as usize
    }

    fn tries(&self, all: &[Timestamp]) -> usize {
        all.iter().filter(|at| (self.killed..self.restarted).contains(at)).count()
    }
}

fn config(port: u16) -> String {
    let connections: serde_json::Map<String, serde_json::Value> = (0..ENDPOINTS)
        .map(|number| {
            let url = format!("ws://127.0.0.1:{port}{}", PATHS[number % PATHS.len()]);
            (format!("e{number}"), json!({ "url": url }))
        })
        .collect();
    json!({ "websocket": { "connections": connections }, "logging": { "level": journal::LEVEL } }).to_string()
}

/// Kills a demo server so often while an agent is connected to it, and asserts what must hold.
fn kill(times: usize, seed: u64) -> Result<()> {
    let mut random = fastrand::Rng::with_seed(seed);
    let mut between =
        |range: &Range<f64>| Duration::from_secs_f64(range.start + random.f64() * (range.end - range.start));
    let reserved = ReservedPort::any()?;
    let port = reserved.address()?.port();
    let bystander = Home::new();
    let (mut server, _) = demo_server(&bystander, port);
    let home = Home::with_config(&config(port));
    let mut agent = home.run("run");
    let first = Returns::watch(&home, Timestamp::UNIX_EPOCH, Timestamp::now(), PATIENCE);
    ensure!(first.stuck.is_empty(), "before the first kill: {:#?}", first.stuck);

    let (mut returns, mut outages) = (Returns::default(), Vec::new());
    for number in 1..=times {
        sleep(between(&UP));
        let killed = Timestamp::now();
        server.child.kill()?;
        server.child.wait()?;
        sleep(between(if number % 10 == 5 { &LONG_DOWN } else { &DOWN }));
        let restarted = Timestamp::now();
        (server, _) = demo_server(&bystander, port);
        let back = Returns::watch(&home, killed, Timestamp::now(), STUCK);
        let outage = Outage { killed, restarted };
        let slow = back.later_than(Duration::from_secs(3));
        if slow > 0 {
            println!("kill {number}, {:.2} s down: {slow} late, {back}", outage.seconds());
        }
        returns.add(back);
        outages.push(outage);
    }
    ensure!(agent.child.try_wait()?.is_none(), "the agent ended by itself");
    ended_politely(&mut agent)?;
    report(&home, seed, &returns, &outages)
}

fn ended_politely(agent: &mut Running) -> Result<()> {
    agent.terminate();
    let status = eventually("the agent ends", PATIENCE, || agent.child.try_wait().transpose())?;
    ensure!(status.success(), "the agent ended with {status}");
    Ok(())
}

/// Prints what happened and fails where it should not have.
fn report(home: &Home, seed: u64, returns: &Returns, outages: &[Outage]) -> Result<()> {
    let tries = journal::tries(&journal::read(home)?);
    let mut over = Vec::new();
    let (mut in_outages, mut fullest, mut allowed, mut down) = (0, 0, 0, 0.0);
    for outage in outages {
        let count = outage.tries(&tries);
        in_outages += count;
        allowed += outage.most_tries();
        down += outage.seconds();
        fullest = fullest.max(count);
        if count > outage.most_tries() {
            over.push(format!("{count} tries in {:.2} s, allowed {}", outage.seconds(), outage.most_tries()));
        }
    }
    println!(
        "{} kills (seed {seed}), {ENDPOINTS} endpoints, {down:.0} s down in all\n  {returns}; {} later than 3 s\n  \
         {} tries in all; {in_outages} while nobody listened, at most {fullest} in one outage; allowed {allowed}; \
         {} outages over the budget",
        outages.len(),
        returns.later_than(Duration::from_secs(3)),
        tries.len(),
        over.len(),
    );
    ensure!(in_outages > 0, "no try was counted: the log does not say what this test reads");
    ensure!(returns.stuck.is_empty(), "stuck: {:#?}", returns.stuck);
    ensure!(over.is_empty(), "over the budget: {over:#?}");
    Ok(())
}

#[test]
fn a_server_killed_eight_times_leaves_no_endpoint_stuck_and_is_not_hammered() -> Result<()> {
    kill(8, seed()?)
}

#[test]
#[ignore = "minutes: make soak"]
fn a_server_killed_a_hundred_times_leaves_no_endpoint_stuck_and_is_not_hammered() -> Result<()> {
    kill(100, seed()?)
}
