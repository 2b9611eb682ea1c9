//! Details of the transports beside WebSocket.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use super::{MAX_DURATION, auth::Secret};

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::settings) struct Sse {
    /// Where events come from.
    #[schemars(regex(pattern = "^https?://"))]
    pub(in crate::settings) url: Option<String>,
    /// Where messages are sent.
    #[schemars(regex(pattern = "^https?://"))]
    pub(in crate::settings) send_url: Option<String>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::settings) struct LongPoll {
    /// Where it asks.
    #[schemars(regex(pattern = "^https?://"))]
    pub(in crate::settings) url: Option<String>,
    /// How long the server may hold the answer, in milliseconds.
    #[serde(default = "LongPoll::default_wait")]
    #[schemars(range(min = 1, max = MAX_DURATION))]
    #[expect(dead_code, reason = "for the schema until long polling is part of a version")]
    pub(in crate::settings) wait: u64,
}

impl LongPoll {
    fn default_wait() -> u64 {
        25_000
    }
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::settings) struct Poll {
    /// Where it asks.
    #[schemars(regex(pattern = "^https?://"))]
    pub(in crate::settings) url: Option<String>,
    /// Time between questions, in milliseconds.
    #[serde(default = "Poll::default_interval")]
    #[schemars(range(min = 1, max = MAX_DURATION))]
    #[expect(dead_code, reason = "for the schema until polling is part of a version")]
    pub(in crate::settings) interval: u64,
}

impl Poll {
    fn default_interval() -> u64 {
        5_000
    }
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "for the schema until Socket.IO is part of a version")]
pub(in crate::settings) struct SocketIo {
    /// Namespace, such as "/".
    #[schemars(regex(pattern = "^/"))]
    pub(in crate::settings) namespace: Option<String>,
    /// Sent when the namespace is joined; secrets by reference.
    pub(in crate::settings) auth: Option<BTreeMap<String, Secret>>,
    /// Event that carries messages.
    #[schemars(length(min = 1))]
    pub(in crate::settings) event: Option<String>,
    /// Event sent from time to time.
    pub(in crate::settings) keep_alive: Option<KeepAlive>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "for the schema until Socket.IO is part of a version")]
pub(in crate::settings) struct KeepAlive {
    /// Name of the event.
    #[schemars(length(min = 1))]
    pub(in crate::settings) event: Option<String>,
    /// Time between events, in milliseconds.
    #[schemars(range(min = 1, max = MAX_DURATION))]
    pub(in crate::settings) interval: Option<u64>,
}
