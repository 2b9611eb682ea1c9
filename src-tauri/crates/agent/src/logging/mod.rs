//! Logging: JSON lines into private, rotated, bounded files, and readable lines for a terminal or pipe.
//!
//! Nothing that logs ever waits for a disk or a pipe: both have a bounded queue, and when it is full new lines
//! are dropped and counted. What may be logged is the caller's business; URLs go in as
//! [`RedactedUrl`](crate::settings::RedactedUrl).

mod files;

use std::{
    fmt,
    io::{self, Write},
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
};

use jiff::{Timestamp, tz::TimeZone};
use model::{ErrorCode, Problem};
use tracing::Dispatch;
use tracing_appender::non_blocking::{ErrorCounter, NonBlocking, NonBlockingBuilder, WorkerGuard};
use tracing_subscriber::{
    Layer, Registry,
    filter::{LevelFilter, Targets},
    layer::SubscriberExt,
    reload,
};

use self::files::{Limits, LogFiles};
use crate::settings;

/// Lines waiting for the disk or the pipe; beyond it new ones are dropped.
const QUEUE_LINES: usize = 8_192;

/// Running logging. Dropping it writes what is queued; keep it until the end of `main`.
pub struct Logging {
    level: LogLevel,
    dropped: Vec<ErrorCounter>,
    failed: Option<Arc<AtomicUsize>>,
    workers: Vec<WorkerGuard>,
}

/// Changes the level of running logging; cheap to clone.
#[derive(Clone)]
pub struct LogLevel {
    filter: reload::Handle<Targets, Registry>,
    volume: Arc<Mutex<Volume>>,
    files: bool,
}

/// How much is logged.
struct Volume {
    /// By the settings.
    set: Targets,
    /// For a while no less than `debug`, whatever is set.
    raised: bool,
}

/// Logging could not start or change.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// The folder or the file in it cannot be written.
    #[error("log files cannot be written in {}: {source}", folder.display())]
    Files {
        /// The folder.
        folder: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Not a level, nor a filter.
    #[error("{message}; {hint}")]
    Level {
        /// What is wrong.
        message: String,
        /// What to do.
        hint: String,
    },
    /// This process logs already.
    #[error("logging was started twice in one process")]
    AlreadyStarted,
}

impl LogError {
    /// Stable code.
    pub fn code(&self) -> ErrorCode {
        match self {
            Self::Files { .. } => ErrorCode::LogUnavailable,
            Self::Level { .. } => ErrorCode::ConfigInvalid,
            Self::AlreadyStarted => ErrorCode::Internal,
        }
    }

    /// The error as it stands in a snapshot.
    pub fn problem(&self) -> Problem {
        let code = self.code();
        Problem { code, message: code.plain().to_owned(), detail: self.to_string(), endpoint: None }
    }
}

/// A terminal or a pipe.
pub type Terminal = Box<dyn Write + Send>;

impl Logging {
    /// Starts logging for this process: files in `folder` (created for the owner alone), and lines on `terminal`
    /// where there is one. `level` is a level or a filter such as `info,link=debug`.
    ///
    /// On [`LogError::Files`] nothing was started: go on with [`Logging::without_files`] and show the problem.
    pub fn start(folder: &Path, level: &str, terminal: Option<Terminal>) -> Result<Self, LogError> {
        install(Self::build(Some(folder), level, terminal)?)
    }

    /// Starts logging for this process without files.
    pub fn without_files(level: &str, terminal: Option<Terminal>) -> Result<Self, LogError> {
        install(Self::build(None, level, terminal)?)
    }

    /// Logging that is not installed for the process: for tests, with `tracing::dispatcher::with_default`.
    pub fn build(
        folder: Option<&Path>,
        level: &str,
        terminal: Option<Terminal>,
    ) -> Result<(Dispatch, Self), LogError> {
        let set = targets(level)?;
        let (filter, handle) = reload::Layer::new(set.clone());
        let files = folder
            .map(|folder| {
                LogFiles::open(
                    folder,
                    Limits::default(),
                    Box::new(|| Timestamp::now().to_zoned(TimeZone::UTC).date()),
                )
                .map_err(|source| LogError::Files { folder: folder.to_owned(), source })
            })
            .transpose()?;
        let mut logging = Self {
            level: LogLevel {
                filter: handle,
                volume: Arc::new(Mutex::new(Volume { set, raised: false })),
                files: files.is_some(),
            },
            dropped: Vec::new(),
            failed: files.as_ref().map(LogFiles::failed_lines),
            workers: Vec::new(),
        };
        let json = files.map(|files| {
            let lines = logging.queue(files, "log-files");
            tracing_subscriber::fmt::layer()
                .json()
                .flatten_event(true)
                .with_writer(lines)
                .log_internal_errors(false)
        });
        let plain = terminal.map(|terminal| {
            let lines = logging.queue(terminal, "log-terminal");
            tracing_subscriber::fmt::layer()
                .compact()
                .with_ansi(false)
                .with_writer(lines)
                .log_internal_errors(false)
        });
        let subscriber = tracing_subscriber::registry().with(filter.boxed()).with(json).with(plain);
        Ok((Dispatch::new(subscriber), logging))
    }

    fn queue(&mut self, writer: impl Write + Send + 'static, thread: &str) -> NonBlocking {
        let (queue, worker) = NonBlockingBuilder::default()
            .buffered_lines_limit(QUEUE_LINES)
            .lossy(true)
            .thread_name(thread)
            .finish(writer);
        self.dropped.push(queue.error_counter());
        self.workers.push(worker);
        queue
    }

    /// The switch for the level.
    pub fn level(&self) -> LogLevel {
        self.level.clone()
    }

    /// Lines lost so far: the disk or the pipe did not keep up, or the disk is full.
    pub fn dropped_lines(&self) -> usize {
        let failed = self.failed.as_ref().map_or(0, |failed| failed.load(Ordering::Relaxed));
        self.dropped.iter().map(ErrorCounter::dropped_lines).fold(failed, usize::saturating_add)
    }
}

fn install((dispatch, logging): (Dispatch, Logging)) -> Result<Logging, LogError> {
    tracing::dispatcher::set_global_default(dispatch).map_err(|_| LogError::AlreadyStarted)?;
    Ok(logging)
}

impl LogLevel {
    /// Logs at this level or by this filter from now on; while it is raised, from the end of that.
    pub fn set(&self, level: &str) -> Result<(), LogError> {
        let set = targets(level)?;
        self.change(|volume| volume.set = set);
        Ok(())
    }

    /// Logs everything from `debug` up, until [`Self::restore`]. A level that says more stays.
    pub(crate) fn raise(&self) {
        self.change(|volume| volume.raised = true);
    }

    /// Back to what is set.
    pub(crate) fn restore(&self) {
        self.change(|volume| volume.raised = false);
    }

    /// Whether there are log files.
    pub(crate) fn has_files(&self) -> bool {
        self.files
    }

    fn change(&self, change: impl FnOnce(&mut Volume)) {
        // Held until the filter follows: two changes at once must end at the later one.
        let mut volume = self.volume.lock().unwrap_or_else(PoisonError::into_inner);
        change(&mut volume);
        let targets = if volume.raised { at_least_debug(&volume.set) } else { volume.set.clone() };
        // Only fails when logging itself is gone, and then there is nothing to set.
        let _ = self.filter.reload(targets);
    }
}

/// The same filter where it says more than `debug`, and `debug` for all else.
fn at_least_debug(set: &Targets) -> Targets {
    let least = |level: LevelFilter| level.max(LevelFilter::DEBUG);
    let named = set.iter().map(|(target, level)| (target.to_owned(), least(level)));
    Targets::new().with_default(least(set.default_level().unwrap_or(LevelFilter::OFF))).with_targets(named)
}

fn targets(level: &str) -> Result<Targets, LogError> {
    settings::log_filter(level).map_err(|(message, hint)| LogError::Level { message, hint })
}

impl fmt::Debug for Logging {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Logging").field("dropped_lines", &self.dropped_lines()).finish_non_exhaustive()
    }
}

impl fmt::Debug for LogLevel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LogLevel").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::{fs, sync::mpsc};

    use serde_json::Value;

    use super::*;
    use crate::settings::RedactedUrl;

    fn lines(folder: &Path) -> Vec<Value> {
        let file = fs::read_dir(folder).unwrap().next().expect("a log file").unwrap().path();
        fs::read_to_string(file).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    #[test]
    fn every_event_is_one_json_line_whatever_it_holds() {
        let folder = tempfile::tempdir().unwrap();
        let (dispatch, logging) = Logging::build(Some(folder.path()), "info", None).unwrap();
        tracing::dispatcher::with_default(&dispatch, || {
            let _span = tracing::info_span!("endpoint", id = "pulse").entered();
            tracing::info!(attempt = 3, "line one\nline two \u{1b}[31m");
        });
        drop(logging);
        let lines = lines(folder.path());
        assert_eq!(lines.len(), 1);
        assert_eq!(lines[0]["level"], "INFO");
        assert_eq!(lines[0]["message"], "line one\nline two \u{1b}[31m");
        assert_eq!(lines[0]["attempt"], 3);
        assert_eq!(lines[0]["span"]["id"], "pulse");
        assert!(lines[0]["timestamp"].as_str().unwrap().parse::<Timestamp>().is_ok());
    }

    #[test]
    fn the_level_changes_while_it_runs() {
        let folder = tempfile::tempdir().unwrap();
        let (dispatch, logging) = Logging::build(Some(folder.path()), "warn", None).unwrap();
        tracing::dispatcher::with_default(&dispatch, || {
            tracing::info!("too quiet");
            logging.level().set("off,agent::logging=info").unwrap();
            tracing::info!("heard");
            assert!(logging.level().set("loud").is_err());
            tracing::info!("still heard");
            logging.level().set("error").unwrap();
            tracing::warn!("too quiet again");
        });
        drop(logging);
        let messages: Vec<Value> =
            lines(folder.path()).into_iter().map(|line| line["message"].clone()).collect();
        assert_eq!(messages, ["heard", "still heard"]);
    }

    #[test]
    fn a_raised_level_is_debug_at_least_and_what_is_set_meanwhile_holds_afterwards() {
        let folder = tempfile::tempdir().unwrap();
        let (dispatch, logging) =
            Logging::build(Some(folder.path()), "warn,dial=off,link=trace", None).unwrap();
        let level = logging.level();
        let say = |when: &str| {
            tracing::debug!(target: "dial", when, "dial");
            tracing::trace!(target: "dial", when, "too much");
            tracing::trace!(target: "link", when, "link");
            tracing::debug!(target: "other", when, "other");
        };
        tracing::dispatcher::with_default(&dispatch, || {
            say("before");
            level.raise();
            say("raised");
            level.set("error").unwrap();
            say("set");
            level.restore();
            say("after");
        });
        drop(logging);
        let said = lines(folder.path());
        let said: Vec<String> = said
            .iter()
            .map(|line| format!("{} {}", line["when"].as_str().unwrap(), line["message"].as_str().unwrap()))
            .collect();
        assert_eq!(
            said,
            ["before link", "raised dial", "raised link", "raised other", "set dial", "set other"]
        );
    }

    /// A terminal that takes nothing until it is told to.
    struct Stuck(mpsc::Receiver<()>);

    impl Write for Stuck {
        fn write(&mut self, line: &[u8]) -> io::Result<usize> {
            let _ = self.0.recv();
            Ok(line.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_stuck_terminal_loses_lines_and_counts_them_but_never_stops_the_program() {
        let (release, stuck) = mpsc::channel();
        let (dispatch, logging) = Logging::build(None, "info", Some(Box::new(Stuck(stuck)))).unwrap();
        tracing::dispatcher::with_default(&dispatch, || {
            for count in 0..QUEUE_LINES + 100 {
                tracing::info!(count);
            }
        });
        let dropped = logging.dropped_lines();
        assert!((98..=100).contains(&dropped), "{dropped}");
        drop(release);
    }

    #[test]
    fn a_folder_that_cannot_be_written_is_a_typed_error_and_the_program_goes_on_without_files() {
        let root = tempfile::tempdir().unwrap();
        let file = root.path().join("file");
        fs::write(&file, "").unwrap();
        let error = Logging::build(Some(&file.join("logs")), "info", None).unwrap_err();
        assert_eq!(error.code(), ErrorCode::LogUnavailable);
        assert!(error.problem().detail.contains("file"), "{error}");
        assert!(Logging::build(None, "info", Some(Box::new(io::sink()))).is_ok());
    }

    #[test]
    fn a_url_in_the_log_has_no_secret() {
        let folder = tempfile::tempdir().unwrap();
        let (dispatch, logging) = Logging::build(Some(folder.path()), "info", None).unwrap();
        let url = "wss://user:hunter2@feed.example/live?token=hunter2".parse().unwrap();
        tracing::dispatcher::with_default(
            &dispatch,
            || tracing::info!(url = %RedactedUrl::new(&url), "connecting"),
        );
        drop(logging);
        let lines = lines(folder.path());
        assert_eq!(lines[0]["url"], "wss://feed.example/live");
        assert!(!format!("{lines:?}").contains("hunter2"));
    }
}
