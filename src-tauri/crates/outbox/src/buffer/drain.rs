//! Messages out: in order, within a window, and what follows when a session ends with some of them unconfirmed.
//! Knows nothing of sessions but what the drainer tells: that one ended, and whether it died of a message.

use model::BufferLevel;

use super::{Buffer, Place, footing::Next, leases::Held};
use crate::{
    MessageId,
    clock::Reading,
    error::{Fault, OutboxError},
    message::{DeathCause, Priority, Queued},
    notice::NoticeKind,
    options::PoisonPolicy,
    stats::Footing,
    store::{Class, Found, Row, Take},
};

/// Passes in which damaged or expired messages may be cleared away before a lease answers with what it has.
const PASSES: u32 = 16;

/// Most that may be in flight at once, what is in flight already included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LeaseLimit {
    /// Messages, at most 256.
    pub messages: u64,
    /// Their bytes; one message always fits.
    pub bytes: u64,
}

impl Default for LeaseLimit {
    fn default() -> Self {
        Self { messages: 64, bytes: 1 << 20 }
    }
}

/// How a session ended that had messages in flight. A try that never came to sending is not one of these.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Loss {
    /// It just ended.
    Plain,
    /// It died within two seconds of sending.
    AtOnce,
    /// The peer said that a message was the reason, such as close codes 1003, 1007, 1008 and 1009.
    Blamed,
}

/// What one pass over the queue found.
#[derive(Debug, Default)]
struct Harvest {
    rows: Vec<(Place, Row)>,
    expired: Vec<(Place, i64)>,
    damaged: Vec<(Place, i64)>,
}

/// Its place in the order. The priority of a damaged message is not known, but for its class.
fn order(class: Class, found: &Found) -> (u8, i64) {
    match (found, class) {
        (Found::Good(row), _) => (row.priority.get(), row.seq),
        (Found::Damaged { seq, .. }, Class::Normal { .. }) => (Priority::NORMAL.get(), *seq),
        (Found::Damaged { seq, .. }, Class::Urgent | Class::Patient) => (0, *seq),
    }
}

impl Buffer {
    /// Hands out what is next, in order, and holds it until it is confirmed, released or refused.
    pub(crate) fn lease(&mut self, limit: LeaseLimit) -> Result<Vec<Queued>, OutboxError> {
        if self.paused_at.is_some() {
            return Ok(Vec::new());
        }
        self.leasable = false;
        for _ in 0..PASSES {
            match self.try_lease(limit) {
                Ok(Some(queued)) => return Ok(queued),
                Ok(None) => {}
                Err(fault) => {
                    if self.handle(&fault) == Next::GiveUp || self.footing == Footing::Memory {
                        return Err(OutboxError::Disk(fault.to_string()));
                    }
                }
            }
        }
        self.leasable = true;
        Ok(Vec::new())
    }

    /// Whether the last lease came back before it was through with what had to be cleared away.
    pub(crate) fn is_worth_asking_again(&mut self) -> bool {
        std::mem::take(&mut self.leasable)
    }

    /// `None` when something had to be cleared away first.
    fn try_lease(&mut self, limit: LeaseLimit) -> Result<Option<Vec<Queued>>, Fault> {
        let harvest = self.harvest(limit)?;
        if harvest.rows.is_empty() && harvest.expired.is_empty() && harvest.damaged.is_empty() {
            let again = limit.messages > 0 && self.count_again()?;
            return Ok((!again).then(Vec::new));
        }
        let cleared = self.clear_away(&harvest)?;
        if harvest.rows.is_empty() && cleared {
            return Ok(None);
        }
        self.note_sent(&harvest.rows)?;
        let queued = harvest.rows.into_iter().map(|(place, row)| self.hand_out(place, row)).collect();
        Ok(Some(queued))
    }

    /// Reads what is next.
    fn harvest(&self, limit: LeaseLimit) -> Result<Harvest, Fault> {
        let now = self.now();
        let mut harvest = Harvest::default();
        let mut messages = limit.messages.min(256).saturating_sub(self.leases.len());
        let mut bytes = limit.bytes.saturating_sub(self.leases.bytes());
        if self.leases.in_order().first().is_some_and(|seq| self.leases.is_suspect(*seq)) {
            return Ok(harvest);
        }
        for class in [Class::Urgent, Class::Normal { after: 0 }, Class::Patient] {
            if messages == 0 {
                break;
            }
            let (next, complete) = self.next_of(class, messages, now)?;
            for (place, found) in next {
                let row = match found {
                    Found::Damaged { seq, .. } => {
                        harvest.damaged.push((place, seq));
                        continue;
                    }
                    Found::Good(row) if self.is_too_old(&row, now) => {
                        harvest.expired.push((place, row.seq));
                        continue;
                    }
                    Found::Good(row) => *row,
                };
                let alone = self.leases.len() == 0 && harvest.rows.is_empty();
                let suspect = row.attempts > 0 || self.leases.is_suspect(row.seq);
                if messages == 0 || (row.size() > bytes && !alone) || (suspect && !alone) {
                    return Ok(harvest);
                }
                messages -= 1;
                bytes = bytes.saturating_sub(row.size());
                harvest.rows.push((place, row));
                if suspect {
                    return Ok(harvest);
                }
            }
            if !complete {
                break;
            }
        }
        Ok(harvest)
    }

    /// The next ones of a class from both stores, in order; and whether these are all.
    fn next_of(&self, class: Class, limit: u64, now: Reading) -> Result<(Vec<(Place, Found)>, bool), Fault> {
        let mut all = Vec::new();
        // Where reading a store stopped: what follows there comes before what the other one has behind this.
        let mut end: Option<(u8, i64)> = None;
        for place in [Place::Disk, Place::Memory] {
            let Some(store) = self.store(place) else { continue };
            let class = match class {
                Class::Normal { .. } => Class::Normal { after: self.leases.cursor(place) },
                Class::Urgent | Class::Patient => class,
            };
            let clears = self.writable().contains(&place);
            let (mut left, mut bytes) = (limit, 0);
            let take = |found: &Found| {
                let useless = match found {
                    Found::Good(row) => self.is_too_old(row, now),
                    Found::Damaged { .. } => true,
                };
                if useless && !clears {
                    // It cannot be cleared away now, and must not hold up what lies behind it.
                    return Take::Not;
                }
                left -= 1;
                if let Found::Good(row) = found {
                    bytes += row.size();
                }
                if left == 0 || bytes > 2 << 20 { Take::Last } else { Take::This }
            };
            match store.scan(class, |seq| !self.is_free(seq), take) {
                Ok(rows) => {
                    if left == 0 || bytes > 2 << 20 {
                        let last = rows.last().map(|found| order(class, found));
                        end = end.into_iter().chain(last).min();
                    }
                    all.extend(rows.into_iter().map(|row| (place, row)));
                }
                // A file that is given up for now gives what it can.
                Err(fault) if self.footing == Footing::Memory => {
                    tracing::debug!(error = %fault, "unreadable for now")
                }
                Err(fault) => return Err(fault),
            }
        }
        all.retain(|(_, found)| end.is_none_or(|end| order(class, found) <= end));
        all.sort_by_key(|(_, found)| order(class, found));
        Ok((all, end.is_none()))
    }

    /// Removes what cannot be sent; whether that was possible.
    fn clear_away(&mut self, harvest: &Harvest) -> Result<bool, Fault> {
        for place in self.writable().iter().copied() {
            let of = |list: &[(Place, i64)]| -> Vec<i64> {
                list.iter().filter(|(there, _)| *there == place).map(|(_, seq)| *seq).collect()
            };
            self.remove_expired(place, &of(&harvest.expired))?;
            self.bury_damaged(place, &of(&harvest.damaged))?;
        }
        let left = |list: &[(Place, i64)]| list.iter().any(|(place, _)| !self.writable().contains(place));
        Ok(!left(&harvest.expired) && !left(&harvest.damaged))
    }

    /// Nothing left to hand out, nothing in flight, and yet the books know messages: reading starts over once, and
    /// if that finds nothing, the file is damaged in a way that hides them.
    fn count_again(&mut self) -> Result<bool, Fault> {
        let queued = self.disk.as_ref().map_or(0, |store| store.tally.queued);
        if queued == 0 || self.leases.len() > 0 || !self.pending.is_empty() || self.footing == Footing::Memory
        {
            return Ok(false);
        }
        if self.leases.cursor(Place::Disk) > 0 {
            self.leases.rewind(Place::Disk, 1);
            return Ok(true);
        }
        Err(Fault::Damaged("messages"))
    }

    /// Lets the file know how far messages were sent, so that the next start can say what may be a repetition. Not
    /// flushed: a crash of this program does not lose it, and after a power cut the window is assumed sent.
    fn note_sent(&mut self, rows: &[(Place, Row)]) -> Result<(), Fault> {
        let on_disk = rows.iter().filter(|(place, _)| *place == Place::Disk).map(|(_, row)| row.seq);
        let Some(highest) = on_disk.max().filter(|seq| *seq > self.sent_noted) else { return Ok(()) };
        if !self.writes_disk() {
            return Ok(());
        }
        let boot = self.options.clock.boot();
        if let Some(store) = &mut self.disk {
            store.transact(BufferLevel::Process, |store| {
                store.set_meta("boot", boot)?;
                store.set_meta("sent", highest)
            })?;
        }
        self.sent_noted = highest;
        Ok(())
    }

    fn hand_out(&mut self, place: Place, row: Row) -> Queued {
        let redelivered = row.seq <= self.sent_before || self.leases.was_sent(row.seq);
        let held = Held {
            id: row.id.clone(),
            place,
            priority: row.priority.get(),
            bytes: row.size(),
            enqueued_ms: row.enqueued_ms,
        };
        if row.attempts > 0 {
            self.leases.suspect(row.seq);
        }
        self.leases.hold(row.seq, held);
        row.into_queued(redelivered)
    }

    /// These were not sent: back to the head, in their old order.
    pub(crate) fn release(&mut self, ids: &[MessageId]) -> u64 {
        let held: Vec<i64> = ids.iter().filter_map(|id| self.leases.find(id)).map(|(seq, _)| seq).collect();
        held.into_iter().filter(|seq| self.leases.put_back(*seq)).count() as u64
    }

    /// The session ended: everything in flight goes back to the head. Looks for a message that kills sessions.
    pub(crate) fn session_lost(&mut self, loss: Loss) -> u64 {
        let in_flight = self.leases.in_order();
        let Some(oldest) = in_flight.first().copied() else { return 0 };
        let alone = in_flight.len() == 1 && self.leases.is_suspect(oldest);
        let guilty = match loss {
            Loss::Plain => false,
            Loss::AtOnce => self.leases.blame(oldest) >= self.options.poison.suspect_after,
            Loss::Blamed => true,
        };
        let place = self.leases.place(oldest).unwrap_or(Place::Disk);
        for seq in &in_flight {
            self.leases.release(*seq);
        }
        if alone && loss != Loss::Plain {
            self.failed(oldest, place, "the session died of it");
        } else if guilty {
            self.leases.suspect(oldest);
        }
        in_flight.len() as u64
    }

    /// The peer refused this one message: one of its attempts.
    pub(crate) fn refuse(&mut self, id: &MessageId, detail: &str) -> Result<(), OutboxError> {
        let (seq, place) = self.leases.find(id).ok_or_else(|| OutboxError::Unknown(id.clone()))?;
        self.leases.release(seq);
        self.leases.suspect(seq);
        self.failed(seq, place, detail);
        Ok(())
    }

    /// Counts a failure that was the message's own, and gives it up when there were too many.
    fn failed(&mut self, seq: i64, place: Place, detail: &str) {
        let counted = match self.store_mut(place) {
            Some(store) => store.transact(BufferLevel::Process, |store| store.count_attempt(seq)),
            None => return,
        };
        let attempts = match counted {
            Ok(attempts) => attempts,
            // Not worth losing anything for: it will fail again.
            Err(fault) => {
                self.handle(&fault);
                return;
            }
        };
        if attempts < self.options.poison.max_attempts {
            return;
        }
        let done = match self.options.poison.policy {
            PoisonPolicy::DeadLetter => self.bury_seq(place, seq, DeathCause::Poison, detail),
            PoisonPolicy::Drop => self.discard_seq(place, seq),
            PoisonPolicy::Pause => {
                self.pause_at(place, seq);
                Ok(())
            }
        };
        if let Err(fault) = done {
            self.handle(&fault);
        }
    }

    fn pause_at(&mut self, place: Place, seq: i64) {
        if self.paused_at.replace(seq) == Some(seq) {
            return;
        }
        let row = self.store(place).and_then(|store| store.row(seq).ok().flatten()).and_then(Found::good);
        let at_ms = self.now().wall_ms;
        self.notices
            .give(at_ms, NoticeKind::Paused { id: row.map_or_else(String::new, |row| row.id.to_string()) });
    }

    /// Somebody decided that the message everything waits for shall be tried again.
    pub(crate) fn resume(&mut self) -> bool {
        let Some(seq) = self.paused_at.take() else { return false };
        self.leases.acquit(seq);
        for place in [Place::Disk, Place::Memory] {
            if let Some(store) = self.store_mut(place) {
                let forgotten = store.transact(BufferLevel::Process, |store| store.forget_attempts(seq));
                if let Err(fault) = forgotten {
                    self.handle(&fault);
                }
            }
        }
        true
    }
}
