//! Facts, steps and findings put into the shape of the report.

use model::check::{
    Environment, Finding, FindingCode, FindingOwner, Interface, ProxyUse, RedactionSummary, Report, Severity,
    Step, StepId, Verdict, VerdictClass,
};

use super::{Frame, endpoint, raised::raised};
use crate::{Facts, Inquiry, findings::clock};

/// Version of the report's shape.
const SCHEMA_VERSION: u32 = 1;

/// The findings, the primary one first, and the answer.
#[derive(Clone, Debug)]
pub(crate) struct Judgement {
    pub(crate) findings: Vec<Finding>,
    pub(crate) verdict: Verdict,
}

/// Finds and judges.
pub(crate) fn judge(facts: &Facts) -> Judgement {
    let mut findings = crate::findings::find(facts);
    let verdict = crate::verdict::judge(&mut findings, facts);
    Judgement { findings, verdict }
}

/// What is said when the judging itself broke. The words are those of the finding, kept here: what broke may be the words.
pub(crate) fn no_judgement(facts: &Facts) -> Judgement {
    let (code, step) = (FindingCode::Me03, StepId::J);
    let text =
        "The check did not finish: a step broke off inside Linekeeper (Comparison with the last good check).";
    let remedy = "Check again. If it happens again, send the support file to the makers of Linekeeper.";
    let finding = Finding {
        code,
        severity: Severity::Warn,
        endpoint: None,
        text: text.to_owned(),
        remedy: remedy.to_owned(),
        owner: FindingOwner::Vendor,
        confidence: code.confidence(),
        args: [("cause".to_owned(), "broken".to_owned()), ("steps".to_owned(), step.to_string())].into(),
        evidence: vec![format!("judging broke off; {} endpoints", facts.endpoints.len())],
        step: Some(step),
        suppressed_by: None,
    };
    let verdict = Verdict {
        class: VerdictClass::Incomplete,
        owner: finding.owner,
        confidence: finding.confidence,
        primary: Some(code),
        line: text.to_owned(),
        next_action: remedy.to_owned(),
    };
    Judgement { findings: vec![finding], verdict }
}

/// The report, before anything is taken out of it.
pub(crate) fn assemble(
    frame: &Frame,
    inquiry: &Inquiry,
    facts: &Facts,
    steps: Vec<Step>,
    judgement: Judgement,
    duration_ms: u64,
) -> Report {
    let Judgement { findings, verdict } = judgement;
    let steps = raised(steps, &findings);
    let endpoints = inquiry.subjects.iter().zip(&facts.endpoints);
    let endpoints = endpoints
        .map(|(subject, seen)| endpoint::endpoint(subject, seen, &findings, &steps, frame.started_at))
        .collect();
    Report {
        schema_version: SCHEMA_VERSION,
        run_id: frame.run_id.clone(),
        reference: frame.reference.clone(),
        app: inquiry.app.clone(),
        trigger: inquiry.trigger,
        mode: inquiry.mode,
        started_at: frame.started_at,
        duration_ms,
        verdict,
        findings,
        environment: environment(facts),
        endpoints,
        steps,
        correlated: Some(inquiry.correlate),
        redaction: RedactionSummary { policy: 0, counts: [].into(), clean: false },
    }
}

fn environment(facts: &Facts) -> Environment {
    let computer = &facts.computer;
    let interfaces = computer.interfaces.iter().flatten().filter(|interface| interface.up);
    let mut gateways: Vec<String> =
        computer.gateways.iter().map(|gateway| gateway.address.to_string()).collect();
    if gateways.is_empty() {
        let routes = computer.default_routes.iter().flatten();
        gateways = routes.filter_map(|route| Some(route.gateway?.to_string())).collect();
    }
    gateways.dedup();
    let seconds = |ms: Option<u64>| ms.map(|ms| ms / 1000);
    let buffers = &computer.buffers;
    Environment {
        interfaces: interfaces
            .clone()
            .map(|interface| Interface {
                name: interface.name.clone(),
                addresses: interface.addresses.iter().map(ToString::to_string).collect(),
                tunnel: interface.tunnel,
            })
            .collect(),
        gateways,
        resolvers: computer.name_servers.iter().map(ToString::to_string).collect(),
        proxy: computer.proxies.first().map(|setting| ProxyUse {
            url: setting.url.clone(),
            source: setting.source.clone(),
            pac: setting.pac.clone(),
        }),
        clock_skew_ms: clock::skew(facts).map(|skew| skew.ms),
        vpn: interfaces
            .filter(|interface| interface.tunnel)
            .map(|interface| interface.name.clone())
            .collect(),
        resumed_s_ago: seconds(computer.recent.resumed_ms_ago),
        network_changed_s_ago: seconds(computer.recent.network_changed_ms_ago),
        waiting: (!buffers.is_empty()).then(|| buffers.iter().map(|buffer| buffer.waiting).sum()),
        free_bytes: buffers.iter().filter_map(|buffer| buffer.volume.as_ref()?.free_bytes).min(),
    }
}

/// A report of nothing, for tests of what is done with reports.
#[cfg(test)]
pub(crate) fn assemble_for_tests(frame: &Frame) -> Report {
    let inquiry = crate::trial::inquiry(Vec::new());
    let facts = Facts::default();
    assemble(frame, &inquiry, &facts, Vec::new(), no_judgement(&facts), 0)
}
