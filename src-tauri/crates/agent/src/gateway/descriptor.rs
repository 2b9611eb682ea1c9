//! `run/gateway.json`: how programs of the same user find the gateway and prove that they may use it.
//!
//! Readable by its owner alone, replaced atomically, gone when the agent is.

use std::{
    fmt, fs, io,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

use crate::private_file;

/// What the file says.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GatewayFile {
    /// Where the gateway listens, without a slash at the end.
    pub url: String,
    /// The bearer token.
    pub token: String,
    /// The agent's process id.
    pub pid: u32,
    /// The agent's version.
    pub version: String,
}

impl GatewayFile {
    /// Where the file is, given the runtime folder.
    pub fn path(runtime: &Path) -> PathBuf {
        runtime.join("gateway.json")
    }

    /// Reads it; `None` when there is none. A file that is not as written is an error of kind `InvalidData`, one that
    /// ends too early of kind `UnexpectedEof`.
    pub fn read(runtime: &Path) -> io::Result<Option<Self>> {
        match fs::read(Self::path(runtime)) {
            Ok(bytes) => serde_json::from_slice(&bytes).map(Some).map_err(io::Error::from),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The web UI's address with the token in the fragment, which browsers never send.
    pub fn ui_link(&self) -> String {
        format!("{}/#token={}", self.url, self.token)
    }
}

impl fmt::Debug for GatewayFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GatewayFile").field("url", &self.url).field("pid", &self.pid).finish_non_exhaustive()
    }
}

/// The file while the gateway runs; dropping this takes the file away.
#[derive(Debug)]
pub(super) struct Published {
    runtime: PathBuf,
    file: GatewayFile,
}

impl Published {
    pub(super) fn write(runtime: &Path, file: GatewayFile) -> io::Result<Self> {
        let mut json = serde_json::to_vec(&file)?;
        json.push(b'\n');
        private_file::replace(&GatewayFile::path(runtime), &json)?;
        Ok(Self { runtime: runtime.to_owned(), file })
    }
}

/// Removes what an agent left behind that did not end by itself. Only the owner of the home may do this.
pub(crate) fn forget_stale(runtime: &Path) {
    let _ = fs::remove_file(GatewayFile::path(runtime));
}

impl Drop for Published {
    fn drop(&mut self) {
        // Another agent may have written its own by now.
        if matches!(GatewayFile::read(&self.runtime), Ok(Some(found)) if found == self.file) {
            let _ = fs::remove_file(GatewayFile::path(&self.runtime));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(token: &str) -> GatewayFile {
        GatewayFile {
            url: "http://127.0.0.1:7878".to_owned(),
            token: token.to_owned(),
            pid: 1,
            version: "0.1.0".to_owned(),
        }
    }

    #[test]
    fn the_file_is_private_and_leaves_with_its_owner() {
        let folder = tempfile::tempdir().unwrap();
        let published = Published::write(folder.path(), file("secret")).unwrap();
        assert_eq!(GatewayFile::read(folder.path()).unwrap(), Some(file("secret")));
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "no scratch file stays");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let mode = fs::metadata(GatewayFile::path(folder.path())).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
        drop(published);
        assert_eq!(GatewayFile::read(folder.path()).unwrap(), None);
    }

    #[test]
    fn an_old_owner_does_not_take_away_the_file_of_a_new_one() {
        let folder = tempfile::tempdir().unwrap();
        let old = Published::write(folder.path(), file("old")).unwrap();
        let _new = Published::write(folder.path(), file("new")).unwrap();
        drop(old);
        assert_eq!(GatewayFile::read(folder.path()).unwrap(), Some(file("new")));
    }

    #[test]
    fn a_damaged_file_is_an_error_and_the_token_is_never_printed() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(GatewayFile::path(folder.path()), "{").unwrap();
        assert_eq!(GatewayFile::read(folder.path()).unwrap_err().kind(), io::ErrorKind::UnexpectedEof);
        assert!(!format!("{:?}", file("secret")).contains("secret"));
    }
}
