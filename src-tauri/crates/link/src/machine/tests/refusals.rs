//! What the machine makes of a refused credential, one sentence a test.

use model::EndpointState as S;

use super::*;

fn refused(bench: &mut Bench, seconds: f64) {
    bench.fail_dial(FailureKind::Refused, seconds);
}

fn waits(bench: &Bench, seconds: f64) -> f64 {
    bench.next_try().since(at(seconds)).as_secs_f64()
}

#[test]
fn a_refused_credential_is_followed_by_one_try_at_once_and_is_no_failure_yet() {
    let mut bench = Bench::new();
    bench.order(Order::Connect, 0.0);
    refused(&mut bench, 1.0);
    let view = bench.machine.view();
    assert_eq!((view.state, view.reason, view.failures_total), (S::Reconnecting, None, 0));
    assert_eq!(bench.next_try(), at(1.0));
    bench.tick(1.0);
    assert_eq!(bench.effects, [Effect::Dial(bench.current(), Host(0))]);
}

#[test]
fn a_second_refusal_waits_for_somebody_to_act() {
    let mut bench = Bench::new();
    bench.order(Order::Connect, 0.0);
    refused(&mut bench, 0.0);
    bench.tick(0.0);
    refused(&mut bench, 0.1);
    let view = bench.machine.view();
    assert_eq!((view.state, view.reason), (S::Failed, Some(Reason::AuthRequired)));
    assert_eq!(view.failures_total, 1, "a refusal counts once");
    assert!((720.0..=1_080.0).contains(&waits(&bench, 0.1)), "{}", waits(&bench, 0.1));
}

#[test]
fn however_often_the_credential_is_refused_there_are_few_looks_and_one_state() {
    let mut bench = Bench::new();
    bench.order(Order::Connect, 0.0);
    let (mut now, mut looks) = (0.0, 0_u32);
    while now < 10.0 * 3_600.0 {
        // The worst case: another secret at each look, each refused as well.
        refused(&mut bench, now);
        now += waits(&bench, now);
        bench.tick(now);
        refused(&mut bench, now);
        now += waits(&bench, now);
        bench.tick(now);
        assert_eq!(bench.machine.view().reason, Some(Reason::AuthRequired), "also while it looks");
        looks += 1;
    }
    assert!((35..=45).contains(&looks), "{looks} in ten hours");
}

#[test]
fn a_server_that_takes_each_new_credential_and_sends_us_away_is_not_run_after() {
    let mut bench = Bench::new();
    bench.connected(0.0).end_session(FailureKind::Refused, 5.0);
    assert_eq!(bench.next_try(), at(5.0));
    bench.tick(5.0);
    let attempt = bench.current();
    bench.feed(Event::Opened(attempt), 5.1).feed(Event::Answered(attempt, 1), 5.2);
    bench.end_session(FailureKind::Refused, 6.0);
    assert_eq!(bench.machine.view().reason, Some(Reason::AuthRequired));
}

#[test]
fn a_session_that_lasted_makes_the_next_refusal_a_first_one() {
    let mut bench = Bench::new();
    bench.order(Order::Connect, 0.0);
    refused(&mut bench, 0.0);
    bench.tick(0.0);
    let attempt = bench.current();
    bench.feed(Event::Opened(attempt), 0.1).feed(Event::Answered(attempt, 1), 0.2);
    bench.end_session(FailureKind::Refused, 3_600.0);
    assert_eq!((bench.machine.view().reason, bench.next_try()), (None, at(3_600.0)));
}

#[test]
fn another_credential_is_tried_within_a_quarter_of_a_second() {
    for kind in [FailureKind::Halt(Reason::AuthRequired), FailureKind::Halt(Reason::ServerStop)] {
        let mut bench = Bench::new();
        bench.order(Order::Connect, 0.0).fail_dial(kind, 0.0);
        bench.feed(Event::Stimulated(Stimulus::CredentialChanged), 60.0);
        assert!(waits(&bench, 60.0) <= 0.25, "{}", waits(&bench, 60.0));
        assert_eq!(bench.machine.view().reason, None);
        bench.tick(60.25);
        refused(&mut bench, 60.3);
        assert_eq!(bench.next_try(), at(60.3), "the new one may have been replaced as well");
    }
}

#[test]
fn another_credential_disturbs_nobody_who_does_not_wait_for_one() {
    let changed = || Event::Stimulated(Stimulus::CredentialChanged);
    let mut up = Bench::new();
    up.connected(0.0).feed(changed(), 1.0);
    assert_eq!((up.state(), up.effects.len()), (S::Connected, 0));

    let mut away = Bench::new();
    away.order(Order::Connect, 0.0).fail_dial(FailureKind::Overloaded, 0.0);
    let next = away.next_try();
    away.feed(changed(), 1.0);
    assert_eq!(away.next_try(), next, "the server's wish stands");

    let mut paused = Bench::new();
    paused.order(Order::Connect, 0.0).order(Order::Pause, 1.0).feed(changed(), 2.0);
    assert_eq!((paused.state(), paused.effects.len()), (S::Disconnected, 0));
}
