//! Doors for the fuzz targets; only their builds have them.

use std::time::Duration;

use dial::{DialRequest, HttpAnswer};

use crate::{Effect, Event, Failure, LinkConfig, Machine, Moment, Order, machine::step, meaning};

/// The longest a link may wait after one answer: what a server may ask for, and the jitter on top.
const LONGEST: Duration = Duration::from_secs(3_600 + 360);

/// Feeds a link with an answer to the upgrade at `url`, over every kind of line.
///
/// # Panics
///
/// When no next try is set, or one that is too far away.
pub fn judge_answer(answer: &HttpAnswer, request: DialRequest) {
    let config = LinkConfig::new(request);
    for (kind, code) in meaning::of_answer_on_every_line(answer, &config.request.url) {
        let now = Moment::at(Duration::from_secs(1));
        let machine = Machine::new(config.retry.clone(), config.heartbeat.clone(), 1);
        let (machine, effects) = step(machine, Event::Ordered(Order::Connect), now);
        let Some(Effect::Dial(attempt, _)) = effects.first() else { panic!("{effects:?}") };
        let failure = Failure::new(kind, code, "");
        let (machine, _) = step(machine, Event::DialFailed(*attempt, failure), now);
        let next = machine.wakes_at().expect("a link that is wanted has a next time");
        assert!(next.since(now) <= LONGEST, "{:?} for {kind:?}", next.since(now));
    }
}
