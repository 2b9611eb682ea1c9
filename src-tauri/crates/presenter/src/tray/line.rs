//! One connection in one line: name, and state in words.

use std::time::Duration;

use jiff::Timestamp;
use model::{EndpointSnapshot, EndpointState, ErrorCode, Reason};

use crate::words::{Words, args};

/// `Orders: WebSocket, 38 ms` or `Billing: down 4 min, next try in 12 s`.
pub(super) fn line(endpoint: &EndpointSnapshot, now: Timestamp, words: &Words) -> String {
    let state = state(endpoint, now, words);
    words.tell("tray-line", args! { "name" => words.name(&endpoint.name), "state" => state })
}

/// Whether somebody might wonder about it: not up, and not because a person wanted so.
pub(super) fn is_down(endpoint: &EndpointSnapshot) -> bool {
    match endpoint.state {
        EndpointState::Connected | EndpointState::Connecting => false,
        EndpointState::Reconnecting | EndpointState::Disconnected | EndpointState::Failed => {
            !is_paused(endpoint)
        }
    }
}

/// Whether a person or a program paused it.
pub(super) fn is_paused(endpoint: &EndpointSnapshot) -> bool {
    endpoint.reason == Some(Reason::Paused)
}

/// Whether its line changes as time goes by.
pub(crate) fn has_running_times(endpoint: &EndpointSnapshot) -> bool {
    is_down(endpoint) && (endpoint.state == EndpointState::Reconnecting || endpoint.next_attempt_at.is_some())
}

/// What went wrong, while it is wrong.
pub(super) fn cause(endpoint: &EndpointSnapshot) -> Option<ErrorCode> {
    endpoint.last_error.as_ref().filter(|_| is_down(endpoint)).map(|error| error.code)
}

/// Time from one moment to a later one; none at all when the clock went back in between.
pub(crate) fn between(from: Timestamp, to: Timestamp) -> Duration {
    Duration::try_from(to.duration_since(from)).unwrap_or_default()
}

fn state(endpoint: &EndpointSnapshot, now: Timestamp, words: &Words) -> String {
    match (endpoint.state, endpoint.reason) {
        (EndpointState::Connected, _) => connected(endpoint, words),
        (EndpointState::Connecting, _) => words.say("tray-connecting"),
        (EndpointState::Reconnecting, None) => {
            let down = words.short_span(between(endpoint.since, now));
            with_next(words.tell("line-down", args! { "duration" => down }), endpoint, now, words)
        }
        (EndpointState::Reconnecting, Some(reason))
        | (EndpointState::Disconnected | EndpointState::Failed, Some(reason)) => {
            with_next(words.reason(reason), endpoint, now, words)
        }
        (EndpointState::Disconnected, None) => {
            with_next(words.say("tray-disconnected"), endpoint, now, words)
        }
        (EndpointState::Failed, None) => with_next(words.say("tray-failed"), endpoint, now, words),
    }
}

fn connected(endpoint: &EndpointSnapshot, words: &Words) -> String {
    let name = words.transport(endpoint.transport);
    let transport = if endpoint.is_on_backup() {
        words.say("pill-backup")
    } else if endpoint.degraded {
        words.tell("pill-fallback", args! { "transport" => name })
    } else {
        name
    };
    // The median: the newest sample would make the line jump with every ping.
    let time = endpoint.rtt_ms.p50.or(endpoint.rtt_ms.last).map(|ms| words.response_time(ms));
    words.list([Some(transport), time].into_iter().flatten())
}

fn with_next(state: String, endpoint: &EndpointSnapshot, now: Timestamp, words: &Words) -> String {
    let next = match endpoint.next_attempt_at {
        Some(at) if at > now => {
            let left = words.countdown(between(now, at));
            Some(words.tell("next-try", args! { "duration" => left }))
        }
        Some(_) => Some(words.say("next-try-now")),
        None if endpoint.state == EndpointState::Reconnecting => Some(words.say("next-try-now")),
        None => None,
    };
    words.list([Some(state), next].into_iter().flatten())
}
