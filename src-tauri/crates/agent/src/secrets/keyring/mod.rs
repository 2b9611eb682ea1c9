//! The platform's keyring: the Secret Service on Linux (GNOME Keyring, KWallet, KeePassXC), Keychain on macOS, the
//! Credential Manager on Windows.
//!
//! Entries stand under the service `linekeeper`, where other tools find them too
//! (`secret-tool lookup service linekeeper username ENTRY`). Reading never asks a person for anything, because it
//! happens in the background; storing and deleting may, because a person ordered it.

#[cfg(not(target_os = "linux"))]
#[path = "platform.rs"]
mod backend;
#[cfg(target_os = "linux")]
#[path = "secret_service.rs"]
mod backend;

use std::time::Duration;

use secrecy::SecretString;
use tokio::time::timeout;

use super::file;

/// The service all entries stand under.
pub const SERVICE: &str = "linekeeper";

/// Time a person gets to unlock the keyring.
const PATIENCE: Duration = Duration::from_secs(120);

/// Why an entry cannot be had; the texts continue a sentence that begins with the entry.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyringError {
    /// Nobody stored it.
    #[error("does not exist")]
    Missing,
    /// Somebody has to unlock the keyring first.
    #[error("is in a keyring that is locked")]
    Locked,
    /// There is no keyring.
    #[error("is out of reach: no keyring answers on this computer")]
    Absent,
    /// There is nowhere to put it.
    #[error(
        "is out of reach: there is no default keyring yet; create one with the desktop's password manager"
    )]
    NoDefault,
    /// The keyring, or the person it asked, does not answer.
    #[error("is out of reach: the keyring does not answer")]
    Silent,
    /// Somebody said no.
    #[error("is out of reach: unlocking the keyring was refused")]
    Refused,
    /// Anything else the keyring says.
    #[error("is out of reach: {0}")]
    Failed(String),
    /// What the entry holds is no secret.
    #[error("{0}")]
    Unusable(String),
}

/// Reads an entry.
///
/// # Errors
///
/// Without an entry that can be read now.
pub async fn read(entry: &str) -> Result<SecretString, KeyringError> {
    let bytes = backend::read(entry).await?;
    file::text(&bytes).map_err(KeyringError::Unusable)
}

/// Stores an entry, in place of an older one.
///
/// # Errors
///
/// Where the keyring takes nothing.
pub async fn store(entry: &str, secret: &SecretString) -> Result<(), KeyringError> {
    timeout(PATIENCE, backend::store(entry, secret)).await.unwrap_or(Err(KeyringError::Silent))
}

/// Deletes an entry.
///
/// # Errors
///
/// [`KeyringError::Missing`] when there is none, or where the keyring does not let it go.
pub async fn delete(entry: &str) -> Result<(), KeyringError> {
    timeout(PATIENCE, backend::delete(entry)).await.unwrap_or(Err(KeyringError::Silent))
}
