//! How often an endpoint is probed and how long an answer may take: the configuration, and what was learned.
//!
//! The configuration says the longest interval and the longest silence; learning only goes below them. So a
//! dead line is never noticed later than somebody reads in the file.

use std::time::Duration;

use model::ErrorCode;

use super::{Effect, Machine, phase::Phase};
use crate::{HeartbeatPolicy, Moment, RttStats};

/// Nothing is probed more often than this because of something learned.
const SHORTEST_INTERVAL: Duration = Duration::from_secs(10);
/// A line that died with less silence before it was not cut for being idle.
const IDLE: Duration = Duration::from_secs(10);
/// A session that lasted so long…
const TRUSTED_AFTER: Duration = Duration::from_secs(3_600);
/// …lets the interval grow by this.
const GROWTH: f64 = 1.2;
/// Least time an answer gets, however fast the line.
const LEAST_PATIENCE: Duration = Duration::from_secs(2);
/// A timeout above this asks for patience: answers then get what it says, however fast the line.
const PATIENT: Duration = Duration::from_secs(10);
/// A second ping gets twice the time of the first (RFC 6298 section 5.5): both together get three times that.
const BOTH: u32 = 3;
/// Bounds of the patience where an answer is wanted soon: quick, but fair to a slow line.
const SOON: (Duration, Duration) = (Duration::from_millis(1_500), Duration::from_secs(3));

/// What probing goes by at the moment.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Tempo {
    pub(super) enabled: bool,
    /// Time between pings.
    pub(super) interval: Duration,
    /// The longest silence.
    pub(super) timeout: Duration,
    /// Within this an answer is to be expected, once any was measured.
    expected: Option<Duration>,
    smoothed: Option<Duration>,
}

/// How long a ping may stay unanswered, from when it was sent.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Patience {
    /// Then it is sent once more.
    pub(super) first: Duration,
    /// Then the line is dead, if nothing at all was heard.
    pub(super) silent: Duration,
    /// Then it is given up, if other traffic showed that the line lives.
    pub(super) heard: Duration,
}

impl Tempo {
    pub(super) fn new(policy: &HeartbeatPolicy, idle_cut: &IdleCut, rtt: &RttStats) -> Self {
        Self {
            enabled: policy.enabled,
            interval: idle_cut.interval(policy),
            timeout: policy.timeout,
            expected: rtt.answer_expected_within(),
            smoothed: rtt.smoothed(),
        }
    }

    /// With a ping that shows whether a new session is of any use: that may take a server a while.
    pub(super) fn patience_for_proof(self) -> Patience {
        self.patience(self.timeout)
    }

    /// With a regular ping.
    pub(super) fn patience_when_idle(self) -> Patience {
        match self.expected {
            Some(expected) if self.timeout <= PATIENT => self.patience(expected.max(LEAST_PATIENCE)),
            Some(_) | None => self.patience(self.timeout),
        }
    }

    fn patience(self, answer: Duration) -> Patience {
        Patience {
            first: answer.min(self.timeout / 2),
            silent: answer.saturating_mul(BOTH).min(self.timeout),
            heard: self.timeout,
        }
    }

    /// After something that may have cut the line: one ping, and the answer within three seconds.
    pub(super) fn patience_in_doubt(self) -> Patience {
        let limit = soon(self.smoothed).min(self.timeout);
        Patience { first: limit, silent: limit, heard: limit * 2 }
    }
}

/// How long an answer that is wanted soon may take on a line with this round-trip time.
pub(super) fn soon(smoothed: Option<Duration>) -> Duration {
    smoothed.map_or(SOON.1, |smoothed| smoothed.saturating_mul(4).clamp(SOON.0, SOON.1))
}

/// What is known about middleboxes that forget idle connections.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct IdleCut {
    /// An interval that is safer than the configured one, and when it was last changed.
    learned: Option<(Duration, Moment)>,
}

impl IdleCut {
    fn interval(&self, policy: &HeartbeatPolicy) -> Duration {
        self.learned.map_or(policy.interval, |(interval, _)| interval.min(policy.interval))
    }

    /// A session died without a sound after it had been silent for `idle`.
    fn died(&mut self, idle: Duration, policy: &HeartbeatPolicy, now: Moment) {
        if idle >= IDLE {
            let safer = (idle / 2).max(SHORTEST_INTERVAL).min(self.interval(policy));
            self.learned = (safer < policy.interval).then_some((safer, now));
        }
    }

    /// A session that opened then still works: the longer it does, the less was what was learned.
    pub(super) fn lasts(&mut self, opened: Moment, policy: &HeartbeatPolicy, now: Moment) {
        while let Some((interval, changed)) = self.learned {
            let since = changed.max(opened);
            if now.since(since) < TRUSTED_AFTER {
                return;
            }
            let longer = interval.mul_f64(GROWTH);
            self.learned = (longer < policy.interval).then_some((longer, since + TRUSTED_AFTER));
        }
    }

    /// Another way to the server: what was learned was about the old one.
    pub(super) fn forget(&mut self) {
        self.learned = None;
    }
}

impl Machine {
    pub(super) fn tempo(&self) -> Tempo {
        Tempo::new(&self.heartbeat, &self.idle_cut, &self.rtt)
    }

    /// Pings stayed unanswered, and nothing else came. `idle` is the silence before the first of them, if it
    /// was sent because of nothing else.
    pub(super) fn went_silent(
        &mut self,
        idle: Option<Duration>,
        silent_for: Option<Duration>,
        now: Moment,
        effects: &mut Vec<Effect>,
    ) {
        self.rtt.lost();
        if let (Phase::Proven { .. }, Some(idle)) = (&self.phase, idle) {
            self.idle_cut.died(idle, &self.heartbeat, now);
        }
        let silence = silent_for.unwrap_or(self.heartbeat.timeout);
        self.give_up_session(ErrorCode::PingTimeout, silence, now, effects);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn policy(interval: u64, timeout: u64) -> HeartbeatPolicy {
        HeartbeatPolicy {
            enabled: true,
            interval: Duration::from_secs(interval),
            timeout: Duration::from_secs(timeout),
        }
    }

    fn at(seconds: u64) -> Moment {
        Moment::at(Duration::from_secs(seconds))
    }

    fn tempo(timeout: u64, samples: &[u64]) -> Tempo {
        let mut rtt = RttStats::default();
        for sample in samples {
            rtt.answered(Duration::from_millis(*sample), at(0));
        }
        Tempo::new(&policy(25, timeout), &IdleCut::default(), &rtt)
    }

    fn seconds(patience: Patience) -> [f64; 3] {
        [patience.first, patience.silent, patience.heard].map(|duration| duration.as_secs_f64())
    }

    #[test]
    fn a_fast_line_is_given_up_sooner_than_a_slow_one() {
        let steady = |ms: u64| vec![ms; 50];
        assert_eq!(seconds(tempo(10, &steady(40)).patience_when_idle()), [2.0, 6.0, 10.0]);
        assert_eq!(seconds(tempo(10, &[1_500]).patience_when_idle()), [4.5, 10.0, 10.0]);
        assert_eq!(seconds(tempo(10, &[60_000]).patience_when_idle()), [5.0, 10.0, 10.0]);
        assert_eq!(seconds(tempo(10, &[]).patience_when_idle()), [5.0, 10.0, 10.0]);
        assert_eq!(seconds(tempo(10, &steady(40)).patience_for_proof()), [5.0, 10.0, 10.0]);
    }

    #[test]
    fn a_configured_timeout_is_kept_where_it_is_short_and_where_it_asks_for_patience() {
        assert_eq!(seconds(tempo(1, &[40; 50]).patience_when_idle()), [0.5, 1.0, 1.0]);
        assert_eq!(seconds(tempo(30, &[40; 50]).patience_when_idle()), [15.0, 30.0, 30.0]);
    }

    #[test]
    fn a_line_cut_for_being_idle_is_probed_twice_as_often() {
        let policy = policy(25, 10);
        let mut idle_cut = IdleCut::default();
        idle_cut.died(Duration::from_secs(25), &policy, at(100));
        assert_eq!(idle_cut.interval(&policy), Duration::from_millis(12_500));
        idle_cut.died(Duration::from_secs(12), &policy, at(200));
        assert_eq!(idle_cut.interval(&policy), SHORTEST_INTERVAL);
        idle_cut.forget();
        idle_cut.died(Duration::from_secs(9), &policy, at(300));
        assert_eq!(idle_cut.interval(&policy), policy.interval, "a busy line was not cut for being idle");
    }

    #[test]
    fn what_was_learned_fades_with_every_hour_that_a_session_lasts() {
        let policy = policy(25, 10);
        let mut idle_cut = IdleCut::default();
        idle_cut.died(Duration::from_secs(25), &policy, at(0));
        idle_cut.lasts(at(10), &policy, at(3_600));
        assert_eq!(idle_cut.interval(&policy), Duration::from_millis(12_500), "not yet an hour");
        let intervals: Vec<u64> = (1..=4)
            .map(|hour| {
                idle_cut.lasts(at(10), &policy, at(10 + hour * 3_600));
                u64::try_from(idle_cut.interval(&policy).as_millis()).unwrap()
            })
            .collect();
        assert_eq!(intervals, [15_000, 18_000, 21_600, 25_000]);
    }

    proptest! {
        #[test]
        fn learning_never_leaves_its_bounds(
            interval in 1_u64..120, deaths in proptest::collection::vec((0_u64..300, 0_u64..10_000), 0..40),
        ) {
            let policy = policy(interval, 10);
            let (mut idle_cut, mut now) = (IdleCut::default(), 0);
            for (idle, lasted) in deaths {
                let opened = now;
                now += lasted;
                idle_cut.lasts(at(opened), &policy, at(now));
                idle_cut.died(Duration::from_secs(idle), &policy, at(now));
                let learned = idle_cut.interval(&policy);
                prop_assert!(learned <= policy.interval && learned >= policy.interval.min(SHORTEST_INTERVAL));
            }
        }

        #[test]
        fn patience_is_ordered_and_never_exceeds_the_timeout(
            timeout in 1_u64..120_000, samples in proptest::collection::vec(0_u64..100_000, 0..20),
        ) {
            let tempo = Tempo { timeout: Duration::from_millis(timeout), ..tempo(10, &samples) };
            for patience in [tempo.patience_for_proof(), tempo.patience_when_idle()] {
                prop_assert!(patience.first < patience.silent);
                prop_assert!(patience.silent <= patience.heard && patience.heard <= tempo.timeout);
            }
            prop_assert!(tempo.patience_in_doubt().silent <= SOON.1.min(tempo.timeout));
        }
    }
}
