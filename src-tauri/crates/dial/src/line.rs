//! A stream on which one HTTP exchange is made: the request out, the head and the start of the body of the answer
//! in, bounded against peers that talk for ever or not at all. Shared by the upgrade and by CONNECT.

use std::io;

use bytes::{Bytes, BytesMut};
use http::StatusCode;
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    time::{Instant, timeout_at},
};

use crate::{
    body::{BODY_BYTES, Framing},
    error::{DialCause, HandshakeRule, SocketFailure, TlsCause, UpgradeCause},
    head::Answer,
};

/// Largest head of an answer. Every interim answer has one of its own.
const HEAD_BYTES: usize = 16 * 1024;
/// Interim answers (1xx) before the real one.
const INTERIM_ANSWERS: usize = 8;
/// Reads after which a head is looked at only when a line ended or nothing more comes. Until then it is looked at after
/// every read, so that a peer with another protocol is recognised at its first bytes; a drip of single bytes stays
/// cheap. However the bytes are cut, the verdict is the same.
const EAGER_READS: usize = 16;
/// Received bytes, chunk framing included, that are looked at for the start of a body: so many times what is kept of it.
const RAW_BODY: usize = 8;
/// Size of one read.
const READ_BYTES: usize = 2048;

/// A stream with what was read ahead.
pub(crate) struct Line<'a, S> {
    pub(crate) stream: S,
    /// What followed the head.
    pub(crate) buffer: BytesMut,
    received: &'a mut usize,
    /// When the first byte came.
    pub(crate) first_byte: Option<Instant>,
}

impl<'a, S: AsyncRead + AsyncWrite + Unpin> Line<'a, S> {
    /// `received` counts every byte read, also when the exchange is dropped half-way.
    pub(crate) fn new(stream: S, received: &'a mut usize) -> Self {
        Self { stream, buffer: BytesMut::with_capacity(READ_BYTES), received, first_byte: None }
    }

    /// Sends the request and reads the head of the final answer; what follows it stays in the buffer.
    pub(crate) async fn head(&mut self, request: &[u8]) -> Result<Answer, DialCause> {
        if let Err(error) = self.send(request).await {
            // A server that refuses early may have answered before it closed; its answer says more.
            if !SocketFailure::from(&error).is_cut() {
                return Err(self.broken(&error));
            }
        }
        let mut reads = 0;
        let mut interim = 0;
        loop {
            let seen = self.buffer.len();
            let end = match self.read().await {
                Ok(0) => Some(UpgradeCause::Closed { received: *self.received, failure: None }.into()),
                Ok(_) => None,
                Err(error) => Some(self.broken(&error)),
            };
            reads += 1;
            let no_more = end.is_some() || self.buffer.len() >= HEAD_BYTES;
            if no_more || reads <= EAGER_READS || self.buffer[seen..].contains(&b'\n') {
                while let Some(answer) = Answer::parse(&self.buffer[..self.buffer.len().min(HEAD_BYTES)])? {
                    let _head = self.buffer.split_to(answer.length);
                    if !answer.status.is_informational() || answer.status == StatusCode::SWITCHING_PROTOCOLS {
                        return Ok(answer);
                    }
                    interim += 1;
                    if interim > INTERIM_ANSWERS {
                        return Err(rule(HandshakeRule::TooManyInterim));
                    }
                }
            }
            if let Some(end) = end {
                return Err(end);
            }
            if self.buffer.len() >= HEAD_BYTES {
                return Err(rule(HandshakeRule::HeadTooLarge));
            }
        }
    }

    /// The start of a refusal's body, and whether it was cut. Whatever ends it, what came is evidence.
    pub(crate) async fn body(&mut self, framing: Framing, until: Instant) -> (Bytes, bool) {
        self.body_up_to(BODY_BYTES, framing, until).await
    }

    /// The same with at most `most` bytes.
    pub(crate) async fn body_up_to(
        &mut self,
        most: usize,
        framing: Framing,
        until: Instant,
    ) -> (Bytes, bool) {
        let raw = most.saturating_mul(RAW_BODY);
        loop {
            let start = framing.start(&self.buffer[..self.buffer.len().min(raw)], most);
            let enough = start.complete || start.bytes.len() >= most || self.buffer.len() >= raw;
            if enough {
                return (start.bytes.into(), !start.complete);
            }
            match timeout_at(until, self.read()).await {
                Ok(Ok(count)) if count > 0 => {}
                // A closed connection is the regular end of a body without a length.
                Ok(Ok(_)) => return (start.bytes.into(), framing != Framing::UntilClose),
                Ok(Err(_)) | Err(_) => return (start.bytes.into(), true),
            }
        }
    }

    async fn send(&mut self, request: &[u8]) -> io::Result<()> {
        self.stream.write_all(request).await?;
        self.stream.flush().await
    }

    async fn read(&mut self) -> io::Result<usize> {
        self.buffer.reserve(READ_BYTES);
        let mut limited = (&mut self.stream).take(READ_BYTES as u64);
        let count = limited.read_buf(&mut self.buffer).await?;
        if count > 0 && self.first_byte.is_none() {
            self.first_byte = Some(Instant::now());
        }
        *self.received += count;
        Ok(count)
    }

    /// TLS 1.3 tells a client only after the handshake that its certificate is missed, so an alert can show here.
    fn broken(&self, error: &io::Error) -> DialCause {
        if let Some(alert) = TlsCause::inside(error) {
            return alert.into();
        }
        let failure = Box::new(SocketFailure::from(error));
        if failure.is_cut() {
            UpgradeCause::Closed { received: *self.received, failure: Some(failure) }.into()
        } else {
            UpgradeCause::Socket(failure).into()
        }
    }
}

fn rule(rule: HandshakeRule) -> DialCause {
    UpgradeCause::Rule { rule, found: String::new() }.into()
}

#[cfg(test)]
#[path = "line/tests.rs"]
mod tests;
