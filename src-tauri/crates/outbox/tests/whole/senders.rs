//! Several senders, one drainer, and the ends of them.

use std::time::Duration;

use outbox::{
    AppendError, Fate, LeaseLimit, Loss, MessageId, NewMessage, OpenError, Outbox, OutboxError,
    OverflowPolicy, Tally,
};

use super::{WINDOW, drain, open, options};

/// Longer than anything here takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

fn named(id: &str) -> NewMessage {
    NewMessage::text(id).with_id(id.parse().unwrap())
}

fn id(text: &str) -> MessageId {
    text.parse().unwrap()
}

#[tokio::test]
async fn eight_senders_share_commits_and_lose_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let outbox = open(folder.path()).await;
    let senders = (0..8).map(|sender| {
        let handle = outbox.handle();
        tokio::spawn(async move {
            for number in 0..100 {
                let accepted = handle.append(vec![named(&format!("{sender}-{number}"))]).await.unwrap();
                assert!(matches!(accepted[0].fate, Fate::Stored(_)));
            }
        })
    });
    for sender in senders.collect::<Vec<_>>() {
        sender.await.unwrap();
    }
    let handle = outbox.handle();
    let stats = handle.stats().await.unwrap();
    assert_eq!(
        stats.tally,
        Tally { accepted: 800, queued: 800, queued_bytes: stats.tally.queued_bytes, ..Tally::default() }
    );
    assert!(stats.batch_size.count() < 800, "{} commits", stats.batch_size.count());
    let out = drain(&handle).await;
    assert_eq!(out.len(), 800);
    for sender in 0..8 {
        let own: Vec<_> =
            out.iter().filter(|queued| queued.id.to_string().starts_with(&format!("{sender}-"))).collect();
        let expected: Vec<_> = (0..100).map(|number| format!("{sender}-{number}")).collect();
        assert_eq!(own.iter().map(|queued| queued.id.to_string()).collect::<Vec<_>>(), expected);
    }
}

#[tokio::test]
async fn a_drainer_is_woken_when_there_is_something_to_send() {
    let folder = tempfile::tempdir().unwrap();
    let outbox = open(folder.path()).await;
    let (handle, mut work) = (outbox.handle(), outbox.handle().work());
    work.mark_unchanged();
    handle.append(vec![named("a")]).await.unwrap();
    tokio::time::timeout(PATIENCE, work.changed()).await.unwrap().unwrap();
    assert_eq!(handle.lease(WINDOW).await.unwrap().len(), 1);
    work.mark_unchanged();
    handle.session_lost(Loss::Plain).await.unwrap();
    tokio::time::timeout(PATIENCE, work.changed()).await.unwrap().unwrap();
    assert!(handle.lease(WINDOW).await.unwrap()[0].redelivered);
}

#[tokio::test]
async fn the_state_can_be_watched() {
    let folder = tempfile::tempdir().unwrap();
    let outbox = open(folder.path()).await;
    let mut stats = outbox.handle().watch();
    outbox.handle().append(vec![named("a")]).await.unwrap();
    let seen = tokio::time::timeout(PATIENCE, stats.wait_for(|stats| stats.tally.queued == 1)).await.unwrap();
    assert!(seen.is_ok());
}

#[tokio::test]
async fn a_sender_waits_for_room_where_that_is_the_policy() {
    let folder = tempfile::tempdir().unwrap();
    let mut options = options();
    options.bounds.max_messages = 2;
    options.overflow = OverflowPolicy::Block(PATIENCE);
    let (outbox, _) = Outbox::open(folder.path().to_owned(), options).await.unwrap();
    let handle = outbox.handle();
    handle.append(vec![named("a"), named("b")]).await.unwrap();
    let waiting: Vec<_> = ["c", "d"]
        .map(|name| {
            let handle = outbox.handle();
            tokio::spawn(async move { handle.append(vec![named(name)]).await })
        })
        .into();
    handle.lease(WINDOW).await.unwrap();
    handle.confirm(vec![id("a"), id("b")]).await.unwrap();
    for waited in waiting {
        tokio::time::timeout(PATIENCE, waited).await.unwrap().unwrap().unwrap();
    }
    assert_eq!(handle.stats().await.unwrap().tally.queued, 2);
}

#[tokio::test]
async fn a_sender_does_not_wait_for_ever() {
    let folder = tempfile::tempdir().unwrap();
    let mut options = options();
    options.bounds.max_messages = 1;
    options.overflow = OverflowPolicy::Block(Duration::from_millis(20));
    let (outbox, _) = Outbox::open(folder.path().to_owned(), options).await.unwrap();
    outbox.handle().append(vec![named("a")]).await.unwrap();
    let refused = tokio::time::timeout(PATIENCE, outbox.handle().append(vec![named("b")])).await.unwrap();
    assert!(matches!(refused, Err(AppendError::Full(_))));
}

#[tokio::test]
async fn a_closed_buffer_answers_and_its_folder_is_free() {
    let folder = tempfile::tempdir().unwrap();
    let outbox = open(folder.path()).await;
    let handle = outbox.handle();
    let second = Outbox::open(folder.path().to_owned(), options()).await;
    assert!(matches!(second, Err(OpenError::Owned { .. })));
    handle.append(vec![named("a")]).await.unwrap();
    handle.lease(WINDOW).await.unwrap();
    // Not awaited: closing writes it.
    let confirming = tokio::spawn({
        let handle = handle.clone();
        async move { handle.confirm(vec![id("a")]).await }
    });
    assert_eq!(confirming.await.unwrap().unwrap().delivered, 1);
    assert_eq!(outbox.close().await.lost, 0);
    assert_eq!(handle.append(vec![named("b")]).await, Err(AppendError::Closed));
    assert_eq!(handle.lease(WINDOW).await, Err(OutboxError::Closed));
    let (again, report) = Outbox::open(folder.path().to_owned(), options()).await.unwrap();
    assert!(report.clean);
    assert_eq!(report.queued, 0);
    again.close().await;
}

#[tokio::test]
async fn twenty_that_start_at_once_find_exactly_one_owner() {
    let folder = tempfile::tempdir().unwrap();
    let starts: Vec<_> =
        (0..20).map(|_| tokio::spawn(Outbox::open(folder.path().to_owned(), options()))).collect();
    let mut owners = Vec::new();
    for start in starts {
        match start.await.unwrap() {
            Ok((outbox, _)) => owners.push(outbox),
            Err(error) => assert!(matches!(error, OpenError::Owned { .. }), "{error}"),
        }
    }
    assert_eq!(owners.len(), 1);
}

#[tokio::test]
async fn lists_and_exports_do_not_disturb_what_is_in_flight() {
    let folder = tempfile::tempdir().unwrap();
    let outbox = open(folder.path()).await;
    let handle = outbox.handle();
    handle.append(vec![named("a"), named("b"), named("c")]).await.unwrap();
    handle.bury(id("b"), "by hand".into()).await.unwrap();
    let waiting = handle.queued(0, 10).await.unwrap();
    assert_eq!(waiting.iter().map(|queued| queued.id.to_string()).collect::<Vec<_>>(), ["a", "c"]);
    assert!(waiting[0].json_line().contains(r#""data":"a""#));
    let dead = handle.dead(0, 10).await.unwrap();
    assert!(dead[0].json_line().contains(r#""cause":"refused""#));
    assert_eq!(handle.retry_dead(id("b")).await.unwrap(), 4);
    let verified = handle.verify().await.unwrap();
    assert_eq!((verified.messages, verified.damaged, verified.problem), (3, 0, None));
    assert_eq!(handle.discard_all().await.unwrap(), 3);
}

#[tokio::test]
async fn a_batch_larger_than_the_intake_is_taken_all_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let outbox = open(folder.path()).await;
    let large = (0..12).map(|_| NewMessage::binary(vec![1_u8; 1 << 20])).collect();
    assert_eq!(outbox.handle().append(large).await.unwrap().len(), 12);
}

#[tokio::test]
async fn a_line_that_flaps_ten_thousand_times_repeats_at_most_a_window_and_kills_nobody() {
    let folder = tempfile::tempdir().unwrap();
    let outbox = open(folder.path()).await;
    let handle = outbox.handle();
    handle.append((0..1_000).map(|number| named(&format!("m-{number}"))).collect()).await.unwrap();
    let limit = LeaseLimit { messages: 8, bytes: u64::MAX };
    let (mut next, mut random) = (0, fastrand::Rng::new());
    for flap in 0..10_000 {
        let out = handle.lease(limit).await.unwrap();
        let numbers: Vec<usize> = out
            .iter()
            .map(|queued| queued.id.to_string().rsplit_once('-').unwrap().1.parse().unwrap())
            .collect();
        let expected: Vec<usize> = (next..1_000.min(next + 8)).collect();
        assert_eq!(numbers, expected, "flap {flap} returns to the head, in order");
        assert!(out.iter().all(|queued| queued.attempts == 0), "a line is nobody's fault");
        // One in twenty sessions lives long enough for some of them.
        if flap % 20 == 0 && !out.is_empty() {
            let some = random.usize(1..=out.len());
            let ids = out.into_iter().take(some).map(|queued| queued.id).collect();
            let confirm = handle.confirm(ids);
            let (confirmed, _) = tokio::join!(confirm, handle.flush());
            assert_eq!(confirmed.unwrap().delivered, some as u64);
            next += some;
        }
        handle.session_lost(Loss::Plain).await.unwrap();
    }
    let stats = handle.stats().await.unwrap();
    assert_eq!((stats.dead, stats.tally.delivered, stats.tally.balanced()), (0, next as u64, true));
    assert!(handle.lease(WINDOW).await.unwrap().len() == 256.min(1_000 - next));
}
