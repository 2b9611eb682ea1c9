//! Agents that end and start, endpoints that go and come back, settings that change, messages that grow old.

use anyhow::{Context as _, Result, ensure};
use model::{BufferLevel, ErrorCode};
use outbox::{AppendError, NewMessage};
use serde_json::json;
use suites::{fault_proxy::FaultProxy, running_agent::RunningAgent};

use super::{
    clerk::{Clerk, Manner},
    config, numbers, pulse, send, until_nothing_waits,
};

#[tokio::test]
async fn what_waits_when_the_agent_ends_is_sent_by_the_next_one() -> Result<()> {
    let clerk = Clerk::start(Manner::default()).await?;
    let proxy = FaultProxy::before(clerk.address).await?;
    proxy.refuse().await?;
    let agent = RunningAgent::start(&config(&proxy.url(), json!({}))).await?;
    send(&agent, &numbers(0..100)).await?;
    let agent = agent.restart().await?;
    let waiting = agent.until_first("they wait again", |endpoint| endpoint.outbox.queued == 100).await?;
    assert_eq!(waiting.outbox.level, BufferLevel::Power);
    send(&agent, &numbers(100..110)).await?;
    proxy.accept().await?;
    until_nothing_waits(&agent).await?;
    assert_eq!(clerk.texts(), numbers(0..110));
    agent.shutdown().await;
    Ok(())
}

#[tokio::test]
async fn an_agent_that_ends_under_load_leaves_nothing_behind_and_nothing_out() -> Result<()> {
    let clerk = Clerk::start(Manner::default()).await?;
    let mut agent = RunningAgent::start(&config(&clerk.url(), json!({}))).await?;
    let mut sent = 0;
    for _ in 0..3 {
        send(&agent, &numbers(sent..sent + 400)).await?;
        sent += 400;
        clerk.until(sent - 350).await;
        agent = agent.restart().await?;
    }
    until_nothing_waits(&agent).await?;
    assert_eq!(clerk.first_texts().0, numbers(0..sent));
    agent.shutdown().await;
    Ok(())
}

#[tokio::test]
async fn a_removed_endpoint_keeps_its_messages_says_so_and_sends_them_when_it_is_back() -> Result<()> {
    let clerk = Clerk::start(Manner::default()).await?;
    let proxy = FaultProxy::before(clerk.address).await?;
    proxy.refuse().await?;
    let present = config(&proxy.url(), json!({}));
    let absent = json!({ "gateway": { "enabled": false } }).to_string();
    let agent = RunningAgent::start(&present).await?;
    send(&agent, &numbers(0..3)).await?;
    agent.rewrite_config(&absent)?;
    let left = agent.until("the messages are missed", |now| !now.problems.is_empty()).await?;
    let problem = &left.problems[0];
    assert_eq!((problem.code, &problem.endpoint), (ErrorCode::MessagesLeft, &Some(pulse())));
    ensure!(problem.detail.starts_with("3 messages") && problem.detail.contains("pulse"), "{problem:?}");
    assert_eq!(
        agent.handle().outbox(&pulse()).await.err().context("gone")?.body().code,
        ErrorCode::UnknownEndpoint
    );
    // Also to somebody who comes later.
    let agent = agent.restart().await?;
    agent.until("the messages are still missed", |now| !now.problems.is_empty()).await?;
    proxy.accept().await?;
    agent.rewrite_config(&present.to_string())?;
    clerk.until(3).await;
    agent.until("nothing is left", |now| now.problems.is_empty()).await?;
    assert_eq!(clerk.texts(), numbers(0..3));
    agent.shutdown().await;
    Ok(())
}

#[tokio::test]
async fn bounds_and_manners_change_while_the_session_stays() -> Result<()> {
    let clerk = Clerk::start(Manner { acks: true, ..Manner::default() }).await?;
    let tight = json!({ "buffer": { "ack": "app", "max_messages": 2, "durability": "process" } });
    let agent = RunningAgent::start(&config(&clerk.url(), tight)).await?;
    send(&agent, &numbers(0..2)).await?;
    let full = agent.handle().append(&pulse(), vec![NewMessage::text("one too many")]).await?;
    ensure!(matches!(full, Err(AppendError::Full(_))), "{full:?}");
    let shown = agent.until("it is said", |now| !now.problems.is_empty()).await?;
    assert_eq!(shown.problems[0].code, ErrorCode::BufferFull);
    assert_eq!(shown.endpoints[0].outbox.level, BufferLevel::Process);
    // Nothing will ever acknowledge these; under the next rules an answered ping is enough.
    clerk.until(2).await;
    agent.rewrite_config(&config(&clerk.url(), json!({ "envelope": true })).to_string())?;
    until_nothing_waits(&agent).await?;
    send(&agent, &numbers(2..50)).await?;
    let after = until_nothing_waits(&agent).await?;
    assert_eq!((after.counters.connections, after.outbox.level), (1, BufferLevel::Power));
    let last = clerk.notes().last().cloned().context("messages")?;
    assert_eq!(last.json()["data"], "message 49");
    agent.until("nothing is wrong", |now| now.problems.is_empty()).await?;
    agent.shutdown().await;
    Ok(())
}

#[tokio::test]
async fn bounds_that_change_under_load_refuse_nobody() -> Result<()> {
    let clerk = Clerk::start(Manner::default()).await?;
    let agent = RunningAgent::start(&config(&clerk.url(), json!({}))).await?;
    let sending = async {
        for number in 0..400 {
            let accepted = send(&agent, &numbers(number..number + 1)).await?;
            ensure!(!accepted[0].duplicate(), "it was sent once: {accepted:?}");
        }
        anyhow::Ok(())
    };
    let changing = async {
        for round in 1..=6 {
            clerk.until(round * 50).await;
            let further = json!({ "buffer": { "max_messages": 10_000 + round } });
            agent.rewrite_config(&config(&clerk.url(), further).to_string())?;
        }
        anyhow::Ok(())
    };
    tokio::try_join!(sending, changing)?;
    let after = until_nothing_waits(&agent).await?;
    assert_eq!(clerk.first_texts().0, numbers(0..400));
    assert_eq!(after.counters.connections, 1);
    agent.shutdown().await;
    Ok(())
}

#[tokio::test]
async fn a_message_older_than_its_time_is_not_sent_any_more() -> Result<()> {
    let clerk = Clerk::start(Manner::default()).await?;
    let proxy = FaultProxy::before(clerk.address).await?;
    proxy.refuse().await?;
    let agent = RunningAgent::start(&config(&proxy.url(), json!({ "buffer": { "ttl": 400 } }))).await?;
    send(&agent, &numbers(0..5)).await?;
    until_nothing_waits(&agent).await?;
    let stats = agent.handle().outbox(&pulse()).await?.stats().await?;
    assert_eq!((stats.tally.expired, stats.tally.delivered), (5, 0));
    assert_eq!(clerk.texts(), Vec::<String>::new());
    agent.shutdown().await;
    Ok(())
}

#[tokio::test]
async fn endpoints_nobody_sends_to_have_no_buffer_and_others_a_private_one() -> Result<()> {
    let clerk = Clerk::start(Manner::default()).await?;
    let agent = RunningAgent::start(&config(&clerk.url(), json!({}))).await?;
    agent.until_all(model::EndpointState::Connected).await?;
    let folder = agent.path("data/buffer/pulse");
    ensure!(!folder.exists());
    send(&agent, &numbers(0..1)).await?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;

        let mode = |path: &std::path::Path| anyhow::Ok(path.metadata()?.permissions().mode() & 0o777);
        assert_eq!(mode(&folder)?, 0o700);
        assert_eq!(mode(&agent.path("data/buffer"))?, 0o700);
        for entry in std::fs::read_dir(&folder)? {
            let path = entry?.path();
            ensure!(path.is_dir() || mode(&path)? == 0o600, "{}", path.display());
        }
    }
    agent.shutdown().await;
    Ok(())
}
