//! A second session beside the one in use: dialed because the way moved, or to find out whether the preferred host is
//! back. Only when it is proven does it take the other's place, or end again if it was only to find out.
//!
//! It is a session like any other: greeted when it opens, and what arrives on it is handed on. There is at most one, and
//! it starts only beside a proven session. When that one is lost meanwhile, the candidate goes on in its place.

use std::time::Duration;

use model::ErrorCode;

use super::{
    AttemptId, CLOSING_LIMIT, Effect, Event, Farewell, Host, Machine, PROOF_LIMIT, earliest, failed_try,
    mute,
    phase::Phase,
    probing::{Probing, Verdict},
};
use crate::{Failure, FailureKind, Moment};

/// The second session.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Candidate {
    pub(super) host: Host,
    pub(super) purpose: Purpose,
    pub(super) stage: Stage,
}

/// What a candidate is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    /// The way to the host moved: take the session's place.
    Migrate,
    /// See whether the preferred host works, and leave.
    LookIn,
    /// See whether the preferred host works, and stay.
    Return,
}

/// How far a candidate is.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Stage {
    Waiting { until: Moment },
    Dialing { attempt: AttemptId, since: Moment },
    Unproven { session: AttemptId, opened: Moment, prove_by: Moment, probing: Probing },
    Leaving { session: AttemptId, give_up_at: Moment },
}

impl Candidate {
    /// The dial or session that results may come from.
    pub(super) fn attempt(&self) -> Option<AttemptId> {
        match self.stage {
            Stage::Waiting { .. } => None,
            Stage::Dialing { attempt, .. } => Some(attempt),
            Stage::Unproven { session, .. } | Stage::Leaving { session, .. } => Some(session),
        }
    }

    pub(super) fn wakes_at(&self) -> Option<Moment> {
        match &self.stage {
            Stage::Waiting { until } => Some(*until),
            Stage::Dialing { .. } => None,
            Stage::Unproven { prove_by, probing, .. } => earliest(probing.wakes_at(), Some(*prove_by)),
            Stage::Leaving { give_up_at, .. } => Some(*give_up_at),
        }
    }
}

impl Machine {
    /// Starts a candidate; `until` is when its dial starts.
    pub(super) fn start_candidate(
        &mut self,
        host: Host,
        purpose: Purpose,
        until: Moment,
        now: Moment,
        effects: &mut Vec<Effect>,
    ) {
        self.drop_candidate(effects);
        self.candidate = Some(Candidate { host, purpose, stage: Stage::Waiting { until } });
        self.on_candidate_tick(now, effects);
    }

    /// Ends the candidate without further ado.
    pub(super) fn drop_candidate(&mut self, effects: &mut Vec<Effect>) {
        let Some(candidate) = self.candidate.take() else { return };
        match candidate.stage {
            Stage::Waiting { .. } => {}
            Stage::Dialing { attempt, .. } => effects.push(Effect::Abort(attempt)),
            Stage::Unproven { session, .. } | Stage::Leaving { session, .. } => {
                effects.push(Effect::Close(session, Farewell::Dead));
            }
        }
    }

    /// The session in use is lost: a candidate that is under way goes on in its place. True when there was one.
    pub(super) fn go_on_with_candidate(&mut self) -> bool {
        let Some(Candidate { host, stage, .. }) = &self.candidate else { return false };
        let host = *host;
        match stage.clone() {
            Stage::Waiting { .. } | Stage::Leaving { .. } => return false,
            Stage::Dialing { attempt, since } => {
                self.dialed_at = since;
                self.phase = Phase::Dialing(attempt);
            }
            Stage::Unproven { session, opened, prove_by, probing } => {
                self.dialed_at = opened;
                self.phase = Phase::Unproven { session, opened, prove_by, probing };
            }
        }
        self.host = host;
        self.candidate = None;
        true
    }

    /// Whether a session is to take the place of the one in use because the way moved.
    pub(super) fn is_migrating(&self) -> bool {
        self.candidate.as_ref().is_some_and(|candidate| candidate.purpose == Purpose::Migrate)
    }

    /// Whether this is the candidate's dial or session.
    pub(super) fn is_candidate(&self, attempt: AttemptId) -> bool {
        self.candidate.as_ref().and_then(Candidate::attempt) == Some(attempt)
    }

    /// An event of the candidate.
    pub(super) fn on_candidate_event(&mut self, event: Event, now: Moment, effects: &mut Vec<Effect>) {
        let Some(candidate) = &self.candidate else { return };
        let dials = matches!(candidate.stage, Stage::Dialing { .. });
        match event {
            Event::Opened(session) if dials => self.on_candidate_opened(session, now, effects),
            Event::Deferred(_, wait) if dials => self.on_candidate_deferred(wait, now),
            Event::DialFailed(_, failure) if dials => self.on_candidate_failed(&failure, now, effects),
            Event::Ended(_, failure) if !dials => self.on_candidate_failed(&failure, now, effects),
            Event::Received(_) => self.on_candidate_proven(now, effects),
            Event::Answered(_, nonce) => self.on_candidate_answered(nonce, now, effects),
            Event::Opened(_)
            | Event::Deferred(..)
            | Event::DialFailed(..)
            | Event::Ended(..)
            | Event::Transmitted(..)
            | Event::Confirmed(..)
            | Event::Ordered(_)
            | Event::Stimulated(_)
            | Event::Knocked(..)
            | Event::Tick { .. } => {}
        }
    }

    fn on_candidate_opened(&mut self, session: AttemptId, now: Moment, effects: &mut Vec<Effect>) {
        let probing = self.greet(session, now, effects);
        if let Some(candidate) = &mut self.candidate {
            let prove_by = now + PROOF_LIMIT;
            candidate.stage = Stage::Unproven { session, opened: now, prove_by, probing };
        }
        if !self.heartbeat.enabled {
            self.on_candidate_proven(now, effects);
        }
    }

    fn on_candidate_answered(&mut self, nonce: u64, now: Moment, effects: &mut Vec<Effect>) {
        let Some(Candidate { purpose, stage: Stage::Unproven { probing, .. }, .. }) = &mut self.candidate
        else {
            return;
        };
        let Some(rtt) = probing.answered(nonce, now) else { return };
        // How far the preferred host is says nothing about the session in use.
        if *purpose != Purpose::LookIn {
            self.rtt.answered(rtt, now);
            self.last_pong = Some(now);
        }
        self.on_candidate_proven(now, effects);
    }

    /// It is of use: it takes the session's place, or has shown what it was to show.
    fn on_candidate_proven(&mut self, now: Moment, effects: &mut Vec<Effect>) {
        let Some(Candidate { host, purpose, stage: Stage::Unproven { session, opened, probing, .. } }) =
            self.candidate.clone()
        else {
            return;
        };
        self.worked(host, now, effects);
        if purpose == Purpose::LookIn {
            effects.push(Effect::Close(session, Farewell::Done));
            let stage = Stage::Leaving { session, give_up_at: now + CLOSING_LIMIT };
            self.candidate = Some(Candidate { host, purpose, stage });
            return self.looked_in(now);
        }
        self.candidate = None;
        self.retire_session(now, effects);
        self.phase = Phase::Proven { session, opened, probing, doubt_at: None };
        self.host = host;
        self.sessions_proven += 1;
        self.plan_return(now);
    }

    /// It came to nothing. The session in use stays, under suspicion where the way moved.
    fn on_candidate_failed(&mut self, failure: &Failure, now: Moment, effects: &mut Vec<Effect>) {
        let Some(candidate) = self.candidate.take() else { return };
        let began = match candidate.stage {
            // It has shown what it was to show.
            Stage::Leaving { .. } => return,
            Stage::Waiting { .. } => now,
            Stage::Dialing { since, .. } => since,
            Stage::Unproven { opened, .. } => opened,
        };
        effects.extend(failed_try(candidate.host, failure));
        match candidate.purpose {
            Purpose::Migrate => self.suspect(now, effects),
            Purpose::LookIn | Purpose::Return => self.return_failed(failure, now.since(began), now),
        }
    }

    /// The budget of tries holds its dial back.
    fn on_candidate_deferred(&mut self, wait: Duration, now: Moment) {
        let Some(candidate) = &mut self.candidate else { return };
        candidate.stage = Stage::Waiting { until: now + wait };
    }

    pub(super) fn on_candidate_tick(&mut self, now: Moment, effects: &mut Vec<Effect>) {
        let tempo = self.tempo();
        let Some(candidate) = &mut self.candidate else { return };
        let host = candidate.host;
        match &mut candidate.stage {
            Stage::Waiting { until } if *until <= now => {
                let attempt = self.next_attempt();
                if let Some(candidate) = &mut self.candidate {
                    candidate.stage = Stage::Dialing { attempt, since: now };
                }
                effects.push(Effect::Dial(attempt, host));
            }
            Stage::Leaving { session, give_up_at } if *give_up_at <= now => {
                effects.push(Effect::Close(*session, Farewell::Dead));
                self.candidate = None;
            }
            Stage::Unproven { session, opened, prove_by, probing } => {
                let (session, silence, late) = (*session, now.since(*opened), *prove_by <= now);
                match probing.at(tempo, now, None) {
                    Verdict::Dead(_) => self.give_up_candidate(session, silence, now, effects),
                    _ if late => self.give_up_candidate(session, silence, now, effects),
                    Verdict::Probe(nonce) => effects.push(Effect::Probe(session, nonce)),
                    Verdict::Nothing | Verdict::Lost => {}
                }
            }
            Stage::Waiting { .. } | Stage::Dialing { .. } | Stage::Leaving { .. } => {}
        }
    }

    fn give_up_candidate(
        &mut self,
        session: AttemptId,
        silence: Duration,
        now: Moment,
        effects: &mut Vec<Effect>,
    ) {
        effects.push(Effect::Close(session, Farewell::Dead));
        let failure = mute(FailureKind::Retry, ErrorCode::NotProven, silence);
        self.on_candidate_failed(&failure, now, effects);
    }
}
