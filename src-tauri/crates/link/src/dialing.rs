//! One dial from end to end: credential, budget, dialer. Decides nothing and remembers nothing.

use std::{future::Future, time::Duration};

use dial::{Credential, DialError, DialRequest, Dialed, Dialer};
use tracing::{Level, debug, enabled};

use crate::{Failure, Origins};

/// Longest description of a phase in a log, in characters.
const LONGEST_PHASE: usize = 2_000;

/// What came of a dial.
pub(crate) enum DialEnd {
    /// A try was made, with this credential if any.
    Tried(Option<Credential>, Result<Box<Dialed>, Box<DialError>>),
    /// There was nothing to try it with.
    Unsent(Failure),
    /// The budget is spent for so long.
    Deferred(Duration),
}

/// Dials with what `credential` comes up with. The budget is asked behind it, because only then is it known that
/// something will be sent.
pub(crate) async fn dial_with(
    credential: impl Future<Output = Result<Credential, Failure>>,
    (origins, invited): (Origins, bool),
    dialer: Dialer,
    mut request: DialRequest,
) -> DialEnd {
    match credential.await {
        Ok(credential) => request.credential = Some(credential),
        Err(failure) => return DialEnd::Unsent(failure),
    }
    match origins.take(&request.url, invited) {
        Ok(()) => dial(dialer, request).await,
        Err(wait) => DialEnd::Deferred(wait),
    }
}

/// Dials.
pub(crate) async fn dial(dialer: Dialer, request: DialRequest) -> DialEnd {
    let observe = |phase| {
        // Names in certificates and the subprotocol that was chosen are the server's words.
        if enabled!(Level::DEBUG) {
            debug!(phase = request.clean(&format!("{phase:?}"), LONGEST_PHASE), "dial");
        }
    };
    let result = dialer.websocket(&request, observe).await;
    DialEnd::Tried(request.credential, result.map(Box::new).map_err(Box::new))
}
