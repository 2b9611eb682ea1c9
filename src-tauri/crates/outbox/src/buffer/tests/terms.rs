//! Bounds, policies and promises that change while messages wait.

use std::time::Duration;

use model::BufferLevel;

use super::{Stage, named};
use crate::{
    error::{AppendError, Bound, FaultKind},
    message::Fate,
    options::{OverflowPolicy, Terms},
    stats::Footing,
};

impl Stage {
    /// Changes the terms of the open buffer; a restart keeps them.
    fn change(&mut self, change: impl FnOnce(&mut Terms)) {
        let options = &mut self.options;
        let mut terms = Terms { level: options.level, overflow: options.overflow, bounds: options.bounds };
        change(&mut terms);
        (options.level, options.overflow, options.bounds) = (terms.level, terms.overflow, terms.bounds);
        self.buffer().change_terms(terms);
    }

    fn fates(&mut self, texts: &[&str]) -> Vec<Fate> {
        self.add(texts).iter().map(|accepted| accepted.fate).collect()
    }
}

#[test]
fn a_smaller_bound_drops_nothing_and_refuses_until_enough_has_left() {
    let mut stage = Stage::new();
    stage.add(&["a", "b", "c"]);
    stage.leased();
    stage.change(|terms| terms.bounds.max_messages = 2);
    assert_eq!(stage.append(vec![named("d")]), Err(AppendError::Full(Bound::Messages)));
    stage.confirm(&["a", "b"]);
    stage.add(&["d"]);
    stage.change(|terms| terms.overflow = OverflowPolicy::DropOldest);
    stage.buffer().session_lost(crate::Loss::Plain);
    stage.add(&["e"]);
    assert_eq!(stage.waiting(), ["d", "e"]);
    stage.change(|terms| terms.bounds.max_messages = 4);
    stage.add(&["f", "g"]);
    stage.change(|terms| terms.bounds.max_age = Duration::from_secs(1));
    stage.clock.advance(1_000);
    assert_eq!(stage.buffer().expire().unwrap(), 4);
    stage.books_balance();
}

#[test]
fn a_larger_bound_lets_the_open_file_grow() {
    let mut stage = Stage::with(|options| {
        options.bounds.max_bytes = 1 << 20;
        options.bounds.max_messages = 1;
        options.bounds.max_message_bytes = 1 << 30;
    });
    let large = || vec![crate::NewMessage::binary(vec![1_u8; 24 << 20])];
    assert_eq!(stage.append(large()), Err(AppendError::Full(Bound::Bytes)));
    stage.change(|terms| terms.bounds.max_bytes = 64 << 20);
    stage.append(large()).unwrap();
    stage.books_balance();
}

#[test]
fn what_is_in_memory_moves_to_the_disk_when_more_is_promised() {
    let mut stage = Stage::with(|options| options.level = BufferLevel::Memory);
    assert_eq!(stage.fates(&["a", "b", "c", "d"]), [Fate::Stored(BufferLevel::Memory); 4]);
    stage.buffer().lease(crate::LeaseLimit { messages: 2, ..super::ALL }).unwrap();
    stage.confirm(&["a"]);
    stage.change(|terms| terms.level = BufferLevel::Power);
    assert_eq!(stage.fates(&["e"]), [Fate::Stored(BufferLevel::Power)]);
    assert_eq!(stage.buffer().stats().in_memory, 0);
    assert_eq!(stage.leased(), ["c", "d", "e"], "b is in flight");
    stage.books_balance();
    stage.crash();
    stage.open();
    let out = stage.lease();
    let again: Vec<_> = out.iter().map(|queued| (queued.id.to_string(), queued.redelivered)).collect();
    let expected = ["b", "c", "d", "e"].map(|id| (id.to_owned(), true));
    assert_eq!(again, expected);
}

#[test]
fn what_is_on_disk_stays_there_when_less_is_promised() {
    let mut stage = Stage::new();
    stage.add(&["a", "b"]);
    stage.change(|terms| terms.level = BufferLevel::Memory);
    assert_eq!(stage.fates(&["c"]), [Fate::Stored(BufferLevel::Memory)]);
    assert_eq!(stage.leased(), ["a", "b", "c"]);
    stage.confirm(&["a", "b", "c"]);
    assert!(stage.buffer().flush());
    stage.books_balance();
}

#[test]
fn a_disk_that_refuses_the_move_gets_what_was_in_memory_when_it_is_back() {
    for fault in [FaultKind::ReadOnly, FaultKind::Full] {
        let mut stage = Stage::with(|options| options.level = BufferLevel::Memory);
        stage.add(&["a", "b"]);
        stage.buffer().disk.as_mut().unwrap().staged.push_back(fault);
        stage.change(|terms| terms.level = BufferLevel::Power);
        let stats = stage.buffer().stats();
        assert!(stats.footing != Footing::Disk && stats.in_memory == 2, "{stats:?}");
        assert_eq!(stage.leased(), ["a", "b"], "they are sent meanwhile");
        stage.clock.advance(5_000);
        stage.buffer().tick();
        assert_eq!(stage.buffer().stats().in_memory, 0);
        stage.crash();
        stage.open();
        assert_eq!(stage.waiting(), ["a", "b"]);
        stage.books_balance();
    }
}
