//! Start and end: shutdown, restart on the same port, joining a running demo, moving away from a stranger.

use std::time::{Duration, Instant};

use demo::{DemoError, DemoOptions, DemoPath, DemoServer, start_or_join};
use serde_json::json;
use tokio::net::{TcpListener, TcpStream};

use crate::client::{Demo, in_time, loopback};

#[tokio::test]
async fn shutdown_closes_every_path_with_1001_within_2_seconds() {
    let demo = Demo::start().await;
    let mut clients = Vec::new();
    for path in DemoPath::ALL {
        clients.push(demo.connect(path.as_str()).await);
    }
    let waiting: Vec<_> =
        clients.into_iter().map(|mut client| tokio::spawn(async move { client.closed().await })).collect();
    let started = Instant::now();
    demo.stop.cancel();
    for client in waiting {
        assert_eq!(client.await.expect("a close frame"), (1001, "server shutting down".to_owned()));
    }
    demo.served.await.expect("no panic").expect("a clean end");
    assert!(started.elapsed() < Duration::from_secs(2), "{:?}", started.elapsed());
    assert!(TcpStream::connect(demo.addr).await.is_err(), "nobody listens any more");
}

#[tokio::test]
async fn clients_that_do_not_answer_do_not_hold_the_shutdown_up() {
    let demo = Demo::start().await;
    let deaf = demo.connect("/ws").await;
    let half_sent = TcpStream::connect(demo.addr).await.expect("a connection");
    half_sent.try_write(b"GET /ws HTTP/1.1\r\nHost: ").expect("sent");
    demo.stage(json!({"path": "/ws/news", "mode": "silent"})).await;
    let silent = demo.connect("/ws/news").await;
    demo.stage(json!({"path": "/ws/sentiment", "mode": "slow", "value": 600_000})).await;
    let stuck = TcpStream::connect(demo.addr).await.expect("a connection");
    stuck.try_write(b"GET /ws/sentiment HTTP/1.1\r\nHost: x\r\n\r\n").expect("sent");
    let started = Instant::now();
    demo.stop.cancel();
    in_time("the end", demo.served).await.expect("no panic").expect("a clean end");
    assert!(started.elapsed() < Duration::from_secs(3), "{:?}", started.elapsed());
    drop((deaf, half_sent, silent, stuck));
}

#[tokio::test]
async fn a_stopped_server_starts_again_on_the_same_port_at_once() {
    let demo = Demo::start().await;
    let mut client = demo.connect("/ws").await;
    demo.stop.cancel();
    client.closed().await;
    demo.served.await.expect("no panic").expect("a clean end");
    let again = Demo::with(DemoOptions { listen: demo.addr, ..DemoOptions::default() }).await;
    assert_eq!(again.connect("/ws").await.next().await["type"], "connection_established");
}

#[tokio::test]
async fn dropping_the_served_future_ends_its_sessions() {
    let demo = Demo::start().await;
    let mut client = demo.connect("/ws").await;
    client.next().await;
    demo.served.abort();
    client.ended().await;
}

#[tokio::test]
async fn a_taken_port_is_an_error_that_names_it() {
    let demo = Demo::start().await;
    let error = DemoServer::bind(DemoOptions { listen: demo.addr, ..DemoOptions::default() })
        .await
        .expect_err("taken");
    assert!(matches!(error, DemoError::InUse { address } if address == demo.addr));
    assert!(error.to_string().contains(&demo.addr.to_string()));
}

#[tokio::test]
async fn the_banner_says_who_it_is_and_lists_the_paths() {
    let demo = Demo::start().await;
    let banner = demo.get("/").await;
    assert_eq!((&banner["name"], &banner["simulated"]), (&json!("linekeeper-demo"), &json!(true)));
    let paths: Vec<&str> = banner["paths"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|path| path["path"].as_str().expect("text"))
        .collect();
    assert_eq!(paths, DemoPath::ALL.map(DemoPath::as_str));
}

#[tokio::test]
async fn a_running_demo_is_joined_and_outlives_the_one_who_joined() {
    let demo = Demo::start().await;
    let joined = start_or_join(demo.addr).await.expect("joined");
    assert_eq!((joined.addr, joined.joined), (demo.addr, true));
    joined.shutdown().await.expect("nothing to stop");
    assert_eq!(demo.connect("/ws").await.next().await["type"], "connection_established");
}

#[tokio::test]
async fn a_port_taken_by_a_stranger_makes_it_move_and_shutdown_stops_it() {
    let stranger = TcpListener::bind(loopback()).await.expect("a free port");
    let taken = stranger.local_addr().expect("an address");
    let started = start_or_join(taken).await.expect("started elsewhere");
    assert!(!started.joined && started.addr != taken && started.addr.ip() == taken.ip());
    let address = started.addr;
    assert!(TcpStream::connect(address).await.is_ok());
    started.shutdown().await.expect("a clean end");
    assert!(TcpStream::connect(address).await.is_err());
}

#[tokio::test]
async fn a_free_port_is_taken_and_dropping_the_session_stops_the_server() {
    let started = start_or_join(loopback()).await.expect("started");
    let address = started.addr;
    assert!(!started.joined);
    drop(started);
    in_time("the server to end", async { while TcpStream::connect(address).await.is_ok() {} }).await;
}
