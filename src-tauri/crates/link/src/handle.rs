//! The owner's end of a running link: orders, signals, messages to send.

use std::time::Duration;

use tokio::sync::{mpsc, oneshot, watch};
use tokio_util::sync::CancellationToken;

use crate::{
    Fence, NotSent, Order, Payload, SessionId,
    transmit::{MAX_FENCES, Room, Transmission},
};

/// Orders and signals that may wait; a sender waits when the link is that far behind.
const INPUT_QUEUE: usize = 8;

/// Something that happened on this computer and may concern every connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signal {
    /// It slept for so long.
    Woke(Duration),
    /// Its network interfaces or addresses changed.
    NetworkChanged,
    /// The secret of this endpoint's credential is another one now.
    CredentialChanged,
    /// Nothing known: only look whether the way to the peer is still the same.
    CheckRoute,
}

/// What a handle sends.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Input {
    Order(Order),
    Signal(Signal),
}

/// Commands a running link.
#[derive(Clone, Debug)]
pub struct LinkHandle {
    inputs: mpsc::Sender<Input>,
    /// A channel has room for 32 items from the start, used or not: hence boxed.
    transmissions: mpsc::Sender<Box<Transmission>>,
    room: Room,
    proven: watch::Receiver<Option<SessionId>>,
    stop: CancellationToken,
}

/// The link's end of its handles. When it is dropped, whoever waits for the link is told that it ended.
#[derive(Debug)]
pub(crate) struct Commands {
    pub(crate) inputs: mpsc::Receiver<Input>,
    pub(crate) transmissions: mpsc::Receiver<Box<Transmission>>,
    pub(crate) proven: watch::Sender<Option<SessionId>>,
    pub(crate) stop: CancellationToken,
    room: Room,
}

impl Drop for Commands {
    fn drop(&mut self) {
        self.proven.send_replace(None);
        self.room.close();
    }
}

impl Commands {
    /// Both ends.
    pub(crate) fn new() -> (LinkHandle, Self) {
        let (input_sender, inputs) = mpsc::channel(INPUT_QUEUE);
        // The room bounds it: nobody ever waits for a place here.
        let (transmission_sender, transmissions) = mpsc::channel(MAX_FENCES);
        let (proven, proven_receiver) = watch::channel(None);
        let (room, stop) = (Room::new(), CancellationToken::new());
        let handle = LinkHandle {
            inputs: input_sender,
            transmissions: transmission_sender,
            room: room.clone(),
            proven: proven_receiver,
            stop: stop.clone(),
        };
        (handle, Self { inputs, transmissions, proven, stop, room })
    }
}

impl LinkHandle {
    /// Gives an order. Ignored by a link that has stopped.
    pub async fn order(&self, order: Order) {
        let _ = self.inputs.send(Input::Order(order)).await;
    }

    /// Tells what happened on this computer. Ignored by a link that has stopped.
    pub async fn signal(&self, signal: Signal) {
        let _ = self.inputs.send(Input::Signal(signal)).await;
    }

    /// The session that takes messages: proven, and its greetings go out before anything else. `None` while there is
    /// none; the channel ends with the link. It changes when a session is replaced, which may happen while the state stays connected.
    pub fn proven(&self) -> watch::Receiver<Option<SessionId>> {
        self.proven.clone()
    }

    /// Hands messages to one session, in order and behind those of earlier calls, with a fence behind them. Waits for
    /// room: about 16 MiB and 64 fences may be under way.
    ///
    /// Dropped before it returns, it either sent nothing or everything; after it returned, dropping the fence takes
    /// nothing back. Without heartbeat an unanswered fence does not make a session suspect; it waits until the session
    /// ends.
    ///
    /// # Errors
    ///
    /// Nothing was sent: the session is not the one that takes messages, or they are too large.
    pub async fn transmit(&self, session: SessionId, messages: Vec<Payload>) -> Result<Fence, NotSent> {
        let room = self.room.take(&messages).await?;
        let (reply, accepted) = oneshot::channel();
        let transmission = Box::new(Transmission { session, messages, room, reply });
        self.transmissions.send(transmission).await.map_err(|_| NotSent::SessionEnded)?;
        accepted.await.unwrap_or(Err(NotSent::SessionEnded))
    }

    /// Ends the link: a session is closed with 1001, and [`crate::Link::run`] returns within about a second.
    pub fn stop(&self) {
        self.stop.cancel();
    }
}
