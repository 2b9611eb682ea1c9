//! What of a request must never be shown: for those who write reports about it.

use http::header;
use secrecy::SecretString;

use crate::{excerpt::Secrets, proxy::ProxyChoice, request::DialRequest};

/// Headers that say nothing about who is asking.
const HARMLESS: [header::HeaderName; 6] = [
    header::ACCEPT,
    header::ACCEPT_LANGUAGE,
    header::HOST,
    header::ORIGIN,
    header::REFERER,
    header::USER_AGENT,
];

impl DialRequest {
    /// Every value of this request that must not be shown: credential, header values, password and query values of the
    /// URL, subprotocols as long as a token, password of a configured proxy, and what else is
    /// [`private`](Self::private). Short words are left out where they cannot be
    /// told from ordinary text.
    pub fn secrets(&self) -> Vec<SecretString> {
        self.carried().into_values().into_iter().map(SecretString::from).collect()
    }

    /// Text of the server as one line of at most `limit` characters, without control and bidi characters, and without
    /// anything this request carried as a secret.
    pub fn clean(&self, text: &str, limit: usize) -> String {
        self.carried().redacted(text, limit)
    }

    fn carried(&self) -> Secrets {
        let mut asked = self.clone();
        for name in HARMLESS {
            asked.headers.remove(name);
        }
        let password = match &self.proxy {
            ProxyChoice::Url(url) => url.password().map(str::to_owned),
            ProxyChoice::Direct | ProxyChoice::System => None,
        };
        Secrets::of(&asked).and(password)
    }
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret as _;
    use url::Url;

    use super::*;
    use crate::credential::Credential;

    #[test]
    fn everything_that_says_who_asks_is_named_and_ordinary_headers_are_not() {
        let mut request = DialRequest::new(Url::parse("wss://me:pa55word@h/p?token=q-s3cret").unwrap());
        request.headers.insert("x-api-key", "h-s3cret".parse().unwrap());
        request.headers.insert("origin", "https://app.example".parse().unwrap());
        request.credential = Some(Credential::bearer("b3arer".into()).unwrap());
        request.subprotocols = vec!["chat".into(), "t0ken-as-subprotocol".into()];
        request.proxy = ProxyChoice::Url(Url::parse("http://me:pr0xyword@proxy:3128").unwrap());
        request.private = vec!["private-s3cret".into()];
        let found = request.secrets();
        let found: Vec<&str> = found.iter().map(|one| one.expose_secret()).collect();
        for secret in [
            "pa55word",
            "q-s3cret",
            "h-s3cret",
            "b3arer",
            "t0ken-as-subprotocol",
            "pr0xyword",
            "private-s3cret",
        ] {
            assert!(found.contains(&secret), "{secret}");
        }
        assert!(!found.iter().any(|one| one.contains("app.example") || *one == "chat"));
    }
}
