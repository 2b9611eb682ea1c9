//! Whatever comes in whatever order: lines that break or vanish, servers that refuse, pauses, other links, other bounds,
//! other proofs, agents that end and start. `LINEKEEPER_SEED` repeats a run.

use std::{collections::HashSet, time::Duration};

use agent::{Action, Target};
use anyhow::{Context as _, Result, ensure};
use fastrand::Rng;
use outbox::{MessageId, NewMessage};
use serde_json::json;
use suites::{
    fault_proxy::{FaultProxy, Treatment},
    running_agent::RunningAgent,
    seed,
};
use tokio::time::sleep;

use super::{
    clerk::{Clerk, Manner},
    config, pulse, until_nothing_waits,
};

/// Rounds of sending and trouble.
const ROUNDS: usize = 24;

struct Storm {
    chance: Rng,
    proxy: FaultProxy,
    agent: RunningAgent,
    accepted: Vec<MessageId>,
}

impl Storm {
    /// Some messages, each with an id of its own, repeated until they are accepted.
    async fn send(&mut self) -> Result<()> {
        let next = self.accepted.len();
        let ids = (next..next + self.chance.usize(1..60)).map(|number| Ok(format!("m-{number}").parse()?));
        let ids = ids.collect::<Result<Vec<MessageId>>>()?;
        let messages: Vec<_> =
            ids.iter().map(|id| NewMessage::text(id.to_string()).with_id(id.clone())).collect();
        self.agent.handle().append(&pulse(), messages).await??;
        self.accepted.extend(ids);
        Ok(())
    }

    async fn trouble(mut self) -> Result<Self> {
        match self.chance.u8(0..9) {
            0 | 1 => self.proxy.cut(self.chance.bool()),
            2 => {
                self.proxy.treat_both(Treatment::Swallow);
                self.rest(400).await;
                self.proxy.cut(true);
                self.proxy.treat_both(Treatment::Pass);
            }
            3 => {
                self.proxy.refuse().await?;
                self.proxy.cut(true);
                self.rest(300).await;
                self.proxy.accept().await?;
            }
            4 => {
                self.agent.handle().control(Target::All, Action::Pause).await?;
                self.rest(200).await;
                self.agent.handle().control(Target::All, Action::Resume).await?;
            }
            5 | 6 => {
                let buffer = match self.chance.bool() {
                    true => json!({ "ack": "app", "ack_pointer": "/ack", "max_messages": 90_000 }),
                    false => json!({ "durability": "process" }),
                };
                let round = self.chance.u8(0..3).to_string();
                let further = json!({ "envelope": true, "buffer": buffer, "headers": { "X-Round": round } });
                self.agent.rewrite_config(&config(&self.proxy.url(), further).to_string())?;
            }
            7 => self.agent = self.agent.restart().await?,
            _ => {}
        }
        Ok(self)
    }

    async fn rest(&mut self, most: u64) {
        sleep(Duration::from_millis(self.chance.u64(0..most))).await;
    }
}

#[tokio::test]
async fn no_weather_loses_a_message_or_changes_the_order() -> Result<()> {
    let seed = seed()?;
    println!("LINEKEEPER_SEED={seed}");
    let clerk = Clerk::start(Manner { acks: true, ..Manner::default() }).await?;
    let proxy = FaultProxy::before(clerk.address).await?;
    let agent = RunningAgent::start(&config(&proxy.url(), json!({ "envelope": true }))).await?;
    let mut storm = Storm { chance: Rng::with_seed(seed), proxy, agent, accepted: Vec::new() };
    for _ in 0..ROUNDS {
        storm.send().await?;
        storm.rest(400).await;
        storm = storm.trouble().await?;
    }
    let Storm { agent, accepted, .. } = storm;
    // So much trouble may have made the link careful for a minute.
    agent.handle().control(Target::All, Action::Reconnect).await?;
    until_nothing_waits(&agent).await?;
    let stats = agent.handle().outbox(&pulse()).await?.stats().await?;
    ensure!(stats.dead == 0 && stats.tally.expired == 0, "{stats:?}");
    let mut seen = HashSet::new();
    let mut firsts = Vec::new();
    for note in clerk.notes() {
        let envelope = note.json();
        let id = envelope["id"].as_str().context("an id")?.to_owned();
        assert_eq!(envelope["data"], id);
        match seen.insert(id.clone()) {
            true => firsts.push(id),
            false => ensure!(envelope["redelivered"] == true, "unmarked repetition: {envelope}"),
        }
    }
    let accepted: Vec<String> = accepted.iter().map(ToString::to_string).collect();
    assert_eq!(firsts, accepted);
    agent.shutdown().await;
    Ok(())
}
