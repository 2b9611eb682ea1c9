//! Agents that end and start, endpoints that go and come back, settings that change, messages that grow old.

use agent::{
    Agent, AgentOptions,
    paths::{Environment, Paths},
    settings::{Settings, SettingsStore},
};
use anyhow::{Context as _, Result, ensure};
use model::{BufferLevel, BufferState, ErrorCode};
use outbox::{AppendError, Fate, NewMessage};
use serde_json::json;
use suites::{
    fault_proxy::FaultProxy,
    running_agent::{DEADLINE, RunningAgent},
};
use tokio::time::timeout;

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

#[tokio::test]
async fn a_folder_that_cannot_be_used_is_a_problem_and_messages_arrive_all_the_same() -> Result<()> {
    let clerk = Clerk::start(Manner::default()).await?;
    let agent = RunningAgent::start(&json!({ "gateway": { "enabled": false } })).await?;
    std::fs::write(agent.path("data/buffer"), "in the way")?;
    agent.rewrite_config(&config(&clerk.url(), json!({})).to_string())?;
    agent.until_all(model::EndpointState::Connected).await?;
    let accepted = send(&agent, &numbers(0..3)).await?;
    assert_eq!(accepted[0].fate, Fate::Stored(BufferLevel::Memory), "and the sender is told");
    clerk.until(3).await;
    let shown = agent.until("it is said", |now| !now.problems.is_empty()).await?;
    assert_eq!(shown.problems[0].code, ErrorCode::BufferUnavailable);
    assert_eq!(shown.endpoints[0].outbox.state, BufferState::Unavailable);
    std::fs::remove_file(agent.path("data/buffer"))?;
    let mended = agent.until("it is mended", |now| now.problems.is_empty()).await?;
    assert_eq!(mended.endpoints[0].outbox.level, BufferLevel::Power);
    agent.shutdown().await;
    Ok(())
}

#[tokio::test]
async fn the_demo_does_not_get_the_messages_of_a_real_endpoint_of_the_same_name() -> Result<()> {
    let home = tempfile::tempdir()?;
    let paths = Paths::under(home.path());
    // Nobody listens at port 9.
    let real = json!({ "websocket": { "connections": { "hub": { "url": "ws://127.0.0.1:9/" } } },
        "gateway": { "enabled": false } });
    std::fs::write(&paths.config_file, real.to_string())?;
    let start = |settings| {
        Agent::start(AgentOptions { paths: paths.clone(), settings, log_level: None, problems: Vec::new() })
    };
    let managed = home.path().join("managed.json");
    let files = || SettingsStore::with_managed(&paths, managed.clone(), Environment::new());
    let agent = start(files()).await?;
    let hub = "hub".parse().ok().context("an id")?;
    agent.handle().append(&hub, vec![NewMessage::text("for the real one")]).await??;
    agent.shutdown().await;
    let demo = demo::start_or_join("127.0.0.1:0".parse()?).await?;
    let agent = start(SettingsStore::fixed(Settings::demo(demo.addr))).await?;
    let mut status = agent.handle().watch_status();
    let all_up = |now: &model::StatusSnapshot| now.overall == model::Overall::Connected;
    timeout(DEADLINE, status.wait_for(|now| all_up(now))).await??;
    ensure!(agent.handle().outbox(&hub).await?.queued(0, 10).await?.is_empty());
    agent.shutdown().await;
    demo.shutdown().await?;
    let agent = start(files()).await?;
    let left = agent.handle().outbox(&hub).await?.queued(0, 10).await?;
    assert_eq!(left.len(), 1);
    agent.shutdown().await;
    Ok(())
}
