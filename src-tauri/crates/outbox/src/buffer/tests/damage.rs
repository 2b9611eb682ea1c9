//! Files that are not what was written.

use std::fs;

use super::{Stage, bytes_of, many, named, names};
use crate::{
    message::{DeathCause, NewMessage},
    notice::NoticeKind,
    wal::{self, WalState},
};

const PAGE: usize = 4_096;

impl Stage {
    /// A buffer whose messages are all in the file.
    fn filled(count: usize) -> Self {
        let mut stage = Self::new();
        for batch in many(count).chunks(50) {
            stage.append(batch.to_vec()).unwrap();
        }
        stage.buffer().close();
        stage.buffer = None;
        stage
    }

    /// A buffer whose messages are all in the log, one transaction a batch.
    fn logged(count: usize, batch: usize) -> Self {
        let mut stage = Self::new();
        for batch in many(count).chunks(batch) {
            stage.append(batch.to_vec()).unwrap();
        }
        stage.crash();
        stage
    }

    fn flip(&self, file: &str, at: usize, bit: u8) {
        let path = self.file(file);
        let mut bytes = bytes_of(&path);
        bytes[at] ^= 1 << bit;
        fs::write(path, bytes).unwrap();
    }

    fn write_page(&self, page: usize, content: &[u8]) {
        let path = self.file("outbox.db");
        let mut bytes = bytes_of(&path);
        bytes[page * PAGE..(page + 1) * PAGE].copy_from_slice(content);
        fs::write(path, bytes).unwrap();
    }

    /// Drains everything that can be drained. Panics when content is wrong or out of order; how many came.
    #[track_caller]
    fn drain(&mut self) -> usize {
        let mut count = 0;
        let mut last = 0;
        loop {
            let out = self.lease();
            if out.is_empty() {
                return count;
            }
            for queued in &out {
                let text = std::str::from_utf8(queued.payload.as_bytes()).unwrap();
                assert!(text.starts_with(&queued.id.to_string()), "wrong content: {text}");
                assert!(queued.seq > last, "out of order");
                last = queued.seq;
            }
            count += out.len();
            let ids: Vec<_> = out.into_iter().map(|queued| queued.id).collect();
            self.buffer().confirm(&ids);
            self.buffer().flush();
        }
    }

    /// Every message of a filled buffer was delivered, is a dead letter, or is missed by the books and by a
    /// notice. Nothing is silent.
    #[track_caller]
    fn all_accounted_for(&mut self, stored: usize, drained: usize) {
        let tally = self.buffer().tally();
        assert!(tally.balanced(), "{tally:?}");
        assert_eq!(tally.queued, 0);
        let missed = (stored - drained) as u64;
        if missed > 0 {
            assert!(
                !self.notices().is_empty(),
                "{missed} of {stored} are gone and nobody was told: {tally:?}"
            );
        }
        // New books begin with what was found.
        if tally.accepted == stored as u64 {
            assert_eq!(tally.corrupt + tally.lost, missed, "{tally:?}");
        }
    }
}

#[test]
fn a_flipped_bit_in_a_message_makes_a_dead_letter_of_it_alone() {
    let mut stage = Stage::filled(20);
    let bytes = bytes_of(&stage.file("outbox.db"));
    let at = bytes.windows(6).position(|part| part == b"m00007").unwrap();
    // The index entry comes first or second; the body holds the name followed by a space.
    let body = bytes.windows(8).position(|part| part == b"m00007 x").unwrap();
    assert!(at <= body);
    stage.flip("outbox.db", body + 100, 3);
    stage.open();
    assert_eq!(stage.drain(), 19);
    let dead = stage.buffer().dead(0, 9).unwrap();
    assert_eq!((dead.len(), dead[0].cause, dead[0].seq), (1, DeathCause::Corrupt, 8));
    assert!(stage.buffer().retry_dead(&dead[0].id).is_err(), "damaged content is not sent");
    stage.all_accounted_for(20, 19);
}

#[test]
fn any_flipped_bit_of_the_file_is_survived_and_never_silent() {
    let mut random = fastrand::Rng::with_seed(4);
    let mut kept = 0;
    let flips = 120;
    let pristine = Stage::filled(400);
    let original = bytes_of(&pristine.file("outbox.db"));
    for _ in 0..flips {
        let mut stage = Stage::new();
        stage.crash();
        let (at, bit) = (random.usize(..original.len()), random.u8(..8));
        let mut bytes = original.clone();
        bytes[at] ^= 1 << bit;
        fs::write(stage.file("outbox.db"), bytes).unwrap();
        let _ = fs::remove_file(stage.file("outbox.db-wal"));
        stage.open();
        let drained = stage.drain();
        stage.all_accounted_for(400, drained);
        stage.add(&["afterwards"]);
        kept += usize::from(drained * 100 >= 400 * 95);
    }
    // What remains are flips in the first page, where SQLite keeps the layout.
    assert!(kept * 100 >= flips * 95, "{kept} of {flips} kept 95 % of their messages");
}

#[test]
fn a_page_of_zeros_or_of_another_file_costs_only_its_own_messages() {
    let foreign = {
        let mut other = Stage::with(|options| options.endpoint = "other".into());
        other.append(many(400)).unwrap();
        other.buffer().close();
        bytes_of(&other.file("outbox.db"))
    };
    for content in [vec![0_u8; PAGE], foreign[40 * PAGE..41 * PAGE].to_vec()] {
        for page in [10, 25, 41] {
            let mut stage = Stage::filled(400);
            stage.write_page(page, &content);
            stage.open();
            let drained = stage.drain();
            assert!(drained >= 380, "{drained} came through with page {page} replaced");
            stage.all_accounted_for(400, drained);
            stage.add(&["afterwards"]);
            assert_eq!(stage.leased(), ["afterwards"]);
        }
    }
}

#[test]
fn truncated_files_and_halves_of_a_pair_start() {
    for length in [0, 100, 40 * PAGE] {
        let mut stage = Stage::filled(400);
        let bytes = bytes_of(&stage.file("outbox.db"));
        fs::write(stage.file("outbox.db"), &bytes[..length.min(bytes.len())]).unwrap();
        stage.open();
        let drained = stage.drain();
        assert!(drained < 400);
        stage.add(&["afterwards"]);
        assert_eq!(stage.leased(), ["afterwards"]);
    }
    let mut no_database = Stage::logged(60, 10);
    fs::remove_file(no_database.file("outbox.db")).unwrap();
    no_database.open();
    no_database.add(&["afterwards"]);
    let mut no_log = Stage::filled(60);
    let _ = fs::remove_file(no_log.file("outbox.db-wal"));
    no_log.open();
    assert_eq!(no_log.drain(), 60);
}

#[test]
fn garbage_instead_of_a_database_is_moved_away_once() {
    let mut stage = Stage::filled(10);
    fs::write(stage.file("outbox.db"), vec![b'?'; 20_000]).unwrap();
    stage.open();
    assert_eq!(stage.drain(), 0);
    assert_eq!(stage.notices(), ["replaced"]);
    stage.add(&["a"]);
    stage.restart();
    assert_eq!(stage.notices(), [""; 0]);
    assert_eq!(stage.leased(), ["a"]);
}

#[test]
fn what_lies_behind_a_hole_in_the_log_comes_back() {
    let mut stage = Stage::logged(200, 5);
    let log = stage.file("outbox.db-wal");
    assert_eq!(wal::inspect(&log).unwrap(), WalState::Whole);
    // Early in the log: SQLite alone would lose nearly everything, without a word.
    stage.flip("outbox.db-wal", 32 + 30 * (24 + PAGE) + 2_000, 1);
    assert!(matches!(wal::inspect(&log).unwrap(), WalState::Hole { frame: 30, proven: true }));
    stage.open();
    let notices = stage.buffer().stats().notices;
    let Some(NoticeKind::LogDamaged { regained, missing, quarantine }) =
        notices.first().map(|notice| notice.kind.clone())
    else {
        panic!("{notices:?}")
    };
    assert!(regained > 100, "{regained}");
    assert!(missing <= 20, "{missing}");
    assert!(quarantine.with_extension("wal-as-found").exists());
    let drained = stage.drain();
    assert!(drained >= 180, "{drained}");
    assert_eq!(stage.add(&["next"])[0].seq, 201, "places behind the hole are not given out again");
}

#[test]
fn any_flipped_bit_of_the_log_is_survived_and_never_silent() {
    let pristine = Stage::logged(200, 5);
    let (file, log) = (bytes_of(&pristine.file("outbox.db")), bytes_of(&pristine.file("outbox.db-wal")));
    let mut random = fastrand::Rng::with_seed(7);
    for round in 0..60 {
        let mut stage = Stage::new();
        stage.crash();
        // The header first: SQLite takes a log with a bad header for an empty one.
        let at = if round < 12 { random.usize(..32) } else { random.usize(..log.len()) };
        let mut bytes = log.clone();
        bytes[at] ^= 1 << random.u8(..8);
        fs::write(stage.file("outbox.db"), &file).unwrap();
        fs::write(stage.file("outbox.db-wal"), bytes).unwrap();
        stage.open();
        let drained = stage.drain();
        let told = !stage.notices().is_empty();
        assert!(drained == 200 || told, "{} of 200 came and nobody was told: byte {at}", drained);
        let last_batch = log.len() - 8 * (24 + PAGE);
        assert!(drained >= 180 || at >= last_batch, "{drained} came with byte {at} of {} wrong", log.len());
        stage.add(&["afterwards"]);
    }
}

#[test]
fn a_torn_last_write_takes_the_last_batch_or_leaves_it() {
    let pristine = Stage::logged(40, 5);
    let (file, log) = (bytes_of(&pristine.file("outbox.db")), bytes_of(&pristine.file("outbox.db-wal")));
    // Where the last transaction began: behind the commit before it.
    let frames = (log.len() - 32) / (24 + PAGE);
    let commits: Vec<usize> =
        (0..frames).filter(|frame| log[32 + frame * (24 + PAGE) + 4..][..4] != [0; 4]).collect();
    let begin = 32 + (commits[commits.len() - 2] + 1) * (24 + PAGE);
    let end = 32 + (commits[commits.len() - 1] + 1) * (24 + PAGE);
    for cut in (begin..=end).step_by(512) {
        let mut stage = Stage::new();
        stage.crash();
        fs::write(stage.file("outbox.db"), &file).unwrap();
        fs::write(stage.file("outbox.db-wal"), &log[..cut]).unwrap();
        stage.open();
        assert_eq!(stage.notices(), [""; 0], "an ordinary power cut is not damage");
        let drained = stage.drain();
        assert!(drained == 35 || drained == 40, "{drained} at {cut}");
        assert_eq!(stage.buffer().tally().lost, 0);
    }
}

/// The log is used again from its beginning: behind a write that is torn lies what was there before, whole messages that
/// left long ago.
#[test]
fn a_last_write_that_is_torn_over_an_older_log_brings_nothing_back() {
    let mut random = fastrand::Rng::with_seed(1);
    let (mut stage, other) = (Stage::new(), Stage::new());
    let place = |name: &str| other.folder.path().join("torn").join(name);
    let (mut number, mut torn) = (0, 0);
    while torn < 40 {
        if random.bool() {
            stage.lease();
            let out: Vec<_> = stage.waiting().into_iter().take(random.usize(..200)).collect();
            stage.confirm(&out.iter().map(String::as_str).collect::<Vec<_>>());
            assert!(stage.buffer().flush());
        }
        let (file, log) = (bytes_of(&stage.file("outbox.db")), bytes_of(&stage.file("outbox.db-wal")));
        let before = stage.waiting();
        let batch = number..number + random.usize(1..=96);
        number = batch.end;
        stage.append(batch.map(|number| named(&format!("m{number}"))).collect()).unwrap();
        let (now, written) = (stage.waiting(), bytes_of(&stage.file("outbox.db-wal")));
        let mut changed = (0..written.len()).filter(|at| log.get(*at) != written.get(*at));
        let (first, last) = (changed.clone().next().unwrap(), changed.next_back().unwrap());
        let frame = 32 + (last - 32) / (24 + PAGE) * (24 + PAGE);
        if first < 32 || log.len() < frame + 24 + PAGE {
            continue;
        }
        torn += 1;
        let cut = frame + 24 + random.usize(1..PAGE);
        fs::create_dir_all(place("")).unwrap();
        fs::write(place("outbox.db"), &file).unwrap();
        fs::write(place("outbox.db-wal"), [&written[..cut], &log[cut..]].concat()).unwrap();
        let mut again = Stage::new();
        again.buffer = Some(crate::buffer::Buffer::open(&place(""), stage.options.clone()).unwrap().0);
        let waiting = again.waiting();
        assert!(before.iter().all(|id| waiting.contains(id)), "{torn}: lost");
        assert!(waiting.iter().all(|id| now.contains(id)), "{torn}: something that left is back");
        again.buffer = None;
        fs::remove_dir_all(place("")).unwrap();
    }
}

#[test]
fn flips_in_the_ballast_and_the_lock_do_no_harm() {
    let mut stage = Stage::with(|options| options.disk.ballast_bytes = 8_192);
    stage.add(&["a"]);
    stage.crash();
    stage.flip("ballast.bin", 5, 5);
    stage.flip("LOCK", 0, 5);
    stage.open();
    assert_eq!(stage.leased(), ["a"]);
}

#[test]
fn a_swap_that_a_crash_interrupted_is_finished() {
    let mut stage = Stage::filled(10);
    // The new file is ready and the old one is still in its place.
    fs::copy(stage.file("outbox.db"), stage.file("outbox.ready")).unwrap();
    fs::write(stage.file("outbox.db"), b"the old, damaged one").unwrap();
    fs::write(stage.file("outbox.building"), b"half of something").unwrap();
    stage.open();
    assert_eq!(stage.drain(), 10);
    assert!(!stage.file("outbox.ready").exists());
    let mut moved = Stage::filled(10);
    // The old one is gone already.
    fs::rename(moved.file("outbox.db"), moved.file("outbox.ready")).unwrap();
    moved.open();
    assert_eq!(moved.drain(), 10);
}

#[test]
fn at_most_three_cases_lie_in_quarantine() {
    let mut stage = Stage::filled(3);
    for _ in 0..5 {
        stage.buffer = None;
        fs::write(stage.file("outbox.db"), vec![b'?'; 9_000]).unwrap();
        stage.clock.advance(1_000);
        stage.open();
    }
    assert_eq!(fs::read_dir(stage.file("quarantine")).unwrap().count(), 3);
}

#[test]
fn a_list_says_what_is_damaged_and_lays_it_aside() {
    let mut stage = Stage::filled(20);
    let body = bytes_of(&stage.file("outbox.db")).windows(8).position(|part| part == b"m00007 x").unwrap();
    stage.flip("outbox.db", body + 50, 1);
    stage.open();
    let page = stage.buffer().page(0, 10).unwrap();
    assert_eq!((page.messages.len(), page.damaged, page.next), (9, 1, Some(10)));
    assert_eq!(stage.buffer().stats().dead, 1);
    assert_eq!(stage.notices(), ["message_damaged"]);
    let rest = stage.buffer().page(10, 10).unwrap();
    assert_eq!((rest.messages.len(), rest.damaged, rest.next), (10, 0, Some(20)));
    let end = stage.buffer().page(20, 10).unwrap();
    assert_eq!((end.messages.len(), end.damaged, end.next), (0, 0, None));
    stage.books_balance();
}

#[test]
fn verify_finds_what_nobody_has_read_yet() {
    let mut stage = Stage::filled(20);
    let body = bytes_of(&stage.file("outbox.db")).windows(8).position(|part| part == b"m00007 x").unwrap();
    stage.flip("outbox.db", body + 50, 0);
    stage.open();
    let checked = stage.buffer().verify_step(0).unwrap();
    assert_eq!((checked.messages, checked.damaged, checked.next), (20, 1, None));
    stage.buffer().verify_structure().unwrap();
    assert_eq!(stage.notices(), ["message_damaged"]);
}

#[test]
#[cfg(unix)]
fn files_are_for_their_owner_alone() {
    use std::os::unix::fs::PermissionsExt;
    let mut stage = Stage::with(|options| options.disk.ballast_bytes = 4_096);
    stage.add(&["a"]);
    let mode = |path: std::path::PathBuf| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(stage.path()), 0o700);
    for file in ["outbox.db", "outbox.db-wal", "LOCK", "ballast.bin"] {
        assert_eq!(mode(stage.file(file)), 0o600, "{file}");
    }
}

#[test]
fn a_large_backlog_is_checked_bit_by_bit_after_a_crash() {
    let mut stage = Stage::new();
    let large: Vec<_> = names(40)
        .iter()
        .map(|name| NewMessage::binary(vec![7_u8; 300_000]).with_id(name.parse().unwrap()))
        .collect();
    stage.append(large).unwrap();
    stage.append(vec![named("last")]).unwrap();
    stage.crash();
    let report = stage.open();
    assert_eq!(report.queued, 41);
    assert!(stage.buffer().rest() < std::time::Duration::from_millis(50), "there is something to do");
    stage.buffer().tick();
    stage.buffer().tick();
    assert!(stage.buffer().rest() > std::time::Duration::from_millis(50), "checked");
    assert_eq!(stage.notices(), [""; 0]);
}
