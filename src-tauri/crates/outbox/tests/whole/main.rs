//! The buffer as its users see it: through its handles, on real disks, in processes that are killed.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
#![expect(clippy::print_stdout, reason = "what was measured, and what was skipped")]

mod backlog;
mod child;
mod files;
mod flips;
mod full;
mod kill;
mod list;
mod overflow;
mod senders;
#[cfg(target_os = "linux")]
mod shim;
#[cfg(target_os = "linux")]
mod stall;
mod tiny;

use std::path::Path;

use outbox::{DiskRules, LeaseLimit, Outbox, OutboxHandle, OutboxOptions, Queued};

/// As much as can be in flight.
const WINDOW: LeaseLimit = LeaseLimit { messages: 256, bytes: u64::MAX };

/// Options that do not depend on what is free on this machine.
fn options() -> OutboxOptions {
    let mut options = OutboxOptions::new("pulse");
    options.disk =
        DiskRules { ballast_bytes: 0, min_free_bytes: 0, min_free_percent: 0, ..DiskRules::default() };
    options
}

async fn open(folder: &Path) -> Outbox {
    Outbox::open(folder.to_owned(), options()).await.unwrap().0
}

/// Takes everything out, in order; every content is its id.
async fn drain(handle: &OutboxHandle) -> Vec<Queued> {
    let mut all: Vec<Queued> = Vec::new();
    loop {
        let out = handle.lease(WINDOW).await.unwrap();
        if out.is_empty() {
            return all;
        }
        for queued in &out {
            assert_eq!(queued.payload.as_bytes(), queued.id.to_string().as_bytes(), "wrong content");
            assert!(all.last().is_none_or(|last| last.seq < queued.seq), "out of order");
        }
        handle.confirm(out.iter().map(|queued| queued.id.clone()).collect()).await.unwrap();
        all.extend(out);
    }
}
