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
    stage::{Parts, Stage, eventually},
};

/// The part of the panel that holds the tray, and where a notice appears below it.
const TRAY: &str = "360x30+624+0";
const NOTICE: &str = "392x130+592+38";

/// Time for what is on the screen to come to rest.
const SETTLE: Duration = Duration::from_secs(2);

/// The folder the pictures go to.
fn folder() -> anyhow::Result<PathBuf> {
    let folder =
        std::env::var_os("LINEKEEPER_SCREENSHOTS").context("LINEKEEPER_SCREENSHOTS names no folder")?;
    std::fs::create_dir_all(&folder)?;
    Ok(std::fs::canonicalize(folder)?)
}

/// The window with its frame, once it has stopped changing its size.
fn photograph_window(stage: &Stage, file: &Path) -> anyhow::Result<()> {
    let id = eventually("the window", || stage.windows().ok()?.pop())?;
    stage.output("xdotool", &["windowactivate", "--sync", &id])?;
    stage.output("import", &["-window", &id, &file.to_string_lossy()]).map(drop)
}

#[test]
#[ignore = "writes pictures: LINEKEEPER_SCREENSHOTS=FOLDER cargo test -p linekeeper-desktop --test desktop pictures -- --ignored"]
fn pictures_of_window_panel_and_notice() -> anyhow::Result<()> {
    let folder = folder()?;
    for (theme, name) in [("Adwaita", "light"), ("Adwaita:dark", "dark")] {
        let stage = Stage::set(Parts::ALL)?;
        let endpoints = Endpoints::start()?;
        let home = Home::with_demo(&stage, endpoints.address())?;
        let program = Program::start_with(&stage, &home, &[], &[("GTK_THEME", theme)])?;
        let item = TrayItem::of(&stage, program.pid())?;
        eventually("a window", || stage.windows().ok()?.pop())?;
        // Long enough for a line of round-trip times to draw.
        std::thread::sleep(Duration::from_secs(65));
        photograph_window(&stage, &folder.join(format!("window-{name}.png")))?;
        if name == "dark" {
            continue;
        }
        stage.photograph(None, &folder.join("desktop.png"))?;
        stage.photograph(Some(TRAY), &folder.join("tray-connected.png"))?;
        stage.close_window()?;
        let address = endpoints.stop();
        let shown = || stage.output("dunstctl", &["count", "displayed"]).ok()?.trim().parse::<u32>().ok();
        eventually("a notice", || (shown()? == 1).then_some(()))?;
        let status = || item.text("Status").ok();
        eventually("attention", || (status()? == "NeedsAttention").then_some(()))?;
        std::thread::sleep(SETTLE);
        stage.photograph(Some(TRAY), &folder.join("tray-down.png"))?;
        stage.photograph(Some(NOTICE), &folder.join("notice-down.png"))?;
        stage.output("dunstctl", &["close-all"])?;
        item.activate()?;
        eventually("the window again", || stage.windows().ok()?.pop())?;
        std::thread::sleep(SETTLE);
        photograph_window(&stage, &folder.join("window-down.png"))?;
        stage.close_window()?;
        let _endpoints = Endpoints::start_on(address)?;
        eventually("a notice", || (shown()? == 1).then_some(()))?;
        std::thread::sleep(SETTLE);
        stage.photograph(Some(NOTICE), &folder.join("notice-recovered.png"))?;
    }
    Ok(())
}
