//! Compares what a check said with what it had to say.

use std::{fmt, sync::LazyLock};

use anyhow::{Context as _, Result};
use jsonschema::Validator;
use model::check::{Confidence, Finding, FindingCode, Report, Severity, VerdictClass};
use serde_json::Value;

use crate::{
    check::Outcome,
    scenario::{Claim, Expectation, Scenario},
    stage::Stage,
};

/// How good an answer is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Grade {
    /// All of it is right.
    Correct,
    /// The cause is right, or left open; something is missing beside it.
    Incomplete,
    /// Another cause, or another person to act.
    Wrong,
    /// The same, and it claims to be sure.
    WrongCertain,
}

impl fmt::Display for Grade {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Correct => "correct",
            Self::Incomplete => "incomplete",
            Self::Wrong => "WRONG",
            Self::WrongCertain => "WRONG, CERTAIN",
        })
    }
}

/// A graded answer.
#[derive(Debug)]
pub(crate) struct Judgement {
    /// How good it is.
    pub(crate) grade: Grade,
    /// What is not as it should be.
    pub(crate) faults: Vec<String>,
    /// It took too long, which is a matter of the machine's load too.
    pub(crate) late: bool,
}

static SCHEMA: LazyLock<Result<Validator>> = LazyLock::new(|| {
    jsonschema::validator_for(&diagnostics::report::schema()).context("the published schema is one")
});

/// Grades an answer.
pub(crate) fn judge(scenario: &Scenario, stage: &Stage, outcome: &Outcome) -> Result<Judgement> {
    let expect = &scenario.expect;
    let verdict = &outcome.report.verdict;
    let right = verdict.class == expect.class
        && verdict.primary == Some(expect.primary)
        && verdict.owner == expect.owner;
    let mut faults = cause_faults(expect, &outcome.report);
    faults.extend(beside_faults(expect, &outcome.report));
    faults.extend(word_faults(expect, stage, outcome)?);
    faults.extend(step_faults(expect, &outcome.report));
    faults.extend(expect.report.iter().filter_map(|claim| claim_fault(claim, &outcome.json)));
    faults.extend(form_faults(outcome));
    for (name, most) in &expect.requests {
        let requests = stage.requests(name)?;
        if requests.len() > *most {
            faults.push(format!("{name} got {} requests, not {most}: {requests:?}", requests.len()));
        }
    }
    let took = outcome.report.duration_ms;
    let late = took > expect.limit_ms;
    let grade = match (right, verdict.confidence) {
        (true, _) if faults.is_empty() => Grade::Correct,
        (true, _) => Grade::Incomplete,
        (false, _) if verdict.class == VerdictClass::Incomplete => Grade::Incomplete,
        (false, Confidence::Certain) => Grade::WrongCertain,
        (false, Confidence::Likely | Confidence::Possible) => Grade::Wrong,
    };
    Ok(Judgement { grade, faults, late })
}

fn cause_faults(expect: &Expectation, report: &Report) -> Vec<String> {
    let verdict = &report.verdict;
    let mut faults = Vec::new();
    let mut differs = |what: &str, is: String, should: String| {
        if is != should {
            faults.push(format!("{what} is {is}, not {should}"));
        }
    };
    let primary = verdict.primary.map(FindingCode::as_str).unwrap_or("none");
    differs("class", format!("{:?}", verdict.class), format!("{:?}", expect.class));
    differs("primary", primary.to_owned(), expect.primary.to_string());
    differs("owner", format!("{:?}", verdict.owner), format!("{:?}", expect.owner));
    differs("confidence", format!("{:?}", verdict.confidence), format!("{:?}", expect.confidence));
    faults
}

/// Findings beside the primary one that nobody expects, and expected ones that are not there.
fn beside_faults(expect: &Expectation, report: &Report) -> Vec<String> {
    let stands = |one: &&Finding| one.suppressed_by.is_none() && one.severity != Severity::Info;
    let allowed = |code: FindingCode| {
        code == expect.primary || expect.beside.contains(&code) || expect.with.contains(&code)
    };
    let unexpected = report.findings.iter().filter(stands).filter(|one| !allowed(one.code));
    let missing = expect.with.iter().filter(|code| !report.findings.iter().any(|one| one.code == **code));
    let unexpected = unexpected.map(|one| format!("{} stands beside it: {}", one.code, one.text));
    unexpected.chain(missing.map(|code| format!("{code} is missing"))).collect()
}

fn word_faults(expect: &Expectation, stage: &Stage, outcome: &Outcome) -> Result<Vec<String>> {
    let report = &outcome.report;
    let mut read =
        vec![report.verdict.line.clone(), report.verdict.next_action.clone(), outcome.text.clone()];
    for finding in &report.findings {
        read.extend([finding.text.clone(), finding.remedy.clone()]);
    }
    let read = read.join("\n").to_lowercase();
    let evidence: Vec<&str> =
        report.findings.iter().flat_map(|one| &one.evidence).map(String::as_str).collect();
    let known = format!("{read}\n{}", evidence.join("\n").to_lowercase());
    let mut faults = Vec::new();
    for words in &expect.says {
        let words = stage.fill(words)?.to_lowercase();
        if !known.contains(&words) {
            faults.push(format!("it does not say {words:?}"));
        }
    }
    for words in &expect.never_says {
        let words = stage.fill(words)?.to_lowercase();
        if let Some(line) = read.lines().find(|line| line.contains(&words)) {
            faults.push(format!("it says {words:?}: {line}"));
        }
    }
    Ok(faults)
}

fn step_faults(expect: &Expectation, report: &Report) -> Vec<String> {
    let mut faults = Vec::new();
    for (id, wanted) in &expect.steps {
        let mut found = report.steps.iter().filter(|step| step.id.as_str() == id).peekable();
        if found.peek().is_none() {
            faults.push(format!("there is no step {id}"));
        }
        for step in found {
            let status = word(&step.status);
            if !wanted.split('|').any(|one| one == status) {
                faults
                    .push(format!("{id} is {status}, not {wanted}: {:?} {:?}", step.reason, step.error_raw));
            }
            if status == "skip" && step.reason.as_deref().is_none_or(str::is_empty) {
                faults.push(format!("{id} is skipped without a reason"));
            }
        }
    }
    faults
}

fn claim_fault(claim: &Claim, json: &Value) -> Option<String> {
    let Some(value) = json.pointer(&claim.at) else {
        return Some(format!("{} is not in the report", claim.at));
    };
    let number = value.as_f64();
    let holds = claim.at_most.is_none_or(|most| number.is_some_and(|is| is <= most))
        && claim.at_least.is_none_or(|least| number.is_some_and(|is| is >= least))
        && claim.is.as_ref().is_none_or(|is| is == value)
        && claim.holds.as_ref().is_none_or(|part| value.to_string().contains(part));
    (!holds).then(|| format!("{} is {value}", claim.at))
}

/// What holds for every report: its schema, its exit code, its lengths, nobody sure without a reason.
pub(crate) fn form_faults(outcome: &Outcome) -> Vec<String> {
    let mut faults = Vec::new();
    match &*SCHEMA {
        Ok(schema) => {
            faults.extend(schema.iter_errors(&outcome.json).map(|error| format!("schema: {error}")))
        }
        Err(error) => faults.push(format!("{error:#}")),
    }
    let report = &outcome.report;
    let meant = if outcome.ended_after.is_some() { 130 } else { exit_code(report.verdict.class) };
    if outcome.exit.is_some_and(|exit| exit != meant) {
        faults.push(format!("exit {:?} for {:?}", outcome.exit, report.verdict.class));
    }
    let lines = report.findings.iter().map(|one| &one.text).chain([&report.verdict.line]);
    faults.extend(lines.filter(|line| line.chars().count() > 160).map(|line| format!("too long: {line}")));
    for finding in &report.findings {
        if finding.evidence.is_empty() {
            faults.push(format!("{} has no evidence", finding.code));
        }
        if finding.confidence > finding.code.confidence() {
            faults.push(format!("{} claims too much", finding.code));
        }
    }
    if !report.redaction.clean {
        faults.push("the report is not clean".to_owned());
    }
    faults
}

fn exit_code(class: VerdictClass) -> i32 {
    match class {
        VerdictClass::Ok => 0,
        VerdictClass::Degraded => 10,
        VerdictClass::Incomplete => 30,
        VerdictClass::ThisComputer
        | VerdictClass::LocalNetwork
        | VerdictClass::Proxy
        | VerdictClass::Dns
        | VerdictClass::Tls
        | VerdictClass::Server
        | VerdictClass::Credentials
        | VerdictClass::Configuration => 20,
    }
}

/// A closed word as it stands in reports.
pub(crate) fn word(value: &impl serde::Serialize) -> String {
    serde_json::to_value(value).ok().and_then(|value| Some(value.as_str()?.to_owned())).unwrap_or_default()
}
