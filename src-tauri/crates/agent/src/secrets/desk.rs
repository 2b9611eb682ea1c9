//! What the supervisor holds of the secrets: hands out credentials, and has those watched that somebody waits for.

use std::{collections::BTreeSet, sync::Arc};

use model::{EndpointId, ErrorCode, Problem};
use tokio::sync::watch::Sender;

use super::{EndpointCredential, Place, SecretStore, vault::Places, watch::watch};
use crate::{paths::Environment, settings::AuthSettings};

/// The secrets of all endpoints.
#[derive(Debug)]
pub(crate) struct Secrets {
    store: SecretStore,
    awaited: Sender<BTreeSet<Place>>,
}

impl Secrets {
    /// Reads variables from `environment`. Must be called inside a tokio runtime; what it starts there ends with it.
    pub(crate) fn start(environment: Environment) -> Self {
        let store = SecretStore::new(Places::of(environment));
        let awaited = Sender::new(BTreeSet::new());
        tokio::spawn(watch(store.clone(), awaited.subscribe()));
        Self { store, awaited }
    }

    /// The credential of one endpoint.
    pub(crate) fn credential(&self, auth: &AuthSettings) -> Arc<EndpointCredential> {
        Arc::new(EndpointCredential::new(auth.clone(), self.store.clone()))
    }

    /// These are in use; all others are forgotten.
    pub(crate) fn use_only(&self, places: &BTreeSet<Place>) {
        self.store.keep_only(places);
    }

    /// Endpoints wait for other secrets in these places.
    pub(crate) fn await_change(&self, places: BTreeSet<Place>) {
        self.awaited.send_if_modified(|awaited| {
            let differs = *awaited != places;
            *awaited = places;
            differs
        });
    }

    /// Returns when some place holds another secret than before.
    pub(crate) async fn changed(&self) {
        self.store.changed().await;
    }

    /// What is wrong with how an endpoint's secrets are kept.
    pub(crate) fn problems(&self, endpoint: &EndpointId, credential: &EndpointCredential) -> Vec<Problem> {
        let exposed = self.store.exposed();
        let files = credential.places().into_iter().filter_map(|place| match place {
            Place::File(path) => exposed.contains(path).then_some(path),
            Place::Env(_) | Place::Keyring(_) => None,
        });
        let problem = |path: &std::path::PathBuf| Problem {
            code: ErrorCode::SecretExposed,
            message: format!("{endpoint}: {}", ErrorCode::SecretExposed.plain()),
            detail: format!("Make it readable for its owner alone: chmod 600 {}", path.display()),
            endpoint: Some(endpoint.clone()),
        };
        files.map(problem).collect()
    }
}
