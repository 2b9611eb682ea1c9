//! Steps that passed by themselves, and on which something was found when everything was put together: a certificate that
//! is valid, by another issuer than the last time. What a step says and what was found there must not differ.

use model::check::{Finding, Severity, Step, StepStatus};

/// The steps, none of them better than what was found there. Findings about several endpoints belong to no step of one.
pub(super) fn raised(mut steps: Vec<Step>, findings: &[Finding]) -> Vec<Step> {
    for finding in findings.iter().filter(|finding| finding.suppressed_by.is_none()) {
        let ours = |step: &&mut Step| finding.step == Some(step.id) && finding.endpoint == step.endpoint;
        for step in steps.iter_mut().filter(ours) {
            step.status = match (step.status, finding.severity) {
                (StepStatus::Pass | StepStatus::Warn, Severity::Fail) => StepStatus::Fail,
                (StepStatus::Pass, Severity::Warn) => StepStatus::Warn,
                (status, _) => status,
            };
        }
    }
    steps
}

#[cfg(test)]
mod tests {
    use model::check::{FindingCode, StepId};
    use serde_json::json;

    use super::*;

    fn step(endpoint: &str, status: StepStatus) -> Step {
        let step = json!({ "id": "E1", "endpoint": endpoint, "status": status, "start_ms": 0, "ms": 1.0,
            "attempts": 1, "detail": {} });
        serde_json::from_value(step).unwrap()
    }

    fn finding(severity: Severity) -> Finding {
        let code = FindingCode::Tl06;
        let finding = json!({ "code": code, "severity": severity, "endpoint": "a", "text": "", "remedy": "",
            "owner": code.owner(), "confidence": code.confidence(), "args": {}, "evidence": ["seen"], "step": "E1" });
        serde_json::from_value(finding).unwrap()
    }

    #[test]
    fn a_step_is_never_better_than_what_was_found_there_and_never_made_better() {
        use StepStatus as S;
        for (before, severity, after) in [
            (S::Pass, Severity::Warn, S::Warn),
            (S::Pass, Severity::Info, S::Pass),
            (S::Warn, Severity::Fail, S::Fail),
            (S::Fail, Severity::Warn, S::Fail),
            (S::Skip, Severity::Fail, S::Skip),
        ] {
            let steps = raised(vec![step("a", before), step("b", before)], &[finding(severity)]);
            assert_eq!((steps[0].status, steps[1].status), (after, before));
            assert_eq!(steps[0].id, StepId::E1);
        }
        let mut follows = finding(Severity::Fail);
        follows.suppressed_by = Some(FindingCode::Tc01);
        assert_eq!(raised(vec![step("a", S::Pass)], &[follows])[0].status, S::Pass);
    }
}
