//! Answers on the wire: plain ones and switches of protocol, right or wrong.

use std::fmt::Write as _;

use jiff::{SignedDuration, Timestamp};
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;

use super::header;
use crate::plan::{AnswerPlan, UpgradePlan};

/// An HTTP answer with `Date`, `Server` and a length.
pub(super) fn plain(plan: &AnswerPlan, head: &str, ahead_s: i64) -> Vec<u8> {
    let status = plan.status.unwrap_or(200);
    let has = |name: &str| plan.headers.keys().any(|key| key.eq_ignore_ascii_case(name));
    let mut text = format!("HTTP/1.1 {status} {}\r\n", phrase(status));
    if !has("date") {
        let _ = write!(text, "Date: {}\r\n", date(ahead_s));
    }
    if !has("server") {
        text += "Server: staged\r\n";
    }
    for (name, value) in &plan.headers {
        let _ = write!(text, "{name}: {value}\r\n");
    }
    if let Some(name) = &plan.echoes
        && let Some(value) = header(head, name)
    {
        let _ = write!(text, "{name}: {value}\r\n");
    }
    // 204 and 304 have no body, and HEAD wants none.
    let body = if matches!(status, 204 | 304) || head.starts_with("HEAD ") { "" } else { &plan.body };
    if !matches!(status, 204 | 304) {
        let _ = write!(text, "Content-Length: {}\r\n", plan.body.len());
    }
    let _ = write!(text, "\r\n{body}");
    text.into_bytes()
}

/// A 101 to a request with a key.
pub(super) fn switching(plan: &UpgradePlan, head: &str) -> Option<Vec<u8>> {
    let right = derive_accept_key(header(head, "sec-websocket-key")?.as_bytes());
    let accept = plan.accept.as_ref().unwrap_or(&right);
    let offered = header(head, "sec-websocket-protocol").and_then(|list| list.split(',').next());
    let chosen = plan.subprotocol.as_deref().or(offered.map(str::trim)).filter(|name| !name.is_empty());
    let chosen = chosen.map(|name| format!("Sec-WebSocket-Protocol: {name}\r\n")).unwrap_or_default();
    let text = format!(
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Accept: {accept}\r\n{chosen}\r\n"
    );
    Some(text.into_bytes())
}

/// As `Date` says it.
fn date(ahead_s: i64) -> String {
    let now = Timestamp::now();
    let shifted = now.checked_add(SignedDuration::from_secs(ahead_s)).unwrap_or(now);
    jiff::fmt::rfc2822::DateTimePrinter::new().timestamp_to_rfc9110_string(&shifted).unwrap_or_default()
}

fn phrase(status: u16) -> &'static str {
    match status {
        200 => "OK",
        204 => "No Content",
        302 => "Found",
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        407 => "Proxy Authentication Required",
        426 => "Upgrade Required",
        429 => "Too Many Requests",
        500 => "Internal Server Error",
        502 => "Bad Gateway",
        503 => "Service Unavailable",
        504 => "Gateway Timeout",
        _ => "Staged",
    }
}
