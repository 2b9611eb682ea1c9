//! Real time: the upgrade, what passes after it, response times, and what the live connection does.

use jiff::Timestamp;
use model::{EndpointState, Reason, Transport};
use serde::{Deserialize, Serialize};

use super::path::{PageFacts, PathPhases};

/// The WebSocket upgrade.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct UpgradePathFacts {
    /// How it ended.
    pub end: UpgradeEnd,
    /// Milliseconds.
    pub ms: Option<f64>,
    /// Subprotocols offered.
    pub offered: Vec<String>,
    /// Subprotocol chosen.
    pub chosen: Option<String>,
}

/// How the upgrade ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UpgradeEnd {
    /// 101, strictly checked.
    Switched,
    /// Another status.
    Status(Box<PageFacts>),
    /// Sent elsewhere, and not followed: where to, and why not.
    Redirected {
        /// Where to, without query.
        to: Option<String>,
        /// Why not.
        why: String,
        /// What is wrong with the way it leads.
        #[serde(default)]
        detour: Detour,
        /// The answer.
        page: Box<PageFacts>,
    },
    /// 101 or something else that breaks a rule: which, and what stood there.
    Broken(RuleBroken, String),
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
    /// Not tried, because the live session is the only one allowed.
    LiveOnly,
}

/// What is wrong with where a redirect leads.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Detour {
    /// Elsewhere, that is all.
    #[default]
    Elsewhere,
    /// Back to where the attempt has been, or on and on.
    Circle,
    /// From an encrypted address to one without encryption.
    Weaker,
    /// To a page for people to sign in.
    SignIn,
}

/// A rule of the handshake.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RuleBroken {
    /// Not HTTP/1.1.
    NotHttp,
    /// TLS where none was asked for.
    TlsSpoken,
    /// `Upgrade` or `Connection` is missing in a 101.
    UpgradeHeaders,
    /// The proof is wrong or missing.
    Accept,
    /// An extension nobody asked for.
    Extension,
    /// A subprotocol nobody offered.
    SubprotocolOther,
    /// None was chosen.
    SubprotocolMissing,
    /// Anything else.
    Other,
}

/// What happened on the check's own session.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SessionFacts {
    /// Pings sent.
    pub pings: u32,
    /// Pongs that came.
    pub pongs: u32,
    /// Anything else that came: data frames.
    pub frames: u32,
    /// The server closed: how.
    pub closed: Option<CloseFacts>,
    /// It worked, and then pings arrived and nothing came back: milliseconds after the 101.
    #[serde(default)]
    pub mute_after_ms: Option<u64>,
    /// Our own close was answered.
    pub clean_close: Option<bool>,
}

/// A close by the server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CloseFacts {
    /// Code; `None` where the connection just ended.
    pub code: Option<u16>,
    /// Its words, clean.
    pub reason: String,
    /// Milliseconds after the 101.
    pub after_ms: u64,
}

/// Response times.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct QualityFacts {
    /// Milliseconds of every answered ping, in order.
    pub samples: Vec<f64>,
    /// Pings without an answer when the step ended.
    pub unanswered: u32,
    /// Retransmissions the kernel counted meanwhile.
    pub retransmits: Option<u32>,
    /// The kernel's smoothed round-trip time, milliseconds.
    pub kernel_srtt_ms: Option<f64>,
    /// What the kernel's figures describe.
    pub scope: TcpScope,
    /// Measured on the live session, not on one of the check's own.
    pub live: bool,
}

/// What the kernel's figures describe.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TcpScope {
    /// The way to the server.
    EndToEnd,
    /// The way to the proxy.
    ToProxy,
    /// No figures here.
    #[default]
    Unavailable,
}

/// Silence on the line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IdleFacts {
    /// Milliseconds of silence before the ping.
    pub silent_ms: u64,
    /// The pong came.
    pub survived: bool,
    /// When the line was seen cut, milliseconds of silence.
    pub cut_after_ms: Option<u64>,
    /// A new connection worked afterwards.
    pub reconnected: Option<bool>,
}

/// The live connection.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LiveFacts {
    /// State.
    pub state: EndpointState,
    /// Why, for disconnected and failed.
    pub reason: Option<Reason>,
    /// Transport in use.
    pub transport: Option<Transport>,
    /// Whether that is a fallback.
    pub degraded: bool,
    /// In this state since.
    pub since: Timestamp,
    /// Last error: code and text.
    pub last_error: Option<String>,
    /// Milliseconds to the next try.
    pub retry_in_ms: Option<u64>,
    /// Milliseconds since a person asked for a connection now.
    pub asked_ms_ago: Option<u64>,
    /// Round-trip times of the live session, newest last, milliseconds.
    pub rtt_ms: Vec<f64>,
    /// Waiting messages.
    pub waiting: u64,
    /// The backup host it is connected to, `host:port`, where that is not the endpoint's own.
    #[serde(default)]
    pub backup: Option<String>,
}

/// The last good check of this endpoint in this network.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Baseline {
    /// Its run.
    pub run_id: String,
    /// When.
    pub at: Timestamp,
    /// Phases.
    pub phases: PathPhases,
    /// First byte of the web request, milliseconds.
    pub first_byte_ms: Option<f64>,
    /// Median response time, milliseconds.
    pub median_ms: Option<f64>,
    /// Issuer of the server's certificate.
    pub issuer: Option<String>,
    /// Addresses of its name.
    pub addresses: Vec<std::net::IpAddr>,
    /// Transports that worked.
    pub transports: Vec<String>,
    /// The proxy, host:port.
    pub proxy: Option<String>,
}
