//! The ingredients by themselves: that each does what its name says, so that a scenario does not test something else.

use std::{
    io::{Read as _, Write as _},
    net::TcpStream,
    process::Command,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, ensure};
use model::check::{FindingCode, VerdictClass};

use crate::{
    check::Outcome,
    computer::Computer,
    grade::{self, Grade},
    scenario::Scenario,
    stage::Stage,
};

fn scenario(text: &str) -> Result<Scenario> {
    let head = "number = '0'\nname = ''\nlevel = 'L'\n\
                expect = { class = 'ok', primary = 'OK-01', owner = 'none', confidence = 'certain', limit_ms = 0 }";
    Ok(toml::from_str(&format!("{head}\n{text}"))?)
}

/// What a client of the system hears on this stage.
fn client(stage: &Stage, program: &str, words: &[&str]) -> Result<String> {
    let entry = stage.entry();
    let (first, rest) = entry.split_first().context("a computer of its own")?;
    let output = Command::new(first).args(rest).arg(program).args(words).output()?;
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_answers_plain_requests_and_upgrades_each_as_planned() -> Result<()> {
    let stage = Stage::set(&scenario(
        "stage.subject = { kind = 'server', get = { status = 404 }, upgrade = { subprotocol = 'b' } }",
    )?)?;
    let mut stream = TcpStream::connect(stage.fill("{subject}")?)?;
    let mut heard = [0; 2048];
    stream.write_all(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")?;
    let count = stream.read(&mut heard)?;
    let answer = String::from_utf8_lossy(&heard[..count]).into_owned();
    ensure!(answer.starts_with("HTTP/1.1 404 ") && answer.contains("\r\nDate: "), "{answer}");
    stream.write_all(
        b"GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
          Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: a\r\n\r\n",
    )?;
    let count = stream.read(&mut heard)?;
    let answer = String::from_utf8_lossy(&heard[..count]).into_owned();
    ensure!(
        answer.contains("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=") && answer.contains("Protocol: b\r\n"),
        "{answer}"
    );
    // A ping and its pong.
    stream.write_all(b"\x89\x81\x00\x00\x00\x00!")?;
    let count = stream.read(&mut heard)?;
    ensure!(heard[..count] == *b"\x8a\x01!", "{:?}", &heard[..count]);
    ensure!(stage.requests("subject")?.len() == 2);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_computer_of_its_own_asks_its_own_name_servers_and_reads_its_own_hosts_file() -> Result<()> {
    if let Some(why) = Computer::missing() {
        eprintln!("SKIPPED: {why}");
        return Ok(());
    }
    let stage = Stage::set(&scenario(
        "[computer]\nfar = ['10.92.0.53']\nhosts = ['127.0.0.77 fixed.test']\n\
         name_servers = [{ at = '10.92.0.53', knows = { 'a.test' = ['10.92.0.1'] } }]",
    )?)?;
    ensure!(client(&stage, "getent", &["ahostsv4", "a.test"])?.starts_with("10.92.0.1"), "a.test is known");
    ensure!(client(&stage, "getent", &["ahostsv4", "fixed.test"])?.starts_with("127.0.0.77"), "it is fixed");
    ensure!(client(&stage, "getent", &["ahostsv4", "b.test"])?.is_empty(), "there is no b.test");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wire_delays_and_swallows_what_is_too_large() -> Result<()> {
    if let Some(why) = Computer::missing().or_else(Computer::wire_missing) {
        eprintln!("SKIPPED: {why}");
        return Ok(());
    }
    let stage = Stage::set(&scenario(
        "computer = { network = 'tun', wire = { delay_ms = 50, largest = 600 } }\n\
         stage.subject = { kind = 'server', at = '10.92.0.1', port = 7000 }",
    )?)?;
    let computer = stage.computer().context("it has one")?;
    let started = Instant::now();
    let mut stream = computer.connect("10.92.0.1:7000".parse()?)?;
    ensure!(started.elapsed() >= Duration::from_millis(100), "{:?}", started.elapsed());
    stream.set_read_timeout(Some(Duration::from_secs(2)))?;
    let mut heard = [0; 16];
    stream.write_all(b"GET / HTTP/1.1\r\n\r\n")?;
    ensure!(stream.read(&mut heard)? > 0, "small packets pass");
    let large = format!("GET / HTTP/1.1\r\nX: {}\r\n\r\n", "x".repeat(1200));
    let mut stream = computer.connect("10.92.0.1:7000".parse()?)?;
    stream.set_read_timeout(Some(Duration::from_secs(1)))?;
    stream.write_all(large.as_bytes())?;
    ensure!(stream.read(&mut heard).is_err(), "large ones vanish");
    Ok(())
}

/// Whatever a data file says can be set up here.
#[tokio::test(flavor = "multi_thread")]
async fn every_scenario_can_be_staged() -> Result<()> {
    for scenario in crate::table::chosen()?.0 {
        Stage::set(&scenario).with_context(|| format!("scenario {}", scenario.number))?;
    }
    Ok(())
}

/// Who grades is graded: a check of a healthy server, held against what it should not say.
#[tokio::test(flavor = "multi_thread")]
async fn the_checker_tells_wrong_and_certain_from_incomplete() -> Result<()> {
    let mut scenario = scenario("stage.subject = { kind = 'server' }")?;
    scenario.expect.limit_ms = 60_000;
    let stage = Stage::set(&scenario)?;
    let report = crate::library::run(&stage, &scenario).await?;
    let outcome = Outcome::of(serde_json::to_value(&report)?, report);
    let judged = |scenario: &Scenario| grade::judge(scenario, &stage, &outcome);
    let right = judged(&scenario)?;
    ensure!(right.grade == Grade::Correct, "{right:?}");
    let mut wordy = scenario.clone();
    wordy.expect.says = vec!["words nobody says".to_owned()];
    ensure!(judged(&wordy)?.grade == Grade::Incomplete);
    let mut quiet = scenario.clone();
    quiet.expect.never_says = vec!["websocket".to_owned()];
    ensure!(judged(&quiet)?.grade == Grade::Incomplete);
    let mut other = scenario.clone();
    (other.expect.class, other.expect.primary) = (VerdictClass::Server, FindingCode::Tc01);
    ensure!(judged(&other)?.grade == Grade::WrongCertain);
    let mut hasty = scenario.clone();
    hasty.expect.limit_ms = 0;
    ensure!(judged(&hasty)?.late);
    Ok(())
}
