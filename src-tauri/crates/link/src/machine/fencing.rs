//! Messages that wait for the peer's confirmation: a silence that was fine for an idle session is not fine now.
//!
//! Handing something over is a stimulus. A fence that stays unanswered while nothing else shows that the peer lives
//! makes the session suspect, and a suspicion is settled within seconds.

use std::time::Duration;

use super::{AttemptId, Effect, Machine, phase::Phase, tempo::soon};
use crate::{Moment, RttStats};

/// Bytes a second that a line is trusted to carry: large messages may take their time.
const PACE: usize = 128 << 10;

/// The time a fence gets before the session is suspect.
fn patience(rtt: &RttStats, bytes: usize) -> Duration {
    soon(rtt.smoothed()) + Duration::from_secs_f64(bytes as f64 / PACE as f64)
}

impl Machine {
    /// The session that takes messages: it works, its greetings are queued before anything else, and the one before it
    /// has nothing left to confirm.
    pub fn proven(&self) -> Option<AttemptId> {
        let drains = self.retiring.is_some_and(|retiring| retiring.drains);
        match self.phase {
            Phase::Proven { session, .. } if !drains => Some(session),
            Phase::Resting
            | Phase::Dialing(_)
            | Phase::Unproven { .. }
            | Phase::Proven { .. }
            | Phase::Closing { .. }
            | Phase::Waiting { .. } => None,
        }
    }

    /// Whether a message on this session is proof that is waited for.
    pub fn awaits_proof(&self, session: AttemptId) -> bool {
        let unproven = matches!(self.phase, Phase::Unproven { .. }) && self.current() == Some(session);
        unproven || self.is_candidate(session)
    }

    /// Messages were handed to the session. Those handed over before them keep their time.
    pub(super) fn on_transmitted(&mut self, bytes: usize, now: Moment) {
        let due = now + patience(&self.rtt, bytes);
        if let Phase::Proven { doubt_at, .. } = &mut self.phase {
            doubt_at.get_or_insert(due);
        }
    }

    /// The peer confirmed messages; so many bytes are left.
    pub(super) fn on_confirmed(&mut self, left: usize, now: Moment) {
        let due = now + patience(&self.rtt, left);
        if let Phase::Proven { doubt_at, .. } = &mut self.phase
            && doubt_at.is_some()
        {
            *doubt_at = (left > 0).then_some(due);
        }
    }

    /// Suspects a session whose peer has neither confirmed in time nor shown otherwise that it lives.
    pub(super) fn doubt_if_due(
        &mut self,
        silent_for: Option<Duration>,
        now: Moment,
        effects: &mut Vec<Effect>,
    ) {
        let patience = patience(&self.rtt, 0);
        let Phase::Proven { doubt_at, .. } = &mut self.phase else { return };
        if doubt_at.is_none_or(|due| due > now) {
            return;
        }
        let silent_for = silent_for.unwrap_or(patience);
        if silent_for < patience {
            *doubt_at = Some(now + (patience - silent_for));
        } else {
            // By then the suspicion is settled.
            *doubt_at = Some(now + patience * 4);
            self.suspect(now, effects);
        }
    }
}
