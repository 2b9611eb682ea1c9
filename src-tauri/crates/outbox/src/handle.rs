//! The buffer as its users see it: a cheap clone that talks to the writer's thread and never blocks the caller.

use std::{
    sync::{Arc, mpsc},
    time::{Duration, Instant},
};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot, watch};

use crate::{
    MessageId,
    buffer::{Buffer, Confirmed, LeaseLimit, Loss, QueuedPage},
    error::{AppendError, OutboxError},
    message::{Accepted, DeadLetter, NewMessage, Queued},
    options::Terms,
    stats::OutboxStats,
    writer::{Append, Command},
};

/// Batches that may wait for the thread, or for room.
const MAX_APPENDS: usize = 1_024;
/// Other orders that may wait for the thread. Apart from the batches: those may have to wait for room, and only these
/// make some.
const MAX_ORDERS: usize = 1_024;
/// Message bytes that may wait for the thread.
const MAX_BYTES: u32 = 8 << 20;
/// What a message counts beside its own bytes, so that empty ones have a bound too.
const OVERHEAD: u64 = 256;

/// Behind every message, for a check of which only the end is left.
const END: u64 = (1 << 53) - 1;

/// What is allowed to wait. When it is full, senders wait in turn.
#[derive(Debug)]
pub(crate) struct Intake {
    appends: Arc<Semaphore>,
    orders: Arc<Semaphore>,
    bytes: Arc<Semaphore>,
}

impl Default for Intake {
    fn default() -> Self {
        Self {
            appends: Arc::new(Semaphore::new(MAX_APPENDS)),
            orders: Arc::new(Semaphore::new(MAX_ORDERS)),
            bytes: Arc::new(Semaphore::new(MAX_BYTES as usize)),
        }
    }
}

/// Talks to a buffer.
#[derive(Clone, Debug)]
pub struct OutboxHandle {
    pub(crate) commands: mpsc::Sender<Command>,
    pub(crate) intake: Arc<Intake>,
    pub(crate) stats: watch::Receiver<Arc<OutboxStats>>,
    pub(crate) work: watch::Receiver<u64>,
}

/// The buffer is closed.
struct Closed;

/// What a batch takes of the room for those that wait.
fn weight(messages: &[NewMessage]) -> u32 {
    let of_one = |message: &NewMessage| {
        OVERHEAD + message.size() + message.key.as_ref().map_or(0, |key| key.len() as u64)
    };
    let all = messages.iter().map(of_one).sum::<u64>();
    u32::try_from(all).map_or(MAX_BYTES, |all| all.min(MAX_BYTES))
}

impl OutboxHandle {
    /// Takes messages over, all or none. Comes back when they are as safe as asked for. Dropping the future does
    /// not take them back; repeating with the same ids does no harm.
    pub async fn append(&self, messages: Vec<NewMessage>) -> Result<Vec<Accepted>, AppendError> {
        let size = weight(&messages);
        let closed = |_| AppendError::Closed;
        let slot = Arc::clone(&self.intake.appends).acquire_owned().await.map_err(closed)?;
        let bytes = Arc::clone(&self.intake.bytes).acquire_many_owned(size).await.map_err(closed)?;
        let (reply, answer) = oneshot::channel();
        let append = Append { messages, reply, _slot: slot, _bytes: bytes };
        self.commands.send(Command::Append(append)).map_err(|_| AppendError::Closed)?;
        // The thread fell over, or ended, with the messages in hand.
        let unknown = || AppendError::Failed("the answer got lost; repeat with the same ids".into());
        answer.await.unwrap_or_else(|_| Err(unknown()))
    }

    /// Hands out what is next, in order: at most so much that `limit` is in flight. Empty when nothing waits, the
    /// window is full, or one message travels alone because it is suspected. What an answer held that nobody took
    /// (the future was dropped) stays in flight until [`OutboxHandle::session_lost`].
    pub async fn lease(&self, limit: LeaseLimit) -> Result<Vec<Queued>, OutboxError> {
        self.ask(false, move |buffer| buffer.lease(limit)).await?
    }

    /// The peer has these. Counts at once; comes back when the file has forgotten them (at the latest after a
    /// quarter of a second), which a drainer need not wait for. Late, repeated and unknown ids do no harm.
    pub async fn confirm(&self, ids: Vec<MessageId>) -> Result<Confirmed, OutboxError> {
        self.begin_confirm(ids).await?.await
    }

    /// The same in two steps: when this comes back the word is out and counts for whatever is asked next; what it
    /// returns comes back as [`OutboxHandle::confirm`] does.
    pub async fn begin_confirm(
        &self,
        ids: Vec<MessageId>,
    ) -> Result<impl Future<Output = Result<Confirmed, OutboxError>> + Send + use<>, OutboxError> {
        let slot = self.slot().await.map_err(|Closed| OutboxError::Closed)?;
        let (reply, answer) = oneshot::channel();
        let order = Command::Confirm { ids, reply, _slot: slot };
        self.commands.send(order).map_err(|_| OutboxError::Closed)?;
        Ok(async move { answer.await.map_err(|_| OutboxError::Closed) })
    }

    /// Not one byte of these was sent: back to the head, in their old order, and no repetition for it.
    pub async fn release(&self, ids: Vec<MessageId>) -> Result<u64, OutboxError> {
        self.ask(true, move |buffer| buffer.release(&ids)).await
    }

    /// A session ended: everything in flight goes back to the head. How it ended decides whether the oldest message
    /// is suspected; a suspect travels alone, and is given up after so many failures of its own.
    pub async fn session_lost(&self, loss: Loss) -> Result<u64, OutboxError> {
        self.ask(true, move |buffer| buffer.session_lost(loss)).await
    }

    /// The peer refused this message in flight: one of its attempts.
    pub async fn refuse(&self, id: MessageId, detail: String) -> Result<(), OutboxError> {
        self.ask(true, move |buffer| buffer.refuse(&id, &detail)).await?
    }

    /// Gives a waiting message up: to the dead letters.
    pub async fn bury(&self, id: MessageId, detail: String) -> Result<(), OutboxError> {
        self.ask(true, move |buffer| buffer.bury(&id, &detail)).await?
    }

    /// With [`PoisonPolicy::Pause`](crate::PoisonPolicy::Pause): tries the message again that everything waits
    /// for. Whether there was one.
    pub async fn resume(&self) -> Result<bool, OutboxError> {
        self.ask(true, Buffer::resume).await
    }

    /// Waiting messages behind this place, in order of place, for people and exports. Holds nothing.
    pub async fn queued(&self, after: u64, limit: u64) -> Result<Vec<Queued>, OutboxError> {
        self.page(after, limit).await.map(|page| page.messages)
    }

    /// The same with what else stands there: how many were damaged, which go to the dead letters, and where to go on.
    pub async fn page(&self, after: u64, limit: u64) -> Result<QueuedPage, OutboxError> {
        self.ask(true, move |buffer| buffer.page(after, limit)).await?
    }

    /// Dead letters behind this place.
    pub async fn dead(&self, after: u64, limit: u64) -> Result<Vec<DeadLetter>, OutboxError> {
        self.ask(false, move |buffer| buffer.dead(after, limit)).await?
    }

    /// Sends a dead letter after all: at the tail, with a new place, which is returned.
    pub async fn retry_dead(&self, id: MessageId) -> Result<u64, OutboxError> {
        self.ask(true, move |buffer| buffer.retry_dead(&id)).await?
    }

    /// Throws a dead letter away.
    pub async fn delete_dead(&self, id: MessageId) -> Result<(), OutboxError> {
        self.ask(false, move |buffer| buffer.delete_dead(&id)).await?
    }

    /// Throws all dead letters away; how many.
    pub async fn clear_dead(&self) -> Result<u64, OutboxError> {
        self.ask(false, Buffer::clear_dead).await?
    }

    /// Throws a waiting message away.
    pub async fn discard(&self, id: MessageId) -> Result<(), OutboxError> {
        self.ask(true, move |buffer| buffer.discard(&id)).await?
    }

    /// Throws away everything that waits, in flight included; how many.
    pub async fn discard_all(&self) -> Result<u64, OutboxError> {
        self.ask(true, Buffer::discard_all).await?
    }

    /// Reads and checks every message on disk, the structure of the file and the books. Others are served in
    /// between; damaged messages go to the dead letters.
    pub async fn verify(&self) -> Result<Verified, OutboxError> {
        self.verify_from(0, Duration::MAX).await
    }

    /// A part of that: messages behind this place, as many as can be read in this time, and a few. The part that
    /// reaches the end checks the structure and the books as well.
    pub async fn verify_from(&self, after: u64, within: Duration) -> Result<Verified, OutboxError> {
        let started = Instant::now();
        let mut verified = Verified { next: Some(after), ..Verified::default() };
        while let Some(from) = verified.next {
            let step = self.ask(true, move |buffer| buffer.verify_step(from)).await?;
            let step = step.map_err(OutboxError::Disk)?;
            verified.messages += step.messages;
            verified.damaged += step.damaged;
            verified.next = step.next;
            if started.elapsed() >= within && from != END {
                // What comes in the end takes its time as well.
                verified.next.get_or_insert(END);
                return Ok(verified);
            }
        }
        verified.problem = self.ask(false, Buffer::verify_structure).await?.err();
        Ok(verified)
    }

    /// Other terms from now on, for the open buffer. Nothing that waits is dropped for them: a smaller bound refuses
    /// what is new until enough has left. Where more is promised than memory, what is in memory moves to the disk.
    pub async fn change_terms(&self, terms: Terms) -> Result<(), OutboxError> {
        self.ask(true, move |buffer| buffer.change_terms(terms)).await
    }

    /// Writes what is confirmed now rather than within a quarter of a second; whether the disk took it.
    pub async fn flush(&self) -> Result<bool, OutboxError> {
        self.ask(false, Buffer::flush).await
    }

    /// Somebody who knows the time agrees with the wall clock: expiry need not be careful any more.
    pub async fn trust_wall_clock(&self) -> Result<(), OutboxError> {
        self.ask(false, Buffer::trust_wall_clock).await
    }

    /// The state as of now.
    pub async fn stats(&self) -> Result<OutboxStats, OutboxError> {
        self.ask(false, |buffer| buffer.stats()).await
    }

    /// The state as it changes, at most every 50 ms.
    pub fn watch(&self) -> watch::Receiver<Arc<OutboxStats>> {
        self.stats.clone()
    }

    /// Changes whenever there may be something new to lease. Nothing is said by the number.
    pub fn work(&self) -> watch::Receiver<u64> {
        self.work.clone()
    }

    /// Whether one more batch could come in now.
    #[cfg(test)]
    pub(crate) fn intake_is_open(&self) -> bool {
        self.intake.appends.available_permits() > 0
    }

    async fn slot(&self) -> Result<OwnedSemaphorePermit, Closed> {
        Arc::clone(&self.intake.orders).acquire_owned().await.map_err(|_| Closed)
    }

    pub(crate) async fn ask<T: Send + 'static>(
        &self,
        wakes: bool,
        question: impl FnOnce(&mut Buffer) -> T + Send + 'static,
    ) -> Result<T, OutboxError> {
        let slot = self.slot().await.map_err(|Closed| OutboxError::Closed)?;
        let (reply, answer) = oneshot::channel();
        let ask = Box::new(move |buffer: &mut Buffer| {
            // Whoever asked may be gone.
            let _ = reply.send(question(buffer));
        });
        self.commands.send(Command::Ask { ask, wakes, _slot: slot }).map_err(|_| OutboxError::Closed)?;
        answer.await.map_err(|_| OutboxError::Closed)
    }
}

/// What [`OutboxHandle::verify`] found.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Verified {
    /// Messages read.
    pub messages: u64,
    /// Of those, damaged; they lie with the dead letters now.
    pub damaged: u64,
    /// What is wrong with the file or its books, which is looked at in the end.
    pub problem: Option<String>,
    /// Where to go on; `None` when this reached the end.
    pub next: Option<u64>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn empty_messages_take_room_while_they_wait() {
        let empty = vec![NewMessage::text(""); 10_000];
        let waiting = MAX_BYTES / weight(&empty) + 1;
        assert!(u64::from(waiting) * 10_000 * size_of::<NewMessage>() as u64 <= 4 * u64::from(MAX_BYTES));
        assert_eq!(weight(&[NewMessage::binary(vec![0_u8; 100 << 20])]), MAX_BYTES, "a large one fits alone");
    }
}
