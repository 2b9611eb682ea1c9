//! Step A3: this computer's clock against what servers said, judged when all of them were asked.

use model::check::{StepId, StepStatus};

use crate::{Notebook, StepEnd, facts::ClockSource, report::skew};

/// Above this the clock is worth a word, milliseconds.
const NOTICED_MS: u64 = 60_000;
/// Above this it breaks certificates, milliseconds.
const HARMFUL_MS: u64 = 300_000;

/// Judges the clock.
pub(super) fn judge(notebook: &Notebook) {
    let sources = notebook.known(|facts| facts.computer.clock.clone());
    notebook.begin(StepId::A3, None).end(end(&sources));
}

fn end(sources: &[ClockSource]) -> StepEnd {
    let Some(skew_ms) = skew(sources) else {
        return StepEnd::without(StepStatus::Na, "no server told its time");
    };
    let status = match skew_ms.unsigned_abs() {
        ..=NOTICED_MS => StepStatus::Pass,
        ..=HARMFUL_MS => StepStatus::Warn,
        _ => StepStatus::Fail,
    };
    StepEnd::new(status)
        .with("skew_ms", skew_ms)
        .with("sources", sources.iter().filter(|source| !source.cached).count())
        .with("warn_above_ms", NOTICED_MS)
        .with("fail_above_ms", HARMFUL_MS)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(skew_ms: i64, cached: bool, verified: bool) -> ClockSource {
        ClockSource { host: "h".into(), skew_ms, cached, verified }
    }

    #[test]
    fn a_clock_is_judged_by_how_far_it_is_off_either_way() {
        for (skew, status) in [
            (0, StepStatus::Pass),
            (-60_000, StepStatus::Pass),
            (61_000, StepStatus::Warn),
            (-301_000, StepStatus::Fail),
        ] {
            assert_eq!(end(&[source(skew, false, true)]).status, status, "{skew}");
        }
    }

    #[test]
    fn what_a_cache_repeats_and_what_nobody_vouches_for_does_not_count_against_proof() {
        assert_eq!(end(&[source(9_000_000, true, true)]).status, StepStatus::Na);
        let both = [source(9_000_000, false, false), source(10, false, true)];
        assert_eq!(end(&both).status, StepStatus::Pass);
    }
}
