//! What happens around the connections on this computer: sleep, and changes of its network.
//!
//! One small loop for all endpoints. It only tells; what follows is each link's decision. Signals never hold
//! a try back: a computer that thinks it is offline may be wrong.

use std::time::Duration;

use link::Signal;
use netwatcher::{AsyncWatch, Update, async_adapter::Tokio};
use tokio::{
    sync::mpsc,
    time::{Instant, MissedTickBehavior, interval, sleep_until},
};
use tracing::{info, warn};

/// How often the clocks are compared.
const SAMPLE: Duration = Duration::from_secs(5);
/// How often routes are looked at although nothing was reported: reports can get lost.
const RECONCILE: Duration = Duration::from_secs(60);
/// Changes come in bursts; one is over after this much quiet…
const QUIET: Duration = Duration::from_millis(250);
/// …or after this much in all.
const LONGEST_BURST: Duration = Duration::from_secs(1);
/// Less than this is the clocks' own drift.
const SHORTEST_SLEEP: Duration = Duration::from_secs(1);

/// Watches until nobody listens.
pub(crate) async fn watch(signals: mpsc::Sender<Signal>) {
    let mut network = Network::watch();
    let mut clocks = Clocks::read();
    let mut sample = interval(SAMPLE);
    sample.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut reconcile = interval(RECONCILE);
    reconcile.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        let signal = tokio::select! {
            () = signals.closed() => return,
            _ = sample.tick() => {
                let slept = clocks.slept();
                (slept >= SHORTEST_SLEEP).then(|| {
                    info!(seconds = slept.as_secs(), "woke from sleep");
                    Signal::Woke(slept)
                })
            }
            _ = reconcile.tick() => Some(Signal::CheckRoute),
            () = network.changed() => {
                network.quiet().await;
                info!("the network changed");
                Some(Signal::NetworkChanged)
            }
        };
        if let Some(signal) = signal
            && signals.send(signal).await.is_err()
        {
            return;
        }
    }
}

/// How long this computer has slept since it was started. Zero where that is not measured yet.
pub(crate) fn asleep() -> Duration {
    Clocks::read().asleep()
}

/// The network interfaces of this computer.
struct Network(Option<AsyncWatch>);

impl Network {
    /// Watches on this runtime. The crate's own thread is not used: its end waits for a pipe that child processes
    /// inherit, and so may never come.
    fn watch() -> Self {
        match netwatcher::watch_interfaces_async::<Tokio>() {
            Ok(watch) => Self(Some(watch)),
            Err(error) => {
                warn!(%error, "changes of the network are noticed late: the system does not report them");
                Self(None)
            }
        }
    }

    /// Returns when addresses changed; never where the system does not report it.
    async fn changed(&mut self) {
        match &mut self.0 {
            Some(watch) => while !is_news(&watch.changed().await) {},
            None => std::future::pending().await,
        }
    }

    /// Waits until a burst of changes is over.
    async fn quiet(&mut self) {
        let end = Instant::now() + LONGEST_BURST;
        loop {
            let calm = (Instant::now() + QUIET).min(end);
            tokio::select! {
                () = sleep_until(calm) => return,
                () = self.changed() => {}
            }
        }
    }
}

/// Only addresses count: interfaces without one carry nothing.
fn is_news(update: &Update) -> bool {
    let diff = &update.diff;
    let moved =
        diff.modified.values().any(|one| !one.addrs_added.is_empty() || !one.addrs_removed.is_empty());
    !update.is_initial && (moved || !diff.added.is_empty() || !diff.removed.is_empty())
}

/// Two clocks that differ by the time the computer slept: one stands still then, one does not. Steps of the
/// wall clock move neither.
#[derive(Debug)]
struct Clocks {
    #[cfg(target_os = "linux")]
    awake: Duration,
    #[cfg(target_os = "linux")]
    with_sleep: Duration,
}

impl Clocks {
    #[cfg(target_os = "linux")]
    fn read() -> Self {
        use rustix::time::{ClockId, Timespec, clock_gettime};

        let duration = |time: Timespec| {
            Duration::new(u64::try_from(time.tv_sec).unwrap_or(0), u32::try_from(time.tv_nsec).unwrap_or(0))
        };
        Self {
            awake: duration(clock_gettime(ClockId::Monotonic)),
            with_sleep: duration(clock_gettime(ClockId::Boottime)),
        }
    }

    #[cfg(target_os = "linux")]
    fn asleep(&self) -> Duration {
        self.with_sleep.saturating_sub(self.awake)
    }

    /// Sleep since the last reading.
    #[cfg(target_os = "linux")]
    fn slept(&mut self) -> Duration {
        let now = Self::read();
        let awake = now.awake.saturating_sub(self.awake);
        let slept = now.with_sleep.saturating_sub(self.with_sleep).saturating_sub(awake);
        *self = now;
        slept
    }

    /// Other systems: not measured yet; the overdue heartbeat notices a dead session.
    #[cfg(not(target_os = "linux"))]
    fn read() -> Self {
        Self {}
    }

    #[cfg(not(target_os = "linux"))]
    fn asleep(&self) -> Duration {
        Duration::ZERO
    }

    #[cfg(not(target_os = "linux"))]
    fn slept(&mut self) -> Duration {
        Duration::ZERO
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn sleep_is_what_one_clock_counted_and_the_other_did_not() {
        let mut clocks = Clocks::read();
        assert_eq!(clocks.slept().as_secs(), 0, "nobody slept");
        clocks.with_sleep -= Duration::from_secs(40);
        // The two clocks are read one after the other.
        let slept = clocks.slept().as_secs_f64();
        assert!((39.9..40.1).contains(&slept), "{slept}");
    }

    #[tokio::test]
    async fn the_watch_ends_with_its_listener() {
        let (sender, receiver) = mpsc::channel(1);
        drop(receiver);
        tokio::time::timeout(Duration::from_secs(10), watch(sender)).await.expect("it ends");
    }
}
