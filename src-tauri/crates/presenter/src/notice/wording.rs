//! Puts notices into words. Decides what they say, not whether they appear.

use std::time::Duration;

use model::{EndpointSnapshot, Reason, StatusSnapshot, check::Finding};

use super::{Notice, NoticeButton, Urgency, condition::needs_somebody};
use crate::words::{Words, args};

/// One notice is alive at a time, so one key is enough.
const KEY: &str = "connections";
/// Names listed before the rest becomes a count.
const NAMES: usize = 4;

/// An endpoint that is up again.
#[derive(Clone, Copy, Debug)]
pub(super) struct Recovery<'a> {
    pub(super) endpoint: &'a EndpointSnapshot,
    /// How long it was down.
    pub(super) outage: Duration,
}

/// Something is down. `endpoints` are all whose outage is known to the person by now, never empty; `restless` are
/// those that dropped too often, with how often; `found` is what a check found about all that are down.
pub(super) fn down(
    endpoints: &[&EndpointSnapshot],
    restless: &[(&EndpointSnapshot, usize)],
    found: Option<&Finding>,
    snapshot: &StatusSnapshot,
    words: &Words,
) -> Notice {
    let (title, mut body) = match endpoints {
        [one] => one_down(one, found, words),
        several => several_down(several, found, snapshot, words),
    };
    if !restless.is_empty() {
        let restless: Vec<_> = restless.iter().map(|(endpoint, _)| *endpoint).collect();
        body = lines([body, words.tell("notice-unstable-too", args! { "names" => names(&restless, words) })]);
    }
    let somebody = endpoints.iter().any(|endpoint| endpoint.reason.is_some_and(needs_somebody));
    let button = if somebody { NoticeButton::open(words) } else { NoticeButton::check(words) };
    Notice { key: KEY.to_owned(), urgency: Urgency::Normal, title, body, button: Some(button) }
}

/// Something drops again and again; `still_down` is what the person knows to be down besides.
pub(super) fn unstable(
    restless: &[(&EndpointSnapshot, usize)],
    still_down: &[&EndpointSnapshot],
    within: Duration,
    words: &Words,
) -> Notice {
    let span = words.span(within);
    let (title, body) = match restless {
        [(one, drops)] => (
            words.tell("notice-unstable", args! { "name" => words.name(&one.name) }),
            words.tell("notice-unstable-drops", args! { "count" => *drops, "span" => span }),
        ),
        several => {
            let endpoints: Vec<_> = several.iter().map(|(endpoint, _)| *endpoint).collect();
            let title = words.tell("notice-unstable-group", args! { "count" => several.len() });
            (title, names(&endpoints, words))
        }
    };
    let down = (!still_down.is_empty())
        .then(|| words.tell("notice-still-down", args! { "names" => names(still_down, words) }));
    let body = lines([body, down.unwrap_or_default()]);
    Notice { key: KEY.to_owned(), urgency: Urgency::Normal, title, body, button: None }
}

/// Something is up again; `still_down` is what the person knows to be down besides.
pub(super) fn back(recoveries: &[Recovery<'_>], still_down: &[&EndpointSnapshot], words: &Words) -> Notice {
    let longest = recoveries.iter().map(|recovery| recovery.outage).max().unwrap_or_default();
    let duration = words.span(longest);
    let mut body = Vec::new();
    let title = match recoveries {
        [Recovery { endpoint, .. }] => {
            body.extend(detour(endpoint, words));
            words.tell("notice-back", args! { "name" => words.name(&endpoint.name), "duration" => duration })
        }
        several => {
            let endpoints: Vec<_> = several.iter().map(|recovery| recovery.endpoint).collect();
            body.push(names(&endpoints, words));
            words.tell("notice-back-group", args! { "count" => several.len(), "duration" => duration })
        }
    };
    if !still_down.is_empty() {
        body.push(words.tell("notice-still-down", args! { "names" => names(still_down, words) }));
    }
    Notice { key: KEY.to_owned(), urgency: Urgency::Low, title, body: body.join("\n"), button: None }
}

/// The lesser way that an endpoint is up by.
fn detour(endpoint: &EndpointSnapshot, words: &Words) -> Option<String> {
    if endpoint.is_on_backup() {
        let host = endpoint.host.split_once("://").map_or(endpoint.host.as_str(), |(_, host)| host);
        return Some(words.tell("notice-on-backup", args! { "host" => words.name(host) }));
    }
    let transport = || words.transport(endpoint.transport);
    endpoint.degraded.then(|| words.tell("notice-on-fallback", args! { "transport" => transport() }))
}

fn one_down(endpoint: &EndpointSnapshot, found: Option<&Finding>, words: &Words) -> (String, String) {
    let remedy = remedy(endpoint, words);
    let why = endpoint.reason.and_then(|reason| words.why(reason));
    let blocked = endpoint.reason.is_some_and(needs_somebody);
    let key = if blocked { "notice-blocked" } else { "notice-down" };
    let title = words.tell(key, args! { "name" => words.name(&endpoint.name) });
    if let Some(found) = found {
        return (title, sentences([Some(words.found(found)), waiting(&[endpoint], words)]));
    }
    // A remedy says what to do about the error before it. Without one the reason has to say both, where somebody has
    // to act; otherwise the newest error says more than the reason.
    let says_it_all = blocked && remedy.is_none();
    let why = remedy.or(why);
    let error = endpoint.last_error.as_ref().map(|error| error.code).filter(|_| !says_it_all);
    let error = error.map(|code| words.error(code)).filter(|text| why.as_ref() != Some(text));
    let keeps_trying = why.is_none().then(|| words.say("notice-keeps-trying"));
    (title, sentences([error, why, keeps_trying, waiting(&[endpoint], words)]))
}

fn several_down(
    endpoints: &[&EndpointSnapshot],
    found: Option<&Finding>,
    snapshot: &StatusSnapshot,
    words: &Words,
) -> (String, String) {
    let wanted = snapshot.endpoints.iter().filter(|endpoint| endpoint.reason != Some(Reason::Paused)).count();
    let title = words.tell("notice-down-group", args! { "down" => endpoints.len(), "total" => wanted });
    let code = common(endpoints, |endpoint| endpoint.last_error.as_ref().map(|error| error.code));
    let error = code.map(|code| words.error(code));
    let why = common(endpoints, |endpoint| endpoint.reason).and_then(|reason| words.why(reason));
    let error = error.filter(|text| why.as_ref() != Some(text));
    let cause = match found {
        Some(found) => sentences([Some(words.found(found)), waiting(endpoints, words)]),
        None => sentences([error, why, waiting(endpoints, words)]),
    };
    (title, lines([names(endpoints, words), cause]))
}

/// What all of them have in common.
fn common<T: PartialEq>(
    endpoints: &[&EndpointSnapshot],
    of: impl Fn(&EndpointSnapshot) -> Option<T>,
) -> Option<T> {
    let mut values = endpoints.iter().map(|endpoint| of(endpoint));
    let first = values.next()??;
    values.all(|other| other.as_ref() == Some(&first)).then_some(first)
}

/// What to do, where it is more than waiting. That tries have become rare is news of its own, and a pause or a missing
/// network needs no advice.
fn remedy(endpoint: &EndpointSnapshot, words: &Words) -> Option<String> {
    match endpoint.reason? {
        Reason::Paused | Reason::Offline | Reason::MaxAttempts => None,
        Reason::AuthRequired
        | Reason::Misconfigured
        | Reason::CaptivePortal
        | Reason::ServerStop
        | Reason::Flapping => endpoint.remedy.as_ref().map(|remedy| words.remedy(remedy.code)),
    }
}

fn waiting(endpoints: &[&EndpointSnapshot], words: &Words) -> Option<String> {
    let count = endpoints.iter().fold(0_u64, |sum, endpoint| sum.saturating_add(endpoint.outbox.queued));
    (count > 0).then(|| words.tell("notice-waiting", args! { "count" => count }))
}

fn names(endpoints: &[&EndpointSnapshot], words: &Words) -> String {
    let shown = if endpoints.len() <= NAMES { NAMES } else { NAMES - 1 };
    let rest = endpoints.len().saturating_sub(shown);
    let rest = (rest > 0).then(|| words.tell("names-more", args! { "count" => rest }));
    words.list(endpoints.iter().take(shown).map(|endpoint| words.name(&endpoint.name)).chain(rest))
}

fn sentences<const N: usize>(parts: [Option<String>; N]) -> String {
    parts.into_iter().flatten().collect::<Vec<_>>().join(" ")
}

fn lines(parts: [String; 2]) -> String {
    parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("\n")
}
