//! What a server's `Date` says about this computer's clock. Pure.

use std::time::Duration;

use http::{HeaderMap, header};
use jiff::{SignedDuration, Timestamp, fmt::rfc2822};
use url::Url;

use crate::facts::ClockSource;

/// `Date` has whole seconds: on average the server's clock is half a second further.
const HALF_A_SECOND: SignedDuration = SignedDuration::from_millis(500);

/// When an answer came, by this computer's clock.
#[derive(Clone, Copy, Debug)]
pub(super) struct Arrived {
    /// When its first byte came.
    pub(super) at: Timestamp,
    /// Time from the request to that.
    pub(super) after: Duration,
}

/// A server as it may be shown: its host, and its port where that is not its scheme's.
pub(super) fn who(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}

/// What the headers of an answer say; `None` without a `Date` that can be read.
pub(super) fn source(
    host: &str,
    headers: &HeaderMap,
    arrived: Arrived,
    verified: bool,
) -> Option<ClockSource> {
    let date = headers.get(header::DATE)?.to_str().ok()?;
    let cached = headers.contains_key(header::AGE) || headers.contains_key(header::VIA);
    source_of(host, date, cached, arrived, verified)
}

/// The same for a `Date` alone.
pub(super) fn source_of(
    host: &str,
    date: &str,
    cached: bool,
    arrived: Arrived,
    verified: bool,
) -> Option<ClockSource> {
    let theirs = rfc2822::parse(date.trim()).ok()?.timestamp().checked_add(HALF_A_SECOND).ok()?;
    // The server wrote its date about half a round trip before the answer came.
    let half = SignedDuration::try_from(arrived.after / 2).ok()?;
    let ours = arrived.at.checked_sub(half).ok()?;
    let skew_ms = i64::try_from(ours.duration_since(theirs).as_millis()).ok()?;
    Some(ClockSource { host: host.to_owned(), skew_ms, cached, verified })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn arrived(at: &str, after_ms: u64) -> Arrived {
        Arrived { at: at.parse().unwrap(), after: Duration::from_millis(after_ms) }
    }

    #[test]
    fn half_of_the_round_trip_and_the_cut_second_are_taken_off() {
        let say = |date, at, after| source_of("h", date, false, arrived(at, after), true).unwrap().skew_ms;
        let date = "Fri, 20 Nov 2026 12:00:00 GMT";
        assert_eq!(say(date, "2026-11-20T12:00:00.6Z", 200), 0);
        assert_eq!(say(date, "2026-11-20T14:00:00.5Z", 0), 7_200_000);
        assert_eq!(say(date, "2026-11-20T11:59:00.5Z", 0), -60_000);
    }

    #[test]
    fn dates_that_passed_a_cache_say_so_and_no_date_says_nothing() {
        let at = arrived("2026-11-20T12:00:00Z", 0);
        let mut headers = HeaderMap::new();
        assert_eq!(source("h", &headers, at, true), None);
        headers.insert(header::DATE, "yesterday".parse().unwrap());
        assert_eq!(source("h", &headers, at, true), None);
        headers.insert(header::DATE, "Fri, 20 Nov 2026 12:00:00 GMT".parse().unwrap());
        assert!(!source("h", &headers, at, true).unwrap().cached);
        headers.insert(header::VIA, "1.1 proxy".parse().unwrap());
        assert!(source("h", &headers, at, true).unwrap().cached);
    }

    proptest! {
        #[test]
        fn any_date_is_read_without_a_crash(date in "\\PC{0,60}") {
            let _ = source_of("h", &date, false, arrived("2026-11-20T12:00:00Z", 1), false);
        }
    }
}
