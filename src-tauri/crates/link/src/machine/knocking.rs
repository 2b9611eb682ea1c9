//! Knocking at the door of a server that went away.
//!
//! A knock opens a TCP connection and drops it: far cheaper than a try for both sides, and not counted as
//! one. It is used where nobody listened at the address, so that a server which comes back is found within
//! seconds however long the backoff has grown; and once after a session was lost, because only then can a
//! server that died be told from one that hangs up on us.

use std::time::Duration;

use model::Reason;

use super::{
    AttemptId, Effect, Host, Machine,
    phase::{Knocking, Phase},
    retrying::Before,
};
use crate::{FailureKind, Moment, backoff::between};

/// A session shorter than this may be a server that hangs up on everybody: it is not knocked at on top.
const WORTH_A_KNOCK: Duration = Duration::from_secs(1);
/// The first knock after a loss comes within this time where many clients knock.
const FIRST_KNOCK: Duration = Duration::from_millis(250);
/// An answered knock is followed by a try within this time, so that many clients do not arrive as one…
const AFTER_KNOCK: Duration = Duration::from_millis(1_500);
/// …or within this one, where there are not many.
const AFTER_KNOCK_ALONE: Duration = Duration::from_millis(250);
/// Weight of earlier failures once a server has come back.
const FRESH_WEIGHT: u32 = 2;
/// Knock gaps by the age of the outage: a restart is awaited eagerly, a dead host patiently.
const GAPS: [(Duration, Duration, Duration); 3] = [
    (Duration::from_secs(120), Duration::from_millis(250), Duration::from_millis(1_250)),
    (Duration::from_secs(600), Duration::from_secs(3), Duration::from_secs(7)),
    (Duration::MAX, Duration::from_secs(20), Duration::from_secs(40)),
];
/// Knocks are never rarer than this.
const RAREST: Duration = Duration::from_secs(60);

impl Machine {
    /// Whether a failure is followed by knocks, and when the first one is due.
    pub(super) fn knocking_after(
        &mut self,
        before: Before,
        kind: FailureKind,
        now: Moment,
    ) -> Option<Knocking> {
        // Another host is better than a watched door.
        if self.hosts.stands_by(self.host, now) {
            return None;
        }
        let lost = matches!(before, Before::Session { proven: true, lasted } if lasted >= WORTH_A_KNOCK);
        let hurries = matches!(self.halted, None | Some(Reason::MaxAttempts));
        let (next, found_shut) = match kind {
            FailureKind::Unanswered if hurries => (now + self.draw_knock_gap(now), true),
            // A server that goes away shuts its door first, and may open it again in no time.
            FailureKind::Retry | FailureKind::Restarting if lost && self.halted.is_none() => {
                let spread = if self.retry.crowd { FIRST_KNOCK } else { Duration::ZERO };
                (now + between(Duration::ZERO, spread, &mut self.rng), false)
            }
            FailureKind::Unanswered
            | FailureKind::Retry
            | FailureKind::Restarting
            | FailureKind::HungUp
            | FailureKind::Local
            | FailureKind::Overloaded
            | FailureKind::Hinted(_)
            | FailureKind::Misfit
            | FailureKind::Breach
            | FailureKind::Troubled
            | FailureKind::TooBig
            | FailureKind::Doubtful(_)
            | FailureKind::Refused
            | FailureKind::Halt(_) => return None,
        };
        Some(Knocking { next, found_shut, host: self.host, pending: None })
    }

    fn draw_knock_gap(&mut self, now: Moment) -> Duration {
        let outage = self.down_since.map_or(Duration::ZERO, |since| now.since(since));
        let (_, low, high) = GAPS.into_iter().find(|(age, ..)| outage < *age).unwrap_or(GAPS[2]);
        // A door that opens to a knock but not to a try is knocked at more rarely each time.
        let rarer = 1_u32 << self.knocked_dials.min(5);
        between(low, high, &mut self.rng).saturating_mul(rarer).min(RAREST)
    }

    /// The time of the next knock may have come.
    pub(super) fn knock_if_due(&mut self, now: Moment, effects: &mut Vec<Effect>) {
        let Phase::Waiting { until, cause, knocking: Some(knocking) } = self.phase else { return };
        if knocking.pending.is_none() && knocking.next <= now {
            let knock = self.next_attempt();
            // Every door that was found shut has its turn.
            let turn = self.hosts.next_shut(knocking.host).filter(|_| knocking.found_shut);
            let host = turn.unwrap_or(knocking.host);
            let knocking = Some(Knocking { host, pending: Some(knock), ..knocking });
            self.phase = Phase::Waiting { until, cause, knocking };
            effects.push(Effect::Knock(knock, host));
        }
    }

    /// Where an answer to the knock under way is news: a server that only shuts its door may answer one as well.
    pub(crate) fn knocks_where_nobody_was(&self) -> Option<Host> {
        match self.phase {
            Phase::Waiting {
                knocking: Some(Knocking { found_shut: true, host, pending: Some(_), .. }),
                ..
            } => Some(host),
            Phase::Resting
            | Phase::Dialing(_)
            | Phase::Unproven { .. }
            | Phase::Proven { .. }
            | Phase::Closing { .. }
            | Phase::Waiting { .. } => None,
        }
    }

    /// A knock was answered or not.
    pub(super) fn on_knocked(&mut self, knock: AttemptId, answered: bool, now: Moment) {
        let Phase::Waiting { until, cause, knocking: Some(knocking) } = self.phase else { return };
        if knocking.pending != Some(knock) {
            return;
        }
        let (until, knocking) = if !answered {
            // The server went away, and that is why sessions ended.
            self.flaps.close();
            let next = now + self.draw_knock_gap(now);
            let until = if knocking.found_shut { until } else { now + self.draw_wait_at_shut_door() };
            (until, Some(Knocking { next, found_shut: true, pending: None, ..knocking }))
        } else if knocking.found_shut {
            self.hosts.forgive(knocking.host);
            self.host = knocking.host;
            self.knocked_dials += 1;
            // It has just come back: what failed before says little about now.
            self.weight = self.weight.min(FRESH_WEIGHT);
            let spread = if self.retry.crowd { AFTER_KNOCK } else { AFTER_KNOCK_ALONE };
            (until.min(now + between(Duration::ZERO, spread, &mut self.rng)), None)
        } else {
            (until, None)
        };
        self.phase = Phase::Waiting { until, cause, knocking };
    }
}
