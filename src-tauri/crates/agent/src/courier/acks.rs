//! Acknowledgements of the peer's application: finds message ids in what it sends. Decides nothing about them.

use std::sync::Arc;

use link::Payload;
use outbox::MessageId;
use serde_json::Value;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, watch};

/// Findings that may wait for the courier, and ids in them: a message may bring many, and a peer more than it was ever
/// sent. What exceeds it counts as not acknowledged: it is sent again.
const QUEUE: usize = 4_096;
const MAX_WAITING: usize = 16_384;
/// Ids taken from one message of the peer.
const MAX_IDS: usize = 4_096;

/// Ids that were found in one message.
#[derive(Debug)]
pub(super) struct Finding {
    pub(super) ids: Vec<MessageId>,
    _room: OwnedSemaphorePermit,
}

/// Looks into received messages, in the link's own task, while acknowledgements are wanted.
#[derive(Clone, Debug)]
pub(crate) struct AckReader {
    /// Where the ids stand; `None` while nobody wants them.
    pointer: watch::Receiver<Option<Arc<str>>>,
    found: mpsc::Sender<Finding>,
    room: Arc<Semaphore>,
}

impl AckReader {
    /// Reads where `pointer` says; the findings come out of the other end.
    pub(super) fn new(pointer: watch::Receiver<Option<Arc<str>>>) -> (Self, mpsc::Receiver<Finding>) {
        let (found, findings) = mpsc::channel(QUEUE);
        (Self { pointer, found, room: Arc::new(Semaphore::new(MAX_WAITING)) }, findings)
    }

    /// Notes the ids in a received message. Never waits.
    pub(crate) fn read(&self, payload: &Payload) {
        let Some(pointer) = self.pointer.borrow().clone() else { return };
        let bytes = match payload {
            Payload::Text(text) => text.as_bytes(),
            Payload::Binary(bytes) => bytes,
        };
        let ids = ids_at(&pointer, bytes);
        if !ids.is_empty() && !self.note(ids) {
            tracing::debug!("acknowledgements come faster than they can be noted");
        }
    }

    fn note(&self, ids: Vec<MessageId>) -> bool {
        // At most `MAX_IDS`.
        let room = Arc::clone(&self.room).try_acquire_many_owned(ids.len() as u32);
        room.is_ok_and(|room| self.found.try_send(Finding { ids, _room: room }).is_ok())
    }
}

/// The message ids at a JSON pointer (RFC 6901): a string, a whole number, or a list of them.
fn ids_at(pointer: &str, message: &[u8]) -> Vec<MessageId> {
    let Ok(message) = serde_json::from_slice::<Value>(message) else { return Vec::new() };
    match message.pointer(pointer) {
        Some(Value::Array(ids)) => ids.iter().take(MAX_IDS).filter_map(id).collect(),
        Some(one) => id(one).into_iter().collect(),
        None => Vec::new(),
    }
}

fn id(value: &Value) -> Option<MessageId> {
    match value {
        Value::String(text) => text.parse().ok(),
        Value::Number(number) if !number.is_f64() => number.to_string().parse().ok(),
        Value::Number(_) | Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn found(pointer: &str, message: &str) -> Vec<String> {
        ids_at(pointer, message.as_bytes()).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn an_id_a_number_and_a_list_are_found_where_the_pointer_says() {
        assert_eq!(found("/id", r#"{"id":"a-1","type":"ack"}"#), ["a-1"]);
        assert_eq!(found("/ack/ids", r#"{"ack":{"ids":["a",7,"b"]}}"#), ["a", "7", "b"]);
        assert_eq!(found("", r#""a-1""#), ["a-1"]);
        assert_eq!(found("/0/a~1b", r#"[{"a/b":42}]"#), ["42"]);
    }

    #[test]
    fn whatever_else_comes_acknowledges_nothing() {
        for message in
            ["", "ack a-1", "{}", r#"{"id":null}"#, r#"{"id":1.5}"#, r#"{"id":{"id":"a"}}"#, r#"{"id":""}"#]
        {
            assert_eq!(found("/id", message), Vec::<String>::new(), "{message}");
        }
        assert_eq!(found("/id", &format!(r#"{{"id":["{}","b",true]}}"#, "x".repeat(65))), ["b"]);
    }

    #[test]
    fn a_peer_that_acknowledges_more_than_there_is_fills_no_memory() {
        let (_pointer, wanted) = watch::channel(Some("/acks".into()));
        let (reader, mut findings) = AckReader::new(wanted);
        let ids: Vec<_> = (0..MAX_IDS).map(|number| format!("{number}-{}", "x".repeat(50))).collect();
        let message = Payload::Text(serde_json::json!({ "acks": ids }).to_string().into());
        for _ in 0..40 {
            reader.read(&message);
        }
        let mut waiting = 0;
        while let Ok(finding) = findings.try_recv() {
            waiting += finding.ids.len();
        }
        assert_eq!(waiting, MAX_WAITING);
        reader.read(&message);
        assert_eq!(findings.try_recv().unwrap().ids.len(), MAX_IDS, "what was read makes room");
    }

    proptest! {
        #[test]
        fn no_message_breaks_the_search(pointer in "(/[a-z~0-9]{0,3}){0,3}", message: Vec<u8>) {
            let _ = ids_at(&pointer, &message);
        }

        #[test]
        fn every_id_that_can_be_given_can_be_acknowledged(ids in proptest::collection::vec("[!-~]{1,64}", 0..20)) {
            let message = serde_json::json!({ "acks": ids }).to_string();
            prop_assert_eq!(found("/acks", &message), ids);
        }
    }
}
