//! What the state of an endpoint means for a person. Knows no times and nothing that was told.

use model::{EndpointSnapshot, EndpointState, ErrorCode, Reason};

/// What a state means for the person, nothing finer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Condition {
    Up,
    /// First try under way: neither good nor bad news.
    Trying,
    Down,
    /// Down for want of a network; the desktop shows that itself.
    NoNetwork,
    /// Somebody wanted it so.
    Away,
}

impl Condition {
    pub(super) fn of(endpoint: &EndpointSnapshot) -> Self {
        let no_network =
            || endpoint.last_error.as_ref().is_some_and(|error| error.code == ErrorCode::NetworkDown);
        match (endpoint.state, endpoint.reason) {
            (_, Some(Reason::Paused)) => Self::Away,
            (EndpointState::Connected, _) => Self::Up,
            (EndpointState::Connecting, _) => Self::Trying,
            (_, Some(Reason::Offline)) => Self::NoNetwork,
            (EndpointState::Reconnecting | EndpointState::Failed, None | Some(Reason::MaxAttempts))
                if no_network() =>
            {
                Self::NoNetwork
            }
            (EndpointState::Reconnecting | EndpointState::Disconnected | EndpointState::Failed, _) => {
                Self::Down
            }
        }
    }
}

/// Why it does not simply go on trying. Dropping again and again is told by itself.
pub(super) fn stuck(endpoint: &EndpointSnapshot) -> Option<Reason> {
    match endpoint.state {
        EndpointState::Failed | EndpointState::Disconnected => endpoint
            .reason
            .filter(|reason| !matches!(reason, Reason::Paused | Reason::Offline | Reason::Flapping)),
        EndpointState::Connecting | EndpointState::Connected | EndpointState::Reconnecting => None,
    }
}

/// Whether trying alone will not help.
pub(super) fn needs_somebody(reason: Reason) -> bool {
    matches!(reason, Reason::AuthRequired | Reason::Misconfigured | Reason::CaptivePortal)
}
