//! Step A6: can messages be kept on disk? Takes what the composition knows of the buffers, asks the file system for its free
//! space, and writes a file that has no name and is gone at once. Opens no buffer.

use std::{
    fs::File,
    io::{self, Write as _},
    path::Path,
    thread,
    time::Duration,
};

use model::check::{StepReason, StepStatus};
use serde_json::{Value, json};
use tokio::{sync::oneshot, time::timeout};

use crate::{
    Inquiry, Notebook, OpenStep, StepEnd,
    facts::{BufferFacts, Volume},
    findings::computer::{FULL, OLD_MS},
};

/// Less free space is a warning.
const WARN_FREE: u64 = 1 << 30;
/// Less free space is a fault.
const FAIL_FREE: u64 = 200 << 20;
/// A page: a disk without room for it has none.
const PROBE_BYTES: usize = 4096;
/// A disk that takes longer hangs.
const PATIENCE: Duration = Duration::from_secs(2);

/// What the disk said of one folder.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Seen {
    volume: Volume,
    /// Why nothing could be written, or that the disk does not answer.
    error: Option<String>,
}

/// Learns about every buffer and ends the step.
pub(super) async fn look(notebook: &Notebook, step: OpenStep, inquiry: &Inquiry) {
    if inquiry.buffers.is_empty() {
        return step.end(StepEnd::without(StepStatus::Na, StepReason::NoBuffer));
    }
    let mut seen: Vec<Seen> = Vec::new();
    let mut buffers = inquiry.buffers.clone();
    for buffer in &mut buffers {
        let Some(volume) = &mut buffer.volume else { continue };
        let known = seen.iter().find(|one| one.volume.place == volume.place).cloned();
        let one = match known {
            Some(one) => one,
            None => {
                let one = look_at(volume).await;
                seen.push(one.clone());
                one
            }
        };
        *volume = one.volume;
    }
    let end = judge(&buffers, &seen);
    notebook.learn(|facts| facts.computer.buffers = buffers);
    step.end(end);
}

/// A thread of its own: a disk that hangs must not hold up the end of the runtime.
async fn look_at(known: &Volume) -> Seen {
    // A place that is shortened for people cannot be looked at; what was handed in stands.
    if !Path::new(&known.place).is_absolute() {
        return Seen { volume: known.clone(), error: None };
    }
    let (tell, told) = oneshot::channel();
    let place = known.place.clone();
    let started = thread::Builder::new().name("check-disk".into()).spawn(move || {
        let folder = Path::new(&place);
        // Nobody may be waiting any more.
        let _ = tell.send((fs4::available_space(folder), probe(folder)));
    });
    let hangs = || {
        let error = format!("the disk did not answer within {PATIENCE:?}");
        Seen { volume: known.clone(), error: Some(error) }
    };
    match (started, timeout(PATIENCE, told).await) {
        (Ok(_), Ok(Ok((free, probe)))) => {
            let error = probe.as_ref().err().map(ToString::to_string);
            let free_bytes = free.ok().or(known.free_bytes);
            let volume = Volume { place: known.place.clone(), free_bytes, writable: Some(probe.is_ok()) };
            Seen { volume, error }
        }
        (Err(error), _) => Seen { volume: known.clone(), error: Some(error.to_string()) },
        (Ok(_), _) => hangs(),
    }
}

/// Writes a page into a file without a name. Not flushed to the disk itself: on a slow one that takes longer than the rest
/// of the step, and a full or read-only one refuses before.
fn probe(folder: &Path) -> io::Result<()> {
    let mut file: File = tempfile::tempfile_in(folder)?;
    file.write_all(&[0; PROBE_BYTES])
}

fn judge(buffers: &[BufferFacts], seen: &[Seen]) -> StepEnd {
    let refused = buffers.iter().find_map(|one| one.refuses.clone());
    let error = seen.iter().find_map(|one| one.error.clone());
    let mut status = StepStatus::Pass;
    for volume in buffers.iter().filter_map(|one| one.volume.as_ref()) {
        if volume.writable == Some(false) || volume.free_bytes.is_some_and(|free| free < FAIL_FREE) {
            status = StepStatus::Fail;
        } else if volume.free_bytes.is_some_and(|free| free < WARN_FREE) && status == StepStatus::Pass {
            status = StepStatus::Warn;
        }
    }
    let filling = |one: &BufferFacts| one.full >= FULL || one.oldest_ms.is_some_and(|oldest| oldest > OLD_MS);
    if refused.is_some() {
        status = StepStatus::Fail;
    } else if status == StepStatus::Pass && (error.is_some() || buffers.iter().any(filling)) {
        status = StepStatus::Warn;
    }
    let places: Vec<Value> = seen.iter().map(|one| json!(one.volume)).collect();
    let end = StepEnd::new(status)
        .with("places", places)
        .with("waiting", buffers.iter().map(|one| one.waiting).sum::<u64>())
        .with("bytes", buffers.iter().map(|one| one.bytes).sum::<u64>())
        .with("fullest", buffers.iter().map(|one| one.full).fold(0.0, f64::max))
        .with("oldest_ms", buffers.iter().filter_map(|one| one.oldest_ms).max())
        .with("warn_free_bytes", WARN_FREE)
        .with("fail_free_bytes", FAIL_FREE)
        .with("warn_full", FULL)
        .with("warn_oldest_ms", OLD_MS);
    match refused.or(error) {
        Some(raw) => end.raw(&raw),
        None => end,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn volume(free_bytes: u64, writable: bool) -> Option<Volume> {
        Some(Volume { place: "p".into(), free_bytes: Some(free_bytes), writable: Some(writable) })
    }

    fn judged(buffer: BufferFacts) -> StepStatus {
        judge(&[buffer], &[]).status
    }

    #[test]
    fn each_threshold_counts_by_itself() {
        let healthy = BufferFacts { volume: volume(2 << 30, true), full: 0.79, ..BufferFacts::default() };
        assert_eq!(judged(healthy.clone()), StepStatus::Pass);
        let cases = [
            (BufferFacts { volume: volume(WARN_FREE - 1, true), ..healthy.clone() }, StepStatus::Warn),
            (BufferFacts { volume: volume(FAIL_FREE - 1, true), ..healthy.clone() }, StepStatus::Fail),
            (BufferFacts { volume: volume(2 << 30, false), ..healthy.clone() }, StepStatus::Fail),
            (BufferFacts { full: 0.8, ..healthy.clone() }, StepStatus::Warn),
            (BufferFacts { oldest_ms: Some(3_600_001), ..healthy.clone() }, StepStatus::Warn),
            (BufferFacts { oldest_ms: Some(3_600_000), ..healthy.clone() }, StepStatus::Pass),
            (BufferFacts { refuses: Some("disk full".into()), ..healthy }, StepStatus::Fail),
        ];
        for (buffer, status) in cases {
            assert_eq!(judged(buffer.clone()), status, "{buffer:?}");
        }
    }

    #[tokio::test]
    async fn a_folder_is_written_to_and_left_as_it_was() {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().to_str().unwrap().to_owned();
        let seen = look_at(&Volume { place, ..Volume::default() }).await;
        assert_eq!((seen.volume.writable, seen.error), (Some(true), None));
        assert!(seen.volume.free_bytes.unwrap() > 0);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[tokio::test]
    async fn a_folder_that_is_gone_is_said_with_the_systems_own_error() {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().join("gone").to_str().unwrap().to_owned();
        let seen = look_at(&Volume { place, ..Volume::default() }).await;
        assert_eq!(seen.volume.writable, Some(false));
        assert!(seen.error.is_some_and(|error| !error.is_empty()));
    }

    #[tokio::test]
    async fn a_place_shortened_for_people_is_left_to_what_is_known() {
        let known = Volume { place: "~/data".into(), free_bytes: Some(7), writable: None };
        assert_eq!(look_at(&known).await, Seen { volume: known, error: None });
    }
}
