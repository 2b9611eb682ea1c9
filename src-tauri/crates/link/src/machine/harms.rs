//! What networks and servers do to a link, each harm in virtual time. Where sockets matter, `tests/faults` has it;
//! the herd has a file of its own; that a step of the wall clock cannot reach a link is held by `tests/tidy`.

use model::{EndpointState as S, WaitCause};

use super::{simulation::*, *};

/// A server that accepts, and lets go after 50 ms.
fn hangs_up(effect: &Effect, kind: FailureKind) -> Reaction {
    let mut reaction = well(effect);
    if let Effect::Dial(attempt, _) = *effect {
        reaction.push((Duration::from_millis(70), Event::Ended(attempt, failure(kind))));
    }
    reaction
}

#[test]
fn a_server_that_accepts_and_hangs_up_sees_at_most_ten_tries_in_ten_minutes() {
    for seed in 0..200 {
        for kind in [FailureKind::Retry, FailureKind::Restarting, FailureKind::Troubled, FailureKind::TooBig]
        {
            let mut link = Simulation::new(seed);
            link.run(secs(600.0), |effect, _| hangs_up(effect, kind));
            assert!((6..=10).contains(&link.tries.len()), "{} tries, {kind:?}", link.tries.len());
            let view = link.machine.view();
            assert_eq!((view.state, view.reason), (S::Failed, Some(Reason::Flapping)));
            assert_eq!(view.waiting, Some(WaitCause::Flapping));
        }
        let mut early = Simulation::new(seed);
        early.run(secs(600.0), |effect, _| fails(effect, FailureKind::HungUp));
        assert!((6..=10).contains(&early.tries.len()), "{} tries before any session", early.tries.len());
    }
}

#[test]
fn a_false_word_that_the_network_is_gone_costs_a_ping_and_nothing_else() {
    let mut link = Simulation::new(1);
    link.run(secs(10.0), |effect, _| well(effect));
    let before = link.probes.len();
    for round in 1..=30 {
        link.happens(Duration::ZERO, Event::Stimulated(Stimulus::NetworkChanged));
        link.run(secs(10.0 + f64::from(round) * 4.0), |effect, _| well(effect));
    }
    assert_eq!((link.tries.len(), link.given_up), (1, 0));
    assert!(link.probes.len() - before <= 31, "one ping each");
    let view = link.machine.view();
    assert_eq!((view.state, view.failures_total), (S::Connected, 0));
}

#[test]
fn a_false_word_that_the_network_is_gone_harms_no_session_that_gets_messages_but_no_pongs() {
    let mut link = Simulation::new(1);
    link.run(secs(1.0), |effect, _| well(effect));
    let session = link.machine.current().unwrap();
    for tenth in 0..300 {
        link.happens(Duration::ZERO, Event::Received(session));
        if tenth % 40 == 0 {
            link.happens(Duration::ZERO, Event::Stimulated(Stimulus::NetworkChanged));
        }
        link.run(secs(1.0 + f64::from(tenth) / 10.0), |_, _| Vec::new());
    }
    assert_eq!((link.tries.len(), link.given_up), (1, 0));
}

#[test]
fn a_thousand_clients_told_to_wait_twenty_seconds_come_after_that_and_not_together() {
    let mut seconds: Vec<f64> = (0..1_000)
        .map(|seed| {
            let mut link = Simulation::new(seed);
            let asked = FailureKind::Hinted(secs(20.0));
            link.run(secs(25.0), |effect, _| fails(effect, asked));
            (link.tries[1] - link.tries[0]).as_secs_f64()
        })
        .collect();
    seconds.sort_by(f64::total_cmp);
    assert!(seconds[0] >= 20.0, "one came after {} s", seconds[0]);
    assert!(seconds[999] - seconds[0] >= 2.0, "all within {} s", seconds[999] - seconds[0]);
    let fullest =
        seconds.iter().map(|from| seconds.iter().filter(|at| (*from..from + 0.1).contains(at)).count());
    assert!(fullest.max() <= Some(60), "more than 6 % within 100 ms");
}

#[test]
fn a_server_that_asks_for_a_day_gets_an_hour_and_a_person_may_choose_not_to_wait() {
    let mut link = Simulation::with_max_attempts(1, 3);
    link.run(secs(3.0), |effect, _| fails(effect, FailureKind::Hinted(secs(86_400.0))));
    let wait = link.wait().unwrap();
    assert!(wait > secs(3_590.0) && wait <= secs(3_960.0), "{wait:?}");
    assert_eq!(link.machine.view().waiting, Some(WaitCause::ServerAsked));

    let effects = link.feed(Event::Ordered(Order::Reconnect));
    let [Effect::Dial(attempt, _)] = effects[..] else { panic!("a dial, not {effects:?}") };
    link.feed(Event::Deferred(attempt, secs(4.0)));
    assert_eq!(
        link.machine.view().waiting,
        Some(WaitCause::Budget),
        "the wait is skipped, the budget is not"
    );
    assert_eq!(link.wait(), Some(secs(4.0)));
}

#[test]
fn losing_patience_does_not_shorten_the_wait_a_server_asked_for() {
    let mut link = Simulation::with_max_attempts(1, 2);
    link.run(secs(10_000.0), |effect, _| fails(effect, FailureKind::Hinted(secs(3_600.0))));
    assert_eq!(link.tries.len(), 3);
    assert!(link.tries.windows(2).all(|pair| pair[1] - pair[0] >= secs(3_600.0)), "{:?}", link.tries);
    assert_eq!(link.machine.view().reason, Some(Reason::MaxAttempts));
}

#[test]
fn a_half_open_session_is_noticed_within_its_interval_and_ten_seconds() {
    for seed in 0..50 {
        for died in [60.0, 61.0, 70.0, 74.9] {
            let mut link = Simulation::new(seed);
            link.run(secs(200.0), |effect, now| {
                let dead = now >= secs(died) && matches!(effect, Effect::Probe(session, _) if session.0 == 1);
                if dead { Vec::new() } else { well(effect) }
            });
            assert_eq!((link.tries.len(), link.given_up), (2, 1));
            let replaced = link.tries[1];
            assert!(replaced <= secs(died + 35.25), "dead at {died} s, replaced at {replaced:?}");
        }
    }
}

#[test]
fn a_network_that_forgets_idle_connections_after_twenty_seconds_costs_a_session_now_and_then() {
    let mut link = Simulation::new(1);
    let (mut session, mut last) = (AttemptId(0), Duration::ZERO);
    let hours = 12;
    link.run(secs(3_600.0 * f64::from(hours)), |effect, now| {
        if let Effect::Probe(probed, _) = *effect {
            if probed == session && now - last > secs(20.0) {
                return Vec::new();
            }
            (session, last) = (probed, now);
        }
        well(effect)
    });
    assert!((2..=6).contains(&link.tries.len()), "{} sessions in {hours} hours", link.tries.len());
}

#[test]
fn three_breaches_of_the_protocol_in_a_row_are_no_bad_luck() {
    let mut link = Simulation::new(1);
    link.run(secs(100.0), |effect, _| hangs_up(effect, FailureKind::Breach));
    let view = link.machine.view();
    assert_eq!((link.tries.len(), view.reason), (3, Some(Reason::Misconfigured)));
    assert_eq!(view.waiting, Some(WaitCause::SlowProbe));

    let mut now_and_then = Simulation::new(1);
    now_and_then.run(secs(3_600.0), |effect, _| {
        let mut reaction = well(effect);
        if let Effect::Dial(attempt, _) = *effect {
            reaction.push((secs(120.0), Event::Ended(attempt, failure(FailureKind::Breach))));
        }
        reaction
    });
    assert!(now_and_then.tries.len() >= 28, "a server that works for two minutes each is not left alone");
}

#[test]
fn a_refusal_by_who_knows_whom_is_believed_the_third_time() {
    let mut link = Simulation::new(1);
    let refusal = FailureKind::Doubtful(Reason::AuthRequired);
    link.run(secs(0.1), |effect, _| fails(effect, refusal));
    assert_eq!((link.machine.view().state, link.machine.view().reason), (S::Reconnecting, None));
    link.run(secs(60.0), |effect, _| fails(effect, refusal));
    assert_eq!((link.tries.len(), link.machine.view().reason), (3, Some(Reason::AuthRequired)));
}

#[test]
fn the_verdict_of_one_network_is_not_carried_to_the_next() {
    for (kind, again) in [
        (FailureKind::Doubtful(Reason::AuthRequired), true),
        (FailureKind::Misfit, true),
        (FailureKind::Halt(Reason::AuthRequired), false),
        (FailureKind::Halt(Reason::ServerStop), false),
    ] {
        let mut link = Simulation::new(1);
        link.run(secs(200.0), |effect, _| fails(effect, kind));
        assert!(link.machine.view().reason.is_some());
        link.feed(Event::Stimulated(Stimulus::NetworkChanged));
        assert_eq!(link.wait().unwrap() <= secs(0.25), again, "{kind:?}");
    }
}

#[test]
fn ten_seconds_after_a_sign_in_the_link_is_up() {
    for seed in 0..100 {
        let mut link = Simulation::new(seed);
        let signed_in = secs(300.0);
        link.run(signed_in + secs(10.1), |effect, now| {
            if now < signed_in {
                fails(effect, FailureKind::Halt(Reason::CaptivePortal))
            } else {
                well(effect)
            }
        });
        assert_eq!(link.machine.view().state, S::Connected);
        assert!(link.tries.len() <= 40, "{} tries in five minutes", link.tries.len());
    }
}

#[test]
fn a_network_that_comes_back_in_steps_is_used_within_seconds_of_the_last() {
    for seed in 0..50 {
        let mut link = Simulation::new(seed);
        link.run(secs(600.0), |effect, _| fails(effect, FailureKind::Retry));
        let before = link.tries.len();
        // The interface, its first address, and the one that is of use.
        for step in [600.0, 600.5, 603.0] {
            link.run(secs(step), |effect, _| fails(effect, FailureKind::Retry));
            link.happens(Duration::ZERO, Event::Stimulated(Stimulus::NetworkChanged));
        }
        link.run(secs(606.0), |effect, now| {
            if now < secs(603.0) { fails(effect, FailureKind::Retry) } else { well(effect) }
        });
        assert_eq!(link.machine.view().state, S::Connected, "{:?}", link.tries);
        assert!(link.tries.len() - before <= 4);
    }
}
