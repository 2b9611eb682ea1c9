//! Checks made within a running agent: one at a time, each by a task of its own, kept in the history.

use std::{
    path::Path,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use diagnostics::{History, SetAside, run};
use model::check::{CheckEvent, CheckProgress, Report};
use tokio::{
    sync::{mpsc, oneshot},
    task::spawn_blocking,
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tracing::warn;

use super::{
    HISTORY_FILE,
    asked::{DiagnoseRequest, limit},
    chronicle::ChronicleFile,
    ground::Terrain,
    private,
    support::{self, Known, Support},
};
use crate::{
    paths::{Environment, Paths},
    settings::Loaded,
};

/// News of a check that waits for its reader; what does not fit is dropped, the report has everything.
const NEWS_KEPT: usize = 256;

/// Makes checks. A cheap clone; clones share the one place.
#[derive(Clone, Debug)]
pub(crate) struct Desk {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    paths: Paths,
    environment: Environment,
    taken: AtomicBool,
    /// Ends the check under way; of one that is over it does nothing.
    cancel: Mutex<CancellationToken>,
    history: Mutex<Option<History>>,
    /// Checks and answers under way, waited for at the end.
    tasks: TaskTracker,
}

impl Shared {
    fn cancel(&self) -> MutexGuard<'_, CancellationToken> {
        self.cancel.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The one place where a check is made, held while it is.
#[derive(Debug)]
pub(crate) struct Place(Arc<Shared>);

impl Drop for Place {
    fn drop(&mut self) {
        self.0.taken.store(false, Ordering::Release);
    }
}

/// A check under way. Dropping it cancels the check.
#[derive(Debug)]
pub struct Checking {
    news: mpsc::Receiver<CheckProgress>,
    report: Option<oneshot::Receiver<Report>>,
    cancel: CancellationToken,
}

impl Drop for Checking {
    fn drop(&mut self) {
        self.cancel.cancel();
    }
}

impl Checking {
    /// The next thing there is to know: steps as they begin and end, then the report, then nothing more.
    pub async fn next(&mut self) -> Option<CheckEvent> {
        if let Some(progress) = self.news.recv().await {
            return Some(CheckEvent::Progress(Box::new(progress)));
        }
        // The sender is gone when the check is over. Without a report only where the agent ended meanwhile.
        let report = self.report.take()?.await.ok()?;
        Some(CheckEvent::Report(Box::new(report)))
    }

    /// The report alone. `None` when the agent ended meanwhile.
    pub async fn report(mut self) -> Option<Report> {
        while let Some(event) = self.next().await {
            if let CheckEvent::Report(report) = event {
                return Some(*report);
            }
        }
        None
    }

    /// Ends the check early; the report of what is done still comes.
    pub fn canceller(&self) -> CancellationToken {
        self.cancel.clone()
    }
}

impl Desk {
    /// A desk that keeps its history in the data folder.
    pub(crate) fn of(paths: Paths, environment: Environment) -> Self {
        let (taken, cancel, history) = (AtomicBool::new(false), Mutex::default(), Mutex::default());
        let tasks = TaskTracker::new();
        Self { shared: Arc::new(Shared { paths, environment, taken, cancel, history, tasks }) }
    }

    /// The folder of history and buffers.
    pub(crate) fn data(&self) -> &Path {
        &self.shared.paths.data
    }

    /// The agent's environment.
    pub(crate) fn environment(&self) -> &Environment {
        &self.shared.environment
    }

    /// The one place; `None` while another check is made.
    pub(crate) fn take_place(&self) -> Option<Place> {
        let free =
            self.shared.taken.compare_exchange(false, true, Ordering::AcqRel, Ordering::Acquire).is_ok();
        free.then(|| Place(Arc::clone(&self.shared)))
    }

    /// Begins a check; `cancel` ends it early.
    pub(crate) fn begin(
        &self,
        place: Place,
        request: &DiagnoseRequest,
        terrain: Terrain,
        cancel: CancellationToken,
    ) -> Checking {
        let (tell, report) = oneshot::channel();
        let (watchers, news) = mpsc::channel(NEWS_KEPT);
        self.shared.cancel().clone_from(&cancel);
        let (desk, stop) = (self.clone(), cancel.clone());
        let asked = (request.trigger, request.mode, limit(request.mode));
        self.spawn(async move {
            let dialer = terrain.dialer.clone();
            let (history, inquiry) = tokio::join!(desk.history(), terrain.inquiry(asked));
            let report = run(inquiry, &dialer, history.as_ref(), Some(watchers), stop).await;
            drop(place);
            // Whoever asked may have gone away.
            let _ = tell.send(report);
        });
        Checking { news, report: Some(report), cancel }
    }

    /// Does something about checks beside everything else.
    pub(crate) fn spawn(&self, work: impl Future<Output = ()> + Send + 'static) {
        self.shared.tasks.spawn(work);
    }

    /// Waits for what is under way; checks end by their token.
    pub(crate) async fn end(&self) {
        self.shared.tasks.close();
        self.shared.tasks.wait().await;
    }

    /// What a support bundle about this check is made from.
    pub(crate) async fn support(&self, report: Report, terrain: Terrain, loaded: &Loaded) -> Support {
        let settings = support::settings(loaded);
        let private = private::more(loaded, self.environment(), &self.shared.paths.runtime);
        let asked = (report.trigger, report.mode, limit(report.mode));
        let (history, inquiry) = tokio::join!(self.history(), terrain.inquiry(asked));
        Support {
            known: Known::of(&inquiry).and(private),
            settings,
            logs: self.shared.paths.logs.clone(),
            chronicle: ChronicleFile::of(self.data()),
            history,
            environment: support::environment(&inquiry.app, self.environment()),
            report,
        }
    }

    /// Ends the check under way early; whoever asked for it gets the report of what is done. False when there was none.
    pub(crate) fn cancel(&self) -> bool {
        self.shared.cancel().cancel();
        self.shared.taken.load(Ordering::Acquire)
    }

    /// The newest check there is.
    pub(crate) async fn last(&self) -> Option<Report> {
        let history = self.history().await?;
        spawn_blocking(move || history.newest(1)).await.ok()?.ok()?.pop()
    }

    /// A check by its id.
    pub(crate) async fn find(&self, run: String) -> Option<Report> {
        let history = self.history().await?;
        spawn_blocking(move || history.report(&run)).await.ok()?.ok()?
    }

    /// The history, opened if need be.
    async fn history(&self) -> Option<History> {
        let shared = Arc::clone(&self.shared);
        spawn_blocking(move || {
            let mut history = shared.history.lock().unwrap_or_else(PoisonError::into_inner);
            if history.is_none() {
                *history = open(&shared.paths.data);
            }
            history.clone()
        })
        .await
        .ok()?
    }
}

/// Without a history a check still says what is wrong, only not what changed.
fn open(data: &Path) -> Option<History> {
    match History::open(&data.join(HISTORY_FILE)) {
        Ok((history, aside)) => {
            if let Some(SetAside(kept)) = aside {
                warn!(kept = %kept.display(), "the history of checks was damaged; a new one is begun");
            }
            Some(history)
        }
        Err(error) => {
            warn!(%error, "the history of checks cannot be used");
            None
        }
    }
}
