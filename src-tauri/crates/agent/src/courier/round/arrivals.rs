//! What becomes of messages that were handed over: fences, acknowledgements, and the ends of sessions.

use std::time::Duration;

use link::{NotSent, Order};
use outbox::{AckMode, Confirmed, Loss, MessageId, OutboxError};
use tokio::time::Instant;

use super::{Outward, Round};
use crate::{
    courier::{
        blame::{self, Verdict},
        carriage::Happening,
        window::{Batch, Landed},
    },
    events::Arrivals,
};

/// Time an application gets to acknowledge a message.
const ACK_PATIENCE: Duration = Duration::from_secs(30);
/// What that grows to while nothing at all is acknowledged.
const MAX_ACK_PATIENCE: Duration = Duration::from_secs(300);
/// Late acknowledgements on their way to the buffer; beyond, they are most likely none.
const MAX_UNTOLD: usize = 256;

impl Round {
    /// Something happened that carrying waited for.
    pub(super) async fn on(&mut self, happening: Happening) {
        match happening {
            Happening::Sent(batch, ack, Ok(fence)) => self.carriage.watch_fence(batch, ack, fence),
            Happening::Sent(batch, _, Err(reason)) => self.take_back(batch, reason).await,
            Happening::Fence(batch, ack, Ok(())) => {
                self.carriage.keep_up();
                // Where the proof was changed meanwhile, the weaker one will do: the acknowledgement may not come again.
                if ack == AckMode::App && self.by_app() {
                    self.carriage.window.fence_over(batch);
                } else {
                    let landed = self.carriage.window.land(batch);
                    self.arrived(landed).await;
                }
            }
            // The session is over; what was on it goes back when that is concluded.
            Happening::Fence(batch, _, Err(_)) => self.carriage.window.fence_over(batch),
            Happening::Told { landed, late, told } => self.on_told(landed, late, told),
        }
    }

    /// Not one byte of these was sent.
    async fn take_back(&mut self, batch: Batch, reason: NotSent) {
        let ids = self.carriage.window.recall(batch);
        let Some(holding) = &self.holding else { return };
        let done = match (reason, &ids[..]) {
            (NotSent::TooLarge { .. }, [id]) => holding.handle.bury(id.clone(), reason.to_string()).await,
            (NotSent::TooLarge { .. } | NotSent::SessionEnded, _) => {
                holding.handle.release(ids).await.map(drop)
            }
        };
        if let Err(error) = done {
            self.on_buffer_error(&error);
        }
        self.carriage.dry = false;
    }

    /// These are proven to have arrived: everybody hears of it, and the buffer forgets them.
    pub(super) async fn arrived(&mut self, landed: Vec<Landed>) {
        if landed.is_empty() {
            return;
        }
        self.carriage.dry = false;
        self.announce(&landed);
        match &self.holding {
            Some(holding) => self.carriage.report(&holding.handle.clone(), landed, false).await,
            None => self.owed.extend(landed),
        }
    }

    fn announce(&self, landed: &[Landed]) {
        let Outward { id, arrivals, .. } = &self.outward;
        if arrivals.receiver_count() > 0 {
            // Nobody listening is no error.
            let _ = arrivals.send(Arrivals { endpoint: id.clone(), landed: landed.into() });
        }
    }

    /// The peer's application acknowledged these.
    pub(super) async fn acknowledge(&mut self, ids: Vec<MessageId>) {
        if !self.by_app() {
            return;
        }
        let (landed, late) = self.carriage.window.acknowledge(ids);
        if !landed.is_empty() {
            self.silences = 0;
            self.arrived(landed).await;
        }
        let Some(holding) = &self.holding else { return };
        let handle = holding.handle.clone();
        let others_wait = {
            let stats = holding.stats.borrow();
            stats.tally.queued > 0 || stats.dead > 0
        };
        for landed in late {
            // Anything may stand where acknowledgements are looked for: the buffer is not asked without need.
            if others_wait && self.carriage.untold() < MAX_UNTOLD {
                self.carriage.report(&handle, vec![landed], true).await;
            }
        }
    }

    /// The buffer has forgotten what arrived, or could not. That is never a failure of delivery.
    fn on_told(&mut self, landed: Vec<Landed>, late: bool, told: Result<Confirmed, OutboxError>) {
        match told {
            Ok(confirmed) => {
                if late && confirmed.delivered > 0 {
                    self.carriage.dry = false;
                    self.announce(&landed);
                }
            }
            // Told again when the buffer is back; see `keep`.
            Err(_) => self.owed.extend(landed),
        }
    }

    /// When the oldest message has waited too long for its acknowledgement.
    pub(super) fn ack_missed_at(&self) -> Option<Instant> {
        let departed = self.carriage.window.oldest_departed_at()?;
        self.carriage.session().filter(|_| self.by_app())?;
        Some(self.carriage.instant(departed + self.ack_patience()))
    }

    fn ack_patience(&self) -> Duration {
        (ACK_PATIENCE * 2_u32.pow(self.silences.min(4))).min(MAX_ACK_PATIENCE)
    }

    /// Begins a new session when a message was not acknowledged in time, and sends again there.
    pub(super) async fn miss_acks(&mut self) {
        if !self.by_app() || self.carriage.session().is_none() {
            return;
        }
        let (now, patience) = (self.carriage.now(), self.ack_patience());
        let Some(overdue) = self.carriage.window.overdue(now, patience) else { return };
        tracing::info!(endpoint = %self.outward.id, message = %overdue.id, guilty = overdue.guilty, "not acknowledged");
        if overdue.guilty {
            self.carriage.window.ground(&overdue.id);
            let detail = format!("not acknowledged within {} s", patience.as_secs());
            if let Some(holding) = &self.holding
                && let Err(error) = holding.handle.refuse(overdue.id, detail).await
            {
                self.on_buffer_error(&error);
            }
        } else {
            self.silences = self.silences.saturating_add(1);
        }
        if let Some(session) = self.carriage.session() {
            let link = session.line.link.clone();
            self.carriage.change_session(None);
            link.order(Order::Reconnect).await;
        }
    }

    /// A session ended and all its fences are over: what is left of it goes back to the head of the buffer.
    pub(super) async fn conclude_session(&mut self) {
        let Some(session) = self.carriage.take_ended() else { return };
        let only = self.carriage.window.only().cloned();
        let since_sent =
            self.carriage.window.last_departure_at().map(|at| self.carriage.now().saturating_sub(at));
        let empty = self.carriage.window.is_empty();
        let failure = session.ending().await;
        if failure.as_ref().is_some_and(blame::overloaded) {
            self.carriage.spare();
        }
        if empty {
            return;
        }
        let verdict = blame::judge(failure.as_ref(), since_sent);
        let loss = match verdict {
            Verdict::Lost(loss) => loss,
            Verdict::TooLarge => Loss::Plain,
        };
        let blamed = matches!(verdict, Verdict::TooLarge | Verdict::Lost(Loss::Blamed));
        if blamed && only.is_none() {
            self.carriage.window.suspect_all();
        }
        self.carriage.window.strand();
        self.carriage.dry = false;
        let Some(holding) = &self.holding else { return };
        let mut done = holding.handle.session_lost(loss).await.map(drop);
        if let (Verdict::TooLarge, Some(id), Some(failure)) = (verdict, only, failure) {
            done = done.and(holding.handle.bury(id, failure.detail).await);
        }
        if let Err(error) = done {
            self.on_buffer_error(&error);
        }
    }
}
