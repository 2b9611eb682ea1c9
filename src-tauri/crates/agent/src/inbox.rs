//! The newest received messages of one endpoint, bounded in number and in memory.
//!
//! The link's task writes, whoever asks reads. Payloads are kept raw and turned into JSON only when somebody
//! looks, so that receiving stays cheap.

use std::{
    collections::VecDeque,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
};

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use jiff::Timestamp;
use link::Payload;
use model::{EndpointId, MessageFormat, ReceivedMessage};
use serde_json::Value;

/// Messages kept.
pub(crate) const CAPACITY: usize = 100;
/// Payload bytes kept in all.
const MAX_BYTES: usize = 4 << 20;
/// A larger payload is kept only in part.
const MAX_KEPT: usize = 1 << 20;
/// Payload bytes kept in all rings and queues of an agent; beyond, payloads are kept only in part.
const BUDGET: usize = 64 << 20;
/// The part of it that is kept.
const PREVIEW: usize = 4 << 10;

/// Counts the bytes held by all messages of an agent, wherever they wait; clones count together.
#[derive(Clone, Debug, Default)]
pub(crate) struct HeldBytes(Arc<AtomicUsize>);

/// The kept part of a payload, copied out of the socket's buffer, which a slice would keep alive.
#[derive(Debug)]
struct Held {
    bytes: Box<[u8]>,
    count: HeldBytes,
}

impl Held {
    /// Copies a payload, or its beginning where it is too large.
    fn copy(whole: &[u8], count: &HeldBytes) -> Self {
        let held = count.0.load(Relaxed);
        let fits = whole.len() <= MAX_KEPT && held + whole.len() <= BUDGET;
        let part = if fits { whole } else { &whole[..whole.len().min(PREVIEW)] };
        count.0.fetch_add(part.len(), Relaxed);
        Self { bytes: part.into(), count: count.clone() }
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.count.0.fetch_sub(self.bytes.len(), Relaxed);
    }
}

/// One kept message.
#[derive(Clone, Debug)]
pub(crate) struct Kept {
    seq: u64,
    received_at: Timestamp,
    data: Arc<Held>,
    is_text: bool,
    bytes: usize,
}

impl Kept {
    fn new(seq: u64, received_at: Timestamp, payload: &Payload, count: &HeldBytes) -> Self {
        let (whole, is_text) = match payload {
            Payload::Text(text) => (text.as_bytes(), true),
            Payload::Binary(bytes) => (&bytes[..], false),
        };
        Self { seq, received_at, data: Arc::new(Held::copy(whole, count)), is_text, bytes: whole.len() }
    }

    /// The message as it is published.
    pub(crate) fn message(&self, endpoint: &EndpointId) -> ReceivedMessage {
        let truncated = self.data.bytes.len() < self.bytes;
        let (format, data) = if !self.is_text {
            (MessageFormat::Binary, Value::String(BASE64.encode(&self.data.bytes)))
        } else {
            let parsed = if truncated { None } else { serde_json::from_slice(&self.data.bytes).ok() };
            match parsed {
                Some(json) => (MessageFormat::Json, json),
                // Cutting may have split a character; the text as a whole was checked.
                None => (
                    MessageFormat::Text,
                    Value::String(String::from_utf8_lossy(&self.data.bytes).into_owned()),
                ),
            }
        };
        ReceivedMessage {
            endpoint: endpoint.clone(),
            seq: self.seq,
            received_at: self.received_at,
            format,
            data,
            bytes: self.bytes as u64,
            truncated,
        }
    }
}

#[derive(Debug, Default)]
struct Ring {
    kept: VecDeque<Kept>,
    bytes: usize,
    last_seq: u64,
}

/// A handle to the ring; clones share it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Inbox {
    ring: Arc<Mutex<Ring>>,
    count: HeldBytes,
}

impl Inbox {
    /// An empty ring whose messages count in `count`.
    pub(crate) fn new(count: &HeldBytes) -> Self {
        Self { ring: Arc::default(), count: count.clone() }
    }

    /// Keeps a message, dropping the oldest beyond the bounds.
    pub(crate) fn keep(&self, received_at: Timestamp, payload: &Payload) -> Kept {
        let mut ring = self.lock();
        ring.last_seq += 1;
        let kept = Kept::new(ring.last_seq, received_at, payload, &self.count);
        ring.bytes += kept.data.bytes.len();
        ring.kept.push_back(kept.clone());
        while ring.kept.len() > CAPACITY || ring.bytes > MAX_BYTES {
            let Some(oldest) = ring.kept.pop_front() else {
                break;
            };
            ring.bytes -= oldest.data.bytes.len();
        }
        kept
    }

    /// The newest `limit` messages, oldest first.
    pub(crate) fn newest(&self, endpoint: &EndpointId, limit: usize) -> Vec<ReceivedMessage> {
        let kept: Vec<Kept> = {
            let ring = self.lock();
            ring.kept.iter().skip(ring.kept.len().saturating_sub(limit)).cloned().collect()
        };
        kept.iter().map(|kept| kept.message(endpoint)).collect()
    }

    fn lock(&self) -> MutexGuard<'_, Ring> {
        // The ring is whole after every statement, so a panic elsewhere cannot have torn it.
        self.ring.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn id() -> EndpointId {
        "pulse".parse().unwrap()
    }

    fn text(text: impl Into<String>) -> Payload {
        Payload::Text(text.into().into())
    }

    fn keep(payload: &Payload) -> ReceivedMessage {
        Inbox::default().keep(Timestamp::UNIX_EPOCH, payload).message(&id())
    }

    #[test]
    fn json_text_and_binary_are_told_apart() {
        assert_eq!(keep(&text(r#"{"a":1}"#)).format, MessageFormat::Json);
        assert_eq!(keep(&text("hello")).data, "hello");
        assert_eq!(keep(&text("")).format, MessageFormat::Text);
        let binary = keep(&Payload::Binary(vec![0, 159].into()));
        assert_eq!((binary.format, binary.data), (MessageFormat::Binary, Value::from("AJ8=")));
    }

    #[test]
    fn json_too_deep_to_parse_is_shown_as_text() {
        assert_eq!(keep(&text("[".repeat(100_000))).format, MessageFormat::Text);
    }

    #[test]
    fn a_huge_message_is_kept_in_part_and_says_so() {
        let message = keep(&text("é".repeat(9 << 20)));
        assert!(message.truncated);
        assert_eq!(message.bytes, 18 << 20);
        assert!(message.data.as_str().unwrap().len() <= PREVIEW + 3);
    }

    #[test]
    fn what_waits_anywhere_is_bounded_and_counted_down_again() {
        let count = HeldBytes::default();
        let inbox = Inbox::new(&count);
        let payload = Payload::Binary(vec![7; MAX_KEPT].into());
        let waiting: Vec<Kept> = (0..200).map(|_| inbox.keep(Timestamp::UNIX_EPOCH, &payload)).collect();
        assert!(count.0.load(Relaxed) <= BUDGET + 200 * PREVIEW);
        assert!(
            waiting.last().unwrap().message(&id()).truncated,
            "beyond the budget only the beginning is kept"
        );
        drop((waiting, inbox));
        assert_eq!(count.0.load(Relaxed), 0);
    }

    proptest! {
        #[test]
        fn the_ring_keeps_the_newest_within_its_bounds(
            sizes in proptest::collection::vec(0_usize..300_000, 1..150), limit in 0_usize..120,
        ) {
            let inbox = Inbox::default();
            for size in &sizes {
                inbox.keep(Timestamp::UNIX_EPOCH, &Payload::Binary(vec![0; *size].into()));
            }
            let ring = inbox.lock();
            prop_assert!(ring.kept.len() <= CAPACITY && ring.bytes <= MAX_BYTES);
            prop_assert_eq!(ring.bytes, ring.kept.iter().map(|kept| kept.data.bytes.len()).sum::<usize>());
            let expected = limit.min(ring.kept.len());
            drop(ring);
            let shown = inbox.newest(&id(), limit);
            prop_assert_eq!(shown.len(), expected);
            if let Some(last) = shown.last() {
                prop_assert_eq!(last.seq, sizes.len() as u64);
            }
        }
    }
}
