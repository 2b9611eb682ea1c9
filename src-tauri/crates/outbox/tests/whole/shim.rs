//! Disks that lose power, fail to flush, refuse writes or are slow: a child under load with `tests/shim/faults.c`
//! preloaded. Skipped loudly where there is no C compiler, which SQLite needs anyway.

use std::{
    path::{Path, PathBuf},
    process::Command,
    sync::OnceLock,
};

use super::{
    child::{Told, command, output},
    kill::{End, judge},
};

/// The shim, compiled once.
fn shim() -> Option<&'static Path> {
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
    let mut command = command(&folder.join("pulse"), run);
    command.env("LD_PRELOAD", shim()?).env("FAULT_DIR", folder.join("pulse"));
    for (name, value) in faults {
        command.env(name, value.to_string());
    }
    let mut child = command.spawn().unwrap();
    let (ended, wait) = std::sync::mpsc::channel::<()>();
    let id = child.id();
    let clock = std::thread::spawn(move || {
        if wait.recv_timeout(std::time::Duration::from_millis(limit_ms)).is_err() {
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
    let has = |wanted: &[&str]| faults.iter().any(|(name, _)| wanted.contains(name));
    let end = End { rebooted: has(&["FAULT_CUT_AT"]), unmarked: has(&["FAULT_EIO_WRITE", "FAULT_EROFS"]) };
    let left = judge(&folder.join("pulse"), &told, end);
    Some((told, left))
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
