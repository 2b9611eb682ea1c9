//! Requests as they go out and answers as they may come in.

use proptest::prelude::*;
use url::Url;

use super::*;

/// Key and accept value of the example in RFC 6455 §1.3.
const KEY: &str = "dGhlIHNhbXBsZSBub25jZQ==";
const ACCEPT: &str = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

fn ask(offered: &[&str]) -> Ask {
    let mut request = DialRequest::new(Url::parse("ws://example.com/chat?room=1").unwrap());
    request.subprotocols = offered.iter().map(|one| (*one).to_owned()).collect();
    request.headers.insert("x-api-key", "k".parse().unwrap());
    Ask::with_key(&Target::of(&request).unwrap(), &request, KEY)
}

fn verify(offered: &[&str], answer: &[(&str, &str)]) -> Result<Option<String>, UpgradeCause> {
    let mut headers = HeaderMap::new();
    for (name, value) in answer {
        headers.append(HeaderName::from_bytes(name.as_bytes()).unwrap(), value.parse().unwrap());
    }
    ask(offered).verify(&headers)
}

fn rule(result: Result<Option<String>, UpgradeCause>) -> HandshakeRule {
    let UpgradeCause::Rule { rule, .. } = result.unwrap_err() else { panic!("not a rule") };
    rule
}

const GOOD: [(&str, &str); 3] =
    [("upgrade", "WebSocket"), ("connection", "Upgrade"), ("sec-websocket-accept", ACCEPT)];

#[test]
fn the_request_is_what_the_rfc_asks_for() {
    let text = String::from_utf8(ask(&["a", "b"]).bytes).unwrap();
    let expected = format!(
        "GET /chat?room=1 HTTP/1.1\r\nHost: example.com\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {KEY}\r\nSec-WebSocket-Protocol: a, b\r\n\
         User-Agent: {USER_AGENT}\r\nX-Api-Key: k\r\n\r\n"
    );
    assert_eq!(text, expected);
}

#[test]
fn a_credential_joins_the_request_and_no_header_contradicts_it() {
    let mut request = DialRequest::new(Url::parse("ws://h/chat?room=1").unwrap());
    request.headers.insert("authorization", "Bearer configured".parse().unwrap());
    let sent = |request: &DialRequest| {
        let ask = Ask::with_key(&Target::of(request).unwrap(), request, KEY);
        String::from_utf8(ask.bytes).unwrap()
    };
    request.credential = Some(Credential::bearer("read".into()).unwrap());
    assert_eq!(sent(&request).matches("Authorization: ").count(), 1);
    assert!(sent(&request).contains("\r\nAuthorization: Bearer read\r\n"));
    request.credential = Some(Credential::query(vec![("token".into(), "a b".into())]).unwrap());
    let text = sent(&request);
    assert!(text.starts_with("GET /chat?room=1&token=a%20b HTTP/1.1\r\n"), "{text}");
    assert!(text.contains("\r\nAuthorization: Bearer configured\r\n"), "{text}");
}

#[test]
fn a_right_answer_passes_also_with_a_list_of_connection_tokens() {
    assert_eq!(verify(&[], &GOOD).unwrap(), None);
    let listed = [GOOD[0], ("connection", "keep-alive, Upgrade"), GOOD[2]];
    assert_eq!(verify(&[], &listed).unwrap(), None);
    let chosen = [GOOD[0], GOOD[1], GOOD[2], ("sec-websocket-protocol", "b")];
    assert_eq!(verify(&["a", "b"], &chosen).unwrap().as_deref(), Some("b"));
}

#[test]
fn every_broken_rule_is_named() {
    assert_eq!(rule(verify(&[], &GOOD[1..])), HandshakeRule::Upgrade);
    assert_eq!(rule(verify(&[], &[GOOD[0], GOOD[2]])), HandshakeRule::Connection);
    assert_eq!(rule(verify(&[], &GOOD[..2])), HandshakeRule::Accept);
    assert_eq!(
        rule(verify(&[], &[GOOD[0], GOOD[1], ("sec-websocket-accept", "AAAA")])),
        HandshakeRule::Accept
    );
    let with = |extra| [GOOD[0], GOOD[1], GOOD[2], extra];
    assert_eq!(
        rule(verify(&[], &with(("sec-websocket-extensions", "permessage-deflate")))),
        HandshakeRule::Extension
    );
    assert_eq!(
        rule(verify(&[], &with(("sec-websocket-protocol", "x")))),
        HandshakeRule::SubprotocolNotOffered
    );
    assert_eq!(
        rule(verify(&["a"], &with(("sec-websocket-protocol", "x")))),
        HandshakeRule::SubprotocolNotOffered
    );
    assert_eq!(
        rule(verify(&["a", "b"], &with(("sec-websocket-protocol", "a, b")))),
        HandshakeRule::SubprotocolNotOffered
    );
    assert_eq!(rule(verify(&["a"], &GOOD)), HandshakeRule::SubprotocolMissing);
}

#[test]
fn a_head_is_read_as_soon_as_it_is_whole() {
    let bytes = b"HTTP/1.1 404 Not Here\r\nA: 1\r\nA: 2\r\n\r\nbody";
    for cut in 0..bytes.len() - 4 {
        assert!(Answer::parse(&bytes[..cut]).unwrap().is_none(), "at {cut}");
    }
    let answer = Answer::parse(bytes).unwrap().unwrap();
    assert_eq!((answer.status.as_u16(), answer.length), (404, bytes.len() - 4));
    assert_eq!(answer.headers.get_all("a").iter().count(), 2);
}

#[test]
fn old_http_may_refuse_but_not_upgrade() {
    assert!(Answer::parse(b"HTTP/1.0 404 Not Found\r\n\r\n").unwrap().is_some());
    assert!(matches!(
        Answer::parse(b"HTTP/1.0 101 Switching Protocols\r\n\r\n"),
        Err(UpgradeCause::Rule { rule: HandshakeRule::Http, .. })
    ));
}

#[test]
fn an_echo_of_the_request_does_not_hand_its_query_back() {
    for length in 1..40 {
        match Answer::parse(&ask(&[]).bytes[..length]) {
            Err(UpgradeCause::Rule { found, .. }) => assert!(!found.contains("room"), "{found}"),
            other => panic!("not a rule: {other:?}"),
        }
    }
}

#[test]
fn other_protocols_are_recognised_at_their_first_bytes() {
    let rule_of = |bytes: &[u8]| match Answer::parse(bytes) {
        Err(UpgradeCause::Rule { rule, found }) => (rule, found),
        other => panic!("not a rule: {other:?}"),
    };
    assert_eq!(rule_of(b"SSH-2.0-OpenSSH_9.9\r\n"), (HandshakeRule::Http, "SSH-2.0-OpenSSH_9.9".into()));
    assert_eq!(rule_of(&[0x15, 0x03, 0x01, 0, 2, 2, 10]).0, HandshakeRule::TlsSpoken);
    // SETTINGS with three entries, then GOAWAY.
    let http2 = [0, 0, 18, 4, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, 128];
    assert_eq!(rule_of(&http2).0, HandshakeRule::Http2Spoken);
    for cut in 0..9 {
        assert!(Answer::parse(&http2[..cut]).unwrap().is_none(), "at {cut}");
    }
    assert_eq!(rule_of(&[0, 0, 17, 4]), (HandshakeRule::Http, "bytes 00 00 11 04".into()));
    assert_eq!(rule_of(&[0x81, 5, b'h']), (HandshakeRule::Http, "bytes 81 05 68".into()));
}

proptest! {
    #[test]
    fn no_bytes_crash_the_reader(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = Answer::parse(&bytes);
        let mut dressed = b"HTTP/1.1 101 X\r\n".to_vec();
        dressed.extend(&bytes);
        dressed.extend(b"\r\n\r\n");
        if let Ok(Some(answer)) = Answer::parse(&dressed) {
            prop_assert!(answer.length <= dressed.len());
            prop_assert!(ask(&[]).verify(&answer.headers).is_err());
        }
    }
}
