//! Pages of servers, gateways, filters and strangers.

use proptest::prelude::*;

use super::*;

fn request() -> DialRequest {
    let mut request = DialRequest::new("wss://feed.example/ws?token=t0ps3cret".parse().unwrap());
    request.headers.insert("x-api-key", "h-s3cret".parse().unwrap());
    request
}

fn page(status: u16, headers: &[(&'static str, &str)], body: &str) -> PageFacts {
    let headers: HeaderMap =
        headers.iter().map(|(name, value)| (HeaderName::from_static(name), value.parse().unwrap())).collect();
    let raw = Raw { status: StatusCode::from_u16(status).unwrap(), headers: &headers, body: body.as_bytes() };
    read(&request(), raw, "2026-11-20T12:00:00Z".parse().unwrap())
}

#[test]
fn only_listed_headers_come_out_and_none_of_the_requests_secrets() {
    let facts = page(
        500,
        &[
            ("server", "nginx/1.28 t0ps3cret"),
            ("via", "1.1 edge"),
            ("x-request-id", "7f3k-h-s3cret"),
            ("cf-ray", "8e1-FRA"),
            ("set-cookie", "sid=c00kie"),
            ("age", "7"),
        ],
        "Internal error for t0ps3cret\n\u{1b}[2J at line 7",
    );
    assert_eq!(facts.server.as_deref(), Some("nginx/1.28 [redacted]"));
    assert_eq!(facts.request_id.as_deref(), Some("X-Request-Id: 7f3k-[redacted]"));
    assert_eq!(facts.via.as_deref(), Some("1.1 edge"));
    assert_eq!(facts.title.as_deref(), Some("Internal error for [redacted] [2J at line 7"));
    assert!(facts.cached && !format!("{facts:?}").contains("c00kie"));
}

#[test]
fn a_page_is_known_by_its_title_or_its_first_words() {
    let html = &[("content-type", "text/html; charset=utf-8")];
    for (body, title) in [
        ("<!DOCTYPE html><TITLE lang=en>Welcome\nto nginx!</TITLE>", Some("Welcome to nginx!")),
        (
            "<html><head><style>b{}</style></head><body class=x><h1>Sorry</h1><script>x<y</script> no",
            Some("Sorry no"),
        ),
        ("<html><title></title><body><p>Only <b>words</b></p></body></html>", Some("Only words")),
        ("<html><title>never ends", Some("never ends")),
        ("", None),
    ] {
        let facts = page(200, html, body);
        assert_eq!((facts.html, facts.title.as_deref()), (true, title), "{body}");
    }
    assert!(page(200, &[], "<html><body>x").html);
    assert_eq!(page(200, &[("content-type", "application/json")], "{\"balance\": 7}").title, None);
    assert_eq!(
        page(403, &[("content-type", "application/json")], "{\"no\": 7}").title.as_deref(),
        Some("{\"no\": 7}")
    );
}

#[test]
fn servers_that_miss_an_upgrade_are_understood() {
    for body in [
        "Upgrade Required",
        "Missing or invalid Upgrade header",
        "Can \"Upgrade\" only to \"WebSocket\".",
        "No WebSocket UPGRADE hdr: None\n Can \"Upgrade\" only to \"WebSocket\".",
        "Bad Request\nwebsocket: the client is not using the websocket protocol: 'upgrade' token not found",
        "Failed to open a WebSocket connection: missing Connection header.\n\nYou cannot access a WebSocket server directly",
        "`Connection` header did not include 'upgrade'",
        "Not a WebSocket handshake request",
        "Expected a WebSocket request",
    ] {
        assert!(page(400, &[("content-type", "text/plain")], body).names_upgrade, "{body}");
    }
    let tornado =
        page(400, &[("content-type", "text/html; charset=UTF-8")], "Can \"Upgrade\" only to \"WebSocket\".");
    assert!(tornado.names_upgrade);
    assert!(page(426, &[("sec-websocket-version", "8")], "").names_upgrade);
    assert_eq!(page(426, &[("sec-websocket-version", "8")], "").websocket_version.as_deref(), Some("8"));
    assert!(page(400, &[("upgrade", "websocket")], "").names_upgrade);
    for (body, kind) in [
        ("<html><title>Upgrade required: choose your plan</title>", "text/html"),
        ("Bad Request", "text/plain"),
        ("your connection is fine", "text/plain"),
    ] {
        assert!(!page(400, &[("content-type", kind)], body).names_upgrade, "{body}");
    }
}

#[test]
fn waits_are_seconds_whether_written_so_or_as_a_date() {
    for (value, seconds) in [
        ("30", Some(30)),
        (" 7 ", Some(7)),
        ("Fri, 20 Nov 2026 12:01:30 GMT", Some(90)),
        ("Fri, 20 Nov 2026 11:00:00 GMT", Some(0)),
        ("99999999999", Some(LONGEST_WAIT)),
        ("soon", None),
    ] {
        assert_eq!(page(429, &[("retry-after", value)], "").retry_after_s, seconds, "{value}");
    }
}

#[test]
fn schemes_are_named_without_their_parameters() {
    let found = page(
        401,
        &[
            ("www-authenticate", "Basic realm=\"a, Fake b=\\\"c\\\"\", charset=UTF-8, Negotiate"),
            ("www-authenticate", "Bearer error=\"invalid_token\", error_description=\"h-s3cret\""),
        ],
        "",
    );
    assert_eq!(found.auth_schemes, ["Basic", "Negotiate", "Bearer"]);
}

#[test]
fn a_redirect_is_shown_without_query_and_password() {
    let to = |value| page(302, &[("location", value)], "").location.unwrap();
    assert_eq!(to("https://me:pw@login.example/in?ticket=1#x"), "https://login.example/in");
    assert_eq!(to("/other?t0ps3cret"), "wss://feed.example/other");
    assert_eq!(to("/t0ps3cret/x"), "wss://feed.example/[redacted]/x");
}

#[test]
fn a_block_page_is_marked() {
    let body = "<html><head><title>Web Page Blocked!</title></head><body>FortiGuard Intrusion Prevention";
    let facts = page(403, &[("content-type", "text/html")], body);
    assert_eq!(
        (facts.filter_mark.as_deref(), facts.title.as_deref()),
        (Some("FortiGuard"), Some("Web Page Blocked!"))
    );
}

proptest! {
    #[test]
    fn any_bytes_become_short_clean_facts(
        status in 200_u16..600,
        body in prop::collection::vec(any::<u8>(), 0..4000),
        value in prop::collection::vec(0x20_u8..0xff, 0..300),
        kind in prop_oneof![Just(""), Just("text/html"), Just("text/plain")],
    ) {
        let mut headers = HeaderMap::new();
        let value = value.into_iter().filter(|byte| *byte != 0x7f).collect::<Vec<_>>();
        let value = http::HeaderValue::from_bytes(&value).unwrap();
        for name in ["server", "via", "x-request-id", "location", "www-authenticate", "retry-after", "upgrade"] {
            headers.insert(HeaderName::from_static(name), value.clone());
        }
        if !kind.is_empty() {
            headers.insert("content-type", kind.parse().unwrap());
        }
        let raw = Raw { status: StatusCode::from_u16(status).unwrap(), headers: &headers, body: &body };
        let facts = read(&request(), raw, Timestamp::UNIX_EPOCH);
        let texts = [&facts.server, &facts.via, &facts.request_id, &facts.location, &facts.title, &facts.upgrade];
        for text in texts.into_iter().flatten() {
            prop_assert!(text.chars().count() <= PLACE_CHARS && !text.chars().any(char::is_control), "{:?}", text);
        }
    }

    #[test]
    fn pages_of_tags_become_words(body in "(<[a-z/]{0,8}>?|[ a-zé]{0,9}|<title>|</title>|<body>|<script>){0,60}") {
        let facts = page(200, &[("content-type", "text/html")], &body);
        prop_assert!(facts.title.is_none_or(|text| text.chars().count() <= TITLE_CHARS));
    }
}
