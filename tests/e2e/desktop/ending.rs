//! The end of the program, and running without a display.

use std::{os::unix::process::ExitStatusExt as _, process::Stdio};

use crate::{
    bus::TrayItem,
    endpoints::Endpoints,
    program::{Home, Program, webkit_processes},
    stage::{Parts, Stage},
};

#[test]
fn signals_end_it_cleanly_with_a_window_open() -> anyhow::Result<()> {
    for signal in ["TERM", "INT", "HUP"] {
        let stage = Stage::set(Parts::ALL)?;
        let endpoints = Endpoints::start()?;
        let home = Home::with_demo(&stage, endpoints.address())?;
        let mut program = Program::start(&stage, &home, &[])?;
        TrayItem::of(&stage, program.pid())?;
        stage.eventually("the window is there", || {
            (!webkit_processes(program.pid()).is_empty()).then_some(())
        })?;
        program.signal(signal)?;
        let status = program.ended()?;
        assert_eq!(status.code(), Some(0), "SIG{signal}: {status} {:?}\n{}", status.signal(), program.said());
        for left in ["desktop.json", "gateway.json"] {
            assert!(!home.path().join("run").join(left).exists(), "SIG{signal}: {left} is left");
        }
    }
    Ok(())
}

#[test]
fn the_end_of_the_x_session_ends_it_cleanly() -> anyhow::Result<()> {
    let mut stage = Stage::set(Parts::ALL)?;
    let endpoints = Endpoints::start()?;
    let home = Home::with_demo(&stage, endpoints.address())?;
    let mut program = Program::start(&stage, &home, &[])?;
    stage
        .eventually("the window is there", || (!webkit_processes(program.pid()).is_empty()).then_some(()))?;
    stage.end("Xvfb")?;
    assert_eq!(program.ended()?.code(), Some(0), "{}", program.said());
    assert!(!home.path().join("run/gateway.json").exists(), "the agent ended in order");
    Ok(())
}

#[test]
fn without_a_display_it_says_so_and_runs() -> anyhow::Result<()> {
    let stage = Stage::set(Parts::NO_BUS)?;
    let endpoints = Endpoints::start()?;
    let home = Home::with_demo(&stage, endpoints.address())?;
    let log = stage.folder().join("headless.log");
    let mut program = stage
        .command(crate::program::BINARY)
        .env_remove("DISPLAY")
        .envs(home.environment())
        .stdout(std::fs::File::create(stage.folder().join("headless.out"))?)
        .stderr(std::fs::File::create(&log)?)
        .stdin(Stdio::null())
        .spawn()?;
    let printed = stage.eventually("it prints where the window's page is", || {
        let printed = std::fs::read_to_string(stage.folder().join("headless.out")).ok()?;
        printed.contains("http://127.0.0.1:").then_some(printed)
    });
    std::process::Command::new("kill").arg(program.id().to_string()).status()?;
    let status = program.wait()?;
    let said = std::fs::read_to_string(&log)?;
    printed?;
    assert_eq!(status.code(), Some(0), "{said}");
    assert_eq!(said.lines().filter(|line| line.contains("no display")).count(), 1, "{said}");
    Ok(())
}
