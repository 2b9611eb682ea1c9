//! Very many very small messages: what grows with their number must not grow worse than their number.

use std::{
    path::Path,
    time::{Duration, Instant},
};

use outbox::{Footing, NewMessage, Outbox, OutboxHandle, OutboxOptions, OverflowPolicy, Terms};
use tokio::sync::oneshot;

use super::{WINDOW, options};

const GROUP: usize = 512;
/// Longer than a busy machine needs to give the room back.
const PATIENCE: Duration = Duration::from_secs(120);

fn bounded_at(messages: usize) -> OutboxOptions {
    let mut options = options();
    options.bounds.max_messages = messages as u64;
    options.bounds.max_bytes = 8 << 30;
    options.overflow = OverflowPolicy::DropOldest;
    options
}

/// Four bytes each: the number of the message.
async fn fill(handle: &OutboxHandle, numbers: std::ops::Range<usize>) -> Duration {
    let started = Instant::now();
    let mut next = numbers.start;
    while next < numbers.end {
        let end = numbers.end.min(next + GROUP);
        let batch =
            (next..end).map(|number| NewMessage::binary((number as u32).to_be_bytes().to_vec())).collect();
        handle.append(batch).await.unwrap();
        next = end;
    }
    started.elapsed()
}

/// Takes everything out; every number comes once and in order.
async fn drain(handle: &OutboxHandle, mut expected: std::ops::Range<usize>) -> Duration {
    let started = Instant::now();
    loop {
        let out = handle.lease(WINDOW).await.unwrap();
        if out.is_empty() {
            assert!(expected.is_empty(), "{expected:?} did not come");
            return started.elapsed();
        }
        for queued in &out {
            let number = expected.next().unwrap() as u32;
            assert_eq!(queued.payload.as_bytes(), number.to_be_bytes(), "in order, each once");
        }
        handle.confirm(out.into_iter().map(|queued| queued.id).collect()).await.unwrap();
    }
}

/// A smaller bound: the next message has to push out all that is too much. How long that took, and how long at most somebody
/// else had to wait meanwhile.
async fn push_out(handle: &OutboxHandle, count: usize, surplus: usize) -> (Duration, Duration) {
    let OutboxOptions { level, overflow, bounds, .. } = bounded_at(count - surplus);
    handle.change_terms(Terms { level, overflow, bounds }).await.unwrap();
    let started = Instant::now();
    let bystander = handle.clone();
    let (tell, mut over) = oneshot::channel();
    let waits = tokio::spawn(async move {
        let mut longest = Duration::ZERO;
        while over.try_recv().is_err() {
            let started = Instant::now();
            bystander.stats().await.unwrap();
            longest = longest.max(started.elapsed());
            tokio::task::yield_now().await;
        }
        longest
    });
    let last = (count + surplus) as u32;
    handle.append(vec![NewMessage::binary(last.to_be_bytes().to_vec())]).await.unwrap();
    let took = started.elapsed();
    tell.send(()).unwrap();
    let tally = handle.stats().await.unwrap().tally;
    assert_eq!((tally.dropped_oldest, tally.queued), ((2 * surplus + 1) as u64, (count - surplus) as u64));
    (took, waits.await.unwrap())
}

/// How long the first message took after opening.
async fn measure(folder: &Path, count: usize) -> Duration {
    let (outbox, _) = Outbox::open(folder.to_owned(), bounded_at(count)).await.unwrap();
    let enqueued = fill(&outbox.handle(), 0..count).await;
    outbox.close().await;

    let started = Instant::now();
    let (outbox, report) = Outbox::open(folder.to_owned(), bounded_at(count)).await.unwrap();
    let handle = outbox.handle();
    let first = handle.lease(outbox::LeaseLimit { messages: 1, bytes: u64::MAX }).await.unwrap();
    let first_after = started.elapsed();
    assert_eq!((report.queued, first.len()), (count as u64, 1));
    handle.release(first.into_iter().map(|queued| queued.id).collect()).await.unwrap();

    // At the bound each new one pushes an old one out.
    let further = count / 100;
    let one_percent_dropped = fill(&handle, count..count + further).await;
    let tally = handle.stats().await.unwrap().tally;
    assert_eq!((tally.dropped_oldest, tally.queued), (further as u64, count as u64));
    let (one_percent_at_once, longest_wait) = push_out(&handle, count, further).await;
    let drained = drain(&handle, 2 * further + 1..count + further + 1).await;

    let emptied = Instant::now();
    let mut stats = handle.watch();
    let small = stats.wait_for(|stats| stats.file_bytes < 1 << 20 && stats.wal_bytes < 8 << 20);
    let shrunk = tokio::time::timeout(PATIENCE, small).await.is_ok_and(|stats| stats.is_ok());
    assert!(shrunk, "{:?}", handle.stats().await.unwrap());
    let shrunk_after = emptied.elapsed();
    let stats = handle.stats().await.unwrap();
    let delivered = (count - further) as u64;
    assert!(stats.tally.balanced() && stats.tally.delivered == delivered, "{:?}", stats.tally);
    assert_eq!(stats.footing, Footing::Disk);
    outbox.close().await;
    let rate = |time: Duration| count as f64 / time.as_secs_f64();
    println!(
        "{count} messages of four bytes: in {:.0}/s, first one {first_after:?} after opening, {further} more at the bound \
         {one_percent_dropped:?}, {further} pushed out by one in {one_percent_at_once:?} while nobody else waited for more than \
         {longest_wait:?}, out {:.0}/s, small again {shrunk_after:?} later",
        rate(enqueued),
        rate(drained),
    );
    first_after
}

#[tokio::test]
async fn a_hundred_thousand_tiny_messages_go_in_and_out_in_order() {
    let folder = tempfile::tempdir().unwrap();
    measure(folder.path(), 100_000).await;
}

#[tokio::test]
#[ignore = "minutes and 2 GB of disk: make soak"]
async fn ten_million_tiny_messages_go_in_and_out_in_order() {
    let folder = tempfile::tempdir().unwrap();
    let first_after = measure(folder.path(), 10_000_000).await;
    assert!(first_after < Duration::from_millis(100), "{first_after:?}");
}
