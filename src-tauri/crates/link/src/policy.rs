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
