//! What goes into the machine and what comes out.

use std::time::Duration;

use super::Host;
use crate::Failure;

/// Numbers dials and the sessions they become. A result that carries an old number is ignored.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AttemptId(pub u64);

/// What a person or a program wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// Be connected: resumes, and skips a wait.
    Connect,
    /// Connect anew, dropping a session that is up.
    Reconnect,
    /// Disconnect and stay away.
    Pause,
    /// Take a pause back.
    Resume,
}

/// Something happened around the connection that may have cut it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stimulus {
    /// The computer slept for so long.
    Woke(Duration),
    /// The network changed; the way to the peer seems to be the same.
    NetworkChanged,
    /// Another connection to this host got through.
    OriginWorks(Host),
    /// The network changed, and packets to the peer would leave from another address now.
    RouteMoved,
    /// The address that the session leaves this computer from is gone; another way to the peer is there.
    AddressGone,
    /// The credential is another one now.
    CredentialChanged,
}

/// Something happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// Somebody gave an order.
    Ordered(Order),
    /// Something may have cut the line.
    Stimulated(Stimulus),
    /// The dial may not start yet: the server's budget of tries is spent for so long.
    Deferred(AttemptId, Duration),
    /// The dial succeeded; its session is open.
    Opened(AttemptId),
    /// The dial failed.
    DialFailed(AttemptId, Failure),
    /// A message arrived on the session. Needed only until the session is proven.
    Received(AttemptId),
    /// The probe with this nonce was answered.
    Answered(AttemptId, u64),
    /// So many bytes were handed to the session; the peer is to confirm them.
    Transmitted(AttemptId, usize),
    /// The peer confirmed messages; so many bytes are left for it to confirm, 0 for none.
    Confirmed(AttemptId, usize),
    /// The session is over.
    Ended(AttemptId, Failure),
    /// A knock was answered (`true`) or not.
    Knocked(AttemptId, bool),
    /// The time that [`crate::Machine::wakes_at`] named has come.
    Tick {
        /// Time since the session received anything of any kind; `None` without a session.
        silent_for: Option<Duration>,
    },
}

impl Event {
    /// The dial or session it is about.
    pub(super) fn attempt(&self) -> Option<AttemptId> {
        match self {
            Self::Ordered(_) | Self::Stimulated(_) | Self::Knocked(..) | Self::Tick { .. } => None,
            Self::Deferred(attempt, _)
            | Self::Opened(attempt)
            | Self::DialFailed(attempt, _)
            | Self::Received(attempt)
            | Self::Answered(attempt, _)
            | Self::Transmitted(attempt, _)
            | Self::Confirmed(attempt, _)
            | Self::Ended(attempt, _) => Some(*attempt),
        }
    }
}

/// How a session is ended on purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Farewell {
    /// Somebody paused the endpoint, wants a new session, or the program ends.
    Done,
    /// Nothing comes back any more: do not wait for an answer.
    Dead,
}

/// Something for the driver to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Start dialing this host.
    Dial(AttemptId, Host),
    /// Stop dialing and close whatever the dial has open.
    Abort(AttemptId),
    /// Send the `on_connect` messages, before anything else.
    Greet(AttemptId),
    /// Send a probe with this nonce, and the application heartbeat beside it.
    Probe(AttemptId, u64),
    /// End the session; report [`Event::Ended`] when it is gone.
    Close(AttemptId, Farewell),
    /// Find out whether anybody listens at this host's last known addresses.
    Knock(AttemptId, Host),
    /// A try at this host brought a session that works (`true`), or one came to nothing or was lost: all who share the
    /// host's budget of tries are to know.
    Tried(Host, bool),
}
