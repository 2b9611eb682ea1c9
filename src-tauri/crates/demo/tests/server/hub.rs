//! The hub at `/ws` and the registry of connections.

use std::time::{Duration, Instant};

use demo::DemoOptions;
use futures_util::{SinkExt, StreamExt};
use jiff::Timestamp;
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Message;

use crate::client::{Demo, in_time, loopback};

#[tokio::test]
async fn the_hub_greets_first_with_an_id_of_its_own() {
    let demo = Demo::start().await;
    let (mut one, mut other) = (demo.connect("/ws").await, demo.connect("/ws").await);
    let (first, second) = (one.next().await, other.next().await);
    assert_eq!(first["type"], "connection_established");
    let id = first["data"]["connection_id"].as_str().expect("an id");
    assert!(!id.is_empty());
    assert_ne!(first["data"]["connection_id"], second["data"]["connection_id"]);
}

#[tokio::test]
async fn a_message_is_echoed_and_one_with_an_id_acknowledged_first() {
    let demo = Demo::start().await;
    let mut client = demo.connect("/ws").await;
    client.next_of("connection_established").await;

    client.say(json!({"type": "message", "data": {"text": "hello"}})).await;
    let echo = client.next().await;
    assert_eq!((&echo["type"], &echo["data"]), (&json!("message"), &json!({"text": "hello"})));
    assert!(echo.get("id").is_none());

    client.say(json!({"type": "message", "id": "m-1", "data": [1, 2]})).await;
    let ack = client.next().await;
    assert_eq!((&ack["type"], &ack["id"]), (&json!("ack"), &json!("m-1")));
    let echo = client.next().await;
    assert_eq!(
        (&echo["type"], &echo["id"], &echo["data"]),
        (&json!("message"), &json!("m-1"), &json!([1, 2]))
    );

    client.say(json!({"id": 9, "reading": 21.5})).await;
    let ack = client.next().await;
    assert_eq!((&ack["type"], &ack["id"]), (&json!("ack"), &json!(9)));
    assert_eq!(client.next().await["data"], json!({"id": 9, "reading": 21.5}));
}

#[tokio::test]
async fn bytes_are_echoed_as_bytes() {
    let demo = Demo::start().await;
    let mut client = demo.connect("/ws").await;
    client.next_of("connection_established").await;
    client.socket.send(Message::binary(vec![0, 159, 146, 150])).await.expect("sent");
    let echo = in_time("an echo", client.socket.next()).await.expect("open").expect("a frame");
    assert_eq!(echo, Message::binary(vec![0, 159, 146, 150]));
}

#[tokio::test]
async fn connections_are_listed_while_they_last() {
    let demo = Demo::start().await;
    let mut hub = demo.connect("/ws").await;
    let id = hub.next().await["data"]["connection_id"].clone();
    let news = demo.connect("/ws/news").await;
    let listed = demo.get("/connections").await;
    assert_eq!(listed["count"], 2);

    let find = |listed: &Value| {
        let all = listed["connections"].as_array().expect("a list").clone();
        all.into_iter().find(|connection| connection["id"] == id).expect("the hub's connection")
    };
    let connection = find(&listed);
    assert_eq!(connection["path"], "/ws");
    assert_eq!(connection["user_agent"], "demo-tests/1");
    assert!(connection["client_address"].as_str().expect("text").starts_with("127.0.0.1:"));
    let time = |connection: &Value, field: &str| {
        connection[field].as_str().expect("text").parse::<Timestamp>().expect("RFC 3339")
    };
    let since = time(&connection, "since");

    // Heard again at a later millisecond: `last_seen` moves, `since` stays.
    let moved = async {
        loop {
            hub.say(json!({"type": "ping"})).await;
            hub.next_of("pong").await;
            let connection = find(&demo.get("/connections").await);
            if time(&connection, "last_seen") > since {
                return time(&connection, "since");
            }
        }
    };
    assert_eq!(in_time("a later last_seen", moved).await, since);

    drop(news);
    in_time("the closed one to leave", async { while demo.get("/connections").await["count"] != 1 {} }).await;
}

#[tokio::test]
async fn a_silent_client_of_the_hub_is_closed_and_a_pinging_one_is_not() {
    // 60 s at this pace are 1.2 s.
    let demo = Demo::with(DemoOptions { listen: loopback(), seed: Some(1), pace: 0.02 }).await;
    let (mut idle, mut busy) = (demo.connect("/ws").await, demo.connect("/ws").await);
    let mut feed = demo.connect("/ws/market_data").await;
    let started = Instant::now();
    let pinging = async {
        while started.elapsed() < Duration::from_millis(2_500) {
            busy.pong(b"here").await;
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    let (closed, ()) = tokio::join!(idle.closed(), pinging);
    assert_eq!(closed, (1001, "idle".to_owned()));
    assert!(started.elapsed() >= Duration::from_millis(1_200));
    busy.pong(b"still here").await;
    feed.pong(b"feeds have no idle limit").await;
}
