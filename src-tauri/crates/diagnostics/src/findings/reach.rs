//! Findings about reaching the server: PC-04, PC-10, TC-01 to TC-10. A server is blamed only where something shows that the
//! network lets connections through.

use model::check::{Confidence, FindingCode as Code, FindingOwner, StepId};

use super::{
    draft::{Draft, few, target},
    scene::{Proof, connected, judged, proof},
};
use crate::{
    facts::{AddressEnd, AddressFacts, EndpointFacts, Facts, HttpEnd, TlsEnd, UpgradeEnd},
    words::quantity::time,
};

/// A large write shows something only when it was larger than what fits into a few packets.
const LARGE: usize = 8_000;

/// Everything about TCP of one endpoint. Through a proxy the addresses are the proxy's: see `proxy`.
pub(super) fn find(facts: &Facts, endpoint: &EndpointFacts) -> Vec<Draft> {
    let mut found = Vec::new();
    if endpoint.proxy.is_none() && !endpoint.addresses.is_empty() {
        if connected(endpoint) {
            found.extend(partly(facts, endpoint));
        } else {
            found.push(dead(facts, endpoint));
        }
    }
    found.extend(large_packets(endpoint));
    found.extend(mute(endpoint));
    found
}

/// No address can be connected to.
fn dead(facts: &Facts, endpoint: &EndpointFacts) -> Draft {
    let judged = judged(facts, endpoint);
    let ends = |wanted: fn(&AddressEnd) -> bool| judged.iter().find(|address| wanted(&address.end)).copied();
    let draft = |code| {
        Draft::new(code, StepId::D1).seen_all(endpoint.addresses.iter().map(|one| seen(one, endpoint.port)))
    };
    if let Some(denied) = ends(|end| matches!(end, AddressEnd::Denied(_))) {
        return draft(Code::Pc04).arg("target", target(&denied.address.to_string(), endpoint.port));
    }
    if ends(|end| matches!(end, AddressEnd::OutOfResources(_))).is_some() {
        return draft(Code::Pc10);
    }
    let draft = |code| {
        let at = target(&endpoint.host, endpoint.port);
        draft(code).arg("host", &endpoint.host).arg("target", at).arg("port", endpoint.port.to_string())
    };
    let silent = ends(|end| *end == AddressEnd::TimedOut).is_some();
    if ends(|end| *end == AddressEnd::Refused).is_some() {
        return refused(facts, endpoint, draft(Code::Tc01), silent);
    }
    if silent {
        return match proof(facts, endpoint) {
            Proof::Other(host) => draft(Code::Tc02).seen(format!("{host} answers")),
            Proof::Here => draft(Code::Tc02).sure(Confidence::Possible),
            Proof::Router(address, tried) => {
                nothing(draft(Code::Tc03), tried).seen(format!("the router {address} answers"))
            }
            Proof::Nothing(tried) => nothing(draft(Code::Tc03), tried),
        };
    }
    if ends(|end| *end == AddressEnd::Reset).is_some() {
        return draft(Code::Tc08);
    }
    // "No path" is the kernel's own word; any other error only looks like it.
    let no_path = ends(|end| matches!(end, AddressEnd::Unreachable(_)));
    let first = no_path.or(judged.first().copied());
    let draft = draft(Code::Tc04)
        .arg("address", first.map_or_else(|| endpoint.host.clone(), |one| one.address.to_string()));
    if no_path.is_some() { draft } else { draft.sure(Confidence::Possible) }
}

fn nothing(draft: Draft, tried: usize) -> Draft {
    draft
        .arg("tried", if tried == 0 { "one" } else { "more" })
        .seen(format!("other servers tried without success: {tried}"))
}

/// TC-01. A refusal comes from the server or from a device on the way.
fn refused(facts: &Facts, endpoint: &EndpointFacts, draft: Draft, mixed: bool) -> Draft {
    let draft = match proof(facts, endpoint) {
        Proof::Other(host) => draft.arg("proof", "yes").seen(format!("{host} answers")),
        Proof::Here => draft.arg("proof", "yes").seen("the server is this computer"),
        Proof::Router(address, _) => {
            draft.arg("proof", "yes").sure(Confidence::Possible).seen(format!("the router {address} answers"))
        }
        Proof::Nothing(_) => draft.arg("proof", "no").sure(Confidence::Possible).owner(FindingOwner::It),
    };
    if mixed { draft.sure(Confidence::Possible) } else { draft }
}

/// TC-05, TC-06, TC-07: some addresses are dead, others are not.
fn partly(facts: &Facts, endpoint: &EndpointFacts) -> Option<Draft> {
    let judged = judged(facts, endpoint);
    let dead: Vec<_> =
        judged.iter().filter(|address| address.end != AddressEnd::Connected).copied().collect();
    if dead.is_empty() {
        return None;
    }
    let whole = |v6: bool| {
        let family = judged.iter().filter(|address| address.address.is_ipv6() == v6);
        let gone = |end: &AddressEnd| matches!(end, AddressEnd::TimedOut | AddressEnd::Unreachable(_));
        family.clone().count() > 0 && family.clone().all(|address| gone(&address.end))
    };
    let lives = |v6: bool| {
        let over =
            |address: &AddressFacts| address.end == AddressEnd::Connected && address.address.is_ipv6() == v6;
        let others =
            facts.endpoints.iter().filter(|other| other.host != endpoint.host && other.proxy.is_none());
        others.flat_map(|other| &other.addresses).any(over)
    };
    let lost = endpoint.race.as_ref().map_or(0.0, |race| race.lost);
    let code = match (whole(true), whole(false)) {
        // The family works for another server: then it is this one's address that is dead.
        (true, false) if !lives(true) => Code::Tc05,
        (false, true) if !lives(false) => Code::Tc06,
        _ => Code::Tc07,
    };
    let draft = Draft::new(code, StepId::D1)
        .warn()
        .arg("host", &endpoint.host)
        .seen_all(endpoint.addresses.iter().map(|one| seen(one, endpoint.port)));
    Some(if code == Code::Tc07 {
        draft
            .arg("dead", dead.len().to_string())
            .arg("total", judged.len().to_string())
            .arg("list", few(dead.iter().map(|address| address.address.to_string()), 2))
    } else {
        draft.arg("lost", if lost >= 1.0 { time(lost) } else { "none".into() })
    })
}

/// TC-10: nothing of a large write is acknowledged, and a real exchange timed out.
fn large_packets(endpoint: &EndpointFacts) -> Option<Draft> {
    let bulk = endpoint.bulk.filter(|bulk| bulk.acknowledged == 0 && bulk.written >= LARGE)?;
    let tls = matches!(endpoint.tls.as_ref().and_then(|tls| tls.end.as_ref()), Some(TlsEnd::TimedOut));
    let http = matches!(endpoint.http.as_ref().map(|http| &http.end), Some(HttpEnd::TimedOut { .. }));
    let upgrade =
        matches!(endpoint.upgrade.as_ref().map(|upgrade| &upgrade.end), Some(UpgradeEnd::TimedOut { .. }));
    let draft = Draft::new(Code::Tc10, StepId::D3)
        .arg("host", &endpoint.host)
        .arg("target", target(&endpoint.host, endpoint.port))
        .seen(format!("0 of {} bytes acknowledged in {}", bulk.written, time(bulk.waited_ms as f64)));
    (tls || http || upgrade).then_some(draft)
}

/// TC-08 and TC-09: the connection opens, and then it is cut at once or nothing comes. A cut by a reset while the server's
/// name is announced is TL-10: see `tls`.
fn mute(endpoint: &EndpointFacts) -> Option<Draft> {
    let draft = |code, step| {
        let at = target(&endpoint.host, endpoint.port);
        Draft::new(code, step).arg("host", &endpoint.host).arg("target", at)
    };
    if endpoint.encrypted {
        let end = endpoint.tls.as_ref()?.end.as_ref()?;
        if *end == TlsEnd::TimedOut {
            return Some(draft(Code::Tc09, StepId::E1).seen("TCP is open; no answer to the TLS greeting"));
        }
        if let TlsEnd::Cut(raw) = end {
            return Some(draft(Code::Tc08, StepId::E1).seen(raw));
        }
        if *end != TlsEnd::Open {
            return None;
        }
    }
    let http = endpoint.http.as_ref().map(|http| &http.end);
    let upgrade = endpoint.upgrade.as_ref().map(|upgrade| &upgrade.end);
    let step = if upgrade.is_some() { StepId::G1 } else { StepId::F1 };
    match (http, upgrade) {
        // An ordinary answer shows that the server speaks: see WS-06.
        (Some(HttpEnd::Answer(_)), _) => None,
        (Some(HttpEnd::TimedOut { .. }), None) | (_, Some(UpgradeEnd::TimedOut { .. })) => {
            Some(draft(Code::Tc09, step).seen("connected; no whole answer in time"))
        }
        (Some(HttpEnd::Cut { received, reset }), None) | (_, Some(UpgradeEnd::Cut { received, reset })) => {
            let how = if *reset { "a reset" } else { "the end of the stream" };
            Some(draft(Code::Tc08, step).seen(format!("connected; {how} after {received} bytes")))
        }
        _ => None,
    }
}

/// One address, for experts.
pub(super) fn seen(address: &AddressFacts, port: u16) -> String {
    let how = match &address.end {
        AddressEnd::Connected => "connected",
        AddressEnd::Refused => "refused",
        AddressEnd::Reset => "accepted and reset",
        AddressEnd::TimedOut => "no answer",
        AddressEnd::Unreachable(raw)
        | AddressEnd::Denied(raw)
        | AddressEnd::OutOfResources(raw)
        | AddressEnd::Failed(raw) => raw,
    };
    format!("{}: {how} after {}", target(&address.address.to_string(), port), time(address.ms))
}
