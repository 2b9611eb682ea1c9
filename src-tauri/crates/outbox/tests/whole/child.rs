//! A program that sends and drains until something kills it, and tells every promise it was given. Started by other
//! tests as a process of its own; alone it does nothing.

use std::{
    collections::HashSet,
    io::{Read, Write},
    path::Path,
    process::{Child, Command, Stdio},
    time::Duration,
};

use model::BufferLevel;
use outbox::{Accepted, Fate, MessageId, NewMessage, Outbox, OutboxHandle, OutboxOptions};

const FOLDER: &str = "OUTBOX_CHILD_FOLDER";
const RUN: &str = "OUTBOX_CHILD_RUN";
/// Promises survive this program and not a power cut, and nothing is drained.
const WEAK: &str = "OUTBOX_CHILD_WEAK";
/// Asks a disk that refuses again so soon, ms.
const RECHECK: &str = "OUTBOX_CHILD_RECHECK";

/// What a child was told and did before it died.
#[derive(Debug, Default)]
pub(crate) struct Told {
    /// Answered as durable.
    pub(crate) accepted: HashSet<String>,
    /// Answered as kept, but less safely than was asked for.
    pub(crate) kept: HashSet<String>,
    /// Confirmations begun.
    pub(crate) started: HashSet<String>,
    /// Confirmations answered.
    pub(crate) deleted: HashSet<String>,
}

impl Told {
    /// Adds what a child said; a last line without its end was cut off by its death.
    pub(crate) fn read(&mut self, text: &str) {
        for line in text.split_inclusive('\n').filter_map(|line| line.strip_suffix('\n')) {
            match line.split_once(' ') {
                Some(("accepted", id)) => self.accepted.insert(id.to_owned()),
                Some(("kept", id)) => self.kept.insert(id.to_owned()),
                Some(("started", id)) => self.started.insert(id.to_owned()),
                Some(("deleted", id)) => self.deleted.insert(id.to_owned()),
                Some(_) | None => false,
            };
        }
    }
}

/// A command that starts a child on this folder. `run` makes its ids differ from those of other runs.
pub(crate) fn command(folder: &Path, run: usize) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command
        .args(["--exact", "child::sends_and_drains_until_it_is_killed", "--ignored", "--test-threads=1"])
        .env(FOLDER, folder)
        .env(RUN, run.to_string())
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    command
}

/// The same child, whose promises hold until the power goes, and which drains nothing.
pub(crate) fn weak(mut command: Command) -> Command {
    command.env(WEAK, "1");
    command
}

/// The same child, which has a ballast and does not leave a disk alone that refuses.
pub(crate) fn insistent(mut command: Command) -> Command {
    command.env(RECHECK, "50");
    command
}

/// Everything a child said until its end.
pub(crate) fn output(child: &mut Child) -> String {
    let mut text = Vec::new();
    child.stdout.take().unwrap().read_to_end(&mut text).unwrap();
    String::from_utf8_lossy(&text).into_owned()
}

fn options() -> OutboxOptions {
    let mut options = super::options();
    if let Ok(ms) = std::env::var(RECHECK) {
        options.disk.recheck = Duration::from_millis(ms.parse().unwrap());
        options.disk.ballast_bytes = 256 << 10;
    }
    options
}

#[test]
#[ignore = "started by other tests"]
fn sends_and_drains_until_it_is_killed() {
    let Some(folder) = std::env::var_os(FOLDER) else { return };
    let run = std::env::var(RUN).unwrap();
    let weak = std::env::var_os(WEAK).is_some();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let (outbox, _) = Outbox::open(folder.into(), options()).await.unwrap();
        if weak {
            return send(outbox.handle(), run, BufferLevel::Process).await;
        }
        let senders = (0..3)
            .map(|sender| tokio::spawn(send(outbox.handle(), format!("{run}-{sender}"), BufferLevel::Power)));
        let senders: Vec<_> = senders.collect();
        let drainer = tokio::spawn(work(outbox.handle()));
        for sender in senders {
            sender.await.unwrap();
        }
        drainer.await.unwrap();
    });
}

/// Straight to the pipe, past the test harness; one write a group, so that a line is rarely cut.
fn say<'a>(word: &str, ids: impl Iterator<Item = &'a MessageId>) {
    let text: String = ids.map(|id| format!("{word} {id}\n")).collect();
    let mut out = std::io::stdout().lock();
    // Whoever listens decides when this ends.
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}

async fn send(handle: OutboxHandle, name: String, level: BufferLevel) {
    let mut random = fastrand::Rng::new();
    let mut number = 0;
    while number < 20_000 {
        let batch: Vec<_> = (0..random.usize(1..=32))
            .map(|_| {
                number += 1;
                let id = format!("{name}-{number}");
                NewMessage { level: Some(level), ..NewMessage::text(id.clone()).with_id(id.parse().unwrap()) }
            })
            .collect();
        match handle.append(batch).await {
            Ok(accepted) => {
                let durable = |accepted: &&Accepted| accepted.fate == Fate::Stored(level);
                say("accepted", accepted.iter().filter(durable).map(|accepted| &accepted.id));
                say("kept", accepted.iter().filter(|one| !durable(one)).map(|accepted| &accepted.id));
            }
            // A fault that was staged: nothing was promised.
            Err(_) => tokio::task::yield_now().await,
        }
    }
}

async fn work(handle: OutboxHandle) {
    let mut work = handle.work();
    loop {
        let out = handle.lease(super::WINDOW).await.unwrap_or_default();
        if out.is_empty() {
            if work.changed().await.is_err() {
                return;
            }
            continue;
        }
        let ids: Vec<_> = out.into_iter().map(|queued| queued.id).collect();
        say("started", ids.iter());
        let confirmed = handle.confirm(ids.clone()).await;
        // Kept in memory is not yet forgotten by the file.
        let settled = handle.stats().await.is_ok_and(|stats| stats.unsettled == 0);
        if confirmed.is_ok() && settled {
            say("deleted", ids.iter());
        }
    }
}
