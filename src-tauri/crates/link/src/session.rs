//! An open WebSocket session: reads messages, answers, writes what is queued, and says how it ended.
//!
//! One poll drives both directions, so a peer that does not read cannot keep us from reading. What the
//! session's end means for the next try stands in `meaning`.

use std::{
    net::{IpAddr, SocketAddr},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use dial::{Dialed, Stream};
use futures_util::{Sink, StreamExt as _};
use tokio::time::Instant;
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{
        Error, Message,
        error::ProtocolError,
        protocol::{CloseFrame, frame::coding::CloseCode},
    },
};

use crate::{
    AttemptId, CloseCodes, Failure, Payload,
    credentials::Admission,
    meaning,
    outgoing::{Answered, Outgoing},
    transmit::Promise,
};

/// Something the session has to tell.
#[derive(Debug)]
pub(crate) enum Incident {
    /// A message.
    Message(Payload),
    /// The peer answered pings.
    Answered(Answered),
    /// The session is over.
    Ended(Failure),
}

/// One open session.
#[derive(Debug)]
pub(crate) struct Session {
    id: AttemptId,
    admission: Admission,
    /// Our address and the peer's.
    ends: (IpAddr, SocketAddr),
    socket: WebSocketStream<Stream>,
    outgoing: Outgoing,
    unflushed: bool,
    /// The socket took no more when last asked.
    blocked: bool,
    /// When the peer last showed that it lives: bytes arrived, or a full socket took more.
    alive_at: Instant,
    /// Bytes that had arrived by then.
    heard_bytes: u64,
    /// Writing failed. What the peer said before is read first: it may say why.
    write_error: Option<Error>,
    close_codes: Arc<CloseCodes>,
}

impl Session {
    pub(crate) fn new(
        id: AttemptId,
        admission: Admission,
        dialed: Dialed,
        close_codes: Arc<CloseCodes>,
    ) -> Self {
        let heard_bytes = dialed.stream.get_ref().bytes_received();
        Self {
            id,
            admission,
            ends: (dialed.local.ip(), dialed.remote),
            socket: dialed.stream,
            outgoing: Outgoing::default(),
            unflushed: false,
            blocked: false,
            alive_at: Instant::now(),
            heard_bytes,
            write_error: None,
            close_codes,
        }
    }

    pub(crate) fn id(&self) -> AttemptId {
        self.id
    }

    /// What is left of it: how it was let in.
    pub(crate) fn into_admission(self) -> Admission {
        self.admission
    }

    pub(crate) fn ends(&self) -> (IpAddr, SocketAddr) {
        self.ends
    }

    /// Time since any byte arrived, also of a message that is still on its way, or since a full socket took more, for
    /// which the peer's system must have acknowledged something.
    pub(crate) fn silent_for(&self) -> Duration {
        self.alive_at.elapsed()
    }

    /// Bytes that the peer has yet to confirm; 0 only when no fence is under way.
    pub(crate) fn unconfirmed(&self) -> usize {
        self.outgoing.unconfirmed()
    }

    /// Queues a text message.
    pub(crate) fn send_text(&mut self, text: &str) {
        self.outgoing.text(text);
    }

    /// Queues a probe.
    pub(crate) fn probe(&mut self, nonce: u64) {
        self.outgoing.probe(nonce);
    }

    /// Queues messages and a fence behind them.
    pub(crate) fn transmit(&mut self, messages: Vec<Payload>, promise: Promise) {
        self.outgoing.transmit(messages, promise);
    }

    /// Queues a close frame. Handed-over messages that are not begun are not written any more.
    pub(crate) fn close(&mut self, going_away: bool) {
        let code = if going_away { CloseCode::Away } else { CloseCode::Normal };
        self.outgoing.close(CloseFrame { code, reason: "".into() });
    }

    /// The next incident if one is there already; otherwise the task is woken when there may be one.
    pub(crate) fn next_now(&mut self, cx: &mut Context<'_>) -> Option<Incident> {
        match self.poll(cx) {
            Poll::Ready(incident) => Some(incident),
            Poll::Pending => None,
        }
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Incident> {
        if self.write_error.is_none() {
            self.write_error = self.poll_write(cx).err();
        }
        loop {
            let item = self.socket.poll_next_unpin(cx);
            let received = self.socket.get_ref().bytes_received();
            if received != self.heard_bytes {
                self.heard_bytes = received;
                self.alive_at = Instant::now();
            }
            let item = match (item, &self.write_error) {
                (Poll::Ready(item), _) => item,
                (Poll::Pending, Some(error)) => {
                    return Poll::Ready(Incident::Ended(meaning::of_socket(error)));
                }
                (Poll::Pending, None) => return Poll::Pending,
            };
            match item {
                Some(Ok(Message::Text(text))) => return Poll::Ready(Incident::Message(Payload::Text(text))),
                Some(Ok(Message::Binary(bytes))) => {
                    return Poll::Ready(Incident::Message(Payload::Binary(bytes)));
                }
                Some(Ok(Message::Pong(payload))) => {
                    let answered = self.outgoing.pong(&payload);
                    if answered != Answered::default() {
                        return Poll::Ready(Incident::Answered(answered));
                    }
                }
                Some(Ok(Message::Ping(_) | Message::Frame(_))) => {}
                Some(Ok(Message::Close(frame))) => {
                    // The answering close frame is queued inside the socket: give it a chance to leave.
                    let _ = Pin::new(&mut self.socket).poll_flush(cx);
                    return Poll::Ready(Incident::Ended(meaning::of_close(
                        frame.as_ref(),
                        &self.close_codes,
                    )));
                }
                Some(Err(error)) => {
                    self.complain(&error, cx);
                    return Poll::Ready(Incident::Ended(meaning::of_socket(&error)));
                }
                None => return Poll::Ready(Incident::Ended(meaning::lost("the stream ended"))),
            }
        }
    }

    /// Writes as much as the peer takes.
    fn poll_write(&mut self, cx: &mut Context<'_>) -> Result<(), Error> {
        let (was_blocked, before) = (self.blocked, self.socket.get_ref().bytes_sent());
        let result = self.poll_frames(cx);
        if was_blocked && self.socket.get_ref().bytes_sent() != before {
            self.alive_at = Instant::now();
        }
        result
    }

    fn poll_frames(&mut self, cx: &mut Context<'_>) -> Result<(), Error> {
        let mut socket = Pin::new(&mut self.socket);
        loop {
            // What was written is on its way before more is added, so that the write buffer holds few frames.
            if self.blocked {
                match socket.as_mut().poll_flush(cx) {
                    Poll::Ready(flushed) => flushed?,
                    Poll::Pending => return Ok(()),
                }
                self.blocked = false;
                self.outgoing.flushed();
            }
            let ready = socket.as_mut().poll_ready(cx)?;
            if ready.is_pending() {
                self.blocked = true;
                return Ok(());
            }
            let Some(frame) = self.outgoing.next() else { break };
            socket.as_mut().start_send(frame)?;
            self.unflushed = true;
        }
        if std::mem::take(&mut self.unflushed) {
            // Told by the flush above when it does not end at once.
            self.blocked = socket.poll_flush(cx)?.is_pending();
            if !self.blocked {
                self.outgoing.flushed();
            }
        }
        Ok(())
    }

    /// Tells a peer that broke the rules why it is being left (RFC 6455 section 7.1.7), if it can be told at once.
    fn complain(&mut self, error: &Error, cx: &mut Context<'_>) {
        let code = match error {
            Error::Utf8(_) => CloseCode::Invalid,
            Error::Capacity(_) => CloseCode::Size,
            Error::Protocol(ProtocolError::ResetWithoutClosingHandshake) => return,
            Error::Protocol(_) => CloseCode::Protocol,
            Error::ConnectionClosed
            | Error::AlreadyClosed
            | Error::Io(_)
            | Error::Tls(_)
            | Error::WriteBufferFull(_)
            | Error::AttackAttempt
            | Error::Url(_)
            | Error::Http(_)
            | Error::HttpFormat(_) => return,
        };
        let mut socket = Pin::new(&mut self.socket);
        if let Poll::Ready(Ok(())) = socket.as_mut().poll_ready(cx) {
            let _ = socket.as_mut().start_send(Message::Close(Some(CloseFrame { code, reason: "".into() })));
            let _ = socket.poll_flush(cx);
        }
    }
}
