//! A second start on the same home.

use crate::{
    bus::TrayItem,
    endpoints::Endpoints,
    program::{Home, Program},
    stage::{Parts, Stage},
};

#[test]
fn it_raises_the_window_of_the_first_and_ends_with_success() -> anyhow::Result<()> {
    let stage = Stage::set(Parts::ALL)?;
    let endpoints = Endpoints::start()?;
    let home = Home::with_demo(&stage, endpoints.address())?;
    let program = Program::start(&stage, &home, &["--hidden"])?;
    TrayItem::of(&stage, program.pid())?;
    assert_eq!(stage.windows()?.len(), 0);

    for _ in 0..2 {
        let second = Program::second(&stage, &home, &[])?;
        assert_eq!(second.status.code(), Some(0), "{}", String::from_utf8_lossy(&second.stderr));
        stage.eventually("the window is on the screen", || {
            stage.windows().ok().filter(|windows| windows.len() == 1)
        })?;
    }
    stage.eventually("it has the keyboard", || {
        let active = stage.output("xdotool", &["getactivewindow", "getwindowname"]).ok()?;
        (active.trim() == "Linekeeper").then_some(())
    })
}

#[test]
fn it_needs_no_session_bus() -> anyhow::Result<()> {
    let stage = Stage::set(Parts::NO_BUS)?;
    let endpoints = Endpoints::start()?;
    let home = Home::with_demo(&stage, endpoints.address())?;
    let _program = Program::start(&stage, &home, &[])?;
    stage.eventually("the window is on the screen", || {
        stage.windows().ok().filter(|windows| windows.len() == 1)
    })?;
    assert_eq!(Program::second(&stage, &home, &[])?.status.code(), Some(0));
    Ok(())
}

#[test]
fn an_agent_without_a_window_is_named_with_its_pid() -> anyhow::Result<()> {
    let stage = Stage::set(Parts::NO_BUS)?;
    let endpoints = Endpoints::start()?;
    let home = Home::with_demo(&stage, endpoints.address())?;
    let mut headless = stage.command(crate::program::BINARY);
    headless.env_remove("DISPLAY").envs(home.environment()).stderr(std::process::Stdio::piped());
    let mut first = headless.stdout(std::process::Stdio::null()).spawn()?;
    let ready = home.path().join("run/gateway.json");
    let up = stage.eventually("the agent runs", || ready.exists().then_some(()));
    let second = Program::second(&stage, &home, &[]);
    first.kill()?;
    first.wait()?;
    up?;
    let second = second?;
    let said = String::from_utf8_lossy(&second.stderr).into_owned();
    assert_eq!(second.status.code(), Some(1), "{said}");
    assert!(said.contains(&first.id().to_string()), "{said}");
    Ok(())
}
