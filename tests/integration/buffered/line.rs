//! Servers that come late, lines that vanish or break, links that are replaced.

use super::{
    clerk::{Clerk, Manner},
    config, deliveries, numbers, send, until_nothing_waits,
};
use anyhow::{Context as _, Result, ensure};
use model::Reason;
use serde_json::json;
use suites::{
    fault_proxy::{FaultProxy, Treatment},
    running_agent::RunningAgent,
};

#[tokio::test]
async fn what_was_accepted_while_nobody_listened_arrives_in_order_when_somebody_does() -> Result<()> {
    let clerk = Clerk::start(Manner::default()).await?;
    let proxy = FaultProxy::before(clerk.address).await?;
    proxy.refuse().await?;
    let agent = RunningAgent::start(&config(&proxy.url(), json!({ "on_connect": ["first of all"] }))).await?;
    let mut events = agent.handle().events().context("events")?;
    let texts = numbers(0..300);
    let accepted = send(&agent, &texts).await?;
    let waiting = agent.until_first("300 wait", |endpoint| endpoint.outbox.queued == 300).await?;
    assert_eq!(waiting.outbox.in_flight, 0);
    ensure!(waiting.outbox.oldest_ms.is_some() && waiting.outbox.bytes > 3_000, "{:?}", waiting.outbox);
    proxy.accept().await?;
    // These come while the others are still on their way, and overtake none.
    let live = numbers(300..310);
    let later = send(&agent, &live).await?;
    clerk.until(311).await;
    let expected: Vec<String> = std::iter::once("first of all".to_owned()).chain(texts).chain(live).collect();
    assert_eq!(clerk.texts(), expected);
    let told = deliveries(&mut events, 310).await?;
    let told: Vec<_> = told.into_iter().map(|delivery| (delivery.id, delivery.seq)).collect();
    let promised: Vec<_> = accepted.iter().chain(&later).map(|one| (one.id.to_string(), one.seq)).collect();
    assert_eq!(told, promised);
    let after = until_nothing_waits(&agent).await?;
    assert_eq!((after.outbox.bytes, after.outbox.oldest_ms), (0, None));
    agent.shutdown().await;
    Ok(())
}

#[tokio::test]
async fn messages_sent_into_a_line_that_has_vanished_are_sent_again() -> Result<()> {
    let clerk = Clerk::start(Manner::default()).await?;
    let proxy = FaultProxy::before(clerk.address).await?;
    let agent = RunningAgent::start(&config(&proxy.url(), json!({}))).await?;
    send(&agent, &numbers(0..1)).await?;
    clerk.until(1).await;
    until_nothing_waits(&agent).await?;
    let mut events = agent.handle().events().context("events")?;
    proxy.treat_both(Treatment::Swallow);
    send(&agent, &numbers(1..200)).await?;
    // The kernel took them, and nobody has them. A busy machine shows the window only when it is over.
    agent
        .until_first("a full window", |endpoint| {
            endpoint.outbox.in_flight >= 32 || endpoint.counters.errors > 0
        })
        .await?;
    agent.until_first("the silence is noticed", |endpoint| endpoint.counters.errors > 0).await?;
    assert_eq!(clerk.texts().len(), 1);
    proxy.treat_both(Treatment::Pass);
    proxy.cut(true);
    clerk.until(200).await;
    let (firsts, _) = clerk.first_texts();
    assert_eq!(firsts, numbers(0..200));
    let told = deliveries(&mut events, 199).await?;
    ensure!(told.is_sorted_by(|a, b| a.seq < b.seq), "each once, in order: {told:?}");
    until_nothing_waits(&agent).await?;
    agent.shutdown().await;
    Ok(())
}

#[tokio::test]
async fn a_line_that_breaks_again_and_again_loses_nothing_and_keeps_the_order() -> Result<()> {
    let clerk = Clerk::start(Manner::default()).await?;
    let proxy = FaultProxy::before(clerk.address).await?;
    let agent = RunningAgent::start(&config(&proxy.url(), json!({ "envelope": true }))).await?;
    send(&agent, &numbers(0..3_000)).await?;
    for break_at in [70, 300, 900] {
        clerk.until(break_at).await;
        proxy.cut(break_at != 300);
    }
    until_nothing_waits(&agent).await?;
    let notes = clerk.notes();
    let mut next = 0;
    for note in &notes {
        let envelope = note.json();
        let number: usize = envelope["data"]
            .as_str()
            .and_then(|data| data.strip_prefix("message "))
            .context("data")?
            .parse()?;
        // At most a window of messages comes again, and says so.
        ensure!(number <= next && number + 64 >= next, "{number} instead of {next}");
        if number < next {
            assert_eq!(envelope["redelivered"], true, "{envelope}");
        }
        next = next.max(number + 1);
    }
    assert_eq!(next, 3_000);
    ensure!(notes.iter().any(|note| note.session > 1), "the line broke under load");
    agent.shutdown().await;
    Ok(())
}

#[tokio::test]
async fn a_link_replaced_under_load_loses_nothing() -> Result<()> {
    let clerk = Clerk::start(Manner::default()).await?;
    let agent = RunningAgent::start(&config(&clerk.url(), json!({}))).await?;
    send(&agent, &numbers(0..2_000)).await?;
    for round in 1..=3 {
        clerk.until(round * 100).await;
        // Another header is another link.
        let further = json!({ "headers": { "X-Round": round.to_string() } });
        agent.rewrite_config(&config(&clerk.url(), further).to_string())?;
        let session = round + 1;
        suites::eventually(suites::running_agent::DEADLINE, "the next link carries", async || {
            clerk.notes().iter().any(|note| note.session >= session).then_some(())
        })
        .await;
    }
    send(&agent, &numbers(2_000..2_050)).await?;
    until_nothing_waits(&agent).await?;
    assert_eq!(clerk.first_texts().0, numbers(0..2_050));
    agent.shutdown().await;
    Ok(())
}

#[tokio::test]
async fn a_message_too_large_for_the_peer_is_laid_aside_and_the_others_arrive() -> Result<()> {
    let clerk = Clerk::start(Manner { largest: 1_000, ..Manner::default() }).await?;
    let agent = RunningAgent::start(&config(&clerk.url(), json!({}))).await?;
    let mut texts = numbers(0..20);
    texts[9] = "x".repeat(5_000);
    let accepted = send(&agent, &texts).await?;
    let after = agent
        .until_first("a dead letter, and nothing waits", |now| now.outbox.dead == 1 && now.outbox.queued == 0)
        .await?;
    ensure!(after.counters.connections <= 4, "found with few sessions: {:?}", after.counters);
    let dead = agent.handle().outbox(&super::pulse()).await?.dead(0, 10).await?.remove(0);
    assert_eq!((&dead.id, dead.seq), (&accepted[9].id, accepted[9].seq));
    ensure!(dead.detail.contains("1009"), "{}", dead.detail);
    texts.remove(9);
    assert_eq!(clerk.first_texts().0, texts);
    agent.shutdown().await;
    Ok(())
}

#[tokio::test]
async fn a_paused_endpoint_keeps_its_messages_until_it_is_resumed() -> Result<()> {
    use agent::{Action, Target};

    let clerk = Clerk::start(Manner::default()).await?;
    let agent = RunningAgent::start(&config(&clerk.url(), json!({}))).await?;
    send(&agent, &numbers(0..1)).await?;
    until_nothing_waits(&agent).await?;
    agent.handle().control(Target::All, Action::Pause).await?;
    agent.until_first("it is paused", |endpoint| endpoint.reason == Some(Reason::Paused)).await?;
    send(&agent, &numbers(1..6)).await?;
    agent.until_first("five wait", |endpoint| endpoint.outbox.queued == 5).await?;
    agent.handle().control(Target::All, Action::Resume).await?;
    let notes = clerk.until(6).await;
    assert_eq!(clerk.texts(), numbers(0..6));
    // Whatever came while it was paused came over another connection than this.
    let after = agent.until_first("nothing waits", |endpoint| endpoint.outbox.queued == 0).await?;
    assert_eq!(after.counters.connections, 2, "one before the pause, one after it");
    ensure!(notes[1..].iter().all(|note| note.session == notes[5].session), "{notes:?}");
    ensure!(notes[0].session < notes[1].session, "{notes:?}");
    agent.shutdown().await;
    Ok(())
}
