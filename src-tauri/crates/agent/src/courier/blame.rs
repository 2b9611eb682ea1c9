//! How a session ended, as far as it concerns the messages that were under way. Pure.

use std::time::Duration;

use link::{Failure, FailureKind};
use outbox::Loss;

/// A session that ends so soon after a message was sent may have died of it.
const AT_ONCE: Duration = Duration::from_secs(2);

/// What follows for the messages under way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// They go back to the head of the buffer; the oldest may be suspected.
    Lost(Loss),
    /// One of them is larger than the peer takes. Sending it again cannot help.
    TooLarge,
}

/// Judges the end of a session. `failure` is `None` when it was not a failure that ended it; `since_sent` is the time
/// since a message was last handed to it.
pub(super) fn judge(failure: Option<&Failure>, since_sent: Option<Duration>) -> Verdict {
    let Some(failure) = failure else { return Verdict::Lost(Loss::Plain) };
    let at_once = since_sent.is_some_and(|since| since <= AT_ONCE);
    match (failure.kind, close_code(failure)) {
        (FailureKind::TooBig, _) => Verdict::TooLarge,
        (_, Some(1003 | 1007 | 1008)) if at_once => Verdict::Lost(Loss::Blamed),
        (FailureKind::Retry | FailureKind::HungUp | FailureKind::Breach | FailureKind::Troubled, _)
            if at_once =>
        {
            Verdict::Lost(Loss::AtOnce)
        }
        // The line, the server's own business, or the credential.
        (
            FailureKind::Unanswered
            | FailureKind::Retry
            | FailureKind::HungUp
            | FailureKind::Local
            | FailureKind::Restarting
            | FailureKind::Overloaded
            | FailureKind::Hinted(_)
            | FailureKind::Misfit
            | FailureKind::Breach
            | FailureKind::Troubled
            | FailureKind::Doubtful(_)
            | FailureKind::Refused
            | FailureKind::Halt(_),
            _,
        ) => Verdict::Lost(Loss::Plain),
    }
}

/// Whether the peer said that it has too much to do.
pub(super) fn overloaded(failure: &Failure) -> bool {
    matches!(failure.kind, FailureKind::Overloaded | FailureKind::Hinted(_))
}

/// The close code, which a link's failure names first in its detail.
fn close_code(failure: &Failure) -> Option<u16> {
    let rest = failure.detail.strip_prefix("close code ")?;
    rest.split(':').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use model::{ErrorCode, Reason};

    use super::*;

    const SOON: Option<Duration> = Some(Duration::from_millis(300));
    const LATE: Option<Duration> = Some(Duration::from_secs(60));

    fn failure(kind: FailureKind, detail: &str) -> Failure {
        Failure { kind, code: ErrorCode::ClosedByServer, detail: detail.to_owned() }
    }

    fn verdict(kind: FailureKind, detail: &str, since: Option<Duration>) -> Verdict {
        judge(Some(&failure(kind, detail)), since)
    }

    #[test]
    fn a_session_that_dies_of_what_was_just_sent_makes_the_oldest_message_suspect() {
        let lost = FailureKind::Retry;
        assert_eq!(verdict(lost, "", SOON), Verdict::Lost(Loss::AtOnce));
        assert_eq!(verdict(lost, "", LATE), Verdict::Lost(Loss::Plain));
        assert_eq!(verdict(lost, "", None), Verdict::Lost(Loss::Plain));
        let stop = FailureKind::Halt(Reason::ServerStop);
        assert_eq!(verdict(stop, "close code 1008: no", SOON), Verdict::Lost(Loss::Blamed));
        assert_eq!(verdict(stop, "close code 1000", SOON), Verdict::Lost(Loss::Plain));
        assert_eq!(verdict(FailureKind::Breach, "close code 1007", SOON), Verdict::Lost(Loss::Blamed));
        assert_eq!(verdict(FailureKind::TooBig, "close code 1009", LATE), Verdict::TooLarge);
    }

    #[test]
    fn what_the_line_or_the_server_did_is_no_messages_fault() {
        for kind in [
            FailureKind::Local,
            FailureKind::Restarting,
            FailureKind::Overloaded,
            FailureKind::Hinted(Duration::from_secs(9)),
            FailureKind::Refused,
            FailureKind::Unanswered,
        ] {
            assert_eq!(verdict(kind, "close code 1013: busy", SOON), Verdict::Lost(Loss::Plain), "{kind:?}");
        }
        assert_eq!(judge(None, SOON), Verdict::Lost(Loss::Plain));
        assert!(
            overloaded(&failure(FailureKind::Overloaded, ""))
                && !overloaded(&failure(FailureKind::Local, ""))
        );
    }
}
