//! A real agent against servers we did not write, over TLS with a CA file of the test's own.

use std::{sync::Arc, time::Duration};

use agent::{
    Agent, AgentHandle, AgentOptions,
    paths::Paths,
    settings::{Environment, SettingsStore},
};
use anyhow::{Context, ensure};
use model::{EndpointId, EndpointSnapshot, EndpointState, ErrorCode, MessageFormat, StatusSnapshot};
use serde_json::{Value, json};
use suites::{Authority, DEADLINE, Peer, PeerKind, TempHome, eventually};
use tokio::time::{Instant, timeout};

/// From a server that listens again to a connected endpoint.
const BACK_WITHIN: Duration = Duration::from_secs(3);

/// One agent with one endpoint, a foreign server, and the authority both know.
struct Stage {
    peer: Peer,
    agent: Agent,
    _authority: Authority,
    _home: TempHome,
}

impl Stage {
    /// `None`, said aloud, when this computer lacks what the server needs.
    async fn set(kind: PeerKind) -> anyhow::Result<Option<Self>> {
        if let Some(program) = kind.missing() {
            eprintln!(
                "SKIPPED: {program} is not installed, so the agent was not tried against {}",
                kind.name()
            );
            return Ok(None);
        }
        let authority = Authority::new()?;
        let peer = Peer::start(kind, authority.issue(kind.name())?).await?;
        let url = format!("wss://localhost:{}/", peer.port());
        let home = TempHome::with_config(&config(&url, Some(&authority)))?;
        let agent = start(&home).await?;
        Ok(Some(Self {
            peer,
            agent,
            _authority: authority,
            _home: home,
        }))
    }

    fn handle(&self) -> AgentHandle {
        self.agent.handle()
    }
}

fn config(url: &str, authority: Option<&Authority>) -> Value {
    let mut endpoint = json!({
        "url": url,
        "on_connect": [{"type": "hello", "from": "on_connect"}],
    });
    if let Some(authority) = authority {
        endpoint["tls"] = json!({"ca_file": authority.ca_file()});
    }
    json!({
        "websocket": {"connections": {"peer": endpoint}},
        "gateway": {"enabled": false},
    })
}

async fn start(home: &TempHome) -> anyhow::Result<Agent> {
    let paths = Paths::under(home.path());
    // Of the test's own: the environment and the managed file of this computer must not decide here.
    let settings =
        SettingsStore::with_managed(&paths, home.path().join("managed.json"), Environment::default());
    Ok(Agent::start(AgentOptions {
        paths,
        settings,
        problems: Vec::new(),
    })
    .await?)
}

fn id() -> EndpointId {
    "peer".parse().expect("a valid id")
}

/// Waits until the endpoint is in this state.
async fn until(
    handle: &AgentHandle,
    state: EndpointState,
    within: Duration,
) -> anyhow::Result<EndpointSnapshot> {
    let mut status = handle.watch_status();
    let find = |snapshot: &Arc<StatusSnapshot>| {
        snapshot
            .endpoints
            .iter()
            .find(|endpoint| endpoint.state == state)
            .cloned()
    };
    let found = timeout(within, status.wait_for(|snapshot| find(snapshot).is_some())).await;
    let found = found
        .with_context(|| format!("not {state:?} within {within:?}: {:?}", handle.status().endpoints))??;
    find(&found).context("it was there a moment ago")
}

/// Waits for a message in the ring of which this is true.
async fn received(handle: &AgentHandle, what: &str, wanted: impl Fn(&Value) -> bool) -> Value {
    eventually(DEADLINE, what, async || {
        let ring = handle.messages(id(), 100).await.expect("the agent runs");
        ring.into_iter()
            .filter(|message| message.format == MessageFormat::Json)
            .map(|message| message.data)
            .find(|data| wanted(data))
    })
    .await
}

/// The whole way with one server: connected, messages seen, server gone by `end`, back on the same port.
async fn survives(
    kind: PeerKind,
    end: impl AsyncFnOnce(&mut Peer) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let Some(mut stage) = Stage::set(kind).await? else {
        return Ok(());
    };
    let handle = stage.handle();

    until(&handle, EndpointState::Connected, DEADLINE).await?;
    received(&handle, "a tick", |data| {
        data["type"] == "tick" && data["peer"] == kind.name()
    })
    .await;
    received(&handle, "the echo of on_connect", |data| {
        data["from"] == "on_connect"
    })
    .await;
    received(&handle, "a later tick", |data| data["number"].as_u64() >= Some(3)).await;

    end(&mut stage.peer).await?;
    let down = until(&handle, EndpointState::Reconnecting, DEADLINE).await?;
    ensure!(down.last_error.is_some(), "a reason is given");
    let before = handle
        .messages(id(), 100)
        .await?
        .last()
        .map_or(0, |message| message.seq);

    stage.peer.restart().await?;
    let ready = Instant::now();
    let up = until(&handle, EndpointState::Connected, DEADLINE).await?;
    let took = ready.elapsed();
    ensure!(
        took <= BACK_WITHIN,
        "connected {took:?} after {} was ready",
        kind.name()
    );
    ensure!(
        up.counters.connections >= 2,
        "a second session: {:?}",
        up.counters
    );
    eventually(DEADLINE, "messages of the new session", async || {
        let ring = handle.messages(id(), 100).await.expect("the agent runs");
        ring.last().filter(|message| message.seq > before).map(|_| ())
    })
    .await;

    stage.agent.shutdown().await;
    stage.peer.terminate().await
}

#[tokio::test]
async fn the_agent_survives_a_killed_websockets_server() -> anyhow::Result<()> {
    survives(PeerKind::Websockets, Peer::kill).await
}

#[tokio::test]
async fn the_agent_survives_a_killed_ws_server() -> anyhow::Result<()> {
    survives(PeerKind::Ws, Peer::kill).await
}

#[tokio::test]
async fn the_agent_survives_a_websockets_server_that_shuts_down_politely() -> anyhow::Result<()> {
    survives(PeerKind::Websockets, Peer::terminate).await
}

#[tokio::test]
async fn the_agent_survives_a_ws_server_that_shuts_down_politely() -> anyhow::Result<()> {
    survives(PeerKind::Ws, Peer::terminate).await
}

#[tokio::test]
async fn without_the_ca_file_a_foreign_server_is_not_trusted() -> anyhow::Result<()> {
    let Some(stage) = Stage::set(PeerKind::Ws).await? else {
        return Ok(());
    };
    let url = format!("wss://127.0.0.1:{}/", stage.peer.port());
    let home = TempHome::with_config(&config(&url, None))?;
    let agent = start(&home).await?;
    let handle = agent.handle();
    let error = eventually(DEADLINE, "a TLS error", async || {
        handle.status().endpoints[0].last_error.clone()
    })
    .await;
    ensure!(error.code == ErrorCode::TlsUntrusted, "{error:?}");
    ensure!(handle.messages(id(), 100).await?.is_empty());
    agent.shutdown().await;
    stage.agent.shutdown().await;
    Ok(())
}
