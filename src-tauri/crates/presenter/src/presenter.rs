//! The loop between the agent and the desktop. Decides when something is drawn, never what it says.

use agent::AgentHandle;
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;

use crate::{Desktop, DesktopRequest, Language, NoticePolicy};

/// Keeps a desktop in step with an agent.
#[derive(Debug)]
pub struct Presenter<D: Desktop> {
    agent: AgentHandle,
    desktop: D,
    language: Language,
    policy: NoticePolicy,
    notices_enabled: Option<watch::Receiver<bool>>,
}

impl<D: Desktop> Presenter<D> {
    /// A presenter for a running agent.
    pub fn new(agent: AgentHandle, desktop: D, language: Language, policy: NoticePolicy) -> Self {
        Self { agent, desktop, language, policy, notices_enabled: None }
    }

    /// Lets `switch` turn notices on and off while it runs, in place of [`NoticePolicy::enabled`].
    #[must_use]
    pub fn follow_notices(mut self, switch: watch::Receiver<bool>) -> Self {
        self.notices_enabled = Some(switch);
        self
    }

    /// Runs until `stop` or until the agent ends.
    pub async fn run(self, requests: mpsc::Receiver<DesktopRequest>, stop: CancellationToken) {
        let _ = (self.agent, self.desktop, self.language, self.policy, self.notices_enabled, requests);
        stop.cancelled().await;
    }
}
