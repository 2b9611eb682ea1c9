//! An open WebSocket session: reads messages, answers, writes what is queued, and says how it ended.
//!
//! One poll drives both directions, so a peer that does not read cannot keep us from reading. What the
//! session's end means for the next try is decided here, in one table; when to try is the machine's matter.

use std::{
    collections::VecDeque,
    future::poll_fn,
    task::{Context, Poll, ready},
    time::Duration,
};

use bytes::Bytes;
use futures_util::{Sink, StreamExt as _};
use model::{ErrorCode, Reason};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    time::Instant,
};
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{
        Error, Message,
        error::ProtocolError,
        protocol::{CloseFrame, frame::coding::CloseCode},
    },
};

use crate::{AttemptId, Failure, FailureKind, Payload};

/// Longest part of a close reason or error that is kept.
const MAX_DETAIL: usize = 300;

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
pub(crate) struct Session<S> {
    id: AttemptId,
    socket: WebSocketStream<S>,
    outgoing: VecDeque<Message>,
    unflushed: bool,
    heard_at: Instant,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Session<S> {
    pub(crate) fn new(id: AttemptId, socket: WebSocketStream<S>) -> Self {
        Self {
            id,
            socket,
            outgoing: VecDeque::new(),
            unflushed: false,
            heard_at: Instant::now(),
        }
    }

    pub(crate) fn id(&self) -> AttemptId {
        self.id
    }

    /// Time since anything arrived: a message, a ping or a pong.
    pub(crate) fn silent_for(&self) -> Duration {
        self.heard_at.elapsed()
    }

    /// Queues a text message.
    pub(crate) fn send_text(&mut self, text: &str) {
        self.outgoing.push_back(Message::text(text));
    }

    /// Queues a probe.
    pub(crate) fn probe(&mut self, nonce: u64) {
        self.outgoing
            .push_back(Message::Ping(Bytes::copy_from_slice(&nonce.to_be_bytes())));
    }

    /// Queues a close frame; what was queued before still goes out first.
    pub(crate) fn close(&mut self, going_away: bool) {
        let code = if going_away {
            CloseCode::Away
        } else {
            CloseCode::Normal
        };
        self.outgoing.push_back(Message::Close(Some(CloseFrame {
            code,
            reason: "".into(),
        })));
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
        if let Err(error) = self.poll_write(cx) {
            return Poll::Ready(Incident::Ended(failure_of(&error)));
        }
        loop {
            let item = ready!(self.socket.poll_next_unpin(cx));
            self.heard_at = Instant::now();
            match item {
                Some(Ok(Message::Text(text))) => return Poll::Ready(Incident::Message(Payload::Text(text))),
                Some(Ok(Message::Binary(bytes))) => {
                    return Poll::Ready(Incident::Message(Payload::Binary(bytes)));
                }
                Some(Ok(Message::Pong(payload))) => {
                    // A pong nobody asked for is allowed by RFC 6455 section 5.5.3 and means nothing.
                    if let Ok(nonce) = <[u8; 8]>::try_from(&payload[..]) {
                        return Poll::Ready(Incident::Pong(u64::from_be_bytes(nonce)));
                    }
                }
                Some(Ok(Message::Ping(_) | Message::Frame(_))) => {}
                Some(Ok(Message::Close(frame))) => {
                    // The answering close frame is queued inside the socket: give it a chance to leave.
                    let _ = std::pin::Pin::new(&mut self.socket).poll_flush(cx);
                    return Poll::Ready(Incident::Ended(failure_of_close(frame.as_ref())));
                }
                Some(Err(error)) => {
                    self.complain(&error, cx);
                    return Poll::Ready(Incident::Ended(failure_of(&error)));
                }
                None => return Poll::Ready(Incident::Ended(lost("the stream ended"))),
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
            let _ = socket.as_mut().start_send(Message::Close(Some(CloseFrame {
                code,
                reason: "".into(),
            })));
            let _ = socket.poll_flush(cx);
        }
    }
}

fn lost(detail: &str) -> Failure {
    Failure {
        kind: FailureKind::Retry,
        code: ErrorCode::ConnectionLost,
        detail: detail.to_owned(),
    }
}

/// What a close frame of the server means.
fn failure_of_close(frame: Option<&CloseFrame>) -> Failure {
    let Some(frame) = frame else {
        return lost("closed without a code (1005)");
    };
    let code = u16::from(frame.code);
    let (kind, meaning) = match code {
        1000 | 1003 | 1008 => (FailureKind::Halt(Reason::ServerStop), ErrorCode::ClosedByServer),
        1001 | 1012 => (FailureKind::Retry, ErrorCode::ServerRestarting),
        1013 => (FailureKind::Retry, ErrorCode::ServerOverloaded),
        1002 | 1007 | 1010 => (FailureKind::Retry, ErrorCode::ProtocolViolation),
        1009 => (FailureKind::Retry, ErrorCode::MessageTooBig),
        3000 | 4401 => (FailureKind::Halt(Reason::AuthRequired), ErrorCode::Unauthorized),
        3003 | 4403 => (FailureKind::Halt(Reason::AuthRequired), ErrorCode::Forbidden),
        _ => (FailureKind::Retry, ErrorCode::ClosedByServer),
    };
    let reason = plain(frame.reason.as_str());
    let detail = if reason.is_empty() {
        format!("close code {code}")
    } else {
        format!("close code {code}: {reason}")
    };
    Failure {
        kind,
        code: meaning,
        detail,
    }
}

/// What an error of the socket means.
fn failure_of(error: &Error) -> Failure {
    let code = match error {
        Error::Utf8(_) => ErrorCode::InvalidUtf8,
        Error::Capacity(_) => ErrorCode::MessageTooBig,
        Error::Protocol(ProtocolError::ResetWithoutClosingHandshake)
        | Error::ConnectionClosed
        | Error::AlreadyClosed
        | Error::Io(_)
        | Error::Tls(_)
        | Error::WriteBufferFull(_) => ErrorCode::ConnectionLost,
        Error::Protocol(_) | Error::AttackAttempt | Error::Url(_) | Error::Http(_) | Error::HttpFormat(_) => {
            ErrorCode::ProtocolViolation
        }
    };
    Failure {
        kind: FailureKind::Retry,
        code,
        detail: plain(&error.to_string()),
    }
}

/// Text of a stranger, fit to be shown: one line, no control or direction characters, bounded.
fn plain(text: &str) -> String {
    let shown = |c: &char| {
        !c.is_control()
            && !matches!(c, '\u{200e}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    text.chars().filter(shown).take(MAX_DETAIL).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(code: u16, reason: &str) -> CloseFrame {
        CloseFrame {
            code: code.into(),
            reason: reason.into(),
        }
    }

    #[test]
    fn normal_unsupported_and_policy_closes_do_not_loop() {
        for code in [1000, 1003, 1008] {
            let failure = failure_of_close(Some(&frame(code, "")));
            assert_eq!(failure.kind, FailureKind::Halt(Reason::ServerStop), "{code}");
        }
        for code in [1001, 1011, 1012, 1013, 4000] {
            assert_eq!(
                failure_of_close(Some(&frame(code, ""))).kind,
                FailureKind::Retry,
                "{code}"
            );
        }
    }

    #[test]
    fn close_reasons_are_shown_without_tricks() {
        let failure = failure_of_close(Some(&frame(1011, "bad\u{202e}txt\nline\u{7}")));
        assert_eq!(failure.detail, "close code 1011: badtxtline");
        let long = "x".repeat(5_000);
        assert!(plain(&long).len() <= MAX_DETAIL);
    }
}
