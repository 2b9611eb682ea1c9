//! What values may be, beyond their type: URLs, headers, subprotocols, addresses, log levels.
//!
//! Pure. Each rule answers with what is wrong and what to do; none quotes a value that may carry a secret.

use std::net::SocketAddr;

use http::{HeaderName, HeaderValue};
use tracing_subscriber::filter::Targets;
use url::Url;

use super::shape::nearest;

/// What is wrong, and what to do about it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Broken {
    pub(super) message: String,
    pub(super) hint: String,
}

fn broken<T>(message: impl Into<String>, hint: impl Into<String>) -> Result<T, Broken> {
    Err(Broken { message: message.into(), hint: hint.into() })
}

/// Schemes of an endpoint.
pub(super) const ENDPOINT_SCHEMES: &[&str] = &["ws", "wss", "http", "https"];
/// Schemes of a fallback transport.
pub(super) const HTTP_SCHEMES: &[&str] = &["http", "https"];
/// Schemes of a proxy.
pub(super) const PROXY_SCHEMES: &[&str] = &["http", "https", "socks5", "socks5h"];

/// Names of log levels.
const LEVELS: &[&str] = &["error", "warn", "info", "debug", "trace", "off"];

/// Headers that belong to the handshake itself (RFC 6455 section 4.1, RFC 9110 section 7.6.1).
const RESERVED_HEADERS: &[&str] = &[
    "connection",
    "content-length",
    "host",
    "keep-alive",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

pub(super) fn url(text: &str, schemes: &[&str]) -> Result<Url, Broken> {
    let example = format!("write it as {}://HOST:PORT/PATH", schemes[0]);
    if text.trim() != text || text.is_empty() {
        return broken("this URL is empty or has spaces around it", example);
    }
    let url = match Url::parse(text) {
        Ok(url) => url,
        Err(url::ParseError::RelativeUrlWithoutBase) => {
            return broken("this is not a URL: it has no scheme", example);
        }
        Err(error) => return broken(format!("this is not a URL: {error}"), example),
    };
    if !schemes.contains(&url.scheme()) {
        let hint = match text.contains("://") {
            true => format!("the scheme can be {}", schemes.join(", ")),
            // "localhost:3001" is a URL with the scheme "localhost".
            false => example,
        };
        return broken(format!("the URL's scheme is {:?}", url.scheme()), hint);
    }
    let rest = text.get(url.scheme().len()..).unwrap_or_default();
    if !rest.starts_with("://") {
        // The URL standard forgives "ws:host" and "ws:/host"; people who write them meant something else.
        return broken("the URL has no :// after its scheme", example);
    }
    // The standard also forgives "ws:///path", and takes the path for the host.
    if url.host_str().is_none_or(str::is_empty) || rest.starts_with(":///") {
        return broken("the URL has no host", example);
    }
    if url.port() == Some(0) {
        return broken("the URL's port is 0", "name the port the server listens on");
    }
    if url.fragment().is_some() {
        // RFC 6455 section 3.
        return broken(
            "the URL has a fragment (#…)",
            "leave the fragment out; a # in the path is written %23",
        );
    }
    Ok(url)
}

pub(super) fn header(name: &str, value: &str) -> Result<(), Broken> {
    let Ok(parsed) = HeaderName::from_bytes(name.as_bytes()) else {
        return broken("this is not a header name", "use letters, digits and - only");
    };
    let lower = parsed.as_str();
    if lower.starts_with("sec-websocket-") || RESERVED_HEADERS.contains(&lower) {
        let hint = match lower {
            "sec-websocket-protocol" => "use \"subprotocols\" instead",
            "host" => "the host is taken from the URL",
            _ => "leave it out: Linekeeper sets it itself",
        };
        return broken("this header belongs to the connection itself", hint);
    }
    if HeaderValue::from_str(value).is_err() {
        return broken(
            "the header's value has characters that HTTP does not allow",
            "use visible ASCII characters, without line breaks",
        );
    }
    Ok(())
}

/// A token (RFC 9110 section 5.6.2), as RFC 6455 section 4.1 asks of subprotocols.
pub(super) fn subprotocol(text: &str) -> Result<(), Broken> {
    let token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    if text.is_empty() || !text.bytes().all(token) {
        return broken("this is not a subprotocol name", "use letters, digits and -._+ without spaces");
    }
    Ok(())
}

pub(super) fn listen(text: &str) -> Result<SocketAddr, Broken> {
    let hint = "write it as 127.0.0.1:PORT or [::1]:PORT";
    let Ok(address) = text.parse::<SocketAddr>() else {
        return broken(format!("{text:?} is not an address and port"), hint);
    };
    if !address.ip().is_loopback() {
        return broken(
            format!("{} can be reached from other computers", address.ip()),
            format!("the gateway listens on this computer only; {hint}"),
        );
    }
    Ok(address)
}

/// A level or a filter in the syntax of [`Targets`], of which a mistyped level would be a target.
pub(super) fn level(text: &str) -> Result<Targets, Broken> {
    let names = LEVELS.join(", ");
    let is_level = |word: &str| LEVELS.iter().any(|level| word.eq_ignore_ascii_case(level));
    for part in text.split(',') {
        let (target, word) =
            part.rsplit_once('=').map_or((None, part), |(target, word)| (Some(target), word));
        if !is_level(word) {
            let near = nearest(&word.to_lowercase(), LEVELS.iter().copied());
            let hint = match near {
                Some(near) => format!("did you mean {near:?}? The levels are {names}"),
                None => format!("the levels are {names}"),
            };
            return broken(format!("{word:?} is not a log level"), hint);
        }
        if target.is_some_and(|target| {
            target.is_empty() || !target.chars().all(|c| c.is_alphanumeric() || "_:-".contains(c))
        }) {
            return broken(
                format!("{part:?} is not part of a log filter"),
                "write a level, or a filter such as info,link=debug",
            );
        }
    }
    text.parse::<Targets>().or_else(|error| {
        broken(
            format!("this is not a log filter: {error}"),
            "write a level, or a filter such as info,link=debug",
        )
    })
}

/// A user name of `Authorization: Basic` (RFC 7617 section 2).
pub(super) fn user(name: &str) -> Result<(), Broken> {
    if name.contains(':') || name.chars().any(char::is_control) {
        return broken("a user name cannot have a colon or control characters", "leave them out");
    }
    Ok(())
}

/// Where a file of TLS material is.
pub(super) fn pem_path(text: &str) -> Result<(), Broken> {
    if holds_pem(text) {
        return broken("this is the content of a file", "write it to a file, and the file's path here");
    }
    Ok(())
}

/// Whether this is a certificate or key itself, where somebody should have written the name of its file.
pub(super) fn holds_pem(text: &str) -> bool {
    text.contains("-----BEGIN ")
}

/// Name of an environment variable.
pub(super) fn variable(name: &str) -> Result<(), Broken> {
    if name.contains(['=', '\0', '$']) || name.contains(char::is_whitespace) {
        return broken("this is not the name of a variable", "write the name alone, such as FEED_TOKEN");
    }
    Ok(())
}

pub(super) fn proxy(text: &str) -> Result<(), Broken> {
    match text {
        "system" | "none" => Ok(()),
        other => url(other, PROXY_SCHEMES).map(drop).map_err(|broken| Broken {
            hint: "write \"system\", \"none\" or a URL such as http://proxy.example:3128".to_owned(),
            ..broken
        }),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn urls_of_every_scheme_are_taken() {
        for text in
            ["ws://localhost:3001", "wss://a.example/x?y=1", "http://[::1]:1/", "https://a.example/?u=x:///y"]
        {
            assert!(url(text, ENDPOINT_SCHEMES).is_ok(), "{text}");
        }
    }

    #[test]
    fn bad_urls_are_refused_in_words_without_being_quoted() {
        for (text, word) in [
            ("localhost:3001", "scheme"),
            ("/ws", "scheme"),
            ("ftp://a.example", "ftp"),
            ("ws://", "host"),
            ("ws:a.example", "://"),
            ("ws:///a.example", "host"),
            ("wss:/a.example", "://"),
            ("ws://a b/", "URL"),
            (" ws://a.example", "spaces"),
            ("", "empty"),
            ("ws://a.example:0", "port"),
            ("ws://a.example:99999", "port"),
            ("ws://a.example/#x", "fragment"),
        ] {
            let broken = url(text, ENDPOINT_SCHEMES).unwrap_err();
            assert!(broken.message.contains(word), "{text}: {broken:?}");
            assert!(!broken.hint.is_empty());
        }
        let secret = url("ws://user:hunter2@a b?token=hunter2", ENDPOINT_SCHEMES).unwrap_err();
        assert!(!format!("{secret:?}").contains("hunter2"));
    }

    #[test]
    fn a_key_in_place_of_its_file_is_refused_without_being_quoted() {
        let broken = pem_path("-----BEGIN PRIVATE KEY-----\nhunter2\n-----END PRIVATE KEY-----").unwrap_err();
        assert!(!format!("{broken:?}").contains("hunter2"));
        assert!(pem_path("tls/client.pem").is_ok());
    }

    #[test]
    fn headers_of_the_handshake_and_forbidden_characters_are_refused() {
        for name in
            ["Upgrade", "Connection", "HOST", "Sec-WebSocket-Key", "sec-websocket-protocol", "Content-Length"]
        {
            assert!(header(name, "x").is_err(), "{name}");
        }
        assert!(header("X Y", "x").is_err());
        assert!(header("", "x").is_err());
        let broken = header("X-Token", "hunter2\r\nHost: evil").unwrap_err();
        assert!(!format!("{broken:?}").contains("hunter2"));
        assert!(header("X-Token", "abc def").is_ok());
    }

    #[test]
    fn the_gateway_listens_on_this_computer_only() {
        assert!(listen("127.0.0.1:7878").is_ok());
        assert!(listen("[::1]:0").is_ok());
        assert!(listen("0.0.0.0:7878").unwrap_err().message.contains("other computers"));
        assert!(listen("192.0.2.1:7878").is_err());
        assert!(listen("localhost:7878").unwrap_err().hint.contains("127.0.0.1:PORT"));
        assert!(listen("7878").is_err());
    }

    #[test]
    fn levels_and_filters_are_taken_and_mistyped_levels_are_not_taken_for_targets() {
        for text in ["info", "INFO", "off", "info,link=debug", "warn,dial::tls=trace"] {
            assert!(level(text).is_ok(), "{text}");
        }
        for text in
            ["", "verbose", "debgu", "info,,", "link=", "=debug", "info,link", "info,link[x]=debug", "5"]
        {
            assert!(level(text).is_err(), "{text}");
        }
        assert!(level("debgu").unwrap_err().hint.contains("\"debug\""));
    }

    #[test]
    fn a_user_has_no_colon_and_a_variable_is_named_without_its_dollar_sign() {
        assert!(user("me@example.org").is_ok() && user("").is_ok());
        assert!(user("me:pw").is_err() && user("me\n").is_err());
        assert!(variable("FEED_TOKEN").is_ok());
        for text in ["$FEED_TOKEN", "A=b", "two words", "A\0"] {
            assert!(variable(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn a_proxy_is_a_word_or_a_url() {
        for text in ["system", "none", "http://p.example:3128", "socks5h://p.example:1080"] {
            assert!(proxy(text).is_ok(), "{text}");
        }
        for text in ["", "direct", "ws://p.example", "p.example:3128"] {
            assert!(proxy(text).is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_text_breaks_a_rule(text in "\\PC{0,30}") {
            let _ = url(&text, ENDPOINT_SCHEMES);
            let _ = header(&text, &text);
            let _ = subprotocol(&text);
            let _ = listen(&text);
            let _ = proxy(&text);
            let _ = user(&text);
            let _ = variable(&text);
            let _ = level(&text);
        }
    }
}
