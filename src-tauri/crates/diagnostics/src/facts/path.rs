//! The way to one endpoint: addresses, proxy, TLS, HTTP.

use std::net::IpAddr;

use jiff::Timestamp;
use model::EndpointId;
use serde::{Deserialize, Serialize};

use super::{
    names::NameFacts,
    realtime::{Baseline, IdleFacts, LiveFacts, QualityFacts, SessionFacts, UpgradePathFacts},
};
use crate::inquiry::Unusable;

/// One endpoint.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct EndpointFacts {
    /// Which.
    pub id: Option<EndpointId>,
    /// Its name for people.
    pub name: String,
    /// Host of its URL.
    pub host: String,
    /// Port of its URL.
    pub port: u16,
    /// Path of its URL, without query.
    pub path: String,
    /// wss or https.
    pub encrypted: bool,
    /// The server allows one session per user.
    pub single_session: bool,
    /// Heartbeat interval, milliseconds.
    pub heartbeat_ms: u64,
    /// `Origin` header that is sent, where one is configured.
    pub origin: Option<String>,
    /// Why it cannot be dialed at all.
    pub unusable: Option<Unusable>,
    /// Its name.
    pub names: NameFacts,
    /// The interface traffic to it leaves by, and whether that is a tunnel.
    pub through: Option<(String, bool)>,
    /// Every address, each tried by itself (directly, or the proxy's where there is one).
    pub addresses: Vec<AddressFacts>,
    /// Milliseconds of the production race, and those it lost to dead addresses before the winner began.
    pub race: Option<PathPhases>,
    /// Hosts that stand in for it, as far as they were tried.
    #[serde(default)]
    pub backups: Vec<BackupFacts>,
    /// The proxy on the way.
    pub proxy: Option<ProxyPathFacts>,
    /// TLS with the server.
    pub tls: Option<TlsPathFacts>,
    /// The ordinary web request goes to a page of its own and says nothing of the endpoint's path.
    pub health_page: bool,
    /// The ordinary web request.
    pub http: Option<HttpFacts>,
    /// The WebSocket upgrade.
    pub upgrade: Option<UpgradePathFacts>,
    /// What happened after it.
    pub session: Option<SessionFacts>,
    /// Response times.
    pub quality: Option<QualityFacts>,
    /// Large packets.
    pub bulk: Option<BulkFacts>,
    /// Silence (deep only).
    pub idle: Option<IdleFacts>,
    /// Some step needed a second attempt and succeeded then: which, and the first attempt's raw error.
    pub second_attempt: Option<(model::check::StepId, String)>,
    /// What the live connection was doing when the check ended.
    pub live: Option<LiveFacts>,
    /// The last good check in this network.
    pub last_good: Option<Baseline>,
}

/// Times of the production dial, milliseconds.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct PathPhases {
    /// Lookup.
    pub dns: Option<f64>,
    /// TCP race.
    pub tcp: Option<f64>,
    /// Part of it lost to dead addresses before the winner's own connection began.
    pub lost: f64,
    /// Proxy.
    pub proxy: Option<f64>,
    /// TLS.
    pub tls: Option<f64>,
    /// Upgrade.
    pub upgrade: Option<f64>,
    /// All of it.
    pub total: Option<f64>,
    /// The address that won.
    pub winner: Option<IpAddr>,
}

/// One address.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AddressFacts {
    /// Which.
    pub address: IpAddr,
    /// How the connection ended.
    pub end: AddressEnd,
    /// How long that took, milliseconds.
    pub ms: f64,
}

/// How a TCP connection ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AddressEnd {
    /// Open.
    Connected,
    /// Nobody listens (RST).
    Refused,
    /// Accepted, and reset before anybody here knew: the answer to a port without a listener is [`Refused`](Self::Refused).
    Reset,
    /// Silence.
    TimedOut,
    /// No route, or the host does not answer: raw text with errno.
    Unreachable(String),
    /// A rule on this computer (EACCES, EPERM, 10013): raw text.
    Denied(String),
    /// No handles or ports are left: raw text.
    OutOfResources(String),
    /// Anything else: raw text.
    Failed(String),
}

/// Another endpoint, as a control.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ControlFacts {
    /// Which.
    pub id: EndpointId,
    /// Its host.
    pub host: String,
    /// How TCP ended; `None` where its name was not found.
    pub end: Option<AddressEnd>,
}

/// A host that stands in for an endpoint's own.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BackupFacts {
    /// Its host.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// A proxy leads there.
    pub proxied: bool,
    /// How reaching it ended.
    pub end: BackupEnd,
    /// Milliseconds.
    pub ms: f64,
}

/// How reaching a backup host ended: TCP and, where its URL asks for it, TLS.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BackupEnd {
    /// It was reached.
    Reached,
    /// Its name was not found: raw text.
    Unnamed(String),
    /// Nobody listens: raw text.
    Refused(String),
    /// Nothing came back, or there is no path: raw text.
    Silent(String),
    /// The proxy did not lead there: raw text.
    Proxy(String),
    /// No secure connection: raw text.
    Insecure(String),
}

/// The proxy on the way to one endpoint.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ProxyPathFacts {
    /// host:port.
    pub server: String,
    /// `configuration`, `environment` or `desktop`.
    pub source: String,
    /// The variable or key that names it, such as `HTTPS_PROXY`.
    pub setting: Option<String>,
    /// How it ended.
    pub end: ProxyEnd,
    /// Milliseconds.
    pub ms: Option<f64>,
}

/// How the way through a proxy ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProxyEnd {
    /// Open.
    Open,
    /// Its name is not found: raw text.
    Unresolved(String),
    /// It does not answer: raw text.
    Unreachable(String),
    /// It wants a login; schemes it offers.
    LoginWanted(Vec<String>),
    /// It answered with another status.
    Status(u16),
    /// Its rules forbid the destination: raw text.
    NotAllowed(String),
    /// It says that it does not reach the destination: raw text.
    CannotReach(String),
    /// It began and did not end.
    TimedOut,
    /// Anything else: raw text.
    Failed(String),
}

/// TLS with the server.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct TlsPathFacts {
    /// How it ended; `None` while it was not reached.
    pub end: Option<TlsEnd>,
    /// Milliseconds.
    pub ms: Option<f64>,
    /// Version.
    pub version: Option<String>,
    /// Cipher suite.
    pub cipher: Option<String>,
    /// Certificates, leaf first; also of a refused handshake, where they could be read.
    pub chain: Vec<CertificateFacts>,
    /// Whether the issuers that browsers ship accept it (second opinion).
    pub publicly_trusted: Option<bool>,
    /// An issuer's certificate is missing in the chain and would mend it: its name.
    pub missing_issuer: Option<String>,
    /// The certificate of the issuer was not sent, and an authority of the configuration's CA file has a name akin to the
    /// issuer's: that authority's name.
    #[serde(default)]
    pub akin_authority: Option<String>,
    /// The certificate of the issuer was sent along.
    #[serde(default)]
    pub issuer_sent: Option<bool>,
}

/// A certificate.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CertificateFacts {
    /// Common name, or the whole subject.
    pub subject: String,
    /// Common name of the issuer, or the whole issuer.
    pub issuer: String,
    /// The whole issuer, for the list of inspection devices.
    pub issuer_full: String,
    /// Valid from.
    pub not_before: Timestamp,
    /// Valid until.
    pub not_after: Timestamp,
    /// Names it is for.
    pub names: Vec<String>,
    /// Signed with its own key.
    pub self_signed: bool,
}

/// What is wrong with a certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CertificateFlaw {
    /// Another name.
    Name,
    /// Expired.
    Expired,
    /// Not valid yet.
    NotYetValid,
    /// Issuer not trusted here.
    UnknownIssuer,
    /// A CA certificate shown as the server's own.
    CaAsServer,
    /// Revoked.
    Revoked,
    /// Anything else.
    Other,
}

/// How TLS ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TlsEnd {
    /// Open.
    Open,
    /// The certificate is not accepted: what is wrong, raw text.
    Certificate(CertificateFlaw, String),
    /// The server ended it with an alert about versions or ciphers: its name.
    NoCommonProtocol(String),
    /// Another alert: its name.
    Alert(String),
    /// A client certificate is wanted: raw text.
    ClientCertificate(String),
    /// The answer is not TLS: its first bytes, clean.
    NotTls(String),
    /// Cut in the middle (reset or end of stream): raw text.
    Cut(String),
    /// Silence.
    TimedOut,
    /// A CA file or client certificate file of the configuration cannot be used: raw text.
    File(String),
    /// Anything else: raw text.
    Failed(String),
}

/// The ordinary web request.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct HttpFacts {
    /// How it ended.
    pub end: HttpEnd,
    /// Milliseconds from the request to the first byte of the answer.
    pub first_byte_ms: Option<f64>,
}

/// How an HTTP request ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HttpEnd {
    /// An answer.
    Answer(Box<PageFacts>),
    /// Cut: bytes received until then, and whether by a reset.
    Cut {
        /// Bytes received.
        received: usize,
        /// By a reset, not in good order.
        reset: bool,
    },
    /// No whole answer in time: bytes received until then.
    TimedOut {
        /// Bytes received.
        received: usize,
    },
    /// Not HTTP: first bytes, clean.
    NotHttp(String),
    /// Anything else: raw text.
    Failed(String),
}

/// An HTTP answer. Headers are an allow-list; texts are clean and short.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct PageFacts {
    /// Status.
    pub status: u16,
    /// `Server`.
    pub server: Option<String>,
    /// `Via`.
    pub via: Option<String>,
    /// Name of the header and value: `X-Request-Id`, `CF-Ray`, `traceparent`.
    pub request_id: Option<String>,
    /// `Retry-After` in seconds.
    pub retry_after_s: Option<u64>,
    /// Schemes of `WWW-Authenticate`.
    pub auth_schemes: Vec<String>,
    /// `Location` without query.
    pub location: Option<String>,
    /// `Upgrade` of the answer.
    pub upgrade: Option<String>,
    /// `Sec-WebSocket-Version` of the answer.
    pub websocket_version: Option<String>,
    /// The body is HTML.
    pub html: bool,
    /// Its title, or first words.
    pub title: Option<String>,
    /// The body or a header says that an upgrade is missing.
    pub names_upgrade: bool,
    /// Header or words of a filter or firewall: which.
    pub filter_mark: Option<String>,
    /// Answered from a cache (`Age`).
    pub cached: bool,
}

/// A large write.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BulkFacts {
    /// Bytes written.
    pub written: usize,
    /// Bytes the peer's kernel acknowledged.
    pub acknowledged: usize,
    /// Milliseconds waited.
    pub waited_ms: u64,
}
