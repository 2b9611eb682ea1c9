//! How long an obstacle is waited for: bounded in all, a little longer between two tries each time.

use std::time::Duration;

use tokio::time::{Instant, sleep};

const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(2);
/// A hundred years: no clock can count as far as a number that a person can type.
const FOR_EVER: Duration = Duration::from_secs(100 * 365 * 86_400);

/// Time left for what stands in the way. Starts with the first obstacle; success renews it.
#[derive(Debug)]
pub(crate) struct Patience {
    limit: Duration,
    until: Option<Instant>,
    pause: Duration,
}

impl Patience {
    pub(crate) fn new(limit: Duration) -> Self {
        Self { limit: limit.min(FOR_EVER), until: None, pause: FIRST_PAUSE }
    }

    /// Nothing stands in the way any more. Whether something did.
    pub(crate) fn renew(&mut self) -> bool {
        self.pause = FIRST_PAUSE;
        self.until.take().is_some()
    }

    /// Whether the next obstacle is the first one.
    pub(crate) fn is_fresh(&self) -> bool {
        self.until.is_none()
    }

    pub(crate) fn limit(&self) -> Duration {
        self.limit
    }

    /// Waits before the next try, at least for as long as was asked for. `false` when the time is up.
    pub(crate) async fn wait(&mut self, asked: Duration) -> bool {
        let until = *self.until.get_or_insert_with(|| Instant::now() + self.limit);
        let left = until.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return false;
        }
        sleep(self.pause.max(asked).min(left)).await;
        self.pause = (self.pause * 2).min(LONGEST_PAUSE);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn waiting_ends_at_the_limit_and_success_renews_it() {
        let mut patience = Patience::new(Duration::from_secs(10));
        for _ in 0..3 {
            assert!(patience.is_fresh());
            let started = Instant::now();
            let mut tries = 0;
            while patience.wait(Duration::ZERO).await {
                tries += 1;
            }
            assert_eq!(started.elapsed(), Duration::from_secs(10));
            assert!((8..=12).contains(&tries), "{tries} tries");
            assert!(patience.renew());
        }
        assert!(!patience.renew());
    }

    #[tokio::test(start_paused = true)]
    async fn a_wait_that_was_asked_for_is_kept_within_the_limit() {
        let mut patience = Patience::new(Duration::from_secs(10));
        let started = Instant::now();
        assert!(patience.wait(Duration::from_secs(7)).await);
        assert_eq!(started.elapsed(), Duration::from_secs(7));
        assert!(patience.wait(Duration::from_secs(7)).await);
        assert_eq!(started.elapsed(), Duration::from_secs(10));
        assert!(!patience.wait(Duration::ZERO).await);
    }

    #[tokio::test(start_paused = true)]
    async fn the_longest_patience_that_can_be_typed_is_one() {
        assert!(Patience::new(Duration::from_secs(u64::MAX)).wait(Duration::ZERO).await);
    }

    #[tokio::test]
    async fn without_patience_nothing_is_waited_for() {
        assert!(!Patience::new(Duration::ZERO).wait(Duration::ZERO).await);
    }
}
