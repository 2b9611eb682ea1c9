//! The runner with parts that work, break, hang and do not let go.

use std::{
    future::Future,
    pin::Pin,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use dial::Credential;
use jiff::Timestamp;
use model::{
    EndpointId, EndpointState, Transport,
    check::{CheckProgress, Mode, Report, Step, StepId, StepStatus},
};
use tokio::{
    sync::{Notify, mpsc},
    time::{Instant, sleep},
};
use tokio_util::sync::CancellationToken;

use super::{
    conduct,
    rooms::{Part, Rooms},
};
use crate::{
    Inquiry, LiveNow, Notebook, StepEnd, Subject,
    facts::LiveFacts,
    trial::{self, inquiry},
};

type Work = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Parts made by a test.
struct Fake<F>(F);

impl<F: Fn(Part, Notebook) -> Work + Send + Sync + 'static> Rooms for Fake<F> {
    fn enter(
        &self,
        part: Part,
        notebook: Notebook,
        _: Arc<Inquiry>,
    ) -> impl Future<Output = ()> + Send + 'static {
        (self.0)(part, notebook)
    }
}

fn id(name: &str) -> EndpointId {
    name.parse().unwrap()
}

fn subject(name: &str, state: Option<EndpointState>) -> Subject {
    Subject { live: state.map(live), ..trial::subject(name, "ws://127.0.0.1:9/feed") }
}

fn live(state: EndpointState) -> LiveFacts {
    LiveFacts {
        state,
        reason: None,
        transport: (state == EndpointState::Connected).then_some(Transport::Websocket),
        degraded: false,
        since: Timestamp::UNIX_EPOCH,
        last_error: None,
        retry_in_ms: None,
        asked_ms_ago: None,
        rtt_ms: Vec::new(),
        waiting: 0,
        backup: None,
    }
}

fn three() -> Inquiry {
    inquiry(["a", "b", "c"].map(|name| subject(name, None)).into())
}

/// Writes every step of the part down as passed.
fn all_well(part: Part, notebook: &Notebook) {
    let ids = notebook.known(|facts| facts.endpoints.iter().map(|seen| seen.id.clone()).collect::<Vec<_>>());
    for step in StepId::ALL {
        let at = match part {
            Part::Names(at) | Part::Path(at) => Some(at),
            Part::Computer | Part::Controls | Part::Settling | Part::Runner => None,
        };
        // Steps of the computer belong to no endpoint, whoever does them.
        if step.is_per_endpoint() != at.is_some() {
            continue;
        }
        if Part::of(*step, at) == part {
            notebook.begin(*step, at.and_then(|at| ids[at].as_ref())).end(StepEnd::new(StepStatus::Pass));
        }
    }
}

async fn check(inquiry: Inquiry, parts: impl Fn(Part, Notebook) -> Work + Send + Sync + 'static) -> Report {
    conduct(inquiry, Fake(parts), None, None, CancellationToken::new()).await
}

fn of<'a>(report: &'a Report, step: StepId, endpoint: &str) -> &'a Step {
    let found = |one: &&Step| one.id == step && one.endpoint == Some(id(endpoint));
    report.steps.iter().find(found).unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_check_that_ends_has_every_step_it_announced() {
    let (watchers, mut news) = mpsc::channel(512);
    let parts = Fake(|part, notebook: Notebook| Box::pin(async move { all_well(part, &notebook) }) as Work);
    let report = conduct(three(), parts, None, Some(watchers), CancellationToken::new()).await;
    let announced = super::plan::count(Mode::Quick, 3);
    let done = report.steps.iter().filter(|step| step.status == StepStatus::Pass);
    assert!(done.count() >= announced as usize - 1, "all but the comparison");
    let mut last: Option<CheckProgress> = None;
    while let Ok(Some(progress)) = tokio::time::timeout(Duration::from_secs(1), news.recv()).await {
        assert!(progress.total >= announced && progress.done <= progress.total);
        assert_eq!(progress.run_id, report.run_id);
        last = Some(progress);
    }
    assert_eq!(last.unwrap().step, StepId::J);
}

#[tokio::test(start_paused = true)]
async fn a_part_that_panics_costs_its_own_steps_only() {
    let report = check(three(), |part, notebook| {
        Box::pin(async move {
            if part == Part::Path(1) {
                let _step = notebook.begin(StepId::D1, Some(&id("b")));
                panic!("injected");
            }
            all_well(part, &notebook);
        })
    })
    .await;
    assert_eq!(of(&report, StepId::D1, "b").status, StepStatus::Error);
    assert_eq!(of(&report, StepId::G1, "b").status, StepStatus::Error);
    assert_eq!(of(&report, StepId::B2, "b").status, StepStatus::Pass);
    assert_eq!(of(&report, StepId::G1, "a").status, StepStatus::Pass);
    assert_eq!(of(&report, StepId::G1, "c").status, StepStatus::Pass);
}

#[tokio::test(start_paused = true)]
async fn a_part_that_hangs_ends_with_the_time_and_the_rest_is_there() {
    let began = Instant::now();
    let report = check(three(), |part, notebook| {
        Box::pin(async move {
            if part == Part::Path(0) {
                let _step = notebook.begin(StepId::E1, Some(&id("a")));
                std::future::pending::<()>().await;
            }
            all_well(part, &notebook);
        })
    })
    .await;
    assert!(began.elapsed() < Duration::from_millis(20_100), "{:?}", began.elapsed());
    assert_eq!(of(&report, StepId::E1, "a").status, StepStatus::Cancelled);
    assert_eq!(of(&report, StepId::G1, "a").status, StepStatus::Cancelled);
    assert_eq!(of(&report, StepId::G1, "b").status, StepStatus::Pass);
    assert_eq!(of(&report, StepId::G1, "c").status, StepStatus::Pass);
    let clock = report.steps.iter().find(|step| step.id == StepId::A3).unwrap();
    assert_eq!(clock.status, StepStatus::Cancelled);
}

#[tokio::test(start_paused = true)]
async fn whoever_cancels_has_the_report_within_100_ms() {
    let cancel = CancellationToken::new();
    let parts = Fake(|part, notebook: Notebook| {
        Box::pin(async move {
            if matches!(part, Part::Path(_)) {
                std::future::pending::<()>().await;
            }
            all_well(part, &notebook);
        }) as Work
    });
    let check = tokio::spawn(conduct(three(), parts, None, None, cancel.clone()));
    sleep(Duration::from_millis(500)).await;
    let clicked = Instant::now();
    cancel.cancel();
    let report = check.await.unwrap();
    assert!(clicked.elapsed() <= Duration::from_millis(100), "{:?}", clicked.elapsed());
    assert_eq!(of(&report, StepId::B2, "a").status, StepStatus::Pass, "what is done is kept");
    assert_eq!(of(&report, StepId::G1, "a").status, StepStatus::Cancelled);
    assert_eq!(of(&report, StepId::G1, "c").status, StepStatus::Cancelled, "it never began");
    let whole = serde_json::to_value(&report).unwrap();
    assert_eq!(serde_json::from_value::<Report>(whole).unwrap(), report);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_part_that_does_not_let_go_is_left_behind() {
    let (release, held) = std::sync::mpsc::channel::<()>();
    let held = Mutex::new(Some(held));
    let began = Arc::new(Notify::new());
    let tell = Arc::clone(&began);
    let parts = Fake(move |part, notebook: Notebook| {
        let held = if part == Part::Computer { held.lock().unwrap().take() } else { None };
        let tell = Arc::clone(&tell);
        Box::pin(async move {
            if let Some(held) = held {
                let _step = notebook.begin(StepId::A1, None);
                tell.notify_one();
                // A call of the system that does not come back.
                let _ = tokio::task::block_in_place(|| held.recv());
            }
            all_well(part, &notebook);
        }) as Work
    });
    let cancel = CancellationToken::new();
    let check = tokio::spawn(conduct(three(), parts, None, None, cancel.clone()));
    began.notified().await;
    cancel.cancel();
    let report = check.await.unwrap();
    let first = report.steps.iter().find(|step| step.id == StepId::A1).unwrap();
    assert_eq!(first.status, StepStatus::Cancelled);
    release.send(()).unwrap();
}

#[tokio::test(start_paused = true)]
async fn two_ways_are_walked_at_once_and_the_worst_endpoint_is_first() {
    let states = [
        ("up", Some(EndpointState::Connected)),
        ("failed", Some(EndpointState::Failed)),
        ("trying", Some(EndpointState::Reconnecting)),
        ("paused", Some(EndpointState::Disconnected)),
    ];
    let subjects = states.map(|(name, state)| subject(name, state)).into();
    let (walking, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let (seen, begun) = (Arc::clone(&most), Arc::new(Mutex::new(Vec::new())));
    let order = Arc::clone(&begun);
    let report = check(inquiry(subjects), move |part, notebook| {
        let (walking, most, order) = (Arc::clone(&walking), Arc::clone(&most), Arc::clone(&order));
        Box::pin(async move {
            if let Part::Path(at) = part {
                order.lock().unwrap().push(at);
                most.fetch_max(walking.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                sleep(Duration::from_millis(300)).await;
                walking.fetch_sub(1, Ordering::SeqCst);
            }
            all_well(part, &notebook);
        })
    })
    .await;
    assert_eq!(seen.load(Ordering::SeqCst), 2);
    assert_eq!(*begun.lock().unwrap(), [0, 1, 2, 3]);
    let order: Vec<&str> = report.endpoints.iter().map(|endpoint| endpoint.id.as_str()).collect();
    assert_eq!(order, ["failed", "trying", "paused", "up"]);
}

#[tokio::test(start_paused = true)]
async fn who_only_waits_takes_no_place_from_the_others() {
    let asked = inquiry((0..14).map(|number| subject(&format!("e{number}"), None)).collect());
    let ended = Arc::new(AtomicUsize::default());
    let seen = Arc::clone(&ended);
    let report = check(asked, move |part, notebook| {
        let ended = Arc::clone(&seen);
        Box::pin(async move {
            if let Part::Path(_) = part {
                // A line that swallows everything: four seconds each.
                sleep(Duration::from_secs(4)).await;
                ended.fetch_add(1, Ordering::SeqCst);
            }
            drop(notebook);
        })
    })
    .await;
    assert_eq!(ended.load(Ordering::SeqCst), 14);
    assert!(report.duration_ms < 20_000, "{}", report.duration_ms);
}

#[tokio::test(start_paused = true)]
async fn live_connections_are_shown_as_they_are_at_the_end() {
    let mut inquiry = inquiry(vec![subject("a", Some(EndpointState::Reconnecting))]);
    inquiry.live_now = Some(LiveNow::new(|_| Some(live(EndpointState::Connected))));
    let report = check(inquiry, |part, notebook| Box::pin(async move { all_well(part, &notebook) })).await;
    assert_eq!(report.endpoints[0].live.as_ref().unwrap().state, EndpointState::Connected);
    let began = report.steps.iter().find(|step| step.id == StepId::A8).unwrap();
    assert_eq!((began.status, began.detail["a"].as_str()), (StepStatus::Warn, Some("reconnecting")));
}

#[tokio::test(start_paused = true)]
async fn neither_the_report_nor_the_news_holds_a_secret() {
    let mut only = subject("a", None);
    if let Ok(request) = &mut only.request {
        request.credential = Some(Credential::bearer("b3arer-canary".into()).unwrap());
    }
    let (watchers, mut news) = mpsc::channel(512);
    let parts = Fake(|part, notebook: Notebook| {
        Box::pin(async move {
            if part == Part::Path(0) {
                notebook.begin(StepId::F1, Some(&id("a"))).end(
                    StepEnd::new(StepStatus::Fail).with("body", "b3arer-canary").raw("got b3arer-canary"),
                );
            }
        }) as Work
    });
    let report = conduct(inquiry(vec![only]), parts, None, Some(watchers), CancellationToken::new()).await;
    assert!(report.redaction.clean && report.redaction.counts["known_secret"] >= 2, "{:?}", report.redaction);
    assert!(!serde_json::to_string(&report).unwrap().contains("canary"));
    while let Ok(Some(progress)) = tokio::time::timeout(Duration::from_secs(1), news.recv()).await {
        assert!(!serde_json::to_string(&progress).unwrap().contains("canary"));
    }
}
