//! Starting and ending an agent.

use std::sync::Arc;

use dial::{Dialer, Lookup, SystemLookup, SystemProxies};
use model::Problem;
use tokio::{
    sync::{mpsc, watch},
    task::JoinHandle,
    time::Instant,
};
use tokio_util::sync::CancellationToken;

use crate::{
    addresses::AddressFile,
    board::StatusBoard,
    courier::{Depot, Leftovers},
    diagnosis::{self, Chronicle, ChronicleFile, Pace, Recorder},
    events::News,
    gateway::forget_stale,
    handle::AgentHandle,
    home::{Home, HomeError},
    keeping::Keeping,
    logging::LogLevel,
    paths::Paths,
    secrets::Secrets,
    settings::{Loaded, SettingsStore},
    supervisor::{State, Supervisor},
    surroundings,
};

/// Requests that may wait for the supervisor; a caller waits when it is that far behind.
const REQUEST_QUEUE: usize = 64;
/// Signals that may wait for the supervisor.
const SIGNAL_QUEUE: usize = 4;
/// Events of each kind a slow listener may be behind before it loses the oldest.
const EVENT_QUEUE: usize = 1_024;

/// What an agent is started with.
#[derive(Debug)]
pub struct AgentOptions {
    /// Where its files are.
    pub paths: Paths,
    /// Where its settings come from; followed as they change.
    pub settings: SettingsStore,
    /// Follows `logging.level`; `None` where the caller logs in its own way.
    pub log_level: Option<LogLevel>,
    /// What went wrong before the start and should stay visible, such as log files that cannot be written.
    pub problems: Vec<Problem>,
}

/// A running agent. Dropping it without [`Agent::shutdown`] ends it less politely.
#[derive(Debug)]
pub struct Agent {
    handle: AgentHandle,
    settings: watch::Receiver<Arc<Loaded>>,
    stop: CancellationToken,
    supervisor: JoinHandle<()>,
    addresses: Keeping,
    chronicle: Keeping,
    surroundings: JoinHandle<()>,
    /// Released last, so that a second agent cannot start while this one still closes.
    _home: Home,
}

impl Agent {
    /// Claims the home and starts. When this returns every endpoint is being connected and the gateway
    /// listens, or the snapshot says why not.
    pub async fn start(options: AgentOptions) -> Result<Self, HomeError> {
        Self::start_with_lookup(options, Arc::new(SystemLookup)).await
    }

    /// The same with another way from names to addresses than the system's.
    pub async fn start_with_lookup(
        options: AgentOptions,
        lookup: Arc<dyn Lookup>,
    ) -> Result<Self, HomeError> {
        Self::start_paced(options, lookup, Pace::default()).await
    }

    /// The same with another pace of the checks that the agent makes by itself.
    pub async fn start_paced(
        options: AgentOptions,
        lookup: Arc<dyn Lookup>,
        pace: Pace,
    ) -> Result<Self, HomeError> {
        let home = Home::claim(&options.paths)?;
        // Programs must not be sent to a gateway that may never start.
        forget_stale(&options.paths.runtime);
        let stop = CancellationToken::new();
        let file = AddressFile::of(&options.paths.data);
        let environment = options.settings.environment();
        let variables = environment.clone().into_iter().collect();
        // One for all endpoints: it goes by the system's proxies and remembers addresses that worked.
        let dialer = Dialer::with_lookup(lookup)
            .with_system_proxies(SystemProxies::of(&variables))
            .with_memory(file.read());
        let addresses = file.keep(dialer.clone());
        let (chronicle, chronicle_kept) = Chronicle::begin(ChronicleFile::of(&options.paths.data));
        let secrets = Secrets::start(options.settings.environment());
        // The demo's endpoints are not looked after.
        let pace = (!options.settings.is_fixed()).then_some(pace);
        let depot = Depot::of(&options.paths, options.settings.is_fixed());
        let settings = options.settings.watch(stop.clone());
        let started = Instant::now();
        let (board, status) = StatusBoard::new(started);
        let news = News::new(EVENT_QUEUE);
        let (sender, requests) = mpsc::channel(REQUEST_QUEUE);
        let handle = AgentHandle { requests: sender, status, news: news.downgrade(), started };
        // Ends when the supervisor, who listens, ends.
        let (tell, signals) = mpsc::channel(SIGNAL_QUEUE);
        let surroundings = tokio::spawn(surroundings::watch(tell));
        let state = State::new(dialer);
        let mut supervisor = Supervisor {
            requests,
            settings: settings.clone(),
            board,
            news,
            handle: handle.clone(),
            runtime_folder: options.paths.runtime.clone(),
            recorder: Recorder::of(options.log_level.clone(), chronicle.clone()),
            log_level: options.log_level,
            startup_problems: options.problems,
            signals,
            secrets,
            stop: stop.clone(),
            leftovers: Leftovers::watch(depot.clone(), state.bell()),
            depot,
            checks: diagnosis::Desk::of(options.paths.clone(), environment, pace),
            chronicle,
            state,
        };
        supervisor.prepare().await;
        Ok(Self {
            handle,
            settings,
            stop,
            supervisor: tokio::spawn(supervisor.run()),
            addresses,
            chronicle: chronicle_kept,
            surroundings,
            _home: home,
        })
    }

    /// What the rest of the program holds.
    pub fn handle(&self) -> AgentHandle {
        self.handle.clone()
    }

    /// The settings in force, as they change.
    pub fn settings(&self) -> watch::Receiver<Arc<Loaded>> {
        self.settings.clone()
    }

    /// Ends in order: gateway, buffers, links, remembered addresses, home. Takes at most about 5 s, usually a moment.
    pub async fn shutdown(self) {
        self.stop.cancel();
        if let Err(error) = self.supervisor.await {
            tracing::error!(%error, "the supervisor ended badly");
        }
        self.addresses.end().await;
        self.chronicle.end().await;
        // It only tells, and nobody listens any more.
        self.surroundings.abort();
        if let Err(error) = self.surroundings.await
            && !error.is_cancelled()
        {
            tracing::error!(%error, "watching the surroundings ended badly");
        }
    }
}
