//! One stored message: its columns, and the checksum that is verified at every read.

use bytes::Bytes;
use rusqlite::types::{Null, ToSql, ToSqlOutput, ValueRef};

use crate::{
    MessageId,
    error::Fault,
    message::{Payload, Priority, Queued},
};

/// Columns of `outbox` and the first ones of `dead`, in the order of [`Row::read`].
pub(super) const COLUMNS: &str =
    "seq, id, prio, kind, enq_ms, expires_ms, mono_ms, boot, dkey, attempts, headers, body, crc";

/// Begins every checksum with the endpoint's name.
#[derive(Clone, Debug)]
pub(crate) struct Seal(crc32fast::Hasher);

impl Seal {
    pub(crate) fn new(endpoint: &str) -> Self {
        let mut hasher = crc32fast::Hasher::new();
        hasher.update(endpoint.as_bytes());
        hasher.update(&[0]);
        Self(hasher)
    }
}

/// A stored message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Row {
    pub(crate) seq: i64,
    pub(crate) id: MessageId,
    pub(crate) priority: Priority,
    pub(crate) payload: Payload,
    pub(crate) enqueued_ms: i64,
    pub(crate) expires_ms: Option<i64>,
    pub(crate) steady_ms: i64,
    pub(crate) boot: i64,
    pub(crate) key: Option<Bytes>,
    pub(crate) attempts: u32,
    pub(crate) headers: Option<Bytes>,
}

/// What a read found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Found {
    Good(Box<Row>),
    /// Not what was written.
    Damaged {
        seq: i64,
        bytes: u64,
    },
}

impl Found {
    pub(crate) fn seq(&self) -> i64 {
        match self {
            Self::Good(row) => row.seq,
            Self::Damaged { seq, .. } => *seq,
        }
    }

    pub(crate) fn good(self) -> Option<Row> {
        match self {
            Self::Good(row) => Some(*row),
            Self::Damaged { .. } => None,
        }
    }
}

impl Row {
    /// What it counts for against the bounds.
    pub(crate) fn size(&self) -> u64 {
        (self.payload.as_bytes().len() + self.headers.as_ref().map_or(0, Bytes::len)) as u64
    }

    pub(super) const fn kind(&self) -> i64 {
        match self.payload {
            Payload::Text(_) => 0,
            Payload::Binary(_) => 1,
        }
    }

    /// The checksum. Part of the file format: a change is a new layout.
    pub(super) fn crc(&self, seal: &Seal) -> i64 {
        let mut hasher = seal.0.clone();
        let (tag, id) = self.id.tagged();
        // One buffer for all fixed parts; a call for each costs more than the sum itself.
        let mut head = [0_u8; 56];
        head[..8].copy_from_slice(&self.seq.to_le_bytes());
        head[8] = self.priority.get();
        head[9] = self.kind() as u8;
        head[10] = tag;
        head[11] = id.len() as u8;
        head[12] = u8::from(self.expires_ms.is_some());
        head[13] = u8::from(self.key.is_some());
        head[14] = u8::from(self.headers.is_some());
        head[16..24].copy_from_slice(&self.enqueued_ms.to_le_bytes());
        head[24..32].copy_from_slice(&self.expires_ms.unwrap_or_default().to_le_bytes());
        head[32..40].copy_from_slice(&self.steady_ms.to_le_bytes());
        head[40..48].copy_from_slice(&self.boot.to_le_bytes());
        let key = self.key.as_deref().unwrap_or_default();
        let headers = self.headers.as_deref().unwrap_or_default();
        head[48..52].copy_from_slice(&(key.len() as u32).to_le_bytes());
        head[52..56].copy_from_slice(&(headers.len() as u32).to_le_bytes());
        for part in [&head[..], id, key, headers, self.payload.as_bytes()] {
            hasher.update(part);
        }
        i64::from(hasher.finalize())
    }

    /// Reads the columns named by [`COLUMNS`].
    pub(super) fn read(row: &rusqlite::Row<'_>, seal: &Seal) -> Result<Found, Fault> {
        let seq: i64 = row.get(0)?;
        let bytes = |column: usize| -> Result<usize, Fault> {
            Ok(row.get_ref(column)?.as_blob_or_null().ok().flatten().map_or(0, <[u8]>::len))
        };
        let damaged = Found::Damaged { seq, bytes: (bytes(10)? + bytes(11)?) as u64 };
        let Some(found) = Self::decode(row)? else { return Ok(damaged) };
        let crc: i64 = row.get(12)?;
        Ok(if found.crc(seal) == crc { Found::Good(Box::new(found)) } else { damaged })
    }

    /// `None` when a column holds what no row of ours can hold.
    pub(super) fn decode(row: &rusqlite::Row<'_>) -> Result<Option<Self>, Fault> {
        let blob = |column: usize| -> Result<Option<Bytes>, Fault> {
            Ok(row.get_ref(column)?.as_blob_or_null().ok().flatten().map(Bytes::copy_from_slice))
        };
        let id = match row.get_ref(1)? {
            ValueRef::Blob(bytes) => bytes.try_into().ok().map(MessageId::from_uuid_bytes),
            ValueRef::Text(text) => str::from_utf8(text).ok().and_then(|text| text.parse().ok()),
            ValueRef::Null | ValueRef::Integer(_) | ValueRef::Real(_) => None,
        };
        let priority = u8::try_from(row.get::<_, i64>(2)?).ok().and_then(Priority::new);
        let body = row.get_ref(11)?.as_blob().unwrap_or_default();
        let payload = match row.get::<_, i64>(3)? {
            0 => str::from_utf8(body).ok().map(|text| Payload::Text(text.to_owned())),
            _ => Some(Payload::Binary(Bytes::copy_from_slice(body))),
        };
        let (Some(id), Some(priority), Some(payload)) = (id, priority, payload) else { return Ok(None) };
        Ok(Some(Self {
            seq: row.get(0)?,
            id,
            priority,
            payload,
            enqueued_ms: row.get(4)?,
            expires_ms: row.get(5)?,
            steady_ms: row.get(6)?,
            boot: row.get(7)?,
            key: blob(8)?,
            attempts: u32::try_from(row.get::<_, i64>(9)?).unwrap_or(u32::MAX),
            headers: blob(10)?,
        }))
    }

    /// As it is handed out.
    pub(crate) fn into_queued(self, redelivered: bool) -> Queued {
        Queued {
            id: self.id,
            seq: self.seq.cast_unsigned(),
            payload: self.payload,
            headers: self.headers,
            priority: self.priority,
            attempts: self.attempts,
            redelivered,
            enqueued_ms: self.enqueued_ms,
        }
    }
}

/// An id as a value of a statement.
#[derive(Clone, Copy, Debug)]
pub(super) struct IdColumn<'a>(pub(super) &'a MessageId);

impl ToSql for IdColumn<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(self.0.column())
    }
}

/// Bytes or NULL as a value of a statement.
pub(super) fn blob(bytes: Option<&Bytes>) -> ToSqlOutput<'_> {
    bytes.map_or_else(|| ToSqlOutput::from(Null), |bytes| ToSqlOutput::Borrowed(ValueRef::Blob(bytes)))
}
