//! Settings of a buffer that change while messages wait in it, and endpoints that are removed with them.

use agent::{
    Agent, AgentOptions,
    paths::{Environment, Paths},
    settings::SettingsStore,
};
use anyhow::{Context as _, Result, ensure};
use model::{BufferLevel, EndpointId};
use outbox::{AppendError, Fate, NewMessage, Outbox, OutboxOptions};
use serde_json::{Value, json};
use suites::{
    fault_proxy::FaultProxy,
    running_agent::{DEADLINE, RunningAgent},
};
use tokio::time::timeout;

use super::{
    clerk::{Clerk, Manner},
    config, numbers, pulse, send, until_nothing_waits,
};

fn buffer(durability: &str, max_messages: u64) -> Value {
    json!({ "buffer": { "durability": durability, "max_messages": max_messages } })
}

#[tokio::test]
async fn messages_in_memory_only_go_on_being_sent_when_the_bounds_change() -> Result<()> {
    let clerk = Clerk::start(Manner::default()).await?;
    let proxy = FaultProxy::before(clerk.address).await?;
    proxy.refuse().await?;
    let agent = RunningAgent::start(&config(&proxy.url(), buffer("memory", 5))).await?;
    let accepted = send(&agent, &numbers(0..5)).await?;
    assert_eq!(accepted[0].fate, Fate::Stored(BufferLevel::Memory));
    let full = agent.handle().append(&pulse(), vec![NewMessage::text("one too many")]).await?;
    ensure!(matches!(full, Err(AppendError::Full(_))), "{full:?}");
    agent.rewrite_config(&config(&proxy.url(), buffer("memory", 100)).to_string())?;
    suites::eventually(DEADLINE, "there is room for one more", async || {
        send(&agent, &numbers(5..6)).await.ok()
    })
    .await;
    proxy.accept().await?;
    until_nothing_waits(&agent).await?;
    assert_eq!(clerk.texts(), numbers(0..6));
    agent.shutdown().await;
    Ok(())
}

#[tokio::test]
async fn messages_in_memory_only_are_on_disk_once_the_settings_say_so() -> Result<()> {
    let clerk = Clerk::start(Manner::default()).await?;
    let proxy = FaultProxy::before(clerk.address).await?;
    proxy.refuse().await?;
    let agent = RunningAgent::start(&config(&proxy.url(), buffer("memory", 100))).await?;
    send(&agent, &numbers(0..5)).await?;
    let safer = config(&proxy.url(), buffer("power", 100));
    agent.rewrite_config(&safer.to_string())?;
    agent.until_first("the level is told", |endpoint| endpoint.outbox.level == BufferLevel::Power).await?;
    send(&agent, &numbers(5..8)).await?;
    let agent = agent.restart().await?;
    proxy.accept().await?;
    until_nothing_waits(&agent).await?;
    assert_eq!(clerk.texts(), numbers(0..8));
    agent.shutdown().await;
    Ok(())
}

#[tokio::test]
async fn the_buffers_of_removed_endpoints_are_closed_when_the_agent_has_ended() -> Result<()> {
    let home = tempfile::tempdir()?;
    let paths = Paths::under(home.path());
    let ids: Vec<EndpointId> = (0..24).filter_map(|number| format!("one-{number}").parse().ok()).collect();
    // Nobody listens at port 9.
    let connections: serde_json::Map<String, Value> =
        ids.iter().map(|id| (id.to_string(), json!({ "url": "ws://127.0.0.1:9/" }))).collect();
    let config = |connections: Value| {
        json!({ "websocket": { "connections": connections }, "gateway": { "enabled": false } }).to_string()
    };
    std::fs::write(&paths.config_file, config(Value::Object(connections)))?;
    let managed = home.path().join("managed.json");
    let settings = SettingsStore::with_managed(&paths, managed, Environment::new());
    let options = AgentOptions { paths: paths.clone(), settings, log_level: None, problems: Vec::new() };
    let agent = Agent::start(options).await?;
    for id in &ids {
        let messages = numbers(0..50).into_iter().map(NewMessage::text).collect();
        agent.handle().append(id, messages).await??;
    }
    let fresh = home.path().join("fresh.json");
    std::fs::write(&fresh, config(json!({})))?;
    std::fs::rename(fresh, &paths.config_file)?;
    // Told by the supervisor itself, so that the end comes while they are being closed.
    let removed = async { while agent.handle().outbox(&ids[0]).await.is_ok() {} };
    timeout(DEADLINE, removed).await.context("removed")?;
    agent.shutdown().await;
    for id in &ids {
        let folder = paths.data.join("buffer").join(id.as_str());
        let (outbox, report) = Outbox::open(folder, OutboxOptions::new(id.as_str())).await?;
        ensure!(report.clean && report.queued == 50, "{id}: {report:?}");
        outbox.close().await;
    }
    Ok(())
}
