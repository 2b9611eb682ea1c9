//! The chronicle: how connections went from state to state in the last seven days, and when problems were recorded. Kept
//! on disk for support bundles.
//!
//! Whoever tells never waits and touches no disk: entries go through a bounded queue to one task, which writes them
//! together, at most once a second. Nothing that goes wrong here costs a connection anything; what a full queue or a disk
//! that refuses has cost is said in the log.

mod entry;
mod file;
#[cfg(test)]
mod tests;

use std::{
    collections::VecDeque,
    io,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

use tokio::{
    sync::{mpsc, oneshot},
    task::spawn_blocking,
    time::{Instant, MissedTickBehavior, interval_at, sleep_until},
};
use tokio_util::sync::CancellationToken;
use tracing::{debug, warn};

use self::file::{MOST, Tidied, line};
pub(crate) use self::{
    entry::{EndedBy, Entry, Passed},
    file::{ChronicleFile, Told},
};
use crate::{clock, keeping::Keeping};

/// Entries on their way to the task; beyond it new ones are lost and counted.
const QUEUE: usize = 1_024;
/// Entries that wait for a disk that refuses; beyond it the oldest are lost and counted.
const WAITING: usize = 1_024;
/// Time between the first entry and the writing of what has come by then.
const PACE: Duration = Duration::from_secs(1);
/// Time between two looks for what is too old.
const DAY: Duration = Duration::from_secs(24 * 3600);

/// Takes entries. A cheap clone.
#[derive(Clone, Debug)]
pub(crate) struct Chronicle {
    orders: mpsc::Sender<Order>,
    lost: Arc<AtomicU64>,
}

#[derive(Debug)]
enum Order {
    Keep(Entry),
    /// Answers when everything that came before is on its way to the disk.
    Write(oneshot::Sender<()>),
}

impl Chronicle {
    /// Begins to keep one in this file.
    pub(crate) fn begin(file: ChronicleFile) -> (Self, Keeping) {
        let (orders, taken) = mpsc::channel(QUEUE);
        let lost = Arc::<AtomicU64>::default();
        let keeper = Keeper {
            file,
            waiting: VecDeque::new(),
            lines: 0,
            lost: Arc::clone(&lost),
            lost_before: 0,
            failing: false,
        };
        (Self { orders, lost }, Keeping::begin("chronicle", |end| keeper.run(taken, end)))
    }

    /// Keeps an entry. Never waits.
    pub(crate) fn keep(&self, entry: Entry) {
        if self.orders.try_send(Order::Keep(entry)).is_err() {
            self.lost.fetch_add(1, Relaxed);
        }
    }

    /// Comes back when what was kept before can be read in the file.
    pub(crate) async fn written(&self) {
        let (reply, done) = oneshot::channel();
        if self.orders.send(Order::Write(reply)).await.is_ok() {
            let _ = done.await;
        }
    }
}

/// The one who writes.
struct Keeper {
    file: ChronicleFile,
    waiting: VecDeque<Entry>,
    /// Lines in the file, as far as known.
    lines: usize,
    lost: Arc<AtomicU64>,
    /// Losses that have been said.
    lost_before: u64,
    /// The last write failed: said once, not every second.
    failing: bool,
}

impl Keeper {
    async fn run(mut self, mut orders: mpsc::Receiver<Order>, end: CancellationToken) {
        self.tidy().await;
        let mut due: Option<Instant> = None;
        let mut day = interval_at(Instant::now() + DAY, DAY);
        day.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                order = orders.recv() => match order {
                    Some(Order::Keep(entry)) => {
                        self.take(entry);
                        due.get_or_insert_with(|| Instant::now() + PACE);
                    }
                    Some(Order::Write(reply)) => {
                        self.write().await;
                        due = None;
                        let _ = reply.send(());
                    }
                    None => break,
                },
                () = sleep_until(due.unwrap_or_else(Instant::now)), if due.is_some() => {
                    self.write().await;
                    due = None;
                }
                _ = day.tick() => self.tidy().await,
                () = end.cancelled() => break,
            }
        }
        while let Ok(order) = orders.try_recv() {
            match order {
                Order::Keep(entry) => self.take(entry),
                // Its caller sees that nobody is here any more; by then everything is written.
                Order::Write(_) => {}
            }
        }
        self.write().await;
    }

    fn take(&mut self, entry: Entry) {
        if self.waiting.len() >= WAITING {
            self.waiting.pop_front();
            self.lost.fetch_add(1, Relaxed);
        }
        self.waiting.push_back(entry);
    }

    async fn write(&mut self) {
        let lost = self.lost.load(Relaxed);
        if lost > self.lost_before {
            warn!(entries = lost - self.lost_before, "the chronicle could not take everything");
            self.lost_before = lost;
        }
        if self.waiting.is_empty() {
            return;
        }
        let lines: Vec<u8> = self.waiting.iter().flat_map(line).collect();
        let file = self.file.clone();
        if self.said(spawn_blocking(move || file.append(&lines)).await).is_some() {
            self.lines += self.waiting.len();
            self.waiting.clear();
        }
        if self.lines > 2 * MOST {
            self.tidy().await;
        }
    }

    async fn tidy(&mut self) {
        let file = self.file.clone();
        let done = spawn_blocking(move || file.tidy(clock::now())).await;
        let Some(Tidied { lines, aside }) = self.said(done) else { return };
        self.lines = lines;
        if let Some(kept) = aside {
            warn!(kept = %kept.display(), "the chronicle was damaged; what could be read of it goes on");
        }
    }

    /// What came of it; a failure is told once.
    fn said<T>(&mut self, done: Result<io::Result<T>, tokio::task::JoinError>) -> Option<T> {
        match done.map_err(io::Error::other).and_then(|done| done) {
            Ok(done) => {
                self.failing = false;
                Some(done)
            }
            Err(error) if self.failing => {
                debug!(%error, "the chronicle still cannot be kept");
                None
            }
            Err(error) => {
                warn!(file = %self.file.path().display(), %error, "the chronicle cannot be kept");
                self.failing = true;
                None
            }
        }
    }
}
