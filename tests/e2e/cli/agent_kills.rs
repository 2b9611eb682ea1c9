//! An agent that is killed at random under load: programs hand it lines, it hands them on, servers acknowledge. What was
//! accepted must arrive, and nothing may come twice but under the same id. `LINEKEEPER_SEED` repeats the times of a run.

mod books;
mod producer;

use std::{
    ops::Range,
    thread::sleep,
    time::{Duration, Instant},
};

use anyhow::{Result, ensure};
use serde_json::{Value, json};
use suites::{Manners, Receiver, seed};

use self::{
    books::Books,
    producer::{Pace, Producer},
};
use crate::stage::{Home, PATIENCE, Running, eventually};

/// Makes the long form shorter or longer.
const TIMES: &str = "LINEKEEPER_KILLS";
/// How endpoints learn that a message arrived; each way has its own gaps for a kill to hit.
const ENDPOINTS: [(&str, &str); 3] = [("fenced", "transport"), ("acked", "app"), ("slow", "app")];
/// Programs that send to each endpoint at the same time.
const PRODUCERS: usize = 2;
/// Seconds from an agent's start to its kill: some do not get as far as opening their buffers.
const SHORT_LIFE: Range<f64> = 0.02..0.5;
/// A backlog is touched after a second at the earliest.
const LONG_LIFE: Range<f64> = 1.0..3.0;
/// Others die while a server has messages that nobody has confirmed yet: so many messages later...
const MESSAGES: Range<usize> = 1..60;
/// ... and so many seconds after that.
const AFTERWARDS: Range<f64> = 0.0..0.01;
/// Without messages nobody waits for them for ever.
const LONGEST_LIFE: Duration = Duration::from_secs(5);
/// At the end everything leaves, which takes as long as there is much: agents that die young let it pile up. But there is
/// always something that leaves.
const STANDSTILL: Duration = Duration::from_secs(30);

/// Servers, and a home whose endpoints are at them.
struct Stage {
    home: Home,
    receivers: Vec<Receiver>,
}

impl Stage {
    fn new() -> Result<Self> {
        let slow = Duration::from_millis(1);
        let receivers = ENDPOINTS
            .iter()
            .map(|(id, ack)| {
                let dawdles = if *id == "slow" { slow } else { Duration::ZERO };
                Receiver::start(Manners { acks: *ack == "app", dawdles, ..Manners::default() })
            })
            .collect::<Result<Vec<_>>>()?;
        let connections: serde_json::Map<String, Value> = ENDPOINTS
            .iter()
            .zip(&receivers)
            .map(|((id, ack), receiver)| {
                let mut buffer = json!({ "ack": ack });
                if *ack == "app" {
                    buffer["ack_pointer"] = "/ack".into();
                }
                let endpoint = json!({ "url": receiver.url(), "envelope": true, "buffer": buffer });
                ((*id).to_owned(), endpoint)
            })
            .collect();
        let config = json!({
            "websocket": { "connections": connections, "reconnection": { "initial_delay": 50 } },
            "gateway": { "listen": "127.0.0.1:0" },
            "logging": { "level": "warn" },
        });
        Ok(Self { home: Home::with_config(&config.to_string()), receivers })
    }

    /// Starts an agent without asking whether it is there.
    fn agent(&self) -> Result<Running> {
        let mut command = self.home.command("run");
        command.stdout(std::process::Stdio::null()).stderr(std::process::Stdio::null());
        Ok(Running::adopt(command.spawn()?))
    }

    fn arrived(&self) -> usize {
        self.receivers.iter().map(Receiver::count).sum()
    }

    /// Lets an agent live for as long as chance has it.
    fn live(&self, random: &mut fastrand::Rng) {
        let mut within = |range: &Range<f64>| {
            Duration::from_secs_f64(range.start + random.f64() * (range.end - range.start))
        };
        let (short, long, afterwards) = (within(&SHORT_LIFE), within(&LONG_LIFE), within(&AFTERWARDS));
        match random.u8(0..3) {
            0 => sleep(short),
            1 => sleep(long),
            _ => {
                let enough = self.arrived() + random.usize(MESSAGES);
                let deadline = Instant::now() + LONGEST_LIFE;
                while self.arrived() < enough && Instant::now() < deadline {
                    sleep(Duration::from_millis(1));
                }
                sleep(afterwards);
            }
        }
    }

    /// Waits until nothing waits any more.
    fn drain(&self) -> Result<()> {
        let (mut fewest, mut progress) = (u64::MAX, Instant::now());
        while fewest > 0 {
            if let Some(waiting) = self.waiting().filter(|waiting| *waiting < fewest) {
                (fewest, progress) = (waiting, Instant::now());
            }
            let stands = progress.elapsed() > STANDSTILL;
            ensure!(!stands, "{fewest} messages wait and none of them leaves: {:#?}", self.home.snapshot());
            sleep(Duration::from_millis(100));
        }
        Ok(())
    }

    fn waiting(&self) -> Option<u64> {
        let snapshot = self.home.snapshot()?;
        Some(snapshot.endpoints.iter().map(|endpoint| endpoint.outbox.queued).sum())
    }
}

/// Kills agents so often, then lets one finish, and holds what was accepted against what came.
fn kill(times: usize, seed: u64) -> Result<()> {
    let mut random = fastrand::Rng::with_seed(seed);
    let stage = Stage::new()?;
    let mut agent = stage.home.run("run");
    let mut producers = Vec::new();
    for (id, _) in ENDPOINTS {
        for number in 0..PRODUCERS {
            producers.push(Producer::start(&stage.home, id, number, Pace::random(&mut random))?);
        }
    }
    let started = Instant::now();
    for _ in 0..times {
        stage.live(&mut random);
        ensure!(agent.child.try_wait()?.is_none(), "the agent ended by itself");
        agent.child.kill()?;
        agent.child.wait()?;
        agent = stage.agent()?;
    }
    let killing = started.elapsed();

    let mut accepted = Vec::new();
    for producer in producers {
        accepted.extend(producer.finish()?);
    }
    stage.drain()?;
    let mut books = Books::default();
    for ((id, _), receiver) in ENDPOINTS.iter().zip(&stage.receivers) {
        books.audit(id, &accepted, &receiver.receipts());
    }
    println!("{times} kills in {:.0} s (seed {seed}): {books}", killing.as_secs_f64());
    verify(&stage.home)?;
    agent.terminate();
    let status = eventually("the agent ends", PATIENCE, || agent.child.try_wait().transpose())?;
    ensure!(status.success(), "the agent ended with {status}");
    books.balance()
}

/// The agent's own account of the same.
fn verify(home: &Home) -> Result<()> {
    let output = home.output("outbox verify");
    let (out, errors) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    ensure!(output.status.success(), "the buffers are not in order: {out}{errors}");
    Ok(())
}

#[test]
fn an_agent_killed_eight_times_under_load_loses_nothing_it_accepted() -> Result<()> {
    kill(8, seed()?)
}

#[test]
#[ignore = "minutes: make soak"]
fn an_agent_killed_a_thousand_times_under_load_loses_nothing_it_accepted() -> Result<()> {
    let times = std::env::var(TIMES).map_or(Ok(1_000), |times| times.parse())?;
    kill(times, seed()?)
}
