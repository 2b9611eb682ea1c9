//! What an attempt reports: its phases, their times, their outcomes and the facts learned. Data only.

use std::{
    fmt,
    net::{IpAddr, SocketAddr},
    time::Duration,
};

use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use model::ErrorCode;
use tokio::time::Instant;
use url::Url;

use crate::{
    error::{SocketFailure, SocksReply},
    proxy::{ProxyDecision, ProxyServer, ProxySource},
    redirect::Redirect,
};

/// One step of an attempt, in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Phase {
    /// Which proxy, if any; then name to addresses. Reported for literal addresses too, with nothing to do.
    Resolve,
    /// Addresses to one TCP connection.
    Connect,
    /// The way through a proxy, TLS with the proxy included; absent without one.
    Proxy,
    /// TLS handshake with the server; absent for ws and http.
    Tls,
    /// WebSocket handshake.
    Upgrade,
    /// One ordinary web request, in place of the handshake: see [`Dialer::fetch`](crate::Dialer::fetch).
    Exchange,
}

impl Phase {
    /// One lower-case word, for logs and reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Resolve => "resolve",
            Self::Connect => "connect",
            Self::Proxy => "proxy",
            Self::Tls => "tls",
            Self::Upgrade => "upgrade",
            Self::Exchange => "exchange",
        }
    }
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Told to the observer while the attempt runs. A dropped attempt tells nothing more.
#[derive(Clone, Debug)]
pub enum PhaseEvent {
    /// A phase begins.
    Started {
        /// Which.
        phase: Phase,
        /// When.
        at: Instant,
    },
    /// A phase has ended, well or not.
    Finished(PhaseReport),
    /// The server led elsewhere: all phases begin anew there.
    Redirected(Redirect),
}

/// A finished phase.
#[derive(Clone, Debug)]
pub struct PhaseReport {
    /// Which.
    pub phase: Phase,
    /// How many redirects came before it.
    pub hop: usize,
    /// When it began.
    pub started: Instant,
    /// How long it took.
    pub elapsed: Duration,
    /// How it ended.
    pub outcome: PhaseOutcome,
    /// What it learned, also when it failed.
    pub facts: PhaseFacts,
}

/// How a phase ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PhaseOutcome {
    /// Well.
    Ok,
    /// Not well; the attempt ends with it.
    Failed {
        /// Stable code.
        code: ErrorCode,
        /// Raw cause on one line, as in [`DialError::detail`](crate::DialError::detail).
        detail: String,
    },
}

/// What a phase learned.
#[derive(Clone, Debug)]
pub enum PhaseFacts {
    /// Of [`Phase::Resolve`].
    Resolve(ResolveFacts),
    /// Of [`Phase::Connect`].
    Connect(ConnectFacts),
    /// Of [`Phase::Proxy`].
    Proxy(ProxyFacts),
    /// Of [`Phase::Tls`].
    Tls(TlsFacts),
    /// Of [`Phase::Upgrade`].
    Upgrade(UpgradeFacts),
    /// Of [`Phase::Exchange`].
    Exchange(ExchangeFacts),
}

/// Result of the lookup.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ResolveFacts {
    /// Whether the attempt goes through a proxy, and why. Where it does, what follows is about the proxy.
    pub proxy: Box<ProxyDecision>,
    /// Name or literal address asked for.
    pub host: String,
    /// True when the URL held an address, so that nothing was looked up.
    pub literal: bool,
    /// Addresses in the order they will be tried.
    pub addresses: Vec<SocketAddr>,
    /// Addresses the resolver gave beyond the number that is tried.
    pub left_out: usize,
    /// The server's own addresses, where a SOCKS5 proxy is to be given addresses and not the name.
    pub behind_proxy: Vec<IpAddr>,
    /// Set where the lookup failed and the addresses are those that worked before.
    pub remembered: Option<Box<Remembered>>,
}

/// Why and from when addresses are that were not looked up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remembered {
    /// Time since the last of them worked.
    pub age: Duration,
    /// Code of the lookup's failure.
    pub code: ErrorCode,
    /// Its raw cause on one line.
    pub detail: String,
}

/// Result of the race.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ConnectFacts {
    /// Every address, in order.
    pub addresses: Vec<AddressReport>,
    /// Local end of the winning connection.
    pub local: Option<SocketAddr>,
}

/// What became of one address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AddressReport {
    /// Address and port.
    pub address: SocketAddr,
    /// Start of this connection, counted from the start of the phase; `None` when it was never started.
    pub started: Option<Duration>,
    /// Time from its start to its end.
    pub elapsed: Duration,
    /// How it ended.
    pub outcome: AddressOutcome,
}

/// How one address ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AddressOutcome {
    /// This one won.
    Connected,
    /// The system refused.
    Failed(SocketFailure),
    /// Nothing came back within the limit per address.
    TimedOut(Duration),
    /// Still under way when another one won.
    Overtaken,
    /// Still under way when the whole attempt ran out of time.
    Unfinished,
    /// Never started.
    Untried,
}

/// What a proxy did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProxyFacts {
    /// Which proxy. Printed without credentials.
    pub server: ProxyServer,
    /// Who says that it is to be used.
    pub source: ProxySource,
    /// Its answer to CONNECT.
    pub status: Option<StatusCode>,
    /// Its last failure, for SOCKS5.
    pub reply: Option<SocksReply>,
    /// The address it was asked for last, where it was asked for one and not for a name.
    pub asked_for: Option<IpAddr>,
    /// TLS with an https proxy.
    pub tls: Option<Box<TlsFacts>>,
    /// Bytes received from the proxy in this phase, TLS aside.
    pub received: usize,
}

impl ProxyFacts {
    pub(crate) fn new(server: ProxyServer, source: ProxySource) -> Self {
        Self { server, source, status: None, reply: None, asked_for: None, tls: None, received: 0 }
    }
}

/// Result of the TLS handshake. Empty when it failed before the session existed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TlsFacts {
    /// Protocol version, such as `TLSv1_3`.
    pub version: Option<String>,
    /// Cipher suite, such as `TLS13_AES_256_GCM_SHA384`.
    pub cipher: Option<String>,
    /// Application protocol the server chose.
    pub alpn: Option<String>,
    /// Certificates the server showed, leaf first, DER. Known also when they were not accepted.
    pub chain: Vec<Bytes>,
    /// The first bytes of the server's answer, where that is not TLS. Raw: hostile.
    pub not_tls: Bytes,
    /// Whether the server asked for a client certificate. Known also when the handshake failed.
    pub client_auth: ClientAuth,
}

/// Whether a server asked for a client certificate, and what it got.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum ClientAuth {
    /// It did not ask.
    #[default]
    NotAsked,
    /// It asked and got none: none is configured, or none of a kind it takes.
    NoneSent,
    /// It asked and got the configured one.
    Sent,
}

/// Result of the WebSocket handshake.
#[derive(Clone, Default)]
pub struct UpgradeFacts {
    /// HTTP status, once an answer was read.
    pub status: Option<StatusCode>,
    /// Headers of the answer. Raw: hostile text, and cookies are secrets.
    pub headers: HeaderMap,
    /// Bytes received from the server in this phase: an unfinished answer shows here.
    pub received: usize,
    /// Time from the start of the phase to the first of them.
    pub first_byte: Option<Duration>,
    /// Subprotocol chosen.
    pub subprotocol: Option<String>,
}

/// Cookies and redirects are secrets, so names of headers alone.
impl fmt::Debug for UpgradeFacts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UpgradeFacts")
            .field("status", &self.status)
            .field("headers", &self.headers.keys().collect::<Vec<_>>())
            .field("received", &self.received)
            .field("subprotocol", &self.subprotocol)
            .finish()
    }
}

/// Result of an ordinary web request.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ExchangeFacts {
    /// HTTP status, once an answer was read.
    pub status: Option<StatusCode>,
    /// Bytes received from the server in this phase: an unfinished answer shows here.
    pub received: usize,
    /// Time from the start of the phase to the first of them.
    pub first_byte: Option<Duration>,
}

/// The whole attempt.
#[derive(Clone, Debug)]
pub struct DialReport {
    /// When it began.
    pub started: Instant,
    /// How long it took.
    pub elapsed: Duration,
    /// Finished phases, in order; the last one is the failed one when the attempt failed. With redirects each phase
    /// comes once for every server asked.
    pub phases: Vec<PhaseReport>,
    /// Redirects that were followed, in order.
    pub redirects: Vec<Redirect>,
}

impl DialReport {
    /// The report of one phase with the last server asked, if it was reached there.
    pub fn phase(&self, phase: Phase) -> Option<&PhaseReport> {
        self.phases.iter().find(|report| report.phase == phase && report.hop == self.redirects.len())
    }

    /// The URL of the last server asked: where redirects led, or `asked`, the request's own.
    pub fn url<'a>(&'a self, asked: &'a Url) -> &'a Url {
        self.redirects.last().map_or(asked, |redirect| &redirect.to)
    }
}
