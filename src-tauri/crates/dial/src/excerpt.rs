//! A short text about an HTTP answer that may be shown: what the request carried as a secret is taken out again,
//! because servers like to quote what they refuse.

use http::{HeaderMap, header};
use percent_encoding::percent_decode_str;
use secrecy::ExposeSecret as _;
use url::Url;

use crate::{known::KnownSecrets, one_line::one_line, request::DialRequest};

/// Longest excerpt, in characters.
pub(crate) const EXCERPT_CHARS: usize = 160;
/// Shorter values are words, not secrets, and taking them out would spoil the text.
const SHORTEST_SECRET: usize = 4;
/// Subprotocols are names; only those as long as a token are taken for one.
const SHORTEST_TOKEN: usize = 16;

/// The target of a redirect without its query, or else the start of the body.
pub(crate) fn excerpt(secrets: &Secrets, base: &Url, headers: &HeaderMap, body: &[u8]) -> String {
    let text = match headers.get(header::LOCATION).and_then(|value| value.to_str().ok()) {
        Some(location) => format!("redirects to {}", without_query(base, location)),
        None => String::from_utf8_lossy(body).into_owned(),
    };
    secrets.redacted(&text, EXCERPT_CHARS)
}

/// The title of an HTML page, whose first lines say nothing; or the body itself.
pub(crate) fn title_or_all(body: &[u8]) -> &[u8] {
    let find =
        |text: &[u8], tag: &[u8]| text.windows(tag.len()).position(|window| window.eq_ignore_ascii_case(tag));
    let title = || {
        let rest = &body[find(body, b"<title>")? + b"<title>".len()..];
        let title = rest[..find(rest, b"</title>")?].trim_ascii();
        (!title.is_empty()).then_some(title)
    };
    title().unwrap_or(body)
}

fn without_query(base: &Url, location: &str) -> String {
    match base.join(location) {
        Ok(url) => bare(url).into(),
        Err(_) => location.split(['?', '#']).next().unwrap_or_default().to_owned(),
    }
}

/// The URL without what may be a secret: query, fragment, user name and password.
pub(crate) fn bare(mut url: Url) -> Url {
    url.set_query(None);
    url.set_fragment(None);
    // These fail only on URLs that cannot hold credentials.
    let _ = url.set_username("");
    let _ = url.set_password(None);
    url
}

/// Whether one of the subprotocols may be a token, which some servers take there for want of a header in browsers.
pub(crate) fn has_token(subprotocols: &[String]) -> bool {
    subprotocols.iter().any(|one| one.len() >= SHORTEST_TOKEN)
}

/// Values that must not come back in a text that may be shown.
pub(crate) struct Secrets(Vec<String>);

impl Secrets {
    pub(crate) fn none() -> Self {
        Self(Vec::new())
    }

    /// What the request carries to the server.
    pub(crate) fn of(request: &DialRequest) -> Self {
        let mut found = values_of_query(&request.url);
        found.extend(request.url.query().map(str::to_owned));
        found.extend(request.private.iter().map(|one| one.expose_secret().to_owned()));
        found.retain(|one| one.trim().len() >= SHORTEST_SECRET);
        Self(found).and(Self::of_who_asks(request).0)
    }

    /// What says who is asking. Of the URL's query only values as long as a token count: it is no place for secrets,
    /// and what a redirect keeps of it is mostly the name of a room.
    pub(crate) fn of_who_asks(request: &DialRequest) -> Self {
        let mut found = Vec::new();
        for value in request.headers.values().filter_map(|value| value.to_str().ok()) {
            found.push(value.to_owned());
            // "Bearer TOKEN", "name=TOKEN; other=TOKEN": the last word of each part, or what follows its name.
            for part in value.split([';', ',']) {
                found.extend(part.rsplit(' ').next().map(str::to_owned));
                found.extend(part.split_once('=').map(|(_, token)| token.to_owned()));
            }
        }
        found.extend(request.url.password().map(str::to_owned));
        found.retain(|one| one.trim().len() >= SHORTEST_SECRET);
        found.extend(values_of_query(&request.url).into_iter().filter(|one| one.len() >= SHORTEST_TOKEN));
        found.extend(request.subprotocols.iter().filter(|one| one.len() >= SHORTEST_TOKEN).cloned());
        let Some(credential) = &request.credential else { return Self(found) };
        Self(found).and(credential.forms())
    }

    /// The values themselves, as they stand in the request.
    pub(crate) fn into_values(self) -> Vec<String> {
        self.0
    }

    /// Whether one of them stands in `text`, a part of a URL, as it is or escaped.
    pub(crate) fn stand_in(&self, text: &str) -> bool {
        let plain = percent_decode_str(text).decode_utf8_lossy();
        self.0.iter().any(|secret| text.contains(secret) || plain.contains(secret))
    }

    /// `self`, and `more` whatever its length.
    pub(crate) fn and(mut self, more: impl IntoIterator<Item = String>) -> Self {
        self.0.extend(more.into_iter().filter(|one| !one.is_empty()));
        self
    }

    /// `text` of the peer as one line of at most `limit` characters without these values.
    pub(crate) fn redacted(&self, text: &str, limit: usize) -> String {
        // Cleaned before the secrets are looked for, so that no control character hides one, and capped after, so
        // that no cut leaves half of one.
        let line = one_line(text, usize::MAX);
        one_line(&KnownSecrets::all(&self.0).removed(&line, "[redacted]").0, limit)
    }
}

/// The values of the query as they stand there and as they are meant.
fn values_of_query(url: &Url) -> Vec<String> {
    let written = url.query().unwrap_or_default().split('&').filter_map(|pair| pair.split_once('='));
    let meant = url.query_pairs().map(|(_, value)| value.into_owned());
    written.map(|(_, value)| value.to_owned()).chain(meant).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::credential::Credential;

    fn request() -> DialRequest {
        let mut request =
            DialRequest::new(Url::parse("ws://me:pa55word@h/p?token=q-s3cret&x=%41bcd").unwrap());
        request.headers.insert("authorization", "Bearer h-s3cret".parse().unwrap());
        request.headers.insert("cookie", "sid=c-s3cret; a=b".parse().unwrap());
        request.subprotocols = vec!["chat".into(), "t0ken-as-subprotocol".into()];
        request
    }

    fn shown(headers: &HeaderMap, body: &[u8]) -> String {
        let request = request();
        excerpt(&Secrets::of(&request), &request.url, headers, body)
    }

    #[test]
    fn quoted_secrets_are_taken_out() {
        let body =
            b"bad h-s3cret and q-s3cr\x00et, c-s3cret, %41bcd, Abcd, pa55word, t0ken-as-subprotocol in chat";
        let line = shown(&HeaderMap::new(), body);
        for secret in ["s3cr", "%41bcd", "Abcd", "pa55word", "t0ken-as"] {
            assert!(!line.contains(secret), "{secret} stands in {line}");
        }
        assert!(line.starts_with("bad [redacted] and") && line.ends_with("in chat"), "{line}");
    }

    #[test]
    fn a_credential_is_taken_out_in_every_form_it_went_out_in() {
        let credentials = [
            (Credential::bearer("b3arer-t0ken".into()), "b3arer-t0ken"),
            (Credential::basic("me".into(), "two  sp4ces".into()), "bWU6dHdvICBzcDRjZXM= two  sp4ces"),
            (Credential::query(vec![("t".into(), "a&b=c".into())]), "a&b=c a%26b%3Dc"),
            (Credential::query(vec![("t".into(), "pin".into())]), "pin"),
        ];
        for (credential, echo) in credentials {
            let request = DialRequest { credential: Some(credential.unwrap()), ..request() };
            let line = excerpt(&Secrets::of(&request), &request.url, &HeaderMap::new(), echo.as_bytes());
            assert_eq!(line.replace("[redacted]", "").trim(), "", "{line}");
        }
    }

    #[test]
    fn secrets_are_taken_out_however_a_server_writes_them() {
        let request = DialRequest { private: vec!["p\"rivate/w1th+signs".into()], ..request() };
        let secrets = Secrets::of(&request);
        for echo in [
            "aC1zM2NyZXQ",               // h-s3cret in base 64,
            "eGgtczNjcmV0eA==",          // in the middle of it,
            "682d7333637265740a",        // in hexadecimal digits;
            "p%22rivate%2Fw1th%2Bsigns", // as in a URL,
            "p\\\"rivate\\/w1th+signs",  // as in JSON.
        ] {
            let line = secrets.redacted(echo, 100);
            assert!(line.contains("[redacted]"), "{echo} stays {line}");
        }
    }

    #[test]
    fn a_page_is_known_by_its_title() {
        for (body, shown) in [
            ("<?xml?><html><TITLE> 500 Unable\nto connect </title>", "500 Unable\nto connect"),
            ("<title></title>x", "<title></title>x"),
            ("<title>cut", "<title>cut"),
            ("plain", "plain"),
        ] {
            assert_eq!(title_or_all(body.as_bytes()), shown.as_bytes());
        }
    }

    #[test]
    fn a_redirect_is_shown_without_its_query() {
        let mut headers = HeaderMap::new();
        headers.insert("location", "https://login.example/in?back=ws%3A%2F%2Fh&ticket=1#x".parse().unwrap());
        assert_eq!(shown(&headers, b"moved"), "redirects to https://login.example/in");
        headers.insert("location", "/other?secret".parse().unwrap());
        assert_eq!(shown(&headers, b""), "redirects to ws://h/other");
    }

    #[test]
    fn hostile_text_becomes_one_short_line() {
        let body = "\u{1b}[2J\u{202E}".to_owned() + &"x\n".repeat(1000);
        let line = shown(&HeaderMap::new(), body.as_bytes());
        assert!(line.chars().count() <= EXCERPT_CHARS && !line.contains(['\u{1b}', '\u{202E}', '\n']));
    }
}
