//! Notices, read back from the notification daemon.

use std::path::Path;

use anyhow::Context as _;
use serde_json::Value;

use crate::{
    bus::TrayItem,
    endpoints::Endpoints,
    program::{BINARY, Home, Program},
    stage::{Parts, Stage},
    webdriver::Session,
};

/// One notice as the daemon keeps it.
#[derive(Debug)]
struct Shown {
    app: String,
    summary: String,
    body: String,
    urgency: String,
    icon: String,
}

/// What the daemon shows or has shown, oldest first.
fn shown(stage: &Stage) -> anyhow::Result<Vec<Shown>> {
    // The history holds what is closed; what still stands is closed into it.
    stage.output("dunstctl", &["close-all"])?;
    let history: Value = serde_json::from_str(&stage.output("dunstctl", &["history"])?)?;
    let entries = history["data"][0].as_array().context("a history")?;
    let text = |entry: &Value, field: &str| entry[field]["data"].as_str().unwrap_or_default().to_owned();
    let mut shown: Vec<Shown> = entries
        .iter()
        .map(|entry| Shown {
            app: text(entry, "appname"),
            summary: text(entry, "summary"),
            body: text(entry, "body"),
            urgency: text(entry, "urgency"),
            icon: text(entry, "icon_path"),
        })
        .collect();
    shown.reverse();
    Ok(shown)
}

#[test]
fn an_outage_and_the_recovery_are_told_once_each() -> anyhow::Result<()> {
    let stage = Stage::set(Parts::ALL)?;
    let endpoints = Endpoints::start()?;
    let home = Home::with_demo(&stage, endpoints.address())?;
    let program = Program::start(&stage, &home, &["--hidden"])?;
    let item = TrayItem::of(&stage, program.pid())?;
    stage.eventually("all six are connected", || item.tooltip().ok().filter(|text| text.contains('6')))?;
    assert!(shown(&stage)?.is_empty(), "all is well: nothing to say");

    let address = endpoints.stop();
    let told =
        stage.eventually("the outage is told", || shown(&stage).ok().filter(|shown| !shown.is_empty()))?;
    let [outage] = &told[..] else { anyhow::bail!("one notice for six endpoints of one server: {told:?}") };
    assert_eq!(outage.app, "Linekeeper");
    assert_ne!(outage.urgency, "LOW", "{outage:?}");
    assert!(outage.icon.ends_with("linekeeper.png"), "{outage:?}");
    let port = address.port().to_string();
    // What the check made just before it found, in the words of its verdict.
    assert!(outage.body.contains("no program") && outage.body.contains(&port), "{outage:?}");

    let _endpoints = Endpoints::start_on(address)?;
    let told =
        stage.eventually("the recovery is told", || shown(&stage).ok().filter(|shown| shown.len() > 1))?;
    let [_, recovery] = &told[..] else { anyhow::bail!("one notice for the recovery: {told:?}") };
    assert_ne!(recovery.summary, outage.summary, "{told:?}");
    let words = format!("{} {}", recovery.summary, recovery.body);
    assert!(words.contains(" s") || words.contains("min"), "how long it was down: {words}");
    Ok(())
}

#[test]
fn where_no_notice_can_be_shown_the_window_says_so() -> anyhow::Result<()> {
    let stage = Stage::set(Parts::NO_BUS)?;
    let endpoints = Endpoints::start()?;
    let home = Home::with_demo(&stage, endpoints.address())?;
    let session = Session::start(&stage, Path::new(BINARY), &[], &home.environment())?;
    let banner = "document.querySelector('[data-code=\"notifications_unavailable\"]')";
    session.wait_for(
        "six cards, and nothing was refused yet",
        &format!("return document.querySelectorAll('[data-endpoint]').length === 6 && {banner} === null"),
    )?;
    endpoints.stop();
    session.wait_for("a notice was refused", &format!("return {banner} !== null"))?;
    session.end()
}
