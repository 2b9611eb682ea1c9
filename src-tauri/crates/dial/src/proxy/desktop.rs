//! What the desktop's settings say about proxies. GNOME's (and those of the desktops that share them) are read from
//! the dconf databases themselves; other systems' are named as not readable. Scripts are named, never evaluated.

use std::{collections::HashMap, fmt, path::PathBuf};

use super::{exceptions::Exceptions, server::ProxyServer};
use crate::error::ProxyFlaw;

/// A way to the desktop's settings. [`Desktop`] is the one for production.
pub trait DesktopProxies: Send + Sync {
    /// The settings as they are now. May block for the time of reading a small file.
    ///
    /// # Errors
    ///
    /// Why they cannot be read.
    fn read(&self) -> Result<DesktopSettings, DesktopUnreadable>;
}

/// A desktop's proxy settings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DesktopSettings {
    /// No proxy, or no desktop that could name one.
    Off,
    /// Proxies by kind of server; a flaw counts only where that proxy is the one to use.
    Manual {
        /// For ws and http.
        http: Result<Option<ProxyServer>, ProxyFlaw>,
        /// For wss and https.
        https: Result<Option<ProxyServer>, ProxyFlaw>,
        /// For what has none of its own.
        socks: Result<Option<ProxyServer>, ProxyFlaw>,
        /// Servers that are not proxied.
        exceptions: Exceptions,
    },
    /// A script chooses.
    Automatic {
        /// Its address; empty when it is to be discovered.
        script: String,
    },
}

/// Why a desktop's settings cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DesktopUnreadable {
    /// This version cannot read the settings of this desktop or system.
    #[error("the proxy settings of {0} are not read by this version")]
    Unknown(&'static str),
    /// The file is there but cannot be read.
    #[error("{}: {problem}", file.display())]
    File {
        /// The file.
        file: PathBuf,
        /// What is wrong with it.
        problem: String,
    },
    /// Reading them crashed.
    #[error("reading the proxy settings crashed")]
    Crashed,
}

/// The desktop this process runs on.
#[derive(Clone, PartialEq, Eq)]
pub enum Desktop {
    /// None that could have settings.
    None,
    /// One whose settings are not read.
    Unknown(&'static str),
    /// One that keeps its settings where GNOME does.
    #[cfg(target_os = "linux")]
    Gnome(dconf::Databases),
}

impl fmt::Debug for Desktop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => f.write_str("None"),
            Self::Unknown(name) => write!(f, "Unknown({name})"),
            #[cfg(target_os = "linux")]
            Self::Gnome(databases) => f.debug_tuple("Gnome").field(databases).finish(),
        }
    }
}

impl Desktop {
    /// The desktop of a process with these environment variables. No variables, no desktop.
    pub fn of(variables: &HashMap<String, String>) -> Self {
        if variables.is_empty() {
            Self::None
        } else if cfg!(windows) {
            Self::Unknown("Windows")
        } else if cfg!(target_os = "macos") {
            Self::Unknown("macOS")
        } else {
            Self::of_session(variables)
        }
    }

    #[cfg(target_os = "linux")]
    fn of_session(variables: &HashMap<String, String>) -> Self {
        let text = |name| variables.get(name).map(String::as_str).unwrap_or_default();
        if text("XDG_CURRENT_DESKTOP").split(':').any(|name| name.eq_ignore_ascii_case("KDE")) {
            return Self::Unknown("KDE");
        }
        // Without a session too: whoever starts a service for a user means that user's settings.
        match (text("XDG_CONFIG_HOME"), text("HOME")) {
            ("", "") => Self::None,
            ("", home) => Self::Gnome(dconf::Databases::of_user(PathBuf::from(home).join(".config"))),
            (config, _) => Self::Gnome(dconf::Databases::of_user(config.into())),
        }
    }

    #[cfg(not(target_os = "linux"))]
    fn of_session(_variables: &HashMap<String, String>) -> Self {
        Self::None
    }
}

impl DesktopProxies for Desktop {
    fn read(&self) -> Result<DesktopSettings, DesktopUnreadable> {
        match self {
            Self::None => Ok(DesktopSettings::Off),
            Self::Unknown(name) => Err(DesktopUnreadable::Unknown(name)),
            #[cfg(target_os = "linux")]
            Self::Gnome(databases) => databases.read(),
        }
    }
}

#[cfg(target_os = "linux")]
pub(crate) mod dconf;
