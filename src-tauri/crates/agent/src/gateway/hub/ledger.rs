//! Which messages of one connection are on their way: so that each is answered with `accepted` and then, once, with
//! `delivered`, in whatever order the two become known. Pure.

use std::collections::{BTreeMap, HashMap};

use model::EndpointId;
use outbox::MessageId;

/// Messages remembered; of older ones it is told that nothing more will be told.
const MAX_OPEN: usize = 10_000;

type Key = (EndpointId, MessageId);

/// The messages a connection sent that are not delivered.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    open: HashMap<Key, Line>,
    order: BTreeMap<u64, Key>,
    written: u64,
}

#[derive(Debug)]
struct Line {
    number: u64,
    accepted: bool,
    /// Its place, when it was delivered before its acceptance was known.
    delivered: Option<u64>,
}

impl Ledger {
    /// A message is about to be handed over. Whether the oldest had to be forgotten for it: its delivery will not be
    /// told.
    #[must_use]
    pub(super) fn offer(&mut self, endpoint: &EndpointId, id: &MessageId) -> bool {
        let key = (endpoint.clone(), id.clone());
        if self.open.contains_key(&key) {
            return false;
        }
        let oldest = if self.open.len() == MAX_OPEN { self.order.pop_first() } else { None };
        if let Some((_, oldest)) = &oldest {
            self.open.remove(oldest);
        }
        self.written += 1;
        self.order.insert(self.written, key.clone());
        self.open.insert(key, Line { number: self.written, accepted: false, delivered: None });
        oldest.is_some()
    }

    /// It was taken over; the place it was delivered from, when that is known already.
    pub(super) fn accept(&mut self, endpoint: &EndpointId, id: &MessageId) -> Option<u64> {
        let key = (endpoint.clone(), id.clone());
        let line = self.open.get_mut(&key)?;
        line.accepted = true;
        let delivered = line.delivered;
        if delivered.is_some() {
            self.strike(&key);
        }
        delivered
    }

    /// It was not taken over, or nothing more will be heard of it.
    pub(super) fn forget(&mut self, endpoint: &EndpointId, id: &MessageId) {
        self.strike(&(endpoint.clone(), id.clone()));
    }

    /// It was delivered: whether that is to be told now.
    pub(super) fn deliver(&mut self, endpoint: &EndpointId, id: &MessageId, seq: u64) -> bool {
        if self.open.is_empty() {
            return false;
        }
        let key = (endpoint.clone(), id.clone());
        match self.open.get_mut(&key) {
            Some(line) if line.accepted => {
                self.strike(&key);
                true
            }
            Some(line) => {
                line.delivered = Some(seq);
                false
            }
            None => false,
        }
    }

    /// Whether there is a delivery to be told.
    pub(super) fn awaits(&self) -> bool {
        !self.open.is_empty()
    }

    /// Those that were offered and not answered, in order.
    pub(super) fn unanswered(&self) -> Vec<(EndpointId, MessageId)> {
        let open = self.order.values().filter(|key| self.open.get(key).is_some_and(|line| !line.accepted));
        open.cloned().collect()
    }

    fn strike(&mut self, key: &Key) {
        if let Some(line) = self.open.remove(key) {
            self.order.remove(&line.number);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pulse() -> EndpointId {
        "pulse".parse().unwrap()
    }

    fn id(text: &str) -> MessageId {
        text.parse().unwrap()
    }

    #[test]
    fn delivered_is_told_once_and_only_after_accepted() {
        let mut ledger = Ledger::default();
        assert!(!ledger.offer(&pulse(), &id("a")));
        assert_eq!(ledger.unanswered(), [(pulse(), id("a"))]);
        assert_eq!(ledger.accept(&pulse(), &id("a")), None);
        assert!(ledger.awaits() && ledger.unanswered().is_empty());
        assert!(ledger.deliver(&pulse(), &id("a"), 1));
        assert!(!ledger.deliver(&pulse(), &id("a"), 1));

        assert!(!ledger.offer(&pulse(), &id("fast")));
        assert!(!ledger.deliver(&pulse(), &id("fast"), 2), "its acceptance comes first");
        assert_eq!(ledger.accept(&pulse(), &id("fast")), Some(2));
        assert!(!ledger.deliver(&pulse(), &id("fast"), 2));
    }

    #[test]
    fn messages_of_others_and_refused_ones_are_none_of_its_business() {
        let mut ledger = Ledger::default();
        assert!(!ledger.offer(&pulse(), &id("a")));
        assert!(!ledger.deliver(&pulse(), &id("b"), 1));
        assert!(!ledger.deliver(&"other".parse().unwrap(), &id("a"), 1));
        ledger.forget(&pulse(), &id("a"));
        assert_eq!(ledger.accept(&pulse(), &id("a")), None);
        assert!(ledger.open.is_empty() && ledger.order.is_empty());
    }

    #[test]
    fn beyond_the_bound_the_oldest_is_forgotten_and_that_is_said() {
        let mut ledger = Ledger::default();
        for number in 0..=MAX_OPEN {
            let forgotten = ledger.offer(&pulse(), &id(&number.to_string()));
            assert_eq!(forgotten, number == MAX_OPEN);
            ledger.accept(&pulse(), &id(&number.to_string()));
        }
        assert!(!ledger.deliver(&pulse(), &id("0"), 1));
        assert!(ledger.deliver(&pulse(), &id("1"), 2));
        assert_eq!(ledger.open.len(), ledger.order.len());
    }
}
