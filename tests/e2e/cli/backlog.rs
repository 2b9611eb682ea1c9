//! A gigabyte that waits: how soon the next agent has it open, and what it holds in memory while all of it leaves. For
//! `make bench`.

use std::{
    fs,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, ensure};
use serde_json::{Value, json};
use suites::{Figure, Manners, Receiver};

use crate::{
    journal,
    post::Caller,
    stage::{Home, PATIENCE, Running, eventually, text},
};

const GIB: usize = 1 << 30;
const BYTES: usize = 1 << 10;
/// Digits in front of each message, which are all that its server keeps of it.
const DIGITS: usize = 8;
/// As many as the gateway takes at once.
const BATCH: usize = 4_096;
/// At the end everything has left; there is always something that leaves.
const STANDSTILL: Duration = Duration::from_secs(30);
/// Time to settle before something is measured.
const SETTLES: Duration = Duration::from_secs(3);

fn home(url: &str) -> Home {
    let buffer = json!({ "max_bytes": 2 * GIB - 1, "max_messages": 10_000_000 });
    let config = json!({
        "websocket": { "connections": { "hub": { "url": url, "buffer": buffer } } },
        "gateway": { "listen": "127.0.0.1:0" },
        "logging": { "level": "warn,agent::courier=debug" },
    });
    Home::with_config(&config.to_string())
}

fn numbered(number: usize) -> String {
    format!("{number:0DIGITS$}{}", "x".repeat(BYTES - DIGITS))
}

/// Fills the buffer while its endpoint is paused, and kills the agent: what a crash leaves.
fn fill(home: &Home) -> Result<Duration> {
    let mut agent = home.run("run");
    ensure!(home.output("pause hub").status.success());
    home.wait_for_state("hub", "disconnected", PATIENCE);
    let mut caller = Caller::connect(home)?;
    let started = Instant::now();
    for first in (0..GIB / BYTES).step_by(BATCH) {
        let lines: Vec<String> = (first..first + BATCH).map(numbered).collect();
        let answer = caller.send("hub", &lines.join("\n"))?;
        ensure!(answer.status == 202, "{} {}", answer.status, answer.body);
    }
    let took = started.elapsed();
    agent.child.kill()?;
    agent.child.wait()?;
    Ok(took)
}

/// A figure of a process by its name in the kernel's words, in MB.
fn memory(agent: &Running, name: &str) -> Result<f64> {
    let status = fs::read_to_string(format!("/proc/{}/status", agent.child.id()))?;
    let line = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
    let kib = line.and_then(|line| line.split_whitespace().next()).context("the system tells")?;
    Ok(kib.parse::<f64>()? / 1024.0)
}

/// What an agent holds that is connected and has nothing to send.
fn idle(url: &str) -> Result<f64> {
    let home = home(url);
    let agent = home.run("run");
    home.wait_for_state("hub", "connected", PATIENCE);
    std::thread::sleep(SETTLES);
    memory(&agent, "VmRSS")
}

/// How long the newest opening of the buffer took, as the agent wrote it down, in ms.
fn opening(home: &Home) -> Result<f64> {
    let entries = journal::read(home)?;
    let opened = entries.iter().rev().find(|entry| entry.message == "buffer opened");
    let report = opened.and_then(|entry| entry.fields["report"].as_str()).context("it was opened")?;
    ensure!(
        report.contains("clean: false") && report.contains(&format!("queued: {}", GIB / BYTES)),
        "{report}"
    );
    let took = report.split("took_us: ").nth(1).and_then(|rest| rest.split([',', ' ', '}']).next());
    Ok(took.context("how long it took")?.parse::<f64>()? / 1e3)
}

/// Waits until nothing waits any more.
fn drain(home: &Home, receiver: &Receiver) -> Result<()> {
    let (mut most, mut progress) = (0, Instant::now());
    loop {
        let arrived = receiver.count();
        if arrived > most {
            (most, progress) = (arrived, Instant::now());
        }
        if arrived >= GIB / BYTES {
            eventually("nothing waits", PATIENCE, || {
                (home.snapshot()?.endpoints[0].outbox.queued == 0).then_some(())
            });
            return Ok(());
        }
        ensure!(progress.elapsed() < STANDSTILL, "{arrived} came and no more: {:#?}", home.snapshot());
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[test]
#[ignore = "a measurement, a minute and 3 GB of disk: make bench"]
fn a_gigabyte_that_waits_is_opened_at_once_and_leaves_within_little_memory() -> Result<()> {
    let receiver = Receiver::start(Manners { keeps: DIGITS, ..Manners::default() })?;
    let without = idle(&receiver.url())?;
    let home = home(&receiver.url());
    let filling = fill(&home)?;
    let file = fs::metadata(home.path("data/buffer/hub/outbox.db"))?.len();
    ensure!(file > GIB as u64, "{file} bytes");
    let before = receiver.count();
    ensure!(before == 0, "{before} left before it was measured");

    let started = Instant::now();
    let agent = home.run("run");
    let answered = started.elapsed();
    drain(&home, &receiver)?;
    let draining = started.elapsed();
    let most = memory(&agent, "VmHWM")?;
    let receipts = receiver.receipts();
    let in_order = receipts.iter().enumerate().all(|(number, one)| one.text == format!("{number:0DIGITS$}"));
    ensure!(in_order && receipts.len() == GIB / BYTES, "{} came, each once and in order?", receipts.len());
    let stats: Value = serde_json::from_str(&text(&home.output("outbox stats hub --json").stdout))?;
    ensure!(stats["books"]["balanced"] == true, "{stats:#}");
    let opening = opening(&home)?;

    println!(
        "{} messages of {BYTES} bytes: accepted in {:.0} s; the next agent answered after {:.0} ms, had opened {} MiB in \
         {opening:.1} ms, and delivered all in {:.0} s ({:.0}/s); resident {without:.1} MB without a backlog, at most \
         {most:.1} MB with it",
        GIB / BYTES,
        filling.as_secs_f64(),
        answered.as_secs_f64() * 1e3,
        file >> 20,
        draining.as_secs_f64(),
        (GIB / BYTES) as f64 / draining.as_secs_f64(),
    );
    Figure::at_most("opening a backlog of 1 GB", opening, 50.0, "ms").print()?;
    Ok(Figure::at_most("memory while a backlog of 1 GB leaves", most - without, 24.0, "MB").print()?)
}
