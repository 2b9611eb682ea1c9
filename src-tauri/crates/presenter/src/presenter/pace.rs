//! When the tray is drawn: at once when a state changes, else seldom enough to read, and never the same view twice.
//! Pure: the time since the start is passed in.

use std::time::Duration;

use model::{EndpointId, EndpointState, Reason, StatusSnapshot, Transport};

use crate::{TrayIcon, TrayView, tray::line::has_running_times};

/// Least time between two drawings: a burst of state changes is drawn once, at its end.
const BURST: Duration = Duration::from_millis(200);
/// Least time between drawings of new numbers.
const READABLE: Duration = Duration::from_secs(2);

/// Remembers what is drawn and since when.
#[derive(Debug, Default)]
pub(super) struct Pace {
    drawn: Option<Drawn>,
    wake: Option<Duration>,
}

#[derive(Debug)]
struct Drawn {
    view: TrayView,
    gist: Gist,
    at: Duration,
}

/// What is drawn at once when it changes; the rest is numbers.
#[derive(Debug, PartialEq, Eq)]
struct Gist {
    icon: TrayIcon,
    problems: usize,
    endpoints: Vec<(EndpointId, String, EndpointState, Option<Reason>, Transport, bool)>,
}

impl Pace {
    /// The view of a snapshot if it has to be drawn at `now`; from then on it counts as drawn.
    pub(super) fn draw(
        &mut self,
        snapshot: &StatusSnapshot,
        view: TrayView,
        now: Duration,
    ) -> Option<&TrayView> {
        let gist = Gist::of(snapshot, view.icon);
        let earliest = match &self.drawn {
            None => now,
            Some(drawn) if drawn.view == view => {
                self.wake = next_tick(snapshot, now);
                return None;
            }
            Some(drawn) if drawn.gist == gist => drawn.at + READABLE,
            Some(drawn) => drawn.at + BURST,
        };
        if now < earliest {
            self.wake = Some(earliest);
            return None;
        }
        self.wake = next_tick(snapshot, now);
        Some(&self.drawn.insert(Drawn { view, gist, at: now }).view)
    }

    /// When to ask again even if no new snapshot arrives.
    pub(super) fn next_wake(&self) -> Option<Duration> {
        self.wake
    }
}

/// Times run on in the texts of what is down; a line that is up wakes nobody.
fn next_tick(snapshot: &StatusSnapshot, now: Duration) -> Option<Duration> {
    snapshot.endpoints.iter().any(has_running_times).then_some(now + READABLE)
}

impl Gist {
    fn of(snapshot: &StatusSnapshot, icon: TrayIcon) -> Self {
        let endpoints = snapshot.endpoints.iter().map(|one| {
            (one.id.clone(), one.name.clone(), one.state, one.reason, one.transport, one.degraded)
        });
        Self { icon, problems: snapshot.problems.len(), endpoints: endpoints.collect() }
    }
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;
    use model::EndpointState as S;

    use super::*;
    use crate::{Language, Words, sample, tray_view};

    fn draw(pace: &mut Pace, snapshot: &StatusSnapshot, ms: u64) -> bool {
        let now = Duration::from_millis(ms);
        let wall = sample::start() + SignedDuration::try_from(now).unwrap();
        let view = tray_view(snapshot, wall, &Words::new(Language::English));
        pace.draw(snapshot, view, now).is_some()
    }

    #[test]
    fn the_same_view_is_not_drawn_again() {
        let snapshot = sample::of([("a", S::Connected)]);
        let mut pace = Pace::default();
        assert!(draw(&mut pace, &snapshot, 0));
        assert!(!draw(&mut pace, &snapshot, 10_000));
        assert_eq!(pace.next_wake(), None, "a line that is up wakes nobody");
    }

    #[test]
    fn a_state_is_drawn_at_once_and_numbers_every_two_seconds() {
        let mut snapshot = sample::of([("a", S::Connected)]);
        let mut pace = Pace::default();
        assert!(draw(&mut pace, &snapshot, 0));
        snapshot.endpoints[0].rtt_ms.p50 = Some(38.0);
        assert!(!draw(&mut pace, &snapshot, 1_000));
        assert_eq!(pace.next_wake(), Some(READABLE));
        assert!(draw(&mut pace, &snapshot, 2_000));
        sample::put(&mut snapshot, "a", S::Reconnecting, None);
        assert!(draw(&mut pace, &snapshot, 2_300));
        assert_eq!(pace.next_wake(), Some(Duration::from_millis(4_300)));
    }

    #[test]
    fn a_burst_of_changes_is_drawn_once_at_its_end() {
        let mut snapshot = sample::of([("a", S::Connected), ("b", S::Connected)]);
        let mut pace = Pace::default();
        assert!(draw(&mut pace, &snapshot, 0));
        sample::put(&mut snapshot, "a", S::Reconnecting, None);
        assert!(!draw(&mut pace, &snapshot, 50));
        sample::put(&mut snapshot, "b", S::Reconnecting, None);
        assert!(!draw(&mut pace, &snapshot, 90));
        assert_eq!(pace.next_wake(), Some(BURST));
        assert!(draw(&mut pace, &snapshot, 200));
    }
}
