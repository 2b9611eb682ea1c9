//! The published schema, judged by a validator we did not write.

use serde_json::json;

use super::*;
use crate::settings::schema;

fn valid(text: &str) -> bool {
    jsonschema::draft202012::new(&schema()).unwrap().is_valid(&serde_json::from_str(text).unwrap())
}

#[test]
fn the_published_schema_is_itself_valid() {
    assert!(jsonschema::draft202012::meta::is_valid(&schema()), "{:#}", schema());
}

#[test]
fn the_example_the_smallest_file_and_every_key_are_valid() {
    for text in [
        EXAMPLE,
        EVERYTHING,
        r#"{"websocket":{"connections":{"pulse":{"url":"ws://localhost:3001"}}}}"#,
        "{}",
    ] {
        assert!(valid(text), "{text}");
        good(text);
    }
}

#[test]
fn editors_are_told_what_the_loader_would_refuse() {
    for text in [
        r#"{"websocket":{"connections":{"pulse":{}}}}"#,
        r#"{"websocket":{"connections":{"Pulse":{"url":"ws://x"}}}}"#,
        r#"{"websocket":{"connections":{"a":{"url":"ftp://x"}}}}"#,
        r#"{"websocket":{"connections":{"a":{"url":"ws://x","auth":{"bearer":"hunter2"}}}}}"#,
        r#"{"websocket":{"connections":{"a":{"url":"ws://x","close_codes":{"x":"stop"}}}}}"#,
        r#"{"websocket":{"connections":{"a":{"url":"ws://x","transports":[]}}}}"#,
        r#"{"websocket":{"reconnection":{"backoff_multiplier":0.9}}}"#,
        r#"{"websocket":{"heartbeat":{"interval":0}}}"#,
        r#"{"gateway":{"enabled":null}}"#,
        r#"{"extra":1}"#,
    ] {
        assert!(!valid(text), "{text}");
        bad(text);
    }
}

#[test]
fn every_key_of_the_contract_is_in_the_schema() {
    let schema = schema();
    let connection = &schema["properties"]["websocket"]["properties"]["connections"]["additionalProperties"];
    let keys: Vec<&String> = connection["properties"].as_object().unwrap().keys().collect();
    assert_eq!(
        json!(keys),
        json!([
            "url",
            "name",
            "priority",
            "enabled",
            "protocol",
            "transports",
            "fallback_urls",
            "sse",
            "long_poll",
            "poll",
            "socketio",
            "auth",
            "headers",
            "subprotocols",
            "tls",
            "proxy",
            "on_connect",
            "heartbeat",
            "reconnection",
            "buffer",
            "close_codes",
            "envelope",
            "single_session",
            "health_url"
        ])
    );
}

#[test]
fn what_an_editor_can_see_is_in_the_schema() {
    let validator = jsonschema::validator_for(&schema()).unwrap();
    let backup = |url: &str| json!({ "websocket": { "connections": { "a": { "url": "ws://a", "fallback_urls": [url] } } } });
    let listen = |address: &str| json!({ "gateway": { "listen": address } });
    for good in [backup("wss://b.example"), listen("127.0.0.1:7878"), listen("[::1]:0")] {
        assert!(validator.is_valid(&good), "{good}");
    }
    for bad in [backup("ftp://b.example"), listen("hello"), listen("0.0.0.0:7878"), listen("localhost:7878")]
    {
        assert!(!validator.is_valid(&bad), "{bad}");
    }
}
