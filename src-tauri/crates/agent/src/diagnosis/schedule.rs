//! When the agent checks a connection by itself, so that a check somebody asks for has something to be compared with. A rule
//! and nothing else: it is told what is, and what time it is, and says whose turn it is.

use std::{
    collections::{BTreeMap, VecDeque},
    time::Duration,
};

use jiff::Timestamp;
use model::EndpointId;
use tokio::time::Instant;

/// What the number of checks is counted over.
const HOUR: Duration = Duration::from_secs(3600);

/// How often the agent checks by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pace {
    /// Between two looks at whose turn it is.
    pub look: Duration,
    /// A connection that was open so long is calm.
    pub calm: Duration,
    /// What chance adds to a wait at most: agents that connect together do not check together.
    pub spread: Duration,
    /// A good check counts for so long.
    pub fresh: Duration,
    /// An endpoint whose check was not good is left alone for so long, and twice as long each time after that, up to
    /// [`Self::fresh`].
    pub rest: Duration,
    /// Checks within an hour at most, of all endpoints together.
    pub hourly: usize,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            look: Duration::from_secs(15),
            calm: Duration::from_secs(60),
            spread: Duration::from_secs(600),
            fresh: 24 * HOUR,
            rest: 2 * HOUR,
            hourly: 4,
        }
    }
}

/// How a turn ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// No check was needed: the last good one still counts for so long.
    Known(Duration),
    /// Good, and kept.
    Good,
    /// The check found something, or could not be made.
    NotGood,
    /// The live session was lost meanwhile: the server may bear only one.
    Disturbed,
    /// Something came first.
    Cut,
}

/// A check that may have cost a session is not made again for so many times [`Pace::fresh`].
const AFTER_A_LOSS: u32 = 7;

/// A connection that is open.
#[derive(Debug)]
struct Open {
    /// Since when, which tells one session from the next.
    since: Timestamp,
    /// Calm by then, and chance has had its part.
    due: Instant,
}

/// Whose turn it is.
#[derive(Debug)]
pub(super) struct Schedule {
    pace: Pace,
    chance: fastrand::Rng,
    open: BTreeMap<EndpointId, Open>,
    /// Until when a good check counts, in this network.
    known: BTreeMap<EndpointId, Instant>,
    /// Until when an endpoint is left alone.
    rests: BTreeMap<EndpointId, Instant>,
    /// Checks of an endpoint that were not good, one after the other.
    misses: BTreeMap<EndpointId, u32>,
    /// When the checks of the last hour began.
    begun: VecDeque<Instant>,
    /// Somebody has the turn.
    busy: bool,
}

impl Schedule {
    pub(super) fn new(pace: Pace, seed: u64) -> Self {
        Self {
            pace,
            chance: fastrand::Rng::with_seed(seed),
            open: BTreeMap::new(),
            known: BTreeMap::new(),
            rests: BTreeMap::new(),
            misses: BTreeMap::new(),
            begun: VecDeque::new(),
            busy: false,
        }
    }

    /// Whose turn it is among those that are `open`, each with the moment since when; who gets it keeps it until
    /// [`Self::ended`].
    pub(super) fn pick(&mut self, now: Instant, open: &[(EndpointId, Timestamp)]) -> Option<EndpointId> {
        self.open.retain(|id, one| open.iter().any(|(other, since)| (other, *since) == (id, one.since)));
        for (id, since) in open {
            if !self.open.contains_key(id) {
                let due = now + self.pace.calm + self.a_while();
                self.open.insert(id.clone(), Open { since: *since, due });
            }
        }
        for until in [&mut self.known, &mut self.rests] {
            until.retain(|_, until| *until > now);
        }
        while self.begun.front().is_some_and(|begun| now.duration_since(*begun) >= HOUR) {
            self.begun.pop_front();
        }
        if self.busy || self.begun.len() >= self.pace.hourly {
            return None;
        }
        let waits = |id: &EndpointId| self.known.contains_key(id) || self.rests.contains_key(id);
        let due = self.open.iter().filter(|(id, one)| one.due <= now && !waits(id));
        let id = due.min_by_key(|(_, one)| one.due).map(|(id, _)| id.clone())?;
        self.busy = true;
        self.begun.push_back(now);
        Some(id)
    }

    /// The turn is over.
    pub(super) fn ended(&mut self, now: Instant, id: EndpointId, outcome: Outcome) {
        self.busy = false;
        let later = self.a_while();
        let misses = match outcome {
            Outcome::Known(_) | Outcome::Good => 0,
            Outcome::NotGood => self.misses.get(&id).map_or(1, |misses| misses.saturating_add(1)),
            Outcome::Disturbed | Outcome::Cut => self.misses.get(&id).copied().unwrap_or_default(),
        };
        self.misses.insert(id.clone(), misses);
        match outcome {
            Outcome::Known(left) => {
                // It was no check.
                self.begun.pop_back();
                self.known.insert(id, now + left + later);
            }
            Outcome::Good => drop(self.known.insert(id, now + self.pace.fresh + later)),
            Outcome::NotGood => {
                let times = 1 << (misses - 1).min(10);
                let rest = (self.pace.rest * times).min(self.pace.fresh);
                self.rests.insert(id, now + rest + later);
            }
            Outcome::Disturbed => drop(self.rests.insert(id, now + self.pace.fresh * AFTER_A_LOSS)),
            // It has to be calm once more.
            Outcome::Cut => drop(self.open.remove(&id)),
        }
    }

    /// The computer woke up, or its network changed: nobody is calm, and what is known is of another network.
    pub(super) fn unsettled(&mut self) {
        self.open.clear();
        self.known.clear();
    }

    fn a_while(&mut self) -> Duration {
        self.pace.spread.mul_f64(self.chance.f64())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);
    const MINUTE: Duration = Duration::from_secs(60);

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn one() -> Vec<(EndpointId, Timestamp)> {
        many(1)
    }

    fn many(number: usize) -> Vec<(EndpointId, Timestamp)> {
        (0..number).map(|n| (format!("e{n}").parse().unwrap(), at(0))).collect()
    }

    /// Looks as the agent does, until somebody has the turn; when that is.
    fn turn(
        schedule: &mut Schedule,
        from: Instant,
        within: Duration,
        open: &[(EndpointId, Timestamp)],
    ) -> Option<(Instant, EndpointId)> {
        let looks = (0..).map(|look| from + Pace::default().look * look);
        looks.take_while(|now| *now <= from + within).find_map(|now| Some((now, schedule.pick(now, open)?)))
    }

    #[test]
    fn a_connection_is_checked_once_it_is_calm_and_not_again_for_a_day() {
        let pace = Pace::default();
        let mut schedule = Schedule::new(pace, 1);
        let start = Instant::now();
        let (first, id) = turn(&mut schedule, start, HOUR, &one()).unwrap();
        assert!((start + pace.calm..=start + pace.calm + pace.spread + pace.look).contains(&first));
        assert_eq!(schedule.pick(first + HOUR, &one()), None, "one at a time");
        schedule.ended(first, id, Outcome::Good);
        let (second, _) = turn(&mut schedule, first, 48 * HOUR, &one()).unwrap();
        assert!((first + pace.fresh..=first + pace.fresh + pace.spread + pace.look).contains(&second));
    }

    #[test]
    fn a_connection_that_does_not_hold_is_left_alone() {
        let mut schedule = Schedule::new(Pace { spread: Duration::ZERO, ..Pace::default() }, 1);
        let start = Instant::now();
        for second in 0..4 * 3600 {
            // A session of 59 s, then the next.
            let open = vec![("e0".parse().unwrap(), at(second / 59))];
            let now = start + SECOND * u32::try_from(second).unwrap();
            assert_eq!(schedule.pick(now, &open), None, "{second}");
        }
        assert_eq!(schedule.pick(start + 5 * HOUR, &[]), None, "nobody is open");
    }

    #[test]
    fn of_a_hundred_connections_a_few_are_checked_an_hour_and_each_gets_its_turn() {
        let mut schedule = Schedule::new(Pace::default(), 7);
        let (start, open) = (Instant::now(), many(100));
        let mut begun: Vec<(Instant, EndpointId)> = Vec::new();
        while let Some((now, id)) =
            turn(&mut schedule, begun.last().map_or(start, |last| last.0 + MINUTE), 2 * HOUR, &open)
        {
            begun.push((now, id.clone()));
            schedule.ended(now + 3 * SECOND, id, Outcome::Good);
            if begun.len() == 100 {
                break;
            }
        }
        let names: std::collections::BTreeSet<&EndpointId> = begun.iter().map(|(_, id)| id).collect();
        // The first ones are due anew after a day, and wait for those that are due for longer.
        assert!(names.len() > 95, "{}", names.len());
        let hourly = Pace::default().hourly;
        for window in begun.windows(hourly + 1) {
            assert!(window[hourly].0 - window[0].0 >= HOUR);
        }
    }

    #[test]
    fn a_thousand_agents_that_connect_together_do_not_check_together() {
        let start = Instant::now();
        let mut minutes = BTreeMap::<u64, usize>::new();
        for seed in 0..1_000 {
            let mut schedule = Schedule::new(Pace::default(), seed);
            let (now, _) = turn(&mut schedule, start, HOUR, &one()).unwrap();
            *minutes.entry((now - start).as_secs() / 60).or_default() += 1;
        }
        assert!(minutes.len() >= 10, "{minutes:?}");
        assert!(minutes.values().all(|agents| *agents < 150), "{minutes:?}");
    }

    #[test]
    fn a_check_that_somebody_made_counts_until_it_is_a_day_old_or_the_network_is_another() {
        let mut schedule = Schedule::new(Pace::default(), 1);
        let start = Instant::now();
        let (now, id) = turn(&mut schedule, start, HOUR, &one()).unwrap();
        schedule.ended(now, id.clone(), Outcome::Known(20 * HOUR));
        assert!(turn(&mut schedule, now, 20 * HOUR, &one()).is_none());
        schedule.unsettled();
        let (again, _) = turn(&mut schedule, now, HOUR, &one()).unwrap();
        assert!(again >= now + Pace::default().calm, "it has to be calm in the new network");
        // Looking into the history is no check.
        let open = many(20);
        let mut now = again;
        schedule.ended(now, id, Outcome::Known(HOUR));
        for _ in 0..10 {
            let (then, id) = turn(&mut schedule, now, HOUR, &open).unwrap();
            schedule.ended(then, id, Outcome::Known(24 * HOUR));
            now = then;
        }
        assert!(now < again + HOUR);
    }

    #[test]
    fn after_a_bad_check_the_endpoint_rests_and_after_one_cut_short_it_must_be_calm_again() {
        let pace = Pace::default();
        let mut schedule = Schedule::new(pace, 1);
        let start = Instant::now();
        let (now, id) = turn(&mut schedule, start, HOUR, &one()).unwrap();
        schedule.ended(now, id, Outcome::Cut);
        let (again, id) = turn(&mut schedule, now, HOUR, &one()).unwrap();
        assert!(again >= now + pace.calm);
        schedule.ended(again, id, Outcome::NotGood);
        schedule.unsettled();
        let (last, _) = turn(&mut schedule, again, 10 * HOUR, &one()).unwrap();
        assert!(last >= again + pace.rest, "a change of network does not wear a server out");
    }

    #[test]
    fn an_endpoint_that_is_never_good_is_asked_ever_more_rarely_down_to_once_a_day() {
        let pace = Pace::default();
        let mut schedule = Schedule::new(pace, 1);
        let mut now = Instant::now();
        for hours in [0, 2, 4, 8, 16, 24, 24, 24] {
            let (then, id) = turn(&mut schedule, now, 48 * HOUR, &one()).unwrap();
            let most = HOUR * hours + 2 * pace.spread + pace.calm + pace.look;
            assert!((now + HOUR * hours..=now + most).contains(&then), "{hours}: {:?}", then - now);
            schedule.ended(then, id, Outcome::NotGood);
            now = then;
        }
        let (good, id) = turn(&mut schedule, now, 48 * HOUR, &one()).unwrap();
        schedule.ended(good, id, Outcome::Good);
        let (bad, id) = turn(&mut schedule, good, 48 * HOUR, &one()).unwrap();
        schedule.ended(bad, id, Outcome::NotGood);
        assert!(turn(&mut schedule, bad, 3 * HOUR, &one()).is_some(), "the count begins anew");
    }

    #[test]
    fn a_check_that_may_have_cost_the_session_is_not_made_again_for_a_week() {
        let mut schedule = Schedule::new(Pace::default(), 1);
        let (now, id) = turn(&mut schedule, Instant::now(), HOUR, &one()).unwrap();
        schedule.ended(now, id, Outcome::Disturbed);
        schedule.unsettled();
        assert_eq!(turn(&mut schedule, now, 7 * 24 * HOUR - MINUTE, &one()), None);
        assert!(turn(&mut schedule, now, 8 * 24 * HOUR, &one()).is_some());
    }
}
