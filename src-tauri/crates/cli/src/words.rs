//! Sentences and quantities for people.

use std::time::Duration;

use jiff::{Timestamp, tz::TimeZone};
use model::{
    EndpointSnapshot, EndpointState, ErrorCode, Overall, Problem, Quality, Reason, RttInfo, StatusSnapshot,
    WaitCause,
};

use crate::plain::plain;

/// All endpoints in one sentence without its full stop.
pub(crate) fn verdict(status: &StatusSnapshot) -> String {
    let all = status.endpoints.len();
    let up = status.endpoints.iter().filter(|endpoint| endpoint.state == EndpointState::Connected).count();
    let fallback = status.endpoints.iter().filter(|endpoint| endpoint.degraded).count();
    match status.overall {
        Overall::Connecting if all == 0 && status.problems.iter().any(is_of_file) => {
            "The configuration cannot be used".to_owned()
        }
        Overall::Connecting if all == 0 => "No endpoint is configured".to_owned(),
        Overall::Connecting => format!("Connecting, {up} of {all} connected"),
        Overall::Connected if all == 1 => "The endpoint is connected".to_owned(),
        Overall::Connected if up < all => {
            format!("{up} of {all} endpoints are connected, the others are paused")
        }
        Overall::Connected => format!("All {all} endpoints are connected"),
        Overall::Degraded => format!("{up} of {all} endpoints are connected, {fallback} by a fallback"),
        Overall::Partial => format!("{up} of {all} endpoints are connected"),
        Overall::Down if all == 1 => "The endpoint is not connected".to_owned(),
        Overall::Down => "No endpoint is connected".to_owned(),
        Overall::Offline => "This computer has no network".to_owned(),
        Overall::Paused => "Paused".to_owned(),
    }
}

fn is_of_file(problem: &Problem) -> bool {
    matches!(problem.code, ErrorCode::ConfigInvalid | ErrorCode::ConfigUnreadable)
}

/// A problem in one line.
pub(crate) fn problem(problem: &Problem) -> String {
    let message = plain(&problem.message);
    let stop = if message.ends_with(['.', '?', ':']) { "" } else { "." };
    format!("{message}{stop} {}", plain(&problem.detail)).trim_end().to_owned()
}

/// An endpoint's state in a word or two.
pub(crate) fn state(state: EndpointState, reason: Option<Reason>) -> &'static str {
    match reason {
        None => state.as_str(),
        Some(Reason::Paused) => "paused",
        Some(Reason::AuthRequired) => "needs sign-in",
        Some(Reason::Misconfigured) => "wrong address",
        Some(Reason::MaxAttempts) => "failed",
        Some(Reason::ServerStop) => "sent away",
        Some(Reason::Flapping) => "unstable",
        Some(Reason::CaptivePortal) => "sign-in page",
        Some(Reason::Offline) => "no network",
    }
}

/// When the next try starts, seen from `now`.
pub(crate) fn next_try(endpoint: &EndpointSnapshot, now: Timestamp) -> String {
    match (endpoint.next_attempt_at, endpoint.state) {
        (Some(at), _) if at > now => format!("in {}", short(between(now, at))),
        (Some(_), _) | (None, EndpointState::Connecting | EndpointState::Reconnecting) => "now".to_owned(),
        (None, EndpointState::Connected | EndpointState::Disconnected | EndpointState::Failed) => {
            String::new()
        }
    }
}

/// Time since `then`; none when the clock was set back.
pub(crate) fn age(then: Timestamp, now: Timestamp) -> String {
    long(between(then, now))
}

/// From one moment to a later one; none when the clock was set back.
pub(crate) fn between(from: Timestamp, to: Timestamp) -> Duration {
    Duration::try_from(to.duration_since(from)).unwrap_or_default()
}

/// A wait: whole seconds, rounded up, so that it never shows zero.
fn short(wait: Duration) -> String {
    long(Duration::from_secs(wait.as_millis().div_ceil(1000).try_into().unwrap_or(u64::MAX)))
}

/// A wait as it was drawn: tenths below a minute.
pub(crate) fn exact(wait: Duration) -> String {
    if wait < Duration::from_secs(60) { format!("{:.1} s", wait.as_secs_f64()) } else { long(wait) }
}

/// What a wait is for, where the error before it does not say so.
pub(crate) fn waiting(endpoint: &EndpointSnapshot) -> Option<String> {
    match (endpoint.waiting?, endpoint.next_attempt_at) {
        (WaitCause::ServerAsked, Some(until)) => {
            let until = until.to_zoned(TimeZone::system()).strftime("%H:%M");
            Some(format!("The server asked us to wait until {until}."))
        }
        (WaitCause::Budget, _) => Some("This server has been tried often enough for the moment.".to_owned()),
        (
            WaitCause::Backoff
            | WaitCause::Local
            | WaitCause::ServerRestarting
            | WaitCause::Overloaded
            | WaitCause::ServerAsked
            | WaitCause::Flapping
            | WaitCause::SlowProbe,
            _,
        ) => None,
    }
}

/// Where a connected endpoint is not as it should be: on a backup host, or slow.
pub(crate) fn shortcoming(endpoint: &EndpointSnapshot, now: Timestamp) -> Option<String> {
    if endpoint.state != EndpointState::Connected {
        return None;
    }
    if endpoint.is_on_backup() {
        let check = match endpoint.primary_check_at {
            Some(at) if at > now => {
                format!("; the main host is checked again in {}", short(between(now, at)))
            }
            Some(_) => "; the main host is being checked".to_owned(),
            None => String::new(),
        };
        return Some(format!("On backup host {}{check}.", plain(&endpoint.host)));
    }
    let RttInfo { p50: Some(p50), p95: Some(p95), .. } = endpoint.rtt_ms else {
        return None;
    };
    (endpoint.quality == Quality::Poor).then(|| {
        format!("A poor line: half of the answers need over {}, 5 of 100 over {}.", rtt(p50), rtt(p95))
    })
}

/// Quality in a word; nothing before it is measured.
pub(crate) fn quality(quality: Quality) -> &'static str {
    match quality {
        Quality::Good => "good",
        Quality::Fair => "fair",
        Quality::Poor => "poor",
        Quality::Unknown => "",
    }
}

/// A span in at most two units.
pub(crate) fn long(span: Duration) -> String {
    let seconds = span.as_secs();
    let (minutes, hours, days) = (seconds / 60, seconds / 3600, seconds / 86_400);
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3600 => format!("{minutes} min"),
        3600..86_400 if minutes % 60 == 0 => format!("{hours} h"),
        3600..86_400 => format!("{hours} h {} min", minutes % 60),
        _ if hours % 24 == 0 => format!("{days} d"),
        _ => format!("{days} d {} h", hours % 24),
    }
}

/// A round-trip time with sensible digits.
pub(crate) fn rtt(ms: f64) -> String {
    match ms {
        ms if ms < 0.05 => "<0.1 ms".to_owned(),
        ms if ms < 10.0 => format!("{ms:.1} ms"),
        ms if ms < 1000.0 => format!("{ms:.0} ms"),
        ms => format!("{:.1} s", ms / 1000.0),
    }
}

/// A count with its thousands apart.
pub(crate) fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut grouped = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// A count and what is counted.
pub(crate) fn count_of(number: u64, what: &str) -> String {
    format!("{} {what}{}", count(number), if number == 1 { "" } else { "s" })
}

/// A size in decimal units, as disks and networks are sold.
pub(crate) fn size(bytes: u64) -> String {
    const UNITS: [&str; 4] = ["kB", "MB", "GB", "TB"];
    if bytes < 1000 {
        return format!("{bytes} B");
    }
    let mut size = bytes as f64 / 1000.0;
    let mut unit = 0;
    // What would be rounded to 1000 belongs to the next one.
    while size >= 999.95 && unit + 1 < UNITS.len() {
        size /= 1000.0;
        unit += 1;
    }
    format!("{size:.1} {}", UNITS[unit])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_have_two_units_at_most() {
        let spans = [
            (0, "0 s"),
            (59, "59 s"),
            (240, "4 min"),
            (3600, "1 h"),
            (11_520, "3 h 12 min"),
            (86_400, "1 d"),
        ];
        for (seconds, words) in spans {
            assert_eq!(long(Duration::from_secs(seconds)), words);
        }
        assert_eq!(long(Duration::from_secs(90_000)), "1 d 1 h");
    }

    #[test]
    fn waits_are_rounded_up_and_a_clock_set_back_shows_zero() {
        assert_eq!(short(Duration::from_millis(1)), "1 s");
        assert_eq!(short(Duration::from_millis(3001)), "4 s");
        let now = Timestamp::UNIX_EPOCH;
        assert_eq!(age(now + jiff::SignedDuration::from_secs(5), now), "0 s");
    }

    #[test]
    fn numbers_have_sensible_digits() {
        assert_eq!([0.04, 0.42, 38.4, 1234.0].map(rtt), ["<0.1 ms", "0.4 ms", "38 ms", "1.2 s"]);
        assert_eq!([7, 1204, 1_000_000].map(count), ["7", "1,204", "1,000,000"]);
    }

    #[test]
    fn sizes_and_counts_have_units() {
        let sizes =
            [(0, "0 B"), (999, "999 B"), (1_000, "1.0 kB"), (999_949, "999.9 kB"), (999_950, "1.0 MB")];
        for (bytes, words) in sizes {
            assert_eq!(size(bytes), words);
        }
        assert_eq!(
            [0, 1, 1_204].map(|number| count_of(number, "line")),
            ["0 lines", "1 line", "1,204 lines"]
        );
    }
}
