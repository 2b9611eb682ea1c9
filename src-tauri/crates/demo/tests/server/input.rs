//! Bad input: it is answered, it names the reason, and the session goes on.

use axum::body::Body;
use demo::{DemoError, DemoOptions, DemoPath, DemoServer};
use futures_util::SinkExt;
use http::{Method, Request, StatusCode};
use serde_json::json;
use tokio::io::AsyncWriteExt;
use tokio_tungstenite::tungstenite::Message;

use crate::client::{Demo, loopback};

#[tokio::test]
async fn what_is_not_json_gets_an_error_and_the_session_stays_open() {
    let demo = Demo::start().await;
    for path in DemoPath::ALL {
        let mut client = demo.connect(path.as_str()).await;
        client.say_text("{not json").await;
        let error = client.next_of("error").await;
        assert_eq!(error["error"]["code"], "BAD_REQUEST", "{path}");
        assert!(error["error"]["message"].is_string() && error["timestamp"].is_string());
        assert!(error["error"]["details"]["reason"].is_string());
        client.say(json!({"action": "self_destruct"})).await;
        let error = client.next_of("error").await;
        assert_eq!(error["error"]["message"], "unknown action \"self_destruct\"", "{path}");
        client.say(json!({"type": "ping"})).await;
        client.next_of("pong").await;
    }
}

#[tokio::test]
async fn an_unknown_symbol_is_named_and_nothing_is_subscribed() {
    let demo = Demo::start().await;
    let mut client = demo.connect("/ws/market_data").await;
    client.say(json!({"action": "subscribe", "symbols": ["BTC", "WAT"]})).await;
    let error = client.next().await;
    assert_eq!(error["error"]["details"]["unknown"], json!(["WAT"]));
    client.say(json!({"action": "unsubscribe", "symbols": []})).await;
    assert_eq!(client.next().await["data"]["symbols"], json!([]));
}

#[tokio::test]
async fn bytes_on_a_feed_are_refused_politely() {
    let demo = Demo::start().await;
    let mut client = demo.connect("/ws/news").await;
    client.socket.send(Message::binary(vec![1, 2, 3])).await.expect("sent");
    assert_eq!(client.next_of("error").await["error"]["code"], "BAD_REQUEST");
    client.pong(b"still open").await;
}

#[tokio::test]
async fn a_message_that_is_too_large_closes_with_1009() {
    let demo = Demo::start().await;
    let mut client = demo.connect("/ws").await;
    client.next().await;
    let large = "x".repeat((1 << 20) + 1);
    // The server may close before it has read all of it; the close frame is what counts.
    let _ = client.socket.send(Message::text(large)).await;
    assert_eq!(client.closed().await.0, 1009);
}

#[tokio::test]
async fn an_unmasked_frame_closes_with_1002() {
    let demo = Demo::start().await;
    let mut client = demo.connect("/ws").await;
    client.next().await;
    client.socket.get_mut().write_all(&[0x81, 0x02, b'h', b'i']).await.expect("sent");
    assert_eq!(client.closed().await.0, 1002);
}

#[tokio::test]
async fn text_that_is_not_utf8_closes_with_1007() {
    let demo = Demo::start().await;
    let mut client = demo.connect("/ws").await;
    client.next().await;
    client.socket.get_mut().write_all(&[0x81, 0x81, 0, 0, 0, 0, 0xff]).await.expect("sent");
    assert_eq!(client.closed().await.0, 1007);
}

#[tokio::test]
async fn plain_http_on_a_feed_is_told_to_upgrade() {
    let demo = Demo::start().await;
    let (status, body) = demo.ask(Method::GET, "/ws/news", "").await;
    assert_eq!(status, StatusCode::UPGRADE_REQUIRED);
    assert_eq!(body["error"]["message"], "this path speaks WebSocket");
}

#[tokio::test]
async fn unknown_paths_and_methods_are_json_errors() {
    let demo = Demo::start().await;
    let (status, body) = demo.ask(Method::GET, "/nowhere", "").await;
    assert_eq!(status, StatusCode::NOT_FOUND);
    assert_eq!(body["error"]["details"]["paths"].as_array().expect("a list").len(), 6);
    let (status, body) = demo.ask(Method::PUT, "/fault", "").await;
    assert_eq!(status, StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(body["error"]["code"], "BAD_REQUEST");
}

#[tokio::test]
async fn a_bad_fault_is_refused_with_the_key_and_what_is_allowed() {
    let demo = Demo::start().await;
    let (status, body) = demo.ask(Method::POST, "/fault", r#"{"path":"/ws/news","mode":"explode"}"#).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    assert_eq!(body["error"]["message"], "unknown mode \"explode\"");
    assert_eq!(body["error"]["details"]["key"], "mode");
    assert!(body["error"]["details"]["allowed"].as_array().expect("a list").contains(&json!("silent")));
    let (status, _) = demo.ask(Method::POST, "/fault", "{").await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    let (status, body) = demo.ask(Method::POST, "/fault", &"x".repeat(20_000)).await;
    assert_eq!((status, &body["error"]["code"]), (StatusCode::PAYLOAD_TOO_LARGE, &json!("BAD_REQUEST")));
    for query in ["path=/nowhere", "pth=/ws"] {
        let (status, body) = demo.ask(Method::DELETE, &format!("/fault?{query}"), "").await;
        assert_eq!((status, &body["error"]["code"]), (StatusCode::BAD_REQUEST, &json!("BAD_REQUEST")));
    }
    assert_eq!(demo.get("/fault").await["faults"], json!([]));
}

#[tokio::test]
async fn a_page_of_another_site_cannot_stage_a_fault() {
    let demo = Demo::start().await;
    for (origin, expected) in [
        ("https://evil.example", StatusCode::FORBIDDEN),
        ("http://localhost.evil.example", StatusCode::FORBIDDEN),
        ("null", StatusCode::FORBIDDEN),
        ("http://localhost:7860", StatusCode::OK),
    ] {
        let request = Request::post("/fault").header("Origin", origin);
        let request = request.body(Body::from(r#"{"path":"*","mode":"silent"}"#)).expect("a request");
        let (status, _) = demo.send(request).await.expect("an answer");
        assert_eq!(status, expected, "{origin}");
    }
}

#[tokio::test]
async fn bad_options_are_errors_that_name_the_value() {
    let anywhere = DemoOptions { listen: ([0, 0, 0, 0], 0).into(), ..DemoOptions::default() };
    let error = DemoServer::bind(anywhere).await.expect_err("not loopback");
    assert!(matches!(error, DemoError::NotLoopback { .. }) && error.to_string().contains("0.0.0.0:0"));
    for pace in [0.0, -1.0, f64::NAN] {
        let options = DemoOptions { listen: loopback(), seed: None, pace };
        assert!(matches!(DemoServer::bind(options).await, Err(DemoError::Pace { .. })));
    }
}
