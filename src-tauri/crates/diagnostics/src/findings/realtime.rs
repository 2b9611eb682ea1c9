//! Findings about WebSocket: WS-01 to WS-08, WS-10, WS-11. The request is known to have carried the upgrade, so an answer
//! that misses it tells about the way, not about us.

use model::check::{Confidence, FindingCode as Code, FindingOwner, StepId};

use super::{
    close_codes::meaning_of,
    configuration::name,
    draft::{Draft, few, target},
    http::{answer, between, redirected, removed},
    scene::{page, secure},
    tls::spoken,
};
use crate::{
    facts::{
        CloseFacts, EndpointFacts, Facts, IdleFacts, RuleBroken, SessionFacts, UpgradeEnd, UpgradePathFacts,
    },
    words::quantity::time_of,
};

/// A close this soon after the 101 is an answer to the connection itself.
const AT_ONCE_MS: u64 = 2_000;
/// No heartbeat is advised below this.
const SHORTEST_HEARTBEAT_MS: u64 = 1_000;

/// Everything about the upgrade and what came after it.
pub(super) fn find(facts: &Facts, endpoint: &EndpointFacts) -> Vec<Draft> {
    let mut found = Vec::new();
    if let Some(upgrade) = &endpoint.upgrade {
        found.extend(not_open(facts, endpoint, upgrade));
        if upgrade.end == UpgradeEnd::Switched
            && let Some(session) = &endpoint.session
        {
            found.extend(closed(endpoint, session).or_else(|| mute(endpoint, session)));
        }
    }
    found.extend(endpoint.idle.and_then(|idle| cut_when_silent(endpoint, idle)));
    found
}

/// Anything but a proper 101.
fn not_open(facts: &Facts, endpoint: &EndpointFacts, upgrade: &UpgradePathFacts) -> Option<Draft> {
    match &upgrade.end {
        UpgradeEnd::Switched | UpgradeEnd::LiveOnly => None,
        UpgradeEnd::Status(page) => answer(facts, endpoint, page, StepId::G1),
        UpgradeEnd::Redirected { to, why, detour, page } => {
            Some(redirected(endpoint, to.as_deref(), why, *detour, page))
        }
        UpgradeEnd::Broken(rule, what) => Some(broken(endpoint, upgrade, *rule, what)),
        UpgradeEnd::Cut { received, reset } => {
            let how = if *reset { "a reset" } else { "the end of the stream" };
            swallowed(endpoint, "cut").map(|draft| draft.seen(format!("{how} after {received} bytes")))
        }
        UpgradeEnd::TimedOut { received } => swallowed(endpoint, "silent")
            .map(|draft| draft.seen(format!("no whole answer in time; {received} bytes came"))),
    }
}

/// WS-06: ordinary requests are answered. Without that the line itself may be dead: see TC-08 and TC-09.
fn swallowed(endpoint: &EndpointFacts, how: &str) -> Option<Draft> {
    let page = page(endpoint).filter(|_| secure(endpoint))?;
    Some(
        between(endpoint, draft(Code::Ws06, endpoint))
            .arg("how", how)
            .seen(format!("the ordinary request was answered with {}", page.status)),
    )
}

fn draft(code: Code, endpoint: &EndpointFacts) -> Draft {
    let at = target(&endpoint.host, endpoint.port);
    Draft::new(code, StepId::G1).arg("host", &endpoint.host).arg("target", at)
}

/// WS-02, WS-04, WS-05, TL-09: a rule of the handshake is broken.
fn broken(endpoint: &EndpointFacts, upgrade: &UpgradePathFacts, rule: RuleBroken, what: &str) -> Draft {
    let seen = format!("rule broken: {rule:?}, {what}");
    let draft = |code| draft(code, endpoint).seen(&seen);
    match rule {
        RuleBroken::TlsSpoken => spoken(endpoint, what),
        RuleBroken::UpgradeHeaders => removed(endpoint, draft(Code::Ws02)),
        RuleBroken::Accept => between(endpoint, draft(Code::Ws04)).arg("rule", "accept"),
        RuleBroken::SubprotocolOther | RuleBroken::SubprotocolMissing => {
            let got = upgrade.chosen.as_deref().or(Some(what)).filter(|got| !got.is_empty());
            let missing = rule == RuleBroken::SubprotocolMissing;
            draft(Code::Ws05).arg("got", if missing { "none" } else { got.unwrap_or("none") }).arg(
                "want",
                if upgrade.offered.is_empty() {
                    "none".into()
                } else {
                    few(upgrade.offered.iter().cloned(), 2)
                },
            )
        }
        // Not a sign of a cache: whoever wrote the server's side broke the rule.
        RuleBroken::NotHttp | RuleBroken::Extension | RuleBroken::Other => {
            draft(Code::Ws04).owner(FindingOwner::Server).arg("where", "server").arg("rule", "other")
        }
    }
}

/// WS-07 and WS-11.
fn closed(endpoint: &EndpointFacts, session: &SessionFacts) -> Option<Draft> {
    let CloseFacts { code, reason, after_ms } = session.closed.as_ref()?;
    let at_once = *after_ms <= AT_ONCE_MS;
    let seen = format!(
        "closed after {}: code {}, \"{reason}\"",
        time_of(*after_ms),
        code.map_or("none".into(), |c| c.to_string())
    );
    let Some(code) = code else {
        // No word from the server: whatever cut the line stands anywhere.
        let cut = between(endpoint, draft(Code::Ws08, endpoint)).sure(Confidence::Possible).seen(seen);
        let worked = session.pongs + session.frames > 0;
        return match (worked, at_once) {
            // Cut in silence: see WS-10.
            _ if endpoint.idle.is_some_and(|idle| !idle.survived) => None,
            (true, _) => Some(cut.arg("when", "cut").arg("time", time_of(*after_ms))),
            (false, true) => Some(cut.arg("when", "never").arg("time", "none")),
            (false, false) => None,
        };
    };
    let meaning = meaning_of(*code, reason);
    if meaning.word == "another" {
        return Some(draft(Code::Ws11, endpoint).arg("name", name(endpoint)).seen(seen));
    }
    let draft = draft(Code::Ws07, endpoint)
        .owner(meaning.owner)
        .arg("code", code.to_string())
        .arg("meaning", meaning.word)
        .arg("reason", if reason.is_empty() { "none" } else { reason })
        .seen(seen);
    if at_once {
        return Some(draft);
    }
    // A server may end a session in good order whenever it likes.
    let ordinary = matches!(meaning.word, "done" | "restart");
    (!ordinary).then(|| draft.warn().sure(Confidence::Likely))
}

/// WS-08.
fn mute(endpoint: &EndpointFacts, session: &SessionFacts) -> Option<Draft> {
    let mut draft = between(endpoint, draft(Code::Ws08, endpoint));
    if let Some(after) = session.mute_after_ms {
        draft.finding.step = Some(StepId::H1);
        let seen = format!("{} pings, {} answers; the last ping arrived", session.pings, session.pongs);
        let draft = draft.sure(Confidence::Possible).arg("when", "mute").arg("time", time_of(after));
        return Some(draft.seen(seen));
    }
    let nothing = session.pings > 0 && session.pongs == 0 && session.frames == 0;
    draft.finding.step = Some(StepId::G2);
    nothing.then(|| {
        draft
            .arg("when", "never")
            .arg("time", "none")
            .seen(format!("{} pings, no answer, no message", session.pings))
    })
}

/// WS-10.
fn cut_when_silent(endpoint: &EndpointFacts, idle: IdleFacts) -> Option<Draft> {
    if idle.survived {
        return None;
    }
    let after = idle.cut_after_ms.unwrap_or(idle.silent_ms);
    let mut draft = draft(Code::Ws10, endpoint)
        .arg("idle", time_of(after))
        .arg("heartbeat", time_of((after / 2).max(SHORTEST_HEARTBEAT_MS)))
        .seen(format!(
            "no answer after {} of silence; heartbeat now {}",
            time_of(after),
            time_of(endpoint.heartbeat_ms)
        ));
    draft.finding.step = Some(StepId::I1);
    // Whoever says goodbye is there: nobody on the way cut anything.
    if endpoint.session.as_ref().and_then(|session| session.closed.as_ref()?.code).is_some() {
        draft = draft.owner(FindingOwner::Server);
    }
    if idle.reconnected == Some(false) {
        return Some(draft);
    }
    // A heartbeat that comes in time keeps it open.
    let kept_open = endpoint.heartbeat_ms > 0 && endpoint.heartbeat_ms < after;
    Some(if kept_open { draft.info() } else { draft.warn() })
}
