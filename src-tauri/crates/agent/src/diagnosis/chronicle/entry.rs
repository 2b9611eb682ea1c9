//! What stands in the chronicle, one line each. Codes and times alone: no text of a server, no address, no secret.

use jiff::Timestamp;
use model::{EndpointId, EndpointState, ErrorCode, Reason};
use serde::{Deserialize, Serialize};

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "snake_case")]
pub(crate) enum Entry {
    /// A connection changed its state.
    Transition(Passed),
    /// Somebody began to record a problem.
    RecordingBegan {
        /// When.
        at: Timestamp,
        /// As it stands in the log.
        reference: String,
    },
    /// A recording ended.
    RecordingEnded {
        /// When.
        at: Timestamp,
        /// As it stands in the log.
        reference: String,
        /// What ended it.
        by: EndedBy,
    },
}

/// A state that a connection went into.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Passed {
    /// When.
    pub(crate) at: Timestamp,
    /// Whose.
    pub(crate) endpoint: EndpointId,
    /// The state before; `None` where the agent, or the endpoint, was new.
    pub(crate) from: Option<EndpointState>,
    /// The state after.
    pub(crate) to: EndpointState,
    /// Why, for `disconnected` and `failed`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(crate) reason: Option<Reason>,
    /// The failure behind it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(crate) code: Option<ErrorCode>,
    /// How long the state before lasted by the wall clock, ms; `None` where that was set back meanwhile.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(crate) lasted_ms: Option<u64>,
}

/// What ended a recording.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum EndedBy {
    /// Somebody.
    Person,
    /// Its time was over.
    Time,
    /// The agent ended.
    Shutdown,
}

impl Entry {
    /// When it happened.
    pub(super) fn at(&self) -> Timestamp {
        match self {
            Self::Transition(Passed { at, .. })
            | Self::RecordingBegan { at, .. }
            | Self::RecordingEnded { at, .. } => *at,
        }
    }

    /// The endpoint it is about.
    pub(super) fn endpoint(&self) -> Option<&EndpointId> {
        match self {
            Self::Transition(passed) => Some(&passed.endpoint),
            Self::RecordingBegan { .. } | Self::RecordingEnded { .. } => None,
        }
    }
}

impl Passed {
    /// The time between two moments of the wall clock.
    pub(crate) fn lasted(since: Timestamp, until: Timestamp) -> Option<u64> {
        u64::try_from(until.as_millisecond() - since.as_millisecond()).ok()
    }
}
