//! What follows a failure: how it weighs and which breaker opens.

use std::time::Duration;

use model::{Reason, WaitCause};

use super::{
    Effect, Machine, STABLE_AFTER, breakers::around, failed_try, hosts::is_about_the_host, phase::Phase,
};
use crate::{Failure, FailureKind, Moment, backoff::between};

/// Slow probing after `max_attempts`.
const SLOW_PROBE: Duration = Duration::from_secs(300);
/// Slow probing where somebody has to act: credentials, or a server that sent us away.
pub(super) const PATIENT_PROBE: Duration = Duration::from_secs(900);
/// A person at a sign-in page is waited for more eagerly, between these bounds.
const PORTAL_PROBE: (Duration, Duration) = (Duration::from_secs(8), Duration::from_secs(10));
/// A restart announced to a session younger than this is no excuse.
const BELIEVED: Duration = Duration::from_secs(1);
/// A session this long halves what failures before it weigh.
const HALF_STABLE: Duration = Duration::from_secs(10);

/// What came before a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Before {
    /// A dial, or the wait before one.
    Dial,
    /// A session that was open so long, and whether it was proven.
    Session { proven: bool, lasted: Duration },
}

impl Machine {
    /// A try or a session ended: decide when to go on.
    pub(super) fn fail(&mut self, failure: Failure, now: Moment, effects: &mut Vec<Effect>) {
        if failure.kind == FailureKind::Refused && !self.asked_anew {
            // No failure yet: the secret may have been changed, and what comes of that decides.
            self.asked_anew = true;
            self.down_since.get_or_insert(now);
            self.drop_candidate(effects);
            self.phase = Phase::Waiting { until: now, cause: WaitCause::Local, knocking: None };
            return;
        }
        let before = self.before(now);
        let refused = failure.kind == FailureKind::Refused;
        let kind = if refused { FailureKind::Halt(Reason::AuthRequired) } else { failure.kind };
        self.hold_against_host(&failure, before, now);
        effects.extend(failed_try(self.host, &failure));
        self.last_failure = Some(failure);
        self.failures_total += 1;
        self.down_since.get_or_insert(now);
        self.weigh(before, kind);
        let pause = self.breaker_pause(before, kind, now);
        if pause.is_none() && self.go_on_with_candidate() {
            return;
        }
        self.drop_candidate(effects);
        let (cause, wait) = self.wait_after(before, kind, pause, now);
        let knocking = self.knocking_after(before, kind, now);
        self.phase = Phase::Waiting { until: now + wait, cause, knocking };
    }

    fn before(&self, now: Moment) -> Before {
        match self.phase {
            Phase::Proven { opened, .. } => Before::Session { proven: true, lasted: now.since(opened) },
            Phase::Unproven { opened, .. } => Before::Session { proven: false, lasted: now.since(opened) },
            Phase::Resting | Phase::Dialing(_) | Phase::Closing { .. } | Phase::Waiting { .. } => {
                Before::Dial
            }
        }
    }

    /// Counts the failure: for the backoff, and for `max_attempts`.
    fn weigh(&mut self, before: Before, kind: FailureKind) {
        match before {
            Before::Session { proven: true, lasted } if lasted >= STABLE_AFTER => self.weight = 0,
            Before::Session { proven: true, lasted } if lasted >= HALF_STABLE => self.weight /= 2,
            // One that is in trouble again and again is given more and more time.
            Before::Session { proven: true, .. }
                if matches!(kind, FailureKind::Restarting | FailureKind::Troubled | FailureKind::Breach) =>
            {
                self.weight = self.weight.saturating_add(1);
            }
            // Losing a session is no failed try; losing one after the other is the flap breaker's matter.
            Before::Session { proven: true, .. } => {}
            Before::Session { proven: false, .. } | Before::Dial => {
                self.weight = self.weight.saturating_add(1);
                self.failed_tries = self.failed_tries.saturating_add(1);
            }
        }
        if kind.repeated().is_none() {
            self.misfits.close();
        }
        if kind == FailureKind::Unanswered {
            // Nobody listens: sessions died because the server went away, not because it flaps.
            self.flaps.close();
        }
    }

    /// Whether a breaker opens or stays open: the pause it asks for.
    fn breaker_pause(&mut self, before: Before, kind: FailureKind, now: Moment) -> Option<Duration> {
        let hung_up = kind == FailureKind::HungUp;
        let died_young = match before {
            // A server that says that it restarts is believed, unless it says so to everybody at once.
            Before::Session { proven: true, lasted } if kind == FailureKind::Restarting => lasted < BELIEVED,
            Before::Session { proven: true, lasted } => lasted < STABLE_AFTER,
            Before::Session { proven: false, .. } => true,
            Before::Dial => hung_up,
        };
        if let FailureKind::Halt(reason) = kind {
            self.halted = Some(reason);
            self.asked_anew = false;
            return Some(match reason {
                Reason::CaptivePortal => between(PORTAL_PROBE.0, PORTAL_PROBE.1, &mut self.rng),
                Reason::MaxAttempts | Reason::Offline | Reason::Flapping | Reason::Misconfigured => {
                    around(SLOW_PROBE, &mut self.rng)
                }
                Reason::Paused | Reason::AuthRequired | Reason::ServerStop => {
                    around(PATIENT_PROBE, &mut self.rng)
                }
            });
        }
        let others = self.hosts.stands_by(self.host, now);
        if let Some(reason) = kind.repeated()
            && self.misfits.misfit()
            && !(others && is_about_the_host(kind))
        {
            self.halted = Some(reason);
            return Some(self.misfits.pause(&mut self.rng));
        }
        // A line that we found dead says nothing about the server.
        let flaps = died_young && kind != FailureKind::Local && self.flaps.died_young(now);
        if others {
            // There is something better to do than to stay away.
            if flaps {
                self.flaps.close();
                self.hosts.eject(self.host, now, &mut self.rng);
            }
            self.halted = None;
            return None;
        }
        if flaps {
            self.halted = Some(Reason::Flapping);
            return Some(self.flaps.open(&mut self.rng));
        }
        if self.retry.max_attempts > 0 && self.failed_tries >= self.retry.max_attempts {
            self.halted = Some(Reason::MaxAttempts);
            return Some(around(SLOW_PROBE, &mut self.rng));
        }
        self.halted = None;
        None
    }

    /// A credential was refused, and the try that follows at once is to be made with another one.
    pub(crate) fn asks_anew(&self) -> bool {
        self.asked_anew && self.waits()
    }

    /// Whether the next try has its time.
    pub(crate) fn waits(&self) -> bool {
        matches!(self.phase, Phase::Waiting { .. })
    }

    /// The server's budget of tries is spent: this one starts later, or goes to another host, and is no failure.
    pub(super) fn on_deferred(&mut self, wait: Duration, now: Moment) {
        if self.hosts.stands_by(self.host, now) {
            // Only a server that fails has a budget. To wait for one more try at it while a backup is there would be to
            // fail over the later the more endpoints fail together.
            self.hosts.pass_over(self.host, now + wait);
            let until = now + self.draw_handover().min(wait);
            self.phase = Phase::Waiting { until, cause: WaitCause::Budget, knocking: None };
            return;
        }
        let shut = self.last_failure.as_ref().is_some_and(|failure| failure.kind == FailureKind::Unanswered);
        let knocking =
            if shut { self.knocking_after(Before::Dial, FailureKind::Unanswered, now) } else { None };
        self.phase = Phase::Waiting { until: now + wait, cause: WaitCause::Budget, knocking };
    }

    /// The time of the next try, or of the next knock, may have come.
    pub(super) fn on_wait_tick(&mut self, now: Moment, effects: &mut Vec<Effect>) {
        match self.phase {
            Phase::Waiting { until, .. } if until <= now => self.dial(now, effects),
            Phase::Waiting { .. } => self.knock_if_due(now, effects),
            Phase::Resting
            | Phase::Dialing(_)
            | Phase::Unproven { .. }
            | Phase::Proven { .. }
            | Phase::Closing { .. } => {}
        }
    }
}
