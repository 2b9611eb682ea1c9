//! The offline buffer on disk: one SQLite file per endpoint that holds what could not be sent yet. Knows ids and
//! bytes, not networks.
//!
//! ```text
//!   senders ──► OutboxHandle::append ──┐                     ┌── store: all SQL
//!                                      ├─► Writer ─► Buffer ─┤   (a file, and one in memory)
//!   drainer ──► lease, confirm, … ─────┘   (one    (every    └── folder: lock, ballast, quarantine
//!                                          thread)   rule)
//! ```
//!
//! - **Accepted means durable.** `append` comes back when the messages are as safe as asked for: in memory, in the
//!   log (a crash of the program), flushed (a power cut). Several senders share one flush.
//! - **Delivered means confirmed.** What is handed out stays in the file until `confirm` names it. What is in
//!   flight is known in memory only; after a crash everything is at the head again, in order, under the same ids.
//! - **The books balance.** Where every message went that was ever accepted is kept in the same transaction as the
//!   messages; see [`Tally::balanced`].
//! - **Nothing read is believed** before its checksum matches, and nothing wrong with a disk or a file ends the
//!   program: files are replaced, salvaged and kept in quarantine, and [`Notice`]s say so.

mod buffer;
mod clock;
mod error;
mod export;
mod folder;
mod handle;
mod histogram;
mod id;
mod message;
mod notice;
mod options;
mod outbox;
mod salvage;
mod stats;
mod store;
mod wal;
mod writer;

pub use buffer::{Confirmed, LeaseLimit, Loss, OpenReport, QueuedPage};
pub use clock::{Clock, ManualClock, Reading, SystemClock};
pub use error::{AppendError, Bound, OpenError, OutboxError};
pub use handle::{OutboxHandle, Verified};
pub use histogram::Histogram;
pub use id::{InvalidId, MAX_ID_BYTES, MessageId};
pub use message::{Accepted, DeadLetter, DeathCause, Fate, NewMessage, Payload, Priority, Queued};
pub use notice::{Notice, NoticeKind, ReplaceReason};
pub use options::{
    AckMode, Bounds, DedupeWindow, DiskRefusal, DiskRules, OutboxOptions, OverflowPolicy, PoisonPolicy,
    PoisonRule, SharedBound, Terms,
};
pub use outbox::Outbox;
pub use stats::{Footing, OutboxStats, Watermark};
pub use store::Tally;
pub use writer::CloseReport;
