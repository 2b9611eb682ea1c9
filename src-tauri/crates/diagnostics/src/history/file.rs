//! Opening the history file: private, in the newest shape, and set aside when it is damaged.

use std::{
    ffi::OsString,
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use jiff::Timestamp;
use rusqlite::{Connection, ErrorCode, OptionalExtension as _, params};
use uuid::Uuid;

use super::{HistoryError, SetAside, schema};

/// How long the other program may hold the file.
const BUSY: Duration = Duration::from_millis(500);

/// The connection, the file's own salt, and where a damaged file went.
pub(super) fn open(path: &Path) -> Result<(Connection, Uuid, Option<SetAside>), HistoryError> {
    match attempt(path) {
        Ok((db, salt)) => Ok((db, salt, None)),
        Err(error) if is_damage(&error) => {
            let aside = set_aside(path)?;
            let (db, salt) = attempt(path)?;
            Ok((db, salt, Some(aside)))
        }
        Err(error) => Err(error),
    }
}

fn attempt(path: &Path) -> Result<(Connection, Uuid), HistoryError> {
    create_private(path).map_err(|error| HistoryError::File { path: path.to_owned(), error })?;
    let mut db = Connection::open(path)?;
    db.busy_timeout(BUSY)?;
    db.query_row("PRAGMA journal_mode = WAL", [], |_| Ok(()))?;
    // A check lost with the power is made again; the file stays whole.
    db.pragma_update(None, "synchronous", "NORMAL")?;
    db.pragma_update(None, "secure_delete", "ON")?;
    let said: String = db.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
    if said != "ok" {
        return Err(HistoryError::Damaged(said));
    }
    schema::migrate(&mut db, schema::STEPS)?;
    let salt = salt(&db)?;
    Ok((db, salt))
}

/// SQLite gives the files beside it the same permissions.
fn create_private(path: &Path) -> std::io::Result<()> {
    let mut options = fs::OpenOptions::new();
    options.append(true).create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map(drop)
}

fn is_damage(error: &HistoryError) -> bool {
    match error {
        HistoryError::Damaged(_) => true,
        HistoryError::Database(error) => {
            matches!(error.sqlite_error_code(), Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase))
        }
        HistoryError::File { .. } | HistoryError::Newer { .. } | HistoryError::Content(_) => false,
    }
}

/// Moves the file away; what SQLite kept beside it goes with it, so that no new file inherits an old journal.
fn set_aside(path: &Path) -> Result<SetAside, HistoryError> {
    let stamp = Timestamp::now().strftime("%Y%m%dT%H%M%SZ").to_string();
    let to = beside(path, &format!(".damaged-{stamp}"));
    fs::rename(path, &to).map_err(|error| HistoryError::File { path: path.to_owned(), error })?;
    for end in ["-wal", "-shm"] {
        let _ = fs::rename(beside(path, end), beside(&to, end));
    }
    Ok(SetAside(to))
}

fn beside(path: &Path, end: &str) -> PathBuf {
    let mut name: OsString = path.as_os_str().to_owned();
    name.push(end);
    PathBuf::from(name)
}

fn salt(db: &Connection) -> Result<Uuid, HistoryError> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes)
        .map_err(|error| HistoryError::File { path: "random numbers".into(), error: error.into() })?;
    let fresh = Uuid::from_bytes(bytes).to_string();
    // Whoever comes first decides.
    db.execute("INSERT OR IGNORE INTO meta (name, value) VALUES ('salt', ?1)", params![fresh])?;
    let read = |row: &rusqlite::Row<'_>| row.get::<_, String>(0);
    let kept = db.query_row("SELECT value FROM meta WHERE name = 'salt'", [], read).optional()?;
    Ok(kept.and_then(|text| text.parse().ok()).unwrap_or_else(|| Uuid::from_bytes(bytes)))
}
