//! Messages on their way in, in the buffer, on their way out, and after they failed.

use std::time::Duration;

use bytes::Bytes;
use model::BufferLevel;
use serde::Serialize;

use crate::MessageId;

/// What is sent. The buffer never looks inside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Payload {
    /// A text message.
    Text(String),
    /// A binary message.
    Binary(Bytes),
}

impl Payload {
    /// Its bytes.
    pub fn as_bytes(&self) -> &[u8] {
        match self {
            Self::Text(text) => text.as_bytes(),
            Self::Binary(bytes) => bytes,
        }
    }
}

/// 0 goes first, 7 last. Within a priority order is strict.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Priority(u8);

impl Priority {
    /// Where everything stands that asks for nothing.
    pub const NORMAL: Self = Self(4);

    /// `None` above 7.
    pub const fn new(value: u8) -> Option<Self> {
        if value <= 7 { Some(Self(value)) } else { None }
    }

    /// 0 to 7.
    pub const fn get(self) -> u8 {
        self.0
    }
}

impl Default for Priority {
    fn default() -> Self {
        Self::NORMAL
    }
}

/// A message to be taken over.
#[derive(Clone, Debug)]
pub struct NewMessage {
    /// The sender's own id; `None` lets the buffer make one.
    pub id: Option<MessageId>,
    /// What is sent.
    pub payload: Payload,
    /// Opaque to the buffer; comes back with the message.
    pub headers: Option<Bytes>,
    /// Who goes first.
    pub priority: Priority,
    /// Given up at this age; the buffer's own limit holds as well.
    pub ttl: Option<Duration>,
    /// With [`OverflowPolicy::Coalesce`](crate::OverflowPolicy::Coalesce): a newer message with the same key takes
    /// the place of the one that waits.
    pub key: Option<Bytes>,
    /// What it must survive before it counts as accepted; `None`: what the buffer is set to.
    pub level: Option<BufferLevel>,
}

impl NewMessage {
    /// A message with nothing special about it.
    pub fn new(payload: Payload) -> Self {
        Self {
            id: None,
            payload,
            headers: None,
            priority: Priority::NORMAL,
            ttl: None,
            key: None,
            level: None,
        }
    }

    /// A text message.
    pub fn text(text: impl Into<String>) -> Self {
        Self::new(Payload::Text(text.into()))
    }

    /// A binary message.
    pub fn binary(bytes: impl Into<Bytes>) -> Self {
        Self::new(Payload::Binary(bytes.into()))
    }

    /// The same with this id.
    #[must_use]
    pub fn with_id(self, id: MessageId) -> Self {
        Self { id: Some(id), ..self }
    }

    /// What it counts for against the bounds.
    pub(crate) fn size(&self) -> u64 {
        (self.payload.as_bytes().len() + self.headers.as_ref().map_or(0, Bytes::len)) as u64
    }
}

/// What became of a message that was handed over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It waits, this safe. Lower than asked for only while the disk refuses and
    /// [`DiskRefusal::KeepInMemory`](crate::DiskRefusal::KeepInMemory) is set.
    Stored(BufferLevel),
    /// A message with this id waits already, or lies with the dead letters.
    Duplicate,
    /// A message with this id was delivered already.
    Delivered,
    /// The buffer is full and drops what is newest. Counted.
    Dropped,
}

/// The answer for one message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Accepted {
    /// Its id.
    pub id: MessageId,
    /// Its place in the order; that of the first one for duplicates, 0 for dropped messages.
    pub seq: u64,
    /// What became of it.
    pub fate: Fate,
}

impl Accepted {
    /// Whether the buffer knew the id already.
    pub fn duplicate(&self) -> bool {
        matches!(self.fate, Fate::Duplicate | Fate::Delivered)
    }
}

/// A message that waits or is in flight.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Queued {
    /// Its id.
    pub id: MessageId,
    /// Its place in the order.
    pub seq: u64,
    /// What is sent.
    pub payload: Payload,
    /// As handed over.
    pub headers: Option<Bytes>,
    /// Who goes first.
    pub priority: Priority,
    /// Failures that were this message's own.
    pub attempts: u32,
    /// It may have been sent before.
    pub redelivered: bool,
    /// When it was handed over, ms since 1970.
    pub enqueued_ms: i64,
}

/// Why a message lies with the dead letters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum DeathCause {
    /// It broke its connection, or was refused, as often as is allowed.
    Poison,
    /// The drainer gave it up.
    Refused,
    /// What is stored does not match its checksum.
    Corrupt,
}

impl DeathCause {
    pub(crate) const fn number(self) -> i64 {
        match self {
            Self::Poison => 1,
            Self::Refused => 2,
            Self::Corrupt => 3,
        }
    }

    pub(crate) const fn from_number(number: i64) -> Self {
        match number {
            1 => Self::Poison,
            2 => Self::Refused,
            _ => Self::Corrupt,
        }
    }
}

/// A message that will not be sent unless somebody asks for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeadLetter {
    /// Its id.
    pub id: MessageId,
    /// The place it had.
    pub seq: u64,
    /// What would have been sent. Not to be trusted when the cause is [`DeathCause::Corrupt`].
    pub payload: Payload,
    /// As handed over.
    pub headers: Option<Bytes>,
    /// Why.
    pub cause: DeathCause,
    /// In the words of whoever refused it.
    pub detail: String,
    /// Failures that were this message's own.
    pub attempts: u32,
    /// When it was handed over, ms since 1970.
    pub enqueued_ms: i64,
    /// When it was given up, ms since 1970.
    pub died_ms: i64,
}
