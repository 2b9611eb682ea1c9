//! Who may have answered, and what the answer means: as tables, and for anything a stranger may send.

use FailureKind as K;
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue};
use proptest::prelude::*;

use super::*;

type Headers<'a> = &'a [(HeaderName, &'a str)];

const PAGE: Headers<'_> = &[(header::CONTENT_TYPE, "text/html; charset=utf-8")];
const AUTH: K = K::Halt(Reason::AuthRequired);
const PORTAL: K = K::Halt(Reason::CaptivePortal);

fn answer(status: u16, headers: Headers<'_>, body: &'static [u8]) -> HttpAnswer {
    let headers: HeaderMap =
        headers.iter().map(|(name, value)| (name.clone(), value.parse().unwrap())).collect();
    HttpAnswer {
        status: StatusCode::from_u16(status).unwrap(),
        headers,
        body: Bytes::from_static(body),
        truncated: false,
        excerpt: String::new(),
    }
}

fn kind(status: u16, headers: Headers<'_>, line: Line) -> K {
    let url = "ws://a.example/x".parse().unwrap();
    of_answer(&answer(status, headers, b""), ErrorCode::NotWebsocket, &url, line).0
}

#[test]
fn answers_follow_the_table() {
    let table = [
        (200, K::Misfit),
        (302, K::Misfit),
        (400, K::Misfit),
        (401, AUTH),
        (403, AUTH),
        (404, K::Misfit),
        (405, K::Misfit),
        (407, AUTH),
        (408, K::Retry),
        (410, K::Misfit),
        (425, K::Retry),
        (426, K::Misfit),
        (429, K::Overloaded),
        (500, K::Retry),
        (501, K::Misfit),
        (502, K::Restarting),
        (503, K::Restarting),
        (504, K::Restarting),
        (505, K::Misfit),
        (511, PORTAL),
    ];
    for (status, expected) in table {
        for line in [Line::Proven, Line::Local, Line::Near, Line::Open] {
            assert_eq!(kind(status, &[], line), expected, "{status}, {line:?}");
        }
    }
}

#[test]
fn a_page_is_believed_where_it_is_proven_who_shows_it() {
    let doubted = K::Doubtful(Reason::AuthRequired);
    let table = [
        (200, [K::Misfit, K::Misfit, K::Misfit, PORTAL]),
        (401, [AUTH, AUTH, doubted, doubted]),
        (403, [AUTH, AUTH, doubted, doubted]),
        (407, [AUTH, AUTH, doubted, doubted]),
        (404, [K::Misfit; 4]),
        (500, [K::Retry; 4]),
        (503, [K::Restarting; 4]),
        (511, [PORTAL; 4]),
    ];
    for (status, expected) in table {
        for (line, expected) in [Line::Proven, Line::Local, Line::Near, Line::Open].into_iter().zip(expected)
        {
            assert_eq!(kind(status, PAGE, line), expected, "{status}, {line:?}");
        }
    }
}

#[test]
fn a_redirect_elsewhere_is_a_portal_only_where_nobody_proved_who_answers() {
    let login = [(header::LOCATION, "http://login.hotel.example/")];
    assert_eq!(kind(302, &login, Line::Open), PORTAL);
    assert_eq!(kind(302, &login, Line::Near), PORTAL);
    assert_eq!(kind(302, &login, Line::Proven), K::Misfit);
    assert_eq!(kind(302, &[(header::LOCATION, "/new")], Line::Open), K::Misfit);
}

#[test]
fn a_page_is_known_by_its_type_or_without_one_by_its_start() {
    let json: Headers<'_> = &[(header::CONTENT_TYPE, "application/json")];
    let shouted: Headers<'_> = &[(header::CONTENT_TYPE, "TEXT/HTML")];
    for (headers, body, page) in [
        (PAGE, &b""[..], true),
        (shouted, b"", true),
        (&[], b"\xef\xbb\xbf \r\n<!DOCTYPE html><title>", true),
        (&[], b"<HTML>", true),
        (&[], b"<htm", false),
        (&[], b"not found", false),
        (json, b"<html>", false),
    ] {
        assert_eq!(is_page(&answer(200, headers, body)), page, "{headers:?} {body:?}");
    }
}

#[test]
fn the_line_is_as_far_as_the_farthest_address() {
    let line = |url: &str, addresses: &[&str]| {
        Line::to(&url.parse().unwrap(), addresses.iter().map(|address| address.parse().unwrap()))
    };
    assert_eq!(line("wss://a/", &["8.8.8.8"]), Line::Proven);
    assert_eq!(line("ws://a/", &["127.0.0.1", "::1"]), Line::Local);
    assert_eq!(line("ws://a/", &["::ffff:127.0.0.1"]), Line::Local);
    assert_eq!(line("ws://a/", &["10.1.2.3", "::1"]), Line::Near);
    assert_eq!(line("ws://a/", &["fd00::1", "192.168.0.9"]), Line::Near);
    assert_eq!(line("ws://a/", &["192.168.0.9", "2001:db8::1"]), Line::Open);
    assert_eq!(line("ws://a/", &[]), Line::Open, "behind a proxy");
}

#[test]
fn a_hint_is_read_as_seconds_or_as_a_date_beside_the_servers_own() {
    let seconds = [(header::RETRY_AFTER, "20")];
    assert_eq!(kind(429, &seconds, Line::Open), K::Hinted(Duration::from_secs(20)));
    let page = [seconds[0].clone(), PAGE[0].clone()];
    assert_eq!(kind(429, &page, Line::Open), K::Hinted(Duration::from_secs(20)));
    let hour = [(header::RETRY_AFTER, "3600"), PAGE[0].clone()];
    assert_eq!(kind(429, &hour, Line::Open), K::Hinted(DOUBTFUL_HINT));
    assert_eq!(kind(429, &hour, Line::Proven), K::Hinted(Duration::from_secs(3_600)));
    let dates = [
        (header::DATE, "Fri, 20 Nov 2026 10:00:00 GMT"),
        (header::RETRY_AFTER, "Fri, 20 Nov 2026 10:01:30 GMT"),
    ];
    assert_eq!(kind(503, &dates, Line::Open), K::Hinted(Duration::from_secs(90)));
    assert_eq!(kind(503, &[(header::RETRY_AFTER, "soon")], Line::Open), K::Restarting);
    assert_eq!(kind(503, &[dates[1].clone()], Line::Open), K::Restarting, "our own clock does not count");
}

/// Header values as raw as they can arrive.
fn value() -> impl Strategy<Value = HeaderValue> {
    prop_oneof![
        proptest::collection::vec(any::<u8>(), 0..200)
            .prop_filter_map("not a header value", |bytes| HeaderValue::from_bytes(&bytes).ok()),
        any::<u64>().prop_map(HeaderValue::from),
        "(-|\\+)?[0-9]{1,40}".prop_map(|text| text.parse().unwrap()),
        "[A-Z][a-z]{2}, [0-9]{2} [A-Z][a-z]{2} [0-9]{4,9} [0-9]{2}:[0-9]{2}:[0-9]{2} GMT"
            .prop_map(|text| text.parse().unwrap()),
        "[a-z/:.@\\[\\]#?%]{0,60}".prop_map(|text| text.parse().unwrap()),
    ]
}

fn name() -> impl Strategy<Value = HeaderName> {
    prop_oneof![
        Just(header::RETRY_AFTER),
        Just(header::DATE),
        Just(header::LOCATION),
        Just(header::CONTENT_TYPE),
        Just(header::SERVER),
    ]
}

proptest! {
    #[test]
    fn no_answer_of_a_stranger_is_a_panic_or_a_reason_to_go_on_as_if_nothing_was(
        status in 100_u16..1_000,
        headers in proptest::collection::vec((name(), value()), 0..8),
        body in proptest::collection::vec(any::<u8>(), 0..1_100),
        addresses in proptest::collection::vec(any::<IpAddr>(), 0..4),
        url in prop_oneof![Just("ws://a.example/x?y"), Just("wss://[::1]:8443/"), Just("ws://10.0.0.1:80/")],
    ) {
        let url: Url = url.parse().unwrap();
        let answer = HttpAnswer {
            status: StatusCode::from_u16(status).unwrap(),
            headers: headers.into_iter().collect(),
            body: body.into(),
            truncated: true,
            excerpt: String::new(),
        };
        let (kind, _) = of_answer(&answer, ErrorCode::NotWebsocket, &url, Line::to(&url, addresses));
        // What we do to ourselves, and what only a session can end with, no answer can mean.
        prop_assert!(!matches!(
            kind,
            K::Local | K::Unanswered | K::HungUp | K::Refused | K::Breach | K::Troubled | K::TooBig
        ));
    }
}
