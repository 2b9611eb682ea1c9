//! Names: what the system's resolver, each name server and the hosts file say.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};

/// One name.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct NameFacts {
    /// The name, or the literal address.
    pub host: String,
    /// The URL held an address: nothing was looked up.
    pub literal: bool,
    /// The production lookup; `None` while it was not made.
    pub system: Option<LookupEnd>,
    /// How long it took, milliseconds.
    pub ms: Option<f64>,
    /// Each name server by itself, in the system's order.
    pub servers: Vec<ServerAnswer>,
    /// Addresses of the hosts file for this name.
    pub hosts_file: Vec<IpAddr>,
}

/// How the system's lookup ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LookupEnd {
    /// Addresses, in the order they are tried.
    Found(Vec<IpAddr>),
    /// There is no such name, or none with an address.
    NotFound(String),
    /// A failure that may pass: SERVFAIL or silence, the system does not tell them apart.
    Temporary(String),
    /// No end within the limit.
    TimedOut,
    /// This computer has no free handles.
    OutOfResources(String),
    /// Anything else.
    Failed(String),
}

/// What one name server said.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ServerAnswer {
    /// The name server.
    pub server: IpAddr,
    /// IPv4 addresses.
    pub a: AnswerEnd,
    /// IPv6 addresses.
    pub aaaa: AnswerEnd,
    /// Milliseconds of the slower answer.
    pub ms: f64,
}

/// How one query ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AnswerEnd {
    /// Addresses.
    Found(Vec<IpAddr>),
    /// The name exists, without an address of this family.
    NoData,
    /// NXDOMAIN.
    NxDomain,
    /// SERVFAIL.
    ServFail,
    /// REFUSED.
    Refused,
    /// Another response code.
    Other(u16),
    /// Silence.
    TimedOut,
    /// Nothing could be sent, or nobody listens.
    Unreachable(String),
}
