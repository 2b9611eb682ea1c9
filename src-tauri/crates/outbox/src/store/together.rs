//! New messages in statements of many. A statement for each message costs more than writing the message does: a cursor
//! for every index, the entry of AUTOINCREMENT, a look into the cache of statements.

use rusqlite::types::{ToSqlOutput, ValueRef};

use super::{Row, Store, row::IdColumn};
use crate::{MessageId, error::Fault, message::Priority};

/// Messages of the large statement and of the small one; what is left goes one by one.
const SIZES: [usize; 2] = [64, 8];
/// Larger messages gain nothing, and SQLite copies what a statement is given.
const MAX_BODY: usize = 4_096;
/// Columns that are the same for all messages of a statement: when they came.
const SHARED: usize = 3;
/// Columns that differ from message to message.
const OWN: usize = 5;

/// Messages of the running transaction that are in the books and not in the file.
#[derive(Debug)]
pub(super) struct Unwritten {
    rows: Vec<Row>,
    statements: [(usize, String); SIZES.len()],
}

impl Default for Unwritten {
    fn default() -> Self {
        Self { rows: Vec::new(), statements: SIZES.map(|size| (size, statement(size))) }
    }
}

impl Unwritten {
    /// The place of such a message.
    pub(super) fn find(&self, id: &MessageId) -> Option<i64> {
        self.rows.iter().find(|row| row.id == *id).map(|row| row.seq)
    }

    pub(super) fn forget(&mut self) {
        self.rows.clear();
    }

    /// Whether it can share a statement with those that wait.
    fn takes(&self, row: &Row) -> bool {
        let shared = |row: &Row| (row.enqueued_ms, row.steady_ms, row.boot);
        row.priority == Priority::NORMAL
            && row.expires_ms.is_none()
            && row.key.is_none()
            && row.headers.is_none()
            && row.attempts == 0
            && row.payload.as_bytes().len() <= MAX_BODY
            && self.rows.last().is_none_or(|last| shared(last) == shared(row))
    }
}

impl Store {
    /// Adds a message whose id is not in here. It is in the books at once and written with others, by the commit at
    /// the latest; until then only [`Store::find`] and what changes the messages know of it.
    pub(crate) fn add(&mut self, row: Row) -> Result<(), Fault> {
        if !self.unwritten.takes(&row) {
            self.write_added()?;
        }
        if !self.unwritten.takes(&row) {
            return if self.insert(&row)? { Ok(()) } else { Err(Fault::Damaged("indexes")) };
        }
        self.tally.queued += 1;
        self.tally.queued_bytes += row.size();
        self.unwritten.rows.push(row);
        if self.unwritten.rows.len() >= SIZES[0] { self.write_added() } else { Ok(()) }
    }

    /// Writes what was added.
    pub(crate) fn write_added(&mut self) -> Result<(), Fault> {
        let mut rows = &self.unwritten.rows[..];
        for (size, sql) in &self.unwritten.statements {
            while rows.len() >= *size {
                let (now, later) = rows.split_at(*size);
                self.write_together(sql, now)?;
                rows = later;
            }
        }
        for row in rows {
            if !self.write_row(row)? {
                return Err(Fault::Damaged("indexes"));
            }
        }
        self.unwritten.forget();
        Ok(())
    }

    fn write_together(&self, sql: &str, rows: &[Row]) -> Result<(), Fault> {
        let Some(first) = rows.first() else { return Ok(()) };
        self.gap.set(rows.iter().fold(self.gap.get(), |gap, row| gap.without(row.seq)));
        let mut statement = self.db.prepare_cached(sql)?;
        for (column, value) in [first.enqueued_ms, first.steady_ms, first.boot].into_iter().enumerate() {
            statement.raw_bind_parameter(column + 1, value)?;
        }
        for (number, row) in rows.iter().enumerate() {
            let at = SHARED + number * OWN;
            statement.raw_bind_parameter(at + 1, row.seq)?;
            statement.raw_bind_parameter(at + 2, IdColumn(&row.id))?;
            statement.raw_bind_parameter(at + 3, row.kind())?;
            let body = ToSqlOutput::Borrowed(ValueRef::Blob(row.payload.as_bytes()));
            statement.raw_bind_parameter(at + 4, body)?;
            statement.raw_bind_parameter(at + 5, row.crc(&self.setup.seal))?;
        }
        // Nothing known stood in the way: fewer than all means that the indexes are not what they should be.
        if statement.raw_execute()? == rows.len() { Ok(()) } else { Err(Fault::Damaged("indexes")) }
    }
}

fn statement(messages: usize) -> String {
    let row = |number: usize| {
        let [seq, id, kind, body, crc] = std::array::from_fn(|own| SHARED + number * OWN + own + 1);
        format!("(?{seq}, ?{id}, 4, ?{kind}, ?1, NULL, ?2, ?3, NULL, 0, NULL, ?{body}, ?{crc})")
    };
    let rows: Vec<String> = (0..messages).map(row).collect();
    format!("INSERT INTO outbox VALUES {} ON CONFLICT DO NOTHING", rows.join(", "))
}
