//! A disk that is really full: a small file system in memory, which takes root to mount. Skipped loudly without.

use std::{path::Path, process::Command, time::Duration};

use outbox::{AppendError, DiskRules, Footing, NewMessage, Outbox, OutboxOptions};

use super::{WINDOW, options};

const PATIENCE: Duration = Duration::from_secs(60);

/// 8 MiB, gone with the value.
struct SmallDisk(tempfile::TempDir);

impl SmallDisk {
    fn mount() -> Option<Self> {
        let folder = tempfile::tempdir().ok()?;
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", "size=8m", "tmpfs"])
            .arg(folder.path())
            .status()
            .is_ok_and(|status| status.success());
        if !mounted {
            println!("SKIPPED: a file system can only be mounted by root");
        }
        mounted.then_some(Self(folder))
    }

    fn path(&self) -> &Path {
        self.0.path()
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // Lazily, should something still be open.
        let _ = Command::new("umount").arg("-l").arg(self.path()).status();
    }
}

fn on_a_small_disk() -> OutboxOptions {
    let mut options = options();
    options.disk = DiskRules {
        ballast_bytes: 1 << 20,
        min_free_bytes: 0,
        min_free_percent: 0,
        recheck: Duration::from_millis(20),
        ..DiskRules::default()
    };
    options
}

fn kilobyte() -> NewMessage {
    NewMessage::binary(vec![7_u8; 1_000])
}

#[tokio::test]
#[cfg(target_os = "linux")]
async fn a_full_disk_refuses_drains_to_empty_and_takes_again() {
    fill_and_drain(8).await;
}

#[tokio::test]
#[cfg(target_os = "linux")]
#[ignore = "a minute: make soak"]
async fn a_disk_that_is_full_fifty_times_loses_nothing() {
    fill_and_drain(50).await;
}

#[cfg(target_os = "linux")]
async fn fill_and_drain(rounds: usize) {
    let Some(disk) = SmallDisk::mount() else { return };
    let (outbox, _) = Outbox::open(disk.path().join("pulse"), on_a_small_disk()).await.unwrap();
    let handle = outbox.handle();
    for round in 0..rounds {
        let mut accepted = 0;
        let refused = loop {
            match handle.append((0..64).map(|_| kilobyte()).collect()).await {
                Ok(stored) => accepted += stored.len(),
                Err(error) => break error,
            }
        };
        assert_eq!(refused, AppendError::DiskFull, "round {round}");
        assert_eq!(handle.stats().await.unwrap().footing, Footing::DrainOnly);
        assert!(accepted > 1_000, "round {round}: {accepted}");
        let mut delivered = 0;
        loop {
            let out = handle.lease(WINDOW).await.unwrap();
            if out.is_empty() {
                break;
            }
            delivered += out.len();
            let ids: Vec<_> = out.into_iter().map(|queued| queued.id).collect();
            handle.confirm(ids).await.unwrap();
        }
        assert_eq!(delivered, accepted, "round {round}");
        // By itself, once there is room.
        let mut stats = handle.watch();
        let back = stats.wait_for(|stats| stats.footing == Footing::Disk && stats.tally.queued == 0);
        let came = tokio::time::timeout(PATIENCE, back).await.is_ok();
        assert!(came, "round {round}: {:?}", handle.stats().await.unwrap());
    }
    assert!(handle.stats().await.unwrap().tally.balanced());
    assert_eq!(handle.verify().await.unwrap().problem, None);
}

#[tokio::test]
#[cfg(target_os = "linux")]
async fn a_disk_that_is_full_at_opening_leaves_a_buffer_that_saves_itself_later() {
    let Some(disk) = SmallDisk::mount() else { return };
    let filler = disk.path().join("filler");
    let mut file = std::fs::File::create(&filler).unwrap();
    while std::io::Write::write_all(&mut file, &[1; 4_096]).is_ok() {}
    let (outbox, report) = Outbox::open(disk.path().join("pulse"), on_a_small_disk()).await.unwrap();
    assert_ne!(report.footing, Footing::Disk);
    let handle = outbox.handle();
    // In memory or refused, but never promised to be on disk.
    let kept = handle.append(vec![kilobyte()]).await;
    assert!(kept.is_err() || handle.stats().await.unwrap().in_memory == 1, "{kept:?}");
    drop(file);
    std::fs::remove_file(filler).unwrap();
    let mut stats = handle.watch();
    let back = stats.wait_for(|stats| stats.footing == Footing::Disk && stats.in_memory == 0);
    tokio::time::timeout(PATIENCE, back).await.unwrap().unwrap();
    handle.append(vec![kilobyte()]).await.unwrap();
    assert_eq!(handle.verify().await.unwrap().problem, None);
}
