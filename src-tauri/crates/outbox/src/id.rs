//! The name of a message: a UUIDv7 of ours or the sender's own. Never says anything about order.

use std::{fmt, str::FromStr};

use rusqlite::types::{ToSqlOutput, ValueRef};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use uuid::Uuid;

/// Longest id of a sender's own, bytes.
pub const MAX_ID_BYTES: usize = 64;

/// Namespace of ids derived from keys; any fixed value does.
const KEYS: Uuid = Uuid::from_u128(0x6c69_6e65_6b65_6570_6572_2d6f_7574_626f);

/// An id that cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a message id has 1 to {MAX_ID_BYTES} visible ASCII characters without spaces")]
pub struct InvalidId;

/// The name of a message, unique within its buffer. Comes back exactly as it was given.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct MessageId(Repr);

/// UUIDs in their usual spelling take 16 bytes in the file; everything else stays text.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Repr {
    Uuid(Uuid),
    Own(Box<str>),
}

impl MessageId {
    /// A new UUIDv7 (RFC 9562).
    pub fn generate() -> Self {
        Self(Repr::Uuid(Uuid::now_v7()))
    }

    /// The id of the message at `index` of a batch with this key: the same key and index always give the same id,
    /// so that a repeated request names the same messages. UUIDv5 (RFC 9562); the key may have any length.
    pub fn from_key(key: &[u8], index: usize) -> Self {
        let batch = Uuid::new_v5(&KEYS, key);
        Self(Repr::Uuid(Uuid::new_v5(&batch, &(index as u64).to_be_bytes())))
    }

    /// The id in a column of type BLOB.
    pub(crate) fn from_uuid_bytes(bytes: [u8; 16]) -> Self {
        Self(Repr::Uuid(Uuid::from_bytes(bytes)))
    }

    /// What a checksum covers: a tag that tells the spellings apart, and the bytes.
    pub(crate) fn tagged(&self) -> (u8, &[u8]) {
        match &self.0 {
            Repr::Uuid(uuid) => (1, uuid.as_bytes()),
            Repr::Own(text) => (2, text.as_bytes()),
        }
    }

    /// As a value of a statement.
    pub(crate) fn column(&self) -> ToSqlOutput<'_> {
        ToSqlOutput::Borrowed(match &self.0 {
            Repr::Uuid(uuid) => ValueRef::Blob(uuid.as_bytes()),
            Repr::Own(text) => ValueRef::Text(text.as_bytes()),
        })
    }
}

impl FromStr for MessageId {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        if text.is_empty() || text.len() > MAX_ID_BYTES || !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(InvalidId);
        }
        if let Ok(uuid) = Uuid::try_parse(text)
            && uuid.hyphenated().encode_lower(&mut Uuid::encode_buffer()) == text
        {
            return Ok(Self(Repr::Uuid(uuid)));
        }
        Ok(Self(Repr::Own(text.into())))
    }
}

impl fmt::Display for MessageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Repr::Uuid(uuid) => uuid.hyphenated().fmt(f),
            Repr::Own(text) => f.write_str(text),
        }
    }
}

impl fmt::Debug for MessageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for MessageId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for MessageId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_comes_back_as_it_was_given() {
        for text in [
            "order-17",
            "0192e4a0-7e2c-7d11-8000-0123456789ab",
            "0192E4A0-7E2C-7D11-8000-0123456789AB",
            "0192e4a07e2c7d1180000123456789ab",
            "sixteen-bytes-id",
        ] {
            assert_eq!(text.parse::<MessageId>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn unusable_ids_are_refused() {
        for text in ["", "two words", "line\nbreak", "émile", &"x".repeat(65)] {
            assert_eq!(text.parse::<MessageId>(), Err(InvalidId), "{text:?}");
        }
    }

    #[test]
    fn a_key_names_the_same_messages_every_time() {
        assert_eq!(MessageId::from_key(b"key", 3), MessageId::from_key(b"key", 3));
        assert_ne!(MessageId::from_key(b"key", 3), MessageId::from_key(b"key", 4));
        assert_ne!(MessageId::from_key(b"key", 3), MessageId::from_key(b"yek", 3));
    }
}
