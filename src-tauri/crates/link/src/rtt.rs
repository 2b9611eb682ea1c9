//! Round-trip times: smoothed by RFC 6298, and quantiles and losses over the newest probes.

use std::{collections::VecDeque, time::Duration};

use model::{Quality, RttInfo};

/// Samples that quantiles are taken over.
const WINDOW: usize = 120;
/// Samples handed on for a sparkline.
const RECENT: usize = 60;
/// Probes that losses are counted over.
const LOSS_WINDOW: usize = 20;

/// Round-trip statistics of one endpoint; survives its sessions, so that the last values stay visible.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RttStats {
    smoothed: Option<Smoothed>,
    samples: VecDeque<Duration>,
    answered: VecDeque<bool>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
struct Smoothed {
    srtt: Duration,
    rttvar: Duration,
}

impl RttStats {
    /// A probe was answered after `rtt`.
    pub fn answered(&mut self, rtt: Duration) {
        self.smoothed = Some(match self.smoothed {
            // RFC 6298 section 2.2.
            None => Smoothed { srtt: rtt, rttvar: rtt / 2 },
            // RFC 6298 section 2.3: the variance is updated with the old smoothed value.
            Some(Smoothed { srtt, rttvar }) => {
                Smoothed { rttvar: (rttvar * 3 + srtt.abs_diff(rtt)) / 4, srtt: (srtt * 7 + rtt) / 8 }
            }
        });
        push_bounded(&mut self.samples, rtt, WINDOW);
        push_bounded(&mut self.answered, true, LOSS_WINDOW);
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
        let mut sorted: Vec<Duration> = self.samples.iter().copied().collect();
        sorted.sort_unstable();
        let rank = (quantile * sorted.len() as f64).ceil() as usize;
        sorted.get(rank.clamp(1, sorted.len().max(1)) - 1).copied()
    }

    /// The quality in a word.
    pub fn quality(&self) -> Quality {
        let lost = self.answered.iter().filter(|answered| !**answered).count();
        match (self.quantile(0.95), lost) {
            (None, _) => Quality::Unknown,
            (Some(p95), 0) if p95 <= Duration::from_millis(300) => Quality::Good,
            (Some(p95), 0 | 1) if p95 <= Duration::from_secs(1) => Quality::Fair,
            (Some(_), _) => Quality::Poor,
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

    #[test]
    fn smooths_as_rfc_6298_says() {
        let mut stats = RttStats::default();
        stats.answered(ms(100));
        assert_eq!(stats.smoothed, Some(Smoothed { srtt: ms(100), rttvar: ms(50) }));
        stats.answered(ms(180));
        assert_eq!(stats.smoothed, Some(Smoothed { srtt: ms(110), rttvar: Duration::from_micros(57_500) }));
    }

    #[test]
    fn quality_falls_with_delay_and_loss() {
        let mut stats = RttStats::default();
        assert_eq!(stats.quality(), Quality::Unknown);
        stats.answered(ms(40));
        assert_eq!(stats.quality(), Quality::Good);
        stats.lost();
        assert_eq!(stats.quality(), Quality::Fair);
        stats.lost();
        assert_eq!(stats.quality(), Quality::Poor);
    }

    proptest! {
        #[test]
        fn figures_stay_within_the_samples(samples in proptest::collection::vec(0_u64..5_000, 1..300)) {
            let mut stats = RttStats::default();
            for sample in &samples {
                stats.answered(ms(*sample));
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
