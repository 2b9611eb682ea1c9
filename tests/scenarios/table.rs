//! Runs scenarios, beside one another where they can be, and prints what came out as a table.

use std::{
    fmt::Write as _,
    fs,
    io::{self, Write as _},
    path::Path,
    sync::Arc,
};

use anyhow::{Result, ensure};
use tokio::{sync::Semaphore, task::JoinSet};

use crate::{
    check::{self, Outcome},
    computer::Computer,
    grade::{self, Grade, Judgement, word},
    rights,
    scenario::{self, Level, Scenario},
};

/// Checks made at once. They wait more than they work.
pub(crate) const AT_ONCE: usize = 6;
/// Runs only these: numbers with commas between them.
const ONLY: &str = "LINEKEEPER_SCENARIOS";

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn every_scenario_gets_the_verdict_it_deserves() -> Result<()> {
    const NAME: &str = "table::every_scenario_gets_the_verdict_it_deserves";
    if let Some(done) = rights::again_with_them(NAME)? {
        ensure!(done.success(), "it failed where it has the rights it needs");
        return Ok(());
    }
    let (scenarios, skipped) = chosen()?;
    let rows = run(scenarios).await?;
    publish(&rows, &skipped)
}

/// A scenario this computer does not allow.
#[derive(Debug)]
pub(crate) struct Skipped {
    scenario: Scenario,
    why: String,
}

/// One row: a scenario and what came of it.
#[derive(Debug)]
pub(crate) struct Row {
    scenario: Scenario,
    /// Class, code, owner and confidence of the verdict, and milliseconds.
    said: [String; 5],
    judgement: Judgement,
}

impl Row {
    /// A scenario that could not be staged or gave no report.
    fn broken(scenario: Scenario, error: &anyhow::Error) -> Self {
        let judgement = Judgement { grade: Grade::Wrong, faults: vec![format!("{error:#}")], late: false };
        Self { scenario, said: Default::default(), judgement }
    }

    fn passes(&self) -> bool {
        self.judgement.grade == Grade::Correct && !self.judgement.late
    }
}

/// Every scenario that this computer allows, and those it does not allow with the reason.
pub(crate) fn chosen() -> Result<(Vec<Scenario>, Vec<Skipped>)> {
    let only = std::env::var(ONLY).ok();
    let wanted = |scenario: &Scenario| {
        only.as_ref().is_none_or(|list| list.split(',').any(|number| number == scenario.number))
    };
    let (no_computer, no_wire) = (Computer::missing(), Computer::wire_missing());
    let (mut here, mut skipped) = (Vec::new(), Vec::new());
    for scenario in scenario::all()?.into_iter().filter(wanted) {
        let why = match scenario.level {
            Level::L => None,
            Level::N => no_computer.clone(),
            Level::T => no_computer.clone().or_else(|| no_wire.clone()),
        };
        match why {
            None => here.push(scenario),
            Some(why) => skipped.push(Skipped { scenario, why }),
        }
    }
    Ok((here, skipped))
}

/// Runs them all. Those that were late for their limit are run again, alone: beside others they may have waited for a
/// processor.
pub(crate) async fn run(scenarios: Vec<Scenario>) -> Result<Vec<Row>> {
    let turns = Arc::new(Semaphore::new(AT_ONCE));
    let mut running = JoinSet::new();
    // The long ones first, so that they do not end alone.
    let mut order = scenarios;
    order.sort_by_key(|scenario| std::cmp::Reverse(scenario.expect.limit_ms));
    for scenario in order {
        let turns = Arc::clone(&turns);
        running.spawn(async move {
            let _turn = turns.acquire().await;
            row(scenario).await
        });
    }
    let mut rows = Vec::new();
    while let Some(row) = running.join_next().await {
        rows.push(row?);
    }
    for late in rows.iter_mut().filter(|row| row.judgement.late) {
        *late = row(late.scenario.clone()).await;
    }
    rows.sort_by_key(|row| scenario::order(&row.scenario.number));
    Ok(rows)
}

async fn row(scenario: Scenario) -> Row {
    match answer(&scenario).await {
        Ok((said, judgement)) => Row { scenario, said, judgement },
        Err(error) => Row::broken(scenario, &error),
    }
}

async fn answer(scenario: &Scenario) -> Result<([String; 5], Judgement)> {
    let (stage, outcome) = check::make(scenario).await?;
    keep(scenario, &outcome)?;
    let judgement = grade::judge(scenario, &stage, &outcome)?;
    let verdict = &outcome.report.verdict;
    let said = [
        word(&verdict.class),
        verdict.primary.map(|code| code.to_string()).unwrap_or_default(),
        word(&verdict.owner),
        word(&verdict.confidence),
        outcome.report.duration_ms.to_string(),
    ];
    Ok((said, judgement))
}

/// Writes the report down, for who wants to know more than the table says.
fn keep(scenario: &Scenario, outcome: &Outcome) -> Result<()> {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("scenarios");
    fs::create_dir_all(&folder)?;
    fs::write(folder.join(format!("{}.json", scenario.number)), format!("{:#}", outcome.json))?;
    fs::write(folder.join(format!("{}.txt", scenario.number)), &outcome.text)?;
    Ok(())
}

/// Prints the table; an error where the release rule is broken: nothing wrong that claims to be sure, and everything that
/// needs loopback alone passes. What needs more has to pass where it can be staged.
pub(crate) fn publish(rows: &[Row], skipped: &[Skipped]) -> Result<()> {
    let mut text = format!(
        "\n{:>4} {} {:<66} {:<13} {:<5} {:<11} {:<9} {:>6} {:>6}  {}\n",
        "#", "L", "staged", "verdict", "code", "owner", "sure", "ms", "limit", "grade"
    );
    for Row { scenario, said: [class, code, owner, sure, ms], judgement } in rows {
        let grade = if judgement.late { "LATE".to_owned() } else { judgement.grade.to_string() };
        let _ = writeln!(
            text,
            "{:>4} {:?} {:<66} {class:<13} {code:<5} {owner:<11} {sure:<9} {ms:>6} {:>6}  {grade}",
            scenario.number, scenario.level, scenario.name, scenario.expect.limit_ms
        );
        for fault in &judgement.faults {
            let _ = writeln!(text, "       - {fault}");
        }
    }
    for Skipped { scenario, why } in skipped {
        let _ = writeln!(
            text,
            "{:>4} {:?} {:<66} SKIPPED: {why}",
            scenario.number, scenario.level, scenario.name
        );
    }
    let count = |grade: Grade| rows.iter().filter(|row| row.judgement.grade == grade).count();
    let _ = writeln!(
        text,
        "{} scenarios: {} correct, {} incomplete, {} wrong, {} wrong and certain; {} skipped",
        rows.len(),
        count(Grade::Correct),
        count(Grade::Incomplete),
        count(Grade::Wrong),
        count(Grade::WrongCertain),
        skipped.len()
    );
    // Past the capture of the test harness: the table is to be seen.
    io::stdout().write_all(text.as_bytes())?;
    ensure!(count(Grade::WrongCertain) == 0, "a wrong verdict claims to be certain");
    let failed: Vec<&str> =
        rows.iter().filter(|row| !row.passes()).map(|row| row.scenario.number.as_str()).collect();
    ensure!(failed.is_empty(), "these scenarios do not pass: {}", failed.join(", "));
    Ok(())
}
