//! What the buffers' routes answer with: shapes for programs, made from what the buffer says of itself.

use jiff::Timestamp;
use model::{BufferLevel, BufferState, EndpointId, MessageFormat};
use outbox::{DeadLetter, Histogram, Notice, OutboxStats, Queued, Tally};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::pages::{Bodies, format};
use crate::clock;

/// The state of an endpoint's buffer and the first messages that wait in it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct OutboxReport {
    /// Whose buffer.
    pub endpoint: EndpointId,
    /// Messages waiting, in flight included.
    pub queued: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Age of the oldest, ms.
    pub oldest_ms: Option<u64>,
    /// Sent but not yet confirmed.
    pub in_flight: u64,
    /// Of those waiting, how many are in memory only.
    pub in_memory: u64,
    /// Dead letters held.
    pub dead: u64,
    /// What an accepted message survives now.
    pub level: BufferLevel,
    /// Whether more are taken.
    pub state: BufferState,
    /// The place of the message that nothing may overtake; `null` when nothing is held up.
    pub paused_at: Option<u64>,
    /// Where every message went that was ever accepted.
    pub books: Books,
    /// Bytes of the file.
    pub file_bytes: u64,
    /// Bytes of its log.
    pub wal_bytes: u64,
    /// Free bytes on its disk, where known.
    pub disk_free: Option<u64>,
    /// Duration of commits, microseconds.
    pub commit_us: Spread,
    /// Messages per commit.
    pub batch_size: Spread,
    /// Age of messages when they were confirmed, ms.
    pub delivery_age_ms: Spread,
    /// What happened to the buffer, oldest first.
    pub notices: Vec<BufferNotice>,
    /// The first messages that wait, in order.
    pub waiting: Vec<WaitingMessage>,
    /// Beside them, so many were found damaged. They go to the dead letters.
    pub damaged: u64,
    /// `after` of the next page; `null` when this is the last.
    pub next: Option<u64>,
}

/// Where every message went that was ever accepted: the sum of all but `accepted`, `queued_bytes` and `duplicates` is
/// `accepted`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Books {
    /// The numbers.
    #[serde(flatten)]
    pub tally: Tally,
    /// Whether the sum is right.
    pub balanced: bool,
}

/// How a measured quantity is spread. Quantiles are upper edges of classes that double.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Spread {
    /// Values measured.
    pub count: u64,
    /// Half are at most this.
    pub p50: u64,
    /// 99 of 100 are at most this.
    pub p99: u64,
}

/// Something that happened to the buffer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct BufferNotice {
    /// Counts from 1 since the buffer was opened.
    pub number: u64,
    /// When.
    pub at: Timestamp,
    /// What: `replaced`, `log_damaged`, `message_damaged`, `newer_file`, `disk_full`, `disk_refuses`, `disk_back`,
    /// `overflow` or `paused`.
    pub kind: String,
    /// Numbers and paths of this kind of notice.
    pub facts: serde_json::Map<String, Value>,
}

/// A message that waits.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct WaitingMessage {
    /// Its id.
    pub id: String,
    /// Its place in the order.
    pub seq: u64,
    /// `text` or `binary`.
    pub format: MessageFormat,
    /// Size of the body.
    pub bytes: u64,
    /// 0 goes first, 7 last.
    pub priority: u8,
    /// Failures that were this message's own.
    pub attempts: u32,
    /// It may have been sent before.
    pub redelivered: bool,
    /// When it was handed over.
    pub enqueued_at: Timestamp,
    /// The body, as text or Base64, when it was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data: Option<String>,
}

/// A message that will not be sent unless somebody asks for it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DeadMessage {
    /// Its id.
    pub id: String,
    /// The place it had.
    pub seq: u64,
    /// `text` or `binary`.
    pub format: MessageFormat,
    /// Size of the body.
    pub bytes: u64,
    /// Why: `poison`, `refused` or `corrupt`.
    pub cause: String,
    /// In the words of whoever refused it.
    pub detail: String,
    /// Failures that were this message's own.
    pub attempts: u32,
    /// When it was handed over.
    pub enqueued_at: Timestamp,
    /// When it was given up.
    pub died_at: Timestamp,
    /// The body, as text or Base64, when it was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data: Option<String>,
}

/// Dead letters.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DeadPage {
    /// In the order they had.
    pub letters: Vec<DeadMessage>,
    /// `after` of the next page; `null` when this is the last.
    pub next: Option<u64>,
}

/// A page of what waits.
#[derive(Debug, Default)]
pub(super) struct Shown {
    pub(super) waiting: Vec<WaitingMessage>,
    pub(super) damaged: u64,
    pub(super) next: Option<u64>,
}

impl OutboxReport {
    pub(super) fn of(endpoint: EndpointId, stats: &OutboxStats, shown: Shown) -> Self {
        let info = stats.info(clock::now().as_millisecond());
        Self {
            endpoint,
            queued: info.queued,
            bytes: info.bytes,
            oldest_ms: info.oldest_ms,
            in_flight: info.in_flight,
            in_memory: stats.in_memory,
            dead: info.dead,
            level: info.level,
            state: info.state,
            paused_at: stats.paused_at,
            books: Books { tally: stats.tally, balanced: stats.tally.balanced() },
            file_bytes: stats.file_bytes,
            wal_bytes: stats.wal_bytes,
            disk_free: stats.disk_free,
            commit_us: Spread::of(&stats.commit_us),
            batch_size: Spread::of(&stats.batch_size),
            delivery_age_ms: Spread::of(&stats.delivery_age_ms),
            notices: stats.notices.iter().map(BufferNotice::of).collect(),
            waiting: shown.waiting,
            damaged: shown.damaged,
            next: shown.next,
        }
    }
}

impl Spread {
    fn of(histogram: &Histogram) -> Self {
        Self { count: histogram.count(), p50: histogram.quantile(0.5), p99: histogram.quantile(0.99) }
    }
}

impl BufferNotice {
    fn of(notice: &Notice) -> Self {
        let mut facts = match serde_json::to_value(&notice.kind) {
            Ok(Value::Object(facts)) => facts,
            Ok(_) | Err(_) => serde_json::Map::new(),
        };
        let kind = facts.remove("kind").and_then(|kind| kind.as_str().map(str::to_owned)).unwrap_or_default();
        Self { number: notice.number, at: time(notice.at_ms), kind, facts }
    }
}

impl WaitingMessage {
    pub(super) fn of(message: Queued, bodies: Bodies) -> Self {
        Self {
            format: format(&message.payload),
            bytes: message.payload.as_bytes().len() as u64,
            data: bodies.of(&message.payload),
            id: message.id.to_string(),
            seq: message.seq,
            priority: message.priority.get(),
            attempts: message.attempts,
            redelivered: message.redelivered,
            enqueued_at: time(message.enqueued_ms),
        }
    }
}

impl DeadMessage {
    pub(super) fn of(letter: DeadLetter, bodies: Bodies) -> Self {
        let cause = serde_json::to_value(letter.cause).ok();
        Self {
            id: letter.id.to_string(),
            seq: letter.seq,
            format: format(&letter.payload),
            bytes: letter.payload.as_bytes().len() as u64,
            data: bodies.of(&letter.payload),
            cause: cause.and_then(|cause| cause.as_str().map(str::to_owned)).unwrap_or_default(),
            // In the words of a server: one line, nothing that changes how it is shown.
            detail: dial::one_line(&letter.detail, 300),
            attempts: letter.attempts,
            enqueued_at: time(letter.enqueued_ms),
            died_at: time(letter.died_ms),
        }
    }
}

/// Times that no calendar has are the beginning of time.
fn time(at_ms: i64) -> Timestamp {
    Timestamp::from_millisecond(at_ms).unwrap_or(Timestamp::UNIX_EPOCH)
}
