//! What follows when something around the connection may have cut it: sleep, a changed network, a stall.
//!
//! A line we have reason to doubt is probed with little patience, or replaced where the reason is certain. That
//! is our own cause and not the server's: the next try starts at once, within the local budget.

use std::time::Duration;

use model::{ErrorCode, Reason, WaitCause};

use super::{
    Effect, Farewell, Machine, Stimulus,
    candidate::{Purpose, Stage},
    phase::Phase,
    probing::GRACE,
};
use crate::{Failure, FailureKind, Moment, backoff::between};

/// A nap this short cuts nothing.
const NAP: Duration = Duration::from_secs(5);
/// After this long no middlebox remembers the connection: it is not worth a probe.
const LONG_SLEEP: Duration = Duration::from_secs(600);
/// A tick this late means that the program was held up.
const STALL: Duration = Duration::from_secs(2);
/// Spread of tries after something that happened to this computer alone.
const SOON: Duration = Duration::from_millis(250);

impl Machine {
    pub(super) fn on_stimulus(&mut self, stimulus: Stimulus, now: Moment, effects: &mut Vec<Effect>) {
        match stimulus {
            Stimulus::Woke(slept) if slept < NAP => {}
            Stimulus::Woke(slept) if slept >= LONG_SLEEP => {
                self.drop_candidate(effects);
                self.replace_session(&format!("the computer slept for {} s", slept.as_secs()), now, effects);
                self.hurry(now);
            }
            Stimulus::RouteMoved => {
                self.idle_cut.forget();
                self.rtt.rerouted();
                self.migrate(now, effects);
                self.hurry(now);
            }
            Stimulus::AddressGone => {
                self.idle_cut.forget();
                self.rtt.rerouted();
                self.replace_session(
                    "this computer's address on the way to the server changed",
                    now,
                    effects,
                );
                self.hurry(now);
            }
            Stimulus::Woke(_) | Stimulus::NetworkChanged => {
                self.suspect(now, effects);
                self.hurry(now);
            }
            // The other's success is the evidence: no budget of ours is needed.
            Stimulus::OriginWorks(host) => {
                if matches!(self.phase, Phase::Waiting { .. }) && self.hosts.has(host) {
                    self.hosts.forgive(host);
                    self.host = host;
                }
                self.try_soon(now);
            }
            Stimulus::CredentialChanged => self.try_credential(now),
        }
    }

    /// Probes an open session with little patience.
    pub(super) fn suspect(&mut self, now: Moment, effects: &mut Vec<Effect>) {
        let tempo = self.tempo();
        let (Phase::Unproven { session, probing, .. } | Phase::Proven { session, probing, .. }) =
            &mut self.phase
        else {
            return;
        };
        if let Some(nonce) = probing.suspect(tempo, now) {
            effects.push(Effect::Probe(*session, nonce));
        }
    }

    /// Drops a session that cannot be alive.
    fn replace_session(&mut self, why: &str, now: Moment, effects: &mut Vec<Effect>) {
        let (Phase::Unproven { session, .. } | Phase::Proven { session, .. }) = self.phase else { return };
        effects.push(Effect::Close(session, Farewell::Dead));
        let failure = Failure::new(FailureKind::Local, ErrorCode::ConnectionLost, why);
        self.fail(failure, now, effects);
    }

    /// Packets to the peer would take another way now. The session may still work: a candidate takes its place once it is
    /// proven, and until then it is watched closely.
    fn migrate(&mut self, now: Moment, effects: &mut Vec<Effect>) {
        if !matches!(self.phase, Phase::Proven { .. }) {
            let why = "this computer's address on the way to the server changed";
            return self.replace_session(why, now, effects);
        }
        self.suspect(now, effects);
        if self.is_migrating() {
            return;
        }
        let wait = if self.local_budget.take(now) { Duration::ZERO } else { self.draw_after_loss() };
        self.start_candidate(self.host, Purpose::Migrate, now + wait, now, effects);
    }

    /// What was waited for may be over.
    fn hurry(&mut self, now: Moment) {
        if !matches!(self.phase, Phase::Waiting { .. }) || self.asked_to_wait() {
            return;
        }
        // A verdict that may be the old network's is heard again on the new one.
        let kind = self.last_failure.as_ref().map(|failure| failure.kind);
        let doubted = kind.is_some_and(|kind| kind.repeated().is_some() && kind.repeated() == self.halted);
        if self.may_hurry() || doubted {
            let at = self.local_budget.reserve(now);
            if at == now || self.network_was_away() {
                // What hosts did on another network, or before a sleep, says nothing. Where changes have no end, though,
                // the backup has its turn.
                self.forgive_hosts();
            }
            self.bring_forward(at);
        }
    }

    /// The newest failure looks like a network that was away.
    fn network_was_away(&self) -> bool {
        use ErrorCode as C;
        let signs = [C::NetworkDown, C::Unreachable, C::DnsFailed, C::DnsTimeout];
        self.last_failure.as_ref().is_some_and(|failure| signs.contains(&failure.code))
    }

    /// Another credential may be what the server wants. A session that is up was let in with the old one.
    fn try_credential(&mut self, now: Moment) {
        let sent_away = matches!(self.halted, Some(Reason::AuthRequired | Reason::ServerStop));
        if sent_away && matches!(self.phase, Phase::Waiting { .. }) {
            self.halted = None;
            self.asked_anew = false;
            self.try_soon(now);
        }
    }

    /// No breaker is open but those that news of the network may close.
    fn may_hurry(&self) -> bool {
        matches!(self.halted, None | Some(Reason::MaxAttempts | Reason::CaptivePortal | Reason::Offline))
    }

    /// The wait is the server's wish.
    fn asked_to_wait(&self) -> bool {
        self.last_failure
            .as_ref()
            .is_some_and(|failure| matches!(failure.kind, FailureKind::Hinted(_) | FailureKind::Overloaded))
    }

    /// Brings the next try forward, unless the wait is the server's wish or a person has to act.
    fn try_soon(&mut self, now: Moment) {
        if self.may_hurry() && !self.asked_to_wait() {
            self.bring_forward(now);
        }
    }

    fn bring_forward(&mut self, at: Moment) {
        let Phase::Waiting { until, cause, knocking } = self.phase else { return };
        let soon = at + between(Duration::ZERO, SOON.min(self.retry.backoff.cap), &mut self.rng);
        let (until, cause) = if soon < until { (soon, WaitCause::Local) } else { (until, cause) };
        self.phase = Phase::Waiting { until, cause, knocking };
    }

    /// A tick that comes late says that we were held up, not that the peer was silent.
    pub(super) fn forgive_stall(&mut self, now: Moment) {
        let late = self.wakes_at().map_or(Duration::ZERO, |due| now.since(due));
        if late < STALL {
            return;
        }
        let candidate = self.candidate.as_mut().map(|candidate| &mut candidate.stage);
        if let Some(Stage::Unproven { prove_by, probing, .. }) = candidate {
            *prove_by = (*prove_by).max(now + GRACE);
            probing.forgive_stall(now);
        }
        if let Phase::Unproven { prove_by, .. } = &mut self.phase {
            *prove_by = (*prove_by).max(now + GRACE);
        }
        if let Phase::Unproven { probing, .. } | Phase::Proven { probing, .. } = &mut self.phase {
            probing.forgive_stall(now);
        }
    }
}
