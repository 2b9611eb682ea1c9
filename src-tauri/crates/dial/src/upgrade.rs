//! The WebSocket handshake on a connected stream, bounded against servers that talk for ever or not at all.
//!
//! The exchange is done here and not by tungstenite's own handshake, which drops the connection together with the
//! body of a refusal, takes no list in `Connection`, and lets extensions pass that nobody asked for. From the
//! verified 101 on, tungstenite has the stream.

use std::time::Duration;

use tokio::time::Instant;
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::protocol::{Role, WebSocketConfig},
};

use crate::{
    body::Framing,
    budget::Budget,
    error::{DialCause, HttpAnswer, UpgradeCause},
    excerpt::{Secrets, excerpt},
    head::Ask,
    line::Line,
    phase::UpgradeFacts,
    request::{DialLimits, DialRequest},
    stream::Stream,
    target::Target,
};

/// How long the body of a refusal may take: its status is known, and a slow page must not delay the news.
pub(crate) const BODY_TIME: Duration = Duration::from_secs(1);
/// tungstenite allocates this for every connection at once; its default of 128 KiB would be most of an idle
/// connection's memory. Larger frames grow the buffer.
const READ_BUFFER_BYTES: usize = 8 * 1024;
/// What tungstenite collects before it writes without being flushed.
const WRITE_BUFFER_BYTES: usize = 128 * 1024;

/// Longest quotation of what broke a rule, in characters.
pub(crate) const FOUND_CHARS: usize = 80;

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
        *found = Secrets::of(request).redacted(found, FOUND_CHARS);
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
    let mut line = Line::new(stream, &mut facts.received);
    let began = Instant::now();
    let answer = budget.run(line.head(&ask.bytes)).await;
    facts.first_byte = line.first_byte.map(|at| at - began);
    let answer = answer?;
    facts.status = Some(answer.status);
    facts.headers = answer.headers;
    if answer.status != http::StatusCode::SWITCHING_PROTOCOLS {
        let until = budget.until.min(Instant::now() + BODY_TIME);
        let (body, truncated) = line.body(Framing::of(answer.status, &facts.headers), until).await;
        return Err(DialCause::Upgrade(UpgradeCause::Status(Box::new(HttpAnswer {
            status: answer.status,
            excerpt: excerpt(&Secrets::of(request), &request.url, &facts.headers, &body),
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
