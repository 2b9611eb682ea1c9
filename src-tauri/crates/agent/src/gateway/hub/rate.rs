//! How many frames a second one connection may send: a bucket that fills at an even rate. Pure; time is an argument.

use tokio::time::Instant;

/// Holds at most a second's worth.
#[derive(Debug)]
pub(super) struct Rate {
    per_second: f64,
    left: f64,
    at: Instant,
}

impl Rate {
    /// Full.
    pub(super) fn new(per_second: u32, now: Instant) -> Self {
        let per_second = f64::from(per_second);
        Self { per_second, left: per_second, at: now }
    }

    /// Whether one more is allowed now.
    pub(super) fn allows(&mut self, now: Instant) -> bool {
        let gained = now.saturating_duration_since(self.at).as_secs_f64() * self.per_second;
        self.at = now;
        self.left = (self.left + gained).min(self.per_second);
        if self.left < 1.0 {
            return false;
        }
        self.left -= 1.0;
        true
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_second_may_be_used_at_once_and_then_fills_again_evenly() {
        let start = Instant::now();
        let mut rate = Rate::new(1_000, start);
        let count = |rate: &mut Rate, now| (0..5_000).filter(|_| rate.allows(now)).count();
        assert_eq!(count(&mut rate, start), 1_000);
        assert_eq!(count(&mut rate, start + Duration::from_millis(100)), 100);
        assert_eq!(count(&mut rate, start + Duration::from_secs(60)), 1_000);
    }
}
