//! What counts as delivered: three settings, and what each proves.

use anyhow::{Context as _, Result, ensure};
use outbox::NewMessage;
use serde_json::json;
use suites::{
    eventually,
    fault_proxy::{Direction, FaultProxy, Treatment},
    running_agent::{DEADLINE, RunningAgent},
};

use super::{
    clerk::{Clerk, Manner},
    config, deliveries, numbers, pulse, send, until_nothing_waits,
};

#[tokio::test]
async fn written_proves_that_the_operating_system_took_it_and_no_more() -> Result<()> {
    let clerk = Clerk::start(Manner::default()).await?;
    let proxy = FaultProxy::before(clerk.address).await?;
    let further = json!({ "buffer": { "ack": "written" } });
    let agent = RunningAgent::start(&config(&proxy.url(), further)).await?;
    send(&agent, &numbers(0..1)).await?;
    clerk.until(1).await;
    until_nothing_waits(&agent).await?;
    proxy.treat(Direction::ToServer, Treatment::Swallow);
    let mut events = agent.handle().events().context("events")?;
    let lost = send(&agent, &numbers(1..2)).await?;
    assert_eq!(deliveries(&mut events, 1).await?[0].id, lost[0].id.to_string());
    assert_eq!(clerk.texts(), numbers(0..1), "counted as delivered, and nobody has it");
    agent.shutdown().await;
    Ok(())
}

#[tokio::test]
async fn an_application_that_acknowledges_each_envelope_gets_each_message_once() -> Result<()> {
    let clerk = Clerk::start(Manner { acks: true, ..Manner::default() }).await?;
    let further = json!({ "envelope": true, "buffer": { "ack": "app", "ack_pointer": "/ack" } });
    let agent = RunningAgent::start(&config(&clerk.url(), further)).await?;
    let mut events = agent.handle().events().context("events")?;
    let messages = vec![
        NewMessage::text(r#"{"price": 1.50}"#).with_id("mine-1".parse()?),
        NewMessage::text("plain"),
        NewMessage::binary(vec![0, 159, 255]),
    ];
    let accepted = agent.handle().append(&pulse(), messages).await??;
    let told = deliveries(&mut events, 3).await?;
    let ids = |ids: &mut dyn Iterator<Item = String>| ids.collect::<std::collections::BTreeSet<_>>();
    assert_eq!(
        ids(&mut told.into_iter().map(|delivery| delivery.id)),
        ids(&mut accepted.iter().map(|accepted| accepted.id.to_string()))
    );
    let notes = clerk.notes();
    assert_eq!(notes[0].text(), r#"{"id":"mine-1","redelivered":false,"data":{"price": 1.50}}"#);
    assert_eq!(notes[1].json()["data"], "plain");
    assert_eq!((&notes[2].json()["encoding"], &notes[2].json()["data"]), (&json!("base64"), &json!("AJ//")));
    send(&agent, &numbers(0..500)).await?;
    until_nothing_waits(&agent).await?;
    assert_eq!(clerk.notes().len(), 503, "none twice");
    agent.shutdown().await;
    Ok(())
}

#[tokio::test]
async fn without_an_acknowledgement_a_message_waits_and_a_late_one_still_counts() -> Result<()> {
    let clerk = Clerk::start(Manner::default()).await?;
    let proxy = FaultProxy::before(clerk.address).await?;
    let further = json!({ "envelope": true, "buffer": { "ack": "app", "ack_pointer": "/seen/ids" } });
    let agent = RunningAgent::start(&config(&proxy.url(), further)).await?;
    let mut events = agent.handle().events().context("events")?;
    let accepted = send(&agent, &numbers(0..5)).await?;
    let id = |number: usize| accepted[number].id.to_string();
    clerk.until(5).await;
    agent.until_first("all under way", |endpoint| endpoint.outbox.in_flight == 5).await?;
    // One alone, out of order, beside an id that nobody knows.
    clerk.say(&json!({ "seen": { "ids": [id(2), "unknown"] } }));
    assert_eq!(deliveries(&mut events, 1).await?[0].id, id(2));
    proxy.cut(true);
    let again = clerk.until(9).await;
    let come_again: Vec<_> = again[5..].iter().map(|note| note.json()["id"].clone()).collect();
    assert_eq!(come_again, [id(0), id(1), id(3), id(4)], "what was not acknowledged, in order");
    ensure!(again[5..].iter().all(|note| note.session == 2 && note.json()["redelivered"] == true));
    // The line goes away again; this time the word comes before the messages could be sent again.
    proxy.cut(true);
    agent.until_first("a third session", |endpoint| endpoint.counters.connections == 3).await?;
    eventually(DEADLINE, "late acknowledgements count", async || {
        clerk.say(&json!({ "seen": { "ids": [id(0), id(1), id(3), id(4)] } }));
        (agent.handle().status().endpoints[0].outbox.queued == 0).then_some(())
    })
    .await;
    let told: Vec<_> = deliveries(&mut events, 4).await?.into_iter().map(|one| (one.id, one.seq)).collect();
    for number in [0, 1, 3, 4] {
        ensure!(told.contains(&(id(number), accepted[number].seq)), "{told:?}");
    }
    agent.shutdown().await;
    Ok(())
}

#[tokio::test]
#[ignore = "a minute of waiting: cargo test -p suites --test integration -- --ignored"]
async fn what_is_never_acknowledged_is_sent_again_on_a_new_session_and_blamed_only_beside_others()
-> Result<()> {
    let clerk = Clerk::start(Manner::default()).await?;
    let further = json!({ "envelope": true, "buffer": { "ack": "app", "ack_pointer": "/ack" } });
    let agent = RunningAgent::start(&config(&clerk.url(), further)).await?;
    let accepted = send(&agent, &numbers(0..3)).await?;
    clerk.until(3).await;
    // A silent application is nobody's fault: all come again, on another session, after half a minute.
    let patience = DEADLINE * 2;
    eventually(patience, "all again", async || (clerk.notes().len() >= 6).then_some(())).await;
    let notes = clerk.notes();
    let ids: Vec<_> = notes.iter().map(|note| note.json()["id"].clone()).collect();
    assert_eq!(ids[..3], ids[3..6]);
    ensure!(notes[3..6].iter().all(|note| note.session == 2 && note.json()["redelivered"] == true));
    // Now it acknowledges the later ones: the first is to blame, and travels alone from now on.
    clerk.say(&json!({ "ack": [accepted[1].id, accepted[2].id] }));
    agent.until_first("one is left", |now| now.outbox.queued == 1).await?;
    eventually(patience * 2, "the first one again", async || (clerk.notes().len() >= 7).then_some(())).await;
    let waiting = agent.handle().outbox(&pulse()).await?.queued(0, 10).await?;
    assert_eq!((&waiting[0].id, waiting[0].attempts), (&accepted[0].id, 1));
    clerk.say(&json!({ "ack": accepted[0].id }));
    until_nothing_waits(&agent).await?;
    agent.shutdown().await;
    Ok(())
}
