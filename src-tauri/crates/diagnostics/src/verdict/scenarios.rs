//! The table of scenarios, as the facts a correct check would have seen. `network` and `server` hold its rows.

use model::check::{Confidence, Finding, FindingCode as Code, FindingOwner, Severity, Verdict, VerdictClass};

use crate::{facts::Facts, findings::find, verdict::judge};

mod network;
mod server;

/// One row.
pub(crate) struct Scenario {
    pub(crate) name: &'static str,
    pub(crate) facts: Facts,
    pub(crate) class: VerdictClass,
    pub(crate) primary: Code,
    pub(crate) owner: FindingOwner,
    pub(crate) sure: Confidence,
    /// Findings that may stand beside the primary one; consequences and what is good to know may always.
    pub(crate) beside: &'static [Code],
    /// Words that have to occur in sentence, remedy or evidence of the primary finding.
    pub(crate) must: &'static [&'static str],
    /// Words that may not occur in sentence and next action.
    pub(crate) must_not: &'static [&'static str],
}

impl Scenario {
    /// A row that only its facts and its answer make.
    pub(crate) fn new(
        name: &'static str,
        facts: Facts,
        (class, primary, owner, sure): (VerdictClass, Code, FindingOwner, Confidence),
    ) -> Self {
        Self { name, facts, class, primary, owner, sure, beside: &[], must: &[], must_not: &[] }
    }

    pub(crate) fn beside(mut self, codes: &'static [Code]) -> Self {
        self.beside = codes;
        self
    }

    pub(crate) fn must(mut self, words: &'static [&'static str]) -> Self {
        self.must = words;
        self
    }

    pub(crate) fn must_not(mut self, words: &'static [&'static str]) -> Self {
        self.must_not = words;
        self
    }
}

/// Every row.
pub(crate) fn all() -> Vec<Scenario> {
    network::rows().into_iter().chain(server::rows()).collect()
}

/// What a check says of facts.
pub(crate) fn check(facts: &Facts) -> (Verdict, Vec<Finding>) {
    let mut findings = find(facts);
    let verdict = judge(&mut findings, facts);
    (verdict, findings)
}

/// What is wrong with the answer to one row.
fn complaint(row: &Scenario) -> Option<String> {
    let (verdict, findings) = check(&row.facts);
    let said = (verdict.class, verdict.primary, verdict.owner, verdict.confidence);
    let wanted = (row.class, Some(row.primary), row.owner, row.sure);
    if said != wanted {
        return Some(format!("{}: said {said:?}, wanted {wanted:?}", row.name));
    }
    let primary = findings.first()?;
    let told = format!("{} {} {}", primary.text, primary.remedy, primary.evidence.join(" "));
    let shown = format!("{} {}", verdict.line, verdict.next_action).to_lowercase();
    let missing = row.must.iter().find(|words| !told.contains(**words));
    let forbidden = row.must_not.iter().find(|words| shown.contains(&words.to_lowercase()));
    let open = |finding: &&Finding| finding.suppressed_by.is_none() && finding.severity != Severity::Info;
    let other = findings.iter().skip(1).filter(open).find(|finding| !row.beside.contains(&finding.code));
    if let Some(words) = missing {
        return Some(format!("{}: {words:?} is missing in: {told}", row.name));
    }
    if let Some(words) = forbidden {
        return Some(format!("{}: says {words:?}: {shown}", row.name));
    }
    other.map(|finding| format!("{}: {} stands beside: {}", row.name, finding.code, finding.text))
}

#[test]
fn every_scenario_is_judged_as_the_table_says() {
    let wrong: Vec<String> = all().iter().filter_map(complaint).collect();
    assert!(wrong.is_empty(), "{} of {} wrong:\n{}", wrong.len(), all().len(), wrong.join("\n"));
}
