//! One endpoint's credential: its secrets, read when its link asks, put together.

use std::{
    collections::VecDeque,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use dial::{Credential, one_line};
use futures_util::future::join_all;
use link::{CredentialFuture, CredentialSource, CredentialUnavailable};
use secrecy::SecretString;

use super::{Place, SecretStore, store::ReadingNumber};
use crate::settings::AuthSettings;

/// Longest detail told, in characters.
const MAX_DETAIL: usize = 300;
/// Sessions a link may have: the one in use, one beside it, one on its way out.
const SESSIONS: usize = 3;

/// Reads one endpoint's credential.
pub(crate) struct EndpointCredential {
    auth: AuthSettings,
    store: SecretStore,
    handed: Arc<Mutex<Handed>>,
}

/// Numbers of readings, in the order of the places.
type Numbers = Vec<ReadingNumber>;

/// What was handed to the link.
struct Handed {
    /// What its sessions may be using, the newest last.
    credentials: VecDeque<(Credential, Numbers)>,
    /// What it has to do without another one: what ended last, or was read since.
    current: Numbers,
}

impl Handed {
    /// The newest readings that brought this.
    fn numbers_of(&self, credential: &Credential) -> Option<&Numbers> {
        let known = self.credentials.iter().find(|(known, _)| known.is_same_as(credential));
        known.map(|(_, numbers)| numbers)
    }

    fn keep(&mut self, credential: &Credential, numbers: Numbers) {
        self.credentials.retain(|(known, _)| !known.is_same_as(credential));
        self.credentials.push_back((credential.clone(), numbers));
        if self.credentials.len() > SESSIONS {
            self.credentials.pop_front();
        }
    }
}

impl fmt::Debug for EndpointCredential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("EndpointCredential").field(&self.auth).finish()
    }
}

impl EndpointCredential {
    pub(crate) fn new(auth: AuthSettings, store: SecretStore) -> Self {
        let handed = Handed { credentials: VecDeque::new(), current: vec![0; auth.places().len()] };
        Self { auth, store, handed: Arc::new(Mutex::new(handed)) }
    }

    /// Where its secrets are.
    pub(crate) fn places(&self) -> Vec<&Place> {
        self.auth.places()
    }

    /// Whether a secret has changed since the link was given what it failed with.
    pub(crate) fn is_stale(&self) -> bool {
        let current = lock(&self.handed).current.clone();
        self.places().into_iter().zip(current).any(|(place, number)| self.store.is_stale(place, number))
    }
}

fn lock(handed: &Mutex<Handed>) -> MutexGuard<'_, Handed> {
    // Every statement leaves it whole, so a panic elsewhere cannot have torn it.
    handed.lock().unwrap_or_else(PoisonError::into_inner)
}

impl CredentialSource for EndpointCredential {
    fn read(&self, refused: Option<&Credential>) -> CredentialFuture {
        let than = match refused {
            Some(refused) => {
                let handed = lock(&self.handed);
                handed.numbers_of(refused).unwrap_or(&handed.current).clone()
            }
            None => vec![0; self.places().len()],
        };
        let (auth, store, handed) = (self.auth.clone(), self.store.clone(), Arc::clone(&self.handed));
        Box::pin(async move {
            let places = auth.places();
            let readings =
                join_all(places.iter().zip(than).map(|(place, than)| store.read(place, than))).await;
            let (numbers, secrets): (Vec<_>, Vec<_>) = readings.into_iter().unzip();
            lock(&handed).current.clone_from(&numbers);
            let mut found = Vec::with_capacity(places.len());
            for (place, secret) in places.into_iter().zip(secrets) {
                found.push(secret.map_err(|why| unavailable(&format!("{place} {why}")))?);
            }
            let credential = put_together(&auth, found)?;
            lock(&handed).keep(&credential, numbers);
            Ok(credential)
        })
    }

    fn ended(&self, with: &Credential) {
        let mut handed = lock(&self.handed);
        if let Some(numbers) = handed.numbers_of(with).cloned() {
            handed.current = numbers;
        }
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

#[cfg(test)]
mod tests {
    use futures_util::{FutureExt as _, future::BoxFuture};
    use tokio::time::advance;

    use super::*;
    use crate::secrets::{
        file::Found,
        vault::{Reading, Vault},
    };

    /// A place whose content the test sets.
    #[derive(Clone)]
    struct Drawer(Arc<Mutex<&'static str>>);

    impl Vault for Drawer {
        fn read(&self, _: &Place) -> BoxFuture<'static, Reading> {
            let secret = (*self.0.lock().unwrap()).into();
            std::future::ready(Ok(Found { secret, exposed: false })).boxed()
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_link_that_waits_is_told_of_another_secret_than_the_one_its_session_ended_with() {
        let drawer = Drawer(Arc::new(Mutex::new("old")));
        let auth = AuthSettings::Bearer(Place::Keyring("feed".to_owned()));
        let credential = EndpointCredential::new(auth, SecretStore::new(drawer.clone()));
        let old = credential.read(None).await.unwrap();
        // Another one is dialed beside the session, and its secret is a new one.
        advance(std::time::Duration::from_secs(60)).await;
        *drawer.0.lock().unwrap() = "new";
        let new = credential.read(None).await.unwrap();
        assert!(!new.is_same_as(&old) && !credential.is_stale());
        credential.ended(&old);
        assert!(credential.is_stale(), "the new one may do what the old one did not");
        assert!(credential.read(Some(&old)).await.unwrap().is_same_as(&new));
        credential.ended(&new);
        assert!(!credential.is_stale());
    }
}
