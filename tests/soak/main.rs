//! Twenty endpoints under random faults for a long time: nothing may leak, nobody may get stuck.
//!
//! The agent runs in a process of its own, so that its tasks, sockets and memory can be told from those of the
//! servers and proxies around it. `LINEKEEPER_SEED` repeats the faults of a run. Linux only: the figures are the
//! kernel's.
#![cfg(target_os = "linux")]

// Always true here; it tells clippy that this is test code too.
#[cfg(test)]
mod subject;
#[cfg(test)]
mod trial;
#[cfg(test)]
mod weather;

use std::time::Duration;

use anyhow::Result;

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn half_a_minute_of_random_faults_leaves_no_leak_and_nobody_stuck() -> Result<()> {
    trial::run(Duration::from_secs(8), Duration::from_secs(16), suites::seed()?).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
#[ignore = "ten minutes: make soak"]
async fn ten_minutes_of_random_faults_leave_no_leak_and_nobody_stuck() -> Result<()> {
    trial::run(Duration::from_secs(120), Duration::from_secs(480), suites::seed()?).await
}
