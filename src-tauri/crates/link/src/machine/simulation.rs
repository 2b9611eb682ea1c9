//! One machine and a scripted world in virtual time: no sockets, no waiting, the same every time.

use std::collections::BTreeMap;

use super::*;
use crate::BackoffPolicy;

/// What the world does about an effect: events, and how long after it.
pub(super) type Reaction = Vec<(Duration, Event)>;

/// A machine, and what became of it.
#[derive(Debug)]
pub(super) struct Simulation {
    pub(super) machine: Machine,
    pub(super) now: Duration,
    /// When it dialed.
    pub(super) tries: Vec<Duration>,
    /// When it probed.
    pub(super) probes: Vec<Duration>,
    /// Sessions it ended because they seemed dead.
    pub(super) given_up: usize,
    heard: Duration,
    queue: BTreeMap<(Duration, u64), Event>,
    queued: u64,
}

pub(super) fn secs(seconds: f64) -> Duration {
    Duration::from_secs_f64(seconds)
}

pub(super) fn failure(kind: FailureKind) -> Failure {
    Failure::new(kind, ErrorCode::ConnectionLost, "")
}

impl Simulation {
    /// The product's defaults, ordered to connect.
    pub(super) fn new(seed: u64) -> Self {
        Self::with_max_attempts(seed, 0)
    }

    /// Without heartbeat: an open session counts, and nothing more is said on it.
    pub(super) fn mute(seed: u64, max_attempts: u32) -> Self {
        let mut simulation = Self::with_max_attempts(seed, max_attempts);
        simulation.machine.heartbeat.enabled = false;
        simulation
    }

    pub(super) fn with_max_attempts(seed: u64, max_attempts: u32) -> Self {
        let second = Duration::from_secs(1);
        let retry = RetryPolicy {
            backoff: BackoffPolicy { initial: second, multiplier: 2.0, cap: second * 30 },
            max_attempts,
            crowd: true,
        };
        let heartbeat = HeartbeatPolicy { enabled: true, interval: second * 25, timeout: second * 10 };
        let mut simulation = Self {
            machine: Machine::new(retry, heartbeat, seed),
            now: Duration::ZERO,
            tries: Vec::new(),
            probes: Vec::new(),
            given_up: 0,
            heard: Duration::ZERO,
            queue: BTreeMap::new(),
            queued: 0,
        };
        simulation.happens(Duration::ZERO, Event::Ordered(Order::Connect));
        simulation
    }

    /// Something will happen so long from now.
    pub(super) fn happens(&mut self, after: Duration, event: Event) {
        self.queued += 1;
        self.queue.insert((self.now + after, self.queued), event);
    }

    /// Lets time pass until `end`; `world` says what follows each effect at its time.
    pub(super) fn run(&mut self, end: Duration, mut world: impl FnMut(&Effect, Duration) -> Reaction) {
        loop {
            let tick = self.machine.wakes_at().map(|due| due.since(Moment::default()).max(self.now));
            let event = self.queue.first_key_value().map(|((at, _), _)| *at);
            let Some(next) = [tick, event].into_iter().flatten().min().filter(|next| *next <= end) else {
                self.now = end;
                return;
            };
            self.now = next;
            let event = match event.filter(|at| *at == next) {
                Some(_) => self.queue.pop_first().map(|(_, event)| event),
                None => None,
            };
            let event = event.unwrap_or(Event::Tick { silent_for: Some(self.now - self.heard) });
            if matches!(event, Event::Opened(_) | Event::Answered(..) | Event::Received(_)) {
                self.heard = self.now;
            }
            for effect in self.feed(event) {
                for (after, event) in world(&effect, self.now) {
                    self.happens(after, event);
                }
            }
        }
    }

    /// Takes one step now.
    pub(super) fn feed(&mut self, event: Event) -> Vec<Effect> {
        let (machine, effects) = step(self.machine.clone(), event, Moment::at(self.now));
        self.machine = machine;
        for effect in &effects {
            match effect {
                Effect::Dial(..) => self.tries.push(self.now),
                Effect::Probe(..) => self.probes.push(self.now),
                Effect::Close(_, Farewell::Dead) => self.given_up += 1,
                Effect::Close(_, Farewell::Done)
                | Effect::Abort(_)
                | Effect::Greet(_)
                | Effect::Tried(..)
                | Effect::Knock(..) => {}
            }
        }
        effects
    }

    /// How long until the next try.
    pub(super) fn wait(&self) -> Option<Duration> {
        Some(self.machine.view().next_attempt?.since(Moment::at(self.now)))
    }
}

/// A server 20 ms away that does everything right.
pub(super) fn well(effect: &Effect) -> Reaction {
    let soon = Duration::from_millis(20);
    match *effect {
        Effect::Dial(attempt, _) => vec![(soon, Event::Opened(attempt))],
        Effect::Probe(session, nonce) => vec![(soon, Event::Answered(session, nonce))],
        Effect::Knock(knock, _) => vec![(soon, Event::Knocked(knock, true))],
        Effect::Close(session, Farewell::Done) => {
            vec![(soon, Event::Ended(session, failure(FailureKind::Retry)))]
        }
        Effect::Close(_, Farewell::Dead) | Effect::Abort(_) | Effect::Greet(_) | Effect::Tried(..) => {
            Vec::new()
        }
    }
}

/// A server that answers every try with this failure.
pub(super) fn fails(effect: &Effect, kind: FailureKind) -> Reaction {
    match *effect {
        Effect::Dial(attempt, _) => {
            vec![(Duration::from_millis(20), Event::DialFailed(attempt, failure(kind)))]
        }
        Effect::Knock(..)
        | Effect::Probe(..)
        | Effect::Close(..)
        | Effect::Abort(_)
        | Effect::Greet(_)
        | Effect::Tried(..) => well(effect),
    }
}
