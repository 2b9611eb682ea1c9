//! Checks as the agent and the command line make them, against servers of this computer.

use std::{collections::BTreeMap, path::Path, time::Duration};

use diagnostics::{History, bundle::Bundle, redact::Level};
use model::{
    Language,
    check::{CheckEvent, FindingCode, Mode, Report, VerdictClass},
};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use super::{Checked, Checking, Desk, DiagnoseRequest, Ground, HISTORY_FILE, Terrain, Way, here::Lately};
use crate::{
    handle::AgentError,
    paths::{Environment, Paths},
    settings::{EndpointSettings, Loaded, Settings, SettingsStore},
};

/// A server that takes connections and never says anything.
async fn mute() -> (TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("ws://127.0.0.1:{}/live?token=query-canary", listener.local_addr().unwrap().port());
    (listener, url)
}

fn paths(home: &Path) -> Paths {
    let paths = Paths::under(home);
    paths.ensure().unwrap();
    paths
}

fn load(paths: &Paths, config: &str, environment: &Environment) -> Loaded {
    std::fs::write(&paths.config_file, config).unwrap();
    SettingsStore::with_managed(paths, paths.data.join("none.json"), environment.clone()).load()
}

fn ground(endpoints: Vec<EndpointSettings>, paths: &Paths, environment: &Environment) -> Ground {
    Ground {
        endpoints,
        controls: Vec::new(),
        environment: environment.clone(),
        way: Way::default(),
        rules: Settings::default().diagnostics,
        mode: Mode::Quick,
        limit: Duration::from_millis(300),
        agent: None,
        paths: paths.clone(),
    }
}

fn texts(bundle: &Bundle) -> String {
    bundle.files().iter().map(|file| file.text.as_str()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bundle_of_a_check_holds_report_and_settings_and_no_secret() {
    let home = tempfile::tempdir().unwrap();
    let paths = paths(home.path());
    let (_mute, url) = mute().await;
    let environment: Environment = [("FEED_TOKEN".to_owned(), "b3arer-canary".to_owned())].into();
    let config = serde_json::json!({ "websocket": { "connections": { "feed": {
        "url": url,
        "auth": { "bearer": { "env": "FEED_TOKEN" } },
        "headers": { "X-Api-Key": "header-canary" },
    } } } });
    let loaded = load(&paths, &config.to_string(), &environment);
    std::fs::write(paths.logs.join("agent.log"), "started\nasked with b3arer-canary\n").unwrap();
    let (history, _) = History::open(&paths.data.join(HISTORY_FILE)).unwrap();
    let checked: Checked = ground(loaded.settings.endpoints.clone(), &paths, &environment)
        .check(Some(&history), None, CancellationToken::new())
        .await;
    assert_eq!(checked.report.verdict.class, VerdictClass::Incomplete);
    for level in [Level::Full, Level::Standard, Level::Strict] {
        let bundle =
            checked.support(&loaded, Some(history.clone())).bundle(level, Language::English).unwrap();
        let names: Vec<&str> = bundle.files().iter().map(|file| file.name.as_str()).collect();
        for name in
            ["summary.txt", "report.json", "report.html", "config.json", "history.json", "environment.json"]
        {
            assert!(names.contains(&name), "{name} is missing in {names:?}");
        }
        let text = texts(&bundle);
        assert!(text.contains(&checked.report.reference) && text.contains("\"feed\""));
        assert!(!text.contains("canary"), "{level:?}");
        bundle.write(&home.path().join("support.zip")).unwrap();
    }
}

#[tokio::test]
async fn an_endpoint_without_its_secret_is_not_dialed_and_says_so() {
    let home = tempfile::tempdir().unwrap();
    let paths = paths(home.path());
    let (listener, url) = mute().await;
    let config = serde_json::json!({ "websocket": { "connections": { "feed": {
        "url": url,
        "auth": { "bearer": { "env": "NOT_SET" } },
    } } } });
    let loaded = load(&paths, &config.to_string(), &Environment::new());
    let ground = ground(loaded.settings.endpoints, &paths, &Environment::new());
    let checked = ground.check(None, None, CancellationToken::new()).await;
    assert_eq!(checked.report.verdict.primary, Some(FindingCode::Cf03), "{:?}", checked.report.verdict);
    let knocked = tokio::time::timeout(Duration::from_millis(50), listener.accept()).await;
    assert!(knocked.is_err(), "nobody asks in anybody's name without the credential");
}

fn request() -> DiagnoseRequest {
    DiagnoseRequest { endpoints: Vec::new(), mode: Mode::Quick, trigger: model::check::Trigger::Window }
}

fn terrain(endpoint: EndpointSettings, paths: &Paths) -> Terrain {
    Terrain {
        endpoints: vec![(endpoint, None)],
        controls: Vec::new(),
        dialer: dial::Dialer::new(),
        environment: Environment::new(),
        status: None,
        asked: BTreeMap::new(),
        lately: Lately::default(),
        data: paths.data.clone(),
        rules: Settings::default().diagnostics,
    }
}

/// A desk, an endpoint that keeps every check waiting, and the server behind it.
struct Waiting {
    desk: Desk,
    paths: Paths,
    endpoint: EndpointSettings,
    mute: TcpListener,
    _home: TempDir,
}

impl Waiting {
    async fn set() -> Self {
        let home = tempfile::tempdir().unwrap();
        let paths = paths(home.path());
        let (mute, url) = mute().await;
        let endpoint = EndpointSettings::by_hand(&url, &[]).unwrap();
        let desk = Desk::of(paths.clone(), Environment::new(), None);
        Self { desk, paths, endpoint, mute, _home: home }
    }

    fn ask(&self, mode: Mode, stop: &CancellationToken) -> Result<Checking, AgentError> {
        let request = DiagnoseRequest { mode, ..request() };
        self.desk.ask(&request, terrain(self.endpoint.clone(), &self.paths), stop.child_token())
    }
}

/// The id of a check under way.
async fn begun(checking: &mut Checking) -> String {
    match checking.next().await {
        Some(CheckEvent::Progress(progress)) => progress.run_id,
        other => panic!("{other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_check_that_nobody_listens_to_any_more_ends_and_stands_in_nobodys_way() {
    let scene = Waiting::set().await;
    let stop = CancellationToken::new();
    assert_eq!(scene.desk.last().await, None);
    let mut first = scene.ask(Mode::Quick, &stop).unwrap();
    let run = begun(&mut first).await;
    drop(first);
    let mut second = scene.ask(Mode::Deep, &stop).expect("the place of a check that ends is not kept for it");
    assert_ne!(begun(&mut second).await, run);
    let last: Report = scene.desk.last().await.expect("what was done is kept");
    assert_eq!((last.run_id, last.verdict.class), (run, VerdictClass::Incomplete));
    drop(second);
    tokio::time::timeout(Duration::from_secs(10), scene.desk.end())
        .await
        .expect("a dropped check ends, and is waited for");
    assert!(!scene.desk.cancel(), "there is none");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_asks_for_the_same_shares_the_check_and_who_asks_for_another_hears_its_id() {
    let scene = Waiting::set().await;
    let stop = CancellationToken::new();
    let mut first = scene.ask(Mode::Quick, &stop).unwrap();
    let run = begun(&mut first).await;
    let mut second = scene.ask(Mode::Quick, &stop).unwrap();
    assert_eq!(begun(&mut second).await, run, "from its first step on");
    let refused = scene.ask(Mode::Deep, &stop).unwrap_err();
    assert_eq!(refused, AgentError::CheckRunning { run: run.clone() });
    let mut mended = scene.endpoint.clone();
    mended.health_url = Some("http://127.0.0.1:9/".parse().unwrap());
    let other = scene.desk.ask(&request(), terrain(mended, &scene.paths), stop.child_token());
    assert!(refused.body().detail.contains(&run) && other.is_err(), "as it is set now, it is another one");

    drop(first);
    assert!(scene.desk.cancel(), "who is left goes on listening");
    let third = scene.ask(Mode::Quick, &stop).expect("nobody joins what is ending");
    let report = second.report().await.expect("a report of what was done");
    assert_eq!((report.run_id, report.verdict.class), (run.clone(), VerdictClass::Incomplete));
    scene.desk.cancel();
    assert_ne!(third.report().await.expect("another one").run_id, run);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_check_that_is_cancelled_still_reports() {
    let scene = Waiting::set().await;
    let stop = CancellationToken::new();
    let checking = scene.ask(Mode::Quick, &stop).unwrap();
    let _held = scene.mute.accept().await.unwrap();
    stop.cancel();
    let report = checking.report().await.expect("a report");
    assert!(report.steps.iter().any(|step| step.status == model::check::StepStatus::Cancelled));
}

#[test]
fn a_damaged_history_costs_nothing_but_the_comparison() {
    let home = tempfile::tempdir().unwrap();
    let paths = paths(home.path());
    std::fs::write(paths.data.join(HISTORY_FILE), [0x55; 9_000]).unwrap();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let desk = Desk::of(paths.clone(), Environment::new(), None);
    assert_eq!(runtime.block_on(desk.last()), None);
    let kept = std::fs::read_dir(&paths.data).unwrap().flatten();
    assert!(kept.map(|file| file.file_name()).any(|name| name.to_string_lossy().contains("damaged")));
}
