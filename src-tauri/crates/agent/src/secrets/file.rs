//! Reads a secret from a file: bounded, and with an eye on who else can read it.

use std::{
    fs::{self, File},
    io::{self, Read as _},
    path::Path,
};

use secrecy::{SecretString, zeroize::Zeroizing};

/// Largest file taken: a token is never that long, and a wrong path may lead anywhere.
pub(super) const MAX_BYTES: u64 = 64 << 10;

/// What a file holds.
#[derive(Clone, Debug)]
pub(super) struct Found {
    pub(super) secret: SecretString,
    /// Other people of this computer may read it too.
    pub(super) exposed: bool,
}

/// Reads a file. The error continues a sentence that begins with its name.
pub(super) fn read(path: &Path) -> Result<Found, String> {
    // Opening a pipe or a device may wait for ever, so what it is comes first.
    let metadata = fs::metadata(path).map_err(in_words)?;
    if metadata.is_dir() {
        return Err("is a folder".to_owned());
    }
    if !metadata.is_file() {
        return Err("is not a regular file".to_owned());
    }
    let file = File::open(path).map_err(in_words)?;
    let exposed = is_exposed(&file.metadata().map_err(in_words)?);
    let mut bytes =
        Zeroizing::new(Vec::with_capacity(usize::try_from(metadata.len().min(MAX_BYTES)).unwrap_or(0)));
    file.take(MAX_BYTES + 1).read_to_end(&mut bytes).map_err(in_words)?;
    if bytes.len() as u64 > MAX_BYTES {
        return Err(format!("is larger than {} KiB: that is no secret", MAX_BYTES >> 10));
    }
    Ok(Found { secret: text(&bytes)?, exposed })
}

/// Bytes as a secret: text, without the line break that editors and `echo` leave behind.
pub(super) fn text(bytes: &[u8]) -> Result<SecretString, String> {
    let text = std::str::from_utf8(bytes).map_err(|_| "does not hold text in UTF-8".to_owned())?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let line = text.strip_suffix('\n').map_or(text, |line| line.strip_suffix('\r').unwrap_or(line));
    if line.is_empty() { Err("is empty".to_owned()) } else { Ok(line.into()) }
}

fn in_words(error: io::Error) -> String {
    if error.kind() == io::ErrorKind::NotFound {
        "does not exist".to_owned()
    } else {
        format!("cannot be read: {error}")
    }
}

#[cfg(unix)]
fn is_exposed(metadata: &fs::Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt as _;

    metadata.permissions().mode() & 0o044 != 0
}

/// Elsewhere access lists decide, which a mode does not tell.
#[cfg(not(unix))]
fn is_exposed(_: &fs::Metadata) -> bool {
    false
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use secrecy::ExposeSecret as _;

    use super::*;

    fn file(content: impl AsRef<[u8]>) -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("token");
        fs::write(&path, content).unwrap();
        (folder, path)
    }

    #[test]
    fn one_line_break_at_the_end_is_not_part_of_the_secret() {
        for (content, secret) in [
            ("t0ken", "t0ken"),
            ("t0ken\n", "t0ken"),
            ("t0ken\r\n", "t0ken"),
            ("t0ken\n\n", "t0ken\n"),
            (" t0 ken ", " t0 ken "),
            ("\u{feff}t0ken\n", "t0ken"),
        ] {
            let (_folder, path) = file(content);
            assert_eq!(read(&path).unwrap().secret.expose_secret(), secret, "{content:?}");
        }
    }

    #[test]
    fn what_is_no_secret_is_refused_with_the_reason() {
        let (folder, path) = file("");
        assert_eq!(read(&path).unwrap_err(), "is empty");
        assert_eq!(read(folder.path()).unwrap_err(), "is a folder");
        assert_eq!(read(&folder.path().join("missing")).unwrap_err(), "does not exist");
        fs::write(&path, "\n").unwrap();
        assert_eq!(read(&path).unwrap_err(), "is empty");
        fs::write(&path, [0xff, 0xfe]).unwrap();
        assert_eq!(read(&path).unwrap_err(), "does not hold text in UTF-8");
        fs::write(&path, vec![b'x'; 64 << 10]).unwrap();
        assert!(read(&path).is_ok());
        fs::write(&path, vec![b'x'; (64 << 10) + 1]).unwrap();
        assert!(read(&path).unwrap_err().contains("64 KiB"));
    }

    // rustix makes none on macOS.
    #[cfg(target_os = "linux")]
    #[test]
    fn a_pipe_is_refused_and_not_waited_for() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("pipe");
        rustix::fs::mknodat(rustix::fs::CWD, &path, rustix::fs::FileType::Fifo, 0o600.into(), 0).unwrap();
        assert_eq!(read(&path).unwrap_err(), "is not a regular file");
    }

    #[cfg(unix)]
    #[test]
    fn a_file_that_others_can_read_is_told_apart() {
        use std::os::unix::fs::PermissionsExt as _;

        let (_folder, path) = file("t0ken");
        for (mode, exposed) in [(0o600, false), (0o400, false), (0o640, true), (0o604, true), (0o622, false)]
        {
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            assert_eq!(read(&path).unwrap().exposed, exposed, "{mode:o}");
        }
    }
}
