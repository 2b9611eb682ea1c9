//! Reports of past checks as people take them along: words, a page, a support bundle that was looked at before.
//!
//! For the gateway's routes and for a window in this program alike.

use std::{
    collections::BTreeMap,
    io,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use diagnostics::{
    bundle::{Bundle, BundleError, BundleFile},
    redact::Level,
    report,
};
use model::{ErrorBody, ErrorCode, Language, check::Report};
use serde_json::Value;
use tokio::{task::spawn_blocking, time::sleep};
use tokio_util::task::AbortOnDropHandle;

use crate::{
    handle::{AgentError, AgentHandle},
    private_file,
};

/// A bundle that was looked at is kept this long, so that what is saved is what was seen.
const KEPT: Duration = Duration::from_secs(15 * 60);

/// How a report is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// As text, for the clipboard.
    Text,
    /// As a request to those who can help.
    ForIt,
    /// As one HTML page without script.
    Page,
}

/// Why there is no such thing of a check.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// The history has no such check, or none any more.
    #[error("no check {0} is kept; the newest are, and those that went wrong for longer")]
    Unknown(String),
    /// The agent cannot be asked.
    #[error(transparent)]
    Agent(#[from] AgentError),
    /// There is no bundle.
    #[error(transparent)]
    Bundle(#[from] BundleError),
    /// A defect.
    #[error("collecting the bundle broke off")]
    BrokeOff,
    /// The file could not be written.
    #[error("{}: {error}", path.display())]
    NotWritten {
        /// Which.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
}

impl ReportError {
    /// Stable code.
    pub fn code(&self) -> ErrorCode {
        match self {
            Self::Unknown(_) => ErrorCode::UnknownCheck,
            Self::Agent(error) => error.body().code,
            Self::Bundle(BundleError::Leak { .. } | BundleError::Report(_)) => ErrorCode::BundleRefused,
            Self::Bundle(BundleError::Write { .. }) | Self::BrokeOff => ErrorCode::Internal,
            Self::NotWritten { .. } => ErrorCode::FileNotWritten,
        }
    }

    /// The error as it crosses a boundary.
    pub fn body(&self) -> ErrorBody {
        let code = self.code();
        ErrorBody { code, message: code.plain().to_owned(), detail: self.to_string() }
    }
}

/// A bundle before it is saved.
#[derive(Clone, Debug)]
pub struct Preview {
    run: String,
    level: Level,
    bundle: Arc<Bundle>,
}

impl Preview {
    /// Name of its file.
    pub fn name(&self) -> String {
        format!("{}.zip", self.bundle.name())
    }

    /// What it holds.
    pub fn files(&self) -> &[BundleFile] {
        self.bundle.files()
    }

    /// Its bytes, but for some of its files.
    ///
    /// # Errors
    ///
    /// Something in it must not leave.
    pub async fn pack(&self, without: Vec<String>) -> Result<Vec<u8>, ReportError> {
        let bundle = Arc::clone(&self.bundle);
        let packed = spawn_blocking(move || bundle.pack(&without)).await;
        Ok(packed.map_err(|_| ReportError::BrokeOff)??)
    }
}

/// Past checks of an agent. A cheap clone; clones share the bundle that was looked at last.
#[derive(Clone, Debug)]
pub struct Reports {
    agent: AgentHandle,
    seen: Arc<Mutex<Option<Seen>>>,
}

/// The bundle that was looked at last, and its end.
#[derive(Debug)]
struct Seen {
    preview: Preview,
    _forgetting: AbortOnDropHandle<()>,
}

impl Reports {
    /// Those of this agent.
    pub fn of(agent: &AgentHandle) -> Self {
        Self { agent: agent.clone(), seen: Arc::default() }
    }

    /// A report in words.
    ///
    /// # Errors
    ///
    /// There is none with this id.
    pub async fn told(&self, run: &str, form: Form, language: Language) -> Result<String, ReportError> {
        let report = self.find(run).await?;
        Ok(match form {
            Form::Text => report::text(&report, language),
            // Where all is well there is nothing to ask for.
            Form::ForIt => {
                report::for_it(&report, language).unwrap_or_else(|| report::text(&report, language))
            }
            Form::Page => report::html(&report, language),
        })
    }

    /// Writes the page of a report into `folder`, for its owner alone; says where.
    ///
    /// # Errors
    ///
    /// There is no such report, or the disk refuses.
    pub async fn save_page(
        &self,
        run: &str,
        language: Language,
        folder: &Path,
    ) -> Result<PathBuf, ReportError> {
        let page = self.told(run, Form::Page, language).await?;
        write(folder.join(page_name(run)), page.into_bytes()).await
    }

    /// What the bundle around a check would hold. `known` is what the caller knows of the desktop.
    ///
    /// # Errors
    ///
    /// There is no such report, or it cannot be made clean.
    pub async fn preview(
        &self,
        run: &str,
        level: Level,
        known: BTreeMap<String, Value>,
    ) -> Result<Preview, ReportError> {
        let mut support = self.agent.support(self.find(run).await?).await?;
        support.environment.extend(known);
        // For those who help, wherever they are: in English.
        let collected = spawn_blocking(move || support.bundle(level, Language::English)).await;
        let bundle = Arc::new(collected.map_err(|_| ReportError::BrokeOff)??);
        let preview = Preview { run: run.to_owned(), level, bundle };
        let forgetting = self.forget_later(&preview);
        *self.seen() = Some(Seen { preview: preview.clone(), _forgetting: forgetting });
        Ok(preview)
    }

    /// The bundle that was looked at, or a new one.
    ///
    /// # Errors
    ///
    /// There is no such report, or it cannot be made clean.
    pub async fn bundle(
        &self,
        run: &str,
        level: Level,
        known: BTreeMap<String, Value>,
    ) -> Result<Preview, ReportError> {
        let seen = self.seen().as_ref().map(|seen| seen.preview.clone());
        match seen.filter(|seen| seen.run == run && seen.level == level) {
            Some(seen) => Ok(seen),
            None => self.preview(run, level, known).await,
        }
    }

    /// Writes the bundle into `folder`, for its owner alone; says where.
    ///
    /// # Errors
    ///
    /// As [`Self::bundle`] and [`Preview::pack`], or the disk refuses. Then nothing is written.
    pub async fn save_bundle(
        &self,
        run: &str,
        level: Level,
        without: Vec<String>,
        known: BTreeMap<String, Value>,
        folder: &Path,
    ) -> Result<PathBuf, ReportError> {
        let bundle = self.bundle(run, level, known).await?;
        write(folder.join(bundle.name()), bundle.pack(without).await?).await
    }

    async fn find(&self, run: &str) -> Result<Report, ReportError> {
        let unknown = || ReportError::Unknown(dial::one_line(run, 64));
        self.agent.find_check(run).await?.ok_or_else(unknown)
    }

    fn seen(&self) -> MutexGuard<'_, Option<Seen>> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Ends when another one takes its place.
    fn forget_later(&self, preview: &Preview) -> AbortOnDropHandle<()> {
        let (seen, bundle) = (Arc::downgrade(&self.seen), Arc::downgrade(&preview.bundle));
        AbortOnDropHandle::new(tokio::spawn(async move {
            sleep(KEPT).await;
            let Some(seen) = seen.upgrade() else { return };
            let mut seen = seen.lock().unwrap_or_else(PoisonError::into_inner);
            // Another one may be taking its place right now.
            if seen.as_ref().is_some_and(|seen| Arc::downgrade(&seen.preview.bundle).ptr_eq(&bundle)) {
                *seen = None;
            }
        }))
    }
}

/// Name of a page in a folder of downloads.
pub(crate) fn page_name(run: &str) -> String {
    format!("linekeeper-check-{run}.html")
}

async fn write(path: PathBuf, bytes: Vec<u8>) -> Result<PathBuf, ReportError> {
    let file = path.clone();
    let written = spawn_blocking(move || private_file::replace(&file, &bytes)).await;
    match written.unwrap_or_else(|error| Err(io::Error::other(error))) {
        Ok(()) => Ok(path),
        Err(error) => Err(ReportError::NotWritten { path, error }),
    }
}
