//! How long a phase may take: its own limit or the rest of the whole attempt, whichever ends first.

use std::{future::Future, time::Duration};

use tokio::time::{Instant, timeout_at};

use crate::{
    error::{DialCause, Timeout, TimeoutScope},
    phase::Phase,
};

/// Stands in for a deadline beyond what the clock can express.
const FAR: Duration = Duration::from_secs(365 * 24 * 3600);

/// A point in time `limit` from `start`, however large `limit` is.
pub(crate) fn after(start: Instant, limit: Duration) -> Instant {
    start.checked_add(limit).unwrap_or_else(|| start + FAR)
}

/// Deadline of one phase, and which limit it comes from.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Budget {
    pub(crate) until: Instant,
    timeout: Timeout,
}

impl Budget {
    /// `limit` from `now`, or `overall` counted from `begun`, whichever is earlier.
    pub(crate) fn new(
        phase: Phase,
        now: Instant,
        limit: Duration,
        begun: Instant,
        overall: Duration,
    ) -> Self {
        let (own, whole) = (after(now, limit), after(begun, overall));
        if whole < own {
            Self { until: whole, timeout: Timeout { phase, limit: overall, scope: TimeoutScope::Attempt } }
        } else {
            Self { until: own, timeout: Timeout { phase, limit, scope: TimeoutScope::Phase } }
        }
    }

    /// The cause when this budget is used up.
    pub(crate) fn used_up(&self) -> DialCause {
        DialCause::Timeout(self.timeout)
    }

    /// Runs `work` within the budget.
    pub(crate) async fn run<T, E>(&self, work: impl Future<Output = Result<T, E>>) -> Result<T, DialCause>
    where
        DialCause: From<E>,
    {
        match timeout_at(self.until, work).await {
            Ok(result) => Ok(result?),
            Err(_) => Err(self.used_up()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn budget(
        now: Instant,
        limit: Duration,
        begun: Instant,
        overall: Duration,
    ) -> (Instant, TimeoutScope, Duration) {
        let budget = Budget::new(Phase::Tls, now, limit, begun, overall);
        (budget.until, budget.timeout.scope, budget.timeout.limit)
    }

    #[test]
    fn the_earlier_limit_counts_and_is_named() {
        let begun = Instant::now();
        let now = begun + Duration::from_secs(4);
        let [three, five, eight] = [3, 5, 8].map(Duration::from_secs);
        assert_eq!(
            budget(now, three, begun, eight),
            (begun + Duration::from_secs(7), TimeoutScope::Phase, three)
        );
        assert_eq!(budget(now, five, begun, eight), (begun + eight, TimeoutScope::Attempt, eight));
    }

    #[test]
    fn a_limit_without_end_is_not_a_crash() {
        let now = Instant::now();
        assert!(budget(now, Duration::MAX, now, Duration::MAX).0 > now + Duration::from_secs(24 * 3600));
    }
}
