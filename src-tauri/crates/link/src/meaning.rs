//! What answers, close codes and socket errors mean for the next try: the one place for these tables.
//!
//! First comes the question who answered: where nothing proves that the server itself did, a sign-in page of
//! the network must not be taken for the server's opinion.

use std::time::Duration;

use dial::{DialError, HttpAnswer, Phase, one_line};
use http::{StatusCode, header};
use jiff::fmt::rfc2822;
use model::{ErrorCode, Reason};
use tokio_tungstenite::tungstenite::{Error, error::ProtocolError, protocol::CloseFrame};
use url::Url;

use crate::{CloseAction, CloseCodes, Failure, FailureKind};

/// Longest part of a close reason or error that is kept.
const MAX_DETAIL: usize = 300;

/// What a failed dial means.
pub(crate) fn of_dial(error: &DialError, url: &Url) -> Failure {
    let url = error.report.url(url);
    let (kind, code) = match error.http() {
        Some(answer) => of_answer(answer, error.code(), url),
        None => (of_phase(error), error.code()),
    };
    Failure { kind, code, detail: error.detail() }
}

fn of_phase(error: &DialError) -> FailureKind {
    let a_person_has_to_act = matches!(
        error.code(),
        ErrorCode::ProxyAuthRequired
            | ErrorCode::ClientCert
            | ErrorCode::ClientCertRequired
            | ErrorCode::ClientCertRefused
    );
    if a_person_has_to_act {
        FailureKind::Halt(Reason::AuthRequired)
    } else if error.phase == Phase::Connect && !error.addresses().is_empty() {
        FailureKind::Unanswered
    } else if error.code() == ErrorCode::HandshakeClosed {
        FailureKind::HungUp
    } else {
        FailureKind::Retry
    }
}

/// What an HTTP answer in place of an upgrade means.
fn of_answer(answer: &HttpAnswer, code: ErrorCode, url: &Url) -> (FailureKind, ErrorCode) {
    if is_captive_portal(answer, url) {
        return (FailureKind::Halt(Reason::CaptivePortal), ErrorCode::CaptivePortal);
    }
    let hint = retry_after(answer).map(FailureKind::Hinted);
    let kind = match answer.status.as_u16() {
        401 | 403 | 407 => FailureKind::Halt(Reason::AuthRequired),
        408 | 425 | 500 => FailureKind::Retry,
        429 => hint.unwrap_or(FailureKind::Overloaded),
        502..=504 => hint.unwrap_or(FailureKind::Restarting),
        _ => FailureKind::Misfit,
    };
    (kind, code)
}

/// Status 511, or, where no certificate proves who answers, a redirect to another site.
fn is_captive_portal(answer: &HttpAnswer, url: &Url) -> bool {
    if answer.status == StatusCode::NETWORK_AUTHENTICATION_REQUIRED {
        return true;
    }
    let encrypted = matches!(url.scheme(), "wss" | "https");
    let target = answer.headers.get(header::LOCATION).and_then(|target| target.to_str().ok());
    let elsewhere = target
        .and_then(|target| url.join(target).ok())
        .is_some_and(|target| target.host_str() != url.host_str());
    answer.status.is_redirection() && elsewhere && !encrypted
}

/// `Retry-After` in seconds, or as a date beside the answer's own `Date`: only the server's clock counts.
fn retry_after(answer: &HttpAnswer) -> Option<Duration> {
    let text = |name| answer.headers.get(name).and_then(|value| value.to_str().ok()).map(str::trim);
    let hint = text(header::RETRY_AFTER)?;
    if let Ok(seconds) = hint.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let parser = rfc2822::DateTimeParser::new();
    let instant = |text: &str| parser.parse_timestamp(text).ok();
    Duration::try_from(instant(hint)?.duration_since(instant(text(header::DATE)?)?)).ok()
}

/// What a close frame of the server means; `agreed` comes before the usual.
pub(crate) fn of_close(frame: Option<&CloseFrame>, agreed: &CloseCodes) -> Failure {
    let Some(frame) = frame else {
        return lost("closed without a code (1005)");
    };
    let code = u16::from(frame.code);
    let (kind, meaning) = match code {
        1000 | 1003 | 1008 => (FailureKind::Halt(Reason::ServerStop), ErrorCode::ClosedByServer),
        1001 | 1012 => (FailureKind::Restarting, ErrorCode::ServerRestarting),
        1013 => (FailureKind::Overloaded, ErrorCode::ServerOverloaded),
        1002 | 1007 | 1010 => (FailureKind::Retry, ErrorCode::ProtocolViolation),
        1009 => (FailureKind::Retry, ErrorCode::MessageTooBig),
        3000 | 4401 => (FailureKind::Halt(Reason::AuthRequired), ErrorCode::Unauthorized),
        3003 | 4403 => (FailureKind::Halt(Reason::AuthRequired), ErrorCode::Forbidden),
        _ => (FailureKind::Retry, ErrorCode::ClosedByServer),
    };
    let kind = match agreed.get(&code) {
        Some(CloseAction::Stop) => FailureKind::Halt(Reason::ServerStop),
        Some(CloseAction::Retry) => FailureKind::Retry,
        Some(CloseAction::Slow) => FailureKind::Overloaded,
        None => kind,
    };
    let reason = one_line(frame.reason.as_str(), MAX_DETAIL);
    let detail =
        if reason.is_empty() { format!("close code {code}") } else { format!("close code {code}: {reason}") };
    Failure { kind, code: meaning, detail }
}

/// What an error of an open socket means.
pub(crate) fn of_socket(error: &Error) -> Failure {
    let code = match error {
        Error::Utf8(_) => ErrorCode::InvalidUtf8,
        Error::Capacity(_) => ErrorCode::MessageTooBig,
        Error::Protocol(ProtocolError::ResetWithoutClosingHandshake)
        | Error::ConnectionClosed
        | Error::AlreadyClosed
        | Error::Io(_)
        | Error::Tls(_)
        | Error::WriteBufferFull(_) => ErrorCode::ConnectionLost,
        Error::Protocol(_) | Error::AttackAttempt | Error::Url(_) | Error::Http(_) | Error::HttpFormat(_) => {
            ErrorCode::ProtocolViolation
        }
    };
    Failure { kind: FailureKind::Retry, code, detail: one_line(&error.to_string(), MAX_DETAIL) }
}

/// A session that ended without a word.
pub(crate) fn lost(detail: &str) -> Failure {
    Failure { kind: FailureKind::Retry, code: ErrorCode::ConnectionLost, detail: detail.to_owned() }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use http::HeaderMap;
    use proptest::prelude::*;

    use super::*;

    fn frame(code: u16, reason: &str) -> CloseFrame {
        CloseFrame { code: code.into(), reason: reason.into() }
    }

    fn answer(status: u16, headers: &[(header::HeaderName, &str)]) -> HttpAnswer {
        let headers: HeaderMap =
            headers.iter().map(|(name, value)| (name.clone(), value.parse().unwrap())).collect();
        HttpAnswer {
            status: StatusCode::from_u16(status).unwrap(),
            headers,
            body: Bytes::new(),
            truncated: false,
            excerpt: String::new(),
        }
    }

    fn kind(status: u16, headers: &[(header::HeaderName, &str)], url: &str) -> FailureKind {
        of_answer(&answer(status, headers), ErrorCode::NotWebsocket, &url.parse().unwrap()).0
    }

    #[test]
    fn answers_follow_the_table() {
        let table = [
            (200, FailureKind::Misfit),
            (302, FailureKind::Misfit),
            (400, FailureKind::Misfit),
            (401, FailureKind::Halt(Reason::AuthRequired)),
            (403, FailureKind::Halt(Reason::AuthRequired)),
            (404, FailureKind::Misfit),
            (407, FailureKind::Halt(Reason::AuthRequired)),
            (408, FailureKind::Retry),
            (426, FailureKind::Misfit),
            (429, FailureKind::Overloaded),
            (500, FailureKind::Retry),
            (501, FailureKind::Misfit),
            (502, FailureKind::Restarting),
            (503, FailureKind::Restarting),
            (511, FailureKind::Halt(Reason::CaptivePortal)),
        ];
        for (status, expected) in table {
            assert_eq!(kind(status, &[], "ws://a.example/x"), expected, "{status}");
        }
    }

    #[test]
    fn a_hint_is_read_as_seconds_or_as_a_date_beside_the_servers_own() {
        let seconds = [(header::RETRY_AFTER, "20")];
        assert_eq!(kind(429, &seconds, "ws://a/"), FailureKind::Hinted(Duration::from_secs(20)));
        let dates = [
            (header::DATE, "Fri, 20 Nov 2026 10:00:00 GMT"),
            (header::RETRY_AFTER, "Fri, 20 Nov 2026 10:01:30 GMT"),
        ];
        assert_eq!(kind(503, &dates, "ws://a/"), FailureKind::Hinted(Duration::from_secs(90)));
        assert_eq!(kind(503, &[(header::RETRY_AFTER, "soon")], "ws://a/"), FailureKind::Restarting);
    }

    #[test]
    fn a_redirect_elsewhere_is_a_portal_only_where_nobody_proved_who_answers() {
        let login = [(header::LOCATION, "http://login.hotel.example/")];
        assert_eq!(kind(302, &login, "ws://a.example/"), FailureKind::Halt(Reason::CaptivePortal));
        assert_eq!(kind(302, &login, "wss://a.example/"), FailureKind::Misfit);
        assert_eq!(kind(302, &[(header::LOCATION, "/new")], "ws://a.example/"), FailureKind::Misfit);
    }

    #[test]
    fn normal_unsupported_and_policy_closes_do_not_loop() {
        for code in [1000, 1003, 1008] {
            assert_eq!(
                of_close(Some(&frame(code, "")), &CloseCodes::new()).kind,
                FailureKind::Halt(Reason::ServerStop),
                "{code}"
            );
        }
        for (code, kind) in [
            (1001, FailureKind::Restarting),
            (1012, FailureKind::Restarting),
            (1013, FailureKind::Overloaded),
            (1011, FailureKind::Retry),
            (4000, FailureKind::Retry),
        ] {
            assert_eq!(of_close(Some(&frame(code, "")), &CloseCodes::new()).kind, kind, "{code}");
        }
    }

    #[test]
    fn what_was_agreed_for_a_close_code_comes_before_the_usual() {
        let agreed = CloseCodes::from([
            (4001, CloseAction::Stop),
            (1000, CloseAction::Retry),
            (1011, CloseAction::Slow),
        ]);
        let kind = |code| of_close(Some(&frame(code, "")), &agreed).kind;
        assert_eq!(kind(4001), FailureKind::Halt(Reason::ServerStop));
        assert_eq!(kind(1000), FailureKind::Retry);
        assert_eq!(kind(1011), FailureKind::Overloaded);
        assert_eq!(kind(1013), FailureKind::Overloaded);
    }

    #[test]
    fn close_reasons_are_shown_without_tricks() {
        let failure =
            of_close(Some(&frame(1011, "bad\u{202e}txt\nline\u{7}\u{61c}\u{200b}")), &CloseCodes::new());
        assert_eq!(failure.detail, "close code 1011: badtxt line");
    }

    proptest! {
        #[test]
        fn no_hint_of_a_stranger_is_a_panic(hint in "[ -~]{0,40}", date in "[ -~]{0,40}") {
            kind(429, &[(header::RETRY_AFTER, &hint), (header::DATE, &date)], "ws://a/");
        }
    }
}
