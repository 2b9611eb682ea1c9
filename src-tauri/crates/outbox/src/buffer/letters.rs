//! Messages that leave without being delivered because somebody, or their own content, said so; and the way back.

use model::BufferLevel;

use super::{Buffer, Place, room::Need};
use crate::{
    MessageId,
    error::{AppendError, Fault, OutboxError},
    message::{DeadLetter, DeathCause, Queued},
    notice::NoticeKind,
    store::{Found, Row, Store},
};

/// Characters kept of what somebody said about a dead letter.
const MAX_DETAIL: usize = 300;

/// Some of what waits, as people are shown it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct QueuedPage {
    /// In order of place.
    pub messages: Vec<Queued>,
    /// Beside them, so many were damaged. They are not among `messages`, and go to the dead letters.
    pub damaged: u64,
    /// Behind which place to go on; `None` when this is the end.
    pub next: Option<u64>,
}

impl Buffer {
    /// Waiting messages behind this place, for people. Holds nothing; damaged ones found on the way are laid aside.
    pub(crate) fn page(&mut self, after: u64, limit: u64) -> Result<QueuedPage, OutboxError> {
        let mut found = Vec::new();
        for place in [Place::Disk, Place::Memory] {
            if let Some(store) = self.store(place) {
                let rows = store.page(after.cast_signed(), limit).map_err(|fault| disk(&fault))?;
                found.extend(rows.into_iter().map(|row| (place, row)));
            }
        }
        found.sort_by_key(|(_, row)| row.seq());
        found.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
        let full = found.len() as u64 == limit;
        let next = found.last().filter(|_| full).map(|(_, row)| row.seq().cast_unsigned());
        let mut page = QueuedPage { next, ..QueuedPage::default() };
        let mut damaged = Vec::new();
        for (place, row) in found {
            match row {
                Found::Damaged { seq, .. } => damaged.push((place, seq)),
                // Delivered already, only the file does not know.
                Found::Good(row) if self.pending.has(row.seq) => {}
                Found::Good(row) => {
                    let sent = row.seq <= self.sent_before
                        || self.leases.was_sent(row.seq)
                        || self.leases.holds(row.seq);
                    page.messages.push(row.into_queued(sent));
                }
            }
        }
        page.damaged = damaged.len() as u64;
        self.lay_aside(&damaged);
        Ok(page)
    }

    /// Damaged messages to the dead letters, where that can be done now; otherwise whoever comes by next does it.
    fn lay_aside(&mut self, damaged: &[(Place, i64)]) {
        for place in self.writable().iter().copied() {
            let of = damaged.iter().filter(|(there, seq)| *there == place && self.is_free(*seq));
            let seqs: Vec<i64> = of.map(|(_, seq)| *seq).collect();
            if let Err(fault) = self.bury_damaged(place, &seqs) {
                self.handle(&fault);
            }
        }
    }

    /// Dead letters behind this place.
    pub(crate) fn dead(&self, after: u64, limit: u64) -> Result<Vec<DeadLetter>, OutboxError> {
        let mut letters = Vec::new();
        for place in [Place::Disk, Place::Memory] {
            if let Some(store) = self.store(place) {
                letters.extend(store.dead_letters(after.cast_signed(), limit).map_err(|fault| disk(&fault))?);
            }
        }
        letters.sort_by_key(|letter| letter.seq);
        letters.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
        Ok(letters)
    }

    /// Gives a waiting message up; it goes to the dead letters.
    pub(crate) fn bury(&mut self, id: &MessageId, detail: &str) -> Result<(), OutboxError> {
        let (place, seq) = self.waiting(id)?;
        self.bury_seq(place, seq, DeathCause::Refused, detail).map_err(|fault| self.failing(&fault))
    }

    pub(super) fn bury_seq(
        &mut self,
        place: Place,
        seq: i64,
        cause: DeathCause,
        detail: &str,
    ) -> Result<(), Fault> {
        let (at_ms, keep) = (self.now().wall_ms, self.options.bounds.max_dead);
        let detail: String = detail.chars().filter(|c| !c.is_control()).take(MAX_DETAIL).collect();
        let level = self.settle_level();
        if let Some(store) = self.store_mut(place) {
            store.transact(level, |store| {
                store.bury_copy(seq, cause, &detail, at_ms, keep)?;
                if store.delete(seq)? {
                    match cause {
                        DeathCause::Corrupt => store.tally.corrupt += 1,
                        DeathCause::Poison | DeathCause::Refused => store.tally.dead += 1,
                    }
                }
                Ok(())
            })?;
        }
        self.forget(seq);
        Ok(())
    }

    pub(super) fn bury_damaged(&mut self, place: Place, seqs: &[i64]) -> Result<(), Fault> {
        for seq in seqs {
            self.store(place).map_or(Ok(()), |store| store.confirm_damage(*seq))?;
            self.bury_seq(place, *seq, DeathCause::Corrupt, "its checksum does not match")?;
        }
        if !seqs.is_empty() {
            let at_ms = self.now().wall_ms;
            self.notices.give(at_ms, NoticeKind::MessageDamaged { count: seqs.len() as u64 });
        }
        Ok(())
    }

    /// Throws a waiting message away.
    pub(crate) fn discard(&mut self, id: &MessageId) -> Result<(), OutboxError> {
        let (place, seq) = self.waiting(id)?;
        self.discard_seq(place, seq).map_err(|fault| self.failing(&fault))
    }

    pub(super) fn discard_seq(&mut self, place: Place, seq: i64) -> Result<(), Fault> {
        let level = self.settle_level();
        if let Some(store) = self.store_mut(place) {
            store.transact(level, |store| {
                store.tally.discarded += u64::from(store.delete(seq)?);
                Ok(())
            })?;
        }
        self.forget(seq);
        Ok(())
    }

    /// Throws away everything that waits, in flight included; how many.
    pub(crate) fn discard_all(&mut self) -> Result<u64, OutboxError> {
        self.flush();
        let level = self.settle_level();
        let mut gone = 0;
        for place in [Place::Disk, Place::Memory] {
            let Some(store) = self.store_mut(place) else { continue };
            let cleared = store.transact(level, |store| {
                let waiting = store.tally.queued;
                store.clear()?;
                store.tally.discarded += waiting;
                Ok(waiting)
            });
            gone += cleared.map_err(|fault| self.failing(&fault))?;
        }
        self.leases.clear();
        self.pending.clear();
        self.stranded.clear();
        self.paused_at = None;
        self.charge();
        Ok(gone)
    }

    /// Sends a dead letter after all: it goes to the tail with a new place.
    pub(crate) fn retry_dead(&mut self, id: &MessageId) -> Result<u64, OutboxError> {
        let (place, row) = self.dead_row(id)?;
        let mut need = Need::default();
        need.add(place, row.size());
        if let Some(bound) = self.lacking(&need) {
            return Err(OutboxError::Full(AppendError::Full(bound)));
        }
        let now = self.now();
        let lifetime = row.expires_ms.map(|expires| expires.saturating_sub(row.enqueued_ms));
        let row = Row {
            seq: self.next_seq,
            enqueued_ms: now.wall_ms,
            expires_ms: lifetime.map(|lifetime| now.wall_ms.saturating_add(lifetime)),
            steady_ms: now.steady_ms,
            boot: self.options.clock.boot(),
            key: None,
            attempts: 0,
            ..row
        };
        let level = self.settle_level();
        let Some(store) = self.store_mut(place) else { return Err(OutboxError::Unknown(id.clone())) };
        let moved = store.transact(level, |store| {
            store.delete_dead(id)?;
            if store.insert(&row)? {
                // Books that were begun anew do not know it.
                if store.tally.dead > 0 { store.tally.dead -= 1 } else { store.tally.accepted += 1 }
            }
            Ok(())
        });
        moved.map_err(|fault| self.failing(&fault))?;
        self.next_seq += 1;
        self.charge();
        Ok(row.seq.cast_unsigned())
    }

    fn dead_row(&self, id: &MessageId) -> Result<(Place, Row), OutboxError> {
        for place in [Place::Disk, Place::Memory] {
            let found = self.store(place).map(|store| store.dead_row(id)).transpose();
            match found.map_err(|fault| disk(&fault))?.flatten() {
                Some(Found::Good(row)) => return Ok((place, *row)),
                Some(Found::Damaged { .. }) => return Err(OutboxError::Damaged(id.clone())),
                None => {}
            }
        }
        Err(OutboxError::Unknown(id.clone()))
    }

    /// Throws a dead letter away.
    pub(crate) fn delete_dead(&mut self, id: &MessageId) -> Result<(), OutboxError> {
        if self.on_dead(|store| Ok(u64::from(store.delete_dead(id)?)))? == 0 {
            return Err(OutboxError::Unknown(id.clone()));
        }
        Ok(())
    }

    /// Throws all dead letters away; how many.
    pub(crate) fn clear_dead(&mut self) -> Result<u64, OutboxError> {
        self.on_dead(|store| store.clear_dead())
    }

    fn on_dead(&mut self, work: impl Fn(&mut Store) -> Result<u64, Fault>) -> Result<u64, OutboxError> {
        let mut done = 0;
        for place in [Place::Disk, Place::Memory] {
            let Some(store) = self.store_mut(place) else { continue };
            let worked = store.transact(BufferLevel::Process, &work);
            done += worked.map_err(|fault| self.failing(&fault))?;
        }
        Ok(done)
    }

    fn waiting(&self, id: &MessageId) -> Result<(Place, i64), OutboxError> {
        if let Some((seq, place)) = self.leases.find(id) {
            return Ok((place, seq));
        }
        for place in [Place::Disk, Place::Memory] {
            let found = self.store(place).map(|store| store.find(id)).transpose();
            if let Some(seq) =
                found.map_err(|fault| disk(&fault))?.flatten().filter(|seq| !self.pending.has(*seq))
            {
                return Ok((place, seq));
            }
        }
        Err(OutboxError::Unknown(id.clone()))
    }

    /// A message is gone, and with it everything known about it.
    fn forget(&mut self, seq: i64) {
        self.leases.settle(seq);
        self.stranded.remove(&seq);
        if self.paused_at == Some(seq) {
            self.paused_at = None;
        }
        self.charge();
    }

    fn failing(&mut self, fault: &Fault) -> OutboxError {
        self.handle(fault);
        disk(fault)
    }
}

fn disk(fault: &Fault) -> OutboxError {
    OutboxError::Disk(fault.to_string())
}
