//! `data/addresses.json`: addresses at which servers were reached, for a start while names cannot be looked up.
//!
//! A convenience, never a condition: a file that is missing, broken or cannot be written costs a log line and nothing
//! else. Which addresses count and for how long is the dialer's decision.

use std::{
    fs,
    io::{self, Read as _},
    path::{Path, PathBuf},
    time::Duration,
};

use dial::{AddressMemory, Dialer};
use tokio::{
    task::spawn_blocking,
    time::{MissedTickBehavior, interval},
};
use tracing::{debug, warn};

use crate::{keeping::Keeping, private_file};

/// Name of the file in the data folder.
const FILE: &str = "addresses.json";
/// Shortest time between two writes.
const PACE: Duration = Duration::from_secs(60);
/// Far more than the memory can hold; what is larger was not written here.
const MAX_BYTES: u64 = 1 << 20;

/// The file of one home.
#[derive(Clone, Debug)]
pub(crate) struct AddressFile {
    path: PathBuf,
}

impl AddressFile {
    pub(crate) fn of(data: &Path) -> Self {
        Self { path: data.join(FILE) }
    }

    /// What was written down; nothing where that cannot be read.
    pub(crate) fn read(&self) -> AddressMemory {
        match self.try_read() {
            Ok(memory) => memory,
            Err(error) if error.kind() == io::ErrorKind::NotFound => AddressMemory::default(),
            Err(error) => {
                warn!(file = %self.path.display(), %error, "remembered addresses cannot be read: starting with none");
                AddressMemory::default()
            }
        }
    }

    fn try_read(&self) -> io::Result<AddressMemory> {
        let broken = |text: &str| io::Error::new(io::ErrorKind::InvalidData, text);
        // Looked at before it is opened, because opening a pipe would wait for a writer.
        if !fs::metadata(&self.path)?.is_file() {
            return Err(broken("not a regular file"));
        }
        let mut bytes = Vec::new();
        fs::File::open(&self.path)?.take(MAX_BYTES + 1).read_to_end(&mut bytes)?;
        if bytes.len() as u64 > MAX_BYTES {
            return Err(broken("larger than anything that is written here"));
        }
        Ok(serde_json::from_slice(&bytes)?)
    }

    fn write(&self, memory: &AddressMemory) -> io::Result<()> {
        private_file::replace(&self.path, &serde_json::to_vec(memory)?)
    }

    /// Writes down what `dialer` remembers whenever that changed, at most once a minute, and at the end.
    pub(crate) fn keep(self, dialer: Dialer) -> Keeping {
        Keeping::begin("addresses", |ended| async move {
            let mut keeper = Keeper { written: dialer.memory(), file: self, dialer, failing: false };
            let mut pace = interval(PACE);
            pace.set_missed_tick_behavior(MissedTickBehavior::Delay);
            // The first tick is now, and now nothing has changed.
            pace.tick().await;
            loop {
                tokio::select! {
                    () = ended.cancelled() => break,
                    _ = pace.tick() => keeper.write().await,
                }
            }
            keeper.write().await;
        })
    }
}

struct Keeper {
    file: AddressFile,
    dialer: Dialer,
    written: Option<AddressMemory>,
    /// The last write failed: said once, not every minute.
    failing: bool,
}

impl Keeper {
    async fn write(&mut self) {
        let now = self.dialer.memory();
        let Some(memory) = now.clone().filter(|_| now != self.written) else { return };
        let file = self.file.clone();
        let end = spawn_blocking(move || file.write(&memory)).await;
        match end.map_err(io::Error::other).and_then(|written| written) {
            Ok(()) => (self.written, self.failing) = (now, false),
            Err(error) if self.failing => debug!(%error, "addresses still cannot be written down"),
            Err(error) => {
                warn!(file = %self.file.path.display(), %error, "addresses cannot be written down");
                self.failing = true;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{net::IpAddr, time::SystemTime};

    use super::*;

    fn memory(host: &str) -> AddressMemory {
        let mut memory = AddressMemory::default();
        memory.worked(host, IpAddr::from([127, 0, 0, 1]), SystemTime::now());
        memory
    }

    fn home() -> (tempfile::TempDir, AddressFile) {
        let folder = tempfile::tempdir().unwrap();
        let file = AddressFile::of(folder.path());
        (folder, file)
    }

    #[test]
    fn what_is_written_is_read_again_and_is_for_the_owner_alone() {
        let (_folder, file) = home();
        assert!(file.read().is_empty(), "no file, no memory");
        for host in ["a.example", "b.example"] {
            // A crash in the middle of an earlier write left this, for everybody to read.
            fs::write(file.path.with_extension("json.new"), "half").unwrap();
            file.write(&memory(host)).unwrap();
            assert_eq!(file.read().recall(host, SystemTime::now()).len(), 1);
            #[cfg(unix)]
            {
                use std::os::unix::fs::PermissionsExt as _;
                assert_eq!(fs::metadata(&file.path).unwrap().permissions().mode() & 0o777, 0o600);
            }
        }
        assert!(!file.path.with_extension("json.new").exists());
    }

    #[test]
    fn a_file_that_is_broken_huge_or_no_file_is_a_start_without_memory() {
        let (_folder, file) = home();
        let mut whole = serde_json::to_string(&memory("a.example")).unwrap();
        let cut = whole[..whole.len() / 2].to_owned();
        whole.push_str(&" ".repeat(MAX_BYTES as usize));
        for text in ["", "null", "[]", "{\"hosts\":1}", "\u{0}\u{1}", &cut, &whole] {
            fs::write(&file.path, text).unwrap();
            assert!(file.read().is_empty(), "{:.40}", text);
            file.write(&memory("b.example")).unwrap();
            assert!(!file.read().is_empty(), "it is replaced");
        }
        fs::remove_file(&file.path).unwrap();
        fs::create_dir(&file.path).unwrap();
        assert!(file.read().is_empty());
        assert!(file.write(&memory("c.example")).is_err());
        assert!(!file.path.with_extension("json.new").exists(), "nothing is left behind");
    }

    #[cfg(unix)]
    #[test]
    fn a_pipe_in_its_place_does_not_hold_up_the_start() {
        let (_folder, file) = home();
        let pipe = std::process::Command::new("mkfifo").arg(&file.path).status();
        if !pipe.is_ok_and(|status| status.success()) {
            return;
        }
        assert!(file.read().is_empty());
    }

    #[tokio::test]
    async fn only_what_changed_is_written() {
        let (_folder, file) = home();
        file.clone().keep(Dialer::new().with_memory(AddressMemory::default())).end().await;
        assert!(!file.path.exists());

        let mut keeper = Keeper {
            file: file.clone(),
            dialer: Dialer::new().with_memory(memory("a.example")),
            written: Some(AddressMemory::default()),
            failing: false,
        };
        keeper.write().await;
        assert_eq!(file.read().len(), 1);
        fs::remove_file(&file.path).unwrap();
        keeper.write().await;
        assert!(!file.path.exists(), "it is not written again");
    }
}
