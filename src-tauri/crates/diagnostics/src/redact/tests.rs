//! Canaries: no form of a planted secret comes through, and what is needed stays readable.

use base64::{Engine as _, prelude::BASE64_STANDARD};
use proptest::prelude::*;

use super::*;

const CANARY: &str = "c4nary-S3cret/w1th+signs";

fn redactor(level: Level) -> Redactor {
    let private = Private {
        secrets: vec![CANARY.to_owned().into()],
        user: Some("marija".into()),
        computer: Some("desk-17".into()),
        hosts: vec!["rt.example.com".into()],
        kept: vec!["0192f0c1-2222-7333-8444-555566667777".into()],
    };
    Redactor::new(level, &private, &[7; 32])
}

#[test]
fn known_secrets_and_shapes_of_secrets_do_not_come_through() {
    let token = BASE64_STANDARD.encode(format!("me:{CANARY}"));
    let jwt = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl";
    for (text, gone) in [
        (format!("sent {CANARY} to it"), CANARY),
        (format!("Authorization: Basic {token}"), token.as_str()),
        ("Authorization: Digest nonce=aa, response=xyzzy42".into(), "xyzzy42"),
        ("{\"cookie\":\"sid=abcdef123\"}".into(), "abcdef123"),
        ("Set-Cookie: a=first; Path=/".into(), "first"),
        ("Sec-WebSocket-Protocol: chat, tok3ntok3n".into(), "tok3ntok3n"),
        (format!("got {jwt} back"), jwt),
        ("bearer abcdef123".into(), "abcdef123"),
        ("api_key=abcdef123&x".into(), "abcdef123"),
        ("\"client_secret\":\"abc def\"".into(), "abc"),
        ("AKIAIOSFODNN7EXAMPLE".into(), "AKIA"),
        ("ghp_abcdefghijklmnopqrstuvwx".into(), "ghp_"),
        ("-----BEGIN PRIVATE KEY-----\nMIIE\n-----END PRIVATE KEY-----".into(), "MIIE"),
        ("-----BEGIN PRIVATE KEY-----\nMIIEcut".into(), "MIIE"),
        ("wss://u:pa55word@h/p?t=q-s3cret".into(), "pa55word"),
        ("wss://h/p?t=q-s3cret".into(), "q-s3cret"),
        ("4111111111111111".into(), "4111"),
        ("d41d8cd98f00b204e9800998ecf8427e".into(), "d41d8"),
        ("mail marija@example.com".into(), "marija@"),
        ("/home/otheruser/x and C:\\Users\\Someone\\y".into(), "otheruser"),
        ("C:\\\\Users\\\\Someone\\\\y".into(), "Someone"),
        ("on DESK-17 as Marija".into(), "arija"),
    ] {
        for level in [Level::Full, Level::Standard, Level::Strict] {
            let clean = redactor(level).text(&text);
            assert!(!clean.contains(gone), "{gone} stands in {clean}");
            assert_eq!(redactor(level).leak_in(clean.as_bytes()), None, "{clean}");
        }
    }
}

#[test]
fn addresses_and_ids_get_names_that_stay_the_same_and_the_run_keeps_its_own() {
    let redactor = redactor(Level::Standard);
    let clean = redactor.text(
        "addr:10.0.0.5 tcp:10.0.0.5:80 [fe80::1%eth0] 127.0.0.1 aa:bb:cc:dd:ee:ff \
         0192f0c1-2222-7333-8444-555566667777 11111111-2222-3333-4444-555555555555",
    );
    let name = clean.split([':', ' ']).nth(1).unwrap();
    assert!(name.starts_with("ip4-private-"), "{clean}");
    assert_eq!(clean.matches(name).count(), 2, "{clean}");
    for gone in ["10.0.0.5", "fe80", "aa:bb", "11111111-"] {
        assert!(!clean.contains(gone), "{gone} stands in {clean}");
    }
    for kept in ["127.0.0.1", "0192f0c1-2222-7333-8444-555566667777", "mac-", "id-"] {
        assert!(clean.contains(kept), "{kept} is missing in {clean}");
    }
    assert_eq!(redactor.counts()["address"], 3);
}

#[test]
fn who_mends_the_network_sees_addresses_and_hosts_where_asked_for() {
    let text = "rt.example.com at 203.0.113.7 by the server 10.0.0.53";
    assert_eq!(redactor(Level::Full).text(text), text);
    assert!(redactor(Level::Standard).text(text).starts_with("rt.example.com at ip4-public-"));
    assert!(redactor(Level::Strict).text(text).starts_with("host-"));
}

#[test]
fn ordinary_sentences_stay_as_they_are() {
    for text in [
        "The certificate expired on 18 Nov 2026, 11:04:05.123 UTC.",
        "connected in 31 ms, 0 retransmissions, 24000 of 24000 bytes",
        "token: missing (keyring entry \"feed\")",
        "wss://rt.example.com/live",
        "TLS13_AES_256_GCM_SHA384 over TLSv1_3, /usr/share/linekeeper",
        "The server hung up: 1011 server error",
    ] {
        assert_eq!(redactor(Level::Standard).text(text), text);
    }
}

#[test]
fn the_last_gate_sees_what_slipped_through() {
    let redactor = redactor(Level::Standard);
    let encoded = BASE64_STANDARD.encode(format!("x{CANARY}y"));
    assert_eq!(redactor.leak_in(encoded.as_bytes()), Some("known_secret"));
    assert_eq!(redactor.leak_in(b"a eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln b"), Some("jwt"));
    assert_eq!(redactor.leak_in(b"nothing"), None);
}

proptest! {
    #[test]
    fn a_secret_never_survives_and_twice_is_once(before in ".{0,30}", behind in ".{0,30}") {
        let redactor = redactor(Level::Standard);
        let clean = redactor.text(&format!("{before}{CANARY}{behind}"));
        prop_assert_eq!(redactor.leak_in(clean.as_bytes()), None);
        prop_assert_eq!(redactor.text(&clean), clean);
    }
}
