//! The states of a link and what each holds.

use model::WaitCause;

use super::{AttemptId, Host, probing::Probing};
use crate::Moment;

/// What the link is doing.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Phase {
    /// Nothing, on purpose.
    Resting,
    /// A dial is under way.
    Dialing(AttemptId),
    /// A session is open, nothing has come through it yet.
    Unproven { session: AttemptId, opened: Moment, prove_by: Moment, probing: Probing },
    /// The session is of use.
    /// While messages wait for the peer's confirmation, it becomes suspect at `doubt_at`.
    Proven { session: AttemptId, opened: Moment, probing: Probing, doubt_at: Option<Moment> },
    /// A session is being ended; nothing new starts before it is gone.
    Closing { session: AttemptId, give_up_at: Moment, then: AfterClosing },
    /// The next dial starts at `until`, or earlier when a knock is answered.
    Waiting { until: Moment, cause: WaitCause, knocking: Option<Knocking> },
}

/// What follows a session that was ended on purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum AfterClosing {
    Rest,
    Dial,
}

/// Knocks at the door of a server that went away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Knocking {
    pub(super) next: Moment,
    /// Nobody listened when last tried. Until that is known, an answer means nothing: the server may have hung
    /// up on purpose.
    pub(super) found_shut: bool,
    /// Where it is knocked next, or was last.
    pub(super) host: Host,
    /// Set while a knock is under way.
    pub(super) pending: Option<AttemptId>,
}
