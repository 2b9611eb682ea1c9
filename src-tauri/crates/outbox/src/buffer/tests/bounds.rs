//! At the bounds, with each policy.

use std::time::Duration;

use super::{ALL, Stage, named, names};
use crate::{
    buffer::LeaseLimit,
    error::{AppendError, Bound},
    message::{Fate, NewMessage, Priority},
    options::{OutboxOptions, OverflowPolicy},
    stats::Watermark,
};

fn three(policy: OverflowPolicy) -> impl FnOnce(&mut OutboxOptions) {
    move |options| {
        options.bounds.max_messages = 3;
        options.overflow = policy;
    }
}

#[test]
fn reject_refuses_the_whole_batch_and_keeps_what_waits() {
    let mut stage = Stage::with(three(OverflowPolicy::Reject));
    stage.add(&["a", "b"]);
    assert_eq!(stage.append(vec![named("c"), named("d")]), Err(AppendError::Full(Bound::Messages)));
    stage.add(&["c"]);
    assert_eq!(stage.append(vec![named("d")]), Err(AppendError::Full(Bound::Messages)));
    assert_eq!(stage.add(&["a"])[0].fate, Fate::Duplicate, "a repetition needs no room");
    assert_eq!(stage.waiting(), ["a", "b", "c"]);
    assert_eq!(stage.notices(), ["overflow"], "one notice an episode");
    stage.books_balance();
}

#[test]
fn bytes_are_bounded_and_large_messages_are_refused_by_name() {
    let mut stage = Stage::with(|options| {
        options.bounds.max_bytes = 10;
        options.bounds.max_message_bytes = 8;
    });
    let nine = NewMessage::text("123456789");
    assert_eq!(stage.append(vec![nine]), Err(AppendError::TooLarge { bytes: 9, max: 8 }));
    stage.add(&["12345678"]);
    assert_eq!(stage.append(vec![named("abc")]), Err(AppendError::Full(Bound::Bytes)));
    stage.add(&["ab"]);
    stage.books_balance();
}

#[test]
fn drop_oldest_makes_room_but_never_of_what_is_in_flight() {
    let mut stage = Stage::with(three(OverflowPolicy::DropOldest));
    stage.add(&["a", "b", "c"]);
    stage.buffer().lease(LeaseLimit { messages: 1, ..ALL }).unwrap();
    stage.add(&["d"]);
    assert_eq!(stage.waiting(), ["a", "c", "d"]);
    let refused = stage.append(["e", "f", "g"].map(named).to_vec());
    assert_eq!(refused, Err(AppendError::Full(Bound::Messages)), "nothing is dropped in vain");
    assert_eq!(stage.waiting(), ["a", "c", "d"]);
    assert_eq!(stage.buffer().tally().dropped_oldest, 1);
    stage.books_balance();
}

#[test]
fn drop_oldest_takes_the_least_important_first() {
    let mut stage = Stage::with(three(OverflowPolicy::DropOldest));
    for (id, priority) in [("urgent", 0), ("patient", 7), ("normal", 4)] {
        stage.append(vec![NewMessage { priority: Priority::new(priority).unwrap(), ..named(id) }]).unwrap();
    }
    stage.add(&["x"]);
    assert_eq!(stage.waiting(), ["urgent", "normal", "x"]);
    stage.add(&["y"]);
    assert_eq!(stage.waiting(), ["urgent", "x", "y"]);
}

#[test]
fn drop_newest_takes_what_fits_and_says_what_became_of_the_rest() {
    let mut stage = Stage::with(three(OverflowPolicy::DropNewest));
    let fates: Vec<_> = stage.add(&["a", "b", "c", "d"]).iter().map(|accepted| accepted.fate).collect();
    assert_eq!(fates[3], Fate::Dropped);
    assert!(fates[..3].iter().all(|fate| matches!(fate, Fate::Stored(_))));
    assert_eq!(stage.buffer().tally().dropped_newest, 1);
    stage.books_balance();
}

#[test]
fn coalesce_replaces_in_place_and_leaves_what_is_in_flight_alone() {
    let keyed = |id: &str, key: &'static str| NewMessage { key: Some(key.into()), ..named(id) };
    let mut stage = Stage::with(three(OverflowPolicy::Coalesce));
    stage.append(vec![keyed("a1", "a"), named("b"), keyed("c1", "c")]).unwrap();
    let replaced = stage.append(vec![keyed("c2", "c"), keyed("a2", "a")]).unwrap();
    assert_eq!(replaced.iter().map(|accepted| accepted.seq).collect::<Vec<_>>(), [3, 1]);
    assert_eq!(stage.waiting(), ["a2", "b", "c2"]);
    stage.buffer().lease(LeaseLimit { messages: 1, ..ALL }).unwrap();
    assert_eq!(stage.append(vec![keyed("a3", "a")]), Err(AppendError::Full(Bound::Messages)));
    stage.confirm(&["a2"]);
    stage.append(vec![keyed("a4", "a")]).unwrap();
    assert_eq!(stage.waiting(), ["b", "c2", "a4"]);
    assert_eq!(stage.buffer().tally().coalesced, 2);
    stage.books_balance();
}

#[test]
fn a_key_in_flight_lets_its_successor_wait_beside_it() {
    let keyed = |id: &str| NewMessage { key: Some("k".into()), ..named(id) };
    let mut stage = Stage::with(|options| options.overflow = OverflowPolicy::Coalesce);
    stage.append(vec![keyed("one")]).unwrap();
    stage.leased();
    stage.append(vec![keyed("two")]).unwrap();
    stage.append(vec![keyed("three")]).unwrap();
    assert_eq!(stage.waiting(), ["one", "three"]);
    stage.buffer().session_lost(crate::Loss::Plain);
    assert_eq!(stage.leased(), ["one", "three"], "the checksum of the first was made anew");
    stage.books_balance();
}

#[test]
fn the_age_of_a_buffer_is_bounded() {
    let mut stage = Stage::with(|options| options.bounds.max_age = Duration::from_secs(60));
    stage.add(&["old"]);
    stage.clock.advance(59_000);
    stage.add(&["young"]);
    stage.clock.advance(1_000);
    assert_eq!(stage.buffer().expire().unwrap(), 1);
    assert_eq!(stage.waiting(), ["young"]);
    stage.books_balance();
}

#[test]
fn expiry_takes_at_most_a_tenth_at_once() {
    let mut stage = Stage::with(|options| options.bounds.max_age = Duration::from_secs(60));
    let messages = names(5_000).iter().map(|name| named(name)).collect();
    stage.append(messages).unwrap();
    stage.clock.advance(61_000);
    assert_eq!(stage.buffer().expire().unwrap(), 500);
    assert_eq!(stage.buffer().expire().unwrap(), 450);
}

#[test]
fn watermarks_and_overflow_are_told_and_end() {
    let mut stage = Stage::with(three(OverflowPolicy::Reject));
    stage.add(&["a", "b", "c"]);
    assert_eq!(stage.buffer().stats().watermark, Watermark::Critical);
    stage.append(vec![named("d")]).unwrap_err();
    assert_eq!(stage.buffer().stats().info(0).state, model::BufferState::Full);
    stage.leased();
    stage.confirm(&["a", "b"]);
    stage.buffer().flush();
    let stats = stage.buffer().stats();
    assert_eq!((stats.watermark, stats.overflowing), (Watermark::Low, false));
    assert_eq!(stats.info(0).state, model::BufferState::Ok);
}

#[test]
fn memory_has_a_bound_of_its_own() {
    let mut stage = Stage::with(|options| {
        options.level = model::BufferLevel::Memory;
        options.bounds.max_memory_bytes = 4;
        options.overflow = OverflowPolicy::DropOldest;
    });
    stage.add(&["aa", "bb"]);
    stage.add(&["cc"]);
    assert_eq!(stage.waiting(), ["bb", "cc"]);
    assert_eq!(stage.append(vec![named("12345")]), Err(AppendError::Full(Bound::Memory)));
    stage.books_balance();
}

/// Many messages of one byte and then one that needs most of their room.
#[test]
fn room_for_a_large_message_is_made_in_steps_and_others_have_a_turn() {
    const TINY: usize = 20_000;
    let mut stage = Stage::with(|options| {
        options.bounds.max_bytes = TINY as u64;
        options.overflow = OverflowPolicy::DropOldest;
    });
    stage.append((0..TINY).map(|_| NewMessage::text("x")).collect()).unwrap();
    let out = stage.buffer().lease(LeaseLimit { messages: 2, ..ALL }).unwrap();
    let large = vec![NewMessage::text("x".repeat(TINY - 500))];
    let behind = vec![named("b")];
    let mut turns = 0;
    loop {
        let answers = stage.buffer().append(&[large.clone(), behind.clone()]);
        let tally = stage.buffer().tally();
        assert!(tally.balanced() && tally.dropped_oldest <= (turns + 1) * 9_000, "{turns}: {tally:?}");
        if let [Some(first), Some(second)] = &answers[..] {
            assert!(first.is_ok() && second.is_ok(), "{answers:?}");
            break;
        }
        assert_eq!(answers, [None, None], "nobody overtakes");
        turns += 1;
        let next = stage.buffer().lease(LeaseLimit { messages: 3, ..ALL }).unwrap();
        assert_eq!(next.len(), 1, "others have a turn");
        stage.buffer().release(&[next[0].id.clone()]);
    }
    assert!(turns >= 2, "{turns}");
    let tally = stage.buffer().tally();
    // Room for the large one and for the byte behind it, and not one more.
    assert_eq!((tally.dropped_oldest, tally.queued_bytes), (TINY as u64 - 500 + 1, TINY as u64));
    stage.confirm(&[&out[0].id.to_string(), &out[1].id.to_string()]);
    assert!(stage.buffer().flush());
    assert_eq!(stage.buffer().tally().delivered, 2, "what is in flight stays");
    stage.books_balance();
}
