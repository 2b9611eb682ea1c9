//! `linekeeper diagnose`: checks made in this process, with what a running agent says of its connections.

mod delegate;
mod progress;
mod recording;
mod targets;

use std::{path::Path, sync::Arc, time::Duration};

use agent::{
    diagnosis::{
        self, DEEP_LIMIT, Ground, HISTORY_FILE, History, Level, Line, QUICK_LIMIT, SetAside, Tone, Way,
    },
    settings::{page_by_hand, proxy_by_hand},
};
use anyhow::Context as _;
use model::{
    AgentEvent, Language, StatusSnapshot,
    check::{Mode, Report, VerdictClass},
};
use tokio::{
    sync::{mpsc, watch},
    task::spawn_blocking,
    time::timeout,
};
use tokio_util::sync::CancellationToken;

use self::{progress::Progress, targets::Targets};
use crate::{
    args::DiagnoseArgs,
    client::{Client, Events, Told},
    exit::Exit,
    home,
    output::{self, say},
    paint::{Ink, Painter},
    signals::Interrupts,
};

/// An agent that does not answer at once is none.
const AGENT_ANSWERS_WITHIN: Duration = Duration::from_millis(700);
/// News of a check that waits to be drawn.
const NEWS_KEPT: usize = 64;

/// Wrong usage; ends the program with status 2.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Usage(pub(crate) String);

/// Checks and prints what came of it.
pub(crate) async fn diagnose(args: DiagnoseArgs) -> anyhow::Result<Exit> {
    if args.schema {
        output::print_document(&diagnosis::schema())?;
        return Ok(Exit::Done);
    }
    let mut interrupts = Interrupts::listen()?;
    let way = way(&args)?;
    let control_url = args.control_url.as_deref().map(page_by_hand).transpose();
    let control_url = control_url.map_err(|why| Usage(format!("--control-url: {why}")))?;
    let environment = home::environment();
    let paths = home::paths(None)?;
    let agent = running_agent(&paths.runtime).await;
    let chosen = Targets::choose(&args.targets, &paths, &environment);
    // What can only end as a slip of the pen is not recorded first.
    if let Some(minutes) = args.record.filter(|_| chosen.is_ok() || agent.is_some()) {
        recording::make(&paths.runtime, minutes, &mut interrupts).await?;
    }
    let targets = match chosen {
        Ok(targets) => targets,
        Err(usage) => return delegate::ask(args, agent, &paths.runtime, usage, interrupts).await,
    };
    let mode = mode(&args);
    let mut rules = targets.loaded.settings.diagnostics.clone();
    rules.control_url = control_url.or(rules.control_url);
    let ground = Ground {
        endpoints: targets.chosen,
        controls: targets.others,
        environment,
        way,
        rules,
        mode,
        limit: limit(&args),
        agent,
        paths: paths.clone(),
    };
    let history = history(&paths.data).await;
    let language = Language::from(args.language);
    let cancel = CancellationToken::new();
    let (watchers, news) = mpsc::channel(NEWS_KEPT);
    let progress = Progress::begin(news, language);
    let check = ground.check(history.as_ref(), Some(watchers), cancel.clone());
    tokio::pin!(check);
    let mut interrupted = false;
    let checked = loop {
        tokio::select! {
            checked = &mut check => break checked,
            () = interrupts.next(), if !interrupted => {
                interrupted = true;
                cancel.cancel();
            }
        }
    };
    progress.end().await;
    print(&args, &checked.report, language)?;
    if let Some(file) = args.bundle {
        let support = checked.support(&targets.loaded, history.clone());
        spawn_blocking(move || support.bundle(Level::Standard, language)?.write(&file)).await??;
        say("The support bundle is written. Look into it before you hand it on; nothing was sent anywhere.");
    }
    let class = checked.report.verdict.class;
    Ok(if interrupted { Exit::Interrupted } else { Exit::Verdict(code(class)) })
}

fn mode(args: &DiagnoseArgs) -> Mode {
    if args.deep { Mode::Deep } else { Mode::Quick }
}

fn limit(args: &DiagnoseArgs) -> Duration {
    args.timeout.unwrap_or(if args.deep { DEEP_LIMIT } else { QUICK_LIMIT })
}

/// What the command line wants otherwise than the settings.
fn way(args: &DiagnoseArgs) -> Result<Way, Usage> {
    let proxy = args.proxy.as_deref().map(proxy_by_hand).transpose();
    let proxy = proxy.map_err(|why| Usage(format!("--proxy: {why}")))?;
    // Said now rather than found in a report: it is the person's typing, not the line.
    if let Some(file) = args.ca_file.as_ref().filter(|file| !file.is_file()) {
        return Err(Usage(format!("--ca-file: there is no file {}", file.display())));
    }
    Ok(Way { ca_file: args.ca_file.clone(), proxy })
}

/// The status of a running agent, kept fresh for as long as somebody looks at it.
async fn running_agent(runtime: &Path) -> Option<watch::Receiver<Arc<StatusSnapshot>>> {
    let client = Client::find(runtime).ok()?;
    let mut events = timeout(AGENT_ANSWERS_WITHIN, client.events()).await.ok()?.ok()?;
    let first = timeout(AGENT_ANSWERS_WITHIN, next_status(&mut events)).await.ok()??;
    let (sender, receiver) = watch::channel(Arc::new(first));
    tokio::spawn(async move {
        while let Some(status) = next_status(&mut events).await {
            if sender.send(Arc::new(status)).is_err() {
                return;
            }
        }
    });
    Some(receiver)
}

async fn next_status(events: &mut Events) -> Option<StatusSnapshot> {
    loop {
        if let Told::Event(AgentEvent::Status(status)) = events.next().await.ok()?? {
            return Some(*status);
        }
    }
}

/// The history of this home. Without one a check still says what is wrong, only not what changed.
async fn history(data: &Path) -> Option<History> {
    let folder = data.to_owned();
    let opened = spawn_blocking(move || {
        home::private(&folder).ok()?;
        Some(History::open(&folder.join(HISTORY_FILE)))
    });
    match opened.await.ok()?? {
        Ok((history, aside)) => {
            if let Some(SetAside(kept)) = aside {
                say(&format!(
                    "linekeeper: the history of checks was damaged; a new one is begun, the old one is kept as {}",
                    kept.display()
                ));
            }
            Some(history)
        }
        Err(error) => {
            say(&format!("linekeeper: this check is compared with no earlier one: {error}"));
            None
        }
    }
}

fn print(args: &DiagnoseArgs, report: &Report, language: Language) -> anyhow::Result<()> {
    if args.json {
        output::print_document(report)?;
        return Ok(());
    }
    if let Some(file) = &args.html {
        let page = diagnosis::html(report, language);
        if file == Path::new("-") {
            output::write(&page)?;
            return Ok(());
        }
        std::fs::write(file, page).with_context(|| format!("{} cannot be written", file.display()))?;
    }
    let painter = Painter { colour: !args.text && output::has_colour() };
    for line in diagnosis::lines(report, language) {
        output::print(&painted(&line, painter))?;
    }
    if let Some(file) = &args.html {
        say(&format!("The report is in {}.", file.display()));
    }
    Ok(())
}

fn painted(line: &Line, painter: Painter) -> String {
    let piece = |(tone, text): &(Tone, String)| {
        let ink = match tone {
            Tone::Plain => Ink::Text,
            Tone::Good => Ink::Good,
            Tone::Notice => Ink::Notice,
            Tone::Trouble => Ink::Trouble,
            Tone::Quiet => Ink::Quiet,
        };
        painter.paint(ink, text)
    };
    line.iter().map(piece).collect::<String>().trim_end().to_owned()
}

fn code(class: VerdictClass) -> u8 {
    match class {
        VerdictClass::Ok => 0,
        VerdictClass::Degraded => 10,
        VerdictClass::Incomplete => 30,
        VerdictClass::ThisComputer
        | VerdictClass::LocalNetwork
        | VerdictClass::Proxy
        | VerdictClass::Dns
        | VerdictClass::Tls
        | VerdictClass::Server
        | VerdictClass::Credentials
        | VerdictClass::Configuration => 20,
    }
}
