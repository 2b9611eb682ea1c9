//! Why a try or a session ended, reduced to what the machine's policy depends on.

use std::time::Duration;

use model::{ErrorCode, Reason};

/// The end of a try or of a session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// What follows from it.
    pub kind: FailureKind,
    /// Stable code for programs.
    pub code: ErrorCode,
    /// Raw cause for experts, one line.
    pub detail: String,
    /// The code the peer closed with, where a close frame with one was the end.
    pub close_code: Option<u16>,
}

impl Failure {
    /// A failure that no close code tells of.
    pub fn new(kind: FailureKind, code: ErrorCode, detail: impl Into<String>) -> Self {
        Self { kind, code, detail: detail.into(), close_code: None }
    }
}

/// What follows from a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FailureKind {
    /// Nothing answers at the address. Whether somebody listens again can be found out cheaply, by a knock.
    Unanswered,
    /// The server, or something on the way, ended it: back off.
    Retry,
    /// Somebody accepted and hung up before a session came of it: back off, and suspect flapping.
    HungUp,
    /// We ended it because the line was dead: the server is not to blame and need not be spared.
    Local,
    /// The service restarts, or is away behind a gateway that is up: usually over in seconds.
    Restarting,
    /// The server has too much to do: stay away for a while.
    Overloaded,
    /// The server said when to come back.
    Hinted(Duration),
    /// Somebody answers, but not as a server of this kind: wrong address or path, or a deployment under way.
    Misfit,
    /// In an open session somebody broke the protocol: us in the server's eyes, or the server in ours.
    Breach,
    /// The server had an error of its own in an open session: give it more time each time.
    Troubled,
    /// The server refused a message of ours for its size. The message is to blame, not the server.
    TooBig,
    /// Somebody says that a person has to act, but it may be a box on the way: believed when it is repeated.
    Doubtful(Reason),
    /// The server refuses the credential. Another one may be there already: ask once, and go at once.
    Refused,
    /// Trying again at once would be wrong. Probe slowly until something changes.
    Halt(Reason),
}

impl FailureKind {
    /// What is wrong if this comes again and again.
    pub(crate) fn repeated(self) -> Option<Reason> {
        match self {
            Self::Misfit | Self::Breach => Some(Reason::Misconfigured),
            Self::Doubtful(reason) => Some(reason),
            Self::Unanswered
            | Self::Retry
            | Self::HungUp
            | Self::Local
            | Self::Restarting
            | Self::Overloaded
            | Self::Hinted(_)
            | Self::Troubled
            | Self::TooBig
            | Self::Refused
            | Self::Halt(_) => None,
        }
    }
}
