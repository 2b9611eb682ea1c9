//! Rules of the verdict, one by one.

use model::{
    EndpointState, Transport,
    check::{Confidence, FindingCode as Code, FindingOwner, Severity, StepId, VerdictClass},
};

use super::scenarios::check;
use crate::{facts::*, findings::samples::*};

fn two(change: impl FnOnce(&mut EndpointFacts, &mut EndpointFacts)) -> Facts {
    let mut facts = healthy();
    let (mut first, mut second) = (endpoint(HOST), endpoint("rt.other.org"));
    change(&mut first, &mut second);
    facts.endpoints = vec![first, second];
    facts
}

fn answers(endpoint: &mut EndpointFacts, status: u16) {
    not_switched(endpoint, UpgradeEnd::Status(Box::new(page(status))));
}

#[test]
fn of_two_broken_endpoints_the_certain_fault_comes_first() {
    let facts = two(|first, second| {
        dead(first, AddressEnd::TimedOut);
        answers(second, 401);
    });
    let (verdict, findings) = check(&facts);
    assert_eq!(verdict.primary, Some(Code::Ht01));
    assert!(findings.iter().any(|finding| finding.code == Code::Tc02 && finding.suppressed_by.is_none()));
}

#[test]
fn what_everything_stands_on_comes_before_what_is_certain_further_up() {
    let mut facts = two(|first, second| {
        answers(first, 401);
        answers(second, 404);
    });
    let end = PortalEnd::Portal("http://login.hotel.example/".into());
    facts.computer.portal = Some(PortalFacts { host: "check.example.org".into(), end });
    let (verdict, findings) = check(&facts);
    assert_eq!((verdict.primary, verdict.confidence), (Some(Code::Pc07), Confidence::Likely));
    let others = findings.iter().filter(|finding| matches!(finding.code, Code::Ht01 | Code::Ht04));
    assert!(others.map(|finding| finding.suppressed_by).all(|cause| cause == Some(Code::Pc07)));
}

#[test]
fn one_fault_does_not_read_like_ten() {
    let facts = two(|first, second| {
        for endpoint in [first, second] {
            not_secure(endpoint, TlsEnd::TimedOut);
            endpoint.bulk = Some(BulkFacts { written: 24_000, acknowledged: 0, waited_ms: 3_000 });
        }
    });
    let (verdict, findings) = check(&facts);
    assert_eq!(verdict.primary, Some(Code::Tc10));
    let open = findings
        .iter()
        .filter(|finding| finding.severity == Severity::Fail && finding.suppressed_by.is_none());
    assert_eq!(open.count(), 1, "{findings:#?}");
}

#[test]
fn good_to_know_is_never_primary_when_something_failed() {
    let facts = {
        let mut facts = two(|first, _| {
            answers(first, 403);
            first.through = Some(("wg0".into(), true));
        });
        facts.computer.recent.resumed_ms_ago = Some(1_000);
        facts
    };
    let (verdict, findings) = check(&facts);
    assert_eq!(verdict.primary, Some(Code::Ht02));
    assert!([Code::Pc12, Code::Pc13].iter().all(|code| findings.iter().any(|finding| finding.code == *code)));
}

#[test]
fn a_check_that_was_cut_short_still_names_a_certain_cause_but_no_probable_one() {
    let cut = |status| {
        let mut facts = two(|first, _| answers(first, status));
        (facts.cut_short, facts.unfinished) = (true, vec![StepId::H1]);
        check(&facts).0
    };
    assert_eq!((cut(401).class, cut(401).primary), (VerdictClass::Credentials, Some(Code::Ht01)));
    assert_eq!((cut(404).class, cut(404).primary), (VerdictClass::Incomplete, Some(Code::Me03)));
}

#[test]
fn a_broken_step_is_the_makers_turn_unless_a_certain_cause_is_known() {
    let broken = |status: Option<u16>| {
        let mut facts = two(|first, _| {
            if let Some(status) = status {
                answers(first, status)
            }
        });
        facts.broken = vec![StepId::A5];
        check(&facts).0
    };
    assert_eq!((broken(None).class, broken(None).owner), (VerdictClass::Incomplete, FindingOwner::Vendor));
    assert_eq!(broken(Some(401)).owner, FindingOwner::Account);
}

#[test]
fn a_live_connection_that_works_makes_a_failure_a_weakness() {
    let mut facts = two(|first, _| {
        answers(first, 404);
        first.live = Some(live(EndpointState::Connected, Some(Transport::Websocket)));
    });
    let (verdict, findings) = check(&facts);
    assert_eq!((verdict.class, verdict.primary), (VerdictClass::Degraded, Some(Code::Ht04)));
    assert!(findings.iter().any(|finding| finding.code == Code::Me02));
    // Only a refusal of one more connection is no fault at all.
    answers(&mut facts.endpoints[0], 429);
    let (verdict, findings) = check(&facts);
    assert_eq!((verdict.class, verdict.primary), (VerdictClass::Ok, Some(Code::Me02)));
    let limited = findings.iter().find(|finding| finding.code == Code::Ht05).unwrap();
    assert_eq!((limited.severity, limited.suppressed_by), (Severity::Info, Some(Code::Me02)));
}

#[test]
fn a_path_that_works_with_a_connection_that_waits_is_degraded() {
    let mut facts = healthy();
    let mut waits = live(EndpointState::Reconnecting, None);
    waits.retry_in_ms = Some(38_000);
    facts.endpoints[0].live = Some(waits);
    let (verdict, _) = check(&facts);
    assert_eq!(
        (verdict.class, verdict.primary, verdict.owner),
        (VerdictClass::Degraded, Some(Code::Me01), FindingOwner::User)
    );
}

#[test]
fn a_connection_that_stays_down_over_a_working_path_is_the_makers_turn() {
    let mut facts = healthy();
    let mut stuck = live(EndpointState::Reconnecting, None);
    stuck.asked_ms_ago = Some(61_000);
    facts.endpoints[0].live = Some(stuck);
    let (verdict, _) = check(&facts);
    assert_eq!(
        (verdict.class, verdict.primary, verdict.owner),
        (VerdictClass::ThisComputer, Some(Code::Me04), FindingOwner::Vendor)
    );
}

#[test]
fn nothing_to_check_is_not_called_working() {
    let (verdict, _) = check(&Facts::default());
    assert_eq!((verdict.class, verdict.primary), (VerdictClass::Incomplete, Some(Code::Me03)));
}

#[test]
fn judging_twice_says_the_same() {
    for row in super::scenarios::all() {
        let (first, mut findings) = check(&row.facts);
        let before = findings.clone();
        let second = super::judge(&mut findings, &row.facts);
        assert_eq!((first, before), (second, findings), "{}", row.name);
    }
}
