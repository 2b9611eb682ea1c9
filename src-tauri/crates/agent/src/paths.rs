//! Where Linekeeper's files live, and making sure the folders exist and are private.
//!
//! Knows names and modes. Must not open, read or write the files themselves.

use std::{
    collections::{BTreeMap, btree_map},
    fmt, fs, io,
    ops::Deref,
    path::{Path, PathBuf},
};

use model::{ErrorCode, Problem};

/// Environment variables by name. Passed in, so that nothing in this crate reads the process's own. Some are secrets: `Debug` prints names.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Environment(BTreeMap<String, String>);

impl Environment {
    /// No variables.
    #[must_use]
    pub const fn new() -> Self {
        Self(BTreeMap::new())
    }
}

impl fmt::Debug for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

impl Deref for Environment {
    type Target = BTreeMap<String, String>;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl IntoIterator for Environment {
    type Item = (String, String);
    type IntoIter = btree_map::IntoIter<String, String>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl FromIterator<(String, String)> for Environment {
    fn from_iter<T: IntoIterator<Item = (String, String)>>(variables: T) -> Self {
        Self(variables.into_iter().collect())
    }
}

impl<const N: usize> From<[(String, String); N]> for Environment {
    fn from(variables: [(String, String); N]) -> Self {
        Self(variables.into())
    }
}

/// The places of one Linekeeper.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Paths {
    /// The configuration file; it need not exist and is never written.
    pub config_file: PathBuf,
    /// Offline buffer, history, `agent.lock`.
    pub data: PathBuf,
    /// Log files.
    pub logs: PathBuf,
    /// `gateway.json`; gone after a restart of the computer where the platform has such a folder.
    pub runtime: PathBuf,
}

/// The places could not be found or made.
#[derive(Debug, thiserror::Error)]
pub enum PathsError {
    /// The account has no home folder.
    #[error("no home folder was found: set HOME, or set LINEKEEPER_HOME to a folder for Linekeeper's files")]
    NoHome,
    /// A folder could not be created or made private.
    #[error("the folder {} cannot be used: {source}", folder.display())]
    Folder {
        /// The folder.
        folder: PathBuf,
        /// Why.
        source: io::Error,
    },
}

impl PathsError {
    /// Stable code.
    pub fn code(&self) -> ErrorCode {
        ErrorCode::NoHome
    }

    /// The error as it stands in a snapshot.
    pub fn problem(&self) -> Problem {
        let code = self.code();
        Problem { code, message: code.plain().to_owned(), detail: self.to_string(), endpoint: None }
    }
}

impl Paths {
    /// The places for this environment: `LINEKEEPER_HOME` moves all of them, `config_file` (the command line's)
    /// and then `LINEKEEPER_CONFIG` move the configuration file alone. Otherwise the platform's own.
    pub fn find(environment: &Environment, config_file: Option<&Path>) -> Result<Self, PathsError> {
        let set = |name: &str| environment.get(name).filter(|value| !value.is_empty());
        let mut paths = match set("LINEKEEPER_HOME") {
            Some(home) => Self::under(home),
            None => Self::of_platform(directories::ProjectDirs::from("", "", "linekeeper").as_ref())?,
        };
        if let Some(file) = config_file.or(set("LINEKEEPER_CONFIG").map(Path::new)) {
            paths.config_file = file.to_owned();
        }
        Ok(paths)
    }

    /// Everything under one folder, as with `LINEKEEPER_HOME`.
    pub fn under(home: impl AsRef<Path>) -> Self {
        let home = home.as_ref();
        Self {
            config_file: home.join("config.json"),
            data: home.join("data"),
            logs: home.join("logs"),
            runtime: home.join("run"),
        }
    }

    fn of_platform(platform: Option<&directories::ProjectDirs>) -> Result<Self, PathsError> {
        let platform = platform.ok_or(PathsError::NoHome)?;
        let data = platform.data_local_dir().to_owned();
        Ok(Self {
            config_file: platform.config_dir().join("config.json"),
            logs: platform.state_dir().unwrap_or(&data).join("logs"),
            runtime: platform
                .runtime_dir()
                .filter(|folder| folder.parent().is_some_and(is_ours))
                .map_or_else(|| data.join("run"), Path::to_owned),
            data,
        })
    }

    /// The administrator's file, which outranks the user's: `/etc/linekeeper/config.json` or the platform's
    /// equivalent.
    pub fn managed_file(environment: &Environment) -> PathBuf {
        if cfg!(windows) {
            let common = environment.get("PROGRAMDATA").map_or(r"C:\ProgramData", String::as_str);
            Path::new(common).join("linekeeper").join("config.json")
        } else if cfg!(target_os = "macos") {
            PathBuf::from("/Library/Application Support/linekeeper/config.json")
        } else {
            PathBuf::from("/etc/linekeeper/config.json")
        }
    }

    /// Creates the data, log and runtime folders, for the owner alone, and tightens those that exist and are
    /// ours. The configuration's folder is left as it is: it may be anybody's.
    pub fn ensure(&self) -> Result<(), PathsError> {
        for folder in [&self.data, &self.logs, &self.runtime] {
            private_folder(folder).map_err(|source| PathsError::Folder { folder: folder.clone(), source })?;
        }
        Ok(())
    }
}

/// Whether a folder exists and belongs to this account. `XDG_RUNTIME_DIR` is often left over from another one, by
/// `su` or `sudo`, and its specification asks for exactly this.
#[cfg(unix)]
fn is_ours(folder: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;

    fs::metadata(folder)
        .is_ok_and(|metadata| metadata.is_dir() && metadata.uid() == rustix::process::geteuid().as_raw())
}

#[cfg(not(unix))]
fn is_ours(folder: &Path) -> bool {
    folder.is_dir()
}

/// Makes a folder for the owner alone, with its parents, or tightens one that is ours.
#[cfg(unix)]
pub(crate) fn private_folder(folder: &Path) -> io::Result<()> {
    use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt};

    fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    let metadata = fs::metadata(folder)?;
    let ours = metadata.uid() == rustix::process::geteuid().as_raw();
    if ours && metadata.permissions().mode() & 0o777 != 0o700 {
        fs::set_permissions(folder, fs::Permissions::from_mode(0o700))?;
    }
    Ok(())
}

/// Elsewhere a new folder inherits the profile's access list, which is the owner's alone.
#[cfg(not(unix))]
pub(crate) fn private_folder(folder: &Path) -> io::Result<()> {
    fs::create_dir_all(folder)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment(pairs: &[(&str, &str)]) -> Environment {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn a_variable_is_printed_without_its_value() {
        let environment = environment(&[("FEED_TOKEN", "canary")]);
        assert_eq!(format!("{environment:?}"), "{\"FEED_TOKEN\"}");
    }

    #[test]
    fn linekeeper_home_moves_every_place() {
        let paths = Paths::find(&environment(&[("LINEKEEPER_HOME", "/srv/lk")]), None).unwrap();
        assert_eq!(paths, Paths::under("/srv/lk"));
        assert_eq!(paths.config_file, Path::new("/srv/lk/config.json"));
        assert_eq!(paths.data, Path::new("/srv/lk/data"));
        assert_eq!(paths.logs, Path::new("/srv/lk/logs"));
        assert_eq!(paths.runtime, Path::new("/srv/lk/run"));
    }

    #[test]
    fn an_explicit_file_beats_the_environments_and_moves_nothing_else() {
        let set = environment(&[("LINEKEEPER_HOME", "/srv/lk"), ("LINEKEEPER_CONFIG", "/srv/other.json")]);
        assert_eq!(Paths::find(&set, None).unwrap().config_file, Path::new("/srv/other.json"));
        let paths = Paths::find(&set, Some(Path::new("mine.json"))).unwrap();
        assert_eq!(paths.config_file, Path::new("mine.json"));
        assert_eq!(paths.data, Path::new("/srv/lk/data"));
    }

    #[test]
    fn an_empty_variable_counts_as_not_set() {
        let paths =
            Paths::find(&environment(&[("LINEKEEPER_HOME", "/h"), ("LINEKEEPER_CONFIG", "")]), None).unwrap();
        assert_eq!(paths.config_file, Path::new("/h/config.json"));
    }

    #[test]
    fn without_any_home_the_error_says_what_to_set() {
        let error = Paths::of_platform(None).unwrap_err();
        assert_eq!(error.code(), ErrorCode::NoHome);
        let detail = error.problem().detail;
        assert!(detail.contains("HOME") && detail.contains("LINEKEEPER_HOME"), "{detail}");
    }

    #[test]
    fn the_platforms_places_carry_the_applications_name() {
        let Ok(paths) = Paths::find(&Environment::new(), None) else {
            // An account without a home: the error is tested above.
            return;
        };
        for place in [&paths.config_file, &paths.data, &paths.logs, &paths.runtime] {
            let named = place.iter().any(|part| part == "linekeeper");
            assert!(named && place.is_absolute(), "{}", place.display());
        }
        assert!(paths.config_file.ends_with("config.json"));
    }

    #[cfg(unix)]
    #[test]
    fn a_runtime_folder_of_another_account_or_none_at_all_is_not_ours() {
        let root = tempfile::tempdir().unwrap();
        assert!(is_ours(root.path()));
        assert!(!is_ours(&root.path().join("missing")));
        let file = root.path().join("file");
        fs::write(&file, "").unwrap();
        assert!(!is_ours(&file));
        let uid = rustix::process::geteuid().as_raw();
        assert_eq!(is_ours(Path::new("/")), uid == 0, "the root folder belongs to root");
    }

    #[cfg(unix)]
    fn mode(path: &Path) -> u32 {
        use std::os::unix::fs::PermissionsExt;
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    #[cfg(unix)]
    #[test]
    fn folders_are_made_for_the_owner_alone_and_loose_ones_are_tightened() {
        use std::os::unix::fs::PermissionsExt;

        let root = tempfile::tempdir().unwrap();
        let paths = Paths::under(root.path().join("home"));
        fs::create_dir_all(&paths.data).unwrap();
        fs::set_permissions(&paths.data, fs::Permissions::from_mode(0o755)).unwrap();
        paths.ensure().unwrap();
        for folder in [&paths.data, &paths.logs, &paths.runtime] {
            assert_eq!(mode(folder), 0o700, "{}", folder.display());
        }
        paths.ensure().unwrap();
    }

    #[test]
    fn a_folder_that_cannot_be_made_is_named() {
        let root = tempfile::tempdir().unwrap();
        let file = root.path().join("file");
        fs::write(&file, "").unwrap();
        let error = Paths::under(&file).ensure().unwrap_err();
        assert!(error.to_string().contains(&file.join("data").display().to_string()), "{error}");
    }
}
