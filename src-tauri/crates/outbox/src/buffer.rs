//! One endpoint's buffer without threads: the file, what lies in memory, what is in flight, and every rule about
//! them. Runs on the writer's thread alone; each call is one step that leaves everything consistent.

mod ageing;
mod drain;
mod duties;
mod footing;
mod intake;
mod leases;
mod letters;
mod opening;
mod room;
mod settling;
mod terms;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use model::BufferLevel;

pub(crate) use duties::Pace;
pub(crate) use intake::Answer;
pub use {
    drain::{LeaseLimit, Loss},
    letters::QueuedPage,
    opening::OpenReport,
    settling::Confirmed,
};

use crate::{
    clock::Reading,
    folder::Folder,
    histogram::Histogram,
    notice::Notices,
    options::OutboxOptions,
    stats::{Footing, OutboxStats, Watermark},
    store::{Seal, Store, StoreSetup, Tally, log_pages_for, pages_for},
};
use ageing::TimeTrust;
use footing::DiskWatch;
use leases::{Leases, Place};
use settling::Pending;

/// One endpoint's buffer.
#[derive(Debug)]
pub(crate) struct Buffer {
    options: OutboxOptions,
    folder: Folder,
    disk: Option<Store>,
    memory: Option<Store>,
    footing: Footing,
    watch: DiskWatch,
    next_seq: i64,
    /// Messages up to this place may have been sent before the buffer was opened.
    sent_before: i64,
    /// The highest place that the file knows to have been sent.
    sent_noted: i64,
    leases: Leases,
    pending: Pending,
    /// In memory, though they asked for the disk.
    stranded: BTreeSet<i64>,
    /// The last lease found nothing to hand out before its time was over: there may be something.
    leasable: bool,
    /// Nothing may overtake this message.
    paused_at: Option<i64>,
    /// Bytes counted against the shared bound.
    charged: u64,
    overflowing: bool,
    trust: TimeTrust,
    notices: Notices,
    commit_us: Histogram,
    batch_size: Histogram,
    delivery_age_ms: Histogram,
    pace: Pace,
}

impl Buffer {
    fn setup(options: &OutboxOptions, place: Place) -> StoreSetup {
        let bounds = &options.bounds;
        let bytes = match place {
            Place::Disk => bounds.max_bytes,
            Place::Memory => bounds.max_memory_bytes,
        };
        // Dead letters come on top: 5 % of the bytes.
        StoreSetup {
            seal: Seal::new(&options.endpoint),
            max_pages: pages_for(bytes.saturating_add(bytes / 20), bounds.max_messages),
            recent_ids: options.dedupe.ids,
            log_pages: log_pages_for(options.disk.ballast_bytes),
        }
    }

    /// How it behaves now.
    pub(crate) fn options(&self) -> &OutboxOptions {
        &self.options
    }

    /// The stores that can be written now.
    fn writable(&self) -> &'static [Place] {
        if self.footing == Footing::Memory { &[Place::Memory] } else { &[Place::Disk, Place::Memory] }
    }

    fn now(&self) -> Reading {
        self.options.clock.now()
    }

    fn store(&self, place: Place) -> Option<&Store> {
        match place {
            Place::Disk => self.disk.as_ref(),
            Place::Memory => self.memory.as_ref(),
        }
    }

    fn store_mut(&mut self, place: Place) -> Option<&mut Store> {
        match place {
            Place::Disk => self.disk.as_mut(),
            Place::Memory => self.memory.as_mut(),
        }
    }

    /// Both books as one.
    pub(crate) fn tally(&self) -> Tally {
        let of = |store: &Option<Store>| store.as_ref().map(|store| store.tally).unwrap_or_default();
        of(&self.disk).plus(&of(&self.memory))
    }

    /// Whether a message may be handed out or dropped.
    fn is_free(&self, seq: i64) -> bool {
        !self.leases.holds(seq) && !self.pending.has(seq)
    }

    /// What an accepted message survives now.
    fn level(&self) -> BufferLevel {
        match self.footing {
            Footing::Disk | Footing::DrainOnly => self.options.level,
            Footing::Memory | Footing::Broken => BufferLevel::Memory,
        }
    }

    /// Whether everything confirmed is written.
    pub(crate) fn is_settled(&self) -> bool {
        self.pending.is_empty()
    }

    /// Whether confirmations can be written now.
    pub(crate) fn can_settle(&self) -> bool {
        self.footing != Footing::Memory
    }

    /// Lets go of the folder as it is: somebody will open it again.
    pub(crate) fn leave(&mut self) {
        self.disk = None;
        self.memory = None;
        self.folder.leave();
    }

    /// Tells the shared bound what this buffer holds.
    fn charge(&mut self) {
        let bytes = self.tally().queued_bytes;
        if let Some(shared) = &self.options.shared {
            shared.change(self.charged, bytes);
        }
        self.charged = bytes;
        if self.watermark() == Watermark::Low {
            self.overflowing = false;
        }
    }

    fn watermark(&self) -> Watermark {
        let (tally, bounds) = (self.tally(), &self.options.bounds);
        let by_count = Watermark::of(tally.queued, bounds.max_messages);
        by_count.max(Watermark::of(tally.queued_bytes, bounds.max_bytes))
    }

    /// Everything there is to say.
    pub(crate) fn stats(&self) -> OutboxStats {
        let in_memory = self.memory.as_ref().map_or(0, |store| store.tally.queued);
        let oldest =
            |store: &Option<Store>| store.as_ref().and_then(|store| store.oldest_ms().ok().flatten());
        let dead =
            |store: &Option<Store>| store.as_ref().and_then(|store| store.dead_count().ok()).unwrap_or(0);
        let (file_bytes, wal_bytes) = self.folder.sizes();
        OutboxStats {
            tally: self.tally(),
            oldest_ms: [oldest(&self.disk), oldest(&self.memory)].into_iter().flatten().min(),
            in_flight: self.leases.len(),
            in_memory,
            unsettled: self.pending.len() as u64,
            dead: dead(&self.disk) + dead(&self.memory),
            level: self.level(),
            footing: self.footing,
            watermark: self.watermark(),
            overflowing: self.overflowing,
            paused_at: self.paused_at.map(i64::cast_unsigned),
            file_bytes,
            wal_bytes,
            disk_free: self.watch.free,
            commit_us: self.commit_us,
            batch_size: self.batch_size,
            delivery_age_ms: self.delivery_age_ms,
            notices: self.notices.newest(),
        }
    }
}

impl Drop for Buffer {
    fn drop(&mut self) {
        if let Some(shared) = &self.options.shared {
            shared.change(self.charged, 0);
        }
    }
}
