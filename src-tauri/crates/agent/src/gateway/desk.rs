//! What the routes work with.

use tokio_util::sync::CancellationToken;

use super::{body::Budget, hub::Hub};
use crate::{diagnosis::Reports, handle::AgentHandle};

/// Cloned for each request.
#[derive(Clone, Debug)]
pub(super) struct Desk {
    pub(super) agent: AgentHandle,
    pub(super) budget: Budget,
    pub(super) hub: Hub,
    pub(super) reports: Reports,
    pub(super) stop: CancellationToken,
}
