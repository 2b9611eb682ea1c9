//! What time it is, as far as a computer can know: a wall clock that may jump, a clock that only counts, and
//! which run of the computer both belong to.

use std::{
    fmt,
    sync::{
        Mutex, OnceLock,
        atomic::{AtomicI64, Ordering},
    },
    time::{SystemTime, UNIX_EPOCH},
};

/// Both clocks at one moment, ms.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reading {
    /// Since 1970. May jump in either direction.
    pub wall_ms: i64,
    /// Since some moment of this run of the computer, sleep included where the system can tell. Never jumps.
    pub steady_ms: i64,
}

/// Tells the time to a buffer. Tests bring their own.
pub trait Clock: Send + Sync + fmt::Debug {
    /// Both clocks now.
    fn now(&self) -> Reading;
    /// Names this run of the computer; steady readings of different runs cannot be compared.
    fn boot(&self) -> i64;
}

/// The computer's clocks.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Reading {
        let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Reading {
            wall_ms: i64::try_from(since_epoch.as_millis()).unwrap_or(i64::MAX),
            steady_ms: steady_ms(),
        }
    }

    fn boot(&self) -> i64 {
        static BOOT: OnceLock<i64> = OnceLock::new();
        *BOOT.get_or_init(|| {
            // Elsewhere the run of this process has to do: steady readings of another process then count as
            // those of another run, which is the careful reading.
            let text = std::fs::read_to_string("/proc/sys/kernel/random/boot_id");
            let uuid = text.ok().and_then(|text| uuid::Uuid::try_parse(text.trim()).ok());
            let (high, low) = uuid.unwrap_or_else(uuid::Uuid::now_v7).as_u64_pair();
            ((high ^ low) >> 1).cast_signed()
        })
    }
}

#[cfg(target_os = "linux")]
fn steady_ms() -> i64 {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::Boottime);
    time.tv_sec.saturating_mul(1_000).saturating_add(time.tv_nsec / 1_000_000)
}

#[cfg(not(target_os = "linux"))]
fn steady_ms() -> i64 {
    static START: OnceLock<std::time::Instant> = OnceLock::new();
    let passed = START.get_or_init(std::time::Instant::now).elapsed();
    i64::try_from(passed.as_millis()).unwrap_or(i64::MAX)
}

/// A clock that is set by hand.
#[derive(Debug)]
pub struct ManualClock {
    now: Mutex<Reading>,
    boot: AtomicI64,
}

impl ManualClock {
    /// Stands at this wall time.
    pub fn at(wall_ms: i64) -> Self {
        Self { now: Mutex::new(Reading { wall_ms, steady_ms: 0 }), boot: AtomicI64::new(1) }
    }

    /// Lets time pass on both clocks.
    pub fn advance(&self, ms: i64) {
        self.change(|now| {
            now.wall_ms += ms;
            now.steady_ms += ms;
        });
    }

    /// Moves the wall clock alone, as a wrong setting or a time server does.
    pub fn step_wall(&self, ms: i64) {
        self.change(|now| now.wall_ms += ms);
    }

    /// Starts the computer anew: the steady clock begins again.
    pub fn reboot(&self) {
        self.boot.fetch_add(1, Ordering::Relaxed);
        self.change(|now| now.steady_ms = 0);
    }

    fn change(&self, change: impl FnOnce(&mut Reading)) {
        change(&mut self.now.lock().unwrap_or_else(std::sync::PoisonError::into_inner));
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Reading {
        *self.now.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    fn boot(&self) -> i64 {
        self.boot.load(Ordering::Relaxed)
    }
}
