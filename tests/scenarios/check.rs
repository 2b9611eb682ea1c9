//! Makes the check of a staged scenario with the real program, and reads what it says.

use std::{
    io::Write as _,
    process::{Command, Output, Stdio},
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, bail, ensure};
use model::{Language, check::Report};
use serde_json::Value;
use tokio::{
    task::block_in_place,
    time::{sleep, timeout},
};

use crate::{library, scenario::Scenario, stage::Stage};

/// The program under test.
pub(crate) const PROGRAM: &str = env!("CARGO_BIN_EXE_linekeeper");
/// A check that takes this long hangs.
const HANGS: Duration = Duration::from_secs(150);
/// For what has no promised time.
const PATIENCE: Duration = Duration::from_secs(30);

/// Makes a disk as small as what is on it.
const SHRINK: &str = r#"
used=$(df -k --output=used "$1" | tail -n 1)
exec mount -t tmpfs -o "remount,size=$((used))k" tmpfs "$1"
"#;

/// What a check gave.
#[derive(Debug)]
pub(crate) struct Outcome {
    /// The report as it was printed.
    pub(crate) json: Value,
    /// The same, typed.
    pub(crate) report: Report,
    /// The same, for people.
    pub(crate) text: String,
    /// Exit code of the program.
    pub(crate) exit: Option<i32>,
    /// From the interruption to the end of the program, where it was interrupted.
    pub(crate) ended_after: Option<Duration>,
}

impl Outcome {
    /// A report without a program around it.
    pub(crate) fn of(json: Value, report: Report) -> Self {
        let text = diagnostics::report::text(&report, Language::English);
        Self { json, report, text, exit: None, ended_after: None }
    }
}

/// Sets the stage and makes the check.
pub(crate) async fn make(scenario: &Scenario) -> Result<(Stage, Outcome)> {
    // Servers run on the same threads.
    let mut stage = block_in_place(|| Stage::set(scenario))?;
    if scenario.check.after_a_good_one {
        let before = diagnose(&stage, scenario, None).await.context("the check before")?;
        ensure!(before.exit == Some(0), "the check before is not good: {}", before.text);
    }
    let mut agent = match &scenario.check.agent {
        Some(state) => Some(start_agent(&stage, scenario, state).await?),
        None => None,
    };
    if scenario.check.has_a_before() {
        block_in_place(|| stage.turn(scenario))?;
    }
    if scenario.check.full_disk {
        block_in_place(|| fill_disk(&stage, scenario))?;
        let knows = |endpoint: &Value| {
            endpoint["outbox"]["state"] != "ok" && endpoint["outbox"]["queued"].as_u64() > Some(0)
        };
        until(&stage, scenario, "without room, messages waiting", knows).await?;
    }
    if std::env::var_os("P6_LIBRARY").is_some()
        || scenario.check.panics.is_some()
        || !scenario.names.is_empty()
    {
        let report = library::run(&stage, scenario).await?;
        let outcome = Outcome::of(serde_json::to_value(&report)?, report);
        return Ok((stage, outcome));
    }
    let interruption = scenario.check.interrupted_ms.map(Duration::from_millis);
    let outcome = diagnose(&stage, scenario, interruption).await;
    if let Some(agent) = &mut agent {
        agent.kill().await?;
    }
    Ok((stage, outcome?))
}

/// A command of the program on this stage.
pub(crate) fn command(stage: &Stage) -> Command {
    let entry = stage.entry();
    let mut command = match &entry[..] {
        [] => Command::new(PROGRAM),
        [first, rest @ ..] => {
            let mut command = Command::new(first);
            command.args(rest).arg(PROGRAM);
            command
        }
    };
    command.env_clear().envs(std::env::var_os("PATH").map(|path| ("PATH", path))).envs(stage.environment());
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

async fn diagnose(stage: &Stage, scenario: &Scenario, interruption: Option<Duration>) -> Result<Outcome> {
    let mut command = command(stage);
    command.arg("diagnose");
    for word in scenario.check.of.iter().chain(&scenario.check.options) {
        command.arg(stage.fill(word)?);
    }
    if scenario.check.deep {
        command.arg("--deep");
    }
    command.arg("--json");
    let (output, ended_after) = run(command, interruption).await?;
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    let json: Value = serde_json::from_slice(&output.stdout).with_context(|| {
        format!("no report: {:?}, {errors}{}", output.status, String::from_utf8_lossy(&output.stdout))
    })?;
    let report: Report = serde_json::from_value(json.clone())?;
    Ok(Outcome { exit: output.status.code(), ended_after, ..Outcome::of(json, report) })
}

async fn run(command: Command, interruption: Option<Duration>) -> Result<(Output, Option<Duration>)> {
    let mut command = tokio::process::Command::from(command);
    let child = command.kill_on_drop(true).spawn()?;
    let pid = child.id().context("it runs")?;
    let end = child.wait_with_output();
    tokio::pin!(end);
    let mut interrupted = None;
    if let Some(after) = interruption {
        tokio::select! {
            over = &mut end => return Ok((over?, None)),
            () = sleep(after) => {}
        }
        interrupt(pid)?;
        interrupted = Some(Instant::now());
    }
    let Ok(output) = timeout(HANGS, end).await else { bail!("the check hangs") };
    Ok((output?, interrupted.map(|at| at.elapsed())))
}

/// Ctrl-C.
fn interrupt(pid: u32) -> Result<()> {
    let pid = rustix::process::Pid::from_raw(i32::try_from(pid)?).context("a process")?;
    Ok(rustix::process::kill_process(pid, rustix::process::Signal::INT)?)
}

/// An agent on the stage, when its first endpoint is in this state.
async fn start_agent(stage: &Stage, scenario: &Scenario, state: &str) -> Result<tokio::process::Child> {
    let mut command = command(stage);
    command.arg("run").stdout(Stdio::null()).stderr(Stdio::null());
    let mut agent = tokio::process::Command::from(command);
    let agent = agent.kill_on_drop(true).spawn()?;
    until(stage, scenario, state, |endpoint| endpoint["state"] == state).await?;
    Ok(agent)
}

/// Waits until the running agent says so of the endpoint that is checked.
async fn until(stage: &Stage, scenario: &Scenario, what: &str, fits: impl Fn(&Value) -> bool) -> Result<()> {
    let id = scenario.check.of.first().context("something is checked")?;
    let started = Instant::now();
    loop {
        let mut command = command(stage);
        command.args(["status", "--json"]);
        let output = tokio::process::Command::from(command).output().await?;
        let status: Value = serde_json::from_slice(&output.stdout).unwrap_or_default();
        let endpoints = status["endpoints"].as_array().into_iter().flatten();
        if endpoints.filter(|one| one["id"] == *id).any(&fits) {
            return Ok(());
        }
        ensure!(started.elapsed() < PATIENCE, "{id} never is {what}: {status}");
        sleep(Duration::from_millis(50)).await;
    }
}

/// Hands over messages that wait, then leaves no room on the disk they are kept on.
fn fill_disk(stage: &Stage, scenario: &Scenario) -> Result<()> {
    let id = scenario.check.of.first().context("something is checked")?;
    let send = || -> Result<Output> {
        let mut command = command(stage);
        let mut sender = command.args(["send", id, "--wait", "0"]).stdin(Stdio::piped()).spawn()?;
        sender.stdin.take().context("its input")?.write_all(b"one\ntwo\nthree\n")?;
        Ok(sender.wait_with_output()?)
    };
    let sent = send()?;
    ensure!(sent.status.success(), "{}", String::from_utf8_lossy(&sent.stderr));
    let entry = stage.entry();
    let (first, rest) = entry.split_first().context("the disk is on a computer of its own")?;
    let mut shrink = Command::new(first);
    shrink.args(rest).args(["sh", "-c", SHRINK, "sh"]).arg(stage.home().join("data"));
    let shrunk = shrink.output()?;
    ensure!(shrunk.status.success(), "{}", String::from_utf8_lossy(&shrunk.stderr));
    ensure!(!send()?.status.success(), "there is still room on the disk");
    Ok(())
}
