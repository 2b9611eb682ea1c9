//! A queued message as it goes out: as it is, or in an envelope. Pure.
//!
//! The envelope is `{"id","redelivered","data"}`. `data` is the payload itself where that is JSON, byte for byte;
//! otherwise a string. Of a binary payload it is a string in Base64, and `"encoding":"base64"` stands beside it.

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use outbox::{MessageId, Payload, Queued};
use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};

#[derive(Serialize)]
struct Envelope<'a> {
    id: &'a MessageId,
    redelivered: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    encoding: Option<&'static str>,
    data: &'a RawValue,
}

/// What goes out for this message.
pub(super) fn wrap(message: Queued, envelope: bool) -> link::Payload {
    if envelope && let Some(text) = enclose(&message) {
        return link::Payload::Text(text.into());
    }
    match message.payload {
        Payload::Text(text) => link::Payload::Text(text.into()),
        Payload::Binary(bytes) => link::Payload::Binary(bytes),
    }
}

/// `None` for what cannot be written as JSON; there is none.
fn enclose(message: &Queued) -> Option<String> {
    let own;
    let (encoding, data): (_, &RawValue) = match &message.payload {
        Payload::Text(text) => match json(text) {
            Some(data) => (None, data),
            None => {
                own = to_raw_value(text).ok()?;
                (None, &own)
            }
        },
        Payload::Binary(bytes) => {
            own = to_raw_value(&BASE64.encode(bytes)).ok()?;
            (Some("base64"), &own)
        }
    };
    serde_json::to_string(&Envelope { id: &message.id, redelivered: message.redelivered, encoding, data })
        .ok()
}

/// The text, if it is JSON.
fn json(text: &str) -> Option<&RawValue> {
    serde_json::from_str(text).ok()
}

#[cfg(test)]
mod tests {
    use outbox::Priority;
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;

    fn queued(payload: Payload, redelivered: bool) -> Queued {
        Queued {
            id: "a-1".parse().unwrap(),
            seq: 1,
            payload,
            headers: None,
            priority: Priority::NORMAL,
            attempts: 0,
            redelivered,
            enqueued_ms: 0,
        }
    }

    fn text(payload: link::Payload) -> String {
        match payload {
            link::Payload::Text(text) => text.to_string(),
            link::Payload::Binary(bytes) => panic!("{bytes:?}"),
        }
    }

    #[test]
    fn json_is_enclosed_as_it_stands_and_other_text_as_a_string() {
        let out = |payload: &str, again| text(wrap(queued(Payload::Text(payload.to_owned()), again), true));
        assert_eq!(
            out(r#"{"b": 1e400, "a": 0.10}"#, false),
            r#"{"id":"a-1","redelivered":false,"data":{"b": 1e400, "a": 0.10}}"#
        );
        assert_eq!(out("[1", true), r#"{"id":"a-1","redelivered":true,"data":"[1"}"#);
        assert_eq!(out("", false), r#"{"id":"a-1","redelivered":false,"data":""}"#);
        assert_eq!(out("1 2", false), r#"{"id":"a-1","redelivered":false,"data":"1 2"}"#);
    }

    #[test]
    fn binary_is_marked_and_goes_out_as_text() {
        let out = wrap(queued(Payload::Binary(vec![0, 255].into()), false), true);
        assert_eq!(text(out), r#"{"id":"a-1","redelivered":false,"encoding":"base64","data":"AP8="}"#);
    }

    #[test]
    fn without_an_envelope_nothing_is_changed() {
        assert_eq!(text(wrap(queued(Payload::Text(" {} ".to_owned()), true), false)), " {} ");
        let out = wrap(queued(Payload::Binary(vec![1].into()), false), false);
        assert_eq!(out, link::Payload::Binary(vec![1].into()));
    }

    proptest! {
        #[test]
        fn an_envelope_is_json_whatever_the_text_is(payload in "\\PC{0,40}|[\\[\\]{}\",:0-9a-df-tv-z \\\\]{0,20}") {
            let out = text(wrap(queued(Payload::Text(payload.clone()), true), true));
            let read: Value = serde_json::from_str(&out).unwrap();
            let expected = serde_json::from_str(&payload).unwrap_or_else(|_| json!(payload));
            prop_assert_eq!(&read["data"], &expected);
            prop_assert_eq!(&read["id"], "a-1");
        }
    }
}
