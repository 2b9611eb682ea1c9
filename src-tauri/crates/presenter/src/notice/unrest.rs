//! How often one endpoint dropped lately, and whether that is worth a notice. Pure; knows no outages.

use std::{collections::VecDeque, time::Duration};

use super::Unstable;

/// Drops kept at most. More within one window only make the count in the text smaller.
const KEPT: usize = 100;

/// The drops of one endpoint.
#[derive(Debug, Default)]
pub(super) struct Unrest {
    /// Times of the drops that are still within the window, as of the last one.
    drops: VecDeque<Duration>,
    /// Until it is calm again.
    unstable: bool,
    /// Unstable, and this has not been told lately.
    due: bool,
    told_at: Option<Duration>,
}

impl Unrest {
    /// It was up and is down.
    pub(super) fn dropped(&mut self, now: Duration, policy: Unstable) {
        self.drops.retain(|at| *at + policy.within > now);
        self.unstable &= self.drops.back().is_some_and(|last| *last + policy.calm_after > now);
        if self.drops.len() == KEPT {
            self.drops.pop_front();
        }
        self.drops.push_back(now);
        self.unstable |= self.drops.len() >= policy.drops;
        let told_lately = self.told_at.is_some_and(|at| now < at + policy.again_after);
        self.due = self.unstable && !told_lately;
    }

    /// Whether a notice is due, from the moment of a drop until it is told or forgotten.
    pub(super) fn is_due(&self) -> bool {
        self.due
    }

    /// Whether one more drop would make a notice due.
    pub(super) fn is_close(&self, now: Duration, policy: Unstable) -> bool {
        let lately = self.drops.iter().filter(|at| **at + policy.within > now).count();
        !self.due && lately + 1 >= policy.drops
    }

    /// Somebody was told.
    pub(super) fn told(&mut self, now: Duration) {
        self.due = false;
        self.told_at = Some(now);
    }

    /// Takes back what nobody was told of.
    pub(super) fn stay_silent(&mut self) {
        self.due = false;
    }

    /// Forgets the drops, not what was told of them.
    pub(super) fn forget(&mut self) {
        self.drops.clear();
        (self.unstable, self.due) = (false, false);
    }

    /// When an unstable endpoint is calm again, should it not drop once more.
    pub(super) fn calm_at(&self, policy: Unstable) -> Option<Duration> {
        self.drops.back().filter(|_| self.unstable).map(|last| *last + policy.calm_after)
    }

    /// Drops within the window, as of the last one.
    pub(super) fn count(&self) -> usize {
        self.drops.len()
    }
}
