//! Findings about names: DN-01 to DN-08. The production lookup decides whether it failed; each name server by itself tells
//! why.

use std::net::IpAddr;

use model::check::{Confidence, FindingCode as Code, StepId};

use super::{
    draft::{Draft, few},
    scene::{connected, is_local_name},
};
use crate::{
    facts::{AnswerEnd, EndpointFacts, LookupEnd, NameFacts, ServerAnswer},
    words::quantity::time,
};

/// A failure that took longer is silence rather than an answer: resolvers wait 5 s for each server.
const SILENCE_MS: f64 = 3_000.0;
/// A lookup faster than this lost nothing to a silent server.
const LOST_MS: f64 = 1_000.0;

/// Everything about the name of one endpoint.
pub(super) fn find(endpoint: &EndpointFacts) -> Vec<Draft> {
    let names = &endpoint.names;
    let found_here = is_local_name(&endpoint.host) && matches!(names.system, Some(LookupEnd::Found(_)));
    if names.literal || found_here {
        return Vec::new();
    }
    let mut found = Vec::new();
    match &names.system {
        None => {}
        Some(LookupEnd::Found(addresses)) => {
            found.extend(hosts_file(endpoint, addresses));
            found.extend(blocked(endpoint, addresses));
            found.extend(silent_first(names, false));
        }
        Some(LookupEnd::OutOfResources(raw)) => {
            found
                .push(Draft::new(Code::Pc10, StepId::B1).seen(format!("lookup of {}: {raw}", endpoint.host)));
        }
        // Addresses that worked before keep it going for a while.
        Some(end) if connected(endpoint) => found.push(failed(endpoint, end).warn()),
        Some(end) => found.push(failed(endpoint, end)),
    }
    found
}

/// DN-01 to DN-05: why a lookup failed.
fn failed(endpoint: &EndpointFacts, end: &LookupEnd) -> Draft {
    let names = &endpoint.names;
    let servers = &names.servers;
    let said = |wanted: fn(&AnswerEnd) -> bool| {
        servers.iter().find(|server| wanted(&server.a) || wanted(&server.aaaa))
    };
    let all = |wanted: fn(&AnswerEnd) -> bool| {
        !servers.is_empty() && servers.iter().all(|server| wanted(&server.a) && wanted(&server.aaaa))
    };
    let found = said(|answer| matches!(answer, AnswerEnd::Found(_)));
    let nx = said(|answer| *answer == AnswerEnd::NxDomain);
    let refused = said(|answer| *answer == AnswerEnd::Refused);
    let broken = said(|answer| matches!(answer, AnswerEnd::ServFail | AnswerEnd::Other(_)));
    let half = servers.iter().find(|server| {
        let found = |answer: &AnswerEnd| matches!(answer, AnswerEnd::Found(_));
        let silent = |answer: &AnswerEnd| *answer == AnswerEnd::TimedOut;
        found(&server.a) && silent(&server.aaaa) || silent(&server.a) && found(&server.aaaa)
    });
    // Servers that contradict each other, or a system that contradicts its servers, leave doubt.
    let sure = if found.is_some() { Confidence::Likely } else { Confidence::Certain };
    let not_found = matches!(end, LookupEnd::NotFound(_));
    let resolver = |server: &ServerAnswer| server.server.to_string();
    let draft = |code| Draft::new(code, StepId::B1).arg("host", &endpoint.host);
    let draft = match (nx, broken, refused) {
        (Some(server), _, _) if not_found => draft(Code::Dn01).sure(sure).arg("resolver", resolver(server)),
        _ if all(|answer| *answer == AnswerEnd::NoData) => draft(Code::Dn05),
        (_, Some(server), _) if !not_found => {
            draft(Code::Dn02).sure(sure).arg("how", "failed").arg("resolver", resolver(server))
        }
        (_, _, Some(server)) if !not_found => draft(Code::Dn04).sure(sure).arg("resolver", resolver(server)),
        _ if silent_first(names, true).is_some() => {
            return silent_first(names, true).unwrap_or(draft(Code::Dn06));
        }
        _ if all(|answer| matches!(answer, AnswerEnd::TimedOut | AnswerEnd::Unreachable(_))) => {
            draft(Code::Dn03)
                .sure(if not_found { Confidence::Likely } else { sure })
                .arg("servers", few(servers.iter().map(resolver), 3))
        }
        // Some systems say "not found" to any answer without addresses.
        (None, Some(server), _) => {
            draft(Code::Dn02).sure(Confidence::Likely).arg("how", "failed").arg("resolver", resolver(server))
        }
        // It knows the addresses of one family, and the system waits for the other's.
        _ if let Some(server) = half => {
            draft(Code::Dn02).sure(Confidence::Likely).arg("how", "half").arg("resolver", resolver(server))
        }
        // Nobody said why: the system alone does not tell silence from failure.
        _ if not_found => draft(Code::Dn01).sure(Confidence::Likely).arg("resolver", "unknown"),
        _ if *end == LookupEnd::TimedOut || names.ms.is_some_and(|ms| ms >= SILENCE_MS) => {
            draft(Code::Dn03).sure(Confidence::Possible).arg("servers", known(servers))
        }
        _ => draft(Code::Dn02).sure(Confidence::Possible).arg("how", "failed").arg("resolver", "unknown"),
    };
    draft.seen(raw(endpoint, end)).seen_all(servers.iter().map(answers))
}

fn known(servers: &[ServerAnswer]) -> String {
    if servers.is_empty() {
        "none".into()
    } else {
        few(servers.iter().map(|server| server.server.to_string()), 3)
    }
}

/// DN-06: the first server is silent and a later one answers.
fn silent_first(names: &NameFacts, lookup_failed: bool) -> Option<Draft> {
    let (first, others) = names.servers.split_first()?;
    let silent = first.a == AnswerEnd::TimedOut && first.aaaa == AnswerEnd::TimedOut;
    let answered = |server: &ServerAnswer| {
        matches!(server.a, AnswerEnd::Found(_)) || matches!(server.aaaa, AnswerEnd::Found(_))
    };
    if !silent || !others.iter().any(answered) {
        return None;
    }
    let took = names.ms.unwrap_or(0.0);
    let draft = Draft::new(Code::Dn06, StepId::B2)
        .arg("resolver", first.server.to_string())
        .arg("lost", if took >= LOST_MS { time(took) } else { "none".into() })
        .seen(format!("the lookup took {}", time(took)))
        .seen_all(names.servers.iter().map(answers));
    let draft = if took >= LOST_MS { draft } else { draft.sure(Confidence::Likely) };
    Some(if lookup_failed { draft.sure(Confidence::Likely) } else { draft.warn() })
}

/// DN-07. It is the cause only where the name servers say something else and nothing answers at the fixed address.
fn hosts_file(endpoint: &EndpointFacts, addresses: &[IpAddr]) -> Option<Draft> {
    let names = &endpoint.names;
    let fixed = names.hosts_file.iter().find(|address| addresses.contains(address))?;
    let told: Vec<_> = names.servers.iter().flat_map(found_in).collect();
    let differs = !told.is_empty() && !told.iter().any(|address| names.hosts_file.contains(address));
    let draft = Draft::new(Code::Dn07, StepId::B3)
        .arg("host", &endpoint.host)
        .arg("address", fixed.to_string())
        .seen(format!(
            "hosts file: {} {}",
            few(names.hosts_file.iter().map(ToString::to_string), 4),
            endpoint.host
        ))
        .seen_all(names.servers.iter().map(answers));
    let dead = endpoint.proxy.is_none() && !endpoint.addresses.is_empty() && !connected(endpoint);
    Some(match (dead, differs) {
        (true, true) => draft,
        (true, false) if told.is_empty() => draft.sure(Confidence::Likely),
        _ => draft.info(),
    })
}

/// DN-08: an address nobody could be at, or one that neither the name servers nor the last good check know.
fn blocked(endpoint: &EndpointFacts, addresses: &[IpAddr]) -> Option<Draft> {
    let names = &endpoint.names;
    let first = addresses.first()?;
    if !names.hosts_file.is_empty() || endpoint.proxy.is_some() || works(endpoint) {
        return None;
    }
    let nowhere = addresses.iter().all(|address| address.is_unspecified() || address.is_loopback());
    let told: Vec<_> = names.servers.iter().flat_map(found_in).collect();
    let foreign =
        |known: &[IpAddr]| !known.is_empty() && !addresses.iter().any(|address| known.contains(address));
    let moved = endpoint.last_good.as_ref().is_some_and(|good| foreign(&good.addresses)) && foreign(&told);
    if !nowhere && !moved {
        return None;
    }
    let good = endpoint
        .last_good
        .iter()
        .map(|good| format!("last good check: {}", few(good.addresses.iter().map(ToString::to_string), 4)));
    let draft = Draft::new(Code::Dn08, StepId::B1)
        .arg("host", &endpoint.host)
        .arg("address", first.to_string())
        .seen(format!("this system: {}", few(addresses.iter().map(ToString::to_string), 4)))
        .seen_all(names.servers.iter().map(answers))
        .seen_all(good);
    Some(draft)
}

/// Whether something of the kind asked for answered, so that its address cannot be wrong.
fn works(endpoint: &EndpointFacts) -> bool {
    let switched =
        endpoint.upgrade.as_ref().is_some_and(|upgrade| upgrade.end == crate::facts::UpgradeEnd::Switched);
    switched || (endpoint.upgrade.is_none() && super::scene::page(endpoint).is_some())
}

fn found_in(server: &ServerAnswer) -> impl Iterator<Item = IpAddr> {
    let of = |answer: &AnswerEnd| {
        if let AnswerEnd::Found(addresses) = answer { addresses.clone() } else { Vec::new() }
    };
    of(&server.a).into_iter().chain(of(&server.aaaa))
}

fn raw(endpoint: &EndpointFacts, end: &LookupEnd) -> String {
    let said = match end {
        LookupEnd::Found(_) => "found",
        LookupEnd::NotFound(raw)
        | LookupEnd::Temporary(raw)
        | LookupEnd::OutOfResources(raw)
        | LookupEnd::Failed(raw) => raw,
        LookupEnd::TimedOut => "no end within the limit",
    };
    format!("lookup of {}: {said}", endpoint.host)
}

/// One server's answers, for experts.
fn answers(server: &ServerAnswer) -> String {
    let say = |answer: &AnswerEnd| match answer {
        AnswerEnd::Found(addresses) => few(addresses.iter().map(ToString::to_string), 4),
        AnswerEnd::NoData => "no data".into(),
        AnswerEnd::NxDomain => "NXDOMAIN".into(),
        AnswerEnd::ServFail => "SERVFAIL".into(),
        AnswerEnd::Refused => "REFUSED".into(),
        AnswerEnd::Other(code) => format!("response code {code}"),
        AnswerEnd::TimedOut => "no answer".into(),
        AnswerEnd::Unreachable(raw) => format!("not reached: {raw}"),
    };
    format!("{}: A {}, AAAA {}, {}", server.server, say(&server.a), say(&server.aaaa), time(server.ms))
}
