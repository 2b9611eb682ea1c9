//! The notebook of a run: steps and facts as they come in. Complete at any moment, so that a cancelled check keeps what is
//! done and a step that breaks becomes part of the report.
//!
//! Every step writes through [`OpenStep`]: what it does not end itself ends as `cancelled` when the check was cut short, else
//! as `error`.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use model::{
    EndpointId,
    check::{CheckProgress, Step, StepId, StepReason, StepStatus},
};
use serde_json::{Map, Value};
use tokio::{sync::mpsc, time::Instant};
use tokio_util::sync::CancellationToken;

use crate::facts::Facts;

/// A cheap clone; clones write into the same notebook.
#[derive(Clone, Debug)]
pub(crate) struct Notebook {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    run_id: String,
    began: Instant,
    cancel: CancellationToken,
    watchers: Option<mpsc::Sender<CheckProgress>>,
    pages: Mutex<Pages>,
}

#[derive(Debug, Default)]
struct Pages {
    facts: Facts,
    steps: Vec<Step>,
    total: u32,
}

/// A step under way. Dropped without [`end`](Self::end), it ends as `cancelled` or `error`.
#[derive(Debug)]
#[must_use = "a step that is dropped counts as broken"]
pub(crate) struct OpenStep {
    notebook: Notebook,
    id: StepId,
    endpoint: Option<EndpointId>,
    began: Instant,
    attempts: u32,
    ended: bool,
}

/// How a step ended and what it learned.
#[derive(Clone, Debug)]
pub(crate) struct StepEnd {
    /// How.
    pub(crate) status: StepStatus,
    /// Why it was skipped or does not apply.
    pub(crate) reason: Option<StepReason>,
    /// What it learned, thresholds included.
    pub(crate) detail: Map<String, Value>,
    /// The raw error on one line.
    pub(crate) error_raw: Option<String>,
}

impl StepEnd {
    /// An end with nothing more to say.
    pub(crate) fn new(status: StepStatus) -> Self {
        Self { status, reason: None, detail: Map::new(), error_raw: None }
    }

    /// Did not apply or was not done: why.
    pub(crate) fn without(status: StepStatus, reason: StepReason) -> Self {
        Self { reason: Some(reason), ..Self::new(status) }
    }

    /// Adds what it learned.
    #[must_use]
    pub(crate) fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.detail.insert(name.to_owned(), value.into());
        self
    }

    /// Adds the raw error, on one line.
    #[must_use]
    pub(crate) fn raw(mut self, error: &str) -> Self {
        self.error_raw = Some(dial::one_line(error, 300));
        self
    }
}

impl Notebook {
    /// An empty one. `watchers` hears of every step; when it is full, that news is dropped: the report has everything.
    pub(crate) fn new(
        run_id: String,
        cancel: CancellationToken,
        watchers: Option<mpsc::Sender<CheckProgress>>,
    ) -> Self {
        let pages = Mutex::default();
        Self { shared: Arc::new(Shared { run_id, began: Instant::now(), cancel, watchers, pages }) }
    }

    /// The run's id.
    pub(crate) fn run_id(&self) -> &str {
        &self.shared.run_id
    }

    /// When the check began.
    pub(crate) fn began(&self) -> Instant {
        self.shared.began
    }

    /// Ends when the check is cut short.
    pub(crate) fn cancelled(&self) -> &CancellationToken {
        &self.shared.cancel
    }

    /// Says how many steps this check has.
    pub(crate) fn expect(&self, steps: u32) {
        self.pages().total = steps;
    }

    /// Writes facts down. Short: others wait.
    pub(crate) fn learn(&self, write: impl FnOnce(&mut Facts)) {
        write(&mut self.pages().facts);
    }

    /// Reads facts. Short: others wait.
    pub(crate) fn known<T>(&self, read: impl FnOnce(&Facts) -> T) -> T {
        read(&self.pages().facts)
    }

    /// Begins a step.
    pub(crate) fn begin(&self, id: StepId, endpoint: Option<&EndpointId>) -> OpenStep {
        let step = OpenStep {
            notebook: self.clone(),
            id,
            endpoint: endpoint.cloned(),
            began: Instant::now(),
            attempts: 1,
            ended: false,
        };
        self.tell(id, endpoint, None);
        step
    }

    /// A step that is not done: needs something that failed, or does not apply.
    pub(crate) fn pass_over(
        &self,
        id: StepId,
        endpoint: Option<&EndpointId>,
        status: StepStatus,
        reason: StepReason,
    ) {
        self.begin(id, endpoint).end(StepEnd::without(status, reason));
    }

    /// Everything up to now.
    pub(crate) fn contents(&self) -> (Facts, Vec<Step>) {
        let pages = self.pages();
        (pages.facts.clone(), pages.steps.clone())
    }

    fn tell(&self, id: StepId, endpoint: Option<&EndpointId>, ended: Option<Step>) {
        let Some(watchers) = &self.shared.watchers else { return };
        let (done, total) = {
            let pages = self.pages();
            (u32::try_from(pages.steps.len()).unwrap_or(u32::MAX), pages.total)
        };
        let progress = CheckProgress {
            run_id: self.shared.run_id.clone(),
            done,
            total: total.max(done),
            step: id,
            endpoint: endpoint.cloned(),
            ended,
            elapsed_ms: millis(self.shared.began.elapsed()),
        };
        // A watcher that does not keep up misses news, never the report.
        let _ = watchers.try_send(progress);
    }

    /// Every write leaves the pages whole, so a step that panicked while it wrote did no harm.
    fn pages(&self) -> MutexGuard<'_, Pages> {
        self.shared.pages.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl OpenStep {
    /// The first attempt failed and another one is made.
    pub(crate) fn again(&mut self) {
        self.attempts += 1;
    }

    /// Ends it.
    pub(crate) fn end(mut self, end: StepEnd) {
        self.close(end);
    }

    fn close(&mut self, end: StepEnd) {
        self.ended = true;
        let step = Step {
            id: self.id,
            endpoint: self.endpoint.clone(),
            status: end.status,
            reason: end.reason.map(|reason| reason.english().to_owned()),
            reason_code: end.reason,
            start_ms: millis(self.began.duration_since(self.notebook.shared.began)),
            ms: self.began.elapsed().as_secs_f64() * 1e3,
            attempts: self.attempts,
            detail: end.detail,
            error_raw: end.error_raw,
        };
        self.notebook.pages().steps.push(step.clone());
        self.notebook.tell(self.id, self.endpoint.as_ref(), Some(step));
    }
}

impl Drop for OpenStep {
    fn drop(&mut self) {
        if !self.ended {
            let cut = self.notebook.shared.cancel.is_cancelled();
            self.close(StepEnd::without(
                if cut { StepStatus::Cancelled } else { StepStatus::Error },
                if cut { StepReason::CutShort } else { StepReason::BrokeOff },
            ));
        }
    }
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn notebook() -> (Notebook, CancellationToken, mpsc::Receiver<CheckProgress>) {
        let (cancel, (tell, told)) = (CancellationToken::new(), mpsc::channel(8));
        (Notebook::new("run".into(), cancel.clone(), Some(tell)), cancel, told)
    }

    #[tokio::test]
    async fn a_step_that_panics_is_written_down_as_broken_and_the_rest_goes_on() {
        let (notebook, _, _told) = notebook();
        let other = notebook.clone();
        let broken = tokio::spawn(async move {
            let _step = other.begin(StepId::A1, None);
            panic!("injected");
        });
        assert!(broken.await.is_err());
        notebook.begin(StepId::A2, None).end(StepEnd::new(StepStatus::Pass));
        let (_, steps) = notebook.contents();
        let ends: Vec<_> = steps.iter().map(|step| (step.id, step.status)).collect();
        assert_eq!(ends, [(StepId::A1, StepStatus::Error), (StepId::A2, StepStatus::Pass)]);
    }

    #[tokio::test]
    async fn a_step_under_way_when_the_check_is_cut_short_says_so() {
        let (notebook, cancel, mut told) = notebook();
        notebook.expect(3);
        let step = notebook.begin(StepId::B1, None);
        cancel.cancel();
        drop(step);
        assert_eq!(notebook.contents().1[0].status, StepStatus::Cancelled);
        let (began, ended) = (told.recv().await.unwrap(), told.recv().await.unwrap());
        assert_eq!((began.done, began.total, began.ended), (0, 3, None));
        assert_eq!((ended.done, ended.ended.unwrap().status), (1, StepStatus::Cancelled));
    }
}
