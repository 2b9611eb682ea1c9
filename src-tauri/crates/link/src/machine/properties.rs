//! Properties that hold for any sequence of events, checked against a small model of the outside world.

use std::collections::BTreeSet;

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
    DialSucceeds,
    DialDeferred(u64),
    DialFails(u8),
    Receive,
    Answer,
    SessionEnds(u8),
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
        Just(Stimulus::OriginWorks),
        Just(Stimulus::RouteMoved),
        Just(Stimulus::CredentialChanged),
    ];
    prop_oneof![
        1 => order.prop_map(Move::Order),
        1 => stimulus.prop_map(Move::Stimulus),
        6 => (0_u64..40_000).prop_map(Move::Pass),
        4 => Just(Move::DialSucceeds),
        1 => (0_u64..5_000).prop_map(Move::DialDeferred),
        3 => any::<u8>().prop_map(Move::DialFails),
        3 => Just(Move::Receive),
        3 => Just(Move::Answer),
        3 => any::<u8>().prop_map(Move::SessionEnds),
        2 => Just(Move::Transmit),
        2 => any::<u8>().prop_map(Move::Confirm),
        3 => any::<bool>().prop_map(Move::KnockAnswered),
        2 => any::<u8>().prop_map(Move::Stale),
    ]
}

/// The outside world: what the driver would have open.
#[derive(Debug)]
struct World {
    machine: Machine,
    cap: Duration,
    now: Duration,
    dials: BTreeSet<AttemptId>,
    sessions: BTreeSet<AttemptId>,
    nonce: u64,
    knock: Option<AttemptId>,
    wanted: bool,
    over: Vec<AttemptId>,
}

impl World {
    fn new(max_attempts: u32, cap: Duration, seed: u64) -> Self {
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
            machine: Machine::new(retry, heartbeat, seed),
            cap,
            now: Duration::ZERO,
            dials: BTreeSet::new(),
            sessions: BTreeSet::new(),
            nonce: 0,
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
            match effect {
                Effect::Dial(attempt) => {
                    prop_assert!(self.wanted, "dials while paused");
                    prop_assert!(self.dials.insert(attempt), "an attempt id is used twice");
                }
                Effect::Abort(attempt) => {
                    prop_assert!(self.dials.remove(&attempt), "aborts a dial that is not there");
                    self.over.push(attempt);
                }
                Effect::Greet(session) => prop_assert!(self.sessions.contains(&session)),
                Effect::Probe(session, nonce) => {
                    prop_assert!(self.sessions.contains(&session), "probes a session that is not there");
                    self.nonce = nonce;
                }
                Effect::Close(session, Farewell::Done) => prop_assert!(self.sessions.contains(&session)),
                Effect::Close(session, Farewell::Dead) => {
                    self.sessions.remove(&session);
                    self.over.push(session);
                }
                Effect::Knock(knock) => {
                    prop_assert!(self.wanted, "knocks while paused");
                    self.knock = Some(knock);
                }
            }
            prop_assert!(self.dials.len() + self.sessions.len() <= 1, "two at a time: {self:?}");
        }
        self.check(waited)
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
        if self.wanted {
            let goes_on = !self.dials.is_empty() || self.machine.wakes_at().is_some();
            prop_assert!(goes_on, "stuck: {:?}", self.machine.phase);
        } else {
            prop_assert!(self.dials.is_empty(), "dials although paused");
        }
        Ok(())
    }

    fn apply(&mut self, next: &Move) -> Result<(), TestCaseError> {
        let failure = |choice: u8| Failure {
            kind: kind(choice),
            code: ErrorCode::ConnectionLost,
            detail: String::new(),
        };
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
            Move::DialSucceeds => match self.dials.pop_first() {
                Some(attempt) => {
                    self.sessions.insert(attempt);
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
            Move::Receive => {
                self.sessions.first().copied().map_or(Ok(()), |session| self.feed(Event::Received(session)))
            }
            Move::Answer => {
                let nonce = self.nonce;
                self.sessions
                    .first()
                    .copied()
                    .map_or(Ok(()), |session| self.feed(Event::Answered(session, nonce)))
            }
            Move::Transmit => {
                self.machine.proven().map_or(Ok(()), |session| self.feed(Event::Transmitted(session, 64)))
            }
            Move::Confirm(left) => self
                .machine
                .proven()
                .map_or(Ok(()), |session| self.feed(Event::Confirmed(session, usize::from(*left / 2)))),
            Move::SessionEnds(choice) => match self.sessions.pop_first() {
                Some(session) => {
                    self.over.push(session);
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

    /// A result of an attempt that is over changes nothing.
    fn replay_stale(&mut self, choice: u8) -> Result<(), TestCaseError> {
        let Some(old) = self.over.last().copied() else {
            return Ok(());
        };
        let failure = Failure { kind: kind(choice), code: ErrorCode::ConnectionLost, detail: String::new() };
        let event = match choice % 7 {
            0 => Event::Opened(old),
            1 => Event::DialFailed(old, failure),
            2 => Event::Received(old),
            3 => Event::Answered(old, self.nonce),
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
        cap in 1_u64..60_000,
        seed in any::<u64>(),
        moves in proptest::collection::vec(moves(), 1..400),
    ) {
        let mut world = World::new(max_attempts, Duration::from_millis(cap), seed);
        for next in &moves {
            world.apply(next)?;
        }
    }

    /// However long the outage, a server that listens again is found by a knock within seconds.
    #[test]
    fn a_shut_door_is_knocked_at_within_seconds(seed in any::<u64>(), failures in 1_u32..60) {
        let mut world = World::new(0, Duration::from_secs(30), seed);
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
