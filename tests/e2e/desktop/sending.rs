//! Messages that leave through the window: the way from the page to the buffer and back.

use std::path::Path;

use crate::{
    endpoints::Endpoints,
    program::{BINARY, Home},
    stage::{Parts, Stage},
    webdriver::Session,
};

/// Writes into the open connection's box, as a person's keys would, and presses the button.
const WRITE: &str = r#"
    const box = document.querySelector('textarea');
    box.value = '{"type":"ping"}';
    box.dispatchEvent(new Event('input', { bubbles: true }));
    setTimeout(() => document.querySelector('form button[type="submit"]').click(), 100);
"#;

/// A window whose hub is connected.
fn window(stage: &Stage, home: &Home) -> anyhow::Result<Session> {
    let session = Session::start(stage, Path::new(BINARY), &[], &home.environment())?;
    session.wait_for(
        "the hub is connected",
        "return document.querySelector('[data-endpoint=\"hub\"]')?.dataset.state === 'connected'",
    )?;
    Ok(session)
}

#[test]
fn a_message_written_in_the_window_is_delivered_and_dead_letters_are_looked_after() -> anyhow::Result<()> {
    let stage = Stage::set(Parts::ALL)?;
    let endpoints = Endpoints::start()?;
    let home = Home::with_demo(&stage, endpoints.address())?;
    let session = window(&stage, &home)?;
    session.click("a.sending")?;
    session.script("document.querySelector('#sending-hub').click()")?;
    session.wait_for("the box", "return document.querySelector('textarea') !== null")?;
    session.script(WRITE)?;
    session.wait_for(
        "it is delivered",
        "return document.querySelector('[data-stage]')?.dataset.stage === 'delivered'",
    )?;

    let invoke = |call: &str| {
        let call = format!("window.__TAURI_INTERNALS__.invoke({call})");
        session.script(&format!("return {call}.then(JSON.stringify, error => error.code)"))
    };
    assert_eq!(invoke("'dead_letters', {endpoint: 'hub'}")?, "[]");
    assert_eq!(invoke("'retry_dead', {endpoint: 'hub', id: 'm-1'}")?, "unknown_message");
    assert_eq!(invoke("'delete_dead', {endpoint: 'hub', id: 'two words'}")?, "bad_request");
    assert_eq!(invoke("'delete_dead', {endpoint: 'hub', id: null}")?, "null");
    assert_eq!(invoke("'send', {endpoint: 'nobody', id: 'm-1', text: 'x'}")?, "unknown_endpoint");
    let file = invoke("'export_dead', {endpoint: 'hub'}")?;
    let file: String = serde_json::from_str(file.as_str().unwrap_or_default())?;
    assert!(file.contains("/linekeeper-hub-dead-") && Path::new(&file).is_file(), "{file}");
    session.end()
}

/// Opens the list, and looks into its second message.
const LOOK: &str = r#"
    document.querySelector('[data-testid="waiting-list"] summary').click();
    const look = setInterval(() => {
        const rows = document.querySelectorAll('[data-testid="waiting-list"] li');
        if (rows.length < 3) return;
        clearInterval(look);
        rows[1].querySelector('button').click();
    }, 50);
"#;

/// Throws the second message away, and says yes.
const DELETE: &str = r#"
    document.querySelectorAll('[data-testid="waiting-list"] li')[1].querySelector('button.danger').click();
    document.querySelector('[data-testid="agree"]').click();
"#;

#[test]
fn messages_that_wait_are_listed_looked_into_and_thrown_away() -> anyhow::Result<()> {
    let stage = Stage::set(Parts::ALL)?;
    let endpoints = Endpoints::start()?;
    let home = Home::with_demo(&stage, endpoints.address())?;
    let session = window(&stage, &home)?;
    let invoke = |call: &str| {
        let call = format!("window.__TAURI_INTERNALS__.invoke({call})");
        session.script(&format!("return {call}.then(JSON.stringify, error => error.code)"))
    };
    invoke("'control', {action: 'pause', endpoint: 'hub'}")?;
    session.wait_for(
        "the hub is paused",
        "return document.querySelector('[data-endpoint=\"hub\"]')?.dataset.reason === 'paused'",
    )?;
    for number in 1..=3 {
        invoke(&format!("'send', {{endpoint: 'hub', id: 'm-{number}', text: 'body {number}'}}"))?;
    }
    session.click("a.sending")?;
    session.script("document.querySelector('#sending-hub').click()")?;
    session
        .wait_for("the list", "return document.querySelector('[data-testid=\"waiting-list\"]') !== null")?;
    session.script(LOOK)?;
    session.wait_for(
        "the body is read",
        "return document.querySelector('[data-testid=\"waiting-list\"] pre')?.textContent === 'body 2'",
    )?;
    session.script(DELETE)?;
    session.wait_for(
        "the others are left",
        "return [...document.querySelectorAll('[data-testid=\"waiting-list\"] li bdi')].map(id => id.textContent).join() \
         === 'm-1,m-3'",
    )?;
    assert_eq!(invoke("'waiting_head', {endpoint: 'hub', seq: 999}")?, "null");
    assert_eq!(invoke("'discard_waiting', {endpoint: 'hub', id: 'm-2'}")?, "unknown_message");
    assert_eq!(invoke("'waiting_messages', {endpoint: 'nobody', after: 0}")?, "unknown_endpoint");
    session.end()
}
