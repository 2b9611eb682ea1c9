//! What the configuration may choose about retrying, probing and close codes.

use std::{collections::BTreeMap, time::Duration};

use crate::BackoffPolicy;

/// Retrying.
#[derive(Clone, Debug, PartialEq)]
pub struct RetryPolicy {
    /// Waits between tries.
    pub backoff: BackoffPolicy,
    /// Failures in a row before the link counts as failed and is probed slowly; 0 means never.
    pub max_attempts: u32,
    /// Whether the server has many clients on other computers, which all come back when it does. Waits are then
    /// spread wider, to spare it. False for a server on this computer.
    pub crowd: bool,
}

/// Probing of an open session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeartbeatPolicy {
    /// Off: a session counts as proven when it opens, and only the socket's end is noticed.
    pub enabled: bool,
    /// Longest time between probes. Less where middleboxes were found to forget idle connections sooner.
    pub interval: Duration,
    /// Longest silence after a probe. A fast line is given up sooner, unless this is above 10 s.
    pub timeout: Duration,
}

/// When a host of several is left alone, and how the preferred one is returned to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostPolicy {
    /// How long a host is left alone at first; doubled each time, give or take a fifth.
    pub eject: Duration,
    /// The longest it is left alone.
    pub eject_longest: Duration,
    /// Time between two looks at the preferred host while another one is in use; up to a fifth more in a crowd.
    pub look_every: Duration,
    /// Looks in a row that it must pass.
    pub clean_looks: u32,
}

impl Default for HostPolicy {
    fn default() -> Self {
        let second = Duration::from_secs(1);
        Self { eject: second * 30, eject_longest: second * 600, look_every: second * 30, clean_looks: 3 }
    }
}

/// What one endpoint's server means by its close codes, where that differs from the usual.
pub type CloseCodes = BTreeMap<u16, CloseAction>;

/// What follows a close code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CloseAction {
    /// Stay away, as after 1000.
    Stop,
    /// Come back, as after a lost session.
    Retry,
    /// Come back later, as after 1013.
    Slow,
}
