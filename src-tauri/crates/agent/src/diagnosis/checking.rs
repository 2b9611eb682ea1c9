//! A check under way, as those see it who asked for it: from its first step to its report. Several may listen to one; it
//! ends early when the last of them has gone.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use model::check::{CheckEvent, CheckProgress, Mode, Report};
use tokio::{sync::watch, time::sleep};
use tokio_util::sync::CancellationToken;

use super::ground::Terrain;
use crate::settings::EndpointSettings;

/// News that are kept for those who join later. A thousand connections have more; the report has everything.
const NEWS_KEPT: usize = 4096;

/// What is checked, and how: two who ask for the same share one check.
#[derive(Debug, PartialEq)]
pub(super) struct Matter {
    /// As they are set now: who has just mended a setting wants that one checked.
    subjects: Vec<EndpointSettings>,
    mode: Mode,
}

impl Matter {
    pub(super) fn of(terrain: &Terrain, mode: Mode) -> Self {
        Self { subjects: terrain.endpoints.iter().map(|(settings, _)| settings.clone()).collect(), mode }
    }
}

/// What there is to know of a check so far.
#[derive(Debug, Default)]
struct Told {
    /// News that were let go, the oldest first.
    gone: usize,
    news: VecDeque<CheckProgress>,
    report: Option<Arc<Report>>,
}

impl Told {
    /// The first news from this number on, and its number.
    fn from(&self, number: usize) -> Option<(usize, &CheckProgress)> {
        let number = number.max(self.gone);
        Some((number, self.news.get(number - self.gone)?))
    }
}

/// Those who listen.
#[derive(Debug)]
struct Listeners {
    present: Mutex<usize>,
    /// Ends the check.
    cancel: CancellationToken,
}

impl Listeners {
    fn present(&self) -> MutexGuard<'_, usize> {
        self.present.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A check under way. It is cancelled when everybody who listens has dropped theirs.
#[derive(Debug)]
pub struct Checking {
    told: watch::Receiver<Told>,
    /// Number of the news that comes next.
    next: usize,
    over: bool,
    listeners: Arc<Listeners>,
}

impl Drop for Checking {
    fn drop(&mut self) {
        let mut present = self.listeners.present();
        *present -= 1;
        if *present == 0 {
            self.listeners.cancel.cancel();
        }
    }
}

impl Checking {
    /// The next thing there is to know: steps as they begin and end, from the first one on, then the report, then
    /// nothing more.
    pub async fn next(&mut self) -> Option<CheckEvent> {
        while !self.over {
            {
                let told = self.told.borrow_and_update();
                if let Some((number, progress)) = told.from(self.next) {
                    self.next = number + 1;
                    return Some(CheckEvent::Progress(Box::new(progress.clone())));
                }
                if let Some(report) = &told.report {
                    self.over = true;
                    return Some(CheckEvent::Report(Box::new(Report::clone(report))));
                }
            }
            // Without a report only where the agent ended meanwhile.
            self.over = self.told.changed().await.is_err();
        }
        None
    }

    /// The report alone. `None` when the agent ended meanwhile.
    pub async fn report(mut self) -> Option<Report> {
        self.only_report().await
    }

    /// The report, as far as the check has come by then. `None` where others want to see its end, or the agent ended.
    pub async fn report_within(mut self, limit: Duration) -> Option<Report> {
        let done = tokio::select! {
            report = self.only_report() => return report,
            () = sleep(limit) => self.end_for_me_alone(),
        };
        if done { self.only_report().await } else { None }
    }

    async fn only_report(&mut self) -> Option<Report> {
        while let Some(event) = self.next().await {
            if let CheckEvent::Report(report) = event {
                return Some(*report);
            }
        }
        None
    }

    /// Ends the check unless somebody else listens.
    fn end_for_me_alone(&self) -> bool {
        let present = self.listeners.present();
        let alone = *present == 1;
        if alone {
            self.listeners.cancel.cancel();
        }
        alone
    }
}

/// The check under way, as the desk sees it.
#[derive(Debug)]
pub(super) struct UnderWay {
    /// Its id.
    pub(super) run: String,
    /// Nobody asked for it: it gives way to whoever asks for one.
    pub(super) unasked: bool,
    matter: Matter,
    told: watch::Receiver<Told>,
    listeners: Arc<Listeners>,
}

/// Tells those who listen. The check is over when this is gone.
#[derive(Debug)]
pub(super) struct Telling {
    told: watch::Sender<Told>,
    listeners: Arc<Listeners>,
    unasked: bool,
}

/// Ends when a check is over.
#[derive(Debug)]
pub(super) struct Over(watch::Receiver<Told>);

impl UnderWay {
    /// A check that begins, its first listener, and who tells. `cancel` ends it early.
    pub(super) fn begin(
        run: String,
        matter: Matter,
        unasked: bool,
        cancel: CancellationToken,
    ) -> (Self, Checking, Telling) {
        let (sender, told) = watch::channel(Told::default());
        let listeners = Arc::new(Listeners { present: Mutex::new(1), cancel });
        let telling = Telling { told: sender, listeners: Arc::clone(&listeners), unasked };
        let first = Checking { told: told.clone(), next: 0, over: false, listeners: Arc::clone(&listeners) };
        (Self { run, unasked, matter, told, listeners }, first, telling)
    }

    /// One more listener, where this is what is wanted and it is not ending.
    pub(super) fn join(&self, wanted: &Matter) -> Option<Checking> {
        let mut present = self.listeners.present();
        if self.unasked || self.matter != *wanted || self.is_ending() {
            return None;
        }
        *present += 1;
        let listeners = Arc::clone(&self.listeners);
        Some(Checking { told: self.told.clone(), next: 0, over: false, listeners })
    }

    /// Somebody has ended it, or nobody listens any more.
    pub(super) fn is_ending(&self) -> bool {
        self.listeners.cancel.is_cancelled()
    }

    /// Ends it early; whoever listens gets the report of what is done.
    pub(super) fn cancel(&self) {
        self.listeners.cancel.cancel();
    }

    /// Waits for its end.
    pub(super) fn over(self) -> Over {
        Over(self.told)
    }
}

impl Telling {
    pub(super) fn news(&self, progress: CheckProgress) {
        self.told.send_modify(|told| {
            if told.news.len() == NEWS_KEPT {
                told.news.pop_front();
                told.gone += 1;
            }
            told.news.push_back(progress);
        });
    }

    /// Whether nobody asked for this check.
    pub(super) fn is_unasked(&self) -> bool {
        self.unasked
    }

    /// Ends when the check is cancelled and nobody waits for what is done by then.
    pub(super) async fn abandoned(&self) {
        self.listeners.cancel.cancelled().await;
        if !self.unasked && *self.listeners.present() > 0 {
            std::future::pending().await
        }
    }

    pub(super) fn report(self, report: Report) {
        self.told.send_modify(|told| told.report = Some(Arc::new(report)));
    }
}

impl Over {
    pub(super) async fn wait(mut self) {
        while self.0.changed().await.is_ok() {}
    }
}

#[cfg(test)]
mod tests {
    use model::check::StepId;

    use super::*;

    fn step(number: u32) -> CheckProgress {
        CheckProgress {
            run_id: "r".into(),
            done: number,
            total: 1,
            step: StepId::A1,
            endpoint: None,
            ended: None,
            elapsed_ms: 0,
        }
    }

    fn number(event: Option<CheckEvent>) -> u32 {
        match event {
            Some(CheckEvent::Progress(progress)) => progress.done,
            other => panic!("{other:?}"),
        }
    }

    fn matter(mode: Mode) -> Matter {
        Matter { subjects: Vec::new(), mode }
    }

    #[tokio::test]
    async fn who_joins_later_hears_the_same_from_the_beginning() {
        let (way, mut first, telling) =
            UnderWay::begin("r".into(), matter(Mode::Quick), false, CancellationToken::new());
        telling.news(step(0));
        assert_eq!(number(first.next().await), 0);
        telling.news(step(1));
        let mut second = way.join(&matter(Mode::Quick)).unwrap();
        assert_eq!((number(second.next().await), number(second.next().await)), (0, 1));
        assert_eq!(number(first.next().await), 1);
        drop(telling);
        assert!(first.next().await.is_none() && second.next().await.is_none());
        assert!(way.join(&matter(Mode::Deep)).is_none(), "a deep check is another one");
    }

    #[tokio::test]
    async fn a_listener_far_behind_loses_the_oldest_news_only() {
        let (_way, mut listener, telling) =
            UnderWay::begin("r".into(), matter(Mode::Quick), false, CancellationToken::new());
        let last = u32::try_from(NEWS_KEPT).unwrap() + 9;
        (0..=last).for_each(|at| telling.news(step(at)));
        assert_eq!(number(listener.next().await), 10);
        for at in 11..=last {
            assert_eq!(number(listener.next().await), at);
        }
    }

    #[test]
    fn the_last_who_leaves_ends_the_check_and_nobody_joins_it_then() {
        let cancel = CancellationToken::new();
        let (way, first, _telling) = UnderWay::begin("r".into(), matter(Mode::Quick), false, cancel.clone());
        let second = way.join(&matter(Mode::Quick)).unwrap();
        drop(first);
        assert!(!cancel.is_cancelled());
        drop(second);
        assert!(cancel.is_cancelled() && way.join(&matter(Mode::Quick)).is_none());
    }

    #[tokio::test(start_paused = true)]
    async fn who_waits_only_so_long_ends_the_check_but_for_others() {
        let cancel = CancellationToken::new();
        let (way, first, _telling) = UnderWay::begin("r".into(), matter(Mode::Quick), false, cancel.clone());
        let second = way.join(&matter(Mode::Quick)).unwrap();
        assert!(first.report_within(Duration::from_secs(5)).await.is_none());
        assert!(!cancel.is_cancelled(), "somebody else wants to see its end");
        let alone = tokio::spawn(second.report_within(Duration::from_secs(5)));
        cancel.cancelled().await;
        drop((way, _telling));
        assert!(alone.await.unwrap().is_none());
    }
}
