//! The offline buffer of an endpoint.

use schemars::JsonSchema;
use serde::Deserialize;

/// The largest whole number every JSON reader keeps exactly.
const MAX_COUNT: u64 = (1 << 53) - 1;

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::settings) struct Buffer {
    /// What an accepted message survives: the program's end, a crash, a power cut.
    pub(in crate::settings) durability: Option<Durability>,
    /// What counts as delivered.
    pub(in crate::settings) ack: Option<Ack>,
    /// Where the id stands in an application's acknowledgement, as a JSON pointer.
    #[schemars(regex(pattern = "^(/.*)?$"))]
    pub(in crate::settings) ack_pointer: Option<String>,
    /// Most messages held.
    #[schemars(range(min = 1, max = MAX_COUNT))]
    pub(in crate::settings) max_messages: Option<u64>,
    /// Most bytes held.
    #[schemars(range(min = 1, max = MAX_COUNT))]
    pub(in crate::settings) max_bytes: Option<u64>,
    /// Age at which a message is given up, in milliseconds.
    #[schemars(range(min = 1, max = MAX_COUNT))]
    pub(in crate::settings) ttl: Option<u64>,
    /// What happens when it is full.
    pub(in crate::settings) overflow: Option<Overflow>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(in crate::settings) enum Durability {
    Memory,
    Process,
    Power,
}

#[derive(Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(in crate::settings) enum Ack {
    Written,
    Transport,
    App,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(in crate::settings) enum Overflow {
    Reject,
    DropOldest,
    DropNewest,
}
