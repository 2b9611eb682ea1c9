//! One database: all SQL of the buffer, over a file or over memory. Knows rows and transactions; decides nothing.

mod dead;
mod gap;
mod queue;
mod recent;
mod row;
pub(crate) mod schema;
mod tally;
mod together;

use std::{cell::Cell, path::Path, time::Duration};

use model::BufferLevel;
use rusqlite::{Connection, OpenFlags, OptionalExtension, config::DbConfig};

use gap::Gap;
pub(crate) use queue::{Age, Class, Expendable, Take};
pub(crate) use row::{Found, Row, Seal};
pub use tally::Tally;
use together::Unwritten;

#[cfg(test)]
use crate::error::FaultKind;
use crate::{error::Fault, folder::remove_database};

/// Bytes of a page; the files are always made with this.
pub(crate) const PAGE: u64 = 4_096;

/// What a store must be told.
#[derive(Clone, Debug)]
pub(crate) struct StoreSetup {
    pub(crate) seal: Seal,
    /// Most pages of the file.
    pub(crate) max_pages: u64,
    /// Delivered ids kept.
    pub(crate) recent_ids: u64,
    /// Pages the log may hold before it moves into the file.
    pub(crate) log_pages: u64,
}

/// One open database.
#[derive(Debug)]
pub(crate) struct Store {
    db: Connection,
    setup: StoreSetup,
    flushing: bool,
    recent_n: i64,
    unwritten: Unwritten,
    gap: Cell<Gap>,
    /// The books as of the running transaction.
    pub(crate) tally: Tally,
    /// The books as of the last commit.
    committed: Tally,
    /// Faults to come, for tests on every system.
    #[cfg(test)]
    pub(crate) staged: std::collections::VecDeque<FaultKind>,
}

impl Store {
    /// Opens a file of the newest layout, or makes one.
    pub(crate) fn open(path: &Path, setup: StoreSetup) -> Result<Self, Fault> {
        Self::open_with(path, setup, schema::STEPS, None)
    }

    /// The same with these steps, and with a copy at `backup` before an older file is brought forward.
    pub(crate) fn open_with(
        path: &Path,
        setup: StoreSetup,
        steps: &[&str],
        backup: Option<&Path>,
    ) -> Result<Self, Fault> {
        let db = connect(path)?;
        db.pragma_update(None, "max_page_count", setup.max_pages.cast_signed())?;
        db.pragma_update(None, "wal_autocheckpoint", setup.log_pages.cast_signed())?;
        db.pragma_update(None, "journal_size_limit", (setup.log_pages * PAGE).cast_signed())?;
        let (version, known) = (schema::version(&db)?, steps.len() as i64);
        if version > known && schema::min_reader(&db)? > known {
            return Err(Fault::Newer(version));
        }
        let store = Self::over(db, setup);
        if let Some(backup) = backup
            && (1..known).contains(&version)
        {
            remove_database(backup)?;
            store.copy_to(backup)?;
        }
        schema::migrate(&store.db, steps)?;
        store.ready()
    }

    /// A store that ends with the process.
    pub(crate) fn memory(setup: StoreSetup) -> Result<Self, Fault> {
        let db = Connection::open_in_memory()?;
        db.execute_batch("PRAGMA cache_size = -1024; PRAGMA temp_store = MEMORY;")?;
        db.pragma_update(None, "max_page_count", setup.max_pages.cast_signed())?;
        schema::migrate(&db, schema::STEPS)?;
        Self::over(db, setup).ready()
    }

    /// Opens a damaged file as far as it can be opened, to read what is left.
    pub(crate) fn wreck(path: &Path, setup: StoreSetup) -> Result<Self, Fault> {
        let db = connect(path)?;
        db.execute_batch("PRAGMA cell_size_check = ON; PRAGMA query_only = ON;")?;
        Ok(Self::over(db, setup))
    }

    fn ready(mut self) -> Result<Self, Fault> {
        self.tally = self.read_tally()?.unwrap_or_default();
        self.committed = self.tally;
        self.recent_n = self.db.query_row("SELECT coalesce(max(n), 0) FROM recent", [], |row| row.get(0))?;
        Ok(self)
    }

    fn over(db: Connection, setup: StoreSetup) -> Self {
        db.set_prepared_statement_cache_capacity(48);
        let (tally, committed) = Default::default();
        #[cfg(test)]
        let staged = Default::default();
        Self {
            db,
            setup,
            flushing: true,
            recent_n: 0,
            unwritten: Unwritten::default(),
            gap: Cell::default(),
            tally,
            committed,
            #[cfg(test)]
            staged,
        }
    }

    /// Whether the file brought its books; false for new and for damaged ones.
    pub(crate) fn has_books(&self) -> Result<bool, Fault> {
        Ok(self.read_tally()?.is_some())
    }

    /// Runs `work` in a transaction that survives what `level` says. On an error nothing has happened, in the
    /// file or in the books.
    pub(crate) fn transact<T>(
        &mut self,
        level: BufferLevel,
        work: impl FnOnce(&mut Self) -> Result<T, Fault>,
    ) -> Result<T, Fault> {
        self.begin(level)?;
        let done = work(self).and_then(|value| self.commit().map(|()| value));
        if done.is_err() {
            self.rollback();
        }
        done
    }

    pub(crate) fn in_transaction(&self) -> bool {
        !self.db.is_autocommit()
    }

    /// Starts a transaction.
    pub(crate) fn begin(&mut self, level: BufferLevel) -> Result<(), Fault> {
        let flushing = level == BufferLevel::Power;
        if flushing != self.flushing {
            self.db.execute_batch(if flushing {
                "PRAGMA synchronous = FULL"
            } else {
                "PRAGMA synchronous = NORMAL"
            })?;
            self.flushing = flushing;
        }
        self.db.prepare_cached("BEGIN IMMEDIATE")?.execute([])?;
        Ok(())
    }

    /// Ends it.
    pub(crate) fn commit(&mut self) -> Result<(), Fault> {
        #[cfg(test)]
        if let Some(kind) = self.staged.pop_front() {
            return Err(Fault::Staged(kind));
        }
        self.write_added()?;
        if self.tally != self.committed {
            self.write_books()?;
        }
        self.trim_recent()?;
        self.db.prepare_cached("COMMIT")?.execute([])?;
        self.committed = self.tally;
        Ok(())
    }

    /// Undoes it.
    pub(crate) fn rollback(&mut self) {
        self.tally = self.committed;
        self.unwritten.forget();
        // What was removed is back.
        self.gap.take();
        if !self.db.is_autocommit()
            && let Err(error) = self.db.execute_batch("ROLLBACK")
        {
            tracing::warn!(%error, "the buffer's transaction did not roll back");
        }
    }

    /// A number kept beside the messages.
    pub(crate) fn meta(&self, key: &str) -> Result<Option<i64>, Fault> {
        let mut statement = self.db.prepare_cached("SELECT v FROM meta WHERE k = ?1")?;
        Ok(statement.query_row([key], |row| row.get(0)).optional()?)
    }

    /// Keeps a number beside the messages.
    pub(crate) fn set_meta(&self, key: &str, value: i64) -> Result<(), Fault> {
        self.db
            .prepare_cached("INSERT OR REPLACE INTO meta VALUES (?1, ?2)")?
            .execute(rusqlite::params![key, value])?;
        Ok(())
    }

    /// Pages in the file, and how many of them are free.
    pub(crate) fn pages(&self) -> Result<(u64, u64), Fault> {
        let read = |sql: &str| self.db.query_row(sql, [], |row| row.get::<_, i64>(0));
        let (all, free) = (read("PRAGMA page_count")?, read("PRAGMA freelist_count")?);
        Ok((all.cast_unsigned(), free.cast_unsigned()))
    }

    /// Whether so many more bytes would exceed the size that the file may have, rather than the disk.
    pub(crate) fn at_its_size(&self, coming: u64) -> bool {
        // A little below: a change may need several pages at once.
        let more = coming / PAGE * 5 / 4 + 64;
        self.pages().is_ok_and(|(all, free)| all.saturating_sub(free) + more >= self.setup.max_pages)
    }

    /// Lets the file grow to so many pages. It is a net below the bounds on messages and bytes, which are what refuses:
    /// a smaller one waits for the next opening, because a file at its size cannot even forget.
    pub(crate) fn allow_pages(&mut self, pages: u64) -> Result<(), Fault> {
        if pages > self.setup.max_pages {
            self.db.pragma_update(None, "max_page_count", pages.cast_signed())?;
            self.setup.max_pages = pages;
        }
        Ok(())
    }

    /// A smaller bound, for tests.
    #[cfg(test)]
    pub(crate) fn limit_pages(&mut self, pages: u64) {
        self.db.pragma_update(None, "max_page_count", pages.cast_signed()).unwrap();
        self.setup.max_pages = pages;
    }

    /// Moves what is committed from the log into the file; `truncate` also empties the log.
    pub(crate) fn checkpoint(&self, truncate: bool) -> Result<(), Fault> {
        let sql = if truncate { "PRAGMA wal_checkpoint(TRUNCATE)" } else { "PRAGMA wal_checkpoint(PASSIVE)" };
        self.db.query_row(sql, [], |_| Ok(()))?;
        Ok(())
    }

    /// Gives free pages back to the disk. Cheap only when almost nothing is left in the file.
    pub(crate) fn vacuum(&self) -> Result<(), Fault> {
        self.db.execute_batch("VACUUM")?;
        Ok(())
    }

    /// What SQLite finds wrong with the structure; `None` when nothing is.
    pub(crate) fn quick_check(&self) -> Result<Option<String>, Fault> {
        let answer: String = self.db.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
        Ok((answer != "ok").then_some(answer))
    }

    /// A copy of the file as of now, for the way back from a migration.
    fn copy_to(&self, path: &Path) -> Result<(), Fault> {
        self.db.execute("VACUUM INTO ?1", [path.to_string_lossy()])?;
        Ok(())
    }

    /// Closes without moving the log into the file: for files that are evidence.
    pub(crate) fn abandon(self) {
        if let Err(error) = self.db.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true) {
            tracing::warn!(%error, "the log of a damaged buffer may move into its file");
        }
    }
}

/// Pages of a log that a ballast of so many bytes can always move into the file, even on a disk that is full: a
/// quarter of it. A longer log saves flushes: each move costs two.
pub(crate) fn log_pages_for(ballast: u64) -> u64 {
    // Without a ballast nothing is promised.
    if ballast == 0 { 256 } else { (ballast / PAGE / 4).clamp(64, 1_000) }
}

/// Pages a file of ours needs at most for so much content.
pub(crate) fn pages_for(bytes: u64, messages: u64) -> u64 {
    // Half-full pages while the tree splits, the two entries every row has in an index, delivered ids.
    (bytes.saturating_mul(3) / 2).saturating_add(messages.saturating_mul(384)) / PAGE + 2_048
}

/// Pragmas in the order that matters: exclusive before the first access (no shared memory, no second process,
/// not the race of the WAL-reset bug), then the log.
fn connect(path: &Path) -> Result<Connection, Fault> {
    let flags =
        OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let db = Connection::open_with_flags(path, flags)?;
    db.busy_timeout(Duration::from_secs(1))?;
    db.execute_batch("PRAGMA locking_mode = EXCLUSIVE;")?;
    db.query_row("PRAGMA journal_mode = WAL", [], |_| Ok(()))?;
    db.execute_batch(
        "PRAGMA synchronous = FULL;
         PRAGMA cache_size = -1024;
         PRAGMA cell_size_check = ON;
         PRAGMA trusted_schema = OFF;
         PRAGMA temp_store = MEMORY;
         PRAGMA secure_delete = FAST;",
    )?;
    // A plain fsync does not reach the medium there.
    #[cfg(target_os = "macos")]
    db.execute_batch("PRAGMA fullfsync = ON; PRAGMA checkpoint_fullfsync = ON;")?;
    Ok(db)
}
