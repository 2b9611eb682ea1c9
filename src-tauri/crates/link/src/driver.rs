//! The loop that does a link's I/O: keeps the clock, obeys the machine's effects, reports its events.
//!
//! One task a link, nothing spawned: dial, knock and session are futures this loop owns, so dropping one
//! closes its sockets.

use std::{future::poll_fn, net::SocketAddr, pin::Pin, sync::Arc, task::Poll, time::Duration};

use dial::Dialer;
use model::{ErrorCode, Reason};
use tokio::{
    sync::watch,
    time::{Instant, Sleep, sleep_until},
};
use tracing::{debug, info};

use crate::{
    AttemptId, Effect, Event, Farewell, LinkConfig, LinkCounters, LinkHandle, LinkView, Machine, Moment,
    NotSent, Observer, Order, Signal, Stimulus,
    clock::LinkClock,
    credentials::Credentials,
    dialing::{DialEnd, dial, dial_with},
    handle::{Commands, Input},
    machine::step,
    meaning,
    route::local_address_towards,
    session::{Incident, Session},
    transmit::{Promise, Transmission},
};

/// Messages handed on before the loop looks at anything else.
const BATCH: usize = 64;
/// Time a knock gets.
const KNOCK_LIMIT: Duration = Duration::from_secs(1);
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
    credentials: Credentials,
    session: Option<Session>,
    knocking: Option<Underway<bool>>,
    /// Where to knock: the last session's address, or those where the last dial found nobody.
    doors: Vec<SocketAddr>,
    /// Tells when some origin works again.
    works: watch::Receiver<()>,
    /// A dial that the budget did not grant; the machine has to hear of it.
    deferred: Option<(AttemptId, Duration)>,
    /// A knock was answered since the last dial.
    invited: bool,
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
    Transmission(Transmission),
    Session(Incident),
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
    ) -> (Self, LinkHandle) {
        let (handle, commands) = Commands::new();
        let machine = Machine::new(config.retry.clone(), config.heartbeat.clone(), config.seed);
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
            credentials: Credentials::default(),
            session: None,
            knocking: None,
            doors: Vec::new(),
            works,
            deferred: None,
            invited: false,
            leaving: false,
        };
        (link, handle)
    }

    /// Runs until stopped, or until every handle is gone.
    pub async fn run(mut self) {
        let timer = sleep_until(Instant::now() + NEVER);
        tokio::pin!(timer);
        loop {
            let wait = self.machine.wakes_at().map_or(NEVER, |due| due.since(self.now()));
            let deadline = Instant::now() + wait;
            timer.as_mut().reset(deadline);
            match self.wake(timer.as_mut()).await {
                Wake::Input(Some(Input::Order(order))) => self.feed(Event::Ordered(order)),
                Wake::Input(Some(Input::Signal(signal))) => self.on_signal(signal),
                Wake::Input(None) | Wake::Stop => self.leave(),
                Wake::Timer => {
                    let silent_for = self.session.as_ref().map(Session::silent_for);
                    self.feed(Event::Tick { silent_for });
                }
                Wake::Dialed(end) => self.on_dialed(end),
                Wake::Knocked(answered) => {
                    self.invited |= answered;
                    if let Some((knock, _)) = self.knocking.take() {
                        self.feed(Event::Knocked(knock, answered));
                    }
                }
                Wake::Transmission(transmission) => self.transmit(transmission),
                Wake::Session(incident) => self.on_incidents(incident).await,
                Wake::Works => {
                    if !self.config.origins.is_failing(&self.config.request.url) {
                        self.feed(Event::Stimulated(Stimulus::OriginWorks));
                    }
                }
            }
            if self.leaving && self.session.is_none() && self.dialing.is_none() {
                return;
            }
        }
    }

    async fn wake(&mut self, timer: Pin<&mut Sleep>) -> Wake {
        let waits = self.shown.next_attempt.is_some();
        tokio::select! {
            biased;
            () = self.commands.stop.cancelled(), if !self.leaving => Wake::Stop,
            input = self.commands.inputs.recv(), if !self.leaving => Wake::Input(input),
            () = timer => Wake::Timer,
            end = wait_for(&mut self.dialing) => Wake::Dialed(end),
            answered = wait_for(&mut self.knocking) => Wake::Knocked(answered),
            Some(transmission) = self.commands.transmissions.recv() => Wake::Transmission(transmission),
            incident = next_incident(&mut self.session) => Wake::Session(incident),
            Ok(()) = self.works.changed(), if waits => Wake::Works,
        }
    }

    fn on_signal(&mut self, signal: Signal) {
        let moved = self.session.is_some() && self.route_moved();
        match signal {
            Signal::Woke(slept) => self.feed(Event::Stimulated(Stimulus::Woke(slept))),
            Signal::NetworkChanged | Signal::CheckRoute if moved => {
                self.feed(Event::Stimulated(Stimulus::RouteMoved));
            }
            Signal::NetworkChanged => self.feed(Event::Stimulated(Stimulus::NetworkChanged)),
            Signal::CredentialChanged => self.feed(Event::Stimulated(Stimulus::CredentialChanged)),
            Signal::CheckRoute => {}
        }
    }

    /// Whether packets to the session's peer would leave from another address now. Without any route the
    /// session may still be saved by the network's return, so that is no move.
    fn route_moved(&self) -> bool {
        let Some((local, remote)) = self.session.as_ref().map(Session::ends) else { return false };
        local_address_towards(remote).is_ok_and(|address| address != local)
    }

    fn leave(&mut self) {
        self.leaving = true;
        self.feed(Event::Ordered(Order::Pause));
    }

    fn now(&self) -> Moment {
        self.clock.now()
    }

    /// Tells the machine, obeys, and shows what changed.
    fn feed(&mut self, event: Event) {
        let now = self.now();
        let (machine, effects) = step(self.machine.clone(), event, now);
        self.machine = machine;
        for effect in effects {
            self.obey(effect);
        }
        if let Some((attempt, wait)) = self.deferred.take() {
            return self.feed(Event::Deferred(attempt, wait));
        }
        let proven = self.machine.proven();
        self.commands.proven.send_if_modified(|told| std::mem::replace(told, proven) != proven);
        let view = self.machine.view();
        if view == self.shown {
            return;
        }
        if view.failures_total > self.shown.failures_total {
            self.counters.failed();
            if view.reason == Some(Reason::AuthRequired) {
                self.credentials.settle();
            }
            // What was never sent says nothing about the server.
            if view.last_failure.as_ref().is_none_or(|failure| failure.code != ErrorCode::SecretUnavailable) {
                self.config.origins.tried(&self.config.request.url, false);
            }
        }
        if view.sessions_proven > self.shown.sessions_proven {
            self.counters.session_proven();
            self.config.origins.tried(&self.config.request.url, true);
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
            Effect::Dial(attempt) => self.dial(attempt),
            Effect::Abort(attempt) => {
                self.dialing.take_if(|(current, _)| *current == attempt);
            }
            Effect::Greet(session) => {
                let greetings = self.config.on_connect.clone();
                self.send(session, &greetings);
            }
            Effect::Probe(session, nonce) => {
                if let Some(open) = self.session.as_mut().filter(|open| open.id() == session) {
                    open.probe(nonce);
                }
                let beat: Vec<String> = self.config.heartbeat_message.iter().cloned().collect();
                self.send(session, &beat);
            }
            Effect::Close(session, Farewell::Done) => {
                let leaving = self.leaving;
                if let Some(open) = self.session.as_mut().filter(|open| open.id() == session) {
                    open.close(leaving);
                }
            }
            Effect::Close(session, Farewell::Dead) => {
                self.session.take_if(|open| open.id() == session);
            }
            Effect::Knock(knock) => self.knock(knock),
        }
    }

    fn send(&mut self, session: AttemptId, messages: &[String]) {
        let Some(open) = self.session.as_mut().filter(|open| open.id() == session) else {
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
        let open = self.session.as_mut().filter(|open| proven && open.id() == session);
        let Some(open) = open else {
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

    fn dial(&mut self, attempt: AttemptId) {
        self.knocking = None;
        let (dialer, request) = (self.dialer.clone(), self.config.request.clone());
        let budget = (self.config.origins.clone(), std::mem::take(&mut self.invited));
        debug!(attempt = attempt.0, "dialing");
        let dial: Pin<Box<dyn Future<Output = DialEnd> + Send>> = match &self.config.credentials {
            Some(source) => Box::pin(dial_with(self.credentials.ask(source), budget, dialer, request)),
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

    fn knock(&mut self, knock: AttemptId) {
        let doors = self.doors.clone();
        let answered = async move {
            for door in doors {
                if Dialer::knock(door, KNOCK_LIMIT).await.is_ok() {
                    return true;
                }
            }
            false
        };
        self.knocking = Some((knock, Box::pin(answered)));
    }

    fn on_dialed(&mut self, end: DialEnd) {
        let Some((attempt, _)) = self.dialing.take() else {
            return;
        };
        let result = match end {
            DialEnd::Tried(credential, result) => {
                self.credentials.used(credential);
                result
            }
            DialEnd::Unsent(failure) => {
                info!(attempt = attempt.0, code = %failure.code, detail = %failure.detail, "no try made");
                return self.feed(Event::DialFailed(attempt, failure));
            }
            DialEnd::Deferred(wait) => {
                debug!(attempt = attempt.0, ?wait, "deferred");
                return self.feed(Event::Deferred(attempt, wait));
            }
        };
        match result {
            Ok(dialed) => {
                debug!(attempt = attempt.0, remote = %dialed.remote, "opened");
                self.doors = vec![dialed.remote];
                self.session = Some(Session::new(attempt, *dialed, Arc::clone(&self.config.close_codes)));
                self.feed(Event::Opened(attempt));
            }
            Err(error) => {
                let failure = self.credentials.judge(meaning::of_dial(&error, &self.config.request.url));
                info!(attempt = attempt.0, code = %failure.code, detail = %failure.detail, "try failed");
                self.doors = error.addresses().to_vec();
                self.feed(Event::DialFailed(attempt, failure));
            }
        }
    }

    /// Handles an incident and those that are there already behind it, up to a batch.
    async fn on_incidents(&mut self, first: Incident) {
        let mut next = Some(first);
        for _ in 0..BATCH {
            let Some(incident) = next else { return };
            self.on_incident(incident);
            next = poll_fn(|cx| Poll::Ready(self.session.as_mut().and_then(|session| session.next_now(cx))))
                .await;
        }
        if let Some(incident) = next {
            self.on_incident(incident);
        }
    }

    fn on_incident(&mut self, incident: Incident) {
        let Some(session) = self.session.as_ref().map(Session::id) else {
            return;
        };
        match incident {
            Incident::Message(payload) => {
                self.counters.message_received(payload.len());
                if self.shown.state != model::EndpointState::Connected {
                    self.feed(Event::Received(session));
                }
                self.observer.received(payload);
            }
            Incident::Answered(answered) => {
                if let Some(nonce) = answered.probe {
                    self.feed(Event::Answered(session, nonce));
                }
                if answered.fences > 0 {
                    let left = self.session.as_ref().map_or(0, Session::unconfirmed);
                    self.feed(Event::Confirmed(session, left));
                }
            }
            Incident::Ended(failure) => {
                debug!(session = session.0, code = %failure.code, detail = %failure.detail, "session ended");
                self.session = None;
                let failure = self.credentials.judge(failure);
                self.feed(Event::Ended(session, failure));
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

async fn next_incident(session: &mut Option<Session>) -> Incident {
    match session {
        Some(session) => session.next().await,
        None => std::future::pending().await,
    }
}
