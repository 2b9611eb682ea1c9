//! The window, through WebDriver, and what is left of it when it is closed.

use std::path::{Path, PathBuf};

use crate::{
    bus::TrayItem,
    endpoints::Endpoints,
    program::{BINARY, Home, Program, descendants, private_dirty, webkit_processes},
    stage::{Parts, Stage, eventually},
    webdriver::Session,
};

/// Where to keep pictures, if they are wanted.
fn screenshots() -> Option<PathBuf> {
    let folder = PathBuf::from(std::env::var_os("LINEKEEPER_SCREENSHOTS")?);
    std::fs::create_dir_all(&folder).ok()?;
    std::fs::canonicalize(folder).ok()
}

const CONNECTED: &str = "return document.querySelectorAll('[data-endpoint] [data-state=\"connected\"], \
                         [data-endpoint][data-state=\"connected\"]').length === 6";

#[test]
fn six_endpoints_are_connected_with_live_data() -> anyhow::Result<()> {
    let stage = Stage::set(Parts::ALL)?;
    let endpoints = Endpoints::start()?;
    let home = Home::with_demo(&stage, endpoints.address())?;
    let session = Session::start(&stage, Path::new(BINARY), &[], &home.environment())?;
    session.wait_for("six cards are connected", CONNECTED)?;
    session.wait_for(
        "the headline is there",
        "return document.querySelector('[data-testid=\"overall\"]')?.innerText",
    )?;
    session.wait_for(
        "market data flows",
        "return /BTC|price_update/.test(document.body.innerText) || \
         Number(document.querySelector('[data-endpoint=\"market\"]')?.dataset.received ?? 0) > 0",
    )?;
    session.end()
}

#[test]
fn a_closed_window_leaves_no_process_and_little_memory() -> anyhow::Result<()> {
    let stage = Stage::set(Parts::ALL)?;
    let endpoints = Endpoints::start()?;
    let home = Home::with_demo(&stage, endpoints.address())?;
    let program = Program::start(&stage, &home, &["--hidden"])?;
    let item = TrayItem::of(&stage, program.pid())?;
    assert_eq!(
        descendants(program.pid()),
        [0; 0],
        "nothing of a webview before the first window"
    );
    for _ in 0..3 {
        item.activate()?;
        eventually("the window is on the screen", || {
            stage.windows().ok().filter(|windows| windows.len() == 1)
        })?;
        stage.close_window()?;
        eventually("the webview's processes are gone", || {
            webkit_processes(program.pid()).is_empty().then_some(())
        })?;
        assert!(
            !home.path().join("run/window-on-its-way").exists(),
            "the page came alive"
        );
    }
    let kib = private_dirty(program.pid())?;
    assert!(
        kib <= 45 * 1024,
        "private dirty memory with the window closed: {kib} KiB"
    );
    Ok(())
}
