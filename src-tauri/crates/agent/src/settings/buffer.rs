//! The offline buffer of an endpoint as it is obeyed: every default filled in.

use std::time::Duration;

use model::BufferLevel;
use outbox::{AckMode, Bounds, OverflowPolicy};

use super::file;

/// Where an acknowledgement names the message, unless told otherwise.
const ACK_POINTER: &str = "/id";

/// How messages wait for their endpoint, and what counts as delivered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BufferSettings {
    /// What an accepted message survives.
    pub durability: BufferLevel,
    /// What counts as delivered.
    pub ack: AckMode,
    /// JSON pointer (RFC 6901) to the id, or the list of ids, in an application's acknowledgement.
    pub ack_pointer: String,
    /// Most messages held.
    pub max_messages: u64,
    /// Most bytes held.
    pub max_bytes: u64,
    /// Age at which a message is given up.
    pub ttl: Duration,
    /// What happens when it is full.
    pub overflow: OverflowPolicy,
}

impl Default for BufferSettings {
    fn default() -> Self {
        let bounds = Bounds::default();
        Self {
            durability: BufferLevel::default(),
            ack: AckMode::default(),
            ack_pointer: ACK_POINTER.to_owned(),
            max_messages: bounds.max_messages,
            max_bytes: bounds.max_bytes,
            ttl: bounds.max_age,
            overflow: OverflowPolicy::default(),
        }
    }
}

impl From<&file::Buffer> for BufferSettings {
    fn from(buffer: &file::Buffer) -> Self {
        let default = Self::default();
        Self {
            durability: match &buffer.durability {
                Some(file::Durability::Memory) => BufferLevel::Memory,
                Some(file::Durability::Process) => BufferLevel::Process,
                Some(file::Durability::Power) => BufferLevel::Power,
                None => default.durability,
            },
            ack: match &buffer.ack {
                Some(file::Ack::Written) => AckMode::Written,
                Some(file::Ack::Transport) => AckMode::Transport,
                Some(file::Ack::App) => AckMode::App,
                None => default.ack,
            },
            ack_pointer: buffer.ack_pointer.clone().unwrap_or(default.ack_pointer),
            max_messages: buffer.max_messages.unwrap_or(default.max_messages),
            max_bytes: buffer.max_bytes.unwrap_or(default.max_bytes),
            ttl: buffer.ttl.map_or(default.ttl, Duration::from_millis),
            overflow: match &buffer.overflow {
                Some(file::Overflow::Reject) => OverflowPolicy::Reject,
                Some(file::Overflow::DropOldest) => OverflowPolicy::DropOldest,
                Some(file::Overflow::DropNewest) => OverflowPolicy::DropNewest,
                None => default.overflow,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_not_said_is_what_the_contract_promises() {
        let nothing: file::Buffer = serde_json::from_value(json!({})).unwrap();
        let settings = BufferSettings::from(&nothing);
        assert_eq!(settings, BufferSettings::default());
        assert_eq!((settings.durability, settings.ack), (BufferLevel::Power, AckMode::Transport));
        assert_eq!((settings.max_messages, settings.max_bytes), (1_000_000, 268_435_456));
        assert_eq!(settings.ttl, Duration::from_millis(604_800_000));
        assert_eq!(settings.overflow, OverflowPolicy::Reject);
    }

    #[test]
    fn every_key_is_obeyed() {
        let said: file::Buffer = serde_json::from_value(json!({
            "durability": "process", "ack": "app", "ack_pointer": "/ack", "max_messages": 3, "max_bytes": 4,
            "ttl": 5, "overflow": "drop_oldest",
        }))
        .unwrap();
        let expected = BufferSettings {
            durability: BufferLevel::Process,
            ack: AckMode::App,
            ack_pointer: "/ack".to_owned(),
            max_messages: 3,
            max_bytes: 4,
            ttl: Duration::from_millis(5),
            overflow: OverflowPolicy::DropOldest,
        };
        assert_eq!(BufferSettings::from(&said), expected);
    }
}
