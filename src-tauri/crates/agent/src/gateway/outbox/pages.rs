//! Pages of what waits and of what was given up, read from a buffer in small steps, so that few bodies are in memory at a
//! time however many messages there are.

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use model::{EndpointId, MessageFormat};
use outbox::{OutboxHandle, Payload};

use super::{DeadMessage, DeadPage, OutboxReport, WaitingMessage, report::Shown};
use crate::gateway::refusal::Refusal;

/// Bodies of a page, bytes: what follows comes with the next one.
const MAX_DATA: usize = 4 << 20;

/// Messages read from a buffer in one go: at most so many bodies are in memory.
const STEP: u64 = 8;

/// How much of each body comes with a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Bodies {
    Left,
    Whole,
    /// At most so many bytes of each, whole characters of text.
    Head(usize),
}

impl Bodies {
    /// What is shown of this body, as text or Base64.
    pub(super) fn of(self, payload: &Payload) -> Option<String> {
        let most = match self {
            Self::Left => return None,
            Self::Whole => usize::MAX,
            Self::Head(bytes) => bytes,
        };
        Some(match payload {
            Payload::Text(text) => text[..text.floor_char_boundary(most)].to_owned(),
            Payload::Binary(body) => BASE64.encode(&body[..body.len().min(most)]),
        })
    }
}

impl OutboxReport {
    /// The state, and messages behind the place `after`.
    pub(super) async fn read(
        outbox: &OutboxHandle,
        endpoint: EndpointId,
        limit: u64,
        after: u64,
        bodies: Bodies,
    ) -> Result<Self, Refusal> {
        // Confirmed messages that the file still holds would shorten the page.
        outbox.flush().await?;
        let mut shown = Shown { next: Some(after).filter(|_| limit > 0), ..Shown::default() };
        let mut bytes = 0;
        while let Some(after) =
            shown.next.filter(|_| (shown.waiting.len() as u64) < limit && bytes < MAX_DATA)
        {
            let found = outbox.page(after, STEP.min(limit - shown.waiting.len() as u64)).await?;
            (shown.next, shown.damaged) = (found.next, shown.damaged + found.damaged);
            for message in found.messages {
                let one = WaitingMessage::of(message, bodies);
                bytes += one.data.as_ref().map_or(0, String::len);
                shown.waiting.push(one);
            }
        }
        Ok(Self::of(endpoint, &outbox.stats().await?, shown))
    }
}

impl DeadPage {
    /// Letters behind the place `after`.
    pub(super) async fn read(
        outbox: &OutboxHandle,
        limit: u64,
        mut after: u64,
        bodies: Bodies,
    ) -> Result<Self, Refusal> {
        let mut letters = Vec::new();
        let mut bytes = 0;
        let mut more = limit > 0;
        while more && (letters.len() as u64) < limit && bytes < MAX_DATA {
            let step = STEP.min(limit - letters.len() as u64);
            let found = outbox.dead(after, step).await?;
            more = found.len() as u64 == step;
            for letter in found {
                after = letter.seq;
                let one = DeadMessage::of(letter, bodies);
                bytes += one.data.as_ref().map_or(0, String::len);
                letters.push(one);
            }
        }
        Ok(Self { letters, next: more.then_some(after) })
    }
}

/// What a payload is called.
pub(super) fn format(payload: &Payload) -> MessageFormat {
    match payload {
        Payload::Text(_) => MessageFormat::Text,
        Payload::Binary(_) => MessageFormat::Binary,
    }
}
