//! The folder of a buffer: who owns it, its files, the disk beneath it, and where damaged files go.

mod ballast;
mod network;
mod quarantine;

use std::{
    fs::{self, File, OpenOptions, TryLockError},
    io::{self, Read, Seek, Write},
    path::{Path, PathBuf},
};

pub(crate) use quarantine::{Reason, copy_evidence, keeps_something, move_evidence};

use crate::{
    error::{Fault, OpenError},
    options::DiskRules,
};

/// The database.
const DATABASE: &str = "outbox.db";
/// Being built; worthless after a crash.
const BUILDING: &str = "outbox.building";
/// Complete and flushed; takes the database's place.
const READY: &str = "outbox.ready";
const LOCK: &str = "LOCK";

/// A folder that belongs to this process as long as the value lives.
#[derive(Debug)]
pub(crate) struct Folder {
    path: PathBuf,
    // Held for its lock. `None` when the disk did not let us make it: then nothing is written either.
    lock: Option<File>,
    seen: Option<Identity>,
}

/// Tells a file from another one at the same path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Identity(u64, u64);

impl Folder {
    /// Makes the folder where needed and takes it. A lock whose owner died is free at once: the system gives it
    /// back, no process number is guessed.
    pub(crate) fn claim(path: &Path) -> Result<(Self, Option<Fault>), OpenError> {
        if let Some(kind) = network::kind(path) {
            return Err(OpenError::Network { folder: path.to_owned(), kind });
        }
        let mut folder = Self { path: path.to_owned(), lock: None, seen: None };
        let trouble = folder.lock()?;
        Ok((folder, trouble))
    }

    /// Takes the lock where that failed before; why it failed again.
    pub(crate) fn lock(&mut self) -> Result<Option<Fault>, OpenError> {
        if self.lock.is_some() {
            return Ok(None);
        }
        let opened = make_private(&self.path).and_then(|()| {
            private(OpenOptions::new().read(true).write(true).create(true)).open(self.file(LOCK))
        });
        let mut file = match opened {
            Ok(file) => file,
            Err(error) => return Ok(Some(error.into())),
        };
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut text = String::new();
                let pid = file.read_to_string(&mut text).ok().and_then(|_| text.trim().parse().ok());
                return Err(OpenError::Owned { folder: self.path.clone(), pid });
            }
            Err(TryLockError::Error(error)) => return Ok(Some(error.into())),
        }
        // For people; nothing reads it to decide.
        let noted = file
            .set_len(0)
            .and_then(|()| file.rewind())
            .and_then(|()| file.write_all(std::process::id().to_string().as_bytes()));
        if let Err(error) = noted {
            tracing::debug!(%error, "the owner's number was not written");
        }
        self.lock = Some(file);
        self.drop_probe();
        Ok(None)
    }

    /// Makes the folder and takes its lock anew where they are gone or never were.
    pub(crate) fn restore(&mut self) -> Result<(), Fault> {
        if self.lock.is_some() && !self.file(LOCK).exists() {
            self.lock = None;
        }
        match self.lock() {
            Ok(None) => Ok(()),
            Ok(Some(fault)) => Err(fault),
            Err(owned) => Err(io::Error::new(io::ErrorKind::PermissionDenied, owned).into()),
        }
    }

    /// Gives the folder back.
    pub(crate) fn leave(&mut self) {
        self.lock = None;
    }

    fn file(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    pub(crate) fn database(&self) -> PathBuf {
        self.file(DATABASE)
    }

    /// The file of a newer layout, set aside until a program that knows it comes back.
    pub(crate) fn aside(&self, version: i64) -> PathBuf {
        self.file(&format!("outbox.v{version}.db"))
    }

    /// The copy made before a migration.
    pub(crate) fn backup(&self, version: i64) -> PathBuf {
        self.file(&format!("outbox.before-v{version}.db"))
    }

    /// A place to build a new file in, empty.
    pub(crate) fn building(&self) -> Result<PathBuf, Fault> {
        let path = self.file(BUILDING);
        remove_database(&path)?;
        Ok(path)
    }

    /// The new file is complete and closed: from here on it counts, whatever happens to the old one.
    pub(crate) fn built(&self) -> Result<(), Fault> {
        File::open(self.file(BUILDING))?.sync_all()?;
        fs::rename(self.file(BUILDING), self.file(READY))?;
        self.sync()
    }

    /// Puts a complete new file in the old one's place; the old one goes to quarantine. Also finishes what a
    /// crash interrupted. Where the old one went, when there was a new one.
    pub(crate) fn swap(&self, reason: Reason, at_ms: i64) -> Result<Option<PathBuf>, Fault> {
        if !self.file(READY).exists() {
            remove_database(&self.file(BUILDING))?;
            return Ok(None);
        }
        let evidence = move_evidence(self, &self.database(), reason, at_ms)?;
        fs::rename(self.file(READY), self.database())?;
        self.sync()?;
        Ok(Some(evidence))
    }

    /// Makes an empty private file before SQLite opens it; its log inherits the mode.
    pub(crate) fn touch(&mut self, path: &Path) -> Result<(), Fault> {
        private(OpenOptions::new().append(true).create(true)).open(path)?;
        self.sync()
    }

    /// Flushes the folder itself: names of files survive a power cut only then.
    pub(crate) fn sync(&self) -> Result<(), Fault> {
        #[cfg(unix)]
        File::open(&self.path)?.sync_all()?;
        Ok(())
    }

    /// Remembers which file the database is.
    pub(crate) fn look(&mut self) {
        self.seen = identity(&self.database());
    }

    /// Whether the database at its path is still the one that was opened.
    pub(crate) fn unchanged(&self) -> bool {
        self.seen.is_none() || identity(&self.database()) == self.seen
    }

    /// Bytes of the database and of its log.
    pub(crate) fn sizes(&self) -> (u64, u64) {
        let size = |path: &Path| fs::metadata(path).map_or(0, |data| data.len());
        (size(&self.database()), size(&wal_of(&self.database())))
    }

    /// Free bytes for us, where the system tells.
    pub(crate) fn free_bytes(&self) -> Option<u64> {
        fs4::available_space(&self.path).ok()
    }

    /// Free bytes below which nothing new is taken.
    pub(crate) fn reserve(&self, rules: &DiskRules) -> u64 {
        rules.reserve(fs4::total_space(&self.path).unwrap_or(0))
    }
}

/// The log beside a database.
pub(crate) fn wal_of(database: &Path) -> PathBuf {
    let mut name = database.as_os_str().to_owned();
    name.push("-wal");
    name.into()
}

/// Removes a database and its log, if they are there.
pub(crate) fn remove_database(path: &Path) -> Result<(), Fault> {
    for file in [path.to_owned(), wal_of(path)] {
        match fs::remove_file(file) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

/// Moves a database and its log. The log first: a log without its database is evidence, a database without its
/// log is silent loss.
pub(crate) fn move_database(from: &Path, to: &Path) -> Result<(), Fault> {
    if wal_of(from).exists() {
        fs::rename(wal_of(from), wal_of(to))?;
    }
    if from.exists() {
        fs::rename(from, to)?;
    }
    Ok(())
}

/// Makes a folder only its owner can enter.
fn make_private(path: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

/// Files only their owner can read.
fn private(options: &mut OpenOptions) -> &mut OpenOptions {
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(options, 0o600);
    options
}

#[cfg(unix)]
fn identity(path: &Path) -> Option<Identity> {
    use std::os::unix::fs::MetadataExt;
    fs::metadata(path).ok().map(|data| Identity(data.dev(), data.ino()))
}

/// An open file cannot be replaced there.
#[cfg(not(unix))]
fn identity(path: &Path) -> Option<Identity> {
    fs::metadata(path).ok().map(|_| Identity(0, 0))
}
