//! Files that their owner alone may read, replaced as a whole. Knows nothing of what stands in them.

use std::{
    fs,
    io::{self, Write as _},
    path::Path,
};

/// Replaces the file or makes it; a crash leaves the old one or the new one. Two writers of one file at once are not
/// meant to be: an agent has its home for itself.
pub(crate) fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".new");
    let scratch = path.with_file_name(name);
    // A leftover of a crash would carry its own permissions.
    let _ = fs::remove_file(&scratch);
    let written = create(&scratch).and_then(|mut file| {
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&scratch, path)
    });
    if written.is_err() {
        let _ = fs::remove_file(&scratch);
    }
    written
}

fn create(path: &Path) -> io::Result<fs::File> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}
