//! The envelope every message travels in, and the error message. Shapes only; who sends what is decided elsewhere.

use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;
use tokio_tungstenite::tungstenite::Utf8Bytes;

/// `{"type","timestamp","simulated":true,"data":{}}`.
#[derive(Debug, Serialize)]
pub(crate) struct Envelope<T> {
    #[serde(rename = "type")]
    kind: &'static str,
    timestamp: Timestamp,
    simulated: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<Value>,
    data: T,
}

impl<T: Serialize> Envelope<T> {
    pub(crate) fn new(kind: &'static str, timestamp: Timestamp, data: T) -> Self {
        Self { kind, timestamp, simulated: true, id: None, data }
    }

    /// The answer to a message that carried this id.
    pub(crate) fn answering(mut self, id: Option<Value>) -> Self {
        self.id = id;
        self
    }
}

/// The same for a message that carries its fields at the top level.
#[derive(Debug, Serialize)]
pub(crate) struct FlatEnvelope<T> {
    #[serde(rename = "type")]
    kind: &'static str,
    timestamp: Timestamp,
    simulated: bool,
    #[serde(flatten)]
    fields: T,
}

impl<T: Serialize> FlatEnvelope<T> {
    pub(crate) fn new(kind: &'static str, timestamp: Timestamp, fields: T) -> Self {
        Self { kind, timestamp, simulated: true, fields }
    }
}

/// Who is to blame, for programs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum ErrorKind {
    InternalError,
    ConnectionError,
    AuthError,
    BadRequest,
}

/// The body of an error message.
#[derive(Debug, Serialize)]
pub(crate) struct Refusal {
    code: ErrorKind,
    message: String,
    details: Value,
}

impl Refusal {
    pub(crate) fn new(code: ErrorKind, message: impl Into<String>, details: Value) -> Self {
        Self { code, message: message.into(), details }
    }

    pub(crate) fn bad_request(message: impl Into<String>, details: Value) -> Self {
        Self::new(ErrorKind::BadRequest, message, details)
    }

    #[cfg(test)]
    pub(crate) fn message(&self) -> &str {
        &self.message
    }

    /// The whole error message, for a WebSocket or as the body of an HTTP answer.
    pub(crate) fn into_message(self, timestamp: Timestamp) -> ErrorMessage {
        ErrorMessage { kind: "error", timestamp, simulated: true, error: self }
    }
}

/// `{"type":"error","timestamp","simulated":true,"error":{"code","message","details"}}`.
#[derive(Debug, Serialize)]
pub(crate) struct ErrorMessage {
    #[serde(rename = "type")]
    kind: &'static str,
    timestamp: Timestamp,
    simulated: bool,
    error: Refusal,
}

/// The message as it goes on the wire; clones share the bytes.
pub(crate) fn text(message: &impl Serialize) -> Utf8Bytes {
    serde_json::to_string(message).expect("messages are plain data and always serialize").into()
}

/// The time of day in the milliseconds that messages carry.
pub(crate) fn wall_clock() -> Timestamp {
    let now = Timestamp::now();
    Timestamp::from_millisecond(now.as_millisecond()).unwrap_or(now)
}
