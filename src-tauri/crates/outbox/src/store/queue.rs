//! Waiting messages: in, out, and in which order.

use rusqlite::{OptionalExtension, ToSql, params};

use super::{
    Found, Row, Store,
    row::{COLUMNS, IdColumn, blob},
};
use crate::{MessageId, error::Fault, message::Priority};

/// No buffer gets this far; higher places are damage. Every JSON reader keeps numbers up to here.
const MAX_SEQ: i64 = (1 << 53) - 1;

/// The priority of almost all messages, which is in no index.
const NORMAL: u8 = Priority::NORMAL.get();

/// The oldest normal messages behind a place, and the oldest of another priority. In both orders nothing is sorted.
const OLDEST_NORMAL: &str = "SELECT seq, length(body) + coalesce(length(headers), 0) FROM outbox
     WHERE seq > ?1 AND prio = 4 ORDER BY seq";
const OLDEST_OTHER: &str = "SELECT seq, length(body) + coalesce(length(headers), 0) FROM outbox
     WHERE prio = ?1 AND prio <> 4 ORDER BY seq";
/// Everything from one place to another.
const DELETE_RUN: &str = "DELETE FROM outbox WHERE seq BETWEEN ?1 AND ?2
     RETURNING length(body) + coalesce(length(headers), 0)";
/// Neighbours that go together.
const DROP_RUN: &str = "DELETE FROM outbox WHERE seq BETWEEN ?1 AND ?2 AND prio = ?3";

/// A message that may have to go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Expendable {
    pub(crate) priority: u8,
    pub(crate) seq: i64,
    pub(crate) bytes: u64,
    /// Of its priority none lies between it and the one before it.
    joined: bool,
}

/// Part of the order: everything urgent goes before everything normal, that before everything patient.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Class {
    /// Priorities 0 to 3.
    Urgent,
    /// Priority 4, behind this place.
    Normal { after: i64 },
    /// Priorities 5 to 7.
    Patient,
}

impl Class {
    /// Its messages behind a place, in order.
    const fn sql(self) -> &'static str {
        match self {
            Self::Urgent => "prio < 4 AND prio <> 4 AND seq > ?1 ORDER BY prio, seq",
            Self::Normal { .. } => "seq > ?1 AND prio = 4 ORDER BY seq",
            Self::Patient => "prio > 4 AND prio <> 4 AND seq > ?1 ORDER BY prio, seq",
        }
    }
}

/// Whether a message that was read is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Take {
    Not,
    This,
    /// This one, and none behind it.
    Last,
}

/// What decides whether a message is too old.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Age {
    pub(crate) seq: i64,
    pub(crate) enqueued_ms: i64,
    pub(crate) expires_ms: Option<i64>,
    pub(crate) steady_ms: i64,
    pub(crate) boot: i64,
}

impl Store {
    /// Adds a message; false when its id waits already.
    pub(crate) fn insert(&mut self, row: &Row) -> Result<bool, Fault> {
        self.write_added()?;
        let stored = self.write_row(row)?;
        if stored {
            self.tally.queued += 1;
            self.tally.queued_bytes += row.size();
        }
        Ok(stored)
    }

    /// The same beside the books.
    pub(super) fn write_row(&self, row: &Row) -> Result<bool, Fault> {
        if row.priority == Priority::NORMAL {
            self.gap.set(self.gap.get().without(row.seq));
        }
        let mut statement = self.db.prepare_cached(
            "INSERT INTO outbox VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)
             ON CONFLICT DO NOTHING",
        )?;
        let changed = statement.execute(params![
            row.seq,
            IdColumn(&row.id),
            row.priority.get(),
            row.kind(),
            row.enqueued_ms,
            row.expires_ms,
            row.steady_ms,
            row.boot,
            blob(row.key.as_ref()),
            row.attempts,
            blob(row.headers.as_ref()),
            row.payload.as_bytes(),
            row.crc(&self.setup.seal),
        ])?;
        Ok(changed > 0)
    }

    /// The place of a waiting message.
    pub(crate) fn find(&self, id: &MessageId) -> Result<Option<i64>, Fault> {
        if let Some(seq) = self.unwritten.find(id) {
            return Ok(Some(seq));
        }
        let mut statement = self.db.prepare_cached("SELECT seq FROM outbox WHERE id = ?1")?;
        Ok(statement.query_row(params![IdColumn(id)], |row| row.get(0)).optional()?)
    }

    /// The place of the message that waits with this key.
    pub(crate) fn find_key(&self, key: &[u8]) -> Result<Option<i64>, Fault> {
        let mut statement = self.db.prepare_cached("SELECT seq FROM outbox WHERE dkey = ?1")?;
        Ok(statement.query_row([key], |row| row.get(0)).optional()?)
    }

    /// Removes a message; its id when it was there.
    pub(crate) fn delete(&mut self, seq: i64) -> Result<bool, Fault> {
        self.write_added()?;
        let mut statement = self.db.prepare_cached(
            "DELETE FROM outbox WHERE seq = ?1 RETURNING length(body) + coalesce(length(headers), 0)",
        )?;
        let bytes = statement.query_row([seq], |row| row.get::<_, i64>(0)).optional()?;
        drop(statement);
        let Some(bytes) = bytes else { return Ok(false) };
        self.tally.queued = self.tally.queued.saturating_sub(1);
        self.tally.queued_bytes = self.tally.queued_bytes.saturating_sub(bytes.cast_unsigned());
        Ok(true)
    }

    /// Removes the messages with places in this range; how many there were. One statement: one for each message costs
    /// several times as much, for a cursor in every index.
    pub(crate) fn delete_run(&mut self, first: i64, last: i64) -> Result<u64, Fault> {
        self.write_added()?;
        let mut statement = self.db.prepare_cached(DELETE_RUN)?;
        let (mut gone, mut bytes) = (0, 0);
        let mut rows = statement.query([first, last])?;
        while let Some(row) = rows.next()? {
            gone += 1;
            bytes += row.get::<_, i64>(0)?.cast_unsigned();
        }
        drop(rows);
        drop(statement);
        self.tally.queued = self.tally.queued.saturating_sub(gone);
        self.tally.queued_bytes = self.tally.queued_bytes.saturating_sub(bytes);
        Ok(gone)
    }

    /// Removes every message; how many there were.
    pub(crate) fn clear(&mut self) -> Result<u64, Fault> {
        let gone = self.db.prepare_cached("DELETE FROM outbox")?.execute([])? as u64;
        self.tally.queued = 0;
        self.tally.queued_bytes = 0;
        Ok(gone)
    }

    /// The places of all messages.
    pub(crate) fn places(&self) -> Result<Vec<i64>, Fault> {
        let mut statement = self.db.prepare_cached("SELECT seq FROM outbox")?;
        let places = statement.query_map([], |row| row.get(0))?;
        Ok(places.collect::<Result<_, _>>()?)
    }

    /// One message.
    pub(crate) fn row(&self, seq: i64) -> Result<Option<Found>, Fault> {
        let mut statement =
            self.db.prepare_cached(&format!("SELECT {COLUMNS} FROM outbox WHERE seq = ?1"))?;
        let mut rows = statement.query([seq])?;
        rows.next()?.map(|row| Row::read(row, &self.setup.seal)).transpose()
    }

    /// Whether a damaged message is really where a search for its place leads. If not, a whole page is out of
    /// place, and removing by place would hit the wrong one.
    pub(crate) fn confirm_damage(&self, seq: i64) -> Result<(), Fault> {
        match self.row(seq)? {
            Some(Found::Damaged { .. }) => Ok(()),
            Some(Found::Good(_)) | None => Err(Fault::Damaged("pages")),
        }
    }

    /// Messages in the order they are sent, without those `skip` names, as `take` wants them.
    pub(crate) fn scan(
        &self,
        class: Class,
        skip: impl Fn(i64) -> bool,
        mut take: impl FnMut(&Found) -> Take,
    ) -> Result<Vec<Found>, Fault> {
        let (normal, after) = match class {
            Class::Normal { after } => (true, after),
            Class::Urgent | Class::Patient => (false, i64::MIN),
        };
        let mut statement =
            self.db.prepare_cached(&format!("SELECT {COLUMNS} FROM outbox WHERE {}", class.sql()))?;
        let mut rows = statement.query([if normal { self.gap.get().skip(after) } else { after }])?;
        let mut found = Vec::new();
        let mut last = None;
        let mut first = normal;
        loop {
            let row = rows.next()?;
            let seq: Option<i64> = row.map(|row| row.get(0)).transpose()?;
            if std::mem::take(&mut first) {
                self.gap.set(self.gap.get().learn(after, seq));
            }
            let (Some(row), Some(seq)) = (row, seq) else { break };
            if normal && last.replace(seq).is_some_and(|last| seq <= last) {
                return Err(Fault::Damaged("places"));
            }
            if skip(seq) {
                continue;
            }
            let row = Row::read(row, &self.setup.seal)?;
            match take(&row) {
                Take::Not => {}
                Take::This => found.push(row),
                Take::Last => {
                    found.push(row);
                    break;
                }
            }
        }
        Ok(found)
    }

    /// Messages behind this place, whatever their priority.
    pub(crate) fn page(&self, after: i64, limit: u64) -> Result<Vec<Found>, Fault> {
        let mut statement = self
            .db
            .prepare_cached(&format!("SELECT {COLUMNS} FROM outbox WHERE seq > ?1 ORDER BY seq LIMIT ?2"))?;
        let mut rows = statement.query([after, limit.cast_signed()])?;
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            found.push(Row::read(row, &self.setup.seal)?);
        }
        Ok(found)
    }

    /// Messages with places in this range, in order. A damaged page may show others where these should be: stale ones, that
    /// left long ago. They are passed over.
    pub(crate) fn range(&self, from: i64, to: i64, mut each: impl FnMut(Found)) -> Result<(), Fault> {
        let mut statement = self.db.prepare_cached(&format!(
            "SELECT {COLUMNS} FROM outbox WHERE seq BETWEEN ?1 AND ?2 ORDER BY seq"
        ))?;
        let mut rows = statement.query([from, to])?;
        while let Some(row) = rows.next()? {
            let found = Row::read(row, &self.setup.seal)?;
            if (from..=to).contains(&found.seq()) {
                each(found);
            }
        }
        Ok(())
    }

    /// The highest place that was ever given out.
    pub(crate) fn last_seq(&self) -> Result<i64, Fault> {
        let noted = self.meta("last_seq")?.unwrap_or(0);
        Ok(self.used_seq()?.max(self.waiting_seq()?).max(noted))
    }

    /// The same of a damaged file, from what can be read of it and never below `least`.
    pub(crate) fn highest_seq(&self, least: i64) -> i64 {
        let noted = self.meta("last_seq").map(Option::unwrap_or_default);
        let guesses = [self.used_seq(), self.waiting_seq(), noted];
        let known = guesses.iter().flatten().copied().filter(|seq| *seq <= MAX_SEQ).max();
        // Where nothing can be read, every place there could be is tried; empty ranges cost next to nothing.
        known.filter(|seq| *seq > 0).unwrap_or(MAX_SEQ).max(least)
    }

    fn used_seq(&self) -> Result<i64, Fault> {
        let mut statement =
            self.db.prepare_cached("SELECT seq FROM sqlite_sequence WHERE name = 'outbox'")?;
        Ok(statement.query_row([], |row| row.get(0)).optional()?.unwrap_or(0))
    }

    fn waiting_seq(&self) -> Result<i64, Fault> {
        let mut statement = self.db.prepare_cached("SELECT coalesce(max(seq), 0) FROM outbox")?;
        Ok(statement.query_row([], |row| row.get(0))?)
    }

    /// When the oldest waiting message was handed over.
    pub(crate) fn oldest_ms(&self) -> Result<Option<i64>, Fault> {
        let mut statement = self.db.prepare_cached("SELECT enq_ms FROM outbox ORDER BY seq LIMIT 1")?;
        Ok(statement.query_row([], |row| row.get(0)).optional()?)
    }

    /// The place of the `n`th waiting message.
    pub(crate) fn nth_seq(&self, n: u64) -> Result<Option<i64>, Fault> {
        let mut statement =
            self.db.prepare_cached("SELECT seq FROM outbox ORDER BY seq LIMIT 1 OFFSET ?1")?;
        Ok(statement.query_row([n.cast_signed()], |row| row.get(0)).optional()?)
    }

    /// Messages with an age limit of their own that the wall clock says is over.
    pub(crate) fn overdue(&self, wall_ms: i64, limit: u64) -> Result<Vec<Age>, Fault> {
        self.ages(
            "expires_ms IS NOT NULL AND expires_ms <= ?1 ORDER BY expires_ms LIMIT ?2",
            &[&wall_ms, &limit.cast_signed()],
        )
    }

    /// The oldest messages by place.
    pub(crate) fn eldest(&self, limit: u64) -> Result<Vec<Age>, Fault> {
        self.ages("seq > ?1 ORDER BY seq LIMIT ?2", &[&i64::MIN, &limit.cast_signed()])
    }

    fn ages(&self, condition: &str, values: &[&dyn ToSql]) -> Result<Vec<Age>, Fault> {
        let sql = format!("SELECT seq, enq_ms, expires_ms, mono_ms, boot FROM outbox WHERE {condition}");
        let mut statement = self.db.prepare_cached(&sql)?;
        let mut rows = statement.query(values)?;
        let mut ages = Vec::new();
        while let Some(row) = rows.next()? {
            ages.push(Age {
                seq: row.get(0)?,
                enqueued_ms: row.get(1)?,
                expires_ms: row.get(2)?,
                steady_ms: row.get(3)?,
                boot: row.get(4)?,
            });
        }
        Ok(ages)
    }

    /// Those that go first when room is needed: the least important, then the oldest. At most so many.
    pub(crate) fn expendable(
        &self,
        skip: impl Fn(i64) -> bool,
        limit: usize,
    ) -> Result<Vec<Expendable>, Fault> {
        let mut found = Vec::new();
        for priority in (0..=7_u8).rev() {
            if found.len() >= limit {
                break;
            }
            let normal = priority == NORMAL;
            let mut statement = self.db.prepare_cached(if normal { OLDEST_NORMAL } else { OLDEST_OTHER })?;
            let from = if normal { self.gap.get().skip(0) } else { priority.into() };
            let mut rows = statement.query([from])?;
            let (mut first, mut joined) = (normal, false);
            while found.len() < limit {
                let row = rows.next()?;
                let seq: Option<i64> = row.map(|row| row.get(0)).transpose()?;
                if std::mem::take(&mut first) {
                    self.gap.set(self.gap.get().learn(0, seq));
                }
                let (Some(row), Some(seq)) = (row, seq) else { break };
                if skip(seq) {
                    joined = false;
                    continue;
                }
                let bytes = row.get::<_, i64>(1)?.cast_unsigned();
                found.push(Expendable { priority, seq, bytes, joined: joined && normal });
                joined = true;
            }
        }
        Ok(found)
    }

    /// Removes messages that were just found to be expendable, the first so many of them.
    pub(crate) fn drop_oldest(&mut self, oldest: &[Expendable]) -> Result<(), Fault> {
        self.write_added()?;
        for run in oldest.chunk_by(|_, next| next.joined) {
            let (Some(first), Some(last)) = (run.first(), run.last()) else { continue };
            // A statement for each message costs several times as much: a cursor for every index.
            let mut statement = self.db.prepare_cached(DROP_RUN)?;
            if statement.execute(params![first.seq, last.seq, first.priority])? != run.len() {
                return Err(Fault::Damaged("places"));
            }
            let gone = run.len() as u64;
            let bytes = run.iter().map(|one| one.bytes).sum();
            self.tally.queued = self.tally.queued.saturating_sub(gone);
            self.tally.queued_bytes = self.tally.queued_bytes.saturating_sub(bytes);
            self.tally.dropped_oldest += gone;
        }
        Ok(())
    }

    /// Counts a failure of a message; how many there are now.
    pub(crate) fn count_attempt(&self, seq: i64) -> Result<u32, Fault> {
        let mut statement = self
            .db
            .prepare_cached("UPDATE outbox SET attempts = attempts + 1 WHERE seq = ?1 RETURNING attempts")?;
        let attempts: Option<i64> = statement.query_row([seq], |row| row.get(0)).optional()?;
        Ok(u32::try_from(attempts.unwrap_or_default()).unwrap_or(u32::MAX))
    }

    /// Forgets the failures of a message.
    pub(crate) fn forget_attempts(&self, seq: i64) -> Result<(), Fault> {
        self.db.prepare_cached("UPDATE outbox SET attempts = 0 WHERE seq = ?1")?.execute([seq])?;
        Ok(())
    }

    /// Takes the key from a message that can no longer be replaced.
    pub(crate) fn release_key(&mut self, seq: i64) -> Result<(), Fault> {
        if let Some(Found::Good(mut row)) = self.row(seq)? {
            row.key = None;
            self.db
                .prepare_cached("UPDATE outbox SET dkey = NULL, crc = ?2 WHERE seq = ?1")?
                .execute(params![seq, row.crc(&self.setup.seal)])?;
        }
        Ok(())
    }

    /// The bytes of all waiting messages and their number, counted one by one.
    pub(crate) fn count(&self) -> Result<(u64, u64), Fault> {
        let (messages, bytes): (i64, i64) = self.db.query_row(
            "SELECT count(*), coalesce(sum(length(body) + coalesce(length(headers), 0)), 0) FROM outbox",
            [],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )?;
        Ok((messages.cast_unsigned(), bytes.cast_unsigned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{Seal, StoreSetup};

    #[test]
    fn nothing_is_sorted_or_read_whole_to_find_the_next_message_or_the_one_to_drop() {
        let setup = StoreSetup { seal: Seal::new("pulse"), max_pages: 1_000, recent_ids: 10, log_pages: 256 };
        let store = Store::memory(setup).unwrap();
        let classes = [Class::Urgent, Class::Normal { after: 0 }, Class::Patient].map(|class| class.sql());
        let scans = classes.map(|sql| format!("SELECT {COLUMNS} FROM outbox WHERE {sql}"));
        for sql in scans.iter().map(String::as_str).chain([OLDEST_NORMAL, OLDEST_OTHER, DROP_RUN, DELETE_RUN])
        {
            let mut statement = store.db.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
            let values = vec![1_i64; statement.parameter_count()];
            let plan = statement.query_map(rusqlite::params_from_iter(values), |row| row.get(3)).unwrap();
            let plan: Vec<String> = plan.map(Result::unwrap).collect();
            assert!(plan.iter().all(|step| step.starts_with("SEARCH ")), "{sql}: {plan:?}");
        }
    }
}
