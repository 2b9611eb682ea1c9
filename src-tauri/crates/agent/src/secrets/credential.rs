//! One endpoint's credential: its secrets, read when its link asks, put together.

use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

use dial::{Credential, one_line};
use futures_util::future::join_all;
use link::{CredentialFuture, CredentialSource, CredentialUnavailable};
use secrecy::SecretString;

use super::{Place, SecretStore, store::ReadingNumber};
use crate::settings::AuthSettings;

/// Longest detail told, in characters.
const MAX_DETAIL: usize = 300;

/// Reads one endpoint's credential.
pub(crate) struct EndpointCredential {
    auth: AuthSettings,
    store: SecretStore,
    /// The readings handed out last, in the order of the places.
    handed: Arc<Mutex<Vec<ReadingNumber>>>,
}

impl fmt::Debug for EndpointCredential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("EndpointCredential").field(&self.auth).finish()
    }
}

impl EndpointCredential {
    pub(crate) fn new(auth: AuthSettings, store: SecretStore) -> Self {
        let handed = Arc::new(Mutex::new(vec![0; auth.places().len()]));
        Self { auth, store, handed }
    }

    /// Where its secrets are.
    pub(crate) fn places(&self) -> Vec<&Place> {
        self.auth.places()
    }

    /// Whether a secret has changed since the link was given it.
    pub(crate) fn is_stale(&self) -> bool {
        let handed = self.handed();
        self.places().into_iter().zip(handed).any(|(place, number)| self.store.is_stale(place, number))
    }

    fn handed(&self) -> Vec<ReadingNumber> {
        self.handed.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl CredentialSource for EndpointCredential {
    fn read(&self, refused: Option<&Credential>) -> CredentialFuture {
        let than = if refused.is_some() { self.handed() } else { vec![0; self.places().len()] };
        let (auth, store, handed) = (self.auth.clone(), self.store.clone(), Arc::clone(&self.handed));
        Box::pin(async move {
            let places = auth.places();
            let readings =
                join_all(places.iter().zip(than).map(|(place, than)| store.read(place, than))).await;
            let (numbers, secrets): (Vec<_>, Vec<_>) = readings.into_iter().unzip();
            *handed.lock().unwrap_or_else(PoisonError::into_inner) = numbers;
            let mut found = Vec::with_capacity(places.len());
            for (place, secret) in places.into_iter().zip(secrets) {
                found.push(secret.map_err(|why| unavailable(&format!("{place} {why}")))?);
            }
            put_together(&auth, found)
        })
    }
}

/// The credential of these secrets, which come in the order of the places.
fn put_together(
    auth: &AuthSettings,
    secrets: Vec<SecretString>,
) -> Result<Credential, CredentialUnavailable> {
    let mut secrets = secrets.into_iter();
    let mut next = || secrets.next().unwrap_or_default();
    let credential = match auth {
        AuthSettings::Bearer(_) => Credential::bearer(next()),
        AuthSettings::Basic { user, .. } => Credential::basic(user.clone(), next()),
        AuthSettings::Query(parameters) => {
            Credential::query(parameters.iter().map(|(name, _)| (name.clone(), next())).collect())
        }
    };
    credential.map_err(|flaw| {
        let place = auth.places().into_iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        unavailable(&format!("{place} cannot be used: {flaw}"))
    })
}

fn unavailable(detail: &str) -> CredentialUnavailable {
    CredentialUnavailable { detail: one_line(detail, MAX_DETAIL) }
}
