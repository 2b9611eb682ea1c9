//! The secret that opens the gateway: made anew at each start, compared in constant time, never printed.

use std::fmt;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use subtle::ConstantTimeEq as _;

const BYTES: usize = 32;

/// 32 random bytes in base64url.
#[derive(Clone)]
pub(super) struct Token(String);

impl Token {
    pub(super) fn create() -> Result<Self, getrandom::Error> {
        let mut bytes = [0; BYTES];
        getrandom::fill(&mut bytes)?;
        Ok(Self(URL_SAFE_NO_PAD.encode(bytes)))
    }

    /// Takes as long for a near miss as for a far one; only the length, which is public, shows.
    pub(super) fn matches(&self, offered: &[u8]) -> bool {
        self.0.as_bytes().ct_eq(offered).into()
    }

    pub(super) fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_matches_itself_alone_and_hides_in_logs() {
        let (one, other) = (Token::create().unwrap(), Token::create().unwrap());
        assert_eq!(one.reveal().len(), 43);
        assert!(one.matches(one.reveal().as_bytes()));
        assert!(!one.matches(other.reveal().as_bytes()));
        assert!(!one.matches(b""));
        assert!(!one.matches(&one.reveal().as_bytes()[..42]));
        assert!(!format!("{one:?}").contains(one.reveal()));
    }
}
