//! The frames of the hub, both ways: JSON objects with a `type`. Pure.

use std::borrow::Cow;

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use http::StatusCode;
use model::{EndpointId, ErrorBody, ErrorCode, MessageFormat, ReceivedMessage, StatusSnapshot};
use outbox::{MessageId, NewMessage};
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::value::RawValue;
use tokio_tungstenite::tungstenite::Utf8Bytes;

use crate::gateway::{
    content::{MAX_MESSAGE, check_json},
    refusal::Refusal,
};

/// What a program sends.
#[derive(Debug, JsonSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(in crate::gateway) enum ClientFrame {
    /// Hear the messages of these endpoints from now on; `*` stands for all.
    Subscribe {
        /// Ids of endpoints.
        endpoints: Vec<String>,
    },
    /// Hear them no more.
    Unsubscribe {
        /// Ids of endpoints, or `*`.
        endpoints: Vec<String>,
    },
    /// Send a message.
    Send {
        /// To whom.
        endpoint: EndpointId,
        /// The sender's own id, so that the frame can be repeated without harm.
        id: Option<String>,
        /// How `data` is read; without it a string is sent as text, and everything else as JSON.
        format: Option<MessageFormat>,
        /// The message.
        #[schemars(with = "serde_json::Value")]
        data: Box<RawValue>,
    },
    /// Answered with `pong`.
    Ping,
}

/// What the hub sends.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(in crate::gateway) enum ServerFrame {
    /// The first frame.
    ConnectionEstablished {
        /// As in `GET /v1/connections`.
        connection_id: String,
    },
    /// What the connection is subscribed to now.
    Subscribed {
        /// Ids of endpoints; `*` stands for all.
        endpoints: Vec<String>,
    },
    /// An endpoint sent something.
    Message(ReceivedMessage),
    /// A message was taken over and is as safe as its endpoint is configured to keep it.
    Accepted {
        /// For whom.
        endpoint: EndpointId,
        /// Its id.
        id: String,
        /// Its place in the order of its endpoint.
        seq: u64,
        /// Whether the id was known already.
        duplicate: bool,
    },
    /// A message of this connection reached its endpoint.
    Delivered {
        /// Whom.
        endpoint: EndpointId,
        /// Its id.
        id: String,
        /// Its place in the order of its endpoint.
        seq: u64,
    },
    /// The answer to `ping`.
    Pong,
    /// The whole state, after a change.
    Status(Box<StatusSnapshot>),
    /// So many events were lost: the connection read too slowly, or 10,000 of its messages were on their way and no
    /// more could be followed; of the oldest nothing more is told. Whether a message was delivered can be found out by
    /// sending it again under the same id.
    Missed {
        /// Events.
        count: u64,
    },
    /// A frame was not understood, or what it asked for is not possible.
    Error {
        /// Why.
        error: ErrorBody,
        /// The endpoint of the `send` that failed.
        #[serde(skip_serializing_if = "Option::is_none")]
        endpoint: Option<EndpointId>,
        /// The id of the `send` that failed, if it had one.
        #[serde(skip_serializing_if = "Option::is_none")]
        id: Option<String>,
    },
}

/// All fields there are: `data` stays text, which a tagged enum cannot do.
#[derive(Deserialize)]
struct Fields<'f> {
    #[serde(rename = "type", borrow)]
    kind: Cow<'f, str>,
    endpoints: Option<Vec<String>>,
    endpoint: Option<String>,
    id: Option<String>,
    format: Option<MessageFormat>,
    /// `null` is a message too.
    #[serde(borrow, default, deserialize_with = "present")]
    data: Option<&'f RawValue>,
}

fn present<'de: 'f, 'f, D: Deserializer<'de>>(deserializer: D) -> Result<Option<&'f RawValue>, D::Error> {
    <&'f RawValue>::deserialize(deserializer).map(Some)
}

/// A frame that cannot be obeyed.
#[derive(Debug)]
pub(super) struct Misread {
    refusal: Refusal,
    /// The id of a `send`.
    id: Option<String>,
}

impl ClientFrame {
    /// Reads a frame; members it does not know are passed over.
    pub(super) fn read(text: &str) -> Result<Self, Misread> {
        // A list would be read as the fields in their order.
        if !text.trim_ascii_start().starts_with('{') {
            return Err(Misread::new(Refusal::bad_request("Not a frame: a frame is a JSON object.")));
        }
        let fields: Fields<'_> = serde_json::from_str(text)
            .map_err(|error| Misread::new(Refusal::bad_request(format!("Not a frame: {error}."))))?;
        let missing = |what: &str| Refusal::bad_request(format!("`{}` needs `{what}`.", fields.kind));
        match &*fields.kind {
            "ping" => Ok(Self::Ping),
            "subscribe" | "unsubscribe" => {
                let endpoints = fields.endpoints.ok_or_else(|| Misread::new(missing("endpoints")))?;
                let subscribe = fields.kind == "subscribe";
                Ok(if subscribe { Self::Subscribe { endpoints } } else { Self::Unsubscribe { endpoints } })
            }
            "send" => {
                let refuse = |refusal| Misread { refusal, id: fields.id.clone() };
                let name = fields.endpoint.as_deref().ok_or_else(|| refuse(missing("endpoint")))?;
                let endpoint = crate::gateway::place::endpoint(name).map_err(refuse)?;
                let data = fields.data.ok_or_else(|| refuse(missing("data")))?.to_owned();
                Ok(Self::Send { endpoint, id: fields.id, format: fields.format, data })
            }
            other => {
                let other = dial::one_line(other, 40);
                let detail = format!("The type must be subscribe, unsubscribe, send or ping, not {other:?}.");
                Err(Misread::new(Refusal::bad_request(detail)))
            }
        }
    }
}

impl Misread {
    fn new(refusal: Refusal) -> Self {
        Self { refusal, id: None }
    }
}

impl From<Misread> for ServerFrame {
    fn from(misread: Misread) -> Self {
        Self::send_refusal(misread.refusal, None, misread.id)
    }
}

impl ServerFrame {
    /// As it goes out.
    pub(super) fn text(&self) -> Utf8Bytes {
        let text = serde_json::to_string(self).unwrap_or_else(|error| {
            // Every frame can be JSON, being made from JSON and plain fields; should one not be, its reader hears of it.
            tracing::error!(%error, "a hub frame could not be written");
            let (code, message) = (ErrorCode::Internal.as_str(), ErrorCode::Internal.plain());
            let error = serde_json::json!({ "code": code, "message": message, "detail": "" });
            serde_json::json!({ "type": "error", "error": error }).to_string()
        });
        text.into()
    }

    /// An error of no message in particular.
    pub(super) fn refusal(refusal: Refusal) -> Self {
        Self::send_refusal(refusal, None, None)
    }

    /// An error of a message that was to be sent.
    pub(super) fn send_refusal(refusal: Refusal, endpoint: Option<EndpointId>, id: Option<String>) -> Self {
        Self::Error { error: refusal.into_body(), endpoint, id }
    }
}

/// The message of a `send`, always with an id.
pub(super) fn message(
    id: Option<&str>,
    format: Option<MessageFormat>,
    data: &RawValue,
) -> Result<(MessageId, NewMessage), Refusal> {
    let id = match id {
        Some(id) => id.parse().map_err(|error: outbox::InvalidId| Refusal::bad_request(error.to_string()))?,
        None => MessageId::generate(),
    };
    let string = || serde_json::from_str::<String>(data.get());
    let no_string = |_| Refusal::bad_request("With this format `data` must be a string.");
    let message = match format {
        Some(MessageFormat::Text) => NewMessage::text(string().map_err(no_string)?),
        Some(MessageFormat::Binary) => {
            let text = string().map_err(no_string)?;
            let bytes = BASE64
                .decode(text)
                .map_err(|error| Refusal::bad_request(format!("`data` is not Base64: {error}.")))?;
            NewMessage::binary(bytes)
        }
        None if data.get().starts_with('"') => NewMessage::text(string().map_err(no_string)?),
        Some(MessageFormat::Json) | None => {
            check_json(data.get())
                .map_err(|error| Refusal::bad_request(format!("Not valid JSON: {error}.")))?;
            NewMessage::text(data.get())
        }
    };
    let bytes = message.payload.as_bytes().len();
    if bytes > MAX_MESSAGE {
        let detail = format!("The message has {bytes} bytes; at most {MAX_MESSAGE} are allowed.");
        return Err(Refusal::new(StatusCode::PAYLOAD_TOO_LARGE, ErrorCode::MessageTooBig, detail));
    }
    Ok((id.clone(), message.with_id(id)))
}

#[cfg(test)]
mod tests {
    use outbox::Payload;
    use proptest::prelude::*;

    use super::*;

    fn payload(frame: &str) -> Result<Payload, ErrorCode> {
        let frame = ClientFrame::read(frame).map_err(|misread| misread.refusal.code())?;
        let ClientFrame::Send { id, format, data, .. } = frame else { panic!("{frame:?}") };
        message(id.as_deref(), format, &data)
            .map(|(_, message)| message.payload)
            .map_err(|refusal| refusal.code())
    }

    #[test]
    fn strings_are_sent_as_text_and_json_exactly_as_written() {
        let send = |rest: &str| payload(&format!(r#"{{"type":"send","endpoint":"pulse",{rest}}}"#));
        let text = |text: &str| Ok(Payload::Text(text.to_owned()));
        assert_eq!(send(r#""data":"a\nb""#), text("a\nb"));
        assert_eq!(send(r#""data":{"b" : 1.0e3,"a":[]}"#), text(r#"{"b" : 1.0e3,"a":[]}"#));
        assert_eq!(send(r#""data":null"#), text("null"));
        assert_eq!(send(r#""data":"a","format":"json""#), text("\"a\""));
        assert_eq!(send(r#""data":"AJ8=","format":"binary""#), Ok(Payload::Binary(vec![0, 159].into())));
        for bad in [
            r#""data":1,"format":"text""#,
            r#""data":"?","format":"binary""#,
            r#""data":"a","format":"xml""#,
            r#""data":"a","id":"two words""#,
            r#""id":"a""#,
        ] {
            assert_eq!(send(bad), Err(ErrorCode::BadRequest), "{bad}");
        }
    }

    #[test]
    fn what_is_no_frame_is_told_so() {
        for bad in [
            "",
            "[]",
            r#"["ping"]"#,
            "{}",
            r#"{"type":"explode"}"#,
            r#"{"type":"subscribe"}"#,
            r#"{"type":7}"#,
        ] {
            assert!(ClientFrame::read(bad).is_err(), "{bad}");
        }
        assert!(matches!(ClientFrame::read(r#"{"type":"ping","later":1}"#), Ok(ClientFrame::Ping)));
        assert_eq!(
            payload(r#"{"type":"send","endpoint":"No Body","data":1}"#),
            Err(ErrorCode::UnknownEndpoint)
        );
    }

    #[test]
    fn a_message_of_exactly_one_mebibyte_is_the_largest() {
        let send = |size: usize| {
            payload(&format!(r#"{{"type":"send","endpoint":"pulse","data":"{}"}}"#, "x".repeat(size)))
        };
        assert!(send(MAX_MESSAGE).is_ok());
        assert_eq!(send(MAX_MESSAGE + 1), Err(ErrorCode::MessageTooBig));
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in ".{0,200}", rest in "[\\PC\"{}:,\\[\\]]{0,80}") {
            let _ = ClientFrame::read(&text);
            let _ = ClientFrame::read(&format!(r#"{{"type":"send","endpoint":"pulse","data":{rest}}}"#));
        }
    }
}
