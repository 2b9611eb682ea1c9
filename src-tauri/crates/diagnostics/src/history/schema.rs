//! The shape of the history file, version by version. Steps are only ever added.

use rusqlite::{Connection, TransactionBehavior};

use super::HistoryError;

/// Step n leads from shape n to shape n + 1.
pub(super) const STEPS: &[&str] = &[
    "
    CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
    CREATE TABLE runs (
        seq INTEGER PRIMARY KEY,
        run_id TEXT NOT NULL UNIQUE,
        at INTEGER NOT NULL,
        good INTEGER NOT NULL,
        report TEXT NOT NULL
    ) STRICT;
    CREATE TABLE baselines (
        target TEXT NOT NULL,
        network TEXT NOT NULL,
        at INTEGER NOT NULL,
        baseline TEXT NOT NULL,
        PRIMARY KEY (target, network)
    ) STRICT;
",
    // Those made before were all asked for.
    "ALTER TABLE runs ADD COLUMN asked INTEGER NOT NULL DEFAULT 1",
];

/// Brings a file to the newest shape: all the way or not at all.
pub(super) fn migrate(db: &mut Connection, steps: &[&str]) -> Result<(), HistoryError> {
    let known = u32::try_from(steps.len()).unwrap_or(u32::MAX);
    // Whoever else opens it at the same moment waits here, and then finds nothing left to do.
    let transaction = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let found: u32 = transaction.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    if found > known {
        return Err(HistoryError::Newer { found, known });
    }
    for step in steps.iter().skip(found as usize) {
        transaction.execute_batch(step)?;
    }
    transaction.pragma_update(None, "user_version", known)?;
    Ok(transaction.commit()?)
}
