//! Acknowledgements of the peer's application: finds message ids in what it sends. Decides nothing about them.

use std::sync::Arc;

use link::Payload;
use outbox::MessageId;
use serde_json::Value;
use tokio::sync::{mpsc, watch};

/// Findings that may wait for the courier. What exceeds it counts as not acknowledged: it is sent again.
pub(super) const QUEUE: usize = 4_096;
/// Ids taken from one message of the peer.
const MAX_IDS: usize = 4_096;

/// Looks into received messages, in the link's own task, while acknowledgements are wanted.
#[derive(Clone, Debug)]
pub(crate) struct AckReader {
    /// Where the ids stand; `None` while nobody wants them.
    pub(super) pointer: watch::Receiver<Option<Arc<str>>>,
    pub(super) found: mpsc::Sender<Vec<MessageId>>,
}

impl AckReader {
    /// Notes the ids in a received message. Never waits.
    pub(crate) fn read(&self, payload: &Payload) {
        let Some(pointer) = self.pointer.borrow().clone() else { return };
        let bytes = match payload {
            Payload::Text(text) => text.as_bytes(),
            Payload::Binary(bytes) => bytes,
        };
        let ids = ids_at(&pointer, bytes);
        if !ids.is_empty() && self.found.try_send(ids).is_err() {
            tracing::debug!("acknowledgements come faster than they can be noted");
        }
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
