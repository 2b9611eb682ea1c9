//! What live connections and buffers are doing, from the status snapshot: of this process or of another one.

use std::path::Path;

use diagnostics::facts::{BufferFacts, LiveFacts, Volume};
use jiff::Timestamp;
use model::{BufferState, EndpointSnapshot, EndpointState};
use tokio::time::Instant;

use crate::settings::BufferSettings;

/// One connection. `asked`: when a person last asked for it.
pub(super) fn live(snapshot: &EndpointSnapshot, now: Timestamp, asked: Option<Instant>) -> LiveFacts {
    let up = snapshot.state == EndpointState::Connected;
    let left = |at: Timestamp| u64::try_from(at.as_millisecond() - now.as_millisecond()).unwrap_or(0);
    LiveFacts {
        state: snapshot.state,
        reason: snapshot.reason,
        transport: up.then_some(snapshot.transport),
        degraded: snapshot.degraded,
        since: snapshot.since,
        last_error: snapshot
            .last_error
            .as_ref()
            .map(|error| dial::one_line(&format!("{}: {}", error.code.as_str(), error.detail), 300)),
        retry_in_ms: snapshot.next_attempt_at.filter(|_| !up).map(left),
        asked_ms_ago: asked.map(|at| u64::try_from(at.elapsed().as_millis()).unwrap_or(u64::MAX)),
        rtt_ms: snapshot.rtt_ms.last.into_iter().collect(),
        waiting: snapshot.outbox.queued,
    }
}

/// One buffer; `folder` is where it is kept.
pub(super) fn buffer(snapshot: &EndpointSnapshot, bounds: &BufferSettings, folder: &Path) -> BufferFacts {
    let outbox = &snapshot.outbox;
    let share = |held: u64, most: u64| held as f64 / most.max(1) as f64;
    let full = share(outbox.queued, bounds.max_messages).max(share(outbox.bytes, bounds.max_bytes));
    BufferFacts {
        endpoint: Some(snapshot.id.clone()),
        waiting: outbox.queued,
        bytes: outbox.bytes,
        oldest_ms: outbox.oldest_ms,
        full: if outbox.state == BufferState::Full { full.max(1.0) } else { full },
        refuses: match outbox.state {
            BufferState::Ok => None,
            BufferState::Full => Some("its bound is reached".to_owned()),
            BufferState::Unavailable => Some("the disk refuses".to_owned()),
        },
        volume: Some(Volume { place: folder.display().to_string(), free_bytes: None, writable: None }),
    }
}
