//! Messages that share a statement: nobody can tell from those that were written one by one.

use bytes::Bytes;

use super::{Stage, named, names};
use crate::{
    message::{Accepted, Fate, NewMessage, Payload, Priority},
    options::OverflowPolicy,
};

fn all_of(batch: &[String]) -> Vec<NewMessage> {
    batch.iter().map(|name| named(name)).collect()
}

#[test]
fn any_number_of_them_comes_back_in_order_after_a_crash() {
    for count in [1, 7, 8, 9, 63, 64, 65, 71, 72, 200] {
        let mut stage = Stage::new();
        let names = names(count);
        let accepted = stage.append(all_of(&names)).unwrap();
        let places: Vec<u64> = accepted.iter().map(|accepted| accepted.seq).collect();
        assert_eq!(places, (1..=count as u64).collect::<Vec<_>>());
        stage.crash();
        stage.open();
        assert_eq!(stage.waiting(), names, "{count}");
        stage.books_balance();
    }
}

#[test]
fn those_with_something_special_keep_it_and_their_place() {
    let mut stage = Stage::with(|options| options.overflow = OverflowPolicy::Coalesce);
    let plain = |number: usize| NewMessage::text(format!("{number}"));
    let mut batch: Vec<NewMessage> = (0..40).map(plain).collect();
    batch[9] = NewMessage { headers: Some(Bytes::from_static(b"h")), ..plain(9) };
    batch[17] = NewMessage { priority: Priority::new(7).unwrap(), ..plain(17) };
    batch[23] = NewMessage { key: Some(Bytes::from_static(b"k")), ..plain(23) };
    batch[30] = NewMessage::binary(vec![0xff; 5_000]);
    stage.append(batch).unwrap();
    // The same key again, in the middle of others: the place of the one that waits.
    let again = NewMessage { key: Some(Bytes::from_static(b"k")), ..plain(99) };
    let accepted =
        stage.append((0..20).map(plain).chain([again]).chain((0..20).map(plain)).collect()).unwrap();
    assert_eq!(accepted[20].seq, 24);
    stage.crash();
    stage.open();
    let found = stage.buffer().page(0, 1_000).unwrap().messages;
    let body = |place: usize| match &found[place].payload {
        Payload::Text(text) => text.clone(),
        Payload::Binary(bytes) => bytes.len().to_string(),
    };
    assert_eq!([9, 10, 17, 23, 30, 39, 40].map(body), ["9", "10", "17", "99", "5000", "39", "0"]);
    assert_eq!((found[9].headers.as_deref(), found[17].priority.get()), (Some(&b"h"[..]), 7));
    assert_eq!(stage.buffer().tally().coalesced, 1);
    stage.books_balance();
}

#[test]
fn an_id_that_comes_again_in_the_same_commit_is_met() {
    let mut stage = Stage::new();
    let names = names(30);
    let (first, second) = names.split_at(20);
    let twice = [&first[15..], second].concat();
    let answers = stage.append_all(&[all_of(first), all_of(&twice), all_of(&names)]);
    let fates = |answer: usize| answers[answer].as_ref().unwrap().iter().map(|one: &Accepted| one.fate);
    assert_eq!(fates(1).filter(|fate| *fate == Fate::Duplicate).count(), 5);
    assert!(fates(2).all(|fate| fate == Fate::Duplicate));
    assert_eq!(answers[2].as_ref().unwrap()[29].seq, 30);
    assert_eq!(stage.waiting(), names);
    assert_eq!(stage.buffer().tally().duplicates, 35);
    stage.books_balance();
}

#[test]
fn room_is_made_of_those_that_came_in_the_same_commit() {
    let mut stage = Stage::with(|options| {
        options.bounds.max_messages = 30;
        options.overflow = OverflowPolicy::DropOldest;
    });
    let names = names(50);
    let batches: Vec<_> = names.chunks(10).map(all_of).collect();
    assert!(stage.append_all(&batches).iter().all(Result::is_ok));
    assert_eq!(stage.waiting(), names[20..]);
    // What was dropped is not known any more.
    let answers = stage.append_all(&[all_of(&names[..5]), all_of(&names[20..25])]);
    assert!(answers.iter().flatten().flatten().all(|one| matches!(one.fate, Fate::Stored(_))), "{answers:?}");
    assert_eq!(stage.buffer().tally().dropped_oldest, 30);
    stage.books_balance();
}
