//! What the machine makes of messages that wait for the peer's confirmation, one sentence a test.

use super::*;

fn silent(bench: &mut Bench, seconds: f64, silence: f64) {
    bench.feed(Event::Tick { silent_for: Some(Duration::from_secs_f64(silence)) }, seconds);
}

#[test]
fn a_fence_without_an_answer_makes_the_session_suspect_and_dead_within_three_seconds() {
    let mut bench = Bench::new();
    bench.connected(0.0);
    let session = bench.current();
    bench.feed(Event::Transmitted(session, 64), 5.0);
    silent(&mut bench, 6.51, 1.51);
    assert_eq!(bench.effects, [Effect::Probe(session, 2)]);
    silent(&mut bench, 8.02, 3.02);
    assert_eq!(bench.effects, [Effect::Close(session, Farewell::Dead)]);
    assert_eq!(bench.machine.view().last_failure.unwrap().code, ErrorCode::PingTimeout);
}

#[test]
fn a_peer_that_shows_otherwise_that_it_lives_is_not_suspected() {
    let mut bench = Bench::new();
    bench.connected(0.0);
    let session = bench.current();
    bench.feed(Event::Transmitted(session, 64), 5.0);
    for half in 13..40 {
        silent(&mut bench, f64::from(half) / 2.0, 0.4);
        assert_eq!(bench.effects, []);
    }
}

#[test]
fn confirmations_give_the_rest_new_time_and_the_last_one_ends_the_doubt() {
    let mut bench = Bench::new();
    bench.connected(0.0);
    let session = bench.current();
    bench.feed(Event::Transmitted(session, 64), 5.0).feed(Event::Transmitted(session, 64), 6.0);
    let due = |bench: &Bench| bench.machine.wakes_at().unwrap().since(at(0.0)).as_secs_f64();
    assert!((6.5..6.51).contains(&due(&bench)), "the first one keeps its time");
    bench.feed(Event::Confirmed(session, 64), 6.2);
    assert!((7.7..7.71).contains(&due(&bench)));
    bench.feed(Event::Confirmed(session, 0), 7.0);
    assert_eq!(bench.machine.wakes_at(), Some(at(25.0)), "only the heartbeat is left");
}

#[test]
fn without_heartbeat_nothing_is_concluded_from_silence() {
    let mut bench = Bench::with(0, false);
    bench.order(Order::Connect, 0.0);
    let session = bench.current();
    bench.feed(Event::Opened(session), 0.0).feed(Event::Transmitted(session, 64), 1.0);
    assert_eq!(bench.machine.wakes_at(), None);
}

#[test]
fn a_large_message_has_the_time_that_a_slow_line_needs_for_it() {
    let mut bench = Bench::new();
    bench.connected(0.0);
    let session = bench.current();
    bench.feed(Event::Transmitted(session, 1 << 20), 5.0);
    assert_eq!(bench.machine.wakes_at(), Some(at(14.5)));
}
