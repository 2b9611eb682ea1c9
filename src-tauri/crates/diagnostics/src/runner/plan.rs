//! Which steps a check has, and what is said of those that nobody wrote down. Does none of them.

use model::{
    EndpointId,
    check::{Mode, Step, StepId, StepReason, StepStatus},
};
use serde_json::Map;

/// What a step that nobody wrote down is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Blank {
    /// The check was cut short before.
    Cut,
    /// The part of the check it belongs to broke.
    Broken,
    /// It has no place in this check.
    NotHere,
}

/// Where a step has its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// In every check.
    Always,
    /// In a deep check; in a quick one only where something makes it worth while.
    Deep,
    /// Belongs to a transport this version does not speak.
    Later,
}

fn place(step: StepId) -> Place {
    match step {
        StepId::D3 | StepId::E3 | StepId::H2 | StepId::I1 => Place::Deep,
        StepId::G4 | StepId::G5 | StepId::G6 | StepId::G7 => Place::Later,
        StepId::A1
        | StepId::A2
        | StepId::A3
        | StepId::A4
        | StepId::A5
        | StepId::A6
        | StepId::A7
        | StepId::A8
        | StepId::B1
        | StepId::B2
        | StepId::B3
        | StepId::C1
        | StepId::C2
        | StepId::D1
        | StepId::D2
        | StepId::D4
        | StepId::E1
        | StepId::E2
        | StepId::F1
        | StepId::G1
        | StepId::G2
        | StepId::G3
        | StepId::H1
        | StepId::J => Place::Always,
    }
}

fn planned(step: StepId, mode: Mode) -> bool {
    match place(step) {
        Place::Always => true,
        Place::Deep => mode == Mode::Deep,
        Place::Later => false,
    }
}

/// How many steps a check of so many endpoints has.
pub(super) fn count(mode: Mode, endpoints: usize) -> u32 {
    let steps = |each: bool| {
        let all = StepId::ALL.iter();
        all.filter(|step| step.is_per_endpoint() == each && planned(**step, mode)).count()
    };
    u32::try_from(steps(false) + steps(true) * endpoints).unwrap_or(u32::MAX)
}

/// Every step of the check in the order of reports, those without an end of their own filled in.
///
/// `blank` says what became of the part that a step belongs to.
pub(super) fn whole(
    mut written: Vec<Step>,
    mode: Mode,
    endpoints: &[EndpointId],
    elapsed_ms: u64,
    blank: impl Fn(StepId, Option<usize>) -> Blank,
) -> Vec<Step> {
    let mut steps = Vec::new();
    let mut fill = |written: &mut Vec<Step>, id: StepId, at: Option<usize>| {
        let endpoint = at.map(|at| &endpoints[at]);
        let before = steps.len();
        steps.extend(written.extract_if(.., |step| step.id == id && step.endpoint.as_ref() == endpoint));
        if steps.len() == before {
            let (status, reason) = match (place(id), blank(id, at)) {
                (Place::Later, _) => (StepStatus::Na, StepReason::TransportNotConfigured),
                (Place::Deep, _) if mode == Mode::Quick => (StepStatus::Na, StepReason::DeepOnly),
                (_, Blank::Cut) => (StepStatus::Cancelled, StepReason::CutShort),
                (_, Blank::Broken) => (StepStatus::Error, StepReason::BrokeBefore),
                (_, Blank::NotHere) => (StepStatus::Na, StepReason::NothingHere),
            };
            steps.push(Step {
                id,
                endpoint: endpoint.cloned(),
                status,
                reason: Some(reason.english().to_owned()),
                reason_code: Some(reason),
                start_ms: elapsed_ms,
                ms: 0.0,
                attempts: 0,
                detail: Map::new(),
                error_raw: None,
            });
        }
    };
    let of = |each: bool| StepId::ALL.iter().copied().filter(move |step| step.is_per_endpoint() == each);
    for id in of(false).filter(|id| *id != StepId::J) {
        fill(&mut written, id, None);
    }
    for at in 0..endpoints.len() {
        for id in of(true) {
            fill(&mut written, id, Some(at));
        }
    }
    fill(&mut written, StepId::J, None);
    // A step that nobody planned is kept all the same.
    steps.append(&mut written);
    steps
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(name: &str) -> EndpointId {
        name.parse().unwrap()
    }

    #[test]
    fn every_step_stands_in_the_report_once_for_everything_it_is_done_for() {
        let ids = [id("a"), id("b")];
        let steps = whole(Vec::new(), Mode::Quick, &ids, 7, |_, _| Blank::Cut);
        let global = StepId::ALL.iter().filter(|step| !step.is_per_endpoint()).count();
        assert_eq!(steps.len(), global + 2 * (StepId::ALL.len() - global));
        assert!(
            steps.iter().all(|step| step.status == StepStatus::Cancelled || step.status == StepStatus::Na)
        );
        let planned = steps.iter().filter(|step| step.status == StepStatus::Cancelled).count();
        assert_eq!(u32::try_from(planned).unwrap(), count(Mode::Quick, 2));
        assert_eq!(steps.last().unwrap().id, StepId::J);
    }

    #[test]
    fn a_deep_check_has_more_steps_than_a_quick_one() {
        assert_eq!(count(Mode::Deep, 1), count(Mode::Quick, 1) + 4);
    }

    #[test]
    fn what_was_written_down_is_kept_as_it_is_and_put_in_order() {
        let mut written = whole(Vec::new(), Mode::Deep, &[id("a")], 7, |_, _| Blank::NotHere);
        written.reverse();
        for step in &mut written {
            step.status = StepStatus::Pass;
        }
        let steps = whole(written, Mode::Deep, &[id("a")], 9, |_, _| Blank::Cut);
        assert!(steps.iter().all(|step| step.status == StepStatus::Pass && step.start_ms == 7));
        assert_eq!(steps[0].id, StepId::A1);
    }
}
