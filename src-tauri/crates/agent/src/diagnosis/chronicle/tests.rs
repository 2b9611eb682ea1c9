//! The chronicle on a real disk.

use std::fs;

use jiff::{SignedDuration, Timestamp};
use model::{EndpointState, ErrorCode};
use tempfile::TempDir;

use super::*;

fn passed(endpoint: &str, at: Timestamp) -> Entry {
    Entry::Transition(Passed {
        at: clock::to_millisecond(at),
        endpoint: endpoint.parse().unwrap(),
        from: Some(EndpointState::Connected),
        to: EndpointState::Reconnecting,
        reason: None,
        code: Some(ErrorCode::PingTimeout),
        lasted_ms: Some(1_500),
    })
}

fn home() -> (TempDir, ChronicleFile) {
    let folder = tempfile::tempdir().unwrap();
    let file = ChronicleFile::of(folder.path());
    (folder, file)
}

fn text(file: &ChronicleFile) -> String {
    fs::read_to_string(file.path()).unwrap_or_default()
}

fn told(file: &ChronicleFile) -> Vec<Entry> {
    file.read(clock::now()).unwrap().entries
}

fn ago(time: SignedDuration) -> Timestamp {
    Timestamp::now() - time
}

#[tokio::test]
async fn what_is_kept_is_in_the_file_when_it_is_asked_for_and_after_the_end() {
    let (_folder, file) = home();
    let (chronicle, keeping) = Chronicle::begin(file.clone());
    let first = passed("pulse", Timestamp::now());
    chronicle.keep(first.clone());
    chronicle.written().await;
    assert_eq!(told(&file), std::slice::from_ref(&first));
    let last = Entry::RecordingBegan { at: clock::now(), reference: "7F3K".into() };
    chronicle.keep(last.clone());
    keeping.end().await;
    assert_eq!(told(&file), [first, last]);
    chronicle.written().await;
}

#[tokio::test(start_paused = true)]
async fn entries_are_written_together_and_nobody_asks_for_it() {
    let (_folder, file) = home();
    let (chronicle, _keeping) = Chronicle::begin(file.clone());
    for _ in 0..10 {
        chronicle.keep(passed("pulse", Timestamp::now()));
    }
    assert_eq!(text(&file), "");
    while told(&file).is_empty() {
        tokio::time::sleep(PACE).await;
    }
    assert_eq!(told(&file).len(), 10);
}

#[tokio::test]
async fn whoever_tells_never_waits_and_what_was_lost_is_counted() {
    let (_folder, file) = home();
    let (chronicle, keeping) = Chronicle::begin(file.clone());
    // The task has not run yet: this thread is the only one.
    for _ in 0..QUEUE + 5 {
        chronicle.keep(passed("pulse", Timestamp::now()));
    }
    assert_eq!(chronicle.lost.load(Relaxed), 5);
    keeping.end().await;
    assert_eq!(told(&file).len(), 1_000);
}

#[tokio::test]
async fn a_disk_that_refuses_costs_the_oldest_and_what_came_last_is_written_when_it_takes_again() {
    let (folder, _) = home();
    let file = ChronicleFile::of(&folder.path().join("later"));
    let (chronicle, keeping) = Chronicle::begin(file.clone());
    chronicle.keep(passed("pulse", Timestamp::now()));
    chronicle.written().await;
    fs::create_dir(folder.path().join("later")).unwrap();
    chronicle.keep(passed("market", Timestamp::now()));
    keeping.end().await;
    assert_eq!(told(&file).len(), 2);
}

#[test]
fn only_seven_days_and_the_newest_are_kept_and_one_endpoint_does_not_push_out_the_others() {
    let (_folder, file) = home();
    let day = SignedDuration::from_hours(24);
    let quiet = passed("quiet", ago(6 * day));
    let mut lines = line(&passed("old", ago(8 * day)));
    lines.extend(line(&quiet));
    lines.extend(line(&passed("ahead", Timestamp::now() + 30 * day)));
    for _ in 0..7_000 {
        lines.extend(line(&passed("flapping", ago(day))));
    }
    file.append(&lines).unwrap();
    let before = told(&file);
    assert_eq!((before.len(), &before[0]), (1_001, &quiet));
    assert_eq!(file.tidy(clock::now()).unwrap(), Tidied { lines: 1_001, aside: None });
    assert_eq!(text(&file).lines().count(), 1_001);
    assert_eq!(told(&file), before);

    let all: Vec<u8> =
        (0..6_000).flat_map(|count| line(&passed(&format!("e{}", count % 50), ago(day)))).collect();
    file.append(&all).unwrap();
    assert_eq!(file.tidy(clock::now()).unwrap().lines, MOST);
}

#[test]
fn a_line_torn_by_a_crash_spoils_neither_the_one_before_nor_the_one_after() {
    let (_folder, file) = home();
    let (one, other) = (passed("pulse", Timestamp::now()), passed("market", Timestamp::now()));
    let whole = line(&one);
    fs::write(file.path(), [&whole[..], &whole[..whole.len() / 2]].concat()).unwrap();
    assert_eq!(told(&file), std::slice::from_ref(&one));
    // Before anybody tidied up.
    file.append(&line(&other)).unwrap();
    assert_eq!(told(&file), [one.clone(), other.clone()]);
    file.tidy(clock::now()).unwrap();
    assert_eq!((told(&file), text(&file).lines().count()), (vec![one, other], 2));
}

#[tokio::test]
async fn a_damaged_file_is_set_aside_and_what_can_be_read_of_it_goes_on() {
    let (folder, file) = home();
    let good = passed("pulse", Timestamp::now());
    for damage in [&b"\0\0\0\0\xff\xfe\n"[..], b"{\"what\":\"tran\n", b"[1]\n"] {
        let bytes = [&line(&good)[..], damage].concat();
        fs::write(file.path(), &bytes).unwrap();
        let (chronicle, keeping) = Chronicle::begin(file.clone());
        chronicle.keep(good.clone());
        keeping.end().await;
        assert_eq!(fs::read(folder.path().join("chronicle.damaged.jsonl")).unwrap(), bytes);
        let found = file.read(clock::now()).unwrap();
        assert_eq!((found.entries.len(), found.damaged), (2, false));
    }
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2, "damage does not fill the disk");
}

#[test]
fn a_line_of_a_later_version_is_passed_over_and_is_no_damage() {
    let (_folder, file) = home();
    let good = passed("pulse", Timestamp::now());
    let later = b"{\"what\":\"dreamt\",\"at\":\"2026-11-20T04:39:00Z\"}\n";
    fs::write(file.path(), [&later[..], &line(&good)].concat()).unwrap();
    let found = file.read(clock::now()).unwrap();
    assert_eq!((found.entries, found.damaged), (vec![good], false));
}

#[cfg(unix)]
#[tokio::test]
async fn the_file_is_for_its_owner_alone_and_a_link_is_not_followed() {
    use std::os::unix::fs::{PermissionsExt as _, symlink};
    let (folder, file) = home();
    let mode = || fs::metadata(file.path()).unwrap().permissions().mode() & 0o777;
    file.append(&line(&passed("pulse", Timestamp::now()))).unwrap();
    assert_eq!(mode(), 0o600);
    fs::set_permissions(file.path(), fs::Permissions::from_mode(0o644)).unwrap();
    file.tidy(clock::now()).unwrap();
    assert_eq!(mode(), 0o600);

    let elsewhere = folder.path().join("elsewhere");
    fs::rename(file.path(), &elsewhere).unwrap();
    let bytes = fs::read(&elsewhere).unwrap();
    symlink(&elsewhere, file.path()).unwrap();
    assert!(file.append(b"{}\n").is_err());
    assert!(told(&file).is_empty());
    let (chronicle, keeping) = Chronicle::begin(file.clone());
    chronicle.keep(passed("market", Timestamp::now()));
    keeping.end().await;
    assert_eq!((told(&file).len(), fs::read(&elsewhere).unwrap()), (1, bytes));
    assert!(fs::symlink_metadata(file.path()).unwrap().is_file());
}
