//! A real agent on a home of its own, and waiting for what its snapshot shows.

use std::{path::PathBuf, sync::Arc, time::Duration};

use agent::{
    Agent, AgentHandle, AgentOptions,
    diagnosis::Pace,
    paths::{Environment, Paths},
    settings::SettingsStore,
};
use anyhow::{Context as _, Result, anyhow};
use dial::{Lookup, SystemLookup};
use model::{EndpointSnapshot, EndpointState, StatusSnapshot};
use serde_json::Value;
use tempfile::TempDir;
use tokio::time::timeout;

/// Longer than anything takes on a slow machine; a test that waits this long has failed.
pub const DEADLINE: Duration = Duration::from_secs(30);

/// A running agent whose configuration file the test writes.
#[derive(Debug)]
pub struct RunningAgent {
    agent: Agent,
    home: Arc<TempDir>,
}

impl RunningAgent {
    /// Starts on a fresh home with this configuration. The gateway takes any free port unless told otherwise.
    pub async fn start(config: &Value) -> Result<Self> {
        Self::start_with(&config.to_string(), Environment::new()).await
    }

    /// Starts with the text of a configuration file, valid or not, and an environment.
    pub async fn start_with(config: &str, environment: Environment) -> Result<Self> {
        let home = tempfile::tempdir()?;
        let paths = Paths::under(home.path());
        std::fs::write(&paths.config_file, config)?;
        Self::start_on(Arc::new(home), environment, Arc::new(SystemLookup)).await
    }

    /// Starts on a home where another agent may have been, with a name service of the test's own.
    pub async fn start_on(
        home: Arc<TempDir>,
        environment: Environment,
        lookup: Arc<dyn Lookup>,
    ) -> Result<Self> {
        let agent = Agent::start_with_lookup(Self::options(&home, environment), lookup).await?;
        Ok(Self { agent, home })
    }

    /// Starts with another pace of the checks that nobody asks for.
    pub async fn start_paced(config: &Value, pace: Pace) -> Result<Self> {
        let home = tempfile::tempdir()?;
        std::fs::write(Paths::under(home.path()).config_file, config.to_string())?;
        let options = Self::options(&home, Environment::new());
        let agent = Agent::start_paced(options, Arc::new(SystemLookup), pace).await?;
        Ok(Self { agent, home: Arc::new(home) })
    }

    fn options(home: &TempDir, environment: Environment) -> AgentOptions {
        let paths = Paths::under(home.path());
        let managed = home.path().join("managed.json");
        let settings = SettingsStore::with_managed(&paths, managed, environment);
        AgentOptions { paths, settings, log_level: None, problems: Vec::new() }
    }

    /// Ends the agent and starts another one on the same home, without an environment.
    pub async fn restart(self) -> Result<Self> {
        self.agent.shutdown().await;
        Self::start_on(self.home, Environment::new(), Arc::new(SystemLookup)).await
    }

    /// What programs hold.
    pub fn handle(&self) -> AgentHandle {
        self.agent.handle()
    }

    /// A path in the agent's home.
    pub fn path(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    /// Replaces the configuration file, as an editor does.
    pub fn rewrite_config(&self, text: &str) -> Result<()> {
        let fresh = self.path("config.json.new");
        std::fs::write(&fresh, text)?;
        Ok(std::fs::rename(fresh, self.path("config.json"))?)
    }

    /// Waits until the snapshot fits.
    pub async fn until(&self, what: &str, fits: impl Fn(&StatusSnapshot) -> bool) -> Result<StatusSnapshot> {
        let mut watch = self.handle().watch_status();
        let found = timeout(DEADLINE, watch.wait_for(|snapshot| fits(snapshot))).await;
        match found {
            Ok(snapshot) => Ok(StatusSnapshot::clone(&*snapshot.context("the agent ended")?)),
            Err(_) => Err(anyhow!("never: {what}; last seen: {:#?}", self.handle().status())),
        }
    }

    /// Waits until every endpoint is in this state.
    pub async fn until_all(&self, state: EndpointState) -> Result<StatusSnapshot> {
        self.until(state.as_str(), |snapshot| {
            !snapshot.endpoints.is_empty()
                && snapshot.endpoints.iter().all(|endpoint| endpoint.state == state)
        })
        .await
    }

    /// Waits until the first endpoint fits.
    pub async fn until_first(
        &self,
        what: &str,
        fits: impl Fn(&EndpointSnapshot) -> bool,
    ) -> Result<EndpointSnapshot> {
        let snapshot = self.until(what, |snapshot| snapshot.endpoints.first().is_some_and(&fits)).await?;
        snapshot.endpoints.into_iter().next().context("there is an endpoint")
    }

    /// Ends the agent.
    pub async fn shutdown(self) {
        self.agent.shutdown().await;
    }
}
