//! Things a person should hear about, once each.

use std::{collections::VecDeque, path::PathBuf};

use serde::Serialize;

/// The newest ones are kept.
const MAX_NOTICES: usize = 16;

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum NoticeKind {
    /// The file was replaced by a new one; what was left of the old one lies in quarantine.
    Replaced {
        /// What was wrong with it.
        reason: ReplaceReason,
        /// Messages that came over.
        kept: u64,
        /// Messages whose content was damaged.
        damaged: u64,
        /// Messages that were not found any more.
        missing: u64,
        /// The old file, or the one that took its place; `None` where neither it nor its log was there any more.
        quarantine: Option<PathBuf>,
    },
    /// The log of the file had a hole; what lay behind it would have been lost.
    LogDamaged {
        /// Messages brought back.
        regained: u64,
        /// Messages the books knew that could not be brought back.
        missing: u64,
        /// The old file.
        quarantine: PathBuf,
    },
    /// A message was damaged and lies with the dead letters now.
    MessageDamaged {
        /// How many at once.
        count: u64,
    },
    /// A file of a newer version was found and set aside.
    NewerFile {
        /// Its layout.
        version: i64,
    },
    /// The disk is full, or nearly: nothing new is taken, what waits can leave.
    DiskFull {
        /// Free bytes, where known.
        free: Option<u64>,
    },
    /// The disk cannot be written.
    DiskRefuses {
        /// What it said.
        detail: String,
    },
    /// The disk takes messages again.
    DiskBack {
        /// Messages that were in memory and are safe now.
        rescued: u64,
    },
    /// A bound was reached, for the first time since the buffer was last below half of it.
    Overflow,
    /// The buffer stands still behind a message that fails every time.
    Paused {
        /// Its id.
        id: String,
    },
}

/// Why a file was replaced.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ReplaceReason {
    /// It was damaged.
    Corrupt,
    /// The disk failed to write or read it.
    DiskError,
    /// It vanished, or another file took its place.
    Vanished,
}

/// One notice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Notice {
    /// Counts from 1 since the buffer was opened.
    pub number: u64,
    /// When, ms since 1970.
    pub at_ms: i64,
    /// What.
    #[serde(flatten)]
    pub kind: NoticeKind,
}

/// The newest notices.
#[derive(Debug, Default)]
pub(crate) struct Notices {
    given: u64,
    newest: VecDeque<Notice>,
}

impl Notices {
    pub(crate) fn give(&mut self, at_ms: i64, kind: NoticeKind) {
        tracing::warn!(notice = ?kind, "offline buffer");
        self.given += 1;
        self.newest.push_back(Notice { number: self.given, at_ms, kind });
        if self.newest.len() > MAX_NOTICES {
            self.newest.pop_front();
        }
    }

    pub(crate) fn newest(&self) -> Vec<Notice> {
        self.newest.iter().cloned().collect()
    }
}
