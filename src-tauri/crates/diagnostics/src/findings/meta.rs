//! The check beside reality: WS-09, OK-01, ME-01 to ME-04. What the live connection does corrects what the check's own
//! connections met, and a check that did not see enough says so.

use jiff::Timestamp;
use model::{
    EndpointState, Reason, Transport,
    check::{FindingCode as Code, FindingOwner, Severity, StepId},
};

use super::{
    backups,
    configuration::name,
    draft::{Draft, few, target},
    quality::Figures,
    scene::{leaf, now, worked},
};
use crate::{
    facts::{EndpointFacts, Facts, LiveFacts, PortalEnd, UpgradeEnd},
    words::quantity::{time, time_of},
};

/// A try that began this recently is simply under way.
const UNDER_WAY_MS: u64 = 10_000;
/// Down for longer after a person asked for a connection: the application's own fault.
const STUCK_MS: u64 = 60_000;

/// Corrects and completes what the finders found.
pub(super) fn reconcile(facts: &Facts, drafts: &mut Vec<Draft>) {
    let network = drafts.iter().any(|draft| draft.subject.is_none() && failed(draft));
    for (index, endpoint) in facts.endpoints.iter().enumerate() {
        let own = |draft: &Draft| draft.subject == Some(index) && failed(draft);
        let passes = !network && worked(endpoint, facts.cut_short) && !drafts.iter().any(own);
        let fails = drafts.iter().any(own);
        let live = endpoint.live.as_ref();
        if fails && live.is_none_or(|live| live.state != EndpointState::Connected) {
            drafts.extend(backups::can_help(index, endpoint));
        }
        let Some(live) = live else { continue };
        match (live.state, passes) {
            (EndpointState::Connected, true) => drafts.extend(still_on_fallback(index, endpoint, live)),
            (EndpointState::Connected, false) if fails => alive(index, endpoint, live, drafts),
            (EndpointState::Connected, false) | (_, false) => {}
            (_, true) => drafts.extend(waits(facts, index, endpoint, live)),
        }
    }
    drafts.extend(summary(facts, drafts));
}

fn failed(draft: &Draft) -> bool {
    draft.finding.severity == Severity::Fail
}

/// The live connection works while the check's own does not.
fn alive(index: usize, endpoint: &EndpointFacts, live: &LiveFacts, drafts: &mut Vec<Draft>) {
    let own = |draft: &&mut Draft| draft.subject == Some(index) && failed(draft);
    // What fails is the endpoint's own host; a backup keeps things going.
    if let Some(backup) = backups::in_use(index, endpoint, live) {
        drafts.iter_mut().filter(own).for_each(|draft| draft.finding.severity = Severity::Warn);
        return drafts.push(backup.seen(state(live)));
    }
    let fallback = live.transport.filter(|transport| *transport != Transport::Websocket);
    let refused = drafts.iter_mut().filter(own).all(|draft| refused_another(draft));
    for draft in drafts.iter_mut().filter(own) {
        // It works, though a new connection would not: not as it should, unless the server only refuses a second one.
        if refused && fallback.is_none() {
            draft.finding.severity = Severity::Info;
            draft.finding.suppressed_by = Some(Code::Me02);
        } else {
            draft.finding.severity = Severity::Warn;
        }
    }
    let draft =
        |code| Draft::new(code, StepId::A8).at(index, endpoint).arg("name", name(endpoint)).seen(state(live));
    drafts.push(match fallback {
        Some(transport) => draft(Code::Ws09)
            .warn()
            .arg("transport", word(transport))
            .arg("target", target(&endpoint.host, endpoint.port)),
        None => draft(Code::Me02).info(),
    });
}

/// Whether the server may only have refused one connection more.
fn refused_another(draft: &Draft) -> bool {
    let is = |name: &str, values: &[&str]| {
        draft.finding.args.get(name).is_some_and(|value| values.contains(&value.as_str()))
    };
    let code = draft.finding.code;
    matches!(code, Code::Ws11 | Code::Ht05)
        || (code == Code::Ws07 && is("meaning", &["another", "policy", "busy", "done"]))
        || (code == Code::Ws01 && is("status", &["409"]))
}

/// WebSocket works again, and the live connection has not yet gone back to it.
fn still_on_fallback(index: usize, endpoint: &EndpointFacts, live: &LiveFacts) -> Option<Draft> {
    live.transport.filter(|transport| *transport != Transport::Websocket)?;
    let switched = endpoint.upgrade.as_ref().is_some_and(|upgrade| upgrade.end == UpgradeEnd::Switched);
    let draft = Draft::new(Code::Me01, StepId::A8).warn().at(index, endpoint).owner(FindingOwner::None);
    switched.then(|| {
        draft.arg("name", name(endpoint)).arg("waits", "fallback").arg("wait", "none").seen(state(live))
    })
}

/// ME-01 or ME-04: everything passes, and the live connection is down.
fn waits(facts: &Facts, index: usize, endpoint: &EndpointFacts, live: &LiveFacts) -> Option<Draft> {
    let since = now(facts).map_or(u64::MAX, |now| age(live.since, now));
    let fresh = live.state == EndpointState::Connecting || live.retry_in_ms.is_none();
    let trying = matches!(live.state, EndpointState::Connecting | EndpointState::Reconnecting);
    if live.reason == Some(Reason::Paused) || (trying && fresh && since < UNDER_WAY_MS) {
        return None;
    }
    let draft =
        |code| Draft::new(code, StepId::A8).at(index, endpoint).arg("name", name(endpoint)).seen(state(live));
    if trying && live.asked_ms_ago.is_some_and(|asked| asked >= STUCK_MS) && since >= STUCK_MS {
        let asked = live
            .asked_ms_ago
            .map_or_else(String::new, |asked| format!("asked to connect {} ago", time_of(asked)));
        return Some(draft(Code::Me04).seen(asked));
    }
    let waits = match (trying, live.retry_in_ms) {
        (true, Some(_)) => "retry",
        (true, None) => "now",
        (false, _) => "stopped",
    };
    Some(
        draft(Code::Me01)
            .warn()
            .arg("waits", waits)
            .arg("wait", live.retry_in_ms.map_or_else(|| "none".into(), time_of)),
    )
}

fn age(since: Timestamp, now: Timestamp) -> u64 {
    u64::try_from(now.duration_since(since).as_millis()).unwrap_or(0)
}

/// OK-01 or ME-03, where one of them is true.
fn summary(facts: &Facts, drafts: &[Draft]) -> Option<Draft> {
    if !facts.broken.is_empty() {
        return Some(unfinished("broken", &facts.broken).owner(FindingOwner::Vendor));
    }
    if facts.cut_short {
        return Some(unfinished("cancelled", &facts.unfinished));
    }
    if drafts.iter().any(failed) {
        return None;
    }
    let explained = |index| {
        drafts.iter().any(|draft| draft.subject == Some(index) && draft.finding.severity != Severity::Info)
    };
    let lives =
        |index| drafts.iter().any(|draft| draft.subject == Some(index) && draft.finding.code == Code::Me02);
    let mut endpoints = facts.endpoints.iter().enumerate();
    if facts.endpoints.is_empty()
        || endpoints.any(|(at, one)| !worked(one, false) && !explained(at) && !lives(at))
    {
        return Some(unfinished("unknown", &facts.unfinished));
    }
    let good = drafts
        .iter()
        .all(|draft| draft.finding.severity == Severity::Info && draft.finding.code != Code::Me02);
    good.then(|| everything_works(facts))
}

fn unfinished(cause: &str, steps: &[StepId]) -> Draft {
    let mut steps = steps.to_vec();
    steps.sort_unstable();
    steps.dedup();
    let named = few(steps.iter().map(ToString::to_string), 3);
    let mut draft = Draft::new(Code::Me03, StepId::J)
        .warn()
        .arg("cause", cause)
        .arg("steps", if named.is_empty() { "none".into() } else { named })
        .seen(format!("{cause}; steps: {}", few(steps.iter().map(ToString::to_string), 40)));
    draft.finding.step = steps.first().copied();
    draft
}

fn everything_works(facts: &Facts) -> Draft {
    let slowest = facts.endpoints.iter().filter_map(answer_ms).max_by(f64::total_cmp);
    let upgraded = |endpoint: &EndpointFacts| endpoint.upgrade.is_some();
    let first = facts.endpoints.first();
    let mut draft = Draft::new(Code::Ok01, StepId::J)
        .info()
        .arg("count", facts.endpoints.len().to_string())
        .arg("name", first.map_or("Linekeeper", |endpoint| name(endpoint)))
        .arg("time", slowest.map_or_else(|| "none".into(), time))
        .arg("over", if facts.endpoints.iter().all(upgraded) { "websocket" } else { "web" });
    for endpoint in &facts.endpoints {
        let within = answer_ms(endpoint).map(|ms| format!(" in {}", time(ms))).unwrap_or_default();
        draft = draft.seen(format!("{} answers{within}", name(endpoint)));
        // Neutral on purpose: an organisation's own authority is nothing unusual.
        if let Some(leaf) = leaf(endpoint)
            && endpoint.tls.as_ref().is_some_and(|tls| tls.publicly_trusted == Some(false))
        {
            draft = draft.seen(format!(
                "{}: signed by your organisation's authority '{}'",
                endpoint.host, leaf.issuer
            ));
        }
    }
    let echo = matches!(&facts.computer.portal, Some(portal) if portal.end == PortalEnd::Clear { echo_missing: true });
    draft.finding.step = None;
    if echo {
        draft.seen("the control page answered 204 without the challenge: a cache may have taken it out")
    } else {
        draft
    }
}

/// The best known answering time: pings, else the live session's, else the web request's.
fn answer_ms(endpoint: &EndpointFacts) -> Option<f64> {
    let pings = endpoint.quality.as_ref().and_then(|quality| Figures::of(&quality.samples));
    let live = || endpoint.live.as_ref().and_then(|live| Figures::of(&live.rtt_ms));
    let request = || endpoint.http.as_ref().and_then(|http| http.first_byte_ms);
    let upgrade = || endpoint.upgrade.as_ref().and_then(|upgrade| upgrade.ms);
    pings
        .or_else(live)
        .map(|figures| figures.median)
        .or_else(upgrade)
        .or_else(request)
        .filter(|ms| ms.is_finite())
}

fn word(transport: Transport) -> &'static str {
    match transport {
        Transport::Websocket => "websocket",
        Transport::Sse => "sse",
        Transport::LongPoll => "long-poll",
        Transport::Poll => "poll",
    }
}

/// The live connection, for experts.
fn state(live: &LiveFacts) -> String {
    let over = live.transport.map(|transport| format!(" over {}", word(transport))).unwrap_or_default();
    let why = live.reason.map(|reason| format!(", {reason:?}").to_lowercase()).unwrap_or_default();
    let next = live.retry_in_ms.map(|ms| format!(", next try in {}", time_of(ms))).unwrap_or_default();
    let error = live.last_error.as_ref().map(|error| format!(", last error: {error}")).unwrap_or_default();
    format!("live connection: {:?}{over}{why} since {}{next}{error}", live.state, live.since)
}
