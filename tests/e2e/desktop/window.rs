//! The window, through WebDriver, and what is left of it when it is closed.

use std::path::Path;

use anyhow::Context as _;

use crate::{
    bus::TrayItem,
    endpoints::Endpoints,
    program::{self, BINARY, Home, Program, descendants, private_dirty, webkit_processes},
    stage::{Parts, Stage},
    webdriver::Session,
};

const SIX_CONNECTED: &str =
    "return document.querySelectorAll('[data-endpoint][data-state=\"connected\"]').length === 6";
const OVERALL: &str =
    "return document.querySelector('[data-testid=\"overall\"]')?.dataset.state === 'connected'";
const NO_TRAY: &str = "return document.querySelector('[data-code=\"tray_unavailable\"]') !== null";

#[test]
fn six_endpoints_are_connected_with_live_data() -> anyhow::Result<()> {
    let stage = Stage::set(Parts::ALL)?;
    let endpoints = Endpoints::start()?;
    let home = Home::with_demo(&stage, endpoints.address())?;
    let session = Session::start(&stage, Path::new(BINARY), &[], &home.environment())?;
    session.wait_for("six cards are connected", SIX_CONNECTED)?;
    session.wait_for("the window as a whole says so", OVERALL)?;
    session.click("a.messages")?;
    session.wait_for(
        "prices arrive",
        "return /BTC/.test(document.querySelector('[data-testid=\"message-list\"]')?.innerText ?? '')",
    )?;
    session.click("a.overview")?;
    let address = endpoints.stop();
    session.wait_for(
        "the outage shows",
        "return document.querySelectorAll('[data-endpoint][data-state=\"reconnecting\"]').length === 6",
    )?;
    let _endpoints = Endpoints::start_on(address)?;
    session.wait_for("six cards are connected again", SIX_CONNECTED)?;
    session.end()
}

#[test]
fn the_page_may_call_our_commands_and_reach_nothing_else() -> anyhow::Result<()> {
    let stage = Stage::set(Parts::ALL)?;
    let endpoints = Endpoints::start()?;
    let home = Home::with_demo(&stage, endpoints.address())?;
    let session = Session::start(&stage, Path::new(BINARY), &[], &home.environment())?;
    session.wait_for("six cards are connected", SIX_CONNECTED)?;
    let ask = |call: &str| {
        session.script(&format!("return {call}.then(() => 'allowed', error => JSON.stringify(error))"))
    };
    let invoke = |command: &str| ask(&format!("window.__TAURI_INTERNALS__.invoke({command})"));
    assert_eq!(invoke("'desktop_info'")?, "allowed");
    let unknown = invoke("'control', {action: 'pause', endpoint: 'nobody'}")?;
    assert!(unknown.as_str().is_some_and(|error| error.contains("unknown_endpoint")), "{unknown}");
    for core in ["plugin:window|create", "plugin:webview|create_webview_window", "plugin:event|listen"] {
        let refused = invoke(&format!("'{core}', {{}}"))?;
        assert!(refused.as_str().is_some_and(|error| error.contains("not allowed")), "{core}: {refused}");
    }
    let gateway = format!("fetch('http://{}/')", endpoints.address());
    assert_ne!(ask(&gateway)?, "allowed", "the page's policy lets it reach the network");
    assert_eq!(session.script("return typeof window.__TAURI__")?, "undefined");
    session.end()
}

#[test]
fn without_a_tray_host_the_window_says_so_and_cannot_be_lost() -> anyhow::Result<()> {
    let mut stage = Stage::set(Parts::NO_TRAY)?;
    let endpoints = Endpoints::start()?;
    let home = Home::with_demo(&stage, endpoints.address())?;
    let session = Session::start(&stage, Path::new(BINARY), &[], &home.environment())?;
    session.wait_for("the banner", NO_TRAY)?;
    stage.close_window()?;
    stage.eventually("the window is minimized", || stage.windows().ok().filter(Vec::is_empty))?;
    session.wait_for("its page is still there", SIX_CONNECTED)?;

    stage.start_panel()?;
    session.wait_for(
        "the banner is gone, and Quit with it",
        "return document.querySelector('[data-testid=\"problems\"], [data-testid=\"quit\"]') === null",
    )?;
    stage.end("xfce4-panel")?;
    session.wait_for("the banner again", NO_TRAY)
}

#[test]
fn without_a_tray_host_the_window_can_end_the_program() -> anyhow::Result<()> {
    let stage = Stage::set(Parts::NO_TRAY)?;
    let endpoints = Endpoints::start()?;
    let home = Home::with_demo(&stage, endpoints.address())?;
    let session = Session::start(&stage, Path::new(BINARY), &[], &home.environment())?;
    session.wait_for("the banner", NO_TRAY)?;
    let pid = program::of_home(home.path())?;
    // By script: the program may be gone before a driver's click is answered.
    let _ = session.script("document.querySelector('[data-testid=\"quit\"]').click()");
    stage.eventually("it ends", || (!program::is_alive(pid)).then_some(()))?;
    assert!(!home.path().join("run/gateway.json").exists(), "in order");
    Ok(())
}

#[test]
fn the_language_of_the_environment_is_the_windows_too() -> anyhow::Result<()> {
    let stage = Stage::set(Parts::ALL)?;
    let endpoints = Endpoints::start()?;
    let home = Home::with_demo(&stage, endpoints.address())?;
    let mut environment = home.environment();
    environment.push(("LINEKEEPER_LANGUAGE", "fa".to_owned()));
    let session = Session::start(&stage, Path::new(BINARY), &[], &environment)?;
    session.wait_for(
        "the page is Persian",
        "return document.documentElement.lang === 'fa' && document.documentElement.dir === 'rtl'",
    )?;
    let item = TrayItem::of(&stage, program::of_home(home.path())?)?;
    let quit = || item.menu().ok()?.pop().filter(|row| row.label.contains("خروج"));
    stage.eventually("the menu is Persian", quit)?;
    session.end()
}

#[test]
fn the_context_menu_is_left_where_there_is_something_to_copy_or_paste() -> anyhow::Result<()> {
    let stage = Stage::set(Parts::ALL)?;
    let endpoints = Endpoints::start()?;
    let home = Home::with_demo(&stage, endpoints.address())?;
    let session = Session::start(&stage, Path::new(BINARY), &[], &home.environment())?;
    session.wait_for("six cards are connected", SIX_CONNECTED)?;
    let has_menu = |selector: &str| {
        session.script(&format!(
            "return document.querySelector('{selector}')\
             .dispatchEvent(new MouseEvent('contextmenu', {{bubbles: true, cancelable: true}}))"
        ))
    };
    assert_eq!(has_menu("h1")?, false);
    assert_eq!(has_menu("nav a")?, false);
    session.script(
        "window.copied = ''; document.addEventListener('copy', () => copied = getSelection().toString()); \
         getSelection().selectAllChildren(document.querySelector('h1'))",
    )?;
    assert_eq!(has_menu("h1")?, true);
    assert_eq!(has_menu("nav a")?, false, "the selection is elsewhere");
    let window = stage.windows()?.pop().context("no window")?;
    stage.output("xdotool", &["windowactivate", "--sync", &window, "key", "--clearmodifiers", "ctrl+c"])?;
    session.wait_for("the keyboard copies the selected text", "return /connections/.test(copied)")?;
    session.click("a.messages")?;
    session.wait_for("the filter", "return document.querySelector('input[type=\"search\"]') !== null")?;
    assert_eq!(has_menu("input")?, true);
    session.end()
}

#[test]
fn a_hidden_start_without_a_tray_host_ends_up_in_the_task_bar() -> anyhow::Result<()> {
    let stage = Stage::set(Parts::NO_TRAY)?;
    let endpoints = Endpoints::start()?;
    let home = Home::with_demo(&stage, endpoints.address())?;
    let program = Program::start(&stage, &home, &["--hidden"])?;
    stage.eventually("a window", || (!webkit_processes(program.pid()).is_empty()).then_some(()))?;
    assert!(stage.windows()?.is_empty(), "nobody asked for it: it stays out of the way");
    Program::second(&stage, &home, &[])?;
    stage.eventually("the window is on the screen", || {
        stage.windows().ok().filter(|windows| windows.len() == 1)
    })?;
    Ok(())
}

#[test]
fn a_closed_window_leaves_no_process_and_little_memory() -> anyhow::Result<()> {
    let stage = Stage::set(Parts::ALL)?;
    let endpoints = Endpoints::start()?;
    let home = Home::with_demo(&stage, endpoints.address())?;
    let program = Program::start(&stage, &home, &["--hidden"])?;
    let item = TrayItem::of(&stage, program.pid())?;
    assert_eq!(descendants(program.pid()), [0; 0], "nothing of a webview before the first window");
    for _ in 0..3 {
        item.activate()?;
        stage.eventually("the window is on the screen", || {
            stage.windows().ok().filter(|windows| windows.len() == 1)
        })?;
        stage.close_window()?;
        stage.eventually("the webview's processes are gone", || {
            webkit_processes(program.pid()).is_empty().then_some(())
        })?;
        assert!(!home.path().join("run/window-on-its-way").exists(), "the page came alive");
    }
    let kib = private_dirty(program.pid())?;
    println!("private dirty memory with the window closed: {kib} KiB");
    assert!(kib <= 45 * 1024, "private dirty memory with the window closed: {kib} KiB");
    Ok(())
}

#[test]
fn a_page_whose_process_died_comes_back() -> anyhow::Result<()> {
    let stage = Stage::set(Parts::ALL)?;
    let endpoints = Endpoints::start()?;
    let home = Home::with_demo(&stage, endpoints.address())?;
    let program = Program::start(&stage, &home, &[])?;
    let mark = home.path().join("run/window-on-its-way");
    let alive = || {
        let page = program::named(program.pid(), "WebKitWebProces").first().copied()?;
        (!mark.exists() && stage.windows().ok()?.len() == 1).then_some(page)
    };
    let first = stage.eventually("the page is alive", alive)?;
    program::kill(first)?;
    let second = stage.eventually("another page is alive", || alive().filter(|page| *page != first))?;
    assert_ne!(first, second);
    Ok(())
}
