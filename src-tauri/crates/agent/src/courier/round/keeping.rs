//! Keeping the buffer: opening it, opening it anew when it fails, changing its terms, and telling how it stands.

use std::time::Duration;

use outbox::{AckMode, Footing, OutboxError, OutboxHandle, Terms};
use tokio::time::{Instant, timeout};

use super::Round;
use crate::{
    clock,
    courier::{
        carriage::Manner,
        depot::{Holding, terms},
        standing::Standing,
    },
    handle::AgentError,
    settings::EndpointSettings,
};

/// Between tries with a buffer that does not work.
const RETRY: Duration = Duration::from_secs(5);
/// Between looks at how old the oldest message is.
const AGEING: Duration = Duration::from_secs(5);
/// Time for the buffer to close.
const CLOSING: Duration = Duration::from_millis(1_500);

pub(super) fn manner(settings: &EndpointSettings) -> Manner {
    Manner { ack: settings.buffer.ack, envelope: settings.envelope }
}

impl Round {
    /// Opens a buffer that was made before, and closes it again when nothing is in it: most endpoints only listen.
    pub(super) async fn open_at_start(&mut self) {
        self.follow_manner();
        if !self.depot.knows(&self.outward.id) || self.hold().await.is_err() {
            return;
        }
        let idle = self.holding.as_ref().is_some_and(|holding| {
            let stats = holding.stats.borrow();
            stats.tally.queued == 0
                && stats.dead == 0
                && stats.notices.is_empty()
                && stats.footing == Footing::Disk
        });
        if idle {
            self.close().await;
        }
    }

    /// The buffer, opened where it is not open yet.
    pub(super) async fn hold(&mut self) -> Result<OutboxHandle, AgentError> {
        self.holding.take_if(|holding| is_broken(holding));
        if let Some(holding) = &self.holding {
            return Ok(holding.handle.clone());
        }
        // Rare, and the largest thing a courier ever waits for: boxed, so that its task is smaller all the rest of the day.
        match Box::pin(self.depot.open(&self.outward.id, &self.settings.buffer)).await {
            Ok(holding) => {
                self.trouble = None;
                self.rests_until = None;
                self.carriage.dry = false;
                let handle = holding.handle.clone();
                self.holding = Some(holding);
                self.settle_debts().await;
                Ok(handle)
            }
            Err(error) => {
                let detail = dial::one_line(&error.to_string(), 300);
                tracing::warn!(endpoint = %self.outward.id, detail, "the buffer does not open");
                self.rests_until = Some(Instant::now() + RETRY);
                self.trouble = Some(detail.clone());
                Err(AgentError::BufferUnavailable { id: self.outward.id.clone(), detail })
            }
        }
    }

    /// Opens what failed, and tells the buffer what it does not know.
    pub(super) async fn keep(&mut self) {
        if self.holding.as_ref().is_some_and(is_broken) && self.rests_until.is_none() {
            self.rest();
        }
        if self.rests_until.is_some_and(|until| until <= Instant::now()) {
            self.rests_until = None;
            if self.holding.as_ref().is_none_or(is_broken) {
                // Its failure is told and tried again.
                let _ = self.hold().await;
            }
        }
        self.settle_debts().await;
    }

    /// Tells the buffer what arrived while it could not be told.
    async fn settle_debts(&mut self) {
        if let Some(holding) = self.holding.as_ref().filter(|holding| !is_broken(holding)) {
            let owed = std::mem::take(&mut self.owed);
            self.carriage.report(&holding.handle.clone(), owed, false).await;
        }
    }

    /// Gives the folder back. What is under way counts as lost: it is at the head of the file.
    pub(super) async fn close(&mut self) {
        self.carriage.window.strand();
        let Some(holding) = self.holding.take() else { return };
        match timeout(CLOSING, holding.close()).await {
            Ok(0) => {}
            Ok(lost) => tracing::warn!(endpoint = %self.outward.id, lost, "messages were in memory only"),
            Err(_) => tracing::warn!(endpoint = %self.outward.id, "the buffer did not close in time"),
        }
    }

    /// Settings have changed.
    pub(super) async fn follow_settings(&mut self) {
        let fresh = self.inward.settings.borrow_and_update().clone();
        let old = std::mem::replace(&mut self.settings, fresh).buffer;
        self.follow_terms(terms(&old)).await;
        self.follow_manner();
        if old.ack == AckMode::App && !self.by_app() && self.carriage.session().is_some() {
            // Nobody waits for acknowledgements any more, and an answered fence is enough.
            let landed = self.carriage.window.land_fenced();
            self.arrived(landed).await;
        }
    }

    /// A buffer that is closed, or broken, is opened with the new terms.
    async fn follow_terms(&mut self, old: Terms) {
        let fresh = terms(&self.settings.buffer);
        let Some(holding) = self.holding.as_ref().filter(|holding| fresh != old && !is_broken(holding))
        else {
            return;
        };
        let changed = holding.handle.change_terms(fresh).await;
        tracing::info!(endpoint = %self.outward.id, ?changed, "the buffer has other terms");
        if let Err(error) = changed {
            self.on_buffer_error(&error);
        }
    }

    fn follow_manner(&mut self) {
        self.carriage.manner = manner(&self.settings);
        let pointer = (self.settings.buffer.ack == AckMode::App)
            .then(|| self.settings.buffer.ack_pointer.as_str().into());
        self.pointer.send_replace(pointer);
    }

    /// A question or order to the buffer failed.
    pub(super) fn on_buffer_error(&mut self, error: &OutboxError) {
        match error {
            // Somebody threw the message away meanwhile.
            OutboxError::Unknown(_) => {}
            OutboxError::Closed => {
                self.holding = None;
                self.carriage.window.strand();
                self.rest();
            }
            OutboxError::Damaged(_) | OutboxError::Full(_) | OutboxError::Disk(_) => {
                tracing::warn!(endpoint = %self.outward.id, %error, "the buffer");
                self.rest();
            }
        }
    }

    fn rest(&mut self) {
        self.rests_until = Some(Instant::now() + RETRY);
    }

    /// When the age of the oldest message is told again.
    pub(super) fn ages_at(&self) -> Option<Instant> {
        let waiting = self.holding.as_ref()?.stats.borrow().tally.queued > 0;
        waiting.then(|| Instant::now() + AGEING)
    }

    /// Tells how things stand, where that is new.
    pub(super) fn tell(&mut self) {
        let (id, settings) = (&self.outward.id, &self.settings.buffer);
        let fresh = match (&mut self.holding, &self.trouble) {
            (Some(holding), _) => {
                let now = clock::now().as_millisecond();
                let stats = holding.stats.borrow_and_update();
                Standing::open(id, settings, &stats, now, &self.depot.place(id))
            }
            (None, Some(trouble)) => Standing::unavailable(id, settings, trouble),
            (None, None) => Standing::closed(settings),
        };
        let mut visibly = false;
        let told = self.outward.standing.send_if_modified(|known| {
            let changed = *known != fresh;
            visibly = changed && fresh.differs_visibly(known);
            *known = fresh;
            changed
        });
        if visibly {
            self.outward.bell.changed.notify_one();
        } else if told {
            self.outward.bell.ring_traffic();
        }
    }
}

/// Whether the buffer's thread is gone for good.
fn is_broken(holding: &Holding) -> bool {
    holding.stats.borrow().footing == Footing::Broken || holding.stats.has_changed().is_err()
}
