//! Failed WebSocket handshakes: an HTTP answer other than 101, a broken rule, or a connection that ended.

use std::fmt;

use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use model::ErrorCode;

use super::SocketFailure;

/// Why the handshake failed.
#[derive(Debug, thiserror::Error)]
pub enum UpgradeCause {
    /// The server gave another status than 101.
    #[error("{0}")]
    Status(Box<HttpAnswer>),
    /// The server sends the attempt elsewhere, and there it may not go.
    #[error("{answer}; not followed: {flaw}")]
    Redirect {
        /// Why not.
        flaw: RedirectFlaw,
        /// What the server said.
        answer: Box<HttpAnswer>,
    },
    /// The answer breaks a rule.
    #[error("{rule}{}", if .found.is_empty() { String::new() } else { format!(": {:?}", .found) })]
    Rule {
        /// Which rule.
        rule: HandshakeRule,
        /// What stood there instead, on one short line.
        found: String,
    },
    /// The connection ended before the answer was whole.
    #[error("the connection closed after {received} bytes of an answer{}", because(.failure))]
    Closed {
        /// Bytes received until then.
        received: usize,
        /// The socket's error; `None` when the server closed in good order.
        failure: Option<Box<SocketFailure>>,
    },
    /// Any other failure of the socket.
    #[error("{0}")]
    Socket(Box<SocketFailure>),
}

/// What follows the news of a connection that ended.
pub(crate) fn because(failure: &Option<Box<SocketFailure>>) -> String {
    failure.as_ref().map(|failure| format!(": {failure}")).unwrap_or_default()
}

impl UpgradeCause {
    pub(crate) fn code(&self) -> ErrorCode {
        match self {
            Self::Status(answer) => status_code(answer.status),
            Self::Redirect { .. } => ErrorCode::RedirectRefused,
            Self::Rule { .. } => ErrorCode::HandshakeInvalid,
            Self::Closed { .. } | Self::Socket(_) => ErrorCode::HandshakeClosed,
        }
    }
}

/// Why a redirect is not followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RedirectFlaw {
    /// No `Location`, several, or one that is no URL.
    Target,
    /// Neither ws, wss, http nor https.
    Scheme,
    /// From an encrypted URL to an unencrypted one.
    Downgrade,
    /// From an unencrypted URL to another host. A sign-in page of the network says the same.
    Unproven,
    /// To a URL that was asked already.
    Loop,
    /// More than three.
    TooMany,
    /// To another origin, which would get a secret of this one: the target holds it, or the subprotocols may.
    Secret,
}

impl fmt::Display for RedirectFlaw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Target => "it does not name one place",
            Self::Scheme => "it does not lead to a WebSocket",
            Self::Downgrade => "it leads from an encrypted URL to an unencrypted one",
            Self::Unproven => "it leads to another host, and nothing proves that the server says so",
            Self::Loop => "it leads back to where the attempt has been",
            Self::TooMany => "it is the fourth in a row",
            Self::Secret => "it leads to another origin, which would get a secret meant for this one",
        })
    }
}

/// An HTTP answer other than 101. Peers like to quote what they refuse, so `Debug` shows the clean excerpt alone.
#[derive(Clone)]
pub struct HttpAnswer {
    /// Its status.
    pub status: StatusCode,
    /// Its headers, raw: hostile text, and possibly secrets. Redact before showing.
    pub headers: HeaderMap,
    /// At most the first 1 KiB of its body, chunks joined, raw: redact before showing.
    pub body: Bytes,
    /// True when the body went on, or did not come to its end in time.
    pub truncated: bool,
    /// A short clean excerpt for people (the redirect's target, or the start of the body) from which everything
    /// the request carried as header value or query value is removed.
    pub excerpt: String,
}

impl fmt::Debug for HttpAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpAnswer")
            .field("status", &self.status)
            .field("headers", &self.headers.keys().collect::<Vec<_>>())
            .field("body_bytes", &self.body.len())
            .field("truncated", &self.truncated)
            .field("excerpt", &self.excerpt)
            .finish()
    }
}

impl fmt::Display for HttpAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HTTP {}", self.status.as_u16())?;
        if let Some(reason) = self.status.canonical_reason() {
            write!(f, " {reason}")?;
        }
        if self.excerpt.is_empty() { Ok(()) } else { write!(f, ": {}", self.excerpt) }
    }
}

/// Codes by what somebody can do about them. 408 and 425 are momentary. 511 is a portal's page, not the server's.
fn status_code(status: StatusCode) -> ErrorCode {
    match status.as_u16() {
        401 | 407 => ErrorCode::Unauthorized,
        403 | 451 => ErrorCode::Forbidden,
        404 | 410 => ErrorCode::NotFound,
        429 => ErrorCode::RateLimited,
        408 | 425 | 502 | 503 | 504 => ErrorCode::ServiceUnavailable,
        511 => ErrorCode::NotWebsocket,
        500..=599 => ErrorCode::ServerError,
        _ => ErrorCode::NotWebsocket,
    }
}

/// A rule of RFC 6455 §4.1 or of HTTP, or a bound of ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum HandshakeRule {
    /// The answer is not HTTP/1.1.
    Http,
    /// The answer is a TLS record: the port speaks TLS, the URL does not.
    TlsSpoken,
    /// The answer is HTTP/2, which nobody agreed on.
    Http2Spoken,
    /// The head of the answer is larger than 16 KiB.
    HeadTooLarge,
    /// More headers than can be held.
    TooManyHeaders,
    /// More interim answers (1xx) than make sense.
    TooManyInterim,
    /// `Upgrade: websocket` is missing.
    Upgrade,
    /// `Connection: Upgrade` is missing.
    Connection,
    /// `Sec-WebSocket-Accept` is missing or wrong.
    Accept,
    /// An extension nobody asked for.
    Extension,
    /// A subprotocol nobody offered.
    SubprotocolNotOffered,
    /// None of the offered subprotocols was chosen.
    SubprotocolMissing,
}

impl fmt::Display for HandshakeRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Http => "the answer is not valid HTTP/1.1",
            Self::TlsSpoken => "the server speaks TLS at this port, the URL does not",
            Self::Http2Spoken => "the server speaks HTTP/2 at this port and nothing else",
            Self::HeadTooLarge => "the head of the answer is larger than 16 KiB",
            Self::TooManyHeaders => "the answer has too many headers",
            Self::TooManyInterim => "too many interim answers",
            Self::Upgrade => "no \"Upgrade: websocket\" in the answer",
            Self::Connection => "no \"Connection: Upgrade\" in the answer",
            Self::Accept => "Sec-WebSocket-Accept is missing or wrong",
            Self::Extension => "the server uses an extension that was not asked for",
            Self::SubprotocolNotOffered => "the server chose a subprotocol that was not offered",
            Self::SubprotocolMissing => "the server chose none of the offered subprotocols",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_status_has_its_code() {
        let expected = [
            (200, ErrorCode::NotWebsocket),
            (302, ErrorCode::NotWebsocket),
            (400, ErrorCode::NotWebsocket),
            (401, ErrorCode::Unauthorized),
            (403, ErrorCode::Forbidden),
            (404, ErrorCode::NotFound),
            (410, ErrorCode::NotFound),
            (426, ErrorCode::NotWebsocket),
            (429, ErrorCode::RateLimited),
            (500, ErrorCode::ServerError),
            (502, ErrorCode::ServiceUnavailable),
            (503, ErrorCode::ServiceUnavailable),
            (504, ErrorCode::ServiceUnavailable),
            (511, ErrorCode::NotWebsocket),
        ];
        for (status, code) in expected {
            assert_eq!(status_code(StatusCode::from_u16(status).unwrap()), code, "{status}");
        }
    }
}
