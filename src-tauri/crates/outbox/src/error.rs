//! What can go wrong: at opening, at appending, while the buffer works, and underneath.

use std::{io, path::PathBuf};

use crate::MessageId;

/// The buffer cannot be opened here. Everything else that is wrong with a disk is survived and reported.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Another process, or another handle of this one, has it.
    #[error("the buffer in {} is in use{}", .folder.display(), .pid.map_or_else(String::new, |pid| format!(" by process {pid}")))]
    Owned {
        /// Where.
        folder: PathBuf,
        /// The owner, where it can be read.
        pid: Option<u32>,
    },
    /// Locks and flushes of network folders promise nothing.
    #[error("{} is on a network file system ({kind})", .folder.display())]
    Network {
        /// Where.
        folder: PathBuf,
        /// Which.
        kind: &'static str,
    },
    /// Versions before 3.51.3 can lose committed pages.
    #[error("SQLite {0} is too old: 3.51.3 or newer is needed")]
    OldSqlite(&'static str),
    /// No thread could be started.
    #[error("no thread for the buffer: {0}")]
    Thread(#[source] io::Error),
}

/// A bound of the buffer; what is said when it is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Bound {
    /// `max_messages`.
    #[error("as many messages wait as may")]
    Messages,
    /// `max_bytes`.
    #[error("as many bytes wait as may")]
    Bytes,
    /// `max_memory_bytes`.
    #[error("as many bytes wait in memory as may")]
    Memory,
    /// What all buffers share.
    #[error("all buffers together hold as many bytes as they may")]
    Shared,
    /// The size its file may have.
    #[error("its file is as large as it may be")]
    File,
}

/// Nothing of the batch was taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AppendError {
    /// A bound is reached.
    #[error("the buffer is full: {0}")]
    Full(Bound),
    /// The disk has no room left, or is about to.
    #[error("the disk is full")]
    DiskFull,
    /// The disk cannot be written, and the buffer is set to refuse then.
    #[error("the disk cannot be written: {0}")]
    DiskRefuses(String),
    /// A message is larger than one may be.
    #[error("a message has {bytes} bytes; at most {max} are allowed")]
    TooLarge {
        /// Its size.
        bytes: u64,
        /// The bound.
        max: u64,
    },
    /// Nobody knows whether the messages were stored: repeat with the same ids.
    #[error("the buffer failed while storing: {0}")]
    Failed(String),
    /// The buffer is closed.
    #[error("the buffer is closed")]
    Closed,
}

/// A question or order could not be carried out.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OutboxError {
    /// No message or dead letter has this id.
    #[error("no message {0}")]
    Unknown(MessageId),
    /// What is stored does not match its checksum and cannot be sent.
    #[error("message {0} is damaged")]
    Damaged(MessageId),
    /// The buffer is full.
    #[error(transparent)]
    Full(AppendError),
    /// The disk failed.
    #[error("the buffer's disk failed: {0}")]
    Disk(String),
    /// The buffer is closed.
    #[error("the buffer is closed")]
    Closed,
}

/// What the disk or SQLite said, sorted by what has to follow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FaultKind {
    /// No room: nothing is broken.
    Full,
    /// A read, write or flush failed: the file may not be trusted any more.
    Io,
    /// The file is not what was written.
    Corrupt,
    /// The disk does not take writes.
    ReadOnly,
    /// Ours or SQLite's mistake.
    Other,
}

/// An error from underneath.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Fault {
    #[error("{0}")]
    Sql(#[from] rusqlite::Error),
    #[error("{0}")]
    File(#[from] io::Error),
    /// Readable by SQLite and yet not what we wrote.
    #[error("the {0} are damaged")]
    Damaged(&'static str),
    /// Made by a newer version.
    #[error("the file has layout {0}, made by a newer version")]
    Newer(i64),
    #[cfg(test)]
    #[error("staged {0:?}")]
    Staged(FaultKind),
}

impl Fault {
    pub(crate) fn kind(&self) -> FaultKind {
        match self {
            Self::Sql(error) => sql_kind(error),
            Self::File(error) => {
                use io::ErrorKind::{PermissionDenied, QuotaExceeded, ReadOnlyFilesystem, StorageFull};
                let kind = error.kind();
                if matches!(kind, StorageFull | QuotaExceeded) {
                    FaultKind::Full
                } else if matches!(kind, ReadOnlyFilesystem | PermissionDenied) {
                    FaultKind::ReadOnly
                } else {
                    FaultKind::Io
                }
            }
            Self::Damaged(_) => FaultKind::Corrupt,
            Self::Newer(_) => FaultKind::Other,
            #[cfg(test)]
            Self::Staged(kind) => *kind,
        }
    }

    /// Whether a write was refused, which may be for want of room. Not so a flush: after one that failed the system
    /// forgets what it could not write, whatever the reason was, and the file may not be trusted any more.
    pub(crate) fn is_refused_write(&self) -> bool {
        let Self::Sql(error) = self else { return false };
        error.sqlite_error().is_some_and(|error| error.extended_code == rusqlite::ffi::SQLITE_IOERR_WRITE)
    }
}

fn sql_kind(error: &rusqlite::Error) -> FaultKind {
    use rusqlite::ErrorCode;
    let Some(code) = error.sqlite_error_code() else {
        // A value of a type no row of ours has.
        return FaultKind::Corrupt;
    };
    if code == ErrorCode::DiskFull {
        FaultKind::Full
    } else if code == ErrorCode::SystemIoFailure {
        FaultKind::Io
    } else if matches!(code, ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) {
        FaultKind::Corrupt
    } else if matches!(code, ErrorCode::ReadOnly | ErrorCode::CannotOpen | ErrorCode::PermissionDenied) {
        FaultKind::ReadOnly
    } else {
        FaultKind::Other
    }
}

#[cfg(test)]
mod tests {
    use rusqlite::ffi;

    use super::*;

    #[test]
    fn only_a_write_can_be_refused_for_want_of_room() {
        let fault = |code| Fault::Sql(rusqlite::Error::SqliteFailure(ffi::Error::new(code), None));
        assert!(fault(ffi::SQLITE_IOERR_WRITE).is_refused_write());
        for code in [ffi::SQLITE_IOERR_FSYNC, ffi::SQLITE_IOERR_DIR_FSYNC, ffi::SQLITE_IOERR_READ] {
            assert_eq!(fault(code).kind(), FaultKind::Io);
            assert!(!fault(code).is_refused_write(), "{code}");
        }
    }
}
