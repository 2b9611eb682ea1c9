//! Dead letters: kept as they were stored, with a reason.

use rusqlite::{OptionalExtension, params, types::ToSqlOutput};

use super::{
    Found, Row, Store,
    row::{COLUMNS, IdColumn},
};
use crate::{
    MessageId,
    error::Fault,
    message::{DeadLetter, DeathCause, Payload},
};

impl Store {
    /// Dead letters held.
    pub(crate) fn dead_count(&self) -> Result<u64, Fault> {
        let mut statement = self.db.prepare_cached("SELECT count(*) FROM dead")?;
        Ok(statement.query_row([], |row| row.get::<_, i64>(0))?.cast_unsigned())
    }

    /// The place a dead letter had.
    pub(crate) fn find_dead(&self, id: &MessageId) -> Result<Option<i64>, Fault> {
        let mut statement = self.db.prepare_cached("SELECT seq FROM dead WHERE id = ?1")?;
        Ok(statement.query_row(params![IdColumn(id)], |row| row.get(0)).optional()?)
    }

    /// Copies a waiting message to the dead letters, byte for byte; the oldest beyond `keep` go.
    pub(crate) fn bury_copy(
        &self,
        seq: i64,
        cause: DeathCause,
        detail: &str,
        died_ms: i64,
        keep: u64,
    ) -> Result<(), Fault> {
        self.db
            .prepare_cached(&format!(
                "INSERT OR REPLACE INTO dead SELECT {COLUMNS}, ?2, ?3, ?4 FROM outbox WHERE seq = ?1"
            ))?
            .execute(params![seq, cause.number(), detail, died_ms])?;
        self.db
            .prepare_cached(
                "DELETE FROM dead WHERE seq IN (SELECT seq FROM dead ORDER BY died_ms DESC, seq DESC LIMIT -1 OFFSET ?1)",
            )?
            .execute([keep.cast_signed()])?;
        Ok(())
    }

    /// The message of a dead letter, to be sent after all.
    pub(crate) fn dead_row(&self, id: &MessageId) -> Result<Option<Found>, Fault> {
        let mut statement = self.db.prepare_cached(&format!("SELECT {COLUMNS} FROM dead WHERE id = ?1"))?;
        let mut rows = statement.query(params![IdColumn(id)])?;
        rows.next()?.map(|row| Row::read(row, &self.setup.seal)).transpose()
    }

    /// Removes a dead letter; whether there was one.
    pub(crate) fn delete_dead(&self, id: &MessageId) -> Result<bool, Fault> {
        Ok(self.db.prepare_cached("DELETE FROM dead WHERE id = ?1")?.execute(params![IdColumn(id)])? > 0)
    }

    /// Removes all dead letters; how many there were.
    pub(crate) fn clear_dead(&self) -> Result<u64, Fault> {
        Ok(self.db.prepare_cached("DELETE FROM dead")?.execute([])? as u64)
    }

    /// Dead letters behind this place, in order.
    pub(crate) fn dead_letters(&self, after: i64, limit: u64) -> Result<Vec<DeadLetter>, Fault> {
        let mut statement = self.db.prepare_cached(&format!(
            "SELECT {COLUMNS}, cause, detail, died_ms FROM dead WHERE seq > ?1 ORDER BY seq LIMIT ?2"
        ))?;
        let mut rows = statement.query(params![after, limit.cast_signed()])?;
        let mut letters = Vec::new();
        while let Some(row) = rows.next()? {
            let cause = DeathCause::from_number(row.get(13)?);
            let (detail, died_ms) = (row.get(14)?, row.get(15)?);
            // A damaged one is shown as far as it can be read.
            let sound = matches!(Row::read(row, &self.setup.seal)?, Found::Good(_));
            let Some(stored) = Row::decode(row)? else {
                letters.push(unreadable(row.get(0)?, detail, died_ms));
                continue;
            };
            letters.push(DeadLetter {
                id: stored.id,
                seq: stored.seq.cast_unsigned(),
                payload: stored.payload,
                headers: stored.headers,
                cause: if sound { cause } else { DeathCause::Corrupt },
                detail,
                attempts: stored.attempts,
                enqueued_ms: stored.enqueued_ms,
                died_ms,
            });
        }
        Ok(letters)
    }

    /// Copies another store's dead letters, as far as they can be read.
    pub(crate) fn bury_from(&self, other: &Self) -> Result<(), Fault> {
        let mut statement = other.db.prepare("SELECT * FROM dead ORDER BY seq")?;
        let mut rows = statement.query([])?;
        let mut insert = self.db.prepare(
            "INSERT OR REPLACE INTO dead VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16)",
        )?;
        while let Some(row) = rows.next()? {
            for column in 0..16 {
                insert.raw_bind_parameter(column + 1, ToSqlOutput::Borrowed(row.get_ref(column)?))?;
            }
            insert.raw_execute()?;
        }
        Ok(())
    }
}

/// What can be said of a dead letter whose columns make no sense.
fn unreadable(seq: i64, detail: String, died_ms: i64) -> DeadLetter {
    DeadLetter {
        id: MessageId::from_key(b"unreadable", usize::try_from(seq).unwrap_or_default()),
        seq: seq.cast_unsigned(),
        payload: Payload::Binary(bytes::Bytes::new()),
        headers: None,
        cause: DeathCause::Corrupt,
        detail,
        attempts: 0,
        enqueued_ms: 0,
        died_ms,
    }
}
