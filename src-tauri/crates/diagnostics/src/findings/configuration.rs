//! Findings about Linekeeper's own configuration: CF-01, CF-03. The redirect, CF-02, is one of the upgrade's answers.

use model::check::{FindingCode as Code, StepId};

use super::draft::Draft;
use crate::{
    facts::{EndpointFacts, TlsEnd},
    inquiry::Unusable,
};

/// Why an endpoint cannot be dialed at all, or why its certificate files cannot be used.
pub(super) fn find(endpoint: &EndpointFacts) -> Option<Draft> {
    let unusable = endpoint.unusable.clone().or_else(|| {
        match endpoint.tls.as_ref().and_then(|tls| tls.end.as_ref()) {
            Some(TlsEnd::File(raw)) => Some(Unusable::Setting(raw.clone())),
            _ => None,
        }
    })?;
    let (code, why) = match &unusable {
        Unusable::Url(why) | Unusable::Setting(why) => (Code::Cf01, why),
        Unusable::Credential(place) => (Code::Cf03, place),
    };
    let draft =
        Draft::new(code, StepId::B1).arg("name", name(endpoint)).seen(format!("{}: {why}", name(endpoint)));
    let said = why.trim_end_matches('.');
    Some(match unusable {
        Unusable::Url(_) => draft.arg("what", "url").arg("why", said),
        Unusable::Setting(_) => draft.arg("what", "setting").arg("why", said),
        Unusable::Credential(_) => draft.arg("place", said),
    })
}

/// What people call it.
pub(super) fn name(endpoint: &EndpointFacts) -> &str {
    if endpoint.name.is_empty() { &endpoint.host } else { &endpoint.name }
}
