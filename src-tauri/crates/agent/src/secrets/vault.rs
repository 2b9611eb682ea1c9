//! Reads a place once, now. Remembers nothing.

use std::future::ready;

use dial::FileThreads;
use futures_util::{FutureExt as _, future::BoxFuture};
use secrecy::SecretString;

use super::{
    Place,
    file::{self, Found},
    keyring,
};
use crate::paths::Environment;

/// What a place was found to hold; the error continues a sentence that begins with the place.
pub(super) type Reading = Result<Found, String>;

/// Something that can read places.
pub(super) trait Vault: Send + Sync {
    /// Reads a place. The future may be dropped before it is done.
    fn read(&self, place: &Place) -> BoxFuture<'static, Reading>;
}

/// The places of this computer.
#[derive(Debug)]
pub(crate) struct Places {
    /// The agent's own variables, as they were when it started.
    environment: Environment,
    files: FileThreads,
}

impl Places {
    pub(crate) fn of(environment: Environment) -> Self {
        Self { environment, files: FileThreads::default() }
    }
}

impl Vault for Places {
    fn read(&self, place: &Place) -> BoxFuture<'static, Reading> {
        match place {
            Place::Env(name) => ready(variable(&self.environment, name)).boxed(),
            Place::File(path) => {
                let (path, files) = (path.clone(), self.files.clone());
                async move {
                    let of = path.clone();
                    let read = files.run(&path, move || file::read(&of)).await;
                    read.unwrap_or_else(|error| Err(format!("cannot be read: {error}")))
                }
                .boxed()
            }
            Place::Keyring(entry) => {
                let entry = entry.clone();
                async move { keyring::read(&entry).await.map(unexposed).map_err(|error| error.to_string()) }
                    .boxed()
            }
        }
    }
}

fn variable(environment: &Environment, name: &str) -> Reading {
    let value = environment.get(name).ok_or("is not set for this agent; it is read when the agent starts")?;
    file::text(value.as_bytes()).map(unexposed)
}

fn unexposed(secret: SecretString) -> Found {
    Found { secret, exposed: false }
}
