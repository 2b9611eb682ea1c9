//! Credentials of an endpoint: always by reference, never in the file.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

/// Advice for a secret that stands in the file itself.
const SECRET_ADVICE: &str = "a secret may not stand in this file: name where it is instead, \
    with {\"env\":\"NAME\"}, {\"file\":\"PATH\"} or {\"keyring\":\"ENTRY\"}";

#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::settings) struct Auth {
    /// `Authorization: Bearer`.
    pub(in crate::settings) bearer: Option<Secret>,
    /// `Authorization: Basic`.
    pub(in crate::settings) basic: Option<Basic>,
    /// Parameters added to the URL.
    #[schemars(extend("minProperties" = 1))]
    pub(in crate::settings) query: Option<BTreeMap<String, Secret>>,
}

#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::settings) struct Basic {
    /// User name.
    pub(in crate::settings) user: String,
    /// Password.
    pub(in crate::settings) password: Secret,
}

/// Where a secret is: one of env, file, keyring.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("minProperties" = 1, "maxProperties" = 1, "x-advice" = SECRET_ADVICE))]
pub(in crate::settings) struct Secret {
    /// Name of an environment variable.
    #[schemars(length(min = 1))]
    pub(in crate::settings) env: Option<String>,
    /// Path of a file that holds nothing else.
    #[schemars(length(min = 1))]
    pub(in crate::settings) file: Option<String>,
    /// Entry in the platform's keyring.
    #[schemars(length(min = 1))]
    pub(in crate::settings) keyring: Option<String>,
}
