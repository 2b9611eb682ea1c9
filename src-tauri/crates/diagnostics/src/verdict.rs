//! The verdict: one root cause out of many findings, who can mend it, and how sure that is. Pure: findings in, verdict out,
//! and the findings in order, the primary one first, consequences marked.

mod class;
mod consequence;
#[cfg(test)]
mod properties;
mod rank;
#[cfg(test)]
mod rules;
#[cfg(test)]
pub(crate) mod scenarios;

use std::cmp::Reverse;

use model::check::{Confidence, Finding, FindingCode as Code, FindingOwner, Severity, Verdict, VerdictClass};

use self::{class::class_of, rank::rank};
use crate::facts::Facts;

/// Chooses the primary finding, marks what is only its consequence, and puts the findings in order.
pub(crate) fn judge(findings: &mut Vec<Finding>, facts: &Facts) -> Verdict {
    consequence::mark(findings, facts);
    findings.sort_by_key(place);
    let Some(primary) = primary(findings, facts) else { return nothing() };
    let chosen = findings.remove(primary);
    findings.insert(0, chosen);
    let chosen = &mut findings[0];
    chosen.suppressed_by = None;
    Verdict {
        class: match (chosen.code, chosen.severity) {
            (Code::Me03, _) => VerdictClass::Incomplete,
            (_, Severity::Fail) => class_of(chosen.code, chosen.owner),
            (_, Severity::Warn) => VerdictClass::Degraded,
            (_, Severity::Info) => VerdictClass::Ok,
        },
        owner: chosen.owner,
        confidence: chosen.confidence,
        primary: Some(chosen.code),
        line: chosen.text.clone(),
        next_action: chosen.remedy.clone(),
    }
}

/// Where a finding stands: what failed before what works badly, this computer before the rest, the certain before the
/// probable, then in the order of the way a connection takes.
fn place(finding: &Finding) -> (Reverse<Severity>, bool, bool, Reverse<Confidence>, u8, Code) {
    let rank = rank(finding.code);
    let foundation = rank <= rank::FOUNDATIONS;
    // Between things that work badly, certainty does not matter: none of them stops anything.
    let sure = if finding.severity == Severity::Fail && !foundation {
        finding.confidence
    } else {
        Confidence::Certain
    };
    (
        Reverse(finding.severity),
        finding.suppressed_by.is_some(),
        !foundation,
        Reverse(sure),
        rank,
        finding.code,
    )
}

/// The finding the verdict rests on, by its place in the sorted list.
fn primary(findings: &[Finding], facts: &Facts) -> Option<usize> {
    let first = |wanted: &dyn Fn(&Finding) -> bool| findings.iter().position(wanted);
    let open = |finding: &Finding| finding.suppressed_by.is_none();
    let failed = |finding: &Finding| finding.severity == Severity::Fail && open(finding);
    // A check that did not finish may have missed the cause, unless it has one that needs no other.
    let incomplete = || first(&|finding| finding.code == Code::Me03);
    if facts.cut_short || !facts.broken.is_empty() {
        let certain = first(&|finding| failed(finding) && finding.confidence == Confidence::Certain);
        return certain.or_else(incomplete);
    }
    first(&failed)
        .or_else(incomplete)
        .or_else(|| first(&|finding| finding.severity == Severity::Warn && open(finding)))
        .or_else(|| first(&|finding| finding.code == Code::Me02))
        .or_else(|| first(&|finding| finding.code == Code::Ok01))
}

/// No findings at all, which `find` never leaves.
fn nothing() -> Verdict {
    Verdict {
        class: VerdictClass::Incomplete,
        owner: FindingOwner::None,
        confidence: Confidence::Certain,
        primary: None,
        line: "The check found nothing to say.".into(),
        next_action: "Check again.".into(),
    }
}
