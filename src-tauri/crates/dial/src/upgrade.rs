//! The WebSocket handshake on a connected stream, bounded against servers that talk for ever or not at all.
//!
//! The exchange is done here and not by tungstenite's own handshake, which drops the connection together with the
//! body of a refusal, takes no list in `Connection`, and lets extensions pass that nobody asked for. From the
//! verified 101 on, tungstenite has the stream.

use std::{io, time::Duration};

use bytes::{Bytes, BytesMut};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    time::{Instant, timeout_at},
};
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::protocol::{Role, WebSocketConfig},
};

use crate::{
    body::{BODY_BYTES, Framing},
    budget::Budget,
    error::{DialCause, HandshakeRule, HttpAnswer, SocketFailure, TlsCause, UpgradeCause},
    excerpt::{excerpt, redacted},
    head::{Answer, Ask},
    phase::UpgradeFacts,
    request::{DialLimits, DialRequest},
    stream::Stream,
    target::Target,
};

/// Largest head of an answer, interim answers included.
const HEAD_BYTES: usize = 16 * 1024;
/// Interim answers (1xx) before the real one.
const INTERIM_ANSWERS: usize = 8;
/// Reads after which a head is looked at only when an empty line came in. Until then it is looked at after every
/// read, so that a peer with another protocol is recognised at its first bytes; a drip of single bytes stays cheap.
const EAGER_READS: usize = 16;
/// How long the body of a refusal may take: its status is known, and a slow page must not delay the news.
const BODY_TIME: Duration = Duration::from_secs(1);
/// Received bytes, chunk framing included, that are looked at for the start of a body.
const RAW_BODY_BYTES: usize = 8 * BODY_BYTES;
/// Size of one read.
const READ_BYTES: usize = 2048;
/// tungstenite allocates this for every connection at once; its default of 128 KiB would be most of an idle
/// connection's memory. Larger frames grow the buffer.
const READ_BUFFER_BYTES: usize = 16 * 1024;
/// What tungstenite collects before it writes without being flushed.
const WRITE_BUFFER_BYTES: usize = 128 * 1024;

/// Longest quotation of what broke a rule, in characters.
const FOUND_CHARS: usize = 80;

/// Asks for the upgrade and verifies the answer. `facts` is filled on the way and stays when this fails.
pub(crate) async fn upgrade(
    stream: Stream,
    target: &Target,
    request: &DialRequest,
    budget: Budget,
    facts: &mut UpgradeFacts,
) -> Result<WebSocketStream<Stream>, DialCause> {
    let mut result = exchange(stream, target, request, budget, facts).await;
    if let Err(DialCause::Upgrade(UpgradeCause::Rule { found, .. })) = &mut result {
        *found = redacted(request, found, FOUND_CHARS);
    }
    result
}

async fn exchange(
    stream: Stream,
    target: &Target,
    request: &DialRequest,
    budget: Budget,
    facts: &mut UpgradeFacts,
) -> Result<WebSocketStream<Stream>, DialCause> {
    let ask = Ask::new(target, request);
    let mut line =
        Line { stream, buffer: BytesMut::with_capacity(READ_BYTES), received: &mut facts.received };
    let answer = budget.run(line.head(&ask.bytes)).await?;
    facts.status = Some(answer.status);
    facts.headers = answer.headers;
    if answer.status != http::StatusCode::SWITCHING_PROTOCOLS {
        let until = budget.until.min(Instant::now() + BODY_TIME);
        let (body, truncated) = line.body(Framing::of(answer.status, &facts.headers), until).await;
        return Err(DialCause::Upgrade(UpgradeCause::Status(Box::new(HttpAnswer {
            status: answer.status,
            excerpt: excerpt(request, &facts.headers, &body),
            headers: facts.headers.clone(),
            body,
            truncated,
        }))));
    }
    facts.subprotocol = ask.verify(&facts.headers)?;
    // Frames may have come with the same packet as the 101.
    let early = line.buffer.to_vec();
    let config = Some(config(&request.limits));
    Ok(WebSocketStream::from_partially_read(line.stream, early, Role::Client, config).await)
}

fn config(limits: &DialLimits) -> WebSocketConfig {
    // tungstenite panics unless its write buffer is smaller than the limit of the same.
    let most = limits.max_write_buffer_bytes.max(1);
    WebSocketConfig::default()
        .read_buffer_size(READ_BUFFER_BYTES)
        .write_buffer_size(WRITE_BUFFER_BYTES.min(most / 2))
        .max_write_buffer_size(most)
        .max_message_size(Some(limits.max_message_bytes))
        .max_frame_size(Some(limits.max_message_bytes))
}

/// A stream with what was read ahead.
struct Line<'a> {
    stream: Stream,
    buffer: BytesMut,
    received: &'a mut usize,
}

impl Line<'_> {
    /// Sends the request and reads the head of the final answer; what follows it stays in the buffer.
    async fn head(&mut self, request: &[u8]) -> Result<Answer, DialCause> {
        if let Err(error) = self.send(request).await {
            // A server that refuses early may have answered before it closed; its answer says more.
            if !SocketFailure::from(&error).is_cut() {
                return Err(self.broken(&error));
            }
        }
        let mut reads = 0;
        let mut interim = 0;
        let mut seen = 0;
        loop {
            let fresh = &self.buffer[seen.min(self.buffer.len())..];
            if !self.buffer.is_empty() && (reads <= EAGER_READS || has_empty_line(fresh)) {
                while let Some(answer) = Answer::parse(&self.buffer)? {
                    let _head = self.buffer.split_to(answer.length);
                    if !answer.status.is_informational()
                        || answer.status == http::StatusCode::SWITCHING_PROTOCOLS
                    {
                        return Ok(answer);
                    }
                    interim += 1;
                    if interim > INTERIM_ANSWERS {
                        return Err(rule(HandshakeRule::TooManyInterim));
                    }
                }
            }
            if self.buffer.len() >= HEAD_BYTES {
                return Err(rule(HandshakeRule::HeadTooLarge));
            }
            // An empty line may straddle two reads: look at the last three bytes again.
            seen = self.buffer.len().saturating_sub(3);
            reads += 1;
            match self.read().await {
                Ok(0) => {
                    return Err(UpgradeCause::Closed { received: *self.received, failure: None }.into());
                }
                Ok(_) => {}
                Err(error) => return Err(self.broken(&error)),
            }
        }
    }

    /// The start of the body, and whether it was cut. Whatever ends it, what came is evidence.
    async fn body(&mut self, framing: Framing, until: Instant) -> (Bytes, bool) {
        loop {
            let start = framing.start(&self.buffer);
            let enough =
                start.complete || start.bytes.len() >= BODY_BYTES || self.buffer.len() >= RAW_BODY_BYTES;
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

fn has_empty_line(bytes: &[u8]) -> bool {
    bytes.windows(2).any(|pair| pair == b"\n\n") || bytes.windows(3).any(|three| three == b"\n\r\n")
}
