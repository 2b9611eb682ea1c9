//! How endpoints come back after an outage, as a person with the status command sees it.

use std::{
    fmt,
    time::{Duration, Instant},
};

use jiff::Timestamp;
use model::{EndpointSnapshot, EndpointState, StatusSnapshot};

use crate::stage::Home;

/// Time between two looks. What is looked at says itself when it began.
const PAUSE: Duration = Duration::from_millis(100);

/// How long endpoints took to come back, each counted from the moment the server was there.
#[derive(Debug, Default)]
pub(crate) struct Returns {
    pub(crate) took: Vec<Duration>,
    /// What those show that had not come back by the limit.
    pub(crate) stuck: Vec<String>,
}

impl Returns {
    /// Waits until every endpoint is connected again by a session that is younger than `fell`.
    pub(crate) fn watch(home: &Home, fell: Timestamp, up: Timestamp, limit: Duration) -> Self {
        let deadline = Instant::now() + limit;
        loop {
            let snapshot = home.snapshot();
            let endpoints =
                snapshot.as_ref().map_or(&[][..], |snapshot: &StatusSnapshot| &snapshot.endpoints);
            let (back, away): (Vec<&EndpointSnapshot>, Vec<_>) =
                endpoints.iter().partition(|one| one.state == EndpointState::Connected && one.since >= fell);
            let all = !back.is_empty() && away.is_empty();
            if all || Instant::now() >= deadline {
                let took = |one: &&EndpointSnapshot| Duration::try_from(one.since.duration_since(up));
                return Self {
                    took: back.iter().map(|one| took(one).unwrap_or_default()).collect(),
                    stuck: away
                        .iter()
                        .map(|one| format!("{}: {:?}, {}", one.id, one.reason, one.text))
                        .collect(),
                };
            }
            std::thread::sleep(PAUSE);
        }
    }

    pub(crate) fn add(&mut self, other: Self) {
        self.took.extend(other.took);
        self.stuck.extend(other.stuck);
    }

    /// The time within which this share of all returns was over.
    pub(crate) fn within(&self, share: f64) -> Duration {
        let mut sorted = self.took.clone();
        sorted.sort_unstable();
        let last = sorted.len().saturating_sub(1);
        sorted.get((last as f64 * share).round() as usize).copied().unwrap_or_default()
    }

    /// How many took longer than that.
    pub(crate) fn later_than(&self, limit: Duration) -> usize {
        self.took.iter().filter(|took| **took > limit).count()
    }
}

impl fmt::Display for Returns {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = |share| self.within(share).as_secs_f64();
        let (half, most, all) = (seconds(0.5), seconds(0.95), seconds(1.0));
        write!(f, "{} returns: p50 {half:.2} s, p95 {most:.2} s, max {all:.2} s", self.took.len())?;
        write!(f, "; {} stuck", self.stuck.len())
    }
}
