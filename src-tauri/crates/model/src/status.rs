//! The status snapshot: everything a tray, window, script or program needs to know, as one value.
//!
//! Times are RFC 3339 in UTC, durations milliseconds, sizes bytes.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    EndpointId, EndpointState, ErrorInfo, Overall, Problem, Quality, Reason, Remedy, Transport, WaitCause,
};

/// Messages that wait no longer than this on a line that is up are passing through, ms.
const PASSING_MS: u64 = 5_000;

/// The whole state of an agent at one moment.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct StatusSnapshot {
    /// Version of this shape; 1. Grows only when a member changes its meaning.
    pub version: u32,
    /// The agent that answers.
    pub agent: AgentInfo,
    /// All endpoints in one word.
    pub overall: Overall,
    /// Enabled endpoints, by priority and then by id.
    pub endpoints: Vec<EndpointSnapshot>,
    /// The local gateway.
    pub gateway: GatewayInfo,
    /// What is wrong with the agent itself (configuration, gateway, log files); empty when all is well.
    pub problems: Vec<Problem>,
}

/// The process that keeps the connections.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct AgentInfo {
    /// Process id.
    pub pid: u32,
    /// Version of the program.
    pub version: String,
    /// Time since start, ms.
    #[cfg_attr(test, ts(type = "number"))]
    pub uptime_ms: u64,
    /// The recording of a problem that is under way; `null` while there is none.
    #[serde(default)]
    pub recording: Option<RecordingInfo>,
}

/// A stretch of time for which the log says more, so that a problem can be shown to whoever helps.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct RecordingInfo {
    /// Four characters for the telephone; both marks in the log carry them.
    #[serde(rename = "ref")]
    pub reference: String,
    /// When it began.
    #[cfg_attr(test, ts(type = "string"))]
    pub began: Timestamp,
    /// When it ends by itself.
    #[cfg_attr(test, ts(type = "string"))]
    pub until: Timestamp,
}

/// The local gateway.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct GatewayInfo {
    /// Programs connected to it now.
    pub connections: u32,
    /// Where it listens; `null` while it is off or could not start.
    pub url: Option<String>,
}

/// One endpoint's connection.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct EndpointSnapshot {
    /// Key in the configuration.
    pub id: EndpointId,
    /// Name for people; the id when none is configured.
    pub name: String,
    /// Configured URL, credentials and query removed.
    pub url: String,
    /// 1 comes first.
    pub priority: u32,
    /// What the connection does.
    pub state: EndpointState,
    /// Why, for `disconnected` and `failed`.
    pub reason: Option<Reason>,
    /// Transport in use, or the one being tried.
    pub transport: Transport,
    /// True when the transport or the host is not the preferred one.
    pub degraded: bool,
    /// Scheme, host and port in use or being tried.
    pub host: String,
    /// While a backup host is in use: when the preferred one is checked next; `null` when that is not known.
    #[cfg_attr(test, ts(type = "string | null"))]
    pub primary_check_at: Option<Timestamp>,
    /// When `state` was entered.
    #[cfg_attr(test, ts(type = "string"))]
    pub since: Timestamp,
    /// Failed tries since the last proven session.
    pub attempt: u32,
    /// When the next try starts; `null` when none is scheduled.
    #[cfg_attr(test, ts(type = "string | null"))]
    pub next_attempt_at: Option<Timestamp>,
    /// Why it waits until then; `null` when no try is scheduled.
    pub waiting: Option<WaitCause>,
    /// The newest error, kept after recovery; `null` if there never was one.
    pub last_error: Option<ErrorInfo>,
    /// What a person can do; `null` while there is nothing to mend.
    pub remedy: Option<Remedy>,
    /// Round-trip times of pings.
    pub rtt_ms: RttInfo,
    /// Quality in a word.
    pub quality: Quality,
    /// Totals since the agent started.
    pub counters: Counters,
    /// Messages waiting on disk.
    pub outbox: OutboxInfo,
    /// When the peer last answered a ping.
    #[cfg_attr(test, ts(type = "string | null"))]
    pub last_pong: Option<Timestamp>,
    /// All of it in a short sentence.
    pub text: String,
}

impl EndpointSnapshot {
    /// Whether another host than the configured one serves.
    pub fn is_on_backup(&self) -> bool {
        let configured = self
            .url
            .strip_prefix(&self.host)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '?']));
        self.degraded && !configured
    }

    /// Messages that wait for something. On a line that is up, those that have just come are only passing through.
    pub fn held_up(&self) -> u64 {
        let passing = self.state == EndpointState::Connected
            && self.outbox.oldest_ms.is_none_or(|age| age < PASSING_MS);
        if passing { 0 } else { self.outbox.queued }
    }
}

/// Round-trip times in ms; `null` until measured.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct RttInfo {
    /// Newest sample.
    pub last: Option<f64>,
    /// Smoothed, RFC 6298.
    pub smoothed: Option<f64>,
    /// Median of the newest 120 samples.
    pub p50: Option<f64>,
    /// 95th percentile of the newest 120 samples.
    pub p95: Option<f64>,
    /// What is usual: the median of the last 24 hours.
    pub baseline: Option<f64>,
    /// Share of the newest 20 pings without an answer, 0 to 1; not ms. Lost packets show as delay instead.
    pub loss: Option<f64>,
    /// The newest 60 samples, oldest first.
    pub recent: Vec<f64>,
}

/// Totals since the agent started.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Counters {
    /// Sessions that were proven.
    #[cfg_attr(test, ts(type = "number"))]
    pub connections: u64,
    /// Proven sessions after the first one.
    #[cfg_attr(test, ts(type = "number"))]
    pub reconnects: u64,
    /// Messages sent.
    #[cfg_attr(test, ts(type = "number"))]
    pub sent: u64,
    /// Messages received.
    #[cfg_attr(test, ts(type = "number"))]
    pub received: u64,
    /// Failed tries and lost sessions.
    #[cfg_attr(test, ts(type = "number"))]
    pub errors: u64,
    /// Payload bytes sent.
    #[cfg_attr(test, ts(type = "number"))]
    pub bytes_sent: u64,
    /// Payload bytes received.
    #[cfg_attr(test, ts(type = "number"))]
    pub bytes_received: u64,
}

/// How safe a waiting message is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum BufferLevel {
    /// Lost when the agent ends.
    Memory,
    /// Survives the end of the agent, not a power cut.
    Process,
    /// Survives a power cut.
    #[default]
    Power,
}

/// Whether the buffer takes messages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum BufferState {
    /// It does.
    #[default]
    Ok,
    /// A bound is reached.
    Full,
    /// The disk refuses.
    Unavailable,
}

/// Messages waiting on disk for one endpoint.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct OutboxInfo {
    /// Messages waiting, in flight included.
    #[cfg_attr(test, ts(type = "number"))]
    pub queued: u64,
    /// Their payload bytes.
    #[cfg_attr(test, ts(type = "number"))]
    pub bytes: u64,
    /// Age of the oldest, ms.
    #[cfg_attr(test, ts(type = "number | null"))]
    pub oldest_ms: Option<u64>,
    /// Sent but not yet confirmed.
    #[cfg_attr(test, ts(type = "number"))]
    pub in_flight: u64,
    /// Dead letters.
    #[cfg_attr(test, ts(type = "number"))]
    pub dead: u64,
    /// How safe they are.
    pub level: BufferLevel,
    /// Whether more are taken.
    pub state: BufferState,
}
