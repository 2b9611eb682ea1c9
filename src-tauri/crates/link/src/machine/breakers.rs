//! Breakers: what stops quick tries when they keep ending the same way. None is for good; each has a time at
//! which it is tried again.

use std::{collections::VecDeque, time::Duration};

use crate::{Moment, backoff::between};

/// So many sessions that never became stable…
const FLAPS: usize = 5;
/// …within this time are flapping.
const FLAP_WINDOW: Duration = Duration::from_secs(120);
/// First pause of a flapping link, before jitter; doubled each time up to the longest.
const FLAP_PAUSE: Duration = Duration::from_secs(60);
const LONGEST_FLAP_PAUSE: Duration = Duration::from_secs(600);
/// So many times in a row mean that it is so: not a server of this kind, or somebody has to act.
const MISFITS: u32 = 3;
/// Local retries at once: the gap between two, and how many a minute.
const LOCAL_GAP: Duration = Duration::from_secs(5);
const LOCAL_PER_MINUTE: usize = 4;
const MINUTE: Duration = Duration::from_secs(60);

/// Watches for sessions that open and die again and again.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct FlapBreaker {
    deaths: VecDeque<Moment>,
    /// How often it opened without a stable session in between.
    opened: u32,
}

impl FlapBreaker {
    /// A session ended before it was stable. True when that is flapping.
    pub(super) fn died_young(&mut self, now: Moment) -> bool {
        self.deaths.push_back(now);
        self.deaths.retain(|death| now.since(*death) < FLAP_WINDOW);
        // Once it has opened, a single session that dies young opens it again.
        self.deaths.len() >= FLAPS || self.opened > 0
    }

    /// Opens: the pause before the one session that may close it.
    pub(super) fn open(&mut self, rng: &mut fastrand::Rng) -> Duration {
        let doubled = FLAP_PAUSE.saturating_mul(1 << self.opened.min(10)).min(LONGEST_FLAP_PAUSE);
        self.opened += 1;
        self.deaths.clear();
        around(doubled, rng)
    }

    /// The deaths are explained: the server was away. Or a session was stable.
    pub(super) fn close(&mut self) {
        *self = Self::default();
    }
}

/// Watches for what is believed when it is repeated.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct MisfitBreaker {
    in_a_row: u32,
}

impl MisfitBreaker {
    /// Once more. True when that is to be believed.
    pub(super) fn misfit(&mut self) -> bool {
        self.in_a_row = self.in_a_row.saturating_add(1);
        self.in_a_row >= MISFITS
    }

    /// Pause before it is tried again: deployments are over in minutes, wrong addresses are not.
    pub(super) fn pause(&self, rng: &mut fastrand::Rng) -> Duration {
        let minutes = if self.in_a_row < MISFITS * 2 { 5 } else { 15 };
        around(Duration::from_secs(minutes * 60), rng)
    }

    /// Something else happened.
    pub(super) fn close(&mut self) {
        self.in_a_row = 0;
    }
}

/// Lets few enough tries go at once, however often we end sessions ourselves.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct LocalBudget {
    spent: VecDeque<Moment>,
}

impl LocalBudget {
    /// Takes one, if there is one.
    pub(super) fn take(&mut self, now: Moment) -> bool {
        self.spent.retain(|moment| now.since(*moment) < MINUTE);
        let recent = self.spent.back().is_some_and(|last| now.since(*last) < LOCAL_GAP);
        let granted = !recent && self.spent.len() < LOCAL_PER_MINUTE;
        if granted {
            self.spent.push_back(now);
        }
        granted
    }

    /// Takes the next one there will be: when. Until then that is the answer to everybody.
    pub(super) fn reserve(&mut self, now: Moment) -> Moment {
        self.spent.retain(|moment| now.since(*moment) < MINUTE);
        if let Some(reserved) = self.spent.back().filter(|last| **last > now) {
            return *reserved;
        }
        let after_last = self.spent.back().map(|last| *last + LOCAL_GAP);
        let after_first = self.spent.front().filter(|_| self.spent.len() >= LOCAL_PER_MINUTE);
        let at = [after_last, after_first.map(|first| *first + MINUTE)]
            .into_iter()
            .flatten()
            .fold(now, Moment::max);
        self.spent.push_back(at);
        at
    }
}

/// The duration, give or take a fifth, so that many links do not come back together.
pub(super) fn around(middle: Duration, rng: &mut fastrand::Rng) -> Duration {
    between(middle.mul_f64(0.8), middle.mul_f64(1.2), rng)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Moment {
        Moment::at(Duration::from_secs(seconds))
    }

    #[test]
    fn five_young_deaths_within_two_minutes_are_flapping() {
        let mut quick = FlapBreaker::default();
        let verdicts: Vec<bool> = (0..5).map(|n| quick.died_young(at(n * 20))).collect();
        assert_eq!(verdicts, [false, false, false, false, true]);
        let mut slow = FlapBreaker::default();
        assert!((0..50).all(|n| !slow.died_young(at(n * 40))));
    }

    #[test]
    fn each_opening_without_a_stable_session_doubles_the_pause_up_to_ten_minutes() {
        let (mut breaker, mut rng) = (FlapBreaker::default(), fastrand::Rng::with_seed(3));
        for expected in [60_u64, 120, 240, 480, 600, 600] {
            let pause = breaker.open(&mut rng).as_secs();
            assert!((expected * 8 / 10..=expected * 12 / 10).contains(&pause), "{pause} for {expected}");
            assert!(breaker.died_young(at(0)), "one more death opens it again");
        }
        breaker.close();
        assert!(!breaker.died_young(at(0)));
    }

    #[test]
    fn the_third_misfit_in_a_row_is_a_wrong_address() {
        let mut breaker = MisfitBreaker::default();
        assert!(!breaker.misfit() && !breaker.misfit());
        breaker.close();
        assert!(!breaker.misfit() && !breaker.misfit() && breaker.misfit());
    }

    #[test]
    fn local_retries_are_one_in_five_seconds_and_four_a_minute() {
        let mut budget = LocalBudget::default();
        let granted = (0..60).filter(|second| budget.take(at(*second))).count();
        assert_eq!(granted, 4);
        assert!(budget.take(at(125)));
    }

    #[test]
    fn a_reservation_is_the_same_for_all_who_come_before_it() {
        let mut budget = LocalBudget::default();
        assert_eq!(budget.reserve(at(0)), at(0));
        assert_eq!((budget.reserve(at(1)), budget.reserve(at(4))), (at(5), at(5)));
        assert!(!budget.take(at(4)) && !budget.take(at(9)));
        assert_eq!(
            [budget.reserve(at(12)), budget.reserve(at(20)), budget.reserve(at(30))],
            [at(12), at(20), at(60)]
        );
    }
}
