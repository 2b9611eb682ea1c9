//! The shape of `config.json`: the one source of its keys, types, ranges and defaults.
//!
//! The schema is derived from it, files are checked against that schema, and merged layers are read into it.
//! Every key of the contract is here, also those this version cannot act on yet.

mod auth;
mod buffer;
mod connection;
mod transports;

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

pub(super) use self::{
    auth::{Auth, Secret},
    buffer::{Ack, Buffer, Durability, Overflow},
    connection::{CloseAction, Connection, Protocol, Transport},
};

/// A day: longer pauses are a mistake in the unit.
const MAX_DURATION: u64 = 86_400_000;

/// Settings of Linekeeper.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    /// Where editors find the schema of this file.
    #[serde(rename = "$schema")]
    #[expect(dead_code, reason = "for editors")]
    pub(super) schema: Option<String>,
    /// The endpoints and how their connections are kept.
    #[serde(default)]
    pub(super) websocket: WebSocket,
    /// The local gateway other programs send and receive through.
    #[serde(default)]
    pub(super) gateway: Gateway,
    /// Native notifications.
    #[serde(default)]
    pub(super) notifications: Notifications,
    /// Log files.
    #[serde(default)]
    pub(super) logging: Logging,
    /// Checks.
    #[serde(default)]
    pub(super) diagnostics: Diagnostics,
}

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(super) struct WebSocket {
    /// The endpoints by id.
    #[schemars(extend("propertyNames" = json!({"pattern": "^[a-z0-9_-]{1,64}$"})))]
    pub(super) connections: BTreeMap<String, Connection>,
    /// How failed connections are retried.
    pub(super) reconnection: Reconnection,
    /// How a silent connection is told from a dead one.
    pub(super) heartbeat: Heartbeat,
    /// Limit for one whole attempt, in milliseconds.
    #[schemars(range(min = 1, max = MAX_DURATION))]
    pub(super) connection_timeout: ConnectionTimeout,
}

/// Milliseconds; a type of its own for its default.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[serde(transparent)]
pub(super) struct ConnectionTimeout(pub(super) u64);

impl Default for ConnectionTimeout {
    fn default() -> Self {
        Self(15_000)
    }
}

/// How failed connections are retried.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Reconnection {
    /// Failed tries in a row before `failed` and slow probing; 0 means never.
    #[schemars(range(max = 1_000_000))]
    pub(super) max_attempts: u32,
    /// Ceiling of the first wait, in milliseconds.
    #[schemars(range(min = 1, max = MAX_DURATION))]
    pub(super) initial_delay: u64,
    /// Growth of the ceiling per failed try.
    #[schemars(range(min = 1, max = 100))]
    pub(super) backoff_multiplier: f64,
    /// Largest ceiling, in milliseconds.
    #[schemars(range(min = 1, max = MAX_DURATION))]
    pub(super) max_delay: u64,
}

impl Default for Reconnection {
    fn default() -> Self {
        Self { max_attempts: 10, initial_delay: 1_000, backoff_multiplier: 2.0, max_delay: 30_000 }
    }
}

/// How a silent connection is told from a dead one.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Heartbeat {
    /// Off: only the end of the socket is noticed.
    pub(super) enabled: bool,
    /// Time between probes, in milliseconds.
    #[schemars(range(min = 1, max = MAX_DURATION))]
    pub(super) interval: u64,
    /// Silence after a probe that ends the session, in milliseconds.
    #[schemars(range(min = 1, max = MAX_DURATION))]
    pub(super) timeout: u64,
    /// Application heartbeat sent beside the ping frames, such as {"type":"ping"}.
    pub(super) message: Option<Value>,
}

impl Default for Heartbeat {
    fn default() -> Self {
        Self { enabled: true, interval: 25_000, timeout: 10_000, message: None }
    }
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Gateway {
    /// Off: no port is opened.
    pub(super) enabled: bool,
    /// Loopback address and port; with port 0 any free one.
    #[schemars(regex(pattern = r"^(127(\.[0-9]{1,3}){3}|\[[0-9a-fA-F:]+\]):[0-9]{1,5}$"))]
    pub(super) listen: String,
}

impl Default for Gateway {
    fn default() -> Self {
        Self { enabled: true, listen: "127.0.0.1:7878".to_owned() }
    }
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Notifications {
    /// Off: none are shown.
    pub(super) enabled: bool,
}

impl Default for Notifications {
    fn default() -> Self {
        Self { enabled: true }
    }
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Logging {
    /// error, warn, info, debug, trace or off; or a filter such as `info,link=debug`.
    pub(super) level: String,
}

impl Default for Logging {
    fn default() -> Self {
        Self { level: "info".to_owned() }
    }
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Diagnostics {
    /// A page of your organisation that answers 204 to anybody, to recognise sign-in pages. Without it no such request is made.
    pub(super) control_url: Option<String>,
    /// Requests of a check carry its id in the header X-Diag-Run, so that whoever runs the server can find them.
    pub(super) correlate: bool,
    /// Each calm connection is checked by Linekeeper itself about once a day, so that there is a good check to compare with.
    pub(super) baselines: bool,
}

impl Default for Diagnostics {
    fn default() -> Self {
        Self { control_url: None, correlate: true, baselines: true }
    }
}
