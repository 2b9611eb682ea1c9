//! Answers to a WebSocket request: the right one, wrong ones, and plain HTTP.

use tokio_tungstenite::tungstenite::handshake::derive_accept_key;

/// A 101 with whatever is to be wrong about it. What is not said is right.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Upgrade {
    accept: Option<String>,
    headers: String,
    behind: Vec<u8>,
}

impl Upgrade {
    /// A right one.
    pub fn right() -> Self {
        Self::default()
    }

    /// With this accept key instead of the right one.
    #[must_use]
    pub fn accept(mut self, key: &str) -> Self {
        self.accept = Some(key.to_owned());
        self
    }

    /// With one more header.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers += &format!("{name}: {value}\r\n");
        self
    }

    /// With bytes right behind it, in the same write.
    #[must_use]
    pub fn behind(mut self, bytes: impl AsRef<[u8]>) -> Self {
        self.behind.extend_from_slice(bytes.as_ref());
        self
    }

    /// The answer to a request that came with this key.
    pub(super) fn bytes(&self, key: &str) -> Vec<u8> {
        let right = derive_accept_key(key.as_bytes());
        let accept = self.accept.as_deref().unwrap_or(&right);
        let head = format!(
            "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
             Sec-WebSocket-Accept: {accept}\r\n{}\r\n",
            self.headers
        );
        [head.as_bytes(), &self.behind].concat()
    }
}

/// An HTTP answer with a length, so that a client need not wait for its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HttpAnswer {
    status: String,
    headers: String,
    body: String,
}

impl HttpAnswer {
    /// An answer without a body, for example of `"503 Service Unavailable"`.
    pub fn new(status: &str) -> Self {
        Self { status: status.to_owned(), headers: String::new(), body: String::new() }
    }

    /// With one more header.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers += &format!("{name}: {value}\r\n");
        self
    }

    /// With this body.
    #[must_use]
    pub fn body(mut self, body: &str) -> Self {
        self.body = body.to_owned();
        self
    }

    /// The answer on the wire.
    pub fn bytes(&self) -> Vec<u8> {
        let Self { status, headers, body } = self;
        format!("HTTP/1.1 {status}\r\n{headers}Content-Length: {}\r\n\r\n{body}", body.len()).into_bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_right_upgrade_answers_the_key_as_rfc_6455_section_1_3_shows() {
        let bytes = Upgrade::right().behind(b"\x81\x00").bytes("dGhlIHNhbXBsZSBub25jZQ==");
        let text = String::from_utf8_lossy(&bytes);
        assert!(text.contains("Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"));
        assert!(bytes.ends_with(b"\r\n\r\n\x81\x00"));
    }

    #[test]
    fn an_http_answer_says_how_long_its_body_is() {
        let answer = HttpAnswer::new("429 Too Many Requests").header("Retry-After", "5").body("no");
        let expected = "HTTP/1.1 429 Too Many Requests\r\nRetry-After: 5\r\nContent-Length: 2\r\n\r\nno";
        assert_eq!(answer.bytes(), expected.as_bytes());
    }
}
