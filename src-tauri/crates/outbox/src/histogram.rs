//! Counts of a measured quantity in classes that double, good enough for p50 and p99 and small enough to copy.

use serde::Serialize;

/// Class `n` holds values below 2ⁿ that class `n - 1` does not.
const CLASSES: usize = 32;

/// A histogram with classes of powers of two.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Histogram {
    /// Values per class.
    pub counts: [u64; CLASSES],
    /// Sum of all values.
    pub sum: u64,
}

impl Histogram {
    pub(crate) fn record(&mut self, value: u64) {
        let class = (u64::BITS - value.leading_zeros()) as usize;
        self.counts[class.min(CLASSES - 1)] += 1;
        self.sum = self.sum.saturating_add(value);
    }

    /// Values recorded.
    pub fn count(&self) -> u64 {
        self.counts.iter().sum()
    }

    /// Upper edge of the class that holds this share of the values, 0.5 for the median; 0 without values.
    pub fn quantile(&self, share: f64) -> u64 {
        let wanted = (self.count() as f64 * share).ceil() as u64;
        let mut seen = 0;
        for (class, count) in self.counts.iter().enumerate() {
            seen += count;
            if seen >= wanted.max(1) {
                return (1_u64 << class) - 1;
            }
        }
        0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_edges_of_classes() {
        let mut histogram = Histogram::default();
        assert_eq!(histogram.quantile(0.5), 0);
        for value in [0, 1, 5, 6, 7, 1_000] {
            histogram.record(value);
        }
        assert_eq!(histogram.quantile(0.5), 7);
        assert_eq!(histogram.quantile(0.99), 1_023);
        histogram.record(u64::MAX);
        assert_eq!(histogram.count(), 7);
    }
}
