//! The layout of a file and the way from one layout to the next. Forward only; each step is one transaction.

use rusqlite::Connection;

use crate::error::Fault;

/// "LKOB": tells our files from other people's.
pub(crate) const APPLICATION_ID: i64 = 0x4C4B_4F42;

/// The layout this version writes.
pub(crate) const VERSION: i64 = STEPS.len() as i64;

/// Step `n` leads from layout `n` to `n + 1`. Released steps are never changed; `tests/golden` holds a file of
/// every released layout.
pub(crate) const STEPS: &[&str] = &[V1];

/// - `outbox.seq` is never used twice (AUTOINCREMENT), so a gap in what a receiver sees means loss.
/// - `id` is a BLOB of 16 bytes for UUIDs and TEXT for everything else.
/// - `crc` covers every column but `attempts`, and the endpoint's name.
/// - Almost all messages have priority 4 and live as long as the buffer allows: those are found by `seq`, and
///   only the others are in an index.
/// - `min_reader` in `meta` names the oldest layout whose readers may open the file.
const V1: &str = "
CREATE TABLE meta (k TEXT NOT NULL PRIMARY KEY, v ANY NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE outbox (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    id ANY NOT NULL UNIQUE,
    prio INTEGER NOT NULL DEFAULT 4 CHECK (prio BETWEEN 0 AND 7),
    kind INTEGER NOT NULL CHECK (kind IN (0, 1)),
    enq_ms INTEGER NOT NULL,
    expires_ms INTEGER,
    mono_ms INTEGER NOT NULL,
    boot INTEGER NOT NULL,
    dkey BLOB,
    attempts INTEGER NOT NULL DEFAULT 0,
    headers BLOB,
    body BLOB NOT NULL,
    crc INTEGER NOT NULL
) STRICT;
CREATE INDEX outbox_prio ON outbox (prio, seq) WHERE prio <> 4;
CREATE INDEX outbox_expiry ON outbox (expires_ms) WHERE expires_ms IS NOT NULL;
CREATE UNIQUE INDEX outbox_dkey ON outbox (dkey) WHERE dkey IS NOT NULL;
CREATE TABLE dead (
    seq INTEGER PRIMARY KEY,
    id ANY NOT NULL UNIQUE,
    prio INTEGER NOT NULL,
    kind INTEGER NOT NULL,
    enq_ms INTEGER NOT NULL,
    expires_ms INTEGER,
    mono_ms INTEGER NOT NULL,
    boot INTEGER NOT NULL,
    dkey BLOB,
    attempts INTEGER NOT NULL,
    headers BLOB,
    body BLOB NOT NULL,
    crc INTEGER NOT NULL,
    cause INTEGER NOT NULL,
    detail TEXT NOT NULL,
    died_ms INTEGER NOT NULL
) STRICT;
CREATE TABLE counters (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    accepted INTEGER NOT NULL,
    delivered INTEGER NOT NULL,
    dropped_oldest INTEGER NOT NULL,
    dropped_newest INTEGER NOT NULL,
    coalesced INTEGER NOT NULL,
    expired INTEGER NOT NULL,
    discarded INTEGER NOT NULL,
    dead INTEGER NOT NULL,
    corrupt INTEGER NOT NULL,
    lost INTEGER NOT NULL,
    queued INTEGER NOT NULL,
    queued_bytes INTEGER NOT NULL,
    duplicates INTEGER NOT NULL,
    crc INTEGER NOT NULL
) STRICT;
CREATE TABLE recent (n INTEGER PRIMARY KEY, id ANY NOT NULL UNIQUE, seq INTEGER NOT NULL, at_ms INTEGER NOT NULL) STRICT;
INSERT INTO meta VALUES ('min_reader', 1);
";

/// The layout of an open file; 0 when it is empty.
pub(crate) fn version(db: &Connection) -> Result<i64, Fault> {
    Ok(db.query_row("PRAGMA user_version", [], |row| row.get(0))?)
}

/// The oldest layout whose readers may use a file of a newer one.
pub(crate) fn min_reader(db: &Connection) -> Result<i64, Fault> {
    Ok(db.query_row("SELECT v FROM meta WHERE k = 'min_reader'", [], |row| row.get(0))?)
}

/// Brings a file from its layout to the newest one of `steps`, one transaction each.
pub(crate) fn migrate(db: &Connection, steps: &[&str]) -> Result<(), Fault> {
    let mut from = usize::try_from(version(db)?).unwrap_or(usize::MAX);
    while let Some(step) = steps.get(from) {
        let to = from + 1;
        let identity = format!("PRAGMA application_id = {APPLICATION_ID}; PRAGMA user_version = {to};");
        let done = db.execute_batch(&format!("BEGIN IMMEDIATE; {step}; {identity} COMMIT;"));
        if let Err(error) = done {
            if !db.is_autocommit() {
                db.execute_batch("ROLLBACK")?;
            }
            return Err(error.into());
        }
        from = to;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_happens_whole_or_not_at_all() {
        let db = Connection::open_in_memory().unwrap();
        migrate(&db, STEPS).unwrap();
        let broken = [STEPS[0], "CREATE TABLE extra (x INTEGER); CREATE TABLE outbox (x INTEGER)"];
        migrate(&db, &broken).unwrap_err();
        assert_eq!(version(&db).unwrap(), 1);
        let extra: i64 = db
            .query_row("SELECT count(*) FROM sqlite_schema WHERE name = 'extra'", [], |row| row.get(0))
            .unwrap();
        assert_eq!(extra, 0);

        let good = [STEPS[0], "CREATE TABLE extra (x INTEGER)"];
        migrate(&db, &good).unwrap();
        assert_eq!(version(&db).unwrap(), 2);
    }
}
