//! Every fault mode, as a client meets it.

use std::time::{Duration, Instant};

use futures_util::{SinkExt, StreamExt};
use http::{Method, StatusCode};
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::{Error, Message};

use crate::client::{Client, Demo, Ended, in_time};

/// The status and body an upgrade was answered with.
async fn refused_upgrade(demo: &Demo, path: &str) -> (StatusCode, String) {
    match demo.try_connect(path).await {
        Err(Error::Http(answer)) => {
            let body = answer.body().clone().unwrap_or_default();
            (answer.status(), String::from_utf8(body).expect("text"))
        }
        Err(other) => panic!("an HTTP answer, not {other}"),
        Ok(_) => panic!("an HTTP answer, not an open session"),
    }
}

async fn hub(demo: &Demo) -> Client {
    let mut client = demo.connect("/ws").await;
    client.next_of("connection_established").await;
    client
}

#[tokio::test]
async fn refuse_closes_without_an_answer_and_resets_open_sessions_of_that_path_only() {
    let demo = Demo::start().await;
    let (mut news, mut hub) = (demo.connect("/ws/news").await, hub(&demo).await);
    demo.stage(json!({"path": "/ws/news", "mode": "refuse"})).await;
    assert!(matches!(news.ended().await, Ended::Abnormally));
    let error = demo.try_connect("/ws/news").await.map(|_| ()).expect_err("refused");
    assert!(matches!(error, Error::Io(_) | Error::Protocol(_)), "no HTTP answer: {error}");
    hub.pong(b"others are well").await;
}

#[tokio::test]
async fn refuse_everywhere_leaves_only_the_way_to_take_it_back() {
    let demo = Demo::start().await;
    demo.stage(json!({"path": "*", "mode": "refuse"})).await;
    for path in ["/ws", "/api/monitoring/ws"] {
        assert!(demo.try_connect(path).await.is_err());
    }
    let banner = http::Request::get("/").body(axum::body::Body::empty()).expect("a request");
    assert!(demo.send(banner).await.is_err(), "the banner is refused too");
    assert_eq!(demo.get("/fault").await["faults"][0]["mode"], "refuse");
    assert_eq!(demo.ask(Method::DELETE, "/fault", "").await.1, json!({"cleared": 1}));
    hub(&demo).await.pong(b"back").await;
}

#[tokio::test]
async fn close_after_open_closes_each_session_at_that_age() {
    let demo = Demo::start().await;
    demo.stage(json!({"path": "/ws", "mode": "close_after_open", "value": 150})).await;
    let started = Instant::now();
    let mut client = demo.connect("/ws").await;
    assert_eq!(client.closed().await, (1011, "fault close_after_open".to_owned()));
    assert!(started.elapsed() >= Duration::from_millis(150));
}

#[tokio::test]
async fn silent_sessions_open_and_answer_nothing_until_the_fault_ends() {
    let demo = Demo::start().await;
    demo.stage(json!({"path": "/ws", "mode": "silent"})).await;
    let mut client = demo.connect("/ws").await;
    client.say(json!({"type": "ping"})).await;
    assert!(client.hears_nothing_for(Duration::from_millis(300)).await);
    demo.ask(Method::DELETE, "/fault?path=/ws", "").await;
    assert_eq!(client.next().await["type"], "connection_established");
    assert_eq!(client.next().await["type"], "pong", "what was said meanwhile is answered");
    client.pong(b"as before").await;
}

#[tokio::test]
async fn an_open_session_falls_silent_and_is_forgotten_when_its_client_leaves() {
    let demo = Demo::start().await;
    let mut client = hub(&demo).await;
    demo.stage(json!({"path": "/ws", "mode": "silent"})).await;
    client.say(json!({"type": "ping"})).await;
    assert!(client.hears_nothing_for(Duration::from_millis(200)).await);
    drop(client);
    in_time("the half-open session to end", async { while demo.get("/connections").await["count"] != 0 {} })
        .await;
}

#[tokio::test]
async fn slow_delays_the_upgrade_each_message_and_the_pong() {
    let demo = Demo::start().await;
    demo.stage(json!({"path": "/ws", "mode": "slow", "value": 120})).await;
    let delay = Duration::from_millis(120);
    let started = Instant::now();
    let mut client = demo.connect("/ws").await;
    assert!(started.elapsed() >= delay);
    client.next_of("connection_established").await;
    assert!(started.elapsed() >= 2 * delay);
    let started = Instant::now();
    client.pong(b"slowly").await;
    assert!(started.elapsed() >= delay);
    let started = Instant::now();
    client.say(json!({"type": "message", "id": 1})).await;
    client.next_of("message").await;
    assert!(started.elapsed() >= 2 * delay, "ack and echo");
}

#[tokio::test]
async fn a_fault_elsewhere_does_not_shorten_the_delay_and_taking_it_back_does() {
    let demo = Demo::start().await;
    let mut client = hub(&demo).await;
    demo.stage(json!({"path": "/ws", "mode": "slow", "value": 400})).await;
    let started = Instant::now();
    client.say(json!({"type": "ping"})).await;
    demo.stage(json!({"path": "/ws/news", "mode": "silent"})).await;
    client.next_of("pong").await;
    assert!(started.elapsed() >= Duration::from_millis(400), "{:?}", started.elapsed());

    demo.stage(json!({"path": "/ws", "mode": "slow", "value": 600_000})).await;
    client.say(json!({"type": "ping"})).await;
    demo.ask(Method::DELETE, "/fault", "").await;
    client.next_of("pong").await;
}

#[tokio::test]
async fn http_status_answers_upgrades_with_that_status() {
    let demo = Demo::start().await;
    let mut open = hub(&demo).await;
    for (status, code) in
        [(401, "AUTH_ERROR"), (404, "BAD_REQUEST"), (500, "INTERNAL_ERROR"), (503, "CONNECTION_ERROR")]
    {
        demo.stage(json!({"path": "/ws", "mode": "http_status", "value": status})).await;
        let (answered, body) = refused_upgrade(&demo, "/ws").await;
        assert_eq!(answered.as_u16(), status);
        // The client's library keeps only what came with the head, so ask for the body by itself.
        assert!(body.is_empty() || body.contains(code), "{body}");
        let (answered, body) = demo.ask(Method::GET, "/ws", "").await;
        assert_eq!((answered.as_u16(), &body["error"]["code"]), (status, &json!(code)));
    }
    assert!(matches!(open.ended().await, Ended::Abnormally));
}

#[tokio::test]
async fn no_websocket_answers_with_a_page() {
    let demo = Demo::start().await;
    demo.stage(json!({"path": "*", "mode": "no_websocket"})).await;
    let (status, _) = refused_upgrade(&demo, "/ws/sentiment").await;
    assert_eq!(status, StatusCode::OK);
    let (status, page) = demo.ask(Method::GET, "/ws/sentiment", "").await;
    assert_eq!(status, StatusCode::OK);
    assert!(page.as_str().expect("a page").contains("<title>Sign in"));
}

#[tokio::test]
async fn drop_random_loses_about_that_share_and_keeps_the_rest_in_order() {
    let demo = Demo::start().await;
    let mut client = hub(&demo).await;
    demo.stage(json!({"path": "/ws", "mode": "drop_random", "value": 0.5})).await;
    for n in 0..400 {
        client.say(json!({"n": n})).await;
    }
    // The pong comes after all that was said before the ping, and is never lost.
    client.socket.send(Message::Ping("end".into())).await.expect("sent");
    let mut kept: Vec<i64> = Vec::new();
    loop {
        match in_time("a frame", client.socket.next()).await {
            Some(Ok(Message::Text(text))) => {
                let echo: Value = serde_json::from_str(&text).expect("JSON");
                kept.push(echo["data"]["n"].as_i64().expect("a number"));
            }
            Some(Ok(Message::Pong(_))) => break,
            other => panic!("a frame, not {other:?}"),
        }
    }
    assert!((120..280).contains(&kept.len()), "{} of 400", kept.len());
    assert!(kept.is_sorted());
}

#[tokio::test]
async fn drop_random_of_1_loses_everything_but_pongs() {
    let demo = Demo::start().await;
    demo.stage(json!({"path": "/ws", "mode": "drop_random", "value": 1})).await;
    let mut client = demo.connect("/ws").await;
    client.say(json!({"type": "ping"})).await;
    client.socket.send(Message::Ping("end".into())).await.expect("sent");
    let first = in_time("a frame", client.socket.next()).await;
    assert!(matches!(first, Some(Ok(Message::Pong(_)))), "{first:?}");
}

#[tokio::test]
async fn a_timed_fault_ends_by_itself_and_is_no_longer_listed() {
    let demo = Demo::start().await;
    demo.stage(json!({"path": "/ws", "mode": "http_status", "value": 503, "for_ms": 1500})).await;
    let listed = demo.get("/fault").await;
    assert_eq!((&listed["faults"][0]["path"], &listed["faults"][0]["value"]), (&json!("/ws"), &json!(503)));
    assert!(listed["faults"][0]["remaining_ms"].as_u64().expect("a number") <= 1500);
    assert_eq!(refused_upgrade(&demo, "/ws").await.0, StatusCode::SERVICE_UNAVAILABLE);
    in_time("the fault to end", async { while demo.try_connect("/ws").await.is_err() {} }).await;
    assert_eq!(demo.get("/fault").await["faults"], json!([]));
}

#[tokio::test]
async fn a_timed_silence_ends_for_a_session_that_suffers_it() {
    let demo = Demo::start().await;
    demo.stage(json!({"path": "/ws", "mode": "silent", "for_ms": 300})).await;
    let started = Instant::now();
    assert_eq!(demo.connect("/ws").await.next().await["type"], "connection_established");
    assert!(started.elapsed() >= Duration::from_millis(300));
}
