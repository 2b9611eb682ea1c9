//! Properties that hold for any sequence of events, checked against a small model of the outside world.

use std::collections::{BTreeMap, BTreeSet};

use model::{EndpointState as S, WaitCause};
use proptest::prelude::*;

use super::*;
use crate::BackoffPolicy;

/// A server that is overloaded may be left alone for longer than the configuration says.
/// The budget of tries may hold one back for so long.
const DEFERRED: Duration = Duration::from_secs(5);
const OVERLOADED: Duration = Duration::from_secs(30);

/// One move of the outside world.
#[derive(Clone, Debug)]
enum Move {
    Order(Order),
    Stimulus(Stimulus),
    /// Let this many ms pass, then tick if the machine asked for it by then.
    Pass(u64),
    /// Let this many ms pass with every tick at its time, while peers in good health answer every ping.
    Calm(u64),
    DialSucceeds,
    DialDeferred(u64),
    DialFails(u8),
    /// On one of the sessions, as in the two below.
    Receive(usize),
    Answer(usize),
    SessionEnds(u8, usize),
    Transmit,
    /// The peer confirms all messages but so many bytes.
    Confirm(u8),
    KnockAnswered(bool),
    /// Replay a result of an attempt that is over.
    Stale(u8),
}

fn kind(choice: u8) -> FailureKind {
    match choice % 15 {
        0 => FailureKind::Retry,
        1 => FailureKind::Unanswered,
        2 => FailureKind::Halt(Reason::AuthRequired),
        3 => FailureKind::Halt(Reason::ServerStop),
        4 => FailureKind::Local,
        5 => FailureKind::Restarting,
        6 => FailureKind::Overloaded,
        7 => FailureKind::Misfit,
        8 => FailureKind::Refused,
        9 => FailureKind::Breach,
        10 => FailureKind::Troubled,
        11 => FailureKind::TooBig,
        12 => FailureKind::Doubtful(Reason::AuthRequired),
        13 => FailureKind::Hinted(Duration::from_secs(u64::from(choice) * 40)),
        _ => FailureKind::HungUp,
    }
}

fn moves() -> impl Strategy<Value = Move> {
    let order =
        prop_oneof![Just(Order::Connect), Just(Order::Reconnect), Just(Order::Pause), Just(Order::Resume)];
    let stimulus = prop_oneof![
        (0_u64..2_000).prop_map(|slept| Stimulus::Woke(Duration::from_secs(slept))),
        Just(Stimulus::NetworkChanged),
        (0_usize..3).prop_map(|host| Stimulus::OriginWorks(Host(host))),
        Just(Stimulus::RouteMoved),
        Just(Stimulus::AddressGone),
        Just(Stimulus::CredentialChanged),
    ];
    prop_oneof![
        1 => order.prop_map(Move::Order),
        2 => stimulus.prop_map(Move::Stimulus),
        6 => (0_u64..40_000).prop_map(Move::Pass),
        4 => Just(Move::DialSucceeds),
        1 => (0_u64..5_000).prop_map(Move::DialDeferred),
        3 => any::<u8>().prop_map(Move::DialFails),
        3 => (0_usize..3).prop_map(Move::Receive),
        5 => (0_usize..3).prop_map(Move::Answer),
        3 => (any::<u8>(), 0_usize..3).prop_map(|(kind, which)| Move::SessionEnds(kind, which)),
        2 => Just(Move::Transmit),
        2 => any::<u8>().prop_map(Move::Confirm),
        3 => any::<bool>().prop_map(Move::KnockAnswered),
        2 => any::<u8>().prop_map(Move::Stale),
    ]
}

/// A world in which most things go well, so that sessions live long enough to be replaced, drained and returned from.
fn calm_moves() -> impl Strategy<Value = Move> {
    prop_oneof![
        3 => Just(Move::Stimulus(Stimulus::RouteMoved)),
        8 => (0_u64..50_000).prop_map(Move::Calm),
        8 => Just(Move::DialSucceeds),
        4 => (0_usize..3).prop_map(Move::Answer),
        2 => Just(Move::Transmit),
        2 => any::<u8>().prop_map(Move::Confirm),
        1 => any::<u8>().prop_map(Move::DialFails),
        1 => (any::<u8>(), 0_usize..3).prop_map(|(kind, which)| Move::SessionEnds(kind, which)),
        1 => moves(),
    ]
}

/// The outside world: what the driver would have open.
#[derive(Debug)]
struct World {
    machine: Machine,
    cap: Duration,
    now: Duration,
    dials: BTreeSet<AttemptId>,
    /// Open sessions and the newest nonce of each.
    sessions: BTreeMap<AttemptId, u64>,
    greeted: BTreeSet<AttemptId>,
    /// Sessions that are open and were told to close.
    closing: BTreeSet<AttemptId>,
    hosts: usize,
    knock: Option<AttemptId>,
    wanted: bool,
    over: Vec<AttemptId>,
}

impl World {
    fn new(max_attempts: u32, hosts: usize, cap: Duration, seed: u64) -> Self {
        let retry = RetryPolicy {
            backoff: BackoffPolicy { initial: Duration::from_secs(1), multiplier: 2.0, cap },
            max_attempts,
            crowd: true,
        };
        let heartbeat = HeartbeatPolicy {
            enabled: true,
            interval: Duration::from_secs(25),
            timeout: Duration::from_secs(10),
        };
        Self {
            machine: Machine::new(retry, heartbeat, seed).with_hosts(hosts, HostPolicy::default()),
            cap,
            now: Duration::ZERO,
            dials: BTreeSet::new(),
            sessions: BTreeMap::new(),
            greeted: BTreeSet::new(),
            closing: BTreeSet::new(),
            hosts,
            knock: None,
            wanted: false,
            over: Vec::new(),
        }
    }

    fn feed(&mut self, event: Event) -> Result<(), TestCaseError> {
        let waited = self.machine.view().next_attempt;
        let (machine, effects) = step(self.machine.clone(), event, Moment::at(self.now));
        self.machine = machine;
        for effect in effects {
            self.obey(effect)?;
        }
        self.check(waited)
    }

    fn obey(&mut self, effect: Effect) -> Result<(), TestCaseError> {
        match effect {
            Effect::Dial(attempt, host) => {
                prop_assert!(self.wanted, "dials while paused");
                prop_assert!(host.0 < self.hosts, "there is no host {host:?}");
                prop_assert!(self.dials.insert(attempt), "an attempt id is used twice");
            }
            Effect::Abort(attempt) => {
                prop_assert!(self.dials.remove(&attempt), "aborts a dial that is not there");
                self.over.push(attempt);
            }
            Effect::Greet(session) => {
                prop_assert!(self.sessions.contains_key(&session));
                prop_assert!(self.greeted.insert(session), "greets twice");
            }
            Effect::Probe(session, nonce) => {
                prop_assert!(!self.closing.contains(&session), "probes a session that closes");
                let known = self.sessions.insert(session, nonce);
                prop_assert!(known.is_some(), "probes a session that is not there");
            }
            Effect::Close(session, Farewell::Done) => {
                prop_assert!(self.sessions.contains_key(&session));
                prop_assert!(self.closing.insert(session), "closes twice");
            }
            Effect::Close(session, Farewell::Dead) => self.gone(session),
            Effect::Knock(knock, host) => {
                prop_assert!(self.wanted, "knocks while paused");
                prop_assert!(host.0 < self.hosts, "there is no host {host:?}");
                self.knock = Some(knock);
            }
            Effect::Tried(host, _) => prop_assert!(host.0 < self.hosts, "there is no host {host:?}"),
        }
        prop_assert!(self.dials.len() <= 1, "two dials: {self:?}");
        // One in use, one candidate, one on its way out.
        prop_assert!(self.dials.len() + self.sessions.len() <= 3, "too many at a time: {self:?}");
        Ok(())
    }

    fn gone(&mut self, session: AttemptId) {
        self.sessions.remove(&session);
        self.closing.remove(&session);
        self.over.push(session);
    }

    fn session(&self, which: usize) -> Option<(AttemptId, u64)> {
        let count = self.sessions.len().max(1);
        self.sessions.iter().nth(which % count).map(|(session, nonce)| (*session, *nonce))
    }

    fn check(&self, waited: Option<Moment>) -> Result<(), TestCaseError> {
        let view = self.machine.view();
        let now = Moment::at(self.now);
        if let Some(next) = view.next_attempt
            && view.next_attempt != waited
        {
            let limit = match (view.waiting, view.reason) {
                (Some(WaitCause::ServerAsked), _) => Duration::from_secs(3_960),
                (Some(WaitCause::Overloaded), None) => self.cap.max(OVERLOADED),
                (Some(WaitCause::Budget), None) => self.cap.max(DEFERRED),
                (Some(_), None) => self.cap,
                (Some(_), Some(_)) => Duration::from_secs(1_080),
                (None, _) => Duration::ZERO,
            };
            prop_assert!(next.since(now) <= limit, "waits {:?} in {:?}", next.since(now), view.reason);
        }
        prop_assert_eq!(view.state == S::Connected, matches!(self.machine.phase, Phase::Proven { .. }));
        if let Some(session) = self.machine.proven() {
            prop_assert!(self.sessions.contains_key(&session), "messages go to a session that is not there");
            prop_assert!(self.greeted.contains(&session), "messages come before the greetings");
            prop_assert_eq!(self.machine.current(), Some(session), "messages go past the session in use");
            prop_assert!(!self.closing.contains(&session), "messages go to a session that closes");
        }
        if self.sessions.len() > 1 {
            prop_assert!(self.machine.wakes_at().is_some(), "a session is forgotten: {self:?}");
        }
        if self.wanted {
            let goes_on = !self.dials.is_empty() || self.machine.wakes_at().is_some();
            prop_assert!(goes_on, "stuck: {:?}", self.machine.phase);
        } else {
            prop_assert!(self.dials.is_empty(), "dials although paused");
            prop_assert!(self.sessions.len() == self.closing.len(), "a session stays although paused");
        }
        Ok(())
    }

    fn apply(&mut self, next: &Move) -> Result<(), TestCaseError> {
        let failure = |choice: u8| Failure::new(kind(choice), ErrorCode::ConnectionLost, "");
        match next {
            Move::Order(order) => {
                self.wanted = *order != Order::Pause;
                self.feed(Event::Ordered(*order))
            }
            Move::Stimulus(stimulus) => self.feed(Event::Stimulated(*stimulus)),
            Move::Pass(ms) => {
                self.now += Duration::from_millis(*ms);
                match self.machine.wakes_at() {
                    Some(due) if due <= Moment::at(self.now) => {
                        self.feed(Event::Tick { silent_for: Some(Duration::from_millis(*ms)) })
                    }
                    Some(_) | None => Ok(()),
                }
            }
            Move::Calm(ms) => self.run_calmly(Duration::from_millis(*ms)),
            Move::DialSucceeds => match self.dials.pop_first() {
                Some(attempt) => {
                    self.sessions.insert(attempt, 0);
                    self.feed(Event::Opened(attempt))
                }
                None => Ok(()),
            },
            Move::DialDeferred(ms) => match self.dials.pop_first() {
                Some(attempt) => self.feed(Event::Deferred(attempt, Duration::from_millis(*ms))),
                None => Ok(()),
            },
            Move::DialFails(choice) => match self.dials.pop_first() {
                Some(attempt) => {
                    self.over.push(attempt);
                    self.feed(Event::DialFailed(attempt, failure(*choice)))
                }
                None => Ok(()),
            },
            Move::Receive(which) => {
                self.session(*which).map_or(Ok(()), |(session, _)| self.feed(Event::Received(session)))
            }
            Move::Answer(which) => self
                .session(*which)
                .map_or(Ok(()), |(session, nonce)| self.feed(Event::Answered(session, nonce))),
            Move::Transmit => {
                self.machine.proven().map_or(Ok(()), |session| self.feed(Event::Transmitted(session, 64)))
            }
            Move::Confirm(left) => self
                .machine
                .proven()
                .map_or(Ok(()), |session| self.feed(Event::Confirmed(session, usize::from(*left / 2)))),
            Move::SessionEnds(choice, which) => match self.session(*which) {
                Some((session, _)) => {
                    self.gone(session);
                    self.feed(Event::Ended(session, failure(*choice)))
                }
                None => Ok(()),
            },
            Move::KnockAnswered(answered) => {
                self.knock.take().map_or(Ok(()), |knock| self.feed(Event::Knocked(knock, *answered)))
            }
            Move::Stale(choice) => self.replay_stale(*choice),
        }
    }

    fn run_calmly(&mut self, time: Duration) -> Result<(), TestCaseError> {
        let end = self.now + time;
        while let Some(due) = self.machine.wakes_at().filter(|due| *due <= Moment::at(end)) {
            self.now = due.since(Moment::default()).max(self.now);
            self.feed(Event::Tick { silent_for: Some(Duration::ZERO) })?;
            for (session, nonce) in self.sessions.clone() {
                if !self.closing.contains(&session) {
                    self.feed(Event::Answered(session, nonce))?;
                }
            }
        }
        self.now = end;
        Ok(())
    }

    /// A result of an attempt that is over changes nothing.
    fn replay_stale(&mut self, choice: u8) -> Result<(), TestCaseError> {
        let Some(old) = self.over.last().copied() else {
            return Ok(());
        };
        let failure = Failure::new(kind(choice), ErrorCode::ConnectionLost, "");
        let event = match choice % 7 {
            0 => Event::Opened(old),
            1 => Event::DialFailed(old, failure),
            2 => Event::Received(old),
            3 => Event::Answered(old, 1),
            4 => Event::Transmitted(old, 64),
            5 => Event::Confirmed(old, 0),
            _ => Event::Ended(old, failure),
        };
        let (after, effects) = step(self.machine.clone(), event, Moment::at(self.now));
        prop_assert_eq!(&after, &self.machine, "an old attempt changed the machine");
        let harmless = effects.iter().all(|effect| *effect == Effect::Close(old, Farewell::Dead));
        prop_assert!(harmless, "an old attempt caused {effects:?}");
        Ok(())
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, ..ProptestConfig::default() })]

    #[test]
    fn any_sequence_of_events_keeps_the_invariants(
        max_attempts in prop_oneof![Just(0_u32), 1_u32..12],
        hosts in 1_usize..4,
        cap in 1_u64..60_000,
        seed in any::<u64>(),
        moves in proptest::collection::vec(moves(), 1..400),
    ) {
        let mut world = World::new(max_attempts, hosts, Duration::from_millis(cap), seed);
        for next in &moves {
            world.apply(next)?;
        }
    }

    #[test]
    fn sessions_that_are_replaced_drained_and_returned_from_keep_the_invariants(
        hosts in 1_usize..4,
        away in 0_u8..14,
        seed in any::<u64>(),
        moves in proptest::collection::vec(calm_moves(), 1..200),
    ) {
        let mut world = World::new(0, hosts, Duration::from_secs(30), seed);
        world.apply(&Move::Order(Order::Connect))?;
        // So that a backup may be in use from the start.
        for _ in 0..away {
            world.apply(&Move::DialFails(1))?;
            world.apply(&Move::Pass(700))?;
        }
        for next in &moves {
            world.apply(next)?;
        }
    }

    /// However long the outage, a server that listens again is found by a knock within seconds.
    #[test]
    fn a_shut_door_is_knocked_at_within_seconds(seed in any::<u64>(), failures in 1_u32..60) {
        let mut world = World::new(0, 1, Duration::from_secs(30), seed);
        world.apply(&Move::Order(Order::Connect))?;
        for _ in 0..failures {
            world.apply(&Move::DialFails(1))?;
            let due = world.machine.wakes_at().expect("it goes on");
            let wait = due.since(Moment::at(world.now));
            prop_assert!(wait <= Duration::from_millis(1_250), "{wait:?}");
            world.apply(&Move::Order(Order::Connect))?;
        }
    }
}
