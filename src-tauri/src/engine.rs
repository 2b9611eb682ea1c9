//! The product without a desktop: the agent, and the demo endpoints when they are wanted.

use std::{
    io::{self, IsTerminal as _},
    sync::Arc,
    time::Duration,
};

use agent::{
    Agent, AgentHandle, AgentOptions,
    home::HomeError,
    logging::{LogError, Logging, Terminal},
    paths::{Environment, Paths},
    settings::{Loaded, Settings, SettingsStore},
};
use demo::DemoSession;
use model::Problem;
use tokio::{sync::watch, time::timeout};

/// Time the agent has to end. It wants less; beyond it the process ends all the same, and what was accepted is on
/// disk already.
const AGENT_ENDS: Duration = Duration::from_secs(5);

/// A running agent.
pub(crate) struct Engine {
    agent: Agent,
    logging: Option<Logging>,
    demo: Option<DemoSession>,
}

/// Why there is no agent.
#[derive(Debug)]
pub(crate) enum EngineError {
    /// Its home is not to be had.
    Home(HomeError),
    /// Its demo endpoints are not.
    Demo(demo::DemoError),
}

impl Engine {
    /// Starts the agent on its home; with `demo`, on the demo endpoints, which are started or joined.
    pub(crate) async fn start(
        paths: &Paths,
        environment: Environment,
        demo: bool,
    ) -> Result<Self, EngineError> {
        let demo = if demo {
            Some(demo::start_or_join(demo::DEFAULT_LISTEN).await.map_err(EngineError::Demo)?)
        } else {
            None
        };
        let settings = match &demo {
            Some(demo) => SettingsStore::fixed(Settings::demo(demo.addr)),
            None => SettingsStore::new(paths, environment),
        };
        let (logging, problems) = start_logging(paths, &settings.load().settings.logging.level);
        let options = AgentOptions {
            paths: paths.clone(),
            settings,
            log_level: logging.as_ref().map(Logging::level),
            problems,
        };
        let agent = Agent::start(options).await.map_err(EngineError::Home)?;
        Ok(Self { agent, logging, demo })
    }

    /// What everybody else holds.
    pub(crate) fn handle(&self) -> AgentHandle {
        self.agent.handle()
    }

    /// Whether the settings want notices, as they change; until the agent ends.
    pub(crate) fn notices_wanted(&self) -> watch::Receiver<bool> {
        let mut settings = self.agent.settings();
        let wanted = |loaded: &Arc<Loaded>| loaded.settings.notifications.enabled;
        let (sender, receiver) = watch::channel(wanted(&settings.borrow_and_update()));
        tokio::spawn(async move {
            while settings.changed().await.is_ok() {
                let wanted = wanted(&settings.borrow_and_update());
                sender.send_if_modified(|known| std::mem::replace(known, wanted) != wanted);
            }
        });
        receiver
    }

    /// Ends the agent and then the demo endpoints that were started here. The log goes on until its value, which
    /// this returns, is dropped.
    pub(crate) async fn shutdown(self) -> Option<Logging> {
        if timeout(AGENT_ENDS, self.agent.shutdown()).await.is_err() {
            tracing::error!("the agent did not end in {} s", AGENT_ENDS.as_secs());
        }
        if let Some(demo) = self.demo
            && let Err(error) = demo.shutdown().await
        {
            tracing::warn!(%error, "the demo endpoints ended badly");
        }
        self.logging
    }
}

/// Files always; lines on standard error where somebody may be reading. What goes wrong is a problem to show, not
/// a reason to stay away.
fn start_logging(paths: &Paths, level: &str) -> (Option<Logging>, Vec<Problem>) {
    let terminal = || io::stderr().is_terminal().then(|| Box::new(io::stderr()) as Terminal);
    let error = match Logging::start(&paths.logs, level, terminal()) {
        Ok(logging) => return (Some(logging), Vec::new()),
        Err(error) => error,
    };
    let fallback = match &error {
        LogError::Files { .. } => Logging::without_files(level, terminal()).ok(),
        LogError::Level { .. } | LogError::AlreadyStarted => None,
    };
    (fallback, vec![error.problem()])
}
