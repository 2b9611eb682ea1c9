//! A flush that hangs, as a disk does that spins up or a network volume that lost its server. Linux only, with the shim.

use std::{path::Path, process::Command, sync::Arc, time::Duration};

use outbox::{NewMessage, Outbox};
use tokio::{sync::Semaphore, time::sleep};

use super::{child::output, drain, options, shim};

const FOLDER: &str = "OUTBOX_STALL_FOLDER";
/// More than the buffer takes in at once.
const SENDERS: u32 = 2_500;

/// What the child saw while the flush hung.
#[derive(Debug, Default)]
struct Seen {
    ticks: usize,
    answered_at_first: usize,
    answered_at_last: usize,
}

#[test]
#[ignore = "started by another test"]
fn sends_while_a_flush_hangs() {
    let Some(folder) = std::env::var_os(FOLDER) else { return };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let folder = Path::new(&folder);
        let (outbox, _) = Outbox::open(folder.to_owned(), options()).await.unwrap();
        std::fs::write(folder.with_file_name("stall"), b"").unwrap();
        let answered = Arc::new(Semaphore::new(0));
        for number in 0..SENDERS {
            let (handle, answered) = (outbox.handle(), Arc::clone(&answered));
            tokio::spawn(async move {
                let id = format!("sender-{number}");
                let message = NewMessage::text(id.clone()).with_id(id.parse().unwrap());
                handle.append(vec![message]).await.unwrap();
                answered.add_permits(1);
            });
        }
        // The thread of a window, or of a gateway: it goes on while the disk does not.
        let (mark, mut seen) = (folder.with_file_name("stalls"), Seen::default());
        while answered.available_permits() < SENDERS as usize {
            if mark.exists() {
                seen.ticks += 1;
                seen.answered_at_last = answered.available_permits();
                if seen.ticks == 2 {
                    seen.answered_at_first = seen.answered_at_last;
                }
            }
            sleep(Duration::from_millis(10)).await;
        }
        println!("\nseen {} {} {}", seen.ticks, seen.answered_at_first, seen.answered_at_last);
        outbox.close().await;
    });
}

#[test]
fn while_a_flush_hangs_senders_wait_unanswered_and_nothing_else_stands_still() {
    let folder = tempfile::tempdir().unwrap();
    let pulse = folder.path().join("pulse");
    let Some(shim) = shim::shim() else { return };
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "stall::sends_while_a_flush_hangs", "--ignored", "--nocapture", "--test-threads=1"])
        .env(FOLDER, &pulse)
        .env("LD_PRELOAD", shim)
        .env("FAULT_DIR", &pulse)
        .env("FAULT_STALL_MS", "2000")
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let text = output(&mut child);
    assert!(child.wait().unwrap().success(), "{text}");
    let seen: Vec<usize> = text
        .lines()
        .find_map(|line| line.strip_prefix("seen "))
        .unwrap()
        .split(' ')
        .map(|number| number.parse().unwrap())
        .collect();
    let [ticks, first, last] = seen[..] else { panic!("{text}") };
    assert!(ticks > 20, "looked {ticks} times in two seconds");
    assert_eq!(first, last, "answered without a flush");
    assert!(first < SENDERS as usize, "everybody was answered before");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let outbox = super::open(&pulse).await;
        let left = drain(&outbox.handle()).await;
        let ids: std::collections::HashSet<_> = left.iter().map(|queued| queued.id.to_string()).collect();
        assert_eq!((left.len(), ids.len()), (SENDERS as usize, SENDERS as usize), "each once");
        assert!(outbox.handle().stats().await.unwrap().tally.balanced());
    });
}
