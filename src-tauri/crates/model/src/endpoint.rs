//! The id of an endpoint: the key in the configuration file, in URLs and in logs.

use std::{fmt, str::FromStr};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Longest id, in characters.
const MAX_LEN: usize = 64;

/// `[a-z0-9_-]{1,64}`. Cheap enough to clone: a short string.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(test, derive(ts_rs::TS), ts(type = "string"))]
#[serde(try_from = "String", into = "String")]
#[schemars(description = "The id of an endpoint.", extend("pattern" = "^[a-z0-9_-]{1,64}$"))]
pub struct EndpointId(String);

/// The text is not an endpoint id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidEndpointId {
    /// What was offered.
    pub text: String,
}

impl EndpointId {
    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for EndpointId {
    type Err = InvalidEndpointId;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_' || c == '-';
        if text.is_empty() || text.len() > MAX_LEN || !text.chars().all(allowed) {
            return Err(InvalidEndpointId { text: text.to_owned() });
        }
        Ok(Self(text.to_owned()))
    }
}

impl TryFrom<String> for EndpointId {
    type Error = InvalidEndpointId;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<EndpointId> for String {
    fn from(id: EndpointId) -> Self {
        id.0
    }
}

impl fmt::Display for EndpointId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for InvalidEndpointId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{:?} is not an endpoint id: use 1 to {MAX_LEN} of the characters a-z, 0-9, _ and -",
            self.text
        )
    }
}

impl std::error::Error for InvalidEndpointId {}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn accepts_exactly_the_documented_alphabet(text in "\\PC{0,70}") {
            let documented = (1..=64).contains(&text.len())
                && text.bytes().all(|b| b"abcdefghijklmnopqrstuvwxyz0123456789_-".contains(&b));
            prop_assert_eq!(text.parse::<EndpointId>().is_ok(), documented);
        }

        #[test]
        fn survives_a_round_trip_through_json(text in "[a-z0-9_-]{1,64}") {
            let id: EndpointId = text.parse().unwrap();
            let json = serde_json::to_string(&id).unwrap();
            prop_assert_eq!(serde_json::from_str::<EndpointId>(&json).unwrap(), id);
        }
    }
}
