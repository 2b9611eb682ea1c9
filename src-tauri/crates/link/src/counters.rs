//! Totals of one link. The driver adds, the status board reads; nobody waits for anybody.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use model::Counters;

/// Totals since the link was made.
#[derive(Debug, Default)]
pub struct LinkCounters {
    sessions: AtomicU64,
    sent: AtomicU64,
    received: AtomicU64,
    errors: AtomicU64,
    bytes_sent: AtomicU64,
    bytes_received: AtomicU64,
}

impl LinkCounters {
    /// The totals now.
    pub fn read(&self) -> Counters {
        let connections = self.sessions.load(Relaxed);
        Counters {
            connections,
            reconnects: connections.saturating_sub(1),
            sent: self.sent.load(Relaxed),
            received: self.received.load(Relaxed),
            errors: self.errors.load(Relaxed),
            bytes_sent: self.bytes_sent.load(Relaxed),
            bytes_received: self.bytes_received.load(Relaxed),
        }
    }

    pub(crate) fn session_proven(&self) {
        self.sessions.fetch_add(1, Relaxed);
    }

    pub(crate) fn failed(&self) {
        self.errors.fetch_add(1, Relaxed);
    }

    pub(crate) fn message_sent(&self, bytes: usize) {
        self.sent.fetch_add(1, Relaxed);
        self.bytes_sent.fetch_add(bytes as u64, Relaxed);
    }

    pub(crate) fn message_received(&self, bytes: usize) {
        self.received.fetch_add(1, Relaxed);
        self.bytes_received.fetch_add(bytes as u64, Relaxed);
    }
}
