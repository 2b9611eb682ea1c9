//! Bits that flip anywhere in any file of a buffer: nothing wrong is delivered, and nothing vanishes in silence.

use std::{
    fs,
    path::{Path, PathBuf},
};

use outbox::{NewMessage, Outbox, OutboxOptions};

use super::{WINDOW, options};

const MESSAGES: usize = 300;
/// Files of a buffer, and how many of a hundred flips hit each.
const FILES: [(&str, u8); 4] = [("outbox.db", 50), ("outbox.db-wal", 40), ("ballast.bin", 5), ("LOCK", 5)];

/// In memory where the system offers that: thousands of files are written.
fn folder() -> tempfile::TempDir {
    tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap()
}

fn with_ballast() -> OutboxOptions {
    let mut options = options();
    options.disk.ballast_bytes = 16_384;
    options
}

fn content(number: usize) -> String {
    format!("m-{number} {}", "x".repeat(240))
}

/// The files of a buffer that was killed: some of its messages in the database, the others in the log.
async fn pristine(folder: &Path) -> Vec<(&'static str, Vec<u8>)> {
    let mut left = 0..MESSAGES;
    let mut fill = async |count: usize, close: bool| {
        let (outbox, _) = Outbox::open(folder.to_owned(), with_ballast()).await.unwrap();
        while left.start < count {
            let batch = left.by_ref().take(10);
            let messages = batch
                .map(|number| {
                    NewMessage::text(content(number)).with_id(format!("m-{number}").parse().unwrap())
                })
                .collect();
            outbox.handle().append(messages).await.unwrap();
        }
        if close {
            outbox.close().await;
            return Vec::new();
        }
        // Read while the program runs is as good as killed.
        FILES.map(|(name, _)| (name, fs::read(folder.join(name)).unwrap())).to_vec()
    };
    fill(MESSAGES / 2, true).await;
    fill(MESSAGES, false).await
}

/// What came of a buffer with one bit wrong.
#[derive(Debug, Default)]
struct Outcome {
    drained: usize,
    told: bool,
    missed: u64,
}

async fn drain_and_judge(place: PathBuf) -> Outcome {
    let (outbox, _) = Outbox::open(place, with_ballast()).await.unwrap();
    let handle = outbox.handle();
    let (mut outcome, mut last) = (Outcome::default(), 0);
    loop {
        let out = handle.lease(WINDOW).await.unwrap();
        if out.is_empty() {
            break;
        }
        for queued in &out {
            let id = queued.id.to_string();
            let number: usize = id.strip_prefix("m-").unwrap().parse().unwrap();
            assert_eq!(queued.payload.as_bytes(), content(number).as_bytes(), "wrong content");
            assert!(queued.seq > last, "out of order");
            last = queued.seq;
        }
        outcome.drained += out.len();
        // Flushed at once rather than with whatever comes within a quarter of a second.
        let confirm = handle.confirm(out.into_iter().map(|queued| queued.id).collect());
        let (confirmed, flushed) = tokio::join!(confirm, handle.flush());
        assert!(confirmed.is_ok() && flushed.unwrap());
    }
    handle.append(vec![NewMessage::text("afterwards")]).await.unwrap();
    let stats = handle.stats().await.unwrap();
    assert!(stats.tally.balanced(), "{:?}", stats.tally);
    outcome.told = !stats.notices.is_empty();
    outcome.missed = stats.tally.corrupt + stats.tally.lost;
    outbox.close().await;
    outcome
}

async fn flips(count: usize) {
    let seed = fastrand::u64(..);
    println!("seed {seed}");
    let mut random = fastrand::Rng::with_seed(seed);
    let source = folder();
    let files = pristine(source.path()).await;
    let (mut whole, mut nearly, mut told) = (0, 0, 0);
    for _ in 0..count {
        let mut pick = random.u8(..100);
        let hit =
            FILES.iter().position(|(_, share)| pick.checked_sub(*share).map(|rest| pick = rest).is_none());
        let target = folder();
        for (at, (name, bytes)) in files.iter().enumerate() {
            let mut bytes = bytes.clone();
            if Some(at) == hit && !bytes.is_empty() {
                let byte = random.usize(..bytes.len());
                bytes[byte] ^= 1 << random.u8(..8);
            }
            fs::write(target.path().join(name), bytes).unwrap();
        }
        let outcome = drain_and_judge(target.path().to_owned()).await;
        let silent = outcome.drained < MESSAGES && !outcome.told && outcome.missed == 0;
        assert!(!silent, "{hit:?}: {outcome:?}");
        whole += usize::from(outcome.drained == MESSAGES);
        nearly += usize::from(outcome.drained * 100 >= MESSAGES * 95);
        told += usize::from(outcome.told);
    }
    println!("{count} flips: {whole} lost nothing, {nearly} at most a twentieth, {told} were told, 0 silent");
    assert!(nearly * 100 >= count * 90, "{nearly} of {count} kept 95 % of their messages");
}

#[tokio::test]
async fn a_flipped_bit_in_any_file_is_survived_and_never_silent() {
    flips(80).await;
}

#[tokio::test]
#[ignore = "minutes: make soak"]
async fn ten_thousand_flipped_bits_are_survived_and_never_silent() {
    flips(10_000).await;
}
