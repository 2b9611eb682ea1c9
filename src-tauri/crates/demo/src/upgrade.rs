//! The server's half of the WebSocket handshake (RFC 6455 §4.2), on a hyper request.
//!
//! Checks and answers; the session that follows is not known here.

use axum::body::Body;
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode, header};
use hyper::upgrade::{OnUpgrade, Upgraded};
use hyper_util::rt::TokioIo;
use serde_json::json;
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;

use crate::{
    envelope::{ErrorKind, Refusal},
    line::Line,
};

/// Why a request is not a WebSocket handshake.
pub(crate) struct NotUpgradable {
    pub(crate) status: StatusCode,
    pub(crate) refusal: Refusal,
}

/// An accepted handshake: the answer to send, and the stream once it is sent.
pub(crate) struct Handshake {
    pub(crate) answer: Response<Body>,
    pub(crate) upgrade: OnUpgrade,
}

impl Handshake {
    pub(crate) fn accept(request: &mut Request<Body>) -> Result<Self, NotUpgradable> {
        let headers = request.headers();
        if request.method() != Method::GET
            || !lists(headers, header::CONNECTION, "upgrade")
            || !lists(headers, header::UPGRADE, "websocket")
        {
            return Err(refused(StatusCode::UPGRADE_REQUIRED, "this path speaks WebSocket"));
        }
        if headers.get(header::SEC_WEBSOCKET_VERSION).is_none_or(|version| version != "13") {
            return Err(refused(StatusCode::UPGRADE_REQUIRED, "only WebSocket version 13 is spoken here"));
        }
        let key = headers.get(header::SEC_WEBSOCKET_KEY).filter(|key| is_nonce(key.as_bytes()));
        let Some(accept) = key.map(|key| derive_accept_key(key.as_bytes())) else {
            return Err(refused(StatusCode::BAD_REQUEST, "Sec-WebSocket-Key must be 16 bytes in base64"));
        };
        let Some(upgrade) = request.extensions_mut().remove::<OnUpgrade>() else {
            return Err(refused(StatusCode::BAD_REQUEST, "this connection cannot be upgraded"));
        };
        let mut answer = Response::new(Body::empty());
        *answer.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
        let headers = answer.headers_mut();
        headers.insert(header::CONNECTION, HeaderValue::from_static("Upgrade"));
        headers.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
        headers.extend(HeaderValue::try_from(accept).map(|accept| (header::SEC_WEBSOCKET_ACCEPT, accept)));
        Ok(Self { answer, upgrade })
    }
}

/// The TCP stream beneath an upgraded connection, with what hyper read ahead of it.
pub(crate) fn line(upgraded: Upgraded) -> Option<Line> {
    let parts = upgraded.downcast::<TokioIo<TcpStream>>().ok()?;
    Some(Line::new(parts.io.into_inner(), &parts.read_buf))
}

fn refused(status: StatusCode, message: &str) -> NotUpgradable {
    let details =
        json!({"expected": "GET with Connection: Upgrade, Upgrade: websocket, Sec-WebSocket-Version: 13"});
    NotUpgradable { status, refusal: Refusal::new(ErrorKind::BadRequest, message, details) }
}

/// Whether a comma-separated header holds this word, in any case.
fn lists(headers: &HeaderMap, name: header::HeaderName, word: &str) -> bool {
    let values = headers.get_all(name).into_iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).any(|part| part.trim().eq_ignore_ascii_case(word))
}

/// 16 bytes in base64 are 22 letters and two signs of padding.
fn is_nonce(key: &[u8]) -> bool {
    key.len() == 24
        && key.ends_with(b"==")
        && key[..22].iter().all(|letter| letter.is_ascii_alphanumeric() || matches!(letter, b'+' | b'/'))
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use http::{Request, StatusCode};

    use super::Handshake;

    fn refusal(change: impl FnOnce(http::request::Builder) -> http::request::Builder) -> StatusCode {
        let request = change(Request::builder());
        let mut request = request.body(Body::empty()).expect("a request");
        Handshake::accept(&mut request).map(|_| ()).expect_err("refused").status
    }

    #[test]
    fn a_request_that_is_no_handshake_is_refused_with_the_fitting_status() {
        let plain = refusal(|request| request);
        assert_eq!(plain, StatusCode::UPGRADE_REQUIRED);
        let asking = |request: http::request::Builder| {
            request.header("Connection", "keep-alive, Upgrade").header("Upgrade", "WebSocket")
        };
        assert_eq!(
            refusal(|request| asking(request).header("Sec-WebSocket-Version", "8")),
            StatusCode::UPGRADE_REQUIRED
        );
        let versioned =
            |request: http::request::Builder| asking(request).header("Sec-WebSocket-Version", "13");
        assert_eq!(refusal(versioned), StatusCode::BAD_REQUEST);
        assert_eq!(
            refusal(|request| versioned(request).header("Sec-WebSocket-Key", "short")),
            StatusCode::BAD_REQUEST
        );
        assert_eq!(
            refusal(|request| versioned(request).method("POST").header("Sec-WebSocket-Key", "x")),
            StatusCode::UPGRADE_REQUIRED
        );
    }
}
