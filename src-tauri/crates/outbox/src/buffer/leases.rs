//! What is in flight, and what is known about messages that were. In memory only: after a crash everything is
//! at the head again.

use std::collections::{BTreeMap, HashMap, HashSet};

use crate::MessageId;

/// Which of the two stores holds a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Place {
    Disk,
    Memory,
}

/// A message that was handed out.
#[derive(Clone, Debug)]
pub(crate) struct Held {
    pub(crate) id: MessageId,
    pub(crate) place: Place,
    pub(crate) priority: u8,
    pub(crate) bytes: u64,
    pub(crate) enqueued_ms: i64,
}

/// The window.
#[derive(Debug, Default)]
pub(crate) struct Leases {
    held: BTreeMap<i64, Held>,
    by_id: HashMap<MessageId, i64>,
    bytes: u64,
    /// Sent and released again; handing them out a second time is a repetition. At most one window.
    sent: HashSet<i64>,
    /// Sessions that died with this message the oldest in flight.
    blame: HashMap<i64, u32>,
    /// Under suspicion: travels alone.
    suspects: HashSet<i64>,
    /// Places in the normal class up to which everything is in flight or gone.
    cursors: [i64; 2],
}

impl Leases {
    pub(crate) fn hold(&mut self, seq: i64, held: Held) {
        if held.priority == 4 {
            let cursor = &mut self.cursors[held.place as usize];
            *cursor = (*cursor).max(seq);
        }
        self.bytes += held.bytes;
        self.by_id.insert(held.id.clone(), seq);
        self.held.insert(seq, held);
    }

    /// Where reading the normal class goes on.
    pub(crate) fn cursor(&self, place: Place) -> i64 {
        self.cursors[place as usize]
    }

    pub(crate) fn holds(&self, seq: i64) -> bool {
        self.held.contains_key(&seq)
    }

    pub(crate) fn len(&self) -> u64 {
        self.held.len() as u64
    }

    pub(crate) fn bytes(&self) -> u64 {
        self.bytes
    }

    pub(crate) fn find(&self, id: &MessageId) -> Option<(i64, Place)> {
        let seq = *self.by_id.get(id)?;
        self.held.get(&seq).map(|held| (seq, held.place))
    }

    /// It is settled: nothing about it matters any more.
    pub(crate) fn settle(&mut self, seq: i64) -> Option<Held> {
        self.sent.remove(&seq);
        self.blame.remove(&seq);
        self.suspects.remove(&seq);
        self.take(seq)
    }

    /// Back to the head, where it stood, after it was sent.
    pub(crate) fn release(&mut self, seq: i64) -> bool {
        let released = self.put_back(seq);
        if released {
            self.sent.insert(seq);
        }
        released
    }

    /// Back to the head, where it stood. It was not sent this time.
    pub(crate) fn put_back(&mut self, seq: i64) -> bool {
        let Some(held) = self.take(seq) else { return false };
        self.rewind(held.place, seq);
        true
    }

    /// Reading has to come by this place again.
    pub(crate) fn rewind(&mut self, place: Place, seq: i64) {
        let cursor = &mut self.cursors[place as usize];
        *cursor = (*cursor).min(seq - 1);
    }

    fn take(&mut self, seq: i64) -> Option<Held> {
        let held = self.held.remove(&seq)?;
        self.by_id.remove(&held.id);
        self.bytes -= held.bytes;
        Some(held)
    }

    /// What is in flight, in the order it was sent.
    pub(crate) fn in_order(&self) -> Vec<i64> {
        let mut order: Vec<(u8, i64)> = self.held.iter().map(|(seq, held)| (held.priority, *seq)).collect();
        order.sort_unstable();
        order.into_iter().map(|(_, seq)| seq).collect()
    }

    pub(crate) fn place(&self, seq: i64) -> Option<Place> {
        self.held.get(&seq).map(|held| held.place)
    }

    /// It was in memory and is on disk now.
    pub(crate) fn move_to_disk(&mut self, seq: i64) {
        if let Some(held) = self.held.get_mut(&seq) {
            held.place = Place::Disk;
        } else {
            self.rewind(Place::Disk, seq);
        }
    }

    pub(crate) fn was_sent(&self, seq: i64) -> bool {
        self.sent.contains(&seq)
    }

    pub(crate) fn suspect(&mut self, seq: i64) {
        self.suspects.insert(seq);
    }

    pub(crate) fn is_suspect(&self, seq: i64) -> bool {
        self.suspects.contains(&seq)
    }

    /// Counts a session that died with this message the oldest in flight.
    pub(crate) fn blame(&mut self, seq: i64) -> u32 {
        let count = self.blame.entry(seq).or_default();
        *count += 1;
        *count
    }

    /// Somebody decided that it shall have another chance.
    pub(crate) fn acquit(&mut self, seq: i64) {
        self.blame.remove(&seq);
        self.suspects.remove(&seq);
    }

    pub(crate) fn clear(&mut self) {
        *self = Self::default();
    }
}
