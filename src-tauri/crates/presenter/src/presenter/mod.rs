//! The loop between the agent and the desktop. Decides when something is drawn, never what it says.

mod checks;
mod control;
mod pace;
#[cfg(test)]
mod run_tests;

use std::{fmt, sync::Arc, time::Duration};

use agent::{Action, AgentHandle};
use jiff::Timestamp;
use model::StatusSnapshot;
use tokio::{
    sync::{mpsc, watch},
    time::{Instant, sleep_until},
};
use tokio_util::sync::CancellationToken;

use crate::{
    Desktop, DesktopRequest, Language, NoticePolicy, Words,
    notice::{MessageTrack, NoticeTrack},
    tray::tray_view,
};

use checks::Checks;
pub use control::Control;
use control::Orders;
use pace::Pace;

/// Shorter naps of the computer break no connection.
const NAP: Duration = Duration::from_secs(5);

/// Keeps a desktop in step with an agent.
pub struct Presenter<D: Desktop, C: Control = AgentHandle> {
    status: watch::Receiver<Arc<StatusSnapshot>>,
    control: C,
    desktop: D,
    words: Words,
    policy: NoticePolicy,
    notices_enabled: Option<watch::Receiver<bool>>,
    wall_clock: Box<dyn Fn() -> Timestamp + Send>,
    time_asleep: Box<dyn Fn() -> Duration + Send>,
}

impl<D: Desktop, C: Control> fmt::Debug for Presenter<D, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Presenter")
            .field("words", &self.words)
            .field("policy", &self.policy)
            .finish_non_exhaustive()
    }
}

impl<D: Desktop> Presenter<D> {
    /// A presenter for a running agent.
    pub fn new(agent: AgentHandle, desktop: D, language: Language, policy: NoticePolicy) -> Self {
        let sleeper = agent.clone();
        Self::with_status(agent.watch_status(), agent, desktop, language, policy)
            .with_sleep_clock(move || sleeper.time_asleep())
    }
}

impl<D: Desktop, C: Control> Presenter<D, C> {
    /// A presenter for anything that has a status and takes orders.
    pub fn with_status(
        status: watch::Receiver<Arc<StatusSnapshot>>,
        control: C,
        desktop: D,
        language: Language,
        policy: NoticePolicy,
    ) -> Self {
        Self {
            status,
            control,
            desktop,
            words: Words::new(language),
            policy,
            notices_enabled: None,
            wall_clock: Box::new(Timestamp::now),
            time_asleep: Box::new(|| Duration::ZERO),
        }
    }

    /// Lets `switch` turn notices on and off while it runs, in place of [`NoticePolicy::enabled`].
    #[must_use]
    pub fn follow_notices(mut self, switch: watch::Receiver<bool>) -> Self {
        self.policy.enabled = *switch.borrow();
        self.notices_enabled = Some(switch);
        self
    }

    /// Takes the time of day from `clock`.
    #[must_use]
    pub fn with_wall_clock(mut self, clock: impl Fn() -> Timestamp + Send + 'static) -> Self {
        self.wall_clock = Box::new(clock);
        self
    }

    /// Takes from `clock` how long the computer has slept in all; without one it never does.
    #[must_use]
    pub fn with_sleep_clock(mut self, clock: impl Fn() -> Duration + Send + 'static) -> Self {
        self.time_asleep = Box::new(clock);
        self
    }

    /// Runs until `stop`, or until the agent has ended. When `requests` closes, it goes on without.
    pub async fn run(self, mut requests: mpsc::Receiver<DesktopRequest>, stop: CancellationToken) {
        let Self { mut status, control, mut desktop, words, policy, mut notices_enabled, .. } = self;
        let (wall_clock, time_asleep) = (self.wall_clock, self.time_asleep);
        let started = Instant::now();
        let mut checks = Checks::new(control.clone());
        let orders = Orders::to(control);
        let mut messages = MessageTrack::new(&policy);
        let mut notices = NoticeTrack::new(policy);
        let mut pace = Pace::default();
        let mut slept = time_asleep();
        loop {
            let snapshot = Arc::clone(&status.borrow_and_update());
            let now = started.elapsed();
            let view = tray_view(&snapshot, wall_clock(), &words);
            if let Some(view) = pace.draw(&snapshot, view, now) {
                desktop.set_tray(view);
            }
            // Asked before anything is told: the first news after a night are of what broke in it.
            let asleep = time_asleep();
            if asleep.saturating_sub(std::mem::replace(&mut slept, asleep)) >= NAP {
                notices.woke(now);
            }
            if let Some(notice) = notices.observe(&snapshot, now, &words) {
                desktop.notify(&notice);
            }
            checks.begin(notices.take_checks(now));
            if let Some(notice) = messages.observe(&snapshot, now, &words) {
                desktop.notify(&notice);
            }
            let wakes = [pace.next_wake(), notices.next_wake(), messages.next_wake()];
            let wake = wakes.into_iter().flatten().min();
            tokio::select! {
                biased;
                () = stop.cancelled() => break,
                request = requests.recv(), if !requests.is_closed() || !requests.is_empty() => {
                    if let Some(request) = request {
                        obey(request, &mut desktop, &orders);
                    }
                }
                report = checks.next() => notices.learned(&report),
                changed = status.changed() => if changed.is_err() { break },
                enabled = switched(notices_enabled.as_mut()) => match enabled {
                    Some(enabled) => {
                        notices.set_enabled(enabled);
                        messages.set_enabled(enabled);
                    }
                    None => notices_enabled = None,
                },
                () = reached(wake.map(|wake| started + wake)) => {}
            }
        }
    }
}

fn obey(request: DesktopRequest, desktop: &mut impl Desktop, orders: &Orders) {
    match request {
        DesktopRequest::OpenWindow => desktop.open_window(),
        DesktopRequest::RunCheck => desktop.run_check(),
        DesktopRequest::Quit => desktop.quit(),
        DesktopRequest::Reconnect(target) => orders.give(target, Action::Reconnect),
        DesktopRequest::Pause(target) => orders.give(target, Action::Pause),
        DesktopRequest::Resume(target) => orders.give(target, Action::Resume),
    }
}

/// The switch's new position; `None` when nobody holds it any more. Never comes back without a switch.
async fn switched(switch: Option<&mut watch::Receiver<bool>>) -> Option<bool> {
    match switch {
        Some(switch) => switch.changed().await.ok().map(|()| *switch.borrow_and_update()),
        None => std::future::pending().await,
    }
}

/// Returns at a moment; never without one.
async fn reached(moment: Option<Instant>) {
    match moment {
        Some(moment) => sleep_until(moment).await,
        None => std::future::pending().await,
    }
}
