//! The presenter from end to end, with a desktop that records and an agent that is only a status. Time is Tokio's
//! paused clock: it runs on when everybody waits, so nothing here depends on how fast the machine is.

use std::sync::{Arc, Mutex};

use agent::{Action, AgentError, Target};
use jiff::SignedDuration;
use model::{EndpointId, EndpointState as S, StatusSnapshot, check::Report};
use tokio::{
    sync::{mpsc, watch},
    task::JoinHandle,
    time::{Duration, Instant, advance, sleep},
};
use tokio_util::sync::CancellationToken;

use super::{Control, Presenter};
use crate::{Desktop, DesktopRequest, Language, Notice, NoticePolicy, TrayView, sample};

/// What the desktop was told, in order.
#[derive(Clone, Debug, PartialEq)]
enum Told {
    Tray(String),
    Notice(String),
    Window,
    Check,
    Quit,
}

#[derive(Clone, Default)]
struct RecordingDesktop(Arc<Mutex<Vec<Told>>>);

impl RecordingDesktop {
    fn record(&self, told: Told) {
        self.0.lock().unwrap().push(told);
    }

    fn take(&self) -> Vec<Told> {
        std::mem::take(&mut self.0.lock().unwrap())
    }
}

impl Desktop for RecordingDesktop {
    fn set_tray(&mut self, view: &TrayView) {
        self.record(Told::Tray(view.tooltip.clone()));
    }

    fn notify(&mut self, notice: &Notice) {
        self.record(Told::Notice(notice.title.clone()));
    }

    fn open_window(&mut self) {
        self.record(Told::Window);
    }

    fn run_check(&mut self) {
        self.record(Told::Check);
    }

    fn quit(&mut self) {
        self.record(Told::Quit);
    }
}

/// Takes orders, or never answers. Its checks find what they are told to.
#[derive(Clone)]
struct Ear {
    orders: mpsc::UnboundedSender<(Target, Action)>,
    deaf: bool,
}

impl Control for Ear {
    async fn control(&mut self, target: Target, action: Action) -> Result<(), AgentError> {
        let _ = self.orders.send((target, action));
        if self.deaf {
            std::future::pending::<()>().await;
        }
        Err(AgentError::ShuttingDown)
    }

    fn check(&self, _: Vec<EndpointId>) -> impl Future<Output = Option<Report>> + Send + 'static {
        std::future::ready(None)
    }
}

struct Scene {
    desktop: RecordingDesktop,
    status: watch::Sender<Arc<StatusSnapshot>>,
    requests: mpsc::Sender<DesktopRequest>,
    orders: mpsc::UnboundedReceiver<(Target, Action)>,
    notices: watch::Sender<bool>,
    asleep: Arc<Mutex<Duration>>,
    stop: CancellationToken,
    run: JoinHandle<()>,
}

impl Scene {
    fn start(snapshot: StatusSnapshot, deaf: bool) -> Self {
        let desktop = RecordingDesktop::default();
        let (status, watched) = watch::channel(Arc::new(snapshot));
        let (requests, asked) = mpsc::channel(4);
        let (told, orders) = mpsc::unbounded_channel();
        let (notices, switch) = watch::channel(true);
        let stop = CancellationToken::new();
        let started = Instant::now();
        let clock = move || sample::start() + SignedDuration::try_from(started.elapsed()).unwrap();
        let asleep = Arc::new(Mutex::new(Duration::from_secs(7_000)));
        let sleep_clock = Arc::clone(&asleep);
        let ear = Ear { orders: told, deaf };
        let presenter =
            Presenter::with_status(watched, ear, desktop.clone(), Language::English, NoticePolicy::default())
                .follow_notices(switch)
                .with_wall_clock(clock)
                .with_sleep_clock(move || *sleep_clock.lock().unwrap());
        let run = tokio::spawn(presenter.run(asked, stop.clone()));
        Self { desktop, status, requests, orders, notices, asleep, stop, run }
    }

    /// Puts an endpoint into a state now.
    fn put(&self, id: &str, state: S, at: i64) {
        let mut snapshot = StatusSnapshot::clone(&self.status.borrow());
        sample::put(&mut snapshot, id, state, None);
        let endpoint = snapshot.endpoints.iter_mut().find(|one| one.id.as_str() == id).unwrap();
        endpoint.since = sample::start() + SignedDuration::from_secs(at);
        self.status.send(Arc::new(snapshot)).unwrap();
    }

    async fn end(self) {
        self.stop.cancel();
        self.run.await.unwrap();
    }
}

fn notices(told: &[Told]) -> Vec<String> {
    told.iter()
        .filter_map(|told| match told {
            Told::Notice(title) => Some(title.clone()),
            Told::Tray(_) | Told::Window | Told::Check | Told::Quit => None,
        })
        .collect()
}

#[tokio::test(start_paused = true)]
async fn an_outage_and_its_end_reach_tray_and_notices() {
    let scene = Scene::start(sample::of([("pulse", S::Connected)]), false);
    sleep(Duration::from_secs(100)).await;
    assert_eq!(scene.desktop.take(), [Told::Tray("Linekeeper · The connection is up".to_owned())]);

    scene.put("pulse", S::Reconnecting, 100);
    sleep(Duration::from_millis(250)).await;
    let down = "Linekeeper · The connection is down · Pulse: down 0 s, trying now";
    assert_eq!(scene.desktop.take(), [Told::Tray(down.to_owned())]);

    sleep(Duration::from_secs(249)).await;
    let told = scene.desktop.take();
    assert_eq!(notices(&told), ["Pulse is down"]);
    let redrawn = told.len() - 1;
    assert!((20..=125).contains(&redrawn), "drawn {redrawn} times in 250 s");

    advance(Duration::from_millis(750)).await;
    scene.put("pulse", S::Connected, 350);
    sleep(Duration::from_secs(60)).await;
    let told = scene.desktop.take();
    assert_eq!(notices(&told), ["Pulse is back after 4 min 10 s"]);
    assert_eq!(told.len(), 2, "one drawing, one notice: {told:?}");
    scene.end().await;
}

#[tokio::test(start_paused = true)]
async fn what_is_chosen_in_the_menu_is_done_in_order() {
    let mut scene = Scene::start(sample::of([("pulse", S::Connected)]), false);
    let pulse = || Target::One("pulse".parse().unwrap());
    for request in [
        DesktopRequest::OpenWindow,
        DesktopRequest::Pause(pulse()),
        DesktopRequest::Resume(pulse()),
        DesktopRequest::Reconnect(Target::All),
        DesktopRequest::Quit,
    ] {
        scene.requests.send(request).await.unwrap();
    }
    assert_eq!(scene.orders.recv().await.unwrap(), (pulse(), Action::Pause));
    assert_eq!(scene.orders.recv().await.unwrap(), (pulse(), Action::Resume));
    assert_eq!(scene.orders.recv().await.unwrap(), (Target::All, Action::Reconnect));
    // The paused clock moves on only once everybody has nothing left to do.
    sleep(Duration::from_millis(1)).await;
    assert_eq!(scene.desktop.take()[1..], [Told::Window, Told::Quit]);
    scene.end().await;
}

#[tokio::test(start_paused = true)]
async fn an_agent_that_does_not_answer_holds_nothing_up() {
    let scene = Scene::start(sample::of([("pulse", S::Connected)]), true);
    for _ in 0..100 {
        scene.requests.send(DesktopRequest::Reconnect(Target::All)).await.unwrap();
    }
    scene.requests.send(DesktopRequest::OpenWindow).await.unwrap();
    sleep(Duration::from_secs(1)).await;
    assert_eq!(scene.desktop.take().last(), Some(&Told::Window));
    scene.put("pulse", S::Reconnecting, 1);
    sleep(Duration::from_secs(1)).await;
    assert!(!scene.desktop.take().is_empty());
    scene.end().await;
}

#[tokio::test(start_paused = true)]
async fn notices_are_turned_off_and_on_while_it_runs() {
    let scene = Scene::start(sample::of([("pulse", S::Connected)]), false);
    scene.notices.send(false).unwrap();
    scene.put("pulse", S::Reconnecting, 0);
    sleep(Duration::from_secs(300)).await;
    assert!(notices(&scene.desktop.take()).is_empty());
    scene.notices.send(true).unwrap();
    sleep(Duration::from_secs(1)).await;
    assert_eq!(notices(&scene.desktop.take()), ["Pulse is down"]);
    scene.end().await;
}

#[tokio::test(start_paused = true)]
async fn a_night_of_sleep_is_followed_by_a_quiet_minute() {
    for (slept, quiet) in [(8 * 3_600, true), (1, false)] {
        let scene = Scene::start(sample::of([("pulse", S::Connected)]), false);
        sleep(Duration::from_secs(100)).await;
        // Tokio's clock stands still while the computer sleeps, as Linux's does.
        *scene.asleep.lock().unwrap() += Duration::from_secs(slept);
        scene.put("pulse", S::Reconnecting, 100);
        sleep(Duration::from_secs(45)).await;
        assert_eq!(notices(&scene.desktop.take()).is_empty(), quiet, "slept {slept} s");
        sleep(Duration::from_secs(45)).await;
        let told = notices(&scene.desktop.take());
        assert_eq!(told.len(), usize::from(quiet), "what is still down is told then: {told:?}");
        scene.end().await;
    }
}

#[tokio::test(start_paused = true)]
async fn it_goes_on_when_nobody_can_ask_and_ends_with_the_agent() {
    let Scene { desktop, status, requests, notices, run, .. } =
        Scene::start(sample::of([("pulse", S::Connected)]), false);
    drop((requests, notices));
    sleep(Duration::from_secs(5)).await;
    assert_eq!(desktop.take().len(), 1);
    assert!(!run.is_finished());
    drop(status);
    run.await.unwrap();
}
