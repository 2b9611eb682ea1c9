//! The agent under test in a process of its own, and what it reports: status, tasks, sockets, memory.

use std::{
    env, fs,
    io::{BufRead as _, Write as _},
    process::Stdio,
    time::Duration,
};

use agent::{Action, Target};
use anyhow::{Context as _, Result, bail, ensure};
use model::{EndpointId, StatusSnapshot};
use serde_json::{Value, json};
use suites::running_agent::{DEADLINE, RunningAgent};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, Lines},
    process::{Child, ChildStdin, ChildStdout, Command},
    time::timeout,
};

/// Set in the agent's process: its configuration.
const CONFIG: &str = "LINEKEEPER_SOAK_CONFIG";
/// In front of every report, which shares its stream with the test harness.
const MARK: &str = "report:";
/// What asks for a report. Any other line is the id of an endpoint to connect now.
const REPORT: &str = "?";

/// What the agent's process says about itself.
#[derive(Debug)]
pub(crate) struct Report {
    pub(crate) status: StatusSnapshot,
    pub(crate) tasks: u64,
    pub(crate) sockets: u64,
    pub(crate) files: u64,
    pub(crate) threads: u64,
    /// Resident memory, KiB.
    pub(crate) memory: u64,
}

/// A handle on the agent's process; dropping it ends that.
#[derive(Debug)]
pub(crate) struct Subject {
    child: Child,
    orders: ChildStdin,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Subject {
    /// Starts an agent with this configuration.
    pub(crate) fn start(config: &Value) -> Result<Self> {
        let mut command = Command::new(env::current_exe()?);
        command.args(["subject::an_agent_obeys_its_standard_input", "--exact", "--ignored", "--nocapture"]);
        command
            .env(CONFIG, config.to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true);
        let mut child = command.spawn()?;
        let orders = child.stdin.take().context("its standard input")?;
        let lines = BufReader::new(child.stdout.take().context("its standard output")?).lines();
        Ok(Self { child, orders, lines })
    }

    async fn say(&mut self, line: &str) -> Result<()> {
        Ok(self.orders.write_all(format!("{line}\n").as_bytes()).await?)
    }

    /// Orders an endpoint to connect now, as a person does.
    pub(crate) async fn connect(&mut self, id: &EndpointId) -> Result<()> {
        self.say(id.as_str()).await
    }

    /// Asks how it is.
    pub(crate) async fn report(&mut self) -> Result<Report> {
        self.say(REPORT).await?;
        let report = async {
            while let Some(line) = self.lines.next_line().await? {
                if let Some((_, report)) = line.split_once(MARK) {
                    return Ok(serde_json::from_str::<Value>(report)?);
                }
            }
            bail!("the agent's process ended")
        };
        let mut report = timeout(DEADLINE, report).await.context("the agent does not answer")??;
        let number = |key: &str| report[key].as_u64().with_context(|| format!("{key} is a number"));
        let (tasks, sockets, files) = (number("tasks")?, number("sockets")?, number("files")?);
        let (threads, memory) = (number("threads")?, number("memory")?);
        Ok(Report {
            status: serde_json::from_value(report["status"].take())?,
            tasks,
            sockets,
            files,
            threads,
            memory,
        })
    }

    /// Ends it in good order.
    pub(crate) async fn end(mut self) -> Result<()> {
        drop(self.orders);
        // Read on, so that it never waits for us.
        while let Ok(Ok(Some(_))) = timeout(DEADLINE, self.lines.next_line()).await {}
        let status = timeout(DEADLINE, self.child.wait()).await.context("the agent does not end")??;
        ensure!(status.success(), "the agent's process ended with {status}");
        Ok(())
    }
}

/// The agent's process. Run by itself it is no test and does nothing.
#[test]
#[ignore = "started by the soak"]
fn an_agent_obeys_its_standard_input() -> Result<()> {
    let Ok(config) = env::var(CONFIG) else { return Ok(()) };
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let agent = runtime.block_on(RunningAgent::start_with(&config, agent::paths::Environment::new()))?;
    let handle = agent.handle();
    for line in std::io::stdin().lock().lines() {
        let line = line?;
        if line == REPORT {
            let status = serde_json::to_value(handle.status())?;
            let tasks = runtime.metrics().num_alive_tasks();
            let (files, sockets) = open_files()?;
            let report = json!({
                "status": status, "tasks": tasks, "files": files, "sockets": sockets,
                "threads": of_status("Threads:")?, "memory": of_status("VmRSS:")?,
            });
            writeln!(std::io::stdout(), "{MARK}{report}")?;
        } else {
            let target = Target::One(line.parse()?);
            // Endpoints take orders in turn; one that does not is stuck.
            let ordered = handle.control(target, Action::Connect);
            runtime.block_on(async { timeout(DEADLINE, ordered).await })??;
        }
    }
    runtime.block_on(agent.shutdown());
    runtime.shutdown_timeout(Duration::from_secs(5));
    Ok(())
}

/// Open files of this process, and how many of them are sockets.
fn open_files() -> Result<(usize, usize)> {
    let mut files = (0, 0);
    for file in fs::read_dir("/proc/self/fd")? {
        files.0 += 1;
        // One is the folder being read, and gone by now.
        let Ok(target) = fs::read_link(file?.path()) else { continue };
        files.1 += usize::from(target.to_string_lossy().starts_with("socket:"));
    }
    Ok(files)
}

fn of_status(key: &str) -> Result<u64> {
    let status = fs::read_to_string("/proc/self/status")?;
    let figure = status.lines().find_map(|line| line.strip_prefix(key));
    let figure = figure.and_then(|figure| figure.split_whitespace().next()).context("the system tells")?;
    Ok(figure.parse()?)
}
