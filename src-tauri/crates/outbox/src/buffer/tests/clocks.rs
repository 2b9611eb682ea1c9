//! Wall clocks that jump must not take a backlog with them.

use std::time::Duration;

use super::{NOW, Stage, named};
use crate::message::NewMessage;

const HOUR: i64 = 3_600_000;
const DAY: i64 = 24 * HOUR;

fn hourly() -> Stage {
    Stage::with(|options| options.bounds.max_age = Duration::from_secs(3_600))
}

#[test]
fn a_jump_of_the_wall_clock_alone_expires_nothing() {
    let mut stage = hourly();
    stage.add(&["a"]);
    stage.append(vec![NewMessage { ttl: Some(Duration::from_secs(60)), ..named("b") }]).unwrap();
    for jump in [HOUR * 2, 3_650 * DAY] {
        stage.clock.step_wall(jump);
        assert_eq!(stage.buffer().expire().unwrap(), 0);
        stage.clock.step_wall(-jump);
    }
    stage.clock.step_wall(-DAY);
    assert_eq!(stage.leased(), ["a", "b"]);
}

#[test]
fn time_that_really_passed_expires_asleep_or_awake() {
    let mut stage = hourly();
    stage.add(&["a"]);
    stage.clock.advance(HOUR);
    assert_eq!(stage.buffer().expire().unwrap(), 1);
}

#[test]
fn a_restart_with_a_strange_clock_waits_for_an_explanation() {
    let mut stage = hourly();
    stage.add(&["a"]);
    stage.buffer().close();
    stage.buffer = None;
    stage.clock.reboot();
    stage.clock.step_wall(3_650 * DAY);
    stage.open();
    assert_eq!(stage.buffer().expire().unwrap(), 0);
    stage.clock.advance(9 * 60_000);
    assert_eq!(stage.buffer().expire().unwrap(), 0);
    stage.clock.advance(60_000);
    assert_eq!(stage.buffer().expire().unwrap(), 1, "nobody explained it for ten minutes");
}

#[test]
fn somebody_who_knows_the_time_ends_the_wait() {
    let mut stage = hourly();
    stage.add(&["a"]);
    stage.buffer().close();
    stage.buffer = None;
    stage.clock.reboot();
    stage.clock.step_wall(3 * DAY);
    stage.open();
    assert_eq!(stage.buffer().expire().unwrap(), 0);
    stage.buffer().trust_wall_clock();
    assert_eq!(stage.buffer().expire().unwrap(), 1);
}

#[test]
fn a_short_stop_needs_no_explanation() {
    let mut stage = hourly();
    stage.add(&["a"]);
    stage.buffer().close();
    stage.buffer = None;
    stage.clock.reboot();
    stage.clock.step_wall(2 * HOUR);
    stage.open();
    assert_eq!(stage.buffer().expire().unwrap(), 1);
}

#[test]
fn messages_of_1970_age_from_when_they_were_next_seen() {
    let mut stage = hourly();
    stage.clock.step_wall(-NOW);
    stage.add(&["a"]);
    stage.clock.step_wall(NOW);
    stage.clock.advance(1_000);
    assert_eq!(stage.buffer().expire().unwrap(), 0, "the time server came");
    stage.buffer().close();
    stage.buffer = None;
    stage.clock.reboot();
    stage.open();
    stage.buffer().trust_wall_clock();
    assert_eq!(stage.buffer().expire().unwrap(), 0);
    stage.clock.advance(HOUR);
    assert_eq!(stage.buffer().expire().unwrap(), 1);
}
