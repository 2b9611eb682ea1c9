//! How an endpoint says who it is, and where the secret of it is kept. Never the secret.

use std::fmt;

use super::file::{Auth, Secret};
use crate::secrets::Place;

/// How an endpoint says who it is. `Debug` shows where secrets are, and no user name.
#[derive(Clone, PartialEq, Eq)]
pub enum AuthSettings {
    /// `Authorization: Bearer`.
    Bearer(Place),
    /// `Authorization: Basic`.
    Basic {
        /// User name.
        user: String,
        /// Where the password is.
        password: Place,
    },
    /// Parameters added to the URL's query, by name.
    Query(Vec<(String, Place)>),
}

impl AuthSettings {
    /// `None` for what the checks of a file let nobody write.
    pub(super) fn of(auth: &Auth) -> Option<Self> {
        if let Some(bearer) = &auth.bearer {
            Some(Self::Bearer(place(bearer)?))
        } else if let Some(basic) = &auth.basic {
            Some(Self::Basic { user: basic.user.clone(), password: place(&basic.password)? })
        } else {
            let query = auth.query.as_ref()?.iter();
            Some(Self::Query(
                query.map(|(name, secret)| Some((name.clone(), place(secret)?))).collect::<Option<_>>()?,
            ))
        }
    }

    /// Where the secrets are.
    pub fn places(&self) -> Vec<&Place> {
        match self {
            Self::Bearer(place) | Self::Basic { password: place, .. } => vec![place],
            Self::Query(parameters) => parameters.iter().map(|(_, place)| place).collect(),
        }
    }
}

fn place(secret: &Secret) -> Option<Place> {
    let env = || secret.env.clone().map(Place::Env);
    let file = || secret.file.as_ref().map(|file| Place::File(file.into()));
    let keyring = || secret.keyring.clone().map(Place::Keyring);
    env().or_else(file).or_else(keyring)
}

impl fmt::Debug for AuthSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let way = match self {
            Self::Bearer(_) => "Bearer",
            Self::Basic { .. } => "Basic",
            Self::Query(_) => "Query",
        };
        f.debug_tuple(way).field(&self.places()).finish()
    }
}
