//! Why an endpoint waits before its next try.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What a wait is for. It ends at `next_attempt_at`; a person may end it earlier.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum WaitCause {
    /// A try failed or a session was lost: clients spread, and give the server time.
    Backoff,
    /// Something on this computer ended the session, or may have ended what was waited for: over in a moment.
    Local,
    /// The server restarts, or is away behind a gateway that is up.
    ServerRestarting,
    /// The server has too much to do.
    Overloaded,
    /// The server said when to come back. That may be an hour ahead, and a try before is a person's choice.
    ServerAsked,
    /// Sessions open and die again and again.
    Flapping,
    /// Somebody has to act, or every allowed try failed: tried rarely. `reason` says which.
    SlowProbe,
    /// All endpoints of this server together have tried often enough for the moment.
    Budget,
}

impl WaitCause {
    /// Every value, for tables and for tests that want one of each.
    pub const ALL: [Self; 8] = [
        Self::Backoff,
        Self::Local,
        Self::ServerRestarting,
        Self::Overloaded,
        Self::ServerAsked,
        Self::Flapping,
        Self::SlowProbe,
        Self::Budget,
    ];
}
