//! How a buffer behaves: bounds, promises, and what happens at the edges.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use model::BufferLevel;

use crate::clock::{Clock, SystemClock};

const MIB: u64 = 1 << 20;

/// What happens to a message that would exceed the buffer's bounds. `Reject` is the default: the sender is told,
/// and nothing that was accepted is lost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OverflowPolicy {
    /// Refuse the new message.
    #[default]
    Reject,
    /// Drop waiting messages, the least important first, then the oldest; never one in flight.
    DropOldest,
    /// Drop the new message, counted.
    DropNewest,
    /// Make the sender wait this long for room, then refuse.
    Block(Duration),
    /// A new message takes the place of the one that waits with the same key; without one, refuse.
    Coalesce,
}

/// What proves that a message was delivered. The drainer's business; the buffer only waits for the word.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AckMode {
    /// The operating system took the bytes; proves nothing about the peer.
    Written,
    /// The peer answered a probe sent behind the message, or HTTP 2xx.
    #[default]
    Transport,
    /// The peer's application named the message's id.
    App,
}

/// What happens to a message that failed alone as often as is allowed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PoisonPolicy {
    /// It goes to the dead letters and the rest goes on.
    #[default]
    DeadLetter,
    /// Nothing overtakes it: the buffer stands still until somebody decides.
    Pause,
    /// It is dropped, counted.
    Drop,
}

/// What happens to messages while the disk cannot be written at all (read-only, broken). A full disk is another
/// matter: it always refuses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DiskRefusal {
    /// They are kept in memory, the answer says so, and they move to the disk when it is back.
    #[default]
    KeepInMemory,
    /// They are refused.
    Refuse,
}

/// How much a buffer holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// Messages.
    pub max_messages: u64,
    /// Payload and header bytes.
    pub max_bytes: u64,
    /// Bytes of messages that exist in memory only.
    pub max_memory_bytes: u64,
    /// One message, bytes.
    pub max_message_bytes: u64,
    /// Older messages are given up.
    pub max_age: Duration,
    /// Dead letters kept; the oldest go first.
    pub max_dead: u64,
}

impl Default for Bounds {
    fn default() -> Self {
        Self {
            max_messages: 1_000_000,
            max_bytes: 256 * MIB,
            max_memory_bytes: 32 * MIB,
            max_message_bytes: MIB,
            max_age: Duration::from_secs(7 * 24 * 3_600),
            max_dead: 1_000,
        }
    }
}

/// How a buffer treats its disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DiskRules {
    /// Written ahead and given back when the disk is full: without free space SQLite cannot even delete.
    pub ballast_bytes: u64,
    /// Nothing new is taken below this much free space...
    pub min_free_bytes: u64,
    /// ... or this share of the disk, whichever is more...
    pub min_free_percent: u64,
    /// ... but a share of a large disk is more than anybody will miss: never asked for more than this.
    pub min_free_limit: u64,
    /// And of a small disk never for more than this share.
    pub max_free_percent: u64,
    /// How often a disk that refused is asked again.
    pub recheck: Duration,
    /// What happens meanwhile to messages.
    pub refusal: DiskRefusal,
}

impl Default for DiskRules {
    fn default() -> Self {
        Self {
            ballast_bytes: 8 * MIB,
            min_free_bytes: 512 * MIB,
            min_free_percent: 2,
            min_free_limit: 2 * 1024 * MIB,
            max_free_percent: 25,
            recheck: Duration::from_secs(5),
            refusal: DiskRefusal::default(),
        }
    }
}

impl DiskRules {
    /// Free bytes that a disk of `total` bytes has to keep; 0 where the size is not known.
    #[must_use]
    pub fn reserve(&self, total: u64) -> u64 {
        let percent = |share: u64| (u128::from(total) * u128::from(share) / 100) as u64;
        let wanted = self.min_free_bytes.max(percent(self.min_free_percent).min(self.min_free_limit));
        if total == 0 { wanted } else { wanted.min(percent(self.max_free_percent)) }
    }
}

/// When a message itself is to blame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PoisonRule {
    /// Sessions that died at once with this message the oldest in flight, until it is suspected.
    pub suspect_after: u32,
    /// Failures of a suspect sent alone, until the policy applies.
    pub max_attempts: u32,
    /// What happens then.
    pub policy: PoisonPolicy,
}

impl Default for PoisonRule {
    fn default() -> Self {
        Self { suspect_after: 3, max_attempts: 5, policy: PoisonPolicy::default() }
    }
}

/// How long delivered ids are remembered, so that a sender that repeats itself after a crash is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DedupeWindow {
    /// The newest ids.
    pub ids: u64,
    /// Not longer than this.
    pub age: Duration,
}

impl Default for DedupeWindow {
    fn default() -> Self {
        Self { ids: 10_000, age: Duration::from_secs(24 * 3_600) }
    }
}

/// A bound on the bytes of several buffers together. Cloned into the options of each.
#[derive(Clone, Debug)]
pub struct SharedBound {
    used: Arc<AtomicU64>,
    max: u64,
}

impl SharedBound {
    /// At most `max` bytes in all.
    pub fn new(max: u64) -> Self {
        Self { used: Arc::default(), max }
    }

    /// Bytes held by all buffers.
    pub fn used(&self) -> u64 {
        self.used.load(Ordering::Relaxed)
    }

    pub(crate) fn room(&self) -> u64 {
        self.max.saturating_sub(self.used())
    }

    pub(crate) fn change(&self, from: u64, to: u64) {
        if to >= from {
            self.used.fetch_add(to - from, Ordering::Relaxed);
        } else {
            self.used.fetch_sub(from - to, Ordering::Relaxed);
        }
    }
}

/// What may change while a buffer is open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Terms {
    /// What an accepted message survives unless it asks for something else.
    pub level: BufferLevel,
    /// At the bounds.
    pub overflow: OverflowPolicy,
    /// How much it holds.
    pub bounds: Bounds,
}

/// Everything a buffer must be told.
#[derive(Clone, Debug)]
pub struct OutboxOptions {
    /// Whose messages these are. Part of every checksum: a page of another endpoint's file is noticed.
    pub endpoint: String,
    /// What an accepted message survives unless it asks for something else.
    pub level: BufferLevel,
    /// At the bounds.
    pub overflow: OverflowPolicy,
    /// How much it holds.
    pub bounds: Bounds,
    /// The bound it shares with others.
    pub shared: Option<SharedBound>,
    /// How it treats its disk.
    pub disk: DiskRules,
    /// When a message itself is to blame.
    pub poison: PoisonRule,
    /// Memory for delivered ids.
    pub dedupe: DedupeWindow,
    /// The time.
    pub clock: Arc<dyn Clock>,
}

impl OutboxOptions {
    /// The defaults for this endpoint.
    pub fn new(endpoint: impl Into<String>) -> Self {
        Self {
            endpoint: endpoint.into(),
            level: BufferLevel::Power,
            overflow: OverflowPolicy::default(),
            bounds: Bounds::default(),
            shared: None,
            disk: DiskRules::default(),
            poison: PoisonRule::default(),
            dedupe: DedupeWindow::default(),
            clock: Arc::new(SystemClock),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_disk_keeps_a_share_of_itself_within_bounds() {
        let rules = DiskRules::default();
        let gib = 1024 * MIB;
        assert_eq!(rules.reserve(0), 512 * MIB);
        assert_eq!(rules.reserve(20 * gib), 512 * MIB);
        assert_eq!(rules.reserve(50 * gib), gib);
        // Two percent of a disk of 4 TiB would refuse messages while 80 GiB are free.
        assert_eq!(rules.reserve(4096 * gib), 2 * gib);
        assert_eq!(rules.reserve(u64::MAX), 2 * gib);
        // Half a GiB of a home partition of 400 MB would refuse every message for ever.
        assert_eq!(rules.reserve(400 * MIB), 100 * MIB);
        assert_eq!(rules.reserve(2 * gib), 512 * MIB);
    }
}
