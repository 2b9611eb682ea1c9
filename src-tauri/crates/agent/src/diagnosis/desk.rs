//! Checks made within a running agent: one at a time, each by a task of its own, kept in the history. Who asks for what is
//! being checked already listens to that check.

mod unasked;

use std::{
    path::Path,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use diagnostics::{History, Inquiry, SetAside, run};
use model::check::{Mode, Report, Trigger};
use tokio::{sync::mpsc, task::spawn_blocking, time::Instant};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tracing::warn;
use uuid::Uuid;

use super::{
    HISTORY_FILE,
    asked::{DiagnoseRequest, limit},
    checking::{Checking, Matter, Over, Telling, UnderWay},
    chronicle::ChronicleFile,
    ground::Terrain,
    private,
    schedule::{Pace, Schedule},
    support::{self, Known, Support},
};
use crate::{
    handle::AgentError,
    paths::{Environment, Paths},
    settings::Loaded,
};

/// News of a check on their way to those who listen; what does not fit is dropped, the report has everything.
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
    /// The one place where a check is made.
    place: Mutex<Option<UnderWay>>,
    /// Of checks that nobody asks for. Without it there are none.
    pace: Option<Pace>,
    schedule: Mutex<Schedule>,
    /// When it is looked whose turn it is.
    next_look: Mutex<Option<Instant>>,
    history: Mutex<Option<History>>,
    /// Checks and answers under way, waited for at the end.
    tasks: TaskTracker,
}

impl Shared {
    fn place(&self) -> MutexGuard<'_, Option<UnderWay>> {
        self.place.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The place of a check, free again when this is dropped, unless another check has taken it over.
#[derive(Debug)]
struct Held {
    shared: Arc<Shared>,
    run: Uuid,
}

impl Drop for Held {
    fn drop(&mut self) {
        self.shared.place().take_if(|one| one.run == self.run.to_string());
    }
}

/// A check that has its place.
#[derive(Debug)]
struct Begun {
    run: Uuid,
    checking: Checking,
    telling: Telling,
    /// The one whose place it has.
    before: Option<Over>,
    cancel: CancellationToken,
}

impl Begun {
    /// Takes the place, also from another check, which ends.
    fn take(place: &mut Option<UnderWay>, matter: Matter, unasked: bool, cancel: CancellationToken) -> Self {
        let run = Uuid::now_v7();
        let (way, checking, telling) = UnderWay::begin(run.to_string(), matter, unasked, cancel.clone());
        let before = place.replace(way).map(|other| {
            other.cancel();
            other.over()
        });
        Self { run, checking, telling, before, cancel }
    }
}

impl Desk {
    /// A desk that keeps its history in the data folder, and checks by itself at this pace.
    pub(crate) fn of(paths: Paths, environment: Environment, pace: Option<Pace>) -> Self {
        let (place, history, tasks) = (Mutex::default(), Mutex::default(), TaskTracker::new());
        let schedule = Mutex::new(Schedule::new(pace.unwrap_or_default(), fastrand::u64(..)));
        let next_look = Mutex::new(pace.map(|pace| Instant::now() + pace.look));
        let shared = Shared { paths, environment, place, pace, schedule, next_look, history, tasks };
        Self { shared: Arc::new(shared) }
    }

    /// The folder of history and buffers.
    pub(crate) fn data(&self) -> &Path {
        &self.shared.paths.data
    }

    /// The agent's environment.
    pub(crate) fn environment(&self) -> &Environment {
        &self.shared.environment
    }

    /// Begins a check, or joins the one under way where that is what is wanted. `cancel` ends it early.
    ///
    /// One that is ending, or that nobody asked for, does not stand in the way: it is over within a moment, and this one
    /// waits for that.
    ///
    /// # Errors
    ///
    /// Another check is under way.
    pub(crate) fn ask(
        &self,
        request: &DiagnoseRequest,
        terrain: Terrain,
        cancel: CancellationToken,
    ) -> Result<Checking, AgentError> {
        let matter = Matter::of(&terrain, request.mode);
        let mut place = self.shared.place();
        if let Some(other) = place.as_ref().filter(|other| !other.unasked) {
            if let Some(joined) = other.join(&matter) {
                return Ok(joined);
            }
            if !other.is_ending() {
                return Err(AgentError::CheckRunning { run: other.run.clone() });
            }
        }
        let begun = Begun::take(&mut place, matter, false, cancel);
        drop(place);
        Ok(self.make(begun, (request.trigger, request.mode), terrain))
    }

    /// Has a check made by a task of its own when the one before is over.
    fn make(&self, begun: Begun, asked: (Trigger, Mode), terrain: Terrain) -> Checking {
        let Begun { run: id, checking, telling, before, cancel } = begun;
        let (desk, held) = (self.clone(), Held { shared: Arc::clone(&self.shared), run: id });
        self.spawn(async move {
            if let Some(before) = before {
                before.wait().await;
            }
            let dialer = terrain.dialer.clone();
            let inquiry = terrain.inquiry((asked.0, asked.1, limit(asked.1)));
            let (history, inquiry) = tokio::select! {
                biased;
                // A secret may keep it waiting.
                () = telling.abandoned() => return,
                ready = async { tokio::join!(desk.history(), inquiry) } => ready,
            };
            if telling.is_unasked() && !unasked::all_up(&inquiry.subjects) {
                return;
            }
            let history = history.map(|all| if telling.is_unasked() { all.unasked() } else { all });
            let (watchers, mut news) = mpsc::channel(NEWS_KEPT);
            let telling_news = async {
                while let Some(progress) = news.recv().await {
                    telling.news(progress);
                }
            };
            let inquiry = Inquiry { run: Some(id), ..inquiry };
            let check = run(inquiry, &dialer, history.as_ref(), Some(watchers), cancel);
            let (report, ()) = tokio::join!(check, telling_news);
            // Free before anybody knows that it is over: who has a report may ask for the next.
            drop(held);
            telling.report(report);
        });
        checking
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
        let place = self.shared.place();
        let asked = place.as_ref().filter(|one| !one.unasked);
        asked.inspect(|one| one.cancel()).is_some()
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
