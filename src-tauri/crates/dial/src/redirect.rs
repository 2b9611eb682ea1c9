//! Where a redirected attempt goes next, and what it takes along. No I/O: it is handed the answer and gives the next
//! request.
//!
//! A redirect is one server's word about another. It is followed only where that word can be trusted as much as the
//! configured URL: never from an encrypted to an unencrypted URL, and from an unencrypted one only on the same host,
//! because there a sign-in page of the network says the same.
//!
//! To another origin (scheme, host or port) goes nothing that says who is asking: no credential, no client certificate
//! and no configured header at all. A list of well-known names (`Authorization`, `Cookie`) would miss the header that
//! somebody's own gateway takes its key from. What was left behind stays behind, also on the way back.

use std::fmt;

use http::{HeaderMap, StatusCode, header};
use url::{Origin, Position, Url};

use crate::{
    error::{DialCause, RedirectFlaw, UpgradeCause},
    excerpt::{EXCERPT_CHARS, Secrets, bare, has_token},
    request::DialRequest,
    upgrade::FOUND_CHARS,
};

/// Redirects that are followed in one attempt.
pub(crate) const MAX_REDIRECTS: usize = 3;

/// A redirect that was followed.
#[derive(Clone, PartialEq, Eq)]
pub struct Redirect {
    /// Its status: 301, 302, 303, 307 or 308.
    pub status: StatusCode,
    /// Where it led, as ws or wss; without user name, password and fragment. Its query may hold secrets.
    pub to: Url,
    /// The scheme, the host or the port is another one, so that nothing went along that says who is asking.
    pub other_origin: bool,
}

/// Without the query.
impl fmt::Debug for Redirect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Redirect")
            .field("status", &self.status.as_u16())
            .field("to", &bare(self.to.clone()).as_str())
            .field("other_origin", &self.other_origin)
            .finish()
    }
}

/// The requests of one attempt: the caller's, and those that redirects made of it.
pub(crate) struct Journey<'a> {
    asked: &'a DialRequest,
    current: Option<DialRequest>,
    /// Every URL asked for but the current one.
    left: Vec<Url>,
}

impl<'a> Journey<'a> {
    pub(crate) fn new(asked: &'a DialRequest) -> Self {
        Self { asked, current: None, left: Vec::new() }
    }

    /// What to ask for now.
    pub(crate) fn request(&self) -> &DialRequest {
        self.current.as_ref().unwrap_or(self.asked)
    }

    /// Turns to where the answer leads, or gives the cause back: one that leads nowhere as it came, one that may not
    /// be followed with the reason.
    pub(crate) fn follow(&mut self, cause: DialCause) -> Result<Redirect, DialCause> {
        let DialCause::Upgrade(UpgradeCause::Status(answer)) = cause else { return Err(self.hidden(cause)) };
        if !leads_elsewhere(answer.status) {
            return Err(self.hidden(UpgradeCause::Status(answer).into()));
        }
        match self.next(&answer.headers) {
            Ok(to) => Ok(self.turn(answer.status, to)),
            Err(flaw) => Err(self.hidden(UpgradeCause::Redirect { flaw, answer }.into())),
        }
    }

    /// Where these headers lead, if the attempt may go there.
    fn next(&self, headers: &HeaderMap) -> Result<Url, RedirectFlaw> {
        let from = self.request();
        let to = target(&from.url, headers)?;
        judge(from, &to)?;
        if self.left.iter().chain([&from.url]).any(|url| unmarked(url) == to) {
            Err(RedirectFlaw::Loop)
        } else if self.left.len() == MAX_REDIRECTS {
            Err(RedirectFlaw::TooMany)
        } else {
            Ok(to)
        }
    }

    fn turn(&mut self, status: StatusCode, to: Url) -> Redirect {
        let mut next = self.request().clone();
        let other_origin = origin(&next.url) != origin(&to);
        if other_origin {
            next.headers = HeaderMap::new();
            next.credential = None;
            next.tls.client_cert = None;
            next.tls.client_key = None;
        }
        self.left.push(std::mem::replace(&mut next.url, to.clone()));
        self.current = Some(next);
        Redirect { status, to, other_origin }
    }

    /// The cause without the caller's secrets. A redirect may have carried them in its path, where the next request
    /// no longer knows them for what they are.
    fn hidden(&self, mut cause: DialCause) -> DialCause {
        if self.current.is_none() {
            return cause;
        }
        let secrets = Secrets::of(self.asked);
        if let DialCause::Upgrade(upgrade) = &mut cause {
            match upgrade {
                UpgradeCause::Status(answer) | UpgradeCause::Redirect { answer, .. } => {
                    answer.excerpt = secrets.redacted(&answer.excerpt, EXCERPT_CHARS);
                }
                UpgradeCause::Rule { found, .. } => *found = secrets.redacted(found, FOUND_CHARS),
                UpgradeCause::Closed { .. } | UpgradeCause::Socket(_) => {}
            }
        }
        cause
    }
}

/// The upgrade is a GET, which all of these keep. 300 leaves the choice to a person, 304 and 305 mean something else.
fn leads_elsewhere(status: StatusCode) -> bool {
    matches!(status.as_u16(), 301 | 302 | 303 | 307 | 308)
}

/// The one `Location`, read as RFC 9110 §10.2.2 says.
fn target(base: &Url, headers: &HeaderMap) -> Result<Url, RedirectFlaw> {
    let mut all = headers.get_all(header::LOCATION).iter();
    let (Some(location), None) = (all.next(), all.next()) else { return Err(RedirectFlaw::Target) };
    let text = std::str::from_utf8(location.as_bytes()).map_err(|_| RedirectFlaw::Target)?;
    if text.trim().is_empty() {
        return Err(RedirectFlaw::Target);
    }
    let to = base.join(text.trim()).map_err(|_| RedirectFlaw::Target)?;
    if !matches!(to.scheme(), "ws" | "wss" | "http" | "https") {
        return Err(RedirectFlaw::Scheme);
    }
    Ok(unmarked(&to))
}

/// Whether `from` may be sent to `to`.
fn judge(from: &DialRequest, to: &Url) -> Result<(), RedirectFlaw> {
    let encrypted = |url: &Url| matches!(url.scheme(), "wss" | "https");
    if encrypted(&from.url) && !encrypted(to) {
        Err(RedirectFlaw::Downgrade)
    } else if !encrypted(&from.url) && from.url.host() != to.host() {
        Err(RedirectFlaw::Unproven)
    } else if origin(&from.url) != origin(to) && gives_away(from, to) {
        Err(RedirectFlaw::Secret)
    } else {
        Ok(())
    }
}

/// Whether following would hand another origin a secret all the same: one that the server wrote into the target, as
/// those do that keep the query, or one among the subprotocols, which cannot be left out.
fn gives_away(from: &DialRequest, to: &Url) -> bool {
    has_token(&from.subprotocols) || Secrets::of_who_asks(from).stand_in(&to[Position::BeforePath..])
}

/// http is dialed as ws, so they are one origin.
fn origin(url: &Url) -> Origin {
    unmarked(url).origin()
}

/// As ws or wss, without what is never sent: fragment, user name and password.
fn unmarked(url: &Url) -> Url {
    let mut url = url.clone();
    let scheme = if matches!(url.scheme(), "https" | "wss") { "wss" } else { "ws" };
    // These three fail only on URLs without a host, which are refused before anything is dialed.
    let _ = url.set_scheme(scheme);
    let _ = url.set_username("");
    let _ = url.set_password(None);
    url.set_fragment(None);
    url
}

#[cfg(test)]
#[path = "redirect/tests.rs"]
mod tests;
