//! The way back to the preferred host while a backup is in use.
//!
//! It has to show itself sound several times in a row, with time in between. Each time a candidate connects to it and
//! leaves again; the last one stays. One failure, and the count begins anew.

use std::time::Duration;

use model::Reason;

use super::{
    Effect, Host, Machine, candidate::Purpose, hosts::is_the_hosts_fault, phase::Phase,
    retrying::PATIENT_PROBE, waits::HINT,
};
use crate::{Failure, FailureKind, Moment, backoff::between};

/// How far the way back is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Returning {
    /// Times in a row that the preferred host was sound.
    clean: u32,
    /// When it is looked at next; never while it is in use.
    pub(super) next: Option<Moment>,
}

impl Machine {
    /// A session is in use now: plans the first look at the preferred host, where that is another one.
    pub(super) fn plan_return(&mut self, now: Moment) {
        if self.host == Host::default() {
            self.returning = Returning::default();
        } else if self.returning.next.is_none() {
            self.returning = Returning { clean: 0, next: Some(self.next_look(now)) };
        }
    }

    fn next_look(&mut self, now: Moment) -> Moment {
        let ejected_until = self.hosts.ejected_until(Host::default()).unwrap_or(now);
        ejected_until.max(now + self.draw_look_gap())
    }

    /// Where many clients were driven away together, they should not all look, and return, together.
    fn draw_look_gap(&mut self) -> Duration {
        let gap = self.hosts.policy.look_every;
        if self.retry.crowd { between(gap, gap + gap / 5, &mut self.rng) } else { gap }
    }

    /// The time for a look may have come.
    pub(super) fn look_in_if_due(&mut self, now: Moment, effects: &mut Vec<Effect>) {
        let due = self.returning.next.is_some_and(|next| next <= now);
        let alone = self.candidate.is_none() && self.retiring.is_none();
        if due && alone && matches!(self.phase, Phase::Proven { .. }) {
            let last = self.returning.clean + 1 >= self.hosts.policy.clean_looks;
            let purpose = if last { Purpose::Return } else { Purpose::LookIn };
            self.returning.next = Some(now + self.draw_look_gap());
            self.start_candidate(Host::default(), purpose, now, now, effects);
        }
    }

    /// The preferred host was sound.
    pub(super) fn looked_in(&mut self, now: Moment) {
        let clean = self.returning.clean + 1;
        self.returning = Returning { clean, next: Some(now + self.draw_look_gap()) };
    }

    /// The preferred host was not sound.
    pub(super) fn return_failed(&mut self, failure: &Failure, took: Duration, now: Moment) {
        if is_the_hosts_fault(failure) {
            self.hosts.failed(Host::default(), failure.kind, took, now, &mut self.rng);
        }
        let asked = match failure.kind {
            FailureKind::Hinted(hint) => hint.min(HINT.1),
            FailureKind::Refused | FailureKind::Halt(Reason::AuthRequired | Reason::ServerStop) => {
                PATIENT_PROBE
            }
            FailureKind::Unanswered
            | FailureKind::Retry
            | FailureKind::HungUp
            | FailureKind::Local
            | FailureKind::Restarting
            | FailureKind::Overloaded
            | FailureKind::Troubled
            | FailureKind::TooBig
            | FailureKind::Breach
            | FailureKind::Misfit
            | FailureKind::Doubtful(_)
            | FailureKind::Halt(_) => Duration::ZERO,
        };
        self.returning = Returning { clean: 0, next: Some(self.next_look(now).max(now + asked)) };
    }
}
