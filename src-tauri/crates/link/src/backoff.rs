//! Exponential backoff with full jitter: `U(floor, min(cap, initial · multiplierⁿ))`.
//!
//! The jitter is applied after the cap, so that clients that have waited long still spread over the whole
//! cap instead of meeting at it.

use std::time::Duration;

/// Shortest wait, so that a jitter near zero cannot make a burst.
const FLOOR: Duration = Duration::from_millis(250);

/// The configured schedule.
#[derive(Clone, Debug, PartialEq)]
pub struct BackoffPolicy {
    /// Ceiling of the first wait.
    pub initial: Duration,
    /// Growth of the ceiling per failure, at least 1.
    pub multiplier: f64,
    /// Largest ceiling.
    pub cap: Duration,
}

impl BackoffPolicy {
    /// Upper end of the wait after `failures` failures in a row; never above the cap.
    pub fn ceiling(&self, failures: u32) -> Duration {
        let steps = i32::try_from(failures.saturating_sub(1)).unwrap_or(i32::MAX);
        let grown = self.initial.as_secs_f64() * self.multiplier.max(1.0).powi(steps);
        if grown.is_finite() && grown < self.cap.as_secs_f64() {
            Duration::from_secs_f64(grown)
        } else {
            self.cap
        }
    }

    /// A wait after `failures` failures in a row, drawn with `rng`.
    pub fn wait(&self, failures: u32, rng: &mut fastrand::Rng) -> Duration {
        let ceiling = self.ceiling(failures);
        between(FLOOR.min(ceiling), ceiling, rng)
    }
}

/// A duration drawn evenly from `low..=high`.
pub(crate) fn between(low: Duration, high: Duration, rng: &mut fastrand::Rng) -> Duration {
    low + high.saturating_sub(low).mul_f64(rng.f64())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn policy() -> BackoffPolicy {
        BackoffPolicy { initial: Duration::from_secs(1), multiplier: 2.0, cap: Duration::from_secs(30) }
    }

    #[test]
    fn ceilings_double_up_to_the_cap() {
        let seconds: Vec<u64> = (0..8).map(|n| policy().ceiling(n).as_secs()).collect();
        assert_eq!(seconds, [1, 1, 2, 4, 8, 16, 30, 30]);
    }

    #[test]
    fn waits_at_the_cap_spread_over_the_whole_range() {
        let mut rng = fastrand::Rng::with_seed(1);
        let waits: Vec<Duration> = (0..10_000).map(|_| policy().wait(50, &mut rng)).collect();
        for tenth in 0..10 {
            let (from, to) = (Duration::from_secs(tenth * 3), Duration::from_secs(tenth * 3 + 3));
            let share = waits.iter().filter(|wait| (from..to).contains(wait)).count();
            assert!((800..1200).contains(&share), "{share} of 10,000 waits between {from:?} and {to:?}");
        }
    }

    proptest! {
        #[test]
        fn no_wait_leaves_its_bounds(
            initial in 1_u64..600_000, multiplier in 1.0_f64..10.0, cap in 1_u64..600_000,
            failures in any::<u32>(), seed in any::<u64>(),
        ) {
            let policy = BackoffPolicy {
                initial: Duration::from_millis(initial),
                multiplier,
                cap: Duration::from_millis(cap),
            };
            let wait = policy.wait(failures, &mut fastrand::Rng::with_seed(seed));
            prop_assert!(wait <= policy.cap);
            prop_assert!(wait >= FLOOR.min(policy.ceiling(failures)));
        }
    }
}
