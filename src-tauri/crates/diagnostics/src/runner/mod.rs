//! Runs a check: everything that can go at once at once, within its time, and an answer in any case. Knows in which order
//! parts go, and nothing of what they look at.
//!
//! A part that panics or hangs costs its own steps only. When the check is cut short, by the person or by its limit, what is
//! under way is dropped and what is done is reported.

mod clock;
mod plan;
mod reader;
mod rooms;
mod start;
#[cfg(test)]
mod tests;

use std::{
    collections::{BTreeMap, VecDeque},
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
    time::Duration,
};

use dial::Dialer;
use jiff::Timestamp;
use model::{
    EndpointId,
    check::{CheckProgress, Report, StepId, StepReason, StepStatus},
};
use tokio::{
    sync::mpsc,
    task::{self, JoinSet, spawn_blocking},
    time::{Instant, sleep_until, timeout},
};
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

pub(crate) use self::start::page;
use self::{
    plan::Blank,
    rooms::{Part, Production, Rooms},
};
use crate::{
    History, Inquiry, Notebook, StepEnd,
    facts::{AddressEnd, AddressFacts},
    report::{self, Frame},
};

/// Endpoints whose way is walked at the same time.
const PATHS_AT_ONCE: usize = 2;
/// A path that came through to nobody for so long only waits, and takes no place from the others: with a dozen endpoints
/// behind a dead line a check would not end in its time.
const ONLY_WAITS: Duration = Duration::from_secs(1);
/// Parts that were dropped get so long to write their last line.
const LAST_LINES: Duration = Duration::from_millis(40);
/// Reading or writing the history may take so long.
const HISTORY_LIMIT: Duration = Duration::from_secs(1);
/// And so long when somebody who cancelled waits for it.
const HISTORY_LIMIT_CUT: Duration = Duration::from_millis(40);

/// Makes one check and reports it. `watchers` hears of every step as it begins and ends; `history`, where there is one,
/// gives the last good check to compare with and keeps this one.
///
/// After `cancel` it returns within 100 ms, with what is done.
pub async fn run(
    inquiry: Inquiry,
    dialer: &Dialer,
    history: Option<&History>,
    watchers: Option<mpsc::Sender<CheckProgress>>,
    cancel: CancellationToken,
) -> Report {
    conduct(inquiry, Production { dialer: dialer.clone() }, history, watchers, cancel).await
}

async fn conduct(
    mut inquiry: Inquiry,
    rooms: impl Rooms,
    history: Option<&History>,
    watchers: Option<mpsc::Sender<CheckProgress>>,
    cancel: CancellationToken,
) -> Report {
    let now = Timestamp::now();
    let frame = inquiry.run.map_or_else(|| Frame::at(now), |run| Frame::named(run, now));
    let redactor = reader::redactor(&inquiry, &frame);
    let watchers = watchers.map(|watchers| reader::redacted(watchers, Arc::clone(&redactor)));
    start::worst_first(&mut inquiry.subjects);
    let ids: Vec<EndpointId> = inquiry.subjects.iter().map(|subject| subject.id.clone()).collect();
    let notebook = Notebook::new(frame.run_id.clone(), cancel.child_token(), watchers);
    notebook.expect(plan::count(inquiry.mode, ids.len()));
    start::open(&notebook, &inquiry);
    info!(run = frame.run_id, endpoints = ids.len(), mode = ?inquiry.mode, "check begins");

    let mut parts = Parts::new(rooms, notebook.clone(), Arc::new(inquiry));
    let whole = parts.all_done(&ids).await;
    start::look_again(&notebook, &parts.inquiry);
    if whole {
        compare(&notebook, history).await;
    }

    let (mut facts, written) = notebook.contents();
    let steps = plan::whole(written, parts.inquiry.mode, &ids, elapsed_ms(&notebook), |step, at| {
        parts.blank(Part::of(step, at), whole)
    });
    facts.cut_short = !whole;
    let ended_so = |status| steps.iter().filter(move |step| step.status == status).map(|step| step.id);
    facts.unfinished = ended_so(StepStatus::Cancelled).collect();
    facts.broken = ended_so(StepStatus::Error).collect();
    facts.unfinished.dedup();
    facts.broken.dedup();

    let judged = catch_unwind(AssertUnwindSafe(|| report::judge(&facts)));
    let judgement = judged.unwrap_or_else(|_| {
        warn!("the verdict broke off");
        report::no_judgement(&facts)
    });
    let report = report::assemble(&frame, &parts.inquiry, &facts, steps, judgement, elapsed_ms(&notebook));
    let report = reader::clean(report, &redactor);
    keep(&report, &facts, history, whole).await;
    info!(run = report.run_id, verdict = ?report.verdict.class, ms = report.duration_ms, "check ended");
    report
}

/// The parts of one check as tasks.
struct Parts<R> {
    rooms: R,
    notebook: Notebook,
    inquiry: Arc<Inquiry>,
    tasks: JoinSet<()>,
    under_way: BTreeMap<task::Id, (Part, Instant)>,
    done: Vec<Part>,
    broken: Vec<Part>,
}

impl<R: Rooms> Parts<R> {
    fn new(rooms: R, notebook: Notebook, inquiry: Arc<Inquiry>) -> Self {
        Self {
            rooms,
            notebook,
            inquiry,
            tasks: JoinSet::new(),
            under_way: BTreeMap::new(),
            done: Vec::new(),
            broken: Vec::new(),
        }
    }

    /// Does everything; false when the check was cut short.
    async fn all_done(&mut self, ids: &[EndpointId]) -> bool {
        self.begin(Part::Computer);
        self.begin(Part::Controls);
        let mut waiting: VecDeque<usize> = (0..ids.len()).collect();
        let whole = self.until_done(&mut waiting).await && {
            self.begin(Part::Settling);
            self.until_done(&mut waiting).await
        };
        if !whole {
            self.notebook.cancelled().cancel();
            self.tasks.abort_all();
            let last_lines = async { while self.tasks.join_next().await.is_some() {} };
            if timeout(LAST_LINES, last_lines).await.is_err() {
                warn!("a part of the check does not let go");
            }
            self.tasks.detach_all();
        }
        whole
    }

    fn begin(&mut self, part: Part) {
        let work = self.rooms.enter(part, self.notebook.clone(), Arc::clone(&self.inquiry));
        let id = self.tasks.spawn(work).id();
        self.under_way.insert(id, (part, Instant::now()));
    }

    /// Paths that take a place, and when the next of them may turn out to only wait.
    fn walking(&self) -> (usize, Option<Instant>) {
        let now = Instant::now();
        let through = |at: usize| {
            let open = |address: &AddressFacts| address.end == AddressEnd::Connected;
            self.notebook.known(|facts| {
                facts.endpoints.get(at).is_some_and(|endpoint| endpoint.addresses.iter().any(open))
            })
        };
        let mut walking = 0;
        let mut look_again = None;
        for (part, began) in self.under_way.values() {
            let Part::Path(at) = part else { continue };
            let patience = *began + ONLY_WAITS;
            if through(*at) {
                walking += 1;
            } else if now < patience {
                walking += 1;
                look_again = Some(look_again.map_or(patience, |sooner: Instant| sooner.min(patience)));
            }
        }
        (walking, look_again)
    }

    /// Waits for every task, and begins the next endpoint as soon as there is room for it.
    async fn until_done(&mut self, waiting: &mut VecDeque<usize>) -> bool {
        let cut = self.notebook.cancelled().clone();
        let deadline = self.notebook.began() + self.inquiry.limit;
        loop {
            let (walking, look_again) = self.walking();
            for at in waiting.drain(..waiting.len().min(PATHS_AT_ONCE.saturating_sub(walking))) {
                for part in [Part::Path(at), Part::Names(at)] {
                    let work = self.rooms.enter(part, self.notebook.clone(), Arc::clone(&self.inquiry));
                    self.under_way.insert(self.tasks.spawn(work).id(), (part, Instant::now()));
                }
            }
            let look_again = look_again.filter(|_| !waiting.is_empty());
            let ended = tokio::select! {
                biased;
                () = cut.cancelled() => return false,
                () = sleep_until(deadline) => return false,
                () = sleep_until(look_again.unwrap_or(deadline)), if look_again.is_some() => continue,
                ended = self.tasks.join_next_with_id() => ended,
            };
            let (id, sound) = match ended {
                None => return true,
                Some(Ok((id, ()))) => (id, true),
                Some(Err(error)) => {
                    warn!(%error, "a part of the check broke off");
                    (error.id(), false)
                }
            };
            if let Some((part, _)) = self.under_way.remove(&id) {
                if sound { self.done.push(part) } else { self.broken.push(part) }
            }
        }
    }

    /// What became of steps of a part that nobody wrote down.
    fn blank(&self, part: Part, whole: bool) -> Blank {
        if self.broken.contains(&part) {
            Blank::Broken
        } else if whole || self.done.contains(&part) {
            Blank::NotHere
        } else {
            Blank::Cut
        }
    }
}

/// Step J: finds the last good check of every endpoint in this network.
async fn compare(notebook: &Notebook, history: Option<&History>) {
    let step = notebook.begin(StepId::J, None);
    let Some(history) = history.cloned() else {
        return step.end(StepEnd::without(StepStatus::Na, StepReason::NoHistory));
    };
    let facts = notebook.known(Clone::clone);
    let looked = timeout(HISTORY_LIMIT, spawn_blocking(move || history.last_good(&facts))).await;
    let end = match looked {
        Ok(Ok(Ok(baselines))) => {
            let known = baselines.iter().flatten().count();
            notebook.learn(|facts| {
                for (endpoint, baseline) in facts.endpoints.iter_mut().zip(baselines) {
                    endpoint.last_good = baseline;
                }
            });
            if known == 0 {
                StepEnd::without(StepStatus::Na, StepReason::NoGoodCheck)
            } else {
                StepEnd::new(StepStatus::Pass).with("compared", known)
            }
        }
        Ok(Ok(Err(error))) => {
            StepEnd::without(StepStatus::Na, StepReason::HistoryUnreadable).raw(&error.to_string())
        }
        Ok(Err(_)) | Err(_) => StepEnd::without(StepStatus::Na, StepReason::HistorySilent),
    };
    step.end(end);
}

/// Writes the check into the history. What goes wrong there costs the check nothing.
async fn keep(report: &Report, facts: &crate::Facts, history: Option<&History>, whole: bool) {
    let Some(history) = history.cloned() else { return };
    let (report, facts) = (report.clone(), facts.clone());
    let kept = spawn_blocking(move || history.keep(&report, &facts));
    let limit = if whole { HISTORY_LIMIT } else { HISTORY_LIMIT_CUT };
    match timeout(limit, kept).await {
        Ok(Ok(Ok(()))) => {}
        Ok(Ok(Err(error))) => warn!(%error, "the check is not in the history"),
        Ok(Err(error)) => warn!(%error, "the history broke off"),
        Err(_) => warn!("the history takes its time"),
    }
}

fn elapsed_ms(notebook: &Notebook) -> u64 {
    u64::try_from(notebook.began().elapsed().as_millis()).unwrap_or(u64::MAX)
}
