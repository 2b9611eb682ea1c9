//! Pictures of what a person sees, for the documentation and for whoever changed it to look at.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::Context as _;

use crate::{
    bus::TrayItem,
    endpoints::Endpoints,
    program::{Home, Program},
    stage::{Parts, Stage},
};

/// The part of the panel that holds the tray, and where a notice appears below it.
const TRAY: &str = "360x30+624+0";
const NOTICE: &str = "392x130+592+38";

/// Room for the window in its own size, and for a notice beside it.
const DESK: &str = "1440x860x24";
const WALLPAPER: &[&str] = &["-size", "1440x860", "-window", "root", "gradient:#4a6a8f-#a9c3d6"];

/// Name, theme, language and desktop of each picture of the window.
const LOOKS: [(&str, &str, &str, Parts); 6] = [
    ("light", "Adwaita", "en", Parts::ALL),
    ("dark", "Adwaita:dark", "en", Parts::ALL),
    ("light-fa", "Adwaita", "fa", Parts::ALL),
    ("dark-fa", "Adwaita:dark", "fa", Parts::ALL),
    ("no-tray", "Adwaita", "en", Parts::NO_TRAY),
    ("no-tray-dark-fa", "Adwaita:dark", "fa", Parts::NO_TRAY),
];
/// Long enough for a line of round-trip times to draw, with a heartbeat this fast.
const SAMPLES: Duration = Duration::from_secs(110);
const HEARTBEAT: (&str, &str) = ("WEBSOCKET_HEARTBEAT_INTERVAL", "2000");
/// Where the mouse points at nothing; the screen ends before.
const ASIDE: &str = "9999";

/// Time for what is on the screen to come to rest.
const SETTLE: Duration = Duration::from_secs(2);

/// The folder the pictures go to.
fn folder() -> anyhow::Result<PathBuf> {
    let folder =
        std::env::var_os("LINEKEEPER_SCREENSHOTS").context("LINEKEEPER_SCREENSHOTS names no folder")?;
    std::fs::create_dir_all(&folder)?;
    Ok(std::fs::canonicalize(folder)?)
}

/// The window without its frame.
fn photograph_window(stage: &Stage, file: &Path) -> anyhow::Result<()> {
    let id = stage.eventually("the window", || stage.windows().ok()?.pop())?;
    stage.output("xdotool", &["mousemove", ASIDE, ASIDE, "windowactivate", "--sync", &id])?;
    stage.output("import", &["-window", &id, &file.to_string_lossy()]).map(drop)
}

fn a_notice_shows(stage: &Stage) -> anyhow::Result<()> {
    let shown = || stage.output("dunstctl", &["count", "displayed"]).ok()?.trim().parse::<u32>().ok();
    stage.eventually("a notice", || (shown()? == 1).then_some(()))?;
    std::thread::sleep(SETTLE);
    Ok(())
}

#[test]
#[ignore = "writes pictures: LINEKEEPER_SCREENSHOTS=FOLDER cargo test -p linekeeper-desktop --test desktop pictures_of -- --ignored"]
fn pictures_of_the_window() -> anyhow::Result<()> {
    let folder = folder()?;
    let endpoints = Endpoints::start()?;
    let mut desks = Vec::new();
    for (name, theme, language, parts) in LOOKS {
        let stage = Stage::set_on(DESK, parts)?;
        let home = Home::with_demo(&stage, endpoints.address())?;
        let look = [("GTK_THEME", theme), ("LINEKEEPER_LANGUAGE", language), HEARTBEAT];
        let program = Program::start_with(&stage, &home, &[], &look)?;
        stage.eventually("a window", || stage.windows().ok()?.pop())?;
        desks.push((name, program, stage));
    }
    std::thread::sleep(SAMPLES);
    for (name, _program, stage) in &desks {
        photograph_window(stage, &folder.join(format!("window-{name}.png")))?;
        stage.output("xdotool", &["key", "2"])?;
        std::thread::sleep(SETTLE);
        photograph_window(stage, &folder.join(format!("messages-{name}.png")))?;
        stage.output("xdotool", &["key", "1"])?;
    }
    endpoints.stop();
    std::thread::sleep(SETTLE);
    for (name, _program, stage) in &desks {
        photograph_window(stage, &folder.join(format!("window-down-{name}.png")))?;
    }
    Ok(())
}

#[test]
#[ignore = "writes pictures, see above"]
fn pictures_of_panel_and_notice() -> anyhow::Result<()> {
    let folder = folder()?;
    let stage = Stage::set(Parts::ALL)?;
    let endpoints = Endpoints::start()?;
    let home = Home::with_demo(&stage, endpoints.address())?;
    let program = Program::start(&stage, &home, &["--hidden"])?;
    let item = TrayItem::of(&stage, program.pid())?;
    stage.eventually("all six are connected", || item.tooltip().ok().filter(|text| text.contains('6')))?;
    std::thread::sleep(SETTLE);
    stage.photograph(Some(TRAY), &folder.join("tray-connected.png"))?;
    let address = endpoints.stop();
    a_notice_shows(&stage)?;
    stage.photograph(Some(TRAY), &folder.join("tray-down.png"))?;
    stage.photograph(Some(NOTICE), &folder.join("notice-down.png"))?;
    stage.output("dunstctl", &["close-all"])?;
    let _endpoints = Endpoints::start_on(address)?;
    a_notice_shows(&stage)?;
    stage.photograph(Some(NOTICE), &folder.join("notice-recovered.png"))
}

/// One connection of six goes down: the panel's icon, the window and the notice say so.
#[test]
#[ignore = "writes pictures, see above"]
fn pictures_of_a_desktop_in_trouble() -> anyhow::Result<()> {
    let folder = folder()?;
    let stage = Stage::set_on(DESK, Parts::ALL)?;
    // Draws it and calls it a failure all the same.
    stage.command("display").args(WALLPAPER).status()?;
    let (endpoints, news) = (Endpoints::start()?, Endpoints::start()?);
    let home = Home::with_demo(&stage, endpoints.address())?;
    let elsewhere = format!("ws://{}/ws/news", news.address());
    let _program = Program::start_with(&stage, &home, &[], &[("WEBSOCKET_NEWS_URL", &elsewhere), HEARTBEAT])?;
    let id = stage.eventually("the window", || stage.windows().ok()?.pop())?;
    stage.output("xdotool", &["windowmove", &id, "48", "100"])?;
    std::thread::sleep(SAMPLES);
    news.stop();
    a_notice_shows(&stage)?;
    stage.output("xdotool", &["mousemove", ASIDE, ASIDE, "windowactivate", "--sync", &id])?;
    stage.photograph(None, &folder.join("desktop.png"))
}
