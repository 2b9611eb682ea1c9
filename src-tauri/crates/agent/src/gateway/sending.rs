//! `POST /v1/endpoints/{id}/messages`: messages are handed over. The answer comes once they are durable.

use axum::{Json, extract::State};
use http::{HeaderMap, StatusCode};
use model::{BufferLevel, ErrorCode};
use outbox::{Accepted, Fate};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    body,
    content::{Batch, Content, Key},
    desk::Desk,
    place::{Asked, At},
    refusal::Refusal,
};

/// How a body is divided.
#[derive(Debug, Deserialize, JsonSchema)]
pub(super) struct Division {
    /// `lines`: each line of the body that is not empty is a message of its own, as always in `application/x-ndjson`.
    batch: Option<Batch>,
}

/// What was taken over, in the order of the request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Receipt {
    /// One entry for each message.
    pub accepted: Vec<ReceiptEntry>,
}

/// What became of one message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ReceiptEntry {
    /// Its id: the sender's own, or the one it was given.
    pub id: String,
    /// Its place in the order; 0 for a message that was dropped or, with an id known already, is not there any more.
    pub seq: u64,
    /// Whether the id was known already; the message was not taken over a second time.
    pub duplicate: bool,
    /// What became of it.
    pub fate: ReceiptFate,
    /// What it survives; `null` unless it was stored now.
    pub level: Option<BufferLevel>,
}

/// What became of a message that was handed over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ReceiptFate {
    /// It waits.
    Stored,
    /// A message with this id waits already, or lies with the dead letters.
    Duplicate,
    /// A message with this id was delivered already.
    Delivered,
    /// The buffer is full and set to drop what is newest.
    Dropped,
}

impl ReceiptEntry {
    pub(super) fn of(accepted: &Accepted) -> Self {
        let (fate, level) = match accepted.fate {
            Fate::Stored(level) => (ReceiptFate::Stored, Some(level)),
            Fate::Duplicate => (ReceiptFate::Duplicate, None),
            Fate::Delivered => (ReceiptFate::Delivered, None),
            Fate::Dropped => (ReceiptFate::Dropped, None),
        };
        let duplicate = accepted.duplicate();
        Self { id: accepted.id.to_string(), seq: accepted.seq, duplicate, fate, level }
    }
}

pub(super) async fn send(
    State(desk): State<Desk>,
    At(endpoint): At,
    Asked(division): Asked<Division>,
    headers: HeaderMap,
    body: axum::body::Body,
) -> Result<(StatusCode, Json<Receipt>), Refusal> {
    let content = Content::of(&headers, division.batch)?;
    let key = Key::of(&headers)?;
    let mut share = desk.budget.share();
    let read = body::read(body, content.most_bytes(), &mut share).await?;
    let messages = content.messages(read, key.as_ref())?;
    let taken = desk.agent.append(&endpoint, messages).await??;
    if !taken.is_empty() && taken.iter().all(|one| one.fate == Fate::Dropped) {
        return Err(dropped());
    }
    let accepted = taken.iter().map(ReceiptEntry::of).collect();
    Ok((StatusCode::ACCEPTED, Json(Receipt { accepted })))
}

/// The answer when nothing of what was handed over is kept.
pub(super) fn dropped() -> Refusal {
    let detail = "It is set to drop what is newest.";
    Refusal::new(StatusCode::INSUFFICIENT_STORAGE, ErrorCode::BufferFull, detail).retry_after(5)
}
