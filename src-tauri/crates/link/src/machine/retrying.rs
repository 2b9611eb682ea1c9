//! What follows a failure: how it weighs, which breaker opens, how long to wait.

use std::time::Duration;

use model::Reason;

use super::{Effect, Machine, STABLE_AFTER, breakers::around, phase::Phase};
use crate::{Failure, FailureKind, Moment, backoff::between};

/// After a session was lost for no fault of ours: few enough clients meet, and it is soon enough.
const AFTER_LOSS: Duration = Duration::from_secs(3);
/// After a gateway said that the service behind it is away (RFC 6455 section 7.2.3). A server that says itself
/// that it restarts is followed like a lost session: it must be found within three seconds of its return.
const AFTER_RESTART: Duration = Duration::from_secs(5);
/// The same where there is nobody else to meet.
const AFTER_LOSS_ALONE: Duration = Duration::from_secs(1);
/// Least weight of tries at a shut door.
const SHUT_WEIGHT: u32 = 3;
/// After a server said that it is overloaded.
const AFTER_OVERLOAD: (Duration, Duration) = (Duration::from_secs(5), Duration::from_secs(30));
/// After we ended a session ourselves because the line was dead.
const AFTER_LOCAL: Duration = Duration::from_millis(250);
/// Bounds of what a server may ask for.
const HINT: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(3_600));
/// Slow probing after `max_attempts`.
const SLOW_PROBE: Duration = Duration::from_secs(300);
/// Slow probing where somebody has to act: credentials, or a server that sent us away.
const PATIENT_PROBE: Duration = Duration::from_secs(900);
/// A person at a sign-in page is waited for more eagerly.
const PORTAL_PROBE: Duration = Duration::from_secs(10);
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
    pub(super) fn fail(&mut self, failure: Failure, now: Moment) {
        let before = self.before(now);
        let kind = failure.kind;
        self.last_failure = Some(failure);
        self.failures_total += 1;
        self.down_since.get_or_insert(now);
        self.weigh(before, kind);
        let pause = self.breaker_pause(before, kind, now);
        let wait = pause.unwrap_or_else(|| self.draw_wait(before, kind, now));
        let knocking = self.knocking_after(before, kind, now);
        self.phase = Phase::Waiting { until: now + wait, knocking };
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
            // One that restarts again and again is given more and more time.
            Before::Session { proven: true, .. } if kind == FailureKind::Restarting => {
                self.weight = self.weight.saturating_add(1);
            }
            // Losing a session is no failed try; losing one after the other is the flap breaker's matter.
            Before::Session { proven: true, .. } => {}
            Before::Session { proven: false, .. } | Before::Dial => {
                self.weight = self.weight.saturating_add(1);
                self.failed_tries = self.failed_tries.saturating_add(1);
            }
        }
        if kind != FailureKind::Misfit {
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
            return Some(match reason {
                Reason::CaptivePortal => around(PORTAL_PROBE, &mut self.rng),
                Reason::MaxAttempts | Reason::Offline | Reason::Flapping | Reason::Misconfigured => {
                    around(SLOW_PROBE, &mut self.rng)
                }
                Reason::Paused | Reason::AuthRequired | Reason::ServerStop => {
                    around(PATIENT_PROBE, &mut self.rng)
                }
            });
        }
        // A line that we found dead says nothing about the server.
        if died_young && kind != FailureKind::Local && self.flaps.died_young(now) {
            self.halted = Some(Reason::Flapping);
            return Some(self.flaps.open(&mut self.rng));
        }
        if kind == FailureKind::Misfit && self.misfits.misfit() {
            self.halted = Some(Reason::Misconfigured);
            return Some(self.misfits.pause(&mut self.rng));
        }
        if self.retry.max_attempts > 0 && self.failed_tries >= self.retry.max_attempts {
            self.halted = Some(Reason::MaxAttempts);
            return Some(around(SLOW_PROBE, &mut self.rng));
        }
        self.halted = None;
        None
    }

    fn draw_wait(&mut self, before: Before, kind: FailureKind, now: Moment) -> Duration {
        let proven = matches!(before, Before::Session { proven: true, .. });
        let backoff = if kind == FailureKind::Unanswered {
            self.draw_wait_at_shut_door()
        } else {
            self.retry.backoff.wait(self.weight, &mut self.rng)
        };
        // What the configuration says about the longest wait holds for every cause; only a server may ask for more.
        let cap = self.retry.backoff.cap;
        let after_loss = if self.retry.crowd { AFTER_LOSS } else { AFTER_LOSS_ALONE }.min(cap);
        let up_to = |limit: Duration, rng: &mut fastrand::Rng| between(Duration::ZERO, limit, rng);
        match kind {
            FailureKind::Local if self.local_budget.take(now) => up_to(AFTER_LOCAL, &mut self.rng),
            FailureKind::Hinted(hint) => {
                let hint = hint.clamp(HINT.0, HINT.1);
                hint + up_to((hint / 10).max(HINT.0), &mut self.rng)
            }
            FailureKind::Overloaded => {
                between(AFTER_OVERLOAD.0, AFTER_OVERLOAD.1, &mut self.rng).max(backoff)
            }
            FailureKind::Restarting if !proven && self.failed_tries <= 1 => {
                up_to(AFTER_RESTART.min(cap), &mut self.rng)
            }
            FailureKind::Restarting if proven => {
                up_to(after_loss.max(self.retry.backoff.ceiling(self.weight)), &mut self.rng)
            }
            FailureKind::Retry | FailureKind::Local if proven => up_to(after_loss, &mut self.rng),
            FailureKind::Retry
            | FailureKind::Local
            | FailureKind::Restarting
            | FailureKind::Unanswered
            | FailureKind::HungUp
            | FailureKind::Misfit
            | FailureKind::Halt(_) => backoff,
        }
    }

    /// While knocks watch a shut door, tries add nothing but load: where many clients watch it, they are rarer from
    /// the start.
    pub(super) fn draw_wait_at_shut_door(&mut self) -> Duration {
        let weight = if self.retry.crowd { self.weight.max(SHUT_WEIGHT) } else { self.weight };
        self.retry.backoff.wait(weight, &mut self.rng)
    }

    /// The server's budget of tries is spent: this one starts later, and is no failure.
    pub(super) fn on_deferred(&mut self, wait: Duration, now: Moment) {
        let shut = self.last_failure.as_ref().is_some_and(|failure| failure.kind == FailureKind::Unanswered);
        let knocking =
            if shut { self.knocking_after(Before::Dial, FailureKind::Unanswered, now) } else { None };
        self.phase = Phase::Waiting { until: now + wait, knocking };
    }

    /// The time of the next try, or of the next knock, may have come.
    pub(super) fn on_wait_tick(&mut self, now: Moment, effects: &mut Vec<Effect>) {
        match self.phase {
            Phase::Waiting { until, .. } if until <= now => self.dial(effects),
            Phase::Waiting { .. } => self.knock_if_due(now, effects),
            Phase::Resting
            | Phase::Dialing(_)
            | Phase::Unproven { .. }
            | Phase::Proven { .. }
            | Phase::Closing { .. } => {}
        }
    }
}
