//! The buffer against a model that is a `Vec`: whatever happens in whatever order, both agree.

use proptest::prelude::*;

use super::Stage;
use crate::{
    AppendError, Loss,
    buffer::LeaseLimit,
    message::{Fate, NewMessage, Priority},
    options::OverflowPolicy,
};

const MAX: usize = 12;

#[derive(Clone, Debug)]
enum Step {
    Append(Vec<(u16, u8)>),
    Lease(u64),
    Confirm(Vec<u16>),
    Lost,
    Release(u16),
    Discard(u16),
    Flush,
    Age(i64),
    Restart,
    Crash,
}

/// Few ids, so that they repeat.
fn step() -> impl Strategy<Value = Step> {
    let id = 0_u16..60;
    let priority = prop_oneof![8 => Just(4_u8), 1 => Just(1_u8), 1 => Just(6_u8)];
    prop_oneof![
        8 => prop::collection::vec((id.clone(), priority), 1..5).prop_map(Step::Append),
        6 => (1_u64..8).prop_map(Step::Lease),
        6 => prop::collection::vec(id.clone(), 1..5).prop_map(Step::Confirm),
        2 => Just(Step::Lost),
        1 => id.clone().prop_map(Step::Release),
        1 => id.prop_map(Step::Discard),
        2 => Just(Step::Flush),
        1 => (1_i64..40_000).prop_map(Step::Age),
        1 => Just(Step::Restart),
        1 => Just(Step::Crash),
    ]
}

/// A message of the model.
#[derive(Clone, Debug, PartialEq)]
struct Item {
    id: u16,
    priority: u8,
    seq: u64,
    at: i64,
    in_flight: bool,
}

/// What a buffer is, in words of a `Vec`.
#[derive(Debug, Default)]
struct Model {
    waiting: Vec<Item>,
    /// Confirmed; the second is whether that is written.
    delivered: Vec<(Item, bool)>,
    dropped: u64,
    expired: u64,
    discarded: u64,
    accepted: u64,
    next: u64,
    now: i64,
}

const MAX_AGE: i64 = 100_000;

impl Model {
    fn order(&self) -> Vec<Item> {
        let mut order = self.waiting.clone();
        order.sort_by_key(|item| (item.priority, item.seq));
        order
    }

    fn knows(&self, id: u16) -> bool {
        self.waiting.iter().any(|item| item.id == id) || self.delivered.iter().any(|(item, _)| item.id == id)
    }

    /// The answer: places of the stored ones, or nothing when the batch is refused.
    fn append(&mut self, batch: &[(u16, u8)], policy: OverflowPolicy) -> Option<Vec<Option<u64>>> {
        // What is known before the batch is answered as known, even if it is dropped to make room for the rest.
        // Room is asked for by everything else, repetitions within the batch included.
        let known: Vec<bool> = batch.iter().map(|(id, _)| self.knows(*id)).collect();
        let new = known.iter().filter(|known| !**known).count();
        match policy {
            OverflowPolicy::DropOldest => {
                let in_flight = self.waiting.iter().filter(|item| item.in_flight).count();
                if self.waiting.len() + new > MAX && in_flight + new > MAX {
                    return None;
                }
                while self.waiting.len() + new > MAX && new > 0 {
                    let order = self.order();
                    let victim = order
                        .iter()
                        .filter(|item| !item.in_flight)
                        .min_by_key(|item| (u8::MAX - item.priority, item.seq))
                        .cloned()?;
                    self.waiting.retain(|item| *item != victim);
                    self.dropped += 1;
                }
            }
            OverflowPolicy::Reject if self.waiting.len() + new > MAX && new > 0 => return None,
            OverflowPolicy::Reject | OverflowPolicy::DropNewest => {}
            OverflowPolicy::Block(_) | OverflowPolicy::Coalesce => unreachable!("not part of the model"),
        }
        let mut answer = Vec::new();
        for ((id, priority), known) in batch.iter().zip(known) {
            if !known && policy == OverflowPolicy::DropNewest && self.waiting.len() >= MAX {
                self.accepted += 1;
                self.dropped += 1;
                answer.push(None);
            } else if known || self.knows(*id) {
                answer.push(None);
            } else {
                self.accepted += 1;
                self.next += 1;
                self.waiting.push(Item {
                    id: *id,
                    priority: *priority,
                    seq: self.next,
                    at: self.now,
                    in_flight: false,
                });
                answer.push(Some(self.next));
            }
        }
        // A commit writes confirmations as well.
        self.flush();
        Some(answer)
    }

    fn expire(&mut self) {
        let now = self.now;
        let before = self.waiting.len();
        self.waiting.retain(|item| item.in_flight || now - item.at < MAX_AGE);
        self.expired += (before - self.waiting.len()) as u64;
    }

    fn lease(&mut self, limit: u64) -> Vec<u16> {
        let in_flight = self.waiting.iter().filter(|item| item.in_flight).count() as u64;
        let mut out = Vec::new();
        for item in self.order().into_iter().filter(|item| !item.in_flight) {
            if in_flight + out.len() as u64 >= limit {
                break;
            }
            out.push(item.id);
        }
        self.waiting.iter_mut().filter(|item| out.contains(&item.id)).for_each(|item| item.in_flight = true);
        out
    }

    fn flush(&mut self) {
        self.delivered.iter_mut().for_each(|(_, written)| *written = true);
    }

    fn confirm(&mut self, ids: &[u16]) {
        for id in ids {
            if let Some(at) = self.waiting.iter().position(|item| item.id == *id) {
                let item = self.waiting.remove(at);
                self.delivered.push((item, false));
            }
        }
    }

    fn calm(&mut self) {
        self.waiting.iter_mut().for_each(|item| item.in_flight = false);
    }

    /// What was confirmed and not written is back.
    fn crash(&mut self) {
        let (written, back): (Vec<_>, Vec<_>) = self.delivered.drain(..).partition(|(_, written)| *written);
        self.delivered = written;
        self.waiting.extend(back.into_iter().map(|(item, _)| item));
        self.calm();
    }
}

fn name(id: u16) -> String {
    format!("id-{id}")
}

fn run(policy: OverflowPolicy, steps: Vec<Step>) {
    let mut stage = Stage::with(|options| {
        options.bounds.max_messages = MAX as u64;
        options.bounds.max_age = std::time::Duration::from_millis(MAX_AGE.cast_unsigned());
        options.overflow = policy;
    });
    let mut model = Model::default();
    for step in steps {
        apply(&mut stage, &mut model, policy, step);
        let order: Vec<_> = model.order().iter().map(|item| name(item.id)).collect();
        assert_eq!(stage.waiting(), order);
        let tally = stage.buffer().tally();
        assert!(tally.balanced(), "{tally:?}");
        assert_eq!(tally.accepted, model.accepted);
        assert_eq!(tally.dropped_oldest + tally.dropped_newest, model.dropped);
        assert_eq!((tally.expired, tally.discarded), (model.expired, model.discarded));
        let unwritten = model.delivered.iter().filter(|(_, written)| !written).count() as u64;
        assert_eq!(tally.delivered + unwritten, model.delivered.len() as u64);
        assert!(tally.queued - unwritten <= MAX as u64);
    }
    stage.books_balance();
}

fn apply(stage: &mut Stage, model: &mut Model, policy: OverflowPolicy, step: Step) {
    match step {
        Step::Append(batch) => append(stage, model, policy, &batch),
        Step::Lease(limit) => {
            model.expire();
            stage.buffer().expire().unwrap();
            let out = stage.buffer().lease(LeaseLimit { messages: limit, bytes: u64::MAX }).unwrap();
            let out: Vec<_> = out.iter().map(|queued| queued.id.to_string()).collect();
            let expected: Vec<_> = model.lease(limit).into_iter().map(name).collect();
            assert_eq!(out, expected);
        }
        Step::Confirm(ids) => {
            let names: Vec<_> = ids.iter().map(|id| name(*id).parse().unwrap()).collect();
            stage.buffer().confirm(&names);
            model.confirm(&ids);
        }
        Step::Lost => {
            stage.buffer().session_lost(Loss::Plain);
            model.calm();
        }
        Step::Release(id) => {
            stage.buffer().release(&[name(id).parse().unwrap()]);
            model.waiting.iter_mut().filter(|item| item.id == id).for_each(|item| item.in_flight = false);
        }
        Step::Discard(id) => {
            let known = stage.buffer().discard(&name(id).parse().unwrap()).is_ok();
            let before = model.waiting.len();
            model.waiting.retain(|item| item.id != id);
            model.discarded += (before - model.waiting.len()) as u64;
            assert_eq!(known, before != model.waiting.len());
        }
        Step::Flush => {
            assert!(stage.buffer().flush());
            model.flush();
        }
        Step::Age(ms) => {
            stage.clock.advance(ms);
            model.now += ms;
            stage.buffer().expire().unwrap();
            model.expire();
        }
        Step::Restart => {
            stage.restart();
            model.flush();
            model.calm();
        }
        Step::Crash => {
            stage.crash();
            stage.open();
            model.crash();
        }
    }
}

fn append(stage: &mut Stage, model: &mut Model, policy: OverflowPolicy, batch: &[(u16, u8)]) {
    let messages = batch
        .iter()
        .map(|(id, priority)| NewMessage {
            priority: Priority::new(*priority).unwrap(),
            ..NewMessage::text(name(*id)).with_id(name(*id).parse().unwrap())
        })
        .collect();
    let answer = stage.append(messages);
    match model.append(batch, policy) {
        Some(expected) => {
            let stored: Vec<_> = answer
                .unwrap()
                .into_iter()
                .map(|accepted| matches!(accepted.fate, Fate::Stored(_)).then_some(accepted.seq))
                .collect();
            assert_eq!(stored, expected);
        }
        None => {
            assert!(matches!(answer, Err(AppendError::Full(_))), "{answer:?}");
            model.flush();
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_buffer_is_a_vec_that_survives(
        policy in prop_oneof![
            Just(OverflowPolicy::Reject), Just(OverflowPolicy::DropOldest), Just(OverflowPolicy::DropNewest),
        ],
        steps in prop::collection::vec(step(), 1..120),
    ) {
        run(policy, steps);
    }
}

/// The long form: 10⁵ steps.
#[test]
#[ignore = "minutes"]
fn a_buffer_is_a_vec_that_survives_a_hundred_thousand_steps() {
    use proptest::{strategy::ValueTree, test_runner::TestRunner};
    let mut runner = TestRunner::deterministic();
    for policy in [OverflowPolicy::Reject, OverflowPolicy::DropOldest, OverflowPolicy::DropNewest] {
        let steps: Vec<_> = (0..33_334).map(|_| step().new_tree(&mut runner).unwrap().current()).collect();
        run(policy, steps);
    }
}
