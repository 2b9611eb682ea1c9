//! An open WebSocket session: reads messages, answers, writes what is queued, and says how it ended.
//!
//! One poll drives both directions, so a peer that does not read cannot keep us from reading. What the
//! session's end means for the next try stands in `meaning`.

use std::{
    collections::VecDeque,
    future::poll_fn,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use bytes::Bytes;
use dial::Stream;
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

use crate::{AttemptId, CloseCodes, Failure, Payload, meaning, nonce::Nonces};

/// Something the session has to tell.
#[derive(Debug)]
pub(crate) enum Incident {
    /// A message.
    Message(Payload),
    /// A probe came back with this nonce.
    Pong(u64),
    /// The session is over.
    Ended(Failure),
}

/// One open session.
#[derive(Debug)]
pub(crate) struct Session {
    id: AttemptId,
    socket: WebSocketStream<Stream>,
    /// Bounded by what fills it: the configured greetings once, then one probe and heartbeat at a time, whose
    /// silence ends the session.
    outgoing: VecDeque<Message>,
    unflushed: bool,
    heard_at: Instant,
    /// Bytes that had arrived by then.
    heard_bytes: u64,
    /// Writing failed. What the peer said before is read first: it may say why.
    write_error: Option<Error>,
    close_codes: Arc<CloseCodes>,
    nonces: Nonces,
}

impl Session {
    pub(crate) fn new(id: AttemptId, socket: WebSocketStream<Stream>, close_codes: Arc<CloseCodes>) -> Self {
        let heard_bytes = socket.get_ref().bytes_received();
        Self {
            id,
            socket,
            outgoing: VecDeque::new(),
            unflushed: false,
            heard_at: Instant::now(),
            heard_bytes,
            write_error: None,
            close_codes,
            nonces: Nonces::random(),
        }
    }

    pub(crate) fn id(&self) -> AttemptId {
        self.id
    }

    /// Time since any byte arrived, also of a message that is still on its way.
    pub(crate) fn silent_for(&self) -> Duration {
        self.heard_at.elapsed()
    }

    /// Queues a text message.
    pub(crate) fn send_text(&mut self, text: &str) {
        self.outgoing.push_back(Message::text(text));
    }

    /// Queues a probe.
    pub(crate) fn probe(&mut self, nonce: u64) {
        self.outgoing.push_back(Message::Ping(Bytes::copy_from_slice(&self.nonces.payload(nonce))));
    }

    /// Queues a close frame; what was queued before still goes out first.
    pub(crate) fn close(&mut self, going_away: bool) {
        let code = if going_away { CloseCode::Away } else { CloseCode::Normal };
        self.outgoing.push_back(Message::Close(Some(CloseFrame { code, reason: "".into() })));
    }

    /// The next incident. Safe to drop and call again.
    pub(crate) async fn next(&mut self) -> Incident {
        poll_fn(|cx| self.poll(cx)).await
    }

    /// Another incident if one is there already.
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
                self.heard_at = Instant::now();
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
                    // A pong nobody asked for is allowed by RFC 6455 section 5.5.3 and means nothing.
                    if let Some(nonce) = self.nonces.number(&payload) {
                        return Poll::Ready(Incident::Pong(nonce));
                    }
                }
                Some(Ok(Message::Ping(_) | Message::Frame(_))) => {}
                Some(Ok(Message::Close(frame))) => {
                    // The answering close frame is queued inside the socket: give it a chance to leave.
                    let _ = std::pin::Pin::new(&mut self.socket).poll_flush(cx);
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
        let mut socket = std::pin::Pin::new(&mut self.socket);
        while !self.outgoing.is_empty() {
            match socket.as_mut().poll_ready(cx) {
                Poll::Ready(ready) => ready?,
                Poll::Pending => return Ok(()),
            }
            if let Some(message) = self.outgoing.pop_front() {
                socket.as_mut().start_send(message)?;
                self.unflushed = true;
            }
        }
        if self.unflushed
            && let Poll::Ready(flushed) = socket.poll_flush(cx)
        {
            flushed?;
            self.unflushed = false;
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
        let mut socket = std::pin::Pin::new(&mut self.socket);
        if let Poll::Ready(Ok(())) = socket.as_mut().poll_ready(cx) {
            let _ = socket.as_mut().start_send(Message::Close(Some(CloseFrame { code, reason: "".into() })));
            let _ = socket.poll_flush(cx);
        }
    }
}
