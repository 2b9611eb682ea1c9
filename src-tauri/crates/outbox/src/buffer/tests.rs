//! The buffer's rules, one step at a time, on real files and a clock that is set by hand.

mod bounds;
mod clocks;
mod damage;
mod faults;
mod layout;
mod model;
mod order;
mod poison;
mod terms;
mod together;

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use tempfile::TempDir;

use super::{Answer, Buffer, LeaseLimit, OpenReport};
use crate::{
    clock::ManualClock,
    message::{Accepted, NewMessage, Queued},
    options::{DiskRules, OutboxOptions},
};

/// 2026-11-20.
const NOW: i64 = 1_795_132_800_000;
/// Everything that waits.
const ALL: LeaseLimit = LeaseLimit { messages: 256, bytes: u64::MAX };

/// A buffer in a folder of its own.
struct Stage {
    folder: TempDir,
    clock: Arc<ManualClock>,
    options: OutboxOptions,
    buffer: Option<Buffer>,
}

impl Stage {
    fn new() -> Self {
        Self::with(|_| {})
    }

    fn with(change: impl FnOnce(&mut OutboxOptions)) -> Self {
        let clock = Arc::new(ManualClock::at(NOW));
        let mut options = OutboxOptions::new("pulse");
        options.clock = Arc::clone(&clock) as Arc<dyn crate::Clock>;
        // What is free on the machine that tests shall not matter.
        options.disk =
            DiskRules { ballast_bytes: 0, min_free_bytes: 0, min_free_percent: 0, ..DiskRules::default() };
        change(&mut options);
        let mut stage = Self { folder: folder(), clock, options, buffer: None };
        stage.open();
        stage
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("pulse")
    }

    fn file(&self, name: &str) -> PathBuf {
        self.path().join(name)
    }

    fn open(&mut self) -> OpenReport {
        let (buffer, report) = Buffer::open(&self.path(), self.options.clone()).unwrap();
        self.buffer = Some(buffer);
        report
    }

    fn buffer(&mut self) -> &mut Buffer {
        self.buffer.as_mut().unwrap()
    }

    /// As a proper end and a new start.
    fn restart(&mut self) -> OpenReport {
        self.buffer().close();
        self.buffer = None;
        self.open()
    }

    /// As kill -9: nothing is written any more, not even the log into the file.
    fn crash(&mut self) {
        let mut buffer = self.buffer.take().unwrap();
        if let Some(store) = buffer.disk.take() {
            store.abandon();
        }
    }

    fn append(&mut self, messages: Vec<NewMessage>) -> Answer {
        self.append_all(&[messages]).pop().unwrap()
    }

    /// Several batches in one transaction, or in as many as making room takes.
    fn append_all(&mut self, batches: &[Vec<NewMessage>]) -> Vec<Answer> {
        let mut all = Vec::new();
        while all.len() < batches.len() {
            let answers = self.buffer().append(&batches[all.len()..]);
            all.extend(answers.into_iter().map_while(std::convert::identity));
        }
        all
    }

    /// Takes over texts under ids of the same words.
    fn add(&mut self, texts: &[&str]) -> Vec<Accepted> {
        self.append(texts.iter().map(|text| named(text)).collect()).unwrap()
    }

    fn lease(&mut self) -> Vec<Queued> {
        self.buffer().lease(ALL).unwrap()
    }

    fn leased(&mut self) -> Vec<String> {
        self.lease().iter().map(|queued| queued.id.to_string()).collect()
    }

    fn confirm(&mut self, ids: &[&str]) {
        let ids: Vec<_> = ids.iter().map(|id| id.parse().unwrap()).collect();
        self.buffer().confirm(&ids);
    }

    /// Everything that waits, in order, without touching it.
    fn waiting(&mut self) -> Vec<String> {
        let mut waiting = self.buffer().page(0, 100_000).unwrap().messages;
        waiting.sort_by_key(|queued| (queued.priority, queued.seq));
        waiting.iter().map(|queued| queued.id.to_string()).collect()
    }

    #[track_caller]
    fn books_balance(&mut self) {
        let tally = self.buffer().tally();
        assert!(tally.balanced(), "{tally:?}");
        self.buffer().verify_structure().unwrap();
    }

    /// Kinds of the notices so far, as words.
    fn notices(&mut self) -> Vec<String> {
        let notices = self.buffer().stats().notices;
        notices
            .iter()
            .map(|notice| serde_json::to_value(notice).unwrap()["kind"].as_str().unwrap().to_owned())
            .collect()
    }
}

/// In memory where the system offers that: thousands of flushes are not what these tests are about.
fn folder() -> TempDir {
    tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap()
}

fn named(id: &str) -> NewMessage {
    NewMessage::text(id).with_id(id.parse().unwrap())
}

fn names(count: usize) -> Vec<String> {
    (0..count).map(|number| format!("m{number:05}")).collect()
}

/// Numbered messages with some content.
fn many(count: usize) -> Vec<NewMessage> {
    names(count)
        .iter()
        .map(|name| NewMessage::text(format!("{name} {}", "x".repeat(240))).with_id(name.parse().unwrap()))
        .collect()
}

fn bytes_of(path: &Path) -> Vec<u8> {
    std::fs::read(path).unwrap()
}
