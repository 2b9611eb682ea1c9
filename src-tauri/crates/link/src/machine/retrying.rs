//! What follows a failure: how long to wait, when to give up hurrying, and knocking at a shut door.
//!
//! A knock opens a TCP connection and drops it: far cheaper than a try for both sides, and not counted as
//! one. It is used only while nobody listens at the address at all, so that a server which comes back is
//! found within seconds however long the backoff has grown, without a storm of tries.

use std::time::Duration;

use model::Reason;

use super::{
    AttemptId, Effect, Machine,
    phase::{Knocking, Phase},
};
use crate::{Failure, FailureKind, Moment, backoff::between};

/// Slow probing after `max_attempts`, before jitter of 20 %.
const SLOW_PROBE: Duration = Duration::from_secs(300);
/// Slow probing where somebody has to act: credentials, or a server that sent us away.
const PATIENT_PROBE: Duration = Duration::from_secs(900);
/// An answered knock is followed by a try within this time, so that many clients do not arrive as one.
const AFTER_KNOCK: Duration = Duration::from_millis(250);
/// Knock gaps by the age of the outage: a restart is awaited eagerly, a dead host patiently.
const KNOCK_GAPS: [(Duration, Duration, Duration); 3] = [
    (
        Duration::from_secs(120),
        Duration::from_millis(800),
        Duration::from_millis(2_200),
    ),
    (
        Duration::from_secs(600),
        Duration::from_secs(3),
        Duration::from_secs(7),
    ),
    (Duration::MAX, Duration::from_secs(20), Duration::from_secs(40)),
];
/// Knocks are never rarer than this.
const RAREST_KNOCK: Duration = Duration::from_secs(60);

impl Machine {
    /// A try or a session ended: decide when to go on.
    pub(super) fn fail(&mut self, failure: Failure, now: Moment) {
        let was_proven = matches!(self.phase, Phase::Proven { .. });
        self.failures_total += 1;
        let down_since = *self.down_since.get_or_insert(now);
        // Losing a session that was stable is no failed try: it starts at the first step of the backoff.
        if !was_proven || self.failures > 0 || self.proven_for(now) < super::STABLE_AFTER {
            self.failures = self.failures.saturating_add(1);
        }
        let knocks = failure.kind == FailureKind::Unanswered;
        match failure.kind {
            FailureKind::Halt(reason) => self.halted = Some(reason),
            FailureKind::Retry | FailureKind::Unanswered => {
                // Another kind of answer than before: whatever halted the tries may be over.
                if self.halted != Some(Reason::MaxAttempts) {
                    self.halted = None;
                }
                if self.retry.max_attempts > 0 && self.failures >= self.retry.max_attempts {
                    self.halted = Some(Reason::MaxAttempts);
                }
            }
        }
        self.last_failure = Some(failure);
        let until = now + self.draw_wait();
        let knocking = knocks.then(|| Knocking {
            next: now + self.draw_knock_gap(now.since(down_since)),
            pending: None,
        });
        self.phase = Phase::Waiting { until, knocking };
    }

    fn proven_for(&self, now: Moment) -> Duration {
        match self.phase {
            Phase::Proven { since, .. } => now.since(since),
            Phase::Resting
            | Phase::Dialing(_)
            | Phase::Unproven { .. }
            | Phase::Closing { .. }
            | Phase::Waiting { .. } => Duration::ZERO,
        }
    }

    fn draw_wait(&mut self) -> Duration {
        match self.halted {
            None => self.retry.backoff.wait(self.failures, &mut self.rng),
            Some(Reason::MaxAttempts) => {
                between(SLOW_PROBE.mul_f64(0.8), SLOW_PROBE.mul_f64(1.2), &mut self.rng)
            }
            Some(
                Reason::Paused
                | Reason::AuthRequired
                | Reason::Misconfigured
                | Reason::ServerStop
                | Reason::Flapping
                | Reason::CaptivePortal
                | Reason::Offline,
            ) => between(
                PATIENT_PROBE.mul_f64(0.8),
                PATIENT_PROBE.mul_f64(1.2),
                &mut self.rng,
            ),
        }
    }

    fn draw_knock_gap(&mut self, outage: Duration) -> Duration {
        let (_, low, high) = KNOCK_GAPS
            .into_iter()
            .find(|(age, ..)| outage < *age)
            .unwrap_or(KNOCK_GAPS[2]);
        // A door that opens to a knock but not to a try is knocked at more rarely each time.
        let rarer = 1_u32 << self.knocked_dials.min(5);
        between(low, high, &mut self.rng)
            .saturating_mul(rarer)
            .min(RAREST_KNOCK)
    }

    /// The time of the next try or of the next knock may have come.
    pub(super) fn on_wait_tick(&mut self, now: Moment, effects: &mut Vec<Effect>) {
        let Phase::Waiting { until, knocking } = &self.phase else {
            return;
        };
        if *until <= now {
            return self.dial(effects);
        }
        if knocking.is_some_and(|knocking| knocking.pending.is_none() && knocking.next <= now) {
            let knock = self.next_attempt();
            if let Phase::Waiting {
                knocking: Some(knocking),
                ..
            } = &mut self.phase
            {
                knocking.pending = Some(knock);
                effects.push(Effect::Knock(knock));
            }
        }
    }

    /// A knock was answered or not.
    pub(super) fn on_knocked(&mut self, knock: AttemptId, answered: bool, now: Moment) {
        let Phase::Waiting {
            until,
            knocking: Some(knocking),
        } = self.phase
        else {
            return;
        };
        if knocking.pending != Some(knock) {
            return;
        }
        if answered {
            self.knocked_dials += 1;
            let soon = now + between(Duration::ZERO, AFTER_KNOCK, &mut self.rng);
            self.phase = Phase::Waiting {
                until: until.min(soon),
                knocking: None,
            };
        } else {
            let outage = self.down_since.map_or(Duration::ZERO, |since| now.since(since));
            let next = now + self.draw_knock_gap(outage);
            self.phase = Phase::Waiting {
                until,
                knocking: Some(Knocking { next, pending: None }),
            };
        }
    }
}
