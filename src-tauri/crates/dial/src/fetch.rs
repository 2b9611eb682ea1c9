//! One ordinary web request along the way of every connection: the same names, race, proxy and trust. What it learns
//! explains a WebSocket that does not come up.
//!
//! It is one exchange: no redirect is followed, nothing is kept open, and only the start of a page is read.

use std::{fmt, net::SocketAddr};

use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use tokio::time::Instant;

use crate::{
    attempt::Attempt,
    body::Framing,
    budget::Budget,
    dialer::{Arrival, Dialer, Judge},
    error::{DialCause, DialError, UpgradeCause},
    head::ordinary,
    line::Line,
    phase::{DialReport, ExchangeFacts, Phase, PhaseEvent, PhaseFacts},
    request::DialRequest,
    stream::Stream,
    target::Target,
    upgrade::{BODY_TIME, FOUND_CHARS},
};

/// Bytes of a page that are kept: enough for its title and first words.
const PAGE_BYTES: usize = 16 * 1024;

/// An answer to an ordinary request, whatever its status.
#[derive(Clone)]
pub struct Fetched {
    /// Its status.
    pub status: StatusCode,
    /// Its headers, raw: hostile text, and possibly secrets. Redact before showing.
    pub headers: HeaderMap,
    /// At most the first 16 KiB of its body, chunks joined, raw: redact before showing.
    pub body: Bytes,
    /// True when the body went on, or did not come to its end in time.
    pub truncated: bool,
    /// Address the server was reached at; the proxy's where there is one.
    pub remote: SocketAddr,
    /// Own address.
    pub local: SocketAddr,
    /// Every phase. The time of the first byte is among the facts of [`Phase::Exchange`].
    pub report: DialReport,
}

/// Cookies and quoted requests are secrets: names and numbers alone.
impl fmt::Debug for Fetched {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Fetched")
            .field("status", &self.status)
            .field("headers", &self.headers.keys().collect::<Vec<_>>())
            .field("body_bytes", &self.body.len())
            .field("truncated", &self.truncated)
            .field("remote", &self.remote)
            .finish_non_exhaustive()
    }
}

struct Page {
    status: StatusCode,
    headers: HeaderMap,
    body: Bytes,
    truncated: bool,
}

impl Dialer {
    /// Asks for the request's URL as a browser would, without an upgrade and without subprotocols; the credential and the
    /// headers go along. The exchange is bounded by [`DialLimits::upgrade`](crate::DialLimits::upgrade).
    ///
    /// # Errors
    ///
    /// As [`websocket`](Self::websocket); a status is no error here.
    pub async fn fetch(
        &self,
        request: &DialRequest,
        observe: impl FnMut(PhaseEvent) + Send,
    ) -> Result<Fetched, DialError> {
        let mut attempt = Attempt::new(request.limits.overall, observe);
        let Arrival { stream, route, remote, local, client_auth } =
            self.arrive(request, Judge::Trust, &mut attempt).await?;
        let budget = attempt.begin(Phase::Exchange, request.limits.upgrade);
        let mut facts = ExchangeFacts::default();
        let page = exchange(stream, &route.target, request, budget, &mut facts).await;
        let page = page.map_err(|cause| hidden(cause.after(client_auth), request));
        let Page { status, headers, body, truncated } = attempt.end(PhaseFacts::Exchange(facts), page)?;
        Ok(Fetched { status, headers, body, truncated, remote, local, report: attempt.report() })
    }
}

async fn exchange(
    stream: Stream,
    target: &Target,
    request: &DialRequest,
    budget: Budget,
    facts: &mut ExchangeFacts,
) -> Result<Page, DialCause> {
    let mut line = Line::new(stream, &mut facts.received);
    let began = Instant::now();
    let answer = budget.run(line.head(&ordinary(target, request))).await;
    facts.first_byte = line.first_byte.map(|at| at - began);
    let answer = answer?;
    facts.status = Some(answer.status);
    let until = budget.until.min(Instant::now() + BODY_TIME);
    let framing = Framing::of(answer.status, &answer.headers);
    // A server that switches although nobody asked has no body.
    let (body, truncated) = if answer.status == StatusCode::SWITCHING_PROTOCOLS {
        (Bytes::new(), false)
    } else {
        line.body_up_to(PAGE_BYTES, framing, until).await
    };
    Ok(Page { status: answer.status, headers: answer.headers, body, truncated })
}

fn hidden(mut cause: DialCause, request: &DialRequest) -> DialCause {
    if let DialCause::Upgrade(UpgradeCause::Rule { found, .. }) = &mut cause {
        *found = request.clean(found, FOUND_CHARS);
    }
    cause
}
