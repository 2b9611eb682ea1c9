//! URLs as they may be shown and logged: without user, password, query and fragment, where secrets travel.

use std::fmt;

use url::Url;

/// `scheme://host:port/path` of a URL. The port stands only when it is not the scheme's own.
///
/// ```
/// # use agent::settings::RedactedUrl;
/// let url = "wss://user:pass@feed.example:8443/live?token=abc#top".parse().unwrap();
/// assert_eq!(RedactedUrl::new(&url).to_string(), "wss://feed.example:8443/live");
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct RedactedUrl<'a>(&'a Url);

impl<'a> RedactedUrl<'a> {
    /// The view of a URL that may be shown.
    pub fn new(url: &'a Url) -> Self {
        Self(url)
    }
}

impl fmt::Display for RedactedUrl<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}", self.0.scheme(), self.0.host_str().unwrap_or_default())?;
        if let Some(port) = self.0.port() {
            write!(f, ":{port}")?;
        }
        // "ws://host" and "ws://host/" are the same address; people write the first.
        match self.0.path() {
            "/" => Ok(()),
            path => f.write_str(path),
        }
    }
}

impl fmt::Debug for RedactedUrl<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_bare_host_is_shown_as_people_write_it() {
        let url: Url = "ws://localhost:3001".parse().unwrap();
        assert_eq!(RedactedUrl::new(&url).to_string(), "ws://localhost:3001");
        let url: Url = "wss://[::1]/".parse().unwrap();
        assert_eq!(RedactedUrl::new(&url).to_string(), "wss://[::1]");
    }

    proptest! {
        #[test]
        fn neither_user_nor_password_nor_query_nor_fragment_is_shown(secret in "[A-Z]{8}") {
            let url: Url = format!("wss://{secret}:{secret}@h.example/p?t={secret}#{secret}").parse().unwrap();
            let redacted = RedactedUrl::new(&url);
            prop_assert_eq!(redacted.to_string(), "wss://h.example/p");
            let debug = format!("{redacted:?}");
            prop_assert!(!debug.contains(&secret));
        }
    }
}
