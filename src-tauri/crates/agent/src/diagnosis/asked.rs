//! What somebody asks a running agent to check.

use std::time::Duration;

use model::{
    EndpointId,
    check::{Mode, Report, Trigger},
};
use tokio::sync::oneshot;

use super::{Checking, Support};
use crate::handle::AgentError;

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

/// What is asked of the supervisor.
#[derive(Debug)]
pub(crate) enum CheckRequest {
    /// Begins a check.
    Begin { request: DiagnoseRequest, reply: Answer<Checking> },
    /// Ends the check under way.
    Cancel { reply: Answer<bool> },
    /// The newest report.
    Last { reply: Answer<Option<Report>> },
    /// What a support bundle about a check is made from.
    Support { report: Box<Report>, reply: Answer<Support> },
    /// An earlier report by its id.
    Find { run: String, reply: Answer<Option<Report>> },
}

type Answer<T> = oneshot::Sender<Result<T, AgentError>>;

/// How long a check may take.
pub(super) fn limit(mode: Mode) -> Duration {
    match mode {
        Mode::Quick => QUICK_LIMIT,
        Mode::Deep => DEEP_LIMIT,
    }
}
