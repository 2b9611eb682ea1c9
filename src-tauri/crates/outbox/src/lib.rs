//! The offline buffer on disk: one SQLite file per endpoint that holds what could not be sent yet.
//!
//! Knows ids and bytes, not networks. So far this room holds its public words only: nothing is accepted for
//! sending yet, and the status snapshot says `queued: 0` because that is the truth. The store itself, its
//! durability levels and its drain come with the gateway's sending routes.

use serde::{Deserialize, Serialize};

/// What happens to a message that would exceed the buffer's bounds. `reject` is the default: the sender is
/// told, and nothing that was accepted is lost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OverflowPolicy {
    /// Refuse the new message.
    #[default]
    Reject,
    /// Drop the oldest waiting message.
    DropOldest,
    /// Drop the new message, counted.
    DropNewest,
}

/// What proves that a message was delivered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AckMode {
    /// The operating system took the bytes; proves nothing about the peer.
    Written,
    /// The peer answered a probe sent behind the message, or HTTP 2xx.
    #[default]
    Transport,
    /// The peer's application named the message's id.
    App,
}
