//! A real agent on the six demo endpoints: server stopped, restarted, moved.

use std::{net::SocketAddr, time::Duration};

use agent::{Action, Target};
use anyhow::Result;
use demo::{DemoOptions, DemoServer};
use model::{EndpointState as S, Overall, Reason};
use serde_json::{Value, json};
use suites::{Stopwatch, running_agent::RunningAgent};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

const PATHS: [(&str, &str); 6] = [
    ("monitoring", "/api/monitoring/ws"),
    ("market", "/ws/market_data"),
    ("news", "/ws/news"),
    ("sentiment", "/ws/sentiment"),
    ("models", "/ws/huggingface"),
    ("hub", "/ws"),
];

/// A demo server that can be stopped.
struct Demo {
    address: SocketAddr,
    stop: CancellationToken,
    task: JoinHandle<Result<(), demo::DemoError>>,
}

impl Demo {
    async fn start(listen: SocketAddr) -> Result<Self> {
        let server = DemoServer::bind(DemoOptions { listen, pace: 0.02, ..DemoOptions::default() }).await?;
        let (address, stop) = (server.local_addr(), CancellationToken::new());
        Ok(Self { address, task: tokio::spawn(server.serve(stop.clone())), stop })
    }

    async fn any_port() -> Result<Self> {
        Self::start(SocketAddr::from(([127, 0, 0, 1], 0))).await
    }

    async fn stop(self) -> Result<()> {
        self.stop.cancel();
        Ok(self.task.await??)
    }
}

fn config(address: SocketAddr) -> Value {
    let connections: serde_json::Map<String, Value> = PATHS
        .iter()
        .map(|(id, path)| {
            let mut endpoint = json!({ "url": format!("ws://{address}{path}") });
            if *id == "market" {
                endpoint["on_connect"] = json!([{ "action": "subscribe", "symbols": ["BTC"] }]);
            }
            ((*id).to_owned(), endpoint)
        })
        .collect();
    json!({ "websocket": { "connections": connections }, "gateway": { "enabled": false } })
}

#[tokio::test]
async fn six_endpoints_connect_and_bring_live_data() -> Result<()> {
    let demo = Demo::any_port().await?;
    let agent = RunningAgent::start(&config(demo.address)).await?;
    let snapshot = agent.until_all(S::Connected).await?;
    assert_eq!(snapshot.endpoints.len(), 6);
    assert_eq!(snapshot.overall, Overall::Connected);
    for (id, _) in PATHS {
        let id: model::EndpointId = id.parse()?;
        agent
            .until(&format!("a message from {id}"), |snapshot| {
                snapshot.endpoints.iter().any(|endpoint| endpoint.id == id && endpoint.counters.received > 0)
            })
            .await?;
        let messages = agent.handle().messages(id.clone(), 100).await?;
        assert!(messages.iter().all(|message| message.data.is_object()), "{id}: {messages:?}");
    }
    agent.shutdown().await;
    demo.stop().await
}

#[tokio::test]
async fn a_stopped_server_turns_all_to_reconnecting_and_a_started_one_brings_them_back_in_three_seconds()
-> Result<()> {
    let demo = Demo::any_port().await?;
    let address = demo.address;
    let agent = RunningAgent::start(&config(address)).await?;
    agent.until_all(S::Connected).await?;
    demo.stop().await?;
    let down = agent.until_all(S::Reconnecting).await?;
    assert_eq!(down.overall, Overall::Down);
    agent
        .until("the budget of tries is spent", |snapshot| {
            // Six at once for all of them together, and then one in five seconds.
            snapshot.endpoints.iter().map(|one| one.attempt).sum::<u32>() >= 7
        })
        .await?;

    let demo = Demo::start(address).await?;
    let back = Stopwatch::start();
    agent.until_all(S::Connected).await?;
    assert!(back.elapsed() < Duration::from_secs(3), "back after {:?}", back.elapsed());
    agent.shutdown().await;
    demo.stop().await
}

#[tokio::test]
async fn a_moved_server_is_followed_when_the_file_says_so() -> Result<()> {
    let (old, new) = (Demo::any_port().await?, Demo::any_port().await?);
    let agent = RunningAgent::start(&config(old.address)).await?;
    agent.until_all(S::Connected).await?;
    old.stop().await?;
    agent.rewrite_config(&config(new.address).to_string())?;
    let host = format!("ws://{}", new.address);
    let snapshot = agent
        .until("connected to the new address", |snapshot| {
            snapshot.endpoints.iter().all(|one| one.state == S::Connected && one.host == host)
        })
        .await?;
    assert!(snapshot.problems.is_empty(), "{:?}", snapshot.problems);
    agent.shutdown().await;
    new.stop().await
}

#[tokio::test]
async fn a_paused_endpoint_stays_away_until_resumed() -> Result<()> {
    let demo = Demo::any_port().await?;
    let agent = RunningAgent::start(&config(demo.address)).await?;
    agent.until_all(S::Connected).await?;
    let hub = Target::One("hub".parse()?);
    agent.handle().control(hub.clone(), Action::Pause).await?;
    let is_hub = |state: S, reason| {
        move |snapshot: &model::StatusSnapshot| {
            snapshot
                .endpoints
                .iter()
                .any(|one| one.id.as_str() == "hub" && one.state == state && one.reason == reason)
        }
    };
    let paused = agent.until("the hub is paused", is_hub(S::Disconnected, Some(Reason::Paused))).await?;
    assert_eq!(paused.overall, Overall::Connected, "what somebody paused is not down");
    agent.handle().control(Target::All, Action::Reconnect).await?;
    agent
        .until("the others reconnected", |snapshot| {
            snapshot
                .endpoints
                .iter()
                .filter(|one| one.id.as_str() != "hub")
                .all(|one| one.counters.reconnects == 1)
        })
        .await?;
    assert!(is_hub(S::Disconnected, Some(Reason::Paused))(&agent.handle().status()));
    agent.handle().control(hub, Action::Resume).await?;
    agent.until("the hub is back", is_hub(S::Connected, None)).await?;
    agent.shutdown().await;
    demo.stop().await
}
