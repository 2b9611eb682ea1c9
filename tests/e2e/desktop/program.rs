//! The program under test: the real binary with a home of its own, its processes and its end.

use std::{
    collections::HashMap,
    fs,
    io::Write as _,
    path::{Path, PathBuf},
    process::{Child, ExitStatus, Output, Stdio},
};

use anyhow::{Context as _, ensure};

use crate::stage::{Stage, eventually};

/// Built by Cargo for this test.
pub(crate) const BINARY: &str = env!("CARGO_BIN_EXE_linekeeper-desktop");

/// A home with a configuration for six endpoints of a demo server.
pub(crate) struct Home(PathBuf);

impl Home {
    /// One nobody has used yet.
    pub(crate) fn empty(stage: &Stage) -> anyhow::Result<Self> {
        let folder = stage.folder().join("home");
        fs::create_dir_all(&folder)?;
        Ok(Self(folder))
    }

    pub(crate) fn with_demo(stage: &Stage, demo: std::net::SocketAddr) -> anyhow::Result<Self> {
        let at = |path: &str, priority: u32, name: &str| serde_json::json!({"url": format!("ws://{demo}{path}"), "priority": priority, "name": name});
        let mut market = at("/ws/market_data", 2, "Market data");
        market["on_connect"] = serde_json::json!([{"action": "subscribe", "symbols": ["BTC", "ETH"]}]);
        let config = serde_json::json!({
            "websocket": {
                "connections": {
                    "monitoring": at("/api/monitoring/ws", 1, "System monitoring"),
                    "market": market,
                    "news": at("/ws/news", 3, "News"),
                    "sentiment": at("/ws/sentiment", 4, "Sentiment"),
                    "models": at("/ws/huggingface", 5, "AI models"),
                    "hub": at("/ws", 6, "Hub"),
                },
                // Trying never ends: how long an outage lasts here is up to how busy the machine is.
                "reconnection": {"initial_delay": 200, "max_delay": 1000, "max_attempts": 100_000},
            },
            "gateway": {"listen": "127.0.0.1:0"},
        });
        let home = Self::empty(stage)?;
        fs::write(home.0.join("config.json"), serde_json::to_vec_pretty(&config)?)?;
        Ok(home)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    /// Whether the program has logged a line with this in it.
    pub(crate) fn has_logged(&self, text: &str) -> bool {
        let logs = fs::read_dir(self.0.join("logs")).into_iter().flatten().filter_map(Result::ok);
        logs.filter_map(|log| fs::read_to_string(log.path()).ok()).any(|log| log.contains(text))
    }

    /// What the program needs beside the desktop's environment. Notices come fast: `START_GRACE,DOWN_AFTER,
    /// STABLE_AFTER,COALESCE` in ms. The last is only waited for when something else may still follow.
    pub(crate) fn environment(&self) -> Vec<(&'static str, String)> {
        vec![
            ("LINEKEEPER_HOME", self.0.to_string_lossy().into_owned()),
            ("LINEKEEPER_TEST_NOTICES", "100,400,200,5000".to_owned()),
        ]
    }
}

/// A running program.
pub(crate) struct Program {
    child: Child,
    log: PathBuf,
}

impl Program {
    pub(crate) fn start(stage: &Stage, home: &Home, arguments: &[&str]) -> anyhow::Result<Self> {
        Self::start_with(stage, home, arguments, &[])
    }

    pub(crate) fn start_with(
        stage: &Stage,
        home: &Home,
        arguments: &[&str],
        environment: &[(&str, &str)],
    ) -> anyhow::Result<Self> {
        let log = stage.folder().join("linekeeper-desktop.log");
        let child = stage
            .command(BINARY)
            .args(arguments)
            .envs(home.environment())
            .envs(environment.iter().copied())
            .stdout(Stdio::null())
            .stderr(fs::File::create(&log)?)
            .spawn()?;
        Ok(Self { child, log })
    }

    /// Runs a second start to its end.
    pub(crate) fn second(stage: &Stage, home: &Home, arguments: &[&str]) -> anyhow::Result<Output> {
        Ok(stage.command(BINARY).args(arguments).envs(home.environment()).output()?)
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// What it said on standard error.
    pub(crate) fn said(&self) -> String {
        fs::read_to_string(&self.log).unwrap_or_default()
    }

    pub(crate) fn signal(&self, name: &str) -> anyhow::Result<()> {
        let status =
            std::process::Command::new("kill").args(["-s", name, &self.pid().to_string()]).status()?;
        ensure!(status.success(), "kill -s {name}");
        Ok(())
    }

    /// Waits for the end; nothing it started may be left.
    pub(crate) fn ended(&mut self) -> anyhow::Result<ExitStatus> {
        let family = descendants(self.pid());
        let status = eventually("the program ends", || self.child.try_wait().ok().flatten())?;
        eventually("its processes end with it", || family.iter().all(|pid| !is_alive(*pid)).then_some(()))?;
        Ok(status)
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let _ = writeln!(std::io::stderr(), "linekeeper-desktop said:\n{}", self.said());
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Every process that a process started, and those started, by pid and name.
pub(crate) fn descendants(pid: u32) -> Vec<u32> {
    let mut parents: HashMap<u32, Vec<u32>> = HashMap::new();
    for child in processes() {
        if let Some(parent) = parent(child) {
            parents.entry(parent).or_default().push(child);
        }
    }
    let mut found = Vec::new();
    let mut open = vec![pid];
    while let Some(next) = open.pop() {
        let children = parents.get(&next).cloned().unwrap_or_default();
        open.extend(&children);
        found.extend(children);
    }
    found
}

/// The descendants that are WebKit's.
pub(crate) fn webkit_processes(pid: u32) -> Vec<u32> {
    named(pid, "WebKit")
}

/// The descendants whose name begins so; the kernel keeps fifteen characters.
pub(crate) fn named(pid: u32, name: &str) -> Vec<u32> {
    let fits =
        |pid: &u32| fs::read_to_string(format!("/proc/{pid}/comm")).is_ok_and(|comm| comm.starts_with(name));
    descendants(pid).into_iter().filter(fits).collect()
}

/// Kills a process, as a crash would.
pub(crate) fn kill(pid: u32) -> anyhow::Result<()> {
    let status = std::process::Command::new("kill").args(["-s", "KILL", &pid.to_string()]).status()?;
    ensure!(status.success(), "kill {pid}");
    Ok(())
}

/// The pid of the program that owns a home, as it wrote it down.
pub(crate) fn of_home(home: &Path) -> anyhow::Result<u32> {
    Ok(fs::read_to_string(home.join("data/agent.lock"))?.trim().parse()?)
}

/// Memory that is the process's own, in KiB.
pub(crate) fn private_dirty(pid: u32) -> anyhow::Result<u64> {
    // Pages of a program that was linked a moment ago and is not on disk yet would count as its own.
    fs::File::open(BINARY)?.sync_all()?;
    let rollup = fs::read_to_string(format!("/proc/{pid}/smaps_rollup"))?;
    let line = rollup.lines().find(|line| line.starts_with("Private_Dirty:")).context("no Private_Dirty")?;
    Ok(line.split_whitespace().nth(1).context("no number")?.parse()?)
}

fn processes() -> impl Iterator<Item = u32> {
    fs::read_dir("/proc")
        .into_iter()
        .flatten()
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
}

fn parent(pid: u32) -> Option<u32> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name in parentheses may hold anything.
    stat.rsplit_once(')')?.1.split_whitespace().nth(1)?.parse().ok()
}

pub(crate) fn is_alive(pid: u32) -> bool {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit_once(')').is_some_and(|(_, rest)| !rest.trim_start().starts_with('Z'))
}
