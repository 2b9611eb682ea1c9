//! A buffer's state as data: for the status board, for metrics, for a person who asks where a message went.

use model::{BufferLevel, BufferState, OutboxInfo};
use serde::Serialize;

use crate::{histogram::Histogram, notice::Notice, store::Tally};

/// What the buffer stands on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Footing {
    /// On its disk.
    #[default]
    Disk,
    /// The disk is full: messages leave, none are taken.
    DrainOnly,
    /// The disk cannot be written: new messages are in memory or refused.
    Memory,
    /// The buffer's thread ended by a mistake of ours and did not come back.
    Broken,
}

/// How full the buffer is, by the bound that is nearest.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Watermark {
    /// Below half.
    #[default]
    Low,
    /// From 50 %.
    Half,
    /// From 80 %.
    High,
    /// From 95 %.
    Critical,
}

impl Watermark {
    pub(crate) fn of(used: u64, max: u64) -> Self {
        // Full when nothing is allowed.
        match used.saturating_mul(100).checked_div(max).unwrap_or(100) {
            0..=49 => Self::Low,
            50..=79 => Self::Half,
            80..=94 => Self::High,
            _ => Self::Critical,
        }
    }
}

/// Everything there is to say about a buffer.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct OutboxStats {
    /// The books.
    pub tally: Tally,
    /// When the oldest waiting message was handed over, ms since 1970.
    pub oldest_ms: Option<i64>,
    /// Handed out and not yet settled.
    pub in_flight: u64,
    /// Of those waiting, how many are in memory only.
    pub in_memory: u64,
    /// Settled, but the file does not know yet.
    pub unsettled: u64,
    /// Dead letters held.
    pub dead: u64,
    /// What an accepted message survives now.
    pub level: BufferLevel,
    /// What the buffer stands on.
    pub footing: Footing,
    /// How full it is.
    pub watermark: Watermark,
    /// A bound was reached and the buffer has not been below half since.
    pub overflowing: bool,
    /// The place of the message that nothing may overtake.
    pub paused_at: Option<u64>,
    /// Bytes of the file.
    pub file_bytes: u64,
    /// Bytes of its log.
    pub wal_bytes: u64,
    /// Free bytes on its disk, where known.
    pub disk_free: Option<u64>,
    /// Duration of commits, µs.
    pub commit_us: Histogram,
    /// Messages per commit.
    pub batch_size: Histogram,
    /// Age of messages when they were confirmed, ms.
    pub delivery_age_ms: Histogram,
    /// The newest notices, oldest first.
    pub notices: Vec<Notice>,
}

impl OutboxStats {
    /// As the status snapshot says it.
    pub fn info(&self, wall_ms: i64) -> OutboxInfo {
        let age = |since: i64| wall_ms.saturating_sub(since).max(0).cast_unsigned();
        OutboxInfo {
            queued: self.tally.queued.saturating_sub(self.unsettled),
            bytes: self.tally.queued_bytes,
            oldest_ms: self.oldest_ms.map(age),
            in_flight: self.in_flight,
            dead: self.dead,
            level: self.level,
            state: match self.footing {
                Footing::Disk if self.overflowing && self.watermark == Watermark::Critical => {
                    BufferState::Full
                }
                Footing::Disk => BufferState::Ok,
                Footing::DrainOnly => BufferState::Full,
                Footing::Memory | Footing::Broken => BufferState::Unavailable,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn watermarks_stand_at_50_80_and_95_percent() {
        let marks = [0, 49, 50, 79, 80, 94, 95, 100, 120].map(|used| Watermark::of(used, 100));
        use Watermark::{Critical, Half, High, Low};
        assert_eq!(marks, [Low, Low, Half, Half, High, High, Critical, Critical, Critical]);
        assert_eq!(Watermark::of(0, 0), Critical);
    }
}
