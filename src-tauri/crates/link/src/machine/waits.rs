//! How long a link waits after a failure, and what that wait is called.

use std::time::Duration;

use model::{Reason, WaitCause};

use super::{Machine, retrying::Before};
use crate::{FailureKind, Moment, backoff::between};

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
pub(super) const HINT: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(3_600));

/// A wait: why, and for how long.
pub(super) type Wait = (WaitCause, Duration);

impl Machine {
    /// The wait after a failure; `pause` is what an open breaker asks for.
    pub(super) fn wait_after(
        &mut self,
        before: Before,
        kind: FailureKind,
        pause: Option<Duration>,
        now: Moment,
    ) -> Wait {
        let Some(pause) = pause else {
            let beside = self.wait_beside_others(before, kind, now);
            return beside.unwrap_or_else(|| self.draw_wait(before, kind, now));
        };
        let flapping = self.halted == Some(Reason::Flapping);
        let slow = (if flapping { WaitCause::Flapping } else { WaitCause::SlowProbe }, pause);
        // A server that asks for an hour is not tried every five minutes because we lost patience.
        if let FailureKind::Hinted(hint) = kind
            && hint > pause
        {
            return (WaitCause::ServerAsked, self.draw_asked(hint));
        }
        slow
    }

    fn draw_wait(&mut self, before: Before, kind: FailureKind, now: Moment) -> Wait {
        let proven = matches!(before, Before::Session { proven: true, .. });
        let backoff = if kind == FailureKind::Unanswered {
            self.draw_wait_at_shut_door()
        } else {
            self.retry.backoff.wait(self.weight, &mut self.rng)
        };
        // What the configuration says about the longest wait holds for every cause; only a server may ask for more.
        let cap = self.retry.backoff.cap;
        let after_loss = self.after_loss().min(cap);
        match kind {
            FailureKind::Local | FailureKind::TooBig if self.local_budget.take(now) => {
                (WaitCause::Local, self.up_to(AFTER_LOCAL.min(cap)))
            }
            FailureKind::Hinted(hint) => (WaitCause::ServerAsked, self.draw_asked(hint)),
            FailureKind::Overloaded => {
                let rest = between(AFTER_OVERLOAD.0, AFTER_OVERLOAD.1, &mut self.rng);
                (WaitCause::Overloaded, rest.max(backoff))
            }
            FailureKind::Restarting if proven => {
                let limit = after_loss.max(self.retry.backoff.ceiling(self.weight));
                (WaitCause::ServerRestarting, self.up_to(limit))
            }
            FailureKind::Restarting if self.failed_tries <= 1 => {
                (WaitCause::ServerRestarting, self.up_to(AFTER_RESTART.min(cap)))
            }
            FailureKind::Restarting => (WaitCause::ServerRestarting, backoff),
            FailureKind::Breach | FailureKind::Troubled if proven => {
                let limit = after_loss.max(self.retry.backoff.ceiling(self.weight));
                (WaitCause::Backoff, self.up_to(limit))
            }
            FailureKind::Retry | FailureKind::Local | FailureKind::TooBig if proven => {
                (WaitCause::Backoff, self.up_to(after_loss))
            }
            FailureKind::Retry
            | FailureKind::Local
            | FailureKind::Unanswered
            | FailureKind::HungUp
            | FailureKind::Refused
            | FailureKind::Misfit
            | FailureKind::Breach
            | FailureKind::Troubled
            | FailureKind::TooBig
            | FailureKind::Doubtful(_)
            | FailureKind::Halt(_) => (WaitCause::Backoff, backoff),
        }
    }

    /// What the server asked for, within reason. It tells everybody the same, so those who obey arrive together
    /// unless they spread as after a lost session.
    fn draw_asked(&mut self, hint: Duration) -> Duration {
        let hint = hint.clamp(HINT.0, HINT.1);
        hint + self.up_to((hint / 10).max(self.after_loss()))
    }

    fn after_loss(&self) -> Duration {
        if self.retry.crowd { AFTER_LOSS } else { AFTER_LOSS_ALONE }
    }

    /// A wait as after a lost session.
    pub(super) fn draw_after_loss(&mut self) -> Duration {
        self.up_to(self.after_loss())
    }

    fn up_to(&mut self, limit: Duration) -> Duration {
        between(Duration::ZERO, limit, &mut self.rng)
    }

    /// While knocks watch a shut door, tries add nothing but load: where many clients watch it, they are rarer from
    /// the start.
    pub(super) fn draw_wait_at_shut_door(&mut self) -> Duration {
        let weight = if self.retry.crowd { self.weight.max(SHUT_WEIGHT) } else { self.weight };
        self.retry.backoff.wait(weight, &mut self.rng)
    }
}
