//! Messages handed to a real agent, with real files, until a real server has them: what was accepted arrives, in order,
//! whatever happens in between.

mod acknowledged;
mod clerk;
mod lasting;
mod line;
mod storm;
mod terms;

use agent::Events;
use anyhow::{Context as _, Result};
use model::{AgentEvent, Delivery, EndpointId, EndpointSnapshot};
use outbox::{Accepted, NewMessage};
use serde_json::{Value, json};
use suites::{
    eventually,
    running_agent::{DEADLINE, RunningAgent},
};
use tokio::time::timeout;

fn pulse() -> EndpointId {
    "pulse".parse().expect("an id")
}

/// One endpoint with these further keys, which heals quickly.
fn config(url: &str, further: Value) -> Value {
    let mut endpoint = json!({
        "url": url,
        "reconnection": { "initial_delay": 100, "max_delay": 300, "max_attempts": 0 },
        "heartbeat": { "interval": 1_000, "timeout": 2_000 },
    });
    if let (Value::Object(endpoint), Value::Object(further)) = (&mut endpoint, further) {
        endpoint.extend(further);
    }
    json!({ "websocket": { "connections": { "pulse": endpoint } }, "gateway": { "enabled": false } })
}

fn numbers(range: std::ops::Range<usize>) -> Vec<String> {
    range.map(|number| format!("message {number}")).collect()
}

/// Hands texts over, 50 at a time.
async fn send(agent: &RunningAgent, texts: &[String]) -> Result<Vec<Accepted>> {
    let mut accepted = Vec::new();
    for batch in texts.chunks(50) {
        let messages = batch.iter().map(NewMessage::text).collect();
        accepted.extend(agent.handle().append(&pulse(), messages).await??);
    }
    Ok(accepted)
}

/// The next so many deliveries.
async fn deliveries(events: &mut Events, count: usize) -> Result<Vec<Delivery>> {
    let mut found = Vec::new();
    while found.len() < count {
        let event = timeout(DEADLINE, events.recv()).await;
        let event = event.with_context(|| format!("{} of {count} deliveries were told", found.len()))??;
        if let AgentEvent::Delivered(delivery) = event {
            found.push(delivery);
        }
    }
    Ok(found)
}

/// Asks the buffer itself; then waits until the status says so as well.
async fn until_nothing_waits(agent: &RunningAgent) -> Result<EndpointSnapshot> {
    eventually(DEADLINE, "an empty buffer", async || {
        // Asked for anew: it may have been opened anew.
        let stats = agent.handle().outbox(&pulse()).await.ok()?.stats().await.ok()?;
        (stats.tally.queued == stats.unsettled).then_some(())
    })
    .await;
    agent.until_first("nothing waits", |endpoint| endpoint.outbox.queued == 0).await
}
