//! Delivered messages out. The word of a peer counts at once and is never a delivery failure, whatever the disk
//! does: what the file cannot forget yet is remembered here and tried again.

use std::collections::BTreeMap;

use model::BufferLevel;
use serde::Serialize;

use super::{
    Buffer, Place,
    footing::{Next, Stronger},
    leases::Held,
};
use crate::{MessageId, error::Fault, stats::Footing};

const TRIES: u32 = 3;

/// What became of confirmations.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Confirmed {
    /// Delivered now.
    pub delivered: u64,
    /// Confirmed before.
    pub repeated: u64,
    /// Nobody knows these; maybe dropped, expired or discarded meanwhile.
    pub unknown: Vec<MessageId>,
}

/// Delivered, but still in a store.
#[derive(Debug, Default)]
pub(super) struct Pending {
    entries: BTreeMap<i64, Entry>,
    bytes: u64,
    /// Since when the oldest waits, steady ms.
    pub(super) since: Option<i64>,
}

#[derive(Debug)]
struct Entry {
    id: MessageId,
    place: Place,
    bytes: u64,
}

impl Pending {
    pub(super) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    pub(super) fn bytes(&self) -> u64 {
        self.bytes
    }

    pub(super) fn has(&self, seq: i64) -> bool {
        self.entries.contains_key(&seq)
    }

    fn waits_in(&self, place: Place) -> bool {
        self.entries.values().any(|entry| entry.place == place)
    }

    pub(super) fn move_to_disk(&mut self, seq: i64) {
        if let Some(entry) = self.entries.get_mut(&seq) {
            entry.place = Place::Disk;
        }
    }

    fn add(&mut self, seq: i64, entry: Entry, steady_ms: i64) {
        self.since.get_or_insert(steady_ms);
        self.bytes += entry.bytes;
        self.entries.insert(seq, entry);
    }

    /// The places of a store's entries, and nothing of what is known about them any more.
    fn settle(&mut self, place: Place) {
        self.entries.retain(|_, entry| {
            if entry.place == place {
                self.bytes -= entry.bytes;
            }
            entry.place != place
        });
        if self.entries.is_empty() {
            self.since = None;
        }
    }

    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }
}

impl Buffer {
    /// The peer has these. Written with the next commit, or when [`Buffer::flush`] is called.
    pub(crate) fn confirm(&mut self, ids: &[MessageId]) -> Confirmed {
        let now = self.now();
        let mut confirmed = Confirmed::default();
        for id in ids {
            let found = self.leases.find(id).or_else(|| self.find(id));
            match found {
                Some((seq, _)) if self.pending.has(seq) => confirmed.repeated += 1,
                Some((seq, place)) => {
                    let held = self.leases.settle(seq);
                    self.record_age(held.as_ref(), now.wall_ms);
                    let bytes = held.map_or(0, |held| held.bytes);
                    if self.paused_at == Some(seq) {
                        self.paused_at = None;
                    }
                    self.stranded.remove(&seq);
                    self.pending.add(seq, Entry { id: id.clone(), place, bytes }, now.steady_ms);
                    confirmed.delivered += 1;
                }
                None if self.revive(id, now.wall_ms) => confirmed.delivered += 1,
                None if self.was_delivered(id) => confirmed.repeated += 1,
                None => confirmed.unknown.push(id.clone()),
            }
        }
        // Memory forgets at once, whatever the disk does: what was delivered must not take the place of what comes.
        if self.pending.waits_in(Place::Memory) {
            self.flush_to(Place::Memory);
            self.charge();
        }
        confirmed
    }

    fn record_age(&mut self, held: Option<&Held>, wall_ms: i64) {
        if let Some(held) = held {
            let age = wall_ms.saturating_sub(held.enqueued_ms).max(0);
            self.delivery_age_ms.record(age.cast_unsigned());
        }
    }

    /// A waiting message by its id: a late word for something that is at the head again.
    fn find(&self, id: &MessageId) -> Option<(i64, Place)> {
        [Place::Disk, Place::Memory].into_iter().find_map(|place| {
            let seq = self.store(place)?.find(id).ok().flatten()?;
            Some((seq, place))
        })
    }

    fn was_delivered(&self, id: &MessageId) -> bool {
        let known = |place| {
            self.store(place)
                .is_some_and(|store| store.delivered_since(id, i64::MIN).is_ok_and(|found| found.is_some()))
        };
        known(Place::Disk) || known(Place::Memory)
    }

    /// A late word for a dead letter: it arrived after all.
    fn revive(&mut self, id: &MessageId, at_ms: i64) -> bool {
        let level = self.settle_level();
        self.writable().iter().any(|place| {
            let Some(store) = self.store_mut(*place) else { return false };
            let Ok(Some(seq)) = store.find_dead(id) else { return false };
            let revived = store.transact(level, |store| {
                if store.delete_dead(id)? && store.tally.dead > 0 {
                    store.tally.dead -= 1;
                    store.tally.delivered += 1;
                }
                store.remember(id, seq, at_ms)
            });
            revived.is_ok()
        })
    }

    /// How safe it has to be that a message is gone: a deletion that comes back is a repetition.
    pub(super) fn settle_level(&self) -> BufferLevel {
        self.options.level.max_of(BufferLevel::Process)
    }

    /// Writes what is settled in a store, within its running transaction.
    pub(super) fn write_pending(&mut self, place: Place) -> Result<(), Fault> {
        self.write_entries(place, true)
    }

    fn write_entries(&mut self, place: Place, remember: bool) -> Result<(), Fault> {
        let at_ms = self.now().wall_ms;
        let store = match place {
            Place::Disk => &mut self.disk,
            Place::Memory => &mut self.memory,
        };
        let Some(store) = store else { return Ok(()) };
        let settled: Vec<_> = self.pending.entries.iter().filter(|(_, entry)| entry.place == place).collect();
        for run in settled.chunk_by(|(seq, _), (next, _)| *seq + 1 == **next) {
            let (Some((first, _)), Some((last, _))) = (run.first(), run.last()) else { continue };
            let gone = store.delete_run(**first, **last)?;
            store.tally.delivered += gone;
            // They were read and cannot be found: worth a look at the whole file.
            self.pace.check_structure |= gone < run.len() as u64;
        }
        if remember {
            for (seq, entry) in settled {
                store.remember(&entry.id, *seq, at_ms)?;
            }
        }
        Ok(())
    }

    /// What [`Buffer::write_pending`] wrote is committed.
    pub(super) fn written(&mut self, place: Place) {
        self.pending.settle(place);
    }

    /// Writes what is settled; whether nothing is left.
    pub(crate) fn flush(&mut self) -> bool {
        for place in self.writable() {
            self.flush_to(*place);
        }
        self.charge();
        self.pending.is_empty()
    }

    fn flush_to(&mut self, place: Place) {
        let mut remember = true;
        for _ in 0..TRIES {
            if !self.pending.waits_in(place) || self.store(place).is_none() {
                return;
            }
            let level = self.settle_level();
            let begun = self.store_mut(place).map_or(Ok(()), |store| store.begin(level));
            let done = begun
                .and_then(|()| self.write_entries(place, remember))
                .and_then(|()| self.store_mut(place).map_or(Ok(()), super::Store::commit));
            let Err(fault) = done else { return self.written(place) };
            if let Some(store) = self.store_mut(place) {
                store.rollback();
            }
            match self.handle(&fault) {
                Next::Again if self.footing == Footing::Memory => return,
                Next::Again | Next::DiskFull => {}
                // Remembering ids may need a page that the file may not have.
                Next::FileFull => remember = false,
                Next::GiveUp => return,
            }
        }
    }
}
