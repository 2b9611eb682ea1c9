//! Figures of the tray program on a real desktop, for `make bench`: start time and memory. They are printed;
//! the memory's goal is held by a test beside the window's.

use std::{
    io::Write as _,
    time::{Duration, Instant},
};

use crate::{
    bus::{TrayItem, connect, has_tray_host},
    endpoints::Endpoints,
    program::{Home, Program, descendants, private_dirty, webkit_processes},
    stage::{Parts, Stage},
};

const STARTS: usize = 9;

#[test]
#[ignore = "a measurement: make bench"]
fn start_time_and_memory_are_measured() -> anyhow::Result<()> {
    let stage = Stage::set(Parts::ALL)?;
    let endpoints = Endpoints::start()?;
    let home = Home::with_demo(&stage, endpoints.address())?;
    let _host = stage.eventually("a tray host", || connect(&stage).ok().filter(has_tray_host))?;
    let mut starts: Vec<Duration> = Vec::new();
    for _ in 0..STARTS {
        let started = Instant::now();
        let mut program = Program::start(&stage, &home, &["--hidden"])?;
        TrayItem::of(&stage, program.pid())?;
        starts.push(started.elapsed());
        program.signal("TERM")?;
        program.ended()?;
    }
    starts.sort_unstable();

    let program = Program::start(&stage, &home, &["--hidden"])?;
    let item = TrayItem::of(&stage, program.pid())?;
    let before = private_dirty(program.pid())?;
    let mut with_window = 0;
    for _ in 0..3 {
        item.activate()?;
        stage.eventually("the window is on the screen", || {
            stage.windows().ok().filter(|windows| windows.len() == 1)
        })?;
        with_window = descendants(program.pid()).len();
        stage.close_window()?;
        stage.eventually("the webview's processes are gone", || {
            webkit_processes(program.pid()).is_empty().then_some(())
        })?;
    }
    let after = private_dirty(program.pid())?;
    let left = descendants(program.pid()).len();

    let ms = |duration: Duration| duration.as_millis();
    let mib = |kib: u64| kib as f64 / 1024.0;
    let mut out = std::io::stdout();
    writeln!(
        out,
        "\nstart to tray icon, {STARTS} starts: min {} ms  median {} ms  max {} ms",
        ms(starts[0]),
        ms(starts[STARTS / 2]),
        ms(starts[STARTS - 1])
    )?;
    writeln!(
        out,
        "private dirty memory of the tray process: {:.1} MB before the first window, {:.1} MB with the window closed \
         again",
        mib(before),
        mib(after)
    )?;
    writeln!(out, "processes beside it: {with_window} with the window open, {left} after closing it")?;
    // Lines that `make bench` collects.
    let verdict = |reached: bool| if reached { "ok" } else { "missed" };
    let held = mib(after);
    writeln!(
        out,
        "figure | tray process, window closed | <= 45 MB | {held:.1} MB | {}",
        verdict(held <= 45.0)
    )?;
    writeln!(out, "figure | processes of a closed window | <= 0 | {left} | {}", verdict(left == 0))?;
    Ok(())
}
