//! What frames a check: its name, its reference for the telephone, and when it began.

use jiff::Timestamp;
use uuid::Uuid;

/// Crockford's base 32: no I, L, O, U, so nothing is misheard or misread.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// Name, reference and beginning of a check.
#[derive(Clone, Debug)]
pub(crate) struct Frame {
    /// UUID, version 7: sorts by time.
    pub(crate) run_id: String,
    /// Four characters.
    pub(crate) reference: String,
    /// By the wall clock.
    pub(crate) started_at: Timestamp,
}

impl Frame {
    /// For a check that begins at `now`.
    pub(crate) fn at(now: Timestamp) -> Self {
        Self::named(Uuid::now_v7(), now)
    }

    /// For a check with this name that begins at `now`.
    pub(crate) fn named(id: Uuid, now: Timestamp) -> Self {
        Self { run_id: id.to_string(), reference: reference(id), started_at: now }
    }
}

/// The last 20 bits of the run's id, so that whoever has the one finds the other.
fn reference(id: Uuid) -> String {
    let bits = id.as_u128();
    (0..4).rev().map(|at| char::from(ALPHABET[((bits >> (5 * at)) & 31) as usize])).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reference_is_the_end_of_the_runs_id_in_characters_that_can_be_read_out() {
        assert_eq!(reference(Uuid::from_u128(0)), "0000");
        assert_eq!(reference(Uuid::from_u128(0xF_FFFF)), "ZZZZ");
        assert_eq!(reference(Uuid::from_u128((1 << 5) | 10)), "001A");
        let frame = Frame::at(Timestamp::UNIX_EPOCH);
        assert_eq!(frame.reference.len(), 4);
        assert!(frame.run_id.parse::<Uuid>().is_ok());
    }

    #[test]
    fn two_checks_have_two_names() {
        let (one, other) = (Frame::at(Timestamp::UNIX_EPOCH), Frame::at(Timestamp::UNIX_EPOCH));
        assert_ne!(one.run_id, other.run_id);
    }
}
