//! One endpoint in the file.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    Heartbeat, Reconnection,
    auth::Auth,
    buffer::Buffer,
    transports::{LongPoll, Poll, SocketIo, Sse},
};

/// One endpoint.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::settings) struct Connection {
    /// Where it is: ws, wss, http or https.
    #[schemars(regex(pattern = "^(wss?|https?)://"))]
    pub(in crate::settings) url: Option<String>,
    /// Name for people; the id when there is none.
    #[schemars(length(min = 1, max = 200))]
    pub(in crate::settings) name: Option<String>,
    /// Place in lists: 1 comes first.
    #[serde(default = "Connection::default_priority")]
    #[schemars(range(min = 1, max = 1_000_000))]
    pub(in crate::settings) priority: u32,
    /// Whether it is connected at all.
    #[serde(default = "yes")]
    pub(in crate::settings) enabled: bool,
    /// What the server speaks.
    #[serde(default)]
    pub(in crate::settings) protocol: Protocol,
    /// Transports in order of preference.
    #[schemars(length(min = 1), extend("uniqueItems" = true))]
    pub(in crate::settings) transports: Option<Vec<Transport>>,
    /// Backup hosts, in order. Headers and credentials go to them as well.
    #[serde(default)]
    #[schemars(inner(regex(pattern = "^(wss?|https?)://")))]
    pub(in crate::settings) fallback_urls: Vec<String>,
    /// Server-sent events; by default at the endpoint's URL with http(s).
    pub(in crate::settings) sse: Option<Sse>,
    /// Long polling; by default at the endpoint's URL with http(s).
    pub(in crate::settings) long_poll: Option<LongPoll>,
    /// Polling; by default at the endpoint's URL with http(s).
    pub(in crate::settings) poll: Option<Poll>,
    /// Details of a Socket.IO endpoint.
    pub(in crate::settings) socketio: Option<SocketIo>,
    /// Credentials: one of bearer, basic, query.
    #[schemars(extend("minProperties" = 1, "maxProperties" = 1))]
    pub(in crate::settings) auth: Option<Auth>,
    /// Extra request headers.
    #[serde(default)]
    #[schemars(with = "BTreeMap<String, String>")]
    pub(in crate::settings) headers: serde_json::Map<String, Value>,
    /// WebSocket subprotocols offered, in order.
    #[serde(default)]
    #[schemars(extend("uniqueItems" = true))]
    pub(in crate::settings) subprotocols: Vec<String>,
    /// TLS material; verification is the platform's and is never off.
    #[serde(default)]
    pub(in crate::settings) tls: Tls,
    /// "system", "none" or the proxy's URL.
    #[serde(default = "Connection::default_proxy")]
    pub(in crate::settings) proxy: String,
    /// Messages sent first on every session: any JSON value, text as it is.
    #[serde(default)]
    pub(in crate::settings) on_connect: Vec<Value>,
    /// Overrides the common heartbeat, key by key.
    pub(in crate::settings) heartbeat: Option<Heartbeat>,
    /// Overrides the common reconnection, key by key.
    pub(in crate::settings) reconnection: Option<Reconnection>,
    /// The offline buffer.
    pub(in crate::settings) buffer: Option<Buffer>,
    /// What a close code means here, by code.
    #[serde(default)]
    #[schemars(extend("propertyNames" = json!({"pattern": "^[1-4][0-9]{3}$"})))]
    pub(in crate::settings) close_codes: BTreeMap<String, CloseAction>,
    /// Wrap each payload as {"id","redelivered","data"}: `data` is the payload itself if that is JSON, otherwise a string;
    /// of a binary payload a string in Base64, and "encoding":"base64" stands beside it.
    #[serde(default)]
    pub(in crate::settings) envelope: bool,
    /// The server allows one session for each user or device: a check opens none beside the live one.
    #[serde(default)]
    pub(in crate::settings) single_session: bool,
    /// Page the ordinary web request of a check goes to; the endpoint's own address without it.
    pub(in crate::settings) health_url: Option<String>,
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
pub(in crate::settings) enum Protocol {
    #[default]
    #[serde(rename = "websocket")]
    WebSocket,
    #[serde(rename = "socket.io")]
    SocketIo,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
pub(in crate::settings) enum Transport {
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

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(in crate::settings) struct Tls {
    /// PEM file with additional trusted issuers.
    #[schemars(length(min = 1))]
    pub(in crate::settings) ca_file: Option<String>,
    /// PEM file with this computer's certificate.
    #[schemars(length(min = 1))]
    pub(in crate::settings) client_cert: Option<String>,
    /// PEM file with its key.
    #[schemars(length(min = 1))]
    pub(in crate::settings) client_key: Option<String>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(in crate::settings) enum CloseAction {
    Stop,
    Retry,
    Slow,
}
