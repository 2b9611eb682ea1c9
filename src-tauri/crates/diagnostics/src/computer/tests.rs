//! Steps A1 to A7 on this computer, and what they make of facts.

use std::{collections::BTreeSet, net::IpAddr};

use model::check::Step;
use tokio_util::sync::CancellationToken;

use super::*;
use crate::{
    Facts,
    facts::{AddressEnd, AddressFacts, BufferFacts, PathPhases, Volume},
    trial::{inquiry, subject},
};

/// The whole room, as a check enters it.
pub(super) async fn looked(inquiry: &Inquiry) -> (Facts, Vec<Step>) {
    let notebook = Notebook::new("run".into(), CancellationToken::new(), None);
    look(&notebook, inquiry, &dial::Dialer::new()).await;
    notebook.contents()
}

pub(super) fn step(steps: &[Step], id: StepId) -> &Step {
    steps.iter().find(|one| one.id == id).unwrap()
}

#[tokio::test]
async fn this_computer_is_looked_at_whatever_its_network_is() {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().to_str().unwrap().to_owned();
    let volume = Some(Volume { place, ..Volume::default() });
    let buffer = BufferFacts { waiting: 3, volume, ..BufferFacts::default() };
    let asked = Inquiry { buffers: vec![buffer], ..inquiry(vec![subject("a", "ws://a.example/")]) };
    let (facts, steps) = looked(&asked).await;
    let mut ids: Vec<_> = steps.iter().map(|one| one.id).collect();
    ids.sort();
    assert_eq!(ids, [StepId::A1, StepId::A2, StepId::A4, StepId::A5, StepId::A6, StepId::A7]);
    assert!(steps.iter().all(|one| one.status != StepStatus::Error), "{steps:?}");
    let seen = facts.computer.buffers[0].volume.as_ref().unwrap();
    assert!(seen.free_bytes.is_some() && seen.writable == Some(true));
    assert_eq!(step(&steps, StepId::A6).detail["waiting"], json!(3));
    assert_eq!(step(&steps, StepId::A7).status, StepStatus::Na);
    if cfg!(unix) {
        assert!(facts.computer.interfaces.is_some() && facts.computer.default_routes.is_some());
    }
}

#[tokio::test]
async fn no_router_is_asked_where_every_endpoint_is_on_this_computer() {
    let local = ["ws://127.0.0.1:1/", "ws://localhost:1/", "ws://[::1]:1/"];
    let subjects: Vec<Subject> = local.iter().map(|url| subject("a", url)).collect();
    assert!(stays_here(&subjects));
    let (facts, steps) = looked(&inquiry(subjects.clone())).await;
    assert_eq!((step(&steps, StepId::A2).status, facts.computer.gateways), (StepStatus::Na, vec![]));
    assert!(!stays_here(&[subjects, vec![subject("b", "ws://b.example/")]].concat()));
    assert!(!stays_here(&[]), "nothing is known of it");
}

#[tokio::test]
async fn a_check_that_is_cut_short_ends_what_it_began() {
    let cancel = CancellationToken::new();
    cancel.cancel();
    let notebook = Notebook::new("run".into(), cancel, None);
    look(&notebook, &inquiry(vec![]), &dial::Dialer::new()).await;
    let (_, steps) = notebook.contents();
    let cut = steps.iter().filter(|one| one.status == StepStatus::Cancelled).map(|one| one.id);
    assert_eq!(cut.collect::<BTreeSet<_>>(), [StepId::A1, StepId::A4, StepId::A5, StepId::A6].into());
}

#[test]
fn the_way_to_an_endpoint_is_that_to_the_address_that_won() {
    let notebook = Notebook::new("run".into(), CancellationToken::new(), None);
    let address = |last| IpAddr::from([127, 0, 0, last]);
    let tried = |last| AddressFacts { address: address(last), end: AddressEnd::Refused, ms: 1.0 };
    let race = Some(PathPhases { winner: Some(address(1)), ..PathPhases::default() });
    let known = Some(("vpn9".to_owned(), true));
    notebook.learn(|facts| {
        facts.endpoints = vec![
            EndpointFacts { race, ..EndpointFacts::default() },
            EndpointFacts { addresses: vec![tried(2)], ..EndpointFacts::default() },
            EndpointFacts::default(),
            EndpointFacts { through: known.clone(), addresses: vec![tried(2)], ..EndpointFacts::default() },
        ];
    });
    note_ways(&notebook);
    let (own, _) = leaves_by(address(1)).unwrap();
    let ways: Vec<_> = notebook.contents().0.endpoints.into_iter().map(|one| one.through).collect();
    assert_eq!(ways, [Some((own.clone(), false)), Some((own, false)), None, known]);
}

fn interface(name: &str, up: bool, addresses: &[&str]) -> InterfaceFacts {
    let addresses = addresses.iter().map(|one| one.parse::<IpAddr>().unwrap()).collect();
    InterfaceFacts { name: name.into(), up, tunnel: name.starts_with("wg"), addresses }
}

fn route(v6: bool) -> RouteFacts {
    let gateway = Some(if v6 { "fe80::1" } else { "10.0.0.1" }.parse().unwrap());
    RouteFacts { interface: "eth0".into(), gateway, v6 }
}

#[test]
fn a_way_out_needs_an_interface_and_a_route() {
    let eth = interface("eth0", true, &["10.0.0.2", "fe80::2", "fd00::2"]);
    let dual = interface("eth0", true, &["10.0.0.2", "2001:db8::2"]);
    let off = interface("eth0", false, &["10.0.0.2"]);
    let cases = [
        (vec![eth.clone()], vec![route(false)], StepStatus::Pass),
        (vec![dual.clone()], vec![route(false), route(true)], StepStatus::Pass),
        (vec![dual], vec![route(false)], StepStatus::Warn),
        (vec![eth.clone()], vec![route(true)], StepStatus::Warn),
        (vec![eth], vec![], StepStatus::Fail),
        (vec![off], vec![route(false)], StepStatus::Fail),
        (vec![], vec![], StepStatus::Fail),
    ];
    for (interfaces, routes, status) in cases {
        let end = ways_out(Some(&interfaces), Some(&routes));
        assert_eq!(end.status, status, "{:?}", end.detail);
    }
    assert_eq!(ways_out(None, Some(&[])).status, StepStatus::Na);
}

#[test]
fn tunnels_are_named_when_they_are_up() {
    let all = [interface("wg0", true, &[]), interface("wg1", false, &[]), interface("eth0", true, &[])];
    let end = tunnels_that_are_up(Some(&all));
    assert_eq!((end.status, &end.detail["tunnels"]), (StepStatus::Pass, &json!(["wg0"])));
}

#[test]
fn one_router_of_two_may_be_silent() {
    let neighbour =
        |state| Neighbour { address: "10.0.0.1".parse().unwrap(), interface: "eth0".into(), state };
    let [good, stale, silent, unknown] =
        [NeighbourState::Reachable, NeighbourState::Stale, NeighbourState::Failed, NeighbourState::Unknown]
            .map(neighbour);
    assert_eq!(routers(&[good.clone(), stale, unknown]).status, StepStatus::Pass);
    assert_eq!(routers(&[good, silent.clone()]).status, StepStatus::Warn);
    assert_eq!(routers(&[silent]).status, StepStatus::Fail);
    let asked = || neighbour(NeighbourState::Incomplete);
    assert_eq!(routers(&[asked(), neighbour(NeighbourState::Stale)]).status, StepStatus::Pass);
    assert_eq!(routers(&[asked()]).status, StepStatus::Fail);
    assert_eq!(routers(&[]).status, StepStatus::Na);
}

#[test]
fn sleep_and_change_matter_for_a_while() {
    let recent =
        |resumed_ms_ago, network_changed_ms_ago| Recent { resumed_ms_ago, network_changed_ms_ago, now: None };
    assert_eq!(what_happened(recent(Some(44_999), None), true).status, StepStatus::Warn);
    assert_eq!(what_happened(recent(Some(45_000), Some(20_000)), false).status, StepStatus::Pass);
    assert_eq!(what_happened(recent(None, Some(19_999)), false).status, StepStatus::Warn);
    assert_eq!(what_happened(recent(None, None), true).status, StepStatus::Pass);
    assert_eq!(what_happened(recent(None, None), false).status, StepStatus::Na);
}
