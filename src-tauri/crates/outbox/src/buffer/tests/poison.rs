//! Messages that kill sessions, and dead letters.

use super::Stage;
use crate::{Loss, MessageId, OutboxError, PoisonPolicy, message::DeathCause};

fn id(text: &str) -> MessageId {
    text.parse().unwrap()
}

/// Sessions that die until the message is given up or `limit` is reached; how many it took.
fn kill_sessions(stage: &mut Stage, loss: Loss, limit: usize) -> usize {
    for session in 0..limit {
        if stage.leased().first().is_none_or(|first| first != "bad") {
            return session;
        }
        stage.buffer().session_lost(loss);
    }
    limit
}

#[test]
fn a_message_that_kills_sessions_is_tried_alone_and_then_given_up() {
    let mut stage = Stage::new();
    stage.add(&["bad", "good"]);
    // Three sessions make it suspect, five more alone are its own failures.
    assert_eq!(kill_sessions(&mut stage, Loss::AtOnce, 20), 8);
    let dead = stage.buffer().dead(0, 10).unwrap();
    assert_eq!(
        (dead[0].id.to_string().as_str(), dead[0].cause, dead[0].attempts),
        ("bad", DeathCause::Poison, 5)
    );
    assert_eq!(stage.waiting(), ["good"]);
    assert_eq!(stage.buffer().tally().dead, 1);
    stage.books_balance();
}

#[test]
fn a_suspect_travels_alone() {
    let mut stage = Stage::new();
    stage.add(&["bad", "good"]);
    stage.leased();
    stage.buffer().session_lost(Loss::Blamed);
    assert_eq!(stage.leased(), ["bad"]);
    assert_eq!(stage.leased(), [""; 0], "nothing joins it");
    stage.confirm(&["bad"]);
    assert_eq!(stage.leased(), ["good"], "it was innocent");
    stage.books_balance();
}

#[test]
fn an_ordinary_loss_blames_nobody() {
    let mut stage = Stage::new();
    stage.add(&["bad", "good"]);
    assert_eq!(kill_sessions(&mut stage, Loss::Plain, 50), 50);
    assert_eq!(stage.leased(), ["bad", "good"]);
}

#[test]
fn a_line_that_flaps_thousands_of_times_keeps_order_and_kills_nobody() {
    let mut stage = Stage::new();
    let names: Vec<_> = super::names(400);
    stage.append(names.iter().map(|name| super::named(name)).collect()).unwrap();
    let mut delivered = Vec::new();
    for flap in 0..4_000 {
        let out = stage.buffer().lease(crate::LeaseLimit { messages: 8, bytes: u64::MAX }).unwrap();
        let Some(first) = out.first() else { break };
        // Every tenth session lives long enough for one confirmation.
        if flap % 10 == 0 {
            delivered.push(first.id.to_string());
            stage.confirm(&[&first.id.to_string()]);
        }
        stage.buffer().session_lost(Loss::Plain);
    }
    assert_eq!(delivered, names);
    assert_eq!(stage.buffer().stats().dead, 0);
    assert!(stage.buffer().flush());
    stage.books_balance();
}

#[test]
fn attempts_survive_a_restart() {
    let mut stage = Stage::new();
    stage.add(&["bad", "good"]);
    stage.leased();
    stage.buffer().refuse(&id("bad"), "schema").unwrap();
    stage.restart();
    let out = stage.lease();
    assert_eq!((out.len(), out[0].attempts), (1, 1), "still suspected");
}

#[test]
fn refusals_by_the_peer_count_as_well() {
    let mut stage = Stage::new();
    stage.add(&["bad", "good"]);
    for _ in 0..5 {
        assert_eq!(stage.leased()[0], "bad");
        stage.buffer().refuse(&id("bad"), "not\nour schema").unwrap();
        stage.buffer().session_lost(Loss::Plain);
    }
    assert_eq!(stage.buffer().dead(0, 10).unwrap()[0].detail, "notour schema");
    assert_eq!(stage.leased(), ["good"]);
}

#[test]
fn pause_lets_nothing_overtake_until_somebody_decides() {
    let mut stage = Stage::with(|options| options.poison.policy = PoisonPolicy::Pause);
    stage.add(&["bad", "good"]);
    kill_sessions(&mut stage, Loss::Blamed, 20);
    assert_eq!(stage.leased(), [""; 0]);
    assert_eq!(stage.buffer().stats().paused_at, Some(1));
    assert_eq!(stage.notices(), ["paused"]);
    assert!(stage.buffer().resume());
    assert_eq!(stage.leased(), ["bad", "good"], "acquitted");
    stage.buffer().session_lost(Loss::Plain);
    kill_sessions(&mut stage, Loss::Blamed, 20);
    stage.buffer().bury(&id("bad"), "by hand").unwrap();
    assert_eq!(stage.leased(), ["good"]);
    stage.books_balance();
}

#[test]
fn drop_drops() {
    let mut stage = Stage::with(|options| options.poison.policy = PoisonPolicy::Drop);
    stage.add(&["bad", "good"]);
    kill_sessions(&mut stage, Loss::Blamed, 20);
    assert_eq!(stage.waiting(), ["good"]);
    assert_eq!(stage.buffer().tally().discarded, 1);
    stage.books_balance();
}

#[test]
fn dead_letters_can_be_sent_after_all_or_thrown_away() {
    let mut stage = Stage::new();
    stage.add(&["a", "b", "c"]);
    for name in ["a", "b"] {
        stage.buffer().bury(&id(name), "by hand").unwrap();
    }
    stage.restart();
    assert_eq!(stage.add(&["a"])[0].seq, 1, "a dead letter is still known");
    assert_eq!(stage.buffer().retry_dead(&id("a")).unwrap(), 4, "at the tail, with a new place");
    stage.buffer().delete_dead(&id("b")).unwrap();
    assert_eq!(stage.buffer().delete_dead(&id("b")), Err(OutboxError::Unknown(id("b"))));
    assert_eq!(stage.leased(), ["c", "a"]);
    assert_eq!(stage.buffer().tally().dead, 1);
    assert_eq!(stage.buffer().stats().dead, 0);
    stage.books_balance();
}

#[test]
fn dead_letters_are_bounded() {
    let mut stage = Stage::with(|options| options.bounds.max_dead = 2);
    stage.add(&["a", "b", "c"]);
    for name in ["a", "b", "c"] {
        stage.clock.advance(1);
        stage.buffer().bury(&id(name), "").unwrap();
    }
    let left: Vec<_> =
        stage.buffer().dead(0, 9).unwrap().iter().map(|letter| letter.id.to_string()).collect();
    assert_eq!(left, ["b", "c"]);
    assert_eq!(stage.buffer().clear_dead().unwrap(), 2);
    assert_eq!(stage.buffer().tally().dead, 3);
    stage.books_balance();
}

#[test]
fn a_late_confirmation_reaches_even_a_dead_letter() {
    let mut stage = Stage::new();
    stage.add(&["a"]);
    stage.buffer().bury(&id("a"), "").unwrap();
    assert_eq!(stage.buffer().confirm(&[id("a")]).delivered, 1);
    assert_eq!(stage.buffer().stats().dead, 0);
    assert_eq!(stage.buffer().tally().delivered, 1);
    stage.books_balance();
}

#[test]
fn everything_can_be_thrown_away() {
    let mut stage = Stage::new();
    stage.add(&["a", "b", "c"]);
    stage.leased();
    stage.confirm(&["a"]);
    stage.buffer().discard(&id("b")).unwrap();
    assert_eq!(stage.buffer().discard_all().unwrap(), 1);
    let tally = stage.buffer().tally();
    assert_eq!((tally.delivered, tally.discarded, tally.queued), (1, 2, 0));
    assert_eq!(stage.buffer().confirm(&[id("c")]).unknown.len(), 1);
    stage.books_balance();
}
