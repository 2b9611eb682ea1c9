//! What is usual on a line: half-hourly medians of its round-trip times over the last day, and whether it has
//! been much slower than that for a while.

use std::{collections::VecDeque, time::Duration};

use crate::Moment;

/// One median is kept for so long a time…
const SLOT: Duration = Duration::from_secs(1_800);
/// …over a day.
const SLOTS: usize = 48;
const DAY: Duration = Duration::from_secs(86_400);
/// So many times the usual is much slower…
const FACTOR: u32 = 3;
/// …if a person could notice it at all.
const NOTICEABLE: Duration = Duration::from_millis(150);
/// Slow for so long is no passing matter.
const PATIENCE: Duration = Duration::from_secs(300);

/// The usual round-trip time of one endpoint; bounded, in memory.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Baseline {
    medians: VecDeque<(Moment, Duration)>,
    samples: usize,
    slot_began: Option<Moment>,
    slow_since: Option<Moment>,
    degraded: bool,
}

impl Baseline {
    /// Takes the smoothed time and the median of the newest samples, after each sample. `usual` stands in until
    /// the first half-hour is over.
    pub(crate) fn observe(
        &mut self,
        smoothed: Duration,
        median: Duration,
        usual: Option<Duration>,
        now: Moment,
    ) {
        self.samples = self.samples.saturating_add(1);
        while self.medians.front().is_some_and(|(at, _)| now.since(*at) > DAY) {
            self.medians.pop_front();
        }
        let usual = self.usual().or(usual);
        let slow = usual.is_some_and(|usual| {
            smoothed > usual.saturating_mul(FACTOR) && smoothed > usual.saturating_add(NOTICEABLE)
        });
        self.slow_since = slow.then(|| self.slow_since.unwrap_or(now));
        self.degraded = self.slow_since.is_some_and(|since| now.since(since) >= PATIENCE);
        if now.since(*self.slot_began.get_or_insert(now)) >= SLOT {
            self.slot_began = Some(now);
            if self.medians.len() == SLOTS {
                self.medians.pop_front();
            }
            self.medians.push_back((now, median));
        }
    }

    /// How many samples there were.
    pub(crate) fn samples(&self) -> usize {
        self.samples
    }

    /// The median of the medians.
    pub(crate) fn usual(&self) -> Option<Duration> {
        let mut sorted: Vec<Duration> = self.medians.iter().map(|(_, median)| *median).collect();
        sorted.sort_unstable();
        sorted.get(sorted.len().saturating_sub(1) / 2).copied()
    }

    /// Whether the line has been three times as slow as usual for five minutes.
    pub(crate) fn is_degraded(&self) -> bool {
        self.degraded
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    fn at(minutes: u64) -> Moment {
        Moment::at(Duration::from_secs(minutes * 60))
    }

    /// A day with one sample a minute of 50 ms, and a slow hour in the middle.
    fn after_a_day() -> Baseline {
        let mut baseline = Baseline::default();
        for minute in 0..1_440 {
            let rtt = if (700..760).contains(&minute) { ms(900) } else { ms(50) };
            baseline.observe(rtt, rtt, None, at(minute));
        }
        baseline
    }

    #[test]
    fn a_slow_hour_does_not_change_what_is_usual() {
        assert_eq!(after_a_day().usual(), Some(ms(50)));
    }

    #[test]
    fn three_times_the_usual_for_five_minutes_is_degraded_until_it_ends() {
        let mut baseline = after_a_day();
        for minute in 1_440..1_445 {
            baseline.observe(ms(250), ms(250), None, at(minute));
            assert!(!baseline.is_degraded(), "after {} minutes", minute - 1_440);
        }
        baseline.observe(ms(250), ms(250), None, at(1_445));
        assert!(baseline.is_degraded());
        baseline.observe(ms(60), ms(60), None, at(1_446));
        assert!(!baseline.is_degraded());
    }

    #[test]
    fn a_difference_that_nobody_notices_is_none() {
        let mut baseline = Baseline::default();
        for minute in 0..120 {
            let rtt = if minute < 90 { Duration::from_micros(200) } else { ms(20) };
            baseline.observe(rtt, rtt, None, at(minute));
        }
        assert!(!baseline.is_degraded());
    }

    #[test]
    fn what_was_usual_is_forgotten_after_a_day_without_it() {
        let mut baseline = after_a_day();
        baseline.observe(ms(900), ms(900), None, at(1_440 * 3));
        assert_eq!(baseline.usual(), Some(ms(900)), "the only median there is");
    }

    proptest! {
        #[test]
        fn the_digest_stays_small_and_within_its_samples(
            samples in proptest::collection::vec((1_u64..5_000, 0_u64..200), 1..500),
        ) {
            let (mut baseline, mut now) = (Baseline::default(), 0);
            for (rtt, minutes) in &samples {
                now += minutes;
                baseline.observe(ms(*rtt), ms(*rtt), None, at(now));
                prop_assert!(baseline.medians.len() <= SLOTS);
            }
            let seen = |usual| samples.iter().any(|(rtt, _)| ms(*rtt) == usual);
            prop_assert!(baseline.usual().is_none_or(seen));
        }
    }
}
