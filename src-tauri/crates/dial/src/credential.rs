//! What proves to a server who is asking: a bearer token, a user's password, parameters of the query.
//!
//! A credential joins the request only where its head is written. It never becomes part of a URL or of a header map,
//! because those are shown and logged; and it cannot be built from what would break out of its place in the head.

use std::fmt;

use base64::{Engine as _, prelude::BASE64_STANDARD};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use secrecy::{ExposeSecret as _, SecretString};

/// Everything but the unreserved characters of RFC 3986 §2.3.
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// A secret and the way it travels. `Debug` shows the way alone.
#[derive(Clone)]
pub struct Credential(Carried);

#[derive(Clone)]
enum Carried {
    Bearer(SecretString),
    Basic { user: String, password: SecretString },
    Query(Vec<(String, SecretString)>),
}

/// Why something is no credential. Says nothing about its value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CredentialFlaw {
    /// Nothing in it.
    #[error("it is empty")]
    Empty,
    /// A header cannot carry it.
    #[error("it has characters that a token cannot have: spaces, line breaks or others beyond visible ASCII")]
    Token,
    /// RFC 7617 §2 has no way to write it.
    #[error("it has control characters, or the user name has a colon")]
    UserOrPassword,
}

impl Credential {
    /// `Authorization: Bearer` (RFC 6750). Any visible ASCII is taken: servers are laxer than that RFC.
    ///
    /// # Errors
    ///
    /// Empty, or characters that would break the header.
    pub fn bearer(token: SecretString) -> Result<Self, CredentialFlaw> {
        let text = token.expose_secret();
        if text.is_empty() {
            Err(CredentialFlaw::Empty)
        } else if !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            Err(CredentialFlaw::Token)
        } else {
            Ok(Self(Carried::Bearer(token)))
        }
    }

    /// `Authorization: Basic` (RFC 7617), in UTF-8.
    ///
    /// # Errors
    ///
    /// An empty password, control characters, or a colon in the user's name.
    pub fn basic(user: String, password: SecretString) -> Result<Self, CredentialFlaw> {
        if password.expose_secret().is_empty() {
            Err(CredentialFlaw::Empty)
        } else if user.contains(':')
            || user.chars().chain(password.expose_secret().chars()).any(char::is_control)
        {
            Err(CredentialFlaw::UserOrPassword)
        } else {
            Ok(Self(Carried::Basic { user, password }))
        }
    }

    /// Parameters added behind those of the URL, percent-encoded.
    ///
    /// # Errors
    ///
    /// No parameter at all, or an empty value.
    pub fn query(parameters: Vec<(String, SecretString)>) -> Result<Self, CredentialFlaw> {
        if parameters.is_empty() || parameters.iter().any(|(_, value)| value.expose_secret().is_empty()) {
            return Err(CredentialFlaw::Empty);
        }
        Ok(Self(Carried::Query(parameters)))
    }

    /// Whether both would send the same.
    pub fn is_same_as(&self, other: &Self) -> bool {
        let same = |a: &SecretString, b: &SecretString| a.expose_secret() == b.expose_secret();
        match (&self.0, &other.0) {
            (Carried::Bearer(mine), Carried::Bearer(theirs)) => same(mine, theirs),
            (
                Carried::Basic { user: mine, password: my_password },
                Carried::Basic { user: theirs, password: their_password },
            ) => mine == theirs && same(my_password, their_password),
            (Carried::Query(mine), Carried::Query(theirs)) => {
                mine.len() == theirs.len()
                    && mine
                        .iter()
                        .zip(theirs)
                        .all(|(mine, theirs)| mine.0 == theirs.0 && same(&mine.1, &theirs.1))
            }
            (Carried::Bearer(_) | Carried::Basic { .. } | Carried::Query(_), _) => false,
        }
    }

    /// Value of the `Authorization` header, where it travels there.
    pub(crate) fn authorization(&self) -> Option<SecretString> {
        match &self.0 {
            Carried::Bearer(token) => Some(format!("Bearer {}", token.expose_secret()).into()),
            Carried::Basic { user, password } => Some(format!("Basic {}", encoded(user, password)).into()),
            Carried::Query(_) => None,
        }
    }

    /// Path and query of the request, from those of the URL.
    pub(crate) fn on_path(&self, path: &str) -> SecretString {
        let mut out = path.to_owned();
        if let Carried::Query(parameters) = &self.0 {
            for (name, value) in parameters {
                let joint = match path.contains('?') || out.len() > path.len() {
                    // "/p?" and "/p?a&" already end where the next pair begins.
                    true if out.ends_with(['?', '&']) => "",
                    true => "&",
                    false => "?",
                };
                out = format!("{out}{joint}{}={}", escaped(name), escaped(value.expose_secret()));
            }
        }
        out.into()
    }

    /// Every form in which a server may hand it back.
    pub(crate) fn forms(&self) -> Vec<String> {
        match &self.0 {
            Carried::Bearer(token) => vec![token.expose_secret().to_owned()],
            Carried::Basic { user, password } => {
                vec![encoded(user, password), password.expose_secret().to_owned()]
            }
            Carried::Query(parameters) => parameters
                .iter()
                .flat_map(|(_, value)| [value.expose_secret().to_owned(), escaped(value.expose_secret())])
                .collect(),
        }
    }
}

fn encoded(user: &str, password: &SecretString) -> String {
    BASE64_STANDARD.encode(format!("{user}:{}", password.expose_secret()))
}

fn escaped(text: &str) -> String {
    utf8_percent_encode(text, ESCAPED).to_string()
}

impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 {
            Carried::Bearer(_) => "Bearer",
            Carried::Basic { .. } => "Basic",
            Carried::Query(_) => "Query",
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn query(pairs: &[(&str, &str)]) -> Credential {
        let pairs = pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).into()));
        Credential::query(pairs.collect()).unwrap()
    }

    #[test]
    fn headers_are_what_their_rfcs_ask_for() {
        let value = |credential: Credential| credential.authorization().unwrap().expose_secret().to_owned();
        assert_eq!(value(Credential::bearer("mF_9.B5f-4.1JqM".into()).unwrap()), "Bearer mF_9.B5f-4.1JqM");
        // The examples of RFC 7617 §2 and §2.1.
        assert_eq!(
            value(Credential::basic("Aladdin".into(), "open sesame".into()).unwrap()),
            "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="
        );
        assert_eq!(
            value(Credential::basic("test".into(), "123\u{a3}".into()).unwrap()),
            "Basic dGVzdDoxMjPCow=="
        );
        assert!(query(&[("t", "x")]).authorization().is_none());
    }

    #[test]
    fn parameters_join_what_the_url_has_and_are_escaped() {
        let two = query(&[("token", "a b&c=d+e\u{e9}"), ("k y", "1")]);
        for (path, joined) in [("/p", "/p?"), ("/p?a=1", "/p?a=1&"), ("/p?", "/p?"), ("/p?a&", "/p?a&")] {
            assert_eq!(
                two.on_path(path).expose_secret(),
                format!("{joined}token=a%20b%26c%3Dd%2Be%C3%A9&k%20y=1")
            );
        }
        let bearer = Credential::bearer("t".into()).unwrap();
        assert_eq!(bearer.on_path("/p?a=1").expose_secret(), "/p?a=1");
    }

    #[test]
    fn what_would_break_out_of_its_place_is_no_credential() {
        for token in ["a b", "a\r\nX: y", "a\0", "\u{e9}", "a\t"] {
            assert_eq!(Credential::bearer(token.into()).unwrap_err(), CredentialFlaw::Token);
        }
        assert_eq!(Credential::bearer("".into()).unwrap_err(), CredentialFlaw::Empty);
        for (user, password) in [("a:b", "c"), ("a", "c\n"), ("a\0", "c")] {
            let flaw = Credential::basic(user.into(), password.into()).unwrap_err();
            assert_eq!(flaw, CredentialFlaw::UserOrPassword);
        }
        assert!(Credential::basic("".into(), "a:b".into()).is_ok());
        assert_eq!(Credential::basic("a".into(), "".into()).unwrap_err(), CredentialFlaw::Empty);
        assert_eq!(Credential::query(Vec::new()).unwrap_err(), CredentialFlaw::Empty);
        assert_eq!(Credential::query(vec![("a".into(), "".into())]).unwrap_err(), CredentialFlaw::Empty);
    }

    #[test]
    fn only_the_same_secret_by_the_same_way_is_the_same() {
        let bearer = |token: &str| Credential::bearer(token.into()).unwrap();
        let basic = |user: &str, password: &str| Credential::basic(user.into(), password.into()).unwrap();
        assert!(bearer("a").is_same_as(&bearer("a")) && !bearer("a").is_same_as(&bearer("b")));
        assert!(
            basic("u", "p").is_same_as(&basic("u", "p")) && !basic("u", "p").is_same_as(&basic("v", "p"))
        );
        assert!(query(&[("t", "a")]).is_same_as(&query(&[("t", "a")])));
        assert!(!query(&[("t", "a")]).is_same_as(&query(&[("t", "a"), ("s", "b")])));
        assert!(!bearer("a").is_same_as(&query(&[("t", "a")])));
    }

    proptest! {
        #[test]
        fn neither_debug_output_nor_a_refusal_shows_a_secret(secret in "[a-z0-9]{12}", bad in "[\\PC\r\n]{0,9}") {
            let credentials = [
                Credential::bearer(secret.clone().into()),
                Credential::bearer(format!("{secret}{bad}").into()),
                Credential::basic(secret.clone(), format!("{secret}{bad}").into()),
                Credential::query(vec![("t".into(), secret.clone().into())]),
            ];
            for credential in credentials {
                let shown = format!("{credential:?} {}", credential.as_ref().err().map(ToString::to_string).unwrap_or_default());
                prop_assert!(!shown.contains(&secret), "{shown}");
            }
        }

        #[test]
        fn no_parameter_leaves_the_first_line_of_the_request(name in "\\PC{0,9}", value in "[\\PC\r\n]{1,20}") {
            let path = query(&[(&name, &value)]).on_path("/");
            prop_assert!(path.expose_secret().bytes().all(|byte| byte.is_ascii_graphic()));
        }
    }
}
