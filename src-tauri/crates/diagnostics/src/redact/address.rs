//! IP addresses in running text, also where letters, colons or brackets touch them. Finding them alone.

use std::{
    net::{IpAddr, Ipv6Addr},
    ops::Range,
    sync::LazyLock,
};

use regex::Regex;

/// Digits and dots that may be an IPv4 address, and anything with two colons that may be an IPv6 one, zone included.
static CANDIDATE: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"[0-9A-Fa-f:.]*:[0-9A-Fa-f.]*:[0-9A-Fa-f:.]*(?:%[0-9A-Za-z_-]+)?|[0-9][0-9.]*[0-9]").ok()
});

/// Length of the longest way to write one, with an IPv4 address at its end.
const LONGEST_V6: usize = 45;

/// Every address in `text`, in order, with its place.
pub(super) fn addresses(text: &str) -> Vec<(Range<usize>, IpAddr)> {
    let Some(candidate) = CANDIDATE.as_ref() else { return Vec::new() };
    let mut found = Vec::new();
    for one in candidate.find_iter(text) {
        within(text, one.range(), &mut found);
    }
    found
}

fn within(text: &str, place: Range<usize>, found: &mut Vec<(Range<usize>, IpAddr)>) {
    let (mut from, mut between) = (place.start, place.start);
    while text[from..place.end].bytes().filter(|byte| *byte == b':').count() >= 2 {
        // Anything that begins later than this is looked for in the next round.
        let last = (from + LONGEST_V6).min(place.end);
        match longest_v6(text, from..last, place.end) {
            Some((range, address)) => {
                v4_in(text, between..range.start, found);
                (from, between) = (range.end, range.end);
                found.push((range, address.into()));
            }
            None => from = last,
        }
    }
    v4_in(text, between..place.end, found);
}

/// The longest part that is an IPv6 address and begins within `starts`: `addr:fe80::1`, `xfe80::1` and `fe80::1:` touch
/// characters that are not theirs.
fn longest_v6(text: &str, starts: Range<usize>, end: usize) -> Option<(Range<usize>, Ipv6Addr)> {
    let (bare, end_of_zone) = match text[starts.start..end].find('%') {
        Some(at) => (starts.start + at, end),
        None => (end, end),
    };
    let of = |start: usize| {
        (start + 2..=bare.min(start + LONGEST_V6)).rev().find_map(|end| {
            let address = text[start..end].parse().ok()?;
            Some((start..if end == bare { end_of_zone } else { end }, address))
        })
    };
    // The first of equally long ones.
    starts.rev().filter_map(of).max_by_key(|(range, _)| range.len())
}

/// IPv4 addresses: four numbers. Five or more in a row are a version or an object id.
fn v4_in(text: &str, place: Range<usize>, found: &mut Vec<(Range<usize>, IpAddr)>) {
    let mut at = place.start;
    for run in text[place].split(|one: char| !one.is_ascii_digit() && one != '.') {
        let start = at + (run.len() - run.trim_start_matches('.').len());
        let digits = run.trim_matches('.');
        if let Some(address) = v4(digits) {
            found.push((start..start + digits.len(), address));
        }
        at += run.len() + 1;
    }
}

/// Numbers with leading zeros too: programs write them, and they must not slip through.
fn v4(text: &str) -> Option<IpAddr> {
    let numbers: Vec<u8> = text
        .split('.')
        .map(|number| (number.len() <= 3).then(|| number.parse().ok()).flatten())
        .collect::<Option<_>>()?;
    <[u8; 4]>::try_from(numbers).ok().map(IpAddr::from)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn found(text: &str) -> Vec<&str> {
        addresses(text).into_iter().map(|(range, _)| &text[range]).collect()
    }

    #[test]
    fn an_address_is_found_whatever_touches_it() {
        for (text, expected) in [
            ("addr:10.0.0.5", vec!["10.0.0.5"]),
            ("tcp:10.0.0.5:80", vec!["10.0.0.5"]),
            ("v10.0.0.5, x=10.0.0.6/24.", vec!["10.0.0.5", "10.0.0.6"]),
            ("(10.0.0.5)", vec!["10.0.0.5"]),
            ("010.000.000.005", vec!["010.000.000.005"]),
            ("[fe80::1%eth0]:443", vec!["fe80::1%eth0"]),
            ("addr:fe80::1", vec!["fe80::1"]),
            ("tcp:2001:db8::1", vec!["2001:db8::1"]),
            ("at fe80::1: gone", vec!["fe80::1"]),
            ("::ffff:10.0.0.5", vec!["::ffff:10.0.0.5"]),
            ("::1 and 127.0.0.1", vec!["::1", "127.0.0.1"]),
            ("2001:0db8:0000:0000:0000:0000:0000:0001", vec!["2001:0db8:0000:0000:0000:0000:0000:0001"]),
            ("12:34:56 on 1.2.3", vec![]),
            ("1.2.3.4.5", vec![]),
            ("300.1.1.1", vec![]),
        ] {
            assert_eq!(found(text), expected, "{text}");
        }
    }

    proptest! {
        #[test]
        fn every_address_is_found_in_any_surroundings(address: IpAddr, before in "[ a-z=:/\\[(]{0,6}", behind in "[ \\])/,;\n]{0,3}") {
            let text = format!("{before}{address}{behind}");
            let all = addresses(&text);
            let covers = text.find(&address.to_string()).unwrap();
            prop_assert!(
                all.iter().any(|(range, one)| *one == address || range.start <= covers && covers < range.end),
                "{text}: {all:?}"
            );
        }

        #[test]
        fn any_text_is_survived(text in ".{0,80}") {
            for (range, _) in addresses(&text) {
                prop_assert!(text.get(range).is_some());
            }
        }
    }
}
