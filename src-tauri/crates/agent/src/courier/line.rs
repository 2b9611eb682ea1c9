//! The connection as a courier sees it: which session takes messages, since when, and why the last one ended.

use link::{Failure, LinkHandle, SessionId};
use model::EndpointState;
use std::time::Duration;
use tokio::{
    sync::watch,
    time::{Instant, timeout},
};

use crate::endpoint::Report;

/// The link tells of a session's end a moment before it tells why.
const EXPLANATION: Duration = Duration::from_millis(200);

/// A link to carry messages to.
#[derive(Clone, Debug)]
pub(crate) struct Line {
    pub(crate) link: LinkHandle,
    pub(crate) report: watch::Receiver<Report>,
}

/// A session that takes messages.
#[derive(Clone, Debug)]
pub(super) struct Session {
    pub(super) line: Line,
    pub(super) id: SessionId,
    pub(super) since: Instant,
    /// Failures of the link before it.
    failures: u64,
}

impl Session {
    /// Why it ended; `None` when it was no failure.
    pub(super) async fn ending(mut self) -> Option<Failure> {
        let before = self.failures;
        let told = self.line.report.wait_for(|report| {
            report.view.failures_total > before || report.view.state != EndpointState::Connected
        });
        let report = timeout(EXPLANATION, told).await.ok()?.ok()?;
        let failed = report.view.failures_total > before;
        report.view.last_failure.clone().filter(|_| failed)
    }
}

/// Follows one link after the other.
#[derive(Debug)]
pub(super) struct Sessions {
    lines: watch::Receiver<Option<Line>>,
    line: Option<Line>,
    proven: Option<watch::Receiver<Option<SessionId>>>,
    now: Option<SessionId>,
}

impl Sessions {
    pub(super) fn new(lines: watch::Receiver<Option<Line>>) -> Self {
        Self { lines, line: None, proven: None, now: None }
    }

    /// Waits until another session takes messages, or none does any more. Safe to drop and call again.
    pub(super) async fn changed(&mut self) -> Option<Session> {
        loop {
            let another_link = tokio::select! {
                Ok(()) = self.lines.changed() => true,
                () = another_session(&mut self.proven) => false,
            };
            if another_link {
                self.line = self.lines.borrow_and_update().clone();
                self.proven = self.line.as_ref().map(|line| line.link.proven());
            }
            let now = self.proven.as_mut().and_then(|proven| *proven.borrow_and_update());
            let before = std::mem::replace(&mut self.now, now);
            // Another link counts its sessions anew.
            if now != before || (another_link && now.is_some()) {
                return self.session(now);
            }
        }
    }

    fn session(&self, id: Option<SessionId>) -> Option<Session> {
        let line = self.line.clone()?;
        let failures = line.report.borrow().view.failures_total;
        Some(Session { id: id?, line, since: Instant::now(), failures })
    }
}

/// Waits until the link has another session; for ever without a link, or when it has ended.
async fn another_session(proven: &mut Option<watch::Receiver<Option<SessionId>>>) {
    if let Some(proven) = proven
        && proven.changed().await.is_ok()
    {
        return;
    }
    std::future::pending().await
}
