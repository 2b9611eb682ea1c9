//! Checks as the agent and the command line make them, against servers of this computer.

use std::{collections::BTreeMap, path::Path, time::Duration};

use diagnostics::{History, bundle::Bundle, redact::Level};
use model::{
    Language,
    check::{FindingCode, Mode, Report, VerdictClass},
};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use super::{Checked, Desk, DiagnoseRequest, Ground, HISTORY_FILE, Terrain, Way, here::Lately};
use crate::{
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

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_desk_has_one_place_which_is_free_again_when_its_check_is_dropped() {
    let home = tempfile::tempdir().unwrap();
    let paths = paths(home.path());
    let (_mute, url) = mute().await;
    let endpoint = EndpointSettings::by_hand(&url, &[]).unwrap();
    let desk = Desk::of(paths.clone(), Environment::new());
    assert_eq!(desk.last().await, None);
    let place = desk.take_place().unwrap();
    assert!(desk.take_place().is_none());
    let checking = desk.begin(place, &request(), terrain(endpoint, &paths), CancellationToken::new());
    drop(checking);
    tokio::time::timeout(Duration::from_secs(10), desk.end())
        .await
        .expect("a dropped check ends, and is waited for");
    assert!(desk.take_place().is_some());
    let last: Report = desk.last().await.expect("what was done is kept");
    assert_eq!(last.verdict.class, VerdictClass::Incomplete);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_check_that_is_cancelled_still_reports() {
    let home = tempfile::tempdir().unwrap();
    let paths = paths(home.path());
    let (mute, url) = mute().await;
    let endpoint = EndpointSettings::by_hand(&url, &[]).unwrap();
    let desk = Desk::of(paths.clone(), Environment::new());
    let stop = CancellationToken::new();
    let place = desk.take_place().unwrap();
    let checking = desk.begin(place, &request(), terrain(endpoint, &paths), stop.child_token());
    let _held = mute.accept().await.unwrap();
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
    let desk = Desk::of(paths.clone(), Environment::new());
    assert_eq!(runtime.block_on(desk.last()), None);
    let kept = std::fs::read_dir(&paths.data).unwrap().flatten();
    assert!(kept.map(|file| file.file_name()).any(|name| name.to_string_lossy().contains("damaged")));
}
