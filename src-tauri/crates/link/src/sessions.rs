//! The open sessions of one link: the one in use, and beside it at most a candidate and one on its way out.

use std::{
    future::poll_fn,
    task::{Context, Poll},
};

use crate::{
    AttemptId,
    credentials::Admission,
    session::{Incident, Session},
};

/// The open sessions. How many there may be is the machine's decision.
#[derive(Debug, Default)]
pub(crate) struct Sessions {
    open: Vec<Session>,
    /// Who is asked first for the next incident, so that a busy session does not drown another.
    turn: usize,
}

impl Sessions {
    pub(crate) fn is_empty(&self) -> bool {
        self.open.is_empty()
    }

    pub(crate) fn add(&mut self, session: Session) {
        // A second session is rare: no room is kept for it.
        self.open.reserve_exact(1);
        self.open.push(session);
    }

    /// Drops a session and its socket, and tells how it was let in.
    pub(crate) fn remove(&mut self, id: AttemptId) -> Option<Admission> {
        let at = self.open.iter().position(|session| session.id() == id)?;
        Some(self.open.remove(at).into_admission())
    }

    pub(crate) fn get(&self, id: AttemptId) -> Option<&Session> {
        self.open.iter().find(|session| session.id() == id)
    }

    pub(crate) fn get_mut(&mut self, id: AttemptId) -> Option<&mut Session> {
        self.open.iter_mut().find(|session| session.id() == id)
    }

    /// The next incident of any session; never where there is none. Safe to drop and call again.
    pub(crate) async fn next(&mut self) -> (AttemptId, Incident) {
        poll_fn(|cx| self.poll(cx)).await
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<(AttemptId, Incident)> {
        let count = self.open.len();
        for step in 0..count {
            let at = (self.turn + step) % count;
            let session = &mut self.open[at];
            if let Some(incident) = session.next_now(cx) {
                self.turn = at + 1;
                return Poll::Ready((session.id(), incident));
            }
        }
        Poll::Pending
    }
}
