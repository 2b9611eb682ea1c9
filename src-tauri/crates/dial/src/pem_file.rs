//! Files with certificates and keys: bounded reading, and telling a changed file from an unchanged one.

use std::{
    fs::{self, File},
    io::{self, Read},
    path::Path,
    time::SystemTime,
};

/// Larger than every bundle of issuers in use, small enough to read at once.
const FILE_BYTES: u64 = 8 * 1024 * 1024;

/// Tells a changed file from an unchanged one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stamp {
    bytes: u64,
    modified: Option<SystemTime>,
}

/// A file that cannot be read as a whole.
#[derive(Debug)]
pub(crate) enum Unreadable {
    Failed(io::Error),
    NotAFile,
    TooLarge(u64),
}

impl Stamp {
    pub(crate) fn of(path: &Path) -> Result<Self, Unreadable> {
        let found = fs::metadata(path).map_err(Unreadable::Failed)?;
        if !found.is_file() {
            // Opening a pipe would wait for its writer for ever.
            return Err(Unreadable::NotAFile);
        }
        if found.len() > FILE_BYTES {
            return Err(Unreadable::TooLarge(FILE_BYTES));
        }
        Ok(Self { bytes: found.len(), modified: found.modified().ok() })
    }
}

/// The bytes of a file whose stamp was taken.
pub(crate) fn read(path: &Path) -> Result<Vec<u8>, Unreadable> {
    let mut text = Vec::new();
    let file = File::open(path).map_err(Unreadable::Failed)?;
    file.take(FILE_BYTES).read_to_end(&mut text).map_err(Unreadable::Failed)?;
    Ok(text)
}
