//! Handing messages to one session with a receipt: what may be under way at once, and how it turns out.
//!
//! A *fence* is a ping behind the messages. Its answer shows that the peer's WebSocket layer has read everything before
//! it; an intermediary that ends the WebSocket can answer in the peer's place. Without an answer nothing is known:
//! bytes that the kernel took may never have left this computer. What becomes of messages whose fence failed is the
//! owner's decision; nothing here is kept or sent again.

use std::{
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use thiserror::Error;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};

use crate::{AttemptId, Payload};

/// Names one session of one link; never used again.
pub type SessionId = AttemptId;

/// Largest message.
pub const MAX_MESSAGE: usize = 16 << 20;
/// Bytes under way at once: written or about to be, and not confirmed.
const MAX_BYTES: usize = MAX_MESSAGE + (1 << 20);
/// Fences under way at once.
pub(crate) const MAX_FENCES: usize = 64;
/// What a message counts beside its own bytes, so that empty ones have a bound too.
const OVERHEAD: usize = 64;

/// Why nothing was sent. Not one byte of the messages left.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum NotSent {
    /// The session is over, is being replaced, or was never proven.
    #[error("the session does not take messages")]
    SessionEnded,
    /// A message, or all together, exceed what can be under way at once.
    #[error("{bytes} bytes at once; {limit} can be sent")]
    TooLarge {
        /// Their size, what each costs on top included.
        bytes: usize,
        /// What can be sent.
        limit: usize,
    },
}

/// The session ended without the peer's confirmation: whether the messages arrived is not known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("the session ended before the peer confirmed")]
pub struct SessionEnded;

/// The receipt of some messages. Resolves with the round-trip time of the ping behind them when the peer has answered
/// it, or when that very session is over. Dropping it changes nothing about the messages.
#[derive(Debug)]
pub struct Fence {
    written: Option<oneshot::Receiver<()>>,
    answered: oneshot::Receiver<Duration>,
}

impl Fence {
    /// Waits until the operating system has taken the messages and the ping, which proves nothing about the peer. Safe to
    /// drop and call again.
    ///
    /// # Errors
    ///
    /// The session ended before that.
    pub async fn written(&mut self) -> Result<(), SessionEnded> {
        if let Some(written) = &mut self.written {
            let result = written.await;
            self.written = None;
            return result.map_err(|_| SessionEnded);
        }
        Ok(())
    }
}

impl Future for Fence {
    type Output = Result<Duration, SessionEnded>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.answered).poll(cx).map_err(|_| SessionEnded)
    }
}

/// The link's end of a fence. Dropped without a word, it tells that the session ended.
#[derive(Debug)]
pub(crate) struct Promise {
    written: Option<oneshot::Sender<()>>,
    answered: oneshot::Sender<Duration>,
    /// Makes room for others when the fence is over.
    room: Permits,
}

impl Promise {
    pub(crate) fn new(room: Permits) -> (Self, Fence) {
        let (written_sender, written) = oneshot::channel();
        let (answered_sender, answered) = oneshot::channel();
        let promise = Self { written: Some(written_sender), answered: answered_sender, room };
        (promise, Fence { written: Some(written), answered })
    }

    /// Bytes that the peer is to confirm; never 0.
    pub(crate) fn bytes(&self) -> usize {
        self.room.bytes.num_permits()
    }

    /// The operating system has everything. Nobody listening is no error, here and below.
    pub(crate) fn written(&mut self) {
        if let Some(written) = self.written.take() {
            let _ = written.send(());
        }
    }

    pub(crate) fn answered(mut self, round_trip: Duration) {
        self.written();
        let _ = self.answered.send(round_trip);
    }
}

/// Messages on their way from a handle to the link's task.
#[derive(Debug)]
pub(crate) struct Transmission {
    pub(crate) session: SessionId,
    pub(crate) messages: Vec<Payload>,
    pub(crate) room: Permits,
    pub(crate) reply: oneshot::Sender<Result<Fence, NotSent>>,
}

/// A part of the room for what is under way.
#[derive(Debug)]
pub(crate) struct Permits {
    _fence: OwnedSemaphorePermit,
    bytes: OwnedSemaphorePermit,
}

/// Room for what is under way, shared by all handles of a link.
#[derive(Clone, Debug)]
pub(crate) struct Room {
    fences: Arc<Semaphore>,
    bytes: Arc<Semaphore>,
}

impl Room {
    pub(crate) fn new() -> Self {
        Self { fences: Arc::new(Semaphore::new(MAX_FENCES)), bytes: Arc::new(Semaphore::new(MAX_BYTES)) }
    }

    /// Waits for room for these messages, first come first served.
    pub(crate) async fn take(&self, messages: &[Payload]) -> Result<Permits, NotSent> {
        let too_large = |bytes, limit| Err(NotSent::TooLarge { bytes, limit });
        if let Some(large) = messages.iter().map(Payload::len).find(|bytes| *bytes > MAX_MESSAGE) {
            return too_large(large, MAX_MESSAGE);
        }
        let bytes =
            messages.iter().map(|message| message.len() + OVERHEAD).fold(OVERHEAD, usize::saturating_add);
        let Some(permits) = u32::try_from(bytes).ok().filter(|_| bytes <= MAX_BYTES) else {
            return too_large(bytes, MAX_BYTES);
        };
        let ended = |_| NotSent::SessionEnded;
        let fence = Arc::clone(&self.fences).acquire_owned().await.map_err(ended)?;
        let bytes = Arc::clone(&self.bytes).acquire_many_owned(permits).await.map_err(ended)?;
        Ok(Permits { _fence: fence, bytes })
    }

    /// The link has ended: who waits for room waits no longer.
    pub(crate) fn close(&self) {
        self.fences.close();
        self.bytes.close();
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use futures_util::FutureExt as _;

    use super::*;

    fn message(bytes: usize) -> Payload {
        Payload::Binary(Bytes::from(vec![0; bytes]))
    }

    #[tokio::test]
    async fn what_is_under_way_is_bounded_in_bytes_and_in_number_and_makes_room_when_it_is_over() {
        let room = Room::new();
        let large = room.take(&[message(MAX_MESSAGE)]).await.expect("the largest message fits");
        assert!(room.take(&[message(1 << 20)]).now_or_never().is_none(), "the bytes are used up");
        drop(large);
        let mut many = Vec::new();
        for _ in 0..MAX_FENCES {
            many.push(room.take(&[]).await.expect("room"));
        }
        let mut next = Box::pin(room.take(&[]));
        assert!(next.as_mut().now_or_never().is_none(), "the number is used up");
        drop(many);
        assert!(next.await.is_ok());
    }

    #[tokio::test]
    async fn what_can_never_fit_is_refused_at_once() {
        let room = Room::new();
        let refused =
            |messages: Vec<Payload>| room.take(&messages).now_or_never().expect("at once").unwrap_err();
        let bytes = MAX_MESSAGE + 1;
        assert_eq!(refused(vec![message(bytes)]), NotSent::TooLarge { bytes, limit: MAX_MESSAGE });
        assert!(matches!(refused(vec![message(MAX_MESSAGE); 2]), NotSent::TooLarge { limit: MAX_BYTES, .. }));
        assert!(matches!(refused(vec![message(0); MAX_BYTES / OVERHEAD]), NotSent::TooLarge { .. }));
    }

    #[tokio::test]
    async fn a_link_that_ended_has_no_room() {
        let room = Room::new();
        room.close();
        assert_eq!(room.take(&[]).await.unwrap_err(), NotSent::SessionEnded);
    }
}
