//! Disks that lose power, fail to flush, refuse writes or are slow: a child under load with `tests/shim/faults.c`
//! preloaded. Skipped loudly where there is no C compiler, which SQLite needs anyway.

use std::{
    path::{Path, PathBuf},
    process::Command,
    sync::OnceLock,
    time::Duration,
};

use outbox::NewMessage;

use super::{
    child::{Told, command, insistent, output, weak},
    kill::{End, judge, judge_weak},
    open,
};

/// Longer than a busy machine needs to come to a fault.
const PATIENCE: Duration = Duration::from_secs(60);
/// Between two looks.
const STEP: Duration = Duration::from_millis(10);

/// The shim, compiled once.
pub(crate) fn shim() -> Option<&'static Path> {
    static SHIM: OnceLock<Option<PathBuf>> = OnceLock::new();
    SHIM.get_or_init(|| {
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/shim/faults.c");
        let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("faults-{}.so", std::process::id()));
        let compiled = Command::new("cc")
            .args(["-O2", "-shared", "-fPIC", "-o"])
            .arg(&target)
            .arg(source)
            .args(["-ldl", "-lpthread"])
            .status();
        match compiled {
            Ok(status) => {
                assert!(status.success(), "the shim does not compile");
                Some(target)
            }
            Err(error) => {
                println!("SKIPPED: no C compiler: {error}");
                None
            }
        }
    })
    .as_deref()
}

/// In memory, so that the staged disk alone decides how long a flush takes.
fn folder() -> tempfile::TempDir {
    tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap()
}

/// Runs a child with these faults until it ends or `limit_ms` are over, and judges what it leaves.
fn stage(folder: &Path, run: usize, limit_ms: u64, faults: &[(&str, u64)]) -> Option<(Told, usize)> {
    let told = suffer(folder, command(&folder.join("pulse"), run), limit_ms, faults)?;
    let has = |wanted: &[&str]| faults.iter().any(|(name, _)| wanted.contains(name));
    let end = End {
        rebooted: has(&["FAULT_CUT_AT"]),
        unmarked: has(&["FAULT_EIO_WRITE", "FAULT_EROFS", "FAULT_QUOTA"]),
    };
    let left = judge(&folder.join("pulse"), &told, end);
    Some((told, left))
}

/// Runs a child with these faults until it ends or `limit_ms` are over.
fn suffer(folder: &Path, mut command: Command, limit_ms: u64, faults: &[(&str, u64)]) -> Option<Told> {
    command.env("LD_PRELOAD", shim()?).env("FAULT_DIR", folder.join("pulse"));
    for (name, value) in faults {
        command.env(name, value.to_string());
    }
    let mut child = command.spawn().unwrap();
    let (ended, wait) = std::sync::mpsc::channel::<()>();
    let id = child.id();
    let refusals = ["FAULT_EIO_WRITE", "FAULT_EROFS", "FAULT_QUOTA"];
    let awaited = faults.iter().any(|(name, _)| refusals.contains(name)).then(|| folder.join("refused"));
    let clock = std::thread::spawn(move || {
        // The time counts from the fault on: a busy machine takes its time until then.
        let mut gone = false;
        for _ in 0..PATIENCE.as_millis() / STEP.as_millis() {
            if gone || awaited.as_ref().is_none_or(|mark| mark.exists()) {
                break;
            }
            gone = wait.recv_timeout(STEP).is_ok();
        }
        if !gone && wait.recv_timeout(Duration::from_millis(limit_ms)).is_err() {
            let _ = Command::new("kill").args(["-9", &id.to_string()]).status();
        }
    });
    let text = output(&mut child);
    // It may have ended by itself, with its clock still running.
    let _ = ended.send(());
    clock.join().unwrap();
    child.wait().unwrap();
    let mut told = Told::default();
    told.read(&text);
    Some(told)
}

fn power_cuts(count: usize) {
    let mut random = fastrand::Rng::new();
    let mut accepted = 0;
    for run in 0..count {
        let folder = folder();
        let seed = random.u64(1..1 << 40);
        let faults =
            [("FAULT_CUT_AT", random.u64(20..2_500)), ("FAULT_SEED", seed), ("FAULT_MODE", run as u64 % 3)];
        let Some((told, _)) = stage(folder.path(), run, 20_000, &faults) else { return };
        accepted += told.accepted.len();
    }
    assert!(accepted > 0, "the children did nothing");
    println!("{count} power cuts, {accepted} messages accepted, 0 lost, 0 back");
}

#[test]
fn nothing_accepted_is_lost_when_the_power_goes() {
    power_cuts(24);
}

/// OUTBOX_CUTS=2000.
#[test]
#[ignore = "minutes"]
fn nothing_accepted_is_lost_in_two_thousand_power_cuts() {
    power_cuts(std::env::var("OUTBOX_CUTS").map_or(2_000, |count| count.parse().unwrap()));
}

#[test]
fn a_flush_that_fails_once_and_a_power_cut_later_lose_nothing() {
    let mut random = fastrand::Rng::new();
    let mut accepted = 0;
    for run in 0..20 {
        let folder = folder();
        let faults = [
            ("FAULT_EIO_SYNC", run as u64 * 3 + 1),
            ("FAULT_CUT_AT", random.u64(300..3_000)),
            ("FAULT_SEED", random.u64(1..1 << 40)),
            ("FAULT_MODE", run as u64 % 3),
        ];
        let Some((told, _)) = stage(folder.path(), run, 20_000, &faults) else { return };
        accepted += told.accepted.len();
    }
    assert!(accepted > 0, "the children did nothing");
}

#[test]
fn a_disk_that_stops_writing_costs_no_promise() {
    for (run, fault) in ["FAULT_EIO_WRITE", "FAULT_EROFS"].into_iter().enumerate() {
        let folder = folder();
        let Some((told, _)) = stage(folder.path(), run, 1_500, &[(fault, 400)]) else { return };
        assert!(!told.accepted.is_empty());
    }
}

#[test]
fn a_slow_disk_only_makes_senders_wait() {
    let folder = folder();
    let Some((told, _)) = stage(folder.path(), 0, 3_000, &[("FAULT_SLOW_US", 20_000)]) else { return };
    assert!(!told.accepted.is_empty());
}

/// What survives the program and not the power: a power cut may take the newest, and nothing else in silence.
#[test]
fn a_power_cut_takes_at_most_the_newest_of_what_was_not_to_survive_it() {
    let mut random = fastrand::Rng::new();
    let (mut accepted, mut lost) = (0, 0);
    for run in 0..24 {
        let folder = folder();
        let seed = random.u64(1..1 << 40);
        let faults =
            [("FAULT_CUT_AT", random.u64(20..900)), ("FAULT_SEED", seed), ("FAULT_MODE", run as u64 % 3)];
        let child = weak(command(&folder.path().join("pulse"), run));
        let Some(told) = suffer(folder.path(), child, 20_000, &faults) else { return };
        let (left, told_of_damage) = judge_weak(&folder.path().join("pulse"));
        let order: Vec<usize> =
            left.iter().map(|id| id.rsplit_once('-').unwrap().1.parse().unwrap()).collect();
        assert!(order.is_sorted(), "in order: {order:?}");
        let without_holes = order.iter().copied().eq(1..=order.len());
        assert!(without_holes || told_of_damage, "{faults:?}: a hole that nobody was told of: {order:?}");
        accepted += told.accepted.len();
        lost += told.accepted.iter().filter(|id| !left.contains(id)).count();
    }
    assert!(accepted > 0 && lost > 0, "{accepted} accepted, {lost} lost: the cuts cut nothing");
    println!("{accepted} accepted not to survive a power cut, {lost} of them lost, the newest");
}

#[test]
fn reads_and_writes_that_are_interrupted_or_done_in_part_go_unnoticed() {
    for (run, faults) in
        [&[("FAULT_EINTR", 3)][..], &[("FAULT_SHORT", 2)], &[("FAULT_EINTR", 5), ("FAULT_SHORT", 3)]]
            .into_iter()
            .enumerate()
    {
        let folder = folder();
        let Some((told, _)) = stage(folder.path(), run, 1_000, faults) else { return };
        assert!(!told.accepted.is_empty(), "{faults:?}");
        assert!(told.kept.is_empty(), "{faults:?} moved {} messages into memory", told.kept.len());
        let quarantine = folder.path().join("pulse/quarantine");
        assert!(!quarantine.exists(), "{faults:?} cost a file");
    }
}

#[test]
fn a_disk_that_writes_again_gets_back_what_memory_held_meanwhile() {
    let folder = folder();
    let child = insistent(command(&folder.path().join("pulse"), 0));
    let (refused, mended) = (folder.path().join("refused"), folder.path().join("mended"));
    let medic = std::thread::spawn(move || {
        for _ in 0..PATIENCE.as_millis() / STEP.as_millis() {
            std::thread::sleep(STEP);
            if refused.exists() {
                std::thread::sleep(STEP * 30);
                return std::fs::write(mended, b"").unwrap();
            }
        }
    });
    let told = suffer(folder.path(), child, 2_500, &[("FAULT_EROFS", 400)]);
    medic.join().unwrap();
    let Some(told) = told else { return };
    assert!(!told.kept.is_empty(), "nothing was handed over while the disk refused");
    // Promised durable again by the same process, after the disk was back; and nothing promised was lost.
    let left = judge(&folder.path().join("pulse"), &told, End { unmarked: true, ..End::default() });
    println!("{} safe, {} in memory for a while, {left} left", told.accepted.len(), told.kept.len());
}

#[test]
fn a_page_that_cannot_be_read_costs_only_its_own_messages() {
    let folder = folder();
    let pulse = folder.path().join("pulse");
    let before = written(&pulse);
    let child = insistent(command(&pulse, 1));
    let Some(told) = suffer(folder.path(), child, 2_500, &[("FAULT_EIO_READ", 30)]) else { return };
    assert!(!told.accepted.is_empty(), "the buffer went on");
    let gone: Vec<_> = before.iter().filter(|id| !told.started.contains(*id)).collect();
    assert!(
        !gone.is_empty() && gone.len() < before.len() / 10,
        "{} of {} are gone",
        gone.len(),
        before.len()
    );
    let quarantine = pulse.join("quarantine");
    assert!(quarantine.exists(), "the bad file is kept");
    judge(&pulse, &told, End::default());
}

#[test]
fn a_quota_that_is_used_up_is_a_full_disk_and_not_a_broken_one() {
    let folder = folder();
    let child = insistent(command(&folder.path().join("pulse"), 0));
    let Some(told) = suffer(folder.path(), child, 3_000, &[("FAULT_QUOTA", 700_000)]) else { return };
    let left = judge(&folder.path().join("pulse"), &told, End::default());
    println!("{} safe, {} in memory, {left} left", told.accepted.len(), told.kept.len());
    assert!(!told.accepted.is_empty());
    assert!(folder.path().join("refused").exists(), "the quota was not used up");
    assert!(told.kept.is_empty(), "{} went to memory: refused is what a full disk does", told.kept.len());
    assert!(!folder.path().join("pulse/quarantine").exists(), "nothing is wrong with the file");
}

#[test]
#[ignore = "minutes: make soak"]
fn a_flush_that_fails_at_any_of_sixty_places_loses_nothing() {
    let mut accepted = 0;
    for place in 1..=60 {
        let folder = folder();
        let faults = [
            ("FAULT_EIO_SYNC", place),
            ("FAULT_CUT_AT", fastrand::u64(300..3_000)),
            ("FAULT_SEED", fastrand::u64(1..1 << 40)),
            ("FAULT_MODE", place % 3),
        ];
        let Some((told, _)) = stage(folder.path(), place as usize, 20_000, &faults) else { return };
        accepted += told.accepted.len();
    }
    println!("60 failed flushes, {accepted} messages accepted, 0 lost");
}

/// A buffer closed in good order with messages in it; their ids.
fn written(folder: &Path) -> Vec<String> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let outbox = open(folder).await;
        let names: Vec<String> = (0..2_000).map(|number| format!("before-{number}")).collect();
        for batch in names.chunks(100) {
            let messages = batch.iter().map(|id| NewMessage::text(id).with_id(id.parse().unwrap())).collect();
            outbox.handle().append(messages).await.unwrap();
        }
        outbox.close().await;
        names
    })
}
