//! Request → messages: content types, batches and ids. Pure, but for ids made here.

use http::{HeaderMap, StatusCode, header};
use model::ErrorCode;
use outbox::{MessageId, NewMessage};
use serde::{Deserialize, de::IgnoredAny};

use super::refusal::Refusal;

/// Largest message, bytes.
pub(super) const MAX_MESSAGE: usize = 1 << 20;

/// Largest batch, bytes.
pub(super) const MAX_BATCH: usize = 8 << 20;

/// Most messages of a batch.
const MAX_MESSAGES: usize = 4_096;

/// Longest `Idempotency-Key`, bytes.
const MAX_KEY: usize = 255;

/// What a message is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Json,
    Text,
    Binary,
}

/// How a body is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Content {
    kind: Kind,
    /// Each line is a message.
    lines: bool,
}

/// What a batch is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum Batch {
    /// Each line that is not empty is a message. A line ends with LF or CRLF.
    Lines,
}

impl Content {
    pub(super) fn of(headers: &HeaderMap, batch: Option<Batch>) -> Result<Self, Refusal> {
        if headers.get(header::CONTENT_ENCODING).is_some_and(|encoding| encoding != "identity") {
            return Err(unsupported("Bodies are taken as they are, without Content-Encoding."));
        }
        let named = headers.get(header::CONTENT_TYPE).map(|named| named.to_str().unwrap_or_default());
        let (essence, rest) = named.map_or(("", ""), |named| named.split_once(';').unwrap_or((named, "")));
        let (kind, always_lines) = match essence.trim().to_ascii_lowercase().as_str() {
            "application/json" => (Kind::Json, false),
            "application/x-ndjson" => (Kind::Json, true),
            "text/plain" => (Kind::Text, false),
            "application/octet-stream" => (Kind::Binary, false),
            _ => {
                return Err(unsupported(
                    "The Content-Type must be application/json, text/plain, application/octet-stream or \
                     application/x-ndjson.",
                ));
            }
        };
        if kind != Kind::Binary && !is_utf8(rest) {
            return Err(unsupported("Text is taken as UTF-8 only."));
        }
        Ok(Self { kind, lines: always_lines || batch == Some(Batch::Lines) })
    }

    /// Largest body.
    pub(super) fn most_bytes(self) -> usize {
        if self.lines { MAX_BATCH } else { MAX_MESSAGE }
    }

    /// The messages of a body, with ids that are the same whenever the key is.
    pub(super) fn messages(self, body: Vec<u8>, key: Option<&Key>) -> Result<Vec<NewMessage>, Refusal> {
        if !self.lines {
            let message = self.kind.message(body).map_err(Refusal::bad_request)?;
            return Ok(vec![with_id(message, key.map(Key::id))]);
        }
        let mut messages = Vec::new();
        for (number, line) in body.split_inclusive(|byte| *byte == b'\n').enumerate() {
            // It ends with LF or CRLF and is otherwise left as it is; `linekeeper send` has the same rule.
            let ended = line.strip_suffix(b"\r\n").or_else(|| line.strip_suffix(b"\n"));
            let line = ended.unwrap_or(line);
            if line.is_empty() {
                continue;
            }
            let place = number + 1;
            if line.len() > MAX_MESSAGE {
                let detail =
                    format!("Line {place} has {} bytes; at most {MAX_MESSAGE} are allowed.", line.len());
                return Err(too_large(detail));
            }
            if messages.len() == MAX_MESSAGES {
                return Err(too_large(format!("A batch has at most {MAX_MESSAGES} messages.")));
            }
            let message = self
                .kind
                .message(line.to_vec())
                .map_err(|problem| Refusal::bad_request(format!("Line {place}: {problem}")))?;
            let id = key.map(|key| MessageId::from_key(key.0.as_bytes(), messages.len()));
            messages.push(with_id(message, id));
        }
        Ok(messages)
    }
}

impl Kind {
    /// The message, or what is wrong with it.
    fn message(self, bytes: Vec<u8>) -> Result<NewMessage, String> {
        if self == Self::Binary {
            return Ok(NewMessage::binary(bytes));
        }
        let text = String::from_utf8(bytes)
            .map_err(|error| format!("this is not valid UTF-8: {}.", error.utf8_error()))?;
        if self == Self::Json {
            check_json(&text).map_err(|error| format!("this is not valid JSON: {error}."))?;
        }
        Ok(NewMessage::text(text))
    }
}

/// A sender's own name for a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Key(String);

impl Key {
    /// The header `Idempotency-Key`, with or without the quotes of its draft standard.
    pub(super) fn of(headers: &HeaderMap) -> Result<Option<Self>, Refusal> {
        let mut values = headers.get_all("idempotency-key").iter();
        let Some(value) = values.next() else { return Ok(None) };
        let text = value.to_str().unwrap_or_default().trim();
        let quoted = text.strip_prefix('"').and_then(|text| text.strip_suffix('"'));
        let text = quoted.filter(|text| !text.is_empty()).unwrap_or(text);
        let usable =
            !text.is_empty() && text.len() <= MAX_KEY && text.bytes().all(|byte| byte.is_ascii_graphic());
        if !usable || values.next().is_some() {
            return Err(Refusal::bad_request(format!(
                "The header Idempotency-Key must stand once, with 1 to {MAX_KEY} visible ASCII characters without spaces."
            )));
        }
        Ok(Some(Self(text.to_owned())))
    }

    /// The id of a single message: the key itself, or what is derived from it where it is too long for an id.
    fn id(&self) -> MessageId {
        self.0.parse().unwrap_or_else(|_| MessageId::from_key(self.0.as_bytes(), 0))
    }
}

fn with_id(message: NewMessage, id: Option<MessageId>) -> NewMessage {
    match id {
        Some(id) => message.with_id(id),
        None => message,
    }
}

/// The text goes out unchanged; it is only looked through.
pub(super) fn check_json(text: &str) -> Result<(), serde_json::Error> {
    serde_json::from_str::<IgnoredAny>(text).map(|_| ())
}

/// Whether the parameters of a content type allow UTF-8; ASCII is a part of it.
fn is_utf8(parameters: &str) -> bool {
    parameters.split(';').all(|parameter| {
        let Some((name, value)) = parameter.split_once('=') else { return true };
        let value = value.trim().trim_matches('"');
        !name.trim().eq_ignore_ascii_case("charset")
            || value.eq_ignore_ascii_case("utf-8")
            || value.eq_ignore_ascii_case("us-ascii")
    })
}

fn too_large(detail: impl Into<String>) -> Refusal {
    Refusal::new(StatusCode::PAYLOAD_TOO_LARGE, ErrorCode::MessageTooBig, detail)
}

fn unsupported(detail: &str) -> Refusal {
    Refusal::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, ErrorCode::UnsupportedMediaType, detail)
}

#[cfg(test)]
mod tests {
    use http::{HeaderName, HeaderValue};
    use outbox::Payload;
    use proptest::prelude::*;

    use super::*;

    const fn content(kind: Kind, lines: bool) -> Content {
        Content { kind, lines }
    }

    const JSON: Content = content(Kind::Json, false);
    const TEXT: Content = content(Kind::Text, false);
    const BINARY: Content = content(Kind::Binary, false);
    const JSON_LINES: Content = content(Kind::Json, true);
    const TEXT_LINES: Content = content(Kind::Text, true);

    fn headers(list: &[(&str, &str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in list {
            let name = HeaderName::from_bytes(name.as_bytes()).unwrap();
            headers.append(name, HeaderValue::from_bytes(value.as_bytes()).unwrap());
        }
        headers
    }

    fn of(content_type: &str) -> Result<Content, ErrorCode> {
        Content::of(&headers(&[("content-type", content_type)]), None).map_err(|refusal| refusal.code())
    }

    fn texts(messages: &[NewMessage]) -> Vec<String> {
        let text = |message: &NewMessage| String::from_utf8(message.payload.as_bytes().to_vec()).unwrap();
        messages.iter().map(text).collect()
    }

    #[test]
    fn four_content_types_are_taken_whatever_their_case_and_parameters() {
        assert_eq!(of("application/json"), Ok(JSON));
        assert_eq!(of("Application/JSON; charset=UTF-8"), Ok(JSON));
        assert_eq!(of("text/plain;charset=\"utf-8\""), Ok(TEXT));
        assert_eq!(of("application/x-ndjson"), Ok(JSON_LINES));
        assert_eq!(of("application/octet-stream"), Ok(BINARY));
        for other in
            ["", "text/plain; charset=latin1", "application/x-www-form-urlencoded", "json", "text/html"]
        {
            assert_eq!(of(other), Err(ErrorCode::UnsupportedMediaType), "{other}");
        }
        let lines = |kind| Content::of(&headers(&[("content-type", kind)]), Some(Batch::Lines)).ok();
        assert_eq!((lines("text/plain"), lines("application/json")), (Some(TEXT_LINES), Some(JSON_LINES)));
        let packed = headers(&[("content-type", "text/plain"), ("content-encoding", "gzip")]);
        assert!(Content::of(&packed, None).is_err());
        assert!(Content::of(&HeaderMap::new(), None).is_err(), "no content type");
    }

    #[test]
    fn one_message_goes_out_as_it_came() {
        let body = " {\"a\" : 1.0e3}\n";
        let messages = JSON.messages(body.into(), None).unwrap();
        assert_eq!(messages[0].payload, Payload::Text(body.to_owned()));
        let deep = "[".repeat(100_000) + &"]".repeat(100_000);
        assert!(JSON.messages(deep.into_bytes(), None).is_ok(), "looked through without recursion");
        let bytes = BINARY.messages(vec![0, 159, 146, 150], None).unwrap();
        assert!(matches!(&bytes[0].payload, Payload::Binary(bytes) if bytes[..] == [0, 159, 146, 150]));
        assert_eq!(texts(&TEXT.messages("a\nb".into(), None).unwrap()), ["a\nb"]);
    }

    #[test]
    fn a_line_loses_its_end_and_nothing_else() {
        let lines = texts(&TEXT_LINES.messages("a\r\nb\r\r\n\r\n\r\r\n\nc\r".into(), None).unwrap());
        assert_eq!(lines, ["a", "b\r", "\r", "c\r"]);
    }

    #[test]
    fn what_is_not_json_or_not_utf8_is_refused_with_its_place() {
        let refuse =
            |content: Content, body: &[u8]| content.messages(body.to_vec(), None).unwrap_err().into_body();
        assert!(refuse(JSON, b"{").detail.contains("EOF"));
        assert!(refuse(JSON, b"").detail.contains("EOF"));
        assert!(refuse(TEXT, b"a\xff").detail.contains("UTF-8"));
        assert!(refuse(JSON_LINES, b"1\n\nx").detail.starts_with("Line 3: "));
        assert!(JSON_LINES.messages(b"\r\n\n".to_vec(), None).unwrap().is_empty(), "nothing is no mistake");
        let many = "1\n".repeat(MAX_MESSAGES + 1);
        assert_eq!(refuse(JSON_LINES, many.as_bytes()).code, ErrorCode::MessageTooBig);
        let wide = format!("1\n\"{}\"", "x".repeat(MAX_MESSAGE));
        assert_eq!(refuse(JSON_LINES, wide.as_bytes()).code, ErrorCode::MessageTooBig);
    }

    #[test]
    fn a_key_names_one_message_and_derives_the_ids_of_a_batch() {
        let key =
            |text: &str| Key::of(&headers(&[("idempotency-key", text)])).map_err(|refusal| refusal.code());
        let order = key("order-17").unwrap().unwrap();
        assert_eq!(key("\"order-17\"").unwrap().unwrap(), order);
        let one = TEXT.messages("a".into(), Some(&order)).unwrap();
        assert_eq!(one[0].id, Some("order-17".parse().unwrap()));
        let long = key(&"k".repeat(200)).unwrap().unwrap();
        let derived = TEXT.messages("a".into(), Some(&long)).unwrap();
        assert_eq!(derived[0].id, Some(MessageId::from_key("k".repeat(200).as_bytes(), 0)));
        let batch = JSON_LINES.messages("1\n\n2".into(), Some(&order)).unwrap();
        assert_eq!(batch[1].id, Some(MessageId::from_key(b"order-17", 1)));
        for bad in ["", "two words", "\"", &"k".repeat(256)] {
            assert!(key(bad).is_err() || bad == "\"", "{bad}");
        }
        let doubled = headers(&[("idempotency-key", "a"), ("idempotency-key", "b")]);
        assert!(Key::of(&doubled).is_err());
    }

    proptest! {
        #[test]
        fn lines_come_out_as_they_went_in(lines in proptest::collection::vec("[^\n]{0,4}\r{0,3}", 1..50)) {
            let body = lines.iter().map(|line| format!("{line}\r\n")).collect::<String>();
            let messages = TEXT_LINES.messages(body.into_bytes(), None).unwrap();
            let expected: Vec<String> = lines.into_iter().filter(|line| !line.is_empty()).collect();
            prop_assert_eq!(texts(&messages), expected);
        }

        #[test]
        fn no_body_makes_it_panic(body in proptest::collection::vec(any::<u8>(), 0..200)) {
            for content in [JSON, TEXT, JSON_LINES, TEXT_LINES] {
                let _ = content.messages(body.clone(), None);
            }
        }
    }
}
