//! Keychain and Credential Manager, through the `keyring` crate. Its calls block, and may wait for a person: each
//! has a thread of its own, which the end of the program does not wait for.

use std::thread;

use keyring::{Entry, Error};
use secrecy::{ExposeSecret as _, SecretString, zeroize::Zeroizing};
use tokio::sync::oneshot;

use super::{KeyringError, SERVICE};

pub(super) async fn read(entry: &str) -> Result<Zeroizing<Vec<u8>>, KeyringError> {
    let password = on_thread(entry, |entry| entry.get_password()).await?;
    Ok(Zeroizing::new(password.into_bytes()))
}

pub(super) async fn store(entry: &str, secret: &SecretString) -> Result<(), KeyringError> {
    let secret = secret.clone();
    on_thread(entry, move |entry| entry.set_password(secret.expose_secret())).await
}

pub(super) async fn delete(entry: &str) -> Result<(), KeyringError> {
    on_thread(entry, |entry| entry.delete_credential()).await
}

async fn on_thread<T: Send + 'static>(
    entry: &str,
    work: impl FnOnce(Entry) -> Result<T, Error> + Send + 'static,
) -> Result<T, KeyringError> {
    let (tell, told) = oneshot::channel();
    let entry = entry.to_owned();
    let thread = thread::Builder::new().name("keyring".to_owned());
    let started = thread.spawn(move || {
        // Nobody waits any more: nobody is told.
        let _ = tell.send(Entry::new(SERVICE, &entry).and_then(work));
    });
    started.map_err(|error| KeyringError::Failed(error.to_string()))?;
    let result = told.await.unwrap_or_else(|_| Err(Error::NoDefaultStore));
    result.map_err(|error| match error {
        Error::NoEntry => KeyringError::Missing,
        Error::NoDefaultStore => KeyringError::Absent,
        Error::NoStorageAccess(_) => KeyringError::Locked,
        other => KeyringError::Failed(other.to_string()),
    })
}
