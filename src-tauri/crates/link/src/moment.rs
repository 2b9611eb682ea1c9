//! A point in time as the machine sees it: time since the link's own clock started.
//!
//! Not `Instant`, so that the driver chooses the clock (and may count suspended time), and tests write times
//! as numbers.

use std::{ops::Add, time::Duration};

/// Time since the link's clock started.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Moment(Duration);

impl Moment {
    /// The moment that long after the clock started.
    pub const fn at(since_start: Duration) -> Self {
        Self(since_start)
    }

    /// Time since `earlier`; zero when `earlier` is later.
    pub const fn since(self, earlier: Self) -> Duration {
        self.0.saturating_sub(earlier.0)
    }
}

impl Add<Duration> for Moment {
    type Output = Self;

    fn add(self, wait: Duration) -> Self {
        Self(self.0.saturating_add(wait))
    }
}
