//! The link's clock: time since it was made, the computer's sleep included.
//!
//! A wait that began before an hour of sleep is over after it. `Instant` stands still during sleep on Linux
//! and macOS, so on Linux the clock that does not is asked; elsewhere a wake signal does the rest.

use std::time::Duration;

use crate::Moment;

/// Gives the moments the machine lives in.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LinkClock {
    start: Duration,
}

impl LinkClock {
    /// Starts now.
    pub(crate) fn start() -> Self {
        Self { start: running() }
    }

    pub(crate) fn now(self) -> Moment {
        Moment::at(running().saturating_sub(self.start))
    }
}

#[cfg(target_os = "linux")]
fn running() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::Boottime);
    Duration::new(u64::try_from(time.tv_sec).unwrap_or(0), u32::try_from(time.tv_nsec).unwrap_or(0))
}

#[cfg(not(target_os = "linux"))]
fn running() -> Duration {
    use std::{sync::LazyLock, time::Instant};

    // Only differences count, so any fixed instant will do.
    static ORIGIN: LazyLock<Instant> = LazyLock::new(Instant::now);
    ORIGIN.elapsed()
}
