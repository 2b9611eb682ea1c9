//! Findings about Linekeeper's own configuration: CF-01, CF-03. The redirect, CF-02, is one of the upgrade's answers.

use model::check::{FindingCode as Code, StepId};

use super::draft::Draft;
use crate::{
    facts::{EndpointFacts, TlsEnd},
    inquiry::Unusable,
};

/// Why an endpoint cannot be dialed at all, or why its certificate files cannot be used. What exactly is wrong is said by
/// whoever read the setting, in English: that is evidence.
pub(super) fn find(endpoint: &EndpointFacts) -> Option<Draft> {
    let file = match endpoint.tls.as_ref().and_then(|tls| tls.end.as_ref()) {
        Some(TlsEnd::File(raw)) => Some(raw),
        _ => None,
    };
    let (code, what, why) = match (&endpoint.unusable, file) {
        (Some(Unusable::Url(why)), _) => (Code::Cf01, Some("url"), why),
        (Some(Unusable::Setting(why)), _) => (Code::Cf01, Some("setting"), why),
        (Some(Unusable::Credential(place)), _) => (Code::Cf03, None, place),
        (None, Some(raw)) => (Code::Cf01, Some("file"), raw),
        (None, None) => return None,
    };
    let draft =
        Draft::new(code, StepId::B1).arg("name", name(endpoint)).seen(format!("{}: {why}", name(endpoint)));
    Some(match what {
        Some(what) => draft.arg("what", what),
        None => draft,
    })
}

/// What people call it.
pub(super) fn name(endpoint: &EndpointFacts) -> &str {
    let id = || endpoint.id.as_ref().map_or("Linekeeper", |id| id.as_str());
    [endpoint.name.as_str(), &endpoint.host].into_iter().find(|name| !name.is_empty()).unwrap_or_else(id)
}
