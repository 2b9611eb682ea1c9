//! A real agent against servers we did not write, over TLS with a CA file of the test's own.

use std::{
    io::{self, Write as _},
    time::Duration,
};

use anyhow::{Result, ensure};
use model::{EndpointId, EndpointState as S, ErrorCode, MessageFormat};
use serde_json::{Value, json};
use suites::{
    Authority, Peer, PeerKind, eventually,
    running_agent::{DEADLINE, RunningAgent},
};
use tokio::time::Instant;

/// From a server that listens again to a connected endpoint.
const BACK_WITHIN: Duration = Duration::from_secs(3);

/// An agent with one endpoint, a foreign server, and the authority both know.
struct Stage {
    peer: Peer,
    agent: RunningAgent,
    _authority: Authority,
}

impl Stage {
    /// `None`, said aloud, when this computer lacks what the server needs.
    async fn set(kind: PeerKind) -> Result<Option<Self>> {
        if let Some(program) = kind.missing() {
            // Written past the test harness, which would keep the words of a passing test to itself.
            writeln!(io::stderr(), "SKIPPED: no {program}, so no agent was tried against {}", kind.name())?;
            return Ok(None);
        }
        let authority = Authority::new()?;
        let peer = Peer::start(kind, authority.issue(kind.name())?).await?;
        let url = format!("wss://localhost:{}/", peer.port());
        let agent = RunningAgent::start(&config(&url, json!({"ca_file": authority.ca_file()}))).await?;
        Ok(Some(Self { peer, agent, _authority: authority }))
    }

    /// Waits until the ring holds a JSON message of which this is true.
    async fn shows(&self, what: &str, wanted: impl Fn(&Value) -> bool) {
        let handle = self.agent.handle();
        eventually(DEADLINE, what, async || {
            let ring = handle.messages(id(), 100).await.expect("the agent runs");
            ring.iter().find(|shown| shown.format == MessageFormat::Json && wanted(&shown.data)).map(|_| ())
        })
        .await;
    }

    /// The newest message of the ring by its number.
    async fn newest(&self) -> Result<u64> {
        Ok(self.agent.handle().messages(id(), 1).await?.last().map_or(0, |message| message.seq))
    }
}

fn config(url: &str, tls: Value) -> Value {
    let endpoint = json!({"url": url, "tls": tls, "on_connect": [{"type": "hello", "from": "on_connect"}]});
    json!({"websocket": {"connections": {"peer": endpoint}}, "gateway": {"enabled": false}})
}

fn id() -> EndpointId {
    "peer".parse().expect("a valid id")
}

/// The whole way with one server: connected, messages seen, server gone by `end`, back on the same port.
async fn survives(kind: PeerKind, end: impl AsyncFnOnce(&mut Peer) -> Result<()>) -> Result<()> {
    let Some(mut stage) = Stage::set(kind).await? else {
        return Ok(());
    };
    stage.agent.until_all(S::Connected).await?;
    stage.shows("a tick", |data| data["type"] == "tick" && data["peer"] == kind.name()).await;
    stage.shows("the echo of on_connect", |data| data["from"] == "on_connect").await;
    stage.shows("a later tick", |data| data["number"].as_u64() >= Some(3)).await;

    end(&mut stage.peer).await?;
    let down = stage.agent.until_first("down", |endpoint| endpoint.state == S::Reconnecting).await?;
    ensure!(down.last_error.is_some(), "the outage has a reason: {down:?}");
    let before = stage.newest().await?;

    stage.peer.restart().await?;
    let ready = Instant::now();
    let up = stage.agent.until_first("up again", |endpoint| endpoint.state == S::Connected).await?;
    let took = ready.elapsed();
    ensure!(took <= BACK_WITHIN, "connected {took:?} after {} was ready", kind.name());
    ensure!(up.counters.connections >= 2, "a second session: {:?}", up.counters);
    eventually(DEADLINE, "messages of the new session", async || {
        (stage.newest().await.expect("the agent runs") > before).then_some(())
    })
    .await;

    stage.agent.shutdown().await;
    stage.peer.terminate().await
}

#[tokio::test]
async fn the_agent_survives_a_killed_websockets_server() -> Result<()> {
    survives(PeerKind::Websockets, Peer::kill).await
}

#[tokio::test]
async fn the_agent_survives_a_killed_ws_server() -> Result<()> {
    survives(PeerKind::Ws, Peer::kill).await
}

#[tokio::test]
async fn the_agent_survives_a_websockets_server_that_shuts_down_politely() -> Result<()> {
    survives(PeerKind::Websockets, Peer::terminate).await
}

#[tokio::test]
async fn the_agent_survives_a_ws_server_that_shuts_down_politely() -> Result<()> {
    survives(PeerKind::Ws, Peer::terminate).await
}

#[tokio::test]
async fn without_the_ca_file_a_foreign_server_is_not_trusted() -> Result<()> {
    let Some(stage) = Stage::set(PeerKind::Ws).await? else {
        return Ok(());
    };
    let url = format!("wss://127.0.0.1:{}/", stage.peer.port());
    let stranger = RunningAgent::start(&config(&url, json!({}))).await?;
    let refused = stranger.until_first("an error", |endpoint| endpoint.last_error.is_some()).await?;
    let error = refused.last_error.map(|error| error.code);
    ensure!(error == Some(ErrorCode::TlsUntrusted), "{error:?}");
    ensure!(stranger.handle().messages(id(), 100).await?.is_empty());
    stranger.shutdown().await;
    stage.agent.shutdown().await;
    Ok(())
}
