//! `linekeeper-desktop`: the tray application. Reads the command line and decides how to run; everything else is in
//! the modules.

#![cfg_attr(all(windows, not(debug_assertions)), windows_subsystem = "windows")]

mod app;
mod args;
mod checks;
mod commands;
mod conditions;
mod desktop;
mod display;
mod ending;
mod engine;
mod feed;
mod headless;
mod instance;
mod notify;
mod reachable;
mod renderer;
mod shutdown;
mod subscription;
mod tray;
#[cfg(target_os = "linux")]
mod webkit;
mod window;

use std::{
    io::{self, Write as _},
    process::ExitCode,
};

use agent::{
    home::HomeError,
    paths::{Environment, Paths},
};
use anyhow::Context as _;
use clap::Parser as _;
use tokio_util::sync::CancellationToken;

use crate::{
    args::Args,
    engine::{Engine, EngineError},
    instance::Doorbell,
    renderer::PageMark,
};

/// Threads for the agent and everything else that waits; the window has its own.
const WORKERS: usize = 2;
/// Name of the mark of a window on its way, in the runtime folder.
const WINDOW_MARK: &str = "window-on-its-way";

fn main() -> ExitCode {
    start(&Args::parse()).unwrap_or_else(|error| {
        let _ = writeln!(io::stderr(), "linekeeper-desktop: {error:#}");
        ExitCode::FAILURE
    })
}

fn start(args: &Args) -> anyhow::Result<ExitCode> {
    let environment = environment();
    let config = args.config.as_deref().map(std::path::absolute).transpose()?;
    // A file that was asked for by name and is not there is a slip of the pen, not an empty configuration.
    if let Some(missing) = config.as_deref().filter(|file| !file.exists()) {
        anyhow::bail!("{} does not exist", missing.display());
    }
    let paths = Paths::find(&environment, config.as_deref())?;
    let mark = PageMark::at(paths.runtime.join(WINDOW_MARK));
    let caution = renderer::caution(&mark);
    if caution.is_some() {
        renderer::take_the_safe_way();
    }
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(WORKERS)
        .thread_name("linekeeper")
        .enable_all()
        .build()
        .context("no threads to work with")?;
    let end = CancellationToken::new();
    runtime.block_on(async { ending::watch_signals(end.clone()) }).context("signals cannot be watched")?;
    let engine = match runtime.block_on(Engine::start(&paths, environment, args.demo)) {
        Ok(engine) => engine,
        Err(EngineError::Home(HomeError::AlreadyRunning { pid, .. })) => {
            return runtime.block_on(second_start(&paths, pid, args.hidden));
        }
        Err(EngineError::Home(error)) => return Err(error.into()),
        Err(EngineError::Demo(error)) => {
            return Err(error).context("the demo endpoints could not be started");
        }
    };
    if let Some(caution) = caution {
        tracing::info!(?caution, "the window is drawn without DMABUF");
    }
    if !display::is_there() {
        runtime.block_on(headless::run(engine, &paths, end))?;
        return Ok(ExitCode::SUCCESS);
    }
    let doorbell = runtime.block_on(Doorbell::hang(&paths.runtime)).inspect_err(|error| {
        tracing::warn!(%error, "a second start will not find this one");
    });
    let hidden = args.hidden;
    app::run(app::Start { runtime, engine, paths, doorbell: doorbell.ok(), mark, hidden, end })
}

/// Somebody is here already: raise its window, or say who it is.
async fn second_start(paths: &Paths, owner: Option<u32>, hidden: bool) -> anyhow::Result<ExitCode> {
    // A launcher's permission to raise a window, under its two names.
    let granted =
        ["XDG_ACTIVATION_TOKEN", "DESKTOP_STARTUP_ID"].into_iter().find_map(|name| std::env::var(name).ok());
    if instance::ring(&paths.runtime, owner, hidden, granted).await {
        return Ok(ExitCode::SUCCESS);
    }
    let owner = owner.map(|pid| format!(" with pid {pid}")).unwrap_or_default();
    anyhow::bail!(
        "Linekeeper is already running{owner} without a window, as `linekeeper run` does; end it first, or look at \
         it with `linekeeper status`"
    )
}

/// The environment as far as it is Unicode; what Linekeeper reads from it always is.
fn environment() -> Environment {
    let unicode = |(name, value): (std::ffi::OsString, std::ffi::OsString)| {
        Some((name.into_string().ok()?, value.into_string().ok()?))
    };
    std::env::vars_os().filter_map(unicode).collect()
}
