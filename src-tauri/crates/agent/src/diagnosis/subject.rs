//! An endpoint as a check sees it: what its link would dial, credential included.

use std::{sync::Arc, time::Duration};

use diagnostics::{Subject, Unusable, facts::LiveFacts};
use link::CredentialSource as _;
use tokio::time::timeout;

use crate::{
    endpoint::dial_request,
    secrets::EndpointCredential,
    settings::{EndpointSettings, RedactedUrl},
};

/// A keyring may be waiting for somebody to unlock it; a check does not.
const SECRET_WITHIN: Duration = Duration::from_secs(2);

/// Reads the credential, and puts everything together.
pub(super) async fn subject(
    settings: &EndpointSettings,
    credential: Option<Arc<EndpointCredential>>,
    live: Option<LiveFacts>,
) -> Subject {
    let mut request = dial_request(settings);
    let request = match credential {
        None => Ok(request),
        Some(credential) => match timeout(SECRET_WITHIN, credential.read(None)).await {
            Ok(Ok(found)) => {
                request.credential = Some(found);
                Ok(request)
            }
            Ok(Err(unavailable)) => Err(Unusable::Credential(unavailable.detail)),
            Err(_) => Err(Unusable::Credential("the secret was not handed out in time".to_owned())),
        },
    };
    Subject {
        id: settings.id.clone(),
        name: settings.name.clone(),
        request,
        shown_url: RedactedUrl::new(&settings.url).to_string(),
        backups: settings.fallback_urls.clone(),
        health_url: settings.health_url.clone(),
        single_session: settings.single_session,
        heartbeat: settings.heartbeat.interval,
        live,
    }
}
