//! Time as this machine let the program have it: limits of seconds hold on a machine that is busy with something else.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering::Relaxed},
    },
    thread,
    time::Duration,
};

/// One step of the clock. A thread that only sleeps gets its turn a moment late on a busy machine, and that moment does not
/// count.
const STEP: Duration = Duration::from_millis(5);

/// Runs from its start until it is dropped. Never ahead of the clock on the wall.
#[derive(Debug)]
pub struct Stopwatch {
    steps: Arc<AtomicU64>,
    over: Arc<AtomicBool>,
}

impl Stopwatch {
    /// Starts.
    pub fn start() -> Self {
        let watch = Self { steps: Arc::default(), over: Arc::default() };
        let (steps, over) = (Arc::clone(&watch.steps), Arc::clone(&watch.over));
        thread::spawn(move || {
            while !over.load(Relaxed) {
                thread::sleep(STEP);
                steps.fetch_add(1, Relaxed);
            }
        });
        watch
    }

    /// Time so far.
    pub fn elapsed(&self) -> Duration {
        STEP * u32::try_from(self.steps.load(Relaxed)).unwrap_or(u32::MAX)
    }
}

impl Drop for Stopwatch {
    fn drop(&mut self) {
        self.over.store(true, Relaxed);
    }
}
