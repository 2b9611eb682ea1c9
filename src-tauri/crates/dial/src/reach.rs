//! Reaching a server without asking it for anything: every phase but the last.

use std::net::SocketAddr;

use crate::{
    attempt::Attempt,
    dialer::{Arrival, Dialer, Judge},
    error::DialError,
    phase::{DialReport, PhaseEvent},
    request::DialRequest,
    stream::Stream,
};

/// A server that was reached.
#[derive(Debug)]
pub struct Reached {
    /// What leads there, verified by TLS where the URL asks for it; nothing was read from it or written to it since.
    pub stream: Stream,
    /// Address the server was reached at; the proxy's where there is one.
    pub remote: SocketAddr,
    /// Own address.
    pub local: SocketAddr,
    /// Every phase.
    pub report: DialReport,
}

impl Dialer {
    /// Does all that comes before a request, and nothing after it. For checks of the way itself.
    ///
    /// # Errors
    ///
    /// As [`websocket`](Self::websocket).
    pub async fn reach(
        &self,
        request: &DialRequest,
        observe: impl FnMut(PhaseEvent) + Send,
    ) -> Result<Reached, DialError> {
        let mut attempt = Attempt::new(request.limits.overall, observe);
        let Arrival { stream, remote, local, .. } = self.arrive(request, Judge::Trust, &mut attempt).await?;
        Ok(Reached { stream, remote, local, report: attempt.report() })
    }
}
