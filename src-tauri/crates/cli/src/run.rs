//! `linekeeper run`: the agent in the foreground, for as long as nobody ends it.

use std::path::{Path, PathBuf};

use agent::{
    Agent, AgentHandle, AgentOptions,
    gateway::GatewayFile,
    logging::Logging,
    paths::Paths,
    settings::{Settings, SettingsStore},
};
use anyhow::Context as _;
use demo::{DemoSession, start_or_join};
use model::Problem;

use crate::{
    args::RunArgs,
    exit::Exit,
    feed::Feed,
    home, journal, live,
    output::say,
    signals::{Interrupts, unless_interrupted},
    terminal, words,
};

/// Status of a program that was told twice to end.
const EXIT_INTERRUPTED: i32 = 130;

pub(crate) async fn run(args: RunArgs) -> anyhow::Result<Exit> {
    let mut interrupts = Interrupts::listen()?;
    let config = args.config.as_deref().map(std::path::absolute).transpose()?;
    // A file that was asked for by name and is not there is a slip of the pen, not an empty configuration.
    if let Some(missing) = config.as_deref().filter(|file| !file.exists()) {
        anyhow::bail!("{} does not exist", missing.display());
    }
    let paths = home::paths(config.as_deref())?;
    let demo = if args.demo { Some(start_demo().await?) } else { None };
    let settings = match &demo {
        Some(session) => SettingsStore::fixed(Settings::demo(session.addr)),
        None => SettingsStore::new(&paths, home::environment()),
    };
    let (logging, problems) = start_logging(&paths, &settings.load().settings.logging.level);
    let options = AgentOptions {
        paths: paths.clone(),
        settings,
        log_level: logging.as_ref().map(Logging::level),
        problems,
    };
    let agent = Agent::start(options).await?;
    for problem in &agent.handle().status().problems {
        say(&format!("linekeeper: {}", words::problem(problem)));
    }

    let shown = unless_interrupted(&mut interrupts, show(agent.handle(), paths.runtime.clone())).await;
    // Whoever asks twice does not want to wait.
    tokio::spawn(async move {
        interrupts.next().await;
        std::process::exit(EXIT_INTERRUPTED);
    });
    agent.shutdown().await;
    if let Some(session) = demo {
        session.shutdown().await.context("the demo endpoints")?;
    }
    if shown?.is_none() {
        return Ok(Exit::Done);
    }
    say(&format!("linekeeper: the agent ended by itself; {} has more", paths.logs.display()));
    Ok(Exit::Failed)
}

/// Log files, or the problem that stands in the status while there are none.
fn start_logging(paths: &Paths, level: &str) -> (Option<Logging>, Vec<Problem>) {
    match paths
        .ensure()
        .map_err(|error| error.problem())
        .and_then(|()| Logging::start(&paths.logs, level, None).map_err(|error| error.problem()))
    {
        Ok(logging) => (Some(logging), Vec::new()),
        Err(problem) => (None, vec![problem]),
    }
}

async fn start_demo() -> anyhow::Result<DemoSession> {
    let session = start_or_join(demo::DEFAULT_LISTEN).await.context("the demo endpoints")?;
    let how = if session.joined { "running already" } else { "started" };
    say(&format!("linekeeper: demo endpoints on {}, {how}", session.addr));
    Ok(session)
}

/// Returns only when the agent ends by itself or nobody reads any more.
async fn show(handle: AgentHandle, runtime: PathBuf) -> anyhow::Result<()> {
    let Some(feed) = Feed::own(handle) else {
        return Ok(());
    };
    if terminal::can_draw() {
        live::show(feed, || ui_link(&runtime), "Ctrl-C stops Linekeeper").await
    } else {
        journal::keep_on(feed).await
    }
}

fn ui_link(runtime: &Path) -> Option<String> {
    GatewayFile::read(runtime).ok().flatten().map(|file| file.ui_link())
}
