//! Files that are taken away, cut off, replaced or locked: a buffer says so, and keeps what it still has.

use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use outbox::{Footing, NewMessage, NoticeKind, Outbox, OutboxHandle, OutboxOptions, ReplaceReason};

use super::{drain, options};

const PATIENCE: Duration = Duration::from_secs(60);
const MESSAGES: usize = 2_000;

/// As agents open it.
fn with_ballast() -> OutboxOptions {
    let mut options = options();
    options.disk.ballast_bytes = 16_384;
    options
}

async fn open(folder: &Path) -> Outbox {
    Outbox::open(folder.to_owned(), with_ballast()).await.unwrap().0
}

fn restless() -> OutboxOptions {
    let mut options = with_ballast();
    options.disk.recheck = Duration::from_millis(50);
    options
}

async fn fill(handle: &OutboxHandle, prefix: &str, count: usize) {
    let names: Vec<String> = (0..count).map(|number| format!("{prefix}-{number}")).collect();
    for batch in names.chunks(100) {
        let messages = batch.iter().map(|id| NewMessage::text(id).with_id(id.parse().unwrap())).collect();
        handle.append(messages).await.unwrap();
    }
}

/// A folder with messages in it, closed in good order or as a crash leaves it.
async fn filled(count: usize, clean: bool) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let pulse = folder.path().join("pulse");
    let outbox = open(&pulse).await;
    fill(&outbox.handle(), "m", count).await;
    if clean {
        outbox.close().await;
        return (folder, pulse);
    }
    let crashed = folder.path().join("crashed");
    fs::create_dir(&crashed).unwrap();
    for file in ["outbox.db", "outbox.db-wal"] {
        fs::copy(pulse.join(file), crashed.join(file)).unwrap();
    }
    (folder, crashed)
}

/// Opens what is left of a folder: how many messages come, and what is said.
async fn what_is_left(folder: &Path) -> (usize, Vec<String>) {
    let outbox = open(folder).await;
    let handle = outbox.handle();
    let left = drain(&handle).await.len();
    handle.append(vec![NewMessage::text("afterwards")]).await.unwrap();
    let stats = handle.stats().await.unwrap();
    assert!(stats.tally.balanced() && stats.footing == Footing::Disk, "{stats:?}");
    let said = stats.notices.iter().map(|notice| format!("{:?}", notice.kind)).collect();
    outbox.close().await;
    (left, said)
}

#[tokio::test]
async fn a_file_that_was_cut_off_is_replaced_and_missed() {
    for share in [0, 1, 50, 90] {
        let (_folder, pulse) = filled(MESSAGES, true).await;
        let file = fs::File::options().write(true).open(pulse.join("outbox.db")).unwrap();
        let length = if share == 1 { 100 } else { file.metadata().unwrap().len() * share / 100 };
        file.set_len(length).unwrap();
        let (left, said) = what_is_left(&pulse).await;
        println!("{length} bytes: {left} left, {said:?}");
        assert!(left < MESSAGES, "{left} with {length} bytes");
        assert!(left > 0 || share < 50, "what is there can be read");
        assert!(
            !said.is_empty(),
            "{} messages are gone with all but {length} bytes, in silence",
            MESSAGES - left
        );
    }
}

#[tokio::test]
async fn a_log_without_its_file_gives_what_it_holds() {
    // All of it, where nothing has moved into the file yet.
    let (_folder, young) = filled(100, false).await;
    fs::remove_file(young.join("outbox.db")).unwrap();
    assert_eq!(what_is_left(&young).await, (100, vec![]));
    let (_folder, old) = filled(MESSAGES, false).await;
    fs::write(old.join("outbox.db"), b"").unwrap();
    let (left, said) = what_is_left(&old).await;
    println!("{left} left, {said:?}");
    assert!(left < MESSAGES && !said.is_empty(), "{left} left of {MESSAGES}, {said:?}");
}

#[tokio::test]
async fn a_file_that_was_never_finished_is_a_new_one() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("outbox.db"), b"").unwrap();
    assert_eq!(what_is_left(folder.path()).await, (0, vec![]));
}

#[tokio::test]
async fn a_file_without_its_log_is_whole_when_it_was_closed() {
    let (_folder, pulse) = filled(MESSAGES, true).await;
    let _ = fs::remove_file(pulse.join("outbox.db-wal"));
    assert_eq!(what_is_left(&pulse).await, (MESSAGES, vec![]));
}

/// An administrator reads it all the same, everybody else does not: neither loses anything.
#[tokio::test]
#[cfg(unix)]
async fn a_file_that_may_not_be_read_any_more_costs_nothing() {
    use std::os::unix::fs::PermissionsExt as _;

    let (_folder, pulse) = filled(MESSAGES, true).await;
    let (outbox, _) = Outbox::open(pulse.clone(), restless()).await.unwrap();
    let allow = |mode: u32| {
        fs::set_permissions(pulse.join("outbox.db"), fs::Permissions::from_mode(mode)).unwrap();
    };
    allow(0);
    fill(&outbox.handle(), "locked", 50).await;
    outbox.close().await;
    let (outbox, report) = Outbox::open(pulse.clone(), restless()).await.unwrap();
    let handle = outbox.handle();
    fill(&handle, "again", 50).await;
    println!("opened while locked: {report:?}");
    allow(0o600);
    let mut stats = handle.watch();
    let back = stats.wait_for(|stats| stats.footing == Footing::Disk && stats.in_memory == 0);
    tokio::time::timeout(PATIENCE, back).await.unwrap().unwrap();
    let mut ids: Vec<String> = drain(&handle).await.iter().map(|queued| queued.id.to_string()).collect();
    assert_eq!(ids.len(), MESSAGES + 100);
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), MESSAGES + 100, "each once");
}

#[tokio::test]
#[cfg(unix)]
async fn a_file_deleted_or_replaced_under_load_is_noticed_and_written_anew() {
    let folder = tempfile::tempdir().unwrap();
    let pulse = folder.path().join("pulse");
    let (outbox, _) = Outbox::open(pulse.clone(), restless()).await.unwrap();
    let handle = outbox.handle();
    for round in 0..2 {
        fill(&handle, &format!("before-{round}"), 100).await;
        let file = pulse.join("outbox.db");
        fs::remove_file(&file).unwrap();
        if round == 1 {
            fs::write(&file, b"somebody else's").unwrap();
        }
        fill(&handle, &format!("during-{round}"), 100).await;
        let mut stats = handle.watch();
        let noticed = stats.wait_for(|stats| stats.notices.len() > round);
        let stats = tokio::time::timeout(PATIENCE, noticed).await.unwrap().unwrap().clone();
        let NoticeKind::Replaced { reason, quarantine, .. } = &stats.notices[round].kind else {
            panic!("{:?}", stats.notices)
        };
        assert_eq!(*reason, ReplaceReason::Vanished);
        let file = quarantine.as_ref().expect("its log was left, or the file of somebody else");
        let found = if round == 0 { file.with_extension("db-wal") } else { file.clone() };
        assert!(found.exists(), "{} is said to be kept", found.display());
    }
    // Of a folder that is gone nothing can be kept.
    fs::remove_dir_all(&pulse).unwrap();
    let mut stats = handle.watch();
    let noticed = stats.wait_for(|stats| stats.notices.len() > 2);
    let stats = tokio::time::timeout(PATIENCE, noticed).await.unwrap().unwrap().clone();
    assert!(matches!(stats.notices[2].kind, NoticeKind::Replaced { quarantine: None, .. }), "{stats:?}");
    assert_eq!(fs::read_dir(pulse.join("quarantine")).unwrap().count(), 0);
    outbox.close().await;
    let again = open(&pulse).await;
    assert_eq!(drain(&again.handle()).await.len(), 400, "in the new file");
}
