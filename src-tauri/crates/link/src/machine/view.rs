//! The machine seen from outside: what a person could see of a link.

use model::{EndpointState, Reason, WaitCause};

use super::{
    Host, Machine,
    phase::{AfterClosing, Phase},
};
use crate::{Failure, Moment, RttStats};

/// What a person could see of a link.
#[derive(Clone, Debug, PartialEq)]
pub struct LinkView {
    /// The public state.
    pub state: EndpointState,
    /// Why, for `disconnected` and `failed`.
    pub reason: Option<Reason>,
    /// Tries in a row that brought no proven session.
    pub attempt: u32,
    /// When the next try starts, if one is scheduled.
    pub next_attempt: Option<Moment>,
    /// Why it waits until then.
    pub waiting: Option<WaitCause>,
    /// The newest failure, kept after recovery.
    pub last_failure: Option<Failure>,
    /// Failures since the link was made: tells a new failure from an equal older one.
    pub failures_total: u64,
    /// Sessions proven since the link was made.
    pub sessions_proven: u64,
    /// The host in use or being tried.
    pub host: Host,
    /// Another session is about to take the place of the one in use, because the way moved.
    pub migrating: bool,
    /// When the preferred host is looked at again, while another one is in use.
    pub next_return: Option<Moment>,
    /// Round-trip statistics.
    pub rtt: RttStats,
    /// When the peer last answered a probe.
    pub last_pong: Option<Moment>,
}

impl LinkView {
    /// Whether a backup is in use.
    pub fn is_on_backup(&self) -> bool {
        self.state == EndpointState::Connected && self.host != Host::default()
    }

    /// A link that has done nothing yet: it is about to connect, or stays paused.
    pub fn before_start(paused: bool) -> Self {
        let (state, reason) = if paused {
            (EndpointState::Disconnected, Some(Reason::Paused))
        } else {
            (EndpointState::Connecting, None)
        };
        Self {
            state,
            reason,
            attempt: 0,
            next_attempt: None,
            waiting: None,
            last_failure: None,
            failures_total: 0,
            sessions_proven: 0,
            host: Host::default(),
            migrating: false,
            next_return: None,
            rtt: RttStats::default(),
            last_pong: None,
        }
    }
}

impl Machine {
    /// What a person could see now.
    pub fn view(&self) -> LinkView {
        let (state, reason) = self.state();
        let proven = matches!(self.phase, Phase::Proven { .. });
        let wait = match self.phase {
            Phase::Waiting { until, cause, .. } => Some((until, cause)),
            Phase::Resting
            | Phase::Dialing(_)
            | Phase::Unproven { .. }
            | Phase::Proven { .. }
            | Phase::Closing { .. } => None,
        };
        LinkView {
            state,
            reason,
            attempt: self.failed_tries,
            next_attempt: wait.map(|(until, _)| until),
            waiting: wait.map(|(_, cause)| cause),
            last_failure: self.last_failure.clone(),
            failures_total: self.failures_total,
            sessions_proven: self.sessions_proven,
            host: self.host,
            migrating: self.is_migrating(),
            next_return: self.returning.next.filter(|_| proven),
            rtt: self.rtt.clone(),
            last_pong: self.last_pong,
        }
    }

    fn state(&self) -> (EndpointState, Option<Reason>) {
        let trying = if self.was_up || self.down_since.is_some() {
            EndpointState::Reconnecting
        } else {
            EndpointState::Connecting
        };
        match (&self.phase, self.halted) {
            (Phase::Proven { .. }, _) => (EndpointState::Connected, None),
            (Phase::Resting | Phase::Closing { then: AfterClosing::Rest, .. }, _) => {
                (EndpointState::Disconnected, Some(Reason::Paused))
            }
            // Being sent away by the server is no failure.
            (_, Some(Reason::ServerStop)) => (EndpointState::Disconnected, Some(Reason::ServerStop)),
            (_, Some(reason)) => (EndpointState::Failed, Some(reason)),
            (
                Phase::Dialing(_) | Phase::Unproven { .. } | Phase::Closing { .. } | Phase::Waiting { .. },
                None,
            ) => (trying, None),
        }
    }
}
