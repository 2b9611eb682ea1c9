//! The offline buffer of an endpoint.

use schemars::JsonSchema;
use serde::Deserialize;

/// The largest whole number every JSON reader keeps exactly.
const MAX_COUNT: u64 = (1 << 53) - 1;

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::settings) struct Buffer {
    /// What an accepted message survives: nothing (`memory`), the end or a crash of the program (`process`), a power cut
    /// (`power`, the default).
    pub(in crate::settings) durability: Option<Durability>,
    /// What counts as delivered: the operating system took it, which proves nothing about the server (`written`); the
    /// server answered a ping sent behind it (`transport`, the default); the server's application named its id (`app`).
    pub(in crate::settings) ack: Option<Ack>,
    /// With `app`: where the id, or a list of ids, stands in an acknowledgement, as a JSON pointer; `/id` unless said.
    #[schemars(regex(pattern = "^(/.*)?$"))]
    pub(in crate::settings) ack_pointer: Option<String>,
    /// Most messages held; 1000000 unless said.
    #[schemars(range(min = 1, max = MAX_COUNT))]
    pub(in crate::settings) max_messages: Option<u64>,
    /// Most bytes held; 268435456 unless said.
    #[schemars(range(min = 1, max = MAX_COUNT))]
    pub(in crate::settings) max_bytes: Option<u64>,
    /// Age at which a message is given up, in milliseconds; 604800000, a week, unless said.
    #[schemars(range(min = 1, max = MAX_COUNT))]
    pub(in crate::settings) ttl: Option<u64>,
    /// What happens when it is full: new messages are refused (`reject`, the default), the oldest or the newest dropped.
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
