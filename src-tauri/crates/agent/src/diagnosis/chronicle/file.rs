//! `data/chronicle.jsonl`: lines that are only ever added, until too many or too old ones are let go.
//!
//! A file of its own and no table of `diagnostics.sqlite`: that one is opened when somebody makes a check, may be held by
//! a command line, and a change of it costs two pages and a journal. This one is written by one agent all day long, often
//! while everything else goes wrong; a line appended in one call is cheap, whole after a crash, and neither file can damage
//! the other.

use std::{
    collections::HashMap,
    fs::{self, File, Metadata, OpenOptions},
    io::{self, Read as _, Seek as _, SeekFrom, Write as _},
    path::{Path, PathBuf},
};

use jiff::{SignedDuration, Timestamp};
use model::EndpointId;
use serde_json::{Map, Value};

use super::entry::Entry;
use crate::private_file;

/// Name of the file in the data folder.
const FILE: &str = "chronicle.jsonl";
/// Where a damaged one is kept; an earlier one makes room, so that damage does not fill the disk.
const ASIDE: &str = "chronicle.damaged.jsonl";
/// Entries are kept this long.
const AGE: SignedDuration = SignedDuration::from_hours(7 * 24);
/// Entries that are kept, the newest.
pub(super) const MOST: usize = 5_000;
/// Entries of one endpoint that are kept: one that flaps must not push out all others.
const MOST_OF_ONE: usize = 1_000;
/// Bytes that are read, from the end. Twice the most lines there can be.
const READ: u64 = 4 << 20;

/// The file of one home.
#[derive(Clone, Debug)]
pub(crate) struct ChronicleFile {
    path: PathBuf,
}

/// What the file says.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Told {
    /// Within the bounds, the oldest first.
    pub(crate) entries: Vec<Entry>,
    /// Some of it is no line of anybody's program.
    pub(crate) damaged: bool,
    /// It holds more than these entries, or others may read it.
    untidy: bool,
}

/// What tidying came to.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Tidied {
    /// Lines there are now.
    pub(super) lines: usize,
    /// Where a damaged file went.
    pub(super) aside: Option<PathBuf>,
}

impl ChronicleFile {
    pub(crate) fn of(data: &Path) -> Self {
        Self { path: data.join(FILE) }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// What happened within the bounds. A file that is missing says nothing.
    ///
    /// # Errors
    ///
    /// It cannot be read.
    pub(crate) fn read(&self, now: Timestamp) -> io::Result<Told> {
        // Looked at before it is opened: opening a pipe would wait for a writer, and a link leads anywhere.
        let about = match fs::symlink_metadata(&self.path) {
            Ok(about) => about,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Told::default()),
            Err(error) => return Err(error),
        };
        if !about.is_file() {
            return Ok(Told { damaged: true, untidy: true, ..Told::default() });
        }
        let mut file = File::open(&self.path)?;
        let from = about.len().saturating_sub(READ);
        file.seek(SeekFrom::Start(from))?;
        let mut bytes = Vec::new();
        file.take(READ).read_to_end(&mut bytes)?;
        let mut told = understand(&bytes, from > 0, now);
        told.untidy |= from > 0 || told.damaged || others_may_read(&about);
        Ok(told)
    }

    /// Adds lines, all or none.
    pub(super) fn append(&self, lines: &[u8]) -> io::Result<()> {
        let mut file = open_private(&self.path)?;
        let size = file.metadata()?.len();
        let mut last = *b"\n";
        if size > 0 {
            file.seek(SeekFrom::End(-1))?;
            file.read_exact(&mut last)?;
        }
        // Whoever was killed in the middle of a line must not spoil the next one.
        let lines = if last == *b"\n" { lines.to_vec() } else { [b"\n", lines].concat() };
        let written = file.write_all(&lines);
        if written.is_err() {
            let _ = file.set_len(size);
        }
        written
    }

    /// Lets go what is out of the bounds, and sets a damaged file aside; what can be read of it goes on.
    pub(super) fn tidy(&self, now: Timestamp) -> io::Result<Tidied> {
        let told = self.read(now)?;
        let lines = told.entries.len();
        let mut aside = None;
        if told.damaged {
            let to = self.path.with_file_name(ASIDE);
            fs::rename(&self.path, &to)?;
            aside = Some(to);
        }
        if told.untidy {
            private_file::replace(&self.path, &told.entries.iter().flat_map(line).collect::<Vec<u8>>())?;
        }
        Ok(Tidied { lines, aside })
    }
}

/// An entry as it is written.
pub(super) fn line(entry: &Entry) -> Vec<u8> {
    // There is no entry that cannot be JSON.
    let mut line = serde_json::to_vec(entry).unwrap_or_default();
    line.push(b'\n');
    line
}

fn understand(bytes: &[u8], cut: bool, now: Timestamp) -> Told {
    let text = String::from_utf8_lossy(bytes);
    let text = if cut { text.split_once('\n').map_or("", |(_, whole)| whole) } else { &text };
    let (mut entries, mut damaged, mut untidy) = (Vec::new(), false, false);
    for line in text.split_inclusive('\n') {
        let Some(line) = line.strip_suffix('\n') else {
            // Being written at this moment, or torn by a crash.
            untidy = true;
            continue;
        };
        match serde_json::from_str::<Map<String, Value>>(line) {
            // Of another version's shape: passed over.
            Ok(object) => match serde_json::from_value(Value::Object(object)) {
                Ok(entry) => entries.push(entry),
                Err(_) => untidy = true,
            },
            Err(_) => damaged = true,
        }
    }
    let read = entries.len();
    let entries = within_bounds(entries, now);
    untidy |= entries.len() < read;
    Told { entries, damaged, untidy }
}

/// The newest, and none that is too old, or from a time when the clock was wrong.
fn within_bounds(entries: Vec<Entry>, now: Timestamp) -> Vec<Entry> {
    let mut of_one: HashMap<EndpointId, usize> = HashMap::new();
    let mut kept: Vec<Entry> = entries
        .into_iter()
        .rev()
        .filter(|entry| now.duration_since(entry.at()).abs() <= AGE)
        .filter(|entry| {
            let Some(endpoint) = entry.endpoint() else { return true };
            let count = of_one.entry(endpoint.clone()).or_default();
            *count += 1;
            *count <= MOST_OF_ONE
        })
        .take(MOST)
        .collect();
    kept.reverse();
    kept
}

fn open_private(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).append(true).create(true);
    #[cfg(unix)]
    {
        let flags = rustix::fs::OFlags::NOFOLLOW | rustix::fs::OFlags::NONBLOCK;
        std::os::unix::fs::OpenOptionsExt::custom_flags(&mut options, flags.bits().cast_signed());
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    }
    options.open(path)
}

#[cfg(unix)]
fn others_may_read(about: &Metadata) -> bool {
    std::os::unix::fs::PermissionsExt::mode(&about.permissions()) & 0o077 != 0
}

#[cfg(not(unix))]
fn others_may_read(_: &Metadata) -> bool {
    false
}
