//! Why a try or a session ended, reduced to what the machine's policy depends on.

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
}

/// What follows from a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FailureKind {
    /// Nothing answers at the address. Whether somebody listens again can be found out cheaply, by a knock.
    Unanswered,
    /// Somebody answered, or nobody can be asked cheaply: back off.
    Retry,
    /// Trying again at once would be wrong. Probe slowly until something changes.
    Halt(Reason),
}
