//! Which messages of one connection are on their way: so that each is answered with `accepted` and then, once, with
//! `delivered`, in whatever order the two become known. Pure.

use std::collections::{BTreeMap, HashMap};

use model::EndpointId;
use outbox::MessageId;

/// Messages remembered; of older ones nobody is told that they were delivered.
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
    /// A message is about to be handed over.
    pub(super) fn offer(&mut self, endpoint: &EndpointId, id: &MessageId) {
        let key = (endpoint.clone(), id.clone());
        if self.open.contains_key(&key) {
            return;
        }
        if self.open.len() == MAX_OPEN
            && let Some((_, oldest)) = self.order.pop_first()
        {
            self.open.remove(&oldest);
        }
        self.written += 1;
        self.order.insert(self.written, key.clone());
        self.open.insert(key, Line { number: self.written, accepted: false, delivered: None });
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
        ledger.offer(&pulse(), &id("a"));
        assert_eq!(ledger.accept(&pulse(), &id("a")), None);
        assert!(ledger.deliver(&pulse(), &id("a"), 1));
        assert!(!ledger.deliver(&pulse(), &id("a"), 1));

        ledger.offer(&pulse(), &id("fast"));
        assert!(!ledger.deliver(&pulse(), &id("fast"), 2), "its acceptance comes first");
        assert_eq!(ledger.accept(&pulse(), &id("fast")), Some(2));
        assert!(!ledger.deliver(&pulse(), &id("fast"), 2));
    }

    #[test]
    fn messages_of_others_and_refused_ones_are_none_of_its_business() {
        let mut ledger = Ledger::default();
        ledger.offer(&pulse(), &id("a"));
        assert!(!ledger.deliver(&pulse(), &id("b"), 1));
        assert!(!ledger.deliver(&"other".parse().unwrap(), &id("a"), 1));
        ledger.forget(&pulse(), &id("a"));
        assert_eq!(ledger.accept(&pulse(), &id("a")), None);
        assert!(ledger.open.is_empty() && ledger.order.is_empty());
    }

    #[test]
    fn the_oldest_is_forgotten_beyond_the_bound() {
        let mut ledger = Ledger::default();
        for number in 0..=MAX_OPEN {
            ledger.offer(&pulse(), &id(&number.to_string()));
            ledger.accept(&pulse(), &id(&number.to_string()));
        }
        assert!(!ledger.deliver(&pulse(), &id("0"), 1));
        assert!(ledger.deliver(&pulse(), &id("1"), 2));
        assert_eq!(ledger.open.len(), ledger.order.len());
    }
}
