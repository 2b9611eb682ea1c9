//! Figures of checks for `make bench`: how long a healthy line takes, how soon a cancelled check ends, and what a thousand
//! checks leave behind.

use std::{fs, time::Duration};

use anyhow::{Context as _, Result, ensure};
use model::check::{Severity, StepStatus, VerdictClass};
use suites::Figure;

use crate::{check, computer::Computer, scenario::Scenario, stage::Stage};

/// Checks whose worst counts.
const TRIES: usize = 10;
/// Runs of the healthy scenario, and those at once.
const RUNS: usize = 1_000;
const AT_ONCE: usize = 8;
/// After these a program has opened what it keeps open.
const WARM: usize = 5;

fn scenario(text: &str) -> Result<Scenario> {
    let head = "number = '0'\nname = ''\nlevel = 'L'\n\
                expect = { class = 'ok', primary = 'OK-01', owner = 'none', confidence = 'certain', limit_ms = 0 }";
    Ok(toml::from_str(&format!("{head}\n{text}"))?)
}

/// Five healthy endpoints, every other one encrypted.
fn five(at: &str) -> Result<Scenario> {
    let mut text = String::from("check = { of = ['one', 'two', 'three', 'four', 'five'] }\n");
    for (index, name) in ["one", "two", "three", "four", "five"].iter().enumerate() {
        let tls = if index % 2 == 0 { format!(", tls = {{ names = ['{at}'] }}") } else { String::new() };
        text += &format!("stage.{name} = {{ kind = 'server', at = '{at}'{tls} }}\n");
    }
    scenario(&text)
}

/// The longest of several checks, milliseconds; each must find nothing.
async fn longest(scenario: &Scenario) -> Result<f64> {
    let mut worst = 0_u64;
    for _ in 0..TRIES {
        let (_stage, outcome) = check::make(scenario).await?;
        ensure!(outcome.report.verdict.class == VerdictClass::Ok, "{}", outcome.text);
        worst = worst.max(outcome.report.duration_ms);
    }
    Ok(worst as f64)
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "a figure: make bench"]
async fn figures_of_healthy_lines() -> Result<()> {
    let mut figures = Vec::new();
    let here = longest(&five("127.0.0.1")?).await?;
    figures.push(Figure::at_most("check of 5 endpoints on loopback, worst of 10", here, 1_000.0, "ms"));
    match Computer::missing().or_else(Computer::wire_missing) {
        Some(why) => eprintln!("SKIPPED, no figure over a wire: {why}"),
        None => {
            let mut far = five("10.92.0.1")?;
            far.computer = Some(toml::from_str("network = 'tun'\nwire = { delay_ms = 20 }")?);
            let far = longest(&far).await?;
            figures.push(Figure::at_most(
                "check of 5 endpoints, 40 ms away, worst of 10",
                far,
                3_000.0,
                "ms",
            ));
        }
    }
    publish(&figures)
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "a figure: make bench"]
async fn figures_of_cancelled_checks() -> Result<()> {
    let scenario = scenario("stage.subject = { kind = 'full' }\ncheck = { interrupted_ms = 500 }")?;
    let mut worst = Duration::ZERO;
    for _ in 0..TRIES {
        let (_stage, outcome) = check::make(&scenario).await?;
        worst = worst.max(outcome.ended_after.context("it was interrupted")?);
    }
    let figure =
        Figure::at_most("end of a check after Ctrl-C, worst of 10", worst.as_secs_f64() * 1e3, 100.0, "ms");
    publish(&[figure])
}

/// In one process, as a window or an agent does it: what is left open there adds up.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "a figure: make bench; takes some minutes"]
async fn figures_of_a_thousand_healthy_checks() -> Result<()> {
    let scenario = scenario("stage.subject = { kind = 'server', tls = {} }")?;
    let stage = Stage::set(&scenario)?;
    let (mut warnings, mut after_warm) = (0, 0);
    let mut done = 0;
    while done < RUNS {
        let batch = (0..AT_ONCE).map(|_| crate::library::run(&stage, &scenario));
        for report in futures_util::future::join_all(batch).await {
            let report = report?;
            // What stands there about this computer's own network may be true.
            let mut way = report.steps.iter().filter(|step| step.endpoint.is_some());
            let warned = report.verdict.class != VerdictClass::Ok
                || report.findings.iter().any(|one| one.severity != Severity::Info)
                || way.any(|step| !matches!(step.status, StepStatus::Pass | StepStatus::Na));
            if warned {
                eprintln!("{:?}", report.findings);
                warnings += 1;
            }
            done += 1;
        }
        if done == WARM * AT_ONCE {
            after_warm = handles()?;
        }
    }
    let growth = handles()?.saturating_sub(after_warm);
    publish(&[
        Figure::at_most("warnings in 1,000 checks of a healthy endpoint", f64::from(warnings), 0.0, ""),
        Figure::at_most("file handles left behind by 1,000 checks", growth as f64, 0.0, ""),
    ])
}

/// Open files of this process, once what is being closed is closed.
fn handles() -> Result<usize> {
    std::thread::sleep(Duration::from_secs(1));
    Ok(fs::read_dir("/proc/self/fd")?.count())
}

fn publish(figures: &[Figure]) -> Result<()> {
    for figure in figures {
        figure.print()?;
    }
    ensure!(figures.iter().all(Figure::reached), "a goal is missed");
    Ok(())
}
