//! Recording a problem: the log says more for a while, between two marks that carry one reference.
//!
//! The level is raised for this run of the agent alone and never written down: after a restart, however the agent ended,
//! the log says what the settings say. That a recording began and ended stands in the chronicle, so that a support bundle
//! can say where to read.

use std::time::Duration;

use jiff::SignedDuration;
use model::RecordingInfo;
use tokio::{
    sync::oneshot,
    time::{Instant, sleep_until},
};
use tracing::info;

use super::chronicle::{Chronicle, EndedBy, Entry};
use crate::{clock, handle::AgentError, logging::LogLevel};

/// A recording takes no longer.
pub const RECORDING_LIMIT: Duration = Duration::from_secs(15 * 60);
/// Crockford's base 32: nothing is misheard or misread.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// What is asked of the recorder.
#[derive(Debug)]
pub(crate) enum RecordingRequest {
    /// Begin one, unless one is under way.
    Begin { limit: Duration, reply: oneshot::Sender<Result<RecordingInfo, AgentError>> },
    /// End the one under way.
    End { reply: oneshot::Sender<Result<Option<RecordingInfo>, AgentError>> },
}

/// Records problems, one at a time.
#[derive(Debug)]
pub(crate) struct Recorder {
    level: Option<LogLevel>,
    chronicle: Chronicle,
    under_way: Option<(RecordingInfo, Instant)>,
}

impl Recorder {
    /// Nothing is recorded yet.
    pub(crate) fn of(level: Option<LogLevel>, chronicle: Chronicle) -> Self {
        Self { level, chronicle, under_way: None }
    }

    /// A caller that has gone away no longer needs its answer.
    pub(crate) fn answer(&mut self, request: RecordingRequest) {
        match request {
            RecordingRequest::Begin { limit, reply } => {
                let begun = self.begin(limit);
                self.when_written(move || drop(reply.send(begun)));
            }
            RecordingRequest::End { reply } => {
                let ended = self.end(EndedBy::Person);
                self.when_written(move || drop(reply.send(Ok(ended))));
            }
        }
    }

    /// Answers when the chronicle has it: whoever makes a support bundle next, in whatever program, finds it there.
    fn when_written(&self, answer: impl FnOnce() + Send + 'static) {
        let chronicle = self.chronicle.clone();
        tokio::spawn(async move {
            chronicle.written().await;
            answer();
        });
    }

    /// The recording under way.
    pub(crate) fn info(&self) -> Option<RecordingInfo> {
        self.under_way.as_ref().map(|(info, _)| info.clone())
    }

    /// Waits until the time of the recording under way is over; for ever while there is none.
    pub(crate) async fn over(&self) {
        match &self.under_way {
            Some((_, over)) => sleep_until(*over).await,
            None => std::future::pending().await,
        }
    }

    /// The computer may have slept: what should be over by the wall clock is over now.
    pub(crate) fn look_at_the_clock(&mut self) {
        let now = clock::now();
        if let Some((info, over)) = &mut self.under_way
            && info.until <= now
        {
            *over = Instant::now();
        }
    }

    fn begin(&mut self, limit: Duration) -> Result<RecordingInfo, AgentError> {
        if let Some(info) = self.info() {
            return Ok(info);
        }
        let level = self.level.as_ref().filter(|level| level.has_files()).ok_or(AgentError::NoLog)?;
        let (limit, began) = (limit.min(RECORDING_LIMIT), clock::now());
        let until = SignedDuration::try_from(limit).ok().and_then(|limit| began.checked_add(limit).ok());
        let info = RecordingInfo { reference: reference(), began, until: until.unwrap_or(began) };
        // First, so that the mark gets through whatever the settings say.
        level.raise();
        info!(target: "recording", reference = %info.reference, until = %info.until, "a problem is recorded from here");
        self.chronicle.keep(Entry::RecordingBegan { at: began, reference: info.reference.clone() });
        self.under_way = Some((info.clone(), Instant::now() + limit));
        Ok(info)
    }

    /// Ends the recording under way, if there is one.
    pub(crate) fn end(&mut self, by: EndedBy) -> Option<RecordingInfo> {
        let (info, _) = self.under_way.take()?;
        info!(target: "recording", reference = %info.reference, ?by, "a problem was recorded up to here");
        if let Some(level) = &self.level {
            level.restore();
        }
        let reference = info.reference.clone();
        self.chronicle.keep(Entry::RecordingEnded { at: clock::now(), reference, by });
        Some(info)
    }
}

/// The level must not stay raised when whoever records is gone.
impl Drop for Recorder {
    fn drop(&mut self) {
        self.end(EndedBy::Shutdown);
    }
}

fn reference() -> String {
    (0..4).map(|_| char::from(ALPHABET[fastrand::usize(..ALPHABET.len())])).collect()
}

#[cfg(test)]
mod tests {
    use std::{fs, path::Path};

    use serde_json::Value;

    use super::*;
    use crate::{clock, diagnosis::chronicle::ChronicleFile, logging::Logging};

    fn lines(folder: &Path) -> Vec<Value> {
        let file = fs::read_dir(folder).unwrap().next().expect("a log file").unwrap().path();
        fs::read_to_string(file).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    #[tokio::test]
    async fn between_two_marks_of_one_reference_the_log_says_more_and_the_chronicle_says_when() {
        let home = tempfile::tempdir().unwrap();
        let logs = home.path().join("logs");
        let (dispatch, logging) = Logging::build(Some(&logs), "off", None).unwrap();
        let file = ChronicleFile::of(home.path());
        let (chronicle, keeping) = Chronicle::begin(file.clone());
        let mut recorder = Recorder::of(Some(logging.level()), chronicle);
        let mut begun = None;
        tracing::dispatcher::with_default(&dispatch, || {
            tracing::error!("before");
            let info = recorder.begin(RECORDING_LIMIT * 9).unwrap();
            assert_eq!(info.until.duration_since(info.began), SignedDuration::from_mins(15));
            assert_eq!(recorder.begin(Duration::from_secs(1)).unwrap(), info, "it goes on as it is");
            tracing::debug!("between");
            assert_eq!(recorder.end(EndedBy::Person), Some(info.clone()));
            assert_eq!(recorder.end(EndedBy::Person), None);
            tracing::error!("after");
            begun = Some(info.reference);
        });
        drop((recorder, logging));
        keeping.end().await;
        let (lines, reference) = (lines(&logs), begun.unwrap());
        assert_eq!((lines.len(), reference.len()), (3, 4), "{lines:#?}");
        assert_eq!(lines[1]["message"], "between");
        for mark in [&lines[0], &lines[2]] {
            assert_eq!(
                (&mark["reference"], &mark["target"]),
                (&reference.as_str().into(), &"recording".into())
            );
        }
        let kept = file.read(clock::now()).unwrap().entries;
        let [
            Entry::RecordingBegan { reference: first, .. },
            Entry::RecordingEnded { reference: last, by, .. },
        ] = &kept[..]
        else {
            panic!("{kept:?}")
        };
        assert_eq!((first, last, *by), (&reference, &reference, EndedBy::Person));
    }

    #[tokio::test(start_paused = true)]
    async fn it_is_over_by_itself_and_without_one_nothing_ever_is() {
        let home = tempfile::tempdir().unwrap();
        let (_dispatch, logging) = Logging::build(Some(&home.path().join("logs")), "info", None).unwrap();
        let (chronicle, _keeping) = Chronicle::begin(ChronicleFile::of(home.path()));
        let mut recorder = Recorder::of(Some(logging.level()), chronicle);
        let limit = Duration::from_secs(60);
        assert!(tokio::time::timeout(limit * 100, recorder.over()).await.is_err());
        recorder.begin(limit).unwrap();
        assert!(tokio::time::timeout(limit / 2, recorder.over()).await.is_err());
        tokio::time::timeout(limit, recorder.over()).await.expect("over");
        recorder.end(EndedBy::Time);
        assert_eq!(recorder.info(), None);
    }

    #[tokio::test]
    async fn without_log_files_there_is_nothing_to_record_into() {
        let home = tempfile::tempdir().unwrap();
        let (_dispatch, logging) = Logging::build(None, "info", None).unwrap();
        let (chronicle, _keeping) = Chronicle::begin(ChronicleFile::of(home.path()));
        for level in [None, Some(logging.level())] {
            let mut recorder = Recorder::of(level, chronicle.clone());
            assert_eq!(recorder.begin(RECORDING_LIMIT), Err(AgentError::NoLog));
        }
    }
}
