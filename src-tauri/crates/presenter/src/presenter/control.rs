//! Orders on their way to the agent, so that a slow agent never holds up the tray.

use std::future::Future;

use agent::{Action, AgentError, AgentHandle, Target};
use model::{EndpointId, check::Report};
use tokio::sync::mpsc;
use tokio_util::task::AbortOnDropHandle;

/// Orders waiting at most; a person who clicks faster than this loses the newest.
const QUEUE: usize = 16;

/// Whoever obeys [`Action`]s: the agent, or a test.
pub trait Control: Clone + Send + Sync + 'static {
    /// Passes an order on; returns once the endpoints have it.
    fn control(
        &mut self,
        target: Target,
        action: Action,
    ) -> impl Future<Output = Result<(), AgentError>> + Send;

    /// Makes a quick check of some endpoints, for a notice. `None` when none could be made; the notice does without.
    fn check(&self, endpoints: Vec<EndpointId>) -> impl Future<Output = Option<Report>> + Send + 'static;
}

impl Control for AgentHandle {
    async fn control(&mut self, target: Target, action: Action) -> Result<(), AgentError> {
        AgentHandle::control(self, target, action).await
    }

    fn check(&self, _endpoints: Vec<EndpointId>) -> impl Future<Output = Option<Report>> + Send + 'static {
        std::future::ready(None)
    }
}

/// Passes orders on in the order they were given.
#[derive(Debug)]
pub(super) struct Orders {
    queue: mpsc::Sender<(Target, Action)>,
    _task: AbortOnDropHandle<()>,
}

impl Orders {
    pub(super) fn to(mut control: impl Control) -> Self {
        let (queue, mut orders) = mpsc::channel(QUEUE);
        let task = tokio::spawn(async move {
            while let Some((target, action)) = orders.recv().await {
                if let Err(error) = control.control(target, action).await {
                    tracing::warn!(?action, code = %error.body().code, %error, "an order from the desktop failed");
                }
            }
        });
        Self { queue, _task: AbortOnDropHandle::new(task) }
    }

    pub(super) fn give(&self, target: Target, action: Action) {
        if self.queue.try_send((target, action)).is_err() {
            tracing::warn!(?action, "an order from the desktop was dropped: the agent is too slow or gone");
        }
    }
}
