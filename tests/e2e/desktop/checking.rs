//! Checks from the tray and in the window: begun, read, copied, saved.

use std::{
    io::{Read as _, Write as _},
    net::TcpStream,
    path::Path,
};

use anyhow::Context as _;
use serde_json::Value;

use crate::{
    bus::TrayItem,
    endpoints::Endpoints,
    program::{self, BINARY, Home, Program},
    stage::{Parts, Stage},
    webdriver::Session,
};

const SIX_CONNECTED: &str =
    "return document.querySelectorAll('[data-endpoint][data-state=\"connected\"]').length === 6";
const ALL_WELL: &str =
    "return document.querySelector('[data-testid=\"check-verdict\"]')?.dataset.class === 'ok'";

/// Chooses the tray's entry that checks.
fn ask_the_tray(item: &TrayItem) -> anyhow::Result<()> {
    let row = item.menu()?.into_iter().find(|row| row.label.contains("diagnostics"));
    item.choose(&row.context("an entry")?)
}

/// The newest report, from the gateway.
fn last_check(home: &Home) -> Option<Value> {
    let file = std::fs::read(home.path().join("run/gateway.json")).ok()?;
    let file: Value = serde_json::from_slice(&file).ok()?;
    let (host, token) = (file["url"].as_str()?.trim_start_matches("http://"), file["token"].as_str()?);
    let mut stream = TcpStream::connect(host).ok()?;
    write!(
        stream,
        "GET /v1/diagnostics/last HTTP/1.0\r\nHost: {host}\r\nAuthorization: Bearer {token}\r\n\r\n"
    )
    .ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    serde_json::from_str(answer.split_once("\r\n\r\n")?.1).ok()
}

#[test]
fn the_trays_entry_opens_the_window_and_a_check_runs_to_its_end() -> anyhow::Result<()> {
    let stage = Stage::set(Parts::ALL)?;
    let endpoints = Endpoints::start()?;
    let home = Home::with_demo(&stage, endpoints.address())?;
    let program = Program::start(&stage, &home, &["--hidden"])?;
    let item = TrayItem::of(&stage, program.pid())?;
    stage.eventually("all six are connected", || item.tooltip().ok().filter(|text| text.contains('6')))?;
    assert!(last_check(&home).is_none() && stage.windows()?.is_empty());
    ask_the_tray(&item)?;
    stage.eventually("the window is on the screen", || {
        stage.windows().ok().filter(|windows| windows.len() == 1)
    })?;
    let report = stage.eventually("a check was made", || last_check(&home))?;
    assert_eq!(
        (&report["trigger"], &report["verdict"]["class"]),
        (&"tray".into(), &"ok".into()),
        "{report:#}"
    );
    assert_eq!(report["endpoints"].as_array().map(Vec::len), Some(6));
    Ok(())
}

#[test]
fn a_check_in_the_window_is_read_copied_and_saved() -> anyhow::Result<()> {
    let stage = Stage::set(Parts::ALL)?;
    let endpoints = Endpoints::start()?;
    let home = Home::with_demo(&stage, endpoints.address())?;
    let session = Session::start(&stage, Path::new(BINARY), &[], &home.environment())?;
    session.wait_for("six cards are connected", SIX_CONNECTED)?;
    // The window is open: the tray leads it to the page.
    ask_the_tray(&TrayItem::of(&stage, program::of_home(home.path())?)?)?;
    session.wait_for("the answer", ALL_WELL)?;
    session.click("[data-testid=\"check-run\"]")?;
    session.wait_for(
        "a second check began",
        "return document.querySelector('[data-testid=\"check-verdict\"]') === null",
    )?;
    session.wait_for("the answer again", ALL_WELL)?;

    session.click("[data-testid=\"check-verdict\"] footer button")?;
    session.wait_for(
        "it is copied",
        "return /clipboard/.test(document.querySelector('[data-testid=\"check-verdict\"] [role=\"status\"]').textContent)",
    )?;
    session.click("a.messages")?;
    session.wait_for("the filter", "return document.querySelector('input[type=\"search\"]') !== null")?;
    session.script("document.querySelector('input[type=\"search\"]').focus()")?;
    let window = stage.windows()?.pop().context("no window")?;
    stage.output("xdotool", &["windowactivate", "--sync", &window, "key", "--clearmodifiers", "ctrl+v"])?;
    session.wait_for(
        "what was copied is pasted",
        "return /OK-01/.test(document.querySelector('input[type=\"search\"]').value)",
    )?;

    let report = last_check(&home).context("a report")?;
    let run = report["run_id"].as_str().context("an id")?;
    let invoke = |call: &str| {
        let call = format!("window.__TAURI_INTERNALS__.invoke({call})");
        session.script(&format!("return {call}.then(JSON.stringify, error => error.code)"))
    };
    let files = invoke(&format!("'bundle_files', {{run: '{run}', privacy: 'strict'}}"))?;
    let files: Vec<Value> = serde_json::from_str(files.as_str().unwrap_or_default())?;
    let environment = files.iter().find(|file| file["name"] == "environment.json").context("a file")?;
    let environment: Value = serde_json::from_str(environment["text"].as_str().unwrap_or_default())?;
    assert_eq!((&environment["tray"], &environment["notifications"]), (&"ok".into(), &"ok".into()));
    assert!(environment["webview"].is_string(), "{environment:#}");
    let saves = [
        format!("'save_bundle', {{run: '{run}', privacy: 'strict', without: ['history.json']}}"),
        format!("'save_check', {{run: '{run}', language: 'fa'}}"),
    ];
    for save in saves {
        let place = invoke(&save)?;
        let place: String = serde_json::from_str(place.as_str().unwrap_or_default())
            .with_context(|| format!("{save}: {place}"))?;
        let mode = std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(&place)?.permissions());
        assert_eq!(mode & 0o777, 0o600, "{place}");
    }
    assert_eq!(invoke("'check_text', {run: 'nothing', kind: 'it', language: 'en'}")?, "unknown_check");
    assert_eq!(invoke("'cancel_check'")?, "null");
    session.end()
}
