//! Servers we did not write, as processes of their own: `tests/peers` says what they do.

use std::{
    env,
    fs::{self, File},
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use anyhow::{Context, bail, ensure};
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::{Child, Command},
    time::timeout,
};

use crate::Credentials;

/// Time for an interpreter to start on a busy machine.
const START: Duration = Duration::from_secs(30);
/// Time for a server to end after SIGTERM.
const END: Duration = Duration::from_secs(10);

/// Which server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PeerKind {
    /// The PyPI package `websockets`.
    Websockets,
    /// The npm package `ws`.
    Ws,
}

impl PeerKind {
    /// What its messages call it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Websockets => "websockets",
            Self::Ws => "ws",
        }
    }

    /// The program it needs that is not on this computer, if one is missing.
    pub fn missing(self) -> Option<&'static str> {
        // The setup installs both peers, so both are needed for either.
        ["python3", "node", "npm"].into_iter().find(|program| !is_on_path(program))
    }

    fn command(self, installed: &Path) -> Command {
        match self {
            Self::Websockets => {
                let mut command = Command::new(installed.join("python/bin/python"));
                command.arg(source("python/server.py"));
                command
            }
            Self::Ws => {
                let mut command = Command::new("node");
                command.env("NODE_PATH", installed.join("node/node_modules")).arg(source("node/server.cjs"));
                command
            }
        }
    }
}

/// A running server on 127.0.0.1. Dropping it kills it.
#[derive(Debug)]
pub struct Peer {
    kind: PeerKind,
    credentials: Credentials,
    port: u16,
    process: Child,
}

impl Peer {
    /// Installs the server's package if need be, starts it on a free port and waits until it listens.
    pub async fn start(kind: PeerKind, credentials: Credentials) -> anyhow::Result<Self> {
        let installed = tokio::task::spawn_blocking(install).await??;
        let (process, port) = launch(kind, &credentials, &installed, 0).await?;
        Ok(Self { kind, credentials, port, process })
    }

    /// Where it listens.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Ends it without a goodbye.
    pub async fn kill(&mut self) -> anyhow::Result<()> {
        self.process.kill().await.with_context(|| format!("cannot kill {}", self.kind.name()))
    }

    /// Asks it to end and waits until it has, with success.
    pub async fn terminate(&mut self) -> anyhow::Result<()> {
        let name = self.kind.name();
        let pid = self.process.id().with_context(|| format!("{name} has ended already"))?;
        let sent = Command::new("kill").arg("-TERM").arg(pid.to_string()).status().await?;
        ensure!(sent.success(), "cannot send SIGTERM to {name}");
        let status =
            timeout(END, self.process.wait()).await.with_context(|| format!("{name} does not end"))??;
        ensure!(status.success(), "{name} ended with {status}");
        Ok(())
    }

    /// Starts it again on the port it had and waits until it listens.
    pub async fn restart(&mut self) -> anyhow::Result<()> {
        let installed = installed_in();
        let (process, port) = launch(self.kind, &self.credentials, &installed, self.port).await?;
        ensure!(port == self.port, "{} listens on port {port} instead of {}", self.kind.name(), self.port);
        self.process = process;
        Ok(())
    }
}

async fn launch(
    kind: PeerKind,
    credentials: &Credentials,
    installed: &Path,
    port: u16,
) -> anyhow::Result<(Child, u16)> {
    let name = kind.name();
    let mut process = kind
        .command(installed)
        .arg(&credentials.certificate)
        .arg(&credentials.key)
        .arg(port.to_string())
        // Held open: the server ends when this process is gone, however it went.
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .with_context(|| format!("cannot start {name}"))?;
    let output = process.stdout.take().context("standard output is piped")?;
    let ready = timeout(START, BufReader::new(output).lines().next_line()).await;
    let Some(line) = ready.with_context(|| format!("{name} is not ready within {START:?}"))?? else {
        bail!("{name} ended before it was ready: {}", process.wait().await?);
    };
    let port = line.strip_prefix("READY ").and_then(|port| port.parse().ok());
    Ok((process, port.with_context(|| format!("{name} said {line:?} instead of READY PORT"))?))
}

/// Installs the packages; quick when they are there. Several test processes take turns.
fn install() -> anyhow::Result<PathBuf> {
    let folder = installed_in();
    fs::create_dir_all(&folder)?;
    let turn = File::create(folder.join(".turn"))?;
    turn.lock()?;
    let status = std::process::Command::new(source("setup.sh")).arg(&folder).status()?;
    ensure!(status.success(), "tests/peers/setup.sh failed: {status}");
    Ok(folder)
}

/// The folder `make setup` installs to.
fn installed_in() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).with_file_name("target").join("peers")
}

fn source(file: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("peers").join(file)
}

fn is_on_path(program: &str) -> bool {
    let path = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&path).any(|folder| folder.join(program).is_file())
}
