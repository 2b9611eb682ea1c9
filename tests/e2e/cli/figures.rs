//! Figures of the real program, for `make bench`: how soon it is back, what it holds, what it costs while idle.

use std::{fs, thread::sleep, time::Duration};

use anyhow::{Context as _, Result, ensure};
use jiff::Timestamp;
use serde_json::{Map, Value, json};
use suites::{
    Figure, Namespace,
    fault_server::{FaultServer, Script, Seen},
};
use tokio::net::TcpListener;

use crate::{
    outage::Returns,
    stage::{Home, PATIENCE, Running},
};

/// Seconds a server is away.
const OUTAGES: [u64; 9] = [5, 5, 8, 8, 12, 12, 20, 30, 60];
/// Between two outages.
const UP: Duration = Duration::from_secs(2);
/// Who is not back by then is stuck.
const STUCK: Duration = Duration::from_secs(90);
/// Time to settle before something is measured, and the time idleness is measured for.
const SETTLES: Duration = Duration::from_secs(5);
const IDLE: Duration = Duration::from_secs(60);

/// A server that says nothing but answers.
fn silent() -> Vec<Script> {
    vec![Script::upgraded().answer_pings()]
}

fn config(count: usize, host: &str) -> String {
    let endpoint = |number: usize| (format!("e{number}"), json!({ "url": format!("ws://{host}/{number}") }));
    let connections: Map<String, Value> = (0..count).map(endpoint).collect();
    json!({ "websocket": { "connections": connections } }).to_string()
}

/// A computer and its server, in networks of their own, because a server on the same computer is treated better.
struct Far {
    here: Namespace,
    there: Namespace,
}

impl Far {
    const SERVER: &str = "10.91.7.1:7000";

    fn reach() -> Result<Self> {
        let (here, there) = (Namespace::create()?, Namespace::create()?);
        here.wire("near", &there, "far")?;
        there.ip("addr add 10.91.7.1/24 dev far")?;
        here.ip("addr add 10.91.7.2/24 dev near")?;
        Ok(Self { here, there })
    }

    fn serve(&self) -> Result<FaultServer> {
        FaultServer::on(TcpListener::from_std(self.there.listen(Self::SERVER.parse()?)?)?, silent())
    }
}

fn all_up(home: &Home) -> Result<()> {
    let first = Returns::watch(home, Timestamp::UNIX_EPOCH, Timestamp::now(), PATIENCE);
    ensure!(first.stuck.is_empty(), "never connected: {:#?}", first.stuck);
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
#[ignore = "a measurement: make bench"]
async fn the_time_to_be_back_after_an_outage_is_measured() -> Result<()> {
    if let Some(why) = Namespace::missing() {
        eprintln!("SKIPPED, recovery is not measured: {why}");
        return Ok(());
    }
    let far = Far::reach()?;
    let home = Home::with_config(&config(10, Far::SERVER)).inside(&far.here);
    let mut server = far.serve()?;
    let agent = home.run("run");
    all_up(&home)?;
    let mut returns = Returns::default();
    for seconds in OUTAGES {
        sleep(UP);
        let fell = Timestamp::now();
        drop(server);
        sleep(Duration::from_secs(seconds));
        server = far.serve()?;
        let back = Returns::watch(&home, fell, Timestamp::now(), STUCK);
        println!("{seconds} s away: {back}");
        returns.add(back);
    }
    drop(agent);
    println!("all: {returns}");
    ensure!(returns.stuck.is_empty(), "stuck: {:#?}", returns.stuck);
    let seconds = |share| returns.within(share).as_secs_f64();
    Figure::at_most("back after a server was away for 5 to 60 s, slowest", seconds(1.0), 3.0, "s").print()?;
    Ok(Figure::at_most("back after a server was away for 5 to 60 s, median", seconds(0.5), 1.5, "s")
        .print()?)
}

/// An agent with so many connections that nothing is said on, settled. Asking it would cost what is to be measured.
async fn idle_agent(count: usize, server: &FaultServer) -> Result<(Home, Running)> {
    let home = Home::with_config(&config(count, &server.address().to_string()));
    let agent = home.start("run");
    let before = server.requests();
    let proven = |seen: &[Seen]| {
        seen[before.min(seen.len())..].iter().filter(|one| !one.frames().is_empty()).count() == count
    };
    server.until(&format!("{count} connections that ask"), proven).await?;
    sleep(SETTLES);
    Ok((home, agent))
}

/// Memory that is this process's alone, in MB: what it wrote itself, not what the system holds of its files.
fn private_memory(agent: &Running) -> Result<f64> {
    let rollup = fs::read_to_string(format!("/proc/{}/smaps_rollup", agent.child.id()))?;
    let line = rollup.lines().find_map(|line| line.strip_prefix("Anonymous:"));
    let kib = line.and_then(|line| line.split_whitespace().next()).context("the system tells")?;
    Ok(kib.parse::<f64>()? / 1024.0)
}

/// Time all threads of this process have run, in seconds.
fn busy(agent: &Running) -> Result<f64> {
    let mut nanoseconds = 0.0;
    for thread in fs::read_dir(format!("/proc/{}/task", agent.child.id()))? {
        let times = fs::read_to_string(thread?.path().join("schedstat"))?;
        nanoseconds += times.split_whitespace().next().context("the system tells")?.parse::<f64>()?;
    }
    Ok(nanoseconds / 1e9)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
#[ignore = "a measurement: make bench"]
async fn the_memory_of_a_hundred_connections_is_measured() -> Result<()> {
    let server = FaultServer::start_with(silent()).await?;
    let without = private_memory(&idle_agent(0, &server).await?.1)?;
    let with = private_memory(&idle_agent(100, &server).await?.1)?;
    println!("private memory of the agent: {without:.2} MB without connections, {with:.2} MB with 100");
    Ok(Figure::at_most("memory per 100 idle connections", with - without, 5.0, "MB").print()?)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
#[ignore = "a measurement: make bench"]
async fn the_cost_of_ten_idle_connections_is_measured() -> Result<()> {
    let server = FaultServer::start_with(silent()).await?;
    let (_home, agent) = idle_agent(10, &server).await?;
    let before = busy(&agent)?;
    sleep(IDLE);
    let spent = busy(&agent)? - before;
    println!("{:.1} ms of one core in {IDLE:?}", spent * 1e3);
    let share = spent / IDLE.as_secs_f64() * 100.0;
    Ok(Figure::at_most("idle with 10 endpoints, of one core", share, 0.2, "%").print()?)
}
