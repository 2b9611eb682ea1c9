//! A received message as it is shown and handed on.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::EndpointId;

/// What the payload was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum MessageFormat {
    /// `data` is the JSON value.
    Json,
    /// `data` is a string.
    Text,
    /// `data` is a string in Base64.
    Binary,
}

/// One message from an endpoint.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct ReceivedMessage {
    /// Who sent it.
    pub endpoint: EndpointId,
    /// Counts per endpoint from 1 since the agent started; gaps mean this reader missed some.
    #[cfg_attr(test, ts(type = "number"))]
    pub seq: u64,
    /// When it arrived.
    #[cfg_attr(test, ts(type = "string"))]
    pub received_at: Timestamp,
    /// How to read `data`.
    pub format: MessageFormat,
    /// The payload; see [`MessageFormat`].
    #[cfg_attr(test, ts(type = "unknown"))]
    pub data: Value,
    /// Size of the payload on the wire, bytes.
    #[cfg_attr(test, ts(type = "number"))]
    pub bytes: u64,
    /// True when `data` holds only the beginning, as text or Base64, because the payload was too large to keep.
    pub truncated: bool,
}
