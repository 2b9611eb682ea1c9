//! Checks made for notices: in the background, so that a slow one holds up neither the tray nor a notice.

use model::{EndpointId, check::Report};
use tokio::task::JoinSet;

use super::Control;

/// Checks under way.
pub(super) struct Checks<C> {
    control: C,
    running: JoinSet<Option<Report>>,
}

impl<C: Control> Checks<C> {
    pub(super) fn new(control: C) -> Self {
        Self { control, running: JoinSet::new() }
    }

    /// Looks into these endpoints, if there are any. One check at a time: what breaks meanwhile has mostly the same cause.
    pub(super) fn begin(&mut self, endpoints: Vec<EndpointId>) {
        if !endpoints.is_empty() && self.running.is_empty() {
            self.running.spawn(self.control.check(endpoints));
        }
    }

    /// The next report; never comes back while nothing runs.
    pub(super) async fn next(&mut self) -> Report {
        loop {
            match self.running.join_next().await {
                Some(Ok(Some(report))) => return report,
                // No check could be made, or it broke: the notice says what the status says.
                Some(Ok(None) | Err(_)) => {}
                None => std::future::pending().await,
            }
        }
    }
}
