//! What answers, close codes and socket errors mean for the next try: the one place for these tables.
//!
//! First comes the question who answered: where nothing proves that the server itself did, a sign-in page of
//! the network must not be taken for the server's opinion.

mod answer;
mod close;

use answer::Line;
pub(crate) use close::{discreet, lost, of_close, of_socket};
use dial::{DialError, Phase};
use model::{ErrorCode, Reason};
use url::Url;

use crate::{Failure, FailureKind};

/// Longest part of a close reason or error that is kept.
const MAX_DETAIL: usize = 300;

/// What a failed dial to this URL means.
pub(crate) fn of_dial(error: &DialError, url: &Url) -> Failure {
    let (kind, code) = match error.http() {
        Some(answer) => {
            let asked = error.report.url(url);
            let line = Line::to(asked, error.addresses().iter().map(|address| address.ip()));
            answer::of_answer(answer, error.code(), asked, line)
        }
        None => (of_phase(error), error.code()),
    };
    Failure::new(kind, code, error.detail())
}

/// What an answer means to a fuzzed link, whoever may have given it.
#[cfg(fuzzing)]
pub(crate) fn of_answer_on_every_line(
    http: &dial::HttpAnswer,
    url: &Url,
) -> impl Iterator<Item = (FailureKind, ErrorCode)> {
    let lines = [Line::Proven, Line::Local, Line::Near, Line::Open];
    lines.into_iter().map(move |line| answer::of_answer(http, ErrorCode::NotWebsocket, url, line))
}

fn of_phase(error: &DialError) -> FailureKind {
    let a_person_has_to_act = matches!(
        error.code(),
        ErrorCode::ProxyAuthRequired
            | ErrorCode::ClientCert
            | ErrorCode::ClientCertRequired
            | ErrorCode::ClientCertRefused
    );
    // Not among these: certificates for another name or of an unknown issuer, which a network shows that wants
    // people to sign in; and those not yet valid, because a wrong clock mends itself soon after a start.
    let waiting_mends_nothing =
        matches!(error.code(), ErrorCode::HandshakeInvalid | ErrorCode::TlsExpired | ErrorCode::TlsRevoked);
    if a_person_has_to_act {
        FailureKind::Halt(Reason::AuthRequired)
    } else if waiting_mends_nothing {
        FailureKind::Misfit
    } else if error.phase == Phase::Connect && !error.addresses().is_empty() {
        FailureKind::Unanswered
    } else if error.code() == ErrorCode::HandshakeClosed {
        FailureKind::HungUp
    } else {
        FailureKind::Retry
    }
}
