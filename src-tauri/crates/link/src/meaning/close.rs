//! What the end of an open session means: close codes, and errors of the socket.

use dial::{DialRequest, one_line};
use model::{ErrorCode, Reason};
use tokio_tungstenite::tungstenite::{Error, error::ProtocolError, protocol::CloseFrame};

use super::MAX_DETAIL;
use crate::{CloseAction, CloseCodes, Failure, FailureKind};

/// What a close frame of the server means; `agreed` comes before the usual.
pub(crate) fn of_close(frame: Option<&CloseFrame>, agreed: &CloseCodes) -> Failure {
    let Some(frame) = frame else {
        return lost("closed without a code (1005)");
    };
    let code = u16::from(frame.code);
    let (kind, meaning) = match code {
        1000 | 1003 | 1008 => (FailureKind::Halt(Reason::ServerStop), ErrorCode::ClosedByServer),
        1001 | 1012 => (FailureKind::Restarting, ErrorCode::ServerRestarting),
        // 1015 and the like may not be sent: the WebSocket layer makes 1002 of them.
        1002 | 1007 | 1010 | 1015 => (FailureKind::Breach, ErrorCode::ProtocolViolation),
        1009 => (FailureKind::TooBig, ErrorCode::MessageTooBig),
        1011 | 1014 => (FailureKind::Troubled, ErrorCode::ClosedByServer),
        1013 => (FailureKind::Overloaded, ErrorCode::ServerOverloaded),
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
    Failure { kind, code: meaning, detail, close_code: Some(code) }
}

/// The failure without what the server was told in confidence: some quote it as their reason for closing.
pub(crate) fn discreet(failure: Failure, asked: impl FnOnce() -> DialRequest) -> Failure {
    // Nothing else of a session's end is in the server's words, and most give no reason.
    if failure.close_code.is_none() || !failure.detail.contains(':') {
        return failure;
    }
    Failure { detail: asked().clean(&failure.detail, MAX_DETAIL), ..failure }
}

/// What an error of an open socket means.
pub(crate) fn of_socket(error: &Error) -> Failure {
    let (kind, code) = match error {
        Error::Utf8(_) => (FailureKind::Breach, ErrorCode::InvalidUtf8),
        // Our own limit: the message may be as it should.
        Error::Capacity(_) => (FailureKind::Retry, ErrorCode::MessageTooBig),
        Error::Protocol(ProtocolError::ResetWithoutClosingHandshake)
        | Error::ConnectionClosed
        | Error::AlreadyClosed
        | Error::Io(_)
        | Error::Tls(_)
        | Error::WriteBufferFull(_) => (FailureKind::Retry, ErrorCode::ConnectionLost),
        Error::Protocol(_) | Error::AttackAttempt | Error::Url(_) | Error::Http(_) | Error::HttpFormat(_) => {
            (FailureKind::Breach, ErrorCode::ProtocolViolation)
        }
    };
    Failure::new(kind, code, one_line(&error.to_string(), MAX_DETAIL))
}

/// A session that ended without a word.
pub(crate) fn lost(detail: &str) -> Failure {
    Failure::new(FailureKind::Retry, ErrorCode::ConnectionLost, detail)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn frame(code: u16, reason: &str) -> CloseFrame {
        CloseFrame { code: code.into(), reason: reason.into() }
    }

    #[test]
    fn a_reason_quotes_no_secret_in_any_form() {
        let asked = || {
            let mut request = DialRequest::new("ws://h/p?token=q-s3cret".parse().unwrap());
            request.credential = Some(dial::Credential::bearer("b3arer/s3cret".into()).unwrap());
            request
        };
        for (reason, told) in [
            ("no q-s3cret", "close code 4000: no [redacted]"),
            ("no b3arer%2Fs3cret here", "close code 4000: no [redacted] here"),
            ("YjNhcmVyL3MzY3JldA", "close code 4000: [redacted]"),
            ("full", "close code 4000: full"),
            ("", "close code 4000"),
        ] {
            let failure = of_close(Some(&frame(4000, reason)), &CloseCodes::new());
            assert_eq!(discreet(failure, asked).detail, told);
        }
    }

    fn kind(code: u16) -> FailureKind {
        of_close(Some(&frame(code, "")), &CloseCodes::new()).kind
    }

    #[test]
    fn close_codes_follow_the_table() {
        let stop = FailureKind::Halt(Reason::ServerStop);
        let auth = FailureKind::Halt(Reason::AuthRequired);
        let table = [
            (1000, stop),
            (1001, FailureKind::Restarting),
            (1002, FailureKind::Breach),
            (1003, stop),
            (1007, FailureKind::Breach),
            (1008, stop),
            (1009, FailureKind::TooBig),
            (1010, FailureKind::Breach),
            (1011, FailureKind::Troubled),
            (1012, FailureKind::Restarting),
            (1013, FailureKind::Overloaded),
            (1014, FailureKind::Troubled),
            (1015, FailureKind::Breach),
            (3000, auth),
            (3001, FailureKind::Retry),
            (3003, auth),
            (4000, FailureKind::Retry),
            (4401, auth),
            (4403, auth),
            (4999, FailureKind::Retry),
        ];
        for (code, expected) in table {
            assert_eq!(kind(code), expected, "{code}");
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
        assert_eq!((failure.close_code, of_close(None, &CloseCodes::new()).close_code), (Some(1011), None));
    }

    proptest! {
        #[test]
        fn any_close_is_one_short_line(code in any::<u16>(), reason in "\\PC{0,200}|(?s:.{0,200})") {
            let failure = of_close(Some(&frame(code, &reason)), &CloseCodes::new());
            let start = format!("close code {code}");
            prop_assert!(failure.detail.starts_with(&start));
            prop_assert!(failure.detail.chars().count() <= MAX_DETAIL + 20);
            prop_assert!(!failure.detail.contains(|c: char| c.is_control()));
        }
    }
}
