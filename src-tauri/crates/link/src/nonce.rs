//! What a ping carries: eight bytes that tell its answer from any other pong.
//!
//! Inside the link pings are counted from 1 in every session. On the wire the count starts anywhere, so that a
//! peer cannot answer a ping it never got, and a pong that arrives for another reason does not fit by accident.

/// Turns the numbers of one session's pings into payloads and back.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Nonces {
    start: u64,
}

impl Nonces {
    /// For a new session.
    pub(crate) fn random() -> Self {
        Self { start: fastrand::u64(..) }
    }

    /// The payload of the ping with this number.
    pub(crate) fn payload(self, number: u64) -> [u8; 8] {
        self.start.wrapping_add(number).to_be_bytes()
    }

    /// The number of the ping that a pong answers; nonsense for a pong that answers none, `None` where that is
    /// certain.
    pub(crate) fn number(self, payload: &[u8]) -> Option<u64> {
        Some(u64::from_be_bytes(payload.try_into().ok()?).wrapping_sub(self.start))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn sessions_share_no_payloads() {
        let payloads: HashSet<[u8; 8]> = (0..1_000).map(|_| Nonces::random().payload(1)).collect();
        assert_eq!(payloads.len(), 1_000);
    }

    proptest! {
        #[test]
        fn a_payload_comes_back_as_its_number(start in any::<u64>(), number in any::<u64>()) {
            let nonces = Nonces { start };
            prop_assert_eq!(nonces.number(&nonces.payload(number)), Some(number));
        }

        #[test]
        fn any_pong_is_read_without_panic(start in any::<u64>(), payload in proptest::collection::vec(any::<u8>(), 0..130)) {
            prop_assert_eq!(Nonces { start }.number(&payload).is_some(), payload.len() == 8);
        }
    }
}
