//! Step A3: this computer's clock against what servers said, when all of them were asked. What their words are worth is
//! judged in `findings`.

use model::check::{StepId, StepReason, StepStatus};

use crate::{
    Facts, Notebook, StepEnd,
    findings::clock::{self, OFF_MS, WRONG_MS},
};

/// Judges the clock.
pub(super) fn judge(notebook: &Notebook) {
    let step = notebook.begin(StepId::A3, None);
    step.end(notebook.known(end));
}

fn end(facts: &Facts) -> StepEnd {
    let Some(skew) = clock::skew(facts) else {
        return StepEnd::without(StepStatus::Na, StepReason::NoClock);
    };
    let off = skew.ms.unsigned_abs();
    let breaks = clock::breaks(facts);
    let status = if breaks || off > WRONG_MS {
        StepStatus::Fail
    } else if off > OFF_MS {
        StepStatus::Warn
    } else {
        StepStatus::Pass
    };
    StepEnd::new(status)
        .with("skew_ms", skew.ms)
        .with("sources", clock::counted(facts).len())
        .with("breaks_certificates", breaks)
        .with("warn_above_ms", OFF_MS)
        .with("fail_above_ms", WRONG_MS)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        facts::{CertificateFlaw, ClockSource, ComputerFacts, PortalEnd, PortalFacts, TlsEnd},
        findings::samples,
    };

    fn told(clock: Vec<ClockSource>) -> Facts {
        Facts { computer: ComputerFacts { clock, ..ComputerFacts::default() }, ..Facts::default() }
    }

    fn source(skew_ms: i64) -> ClockSource {
        samples::clock("h", skew_ms)
    }

    #[test]
    fn a_clock_is_judged_by_how_far_it_is_off_either_way() {
        for (skew, status) in [
            (0, StepStatus::Pass),
            (-60_000, StepStatus::Pass),
            (61_000, StepStatus::Warn),
            (-301_000, StepStatus::Fail),
        ] {
            assert_eq!(end(&told(vec![source(skew)])).status, status, "{skew}");
        }
    }

    #[test]
    fn caches_and_sign_in_pages_tell_no_time_and_one_server_that_agrees_is_enough() {
        let cached = ClockSource { cached: true, ..source(9_000_000) };
        assert_eq!(end(&told(vec![cached])).status, StepStatus::Na);
        let mut facts = told(vec![source(9_000_000)]);
        facts.computer.portal =
            Some(PortalFacts { host: "p".into(), end: PortalEnd::Portal("http://login/".into()) });
        assert_eq!(end(&facts).status, StepStatus::Na);
        let other = ClockSource { host: "other".into(), ..source(10) };
        assert_eq!(end(&told(vec![source(9_000_000), other])).status, StepStatus::Pass);
    }

    #[test]
    fn a_clock_that_breaks_a_certificate_fails_however_little_it_is_off() {
        let mut facts = samples::healthy();
        facts.computer.clock = vec![samples::clock(samples::HOST, 120_000)];
        assert_eq!(end(&facts).status, StepStatus::Warn);
        let tls = facts.endpoints[0].tls.as_mut().unwrap();
        tls.end = Some(TlsEnd::Certificate(CertificateFlaw::Expired, "expired".into()));
        // It ended a minute ago by our clock, and has a minute left by the server's.
        tls.chain[0].not_after = samples::at("2026-11-20T04:38:00Z");
        let judged = end(&facts);
        assert_eq!((judged.status, &judged.detail["breaks_certificates"]), (StepStatus::Fail, &true.into()));
    }
}
