//! The budget of tries per origin, shared by all endpoints of it.
//!
//! While an origin fails, all its endpoints together may try twelve times a minute, six at once. As soon as one
//! of them gets through, the others may follow without asking: the budget spares servers that do not work.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::{sync::watch, time::Instant};
use url::{Origin, Url};

/// Tries at once.
const BURST: u32 = 6;
/// One more try each.
const REFILL: Duration = Duration::from_secs(5);

/// Shared by all links of an agent; clones are the same budget.
#[derive(Clone, Debug, Default)]
pub struct Origins(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    budgets: Mutex<HashMap<Origin, Budget>>,
    /// Marked when an origin works again.
    works: watch::Sender<()>,
}

impl Origins {
    /// Takes a try at this URL, or says how long there is none. With `somebody_listens` (a knock was answered) a
    /// try is worth more than it costs and is always granted.
    pub(crate) fn take(&self, url: &Url, somebody_listens: bool) -> Result<(), Duration> {
        let granted = self.budgets().entry(url.origin()).or_default().take(Instant::now());
        if somebody_listens { Ok(()) } else { granted }
    }

    /// Whether tries at this URL's origin fail at the moment.
    pub(crate) fn is_failing(&self, url: &Url) -> bool {
        self.budgets().get(&url.origin()).is_some_and(|budget| budget.failing)
    }

    /// Changes whenever some origin works again that did not.
    pub(crate) fn works(&self) -> watch::Receiver<()> {
        self.0.works.subscribe()
    }

    /// A try at this URL brought a session that works, or one failed.
    pub(crate) fn tried(&self, url: &Url, worked: bool) {
        let was_failing = {
            let mut budgets = self.budgets();
            let budget = budgets.entry(url.origin()).or_default();
            std::mem::replace(&mut budget.failing, !worked)
        };
        if was_failing && worked {
            self.0.works.send_replace(());
        }
    }

    fn budgets(&self) -> MutexGuard<'_, HashMap<Origin, Budget>> {
        // Every statement leaves the map whole, so a panic elsewhere cannot have torn it.
        self.0.budgets.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The budget of one origin. The number of origins is bounded by the configuration.
#[derive(Debug, Default)]
struct Budget {
    failing: bool,
    /// Tries taken and not yet refilled, and since when the oldest of them counts.
    spent: u32,
    since: Option<Instant>,
}

impl Budget {
    /// Takes a try, or says how long there is none.
    fn take(&mut self, now: Instant) -> Result<(), Duration> {
        if !self.failing {
            (self.spent, self.since) = (0, None);
            return Ok(());
        }
        let mut since = self.since.unwrap_or(now);
        while self.spent > 0 && since + REFILL <= now {
            self.spent -= 1;
            since += REFILL;
        }
        if self.spent == 0 {
            since = now;
        }
        self.since = Some(since);
        if self.spent < BURST {
            self.spent += 1;
            Ok(())
        } else {
            Err((since + REFILL).saturating_duration_since(now))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(host: &str) -> Url {
        format!("ws://{host}/x").parse().unwrap()
    }

    fn failing(hosts: &[&str]) -> Origins {
        let origins = Origins::default();
        for host in hosts {
            origins.tried(&url(host), false);
        }
        origins
    }

    fn spend_all(origins: &Origins, url: &Url) -> Duration {
        (0..100).find_map(|_| origins.take(url, false).err()).expect("a budget has an end")
    }

    #[tokio::test(start_paused = true)]
    async fn a_failing_origin_is_tried_six_times_at_once_and_then_twelve_times_a_minute() {
        let (origins, start) = (failing(&["a"]), Instant::now());
        let mut tries = 0;
        while start.elapsed() < Duration::from_secs(60) {
            match origins.take(&url("a"), false) {
                Ok(()) => tries += 1,
                Err(wait) => tokio::time::sleep(wait).await,
            }
        }
        assert!((17..=18).contains(&tries), "{tries} tries in the first minute");
    }

    #[test]
    fn paths_share_a_budget_and_hosts_do_not() {
        let origins = failing(&["a", "b"]);
        assert!(spend_all(&origins, &url("a")) <= REFILL);
        assert_eq!(origins.take(&url("b"), false), Ok(()));
        assert!(origins.take(&"ws://a/another".parse().unwrap(), false).is_err());
    }

    #[test]
    fn an_origin_that_works_has_no_budget_and_says_so_once() {
        let origins = failing(&["a"]);
        spend_all(&origins, &url("a"));
        let told = origins.works();
        origins.tried(&url("a"), true);
        assert!(told.has_changed().unwrap());
        assert!(!origins.is_failing(&url("a")));
        assert!((0..100).all(|_| origins.take(&url("a"), false).is_ok()));
    }

    #[test]
    fn an_answered_knock_is_a_reason_to_go_at_once() {
        let origins = failing(&["a"]);
        spend_all(&origins, &url("a"));
        assert_eq!(origins.take(&url("a"), true), Ok(()));
    }
}
