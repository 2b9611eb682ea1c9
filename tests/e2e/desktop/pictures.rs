//! Pictures of what a person sees, for the documentation and for whoever changed it to look at.

use std::{
    path::{Path, PathBuf},
    process::Stdio,
};

use anyhow::Context as _;

use crate::{
    bus::TrayItem,
    endpoints::Endpoints,
    program::{Home, Program},
    stage::{Parts, Stage, eventually},
};

/// The part of the panel that holds the tray, and where a notice appears below it.
const TRAY: &str = "360x30+920+0";
const NOTICE: &str = "400x170+880+30";

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
    stage
        .output("import", &["-window", &id, &file.to_string_lossy()])
        .map(drop)
}

#[test]
#[ignore = "writes pictures: LINEKEEPER_SCREENSHOTS=FOLDER cargo test -p linekeeper-desktop --test desktop pictures -- --ignored"]
fn pictures_of_window_panel_and_notice() -> anyhow::Result<()> {
    let folder = folder()?;
    for (theme, name) in [("Adwaita", "light"), ("Adwaita:dark", "dark")] {
        let stage = Stage::set(Parts::ALL)?;
        let endpoints = Endpoints::start()?;
        let home = Home::with_demo(&stage, endpoints.address())?;
        let mut program = stage
            .command(crate::program::BINARY)
            .envs(home.environment())
            .env("GTK_THEME", theme)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()?;
        let pictures = || -> anyhow::Result<()> {
            let item = TrayItem::of(&stage, program.id())?;
            eventually("a window", || stage.windows().ok()?.pop())?;
            // Long enough for a line of round-trip times to draw.
            std::thread::sleep(std::time::Duration::from_secs(20));
            photograph_window(&stage, &folder.join(format!("window-{name}.png")))?;
            if name == "light" {
                stage.photograph(None, &folder.join("desktop.png"))?;
                stage.photograph(Some(TRAY), &folder.join("tray-connected.png"))?;
                drop(endpoints);
                eventually("a notice", || {
                    (stage.output("dunstctl", &["count", "displayed"]).ok()?.trim() == "1").then_some(())
                })?;
                eventually("attention", || {
                    (item.text("Status").ok()? == "NeedsAttention").then_some(())
                })?;
                std::thread::sleep(std::time::Duration::from_secs(2));
                stage.photograph(Some(TRAY), &folder.join("tray-down.png"))?;
                stage.photograph(Some(NOTICE), &folder.join("notice.png"))?;
                photograph_window(&stage, &folder.join("window-down.png"))?;
            }
            Ok(())
        };
        let outcome = pictures();
        program.kill()?;
        program.wait()?;
        outcome?;
    }
    Ok(())
}

#[test]
#[ignore = "a measurement: cargo test -p linekeeper-desktop --test desktop measured -- --ignored --nocapture"]
fn start_to_tray_is_measured() -> anyhow::Result<()> {
    let stage = Stage::set(Parts::ALL)?;
    let endpoints = Endpoints::start()?;
    let home = Home::with_demo(&stage, endpoints.address())?;
    let _host = eventually("a tray host", || {
        crate::bus::connect(&stage).ok().filter(crate::bus::has_tray_host)
    })?;
    for _ in 0..5 {
        let started = std::time::Instant::now();
        let mut program = Program::start(&stage, &home, &["--hidden"])?;
        TrayItem::of(&stage, program.pid())?;
        println!("start to tray icon: {} ms", started.elapsed().as_millis());
        program.signal("TERM")?;
        program.ended()?;
    }
    Ok(())
}
