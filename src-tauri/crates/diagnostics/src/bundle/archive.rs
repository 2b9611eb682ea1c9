//! The zip file on disk: one folder, for its owner alone, there as a whole or not at all.

use std::{
    fs,
    io::{self, Write as _},
    path::Path,
};

use ring::digest;
use zip::{CompressionMethod, ZipWriter, write::SimpleFileOptions};

/// Writes `files` below `folder` into a new zip file at `path`, replacing one that is there.
pub(super) fn write(path: &Path, folder: &str, files: &[(String, Vec<u8>)]) -> io::Result<()> {
    let mut name = path.file_name().ok_or(io::ErrorKind::InvalidInput)?.to_owned();
    name.push(".new");
    let scratch = path.with_file_name(name);
    // A leftover of a crash would carry its own permissions.
    let _ = fs::remove_file(&scratch);
    let written = pack(&scratch, folder, files).and_then(|()| fs::rename(&scratch, path));
    if written.is_err() {
        let _ = fs::remove_file(&scratch);
    }
    written
}

fn pack(scratch: &Path, folder: &str, files: &[(String, Vec<u8>)]) -> io::Result<()> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut zip = ZipWriter::new(options.open(scratch)?);
    let each =
        SimpleFileOptions::default().compression_method(CompressionMethod::Deflated).unix_permissions(0o600);
    for (name, bytes) in files {
        zip.start_file(format!("{folder}/{name}"), each)?;
        zip.write_all(bytes)?;
    }
    zip.finish()?.sync_all()
}

/// SHA-256 in hexadecimal digits.
pub(super) fn sha256(bytes: &[u8]) -> String {
    digest::digest(&digest::SHA256, bytes).as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}
