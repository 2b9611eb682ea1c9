//! The session whose place another one took: it is drained, then closed in good order.
//!
//! Until the peer has confirmed what it was handed, or the time for that is over, nobody hands messages to the new one:
//! so they arrive in order, and only those whose fence failed are sent again.

use std::time::Duration;

use super::{AttemptId, CLOSING_LIMIT, Effect, Event, Farewell, Machine, phase::Phase};
use crate::Moment;

/// Time for the peer to confirm, and then to close. Until it has closed, it may still be sending.
const LIMIT: Duration = Duration::from_secs(5);

/// A session on its way out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Retiring {
    pub(super) session: AttemptId,
    pub(super) until: Moment,
    /// The peer has yet to confirm messages.
    pub(super) drains: bool,
}

impl Machine {
    /// Sends the session in use into retirement. One that is still there from before ends at once.
    pub(super) fn retire_session(&mut self, now: Moment, effects: &mut Vec<Effect>) {
        let Phase::Proven { session, doubt_at, .. } = self.phase else { return };
        if let Some(earlier) = self.retiring.take() {
            effects.push(Effect::Close(earlier.session, Farewell::Dead));
        }
        let drains = doubt_at.is_some();
        self.retiring = Some(Retiring { session, until: now + LIMIT, drains });
        if !drains {
            effects.push(Effect::Close(session, Farewell::Done));
        }
    }

    pub(super) fn is_retiring(&self, session: AttemptId) -> bool {
        self.retiring.is_some_and(|retiring| retiring.session == session)
    }

    /// An event of the session on its way out.
    pub(super) fn on_retiring_event(&mut self, event: &Event, now: Moment, effects: &mut Vec<Effect>) {
        match event {
            Event::Confirmed(_, 0) => self.dismiss(now, effects),
            Event::Ended(..) => self.retiring = None,
            Event::Confirmed(..)
            | Event::Opened(_)
            | Event::Deferred(..)
            | Event::DialFailed(..)
            | Event::Received(_)
            | Event::Answered(..)
            | Event::Transmitted(..)
            | Event::Ordered(_)
            | Event::Stimulated(_)
            | Event::Knocked(..)
            | Event::Tick { .. } => {}
        }
    }

    /// Closes a session that drains, whether or not everything is confirmed.
    pub(super) fn dismiss(&mut self, now: Moment, effects: &mut Vec<Effect>) {
        if let Some(retiring) = &mut self.retiring
            && retiring.drains
        {
            *retiring = Retiring { drains: false, until: now + LIMIT, ..*retiring };
            effects.push(Effect::Close(retiring.session, Farewell::Done));
        }
    }

    /// The link is to rest: nothing is waited for longer than after any other close.
    pub(super) fn hasten_retirement(&mut self, now: Moment, effects: &mut Vec<Effect>) {
        self.dismiss(now, effects);
        if let Some(retiring) = &mut self.retiring {
            retiring.until = retiring.until.min(now + CLOSING_LIMIT);
        }
    }

    pub(super) fn on_retiring_tick(&mut self, now: Moment, effects: &mut Vec<Effect>) {
        let Some(retiring) = self.retiring.filter(|retiring| retiring.until <= now) else { return };
        // A peer that confirmed nothing in all the time will not answer a close either.
        effects.push(Effect::Close(retiring.session, Farewell::Dead));
        self.retiring = None;
    }
}
