//! Messages in: several senders' batches in one transaction, each batch whole or not at all.

use std::{collections::HashSet, time::Instant};

use model::BufferLevel;

use super::{
    Buffer, Place,
    footing::{Next, Stronger, ms},
    room::{Need, Room},
};
use crate::{
    MessageId,
    clock::Reading,
    error::{AppendError, Bound, Fault},
    message::{Accepted, Fate, NewMessage},
    options::{DiskRefusal, OverflowPolicy},
    stats::Footing,
    store::{Row, Store},
};

/// Tries, each after something was done about the fault before.
const TRIES: u32 = 3;

/// The answer to one batch.
pub(crate) type Answer = Result<Vec<Accepted>, AppendError>;

/// What a transaction adds, until it is committed.
#[derive(Debug)]
struct Draft {
    next_seq: i64,
    stored: u64,
    stranded: Vec<i64>,
    /// Ids of senders' own in this batch: one that comes twice must not use up a place.
    ids: HashSet<MessageId>,
    /// Dropped or replaced: what was known about them is void.
    gone: Vec<i64>,
    /// Old places that new messages have taken.
    reused: Vec<(Place, i64)>,
    now: Reading,
}

/// What becomes of one message.
#[derive(Clone, Copy, Debug)]
enum Plan {
    Known(i64, Fate),
    Store(Place, BufferLevel),
}

impl Buffer {
    /// Whether messages are written to the disk now.
    pub(super) fn writes_disk(&self) -> bool {
        self.footing == Footing::Disk && self.disk.is_some()
    }

    /// Takes messages over. What is answered with [`Fate::Stored`] is as safe as the answer says. Who gets no answer comes
    /// again, in the same order and before anybody else: room is being made, in steps.
    pub(crate) fn append(&mut self, batches: &[Vec<NewMessage>]) -> Vec<Option<Answer>> {
        let bytes = batches.iter().flatten().map(NewMessage::size).sum();
        self.watch.coming = bytes;
        if self.writes_disk() {
            self.look_for_room(bytes);
        }
        let all = |error: AppendError| batches.iter().map(|_| Some(Err(error.clone()))).collect();
        for _ in 0..TRIES {
            match self.try_append(batches) {
                Ok(answers) => return answers,
                Err(fault) => match self.handle(&fault) {
                    Next::Again | Next::DiskFull => {}
                    Next::FileFull => {
                        self.overflowed();
                        return all(AppendError::Full(Bound::File));
                    }
                    Next::GiveUp => break,
                },
            }
        }
        all(AppendError::Failed(self.watch.detail.clone()))
    }

    fn try_append(&mut self, batches: &[Vec<NewMessage>]) -> Result<Vec<Option<Answer>>, Fault> {
        let started = Instant::now();
        let wanted = |message: &NewMessage| message.level.unwrap_or(self.options.level);
        let mut levels: Vec<BufferLevel> = batches.iter().flatten().map(wanted).collect();
        if !self.pending.is_empty() {
            levels.push(self.settle_level());
        }
        let level = levels.iter().copied().fold(BufferLevel::Memory, Stronger::max_of);
        let disk = self.writes_disk() && level != BufferLevel::Memory;
        if self.memory.is_none() && (!self.writes_disk() || levels.contains(&BufferLevel::Memory)) {
            self.memory = Some(Store::memory(Self::setup(&self.options, Place::Memory))?);
        }
        let mut draft = Draft {
            next_seq: self.next_seq,
            stored: 0,
            stranded: Vec::new(),
            ids: HashSet::new(),
            gone: Vec::new(),
            reused: Vec::new(),
            now: self.now(),
        };
        let done = self.transact_both(disk, level, |buffer| {
            let mut answers = Vec::with_capacity(batches.len());
            let mut later = false;
            for batch in batches {
                let answer = if later { None } else { buffer.admit(batch, &mut draft)? };
                later = answer.is_none();
                answers.push(answer);
            }
            if disk {
                buffer.write_pending(Place::Disk)?;
            }
            Ok(answers)
        })?;
        if disk {
            self.written(Place::Disk);
            self.commit_us.record(u64::try_from(started.elapsed().as_micros()).unwrap_or(u64::MAX));
            self.batch_size.record(draft.stored);
        }
        self.next_seq = draft.next_seq;
        self.stranded.extend(draft.stranded);
        for seq in draft.gone {
            self.leases.settle(seq);
            self.stranded.remove(&seq);
        }
        for (place, seq) in draft.reused {
            self.leases.rewind(place, seq);
        }
        self.charge();
        Ok(done)
    }

    /// One transaction over both stores; the disk's commit decides.
    fn transact_both<T>(
        &mut self,
        disk: bool,
        level: BufferLevel,
        work: impl FnOnce(&mut Self) -> Result<T, Fault>,
    ) -> Result<T, Fault> {
        let done = self.begin_both(disk, level).and_then(|()| work(self)).and_then(|value| {
            if let Some(store) = self.disk.as_mut().filter(|_| disk) {
                store.commit()?;
            }
            if let Some(store) = &mut self.memory {
                store.commit()?;
            }
            Ok(value)
        });
        if done.is_err() {
            for store in [&mut self.disk, &mut self.memory].into_iter().flatten() {
                store.rollback();
            }
        }
        done
    }

    fn begin_both(&mut self, disk: bool, level: BufferLevel) -> Result<(), Fault> {
        if let Some(store) = self.disk.as_mut().filter(|_| disk) {
            store.begin(level)?;
        }
        if let Some(store) = &mut self.memory {
            store.begin(BufferLevel::Memory)?;
        }
        Ok(())
    }

    /// One batch within the running transactions; `None` while there is not yet room.
    fn admit(&mut self, batch: &[NewMessage], draft: &mut Draft) -> Result<Option<Answer>, Fault> {
        let max = self.options.bounds.max_message_bytes;
        if let Some(bytes) = batch.iter().map(NewMessage::size).find(|bytes| *bytes > max) {
            return Ok(Some(Err(AppendError::TooLarge { bytes, max })));
        }
        draft.ids.clear();
        let mut plans = Vec::with_capacity(batch.len());
        let mut need = Need::default();
        for message in batch {
            let plan = match self.known(message, draft.now)? {
                Some((seq, fate)) => Plan::Known(seq, fate),
                None => match self.place(message) {
                    Ok((place, level)) => {
                        if !self.replaces(message, place)? {
                            need.add(place, message.size());
                        }
                        Plan::Store(place, level)
                    }
                    Err(error) => return Ok(Some(Err(error))),
                },
            };
            plans.push(plan);
        }
        let drops_newest = self.options.overflow == OverflowPolicy::DropNewest;
        if !drops_newest {
            match self.make_room(&need, &mut draft.gone)? {
                Room::Enough => {}
                Room::Lacking(bound) => return Ok(Some(Err(AppendError::Full(bound)))),
                Room::Later => return Ok(None),
            }
        }
        let accepted = batch
            .iter()
            .zip(plans)
            .map(|(message, plan)| self.carry_out(message, plan, drops_newest, draft))
            .collect::<Result<Answer, Fault>>()?;
        Ok(Some(accepted))
    }

    /// Whether the buffer has met this id, and what it answers then.
    fn known(&self, message: &NewMessage, now: Reading) -> Result<Option<(i64, Fate)>, Fault> {
        // An id of our own making cannot be known.
        let Some(id) = &message.id else { return Ok(None) };
        let since = now.wall_ms.saturating_sub(ms(self.options.dedupe.age));
        for place in [Place::Disk, Place::Memory] {
            let Some(store) = self.store(place) else { continue };
            match (known_to(store, id, since), self.footing) {
                (Ok(Some((seq, _))), _) if self.pending.has(seq) => {
                    return Ok(Some((seq, Fate::Delivered)));
                }
                (Ok(Some(found)), _) => return Ok(Some(found)),
                // A disk that is given up for now is asked out of politeness.
                (Ok(None), _) | (Err(_), Footing::Memory) => {}
                (Err(fault), _) => return Err(fault),
            }
        }
        Ok(None)
    }

    /// Where a new message goes, and how safe it is there.
    fn place(&self, message: &NewMessage) -> Result<(Place, BufferLevel), AppendError> {
        let wanted = message.level.unwrap_or(self.options.level);
        if wanted == BufferLevel::Memory {
            return Ok((Place::Memory, wanted));
        }
        match self.footing {
            Footing::Disk => Ok((Place::Disk, wanted)),
            Footing::DrainOnly => Err(AppendError::DiskFull),
            Footing::Memory | Footing::Broken => match self.options.disk.refusal {
                DiskRefusal::KeepInMemory => Ok((Place::Memory, BufferLevel::Memory)),
                DiskRefusal::Refuse => Err(AppendError::DiskRefuses(self.watch.detail.clone())),
            },
        }
    }

    /// Whether a message takes the place of one that waits, and needs no other.
    fn replaces(&self, message: &NewMessage, place: Place) -> Result<bool, Fault> {
        match (self.coalesces(message), self.store(place)) {
            (Some(key), Some(store)) => Ok(store.find_key(key)?.is_some_and(|seq| self.is_free(seq))),
            _ => Ok(false),
        }
    }

    fn coalesces<'a>(&self, message: &'a NewMessage) -> Option<&'a [u8]> {
        (self.options.overflow == OverflowPolicy::Coalesce).then_some(message.key.as_deref()).flatten()
    }

    fn carry_out(
        &mut self,
        message: &NewMessage,
        plan: Plan,
        drops_newest: bool,
        draft: &mut Draft,
    ) -> Result<Result<Accepted, AppendError>, Fault> {
        let (place, level) = match plan {
            Plan::Known(seq, fate) => {
                self.count_duplicate();
                let id = message.id.clone().unwrap_or_else(MessageId::generate);
                return Ok(Ok(Accepted { id, seq: seq.cast_unsigned(), fate }));
            }
            Plan::Store(place, level) => (place, level),
        };
        let mut need = Need::default();
        need.add(place, message.size());
        if drops_newest && self.lacking(&need).is_some() {
            self.overflowed();
            let id = message.id.clone().unwrap_or_else(MessageId::generate);
            if let Some(store) = self.store_mut(place) {
                store.tally.accepted += 1;
                store.tally.dropped_newest += 1;
            }
            return Ok(Ok(Accepted { id, seq: 0, fate: Fate::Dropped }));
        }
        self.insert(message, place, level, draft).map(Ok)
    }

    fn insert(
        &mut self,
        message: &NewMessage,
        place: Place,
        level: BufferLevel,
        draft: &mut Draft,
    ) -> Result<Accepted, Fault> {
        if let Some(id) = message.id.as_ref().filter(|id| !draft.ids.insert((*id).clone())) {
            let found = self.store(place).map(|store| store.find(id)).transpose()?.flatten();
            self.count_duplicate();
            let seq = found.unwrap_or_default().cast_unsigned();
            return Ok(Accepted { id: id.clone(), seq, fate: Fate::Duplicate });
        }
        let key = self.coalesces(message).is_some().then(|| message.key.clone()).flatten();
        let mut row = Row {
            seq: draft.next_seq,
            id: message.id.clone().unwrap_or_else(MessageId::generate),
            priority: message.priority,
            payload: message.payload.clone(),
            enqueued_ms: draft.now.wall_ms,
            expires_ms: message.ttl.map(|ttl| draft.now.wall_ms.saturating_add(ms(ttl))),
            steady_ms: draft.now.steady_ms,
            boot: self.options.clock.boot(),
            key,
            attempts: 0,
            headers: message.headers.clone(),
        };
        let waits = match (self.store(place), &row.key) {
            (Some(store), Some(key)) => store.find_key(key)?,
            _ => None,
        };
        let free = waits.is_some_and(|seq| self.is_free(seq));
        let Some(store) = self.store_mut(place) else { return Err(Fault::Damaged("stores")) };
        if let Some(seq) = waits {
            if free && store.delete(seq)? {
                store.tally.coalesced += 1;
                row.seq = seq;
                draft.gone.push(seq);
                draft.reused.push((place, seq));
            } else {
                store.release_key(seq)?;
            }
        }
        let (id, seq) = (row.id.clone(), row.seq);
        store.add(row)?;
        store.tally.accepted += 1;
        draft.stored += 1;
        draft.next_seq = draft.next_seq.max(seq + 1);
        if place == Place::Memory && message.level.unwrap_or(self.options.level) != BufferLevel::Memory {
            draft.stranded.push(seq);
        }
        Ok(Accepted { id, seq: seq.cast_unsigned(), fate: Fate::Stored(level) })
    }

    fn count_duplicate(&mut self) {
        let stores = [&mut self.disk, &mut self.memory].into_iter().flatten();
        if let Some(store) = stores.into_iter().find(|store| store.in_transaction()) {
            store.tally.duplicates += 1;
        }
    }
}

fn known_to(store: &Store, id: &MessageId, since: i64) -> Result<Option<(i64, Fate)>, Fault> {
    if let Some(seq) = store.find(id)? {
        return Ok(Some((seq, Fate::Duplicate)));
    }
    if let Some(seq) = store.delivered_since(id, since)? {
        return Ok(Some((seq, Fate::Delivered)));
    }
    Ok(store.find_dead(id)?.map(|seq| (seq, Fate::Duplicate)))
}
