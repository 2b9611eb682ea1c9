//! Findings about this computer and its network: PC-01 to PC-13, without the clock and what a connection met.

use model::check::{FindingCode as Code, StepId};

use super::{
    draft::{Draft, few},
    scene::{all_here, beyond, network_failed},
};
use crate::{
    facts::{BufferFacts, ComputerFacts, Facts, Neighbour, NeighbourState, PortalEnd},
    words::quantity::{size, time_of},
};

/// So long after waking up, results may not have settled.
pub(crate) const WOKE_MS: u64 = 45_000;
/// So long after a change of network.
pub(crate) const MOVED_MS: u64 = 20_000;
/// A buffer this full is worth a word.
pub(crate) const FULL: f64 = 0.8;
/// Messages older than this are worth a word.
pub(crate) const OLD_MS: u64 = 3_600_000;
/// With fewer free bytes than this the disk counts as full.
const NO_SPACE: u64 = 1 << 20;

/// Everything about this computer.
pub(super) fn find(facts: &Facts) -> Vec<Draft> {
    let mut found = Vec::new();
    found.extend(network(facts));
    found.extend(portal(facts));
    found.extend(facts.computer.buffers.iter().flat_map(buffer));
    found.extend(other_owner(&facts.computer));
    found.extend(recent(&facts.computer));
    found.extend(vpn(facts));
    found
}

/// PC-01, PC-02, PC-03. A server on this computer needs no network, and what was reached proves that there is one.
fn network(facts: &Facts) -> Option<Draft> {
    if all_here(facts) {
        return None;
    }
    let up =
        facts.computer.interfaces.as_ref().map(|all| all.iter().filter(|one| one.up).collect::<Vec<_>>());
    if let Some(up) = &up
        && up.is_empty()
        && !beyond(facts)
    {
        let names = facts.computer.interfaces.iter().flatten().map(|one| one.name.clone());
        return Some(
            Draft::new(Code::Pc01, StepId::A1)
                .seen(format!("no interface is up; there are: {}", some(names))),
        );
    }
    // Something next door may answer all the same.
    if !network_failed(facts) {
        return None;
    }
    if facts.computer.default_routes.as_ref().is_some_and(Vec::is_empty) {
        let up = up
            .iter()
            .flatten()
            .map(|one| format!("{} {}", one.name, few(one.addresses.iter().map(ToString::to_string), 3)));
        return Some(Draft::new(Code::Pc02, StepId::A1).seen(format!("no default route; up: {}", some(up))));
    }
    silent_router(&facts.computer.gateways)
}

/// PC-03, where no router answers.
fn silent_router(gateways: &[Neighbour]) -> Option<Draft> {
    let gone = |state| matches!(state, NeighbourState::Failed | NeighbourState::Incomplete);
    let first = gateways.iter().find(|gateway| gone(gateway.state))?;
    if gateways
        .iter()
        .any(|gateway| matches!(gateway.state, NeighbourState::Reachable | NeighbourState::Stale))
    {
        return None;
    }
    let state = if first.state == NeighbourState::Failed { "FAILED" } else { "INCOMPLETE" };
    let draft = Draft::new(Code::Pc03, StepId::A2)
        .arg("gateway", first.address.to_string())
        .arg("iface", &first.interface)
        .seen(format!("neighbour {} on {}: {state}", first.address, first.interface));
    Some(draft)
}

/// PC-07. Where everything works behind it, the control page itself may be at fault.
fn portal(facts: &Facts) -> Option<Draft> {
    let portal = facts.computer.portal.as_ref()?;
    let PortalEnd::Portal(to) = &portal.end else { return None };
    Some(Draft::new(Code::Pc07, StepId::C2).seen(format!("{} answered with: {to}", portal.host)))
}

/// PC-08, else PC-09.
fn buffer(buffer: &BufferFacts) -> Option<Draft> {
    let volume = buffer.volume.clone().unwrap_or_default();
    let refuses = buffer.refuses.as_deref();
    let no_space =
        |why: &str| why.contains("space") || why.contains("disk_full") || why.contains("os error 28");
    let reason = match refuses {
        Some(why) if why.contains("buffer_full") => "full",
        Some(why) if no_space(why) || volume.free_bytes.is_some_and(|free| free < NO_SPACE) => "no-space",
        _ if volume.writable == Some(false) => "unwritable",
        _ if buffer.full >= 1.0 => "full",
        Some(_) => "other",
        None => return waiting(buffer),
    };
    let place = if volume.place.is_empty() { "none" } else { volume.place.as_str() };
    let kept = if volume.place.is_empty() { String::new() } else { format!(", kept in {place}") };
    let mut draft = Draft::new(Code::Pc08, StepId::A6)
        .arg("reason", reason)
        .arg("count", buffer.waiting.to_string())
        .arg("place", place)
        .seen(format!("{} waiting, {} full{kept}", buffer.waiting, percent(buffer.full)))
        .seen(refuses.unwrap_or_default());
    if let Some(free) = volume.free_bytes {
        draft = draft.seen(format!("{} free", size(free)));
    }
    draft.finding.endpoint.clone_from(&buffer.endpoint);
    Some(draft)
}

fn waiting(buffer: &BufferFacts) -> Option<Draft> {
    let oldest = buffer.oldest_ms.unwrap_or(0);
    if buffer.waiting == 0 || (buffer.full < FULL && oldest <= OLD_MS) {
        return None;
    }
    let mut draft = Draft::new(Code::Pc09, StepId::A6)
        .warn()
        .arg("why", if oldest > OLD_MS { "old" } else { "full" })
        .arg("count", buffer.waiting.to_string())
        .arg("size", size(buffer.bytes))
        .arg("age", time_of(oldest))
        .seen(format!(
            "{} waiting, {} full, oldest {}",
            buffer.waiting,
            percent(buffer.full),
            time_of(oldest)
        ));
    draft.finding.endpoint.clone_from(&buffer.endpoint);
    Some(draft)
}

fn percent(share: f64) -> String {
    format!("{:.0} %", share.clamp(0.0, 9.99) * 100.0)
}

/// PC-11.
fn other_owner(computer: &ComputerFacts) -> Option<Draft> {
    let other = computer.other_owner.as_ref()?;
    let user = other.user.as_deref().filter(|user| !user.is_empty());
    let draft = Draft::new(Code::Pc11, StepId::A6)
        .arg("pid", other.pid.to_string())
        .arg("user", user.unwrap_or("none"))
        .seen(format!("process {} of {}", other.pid, user.unwrap_or("an unknown user")));
    Some(draft)
}

/// PC-12.
fn recent(computer: &ComputerFacts) -> Option<Draft> {
    let recent = computer.recent;
    let draft = Draft::new(Code::Pc12, StepId::A7).info();
    match (recent.resumed_ms_ago, recent.network_changed_ms_ago) {
        (Some(woke), _) if woke < WOKE_MS => {
            Some(draft.arg("what", "woke").seen(format!("woke up {} ago", time_of(woke))))
        }
        (_, Some(moved)) if moved < MOVED_MS => {
            Some(draft.arg("what", "network").seen(format!("the network changed {} ago", time_of(moved))))
        }
        _ => None,
    }
}

/// PC-13.
fn vpn(facts: &Facts) -> Vec<Draft> {
    let through = |(index, endpoint): (usize, &crate::facts::EndpointFacts)| {
        let (interface, true) = endpoint.through.as_ref()? else { return None };
        let draft = Draft::new(Code::Pc13, StepId::A5)
            .info()
            .at(index, endpoint)
            .arg("host", &endpoint.host)
            .arg("iface", interface)
            .seen(format!("the route to {} leaves by {interface}, a tunnel", endpoint.host));
        Some(draft)
    };
    facts.endpoints.iter().enumerate().filter_map(through).collect()
}

fn some(items: impl Iterator<Item = String>) -> String {
    let text = few(items, 6);
    if text.is_empty() { "none".into() } else { text }
}
