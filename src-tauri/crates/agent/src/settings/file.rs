//! The shape of `config.json`: the one source of its keys, types, ranges and defaults.
//!
//! The schema is derived from it, files are checked against that schema, and merged layers are read into it.
//! Every key of the contract is here, also those this version cannot act on yet.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// A day: longer pauses are a mistake in the unit.
const MAX_DURATION: u64 = 86_400_000;

/// The largest whole number every JSON reader keeps exactly.
const MAX_COUNT: u64 = (1 << 53) - 1;

/// Advice for a secret that stands in the file itself.
const SECRET_ADVICE: &str = "a secret may not stand in this file: name where it is instead, \
    with {\"env\":\"NAME\"}, {\"file\":\"PATH\"} or {\"keyring\":\"ENTRY\"}";

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

/// One endpoint.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Connection {
    /// Where it is: ws, wss, http or https.
    #[schemars(regex(pattern = "^(wss?|https?)://"))]
    pub(super) url: Option<String>,
    /// Name for people; the id when there is none.
    #[schemars(length(min = 1, max = 200))]
    pub(super) name: Option<String>,
    /// Place in lists: 1 comes first.
    #[serde(default = "Connection::default_priority")]
    #[schemars(range(min = 1, max = 1_000_000))]
    pub(super) priority: u32,
    /// Whether it is connected at all.
    #[serde(default = "yes")]
    pub(super) enabled: bool,
    /// What the server speaks.
    #[serde(default)]
    pub(super) protocol: Protocol,
    /// Transports in order of preference.
    #[schemars(length(min = 1), extend("uniqueItems" = true))]
    pub(super) transports: Option<Vec<Transport>>,
    /// Backup hosts, in order.
    #[serde(default)]
    pub(super) fallback_urls: Vec<String>,
    /// Server-sent events; by default at the endpoint's URL with http(s).
    pub(super) sse: Option<Sse>,
    /// Long polling; by default at the endpoint's URL with http(s).
    pub(super) long_poll: Option<LongPoll>,
    /// Polling; by default at the endpoint's URL with http(s).
    pub(super) poll: Option<Poll>,
    /// Details of a Socket.IO endpoint.
    pub(super) socketio: Option<SocketIo>,
    /// Credentials: one of bearer, basic, query.
    #[schemars(extend("minProperties" = 1, "maxProperties" = 1))]
    pub(super) auth: Option<Auth>,
    /// Extra request headers.
    #[serde(default)]
    #[schemars(with = "BTreeMap<String, String>")]
    pub(super) headers: serde_json::Map<String, Value>,
    /// WebSocket subprotocols offered, in order.
    #[serde(default)]
    #[schemars(extend("uniqueItems" = true))]
    pub(super) subprotocols: Vec<String>,
    /// TLS material; verification is the platform's and is never off.
    #[serde(default)]
    pub(super) tls: Tls,
    /// "system", "none" or the proxy's URL.
    #[serde(default = "Connection::default_proxy")]
    pub(super) proxy: String,
    /// Messages sent first on every session: any JSON value, text as it is.
    #[serde(default)]
    pub(super) on_connect: Vec<Value>,
    /// Overrides the common heartbeat, key by key.
    pub(super) heartbeat: Option<Heartbeat>,
    /// Overrides the common reconnection, key by key.
    pub(super) reconnection: Option<Reconnection>,
    /// The offline buffer.
    pub(super) buffer: Option<Buffer>,
    /// What a close code means here, by code.
    #[serde(default)]
    #[schemars(extend("propertyNames" = json!({"pattern": "^[1-4][0-9]{3}$"})))]
    pub(super) close_codes: BTreeMap<String, CloseAction>,
    /// Wrap each payload as {"id","redelivered","data"}.
    #[serde(default)]
    pub(super) envelope: bool,
}

impl Connection {
    fn default_priority() -> u32 {
        100
    }

    fn default_proxy() -> String {
        "system".to_owned()
    }
}

fn yes() -> bool {
    true
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
pub(super) enum Protocol {
    #[default]
    #[serde(rename = "websocket")]
    WebSocket,
    #[serde(rename = "socket.io")]
    SocketIo,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
pub(super) enum Transport {
    #[serde(rename = "websocket")]
    WebSocket,
    #[serde(rename = "sse")]
    Sse,
    #[serde(rename = "long_poll")]
    LongPoll,
    #[serde(rename = "poll")]
    Poll,
    #[serde(rename = "polling")]
    Polling,
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
        Self {
            max_attempts: 10,
            initial_delay: 1_000,
            backoff_multiplier: 2.0,
            max_delay: 30_000,
        }
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
        Self {
            enabled: true,
            interval: 25_000,
            timeout: 10_000,
            message: None,
        }
    }
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Sse {
    /// Where events come from.
    #[schemars(regex(pattern = "^https?://"))]
    pub(super) url: Option<String>,
    /// Where messages are sent.
    #[schemars(regex(pattern = "^https?://"))]
    pub(super) send_url: Option<String>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct LongPoll {
    /// Where it asks.
    #[schemars(regex(pattern = "^https?://"))]
    pub(super) url: Option<String>,
    /// How long the server may hold the answer, in milliseconds.
    #[serde(default = "LongPoll::default_wait")]
    #[schemars(range(min = 1, max = MAX_DURATION))]
    #[expect(dead_code, reason = "for the schema until long polling is part of a version")]
    pub(super) wait: u64,
}

impl LongPoll {
    fn default_wait() -> u64 {
        25_000
    }
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Poll {
    /// Where it asks.
    #[schemars(regex(pattern = "^https?://"))]
    pub(super) url: Option<String>,
    /// Time between questions, in milliseconds.
    #[serde(default = "Poll::default_interval")]
    #[schemars(range(min = 1, max = MAX_DURATION))]
    #[expect(dead_code, reason = "for the schema until polling is part of a version")]
    pub(super) interval: u64,
}

impl Poll {
    fn default_interval() -> u64 {
        5_000
    }
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "for the schema until Socket.IO is part of a version")]
pub(super) struct SocketIo {
    /// Namespace, such as "/".
    #[schemars(regex(pattern = "^/"))]
    pub(super) namespace: Option<String>,
    /// Sent when the namespace is joined; secrets by reference.
    pub(super) auth: Option<BTreeMap<String, Secret>>,
    /// Event that carries messages.
    #[schemars(length(min = 1))]
    pub(super) event: Option<String>,
    /// Event sent from time to time.
    pub(super) keep_alive: Option<KeepAlive>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "for the schema until Socket.IO is part of a version")]
pub(super) struct KeepAlive {
    /// Name of the event.
    #[schemars(length(min = 1))]
    pub(super) event: Option<String>,
    /// Time between events, in milliseconds.
    #[schemars(range(min = 1, max = MAX_DURATION))]
    pub(super) interval: Option<u64>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "for the schema until credentials are part of a version")]
pub(super) struct Auth {
    /// `Authorization: Bearer`.
    pub(super) bearer: Option<Secret>,
    /// `Authorization: Basic`.
    pub(super) basic: Option<Basic>,
    /// Parameters added to the URL.
    pub(super) query: Option<BTreeMap<String, Secret>>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "for the schema until credentials are part of a version")]
pub(super) struct Basic {
    /// User name.
    pub(super) user: String,
    /// Password.
    pub(super) password: Secret,
}

/// Where a secret is: one of env, file, keyring.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("minProperties" = 1, "maxProperties" = 1, "x-advice" = SECRET_ADVICE))]
#[expect(dead_code, reason = "for the schema until credentials are part of a version")]
pub(super) struct Secret {
    /// Name of an environment variable.
    #[schemars(length(min = 1))]
    pub(super) env: Option<String>,
    /// Path of a file that holds nothing else.
    #[schemars(length(min = 1))]
    pub(super) file: Option<String>,
    /// Entry in the platform's keyring.
    #[schemars(length(min = 1))]
    pub(super) keyring: Option<String>,
}

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Tls {
    /// PEM file with additional trusted issuers.
    #[schemars(length(min = 1))]
    pub(super) ca_file: Option<String>,
    /// PEM file with this computer's certificate.
    #[schemars(length(min = 1))]
    pub(super) client_cert: Option<String>,
    /// PEM file with its key.
    #[schemars(length(min = 1))]
    pub(super) client_key: Option<String>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Buffer {
    /// What an accepted message survives: the program's end, a crash, a power cut.
    #[expect(dead_code, reason = "for the schema until the buffer is part of a version")]
    pub(super) durability: Option<Durability>,
    /// What counts as delivered.
    pub(super) ack: Option<Ack>,
    /// Where the id stands in an application's acknowledgement, as a JSON pointer.
    #[schemars(regex(pattern = "^(/.*)?$"))]
    pub(super) ack_pointer: Option<String>,
    /// Most messages held.
    #[schemars(range(min = 1, max = MAX_COUNT))]
    #[expect(dead_code, reason = "for the schema until the buffer is part of a version")]
    pub(super) max_messages: Option<u64>,
    /// Most bytes held.
    #[schemars(range(min = 1, max = MAX_COUNT))]
    #[expect(dead_code, reason = "for the schema until the buffer is part of a version")]
    pub(super) max_bytes: Option<u64>,
    /// Age at which a message is given up, in milliseconds.
    #[schemars(range(min = 1, max = MAX_COUNT))]
    #[expect(dead_code, reason = "for the schema until the buffer is part of a version")]
    pub(super) ttl: Option<u64>,
    /// What happens when it is full.
    #[expect(dead_code, reason = "for the schema until the buffer is part of a version")]
    pub(super) overflow: Option<Overflow>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum Durability {
    Memory,
    Process,
    Power,
}

#[derive(Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum Ack {
    Written,
    Transport,
    App,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum Overflow {
    Reject,
    DropOldest,
    DropNewest,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum CloseAction {
    Stop,
    Retry,
    Slow,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Gateway {
    /// Off: no port is opened.
    pub(super) enabled: bool,
    /// Loopback address and port; with port 0 any free one.
    pub(super) listen: String,
}

impl Default for Gateway {
    fn default() -> Self {
        Self {
            enabled: true,
            listen: "127.0.0.1:7878".to_owned(),
        }
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
        Self {
            level: "info".to_owned(),
        }
    }
}
