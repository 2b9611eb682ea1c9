//! Ids that were delivered not long ago.

use rusqlite::{OptionalExtension, params, types::ToSqlOutput};

use super::{Store, row::IdColumn};
use crate::{MessageId, error::Fault};

impl Store {
    /// The place a delivered message had, if it was delivered after `since_ms`.
    pub(crate) fn delivered_since(&self, id: &MessageId, since_ms: i64) -> Result<Option<i64>, Fault> {
        if self.recent_n == 0 {
            return Ok(None);
        }
        let mut statement = self.db.prepare_cached("SELECT seq FROM recent WHERE id = ?1 AND at_ms >= ?2")?;
        Ok(statement.query_row(params![IdColumn(id), since_ms], |row| row.get(0)).optional()?)
    }

    /// Remembers a delivered id.
    pub(crate) fn remember(&mut self, id: &MessageId, seq: i64, at_ms: i64) -> Result<(), Fault> {
        if self.setup.recent_ids == 0 {
            return Ok(());
        }
        self.recent_n += 1;
        self.db.prepare_cached("INSERT OR REPLACE INTO recent VALUES (?1, ?2, ?3, ?4)")?.execute(params![
            self.recent_n,
            IdColumn(id),
            seq,
            at_ms
        ])?;
        Ok(())
    }

    /// Forgets all but the newest.
    pub(super) fn trim_recent(&self) -> Result<(), Fault> {
        let oldest = self.recent_n - self.setup.recent_ids.cast_signed();
        if oldest > 0 {
            self.db.prepare_cached("DELETE FROM recent WHERE n <= ?1")?.execute([oldest])?;
        }
        Ok(())
    }

    /// Copies another store's memory.
    pub(crate) fn remember_from(&mut self, other: &Self) -> Result<(), Fault> {
        let mut statement = other.db.prepare("SELECT id, seq, at_ms FROM recent ORDER BY n")?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            self.recent_n += 1;
            self.db.prepare_cached("INSERT OR REPLACE INTO recent VALUES (?1, ?2, ?3, ?4)")?.execute(
                params![
                    self.recent_n,
                    ToSqlOutput::Borrowed(row.get_ref(0)?),
                    ToSqlOutput::Borrowed(row.get_ref(1)?),
                    ToSqlOutput::Borrowed(row.get_ref(2)?),
                ],
            )?;
        }
        Ok(())
    }
}
