//! Chooses the tray's picture.

use model::{BufferState, EndpointSnapshot, Overall, Reason, StatusSnapshot};

use super::{TrayBadge, TrayIcon};

impl TrayIcon {
    /// The picture for a state.
    pub fn of(snapshot: &StatusSnapshot) -> Self {
        let troubled = matches!(snapshot.overall, Overall::Partial | Overall::Down);
        let badge = match () {
            () if needs_user(snapshot) => TrayBadge::NeedsUser,
            () if troubled => TrayBadge::Trouble,
            () if waiting(snapshot) > 0 => TrayBadge::Waiting,
            () => TrayBadge::None,
        };
        Self { overall: snapshot.overall, badge }
    }

    /// Whether somebody should look.
    pub(super) fn wants_attention(self) -> bool {
        matches!(self.badge, TrayBadge::Trouble | TrayBadge::NeedsUser)
    }
}

/// Messages that wait for something, of all endpoints: what only passes through would make the icon flicker.
pub(super) fn waiting(snapshot: &StatusSnapshot) -> u64 {
    snapshot.endpoints.iter().fold(0, |sum, endpoint| sum.saturating_add(endpoint.held_up()))
}

fn needs_user(snapshot: &StatusSnapshot) -> bool {
    !snapshot.problems.is_empty() || snapshot.endpoints.iter().any(endpoint_needs_user)
}

fn endpoint_needs_user(endpoint: &EndpointSnapshot) -> bool {
    endpoint.outbox.state != BufferState::Ok
        || matches!(
            endpoint.reason,
            Some(Reason::AuthRequired | Reason::Misconfigured | Reason::CaptivePortal)
        )
}

#[cfg(test)]
mod tests {
    use model::{EndpointState as S, ErrorCode, Problem};

    use super::*;
    use crate::{icons, sample};

    #[test]
    fn the_first_badge_that_applies_is_shown() {
        let mut snapshot = sample::of([("a", S::Connected), ("b", S::Connected)]);
        assert_eq!(TrayIcon::of(&snapshot).badge, TrayBadge::None);
        snapshot.endpoints[0].outbox.queued = 3;
        assert_eq!(TrayIcon::of(&snapshot).badge, TrayBadge::None, "passing through");
        snapshot.endpoints[0].outbox.oldest_ms = Some(6_000);
        assert_eq!(TrayIcon::of(&snapshot).badge, TrayBadge::Waiting);
        let mut snapshot = sample::of([("a", S::Connected), ("b", S::Reconnecting)]);
        snapshot.endpoints[1].outbox.queued = 3;
        assert_eq!(TrayIcon::of(&snapshot).badge, TrayBadge::Trouble);
        snapshot.endpoints[1].reason = Some(Reason::AuthRequired);
        assert_eq!(TrayIcon::of(&snapshot).badge, TrayBadge::NeedsUser);
    }

    #[test]
    fn a_problem_of_the_agent_needs_somebody() {
        let mut snapshot = sample::of([("a", S::Connected)]);
        snapshot.problems.push(Problem {
            code: ErrorCode::ConfigInvalid,
            message: String::new(),
            detail: String::new(),
            endpoint: None,
        });
        assert_eq!(TrayIcon::of(&snapshot).badge, TrayBadge::NeedsUser);
    }

    #[test]
    fn every_icon_a_state_can_ask_for_is_drawn() {
        for overall in Overall::ALL {
            for needs_user in [false, true] {
                for queued in [0, 1] {
                    let mut snapshot = sample::of([("a", S::Connected)]);
                    snapshot.overall = overall;
                    snapshot.endpoints[0].reason = needs_user.then_some(Reason::AuthRequired);
                    snapshot.endpoints[0].outbox.queued = queued;
                    let icon = TrayIcon::of(&snapshot);
                    assert!(icons::DRAWN.contains(&icon), "{icon:?}");
                    for size in icons::SIZES {
                        assert_eq!(icons::rgba(icon, size).unwrap().rgba.len(), (size * size * 4) as usize);
                    }
                    assert_eq!(icons::rgba(icon, 17), None);
                }
            }
        }
    }
}
