//! Steps A1 to A7: this computer and its network, without asking anybody further away than the router next door.
//!
//! Reads tables of the system and what the composition handed in; sends one empty datagram to each router of a default route.
//! What a system does not tell is `None` in the facts and `na` in the steps, never a guess.

mod buffers;
mod interfaces;
mod neighbours;
#[cfg(target_os = "linux")]
mod netlink;
mod nowhere;
mod proxies;
mod routes;

use std::net::IpAddr;

use interfaces::{Interface, is_routable, leaves_by};
use model::check::{Mode, StepId, StepReason, StepStatus};
pub(crate) use nowhere::nobody;
use serde_json::{Value, json};

use crate::{
    Inquiry, Notebook, OpenStep, StepEnd, Subject,
    facts::{EndpointFacts, InterfaceFacts, Neighbour, NeighbourState, Recent, RouteFacts},
    findings::{
        computer::{MOVED_MS, WOKE_MS},
        is_local_name,
    },
    names,
};

/// Looks at this computer. What the system names as proxies is the dialer's knowledge.
pub(crate) async fn look(notebook: &Notebook, inquiry: &Inquiry, dialer: &dial::Dialer) {
    let servers = names::servers();
    notebook.learn(|facts| {
        facts.computer.recent = inquiry.recent;
        facts.computer.other_owner.clone_from(&inquiry.other_owner);
        facts.computer.buffers.clone_from(&inquiry.buffers);
        facts.computer.name_servers = servers;
    });
    let [ways, tunnels, named, kept] =
        [StepId::A1, StepId::A5, StepId::A4, StepId::A6].map(|step| notebook.begin(step, None));
    let work = async {
        let (proxies, disk) =
            (proxies::look(notebook, named, inquiry, dialer), buffers::look(notebook, kept, inquiry));
        tokio::join!(network(notebook, inquiry, ways, tunnels), proxies, disk);
    };
    let recent = notebook.begin(StepId::A7, None);
    recent.end(what_happened(inquiry.recent, inquiry.subjects.iter().any(|one| one.live.is_some())));
    notebook.cancelled().run_until_cancelled(work).await;
}

/// Notes which interface traffic to each endpoint leaves by, once its addresses are known: a VPN explains much. Writes no
/// step.
pub(crate) fn note_ways(notebook: &Notebook) {
    let to = |endpoint: &EndpointFacts| {
        let won = endpoint.race.as_ref().and_then(|race| race.winner);
        won.or_else(|| endpoint.addresses.first().map(|one| one.address))
    };
    let known: Vec<Option<IpAddr>> = notebook.known(|facts| facts.endpoints.iter().map(to).collect());
    let ways: Vec<_> = known.into_iter().map(|address| address.and_then(leaves_by)).collect();
    notebook.learn(|facts| {
        for (endpoint, way) in facts.endpoints.iter_mut().zip(ways) {
            endpoint.through = endpoint.through.take().or(way);
        }
    });
}

/// The interfaces that lead out of this computer, and the default routes. `None` where they cannot be read.
pub(crate) fn ways_now() -> (Option<Vec<InterfaceFacts>>, Option<Vec<RouteFacts>>) {
    let interfaces = interfaces::list();
    let routes = routes::defaults(interfaces.as_deref());
    let outer = |all: Vec<Interface>| {
        all.into_iter().filter(|one| !one.loopback).map(|one| one.facts).collect::<Vec<_>>()
    };
    (interfaces.map(outer), routes)
}

/// Steps A1, A5 and A2.
async fn network(notebook: &Notebook, inquiry: &Inquiry, ways: OpenStep, tunnels: OpenStep) {
    let (outer, routes) = ways_now();
    ways.end(ways_out(outer.as_deref(), routes.as_deref()));
    tunnels.end(tunnels_that_are_up(outer.as_deref()));
    notebook.learn(|facts| {
        facts.computer.interfaces = outer;
        facts.computer.default_routes.clone_from(&routes);
    });
    let step = notebook.begin(StepId::A2, None);
    if stays_here(&inquiry.subjects) {
        return step.end(StepEnd::without(StepStatus::Na, StepReason::AllHere));
    }
    next_door(notebook, step, &routes.unwrap_or_default(), inquiry.mode == Mode::Deep).await;
}

/// Whether no endpoint needs a router, by their names alone: nothing is looked up for it.
fn stays_here(subjects: &[Subject]) -> bool {
    let here = |subject: &Subject| {
        let request = subject.request.as_ref().ok();
        request.and_then(|request| request.url.host_str()).is_some_and(is_local_name)
    };
    !subjects.is_empty() && subjects.iter().all(here)
}

/// The end of step A1.
fn ways_out(interfaces: Option<&[InterfaceFacts]>, routes: Option<&[RouteFacts]>) -> StepEnd {
    let (Some(interfaces), Some(routes)) = (interfaces, routes) else {
        return StepEnd::without(StepStatus::Na, StepReason::InterfacesUnread);
    };
    let up: Vec<&InterfaceFacts> = interfaces.iter().filter(|one| one.up).collect();
    // Local addresses of IPv6 (fd00::/8) are for inside: nobody expects a way out with them.
    let public = |address: &&std::net::IpAddr| match address {
        std::net::IpAddr::V4(_) => is_routable(address),
        std::net::IpAddr::V6(v6) => v6.segments()[0] >> 13 == 1,
    };
    let addressed = |v6: bool| {
        let mut all = up.iter().flat_map(|one| &one.addresses).filter(public);
        all.any(|address| address.is_ipv6() == v6)
    };
    let routed = |v6: bool| routes.iter().any(|route| route.v6 == v6);
    let stranded: Vec<&str> = [(false, "IPv4"), (true, "IPv6")]
        .into_iter()
        .filter(|(v6, _)| addressed(*v6) && !routed(*v6))
        .map(|(_, name)| name)
        .collect();
    let status = if up.is_empty() || routes.is_empty() {
        StepStatus::Fail
    } else if stranded.is_empty() {
        StepStatus::Pass
    } else {
        StepStatus::Warn
    };
    let shown = |one: &&InterfaceFacts| json!({"name": one.name, "addresses": one.addresses});
    StepEnd::new(status)
        .with("up", up.iter().map(shown).collect::<Vec<_>>())
        .with("default_routes", routes.iter().map(|route| json!(route)).collect::<Vec<_>>())
        .with("address_without_default_route", json!(stranded))
}

/// The end of step A5. A tunnel is no fault: it explains.
fn tunnels_that_are_up(interfaces: Option<&[InterfaceFacts]>) -> StepEnd {
    let Some(interfaces) = interfaces else {
        return StepEnd::without(StepStatus::Na, StepReason::InterfacesUnread);
    };
    let tunnels = interfaces.iter().filter(|one| one.tunnel && one.up).map(|one| json!(one.name));
    StepEnd::new(StepStatus::Pass).with("tunnels", tunnels.collect::<Vec<Value>>())
}

/// Step A2.
async fn next_door(notebook: &Notebook, step: OpenStep, routes: &[RouteFacts], thorough: bool) {
    let mut asked: Vec<&RouteFacts> = Vec::new();
    for route in routes.iter().filter(|route| route.gateway.is_some()) {
        let known = |one: &&RouteFacts| (one.gateway, &one.interface) == (route.gateway, &route.interface);
        if !asked.iter().any(known) {
            asked.push(route);
        }
    }
    if asked.is_empty() {
        let (status, reason) = if routes.is_empty() {
            (StepStatus::Skip, StepReason::NeedsRoute)
        } else {
            (StepStatus::Na, StepReason::NoRouter)
        };
        return step.end(StepEnd::without(status, reason));
    }
    let found = neighbours::ask(&asked, thorough).await;
    let end = routers(&found);
    notebook.learn(|facts| facts.computer.gateways = found);
    step.end(end);
}

/// The end of step A2.
fn routers(found: &[Neighbour]) -> StepEnd {
    use NeighbourState as State;

    if found.is_empty() {
        return StepEnd::without(StepStatus::Na, StepReason::NeighboursUnread);
    }
    let any = |states: &[State]| found.iter().any(|one| states.contains(&one.state));
    let status = if any(&[State::Reachable, State::Stale]) {
        // One that is still being asked beside one that answered is undecided.
        if any(&[State::Failed]) { StepStatus::Warn } else { StepStatus::Pass }
    } else if any(&[State::Failed, State::Incomplete]) {
        StepStatus::Fail
    } else {
        StepStatus::Pass
    };
    StepEnd::new(status).with("routers", found.iter().map(|one| json!(one)).collect::<Vec<_>>())
}

/// The end of step A7.
fn what_happened(recent: Recent, watched: bool) -> StepEnd {
    let (woke, moved) = (recent.resumed_ms_ago, recent.network_changed_ms_ago);
    if woke.is_none() && moved.is_none() && !watched {
        return StepEnd::without(StepStatus::Na, StepReason::NobodyWatched);
    }
    let fresh = |ago: Option<u64>, limit| ago.is_some_and(|ago| ago < limit);
    let unsettled = fresh(woke, WOKE_MS) || fresh(moved, MOVED_MS);
    StepEnd::new(if unsettled { StepStatus::Warn } else { StepStatus::Pass })
        .with("resumed_ms_ago", woke)
        .with("network_changed_ms_ago", moved)
        .with("warn_after_sleep_ms", WOKE_MS)
        .with("warn_after_change_ms", MOVED_MS)
}

#[cfg(test)]
#[cfg(target_os = "linux")]
#[path = "computer/namespace_tests.rs"]
mod namespace_tests;
#[cfg(test)]
#[path = "computer/tests.rs"]
mod tests;
