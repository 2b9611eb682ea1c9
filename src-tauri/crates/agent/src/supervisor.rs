//! The supervisor loop: owns every endpoint's link, applies settings as they change, answers requests, and
//! publishes the status board.

mod checks;
mod gate;

use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
    sync::Arc,
    time::Duration,
};

use dial::Dialer;
use futures_util::future::{join, join_all};
use link::{CredentialSource, Link, LinkCounters, LinkHandle, Order, Origins, Signal};
use model::{EndpointId, EndpointSnapshot, GatewayInfo, Problem, Reason};
use tokio::{
    sync::{mpsc, watch},
    task::{JoinError, JoinHandle, JoinSet},
    time::{Instant, sleep_until, timeout},
};
use tokio_util::sync::CancellationToken;
use tracing::{Instrument as _, error, info, info_span, warn};

use crate::{
    board::{StatusBoard, endpoint_snapshot},
    clock,
    courier::{Courier, Depot, Leftovers, Line},
    diagnosis::{self, Chronicle, EndedBy, Entry, Lately, Passed, Recorder},
    endpoint::{Bell, EndpointObserver, Report, link_config},
    events::News,
    gateway::Gateway,
    handle::{Action, AgentError, AgentHandle, Request, Target},
    inbox::{HeldBytes, Inbox},
    logging::LogLevel,
    secrets::{EndpointCredential, Secrets},
    settings::{EndpointSettings, GatewaySettings, Loaded},
};

/// Shortest time between two publications after a change.
const CHANGE_GAP: Duration = Duration::from_millis(50);
/// Shortest time between two publications when only counters moved.
const TRAFFIC_GAP: Duration = Duration::from_secs(1);
/// Time links get to close their sessions at the end.
const CLOSING_LIMIT: Duration = Duration::from_secs(2);

/// What the supervisor is made of; see [`Supervisor::run`].
#[derive(Debug)]
pub(crate) struct Supervisor {
    pub(crate) requests: mpsc::Receiver<Request>,
    pub(crate) settings: watch::Receiver<Arc<Loaded>>,
    pub(crate) board: StatusBoard,
    pub(crate) news: News,
    pub(crate) handle: AgentHandle,
    pub(crate) runtime_folder: PathBuf,
    pub(crate) log_level: Option<LogLevel>,
    pub(crate) recorder: Recorder,
    /// Found before the agent started; stay for its life.
    pub(crate) startup_problems: Vec<Problem>,
    pub(crate) signals: mpsc::Receiver<Signal>,
    pub(crate) secrets: Secrets,
    pub(crate) stop: CancellationToken,
    pub(crate) depot: Depot,
    pub(crate) leftovers: Leftovers,
    pub(crate) checks: diagnosis::Desk,
    pub(crate) chronicle: Chronicle,
    pub(crate) state: State,
}

/// What changes while the loop runs.
#[derive(Debug, Default)]
pub(crate) struct State {
    endpoints: BTreeMap<EndpointId, Endpoint>,
    /// One for each endpoint.
    couriers: BTreeMap<EndpointId, Courier>,
    bell: Arc<Bell>,
    dialer: Dialer,
    lately: Lately,
    origins: Origins,
    /// Bytes of received messages held anywhere.
    held: HeldBytes,
    /// What ends of removed endpoints: links close their sessions, couriers their buffers.
    partings: JoinSet<()>,
    gateway: Option<Gateway>,
    gateway_clients: Option<watch::Receiver<u32>>,
    gateway_settings: Option<GatewaySettings>,
    gateway_problem: Option<Problem>,
    gateway_again: Option<Instant>,
}

impl State {
    /// Nothing yet, but a dialer.
    pub(crate) fn new(dialer: Dialer) -> Self {
        Self { dialer, ..Self::default() }
    }

    /// What wakes the supervisor to publish.
    pub(crate) fn bell(&self) -> Arc<Bell> {
        Arc::clone(&self.bell)
    }
}

/// One endpoint under supervision.
#[derive(Debug)]
struct Endpoint {
    settings: EndpointSettings,
    credential: Option<Arc<EndpointCredential>>,
    link: LinkHandle,
    task: JoinHandle<()>,
    report: watch::Receiver<Report>,
    inbox: Inbox,
    counters: Arc<LinkCounters>,
    paused: bool,
    /// When a person last asked for a connection.
    asked: Option<Instant>,
}

impl Supervisor {
    /// Applies the settings for the first time and publishes, so that the agent is whole when it is handed out.
    pub(crate) async fn prepare(&mut self) {
        let loaded = Arc::clone(&self.settings.borrow_and_update());
        self.apply(&loaded).await;
        join_all(self.state.couriers.values_mut().map(Courier::look)).await;
        self.publish();
    }

    /// Runs until stopped, then closes the gateway and the links.
    pub(crate) async fn run(mut self) {
        let mut published = Instant::now();
        let mut due: Option<Instant> = None;
        let bell = Arc::clone(&self.state.bell);
        loop {
            let wanted = tokio::select! {
                () = self.stop.cancelled() => break,
                request = self.requests.recv() => match request {
                    Some(request) => { self.answer(request).await; Some(published + CHANGE_GAP) }
                    None => break,
                },
                Ok(()) = self.settings.changed() => {
                    let loaded = Arc::clone(&self.settings.borrow_and_update());
                    self.apply(&loaded).await;
                    Some(published + CHANGE_GAP)
                }
                Some(signal) = self.signals.recv() => {
                    self.heed(signal);
                    self.recorder.look_at_the_clock();
                    for endpoint in self.state.endpoints.values() {
                        endpoint.link.signal(signal).await;
                    }
                    None
                }
                () = bell.changed.notified() => {
                    self.attend_to_secrets().await;
                    Some(published + CHANGE_GAP)
                }
                () = self.recorder.over() => {
                    self.recorder.end(EndedBy::Time);
                    Some(published + CHANGE_GAP)
                }
                () = self.checks.look() => { self.consider_checks(); None }
                () = self.secrets.changed() => { self.attend_to_secrets().await; None }
                () = bell.traffic.notified() => Some(published + TRAFFIC_GAP),
                Some(ended) = self.state.partings.join_next() => { parted(ended); None }
                () = changed(&mut self.state.gateway_clients) => Some(published + CHANGE_GAP),
                () = gate::next_try(self.state.gateway_again) => {
                    self.open_gateway_again().await;
                    Some(published + CHANGE_GAP)
                }
                () = sleep_until(due.unwrap_or(published)), if due.is_some() => {
                    bell.heard_traffic();
                    self.publish();
                    published = Instant::now();
                    due = None;
                    continue;
                }
            };
            due = match (due, wanted) {
                (Some(due), Some(wanted)) => Some(due.min(wanted)),
                (due, wanted) => due.or(wanted),
            };
        }
        self.end().await;
    }

    /// Has the secrets watched that endpoints wait for, and tells those for whom another one is there.
    async fn attend_to_secrets(&self) {
        let mut awaited = BTreeSet::new();
        for endpoint in self.state.endpoints.values() {
            let reason = endpoint.report.borrow().view.reason;
            let waits = matches!(reason, Some(Reason::AuthRequired | Reason::ServerStop));
            let Some(credential) = endpoint.credential.as_ref().filter(|_| waits) else { continue };
            if credential.is_stale() {
                info!(endpoint = %endpoint.settings.id, "its secret is another one now");
                endpoint.link.signal(Signal::CredentialChanged).await;
            }
            awaited.extend(credential.places().into_iter().cloned());
        }
        self.secrets.await_change(awaited);
    }

    async fn answer(&mut self, request: Request) {
        // A caller that has gone away no longer needs its answer.
        match request {
            Request::Control { target, action, reply } => {
                let _ = reply.send(self.control(&target, action).await);
            }
            Request::Messages { id, limit, reply } => {
                let found = self.state.endpoints.get(&id).map(|endpoint| endpoint.inbox.newest(&id, limit));
                let _ = reply.send(found.ok_or_else(|| self.unknown(&id)));
            }
            Request::Outbox { id, reply } => match self.state.couriers.get(&id) {
                Some(courier) => courier.ask(&id, reply),
                None => {
                    let _ = reply.send(Err(self.unknown(&id)));
                }
            },
            Request::Check(request) => self.answer_about_checks(request),
            Request::Recording(request) => self.recorder.answer(request),
        }
    }

    fn unknown(&self, id: &EndpointId) -> AgentError {
        let known: Vec<&str> = self.state.endpoints.keys().map(EndpointId::as_str).collect();
        let known = if known.is_empty() { "none is configured".to_owned() } else { known.join(", ") };
        AgentError::UnknownEndpoint { id: id.clone(), known }
    }

    async fn control(&mut self, target: &Target, action: Action) -> Result<(), AgentError> {
        if let Target::One(id) = target
            && !self.state.endpoints.contains_key(id)
        {
            return Err(self.unknown(id));
        }
        for (id, endpoint) in &mut self.state.endpoints {
            if matches!(target, Target::One(one) if one != id) {
                continue;
            }
            info!(endpoint = %id, ?action, "ordered");
            let order = match action {
                Action::Connect => Order::Connect,
                Action::Reconnect => Order::Reconnect,
                Action::Pause => Order::Pause,
                Action::Resume => Order::Resume,
            };
            // What somebody paused by name stays paused when everything is reconnected.
            if endpoint.paused && action == Action::Reconnect && *target == Target::All {
                continue;
            }
            endpoint.paused = action == Action::Pause;
            if endpoint.paused {
                self.checks.give_way();
            }
            endpoint.asked = (!endpoint.paused).then(Instant::now);
            endpoint.link.order(order).await;
        }
        Ok(())
    }

    async fn apply(&mut self, loaded: &Loaded) {
        let settings = &loaded.settings;
        self.checks.give_way();
        if let Some(log_level) = &self.log_level
            && let Err(error) = log_level.set(&settings.logging.level)
        {
            warn!(%error, "the log level stays as it was");
        }
        self.apply_endpoints(&settings.endpoints).await;
        self.apply_gateway(&settings.gateway).await;
    }

    /// Stops, replaces and starts links, touching only the endpoints that changed.
    async fn apply_endpoints(&mut self, wanted: &[EndpointSettings]) {
        let wanted: BTreeMap<&EndpointId, &EndpointSettings> = wanted
            .iter()
            .filter(|endpoint| endpoint.enabled)
            .map(|endpoint| (&endpoint.id, endpoint))
            .collect();
        for (id, endpoint) in self.state.endpoints.extract_if(.., |id, _| !wanted.contains_key(id)) {
            info!(endpoint = %id, "removed");
            self.state.partings.spawn(endpoint.end());
        }
        self.apply_couriers(&wanted);
        for (id, settings) in wanted {
            match self.state.endpoints.get_mut(id) {
                Some(running) if same_link(&running.settings, settings) => {
                    running.settings = settings.clone()
                }
                Some(_) | None => {
                    let old = self.state.endpoints.remove(id);
                    let Some(courier) = self.state.couriers.get(id) else { continue };
                    let endpoint = self.start(settings.clone(), courier, old).await;
                    self.state.endpoints.insert(id.clone(), endpoint);
                }
            }
        }
        let credentials = self.state.endpoints.values().filter_map(|endpoint| endpoint.credential.as_ref());
        self.secrets.use_only(&credentials.flat_map(|credential| credential.places()).cloned().collect());
    }

    /// One courier for each endpoint; they outlive links that are replaced.
    fn apply_couriers(&mut self, wanted: &BTreeMap<&EndpointId, &EndpointSettings>) {
        let gone = self.state.couriers.extract_if(.., |id, _| !wanted.contains_key(id));
        for (_, courier) in gone {
            self.state.partings.spawn(courier.stop());
        }
        for (id, settings) in wanted {
            match self.state.couriers.get(id) {
                Some(courier) => courier.configure(settings),
                None => {
                    let (arrivals, bell) = (self.news.arrivals.clone(), Arc::clone(&self.state.bell));
                    let courier = Courier::start((*settings).clone(), self.depot.clone(), arrivals, bell);
                    self.state.couriers.insert((*id).clone(), courier);
                }
            }
        }
        self.leftovers.except(self.state.couriers.keys().cloned().collect());
    }

    /// Starts a link; it follows `old`, whose messages, totals and pause it inherits, once that has ended.
    async fn start(&self, settings: EndpointSettings, courier: &Courier, old: Option<Endpoint>) -> Endpoint {
        let (inbox, counters, paused) = match &old {
            Some(old) => (old.inbox.clone(), Arc::clone(&old.counters), old.paused),
            None => (Inbox::new(&self.state.held), Arc::default(), false),
        };
        let initial = Report::initial(clock::now(), paused);
        self.chronicle.keep(Entry::Transition(Passed {
            at: initial.at,
            endpoint: settings.id.clone(),
            from: None,
            to: initial.view.state,
            reason: initial.view.reason,
            code: None,
            lasted_ms: None,
        }));
        let (sender, report) = watch::channel(initial);
        let observer = EndpointObserver {
            id: settings.id.clone(),
            report: sender,
            inbox: inbox.clone(),
            acks: courier.ack_reader(),
            events: self.news.facts.clone(),
            chronicle: self.chronicle.clone(),
            bell: Arc::clone(&self.state.bell),
        };
        let credential = settings.auth.as_ref().map(|auth| self.secrets.credential(auth));
        let source = credential.clone().map(|source| source as Arc<dyn CredentialSource>);
        let config = link_config(&settings, source, self.state.origins.clone());
        let (link, handle) = Link::new(config, self.state.dialer.clone(), observer, Arc::clone(&counters));
        courier.serve(Line { link: handle.clone(), report: report.clone() });
        let span = info_span!("endpoint", id = %settings.id);
        let task = tokio::spawn(
            async move {
                if let Some(old) = old {
                    old.link.stop();
                    if old.task.await.is_err() {
                        warn!("the replaced link ended badly");
                    }
                }
                link.run().await;
            }
            .instrument(span),
        );
        if !paused {
            handle.order(Order::Connect).await;
        }
        Endpoint { settings, credential, link: handle, task, report, inbox, counters, paused, asked: None }
    }

    fn publish(&self) {
        let state = &self.state;
        let mut endpoints: Vec<EndpointSnapshot> = state
            .endpoints
            .values()
            .map(|endpoint| {
                let courier = state.couriers.get(&endpoint.settings.id);
                let outbox = courier.map(Courier::standing).unwrap_or_default().info;
                let report = endpoint.report.borrow();
                endpoint_snapshot(&endpoint.settings, &report, endpoint.counters.read(), outbox)
            })
            .collect();
        endpoints.sort_by(|a, b| (a.priority, &a.id).cmp(&(b.priority, &b.id)));
        let gateway = GatewayInfo {
            connections: state.gateway.as_ref().map_or(0, |gateway| *gateway.connections().borrow()),
            url: state.gateway.as_ref().map(|gateway| gateway.url().to_owned()),
        };
        let loaded = self.settings.borrow();
        let problems = [&loaded.problems[..], &self.startup_problems].concat();
        let secrets = state
            .endpoints
            .iter()
            .filter_map(|(id, endpoint)| Some(self.secrets.problems(id, endpoint.credential.as_deref()?)));
        let problems = problems
            .into_iter()
            .chain(state.gateway_problem.clone())
            .chain(secrets.flatten())
            .chain(state.couriers.values().flat_map(|courier| courier.standing().problems))
            .chain(self.leftovers.problems())
            .collect();
        self.board.publish(endpoints, gateway, problems, self.recorder.info());
    }

    /// Ends in order: no more intake, then the buffers, then the links, each with a close frame, within a deadline.
    async fn end(mut self) {
        info!("shutting down");
        self.recorder.end(EndedBy::Shutdown);
        self.close_gateway().await;
        // Together: each may take a moment for what is under way.
        let couriers = std::mem::take(&mut self.state.couriers).into_values().map(Courier::stop);
        let mut partings = std::mem::take(&mut self.state.partings);
        let parting = async {
            while let Some(ended) = partings.join_next().await {
                parted(ended);
            }
        };
        join(join_all(couriers), parting).await;
        self.leftovers.end().await;
        if timeout(CLOSING_LIMIT, self.checks.end()).await.is_err() {
            warn!("a check did not end in time");
        }
        join_all(self.state.endpoints.into_values().map(Endpoint::end)).await;
    }
}

impl Endpoint {
    /// Closes its session, within a deadline.
    async fn end(self) {
        self.link.stop();
        let abort = self.task.abort_handle();
        match timeout(CLOSING_LIMIT, self.task).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => error!(endpoint = %self.settings.id, %error, "a link ended badly"),
            Err(_) => {
                warn!(endpoint = %self.settings.id, "did not close in time");
                abort.abort();
            }
        }
    }
}

/// Something of a removed endpoint has ended.
fn parted(ended: Result<(), JoinError>) {
    if let Err(error) = ended {
        error!(%error, "what was removed ended badly");
    }
}

/// Whether a link made for `old` serves `new` as well: names and order are for people, the buffer is the courier's,
/// the last two are for checks.
fn same_link(old: &EndpointSettings, new: &EndpointSettings) -> bool {
    let renamed = EndpointSettings {
        name: new.name.clone(),
        priority: new.priority,
        buffer: new.buffer.clone(),
        envelope: new.envelope,
        single_session: new.single_session,
        health_url: new.health_url.clone(),
        ..old.clone()
    };
    renamed == *new
}

/// Waits until the number of the gateway's clients changes; for ever without a gateway.
async fn changed(clients: &mut Option<watch::Receiver<u32>>) {
    if let Some(clients) = clients
        && clients.changed().await.is_ok()
    {
        return;
    }
    std::future::pending().await
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use model::{EndpointState, Reason};

    use super::*;

    #[test]
    fn a_new_endpoint_is_connecting_and_a_paused_one_stays_paused() {
        let fresh = Report::initial(Timestamp::UNIX_EPOCH, false);
        assert_eq!((fresh.view.state, fresh.view.reason), (EndpointState::Connecting, None));
        let paused = Report::initial(Timestamp::UNIX_EPOCH, true);
        assert_eq!(
            (paused.view.state, paused.view.reason),
            (EndpointState::Disconnected, Some(Reason::Paused))
        );
    }
}
