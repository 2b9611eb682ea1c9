//! Bounds, and who has to go when one is reached. Nothing in flight ever does.

use std::time::{Duration, Instant};

use super::{Buffer, Place};
use crate::{
    error::{Bound, Fault},
    notice::NoticeKind,
    options::OverflowPolicy,
    store::{Expendable, Store},
};

/// Messages dropped between two looks at the clock.
const STEP: usize = 512;
/// What may be dropped before others have a turn: a large message, or a smaller bound, may ask for very many small ones.
const MOST_AT_ONCE: usize = 8_192;
/// ... and how long it may take.
const LONGEST_AT_ONCE: Duration = Duration::from_millis(10);

/// What a batch would add.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Need {
    pub(super) messages: u64,
    pub(super) bytes: u64,
    /// Of those, in memory only.
    pub(super) memory_bytes: u64,
}

impl Need {
    pub(super) fn add(&mut self, place: Place, bytes: u64) {
        self.messages += 1;
        self.bytes += bytes;
        if place == Place::Memory {
            self.memory_bytes += bytes;
        }
    }
}

/// How far making room has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Room {
    /// There is room.
    Enough,
    /// This bound stays in the way.
    Lacking(Bound),
    /// More has to go than may go at once: others have a turn first.
    Later,
}

/// What has to go for a bound to be kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Excess {
    messages: u64,
    bytes: u64,
}

impl Buffer {
    /// The bound that `need` would exceed.
    pub(super) fn lacking(&self, need: &Need) -> Option<Bound> {
        self.exceeded(need).map(|(bound, _)| bound)
    }

    fn exceeded(&self, need: &Need) -> Option<(Bound, Excess)> {
        let (tally, bounds) = (self.tally(), &self.options.bounds);
        // What is settled only waits to be removed.
        let settled = self.pending.len() as u64;
        let messages = tally.queued.saturating_sub(settled);
        let bytes = tally.queued_bytes.saturating_sub(self.pending.bytes());
        let in_memory = self.memory.as_ref().map_or(0, |store| store.tally.queued_bytes);
        let of_messages = |excess| Excess { messages: excess, bytes: 0 };
        let of_bytes = |excess| Excess { messages: 0, bytes: excess };
        if need.messages > 0 && messages + need.messages > bounds.max_messages {
            return Some((Bound::Messages, of_messages(messages + need.messages - bounds.max_messages)));
        }
        if bytes + need.bytes > bounds.max_bytes && need.bytes > 0 {
            return Some((Bound::Bytes, of_bytes(bytes + need.bytes - bounds.max_bytes)));
        }
        if need.memory_bytes > 0 && in_memory + need.memory_bytes > bounds.max_memory_bytes {
            return Some((Bound::Memory, of_bytes(in_memory + need.memory_bytes - bounds.max_memory_bytes)));
        }
        let room = self.options.shared.as_ref()?.room();
        let added = (tally.queued_bytes + need.bytes).saturating_sub(self.charged);
        (need.bytes > 0 && added > room).then(|| (Bound::Shared, of_bytes(added - room)))
    }

    /// Makes room within the running transactions, as much as may be made at once. Places that were dropped are added to
    /// `dropped`.
    pub(super) fn make_room(&mut self, need: &Need, dropped: &mut Vec<i64>) -> Result<Room, Fault> {
        let (started, before) = (Instant::now(), dropped.len());
        while let Some((bound, excess)) = self.exceeded(need) {
            self.overflowed();
            if self.options.overflow != OverflowPolicy::DropOldest || !self.could_fit(need) {
                return Ok(Room::Lacking(bound));
            }
            let so_far = dropped.len() - before;
            if so_far >= MOST_AT_ONCE || (so_far > 0 && started.elapsed() >= LONGEST_AT_ONCE) {
                return Ok(Room::Later);
            }
            if self.drop_some(bound == Bound::Memory, excess, dropped)? == 0 {
                return Ok(Room::Lacking(bound));
            }
        }
        Ok(Room::Enough)
    }

    /// Whether dropping everything that may be dropped would be enough. Nothing is dropped in vain.
    fn could_fit(&self, need: &Need) -> bool {
        let bounds = &self.options.bounds;
        let ours = self.options.shared.as_ref().map_or(u64::MAX, |shared| shared.room() + self.charged);
        self.leases.len() + need.messages <= bounds.max_messages
            && self.leases.bytes() + need.bytes <= bounds.max_bytes.min(ours)
            && need.memory_bytes <= bounds.max_memory_bytes
    }

    /// Drops the least important, oldest messages: as many as exceed the bound, and not more than a step's worth. How
    /// many there were.
    fn drop_some(&mut self, in_memory: bool, excess: Excess, dropped: &mut Vec<i64>) -> Result<usize, Fault> {
        for store in [&mut self.disk, &mut self.memory].into_iter().flatten() {
            store.write_added()?;
        }
        let limit = usize::try_from(excess.messages).unwrap_or(STEP).clamp(1, STEP);
        let limit = if excess.bytes > 0 { STEP } else { limit };
        let mut found = Vec::new();
        for place in [Place::Disk, Place::Memory] {
            let eligible = |store: &&Store| store.in_transaction() && (place == Place::Memory || !in_memory);
            if let Some(store) = self.store(place).filter(eligible) {
                let expendable = store.expendable(|seq| !self.is_free(seq), limit)?;
                found.extend(expendable.into_iter().map(|one| (place, one)));
            }
        }
        found.sort_by_key(|(_, one)| (std::cmp::Reverse(one.priority), one.seq));
        let mut bytes = 0;
        let going = found.iter().take(limit).take_while(|(_, one)| {
            let wanted = excess.messages > 0 || bytes < excess.bytes;
            bytes += one.bytes;
            wanted
        });
        let count = going.count();
        found.truncate(count);
        for place in [Place::Disk, Place::Memory] {
            let oldest: Vec<Expendable> =
                found.iter().filter(|(there, _)| *there == place).map(|(_, one)| *one).collect();
            if let Some(store) = self.store_mut(place) {
                store.drop_oldest(&oldest)?;
            }
        }
        dropped.extend(found.iter().map(|(_, one)| one.seq));
        Ok(count)
    }

    /// A bound is reached: one notice an episode.
    pub(super) fn overflowed(&mut self) {
        if !self.overflowing {
            self.overflowing = true;
            let at_ms = self.now().wall_ms;
            self.notices.give(at_ms, NoticeKind::Overflow);
        }
    }
}
