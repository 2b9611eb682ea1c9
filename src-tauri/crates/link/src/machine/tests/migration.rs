//! What the machine does when the way to the server moves while a session is up, one sentence a test.

use model::EndpointState as S;

use super::*;

const MOVED: Event = Event::Stimulated(Stimulus::RouteMoved);

/// A session that was up for a while, the way moves, and the candidate for its place.
fn moving(bench: &mut Bench) -> (AttemptId, AttemptId) {
    bench.connected(0.0);
    let old = bench.current();
    bench.feed(MOVED, 40.0);
    let [Effect::Probe(probed, _), Effect::Dial(candidate, Host(0))] = bench.effects[..] else {
        panic!("a probe and a dial, not {:?}", bench.effects)
    };
    assert_eq!(probed, old);
    (old, candidate)
}

#[test]
fn a_moved_route_is_followed_beside_the_session_and_not_after_it() {
    let mut bench = Bench::new();
    let (old, candidate) = moving(&mut bench);
    assert!(bench.machine.view().migrating);
    bench.feed(Event::Opened(candidate), 40.1);
    assert_eq!(bench.effects, [Effect::Greet(candidate), Effect::Probe(candidate, 1)]);
    assert_eq!(bench.machine.proven(), Some(old), "until the new one is proven");
    bench.feed(Event::Answered(candidate, 1), 40.2);
    assert_eq!(bench.effects, [Effect::Close(old, Farewell::Done)]);
    let view = bench.machine.view();
    assert_eq!((view.state, view.failures_total, view.sessions_proven), (S::Connected, 0, 2));
    assert_eq!((bench.machine.proven(), view.migrating), (Some(candidate), false));
    bench.feed(Event::Ended(old, failure(FailureKind::Retry)), 40.3);
    assert_eq!((bench.state(), bench.machine.view().failures_total), (S::Connected, 0));
}

#[test]
fn the_old_session_is_drained_before_the_new_one_takes_messages() {
    for (confirmed, at_second) in [(true, 41.0), (false, 45.2)] {
        let mut bench = Bench::new();
        let (old, candidate) = moving(&mut bench);
        bench.feed(Event::Transmitted(old, 1_000), 40.05);
        bench.feed(Event::Opened(candidate), 40.1).feed(Event::Received(candidate), 40.2);
        assert_eq!((bench.effects.len(), bench.machine.proven()), (0, None), "it drains");
        if confirmed {
            bench.feed(Event::Confirmed(old, 64), 40.5);
            assert_eq!((bench.effects.len(), bench.machine.proven()), (0, None), "not yet all");
            bench.feed(Event::Confirmed(old, 0), at_second);
            assert_eq!(bench.effects, [Effect::Close(old, Farewell::Done)]);
        } else {
            bench.tick(at_second);
            assert!(bench.effects.contains(&Effect::Close(old, Farewell::Dead)), "{:?}", bench.effects);
        }
        assert_eq!(bench.machine.proven(), Some(candidate));
    }
}

#[test]
fn an_old_session_that_does_not_answer_the_close_is_dropped_after_five_seconds() {
    let mut bench = Bench::new();
    let (old, candidate) = moving(&mut bench);
    bench.feed(Event::Opened(candidate), 40.1).feed(Event::Received(candidate), 40.2).tick(45.2);
    assert!(bench.effects.contains(&Effect::Close(old, Farewell::Dead)), "{:?}", bench.effects);
    assert_eq!(bench.state(), S::Connected);
}

#[test]
fn where_the_new_way_leads_nowhere_the_old_session_stays_as_long_as_it_answers() {
    let mut bench = Bench::new();
    let (old, candidate) = moving(&mut bench);
    bench.feed(Event::Answered(old, 2), 40.1);
    bench.feed(Event::DialFailed(candidate, failure(FailureKind::Retry)), 45.0);
    assert_eq!(bench.effects, [Effect::Probe(old, 3)], "it is suspected once more");
    bench.feed(Event::Answered(old, 3), 45.1);
    let view = bench.machine.view();
    assert_eq!((view.state, view.failures_total, view.migrating), (S::Connected, 0, false));
    assert_eq!(bench.machine.proven(), Some(old));
}

#[test]
fn an_old_session_that_dies_meanwhile_leaves_its_place_to_the_candidate() {
    for opened in [false, true] {
        let mut bench = Bench::new();
        let (old, candidate) = moving(&mut bench);
        if opened {
            bench.feed(Event::Opened(candidate), 40.5);
        }
        bench.feed(Event::Ended(old, failure(FailureKind::Retry)), 41.0);
        assert_eq!((bench.state(), bench.effects.len()), (S::Reconnecting, 0), "no second dial");
        if !opened {
            bench.feed(Event::Opened(candidate), 41.5);
        }
        bench.feed(Event::Answered(candidate, 1), 41.6);
        assert_eq!((bench.state(), bench.machine.proven()), (S::Connected, Some(candidate)));
    }
}

#[test]
fn a_candidate_that_opens_and_stays_mute_is_given_up() {
    let mut bench = Bench::new();
    let (old, candidate) = moving(&mut bench);
    bench.feed(Event::Answered(old, 2), 40.1).feed(Event::Opened(candidate), 40.2);
    let mut closed = false;
    for tenth in 403..=520 {
        let now = f64::from(tenth) / 10.0;
        bench.feed(Event::Tick { silent_for: Some(Duration::ZERO) }, now);
        closed |= bench.effects.contains(&Effect::Close(candidate, Farewell::Dead));
        for effect in std::mem::take(&mut bench.effects) {
            if let Effect::Probe(session, nonce) = effect
                && session == old
            {
                bench.feed(Event::Answered(old, nonce), now);
            }
        }
    }
    assert!(closed);
    assert_eq!((bench.state(), bench.machine.proven()), (S::Connected, Some(old)));
}

#[test]
fn routes_that_move_without_end_do_not_make_dials_without_end() {
    let mut bench = Bench::new();
    bench.connected(0.0);
    let mut dials = 0;
    for tenth in 0..600 {
        let now = 40.0 + f64::from(tenth) / 10.0;
        bench.feed(MOVED, now);
        bench.feed(Event::Tick { silent_for: Some(Duration::ZERO) }, now);
        let candidate = bench.machine.candidate.as_ref().and_then(Candidate::attempt);
        if let Some(candidate) = candidate {
            dials += 1;
            bench.feed(Event::DialFailed(candidate, failure(FailureKind::Retry)), now);
        }
    }
    assert!(dials <= 60, "{dials} dials in a minute");
}

#[test]
fn a_pause_ends_all_three_sessions() {
    let mut bench = Bench::new();
    let (old, second) = moving(&mut bench);
    bench.feed(Event::Transmitted(old, 64), 40.1);
    bench.feed(Event::Opened(second), 40.1).feed(Event::Received(second), 40.2).feed(MOVED, 50.0);
    let third = bench.machine.candidate.as_ref().and_then(Candidate::attempt);
    bench.order(Order::Pause, 50.1);
    assert!(bench.effects.contains(&Effect::Close(second, Farewell::Done)), "{:?}", bench.effects);
    assert!(bench.effects.contains(&Effect::Close(old, Farewell::Done)), "{:?}", bench.effects);
    let aborted = third.is_none_or(|third| bench.effects.contains(&Effect::Abort(third)));
    assert!(aborted, "{:?}", bench.effects);
    assert_eq!((bench.state(), bench.machine.proven()), (S::Disconnected, None));
}

#[test]
fn a_pause_waits_for_no_session_longer_than_for_the_one_in_use() {
    for drains in [true, false] {
        let mut bench = Bench::new();
        let (old, candidate) = moving(&mut bench);
        if drains {
            bench.feed(Event::Transmitted(old, 64), 40.1);
        }
        bench.feed(Event::Opened(candidate), 40.1).feed(Event::Received(candidate), 40.2);
        bench.order(Order::Pause, 40.3).tick(41.3);
        for session in [old, candidate] {
            assert!(bench.effects.contains(&Effect::Close(session, Farewell::Dead)), "{:?}", bench.effects);
        }
        assert_eq!(bench.machine.wakes_at(), None, "all is over");
    }
}
