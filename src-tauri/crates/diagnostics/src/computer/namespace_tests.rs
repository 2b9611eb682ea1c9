//! The room in networks made for it: no network at all, no way out, a router that does not answer, one that does, a tunnel,
//! and a full disk. Each is staged in namespaces of its own by a second run of this test program, so this computer's own
//! network is not touched. Skipped, and said so, where the system allows no namespaces.

use std::{
    fs::File,
    io::Read as _,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use super::{
    tests::{looked, step},
    *,
};
use crate::{
    Facts,
    facts::{BufferFacts, Volume},
    trial::inquiry,
};

/// Runs one of the stages below in a user, network and mount namespace.
fn in_namespace(stage: &str) {
    let may = Command::new("unshare").args(["-rnm", "ip", "link"]).stdout(Stdio::null()).output();
    if !may.is_ok_and(|tried| tried.status.success()) {
        eprintln!("SKIPPED {stage}: the system allows no namespaces, or unshare or ip is missing");
        return;
    }
    // By its own handle and not by its name: somebody may build this program anew while it runs.
    let program = File::open("/proc/self/exe").unwrap();
    let name = format!("computer::namespace_tests::{stage}");
    let words = ["--exact", &name, "--ignored", "--nocapture"];
    let mut staged = Command::new("unshare");
    staged.args(["-rnm", "/proc/self/fd/0"]).args(words).stdin(program);
    let output = staged.output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && text.contains("1 passed"), "{text}");
}

fn run(line: &str) {
    let words: Vec<&str> = line.split_whitespace().collect();
    carry_out(Command::new(words[0]).args(&words[1..]));
}

fn carry_out(command: &mut Command) {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
}

/// A computer with one wire, whose other end nobody holds.
fn wire() {
    for line in [
        "ip link set lo up",
        "ip link add v0 type veth peer name v1",
        "ip addr add 10.9.0.1/24 dev v0",
        "ip -6 addr add fd09::1/64 dev v0 nodad",
        "ip link set v0 up",
        "ip link set v1 up",
    ] {
        run(line);
    }
    // The kernel tells of a carrier a while after the other end came up.
    carried(&["v0", "v1"]);
}

/// Waits until these interfaces are up and running.
fn carried(names: &[&str]) {
    let deadline = Instant::now() + Duration::from_secs(30);
    let up =
        |name: &&str| interfaces::list().unwrap().iter().any(|one| one.facts.up && one.facts.name == **name);
    while !names.iter().all(up) {
        assert!(Instant::now() < deadline, "no carrier: {:?}", interfaces::list());
        std::thread::sleep(Duration::from_millis(5));
    }
}

fn see(inquiry: &Inquiry) -> (Facts, Vec<model::check::Step>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(looked(inquiry))
}

fn states(facts: &Facts) -> Vec<(String, NeighbourState)> {
    facts.computer.gateways.iter().map(|one| (one.address.to_string(), one.state)).collect()
}

#[test]
fn no_network_at_all() {
    in_namespace("stage_no_network");
}

#[test]
#[ignore = "a stage: run by no_network_at_all"]
fn stage_no_network() {
    let (facts, steps) = see(&inquiry(vec![]));
    assert_eq!(facts.computer.interfaces, Some(vec![]));
    assert_eq!(facts.computer.default_routes, Some(vec![]));
    assert_eq!(step(&steps, StepId::A1).status, StepStatus::Fail);
    assert_eq!(step(&steps, StepId::A2).status, StepStatus::Skip);
    assert_eq!(leaves_by([192, 0, 2, 1].into()), None);
}

#[test]
fn an_interface_without_a_way_out() {
    in_namespace("stage_no_default_route");
}

#[test]
#[ignore = "a stage: run by an_interface_without_a_way_out"]
fn stage_no_default_route() {
    wire();
    let (facts, steps) = see(&inquiry(vec![]));
    let up: Vec<_> = facts.computer.interfaces.unwrap().into_iter().filter(|one| one.up).collect();
    assert_eq!(up.iter().map(|one| one.name.as_str()).collect::<Vec<_>>(), ["v1", "v0"]);
    assert_eq!(facts.computer.default_routes, Some(vec![]));
    assert_eq!(step(&steps, StepId::A1).status, StepStatus::Fail);
    assert_eq!(leaves_by([10, 9, 0, 7].into()), Some(("v0".into(), false)));
    // A route in a table of its own, as some VPN programs make it: no router is known, and still there is a way.
    run("ip route add default via 10.9.0.77 table 77");
    run("ip rule add from all table 77");
    let (facts, steps) = see(&inquiry(vec![]));
    let expected = [RouteFacts { interface: "v0".into(), gateway: None, v6: false }];
    assert_eq!(facts.computer.default_routes.unwrap(), expected);
    assert_eq!(step(&steps, StepId::A1).status, StepStatus::Pass);
    assert_eq!(step(&steps, StepId::A2).status, StepStatus::Na);
}

#[test]
fn a_router_that_does_not_answer() {
    in_namespace("stage_dead_router");
}

#[test]
#[ignore = "a stage: run by a_router_that_does_not_answer"]
fn stage_dead_router() {
    wire();
    run("ip route add default via 10.9.0.77");
    run("ip -6 route add default via fd09::77");
    let (facts, steps) = see(&inquiry(vec![]));
    // One that is silent is waited for, since no other one answers.
    let failed = [("10.9.0.77", NeighbourState::Failed), ("fd09::77", NeighbourState::Failed)];
    assert_eq!(states(&facts), failed.map(|(address, state)| (address.to_owned(), state)));
    assert_eq!(step(&steps, StepId::A1).status, StepStatus::Pass);
    assert_eq!(step(&steps, StepId::A2).status, StepStatus::Fail);
}

#[test]
fn a_router_that_does_not_answer_beside_one_that_does() {
    in_namespace("stage_half_dead");
}

#[test]
#[ignore = "a stage: run by a_router_that_does_not_answer_beside_one_that_does"]
fn stage_half_dead() {
    wire();
    // A fixed entry counts as one that answers.
    run("ip neigh add 10.9.0.77 lladdr 02:00:00:00:00:77 dev v0 nud permanent");
    run("ip route add default via 10.9.0.77");
    run("ip -6 route add default via fd09::77");
    let (facts, steps) = see(&inquiry(vec![]));
    let expected = [("10.9.0.77", NeighbourState::Reachable), ("fd09::77", NeighbourState::Incomplete)];
    assert_eq!(states(&facts), expected.map(|(address, state)| (address.to_owned(), state)));
    assert_eq!(step(&steps, StepId::A2).status, StepStatus::Pass, "undecided, and not worth seconds");
    let (facts, steps) = see(&Inquiry { mode: Mode::Deep, ..inquiry(vec![]) });
    assert_eq!(states(&facts)[1].1, NeighbourState::Failed);
    assert_eq!(step(&steps, StepId::A2).status, StepStatus::Warn);
}

/// A namespace of its own, held by a process that ends with this one.
struct Router(Child);

impl Router {
    fn start() -> Self {
        let mut held = Command::new("unshare");
        held.args(["-n", "sh", "-c", "echo ready; cat"]).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut held = held.spawn().unwrap();
        held.stdout.as_mut().unwrap().read_exact(&mut [0; 6]).unwrap();
        Self(held)
    }
}

impl Drop for Router {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn a_router_that_answers() {
    in_namespace("stage_living_router");
}

#[test]
#[ignore = "a stage: run by a_router_that_answers"]
fn stage_living_router() {
    wire();
    let router = Router::start();
    let id = router.0.id();
    run(&format!("ip link set v1 netns {id}"));
    for line in [
        "ip addr add 10.9.0.77/24 dev v1",
        "ip -6 addr add fd09::77/64 dev v1 nodad",
        "ip link set lo up",
        "ip link set v1 up",
    ] {
        run(&format!("nsenter -t {id} -n {line}"));
    }
    run("ip route add default via 10.9.0.77");
    run("ip -6 route add default via fd09::77");
    carried(&["v0"]);
    // A quick check leaves the slower of two undecided; a thorough one waits for both.
    let (facts, steps) = see(&Inquiry { mode: Mode::Deep, ..inquiry(vec![]) });
    let good = [("10.9.0.77", NeighbourState::Reachable), ("fd09::77", NeighbourState::Reachable)];
    assert_eq!(states(&facts), good.map(|(address, state)| (address.to_owned(), state)));
    assert_eq!(step(&steps, StepId::A2).status, StepStatus::Pass);
    // A new look finds what the first one learned, or has it confirmed.
    let (facts, _) = see(&inquiry(vec![]));
    assert!(states(&facts).iter().all(|(_, state)| *state == NeighbourState::Reachable), "{facts:?}");
}

#[test]
fn traffic_through_a_tunnel_is_known_to_be() {
    in_namespace("stage_tunnel");
}

#[test]
#[ignore = "a stage: run by traffic_through_a_tunnel_is_known_to_be"]
fn stage_tunnel() {
    wire();
    run("ip route add default via 10.9.0.77");
    if Command::new("ip")
        .args(["tuntap", "add", "dev", "office", "mode", "tun"])
        .status()
        .is_ok_and(|it| !it.success())
    {
        eprintln!("SKIPPED: no tunnels can be made here");
        return;
    }
    for line in [
        "ip addr add 10.8.0.2/24 dev office",
        "ip link set office up",
        "ip route add 0.0.0.0/1 via 10.8.0.1 dev office",
        "ip route add 128.0.0.0/1 via 10.8.0.1 dev office",
    ] {
        run(line);
    }
    assert_eq!(leaves_by([203, 0, 113, 5].into()), Some(("office".into(), true)));
    assert_eq!(leaves_by([10, 9, 0, 5].into()), Some(("v0".into(), false)));
    let routes = routes::defaults(interfaces::list().as_deref()).unwrap();
    assert_eq!(routes.iter().map(|one| one.interface.as_str()).collect::<Vec<_>>(), ["office", "v0"]);
    let interfaces = interfaces::list().unwrap();
    assert!(interfaces.iter().all(|one| one.facts.tunnel == (one.facts.name == "office")), "{interfaces:?}");
}

#[test]
fn a_disk_that_is_full() {
    in_namespace("stage_full_disk");
}

#[test]
#[ignore = "a stage: run by a_disk_that_is_full"]
fn stage_full_disk() {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().to_str().unwrap().to_owned();
    // The path of temporary files may have a space.
    carry_out(Command::new("mount").args(["-t", "tmpfs", "-o", "size=64k", "none", &place]));
    std::fs::write(folder.path().join("ballast"), vec![1; 64 << 10]).unwrap();
    let volume = Some(Volume { place: place.clone(), ..Volume::default() });
    let buffers = vec![BufferFacts { waiting: 7, volume, ..BufferFacts::default() }];
    let (facts, steps) = see(&Inquiry { buffers, ..inquiry(vec![]) });
    run(&format!("umount {place}"));
    let seen = facts.computer.buffers[0].volume.clone().unwrap();
    assert_eq!((seen.writable, seen.free_bytes), (Some(false), Some(0)));
    let disk = step(&steps, StepId::A6);
    assert_eq!(disk.status, StepStatus::Fail);
    assert!(disk.error_raw.as_ref().is_some_and(|raw| raw.contains("No space left")), "{disk:?}");
}
