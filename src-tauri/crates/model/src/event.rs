//! Facts that happened, as they go out to listeners: `/v1/events`, the window, the log.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{EndpointId, EndpointState, ErrorInfo, Reason, ReceivedMessage, Remedy, StatusSnapshot};

/// An endpoint changed its state.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Transition {
    /// Which endpoint.
    pub endpoint: EndpointId,
    /// When.
    #[cfg_attr(test, ts(type = "string"))]
    pub at: Timestamp,
    /// State before; `null` for a new endpoint.
    pub from: Option<EndpointState>,
    /// State after.
    pub to: EndpointState,
    /// Why, for `disconnected` and `failed`.
    pub reason: Option<Reason>,
    /// The error behind it, if there was one.
    pub error: Option<ErrorInfo>,
    /// What a person can do; `null` while there is nothing to mend.
    pub remedy: Option<Remedy>,
    /// When the next try starts.
    #[cfg_attr(test, ts(type = "string | null"))]
    pub next_attempt_at: Option<Timestamp>,
}

/// A message that was handed over for sending has been confirmed by its endpoint.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Delivery {
    /// Which endpoint.
    pub endpoint: EndpointId,
    /// The message's id, as it was answered when it was accepted.
    pub id: String,
    /// Its place in the order of its endpoint.
    #[cfg_attr(test, ts(type = "number"))]
    pub seq: u64,
}

/// One event of the agent. `status` is a full snapshot: the newest replaces all before it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(tag = "event", content = "data", rename_all = "snake_case")]
pub enum AgentEvent {
    /// The whole state, after a change.
    Status(Box<StatusSnapshot>),
    /// A state change.
    Transition(Transition),
    /// A message arrived.
    Message(ReceivedMessage),
    /// A message of ours was delivered.
    Delivered(Delivery),
}
