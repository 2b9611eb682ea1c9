//! A whole buffer as lines of JSON, read in small pages while the reader takes them.

use std::collections::VecDeque;

use axum::{
    body::{Body, Bytes},
    response::{IntoResponse, Response},
};
use futures_util::stream;
use http::{HeaderValue, header};
use outbox::{OutboxError, OutboxHandle};
use tokio_util::sync::CancellationToken;

use crate::gateway::refusal::Refusal;

/// Messages read at once.
const PAGE: u64 = 8;

/// An export under way.
struct Reading {
    outbox: OutboxHandle,
    dead: bool,
    /// Where to go on; `None` at the end.
    next: Option<u64>,
    lines: VecDeque<String>,
    stop: CancellationToken,
}

/// Answers with the stream. It breaks off, instead of ending, when the buffer fails or the gateway ends.
pub(super) async fn stream(
    outbox: OutboxHandle,
    dead: bool,
    stop: CancellationToken,
) -> Result<Response, Refusal> {
    // Confirmed messages that the file still holds are none that wait.
    outbox.flush().await?;
    let mut reading = Reading { outbox, dead, next: Some(0), lines: VecDeque::new(), stop };
    // The first page decides whether there is an answer at all.
    reading.turn().await?;
    let lines = stream::try_unfold(reading, |mut reading| async {
        if reading.lines.is_empty() {
            reading.turn().await?;
        }
        Ok::<_, OutboxError>(reading.lines.pop_front().map(|line| (Bytes::from(line), reading)))
    });
    let mut response = Body::from_stream(lines).into_response();
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/x-ndjson"));
    Ok(response)
}

impl Reading {
    /// Reads on until there is a line, or the end. Damaged messages are none that wait: they go to the dead letters.
    async fn turn(&mut self) -> Result<(), OutboxError> {
        while let Some(after) = self.next.filter(|_| self.lines.is_empty()) {
            if self.stop.is_cancelled() {
                return Err(OutboxError::Closed);
            }
            if self.dead {
                let letters = self.outbox.dead(after, PAGE).await?;
                self.next = letters.last().map(|last| last.seq);
                self.lines.extend(letters.iter().map(|letter| letter.json_line() + "\n"));
            } else {
                let page = self.outbox.page(after, PAGE).await?;
                self.next = page.next;
                self.lines.extend(page.messages.iter().map(|message| message.json_line() + "\n"));
            }
        }
        Ok(())
    }
}
