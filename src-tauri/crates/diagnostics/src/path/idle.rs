//! Step I1 (deep): does a session survive silence? Nothing is sent for longer than routers remember, then one ping.

use std::time::Duration;

use model::check::{StepId, StepReason, StepStatus};
use tokio::time::Instant;

use super::session::{Heard, Session};
use crate::{StepEnd, facts::IdleFacts};

/// The ping after the silence may take so long.
const PONG: Duration = Duration::from_secs(5);
/// Its number: no other ping of the session has it.
const NUMBER: usize = 10_000;

impl Session<'_> {
    /// Stays silent, pings, and tries a new connection where this one did not survive.
    pub(super) async fn silence(&mut self) {
        let walk = self.walk;
        if self.over() {
            return walk.pass(StepId::I1, StepStatus::Skip, StepReason::SessionClosed);
        }
        let step = walk.begin(StepId::I1);
        let began = Instant::now();
        let until = began + walk.inquiry.silence;
        let mut cut = None;
        loop {
            match self.listen(until).await {
                Heard::Pong(_) => {}
                Heard::Quiet => break,
                Heard::End => {
                    cut = Some(began.elapsed());
                    break;
                }
            }
        }
        let silent = began.elapsed();
        let survived = cut.is_none() && self.ping(NUMBER, Instant::now() + PONG).await.is_some();
        let reconnected = if survived {
            None
        } else {
            // This one is over; the new one is in its place and not beside it.
            Some(walk.dialer.websocket(&walk.request, |_| {}).await.is_ok())
        };
        let millis = |time: Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        let facts =
            IdleFacts { silent_ms: millis(silent), survived, cut_after_ms: cut.map(millis), reconnected };
        walk.learn(|endpoint| endpoint.idle = Some(facts));
        let status = match reconnected {
            None => StepStatus::Pass,
            Some(true) => StepStatus::Warn,
            Some(false) => StepStatus::Fail,
        };
        step.end(self.end_of(StepEnd::new(status).with("silent_ms", facts.silent_ms)));
    }
}
