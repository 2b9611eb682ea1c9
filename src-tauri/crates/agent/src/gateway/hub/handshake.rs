//! The WebSocket handshake of RFC 6455 §4.2, as far as HTTP has not done it. Pure.

use axum::{
    body::Body,
    response::{IntoResponse as _, Response},
};
use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use model::ErrorCode;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;

use crate::gateway::{guard::SUBPROTOCOL, refusal::Refusal};

/// The version of RFC 6455.
const VERSION: HeaderValue = HeaderValue::from_static("13");

/// 101, or why not.
pub(super) fn answer(headers: &HeaderMap) -> Result<Response, Refusal> {
    let asks = has_token(headers, &header::CONNECTION, "upgrade")
        && has_token(headers, &header::UPGRADE, "websocket");
    if !asks || headers.get(header::SEC_WEBSOCKET_VERSION) != Some(&VERSION) {
        return Err(Refusal::new(
            StatusCode::UPGRADE_REQUIRED,
            ErrorCode::BadRequest,
            "Here is a WebSocket of version 13: open it with Upgrade: websocket and Sec-WebSocket-Version: 13.",
        ));
    }
    let key = headers
        .get(header::SEC_WEBSOCKET_KEY)
        .filter(|key| BASE64.decode(key.as_bytes()).is_ok_and(|bytes| bytes.len() == 16));
    let key = key
        .ok_or_else(|| Refusal::bad_request("The header Sec-WebSocket-Key must hold 16 bytes in Base64."))?;
    let accept = HeaderValue::try_from(derive_accept_key(key.as_bytes()))
        .map_err(|error| Refusal::bad_request(error.to_string()))?;
    let mut response = (StatusCode::SWITCHING_PROTOCOLS, Body::empty()).into_response();
    let answers = response.headers_mut();
    answers.insert(header::CONNECTION, HeaderValue::from_static("Upgrade"));
    answers.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
    answers.insert(header::SEC_WEBSOCKET_ACCEPT, accept);
    // A client that offers none must get none; the token is never repeated.
    if has_token(headers, &header::SEC_WEBSOCKET_PROTOCOL, SUBPROTOCOL) {
        answers.insert(header::SEC_WEBSOCKET_PROTOCOL, HeaderValue::from_static(SUBPROTOCOL));
    }
    Ok(response)
}

/// Whether a comma-separated header names this.
fn has_token(headers: &HeaderMap, name: &HeaderName, wanted: &str) -> bool {
    let mut values = headers.get_all(name).iter().filter_map(|value| value.to_str().ok());
    values.any(|value| value.split(',').any(|one| one.trim().eq_ignore_ascii_case(wanted)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(list: &[(&'static str, &'static str)]) -> HeaderMap {
        list.iter()
            .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)))
            .collect()
    }

    const RIGHT: [(&str, &str); 4] = [
        ("connection", "keep-alive, Upgrade"),
        ("upgrade", "WebSocket"),
        ("sec-websocket-version", "13"),
        ("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="),
    ];

    #[test]
    fn the_example_of_rfc_6455_is_answered_as_it_says() {
        let response = answer(&headers(&RIGHT)).unwrap();
        assert_eq!(response.status(), StatusCode::SWITCHING_PROTOCOLS);
        assert_eq!(response.headers()[header::SEC_WEBSOCKET_ACCEPT], "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
        assert!(response.headers().get(header::SEC_WEBSOCKET_PROTOCOL).is_none());
    }

    #[test]
    fn the_subprotocol_comes_back_without_the_token() {
        let mut asked = headers(&RIGHT);
        asked.insert(header::SEC_WEBSOCKET_PROTOCOL, HeaderValue::from_static("linekeeper, SECRET"));
        assert_eq!(answer(&asked).unwrap().headers()[header::SEC_WEBSOCKET_PROTOCOL], "linekeeper");
    }

    #[test]
    fn anything_less_is_refused() {
        for (left_out, _) in RIGHT {
            let mut asked = headers(&RIGHT);
            asked.remove(left_out);
            assert!(answer(&asked).is_err(), "without {left_out}");
        }
        let mut asked = headers(&RIGHT);
        asked.insert(header::SEC_WEBSOCKET_KEY, HeaderValue::from_static("dG9vIHNob3J0"));
        assert_eq!(answer(&asked).unwrap_err().code(), ErrorCode::BadRequest);
    }
}
