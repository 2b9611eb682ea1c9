//! Where damaged files go: moved away once, with the time and the reason, and not met again at the next start.

use std::{
    fs::{self, OpenOptions},
    io,
    path::{Path, PathBuf},
};

use super::{Folder, make_private, move_database, private, wal_of};
use crate::error::Fault;

/// Most cases kept.
const MAX_CASES: usize = 3;
/// Most bytes kept; the newest case stays whatever its size.
const MAX_BYTES: u64 = 256 << 20;

/// Why a file went to quarantine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reason {
    /// SQLite or a checksum found it wrong.
    Corrupt,
    /// Its log has a hole in the middle.
    DamagedLog,
    /// The disk failed under it.
    DiskError,
    /// It vanished or was replaced while open.
    Replaced,
    /// A swap that a crash interrupted.
    Superseded,
    /// Its messages moved to the newer file.
    Merged,
}

impl Reason {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Corrupt => "corrupt",
            Self::DamagedLog => "damaged-log",
            Self::DiskError => "disk-error",
            Self::Replaced => "replaced",
            Self::Superseded => "superseded",
            Self::Merged => "merged",
        }
    }
}

/// Moves a database and its log to a new case; the database's new path.
pub(crate) fn move_evidence(
    folder: &Folder,
    database: &Path,
    reason: Reason,
    at_ms: i64,
) -> Result<PathBuf, Fault> {
    let case = new_case(folder, reason, at_ms)?;
    let to = case.join("outbox.db");
    move_database(database, &to)?;
    Ok(to)
}

/// Whether there was anything to move: a database that was deleted may leave its log, or nothing. An empty case goes.
pub(crate) fn keeps_something(database: &Path) -> bool {
    let kept = database.exists() || wal_of(database).exists();
    if !kept && let Some(case) = database.parent() {
        // One that is not empty stays.
        let _ = fs::remove_dir(case);
    }
    kept
}

/// Copies a database and its log to a new case; the copy's path.
pub(crate) fn copy_evidence(
    folder: &Folder,
    database: &Path,
    reason: Reason,
    at_ms: i64,
) -> Result<PathBuf, Fault> {
    let case = new_case(folder, reason, at_ms)?;
    let to = case.join("outbox.db");
    for (from, to) in [(database.to_owned(), to.clone()), (wal_of(database), wal_of(&to))] {
        if from.exists() {
            let mut source = fs::File::open(from)?;
            let mut copy = private(OpenOptions::new().write(true).create_new(true)).open(to)?;
            io::copy(&mut source, &mut copy)?;
        }
    }
    Ok(to)
}

fn new_case(folder: &Folder, reason: Reason, at_ms: i64) -> Result<PathBuf, Fault> {
    let root = folder.file("quarantine");
    prune(&root);
    let at = jiff::Timestamp::from_millisecond(at_ms).unwrap_or_default();
    // Sorts by time; the number tells cases of one millisecond apart.
    let stem = format!("{}-{}", at.strftime("%Y%m%dT%H%M%S%3fZ"), reason.as_str());
    let case = (0..100)
        .map(|number| root.join(if number == 0 { stem.clone() } else { format!("{stem}-{number}") }))
        .find(|case| !case.exists())
        .unwrap_or_else(|| root.join(&stem));
    make_private(&case)?;
    Ok(case)
}

/// Makes room for one more case: the oldest go.
fn prune(root: &Path) {
    let Ok(entries) = fs::read_dir(root) else { return };
    let mut cases: Vec<(PathBuf, u64)> =
        entries.flatten().map(|entry| (entry.path(), size_of(&entry.path()))).collect();
    cases.sort();
    let mut bytes: u64 = cases.iter().map(|(_, size)| size).sum();
    let mut left = cases.len();
    for (case, size) in cases {
        if left < MAX_CASES && (bytes <= MAX_BYTES || left == 0) {
            break;
        }
        if let Err(error) = fs::remove_dir_all(&case) {
            tracing::warn!(%error, case = %case.display(), "an old quarantine case stays");
        }
        bytes -= size;
        left -= 1;
    }
}

fn size_of(case: &Path) -> u64 {
    let Ok(entries) = fs::read_dir(case) else { return 0 };
    entries.flatten().filter_map(|entry| entry.metadata().ok()).map(|data| data.len()).sum()
}
