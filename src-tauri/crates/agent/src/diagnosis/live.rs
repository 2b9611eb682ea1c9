//! What live connections and buffers are doing, from the status snapshot: of this process or of another one.

use std::path::Path;

use diagnostics::facts::{BufferFacts, LiveFacts, Volume};
use jiff::Timestamp;
use model::{BufferState, EndpointId, EndpointSnapshot, EndpointState, ErrorCode, Problem};
use tokio::time::Instant;
use url::Url;

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
        backup: up.then(|| on_backup(snapshot)).flatten(),
    }
}

/// `host:port` of the host in use, where it is not the one the endpoint names first.
fn on_backup(snapshot: &EndpointSnapshot) -> Option<String> {
    let place = |text: &str| {
        let url: Url = text.parse().ok()?;
        Some(format!("{}:{}", url.host_str()?, url.port_or_known_default()?))
    };
    place(&snapshot.host).filter(|used| place(&snapshot.url).is_some_and(|own| own != *used))
}

/// One buffer; `folder` is where it is kept, `problems` are those of the snapshot.
pub(super) fn buffer(
    snapshot: &EndpointSnapshot,
    problems: &[Problem],
    bounds: &BufferSettings,
    folder: &Path,
) -> BufferFacts {
    let outbox = &snapshot.outbox;
    let share = |held: u64, most: u64| held as f64 / most.max(1) as f64;
    let full = share(outbox.queued, bounds.max_messages).max(share(outbox.bytes, bounds.max_bytes));
    let refuses = refusal(&snapshot.id, outbox.state, problems);
    BufferFacts {
        endpoint: Some(snapshot.id.clone()),
        waiting: outbox.queued,
        bytes: outbox.bytes,
        oldest_ms: outbox.oldest_ms,
        full,
        refuses,
        volume: Some(Volume { place: folder.display().to_string(), free_bytes: None, writable: None }),
    }
}

/// Why nothing can be stored, where that is so. The state alone does not tell a full disk from a full buffer.
fn refusal(id: &EndpointId, state: BufferState, problems: &[Problem]) -> Option<String> {
    if state == BufferState::Ok {
        return None;
    }
    let ours = |problem: &&Problem| problem.endpoint.as_ref() == Some(id);
    let why = problems.iter().filter(ours).find_map(|problem| {
        let first = problem.detail.split(". ").next().unwrap_or_default();
        if matches!(problem.code, ErrorCode::DiskFull | ErrorCode::BufferFull) {
            Some(format!("{}: {first}", problem.code))
        } else {
            (problem.code == ErrorCode::BufferUnavailable).then(|| first.to_owned())
        }
    });
    Some(why.unwrap_or_else(|| "the buffer does not say why".to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_disk_is_told_from_a_full_buffer_and_from_the_troubles_of_others() {
        let (ours, other): (EndpointId, EndpointId) = ("a".parse().unwrap(), "b".parse().unwrap());
        let of = |code, id: &EndpointId| Problem {
            code,
            message: String::new(),
            detail: "Here. There.".to_owned(),
            endpoint: Some(id.clone()),
        };
        let problems = [of(ErrorCode::BufferFull, &other), of(ErrorCode::DiskFull, &ours)];
        assert_eq!(refusal(&ours, BufferState::Ok, &problems), None);
        assert_eq!(refusal(&ours, BufferState::Full, &problems).unwrap(), "disk_full: Here");
        assert_eq!(refusal(&other, BufferState::Full, &problems).unwrap(), "buffer_full: Here");
    }
}
