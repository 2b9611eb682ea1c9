//! The heads of the WebSocket handshake as text: writing the request, reading and judging the answer. No I/O.

use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use secrecy::ExposeSecret as _;
use tokio_tungstenite::tungstenite::handshake::{client::generate_key, derive_accept_key};

use crate::{
    credential::Credential,
    error::{HandshakeRule, UpgradeCause},
    request::DialRequest,
    target::Target,
};

/// Line ends before an answer that are put up with; some servers send one too many after an interim answer.
const LEADING_LINE_ENDS: usize = 8;
/// Bytes that are quoted of an answer that is no text.
const QUOTED_BYTES: usize = 16;
/// Headers an answer may have.
const MAX_HEADERS: usize = 128;

/// Sent where the caller names no other.
pub(crate) const USER_AGENT: &str = concat!("linekeeper/", env!("CARGO_PKG_VERSION"));

/// The request, and what a right answer to it holds.
pub(crate) struct Ask {
    pub(crate) bytes: Vec<u8>,
    accept: String,
    offered: Vec<String>,
}

impl Ask {
    pub(crate) fn new(target: &Target, request: &DialRequest) -> Self {
        Self::with_key(target, request, &generate_key())
    }

    fn with_key(target: &Target, request: &DialRequest, key: &str) -> Self {
        let mut own = vec![
            ("Connection", "Upgrade".to_owned()),
            ("Upgrade", "websocket".to_owned()),
            ("Sec-WebSocket-Version", "13".to_owned()),
            ("Sec-WebSocket-Key", key.to_owned()),
        ];
        if !request.subprotocols.is_empty() {
            own.push(("Sec-WebSocket-Protocol", request.subprotocols.join(", ")));
        }
        let bytes = written(target, request, &own);
        Self { bytes, accept: derive_accept_key(key.as_bytes()), offered: request.subprotocols.clone() }
    }

    /// Checks a 101 by RFC 6455 §4.1 and gives the subprotocol chosen.
    pub(crate) fn verify(&self, headers: &HeaderMap) -> Result<Option<String>, UpgradeCause> {
        let upgrade = joined(headers, &header::UPGRADE);
        if !upgrade.eq_ignore_ascii_case("websocket") {
            return Err(broken(HandshakeRule::Upgrade, &upgrade));
        }
        let connection = joined(headers, &header::CONNECTION);
        if !connection.split(',').any(|token| token.trim().eq_ignore_ascii_case("upgrade")) {
            return Err(broken(HandshakeRule::Connection, &connection));
        }
        let accept = joined(headers, &header::SEC_WEBSOCKET_ACCEPT);
        if accept != self.accept {
            return Err(broken(HandshakeRule::Accept, &accept));
        }
        let extensions = joined(headers, &header::SEC_WEBSOCKET_EXTENSIONS);
        if !extensions.is_empty() {
            return Err(broken(HandshakeRule::Extension, &extensions));
        }
        let chosen = joined(headers, &header::SEC_WEBSOCKET_PROTOCOL);
        if chosen.is_empty() && self.offered.is_empty() {
            Ok(None)
        } else if chosen.is_empty() {
            Err(broken(HandshakeRule::SubprotocolMissing, ""))
        } else if self.offered.contains(&chosen) {
            Ok(Some(chosen))
        } else {
            Err(broken(HandshakeRule::SubprotocolNotOffered, &chosen))
        }
    }
}

/// The head of a GET: where to, who asks, `own` headers, and those of the request.
fn written(target: &Target, request: &DialRequest, own: &[(&str, String)]) -> Vec<u8> {
    let credential = request.credential.as_ref();
    let path = credential.map(|credential| credential.on_path(&target.path));
    let path = path.as_ref().map_or(target.path.as_str(), |path| path.expose_secret());
    let mut bytes = format!("GET {path} HTTP/1.1\r\n").into_bytes();
    let mut line = |name: &str, value: &[u8]| {
        bytes.extend_from_slice(name.as_bytes());
        bytes.extend_from_slice(b": ");
        bytes.extend_from_slice(value);
        bytes.extend_from_slice(b"\r\n");
    };
    let host = request.headers.get(header::HOST).map_or(target.authority.as_bytes(), HeaderValue::as_bytes);
    line("Host", host);
    for (name, value) in own {
        line(name, value.as_bytes());
    }
    if !request.headers.contains_key(header::USER_AGENT) {
        line("User-Agent", USER_AGENT.as_bytes());
    }
    let authorization = credential.and_then(Credential::authorization);
    if let Some(value) = &authorization {
        line("Authorization", value.expose_secret().as_bytes());
    }
    let written = |name: &HeaderName| {
        *name == header::HOST || *name == header::AUTHORIZATION && authorization.is_some()
    };
    for (name, value) in request.headers.iter().filter(|(name, _)| !written(name)) {
        line(&in_title_case(name), value.as_bytes());
    }
    bytes.extend_from_slice(b"\r\n");
    bytes
}

/// A GET without an upgrade, the last request on its connection.
pub(crate) fn ordinary(target: &Target, request: &DialRequest) -> Vec<u8> {
    let mut own = vec![("Connection", "close".to_owned())];
    if !request.headers.contains_key(header::ACCEPT) {
        own.push(("Accept", "*/*".to_owned()));
    }
    written(target, request, &own)
}

/// All values of one header as one list, as HTTP reads them.
fn joined(headers: &HeaderMap, name: &HeaderName) -> String {
    let values =
        headers.get_all(name).iter().map(|value| String::from_utf8_lossy(value.as_bytes()).trim().to_owned());
    values.filter(|value| !value.is_empty()).collect::<Vec<_>>().join(", ")
}

fn broken(rule: HandshakeRule, found: &str) -> UpgradeCause {
    UpgradeCause::Rule { rule, found: found.to_owned() }
}

/// `x-api-key` as `X-Api-Key`: names are case-insensitive, and some servers have not heard of it.
fn in_title_case(name: &HeaderName) -> String {
    let mut start = true;
    let letter = |character: char| {
        let out = if start { character.to_ascii_uppercase() } else { character };
        start = character == '-';
        out
    };
    name.as_str().chars().map(letter).collect()
}

/// The head of an answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    /// Where the head ends in the bytes it was read from.
    pub(crate) length: usize,
}

impl Answer {
    /// Reads a head; `None` when it is not whole yet.
    pub(crate) fn parse(bytes: &[u8]) -> Result<Option<Self>, UpgradeCause> {
        match another_protocol(bytes) {
            Some(Another::Spoken(rule)) => return Err(broken(rule, "")),
            Some(Another::Perhaps) => return Ok(None),
            None => {}
        }
        let not_http = || broken(HandshakeRule::Http, &first_line(bytes));
        if bytes.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count() > LEADING_LINE_ENDS {
            return Err(not_http());
        }
        let mut fields = [httparse::EMPTY_HEADER; MAX_HEADERS];
        let mut parsed = httparse::Response::new(&mut fields);
        let length = match parsed.parse(bytes) {
            Ok(httparse::Status::Complete(length)) => length,
            Ok(httparse::Status::Partial) => return Ok(None),
            Err(httparse::Error::TooManyHeaders) => return Err(broken(HandshakeRule::TooManyHeaders, "")),
            Err(
                httparse::Error::HeaderName
                | httparse::Error::HeaderValue
                | httparse::Error::NewLine
                | httparse::Error::Status
                | httparse::Error::Token
                | httparse::Error::Version,
            ) => return Err(not_http()),
        };
        let status = parsed.code.and_then(|code| StatusCode::from_u16(code).ok()).ok_or_else(not_http)?;
        // HTTP/1.0 can refuse, but it cannot upgrade.
        if status == StatusCode::SWITCHING_PROTOCOLS && parsed.version != Some(1) {
            return Err(not_http());
        }
        let mut headers = HeaderMap::with_capacity(parsed.headers.len());
        for field in parsed.headers.iter() {
            let name = HeaderName::from_bytes(field.name.as_bytes()).map_err(|_| not_http())?;
            let value = HeaderValue::from_bytes(field.value).map_err(|_| not_http())?;
            headers.append(name, value);
        }
        Ok(Some(Self { status, headers, length }))
    }
}

/// The first line, up to a question mark: a server that echoes would otherwise hand our query back, and perhaps in
/// pieces that no redaction recognises. What is no text is shown as numbers.
fn first_line(bytes: &[u8]) -> String {
    let line = bytes.split(|byte| matches!(byte, b'\n' | b'?')).next().unwrap_or_default();
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    match std::str::from_utf8(line) {
        Ok(text) if !text.chars().any(char::is_control) => text.to_owned(),
        Ok(_) | Err(_) => {
            let numbers = line.iter().take(QUOTED_BYTES).map(|byte| format!(" {byte:02x}"));
            format!("bytes{}", numbers.collect::<String>())
        }
    }
}

/// Something else than HTTP/1.1.
enum Another {
    /// Certainly.
    Spoken(HandshakeRule),
    /// The next bytes will tell.
    Perhaps,
}

/// Protocols that are worth a word of their own, known by their first bytes.
fn another_protocol(bytes: &[u8]) -> Option<Another> {
    // A TLS record (alert or handshake) of any version.
    match bytes {
        [0x15 | 0x16] => return Some(Another::Perhaps),
        [0x15 | 0x16, 0x03, ..] => return Some(Another::Spoken(HandshakeRule::TlsSpoken)),
        _ => {}
    }
    // The SETTINGS frame every HTTP/2 server begins with (RFC 9113 §3.4): its length, a multiple of 6, its type, no
    // flags, no stream.
    let fits = |(at, byte): (usize, &u8)| match at {
        2 => byte.is_multiple_of(6),
        3 => *byte == 4,
        _ => *byte == 0,
    };
    let start = &bytes[..bytes.len().min(9)];
    if start.is_empty() || !start.iter().enumerate().all(fits) {
        None
    } else if start.len() < 9 {
        Some(Another::Perhaps)
    } else {
        Some(Another::Spoken(HandshakeRule::Http2Spoken))
    }
}

#[cfg(test)]
#[path = "head/tests.rs"]
mod tests;
