//! Where answers lead, where they may not, and what goes along.

use bytes::Bytes;
use proptest::prelude::*;

use super::*;
use crate::{credential::Credential, error::HttpAnswer};

fn request(url: &str) -> DialRequest {
    let mut request = DialRequest::new(Url::parse(url).unwrap());
    request.headers.insert("x-company-key", "h3ader-s3cret".parse().unwrap());
    request.credential = Some(Credential::bearer("b3arer-s3cret".into()).unwrap());
    request.tls.client_cert = Some("client.pem".into());
    request.tls.client_key = Some("client.key".into());
    request.tls.ca_file = Some("ca.pem".into());
    request
}

fn answer(status: u16, locations: &[&[u8]]) -> DialCause {
    let mut headers = HeaderMap::new();
    for location in locations {
        headers.append("location", http::HeaderValue::from_bytes(location).unwrap());
    }
    let status = StatusCode::from_u16(status).unwrap();
    let excerpt = String::new();
    UpgradeCause::Status(Box::new(HttpAnswer {
        status,
        headers,
        body: Bytes::new(),
        truncated: false,
        excerpt,
    }))
    .into()
}

fn to(location: &str) -> DialCause {
    answer(302, &[location.as_bytes()])
}

fn flaw(end: Result<Redirect, DialCause>) -> RedirectFlaw {
    match end {
        Err(DialCause::Upgrade(UpgradeCause::Redirect { flaw, .. })) => flaw,
        other => panic!("no flaw: {other:?}"),
    }
}

#[test]
fn every_status_that_keeps_the_get_is_followed_and_no_other() {
    for status in 200..600 {
        let asked = request("ws://h/a");
        let mut journey = Journey::new(&asked);
        let end = journey.follow(answer(status, &[b"/b"]));
        if [301, 302, 303, 307, 308].contains(&status) {
            assert_eq!(end.unwrap().to.as_str(), "ws://h/b");
            assert_eq!(journey.request().url.as_str(), "ws://h/b");
        } else {
            assert!(matches!(end, Err(DialCause::Upgrade(UpgradeCause::Status(_)))), "{status}");
        }
    }
}

#[test]
fn a_target_is_read_as_the_rfc_says_and_dialed_as_a_websocket() {
    for (from, location, expected) in [
        ("ws://h/a/b?q=1", "c", "ws://h/a/c"),
        ("ws://h/a/b?q=1", "?r=2", "ws://h/a/b?r=2"),
        ("ws://h/a", "//h:81/x", "ws://h:81/x"),
        ("ws://h/a", " http://h/x ", "ws://h/x"),
        ("ws://h/a", "https://h/x", "wss://h/x"),
        ("https://h/a", "wss://o.example/x", "wss://o.example/x"),
        ("wss://h/a", "https://me:pw@o.example:8443/x#part", "wss://o.example:8443/x"),
        ("wss://h/a", "/\u{e9}", "wss://h/%C3%A9"),
    ] {
        let asked = request(from);
        assert_eq!(Journey::new(&asked).follow(to(location)).unwrap().to.as_str(), expected, "{location}");
    }
}

#[test]
fn a_target_that_is_none_or_several_or_elsewhere_altogether_is_named() {
    let of = |cause| flaw(Journey::new(&request("ws://h/a")).follow(cause));
    assert_eq!(of(answer(302, &[])), RedirectFlaw::Target);
    assert_eq!(of(answer(302, &[b"/x", b"/y"])), RedirectFlaw::Target);
    for none in [&b""[..], b"  ", b"http://", b"http://[::1", b"/\xff", b"ws://h:99999/", b"//"] {
        assert_eq!(of(answer(302, &[none])), RedirectFlaw::Target, "{none:?}");
    }
    for other in ["ftp://h/", "javascript:alert(1)", "file:///etc/passwd", "data:,x", "mailto:a@h"] {
        assert_eq!(of(to(other)), RedirectFlaw::Scheme, "{other}");
    }
}

#[test]
fn nothing_leads_out_of_encryption_or_without_proof_to_another_host() {
    let of = |from: &str, location: &str| flaw(Journey::new(&request(from)).follow(to(location)));
    assert_eq!(of("wss://h/", "http://h/x"), RedirectFlaw::Downgrade);
    assert_eq!(of("https://h/", "ws://o/x"), RedirectFlaw::Downgrade);
    assert_eq!(of("ws://h/", "http://portal.example/login"), RedirectFlaw::Unproven);
    // Encrypted over there, but it was an unproven voice that named the place.
    assert_eq!(of("ws://h/", "https://portal.example/login"), RedirectFlaw::Unproven);
}

#[test]
fn a_loop_is_seen_at_once_and_the_fourth_redirect_is_one_too_many() {
    let asked = request("http://h/a#part");
    let mut journey = Journey::new(&asked);
    assert_eq!(flaw(journey.follow(to("/a"))), RedirectFlaw::Loop);
    assert_eq!(flaw(journey.follow(to("ws://h:80/a"))), RedirectFlaw::Loop, "the same in other words");
    for next in ["/b", "/c", "/d"] {
        journey.follow(to(next)).unwrap();
        assert_eq!(flaw(journey.follow(to("/a"))), RedirectFlaw::Loop);
    }
    assert_eq!(flaw(journey.follow(to("/e"))), RedirectFlaw::TooMany);
}

#[test]
fn another_origin_learns_nothing_about_who_asks_and_the_way_back_brings_nothing_back() {
    for other in ["wss://o.example/", "wss://h:8443/", "https://sub.h/"] {
        let asked = request("wss://h/a");
        let mut journey = Journey::new(&asked);
        assert!(journey.follow(to(other)).unwrap().other_origin, "{other}");
        for _ in 0..2 {
            let next = journey.request();
            assert!(next.headers.is_empty() && next.credential.is_none());
            assert_eq!((&next.tls.client_cert, &next.tls.client_key), (&None, &None));
            assert!(next.tls.ca_file.is_some(), "whom this computer trusts is no secret");
            let _ = journey.follow(to("wss://h/b"));
        }
        assert_eq!(journey.request().url.as_str(), "wss://h/b");
    }
    let asked = request("ws://h/a");
    let mut journey = Journey::new(&asked);
    assert!(journey.follow(to("wss://h/a")).unwrap().other_origin, "encryption makes another origin");
    let mut journey = Journey::new(&asked);
    assert!(!journey.follow(to("http://h:80/b")).unwrap().other_origin);
    assert_eq!(journey.request().headers.len(), 1);
    assert!(journey.request().credential.is_some() && journey.request().tls.client_cert.is_some());
}

#[test]
fn a_server_that_keeps_the_query_does_not_make_us_hand_a_secret_on() {
    let of = |asked: &DialRequest, location: &str| Journey::new(asked).follow(to(location));
    let mut asked = request("wss://h/a?room=lobby&key=0123456789abcdef");
    for told in ["key=0123456789abcdef", "k=b3arer-s3cret", "x=h3ader%2Ds3cret"] {
        assert_eq!(flaw(of(&asked, &format!("wss://o.example/a?{told}"))), RedirectFlaw::Secret, "{told}");
        assert_eq!(flaw(of(&asked, &format!("wss://o.example/{told}/a"))), RedirectFlaw::Secret, "{told}");
        assert!(of(&asked, &format!("/b?{told}")).is_ok(), "the same origin knows it");
    }
    assert!(of(&asked, "wss://o.example/a?room=lobby").is_ok(), "a room's name is no secret");
    asked.subprotocols = vec!["feed".into(), "v2.feed".into()];
    assert!(of(&asked, "wss://o.example/").is_ok());
    asked.subprotocols.push("t0ken-as-subprotocol".into());
    assert_eq!(flaw(of(&asked, "wss://o.example/")), RedirectFlaw::Secret);
    assert!(of(&asked, "/b").is_ok());
}

#[test]
fn a_secret_that_came_back_in_a_path_is_still_known_for_one() {
    let asked = request("ws://h/a?t=qu3ry-s3cret");
    let mut journey = Journey::new(&asked);
    journey.follow(to("/qu3ry-s3cret/b3arer-s3cret")).unwrap();
    let DialCause::Upgrade(UpgradeCause::Status(mut quoting)) = answer(404, &[]) else { unreachable!() };
    quoting.excerpt = "nothing at /qu3ry-s3cret/b3arer-s3cret".into();
    let cause = journey.follow(UpgradeCause::Status(quoting).into()).unwrap_err();
    assert_eq!(cause.to_string(), "HTTP 404 Not Found: nothing at /[redacted]/[redacted]");
}

#[test]
fn debug_output_of_a_redirect_has_no_query() {
    let asked = request("ws://h/a");
    let redirect = Journey::new(&asked).follow(to("/b?ticket=s3cret")).unwrap();
    let text = format!("{redirect:?}");
    assert!(text.contains("ws://h/b") && !text.contains("s3cret"), "{text}");
}

proptest! {
    #[test]
    fn any_location_is_judged_and_no_secret_or_downgrade_ever_follows(
        location in prop::collection::vec(any::<u8>().prop_filter("fit for a header", |byte| *byte >= 0x20 && *byte != 0x7f), 0..60),
        likely in "(wss?|https?):(//)?(h|o\\.example)?(:[0-9]{1,5})?(/[a-z]{0,3})?",
        encrypted: bool,
    ) {
        for location in [&location[..], likely.as_bytes()] {
            let asked = request(if encrypted { "wss://h/" } else { "ws://h/" });
            let mut journey = Journey::new(&asked);
            let Ok(redirect) = journey.follow(answer(307, &[location])) else { continue };
            let next = journey.request();
            prop_assert_eq!(&next.url, &redirect.to);
            prop_assert!(["ws", "wss"].contains(&next.url.scheme()));
            prop_assert!(!encrypted || next.url.scheme() == "wss");
            prop_assert!(encrypted || next.url.host_str() == Some("h"));
            let same = next.url.host_str() == Some("h") && next.url.port().is_none() && next.url.scheme() == asked.url.scheme();
            prop_assert_eq!(redirect.other_origin, !same);
            prop_assert_eq!(next.credential.is_some() && next.headers.len() == 1, same);
        }
    }
}
