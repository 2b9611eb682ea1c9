//! Findings about response times: QU-01 to QU-04, and the figures behind them. A pong that is late is not a pong that is
//! lost: TCP repeats what the line drops, so loss shows as delay and in the kernel's count of repetitions.

use model::check::{Confidence, FindingCode as Code, StepId};

use super::draft::Draft;
use crate::{
    facts::{EndpointFacts, QualityFacts, TcpScope},
    words::quantity::time,
};

/// Slow in itself, milliseconds.
const SLOW_MS: f64 = 400.0;
/// Slower than usual by so much, milliseconds, and twice as slow.
const SLOWER_MS: f64 = 50.0;
/// A sample is delayed from three times the median and so many milliseconds above it.
const DELAYED_MS: f64 = 150.0;
/// Share of delayed samples that means loss.
pub(crate) const DELAYED_SHARE: f64 = 0.1;
/// Response times that differ by more vary strongly, milliseconds.
pub(crate) const JITTER_MS: f64 = 50.0;
/// Repetitions that mean loss.
pub(crate) const REPEATED: u32 = 2;
/// Fewer samples than this say nothing about spread.
const FEWEST: usize = 5;
/// A 95th percentile of fewer samples is only their maximum.
const FEWEST_FOR_P95: usize = 20;

/// What samples of response times amount to, milliseconds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Figures {
    /// How many.
    pub(crate) samples: usize,
    /// Shortest.
    pub(crate) min: f64,
    /// Median.
    pub(crate) median: f64,
    /// 95th percentile; `None` with fewer than 20 samples.
    pub p95: Option<f64>,
    /// Longest.
    pub(crate) max: f64,
    /// Mean absolute difference of successive samples.
    pub(crate) jitter: f64,
    /// How many took over three times the median and 150 ms more.
    pub(crate) delayed: usize,
}

impl Figures {
    /// `None` without samples. What is no number is left out.
    pub(crate) fn of(samples: &[f64]) -> Option<Self> {
        let samples: Vec<f64> = samples.iter().copied().filter(|sample| sample.is_finite()).collect();
        let mut sorted = samples.clone();
        sorted.sort_by(f64::total_cmp);
        let count = sorted.len();
        let (min, max) = (*sorted.first()?, *sorted.last()?);
        let median = f64::midpoint(sorted[(count - 1) / 2], sorted[count / 2]);
        let p95 = (count >= FEWEST_FOR_P95).then(|| sorted[(count * 95).div_ceil(100) - 1]);
        let late = |sample: &&f64| **sample > 3.0 * median && **sample >= median + DELAYED_MS;
        let delayed = samples.iter().filter(late).count();
        Some(Self { samples: count, min, median, p95, max, jitter: jitter(&samples), delayed })
    }

    /// Share of delayed samples, 0 to 1.
    pub(crate) fn delayed_share(&self) -> f64 {
        self.delayed as f64 / self.samples.max(1) as f64
    }
}

/// Mean absolute difference of successive samples.
fn jitter(samples: &[f64]) -> f64 {
    let steps = samples.len().saturating_sub(1);
    let sum: f64 = samples.windows(2).map(|pair| (pair[1] - pair[0]).abs()).sum();
    if steps == 0 { 0.0 } else { sum / steps as f64 }
}

/// Everything about the response times of one endpoint.
pub(super) fn find(endpoint: &EndpointFacts) -> Vec<Draft> {
    let mut found = Vec::new();
    if let Some(quality) = &endpoint.quality
        && let Some(figures) = Figures::of(&quality.samples)
    {
        let draft = |code| {
            Draft::new(code, StepId::H1).warn().arg("host", &endpoint.host).seen_all(lines(quality, &figures))
        };
        // A line that is quick while the answers are late is not what is slow.
        let code = if is_quick_line(quality, &figures) { Code::Ht08 } else { Code::Qu01 };
        found.extend(slow(endpoint, &figures, draft(code)));
        let lossy = lost(quality, &figures, draft(Code::Qu02));
        let unsteady = lossy.is_none() && varies(quality, &figures);
        found.extend(lossy);
        if unsteady {
            found.push(draft(Code::Qu03).arg("time", time(figures.jitter)));
        }
    }
    if let Some((step, raw)) = &endpoint.second_attempt {
        let draft = Draft::new(Code::Qu04, *step).warn().arg("host", &endpoint.host);
        found.push(draft.seen(format!("attempts=2; the first one: {raw}")));
    }
    found
}

/// Whether the kernel has acknowledgements in a quarter of the time that answers take. Those of the whole way only.
fn is_quick_line(quality: &QualityFacts, figures: &Figures) -> bool {
    let srtt = quality.kernel_srtt_ms.filter(|_| quality.scope == TcpScope::EndToEnd && !quality.live);
    srtt.is_some_and(|srtt| srtt < figures.median / 4.0)
}

/// QU-01, or HT-08 where the line is quick.
fn slow(endpoint: &EndpointFacts, figures: &Figures, draft: Draft) -> Option<Draft> {
    let usual = endpoint.last_good.as_ref().and_then(|good| good.median_ms);
    let slower =
        usual.is_some_and(|usual| figures.median > 2.0 * usual && figures.median > usual + SLOWER_MS);
    if figures.median <= SLOW_MS && !slower {
        return None;
    }
    Some(draft.arg("time", time(figures.median)).arg("usual", usual.map_or_else(|| "none".into(), time)))
}

/// QU-02. One late answer alone may be a busy computer.
fn lost(quality: &QualityFacts, figures: &Figures, draft: Draft) -> Option<Draft> {
    let repeated = quality.retransmits.unwrap_or(0);
    let late = figures.samples >= FEWEST
        && figures.delayed_share() >= DELAYED_SHARE
        && figures.delayed + (repeated as usize) >= 2;
    if repeated < REPEATED && !late {
        return None;
    }
    let by = if repeated >= REPEATED { "repeated" } else { "late" };
    let draft = draft
        .arg("by", by)
        .arg("count", if by == "late" { figures.delayed.to_string() } else { repeated.to_string() })
        .arg("total", figures.samples.to_string());
    // Late answers without a repetition of ours: either they were lost on the way back, or something else held them up.
    Some(if repeated == 0 { draft.sure(Confidence::Possible) } else { draft })
}

/// QU-03. It has to vary without its worst sample too.
fn varies(quality: &QualityFacts, figures: &Figures) -> bool {
    let worst = quality.samples.iter().position(|sample| *sample == figures.max);
    let without: Vec<f64> = quality
        .samples
        .iter()
        .enumerate()
        .filter(|(index, _)| Some(*index) != worst)
        .map(|(_, sample)| *sample)
        .collect();
    let calm = quality.retransmits.unwrap_or(0) == 0;
    calm && figures.samples >= FEWEST && figures.jitter > JITTER_MS && jitter(&without) > JITTER_MS
}

fn lines(quality: &QualityFacts, figures: &Figures) -> Vec<String> {
    let scope = match quality.scope {
        TcpScope::EndToEnd => "to the server",
        TcpScope::ToProxy => "to the proxy",
        TcpScope::Unavailable => "not counted",
    };
    let mut lines = vec![format!(
        "{} samples: min {}, median {}, max {}, jitter {}, delayed {:.0} %",
        figures.samples,
        time(figures.min),
        time(figures.median),
        time(figures.max),
        time(figures.jitter),
        figures.delayed_share() * 100.0
    )];
    lines.extend(quality.retransmits.map(|count| format!("retransmissions {scope}: {count}")));
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn jitter_is_the_mean_absolute_difference_of_successive_samples() {
        let figures = Figures::of(&[40.0, 50.0, 45.0, 45.0]).unwrap();
        assert_eq!((figures.jitter, figures.median), (5.0, 45.0));
        assert_eq!(Figures::of(&[40.0]).unwrap().jitter, 0.0);
        assert_eq!(Figures::of(&[]), None);
        assert_eq!(Figures::of(&[f64::NAN]), None);
    }

    #[test]
    fn delayed_needs_three_times_the_median_and_150_ms_more() {
        // Three times 41 is 123, but 41 and 150 is 191.
        let delayed = |last| Figures::of(&[40.0, 41.0, 41.0, 41.0, last]).unwrap().delayed;
        assert_eq!([delayed(150.0), delayed(190.0), delayed(191.0), delayed(286.0)], [0, 0, 1, 1]);
        // 150 above 100 is 250, but three times is 300.
        assert_eq!(Figures::of(&[100.0, 100.0, 100.0, 290.0]).unwrap().delayed, 0);
    }

    #[test]
    fn a_95th_percentile_needs_20_samples() {
        let samples: Vec<f64> = (1..=20).map(f64::from).collect();
        assert_eq!(Figures::of(&samples).unwrap().p95, Some(19.0));
        assert_eq!(Figures::of(&samples[..19]).unwrap().p95, None);
    }
}
