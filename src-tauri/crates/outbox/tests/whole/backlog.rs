//! Large backlogs.

use std::{
    path::Path,
    time::{Duration, Instant},
};

use model::BufferLevel;
use outbox::{NewMessage, Outbox, OutboxHandle, OutboxOptions};
use tokio::sync::oneshot;

use super::{WINDOW, options};

/// Longer than a busy machine needs to give the room back.
const PATIENCE: Duration = Duration::from_secs(60);

fn roomy() -> OutboxOptions {
    let mut options = options();
    options.bounds.max_messages = 20_000_000;
    options.bounds.max_bytes = 8 << 30;
    options.level = BufferLevel::Process;
    options
}

/// Fills a buffer and leaves it as a crash would: a child that is killed is not needed for that, a copy of the open
/// files is the same.
async fn fill(folder: &Path, messages: usize, bytes: usize) {
    let (outbox, _) = Outbox::open(folder.join("source"), roomy()).await.unwrap();
    let handle = outbox.handle();
    for _ in 0..messages / 512 {
        let batch = (0..512).map(|_| NewMessage::binary(vec![7_u8; bytes])).collect();
        handle.append(batch).await.unwrap();
    }
    std::fs::create_dir_all(folder.join("crashed")).unwrap();
    for file in ["outbox.db", "outbox.db-wal"] {
        std::fs::copy(folder.join("source").join(file), folder.join("crashed").join(file)).unwrap();
    }
    outbox.close().await;
    std::fs::remove_dir_all(folder.join("source")).unwrap();
}

/// Memory of this process, KiB.
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|rest| rest.trim().trim_end_matches("kB").trim().parse().ok()).unwrap_or(0)
}

/// How long somebody else waits for the buffer meanwhile.
#[derive(Debug, Default)]
struct Waits {
    appends: Vec<Duration>,
    looks: Vec<Duration>,
}

impl Waits {
    /// Appends one message and looks at the state, a hundred times a second.
    async fn measure(handle: OutboxHandle, mut over: oneshot::Receiver<()>) -> Self {
        let mut waits = Self::default();
        while matches!(over.try_recv(), Err(oneshot::error::TryRecvError::Empty)) {
            let started = Instant::now();
            handle.append(vec![NewMessage::binary(vec![7_u8; 256])]).await.unwrap();
            waits.appends.push(started.elapsed());
            let started = Instant::now();
            handle.stats().await.unwrap();
            waits.looks.push(started.elapsed());
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        waits.appends.sort();
        waits.looks.sort();
        waits
    }

    fn p99(waits: &[Duration]) -> Duration {
        waits.get(waits.len() * 99 / 100).copied().unwrap_or_default()
    }
}

async fn opens_and_drains(folder: &Path, expected: usize) -> (u64, u64) {
    let before = resident();
    let (outbox, report) = Outbox::open(folder.join("crashed"), roomy()).await.unwrap();
    assert_eq!(report.queued, expected as u64);
    assert!(!report.clean);
    let (handle, mut drained, mut grown) = (outbox.handle(), 0, 0);
    let (tell, over) = oneshot::channel();
    let bystander = tokio::spawn(Waits::measure(outbox.handle(), over));
    tokio::time::sleep(Duration::from_secs(1)).await;
    tell.send(()).unwrap();
    let idle = bystander.await.unwrap();
    let (tell, over) = oneshot::channel();
    let bystander = tokio::spawn(Waits::measure(outbox.handle(), over));
    let started = Instant::now();
    // What the bystander adds is behind all of it.
    while drained < expected {
        let out = handle.lease(WINDOW).await.unwrap();
        assert!(!out.is_empty(), "{drained} of {expected}");
        drained += out.len();
        handle.confirm(out.into_iter().map(|queued| queued.id).collect()).await.unwrap();
        grown = grown.max(resident().saturating_sub(before));
    }
    let took = started.elapsed();
    tell.send(()).unwrap();
    let busy = bystander.await.unwrap();
    let p99 = Waits::p99;
    println!(
        "{expected} messages: open {} µs, drained in {took:?} ({:.0}/s), grew by {grown} KiB; meanwhile an append took \
         {:?} (idle {:?}) and a look {:?} (idle {:?}), p99",
        report.took_us,
        drained as f64 / took.as_secs_f64(),
        p99(&busy.appends),
        p99(&idle.appends),
        p99(&busy.looks),
        p99(&idle.looks),
    );
    handle.discard_all().await.unwrap();
    let mut stats = handle.watch();
    let small = stats.wait_for(|stats| stats.file_bytes < 1 << 20);
    assert!(tokio::time::timeout(PATIENCE, small).await.is_ok(), "the file stays large");
    outbox.close().await;
    (report.took_us, grown)
}

#[tokio::test]
async fn a_backlog_left_by_a_crash_is_drained_whole() {
    let folder = tempfile::tempdir().unwrap();
    fill(folder.path(), 51_200, 256).await;
    opens_and_drains(folder.path(), 51_200).await;
}

/// 4,000,000 messages of 256 bytes.
#[tokio::test]
#[ignore = "a minute and 3 GB of disk"]
async fn a_gigabyte_opens_within_50_ms_and_drains_within_24_mb() {
    let folder = tempfile::tempdir().unwrap();
    fill(folder.path(), 3_999_744, 256).await;
    let (open_us, grown_kib) = opens_and_drains(folder.path(), 3_999_744).await;
    assert!(open_us < 50_000, "{open_us} µs");
    assert!(grown_kib < 24 * 1_024, "{grown_kib} KiB");
}
