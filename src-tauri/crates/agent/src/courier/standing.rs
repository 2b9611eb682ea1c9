//! What a courier tells: how many messages wait, and what is wrong with their buffer, in words. Pure.

use std::path::Path;

use model::{BufferState, EndpointId, ErrorCode, OutboxInfo, Problem};
use outbox::{Footing, NoticeKind, OutboxStats, OverflowPolicy, ReplaceReason};

use crate::settings::BufferSettings;

/// What the status board shows of an endpoint's buffer.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Standing {
    /// False only until the courier has looked for the first time.
    pub(super) known: bool,
    pub(crate) info: OutboxInfo,
    pub(crate) problems: Vec<Problem>,
}

impl Standing {
    /// No buffer is open: nothing waits.
    pub(super) fn closed(settings: &BufferSettings) -> Self {
        let info = OutboxInfo { level: settings.durability, ..OutboxInfo::default() };
        Self { known: true, info, problems: Vec::new() }
    }

    /// The buffer does not open.
    pub(super) fn unavailable(id: &EndpointId, settings: &BufferSettings, detail: &str) -> Self {
        let mut standing = Self::closed(settings);
        standing.info.state = BufferState::Unavailable;
        let detail =
            format!("{detail}. It is tried again every few seconds; until then messages are refused.");
        standing.problems = vec![problem(id, ErrorCode::BufferUnavailable, detail)];
        standing
    }

    /// The buffer is open.
    pub(super) fn open(
        id: &EndpointId,
        settings: &BufferSettings,
        stats: &OutboxStats,
        wall_ms: i64,
        place: &Path,
    ) -> Self {
        let mut info = stats.info(wall_ms);
        if info.queued == 0 {
            // What is confirmed and not written yet waits no longer.
            (info.bytes, info.oldest_ms) = (0, None);
        }
        let place = place.display();
        let mut problems = Vec::new();
        match stats.footing {
            Footing::Disk if info.state == BufferState::Full => {
                let detail = match settings.overflow {
                    OverflowPolicy::Reject | OverflowPolicy::Block(_) | OverflowPolicy::Coalesce => {
                        "new messages are refused until some have left"
                    }
                    OverflowPolicy::DropOldest => "the oldest messages are dropped for new ones",
                    OverflowPolicy::DropNewest => "new messages are dropped until some have left",
                };
                let detail = format!("{} messages wait; {detail}.", info.queued);
                problems.push(problem(id, ErrorCode::BufferFull, detail));
            }
            Footing::Disk => {}
            Footing::DrainOnly => {
                let free =
                    stats.disk_free.map_or_else(String::new, |free| format!(" ({} MiB free)", free >> 20));
                let detail = format!(
                    "New messages are refused until there is room at {place}{free}; what waits is sent."
                );
                problems.push(problem(id, ErrorCode::DiskFull, detail));
            }
            Footing::Memory => {
                let detail = format!(
                    "The disk refuses to write at {place}{}. New messages are kept in memory only: {} now.",
                    refusal(stats),
                    stats.in_memory
                );
                problems.push(problem(id, ErrorCode::BufferUnavailable, detail));
            }
            Footing::Broken => {
                let detail = format!("The buffer at {place} failed; it is opened again.");
                problems.push(problem(id, ErrorCode::BufferUnavailable, detail));
            }
        }
        let damages = stats.notices.iter().filter_map(|notice| damage(&notice.kind, &place.to_string()));
        problems.extend(damages.map(|detail| problem(id, ErrorCode::BufferDamaged, detail)));
        Self { known: true, info, problems }
    }

    /// Whether a person could want to know at once.
    pub(super) fn differs_visibly(&self, other: &Self) -> bool {
        let (a, b) = (&self.info, &other.info);
        (a.queued == 0, a.dead, a.level, a.state) != (b.queued == 0, b.dead, b.level, b.state)
            || self.problems != other.problems
    }
}

/// What the disk said last.
fn refusal(stats: &OutboxStats) -> String {
    let said = stats.notices.iter().rev().find_map(|notice| match &notice.kind {
        NoticeKind::DiskRefuses { detail } => Some(dial::one_line(detail, 200)),
        NoticeKind::Replaced { .. }
        | NoticeKind::LogDamaged { .. }
        | NoticeKind::MessageDamaged { .. }
        | NoticeKind::NewerFile { .. }
        | NoticeKind::DiskFull { .. }
        | NoticeKind::DiskBack { .. }
        | NoticeKind::Overflow
        | NoticeKind::Paused { .. } => None,
    });
    said.map_or_else(String::new, |said| format!(" ({said})"))
}

/// Something that happened to the files and should be known until the program is started anew.
fn damage(notice: &NoticeKind, place: &str) -> Option<String> {
    Some(match notice {
        NoticeKind::Replaced { reason, kept, damaged, missing, quarantine } => format!(
            "{}: {kept} messages were saved, {damaged} were damaged, {missing} are missing.{}",
            replacement(*reason),
            quarantine.as_deref().map_or_else(String::new, |file| remains(*reason, file)),
        ),
        NoticeKind::LogDamaged { regained, missing, quarantine } => format!(
            "The log of waiting messages had a hole: {regained} messages were brought back, {missing} are missing. The old \
             file is kept at {}.",
            quarantine.display()
        ),
        NoticeKind::MessageDamaged { count } => {
            format!("Damaged messages lie with the dead letters now: {count}.")
        }
        NoticeKind::NewerFile { version } => format!(
            "A newer version of Linekeeper left messages at {place} (layout {version}). They are kept for it; this \
             version uses a file of its own."
        ),
        // Told by what the buffer stands on now, or over.
        NoticeKind::DiskFull { .. }
        | NoticeKind::DiskRefuses { .. }
        | NoticeKind::DiskBack { .. }
        | NoticeKind::Overflow
        | NoticeKind::Paused { .. } => return None,
    })
}

/// Why there is a new file.
const fn replacement(reason: ReplaceReason) -> &'static str {
    match reason {
        ReplaceReason::Corrupt => "The file of waiting messages was damaged and has been replaced",
        ReplaceReason::DiskError => {
            "The disk failed to read or write the file of waiting messages, and it has been replaced"
        }
        ReplaceReason::Vanished => {
            "The file of waiting messages was deleted or replaced from outside, and has been written anew"
        }
    }
}

/// Where to look for what was there before.
fn remains(reason: ReplaceReason, file: &Path) -> String {
    match reason {
        ReplaceReason::Corrupt | ReplaceReason::DiskError => {
            format!(" The old file is kept at {}.", file.display())
        }
        // The old file itself is nowhere any more: its log at most, or what somebody put there.
        ReplaceReason::Vanished => {
            let folder = file.parent().unwrap_or(file);
            format!(" What was found in its place is kept in {}.", folder.display())
        }
    }
}

pub(super) fn problem(id: &EndpointId, code: ErrorCode, detail: String) -> Problem {
    Problem { code, message: format!("{id}: {}", code.plain()), detail, endpoint: Some(id.clone()) }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use outbox::Notice;

    use super::*;

    fn of(stats: &OutboxStats) -> Standing {
        let id = "pulse".parse().unwrap();
        Standing::open(&id, &BufferSettings::default(), stats, 5_000, Path::new("/data/buffer/pulse"))
    }

    fn notice(kind: NoticeKind) -> Vec<Notice> {
        vec![Notice { number: 1, at_ms: 0, kind }]
    }

    #[test]
    fn a_healthy_buffer_shows_what_waits_and_no_problem() {
        let mut stats = OutboxStats { oldest_ms: Some(2_000), in_flight: 2, ..OutboxStats::default() };
        (stats.tally.queued, stats.tally.queued_bytes) = (3, 30);
        let standing = of(&stats);
        assert_eq!((standing.info.queued, standing.info.bytes, standing.info.in_flight), (3, 30, 2));
        assert_eq!((standing.info.oldest_ms, standing.problems), (Some(3_000), vec![]));
    }

    #[test]
    fn what_is_confirmed_and_not_written_yet_waits_no_longer() {
        let mut stats = OutboxStats { oldest_ms: Some(2_000), unsettled: 3, ..OutboxStats::default() };
        (stats.tally.queued, stats.tally.queued_bytes) = (3, 30);
        assert_eq!(of(&stats).info, OutboxInfo::default());
    }

    #[test]
    fn each_trouble_has_its_code_and_says_where_and_what_follows() {
        let refuses = notice(NoticeKind::DiskRefuses { detail: "read-only\nfile system".to_owned() });
        let replaced = notice(NoticeKind::Replaced {
            reason: ReplaceReason::Corrupt,
            kept: 7,
            damaged: 1,
            missing: 2,
            quarantine: Some(PathBuf::from("/data/buffer/pulse/quarantine/1/outbox.db")),
        });
        let default = OutboxStats::default;
        let table = [
            (
                OutboxStats { footing: Footing::DrainOnly, disk_free: Some(9 << 20), ..default() },
                ErrorCode::DiskFull,
                "9 MiB",
            ),
            (
                OutboxStats { footing: Footing::Memory, in_memory: 4, notices: refuses, ..default() },
                ErrorCode::BufferUnavailable,
                "(read-only file system). New messages are kept in memory only: 4",
            ),
            (
                OutboxStats { footing: Footing::Broken, ..default() },
                ErrorCode::BufferUnavailable,
                "opened again",
            ),
            (
                OutboxStats { notices: replaced, ..default() },
                ErrorCode::BufferDamaged,
                "7 messages were saved",
            ),
            (
                OutboxStats { notices: notice(NoticeKind::NewerFile { version: 2 }), ..default() },
                ErrorCode::BufferDamaged,
                "newer version",
            ),
        ];
        for (stats, code, words) in table {
            let standing = of(&stats);
            let [problem] = &standing.problems[..] else { panic!("{standing:?}") };
            assert_eq!(problem.code, code);
            assert!(problem.detail.contains(words), "{problem:?}");
            assert!(standing.differs_visibly(&of(&OutboxStats::default())));
        }
    }

    #[test]
    fn a_file_that_was_deleted_is_not_said_to_be_damaged_or_kept() {
        let detail = |reason, quarantine| {
            let kind = NoticeKind::Replaced { reason, kept: 3, damaged: 0, missing: 0, quarantine };
            of(&OutboxStats { notices: notice(kind), ..OutboxStats::default() }).problems[0].detail.clone()
        };
        let place = || Some(PathBuf::from("/q/1/outbox.db"));
        assert_eq!(
            detail(ReplaceReason::Vanished, None),
            "The file of waiting messages was deleted or replaced from outside, and has been written anew: 3 messages were \
             saved, 0 were damaged, 0 are missing."
        );
        let with_a_rest = detail(ReplaceReason::Vanished, place());
        assert!(with_a_rest.ends_with("What was found in its place is kept in /q/1."), "{with_a_rest}");
        let broken = detail(ReplaceReason::DiskError, place());
        assert!(broken.starts_with("The disk failed"), "{broken}");
        assert!(broken.ends_with("The old file is kept at /q/1/outbox.db."), "{broken}");
    }

    #[test]
    fn a_buffer_that_does_not_open_refuses_and_says_why() {
        let id = "pulse".parse().unwrap();
        let standing = Standing::unavailable(&id, &BufferSettings::default(), "in use by process 7");
        assert_eq!(standing.info.state, BufferState::Unavailable);
        assert!(standing.problems[0].detail.contains("process 7"));
    }
}
