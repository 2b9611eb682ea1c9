//! Disks that fail, staged at the commit: the same on every system. `tests/shim` stages the real thing on Linux.

use std::fs;

use model::BufferLevel;

use super::{Stage, named};
use crate::{
    error::{AppendError, FaultKind},
    message::Fate,
    options::DiskRefusal,
    stats::Footing,
};

impl Stage {
    fn stage_faults(&mut self, kinds: &[FaultKind]) {
        self.buffer().disk.as_mut().unwrap().staged.extend(kinds);
    }

    fn later(&mut self, ms: i64) {
        self.clock.advance(ms);
        self.buffer().tick();
    }
}

#[test]
fn a_failed_flush_moves_the_buffer_to_a_new_file() {
    let mut stage = Stage::new();
    stage.add(&["a", "b"]);
    stage.leased();
    stage.confirm(&["a"]);
    stage.stage_faults(&[FaultKind::Io]);
    let accepted = stage.add(&["c"]);
    assert_eq!(accepted[0].fate, Fate::Stored(BufferLevel::Power), "in the new file");
    assert_eq!(stage.notices(), ["replaced"]);
    assert_eq!(stage.buffer().footing, Footing::Disk);
    assert_eq!(fs::read_dir(stage.file("quarantine")).unwrap().count(), 1);
    assert_eq!(stage.waiting(), ["b", "c"]);
    stage.books_balance();
    stage.crash();
    stage.open();
    assert_eq!(stage.leased(), ["b", "c"]);
}

#[test]
fn what_a_crash_left_of_a_question_for_room_goes_at_the_next_start() {
    let mut stage = Stage::new();
    stage.crash();
    fs::write(stage.file("probe"), [1; 8_192]).unwrap();
    stage.open();
    assert!(!stage.file("probe").exists());
}

#[test]
fn a_full_disk_refuses_and_lets_messages_leave() {
    let mut stage = Stage::with(|options| options.disk.ballast_bytes = 8_192);
    stage.add(&["a", "b"]);
    stage.leased();
    stage.stage_faults(&[FaultKind::Full]);
    assert_eq!(stage.append(vec![named("c")]), Err(AppendError::DiskFull));
    assert!(!stage.file("ballast.bin").exists(), "given back");
    assert_eq!(stage.buffer().stats().info(0).state, model::BufferState::Full);
    stage.confirm(&["a"]);
    assert!(stage.buffer().flush());
    assert_eq!(stage.append(vec![named("c")]), Err(AppendError::DiskFull), "not before it was asked again");
    stage.later(5_000);
    assert!(stage.file("ballast.bin").exists());
    stage.add(&["c"]);
    assert_eq!(stage.notices(), ["disk_full", "disk_back"]);
    stage.books_balance();
}

#[test]
fn a_confirmation_survives_a_disk_that_cannot_delete() {
    let mut stage = Stage::new();
    stage.add(&["a", "b"]);
    stage.leased();
    stage.stage_faults(&[FaultKind::Full; 3]);
    stage.confirm(&["a"]);
    assert!(!stage.buffer().flush(), "kept in memory");
    stage.buffer().session_lost(crate::Loss::Plain);
    assert_eq!(stage.leased(), ["b"], "and not sent again");
    assert_eq!(stage.add_fate("a"), Fate::Delivered);
    assert!(stage.buffer().flush());
    stage.books_balance();
}

impl Stage {
    fn add_fate(&mut self, id: &str) -> Fate {
        self.append(vec![named(id)]).unwrap()[0].fate
    }
}

#[test]
fn a_file_at_its_size_refuses_without_alarm_about_the_disk() {
    let mut stage = Stage::with(|options| {
        // The bound on bytes does not see keys of senders; the bound on the file does.
        options.bounds.max_bytes = 1 << 40;
        options.bounds.max_message_bytes = 1 << 30;
    });
    let pages = stage.buffer().disk.as_ref().unwrap().pages().unwrap().0;
    stage.buffer().disk.as_mut().unwrap().limit_pages(pages + 200);
    let big = || crate::NewMessage::binary(vec![1_u8; 400_000]);
    stage.append(vec![big()]).unwrap();
    let refused = stage.append(vec![big(), big()]);
    assert_eq!(refused, Err(AppendError::Full(crate::Bound::File)));
    assert_eq!(stage.buffer().footing, Footing::Disk);
    let id = stage.lease()[0].id.clone();
    stage.buffer().confirm(&[id]);
    assert!(stage.buffer().flush());
    stage.append(vec![big()]).unwrap();
    stage.books_balance();
}

#[test]
fn while_the_disk_refuses_messages_stay_in_memory_and_move_later() {
    let mut stage = Stage::new();
    stage.add(&["a", "b"]);
    stage.leased();
    stage.stage_faults(&[FaultKind::ReadOnly]);
    let accepted = stage.add(&["c"]);
    assert_eq!(accepted[0].fate, Fate::Stored(BufferLevel::Memory), "the answer does not promise more");
    let stats = stage.buffer().stats();
    assert_eq!((stats.footing, stats.level, stats.in_memory), (Footing::Memory, BufferLevel::Memory, 1));
    stage.confirm(&["a"]);
    stage.buffer().session_lost(crate::Loss::Plain);
    assert_eq!(stage.leased(), ["b", "c"], "the backlog can be read, order holds");
    stage.later(5_000);
    let stats = stage.buffer().stats();
    assert_eq!((stats.footing, stats.in_memory), (Footing::Disk, 0));
    stage.buffer().flush();
    stage.books_balance();
    stage.crash();
    stage.open();
    assert_eq!(stage.waiting(), ["b", "c"], "c is safe now, and behind b");
}

#[test]
fn while_the_disk_refuses_what_was_delivered_makes_room_for_what_comes() {
    let mut stage = Stage::with(|options| options.bounds.max_memory_bytes = 2);
    stage.stage_faults(&[FaultKind::ReadOnly]);
    for id in ["1", "2", "3", "4", "5"] {
        assert_eq!(stage.add_fate(id), Fate::Stored(BufferLevel::Memory));
        assert_eq!(stage.leased(), [id]);
        stage.confirm(&[id]);
    }
    let stats = stage.buffer().stats();
    assert_eq!((stats.footing, stats.in_memory, stats.unsettled), (Footing::Memory, 0, 0));
    assert_eq!(stage.add_fate("3"), Fate::Delivered, "and is remembered");
    stage.books_balance();
}

#[test]
fn while_the_disk_refuses_what_is_in_memory_grows_old() {
    let mut stage = Stage::with(|options| {
        options.bounds.max_age = std::time::Duration::from_secs(60);
        options.disk.recheck = std::time::Duration::from_secs(3_600);
    });
    stage.stage_faults(&[FaultKind::ReadOnly]);
    stage.add(&["a", "b"]);
    stage.later(60_000);
    let stats = stage.buffer().stats();
    assert_eq!((stats.footing, stats.in_memory, stats.tally.expired), (Footing::Memory, 0, 2));
}

#[test]
fn a_buffer_may_rather_refuse_than_keep_in_memory() {
    let mut stage = Stage::with(|options| options.disk.refusal = DiskRefusal::Refuse);
    stage.stage_faults(&[FaultKind::ReadOnly]);
    assert!(matches!(stage.append(vec![named("a")]), Err(AppendError::DiskRefuses(_))));
    stage.later(5_000);
    stage.add(&["a"]);
}

#[test]
fn a_mistake_of_ours_is_answered_and_changes_nothing() {
    let mut stage = Stage::new();
    stage.stage_faults(&[FaultKind::Other]);
    assert!(matches!(stage.append(vec![named("a")]), Err(AppendError::Failed(_))));
    assert_eq!(stage.buffer().tally().accepted, 0);
    stage.add(&["a"]);
    stage.books_balance();
}

#[test]
fn a_folder_that_cannot_be_made_leaves_a_buffer_in_memory() {
    let mut stage = Stage::new();
    stage.crash();
    fs::remove_dir_all(stage.path()).unwrap();
    // A file where the folder should be: fails for every user, root included.
    fs::write(stage.path(), b"").unwrap();
    let report = stage.open();
    assert_eq!(report.footing, Footing::Memory);
    assert_eq!(stage.add_fate("a"), Fate::Stored(BufferLevel::Memory));
    assert_eq!(stage.notices(), ["disk_refuses"]);
    fs::remove_file(stage.path()).unwrap();
    stage.later(5_000);
    assert_eq!(stage.notices(), ["disk_refuses", "disk_back"]);
    stage.crash();
    stage.open();
    assert_eq!(stage.leased(), ["a"]);
    stage.books_balance();
}

#[test]
fn a_backlog_that_cannot_be_read_at_opening_comes_first_when_it_can() {
    let mut stage = Stage::new();
    stage.add(&["a", "b"]);
    stage.crash();
    let hidden = stage.folder.path().join("hidden");
    fs::rename(stage.path(), &hidden).unwrap();
    fs::write(stage.path(), b"").unwrap();
    stage.open();
    stage.add(&["c", "d", "e"]);
    assert_eq!(stage.leased(), ["c", "d", "e"]);
    stage.confirm(&["c"]);
    fs::remove_file(stage.path()).unwrap();
    fs::rename(&hidden, stage.path()).unwrap();
    stage.later(5_000);
    assert_eq!(stage.notices(), ["disk_refuses", "disk_back"]);
    stage.buffer().flush();
    assert_eq!(stage.leased(), ["a", "b"], "the others are in flight");
    stage.buffer().session_lost(crate::Loss::Plain);
    assert_eq!(stage.leased(), ["a", "b", "d", "e"]);
    stage.books_balance();
    stage.crash();
    stage.open();
    assert_eq!(stage.waiting(), ["a", "b", "d", "e"]);
    assert!(stage.add(&["f"])[0].seq > 1 << 42, "behind all of them");
}

#[test]
#[cfg(unix)]
fn a_file_that_is_deleted_or_replaced_is_written_anew() {
    let mut stage = Stage::new();
    stage.add(&["a", "b"]);
    stage.leased();
    fs::remove_file(stage.file("outbox.db")).unwrap();
    stage.later(5_000);
    assert_eq!(stage.notices(), ["replaced"]);
    stage.add(&["c"]);
    fs::rename(stage.file("outbox.db"), stage.file("moved")).unwrap();
    fs::write(stage.file("outbox.db"), b"somebody else's").unwrap();
    stage.later(5_000);
    stage.confirm(&["a"]);
    stage.buffer().flush();
    stage.crash();
    stage.open();
    assert_eq!(stage.leased(), ["b", "c"]);
    stage.books_balance();
}

#[test]
#[cfg(unix)]
fn a_deleted_folder_is_made_again() {
    let mut stage = Stage::new();
    stage.add(&["a"]);
    fs::remove_dir_all(stage.path()).unwrap();
    stage.later(5_000);
    stage.add(&["b"]);
    stage.crash();
    stage.open();
    assert_eq!(stage.leased(), ["a", "b"]);
}

#[test]
fn nothing_is_taken_when_the_disk_is_nearly_full() {
    let mut stage = Stage::new();
    stage.add(&["a"]);
    let free = stage.buffer().stats().disk_free.unwrap();
    stage.buffer().options.disk.min_free_bytes = free * 2;
    stage.buffer().options.disk.max_free_percent = 1_000;
    stage.later(5_000);
    assert_eq!(stage.append(vec![named("b")]), Err(AppendError::DiskFull));
    let light = crate::NewMessage { level: Some(BufferLevel::Memory), ..named("light") };
    stage.append(vec![light]).unwrap();
    assert_eq!(stage.leased(), ["a", "light"]);
    stage.buffer().options.disk.min_free_bytes = 0;
    stage.later(5_000);
    stage.add(&["b"]);
    stage.books_balance();
}

#[test]
fn what_expired_on_a_disk_that_refuses_does_not_hold_up_what_lies_behind_it() {
    let mut stage = Stage::new();
    let brief = |id: &str| crate::NewMessage { ttl: Some(std::time::Duration::from_secs(1)), ..named(id) };
    stage.append(vec![brief("x"), brief("y"), brief("z"), named("a"), named("b")]).unwrap();
    stage.stage_faults(&[FaultKind::ReadOnly]);
    stage.add(&["c"]);
    assert_eq!(stage.buffer().footing, Footing::Memory);
    stage.clock.advance(1_000);
    let two = crate::LeaseLimit { messages: 2, bytes: u64::MAX };
    let out = stage.buffer().lease(two).unwrap();
    assert_eq!(out.iter().map(|queued| queued.id.to_string()).collect::<Vec<_>>(), ["a", "b"]);
    stage.later(5_000);
    assert_eq!((stage.buffer().footing, stage.leased()), (Footing::Disk, vec!["c".to_owned()]));
    stage.books_balance();
}
