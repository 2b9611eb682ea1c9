//! Everybody who reads a check gets it without secrets: those who watch it, the history, and whoever asked.

use std::sync::Arc;

use dial::DialRequest;
use model::check::{
    CheckProgress, Confidence, FindingCode, FindingOwner, Report, Step, Verdict, VerdictClass,
};
use secrecy::SecretString;
use serde_json::Value;
use tokio::sync::mpsc;
use tracing::error;
use url::Url;

use crate::{
    Inquiry,
    redact::{Level, Private, Redactor, redact_report},
    report::Frame,
};

/// News that waits for a watcher; what does not fit is dropped.
const NEWS_KEPT: usize = 64;

/// Knows every secret of the inquiry. Addresses stay: whoever mends the network needs them.
pub(super) fn redactor(inquiry: &Inquiry, frame: &Frame) -> Arc<Redactor> {
    let asked = inquiry.subjects.iter().chain(&inquiry.controls);
    let private = Private {
        secrets: asked
            .clone()
            .filter_map(|subject| Some(subject.request.as_ref().ok()?.secrets()))
            .flatten()
            .chain(asked.clone().flat_map(|subject| &subject.backups).flat_map(secrets_of))
            .chain(inquiry.control_url.iter().flat_map(secrets_of))
            .collect(),
        user: inquiry.who.user.clone(),
        computer: inquiry.who.computer.clone(),
        kept: vec![frame.run_id.clone()],
        ..Private::default()
    };
    let mut key = [0; 32];
    // Pseudonyms are not made at this level; where nothing is random, they would only be guessable.
    let _ = getrandom::fill(&mut key);
    Arc::new(Redactor::new(Level::Full, &private, &key))
}

fn secrets_of(url: &Url) -> Vec<SecretString> {
    DialRequest::new(url.clone()).secrets()
}

/// A sender whose news arrives redacted at `watchers`.
pub(super) fn redacted(
    watchers: mpsc::Sender<CheckProgress>,
    redactor: Arc<Redactor>,
) -> mpsc::Sender<CheckProgress> {
    let (sender, mut news) = mpsc::channel::<CheckProgress>(NEWS_KEPT);
    tokio::spawn(async move {
        while let Some(mut progress) = news.recv().await {
            progress.ended = progress.ended.and_then(|step| clean_step(step, &redactor));
            // A watcher that does not keep up misses news, never the report.
            let _ = watchers.try_send(progress);
        }
    });
    sender
}

fn clean_step(step: Step, redactor: &Redactor) -> Option<Step> {
    let tree: Value = redactor.value(serde_json::to_value(step).ok()?);
    if redactor.leak_in(&serde_json::to_vec(&tree).ok()?).is_some() {
        return None;
    }
    serde_json::from_value(tree).ok()
}

/// The report without secrets; where that cannot be had, one that says so and nothing else.
pub(super) fn clean(report: Report, redactor: &Redactor) -> Report {
    redact_report(&report, redactor).unwrap_or_else(|rule| {
        error!(rule, "the report of a check could not be cleaned and is not shown");
        withheld(report, rule)
    })
}

/// What can be said of a report that must not be shown: codes and counts, no text of anybody else's.
fn withheld(report: Report, rule: &str) -> Report {
    let line = "The check ended, but its report could not be cleaned of secrets and is not shown.".to_owned();
    let verdict = Verdict {
        class: VerdictClass::Incomplete,
        owner: FindingOwner::Vendor,
        confidence: Confidence::Certain,
        primary: Some(FindingCode::Me03),
        line: line.clone(),
        next_action: "Tell the makers of Linekeeper the reference and the rule.".to_owned(),
    };
    let finding = model::check::Finding {
        code: FindingCode::Me03,
        severity: model::check::Severity::Warn,
        endpoint: None,
        text: line,
        remedy: verdict.next_action.clone(),
        owner: FindingOwner::Vendor,
        confidence: Confidence::Certain,
        args: [("steps".to_owned(), "report".to_owned())].into(),
        evidence: vec![format!("rule {rule}")],
        step: None,
        suppressed_by: None,
    };
    Report {
        verdict,
        findings: vec![finding],
        environment: model::check::Environment {
            interfaces: Vec::new(),
            gateways: Vec::new(),
            resolvers: Vec::new(),
            proxy: None,
            clock_skew_ms: None,
            vpn: Vec::new(),
            resumed_s_ago: None,
            network_changed_s_ago: None,
            waiting: None,
            free_bytes: None,
        },
        endpoints: Vec::new(),
        steps: Vec::new(),
        ..report
    }
}
