//! The Secret Service over the session bus. Connects for each call: what was there before may be another daemon now.

use std::collections::HashMap;

use dial::one_line;
use secrecy::{ExposeSecret as _, SecretString, zeroize::Zeroizing};
use secret_service::{EncryptionType, Error, SecretService};

use super::{KeyringError, SERVICE};

/// Longest error of the service told, in characters.
const MAX_ERROR: usize = 200;

/// What other tools look for as well: `secret-tool`, the `keyring` crate.
fn attributes(entry: &str) -> HashMap<&str, &str> {
    HashMap::from([("service", SERVICE), ("username", entry)])
}

/// Encrypted on the bus: nothing that listens there reads along.
async fn connect() -> Result<SecretService<'static>, KeyringError> {
    let bus = zbus::Connection::session().await.map_err(|_| KeyringError::Absent)?;
    Ok(SecretService::connect_with_existing(EncryptionType::Dh, bus).await?)
}

pub(super) async fn read(entry: &str) -> Result<Zeroizing<Vec<u8>>, KeyringError> {
    let service = connect().await?;
    let found = service.search_items(attributes(entry)).await?;
    match (found.unlocked.first(), found.locked.is_empty()) {
        (Some(item), _) => Ok(Zeroizing::new(item.get_secret().await?)),
        (None, false) => Err(KeyringError::Locked),
        (None, true) => Err(KeyringError::Missing),
    }
}

pub(super) async fn store(entry: &str, secret: &SecretString) -> Result<(), KeyringError> {
    let service = connect().await?;
    let found = service.search_items(attributes(entry)).await?;
    let secret = secret.expose_secret().as_bytes();
    if let Some(item) = found.unlocked.first().or(found.locked.first()) {
        item.unlock().await?;
        return Ok(item.set_secret(secret, "text/plain").await?);
    }
    let collection = match service.get_default_collection().await {
        Err(Error::NoResult) => return Err(KeyringError::NoDefault),
        found => found?,
    };
    if collection.is_locked().await? {
        collection.unlock().await?;
    }
    let label = format!("Linekeeper: {entry}");
    collection.create_item(&label, attributes(entry), secret, true, "text/plain").await?;
    Ok(())
}

pub(super) async fn delete(entry: &str) -> Result<(), KeyringError> {
    let service = connect().await?;
    let found = service.search_items(attributes(entry)).await?;
    if found.unlocked.is_empty() && found.locked.is_empty() {
        return Err(KeyringError::Missing);
    }
    for item in found.unlocked.iter().chain(&found.locked) {
        item.unlock().await?;
        item.delete().await?;
    }
    Ok(())
}

impl From<Error> for KeyringError {
    fn from(error: Error) -> Self {
        match error {
            Error::Locked => Self::Locked,
            Error::NoResult => Self::Missing,
            Error::Prompt | Error::PromptDisconnected => Self::Refused,
            Error::Unavailable => Self::Absent,
            // Nobody on the bus offers the service.
            Error::Zbus(zbus::Error::MethodError(name, ..)) if is_nobody(&name) => Self::Absent,
            other @ (Error::Crypto(_) | Error::Zbus(_) | Error::ZbusFdo(_) | Error::Zvariant(_) | _) => {
                Self::Failed(one_line(&other.to_string(), MAX_ERROR))
            }
        }
    }
}

fn is_nobody(name: &str) -> bool {
    matches!(name, "org.freedesktop.DBus.Error.ServiceUnknown" | "org.freedesktop.DBus.Error.NameHasNoOwner")
}
