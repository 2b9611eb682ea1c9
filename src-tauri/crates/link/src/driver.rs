//! The loop that does a link's I/O: keeps the clock, obeys the machine's effects, reports its events.
//!
//! One task a link, nothing spawned: dial, knock and session are futures this loop owns, so dropping one
//! closes its sockets.

use std::{future::poll_fn, pin::Pin, sync::Arc, task::Poll, time::Duration};

use dial::Dialer;
use tokio::{
    sync::watch,
    time::{Instant, Sleep, sleep_until},
};
use tracing::{debug, info};

use crate::{
    AttemptId, Effect, Event, Failure, Farewell, Host, LinkConfig, LinkCounters, LinkHandle, LinkView,
    Machine, Moment, NotSent, Observer, Order, Signal, Stimulus,
    clock::LinkClock,
    credentials::{Admission, Credentials},
    dialing::{DialEnd, dial, dial_with},
    doors::Doors,
    handle::{Commands, Input},
    machine::step,
    meaning,
    route::{is_ours, local_address_towards},
    session::{Incident, Session},
    sessions::Sessions,
    transmit::{Promise, Transmission},
};

/// Messages handed on before the loop looks at anything else.
const BATCH: usize = 64;
/// Far enough away to mean "never" for a timer.
const NEVER: Duration = Duration::from_secs(86_400 * 365);

/// Work under way for an attempt, and the attempt it is for.
type Underway<T> = (AttemptId, Pin<Box<dyn Future<Output = T> + Send>>);

/// A link, ready to run.
pub struct Link<O> {
    config: LinkConfig,
    dialer: Dialer,
    observer: O,
    commands: Commands,
    counters: Arc<LinkCounters>,
    clock: LinkClock,
    machine: Machine,
    shown: LinkView,
    dialing: Option<Underway<DialEnd>>,
    /// Where the dial goes.
    dialed_host: Host,
    credentials: Credentials,
    sessions: Sessions,
    knocking: Option<Underway<bool>>,
    doors: Doors,
    /// Hosts whose origins failed when this link began to wait.
    failing: Vec<Host>,
    /// Tells when some origin works again.
    works: watch::Receiver<()>,
    /// A dial that the budget did not grant; the machine has to hear of it.
    deferred: Option<(AttemptId, Duration)>,
    leaving: bool,
}

impl<O> std::fmt::Debug for Link<O> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Link").field("machine", &self.machine).finish_non_exhaustive()
    }
}

/// What woke the loop.
enum Wake {
    Input(Option<Input>),
    Stop,
    Timer,
    Dialed(DialEnd),
    Knocked(bool),
    Transmission(Box<Transmission>),
    Session(AttemptId, Incident),
    /// Some origin works again.
    Works,
}

impl<O: Observer> Link<O> {
    /// A link at rest and the handle to order it. Nothing happens before [`Link::run`].
    ///
    /// `counters` go on where they stand: they may outlive a link that is replaced by one with other settings.
    pub fn new(
        config: LinkConfig,
        dialer: Dialer,
        observer: O,
        counters: Arc<LinkCounters>,
    ) -> (Box<Self>, LinkHandle) {
        let (handle, commands) = Commands::new();
        let hosts = config.urls().count();
        let machine = Machine::new(config.retry.clone(), config.heartbeat.clone(), config.seed)
            .with_hosts(hosts, config.hosts.clone());
        let shown = machine.view();
        let works = config.origins.works();
        let link = Self {
            config,
            dialer,
            observer,
            commands,
            counters,
            clock: LinkClock::start(),
            machine,
            shown,
            dialing: None,
            dialed_host: Host::default(),
            credentials: Credentials::default(),
            sessions: Sessions::default(),
            knocking: None,
            doors: Doors::new(hosts),
            failing: Vec::new(),
            works,
            deferred: None,
            leaving: false,
        };
        (Box::new(link), handle)
    }

    /// Runs until stopped, or until every handle is gone.
    ///
    /// Boxed, because every future that a value goes through has a place of its own for it: a task that runs a link would
    /// be three times as large as the link.
    pub async fn run(mut self: Box<Self>) {
        let timer = sleep_until(Instant::now() + NEVER);
        tokio::pin!(timer);
        loop {
            let wait = self.machine.wakes_at().map_or(NEVER, |due| due.since(self.now()));
            let deadline = Instant::now() + wait;
            timer.as_mut().reset(deadline);
            match self.wake(timer.as_mut()).await {
                Wake::Input(Some(Input::Order(order))) => self.on_order(order),
                Wake::Input(Some(Input::Signal(signal))) => self.on_signal(signal),
                Wake::Input(None) | Wake::Stop => self.leave(),
                Wake::Timer => {
                    let silent_for = self.session_in_use().map(Session::silent_for);
                    self.feed(Event::Tick { silent_for });
                }
                Wake::Dialed(end) => self.on_dialed(end),
                Wake::Knocked(answered) => {
                    if let Some(host) = self.machine.knocks_where_nobody_was().filter(|_| answered) {
                        self.doors.invite(host);
                    }
                    if let Some((knock, _)) = self.knocking.take() {
                        self.feed(Event::Knocked(knock, answered));
                    }
                }
                Wake::Transmission(transmission) => self.transmit(*transmission),
                Wake::Session(session, incident) => self.on_incidents(session, incident).await,
                Wake::Works => {
                    if let Some(host) = self.recovered() {
                        self.feed(Event::Stimulated(Stimulus::OriginWorks(host)));
                    }
                }
            }
            if self.leaving && self.sessions.is_empty() && self.dialing.is_none() {
                return;
            }
        }
    }

    async fn wake(&mut self, timer: Pin<&mut Sleep>) -> Wake {
        let waits = self.machine.waits();
        tokio::select! {
            biased;
            () = self.commands.stop.cancelled(), if !self.leaving => Wake::Stop,
            input = self.commands.inputs.recv(), if !self.leaving => Wake::Input(input),
            () = timer => Wake::Timer,
            end = wait_for(&mut self.dialing) => Wake::Dialed(end),
            answered = wait_for(&mut self.knocking) => Wake::Knocked(answered),
            Some(transmission) = self.commands.transmissions.recv() => Wake::Transmission(transmission),
            (session, incident) = self.sessions.next() => Wake::Session(session, incident),
            Ok(()) = self.works.changed(), if waits => Wake::Works,
        }
    }

    fn on_order(&mut self, order: Order) {
        if order == Order::Pause {
            self.doors.forget_invitation();
        }
        self.feed(Event::Ordered(order));
    }

    fn on_signal(&mut self, signal: Signal) {
        match signal {
            Signal::Woke(slept) => self.feed(Event::Stimulated(Stimulus::Woke(slept))),
            Signal::CredentialChanged => self.feed(Event::Stimulated(Stimulus::CredentialChanged)),
            Signal::NetworkChanged => {
                let stimulus = self.moved().unwrap_or(Stimulus::NetworkChanged);
                self.feed(Event::Stimulated(stimulus));
            }
            Signal::CheckRoute => {
                if let Some(stimulus) = self.moved() {
                    self.feed(Event::Stimulated(stimulus));
                }
            }
        }
    }

    /// Whether packets to the session's peer would leave from another address now. Without any route the
    /// session may still be saved by the network's return, so that is no move.
    fn moved(&self) -> Option<Stimulus> {
        let (local, remote) = self.session_in_use()?.ends();
        let now = local_address_towards(remote).ok()?;
        match (now == local, is_ours(local)) {
            (true, _) => None,
            (false, true) => Some(Stimulus::RouteMoved),
            (false, false) => Some(Stimulus::AddressGone),
        }
    }

    /// A host that failed when this link began to wait, and works now: another link got through.
    fn recovered(&self) -> Option<Host> {
        let works = |url| !self.config.origins.is_failing(url);
        self.config.urls().find(|(host, url)| self.failing.contains(host) && works(url)).map(|(host, _)| host)
    }

    fn session_in_use(&self) -> Option<&Session> {
        self.sessions.get(self.machine.current()?)
    }

    fn leave(&mut self) {
        self.leaving = true;
        self.on_order(Order::Pause);
    }

    fn now(&self) -> Moment {
        self.clock.now()
    }

    /// Tells the machine, obeys, and shows what changed.
    fn feed(&mut self, event: Event) {
        let now = self.now();
        let waited = self.machine.waits();
        let (machine, effects) = step(self.machine.clone(), event, now);
        self.machine = machine;
        for effect in effects {
            self.obey(effect);
        }
        if let Some((attempt, wait)) = self.deferred.take() {
            return self.feed(Event::Deferred(attempt, wait));
        }
        if self.machine.waits() && !waited {
            let failing = self.config.urls().filter(|(_, url)| self.config.origins.is_failing(url));
            self.failing = failing.map(|(host, _)| host).collect();
        }
        let proven = self.machine.proven();
        self.commands.proven.send_if_modified(|told| std::mem::replace(told, proven) != proven);
        let view = self.machine.view();
        if view == self.shown {
            return;
        }
        if view.failures_total > self.shown.failures_total {
            self.counters.failed();
        }
        if view.sessions_proven > self.shown.sessions_proven {
            self.counters.session_proven();
        }
        if view.host != self.shown.host {
            info!(host = view.host.0, name = self.config.url(view.host).host_str(), "another host");
        }
        if view.migrating != self.shown.migrating {
            info!(migrating = view.migrating, state = %view.state, "the way to the server moved");
        }
        if view.state != self.shown.state {
            info!(from = %self.shown.state, to = %view.state, reason = ?view.reason, "state");
        }
        self.shown = view;
        // Pausing at the end of the program is nobody's wish and is not shown.
        if !self.leaving {
            self.observer.changed(&self.shown, now);
        }
    }

    fn obey(&mut self, effect: Effect) {
        match effect {
            Effect::Dial(attempt, host) => self.dial(attempt, host),
            Effect::Abort(attempt) => {
                self.dialing.take_if(|(current, _)| *current == attempt);
            }
            Effect::Greet(session) => {
                let greetings = self.config.on_connect.clone();
                self.send(session, &greetings);
            }
            Effect::Probe(session, nonce) => {
                if let Some(open) = self.sessions.get_mut(session) {
                    open.probe(nonce);
                }
                let beat: Vec<String> = self.config.heartbeat_message.iter().cloned().collect();
                self.send(session, &beat);
            }
            Effect::Close(session, Farewell::Done) => {
                let leaving = self.leaving;
                if let Some(open) = self.sessions.get_mut(session) {
                    open.close(leaving);
                }
            }
            Effect::Close(session, Farewell::Dead) => {
                self.sessions.remove(session);
            }
            Effect::Knock(knock, host) => self.knocking = Some((knock, Box::pin(self.doors.knock(host)))),
            Effect::Tried(host, worked) => self.config.origins.tried(self.config.url(host), worked),
        }
    }

    fn send(&mut self, session: AttemptId, messages: &[String]) {
        let Some(open) = self.sessions.get_mut(session) else {
            return;
        };
        for message in messages {
            open.send_text(message);
            self.counters.message_sent(message.len());
        }
    }

    /// Hands messages to the session that takes them, or says that it does not.
    fn transmit(&mut self, transmission: Transmission) {
        let Transmission { session, messages, room, reply } = transmission;
        let proven = *self.commands.proven.borrow() == Some(session);
        let Some(open) = self.sessions.get_mut(session).filter(|_| proven) else {
            let _ = reply.send(Err(NotSent::SessionEnded));
            return;
        };
        // Who asked may be gone: then nothing is sent.
        if reply.is_closed() {
            return;
        }
        for message in &messages {
            self.counters.message_sent(message.len());
        }
        let (promise, fence) = Promise::new(room);
        let bytes = promise.bytes();
        open.transmit(messages, promise);
        let _ = reply.send(Ok(fence));
        self.feed(Event::Transmitted(session, bytes));
    }

    fn dial(&mut self, attempt: AttemptId, host: Host) {
        self.knocking = None;
        self.dialed_host = host;
        let (dialer, mut request) = (self.dialer.clone(), self.config.request.clone());
        request.url = self.config.url(host).clone();
        let budget = (self.config.origins.clone(), self.doors.take_invitation(host));
        debug!(attempt = attempt.0, host = host.0, "dialing");
        let dial: Pin<Box<dyn Future<Output = DialEnd> + Send>> = match &self.config.credentials {
            Some(source) => Box::pin(dial_with(self.credentials.ask(host, source), budget, dialer, request)),
            None => {
                if let Err(wait) = budget.0.take(&request.url, budget.1) {
                    debug!(attempt = attempt.0, ?wait, "deferred");
                    self.deferred = Some((attempt, wait));
                    return;
                }
                Box::pin(dial(dialer, request))
            }
        };
        self.dialing = Some((attempt, dial));
    }

    fn on_dialed(&mut self, end: DialEnd) {
        let Some((attempt, _)) = self.dialing.take() else {
            return;
        };
        let host = self.dialed_host;
        let (credential, result) = match end {
            DialEnd::Tried(credential, result) => (credential, result),
            DialEnd::Unsent(failure) => {
                info!(attempt = attempt.0, code = %failure.code, detail = %failure.detail, "no try made");
                return self.feed(Event::DialFailed(attempt, failure));
            }
            DialEnd::Deferred(wait) => {
                debug!(attempt = attempt.0, ?wait, "deferred");
                return self.feed(Event::Deferred(attempt, wait));
            }
        };
        let admission = Admission { host, credential };
        match result {
            Ok(dialed) => {
                debug!(attempt = attempt.0, remote = %dialed.remote, "opened");
                self.doors.are_at(host, &[dialed.remote]);
                let close_codes = Arc::clone(&self.config.close_codes);
                self.sessions.add(Session::new(attempt, admission, *dialed, close_codes));
                self.feed(Event::Opened(attempt));
            }
            Err(error) => {
                let failure = meaning::of_dial(&error, self.config.url(host));
                info!(attempt = attempt.0, code = %failure.code, detail = %failure.detail, "try failed");
                self.doors.are_at(host, error.addresses());
                self.ended(attempt, Some(admission), failure, Event::DialFailed);
            }
        }
    }

    /// A try or a session that was made like this is over.
    fn ended(
        &mut self,
        attempt: AttemptId,
        admission: Option<Admission>,
        failure: Failure,
        event: fn(AttemptId, Failure) -> Event,
    ) {
        let in_use = self.machine.current() == Some(attempt);
        let used = admission.as_ref().and_then(|admission| admission.credential.as_ref());
        if let (Some(source), Some(used), true) = (&self.config.credentials, used, in_use) {
            source.ended(used);
        }
        let (failure, refusal) = match admission {
            Some(admission) => admission.judge(failure),
            None => (failure, None),
        };
        self.feed(event(attempt, failure));
        if in_use {
            // That of a session beside it says nothing about what the next try is made with.
            self.credentials.replace(refusal.filter(|_| self.machine.asks_anew()));
        }
    }

    /// Handles an incident and those of the same session that are there already behind it, up to a batch.
    async fn on_incidents(&mut self, session: AttemptId, first: Incident) {
        let mut next = Some(first);
        for _ in 0..BATCH {
            let Some(incident) = next else { return };
            self.on_incident(session, incident);
            next =
                poll_fn(|cx| Poll::Ready(self.sessions.get_mut(session).and_then(|open| open.next_now(cx))))
                    .await;
        }
        if let Some(incident) = next {
            self.on_incident(session, incident);
        }
    }

    fn on_incident(&mut self, session: AttemptId, incident: Incident) {
        match incident {
            Incident::Message(payload) => {
                self.counters.message_received(payload.len());
                if self.machine.awaits_proof(session) {
                    self.feed(Event::Received(session));
                }
                self.observer.received(payload);
            }
            Incident::Answered(answered) => {
                if let Some(nonce) = answered.probe {
                    self.feed(Event::Answered(session, nonce));
                }
                if answered.fences > 0 {
                    let left = self.sessions.get(session).map_or(0, Session::unconfirmed);
                    self.feed(Event::Confirmed(session, left));
                }
            }
            Incident::Ended(failure) => {
                let admission = self.sessions.remove(session);
                let failure = match &admission {
                    Some(admission) => meaning::discreet(failure, || admission.request(&self.config)),
                    None => failure,
                };
                debug!(session = session.0, code = %failure.code, detail = %failure.detail, "session ended");
                self.ended(session, admission, failure, Event::Ended);
            }
        }
    }
}

/// Waits for an optional future; for ever when there is none.
async fn wait_for<T>(slot: &mut Option<Underway<T>>) -> T {
    match slot {
        Some((_, future)) => future.await,
        None => std::future::pending().await,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Nobody;

    impl Observer for Nobody {
        fn changed(&mut self, _: &LinkView, _: Moment) {}

        fn received(&mut self, _: crate::Payload) {}
    }

    #[test]
    fn the_task_of_an_idle_link_is_small_beside_the_link() {
        let request = dial::DialRequest::new("ws://localhost/".parse().expect("a URL"));
        let (link, _handle) = Link::new(LinkConfig::new(request), Dialer::new(), Nobody, Arc::default());
        let (held, task) = (size_of_val(&*link), size_of_val(&link.run()));
        assert!(task <= 768, "{task} bytes, and {held} in the link itself");
    }
}
