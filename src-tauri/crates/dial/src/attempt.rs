//! The record of one attempt: which phase runs, what it may take, what it told. Tells the observer on the way.

use std::time::Duration;

use tokio::time::Instant;

use crate::{
    budget::Budget,
    error::{DialCause, DialError},
    phase::{DialReport, Phase, PhaseEvent, PhaseFacts, PhaseOutcome, PhaseReport},
    redirect::Redirect,
};

/// An attempt under way.
pub(crate) struct Attempt<O> {
    observe: O,
    overall: Duration,
    begun: Instant,
    current: (Phase, Instant),
    phases: Vec<PhaseReport>,
    redirects: Vec<Redirect>,
}

impl<O: FnMut(PhaseEvent)> Attempt<O> {
    pub(crate) fn new(overall: Duration, observe: O) -> Self {
        let begun = Instant::now();
        Self {
            observe,
            overall,
            begun,
            current: (Phase::Resolve, begun),
            phases: Vec::with_capacity(4),
            redirects: Vec::new(),
        }
    }

    /// Begins a phase that may take `limit`.
    pub(crate) fn begin(&mut self, phase: Phase, limit: Duration) -> Budget {
        let at = Instant::now();
        self.current = (phase, at);
        (self.observe)(PhaseEvent::Started { phase, at });
        Budget::new(phase, at, limit, self.begun, self.overall)
    }

    /// Ends the phase begun last. A failure ends the attempt with it.
    pub(crate) fn end<T>(&mut self, facts: PhaseFacts, result: Result<T, DialCause>) -> Result<T, DialError> {
        let (phase, started) = self.current;
        let outcome = match &result {
            Ok(_) => PhaseOutcome::Ok,
            Err(cause) => PhaseOutcome::Failed { code: cause.code(), detail: cause.detail() },
        };
        let hop = self.redirects.len();
        let report = PhaseReport { phase, hop, started, elapsed: started.elapsed(), outcome, facts };
        self.phases.push(report.clone());
        (self.observe)(PhaseEvent::Finished(report));
        result.map_err(|cause| DialError::new(phase, cause, self.report()))
    }

    /// All phases begin anew with another server.
    pub(crate) fn redirected(&mut self, redirect: Redirect) {
        (self.observe)(PhaseEvent::Redirected(redirect.clone()));
        self.redirects.push(redirect);
    }

    /// Everything so far. The attempt is over after this.
    pub(crate) fn report(&mut self) -> DialReport {
        DialReport {
            started: self.begun,
            elapsed: self.begun.elapsed(),
            phases: std::mem::take(&mut self.phases),
            redirects: std::mem::take(&mut self.redirects),
        }
    }
}
