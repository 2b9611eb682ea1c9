//! In, out, and in which order.

use std::time::Duration;

use model::BufferLevel;

use super::{ALL, NOW, Stage, named};
use crate::{
    buffer::Buffer,
    buffer::{LeaseLimit, Loss},
    error::OpenError,
    message::{Fate, NewMessage, Payload, Priority},
    options::{OutboxOptions, OverflowPolicy, SharedBound},
};

#[test]
fn messages_leave_in_the_order_they_came_and_as_they_were() {
    let mut stage = Stage::new();
    let mut binary = NewMessage::binary(vec![0_u8, 255, 7]);
    binary.headers = Some(bytes::Bytes::from_static(b"content-type: x"));
    let binary_id = stage.append(vec![binary]).unwrap()[0].id.clone();
    stage.add(&["a", "b"]);
    let out = stage.lease();
    assert_eq!(out.iter().map(|queued| queued.seq).collect::<Vec<_>>(), [1, 2, 3]);
    assert_eq!(out[0].id, binary_id);
    assert_eq!(out[0].payload, Payload::Binary(vec![0_u8, 255, 7].into()));
    assert_eq!(out[0].headers.as_deref(), Some(b"content-type: x".as_slice()));
    assert_eq!(out[1].payload, Payload::Text("a".into()));
    assert_eq!(out[1].enqueued_ms, NOW);
    assert!(out.iter().all(|queued| !queued.redelivered && queued.attempts == 0));
    assert_eq!(stage.leased(), [""; 0], "what is in flight is not handed out twice");
}

#[test]
fn the_window_bounds_what_is_in_flight() {
    let mut stage = Stage::new();
    stage.add(&["a", "b", "c", "d"]);
    let two = LeaseLimit { messages: 2, bytes: u64::MAX };
    assert_eq!(stage.buffer().lease(two).unwrap().len(), 2);
    assert_eq!(stage.buffer().lease(two).unwrap().len(), 0);
    stage.confirm(&["a"]);
    assert_eq!(stage.buffer().lease(two).unwrap()[0].id.to_string(), "c");
    let narrow = LeaseLimit { messages: 9, bytes: 1 };
    assert_eq!(stage.buffer().lease(narrow).unwrap().len(), 0);
    stage.confirm(&["b", "c"]);
    assert_eq!(stage.buffer().lease(narrow).unwrap().len(), 1, "one message always fits");
}

#[test]
fn a_lost_session_puts_everything_back_to_the_head() {
    let mut stage = Stage::new();
    stage.add(&["a", "b", "c"]);
    assert_eq!(stage.leased(), ["a", "b", "c"]);
    stage.add(&["d"]);
    stage.confirm(&["b"]);
    assert_eq!(stage.buffer().session_lost(Loss::Plain), 2);
    let again = stage.lease();
    let seen: Vec<_> = again.iter().map(|queued| (queued.id.to_string(), queued.redelivered)).collect();
    assert_eq!(seen, [("a".into(), true), ("c".into(), true), ("d".into(), false)]);
    stage.books_balance();
}

#[test]
fn what_was_handed_out_and_not_sent_is_no_repetition() {
    let mut stage = Stage::new();
    stage.add(&["a", "b"]);
    let ids: Vec<_> = stage.lease().into_iter().map(|queued| queued.id).collect();
    assert_eq!(stage.buffer().release(&ids), 2);
    let again = stage.lease();
    assert!(again.iter().all(|queued| !queued.redelivered), "{again:?}");
    stage.buffer().session_lost(Loss::Plain);
    stage.lease();
    stage.buffer().release(&ids);
    let sent_once = stage.lease();
    assert!(
        sent_once.iter().all(|queued| queued.redelivered),
        "that it was not sent the second time: {sent_once:?}"
    );
}

#[test]
fn important_messages_go_first_and_order_holds_within_a_priority() {
    let mut stage = Stage::new();
    for (id, priority) in [("a", 4), ("b", 7), ("c", 0), ("d", 4), ("e", 7), ("f", 3), ("g", 0)] {
        let message = NewMessage { priority: Priority::new(priority).unwrap(), ..named(id) };
        stage.append(vec![message]).unwrap();
    }
    assert_eq!(stage.leased(), ["c", "g", "f", "a", "d", "b", "e"]);
}

#[test]
fn a_repeated_id_is_answered_and_not_stored_again() {
    let mut stage = Stage::new();
    let first = stage.add(&["a"]);
    assert_eq!(first[0].fate, Fate::Stored(BufferLevel::Power));
    let again = stage.add(&["a", "b", "b"]);
    assert_eq!((again[0].seq, again[0].fate), (1, Fate::Duplicate));
    assert_eq!((again[2].seq, again[2].fate), (again[1].seq, Fate::Duplicate));
    stage.leased();
    stage.confirm(&["a"]);
    assert_eq!(stage.add(&["a"])[0].fate, Fate::Delivered, "confirmed and not yet written");
    assert!(stage.buffer().flush());
    assert_eq!(stage.add(&["a"])[0].fate, Fate::Delivered);
    stage.restart();
    assert_eq!(stage.add(&["a"])[0].fate, Fate::Delivered);
    stage.clock.advance(25 * 3_600_000);
    assert!(!stage.add(&["a"])[0].duplicate(), "not remembered for ever");
    assert_eq!(stage.buffer().tally().duplicates, 5);
    stage.books_balance();
}

#[test]
fn confirmations_may_come_late_twice_or_for_nothing() {
    let mut stage = Stage::new();
    stage.add(&["a", "b", "c"]);
    stage.leased();
    stage.buffer().session_lost(Loss::Plain);
    let ids = ["c", "c", "nobody"].map(|id| id.parse().unwrap());
    let confirmed = stage.buffer().confirm(&ids);
    assert_eq!((confirmed.delivered, confirmed.repeated), (1, 1));
    assert_eq!(confirmed.unknown, [ids[2].clone()]);
    stage.buffer().flush();
    assert_eq!(stage.buffer().confirm(&ids[..1]).repeated, 1);
    assert_eq!(stage.leased(), ["a", "b"]);
    assert_eq!(stage.buffer().tally().delivered, 1);
    stage.books_balance();
}

#[test]
fn a_restart_keeps_order_books_and_places() {
    let mut stage = Stage::new();
    stage.add(&["a", "b", "c"]);
    stage.leased();
    stage.confirm(&["c"]);
    let report = stage.restart();
    assert!(report.clean && !report.new);
    assert_eq!(report.queued, 2);
    stage.add(&["d"]);
    let out = stage.lease();
    assert_eq!(out.iter().map(|queued| queued.seq).collect::<Vec<_>>(), [1, 2, 4]);
    let again: Vec<_> = out.iter().map(|queued| queued.redelivered).collect();
    assert_eq!(again, [true, true, false], "what was in flight may have arrived");
    assert_eq!(stage.buffer().tally().delivered, 1);
    stage.books_balance();
}

#[test]
fn a_crash_loses_nothing_that_was_accepted() {
    let mut stage = Stage::new();
    stage.add(&["a", "b"]);
    let message = NewMessage { level: Some(BufferLevel::Process), ..named("c") };
    stage.append(vec![message]).unwrap();
    stage.leased();
    stage.confirm(&["a"]);
    stage.crash();
    let report = stage.open();
    assert!(!report.clean);
    let out = stage.lease();
    assert_eq!(out.len(), 3, "the confirmation was not written yet: a repetition, not a loss");
    assert!(out.iter().all(|queued| queued.redelivered));
    stage.books_balance();
}

#[test]
fn a_place_is_never_given_out_twice() {
    let mut stage = Stage::new();
    stage.add(&["a", "b"]);
    stage.leased();
    stage.confirm(&["a", "b"]);
    stage.buffer().flush();
    stage.crash();
    stage.open();
    assert_eq!(stage.add(&["c"])[0].seq, 3);
}

#[test]
fn messages_in_memory_keep_their_place_among_the_others() {
    let mut stage = Stage::new();
    stage.add(&["a"]);
    let light = NewMessage { level: Some(BufferLevel::Memory), ..named("b") };
    assert_eq!(stage.append(vec![light]).unwrap()[0].fate, Fate::Stored(BufferLevel::Memory));
    stage.add(&["c"]);
    assert_eq!(stage.buffer().stats().in_memory, 1);
    assert_eq!(stage.leased(), ["a", "b", "c"]);
    stage.confirm(&["b", "c"]);
    stage.buffer().flush();
    stage.books_balance();
    let light = NewMessage { level: Some(BufferLevel::Memory), ..named("d") };
    stage.append(vec![light]).unwrap();
    assert_eq!(stage.buffer().close(), 1, "what was in memory is gone, and counted");
}

#[test]
fn a_folder_has_one_owner() {
    let mut stage = Stage::new();
    let refused = Buffer::open(&stage.path(), stage.options.clone());
    assert!(matches!(refused, Err(OpenError::Owned { pid: Some(pid), .. }) if pid == std::process::id()));
    stage.crash();
    stage.open();
}

#[test]
fn an_empty_file_becomes_small_again() {
    let mut stage = Stage::new();
    let large: Vec<_> = (0..6).map(|_| NewMessage::binary(vec![1_u8; 1 << 20])).collect();
    stage.append(large).unwrap();
    for _ in 0..3 {
        let ids: Vec<_> = stage.lease().into_iter().map(|queued| queued.id).collect();
        stage.buffer().confirm(&ids);
    }
    stage.buffer().worked();
    stage.clock.advance(1_000);
    stage.buffer().tick();
    stage.buffer().worked();
    stage.clock.advance(1_000);
    stage.buffer().tick();
    let stats = stage.buffer().stats();
    assert!(stats.file_bytes < 1 << 20, "{stats:?}");
}

#[test]
fn buffers_share_a_bound_and_give_it_back() {
    let shared = SharedBound::new(10);
    let with_bound = |options: &mut OutboxOptions| options.shared = Some(shared.clone());
    let mut one = Stage::with(with_bound);
    let mut two = Stage::with(with_bound);
    one.add(&["12345678"]);
    assert_eq!(shared.used(), 8);
    assert!(two.append(vec![named("345")]).is_err());
    two.add(&["45"]);
    one.restart();
    assert_eq!(shared.used(), 10);
    one.leased();
    one.confirm(&["12345678"]);
    one.buffer().flush();
    drop(one);
    assert_eq!(shared.used(), 2);
    two.add(&["6789"]);
}

#[test]
fn stats_say_what_the_status_board_shows() {
    let mut stage = Stage::new();
    stage.add(&["a", "bb"]);
    stage.clock.advance(5_000);
    stage.buffer().lease(LeaseLimit { messages: 1, ..ALL }).unwrap();
    let info = stage.buffer().stats().info(NOW + 5_000);
    assert_eq!((info.queued, info.bytes, info.oldest_ms, info.in_flight), (2, 3, Some(5_000), 1));
    assert_eq!(info.state, model::BufferState::Ok);
    stage.confirm(&["a"]);
    assert_eq!(stage.buffer().stats().info(NOW).queued, 1, "confirmed is not waiting any more");
}

#[test]
fn an_age_limit_of_its_own_is_kept() {
    let mut stage = Stage::new();
    let brief = NewMessage { ttl: Some(Duration::from_secs(2)), ..named("brief") };
    stage.append(vec![brief, named("long")]).unwrap();
    stage.clock.advance(1_000);
    assert_eq!(stage.buffer().expire().unwrap(), 0);
    stage.clock.advance(1_000);
    assert_eq!(stage.leased(), ["long"], "checked before sending as well");
    assert_eq!(stage.buffer().tally().expired, 1);
    stage.books_balance();
}

fn of_priority(priority: u8, message: NewMessage) -> NewMessage {
    NewMessage { priority: Priority::new(priority).unwrap(), ..message }
}

fn brief(id: &str) -> NewMessage {
    NewMessage { ttl: Some(Duration::from_secs(1)), ..named(id) }
}

#[test]
fn what_replaces_a_less_important_message_is_not_passed_over() {
    let keyed = |id: &str| NewMessage { key: Some("k".into()), ..named(id) };
    let mut stage = Stage::with(|options| options.overflow = OverflowPolicy::Coalesce);
    stage.append(vec![of_priority(6, keyed("patient")), named("a"), named("b")]).unwrap();
    let one = stage.buffer().lease(LeaseLimit { messages: 1, ..ALL }).unwrap();
    assert_eq!(one[0].id.to_string(), "a");
    stage.append(vec![keyed("now")]).unwrap();
    assert_eq!(stage.leased(), ["now", "b"], "in the place of the one it replaced");
}

#[test]
fn what_lies_in_memory_does_not_overtake_what_lies_behind_expired_or_large_messages_on_disk() {
    let light = |id: &str| NewMessage { level: Some(BufferLevel::Memory), ..named(id) };
    let two = LeaseLimit { messages: 2, ..ALL };
    let mut stage = Stage::new();
    stage.append(vec![brief("x"), brief("y"), named("a"), light("b")]).unwrap();
    stage.clock.advance(1_000);
    let out = stage.buffer().lease(two).unwrap();
    assert_eq!(out.iter().map(|queued| queued.id.to_string()).collect::<Vec<_>>(), ["a", "b"]);

    let mut stage = Stage::new();
    let megabyte = |id: &str| NewMessage { payload: Payload::Binary(vec![0; 1 << 20].into()), ..named(id) };
    stage.append(["a", "b", "c", "d"].map(megabyte).into()).unwrap();
    stage.append(vec![light("e")]).unwrap();
    let (first, second) = (stage.leased(), stage.leased());
    assert_eq!([first, second].concat(), ["a", "b", "c", "d", "e"]);
}

#[test]
fn what_is_less_important_does_not_overtake_what_lies_behind_expired_messages() {
    let mut stage = Stage::new();
    let urgent = [brief("x"), brief("y"), named("a")].map(|message| of_priority(1, message));
    stage.append(urgent.into()).unwrap();
    stage.append(vec![named("b")]).unwrap();
    stage.clock.advance(1_000);
    let out = stage.buffer().lease(LeaseLimit { messages: 2, ..ALL }).unwrap();
    assert_eq!(out.iter().map(|queued| queued.id.to_string()).collect::<Vec<_>>(), ["a", "b"]);
}

#[test]
fn whoever_asks_while_very_much_has_expired_is_told_to_ask_again() {
    let mut stage = Stage::new();
    stage.append((0..100).map(|number| brief(&number.to_string())).collect()).unwrap();
    stage.add(&["a"]);
    stage.clock.advance(1_000);
    let two = LeaseLimit { messages: 2, ..ALL };
    let mut times = 0;
    while stage.buffer().lease(two).unwrap().is_empty() {
        assert!(stage.buffer().is_worth_asking_again(), "or it would wait for the next message");
        times += 1;
    }
    assert!(times > 1 && !stage.buffer().is_worth_asking_again(), "{times}");
    assert_eq!(stage.buffer().tally().expired, 100);
}
