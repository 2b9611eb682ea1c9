//! What the machine makes of several hosts, one sentence a test.

use model::EndpointState as S;

use super::*;

const PRIMARY: Host = Host(0);
const BACKUP: Host = Host(1);

impl Bench {
    /// Seconds at which the machine goes on by itself.
    fn due(&self) -> f64 {
        self.machine.wakes_at().expect("it goes on").since(at(0.0)).as_secs_f64()
    }

    /// Lets tries fail with `kind` until one goes to another host; when that is, and how many tries it took.
    fn fail_over(&mut self, kind: FailureKind, from: f64) -> (f64, usize) {
        let start = self.machine.view().host;
        let (mut now, mut tries) = (from, 0);
        while self.machine.view().host == start {
            if matches!(self.machine.phase, Phase::Dialing(_)) {
                tries += 1;
                self.fail_dial(kind, now);
            }
            now = self.due();
            self.tick(now);
        }
        (now, tries)
    }

    /// Up on the backup, because nobody listened at the primary.
    fn on_backup(&mut self) -> f64 {
        self.order(Order::Connect, 0.0);
        let (now, _) = self.fail_over(FailureKind::Unanswered, 0.0);
        let attempt = self.current();
        self.feed(Event::Opened(attempt), now).feed(Event::Answered(attempt, 1), now);
        assert_eq!((self.state(), self.machine.view().host), (S::Connected, BACKUP));
        now
    }

    /// Lets time pass, with every ping answered, until the primary is looked at: when, and with which candidate.
    fn until_look(&mut self, mut now: f64) -> (f64, AttemptId) {
        loop {
            for effect in &self.effects {
                if let Effect::Dial(candidate, PRIMARY) = effect {
                    return (now, *candidate);
                }
            }
            self.answer_pings(now);
            now = self.due().max(now);
            self.feed(Event::Tick { silent_for: Some(Duration::ZERO) }, now);
        }
    }

    fn answer_pings(&mut self, now: f64) {
        for effect in std::mem::take(&mut self.effects) {
            if let Effect::Probe(session, nonce) = effect {
                self.feed(Event::Answered(session, nonce), now);
            }
        }
    }

    /// The primary is looked at and is sound.
    fn look(&mut self, now: f64) -> (f64, AttemptId) {
        let (now, candidate) = self.until_look(now);
        self.feed(Event::Opened(candidate), now).feed(Event::Answered(candidate, 1), now);
        (now, candidate)
    }
}

#[test]
fn a_primary_that_is_down_is_replaced_by_the_backup_within_three_seconds_after_three_tries() {
    for crowd in [true, false] {
        for seed in 0..200 {
            let mut bench = Bench::pool(2);
            bench.machine.rng = fastrand::Rng::with_seed(seed);
            bench.machine.retry.crowd = crowd;
            bench.connected(0.0).end_session(FailureKind::Retry, 40.0);
            let (now, tries) = bench.fail_over(FailureKind::Unanswered, 40.0);
            assert!(now <= 43.0, "{} s", now - 40.0);
            assert_eq!((tries, bench.machine.view().host), (3, BACKUP));
        }
    }
}

#[test]
fn a_host_that_is_no_server_of_this_kind_is_left_for_the_next() {
    let mut bench = Bench::pool(2);
    bench.order(Order::Connect, 0.0);
    let (now, tries) = bench.fail_over(FailureKind::Misfit, 0.0);
    assert_eq!((tries, bench.state()), (3, S::Reconnecting));
    bench.fail_dial(FailureKind::Misfit, now);
    assert_eq!(bench.machine.view().reason, Some(Reason::Misconfigured), "none is left");
}

#[test]
fn a_try_that_took_its_time_to_fail_is_evidence_enough() {
    let mut bench = Bench::pool(2);
    bench.order(Order::Connect, 0.0).fail_dial(FailureKind::Retry, 5.0);
    bench.tick(5.5);
    assert_eq!(bench.machine.view().host, BACKUP);
}

#[test]
fn what_is_not_the_hosts_fault_moves_nothing() {
    for kind in [
        FailureKind::Local,
        FailureKind::Overloaded,
        FailureKind::Hinted(Duration::from_secs(1)),
        FailureKind::Halt(Reason::AuthRequired),
        FailureKind::Halt(Reason::CaptivePortal),
        FailureKind::Halt(Reason::ServerStop),
    ] {
        let mut bench = Bench::pool(2);
        bench.order(Order::Connect, 0.0);
        let mut now = 0.0;
        for _ in 0..8 {
            bench.fail_dial(kind, now);
            now = bench.next_try().since(at(0.0)).as_secs_f64();
            bench.tick(now);
            assert_eq!(bench.machine.view().host, PRIMARY, "{kind:?}");
        }
    }
    let mut bench = Bench::pool(2);
    bench.order(Order::Connect, 0.0);
    for round in 0..5 {
        let no_network = Failure { code: ErrorCode::NetworkDown, ..failure(FailureKind::Unanswered) };
        let attempt = bench.current();
        bench.feed(Event::DialFailed(attempt, no_network), f64::from(round) * 40.0);
        let due = bench.next_try().since(at(0.0)).as_secs_f64();
        bench.tick(due);
        assert_eq!(bench.machine.view().host, PRIMARY);
    }
}

#[test]
fn a_host_whose_sessions_do_not_last_is_left_for_the_next() {
    let mut bench = Bench::pool(2);
    bench.order(Order::Connect, 0.0);
    let (mut now, mut sessions) = (0.0, 0);
    while bench.machine.view().host == PRIMARY {
        let attempt = bench.current();
        bench.feed(Event::Opened(attempt), now).feed(Event::Answered(attempt, 1), now);
        bench.end_session(FailureKind::Retry, now + 0.05);
        assert_eq!(bench.state(), S::Reconnecting, "not flapping while there is another host");
        sessions += 1;
        now = bench.next_try().since(at(0.0)).as_secs_f64();
        bench.tick(now);
    }
    assert_eq!(sessions, 5);
}

#[test]
fn with_every_host_away_the_backoff_goes_on_and_every_door_is_knocked_at() {
    let mut bench = Bench::pool(3);
    bench.order(Order::Connect, 0.0);
    let (mut now, mut tries, mut knocked) = (0.0, Vec::new(), std::collections::BTreeSet::new());
    while now < 600.0 {
        if matches!(bench.machine.phase, Phase::Dialing(_)) {
            tries.push((now, bench.machine.view().host));
            bench.fail_dial(FailureKind::Unanswered, now);
        }
        if let [Effect::Knock(knock, host)] = bench.effects[..] {
            knocked.insert(host);
            bench.feed(Event::Knocked(knock, false), now);
        }
        now = bench.due();
        bench.tick(now);
    }
    assert_eq!(knocked.len(), 3);
    let late = tries.iter().filter(|(at, _)| *at >= 60.0).count();
    assert!((15..=110).contains(&late), "{late} tries in nine minutes");
    for host in [PRIMARY, BACKUP, Host(2)] {
        assert!(tries.iter().any(|(at, tried)| *at >= 60.0 && *tried == host), "{host:?} is forgotten");
    }
}

#[test]
fn a_host_that_answers_a_knock_is_the_one_that_is_tried() {
    let mut bench = Bench::pool(2);
    bench.order(Order::Connect, 0.0);
    let mut now = 0.0;
    loop {
        if matches!(bench.machine.phase, Phase::Dialing(_)) {
            bench.fail_dial(FailureKind::Unanswered, now);
        }
        if let [Effect::Knock(knock, host)] = bench.effects[..] {
            let back = host == PRIMARY && now > 20.0;
            bench.feed(Event::Knocked(knock, back), now);
            if back {
                break;
            }
        }
        now = bench.due();
        bench.tick(now);
    }
    let due = bench.next_try().since(at(0.0)).as_secs_f64();
    assert!(due - now <= 1.5);
    bench.tick(due);
    assert_eq!(bench.effects, [Effect::Dial(bench.current(), PRIMARY)]);
}

#[test]
fn the_primary_is_returned_to_after_three_clean_looks_half_a_minute_apart() {
    let mut bench = Bench::pool(2);
    let began = bench.on_backup();
    let backup = bench.current();
    let mut now = began;
    for look in 1..=2 {
        let (at_second, candidate) = bench.look(now);
        assert!(at_second - now >= 29.9, "look {look} after {} s", at_second - now);
        assert_eq!(bench.effects, [Effect::Close(candidate, Farewell::Done)]);
        bench.feed(Event::Ended(candidate, failure(FailureKind::Retry)), at_second);
        assert_eq!((bench.machine.proven(), bench.machine.view().host), (Some(backup), BACKUP));
        now = at_second;
    }
    let (at_second, candidate) = bench.look(now);
    assert!(at_second - began <= 110.0, "{} s", at_second - began);
    assert_eq!(bench.effects, [Effect::Close(backup, Farewell::Done)]);
    let view = bench.machine.view();
    assert_eq!((bench.machine.proven(), view.host, view.next_return), (Some(candidate), PRIMARY, None));
    assert_eq!((view.state, view.failures_total), (S::Connected, 3), "only those that led to the backup");
}

#[test]
fn an_unstable_primary_keeps_the_backup_in_use() {
    let mut bench = Bench::pool(2);
    let mut now = bench.on_backup();
    let backup = bench.current();
    let mut looks = 0_u32;
    while now < 3_600.0 {
        let (at_second, candidate) = bench.until_look(now);
        looks += 1;
        // Three of four fail.
        if looks.is_multiple_of(4) {
            bench.feed(Event::Opened(candidate), at_second).feed(Event::Answered(candidate, 1), at_second);
            bench.feed(Event::Ended(candidate, failure(FailureKind::Retry)), at_second);
        } else {
            bench.feed(Event::DialFailed(candidate, failure(FailureKind::Unanswered)), at_second);
        }
        assert_eq!((bench.machine.proven(), bench.machine.view().host), (Some(backup), BACKUP));
        now = at_second;
    }
    assert!((6..=40).contains(&looks), "{looks} looks in an hour: rarer and rarer");
}

#[test]
fn one_failed_look_begins_the_count_anew() {
    let mut bench = Bench::pool(2);
    let mut now = bench.on_backup();
    for clean in [true, true, false, true, true] {
        let (at_second, candidate) = bench.until_look(now);
        if clean {
            bench.feed(Event::Opened(candidate), at_second).feed(Event::Answered(candidate, 1), at_second);
            bench.feed(Event::Ended(candidate, failure(FailureKind::Retry)), at_second);
        } else {
            bench.feed(Event::DialFailed(candidate, failure(FailureKind::Retry)), at_second);
        }
        assert_eq!(bench.machine.view().host, BACKUP);
        now = at_second;
    }
    bench.look(now);
    assert_eq!(bench.machine.view().host, PRIMARY);
}

#[test]
fn a_lost_backup_session_is_replaced_on_the_backup_and_a_look_under_way_goes_on_in_its_place() {
    let mut bench = Bench::pool(2);
    let now = bench.on_backup();
    bench.end_session(FailureKind::Retry, now + 10.0);
    let due = bench.next_try().since(at(0.0)).as_secs_f64();
    bench.tick(due);
    assert_eq!(bench.effects, [Effect::Dial(bench.current(), BACKUP)], "it worked until now");

    let mut bench = Bench::pool(2);
    let now = bench.on_backup();
    let (at_second, candidate) = bench.until_look(now);
    bench.end_session(FailureKind::Retry, at_second);
    assert_eq!(bench.current(), candidate);
    bench.feed(Event::Opened(candidate), at_second).feed(Event::Answered(candidate, 1), at_second);
    assert_eq!((bench.state(), bench.machine.view().host), (S::Connected, PRIMARY));
}

#[test]
fn another_network_begins_with_the_primary() {
    let mut bench = Bench::pool(2);
    bench.order(Order::Connect, 0.0);
    let (now, _) = bench.fail_over(FailureKind::Retry, 0.0);
    bench.fail_dial(FailureKind::Retry, now);
    bench.feed(Event::Stimulated(Stimulus::NetworkChanged), now);
    bench.tick(now + 0.25);
    assert_eq!(bench.effects, [Effect::Dial(bench.current(), PRIMARY)]);
}

#[test]
fn a_network_that_was_away_leads_back_to_the_primary() {
    let mut bench = Bench::pool(2);
    bench.order(Order::Connect, 0.0);
    let mut now = 0.0;
    while now < 120.0 {
        if matches!(bench.machine.phase, Phase::Dialing(_)) {
            let away = Failure { code: ErrorCode::Unreachable, ..failure(FailureKind::Unanswered) };
            let attempt = bench.current();
            bench.feed(Event::DialFailed(attempt, away), now);
        }
        now = bench.due();
        bench.tick(now);
    }
    // It comes back in steps, and more of them than there are tries to spare.
    for step in 0..6 {
        bench.feed(Event::Stimulated(Stimulus::NetworkChanged), now + f64::from(step));
    }
    while !matches!(bench.machine.phase, Phase::Dialing(_)) {
        now = bench.due().max(now + 5.0);
        bench.tick(now);
    }
    assert_eq!(bench.machine.view().host, PRIMARY);
}

#[test]
fn max_attempts_is_reached_only_when_no_host_is_left() {
    let mut bench = Bench::with(3, true);
    bench.machine = bench.machine.with_hosts(2, HostPolicy::default());
    bench.order(Order::Connect, 0.0);
    let (now, _) = bench.fail_over(FailureKind::Unanswered, 0.0);
    assert_eq!(bench.state(), S::Reconnecting);
    let mut now = now;
    for _ in 0..3 {
        bench.fail_dial(FailureKind::Unanswered, now);
        if bench.state() == S::Failed {
            break;
        }
        now = bench.next_try().since(at(0.0)).as_secs_f64();
        bench.tick(now);
    }
    assert_eq!((bench.state(), bench.machine.view().reason), (S::Failed, Some(Reason::MaxAttempts)));
}

#[test]
fn a_try_that_the_budget_holds_back_goes_to_the_backup_and_nothing_is_held_against_the_primary() {
    for crowd in [true, false] {
        let mut bench = Bench::pool(2);
        bench.machine.retry.crowd = crowd;
        bench.order(Order::Connect, 0.0);
        let attempt = bench.current();
        bench.feed(Event::Deferred(attempt, Duration::from_secs(5)), 0.0);
        assert_eq!(bench.machine.view().waiting, Some(model::WaitCause::Budget));
        let due = bench.due();
        assert!(due <= 0.5, "{due} s");
        bench.tick(due);
        let attempt = bench.current();
        assert_eq!(bench.effects, [Effect::Dial(attempt, BACKUP)]);
        // With both held back there is nothing to do but wait.
        bench.feed(Event::Deferred(attempt, Duration::from_secs(4)), due);
        assert!(bench.due() >= 4.0, "{} s", bench.due());
        assert_eq!(bench.machine.view().failures_total, 0);
    }
}

#[test]
fn all_who_share_a_budget_hear_of_every_try_at_the_host_it_went_to() {
    let mut bench = Bench::pool(2);
    let now = bench.on_backup();
    assert_eq!(bench.tried, [(PRIMARY, false), (PRIMARY, false), (PRIMARY, false), (BACKUP, true)]);
    bench.tried.clear();
    // A look that shows the primary to be sound, and one that does not.
    let (now, candidate) = bench.look(now);
    bench.feed(Event::Ended(candidate, failure(FailureKind::Retry)), now);
    let (now, candidate) = bench.until_look(now);
    bench.feed(Event::Opened(candidate), now).feed(Event::Ended(candidate, failure(FailureKind::Retry)), now);
    assert_eq!(bench.tried, [(PRIMARY, true), (PRIMARY, false)]);
    bench.end_session(FailureKind::Retry, now);
    assert_eq!(bench.tried[2..], [(BACKUP, false)]);
    // What was never sent says nothing about a server.
    bench.tick(bench.due());
    let attempt = bench.current();
    let unsent = Failure::new(FailureKind::Halt(Reason::AuthRequired), ErrorCode::SecretUnavailable, "");
    bench.feed(Event::DialFailed(attempt, unsent), now + 2.0);
    assert_eq!(bench.tried.len(), 3);
}
