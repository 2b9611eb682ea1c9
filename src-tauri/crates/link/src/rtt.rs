//! Round-trip times: smoothed by RFC 6298, quantiles and losses over the newest probes, and what is usual.

use std::{collections::VecDeque, time::Duration};

use model::{Quality, RttInfo};

use crate::{Moment, baseline::Baseline};

/// Samples that quantiles are taken over.
const WINDOW: usize = 120;
/// Samples handed on for a sparkline.
const RECENT: usize = 60;
/// Probes that losses are counted over.
const LOSS_WINDOW: usize = 20;
/// So many samples say what is usual, until there is more of a history.
const ENOUGH: usize = 20;

/// Round-trip statistics of one endpoint; survives its sessions, so that the last values stay visible.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RttStats {
    smoothed: Option<Smoothed>,
    samples: VecDeque<Duration>,
    answered: VecDeque<bool>,
    baseline: Baseline,
}

#[derive(Clone, Copy, Debug, PartialEq)]
struct Smoothed {
    srtt: Duration,
    rttvar: Duration,
}

impl RttStats {
    /// A probe was answered after `rtt`.
    pub fn answered(&mut self, rtt: Duration, now: Moment) {
        let smoothed = match self.smoothed {
            // RFC 6298 section 2.2.
            None => Smoothed { srtt: rtt, rttvar: rtt / 2 },
            // RFC 6298 section 2.3: the variance is updated with the old smoothed value.
            Some(Smoothed { srtt, rttvar }) => {
                Smoothed { rttvar: (rttvar * 3 + srtt.abs_diff(rtt)) / 4, srtt: (srtt * 7 + rtt) / 8 }
            }
        };
        self.smoothed = Some(smoothed);
        let usual = self.baseline();
        push_bounded(&mut self.samples, rtt, WINDOW);
        push_bounded(&mut self.answered, true, LOSS_WINDOW);
        let median = self.quantile(0.5).unwrap_or(rtt);
        self.baseline.observe(smoothed.srtt, median, usual, now);
    }

    /// A probe was not answered in time.
    pub fn lost(&mut self) {
        push_bounded(&mut self.answered, false, LOSS_WINDOW);
    }

    /// The smoothed round-trip time.
    pub fn smoothed(&self) -> Option<Duration> {
        self.smoothed.map(|smoothed| smoothed.srtt)
    }

    /// The time within which nearly every answer comes: the retransmission timeout of RFC 6298 section 2.3.
    pub fn answer_expected_within(&self) -> Option<Duration> {
        self.smoothed.map(|smoothed| smoothed.srtt.saturating_add(smoothed.rttvar.saturating_mul(4)))
    }

    /// The `quantile` (0 to 1) of the window, by the nearest-rank rule.
    pub fn quantile(&self, quantile: f64) -> Option<Duration> {
        self.quantile_of(self.samples.len(), quantile)
    }

    fn quantile_of(&self, newest: usize, quantile: f64) -> Option<Duration> {
        let mut sorted: Vec<Duration> = self.samples.iter().rev().take(newest).copied().collect();
        sorted.sort_unstable();
        let rank = (quantile * sorted.len() as f64).ceil() as usize;
        sorted.get(rank.clamp(1, sorted.len().max(1)) - 1).copied()
    }

    /// The usual time: the median of the last day, or of the newest samples until there is more.
    pub fn baseline(&self) -> Option<Duration> {
        let known = self.baseline.samples();
        let newest = || self.quantile_of(known, 0.5).filter(|_| known >= ENOUGH);
        self.baseline.usual().or_else(newest)
    }

    /// Share of the newest probes that were not answered, 0 to 1.
    pub fn loss(&self) -> Option<f64> {
        let probes = self.answered.len();
        (probes > 0).then(|| self.unanswered() as f64 / probes as f64)
    }

    fn unanswered(&self) -> usize {
        self.answered.iter().filter(|answered| !**answered).count()
    }

    /// Packets now take another way: what was usual on the old one says nothing about it.
    pub fn rerouted(&mut self) {
        self.baseline = Baseline::default();
    }

    /// The quality in a word.
    pub fn quality(&self) -> Quality {
        let by_itself = match (self.quantile(0.95), self.unanswered()) {
            (None, _) => Quality::Unknown,
            (Some(p95), 0) if p95 <= Duration::from_millis(300) => Quality::Good,
            (Some(p95), 0 | 1) if p95 <= Duration::from_secs(1) => Quality::Fair,
            (Some(_), _) => Quality::Poor,
        };
        match by_itself {
            Quality::Good if self.baseline.is_degraded() => Quality::Fair,
            Quality::Fair if self.baseline.is_degraded() => Quality::Poor,
            Quality::Good | Quality::Fair | Quality::Poor | Quality::Unknown => by_itself,
        }
    }

    /// The figures as they are published, in ms.
    pub fn info(&self) -> RttInfo {
        let ms = |duration: Duration| (duration.as_secs_f64() * 1e6).round() / 1e3;
        RttInfo {
            last: self.samples.back().copied().map(ms),
            smoothed: self.smoothed.map(|smoothed| ms(smoothed.srtt)),
            p50: self.quantile(0.5).map(ms),
            p95: self.quantile(0.95).map(ms),
            baseline: self.baseline().map(ms),
            loss: self.loss(),
            recent: self
                .samples
                .iter()
                .skip(self.samples.len().saturating_sub(RECENT))
                .copied()
                .map(ms)
                .collect(),
        }
    }
}

fn push_bounded<T>(queue: &mut VecDeque<T>, item: T, bound: usize) {
    if queue.len() == bound {
        queue.pop_front();
    }
    queue.push_back(item);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    fn at(seconds: u64) -> Moment {
        Moment::at(Duration::from_secs(seconds))
    }

    #[test]
    fn smooths_as_rfc_6298_says() {
        let mut stats = RttStats::default();
        stats.answered(ms(100), at(0));
        assert_eq!(stats.smoothed, Some(Smoothed { srtt: ms(100), rttvar: ms(50) }));
        stats.answered(ms(180), at(1));
        assert_eq!(stats.smoothed, Some(Smoothed { srtt: ms(110), rttvar: Duration::from_micros(57_500) }));
    }

    #[test]
    fn quality_falls_with_delay_and_loss() {
        let mut stats = RttStats::default();
        assert_eq!(stats.quality(), Quality::Unknown);
        stats.answered(ms(40), at(0));
        assert_eq!(stats.quality(), Quality::Good);
        stats.lost();
        assert_eq!(stats.quality(), Quality::Fair);
        stats.lost();
        assert_eq!(stats.quality(), Quality::Poor);
        assert_eq!(stats.loss(), Some(2.0 / 3.0));
    }

    #[test]
    fn a_line_three_times_slower_than_usual_is_no_longer_good() {
        let mut stats = RttStats::default();
        assert_eq!((stats.baseline(), stats.loss()), (None, None));
        (0..200).for_each(|n| stats.answered(ms(30), at(n * 25)));
        assert_eq!((stats.baseline(), stats.quality()), (Some(ms(30)), Quality::Good));
        (200..230).for_each(|n| stats.answered(ms(250), at(n * 25)));
        assert_eq!((stats.baseline(), stats.quality()), (Some(ms(30)), Quality::Fair));
        stats.rerouted();
        (230..260).for_each(|n| stats.answered(ms(250), at(n * 25)));
        assert_eq!(stats.quality(), Quality::Good, "another way, another usual");
    }

    proptest! {
        #[test]
        fn figures_stay_within_the_samples(samples in proptest::collection::vec(0_u64..5_000, 1..300)) {
            let mut stats = RttStats::default();
            for sample in &samples {
                stats.answered(ms(*sample), at(0));
            }
            let window = &samples[samples.len().saturating_sub(WINDOW)..];
            let (low, high) = (ms(*window.iter().min().unwrap()), ms(*window.iter().max().unwrap()));
            let (p50, p95) = (stats.quantile(0.5).unwrap(), stats.quantile(0.95).unwrap());
            prop_assert!(low <= p50 && p50 <= p95 && p95 <= high);
            let info = stats.info();
            prop_assert_eq!(info.recent.len(), samples.len().min(RECENT));
            prop_assert_eq!(info.last.unwrap(), *samples.last().unwrap() as f64);
        }
    }
}
