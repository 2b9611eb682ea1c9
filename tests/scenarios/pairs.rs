//! Two faults at once, drawn by chance: a check may find either, but it may not break, and not be sure of a third.

use std::{collections::BTreeMap, sync::Arc};

use anyhow::{Context as _, Result, ensure};
use fastrand::Rng;
use model::check::{Confidence, FindingCode, VerdictClass};
use serde_json::Value;
use suites::seed;
use tokio::{sync::Semaphore, task::JoinSet};

use crate::{
    check, grade,
    plan::{Connection, Ingredient, ServerPlan, SessionPlan},
    scenario::{self, Level, Scenario},
    stage::merge,
    table::AT_ONCE,
};

/// How many pairs are drawn.
const PAIRS: &str = "LINEKEEPER_PAIRS";
const FEW: usize = 16;

/// Two scenarios in one.
struct Pair {
    both: Scenario,
    what: String,
    truth: Vec<FindingCode>,
    healthy: bool,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_faults_at_once_break_nothing_and_make_nobody_sure_of_a_third() -> Result<()> {
    let seed = seed()?;
    let count = std::env::var(PAIRS).ok().map_or(Ok(FEW), |number| number.parse())?;
    println!("seed {seed}");
    let mut chance = Rng::with_seed(seed);
    let single: Vec<Scenario> = scenario::all()?.into_iter().filter(can_be_paired).collect();
    let turns = Arc::new(Semaphore::new(AT_ONCE));
    let mut running = JoinSet::new();
    for _ in 0..count {
        let draw = |chance: &mut Rng| chance.choice(&single).cloned().context("there are scenarios");
        let (one, other) = (draw(&mut chance)?, draw(&mut chance)?);
        // What is healthy would cover the other's fault.
        let apart = chance.bool() || other.expect.class == VerdictClass::Ok;
        let pair = if apart { beside(&one, &other)? } else { over(&one, &other) };
        let turns = Arc::clone(&turns);
        running.spawn(async move {
            let _turn = turns.acquire().await;
            let what = pair.what.clone();
            try_out(pair).await.with_context(|| format!("{what}; seed {seed}"))
        });
    }
    let mut failed = Vec::new();
    while let Some(done) = running.join_next().await {
        failed.extend(done?.err().map(|error| format!("{error:#}")));
    }
    ensure!(failed.is_empty(), "{} of {count} pairs:\n{}", failed.len(), failed.join("\n"));
    Ok(())
}

/// Those that need nothing but servers and are over soon.
fn can_be_paired(scenario: &Scenario) -> bool {
    let check = &scenario.check;
    scenario.level == Level::L
        && scenario.config.is_null()
        && check.options.is_empty()
        && !check.deep
        && check.agent.is_none()
        && check.interrupted_ms.is_none()
        && check.panics.is_none()
        && scenario.names.is_empty()
}

async fn try_out(pair: Pair) -> Result<()> {
    let (_stage, outcome) = check::make(&pair.both).await?;
    let faults = grade::form_faults(&outcome);
    ensure!(faults.is_empty(), "{}", faults.join("; "));
    let verdict = &outcome.report.verdict;
    let broken = outcome.report.steps.iter().find(|step| step.status == model::check::StepStatus::Error);
    ensure!(broken.is_none(), "a step broke off: {broken:?}");
    ensure!(
        pair.healthy || verdict.class != VerdictClass::Ok,
        "everything is said to work: {}",
        verdict.line
    );
    let known = verdict.primary.is_none_or(|code| pair.truth.contains(&code));
    ensure!(
        known || verdict.confidence != Confidence::Certain,
        "it is sure of something else: {:?} {}",
        verdict.primary,
        verdict.line
    );
    Ok(())
}

fn truth(one: &Scenario, other: &Scenario) -> Vec<FindingCode> {
    let of = |scenario: &Scenario| {
        let expect = &scenario.expect;
        [&expect.beside[..], &expect.with[..], &[expect.primary]].concat()
    };
    [of(one), of(other)].concat()
}

fn pair(one: &Scenario, other: &Scenario, how: &str, both: Scenario) -> Pair {
    // One server that agrees with our clock is enough for it.
    let healthy = |scenario: &Scenario| {
        scenario.expect.class == VerdictClass::Ok || scenario.expect.primary == FindingCode::Pc06
    };
    Pair {
        both,
        what: format!("{} {how} {} ({} {how} {})", one.number, other.number, one.name, other.name),
        truth: truth(one, other),
        healthy: healthy(one) && healthy(other),
    }
}

/// Two endpoints, each with its fault.
fn beside(one: &Scenario, other: &Scenario) -> Result<Pair> {
    let mut both = one.clone();
    both.check.after_a_good_one = false;
    both.check.of.clear();
    both.environment.clear();
    (both.stage, both.endpoints) = (BTreeMap::new(), BTreeMap::new());
    both.aside.clear();
    for (prefix, scenario) in [("a-", one), ("b-", other)] {
        let renamed = |text: &str| {
            let with_prefix = |text: String, name: &String| {
                text.replace(&format!("{{{name}"), &format!("{{{prefix}{name}"))
            };
            scenario.stage.keys().fold(text.to_owned(), with_prefix)
        };
        for (name, ingredient) in &scenario.stage {
            let mut ingredient = ingredient.clone();
            if let Ingredient::Intermediary { before } = &mut ingredient {
                *before = format!("{prefix}{before}");
            }
            both.stage.insert(format!("{prefix}{name}"), ingredient);
        }
        for (name, more) in &scenario.endpoints {
            let more: Value = serde_json::from_str(&renamed(&more.to_string()))?;
            both.endpoints.insert(format!("{prefix}{name}"), more);
        }
        both.aside.extend(scenario.aside.iter().map(|name| format!("{prefix}{name}")));
        both.check.of.extend(scenario.check.of.iter().map(|name| format!("{prefix}{name}")));
        both.environment.extend(scenario.environment.clone());
    }
    Ok(pair(one, other, "beside", both))
}

/// One endpoint with both faults, where both are faults of a server; the second one alone otherwise.
fn over(one: &Scenario, other: &Scenario) -> Pair {
    let mut both = other.clone();
    both.check.after_a_good_one = false;
    for (name, ingredient) in &one.stage {
        match (both.stage.get_mut(name), ingredient) {
            (Some(Ingredient::Server(upper)), Ingredient::Server(lower)) => {
                **upper = laid_over(lower, upper);
            }
            (Some(_), _) => {}
            (None, _) => {
                both.stage.insert(name.clone(), ingredient.clone());
            }
        }
    }
    for (name, more) in &one.endpoints {
        let upper = both.endpoints.insert(name.clone(), more.clone());
        merge(both.endpoints.entry(name.clone()).or_default(), upper.unwrap_or_default());
    }
    both.aside.extend(one.aside.clone());
    both.environment.extend(one.environment.clone());
    pair(one, other, "under", both)
}

/// What the upper plan leaves as usual is as in the lower one.
fn laid_over(lower: &ServerPlan, upper: &ServerPlan) -> ServerPlan {
    let mut both = upper.clone();
    both.before = None;
    both.tls = upper.tls.clone().or_else(|| lower.tls.clone());
    if upper.connection == Connection::Served {
        both.connection = lower.connection.clone();
    }
    if upper.session == SessionPlan::Healthy {
        both.session = lower.session.clone();
    }
    if upper.get.status.is_none() {
        both.get = lower.get.clone();
    }
    if upper.upgrade.is_usual() {
        both.upgrade = lower.upgrade.clone();
    }
    both.resets = upper.resets.max(lower.resets);
    both.delay_ms = upper.delay_ms.max(lower.delay_ms);
    both.clock_ahead_s = if upper.clock_ahead_s == 0 { lower.clock_ahead_s } else { upper.clock_ahead_s };
    both
}
