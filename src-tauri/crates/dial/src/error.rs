//! Why an attempt failed: the phase, the raw cause, and its stable code. Typed first, text last.

mod client_cert;
mod proxy;
mod request;
mod resolve;
mod socket;
mod tls;
mod upgrade;

use std::{fmt, net::SocketAddr, time::Duration};

use http::header::RETRY_AFTER;
use model::ErrorCode;

pub use client_cert::{ClientCertError, ClientCertProblem};
pub use proxy::{ProxyCause, ProxyError, ProxyFlaw, ProxyProtocolFlaw, ProxySettingError, SocksReply};
pub use request::RequestFlaw;
pub use resolve::{ResolveError, ResolveErrorKind};
pub use socket::SocketFailure;
pub(crate) use socket::{connect_code, describe_addresses};
pub use tls::{CaFileError, CaFileProblem, CertificateProblem, TlsCause};
pub(crate) use upgrade::because;
pub use upgrade::{HandshakeRule, HttpAnswer, RedirectFlaw, UpgradeCause};

use crate::{
    excerpt::Secrets,
    one_line::{DETAIL_CHARS, one_line},
    phase::{AddressReport, ClientAuth, DialReport, Phase, PhaseFacts},
};

/// An attempt that failed.
#[derive(Debug, thiserror::Error)]
#[error("{phase}: {}", .cause.detail())]
pub struct DialError {
    /// The phase that failed.
    pub phase: Phase,
    /// Why.
    pub cause: DialCause,
    /// Everything learned on the way.
    pub report: Box<DialReport>,
    tried: Box<[SocketAddr]>,
}

impl DialError {
    /// Stable code.
    pub fn code(&self) -> ErrorCode {
        self.cause.code()
    }

    /// The raw cause for experts: one line, at most 300 characters, no control or bidi characters, no request
    /// header and no query.
    pub fn detail(&self) -> String {
        self.cause.detail()
    }

    /// Addresses whose connection was started, for a later [`Dialer::knock`](crate::Dialer::knock). Empty when
    /// the phase was [`Phase::Resolve`], and when the attempt went through a proxy: that the proxy listens says
    /// nothing about the server.
    pub fn addresses(&self) -> &[SocketAddr] {
        &self.tried
    }

    /// The `Retry-After` header as the server wrote it: seconds or an HTTP date.
    pub fn retry_after(&self) -> Option<&str> {
        self.http()?.headers.get(RETRY_AFTER)?.to_str().ok()
    }

    /// The HTTP answer, when the server gave one other than 101. A proxy's is in [`ProxyCause::answer`].
    pub fn http(&self) -> Option<&HttpAnswer> {
        match &self.cause {
            DialCause::Upgrade(UpgradeCause::Status(answer) | UpgradeCause::Redirect { answer, .. }) => {
                Some(answer)
            }
            DialCause::Upgrade(
                UpgradeCause::Rule { .. } | UpgradeCause::Closed { .. } | UpgradeCause::Socket(_),
            )
            | DialCause::Request(_)
            | DialCause::Resolve(_)
            | DialCause::Connect(_)
            | DialCause::Remembered { .. }
            | DialCause::Proxy(_)
            | DialCause::ProxySetting(_)
            | DialCause::Tls(_)
            | DialCause::CaFile(_)
            | DialCause::ClientCert(_)
            | DialCause::Timeout(_) => None,
        }
    }

    pub(crate) fn new(phase: Phase, cause: DialCause, report: DialReport) -> Self {
        let facts = |phase| report.phase(phase).map(|one| &one.facts);
        let proxied = matches!(facts(Phase::Resolve), Some(PhaseFacts::Resolve(facts)) if facts.proxy.server().is_some());
        let tried = match facts(Phase::Connect) {
            Some(PhaseFacts::Connect(facts)) if !proxied => {
                facts.addresses.iter().filter(|one| one.started.is_some()).map(|one| one.address).collect()
            }
            Some(
                PhaseFacts::Resolve(_)
                | PhaseFacts::Connect(_)
                | PhaseFacts::Proxy(_)
                | PhaseFacts::Tls(_)
                | PhaseFacts::Upgrade(_)
                | PhaseFacts::Exchange(_),
            )
            | None => Box::default(),
        };
        Self { phase, cause, report: Box::new(report), tried }
    }
}

/// The raw cause of a failed attempt.
#[derive(Debug, thiserror::Error)]
pub enum DialCause {
    /// The request itself cannot be dialed; nothing was sent.
    #[error(transparent)]
    Request(#[from] RequestFlaw),
    /// The lookup failed.
    #[error(transparent)]
    Resolve(#[from] Box<ResolveError>),
    /// The lookup failed, and the addresses that worked before could not be connected to. What ails is the lookup.
    #[error("{lookup}; last good addresses: {connect}")]
    Remembered {
        /// Why the lookup failed.
        lookup: Box<DialCause>,
        /// Why connecting failed.
        connect: Box<DialCause>,
    },
    /// No address could be connected to; what became of each.
    #[error("{}", describe_addresses(.0))]
    Connect(Vec<AddressReport>),
    /// The proxy to use is not named in a way that can be followed; nothing was sent.
    #[error(transparent)]
    ProxySetting(#[from] Box<ProxySettingError>),
    /// The attempt ended at a proxy.
    #[error(transparent)]
    Proxy(#[from] Box<ProxyError>),
    /// The TLS handshake failed.
    #[error(transparent)]
    Tls(#[from] TlsCause),
    /// The configured CA file cannot be used.
    #[error(transparent)]
    CaFile(#[from] Box<CaFileError>),
    /// The configured client certificate cannot be used.
    #[error(transparent)]
    ClientCert(#[from] Box<ClientCertError>),
    /// The WebSocket handshake failed.
    #[error(transparent)]
    Upgrade(#[from] UpgradeCause),
    /// Time ran out.
    #[error(transparent)]
    Timeout(#[from] Timeout),
}

impl DialCause {
    /// Stable code.
    pub fn code(&self) -> ErrorCode {
        match self {
            Self::Request(_) => ErrorCode::ConfigInvalid,
            Self::Resolve(error) => error.code(),
            // That the whole attempt ran out of time is no news about the name.
            Self::Remembered { connect, .. } if connect.code() == ErrorCode::AttemptTimeout => connect.code(),
            Self::Remembered { lookup, .. } => lookup.code(),
            Self::Connect(addresses) => connect_code(addresses),
            Self::ProxySetting(error) => error.code(),
            Self::Proxy(error) => error.cause.code(),
            Self::Tls(cause) => cause.code(),
            Self::CaFile(_) => ErrorCode::CaFile,
            Self::ClientCert(_) => ErrorCode::ClientCert,
            Self::Upgrade(cause) => cause.code(),
            Self::Timeout(timeout) => timeout.code(),
        }
    }

    /// The same cause, seen with what the server got when it asked for a client certificate.
    pub(crate) fn after(self, answered: ClientAuth) -> Self {
        if let Self::Tls(cause) = self { Self::Tls(cause.after(answered)) } else { self }
    }

    /// The same cause without these secrets in what the server says of itself in TLS.
    pub(crate) fn without(self, secrets: impl FnOnce() -> Secrets) -> Self {
        if let Self::Tls(cause) = self { Self::Tls(cause.without(secrets)) } else { self }
    }

    pub(crate) fn detail(&self) -> String {
        one_line(&self.to_string(), DETAIL_CHARS)
    }
}

/// Which limit ran out, and where.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timeout {
    /// The phase under way.
    pub phase: Phase,
    /// The limit that ran out.
    pub limit: Duration,
    /// Whose limit that was.
    pub scope: TimeoutScope,
}

/// Whose limit ran out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimeoutScope {
    /// The phase's own.
    Phase,
    /// The one of the whole attempt.
    Attempt,
}

impl Timeout {
    fn code(&self) -> ErrorCode {
        match (self.scope, self.phase) {
            (TimeoutScope::Attempt, _) => ErrorCode::AttemptTimeout,
            (TimeoutScope::Phase, Phase::Resolve) => ErrorCode::DnsTimeout,
            (TimeoutScope::Phase, Phase::Connect) => ErrorCode::ConnectTimeout,
            (TimeoutScope::Phase, Phase::Proxy) => ErrorCode::ProxyTimeout,
            (TimeoutScope::Phase, Phase::Tls) => ErrorCode::TlsTimeout,
            (TimeoutScope::Phase, Phase::Upgrade | Phase::Exchange) => ErrorCode::HandshakeTimeout,
        }
    }
}

impl fmt::Display for Timeout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let missing = match self.phase {
            Phase::Resolve => "no result of the name lookup",
            Phase::Connect => "no TCP connection",
            Phase::Proxy => "no way opened by the proxy",
            Phase::Tls => "TLS handshake not finished",
            Phase::Upgrade => "no complete answer to the WebSocket request",
            Phase::Exchange => "no complete answer to the web request",
        };
        match self.scope {
            TimeoutScope::Phase => write!(f, "{missing} within {:?}", self.limit),
            TimeoutScope::Attempt => {
                write!(f, "{missing} when the whole attempt's {:?} were over", self.limit)
            }
        }
    }
}

impl std::error::Error for Timeout {}
