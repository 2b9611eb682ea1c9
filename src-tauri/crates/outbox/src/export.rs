//! Messages as lines of JSON, for exports that a person or a program reads.

use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use serde_json::{Value, json};

use crate::message::{DeadLetter, Payload, Queued};

impl Queued {
    /// As one line of JSON without its end.
    pub fn json_line(&self) -> String {
        let mut line = json!({
            "id": self.id,
            "seq": self.seq,
            "priority": self.priority,
            "attempts": self.attempts,
            "redelivered": self.redelivered,
            "enqueued_at": time(self.enqueued_ms),
        });
        add_content(&mut line, &self.payload, self.headers.as_ref());
        line.to_string()
    }
}

impl DeadLetter {
    /// As one line of JSON without its end.
    pub fn json_line(&self) -> String {
        let mut line = json!({
            "id": self.id,
            "seq": self.seq,
            "cause": self.cause,
            "detail": self.detail,
            "attempts": self.attempts,
            "enqueued_at": time(self.enqueued_ms),
            "died_at": time(self.died_ms),
        });
        add_content(&mut line, &self.payload, self.headers.as_ref());
        line.to_string()
    }
}

/// Text as text, bytes as Base64.
fn add_content(line: &mut Value, payload: &Payload, headers: Option<&Bytes>) {
    let (format, data) = match payload {
        Payload::Text(text) => ("text", text.clone()),
        Payload::Binary(bytes) => ("binary", STANDARD.encode(bytes)),
    };
    line["format"] = format.into();
    line["data"] = data.into();
    if let Some(headers) = headers {
        line["headers"] = STANDARD.encode(headers).into();
    }
}

fn time(at_ms: i64) -> String {
    jiff::Timestamp::from_millisecond(at_ms).map_or_else(|_| at_ms.to_string(), |at| at.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{MessageId, message::Priority};

    #[test]
    fn a_line_says_everything_and_breaks_nowhere() {
        let queued = Queued {
            id: "a-1".parse::<MessageId>().unwrap(),
            seq: 7,
            payload: Payload::Text("two\nlines".into()),
            headers: Some(Bytes::from_static(b"h")),
            priority: Priority::NORMAL,
            attempts: 1,
            redelivered: true,
            enqueued_ms: 1_790_000_000_000,
        };
        let line = queued.json_line();
        assert!(!line.contains('\n'));
        let value: Value = serde_json::from_str(&line).unwrap();
        assert_eq!(value["id"], "a-1");
        assert_eq!(value["data"], "two\nlines");
        assert_eq!(value["headers"], "aA==");
        assert!(value["enqueued_at"].as_str().unwrap().ends_with('Z'));
    }
}
