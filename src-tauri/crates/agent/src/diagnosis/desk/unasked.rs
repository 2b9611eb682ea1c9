//! Checks that nobody asked for, so that there is a good one to compare with when somebody asks: quick, of one endpoint, in
//! the history and nowhere else. They give way to whoever asks for a check.

use std::{
    sync::{MutexGuard, PoisonError},
    time::Duration,
};

use diagnostics::Subject;
use jiff::Timestamp;
use model::{
    EndpointId, EndpointState, StatusSnapshot,
    check::{Mode, Trigger, VerdictClass},
};
use tokio::{
    task::spawn_blocking,
    time::{Instant, sleep_until},
};
use tokio_util::sync::CancellationToken;
use tracing::{debug, info};

use super::{
    super::{
        checking::Matter,
        ground::Terrain,
        schedule::{Outcome, Schedule},
        subject::subject,
    },
    Begun, Desk,
};

impl Desk {
    /// Ends when it is time to look whose turn it is; never where the agent makes no checks by itself.
    pub(crate) async fn look(&self) {
        let next = *self.next_look();
        match next {
            Some(next) => sleep_until(next).await,
            None => std::future::pending().await,
        }
    }

    /// Whose turn it is among those that are open, each with the moment since when. Nobody's while a check is made.
    pub(crate) fn whose_turn(&self, open: &[(EndpointId, Timestamp)]) -> Option<EndpointId> {
        let now = Instant::now();
        if let Some(pace) = self.shared.pace {
            *self.next_look() = Some(now + pace.look);
        }
        if self.shared.place().is_some() {
            return None;
        }
        self.schedule().pick(now, open)
    }

    /// The computer woke up, or its network changed.
    pub(crate) fn unsettled(&self) {
        self.schedule().unsettled();
        self.give_way();
    }

    /// Ends the check that nobody asked for, if one is made.
    pub(crate) fn give_way(&self) {
        if let Some(unasked) = self.shared.place().as_ref().filter(|one| one.unasked) {
            unasked.cancel();
        }
    }

    /// Uses a turn: checks the endpoint of this ground unless there is a good check of it already.
    pub(crate) fn use_turn(&self, id: EndpointId, terrain: Terrain, cancel: CancellationToken) {
        let desk = self.clone();
        self.spawn(async move {
            let outcome = desk.unasked(terrain, cancel).await;
            if outcome == Outcome::Disturbed {
                info!(endpoint = %id, "lost its session while it was checked; if its server allows one, set single_session");
            }
            debug!(endpoint = %id, ?outcome, "a check nobody asked for");
            desk.schedule().ended(Instant::now(), id, outcome);
        });
    }

    async fn unasked(&self, terrain: Terrain, cancel: CancellationToken) -> Outcome {
        // Without a history there is nothing to compare with later.
        let (Some(history), Some(pace)) = (self.history().await, self.shared.pace) else {
            return Outcome::NotGood;
        };
        let mut subjects: Vec<Subject> = Vec::new();
        for (settings, _) in &terrain.endpoints {
            // What is known of it needs no secret.
            subjects.push(subject(settings, None, None).await);
        }
        let found = spawn_blocking(move || history.last_good_at(&subjects)).await;
        let Ok(Ok(found)) = found else { return Outcome::NotGood };
        if let Some(at) = found.into_iter().next().flatten() {
            // A clock that was set back makes it no fresher than it can be.
            let age = Duration::try_from(Timestamp::now().duration_since(at)).unwrap_or_default();
            if age < pace.fresh {
                return Outcome::Known(pace.fresh - age);
            }
        }
        let begun = {
            let mut place = self.shared.place();
            if place.is_some() {
                return Outcome::Cut;
            }
            let matter = Matter::of(&terrain, Mode::Quick);
            Begun::take(&mut place, matter, true, cancel)
        };
        let ids: Vec<EndpointId> =
            terrain.endpoints.iter().map(|(settings, _)| settings.id.clone()).collect();
        let status = terrain.status.clone();
        let sessions = || status.as_ref().map(|status| sessions(&status.borrow(), &ids));
        let before = sessions();
        let report = self.make(begun, (Trigger::Automatic, Mode::Quick), terrain).report().await;
        report.map_or(Outcome::Cut, |report| outcome(report.verdict.class, before == sessions()))
    }

    fn schedule(&self) -> MutexGuard<'_, Schedule> {
        self.shared.schedule.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn next_look(&self) -> MutexGuard<'_, Option<Instant>> {
        self.shared.next_look.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether all that is checked is connected: a server with one session per user is not asked for another one, and what is
/// in trouble says nothing of how it is when it is well.
pub(super) fn all_up(subjects: &[Subject]) -> bool {
    let up = |one: &Subject| one.live.as_ref().is_some_and(|live| live.state == EndpointState::Connected);
    subjects.iter().all(up)
}

/// Live sessions of these, each known by when it began.
fn sessions(status: &StatusSnapshot, ids: &[EndpointId]) -> Vec<(EndpointState, Timestamp)> {
    let mine = status.endpoints.iter().filter(|one| ids.contains(&one.id));
    mine.map(|one| (one.state, one.since)).collect()
}

/// What came of a check. `kept`: the live session is the one it was before.
fn outcome(class: VerdictClass, kept: bool) -> Outcome {
    match class {
        VerdictClass::Incomplete => Outcome::Cut,
        // The server is well, and still it let the session go.
        VerdictClass::Ok | VerdictClass::Degraded if !kept => Outcome::Disturbed,
        VerdictClass::Ok => Outcome::Good,
        VerdictClass::Degraded
        | VerdictClass::ThisComputer
        | VerdictClass::LocalNetwork
        | VerdictClass::Proxy
        | VerdictClass::Dns
        | VerdictClass::Tls
        | VerdictClass::Server
        | VerdictClass::Credentials
        | VerdictClass::Configuration => Outcome::NotGood,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_lost_while_the_server_is_well_was_lost_to_the_check() {
        assert_eq!(outcome(VerdictClass::Ok, true), Outcome::Good);
        assert_eq!(outcome(VerdictClass::Ok, false), Outcome::Disturbed);
        assert_eq!(outcome(VerdictClass::Server, false), Outcome::NotGood, "both were lost to the server");
        assert_eq!(outcome(VerdictClass::Incomplete, false), Outcome::Cut, "somebody else came");
    }
}
