//! The newest log lines. Redacted before they are cut, so that no cut leaves half a secret.

use std::{
    fs::{self, File},
    io::{self, Read as _, Seek as _, SeekFrom},
    path::Path,
    time::SystemTime,
};

use jiff::Timestamp;

use super::{BundleFile, redacted};
use crate::redact::Redactor;

/// Newest files that are taken.
const FILES: usize = 5;
/// Bytes of each, after redaction.
const BYTES: usize = 256 * 1024;
/// Bytes of each of the newest two where a problem was recorded: the log says far more then.
const RECORDED: usize = 1024 * 1024;
/// Files that a recording can reach over, with midnight between them.
const RECORDED_FILES: usize = 2;

/// Log files, and what was refused and why.
pub(super) struct Found {
    pub(super) files: Vec<BundleFile>,
    pub(super) refused: Vec<(String, String)>,
}

/// The newest regular files of `folder`, more of those that were written since a recording began. Links and everything
/// else are refused and named: a link can lead anywhere.
pub(super) fn collect(folder: &Path, recorded: Option<Timestamp>, redactor: &Redactor) -> Found {
    let mut found = Found { files: Vec::new(), refused: Vec::new() };
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) => {
            found.refused.push(("log".to_owned(), format!("the folder cannot be read: {error}")));
            return found;
        }
    };
    let mut regular = Vec::new();
    for entry in entries.flatten() {
        let name = tame(redactor, &entry.file_name().to_string_lossy());
        match entry.path().symlink_metadata() {
            Ok(about) if about.is_file() => regular.push((about.modified().ok(), name, entry.path())),
            Ok(about) if about.is_dir() => {}
            Ok(_) => found.refused.push((format!("log/{name}"), "not a regular file".to_owned())),
            Err(error) => found.refused.push((format!("log/{name}"), error.to_string())),
        }
    }
    regular.sort();
    let recorded = recorded.map(SystemTime::from);
    for (number, (modified, name, path)) in regular.into_iter().rev().take(FILES).enumerate() {
        // Names that were different may be one without what was taken out of them.
        let taken = found.files.iter().any(|file| file.name == format!("log/{name}"));
        let name = if taken { format!("{number}-{name}") } else { name };
        let most = match recorded {
            Some(began) if number < RECORDED_FILES && modified >= Some(began) => RECORDED,
            _ => BYTES,
        };
        match newest(&path, most) {
            Ok(text) => {
                let mut file = redacted(redactor, &format!("log/{name}"), &text);
                file.text = tail(&file.text, most).to_owned();
                found.files.push(file);
            }
            // In its place, so that what is missing is explained where it is looked for.
            Err(error) => {
                found.files.push(redacted(
                    redactor,
                    &format!("log/{name}"),
                    &format!("cannot be read: {error}\n"),
                ));
            }
        }
    }
    found
}

/// A file's name as it may stand in a bundle: anybody may have put it there, and unpacking must not lead elsewhere.
fn tame(redactor: &Redactor, name: &str) -> String {
    let tame = |one: char| if one.is_control() || ['/', '\\', ':'].contains(&one) { '_' } else { one };
    dial::one_line(&redactor.text(name).chars().map(tame).collect::<String>(), 120)
}

/// The end of a file, from the beginning of a line: twice what is wanted, as room for what redaction takes out.
fn newest(path: &Path, most: usize) -> io::Result<String> {
    let read = 2 * most as u64;
    let mut file = open(path)?;
    // Looked at again on what was opened: between the two looks it may have been swapped.
    let about = file.metadata()?;
    if !about.is_file() {
        return Err(io::Error::other("not a regular file"));
    }
    let from = about.len().saturating_sub(read);
    file.seek(SeekFrom::Start(from))?;
    let mut bytes = Vec::new();
    file.take(read).read_to_end(&mut bytes)?;
    let text = String::from_utf8_lossy(&bytes).into_owned();
    if from == 0 {
        return Ok(text);
    }
    Ok(text.split_once('\n').map(|(_, whole)| whole.to_owned()).unwrap_or_default())
}

fn open(path: &Path) -> io::Result<File> {
    let mut options = fs::OpenOptions::new();
    options.read(true);
    #[cfg(unix)]
    {
        let flags = rustix::fs::OFlags::NOFOLLOW | rustix::fs::OFlags::NONBLOCK;
        std::os::unix::fs::OpenOptionsExt::custom_flags(&mut options, flags.bits().cast_signed());
    }
    options.open(path)
}

/// At most `most` bytes of the end, from the beginning of a line.
fn tail(text: &str, most: usize) -> &str {
    if text.len() <= most {
        return text;
    }
    let mut from = text.len() - most;
    while !text.is_char_boundary(from) {
        from += 1;
    }
    text[from..].split_once('\n').map_or("", |(_, whole)| whole)
}
