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

/// Damaged messages are passed over, and a page of nothing else looks like the end. Only where this many in a row gave
/// nothing is it.
const WIDEST_PAGE: u64 = 4_096;

/// An export under way.
struct Reading {
    outbox: OutboxHandle,
    dead: bool,
    after: u64,
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
    let mut reading = Reading { outbox, dead, after: 0, lines: VecDeque::new(), stop };
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
    /// Reads the next page.
    async fn turn(&mut self) -> Result<(), OutboxError> {
        let mut page = PAGE;
        while self.lines.is_empty() && page <= WIDEST_PAGE {
            if self.stop.is_cancelled() {
                return Err(OutboxError::Closed);
            }
            if self.dead {
                for letter in self.outbox.dead(self.after, page).await? {
                    self.after = letter.seq;
                    self.lines.push_back(letter.json_line() + "\n");
                }
            } else {
                for message in self.outbox.queued(self.after, page).await? {
                    self.after = message.seq;
                    self.lines.push_back(message.json_line() + "\n");
                }
            }
            page *= 8;
        }
        Ok(())
    }
}
