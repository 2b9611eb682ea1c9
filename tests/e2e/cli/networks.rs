//! A real agent in a network of its own whose line is cut, whose address changes, whose route moves.

use std::{net::IpAddr, thread::sleep, time::Duration};

use anyhow::{Context as _, Result, ensure};
use jiff::Timestamp;
use model::EndpointState;
use serde_json::json;
use suites::{
    Namespace,
    fault_server::{FaultServer, Script, Seen},
};
use tokio::{net::TcpListener, time::Instant};

use crate::{
    journal,
    outage::Returns,
    stage::{Home, PATIENCE, RECOVERY, Running, eventually},
};

/// Where the server is: behind both wires, on neither.
const SERVER: &str = "10.91.9.9";
const PORT: u16 = 7_000;
/// The budget of an origin that fails: tries at once, and the time after which there is one more.
const BURST: usize = 6;
const REFILL: f64 = 5.0;

/// Two computers and the wire between them; the agent runs on one and is connected to the other.
struct Stage {
    agent: Running,
    home: Home,
    server: FaultServer,
    here: Namespace,
    there: Namespace,
}

impl Stage {
    /// `None`, said aloud, where the system does not allow it.
    fn set() -> Result<Option<Self>> {
        if let Some(why) = Namespace::missing() {
            eprintln!("SKIPPED, networks are not tested: {why}");
            return Ok(None);
        }
        let (here, there) = (Namespace::create()?, Namespace::create()?);
        here.wire("near", &there, "far")?;
        there.ip("addr add 10.91.7.1/24 dev far")?;
        there.ip(&format!("addr add {SERVER}/32 dev lo"))?;
        here.ip("addr add 10.91.7.2/24 dev near")?;
        here.ip("route add default via 10.91.7.1")?;
        let listener = there.listen(format!("{SERVER}:{PORT}").parse()?)?;
        let script = Script::upgraded().answer_pings();
        let server = FaultServer::on(TcpListener::from_std(listener)?, vec![script])?;
        let endpoint = |path: &str| json!({ "url": format!("ws://{SERVER}:{PORT}/{path}") });
        let connections = json!({ "a": endpoint("a"), "b": endpoint("b"), "c": endpoint("c") });
        let config =
            json!({ "websocket": { "connections": connections }, "logging": { "level": journal::LEVEL } });
        let home = Home::with_config(&config.to_string()).inside(&here);
        let agent = home.run("run");
        let stage = Self { agent, home, server, here, there };
        let first = stage.returns(Timestamp::UNIX_EPOCH, Timestamp::now());
        ensure!(first.stuck.is_empty(), "never connected: {:#?}", first.stuck);
        Ok(Some(stage))
    }

    fn returns(&self, fell: Timestamp, up: Timestamp) -> Returns {
        Returns::watch(&self.home, fell, up, PATIENCE)
    }

    /// Sessions that came from this address and are still there.
    fn sessions_from(&self, address: IpAddr) -> Vec<Seen> {
        let whole = |one: &Seen| one.from.ip() == address && one.request().is_some() && !one.over;
        self.server.seen().into_iter().filter(whole).collect()
    }

    fn all_connected(&self) -> bool {
        let up = |snapshot: model::StatusSnapshot| {
            snapshot.endpoints.iter().all(|one| one.state == EndpointState::Connected)
        };
        self.home.snapshot().is_some_and(up)
    }

    /// Waits until everybody is connected from this address; how long after `changed` the last session came.
    fn moved_to(&self, address: &str, changed: Instant) -> Result<Duration> {
        let address = address.parse()?;
        let sessions = eventually(&format!("three sessions from {address}"), PATIENCE, || {
            let sessions = self.sessions_from(address);
            (sessions.len() == 3 && self.all_connected()).then_some(sessions)
        });
        let last = sessions.iter().map(|one| one.at).max().context("a session")?;
        Ok(last.duration_since(changed))
    }

    /// Asserts that the move was quick; gives the states that were shown meanwhile.
    fn has_moved(self, took: Duration, since: Timestamp) -> Result<Vec<String>> {
        let states = journal::states(&journal::read(&self.home)?, since);
        println!("moved after {took:?}; states meanwhile: {states:?}");
        ensure!(took <= RECOVERY, "moved only after {took:?}");
        self.end();
        Ok(states)
    }

    fn end(mut self) {
        self.agent.terminate();
        self.agent.wait();
    }
}

/// Takes the line away by `cut` for so long, gives it back by `mend`, and asserts what must hold.
fn line_away(
    stage: &Stage,
    lasts: Duration,
    cut: &dyn Fn() -> Result<()>,
    mend: &dyn Fn() -> Result<()>,
) -> Result<()> {
    let fell = Timestamp::now();
    cut()?;
    sleep(lasts);
    let before = stage.server.requests();
    mend()?;
    let up = Timestamp::now();
    let returns = stage.returns(fell, up);
    let entries = journal::read(&stage.home)?;
    let tries = journal::tries(&entries).into_iter().filter(|at| (fell..up).contains(at)).count();
    println!("away for {lasts:?}: {returns}; {tries} tries while it was away");
    ensure!(returns.stuck.is_empty(), "stuck: {:#?}", returns.stuck);
    ensure!(before == 3, "somebody got through a line that was cut: {before} requests");
    let most = BURST + (lasts.as_secs_f64() / REFILL) as usize;
    ensure!(tries <= most, "{tries} tries in {lasts:?}, allowed {most}");
    ensure!(returns.within(1.0) <= RECOVERY, "not within {RECOVERY:?}: {returns}");
    Ok(())
}

fn interface_away(lasts: Duration) -> Result<()> {
    let Some(stage) = Stage::set()? else { return Ok(()) };
    line_away(&stage, lasts, &|| stage.here.ip("link set dev near down"), &|| {
        stage.here.ip("link set dev near up")?;
        // A default route goes with its interface; what manages the network gives it back.
        stage.here.ip("route add default via 10.91.7.1")
    })?;
    stage.end();
    Ok(())
}

fn cable_away(lasts: Duration) -> Result<()> {
    let Some(stage) = Stage::set()? else { return Ok(()) };
    line_away(&stage, lasts, &|| stage.there.ip("link set dev far down"), &|| {
        stage.there.ip("link set dev far up")
    })?;
    stage.end();
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn an_interface_that_was_down_for_ten_seconds_costs_at_most_three_more() -> Result<()> {
    interface_away(Duration::from_secs(10))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
#[ignore = "a minute: make soak"]
async fn an_interface_that_was_down_for_a_minute_costs_at_most_three_seconds_more() -> Result<()> {
    interface_away(Duration::from_secs(60))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
#[ignore = "a minute: make soak"]
async fn a_cable_that_was_out_for_a_minute_costs_at_most_three_seconds_more() -> Result<()> {
    cable_away(Duration::from_secs(60))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_changed_address_moves_the_sessions_within_three_seconds() -> Result<()> {
    let Some(stage) = Stage::set()? else { return Ok(()) };
    let (changed, moment) = (Instant::now(), Timestamp::now());
    stage.here.ip("addr del 10.91.7.2/24 dev near")?;
    stage.here.ip("addr add 10.91.7.3/24 dev near")?;
    stage.here.ip("route replace default via 10.91.7.1")?;
    let took = stage.moved_to("10.91.7.3", changed)?;
    // An address that is gone takes its sessions along, so this may be seen.
    stage.has_moved(took, moment).map(drop)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_moved_route_moves_the_sessions_unseen_although_the_old_line_stays_open() -> Result<()> {
    let Some(stage) = Stage::set()? else { return Ok(()) };
    let (changed, moment) = (Instant::now(), Timestamp::now());
    // As a tunnel does that comes up.
    stage.here.wire("tun", &stage.there, "nut")?;
    stage.there.ip("addr add 10.91.8.1/24 dev nut")?;
    stage.here.ip("addr add 10.91.8.2/24 dev tun")?;
    stage.here.ip("route replace default via 10.91.8.1")?;
    let took = stage.moved_to("10.91.8.2", changed)?;
    // The new session was proven before the old one was let go.
    let states = stage.has_moved(took, moment)?;
    ensure!(states.is_empty(), "the move was seen: {states:?}");
    Ok(())
}
