//! At the bounds with everybody at once: eight senders, a drainer whose sessions break, and each policy.

use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use outbox::{
    Accepted, AppendError, Fate, LeaseLimit, Loss, NewMessage, Outbox, OutboxHandle, OverflowPolicy, Priority,
};

use super::options;

const MAX: u64 = 40;
const SENDERS: u8 = 8;
const BATCHES: usize = 60;
/// Less than the bound, so that dropping can make room.
const WINDOW: LeaseLimit = LeaseLimit { messages: 16, bytes: u64::MAX };
/// Longer than anything here takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// What one sender was told.
#[derive(Debug, Default)]
struct Sent {
    stored: Vec<Accepted>,
    dropped: u64,
    refused: u64,
}

async fn send(handle: OutboxHandle, sender: u8) -> Sent {
    let mut random = fastrand::Rng::new();
    let mut sent = Sent::default();
    for number in 0..BATCHES {
        let batch: Vec<_> = (0..random.u8(1..=8))
            .map(|part| {
                let id = format!("{sender}-{number}-{part}");
                let priority = if random.u8(..8) == 0 { random.u8(..8) } else { 4 };
                NewMessage {
                    // A sender's own keys: within a batch none comes twice.
                    key: (part < 4).then(|| format!("{sender}-{part}").into_bytes().into()),
                    priority: Priority::new(priority).unwrap(),
                    ..NewMessage::text(id.clone()).with_id(id.parse().unwrap())
                }
            })
            .collect();
        match handle.append(batch).await {
            Ok(accepted) => {
                for one in accepted {
                    match one.fate {
                        Fate::Stored(_) => sent.stored.push(one),
                        Fate::Dropped => sent.dropped += 1,
                        Fate::Duplicate | Fate::Delivered => panic!("sent once: {one:?}"),
                    }
                }
            }
            Err(AppendError::Full(_)) => sent.refused += 1,
            Err(error) => panic!("{error}"),
        }
        if random.u8(..4) == 0 {
            tokio::time::sleep(Duration::from_millis(random.u64(..4))).await;
        }
    }
    sent
}

/// Delivers until the senders are done and nothing waits; how often each id was delivered.
async fn deliver(handle: OutboxHandle, done: Arc<AtomicBool>) -> HashMap<String, u64> {
    let mut random = fastrand::Rng::new();
    let mut delivered: HashMap<String, u64> = HashMap::new();
    loop {
        let over = done.load(Ordering::SeqCst);
        let out = handle.lease(WINDOW).await.unwrap();
        if out.is_empty() {
            if over {
                return delivered;
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
            continue;
        }
        // Long enough for others to fill the buffer.
        tokio::time::sleep(Duration::from_millis(random.u64(..4))).await;
        if random.u8(..6) == 0 {
            handle.session_lost(Loss::Plain).await.unwrap();
            continue;
        }
        let ids: Vec<_> = out.iter().map(|queued| queued.id.clone()).collect();
        let confirmed = handle.confirm(ids.clone()).await.unwrap();
        assert_eq!((confirmed.delivered, confirmed.unknown), (ids.len() as u64, vec![]), "evicted in flight");
        for id in ids {
            *delivered.entry(id.to_string()).or_default() += 1;
        }
    }
}

/// Looks at the bound and at the books all the time.
async fn watch(handle: OutboxHandle, done: Arc<AtomicBool>) -> u64 {
    let mut highest = 0;
    while !done.load(Ordering::SeqCst) {
        let stats = handle.stats().await.unwrap();
        assert!(stats.tally.balanced(), "{:?}", stats.tally);
        let waiting = stats.tally.queued - stats.unsettled;
        assert!(waiting <= MAX, "{waiting} wait where {MAX} may");
        highest = highest.max(waiting);
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    highest
}

async fn storm(policy: OverflowPolicy) {
    let folder = tempfile::tempdir().unwrap();
    let mut options = options();
    options.bounds.max_messages = MAX;
    options.overflow = policy;
    let (outbox, _) = Outbox::open(folder.path().to_owned(), options).await.unwrap();
    let done = Arc::new(AtomicBool::new(false));
    let senders: Vec<_> = (0..SENDERS).map(|sender| tokio::spawn(send(outbox.handle(), sender))).collect();
    let drainer = tokio::spawn(deliver(outbox.handle(), Arc::clone(&done)));
    let watcher = tokio::spawn(watch(outbox.handle(), Arc::clone(&done)));
    let mut all = Sent::default();
    for sender in senders {
        let sent = sender.await.unwrap();
        all.stored.extend(sent.stored);
        all.dropped += sent.dropped;
        all.refused += sent.refused;
    }
    done.store(true, Ordering::SeqCst);
    let delivered = tokio::time::timeout(PATIENCE, drainer).await.unwrap().unwrap();
    let highest = watcher.await.unwrap();
    assert!(outbox.handle().flush().await.unwrap());
    let tally = outbox.handle().stats().await.unwrap().tally;
    assert!(tally.balanced() && tally.queued == 0, "{tally:?}");
    assert_eq!(tally.accepted, all.stored.len() as u64 + all.dropped, "{tally:?}");
    assert_eq!((tally.dropped_newest, tally.delivered), (all.dropped, delivered.len() as u64), "{tally:?}");
    assert!(delivered.values().all(|times| *times == 1), "confirmed once is gone");
    let vanished =
        all.stored.iter().filter(|one| !delivered.contains_key(&one.id.to_string())).count() as u64;
    assert_eq!(vanished, tally.dropped_oldest + tally.coalesced, "each is delivered or counted: {tally:?}");
    match policy {
        OverflowPolicy::Reject => assert!(all.refused > 0 && vanished == 0, "{tally:?}"),
        OverflowPolicy::DropOldest => assert!(tally.dropped_oldest > 0 && tally.coalesced == 0, "{tally:?}"),
        OverflowPolicy::DropNewest => assert!(all.dropped > 0 && vanished == 0, "{tally:?}"),
        OverflowPolicy::Block(_) => assert!(all.refused == 0 && vanished == 0, "{tally:?}"),
        OverflowPolicy::Coalesce => assert!(tally.coalesced > 0 && tally.dropped_oldest == 0, "{tally:?}"),
    }
    println!(
        "{policy:?}: {} stored, {} refused batches, most that waited {highest}",
        all.stored.len(),
        all.refused
    );
}

#[tokio::test]
async fn eight_senders_at_the_bound_are_refused_and_lose_nothing() {
    storm(OverflowPolicy::Reject).await;
}

#[tokio::test]
async fn eight_senders_at_the_bound_push_out_the_oldest_and_nothing_in_flight() {
    storm(OverflowPolicy::DropOldest).await;
}

#[tokio::test]
async fn eight_senders_at_the_bound_hear_what_was_dropped() {
    storm(OverflowPolicy::DropNewest).await;
}

#[tokio::test]
async fn eight_senders_at_the_bound_wait_for_one_another() {
    storm(OverflowPolicy::Block(PATIENCE)).await;
}

#[tokio::test]
async fn eight_senders_at_the_bound_replace_their_own() {
    storm(OverflowPolicy::Coalesce).await;
}
