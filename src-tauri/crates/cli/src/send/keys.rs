//! Names for requests, made before they go out, so that a request that is repeated is known. The agent makes the ids of
//! a batch from its key and the places in it; a key of a single message is its id.

use uuid::Uuid;

/// Longest id the agent takes as it is.
const MAX_ID: usize = 64;

/// Where keys come from.
#[derive(Debug)]
pub(super) enum Keys {
    /// A new UUIDv7 for each.
    Fresh,
    /// The first message has this id, the second the same with `-2`, and so on: who repeats the whole input repeats
    /// the ids.
    Named { id: String, given: u64 },
}

impl Keys {
    pub(super) fn of(id: Option<String>) -> Self {
        id.map_or(Self::Fresh, |id| Self::Named { id, given: 0 })
    }

    /// Most lines of one request. How lines fall into batches is a matter of time, and no two runs are alike; so a
    /// line whose id has to be the same in each run goes alone.
    pub(super) fn most_lines(&self) -> usize {
        match self {
            Self::Fresh => usize::MAX,
            Self::Named { .. } => 1,
        }
    }

    /// Whether a person gave them, and may have done so before.
    pub(super) fn are_given(&self) -> bool {
        matches!(self, Self::Named { .. })
    }

    pub(super) fn next(&mut self) -> String {
        match self {
            Self::Fresh => Uuid::now_v7().to_string(),
            Self::Named { id, given } => {
                *given += 1;
                if *given == 1 { id.clone() } else { format!("{id}-{given}") }
            }
        }
    }
}

/// Checks an id given on the command line, by the agent's rule.
pub(crate) fn id(text: &str) -> Result<String, String> {
    let fits = !text.is_empty() && text.len() <= MAX_ID && text.bytes().all(|byte| byte.is_ascii_graphic());
    if fits {
        Ok(text.to_owned())
    } else {
        Err(format!("an id has 1 to {MAX_ID} visible ASCII characters and no spaces"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_given_id_names_the_first_message_and_numbers_the_others() {
        let mut keys = Keys::of(Some("order-17".to_owned()));
        let given = [(); 3].map(|()| keys.next());
        assert_eq!(given, ["order-17", "order-17-2", "order-17-3"]);
    }

    #[test]
    fn keys_of_ours_differ() {
        let mut keys = Keys::of(None);
        assert_ne!(keys.next(), keys.next());
    }

    #[test]
    fn ids_that_the_agent_would_refuse_are_refused_here() {
        assert!(id("order-17").is_ok() && id(&"x".repeat(64)).is_ok());
        for bad in ["", "two words", "é", "a\nb", &"x".repeat(65)] {
            assert!(id(bad).is_err(), "{bad:?}");
        }
    }
}
