//! The zip file: one folder; on disk for its owner alone, there as a whole or not at all.

use std::{
    fs,
    io::{self, Cursor, Write as _},
    path::Path,
};

use ring::digest;
use zip::{CompressionMethod, ZipWriter, write::SimpleFileOptions};

/// A zip file of `files` below `folder`, as bytes.
pub(super) fn pack(folder: &str, files: &[(String, Vec<u8>)]) -> io::Result<Vec<u8>> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    let each =
        SimpleFileOptions::default().compression_method(CompressionMethod::Deflated).unix_permissions(0o600);
    for (name, bytes) in files {
        zip.start_file(format!("{folder}/{name}"), each)?;
        zip.write_all(bytes)?;
    }
    Ok(zip.finish()?.into_inner())
}

/// Writes `zip` to `path`, replacing what is there.
pub(super) fn write(path: &Path, zip: &[u8]) -> io::Result<()> {
    let mut name = path.file_name().ok_or(io::ErrorKind::InvalidInput)?.to_owned();
    name.push(".new");
    let scratch = path.with_file_name(name);
    // A leftover of a crash would carry its own permissions.
    let _ = fs::remove_file(&scratch);
    let written = create(&scratch, zip).and_then(|()| fs::rename(&scratch, path));
    if written.is_err() {
        let _ = fs::remove_file(&scratch);
    }
    written
}

fn create(scratch: &Path, zip: &[u8]) -> io::Result<()> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(scratch)?;
    file.write_all(zip)?;
    file.sync_all()
}

/// SHA-256 in hexadecimal digits.
pub(super) fn sha256(bytes: &[u8]) -> String {
    digest::digest(&digest::SHA256, bytes).as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}
