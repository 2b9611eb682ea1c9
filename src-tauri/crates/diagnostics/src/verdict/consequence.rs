//! What is only a consequence of something else: marked with its cause, so that one fault does not read like ten.

use model::check::{Finding, FindingCode as Code, Severity, StepId};

use super::rank::rank;
use crate::{facts::Facts, findings::clock};

/// Marks every failure that an earlier one explains.
pub(super) fn mark(findings: &mut [Finding], facts: &Facts) {
    let mut order: Vec<usize> =
        (0..findings.len()).filter(|index| findings[*index].severity == Severity::Fail).collect();
    order.sort_by_key(|index| rank(findings[*index].code));
    // A cause is itself no consequence; causes come first, so each is decided before what it may explain.
    for (place, &effect) in order.iter().enumerate() {
        let cause = order[..place].iter().find(|cause| {
            let cause = &findings[**cause];
            cause.suppressed_by.is_none() && explains(cause, &findings[effect], facts)
        });
        if let Some(code) = cause.map(|cause| findings[*cause].code)
            && findings[effect].suppressed_by.is_none()
        {
            findings[effect].suppressed_by = Some(code);
        }
    }
    let stored = findings.iter().any(|finding| finding.code == Code::Pc08);
    for finding in findings.iter_mut().filter(|finding| stored && finding.code == Code::Pc09) {
        finding.suppressed_by = Some(Code::Pc08);
    }
}

/// Whether `cause` explains `effect`.
fn explains(cause: &Finding, effect: &Finding, facts: &Facts) -> bool {
    let is = |codes: &[Code]| codes.contains(&cause.code);
    if is(&[Code::Pc08, Code::Pc11]) {
        false
    } else if is(&[Code::Pc01, Code::Pc02, Code::Pc03]) {
        by_network(effect)
    } else if is(&[Code::Pc07]) {
        of_the_way(effect)
    } else if is(&[Code::Pc05]) {
        matches!(effect.code, Code::Tl01 | Code::Tl02) && clock_is_why(effect, facts)
    } else {
        rank(cause.code) <= rank(effect.code) && of_the_way(effect) && same_line(cause, effect)
    }
}

/// What a network that is not there makes of a connection. A name server that gave an answer is reached.
fn by_network(effect: &Finding) -> bool {
    let unanswered = effect.args.get("resolver").is_none_or(|resolver| resolver == "unknown");
    let silent = [
        Code::Dn03,
        Code::Tc02,
        Code::Tc03,
        Code::Tc04,
        Code::Px02,
        Code::Px05,
        Code::Px06,
        Code::Px07,
        Code::Pc03,
        Code::Pc04,
    ];
    silent.contains(&effect.code) || (matches!(effect.code, Code::Dn01 | Code::Dn02) && unanswered)
}

/// Whether a finding is about a connection's way, and not about this computer or the configuration.
fn of_the_way(effect: &Finding) -> bool {
    !matches!(
        effect.step,
        None | Some(StepId::A1 | StepId::A2 | StepId::A3 | StepId::A5 | StepId::A6 | StepId::A7)
    ) && !matches!(effect.code, Code::Cf01 | Code::Cf03 | Code::Me04)
}

fn clock_is_why(effect: &Finding, facts: &Facts) -> bool {
    let meant = |id: &Option<model::EndpointId>| effect.endpoint.is_none() || *id == effect.endpoint;
    facts.endpoints.iter().any(|endpoint| meant(&endpoint.id) && clock::explains(facts, endpoint))
}

/// Whether two findings are about the same connection. One that is about several names its hosts.
fn same_line(cause: &Finding, effect: &Finding) -> bool {
    if cause.endpoint.is_some() && effect.endpoint.is_some() {
        return cause.endpoint == effect.endpoint;
    }
    let hosts = |finding: &Finding| {
        let named = finding.args.get("host")?;
        Some(named.split(" (+").next()?.split(", ").map(str::to_owned).collect::<Vec<_>>())
    };
    match (hosts(cause), hosts(effect)) {
        (Some(one), Some(other)) => one.iter().any(|host| other.contains(host)),
        // About everything.
        _ => cause.endpoint.is_none(),
    }
}
