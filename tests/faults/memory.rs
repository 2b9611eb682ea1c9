//! What a hostile server can make the agent hold in memory, measured in a process of its own. Linux only: the
//! figure is the kernel's.

use std::{env, fs, process::Stdio};

use anyhow::{Context as _, Result, ensure};
use model::{EndpointState as S, ErrorCode as C};
use serde_json::json;
use suites::{
    fault_server::{FaultServer, RawFrame, Script},
    running_agent::RunningAgent,
};
use tokio::process::Command;

/// Set in the process that is measured.
const MEASURED: &str = "LINEKEEPER_FAULTS_MEASURED";
/// What the process may grow by, in KiB: a message of 16 MiB in a buffer that doubled, its copy, the received
/// messages that are kept, and as much again for the allocator. A server that is not cut off sends this in a second.
const MOST_GROWTH: u64 = 96 << 10;

/// Runs this very test again, alone in a process; true when that has happened and this process is done.
async fn measured_elsewhere(name: &str) -> Result<bool> {
    if env::var_os(MEASURED).is_some() {
        return Ok(false);
    }
    let output = Command::new(env::current_exe()?)
        .args([name, "--exact", "--nocapture"])
        .env(MEASURED, "1")
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output()
        .await?;
    let said = String::from_utf8_lossy(&output.stdout);
    ensure!(
        output.status.success() && said.contains("1 passed"),
        "{said}{}",
        String::from_utf8_lossy(&output.stderr)
    );
    Ok(true)
}

/// The most memory this process ever had, in KiB.
fn peak() -> Result<u64> {
    let status = fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let figure = line.and_then(|line| line.split_whitespace().next());
    Ok(figure.context("the system says how much memory is used")?.parse()?)
}

async fn agent_on(server: &FaultServer) -> Result<RunningAgent> {
    RunningAgent::start(&json!({
        "websocket": {
            "connections": { "hostile": { "url": server.url() } },
            "reconnection": { "initial_delay": 20, "max_delay": 20, "max_attempts": 4 },
        },
        "gateway": { "enabled": false },
    }))
    .await
}

#[tokio::test]
async fn endless_messages_do_not_make_the_agent_grow() -> Result<()> {
    if measured_elsewhere("memory::endless_messages_do_not_make_the_agent_grow").await? {
        return Ok(());
    }
    let script = Script::upgraded()
        .frame(&RawFrame::binary(vec![7; 1_000]).unfinished())
        .flood(RawFrame::continuation(vec![7; 1_000]).unfinished().bytes());
    let server = FaultServer::start(script).await?;
    let before = peak()?;
    let agent = agent_on(&server).await?;
    let failed = agent.until_first("four sessions cut off", |one| one.state == S::Failed).await?;
    assert_eq!(failed.last_error.map(|error| error.code), Some(C::MessageTooBig));
    assert_eq!(server.seen().len(), 4);
    let growth = peak()? - before;
    assert!(growth <= MOST_GROWTH, "grew by {growth} KiB");
    agent.shutdown().await;
    Ok(())
}

#[tokio::test]
async fn a_thousand_large_messages_do_not_make_the_agent_grow() -> Result<()> {
    if measured_elsewhere("memory::a_thousand_large_messages_do_not_make_the_agent_grow").await? {
        return Ok(());
    }
    let large = RawFrame::text(format!("[{}0]", "0,".repeat(100 << 10))).bytes();
    let script = Script::upgraded().repeat(large, 1_000).answer_pings();
    let server = FaultServer::start(script).await?;
    let before = peak()?;
    let agent = agent_on(&server).await?;
    let up = agent.until_first("1,000 messages", |one| one.counters.received == 1_000).await?;
    assert_eq!((up.state, up.counters.errors), (S::Connected, 0));
    let growth = peak()? - before;
    assert!(growth <= MOST_GROWTH, "grew by {growth} KiB");
    agent.shutdown().await;
    Ok(())
}
