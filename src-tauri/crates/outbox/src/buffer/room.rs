//! Bounds, and who has to go when one is reached. Nothing in flight ever does.

use super::{Buffer, Place};
use crate::{
    error::{Bound, Fault},
    notice::NoticeKind,
    options::OverflowPolicy,
    store::Store,
};

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

impl Buffer {
    /// The bound that `need` would exceed.
    pub(super) fn lacking(&self, need: &Need) -> Option<Bound> {
        let (tally, bounds) = (self.tally(), &self.options.bounds);
        // What is settled only waits to be removed.
        let settled = self.pending.len() as u64;
        let messages = tally.queued.saturating_sub(settled);
        let bytes = tally.queued_bytes.saturating_sub(self.pending.bytes());
        let in_memory = self.memory.as_ref().map_or(0, |store| store.tally.queued_bytes);
        if need.messages > 0 && messages + need.messages > bounds.max_messages {
            return Some(Bound::Messages);
        }
        if bytes + need.bytes > bounds.max_bytes && need.bytes > 0 {
            return Some(Bound::Bytes);
        }
        if need.memory_bytes > 0 && in_memory + need.memory_bytes > bounds.max_memory_bytes {
            return Some(Bound::Memory);
        }
        let shared = self.options.shared.as_ref()?;
        let added = (tally.queued_bytes + need.bytes).saturating_sub(self.charged);
        (need.bytes > 0 && added > shared.room()).then_some(Bound::Shared)
    }

    /// Makes room within the running transactions; the bound that stays in the way. Places that were dropped are
    /// added to `dropped`.
    pub(super) fn make_room(&mut self, need: &Need, dropped: &mut Vec<i64>) -> Result<Option<Bound>, Fault> {
        while let Some(bound) = self.lacking(need) {
            self.overflowed();
            if self.options.overflow != OverflowPolicy::DropOldest || !self.could_fit(need) {
                return Ok(Some(bound));
            }
            let Some(seq) = self.drop_one(bound == Bound::Memory)? else { return Ok(Some(bound)) };
            dropped.push(seq);
        }
        Ok(None)
    }

    /// Whether dropping everything that may be dropped would be enough. Nothing is dropped in vain.
    fn could_fit(&self, need: &Need) -> bool {
        let bounds = &self.options.bounds;
        let ours = self.options.shared.as_ref().map_or(u64::MAX, |shared| shared.room() + self.charged);
        self.leases.len() + need.messages <= bounds.max_messages
            && self.leases.bytes() + need.bytes <= bounds.max_bytes.min(ours)
            && need.memory_bytes <= bounds.max_memory_bytes
    }

    /// Drops the least important, oldest message; its place.
    fn drop_one(&mut self, in_memory: bool) -> Result<Option<i64>, Fault> {
        for store in [&mut self.disk, &mut self.memory].into_iter().flatten() {
            store.write_added()?;
        }
        let candidate = |store: &Store| store.most_expendable(|seq| !self.is_free(seq));
        let mut found = Vec::new();
        for place in [Place::Disk, Place::Memory] {
            let eligible = |store: &&Store| store.in_transaction() && (place == Place::Memory || !in_memory);
            if let Some(store) = self.store(place).filter(eligible)
                && let Some((priority, seq)) = candidate(store)?
            {
                found.push((std::cmp::Reverse(priority), seq, place));
            }
        }
        let Some((_, seq, place)) = found.into_iter().min() else { return Ok(None) };
        if let Some(store) = self.store_mut(place)
            && store.delete(seq)?
        {
            store.tally.dropped_oldest += 1;
        }
        Ok(Some(seq))
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
