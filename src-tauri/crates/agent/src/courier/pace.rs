//! How fast messages may go out: slowly at first, twice as fast with every quarter of a second in which the peer keeps
//! up, and carefully after it said that it has too much to do. Pure: time is an argument.

use std::time::Duration;

/// Messages a second at the beginning of a session.
const START: f64 = 50.0;
/// Messages a second at most: above what disk and window let through, so that only a peer's own limits are felt. From
/// [`START`] it takes 14 doublings, about 4 s.
const CAP: f64 = START * (1 << 14) as f64;
/// Messages that may go at once after a rest. A window's worth: a message that is alone never waits.
const BURST: f64 = 64.0;
/// Time between doublings, give or take a fifth.
const STEP: Duration = Duration::from_millis(250);
/// How long a ceiling holds that an overloaded peer set, before it is doubled.
const CEILING_HOLDS: Duration = Duration::from_secs(30);
/// Messages are collected for this long rather than sent one by one at a high rate.
const COLLECT: Duration = Duration::from_millis(5);

/// A token bucket whose rate grows.
#[derive(Clone, Debug)]
pub(super) struct Pace {
    rate: f64,
    ceiling: f64,
    tokens: f64,
    /// When `tokens` was right.
    at: Duration,
    /// Before this the rate does not grow.
    grows_at: Duration,
    ceiling_until: Duration,
    /// It was the pace that held messages back since the rate last grew. Otherwise success proves nothing.
    held_back: bool,
    jitter: fastrand::Rng,
}

impl Pace {
    pub(super) fn new(seed: u64) -> Self {
        Self {
            rate: START,
            ceiling: CAP,
            tokens: BURST,
            at: Duration::ZERO,
            grows_at: Duration::ZERO,
            ceiling_until: Duration::ZERO,
            held_back: false,
            jitter: fastrand::Rng::with_seed(seed),
        }
    }

    /// A session begins.
    pub(super) fn begin(&mut self, now: Duration) {
        self.refill(now);
        self.rate = START.min(self.ceiling);
        self.tokens = self.tokens.min(BURST);
        self.held_back = false;
        self.plan_growth(now);
    }

    /// How many messages may go now.
    pub(super) fn allowance(&mut self, now: Duration) -> u64 {
        self.refill(now);
        let whole = self.tokens as u64;
        self.held_back |= whole == 0;
        whole
    }

    /// So many have gone.
    pub(super) fn spend(&mut self, messages: u64) {
        self.tokens -= messages as f64;
        self.held_back |= self.tokens < 1.0;
    }

    /// The peer kept up.
    pub(super) fn kept_up(&mut self, now: Duration) {
        if self.ceiling < CAP && now >= self.ceiling_until {
            self.ceiling = (self.ceiling * 2.0).min(CAP);
            self.ceiling_until = now + CEILING_HOLDS;
        }
        if self.held_back && now >= self.grows_at {
            self.refill(now);
            self.rate = (self.rate * 2.0).min(self.ceiling);
            self.held_back = false;
            self.plan_growth(now);
        }
    }

    /// The peer said that it has too much to do: half of what it had is the most for a while.
    pub(super) fn overloaded(&mut self, now: Duration) {
        self.refill(now);
        self.ceiling = (self.rate / 2.0).max(START);
        self.rate = self.rate.min(self.ceiling);
        self.ceiling_until = now + CEILING_HOLDS;
    }

    /// When messages may go again, if none may go now.
    pub(super) fn next_at(&self) -> Duration {
        let wanted = (self.rate * COLLECT.as_secs_f64()).clamp(1.0, BURST / 2.0);
        let missing = (wanted - self.tokens).max(0.0) / self.rate;
        self.at + Duration::from_secs_f64(missing)
    }

    fn refill(&mut self, now: Duration) {
        let passed = now.saturating_sub(self.at).as_secs_f64();
        let most = BURST.max(self.rate * COLLECT.as_secs_f64() * 4.0);
        self.tokens = (self.tokens + passed * self.rate).min(most);
        self.at = self.at.max(now);
    }

    fn plan_growth(&mut self, now: Duration) {
        self.grows_at = now + STEP.mul_f64(self.jitter.f64().mul_add(0.4, 0.8));
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const MS: Duration = Duration::from_millis(1);

    /// Sends all it may, each millisecond, to a peer that keeps up at once; how many went in each second.
    fn drain(pace: &mut Pace, from: Duration, seconds: u32) -> Vec<u64> {
        let mut sent = vec![0; seconds as usize];
        for ms in 0..seconds * 1_000 {
            let now = from + MS * ms;
            let allowed = pace.allowance(now);
            pace.spend(allowed);
            pace.kept_up(now);
            sent[(ms / 1_000) as usize] += allowed;
        }
        sent
    }

    #[test]
    fn a_drain_starts_with_a_window_and_is_no_longer_held_back_after_some_seconds() {
        let mut pace = Pace::new(1);
        pace.begin(Duration::ZERO);
        assert_eq!(pace.allowance(Duration::ZERO), 64);
        let sent = drain(&mut pace, Duration::ZERO, 7);
        assert!((150..2_000).contains(&sent[0]), "{sent:?}");
        assert!(sent[6] > 500_000, "{sent:?}");
    }

    #[test]
    fn a_new_session_starts_slowly_again() {
        let mut pace = Pace::new(2);
        drain(&mut pace, Duration::ZERO, 6);
        pace.begin(6_000 * MS);
        assert!(drain(&mut pace, 6_000 * MS, 1)[0] < 2_000);
    }

    #[test]
    fn success_without_being_held_back_proves_nothing() {
        let mut pace = Pace::new(3);
        for second in 0..100 {
            let now = Duration::from_secs(second);
            assert!(pace.allowance(now) > 0);
            pace.spend(1);
            pace.kept_up(now);
        }
        assert!(pace.rate <= START);
    }

    #[test]
    fn an_overloaded_peer_is_spared_and_trusted_again_little_by_little() {
        let mut pace = Pace::new(4);
        drain(&mut pace, Duration::ZERO, 2);
        let before = pace.rate;
        pace.overloaded(2_000 * MS);
        pace.begin(2_000 * MS);
        let sent = drain(&mut pace, 2_000 * MS, 20);
        assert!(sent.iter().all(|sent| *sent as f64 <= before / 2.0 + 500.0), "{before}: {sent:?}");
        let later = drain(&mut pace, 22_000 * MS, 600);
        assert!(later[599] > 500_000, "{}", later[599]);
    }

    #[derive(Clone, Debug)]
    enum Step {
        Wait(u32),
        Send(u64),
        KeptUp,
        Begin,
        Overloaded,
    }

    fn step() -> impl Strategy<Value = Step> {
        prop_oneof![
            (0_u32..400).prop_map(Step::Wait),
            (0_u64..200).prop_map(Step::Send),
            Just(Step::KeptUp),
            Just(Step::Begin),
            Just(Step::Overloaded),
        ]
    }

    proptest! {
        #[test]
        fn what_goes_out_never_exceeds_a_burst_and_the_highest_rate_there_was(
            steps in proptest::collection::vec(step(), 1..200), seed: u64,
        ) {
            let (mut pace, mut now) = (Pace::new(seed), Duration::ZERO);
            let (mut sent, mut earned) = (0_f64, BURST);
            for step in steps {
                match step {
                    Step::Wait(ms) => {
                        earned += pace.rate * f64::from(ms) / 1_000.0;
                        now += MS * ms;
                    }
                    Step::Send(wanted) => {
                        let going = wanted.min(pace.allowance(now));
                        pace.spend(going);
                        sent += going as f64;
                    }
                    Step::KeptUp => pace.kept_up(now),
                    Step::Begin => pace.begin(now),
                    Step::Overloaded => pace.overloaded(now),
                }
                prop_assert!(sent <= earned + 1.0, "{sent} of {earned}");
                prop_assert!((START..=CAP).contains(&pace.rate) && pace.rate <= pace.ceiling);
                prop_assert!(pace.tokens >= 0.0);
            }
        }

        #[test]
        fn who_waits_as_long_as_told_may_send(seed: u64, rounds in 1_u32..60) {
            let (mut pace, mut now) = (Pace::new(seed), Duration::ZERO);
            for _ in 0..rounds {
                let all = pace.allowance(now);
                pace.spend(all);
                pace.kept_up(now);
                // Timers are exact to a millisecond at best.
                now = pace.next_at() + MS;
                prop_assert!(pace.allowance(now) > 0);
            }
        }
    }
}
