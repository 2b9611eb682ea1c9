//! Errors and problems as data: a stable code, a sentence for people, and the raw cause for experts.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{EndpointId, ErrorCode};

/// The newest error of an endpoint.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct ErrorInfo {
    /// Stable code.
    pub code: ErrorCode,
    /// One sentence without jargon.
    pub message: String,
    /// The raw cause: errno, TLS alert, HTTP status, close code. May be empty.
    pub detail: String,
    /// When it happened.
    #[cfg_attr(test, ts(type = "string"))]
    pub at: Timestamp,
}

/// Something wrong with the agent itself or with its settings; stays in the snapshot until it is mended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Problem {
    /// Stable code.
    pub code: ErrorCode,
    /// What is wrong, in one sentence.
    pub message: String,
    /// Where, and what to do about it.
    pub detail: String,
    /// The endpoint concerned, when it is one.
    pub endpoint: Option<EndpointId>,
}

/// Every error body of the gateway: `{"error":{"code","message","detail"}}`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct ErrorResponse {
    /// The error.
    pub error: ErrorBody,
}

/// An error at the edge: gateway answer, window command, command-line `--json`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct ErrorBody {
    /// Stable code; callers switch on this, never on the text.
    pub code: ErrorCode,
    /// What is wrong, in one sentence.
    pub message: String,
    /// What to do, or the raw cause; may be empty.
    pub detail: String,
}
