//! Where a secret is kept. May be shown: it is in the configuration.

use std::{fmt, path::PathBuf};

/// Where a secret is kept.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Place {
    /// An environment variable of the agent.
    Env(String),
    /// A file that holds nothing else.
    File(PathBuf),
    /// An entry of the platform's keyring, under the service `linekeeper`.
    Keyring(String),
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Env(name) => write!(f, "the environment variable {name}"),
            Self::File(path) => write!(f, "the file {}", path.display()),
            Self::Keyring(entry) => write!(f, "the keyring entry {entry:?}"),
        }
    }
}
