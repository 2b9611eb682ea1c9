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
    match (failure.kind, failure.close_code) {
        // Whatever the configuration makes of that code, the message stays too large for this peer.
        (FailureKind::TooBig, _) | (_, Some(1009)) => Verdict::TooLarge,
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

#[cfg(test)]
mod tests {
    use model::{ErrorCode, Reason};

    use super::*;

    const SOON: Option<Duration> = Some(Duration::from_millis(300));
    const LATE: Option<Duration> = Some(Duration::from_secs(60));

    fn failure(kind: FailureKind, close_code: Option<u16>) -> Failure {
        Failure { close_code, ..Failure::new(kind, ErrorCode::ClosedByServer, "close code 1009: not so") }
    }

    fn verdict(kind: FailureKind, close_code: Option<u16>, since: Option<Duration>) -> Verdict {
        judge(Some(&failure(kind, close_code)), since)
    }

    #[test]
    fn a_session_that_dies_of_what_was_just_sent_makes_the_oldest_message_suspect() {
        let lost = FailureKind::Retry;
        assert_eq!(verdict(lost, None, SOON), Verdict::Lost(Loss::AtOnce));
        assert_eq!(verdict(lost, None, LATE), Verdict::Lost(Loss::Plain));
        assert_eq!(verdict(lost, None, None), Verdict::Lost(Loss::Plain));
        let stop = FailureKind::Halt(Reason::ServerStop);
        assert_eq!(verdict(stop, Some(1008), SOON), Verdict::Lost(Loss::Blamed));
        assert_eq!(verdict(stop, Some(1000), SOON), Verdict::Lost(Loss::Plain));
        assert_eq!(verdict(FailureKind::Breach, Some(1007), SOON), Verdict::Lost(Loss::Blamed));
    }

    #[test]
    fn a_message_too_large_for_the_peer_is_so_whatever_was_agreed_for_the_code() {
        for kind in [FailureKind::TooBig, FailureKind::Retry, FailureKind::Halt(Reason::ServerStop)] {
            assert_eq!(verdict(kind, Some(1009), LATE), Verdict::TooLarge, "{kind:?}");
        }
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
            assert_eq!(verdict(kind, Some(1013), SOON), Verdict::Lost(Loss::Plain), "{kind:?}");
        }
        assert_eq!(judge(None, SOON), Verdict::Lost(Loss::Plain));
        assert!(
            overloaded(&failure(FailureKind::Overloaded, None))
                && !overloaded(&failure(FailureKind::Local, None))
        );
    }
}
