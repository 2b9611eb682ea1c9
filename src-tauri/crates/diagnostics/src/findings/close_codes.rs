//! What close codes mean to people, and whose turn it is then.

use model::check::FindingOwner;

/// What a close means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Meaning {
    /// The word the messages choose by.
    pub(super) word: &'static str,
    /// Whose turn it is.
    pub(super) owner: FindingOwner,
}

const fn meaning(word: &'static str, owner: FindingOwner) -> Meaning {
    Meaning { word, owner }
}

/// Code, meaning. RFC 6455, the IANA registry, and what servers use by habit: 4400 and the HTTP status.
const CODES: [(u16, Meaning); 22] = [
    (1000, meaning("done", FindingOwner::Server)),
    (1001, meaning("restart", FindingOwner::Server)),
    (1002, meaning("protocol", FindingOwner::Server)),
    (1003, meaning("data", FindingOwner::Config)),
    (1005, meaning("done", FindingOwner::Server)),
    (1007, meaning("data", FindingOwner::Config)),
    (1008, meaning("policy", FindingOwner::Account)),
    (1009, meaning("too-big", FindingOwner::Config)),
    (1010, meaning("protocol", FindingOwner::Server)),
    (1011, meaning("fault", FindingOwner::Server)),
    (1012, meaning("restart", FindingOwner::Server)),
    (1013, meaning("busy", FindingOwner::Server)),
    (1014, meaning("gateway", FindingOwner::Server)),
    (3000, meaning("sign-in", FindingOwner::Account)),
    (3003, meaning("forbidden", FindingOwner::Account)),
    (3008, meaning("busy", FindingOwner::Server)),
    (4401, meaning("sign-in", FindingOwner::Account)),
    (4403, meaning("forbidden", FindingOwner::Account)),
    (4404, meaning("not-found", FindingOwner::Config)),
    (4409, meaning("another", FindingOwner::Config)),
    (4429, meaning("busy", FindingOwner::Server)),
    (4500, meaning("fault", FindingOwner::Server)),
];

/// Words in the reason that tell of a limit of one session, whatever the code.
const ANOTHER: [&str; 6] = [
    "already connected",
    "duplicate",
    "another session",
    "session replaced",
    "connection limit",
    "too many connections",
];

/// Words in the reason that tell of a sign-in, where the code says nothing.
const SIGN_IN: [&str; 9] = [
    "token",
    "unauthori",
    "unauthenticated",
    "authentication",
    "not authenticated",
    "credential",
    "session expired",
    "api key",
    "jwt",
];

/// The meaning of a close. Unknown codes of a server are the server's to explain.
pub(super) fn meaning_of(code: u16, reason: &str) -> Meaning {
    let reason = reason.to_lowercase();
    if ANOTHER.iter().any(|words| reason.contains(words)) {
        return meaning("another", FindingOwner::Config);
    }
    let known = CODES.iter().find(|(known, _)| *known == code).map(|(_, meaning)| *meaning);
    let said = SIGN_IN.iter().any(|words| reason.contains(words));
    match known {
        Some(known) if known.word != "done" || !said => known,
        _ if said => meaning("sign-in", FindingOwner::Account),
        _ => meaning("other", FindingOwner::Server),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_in_order_and_stand_once() {
        assert!(CODES.windows(2).all(|pair| pair[0].0 < pair[1].0));
    }

    #[test]
    fn a_reason_counts_where_the_code_says_nothing() {
        for code in [1000, 1005, 4001, 4999] {
            assert_eq!(meaning_of(code, "Token expired").word, "sign-in", "{code}");
        }
        assert_eq!(meaning_of(1011, "token service down").word, "fault");
        assert_eq!(meaning_of(4001, "bye").word, "other");
        assert_eq!(meaning_of(1005, "").word, "done");
    }

    #[test]
    fn signing_in_is_the_accounts_trouble_a_fault_the_servers() {
        assert_eq!(meaning_of(4401, "").owner, FindingOwner::Account);
        assert_eq!(meaning_of(1008, "").owner, FindingOwner::Account);
        assert_eq!(meaning_of(1011, "").owner, FindingOwner::Server);
        assert_eq!(meaning_of(4999, "").word, "other");
    }

    #[test]
    fn a_limit_of_one_session_is_known_by_code_or_words() {
        assert_eq!(meaning_of(4409, "").word, "another");
        assert_eq!(meaning_of(1008, "Duplicate connection").word, "another");
        assert_ne!(meaning_of(4401, "token expired").word, "another");
    }
}
