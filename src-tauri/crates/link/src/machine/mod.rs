//! The pure state machine of a link: `step(machine, event, now) -> (machine, effects)`.
//!
//! No I/O, no clock, no task. Jitter comes from a generator that is part of the state, so that the same
//! events give the same effects.
//!
//! ```text
//!            ┌───────────────────────────────────────────────┐
//!            ▼                                               │ wait over, or knock answered
//!  Resting ─► Dialing ─► Unproven ─► Proven ──lost──► Waiting ┘
//!    ▲           └───failed──┴──────────────────────────▲
//!    └── paused: Closing ◄── Unproven, Proven
//! ```
//!
//! Beside a proven session a *candidate* may be dialed, to take its place or to look at the preferred host, and the
//! session whose place it took *retires*: drained, then closed.
//!
//! Invariants (held by property tests): at most one dial exists at a time, and at most one session in use, one
//! candidate and one that retires; messages are handed to one session only; results of an old attempt change nothing; no wait exceeds the cap (slow probing aside); a link that is wanted always has
//! something under way or a time at which it goes on.

mod breakers;
mod candidate;
mod event;
mod fencing;
#[cfg(test)]
mod harms;
#[cfg(test)]
mod herd;
mod hosts;
mod knocking;
mod phase;
mod probing;
#[cfg(test)]
mod properties;
mod retiring;
mod retrying;
mod returning;
#[cfg(test)]
mod simulation;
mod stimuli;
mod tempo;
#[cfg(test)]
mod tests;
mod view;
mod waits;

use std::time::Duration;

use model::{ErrorCode, Reason};

use breakers::{FlapBreaker, LocalBudget, MisfitBreaker};
use candidate::Candidate;
pub use event::{AttemptId, Effect, Event, Farewell, Order, Stimulus};
pub use hosts::Host;
use hosts::HostPool;
use phase::{AfterClosing, Phase};
use probing::{Probing, Verdict};
use retiring::Retiring;
use returning::Returning;
use tempo::IdleCut;
pub use view::LinkView;

use crate::{Failure, FailureKind, HeartbeatPolicy, HostPolicy, Moment, RetryPolicy, RttStats};

/// A session that brought nothing by then is of no use.
const PROOF_LIMIT: Duration = Duration::from_secs(10);
/// A session proven this long resets the backoff.
const STABLE_AFTER: Duration = Duration::from_secs(30);
/// Time a peer gets to answer a close.
const CLOSING_LIMIT: Duration = Duration::from_secs(1);

/// The state of one link.
#[derive(Clone, Debug, PartialEq)]
pub struct Machine {
    retry: RetryPolicy,
    heartbeat: HeartbeatPolicy,
    phase: Phase,
    /// Where the newest dial went, or the session in use came from.
    host: Host,
    dialed_at: Moment,
    hosts: HostPool,
    /// A second session, which may take the place of the one in use.
    candidate: Option<Candidate>,
    /// The session whose place another one took.
    retiring: Option<Retiring>,
    returning: Returning,
    /// Newest number given to a dial or a knock.
    last_attempt: AttemptId,
    /// Exponent of the backoff: failures in a row, back to 0 only when a session is stable.
    weight: u32,
    /// Tries in a row that brought no proven session.
    failed_tries: u32,
    flaps: FlapBreaker,
    misfits: MisfitBreaker,
    local_budget: LocalBudget,
    /// The server refused a credential, and another was asked for. Cleared by what makes that worth while again.
    asked_anew: bool,
    /// Why tries are slow, if they are.
    halted: Option<Reason>,
    /// True once a session was proven, until a person starts anew.
    was_up: bool,
    /// Since when nothing works.
    down_since: Option<Moment>,
    /// Dials that an answered knock caused during this outage; each makes knocks rarer.
    knocked_dials: u32,
    last_failure: Option<Failure>,
    rtt: RttStats,
    idle_cut: IdleCut,
    last_pong: Option<Moment>,
    sessions_proven: u64,
    failures_total: u64,
    rng: fastrand::Rng,
}

impl Machine {
    /// A resting link. Order it to connect.
    pub fn new(retry: RetryPolicy, heartbeat: HeartbeatPolicy, seed: u64) -> Self {
        Self {
            retry,
            heartbeat,
            phase: Phase::Resting,
            host: Host::default(),
            dialed_at: Moment::default(),
            hosts: HostPool::new(1, HostPolicy::default()),
            candidate: None,
            retiring: None,
            returning: Returning::default(),
            last_attempt: AttemptId(0),
            weight: 0,
            failed_tries: 0,
            flaps: FlapBreaker::default(),
            misfits: MisfitBreaker::default(),
            local_budget: LocalBudget::default(),
            asked_anew: false,
            halted: None,
            was_up: false,
            down_since: None,
            knocked_dials: 0,
            last_failure: None,
            rtt: RttStats::default(),
            idle_cut: IdleCut::default(),
            last_pong: None,
            sessions_proven: 0,
            failures_total: 0,
            rng: fastrand::Rng::with_seed(seed),
        }
    }

    /// When the machine wants an [`Event::Tick`], if ever.
    pub fn wakes_at(&self) -> Option<Moment> {
        let candidate = self.candidate.as_ref().and_then(Candidate::wakes_at);
        let retiring = self.retiring.map(|retiring| retiring.until);
        earliest(self.phase_wakes_at(), earliest(candidate, retiring))
    }

    fn phase_wakes_at(&self) -> Option<Moment> {
        match &self.phase {
            Phase::Resting | Phase::Dialing(_) => None,
            Phase::Unproven { prove_by, probing, .. } => earliest(probing.wakes_at(), Some(*prove_by)),
            Phase::Proven { opened, probing, doubt_at, .. } => {
                let unsettled = self.weight > 0 || self.hosts.remembers(self.host);
                let stable_at = unsettled.then_some(*opened + STABLE_AFTER);
                // Without heartbeat silence is no evidence.
                let doubt_at = doubt_at.filter(|_| self.heartbeat.enabled);
                let alone = self.candidate.is_none() && self.retiring.is_none();
                let look_at = self.returning.next.filter(|_| alone);
                earliest(earliest(probing.wakes_at(), doubt_at), earliest(stable_at, look_at))
            }
            Phase::Closing { give_up_at, .. } => Some(*give_up_at),
            Phase::Waiting { until, knocking, .. } => {
                let knock =
                    knocking.filter(|knocking| knocking.pending.is_none()).map(|knocking| knocking.next);
                earliest(knock, Some(*until))
            }
        }
    }

    fn next_attempt(&mut self) -> AttemptId {
        self.last_attempt = AttemptId(self.last_attempt.0 + 1);
        self.last_attempt
    }

    fn dial(&mut self, now: Moment, effects: &mut Vec<Effect>) {
        let attempt = self.next_attempt();
        self.host = self.hosts.pick(self.host, now);
        self.dialed_at = now;
        self.phase = Phase::Dialing(attempt);
        effects.push(Effect::Dial(attempt, self.host));
    }

    /// The dial or session in use, or being ended.
    pub fn current(&self) -> Option<AttemptId> {
        match self.phase {
            Phase::Dialing(attempt) => Some(attempt),
            Phase::Unproven { session, .. }
            | Phase::Proven { session, .. }
            | Phase::Closing { session, .. } => Some(session),
            Phase::Resting | Phase::Waiting { .. } => None,
        }
    }

    /// An event of the session in use, or of none.
    fn on_event(&mut self, event: Event, now: Moment, effects: &mut Vec<Effect>) {
        let dialing = matches!(self.phase, Phase::Dialing(_));
        match event {
            Event::Ordered(order) => self.on_order(order, now, effects),
            Event::Stimulated(stimulus) => self.on_stimulus(stimulus, now, effects),
            Event::Tick { silent_for } => self.on_tick(silent_for, now, effects),
            Event::Knocked(knock, answered) => self.on_knocked(knock, answered, now),
            Event::Deferred(_, wait) if dialing => self.on_deferred(wait, now),
            Event::Opened(attempt) if dialing => self.on_opened(attempt, now, effects),
            Event::DialFailed(_, failure) if dialing => self.fail(failure, now, effects),
            Event::Received(_) => self.prove(now, effects),
            Event::Answered(_, nonce) => self.on_answered(nonce, now, effects),
            Event::Transmitted(_, bytes) => self.on_transmitted(bytes, now),
            Event::Confirmed(_, left) => self.on_confirmed(left, now),
            Event::Ended(_, failure) => self.on_ended(failure, now, effects),
            Event::Deferred(..) | Event::Opened(_) | Event::DialFailed(..) => {}
        }
    }

    fn on_order(&mut self, order: Order, now: Moment, effects: &mut Vec<Effect>) {
        match order {
            Order::Pause => self.pause(now, effects),
            Order::Connect | Order::Resume | Order::Reconnect => {
                self.start_anew();
                match &mut self.phase {
                    Phase::Resting | Phase::Waiting { .. } => self.dial(now, effects),
                    Phase::Closing { then, .. } => *then = AfterClosing::Dial,
                    Phase::Unproven { session, .. } | Phase::Proven { session, .. }
                        if order == Order::Reconnect =>
                    {
                        let session = *session;
                        self.drop_candidate(effects);
                        self.close(session, Farewell::Done, AfterClosing::Dial, now, effects);
                    }
                    Phase::Dialing(_) | Phase::Unproven { .. } | Phase::Proven { .. } => {}
                }
            }
        }
    }

    /// Somebody asked for the connection: earlier failures no longer count.
    fn start_anew(&mut self) {
        self.halted = None;
        self.asked_anew = false;
        self.failed_tries = 0;
        self.flaps.close();
        self.misfits.close();
        if !matches!(self.phase, Phase::Proven { .. }) {
            self.weight = 0;
        }
        if self.phase == Phase::Resting {
            self.forgive_hosts();
            self.was_up = false;
        }
    }

    fn pause(&mut self, now: Moment, effects: &mut Vec<Effect>) {
        self.halted = None;
        self.down_since = None;
        self.drop_candidate(effects);
        self.hasten_retirement(now, effects);
        match &mut self.phase {
            Phase::Resting => {}
            Phase::Waiting { .. } => self.phase = Phase::Resting,
            Phase::Dialing(attempt) => {
                effects.push(Effect::Abort(*attempt));
                self.phase = Phase::Resting;
            }
            Phase::Closing { then, .. } => *then = AfterClosing::Rest,
            Phase::Unproven { session, .. } | Phase::Proven { session, .. } => {
                let session = *session;
                self.close(session, Farewell::Done, AfterClosing::Rest, now, effects);
            }
        }
    }

    fn close(
        &mut self,
        session: AttemptId,
        farewell: Farewell,
        then: AfterClosing,
        now: Moment,
        effects: &mut Vec<Effect>,
    ) {
        effects.push(Effect::Close(session, farewell));
        self.phase = Phase::Closing { session, give_up_at: now + CLOSING_LIMIT, then };
    }

    fn closed(&mut self, then: AfterClosing, now: Moment, effects: &mut Vec<Effect>) {
        match then {
            AfterClosing::Rest => self.phase = Phase::Resting,
            AfterClosing::Dial => self.dial(now, effects),
        }
    }

    fn on_opened(&mut self, session: AttemptId, now: Moment, effects: &mut Vec<Effect>) {
        let probing = self.greet(session, now, effects);
        self.phase = Phase::Unproven { session, opened: now, prove_by: now + PROOF_LIMIT, probing };
        if !self.heartbeat.enabled {
            self.prove(now, effects);
        }
    }

    /// The first words on a new session, and the first probe, whose answer proves it.
    fn greet(&self, session: AttemptId, now: Moment, effects: &mut Vec<Effect>) -> Probing {
        effects.push(Effect::Greet(session));
        let mut probing = Probing::start(self.tempo(), now);
        if let Verdict::Probe(nonce) = probing.at(self.tempo(), now, None) {
            effects.push(Effect::Probe(session, nonce));
        }
        probing
    }

    /// The session is of use.
    fn prove(&mut self, now: Moment, effects: &mut Vec<Effect>) {
        if let Phase::Unproven { session, opened, probing, .. } = &self.phase {
            let (session, opened, probing) = (*session, *opened, probing.clone());
            self.phase = Phase::Proven { session, opened, probing, doubt_at: None };
            self.halted = None;
            self.was_up = true;
            self.down_since = None;
            self.failed_tries = 0;
            self.knocked_dials = 0;
            self.sessions_proven += 1;
            self.worked(self.host, now, effects);
            self.returning = Returning::default();
            self.plan_return(now);
        }
    }

    /// A session of this host works.
    fn worked(&mut self, host: Host, now: Moment, effects: &mut Vec<Effect>) {
        self.hosts.worked(host, now);
        effects.push(Effect::Tried(host, true));
    }

    fn on_answered(&mut self, nonce: u64, now: Moment, effects: &mut Vec<Effect>) {
        let (Phase::Unproven { probing, .. } | Phase::Proven { probing, .. }) = &mut self.phase else {
            return;
        };
        if let Some(rtt) = probing.answered(nonce, now) {
            self.rtt.answered(rtt, now);
            self.last_pong = Some(now);
            self.prove(now, effects);
        }
    }

    fn on_ended(&mut self, failure: Failure, now: Moment, effects: &mut Vec<Effect>) {
        if let Phase::Closing { then, .. } = self.phase {
            return self.closed(then, now, effects);
        }
        self.settle_stability(now);
        self.fail(failure, now, effects);
    }

    /// A session that lasted forgives the failures before it.
    fn settle_stability(&mut self, now: Moment) {
        if let Phase::Proven { opened, .. } = self.phase
            && now.since(opened) >= STABLE_AFTER
        {
            self.idle_cut.lasts(opened, &self.heartbeat, now);
            self.weight = 0;
            self.asked_anew = false;
            self.flaps.close();
            self.misfits.close();
            self.hosts.stable(self.host);
        }
    }

    fn on_tick(&mut self, silent_for: Option<Duration>, now: Moment, effects: &mut Vec<Effect>) {
        self.settle_stability(now);
        self.forgive_stall(now);
        self.doubt_if_due(silent_for, now, effects);
        let tempo = self.tempo();
        match &mut self.phase {
            Phase::Resting | Phase::Dialing(_) => {}
            Phase::Closing { session, give_up_at, then } => {
                if *give_up_at <= now {
                    let then = *then;
                    effects.push(Effect::Close(*session, Farewell::Dead));
                    self.closed(then, now, effects);
                }
            }
            Phase::Unproven { prove_by, .. } if *prove_by <= now => {
                self.give_up_session(ErrorCode::NotProven, PROOF_LIMIT, now, effects);
            }
            Phase::Unproven { session, probing, .. } | Phase::Proven { session, probing, .. } => {
                match probing.at(tempo, now, silent_for) {
                    Verdict::Nothing => {}
                    Verdict::Probe(nonce) => effects.push(Effect::Probe(*session, nonce)),
                    Verdict::Lost => self.rtt.lost(),
                    Verdict::Dead(idle) => self.went_silent(idle, silent_for, now, effects),
                }
            }
            Phase::Waiting { .. } => self.on_wait_tick(now, effects),
        }
        self.on_candidate_tick(now, effects);
        self.on_retiring_tick(now, effects);
        self.look_in_if_due(now, effects);
    }

    fn give_up_session(&mut self, code: ErrorCode, limit: Duration, now: Moment, effects: &mut Vec<Effect>) {
        let (Phase::Unproven { session, .. } | Phase::Proven { session, .. }) = self.phase else {
            return;
        };
        effects.push(Effect::Close(session, Farewell::Dead));
        // A session that worked and went silent is the line's fault; one that never worked may be the server's.
        let worked = matches!(self.phase, Phase::Proven { .. });
        let kind = if worked { FailureKind::Local } else { FailureKind::Retry };
        self.fail(mute(kind, code, limit), now, effects);
    }
}

/// The end of a session on which nothing came any more for so long.
fn mute(kind: FailureKind, code: ErrorCode, silence: Duration) -> Failure {
    Failure::new(kind, code, format!("nothing received for {} ms", silence.as_millis()))
}

/// What a failed try tells all who share its host's budget. What was never sent says nothing about the server.
fn failed_try(host: Host, failure: &Failure) -> Option<Effect> {
    (failure.code != ErrorCode::SecretUnavailable).then_some(Effect::Tried(host, false))
}

fn earliest(one: Option<Moment>, other: Option<Moment>) -> Option<Moment> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one.min(other)),
        (one, other) => one.or(other),
    }
}

/// Takes one step: what happened, when, and what is to be done about it, in order.
pub fn step(mut machine: Machine, event: Event, now: Moment) -> (Machine, Vec<Effect>) {
    let mut effects = Vec::new();
    let of = event.attempt();
    if of.is_some_and(|attempt| machine.is_candidate(attempt)) {
        machine.on_candidate_event(event, now, &mut effects);
    } else if of.is_some_and(|attempt| machine.is_retiring(attempt)) {
        machine.on_retiring_event(&event, now, &mut effects);
    } else if of.is_none() || of == machine.current() {
        machine.on_event(event, now, &mut effects);
    } else if let Event::Opened(attempt) = event {
        // A result of an attempt that is no longer wanted: its sockets close with it.
        effects.push(Effect::Close(attempt, Farewell::Dead));
    }
    (machine, effects)
}
