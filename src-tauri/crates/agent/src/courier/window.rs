//! What is under way: which messages, behind which fence, since when. Pure: time is an argument.
//!
//! The buffer knows what is in flight as well, to hand nothing out twice; this is what the buffer does not know, fences
//! and times.

use std::{
    collections::{BTreeMap, HashMap, HashSet, VecDeque},
    time::Duration,
};

use outbox::{LeaseLimit, MessageId, Queued};

/// Messages under way at once.
const MESSAGES: u64 = 64;
/// Their bytes; one message may always go.
const BYTES: u64 = 1 << 20;
/// So many may go before it is worth asking the buffer again: otherwise a full window would be refilled one by one.
const WORTH_IT: u64 = MESSAGES / 4;
/// Messages remembered after their session was lost, for late acknowledgements.
const MAX_STRANDED: usize = 1_024;

/// A message that has arrived.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Landed {
    pub(crate) id: MessageId,
    /// Its place in the order; 0 when that is not known any more.
    pub(crate) seq: u64,
}

/// The messages handed over with one fence behind them. Never used again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Batch(u64);

/// One message under way.
#[derive(Clone, Debug)]
struct Flight {
    seq: u64,
    bytes: u64,
    attempts: u32,
    /// Its number among all departures.
    departure: u64,
    departed_at: Duration,
}

/// A message that nobody acknowledged in time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Overdue {
    pub(super) id: MessageId,
    /// The peer acknowledges others: this message itself is to blame.
    pub(super) guilty: bool,
}

/// Everything under way on one session.
#[derive(Debug, Default)]
pub(super) struct Window {
    flying: HashMap<MessageId, Flight>,
    bytes: u64,
    fences: BTreeMap<Batch, Vec<MessageId>>,
    batches: u64,
    departures: u64,
    /// The newest departure that was acknowledged.
    newest_acked: u64,
    last_departure_at: Option<Duration>,
    stranded: VecDeque<Landed>,
    /// Arrivals to wait for until messages may travel together again.
    one_by_one: u64,
}

impl Window {
    pub(super) fn is_empty(&self) -> bool {
        self.flying.is_empty()
    }

    pub(super) fn len(&self) -> u64 {
        self.flying.len() as u64
    }

    /// Whether a fence is still to come.
    pub(super) fn awaits_fences(&self) -> bool {
        !self.fences.is_empty()
    }

    /// When something was last handed to the session.
    pub(super) fn last_departure_at(&self) -> Option<Duration> {
        self.last_departure_at
    }

    /// The only message under way.
    pub(super) fn only(&self) -> Option<&MessageId> {
        self.flying.keys().next().filter(|_| self.flying.len() == 1)
    }

    /// What to ask the buffer for when `allowance` messages may go; `None` when it is not worth asking.
    pub(super) fn room(&self, allowance: u64) -> Option<LeaseLimit> {
        let most = if self.one_by_one > 0 { 1 } else { MESSAGES };
        let free = most.saturating_sub(self.len());
        let worth_it = self.is_empty() || (free >= WORTH_IT && self.bytes <= BYTES - BYTES / 4);
        let going = free.min(allowance).min(MESSAGES / 2);
        (worth_it && going > 0).then(|| LeaseLimit { messages: self.len() + going, bytes: BYTES })
    }

    /// These are handed over, with a fence behind them.
    pub(super) fn depart(&mut self, messages: &[Queued], now: Duration) -> Batch {
        self.batches += 1;
        let batch = Batch(self.batches);
        for message in messages {
            self.departures += 1;
            let bytes = message.payload.as_bytes().len() as u64;
            let flight = Flight {
                seq: message.seq,
                bytes,
                attempts: message.attempts,
                departure: self.departures,
                departed_at: now,
            };
            self.bytes += bytes;
            if let Some(again) = self.flying.insert(message.id.clone(), flight) {
                self.bytes -= again.bytes;
            }
        }
        self.fences.insert(batch, messages.iter().map(|message| message.id.clone()).collect());
        self.last_departure_at = Some(now);
        batch
    }

    /// The batch was not sent after all.
    pub(super) fn recall(&mut self, batch: Batch) -> Vec<MessageId> {
        let ids = self.fences.remove(&batch).unwrap_or_default();
        for id in &ids {
            self.take(id);
        }
        ids
    }

    /// The fence of a batch proved that its messages arrived.
    pub(super) fn land(&mut self, batch: Batch) -> Vec<Landed> {
        let ids = self.fences.remove(&batch).unwrap_or_default();
        self.settle(ids)
    }

    /// The fence of a batch is over and says nothing about arrival.
    pub(super) fn fence_over(&mut self, batch: Batch) {
        self.fences.remove(&batch);
    }

    /// All whose fences are over: on a session that lasts, those were answered.
    pub(super) fn land_fenced(&mut self) -> Vec<Landed> {
        let pending: HashSet<&MessageId> = self.fences.values().flatten().collect();
        let mut fenced: Vec<_> = self
            .flying
            .iter()
            .filter(|(id, _)| !pending.contains(id))
            .map(|(id, one)| (one.seq, id.clone()))
            .collect();
        fenced.sort_unstable();
        self.settle(fenced.into_iter().map(|(_, id)| id).collect())
    }

    /// The peer's application named these. Those that are not under way (any more) come back second.
    pub(super) fn acknowledge(&mut self, ids: Vec<MessageId>) -> (Vec<Landed>, Vec<Landed>) {
        let (flying, late): (Vec<_>, Vec<_>) = ids.into_iter().partition(|id| self.flying.contains_key(id));
        let late = late.into_iter().map(|id| self.stranded_one(id)).collect();
        (self.settle(flying), late)
    }

    /// The oldest message that has waited for its acknowledgement for too long.
    pub(super) fn overdue(&self, now: Duration, patience: Duration) -> Option<Overdue> {
        let (id, flight) = self.oldest()?;
        (now.saturating_sub(flight.departed_at) >= patience).then(|| Overdue {
            id: id.clone(),
            guilty: flight.attempts > 0 || self.newest_acked > flight.departure,
        })
    }

    /// When the oldest message departed.
    pub(super) fn oldest_departed_at(&self) -> Option<Duration> {
        self.oldest().map(|(_, flight)| flight.departed_at)
    }

    /// The session is over, and so are all its fences: everything under way goes back to the head of the buffer.
    pub(super) fn strand(&mut self) {
        let mut left: Vec<_> =
            self.flying.drain().map(|(id, flight)| Landed { id, seq: flight.seq }).collect();
        left.sort_by_key(|landed| landed.seq);
        self.stranded.extend(left);
        let surplus = self.stranded.len().saturating_sub(MAX_STRANDED);
        self.stranded.drain(..surplus);
        self.fences.clear();
        self.bytes = 0;
    }

    /// One message goes back alone.
    pub(super) fn ground(&mut self, id: &MessageId) {
        if let Some(flight) = self.take(id) {
            self.stranded.push_back(Landed { id: id.clone(), seq: flight.seq });
        }
    }

    /// One of those under way ended the session, nobody knows which: they travel alone until all are through.
    pub(super) fn suspect_all(&mut self) {
        self.one_by_one = self.len();
    }

    fn settle(&mut self, ids: Vec<MessageId>) -> Vec<Landed> {
        let mut landed = Vec::with_capacity(ids.len());
        for id in ids {
            if let Some(flight) = self.take(&id) {
                self.newest_acked = self.newest_acked.max(flight.departure);
                landed.push(Landed { id, seq: flight.seq });
            }
        }
        self.one_by_one = self.one_by_one.saturating_sub(landed.len() as u64);
        landed
    }

    fn take(&mut self, id: &MessageId) -> Option<Flight> {
        let flight = self.flying.remove(id)?;
        self.bytes -= flight.bytes;
        Some(flight)
    }

    fn oldest(&self) -> Option<(&MessageId, &Flight)> {
        self.flying.iter().min_by_key(|(_, flight)| flight.departure)
    }

    fn stranded_one(&mut self, id: MessageId) -> Landed {
        let at = self.stranded.iter().position(|landed| landed.id == id);
        at.and_then(|at| self.stranded.remove(at)).unwrap_or(Landed { id, seq: 0 })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use outbox::{Payload, Priority};
    use proptest::prelude::*;

    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn message(seq: u64, bytes: usize) -> Queued {
        Queued {
            id: id(seq),
            seq,
            payload: Payload::Binary(vec![0; bytes].into()),
            headers: None,
            priority: Priority::NORMAL,
            attempts: 0,
            redelivered: false,
            enqueued_ms: 0,
        }
    }

    fn id(seq: u64) -> MessageId {
        format!("m-{seq}").parse().unwrap()
    }

    fn seqs(landed: &[Landed]) -> Vec<u64> {
        landed.iter().map(|landed| landed.seq).collect()
    }

    #[test]
    fn a_fence_lands_its_own_batch_and_an_acknowledgement_its_own_message() {
        let mut window = Window::default();
        let first = window.depart(&[message(1, 10), message(2, 10)], SECOND);
        let second = window.depart(&[message(3, 10)], SECOND);
        let (landed, late) = window.acknowledge(vec![id(2), id(9)]);
        assert_eq!((seqs(&landed), late), (vec![2], vec![Landed { id: id(9), seq: 0 }]));
        assert_eq!(seqs(&window.land(second)), [3]);
        assert_eq!(seqs(&window.land(first)), [1]);
        assert_eq!(window.land(first), []);
        assert!(window.is_empty() && !window.awaits_fences());
    }

    #[test]
    fn a_message_stranded_with_its_session_keeps_its_place_for_a_late_word() {
        let mut window = Window::default();
        let batch = window.depart(&[message(4, 1), message(5, 1)], SECOND);
        window.strand();
        assert!(window.is_empty() && window.land(batch).is_empty());
        let (landed, late) = window.acknowledge(vec![id(5)]);
        assert_eq!((landed, late), (vec![], vec![Landed { id: id(5), seq: 5 }]));
    }

    #[test]
    fn who_does_not_acknowledge_is_guilty_only_when_others_sent_later_are() {
        let mut window = Window::default();
        window.depart(&[message(1, 1), message(2, 1)], SECOND);
        let patience = SECOND * 30;
        assert_eq!(window.overdue(SECOND * 30, patience), None);
        let due = |guilty| Some(Overdue { id: id(1), guilty });
        assert_eq!(window.overdue(SECOND * 31, patience), due(false));
        window.acknowledge(vec![id(2)]);
        assert_eq!(window.overdue(SECOND * 31, patience), due(true));
        // It failed before: it travels alone, and nobody behind it can speak against it.
        let mut alone = Window::default();
        alone.depart(&[Queued { attempts: 1, ..message(1, 1) }], SECOND);
        assert_eq!(alone.overdue(SECOND * 31, patience), due(true));
    }

    #[test]
    fn messages_travel_one_by_one_until_all_that_were_suspected_are_through() {
        let mut window = Window::default();
        window.depart(&[message(1, 1), message(2, 1), message(3, 1)], SECOND);
        window.suspect_all();
        window.strand();
        for seq in 1..=3 {
            assert_eq!(window.room(64).map(|limit| limit.messages), Some(1));
            let batch = window.depart(&[message(seq, 1)], SECOND);
            assert_eq!(window.room(64), None);
            window.land(batch);
        }
        assert_eq!(window.room(64).map(|limit| limit.messages), Some(32));
    }

    #[test]
    fn when_nobody_waits_for_acknowledgements_any_more_answered_fences_are_enough() {
        let mut window = Window::default();
        let first = window.depart(&[message(1, 1), message(2, 1)], SECOND);
        window.depart(&[message(3, 1)], SECOND);
        window.fence_over(first);
        assert_eq!(seqs(&window.land_fenced()), [1, 2]);
        assert_eq!(window.only(), Some(&id(3)));
    }

    #[derive(Clone, Debug)]
    enum Step {
        Depart { allowance: u64, bytes: usize },
        Land(prop::sample::Index),
        Acknowledge(Vec<u64>),
        Recall(prop::sample::Index),
        Strand,
        Ground(u64),
    }

    fn step() -> impl Strategy<Value = Step> {
        prop_oneof![
            4 => (0_u64..100, 0_usize..300_000).prop_map(|(allowance, bytes)| Step::Depart { allowance, bytes }),
            4 => any::<prop::sample::Index>().prop_map(Step::Land),
            2 => proptest::collection::vec(0_u64..300, 0..8).prop_map(Step::Acknowledge),
            1 => any::<prop::sample::Index>().prop_map(Step::Recall),
            1 => Just(Step::Strand),
            1 => (0_u64..300).prop_map(Step::Ground),
        ]
    }

    proptest! {
        #[test]
        fn every_message_is_under_way_landed_once_or_back_and_the_bounds_hold(
            steps in proptest::collection::vec(step(), 1..120),
        ) {
            let mut window = Window::default();
            // What waits in the buffer, in order; what is under way; what has landed.
            let (mut waiting, mut landed) = ((1..400).collect::<BTreeSet<u64>>(), BTreeSet::new());
            let mut batches = Vec::new();
            for step in steps {
                match step {
                    Step::Depart { allowance, bytes } => {
                        let Some(limit) = window.room(allowance) else { continue };
                        prop_assert!(limit.messages <= MESSAGES && limit.messages - window.len() <= allowance);
                        let going = (limit.messages - window.len()) as usize;
                        let room = (BYTES.saturating_sub(window.bytes) as usize) / bytes.max(1);
                        let going = going.min(if window.is_empty() { room.max(1) } else { room });
                        let messages: Vec<_> =
                            waiting.iter().take(going).map(|seq| message(*seq, bytes)).collect();
                        waiting.retain(|seq| messages.iter().all(|message| message.seq != *seq));
                        batches.push(window.depart(&messages, SECOND));
                    }
                    Step::Land(index) if !batches.is_empty() => {
                        for one in window.land(batches.swap_remove(index.index(batches.len()))) {
                            prop_assert!(landed.insert(one.seq), "{one:?} landed twice");
                        }
                    }
                    Step::Acknowledge(seqs) => {
                        for one in window.acknowledge(seqs.into_iter().map(id).collect()).0 {
                            prop_assert!(landed.insert(one.seq), "{one:?} landed twice");
                        }
                    }
                    Step::Recall(index) if !batches.is_empty() => {
                        for back in window.recall(batches.swap_remove(index.index(batches.len()))) {
                            let seq = back.to_string()[2..].parse().unwrap();
                            if !landed.contains(&seq) {
                                waiting.insert(seq);
                            }
                        }
                    }
                    Step::Strand => {
                        waiting.extend(window.flying.values().map(|flight| flight.seq));
                        window.strand();
                    }
                    Step::Ground(seq) => {
                        if window.flying.contains_key(&id(seq)) {
                            waiting.insert(seq);
                        }
                        window.ground(&id(seq));
                    }
                    Step::Land(_) | Step::Recall(_) => {}
                }
                prop_assert!(window.len() <= MESSAGES);
                prop_assert_eq!(window.bytes, window.flying.values().map(|flight| flight.bytes).sum::<u64>());
                prop_assert!(window.bytes <= BYTES || window.len() == 1);
                prop_assert_eq!(waiting.len() + landed.len() + window.flying.len(), 399);
                prop_assert!(window.stranded.len() <= MAX_STRANDED + 1);
            }
        }
    }
}
