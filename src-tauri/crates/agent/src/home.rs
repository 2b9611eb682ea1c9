//! Ownership of one home: at most one agent works on a data folder.
//!
//! The lock is the operating system's, on an open file, so a crash releases it. The pid in the file is for
//! people; it is never trusted.

use std::{
    fs::{File, OpenOptions, TryLockError},
    io::{self, Read, Seek, Write},
    path::{Path, PathBuf},
};

use model::{ErrorCode, Problem};

use crate::paths::{Paths, PathsError};

/// Name of the lock file in the data folder.
const LOCK_FILE: &str = "agent.lock";

/// The home this process owns until the value is dropped.
#[derive(Debug)]
pub struct Home {
    paths: Paths,
    lock: File,
}

/// The home could not be claimed.
#[derive(Debug, thiserror::Error)]
pub enum HomeError {
    /// Another process owns it.
    #[error(
        "Linekeeper is already running{}; it holds {}",
        pid.map(|pid| format!(" with pid {pid}")).unwrap_or_default(),
        lock.display()
    )]
    AlreadyRunning {
        /// The owner as it wrote itself down; absent in the moment before it has.
        pid: Option<u32>,
        /// The lock file.
        lock: PathBuf,
    },
    /// A folder could not be made.
    #[error(transparent)]
    Folder(#[from] PathsError),
    /// The lock file could not be opened, locked or written.
    #[error("the lock file {} cannot be used: {source}", lock.display())]
    Lock {
        /// The lock file.
        lock: PathBuf,
        /// Why.
        source: io::Error,
    },
}

impl HomeError {
    /// Stable code.
    pub fn code(&self) -> ErrorCode {
        match self {
            Self::AlreadyRunning { .. } => ErrorCode::AlreadyRunning,
            Self::Folder(error) => error.code(),
            Self::Lock { .. } => ErrorCode::NoHome,
        }
    }

    /// The error as it stands in a snapshot.
    pub fn problem(&self) -> Problem {
        let code = self.code();
        Problem { code, message: code.plain().to_owned(), detail: self.to_string(), endpoint: None }
    }
}

impl Home {
    /// Makes the folders and takes the lock, without waiting. The lock file stays when the home is released:
    /// removing it would let two later starts lock two different files.
    pub fn claim(paths: &Paths) -> Result<Self, HomeError> {
        paths.ensure()?;
        let path = paths.data.join(LOCK_FILE);
        let failed = |source| HomeError::Lock { lock: path.clone(), source };
        let mut lock = open_private(&path).map_err(failed)?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(HomeError::AlreadyRunning { pid: read_pid(&mut lock), lock: path });
            }
            Err(TryLockError::Error(source)) => return Err(failed(source)),
        }
        write_pid(&mut lock).map_err(failed)?;
        Ok(Self { paths: paths.clone(), lock })
    }

    /// The places of this home.
    pub fn paths(&self) -> &Paths {
        &self.paths
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        // A pid left behind would only mislead people; the lock itself goes with the file.
        let _ = self.lock.set_len(0);
        let _ = self.lock.unlock();
    }
}

/// The process that has the home, by its own word: of one that was killed the word stays, so it is looked up among the
/// processes where the system tells. Claims nothing.
pub fn owner(paths: &Paths) -> Option<u32> {
    let pid = read_pid(&mut File::open(paths.data.join(LOCK_FILE)).ok()?)?;
    lives(pid).then_some(pid)
}

#[cfg(unix)]
fn lives(pid: u32) -> bool {
    let pid = i32::try_from(pid).ok().and_then(rustix::process::Pid::from_raw);
    // Another user's process is alive, too, but no agent on this home.
    pid.is_some_and(|pid| rustix::process::test_kill_process(pid).is_ok())
}

#[cfg(not(unix))]
fn lives(_pid: u32) -> bool {
    false
}

fn open_private(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

fn write_pid(lock: &mut File) -> io::Result<()> {
    lock.set_len(0)?;
    lock.rewind()?;
    writeln!(lock, "{}", std::process::id())
}

fn read_pid(lock: &mut File) -> Option<u32> {
    let mut text = String::new();
    lock.take(32).read_to_string(&mut text).ok()?;
    text.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use std::{fs, process::Command};

    use super::*;

    /// Set for the child process of the crash test: the home it claims before it is killed.
    const CHILD_HOME: &str = "LINEKEEPER_TEST_CLAIM";

    #[test]
    fn a_second_claim_is_refused_with_the_owners_pid_and_the_lock_file() {
        let root = tempfile::tempdir().unwrap();
        let paths = Paths::under(root.path());
        let home = Home::claim(&paths).unwrap();
        let error = Home::claim(&paths).unwrap_err();
        assert_eq!(error.code(), ErrorCode::AlreadyRunning);
        let text = error.to_string();
        assert!(text.contains(&std::process::id().to_string()), "{text}");
        assert!(text.contains("agent.lock"), "{text}");
        #[cfg(unix)]
        assert_eq!(owner(&paths), Some(std::process::id()));
        drop(home);
        assert_eq!(owner(&paths), None, "nobody has it any more");
        let home = Home::claim(&paths).expect("dropping the home releases it");
        assert_eq!(home.paths(), &paths);
    }

    #[test]
    fn a_stale_pid_in_the_file_does_not_matter() {
        let root = tempfile::tempdir().unwrap();
        let paths = Paths::under(root.path());
        paths.ensure().unwrap();
        fs::write(paths.data.join(LOCK_FILE), "4294967295999 and more text than a pid has").unwrap();
        assert_eq!(owner(&paths), None);
        let _home = Home::claim(&paths).unwrap();
        let text = fs::read_to_string(paths.data.join(LOCK_FILE)).unwrap();
        assert_eq!(text.trim(), std::process::id().to_string());
    }

    #[cfg(unix)]
    #[test]
    fn the_lock_file_is_for_the_owner_alone() {
        use std::os::unix::fs::PermissionsExt;
        let root = tempfile::tempdir().unwrap();
        let _home = Home::claim(&Paths::under(root.path())).unwrap();
        let mode = fs::metadata(root.path().join("data/agent.lock")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    /// Not a test of its own: the process that `a_killed_owner_leaves_the_home_free` starts and kills.
    #[test]
    fn child_claims_and_waits() {
        let Ok(home) = std::env::var(CHILD_HOME) else {
            return;
        };
        let _home = Home::claim(&Paths::under(home)).unwrap();
        let _ = io::stdin().read_line(&mut String::new());
    }

    #[test]
    fn a_killed_owner_leaves_the_home_free() {
        let root = tempfile::tempdir().unwrap();
        let paths = Paths::under(root.path());
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "home::tests::child_claims_and_waits"])
            .env(CHILD_HOME, root.path())
            .stdin(std::process::Stdio::piped())
            .stdout(std::process::Stdio::null())
            .spawn()
            .unwrap();
        let lock = paths.data.join(LOCK_FILE);
        let deadline = std::time::Instant::now() + std::time::Duration::from_secs(20);
        while fs::read_to_string(&lock).unwrap_or_default().trim() != child.id().to_string() {
            assert!(std::time::Instant::now() < deadline, "the child never claimed the home");
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
        let error = Home::claim(&paths).unwrap_err();
        assert!(error.to_string().contains(&child.id().to_string()), "{error}");
        child.kill().unwrap();
        child.wait().unwrap();
        assert!(Home::claim(&paths).is_ok(), "a crash must not keep the home locked");
    }
}
