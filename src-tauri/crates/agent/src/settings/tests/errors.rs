//! What a person reads when a file is wrong.

use model::ErrorCode;

use super::*;
use crate::settings::{FileState, Settings};

#[test]
fn all_mistakes_of_a_file_are_reported_at_once_in_its_order() {
    let error = bad(r#"{
  "websocket": {
    "connections": {
      "pulse": { "ulr": "ws://localhost:3001", "url": "localhost:3001" },
      "News": { "url": "ws://x", "priority": "high", "headers": { "Host": "a", "X": "b\n" } },
      "pulse": { "url": "ftp://x", "subprotocols": ["a b"], "auth": { "bearer": "hunter2" } }
    },
    "reconnection": { "initial_delay": 0, "backoff_multiplier": 0.5, "maxDelay": 1 },
    "heartbeat": { "interval": -1 }
  },
  "gateway": { "listen": "0.0.0.0:7878" },
  "logging": { "level": "loud" },
  "extra": 1
}"#);
    let places: Vec<(u32, &str)> =
        error.issues.iter().map(|issue| (issue.line.unwrap(), issue.path.as_str())).collect();
    assert_eq!(
        places,
        [
            (4, "websocket.connections.pulse.ulr"),
            (4, "websocket.connections.pulse.url"),
            (5, "websocket.connections.News"),
            (5, "websocket.connections.News.priority"),
            (5, "websocket.connections.News.headers.Host"),
            (5, "websocket.connections.News.headers.X"),
            (6, "websocket.connections.pulse"),
            (6, "websocket.connections.pulse.auth.bearer"),
            (8, "websocket.reconnection.initial_delay"),
            (8, "websocket.reconnection.backoff_multiplier"),
            (8, "websocket.reconnection.maxDelay"),
            (9, "websocket.heartbeat.interval"),
            (11, "gateway.listen"),
            (12, "logging.level"),
            (13, "extra"),
        ]
    );
    let text = error.to_string();
    assert!(text.contains("config.json has 15 errors:"), "{text}");
    assert!(text.contains("did you mean \"url\"?"), "{text}");
    assert!(text.contains("did you mean \"max_delay\"?"), "{text}");
    assert!(text.contains("two endpoints have the id \"pulse\""), "{text}");
    assert!(text.contains("it can be websocket, gateway, notifications, logging or diagnostics"), "{text}");
    assert!(!text.contains("hunter2"), "{text}");
    let problems = error.problems();
    assert_eq!(problems.len(), 15);
    assert_eq!(problems[1].endpoint.as_ref().unwrap().as_str(), "pulse");
    assert!(problems[1].detail.contains("config.json, line 4"), "{:?}", problems[1]);
}

#[test]
fn a_literal_secret_is_refused_with_the_three_ways_to_name_one() {
    for auth in [
        r#"{ "bearer": "hunter2" }"#,
        r#"{ "basic": { "user": "me", "password": "hunter2" } }"#,
        r#"{ "query": { "token": "hunter2" } }"#,
    ] {
        let text = format!(r#"{{"websocket":{{"connections":{{"a":{{"url":"ws://x","auth":{auth}}}}}}}}}"#);
        let issue = only_issue(&text);
        assert!(issue.path.starts_with("websocket.connections.a.auth."), "{issue:?}");
        for way in ["env", "file", "keyring"] {
            assert!(issue.hint.contains(way), "{issue:?}");
        }
        assert!(!format!("{issue:?}").contains("hunter2"));
    }
}

#[test]
fn a_wrong_type_says_what_was_found_and_what_is_expected() {
    for (text, expected, found) in [
        (r#"{"gateway": {"enabled": "yes"}}"#, "true or false", "text"),
        (r#"{"websocket": []}"#, "an object", "a list"),
        (r#"{"websocket": {"connection_timeout": "15s"}}"#, "a whole number", "text"),
        (r#"{"websocket": {"connection_timeout": null}}"#, "a whole number", "null"),
        (r#"{"logging": {"level": 3}}"#, "text in quotes", "a number"),
        (r#"[1]"#, "an object", "a list"),
    ] {
        let issue = only_issue(text);
        assert!(issue.message.contains(&format!("expected {expected}")), "{issue:?}");
        assert!(issue.message.contains(&format!("found {found}")), "{issue:?}");
    }
}

#[test]
fn numbers_out_of_range_name_the_range() {
    for text in [
        r#"{"websocket": {"heartbeat": {"timeout": 0}}}"#,
        r#"{"websocket": {"reconnection": {"max_attempts": -1}}}"#,
        r#"{"websocket": {"reconnection": {"max_attempts": 1e30}}}"#,
        r#"{"websocket": {"connection_timeout": 86400001}}"#,
    ] {
        assert!(only_issue(text).hint.contains(" to "), "{text}");
    }
    assert!(only_issue(r#"{"websocket": {"connection_timeout": 1.5}}"#).message.contains("whole number"));
    let loaded =
        good(r#"{"websocket": {"connection_timeout": 2e3, "connections": {"a": {"url": "ws://x"}}}}"#);
    assert_eq!(loaded.settings.endpoints[0].connection_timeout.as_millis(), 2000);
}

#[test]
fn a_cap_below_the_first_delay_is_named_where_it_was_written() {
    let issue = only_issue(r#"{"websocket": {"reconnection": {"max_delay": 500}}}"#);
    assert_eq!(issue.path, "websocket.reconnection.max_delay");
    assert!(issue.message.contains("500") && issue.message.contains("1000"), "{issue:?}");
    let own = r#"{"websocket": {"reconnection": {"max_delay": 2000},
        "connections": {"a": {"url": "ws://x", "reconnection": {"initial_delay": 3000}}, "b": {"url": "ws://x"}}}}"#;
    assert_eq!(only_issue(own).path, "websocket.connections.a.reconnection.initial_delay");
}

#[test]
fn a_key_given_twice_is_refused_at_any_depth_even_inside_messages() {
    let text = r#"{"websocket": {"connections": {"a": {"url": "ws://x", "on_connect": [{"t": [{"k": 1, "k": 2}]}]}}}}"#;
    let issue = only_issue(text);
    assert_eq!(issue.path, "websocket.connections.a.on_connect[0].t[0].k");
    assert_eq!(only_issue(r#"{"gateway": {}, "gateway": {}}"#).path, "gateway");
}

#[test]
fn text_that_is_not_json_names_line_and_column() {
    let issue = only_issue("{\n  \"gateway\": {,}\n}");
    assert_eq!((issue.line, issue.column), (Some(2), Some(15)));
    assert!(issue.message.starts_with("this is not JSON"), "{issue:?}");
    assert!(only_issue("{\"a\": [1,").message.contains("the text ends inside"));
    assert!(only_issue("").message.contains("empty"));
    assert!(only_issue("{} {}").message.contains("not JSON"));
}

#[test]
fn an_endpoint_without_a_url_is_named() {
    let issue = only_issue("{\"websocket\": {\"connections\": {\n\"a\": {}}}}");
    assert_eq!((issue.path.as_str(), issue.line), ("websocket.connections.a", Some(2)));
    assert!(issue.message.contains("url"), "{issue:?}");
}

#[test]
fn a_missing_url_is_reported_with_the_other_mistakes_and_a_mistyped_one_only_once() {
    let error =
        bad(r#"{"websocket":{"connections":{"a":{"priority":0},"b":{"URL":"ws://x"},"c":{"url":7}}}}"#);
    let paths: Vec<&str> = error.issues.iter().map(|issue| issue.path.as_str()).collect();
    assert_eq!(
        paths,
        [
            "websocket.connections.a",
            "websocket.connections.a.priority",
            "websocket.connections.b.URL",
            "websocket.connections.c.url",
        ]
    );
}

#[test]
fn a_byte_order_mark_is_skipped_and_other_encodings_are_named() {
    assert_eq!(good(&format!("\u{feff}{EXAMPLE}")).settings, good(EXAMPLE).settings);
    let utf16: Vec<u8> = EXAMPLE.encode_utf16().flat_map(u16::to_le_bytes).chain([0xff]).collect();
    let error = bad(utf16);
    assert_eq!(error.code, ErrorCode::ConfigUnreadable);
    assert!(error.to_string().contains("UTF-8"), "{error}");
}

#[test]
fn a_file_that_cannot_be_read_says_why_and_a_missing_one_is_no_error() {
    let fixture = Fixture::new();
    let loaded = fixture.load();
    assert_eq!((loaded.file.as_ref().unwrap().1, loaded.problems.as_slice()), (FileState::Missing, &[][..]));
    assert_eq!(loaded.settings, Settings::default());

    fs::create_dir(fixture.file()).unwrap();
    let loaded = fixture.load();
    assert_eq!(loaded.file.as_ref().unwrap().1, FileState::Broken);
    assert_eq!(loaded.problems[0].code, ErrorCode::ConfigUnreadable);
    assert!(loaded.problems[0].message.contains("folder"), "{:?}", loaded.problems);
    assert!(loaded.problems[0].detail.contains("config.json"), "{:?}", loaded.problems);
}

#[cfg(unix)]
#[test]
fn a_device_or_an_endless_file_is_refused_without_reading_it() {
    let fixture = Fixture::new();
    std::os::unix::fs::symlink("/dev/zero", fixture.file()).unwrap();
    assert_eq!(fixture.load().problems[0].code, ErrorCode::ConfigUnreadable);
    let huge = Fixture::new();
    fs::File::create(huge.file()).unwrap().set_len(1 << 40).unwrap();
    assert!(huge.load().problems[0].message.contains("larger"));
}

#[test]
fn each_kind_of_bad_value_is_one_issue_at_its_path() {
    for (connection, path) in [
        (r#""fallback_urls": ["ws://ok", "no"]"#, "fallback_urls[1]"),
        (r#""sse": {"url": "ws://x"}"#, "sse.url"),
        (r#""poll": {"url": "http://"}"#, "poll.url"),
        (r#""transports": []"#, "transports"),
        (r#""transports": ["sse", "sse"]"#, "transports[1]"),
        (r#""transports": ["websockets"]"#, "transports[0]"),
        (r#""transports": ["polling"]"#, "transports[0]"),
        (r#""subprotocols": ["a,b"]"#, "subprotocols[0]"),
        (r#""headers": {"X": "1", "x": "2"}"#, "headers.x"),
        (r#""headers": {"X": 1}"#, "headers.X"),
        (r#""proxy": "direct""#, "proxy"),
        (r#""close_codes": {"999": "stop"}"#, "close_codes.999"),
        (r#""close_codes": {"4001": "halt"}"#, "close_codes.4001"),
        (r#""tls": {"client_cert": "a.pem"}"#, "tls"),
        (r#""tls": {"ca_file": ""}"#, "tls.ca_file"),
        (r#""tls": {"verify": false}"#, "tls.verify"),
        (r#""buffer": {"ack_pointer": "/id"}"#, "buffer.ack_pointer"),
        (r#""auth": {}"#, "auth"),
        (r#""auth": {"bearer": {"env": "A", "file": "B"}}"#, "auth.bearer"),
        (r#""auth": {"basic": {"user": "me"}}"#, "auth.basic"),
        (r#""auth": {"basic": {"user": "a:b", "password": {"env": "P"}}}"#, "auth.basic.user"),
        (r#""auth": {"bearer": {"env": "$TOKEN"}}"#, "auth.bearer.env"),
        (r#""auth": {"query": {}}"#, "auth.query"),
        (r#""auth": {"query": {"": {"env": "P"}}}"#, "auth.query"),
        (r#""auth": {"query": {"t": {"env": "P", "file": "f"}}}"#, "auth.query.t"),
        (r#""auth": {"bearer": {"env": "T"}}, "headers": {"AUTHORIZATION": "x"}"#, "headers.AUTHORIZATION"),
        (r#""socketio": {}"#, "socketio"),
        (r#""priority": 0"#, "priority"),
        (r#""name": """#, "name"),
    ] {
        let text = format!(r#"{{"websocket":{{"connections":{{"a":{{"url":"ws://x",{connection}}}}}}}}}"#);
        let issue = only_issue(&text);
        assert_eq!(issue.path, format!("websocket.connections.a.{path}"), "{issue:?}");
        assert!(!issue.hint.is_empty(), "{issue:?}");
        assert_eq!(issue.endpoint.unwrap().as_str(), "a");
    }
}

#[test]
fn a_message_too_large_to_be_sent_at_once_is_refused() {
    let large = "x".repeat(65 << 10);
    let error = bad(format!(
        r#"{{"websocket": {{"connections": {{"a": {{"url": "ws://a", "on_connect": ["hello", "{large}"]}}}}}}}}"#
    ));
    assert_eq!(error.issues.len(), 1);
    assert_eq!(error.issues[0].path, "websocket.connections.a.on_connect[1]");
}

#[test]
fn a_control_page_is_a_web_address() {
    let issue = only_issue(r#"{"diagnostics": {"control_url": "ws://intranet.example/204"}}"#);
    assert!(issue.path == "diagnostics.control_url" && issue.hint.contains("http, https"), "{issue:?}");
    let loaded = good(
        r#"{"diagnostics": {"control_url": "http://intranet.example/204", "correlate": false, "baselines": false}}"#,
    );
    let checks = &loaded.settings.diagnostics;
    assert_eq!(checks.control_url.as_ref().map(url::Url::as_str), Some("http://intranet.example/204"));
    assert!(!checks.correlate && !checks.baselines);
    let checks = good("{}").settings.diagnostics;
    assert!(checks.correlate && checks.baselines, "unless somebody says otherwise");
}
