//! Orders on their way to the agent, so that a slow agent never holds up the tray.

use std::{future::Future, time::Duration};

use agent::{Action, AgentError, AgentHandle, Target, diagnosis::DiagnoseRequest};
use model::{
    EndpointId,
    check::{Mode, Report, Trigger},
};
use tokio::sync::mpsc;
use tokio_util::task::AbortOnDropHandle;

/// Orders waiting at most; a person who clicks faster than this loses the newest.
const QUEUE: usize = 16;

/// A notice waits no longer for its check.
const CHECK_WITHIN: Duration = Duration::from_secs(5);

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

    fn check(&self, endpoints: Vec<EndpointId>) -> impl Future<Output = Option<Report>> + Send + 'static {
        let agent = self.clone();
        async move {
            let request = DiagnoseRequest { endpoints, mode: Mode::Quick, trigger: Trigger::Automatic };
            // Another one is made, or the endpoint is gone by now.
            let checking = agent.diagnose(request).await.ok()?;
            // What is found by then is told.
            checking.report_within(CHECK_WITHIN).await
        }
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

#[cfg(test)]
mod tests {
    use agent::{
        Agent, AgentOptions,
        paths::{Environment, Paths},
        settings::SettingsStore,
    };
    use model::check::FindingCode;
    use serde_json::{Value, json};
    use tokio::net::{TcpListener, TcpSocket};

    use super::*;

    async fn agent(home: &std::path::Path, connections: &Value) -> Agent {
        let paths = Paths::under(home);
        let config = json!({ "websocket": { "connections": connections }, "gateway": { "enabled": false } });
        std::fs::write(&paths.config_file, config.to_string()).unwrap();
        let settings = SettingsStore::with_managed(&paths, home.join("none.json"), Environment::new());
        let options = AgentOptions { paths, settings, log_level: None, problems: Vec::new() };
        Agent::start(options).await.unwrap()
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_real_agent_says_what_it_found_unless_somebody_else_is_looking() {
        // Bound, and nobody listens: a closed port that stays closed.
        let closed = TcpSocket::new_v4().unwrap();
        closed.bind(([127, 0, 0, 1], 0).into()).unwrap();
        let mute = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let at = |address: std::net::SocketAddr| json!({ "url": format!("ws://{address}/") });
        let home = tempfile::tempdir().unwrap();
        let connections =
            json!({ "closed": at(closed.local_addr().unwrap()), "mute": at(mute.local_addr().unwrap()) });
        let agent = agent(home.path(), &connections).await;
        let handle = agent.handle();

        let report = Control::check(&handle, vec!["closed".parse().unwrap()]).await.unwrap();
        assert_eq!(report.verdict.primary, Some(FindingCode::Tc01), "{report:#?}");
        assert_eq!((report.trigger, report.endpoints.len()), (Trigger::Automatic, 1));
        assert!(Control::check(&handle, vec!["gone".parse().unwrap()]).await.is_none());

        let request = DiagnoseRequest {
            endpoints: vec!["mute".parse().unwrap()],
            mode: Mode::Quick,
            trigger: Trigger::Window,
        };
        let other = handle.diagnose(request).await.unwrap();
        assert!(Control::check(&handle, vec!["closed".parse().unwrap()]).await.is_none());
        drop(other);
        agent.shutdown().await;
    }
}
