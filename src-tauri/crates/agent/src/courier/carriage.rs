//! Messages on their way from a buffer to a session: hands over what the window and the pace allow, and finds out what
//! has arrived. What proves an arrival is the endpoint's setting.

use std::{future::Future, pin::Pin, time::Duration};

use futures_util::{StreamExt as _, stream::FuturesUnordered};
use link::{Fence, NotSent, SessionEnded};
use outbox::{AckMode, Confirmed, LeaseLimit, OutboxError, OutboxHandle, Queued};
use tokio::time::Instant;

use super::{
    envelope::wrap,
    line::Session,
    pace::Pace,
    window::{Batch, Landed, Window},
};

/// A session that was proven this long ago is worth carrying to.
const STABLE: Duration = Duration::from_secs(1);

/// A happening to come.
type Pending = Pin<Box<dyn Future<Output = Happening> + Send>>;

/// What counts as arrived, and how messages go out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Manner {
    pub(super) ack: AckMode,
    pub(super) envelope: bool,
}

/// Something that carrying waited for.
pub(super) enum Happening {
    /// The link took a batch, or did not. The proof is what was asked for when it departed.
    Sent(Batch, AckMode, Result<Fence, NotSent>),
    /// A fence is over.
    Fence(Batch, AckMode, Result<(), SessionEnded>),
    /// The buffer knows of these arrivals, or does not.
    Told {
        landed: Vec<Landed>,
        /// They were heard of when they were not under way any more.
        late: bool,
        told: Result<Confirmed, OutboxError>,
    },
}

/// The state of carrying for one endpoint.
pub(super) struct Carriage {
    pub(super) manner: Manner,
    pub(super) window: Window,
    /// Nothing was left to hand over.
    pub(super) dry: bool,
    pace: Pace,
    started: Instant,
    session: Option<Session>,
    /// A session that ended with messages under way whose fences may still be answered.
    ended: Option<Session>,
    sending: Option<Pending>,
    fences: FuturesUnordered<Pending>,
    telling: FuturesUnordered<Pending>,
}

impl std::fmt::Debug for Carriage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Carriage").field("window", &self.window).finish_non_exhaustive()
    }
}

impl Carriage {
    pub(super) fn new(manner: Manner) -> Self {
        Self {
            manner,
            window: Window::default(),
            pace: Pace::new(fastrand::u64(..)),
            dry: false,
            started: Instant::now(),
            session: None,
            ended: None,
            sending: None,
            fences: FuturesUnordered::new(),
            telling: FuturesUnordered::new(),
        }
    }

    /// The clock of window and pace.
    pub(super) fn now(&self) -> Duration {
        self.started.elapsed()
    }

    /// A moment of that clock, for a timer.
    pub(super) fn instant(&self, moment: Duration) -> Instant {
        self.started + moment
    }

    /// The session that is carried to.
    pub(super) fn session(&self) -> Option<&Session> {
        self.session.as_ref()
    }

    /// Another session takes messages from now on, or none does.
    pub(super) fn change_session(&mut self, session: Option<Session>) {
        if session.is_some() {
            self.pace.begin(self.now());
            self.dry = false;
        }
        let old = std::mem::replace(&mut self.session, session);
        // Nothing was handed to one that came and went while an older one was being concluded.
        self.ended = self.ended.take().or(old);
    }

    /// The session that ended, once it is known what became of its fences.
    pub(super) fn take_ended(&mut self) -> Option<Session> {
        let settled = self.sending.is_none() && !self.window.awaits_fences();
        self.ended.take_if(|_| settled)
    }

    /// How much may be taken from the buffer now.
    pub(super) fn room(&mut self) -> Option<LeaseLimit> {
        let stable = self.session.as_ref().is_some_and(|session| session.since.elapsed() >= STABLE);
        if !stable || self.ended.is_some() || self.sending.is_some() || self.dry {
            return None;
        }
        let allowance = self.pace.allowance(self.now());
        self.window.room(allowance)
    }

    /// When there may be room though nothing happens until then.
    pub(super) fn room_at(&self) -> Option<Instant> {
        if self.dry || self.sending.is_some() || self.ended.is_some() {
            return None;
        }
        let stable_at = self.session.as_ref()?.since + STABLE;
        self.window.room(1)?;
        Some(self.instant(self.pace.next_at()).max(stable_at))
    }

    /// Hands messages to the session, with a fence behind them.
    pub(super) fn depart(&mut self, messages: Vec<Queued>) {
        let Some((link, session)) =
            self.session.as_ref().map(|session| (session.line.link.clone(), session.id))
        else {
            return;
        };
        let batch = self.window.depart(&messages, self.now());
        self.pace.spend(messages.len() as u64);
        let Manner { ack, envelope } = self.manner;
        let payloads = messages.into_iter().map(|message| wrap(message, envelope)).collect();
        self.sending =
            Some(Box::pin(
                async move { Happening::Sent(batch, ack, link.transmit(session, payloads).await) },
            ));
    }

    /// The peer keeps up with what it gets.
    pub(super) fn keep_up(&mut self) {
        self.pace.kept_up(self.now());
    }

    /// The peer has too much to do.
    pub(super) fn spare(&mut self) {
        self.pace.overloaded(self.now());
    }

    /// Waits for the fence of a batch that the link has taken.
    pub(super) fn watch_fence(&mut self, batch: Batch, ack: AckMode, mut fence: Fence) {
        self.fences.push(Box::pin(async move {
            let over = match ack {
                AckMode::Written => fence.written().await,
                AckMode::Transport | AckMode::App => fence.await.map(drop),
            };
            Happening::Fence(batch, ack, over)
        }));
    }

    /// Tells the buffer what arrived. The word is out when this returns: it counts for whatever is asked next.
    pub(super) async fn report(&mut self, buffer: &OutboxHandle, landed: Vec<Landed>, late: bool) {
        if landed.is_empty() {
            return;
        }
        let ids = landed.iter().map(|landed| landed.id.clone()).collect();
        let begun = buffer.begin_confirm(ids).await;
        self.telling.push(Box::pin(async move {
            let told = match begun {
                Ok(answer) => answer.await,
                Err(error) => Err(error),
            };
            Happening::Told { landed, late, told }
        }));
    }

    /// Words to the buffer that it has not answered.
    pub(super) fn untold(&self) -> usize {
        self.telling.len()
    }

    /// Waits for the next happening. Safe to drop and call again.
    pub(super) async fn next(&mut self) -> Happening {
        tokio::select! {
            sent = wait_for(&mut self.sending) => sent,
            Some(over) = self.fences.next() => over,
            Some(told) = self.telling.next() => told,
        }
    }
}

/// Waits for what is pending, which is over then; for ever when nothing is.
async fn wait_for(slot: &mut Option<Pending>) -> Happening {
    let Some(pending) = slot else { return std::future::pending().await };
    let done = pending.await;
    *slot = None;
    done
}
