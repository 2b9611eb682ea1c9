//! WebKitGTK's way to the screen: the fast one, unless it is known to leave the window blank on this machine.
//!
//! The fast way shares graphics buffers between WebKit's processes (DMABUF). With some drivers, NVIDIA's above all,
//! the window stays blank (tauri-apps/tauri#9394). No program can see that from inside, so a mark on disk stands
//! from the moment a window is created until its page has come alive; a mark still there at the next start means
//! the last window never did, and this run takes the slow, safe way.

use std::{fs, path::PathBuf};

/// Set to a value other than `0`, it turns the fast way off. WebKit reads it when it starts.
const VARIABLE: &str = "WEBKIT_DISABLE_DMABUF_RENDERER";

/// The mark on disk.
#[derive(Clone, Debug)]
pub(crate) struct PageMark(PathBuf);

impl PageMark {
    pub(crate) fn at(path: PathBuf) -> Self {
        Self(path)
    }

    /// A window was created.
    pub(crate) fn set(&self) {
        if let Err(error) = fs::write(&self.0, b"") {
            tracing::debug!(%error, "no mark for a window on its way");
        }
    }

    /// Its page is alive, or the program ends in good order.
    pub(crate) fn clear(&self) {
        if let Err(error) = fs::remove_file(&self.0)
            && error.kind() != std::io::ErrorKind::NotFound
        {
            tracing::debug!(%error, "the window's mark stays");
        }
    }

    fn stands(&self) -> bool {
        self.0.exists()
    }
}

/// Why the safe way is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Caution {
    /// NVIDIA's own kernel driver is loaded.
    Nvidia,
    /// The last window never came alive.
    LastWindowBlank,
}

/// Chooses the way. What the person set in the environment stands.
pub(crate) fn caution(mark: &PageMark) -> Option<Caution> {
    if std::env::var_os(VARIABLE).is_some() {
        return None;
    }
    if PathBuf::from("/proc/driver/nvidia/version").exists() {
        return Some(Caution::Nvidia);
    }
    mark.stands().then_some(Caution::LastWindowBlank)
}

/// Takes the safe way. Call before GTK starts and while the program has one thread.
#[expect(unsafe_code, reason = "the environment is the only switch WebKitGTK offers")]
pub(crate) fn take_the_safe_way() {
    // SAFETY: called first thing in `main`, before any other thread exists that could read the environment.
    unsafe { std::env::set_var(VARIABLE, "1") };
}
