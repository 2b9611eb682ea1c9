//! What a check tells while it runs.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    report::Report,
    step::{Step, StepId},
};
use crate::EndpointId;

/// Told to whoever watches a check.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum CheckEvent {
    /// A step begins or has ended.
    Progress(Box<CheckProgress>),
    /// The check is over.
    Report(Box<Report>),
}

/// How far a check is. No percentage: steps differ too much.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct CheckProgress {
    /// The run, as in the report.
    pub run_id: String,
    /// Steps that have ended.
    pub done: u32,
    /// Steps this check has.
    pub total: u32,
    /// The step that begins, or has ended.
    pub step: StepId,
    /// For which endpoint.
    pub endpoint: Option<EndpointId>,
    /// How it ended; `null` when it begins.
    pub ended: Option<Step>,
    /// Milliseconds since the check began.
    #[cfg_attr(test, ts(type = "number"))]
    pub elapsed_ms: u64,
}
