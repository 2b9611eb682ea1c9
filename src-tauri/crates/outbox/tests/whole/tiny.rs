//! Very many very small messages: what grows with their number must not grow worse than their number.

use std::{
    path::Path,
    time::{Duration, Instant},
};

use outbox::{Footing, NewMessage, Outbox, OutboxHandle, OutboxOptions, OverflowPolicy};

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
    let drained = drain(&handle, further..count + further).await;

    let emptied = Instant::now();
    let mut stats = handle.watch();
    let small = stats.wait_for(|stats| stats.file_bytes < 1 << 20 && stats.wal_bytes < 8 << 20);
    let shrunk = tokio::time::timeout(PATIENCE, small).await.is_ok_and(|stats| stats.is_ok());
    assert!(shrunk, "{:?}", handle.stats().await.unwrap());
    let shrunk_after = emptied.elapsed();
    let stats = handle.stats().await.unwrap();
    assert!(stats.tally.balanced() && stats.tally.delivered == count as u64, "{:?}", stats.tally);
    assert_eq!(stats.footing, Footing::Disk);
    outbox.close().await;
    let rate = |time: Duration| count as f64 / time.as_secs_f64();
    println!(
        "{count} messages of four bytes: in {:.0}/s, first one {first_after:?} after opening, {further} more at the bound \
         {one_percent_dropped:?}, out {:.0}/s, small again {shrunk_after:?} later",
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
