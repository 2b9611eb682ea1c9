//! Faults that can be staged: what they are, how they are asked for, where they are kept.
//!
//! Data and rules only. Who suffers a fault looks here: the gate in `routes` before a connection is up, the
//! session afterwards.

mod board;
mod request;

use std::time::Duration;

use http::StatusCode;
use serde_json::{Value, json};

pub use board::FaultHandle;
pub(crate) use board::{Active, Faults};
pub use request::FaultRequest;

use crate::DemoPath;

/// Where a fault applies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scope {
    /// The whole server except `/fault`; written `"*"`.
    Everywhere,
    /// One path.
    Path(DemoPath),
}

impl Scope {
    /// As it is written in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Everywhere => "*",
            Self::Path(path) => path.as_str(),
        }
    }

    pub(crate) fn parse(text: &str) -> Option<Self> {
        if text == "*" { Some(Self::Everywhere) } else { DemoPath::parse(text).map(Self::Path) }
    }
}

/// What goes wrong.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Fault {
    /// The connection is closed without an answer; open sessions are reset.
    Refuse,
    /// Sessions open and are closed with 1011 when they are this old.
    CloseAfterOpen(Duration),
    /// Sessions open, then nothing comes any more, not even a pong. What arrives meanwhile is read afterwards.
    Silent,
    /// The upgrade and every message to the client, pongs included, wait this long.
    Slow(Duration),
    /// Upgrades are answered with this status instead; open sessions are reset.
    HttpStatus(StatusCode),
    /// Upgrades are answered with 200 and a page, as a captive portal does; open sessions are reset.
    NoWebsocket,
    /// Each message to the client is lost with this probability; pongs and close frames are not.
    DropRandom(f64),
}

impl Fault {
    /// The word in JSON.
    pub fn mode(self) -> &'static str {
        match self {
            Self::Refuse => "refuse",
            Self::CloseAfterOpen(_) => "close_after_open",
            Self::Silent => "silent",
            Self::Slow(_) => "slow",
            Self::HttpStatus(_) => "http_status",
            Self::NoWebsocket => "no_websocket",
            Self::DropRandom(_) => "drop_random",
        }
    }

    /// The number in JSON, null where the mode takes none.
    pub(crate) fn value(self) -> Value {
        match self {
            Self::CloseAfterOpen(time) | Self::Slow(time) => json!(time.as_millis() as u64),
            Self::HttpStatus(status) => json!(status.as_u16()),
            Self::DropRandom(probability) => json!(probability),
            Self::Refuse | Self::Silent | Self::NoWebsocket => Value::Null,
        }
    }
}
