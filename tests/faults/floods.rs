//! More than anybody can want: endless messages, floods of pings, bursts; and messages of nothing.

use std::time::Duration;

use anyhow::Result;
use link::{Order, Payload};
use model::{EndpointState as S, ErrorCode as C, Reason};
use suites::{
    fault_server::{FaultServer, RawFrame, Script, Upgrade, fragments},
    running_link::RunningLink,
};

use crate::trial::{BUFFERED, assert_is_typed, fails_in_a_flood, hurried};

/// Largest message.
const LIMIT: u64 = 16 << 20;

/// A message that begins and never ends, in parts of this size.
fn endless(part: usize) -> Script {
    Script::upgraded()
        .frame(&RawFrame::binary(vec![7; part]).unfinished())
        .flood(RawFrame::continuation(vec![7; part]).unfinished().bytes())
}

#[tokio::test]
async fn a_message_in_endless_small_parts_is_cut_off_at_16_mib() -> Result<()> {
    let after = fails_in_a_flood(endless(125), C::MessageTooBig, |_| ()).await?;
    for one in &after.seen {
        assert!(one.sent_bytes > LIMIT, "cut off early, at {}", one.sent_bytes);
        // Two bytes of head for each part.
        let most = LIMIT / 125 * 127 + BUFFERED;
        assert!(one.sent_bytes <= most, "took {} bytes", one.sent_bytes);
    }
    Ok(())
}

#[tokio::test]
async fn a_message_in_endless_single_bytes_is_cut_off_at_the_limit() -> Result<()> {
    let after = fails_in_a_flood(endless(1), C::MessageTooBig, |config| {
        config.request.limits.max_message_bytes = 256 << 10;
    })
    .await?;
    for one in &after.seen {
        assert!(one.sent_bytes <= (256 << 10) * 3 + BUFFERED, "took {} bytes", one.sent_bytes);
    }
    Ok(())
}

#[tokio::test]
async fn parts_of_nothing_without_end_are_life_but_no_proof() -> Result<()> {
    // Never too large, never whole, and no answer to a ping among them: the peer lives and is of no use.
    fails_in_a_flood(endless(0), C::NotProven, |config| {
        config.heartbeat.interval = Duration::from_millis(100);
        config.heartbeat.timeout = Duration::from_millis(400);
    })
    .await
    .map(drop)
}

#[tokio::test]
async fn a_flood_of_pings_is_answered_in_bounded_memory_and_orders_are_still_obeyed() -> Result<()> {
    let script =
        Script::upgraded().frame(&RawFrame::text("proof")).flood(RawFrame::ping([0x42; 125]).bytes());
    let server = FaultServer::start(script).await?;
    let mut link = RunningLink::start(&server.url(), hurried).await?;
    link.until_state(S::Connected).await?;
    let flooded = |seen: &[suites::fault_server::Seen]| {
        seen.iter().any(|one| one.sent_bytes > 8 << 20 && one.received_bytes > 1_000)
    };
    let seen = server.until("8 MiB of pings taken", flooded).await?;
    assert!(seen[0].frames().iter().any(|frame| frame.is_pong()), "no ping was answered");
    link.order(Order::Pause).await;
    let paused = link.until_state(S::Disconnected).await?;
    assert_eq!(paused.view.reason, Some(Reason::Paused));
    assert_eq!((paused.view.failures_total, server.seen().len()), (0, 1));
    Ok(())
}

#[tokio::test]
async fn a_flood_of_pongs_nobody_asked_for_proves_nothing() -> Result<()> {
    // Of the length of ours, with a nonce that was never sent.
    let script = Script::upgraded().flood(RawFrame::pong([0xAA; 8]).bytes());
    let server = FaultServer::start(script).await?;
    let mut link = RunningLink::start(&server.url(), hurried).await?;
    server.until("2 MiB of pongs taken", |seen| seen.iter().any(|one| one.sent_bytes > 2 << 20)).await?;
    link.order(Order::Pause).await;
    let next = link.until("a state after connecting", |shown| shown.view.state != S::Connecting).await?;
    assert_eq!((next.view.state, next.view.sessions_proven), (S::Disconnected, 0));
    assert_eq!((next.view.failures_total, server.seen().len()), (0, 1));
    Ok(())
}

#[tokio::test]
async fn a_server_that_sends_and_never_reads_does_not_fill_the_memory() -> Result<()> {
    // The answers to its pings have nowhere to go; what it says still arrives, and it is left in the end.
    let script = Script::new()
        .read_request()
        .upgrade(Upgrade::right().behind(RawFrame::text("first").bytes()))
        .deaf()
        .repeat(RawFrame::ping([0x42; 125]).bytes(), 200_000)
        .frame(&RawFrame::text("last"))
        .keep_open();
    let server = FaultServer::start(script).await?;
    let mut link = RunningLink::start(&server.url(), hurried).await?;
    assert_eq!(link.payload().await?, Payload::Text("first".into()));
    assert_eq!(link.payload().await?, Payload::Text("last".into()));
    link.order(Order::Pause).await;
    let paused = link.until_state(S::Disconnected).await?;
    assert_eq!((paused.view.reason, paused.view.failures_total), (Some(Reason::Paused), 0));
    Ok(())
}

#[tokio::test]
async fn a_burst_of_10_000_messages_arrives_whole_and_in_order() -> Result<()> {
    let text = |number: u32| format!("{number} {}", "x".repeat((number % 700) as usize));
    let burst: Vec<u8> = (0..10_000).flat_map(|number| RawFrame::text(text(number)).bytes()).collect();
    // The first of them in the same packet as the 101, the end of the connection right behind the last.
    let script = Script::new().read_request().upgrade(Upgrade::right().behind(burst));
    let server = FaultServer::start(script).await?;
    let mut link = RunningLink::start(&server.url(), |_| ()).await?;
    for number in 0..10_000 {
        assert_eq!(link.payload().await?, Payload::Text(text(number).into()));
    }
    let lost = link.until_failure(0).await?;
    assert_is_typed(&lost, C::ConnectionLost);
    assert_eq!(link.counters().received, 10_000);
    assert_eq!(server.seen().len(), 1);
    Ok(())
}

#[tokio::test]
async fn messages_of_nothing_are_messages() -> Result<()> {
    let upgrade = Upgrade::right()
        .behind(RawFrame::text("").bytes())
        .behind(RawFrame::binary("").bytes())
        .behind(fragments(RawFrame::text(""), &[b"", b"", b""]))
        .behind(RawFrame::ping("").bytes())
        .behind(RawFrame::pong("").bytes());
    let server = FaultServer::start(Script::new().read_request().upgrade(upgrade).answer_pings()).await?;
    let mut link = RunningLink::start(&server.url(), |_| ()).await?;
    let empty = [Payload::Text("".into()), Payload::Binary(Vec::new().into()), Payload::Text("".into())];
    for expected in empty {
        assert_eq!(link.payload().await?, expected);
    }
    let up = link.until_state(S::Connected).await?;
    assert_eq!(up.view.failures_total, 0);
    Ok(())
}
