//! What somebody asks a running agent to check.

use std::time::Duration;

use model::{
    EndpointId,
    check::{Mode, Trigger},
};

/// Longest quick check.
pub const QUICK_LIMIT: Duration = Duration::from_secs(20);
/// Longest deep check.
pub const DEEP_LIMIT: Duration = Duration::from_secs(120);

/// One check to be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DiagnoseRequest {
    /// Which endpoints; none means all enabled ones.
    pub endpoints: Vec<EndpointId>,
    /// How thoroughly.
    pub mode: Mode,
    /// Who asks.
    pub trigger: Trigger,
}

/// How long a check may take.
pub(super) fn limit(mode: Mode) -> Duration {
    match mode {
        Mode::Quick => QUICK_LIMIT,
        Mode::Deep => DEEP_LIMIT,
    }
}
