//! The machine's behaviour, one sentence a test. Times are seconds since the link's clock started.

mod fences;
mod hosts;
mod migration;
mod refusals;

use model::EndpointState as S;

use super::*;
use crate::BackoffPolicy;

fn at(seconds: f64) -> Moment {
    Moment::at(Duration::from_secs_f64(seconds))
}

fn failure(kind: FailureKind) -> Failure {
    Failure::new(kind, ErrorCode::ConnectionLost, "")
}

/// A machine under test: feeds events and remembers the effects of the last one.
struct Bench {
    machine: Machine,
    effects: Vec<Effect>,
    /// What all tries so far brought, apart from the other effects.
    tried: Vec<(Host, bool)>,
}

impl Bench {
    fn with(max_attempts: u32, heartbeat: bool) -> Self {
        let second = Duration::from_secs(1);
        let retry = RetryPolicy {
            backoff: BackoffPolicy { initial: second, multiplier: 2.0, cap: second * 30 },
            max_attempts,
            crowd: true,
        };
        let heartbeat = HeartbeatPolicy { enabled: heartbeat, interval: second * 25, timeout: second * 10 };
        Self { machine: Machine::new(retry, heartbeat, 7), effects: Vec::new(), tried: Vec::new() }
    }

    fn new() -> Self {
        Self::with(0, true)
    }

    /// A link with this many hosts.
    fn pool(hosts: usize) -> Self {
        let mut bench = Self::new();
        bench.machine = bench.machine.with_hosts(hosts, HostPolicy::default());
        bench
    }

    fn feed(&mut self, event: Event, seconds: f64) -> &mut Self {
        let (machine, effects) = step(self.machine.clone(), event, at(seconds));
        self.machine = machine;
        self.effects.clear();
        for effect in effects {
            if let Effect::Tried(host, worked) = effect {
                self.tried.push((host, worked));
            } else {
                self.effects.push(effect);
            }
        }
        self
    }

    fn order(&mut self, order: Order, seconds: f64) -> &mut Self {
        self.feed(Event::Ordered(order), seconds)
    }

    fn tick(&mut self, seconds: f64) -> &mut Self {
        self.feed(Event::Tick { silent_for: Some(Duration::from_secs(60)) }, seconds)
    }

    fn current(&self) -> AttemptId {
        self.machine.current().expect("something is under way")
    }

    /// Connected and proven at `seconds`.
    fn connected(&mut self, seconds: f64) -> &mut Self {
        self.order(Order::Connect, seconds);
        let attempt = self.current();
        self.feed(Event::Opened(attempt), seconds).feed(Event::Answered(attempt, 1), seconds)
    }

    fn fail_dial(&mut self, kind: FailureKind, seconds: f64) -> &mut Self {
        let attempt = self.current();
        self.feed(Event::DialFailed(attempt, failure(kind)), seconds)
    }

    fn end_session(&mut self, kind: FailureKind, seconds: f64) -> &mut Self {
        let session = self.current();
        self.feed(Event::Ended(session, failure(kind)), seconds)
    }

    fn state(&self) -> S {
        self.machine.view().state
    }

    fn next_try(&self) -> Moment {
        self.machine.view().next_attempt.expect("a try is scheduled")
    }
}

#[test]
fn greets_and_probes_at_once_when_a_session_opens() {
    let mut bench = Bench::new();
    bench.order(Order::Connect, 0.0);
    let attempt = bench.current();
    bench.feed(Event::Opened(attempt), 0.1);
    assert_eq!(bench.effects, [Effect::Greet(attempt), Effect::Probe(attempt, 1)]);
}

#[test]
fn is_connected_only_when_proven() {
    let mut bench = Bench::new();
    bench.order(Order::Connect, 0.0);
    let attempt = bench.current();
    bench.feed(Event::Opened(attempt), 0.1);
    assert_eq!(bench.state(), S::Connecting);
    bench.feed(Event::Received(attempt), 0.2);
    assert_eq!(bench.state(), S::Connected);
}

#[test]
fn a_session_that_brings_nothing_is_given_up_after_ten_seconds() {
    let mut bench = Bench::new();
    bench.order(Order::Connect, 0.0);
    let attempt = bench.current();
    bench.feed(Event::Opened(attempt), 0.0).tick(5.0);
    assert_eq!(bench.effects, [Effect::Probe(attempt, 2)], "it is asked twice");
    bench.tick(10.0);
    assert_eq!(bench.effects, [Effect::Close(attempt, Farewell::Dead)]);
    assert_eq!(bench.machine.view().last_failure.unwrap().code, ErrorCode::NotProven);
    assert_eq!(bench.state(), S::Reconnecting);
}

#[test]
fn without_heartbeat_an_open_session_counts() {
    let mut bench = Bench::with(0, false);
    bench.order(Order::Connect, 0.0);
    let attempt = bench.current();
    bench.feed(Event::Opened(attempt), 0.0);
    assert_eq!(bench.effects, [Effect::Greet(attempt)]);
    assert_eq!(bench.state(), S::Connected);
    assert_eq!(bench.machine.wakes_at(), None);
}

#[test]
fn the_first_failure_turns_connecting_into_reconnecting() {
    let mut bench = Bench::new();
    bench.order(Order::Connect, 0.0);
    assert_eq!(bench.state(), S::Connecting);
    bench.fail_dial(FailureKind::Retry, 0.1);
    assert_eq!(bench.state(), S::Reconnecting);
    assert_eq!(bench.machine.view().attempt, 1);
}

#[test]
fn a_stable_session_that_is_lost_is_replaced_within_three_seconds() {
    let mut bench = Bench::new();
    bench.connected(0.0);
    bench.end_session(FailureKind::Retry, 40.0);
    assert_eq!(bench.machine.view().attempt, 0);
    assert!(bench.next_try() <= at(43.0));
}

#[test]
fn a_session_that_does_not_become_stable_does_not_reset_the_backoff() {
    let mut bench = Bench::new();
    bench.order(Order::Connect, 0.0);
    let mut now = 0.0;
    for _ in 0..8 {
        bench.fail_dial(FailureKind::Retry, now);
        now += 31.0;
        bench.tick(now);
    }
    let attempt = bench.current();
    bench.feed(Event::Opened(attempt), now).feed(Event::Answered(attempt, 1), now);
    bench.end_session(FailureKind::Retry, now + 5.0);
    let mut longest = 0.0_f64;
    for round in 1..20 {
        let due = now + f64::from(round) * 40.0;
        bench.tick(due).fail_dial(FailureKind::Retry, due);
        longest = longest.max(bench.next_try().since(at(due)).as_secs_f64());
    }
    assert!(longest > 10.0, "waits are still drawn from the whole cap, but the longest was {longest} s");
}

#[test]
fn a_knock_soon_after_a_loss_tells_a_dead_server_from_one_that_hung_up() {
    for (answered, knocks_on) in [(true, false), (false, true)] {
        let mut bench = Bench::new();
        bench.connected(0.0).end_session(FailureKind::Retry, 5.0);
        let knock_at = bench.machine.wakes_at().unwrap().since(at(0.0)).as_secs_f64();
        assert!(knock_at <= 5.25, "{knock_at}");
        bench.tick(knock_at);
        let [Effect::Knock(knock, _)] = bench.effects[..] else { panic!("a knock, not {:?}", bench.effects) };
        let before = bench.next_try();
        bench.feed(Event::Knocked(knock, answered), knock_at);
        assert!(!answered || bench.next_try() == before, "a server that is there is not hurried at");
        let still = matches!(&bench.machine.phase, Phase::Waiting { knocking, .. } if knocking.is_some());
        assert_eq!(still, knocks_on);
    }
}

#[test]
fn a_server_that_was_away_in_between_is_not_flapping() {
    let mut bench = Bench::new();
    bench.order(Order::Connect, 0.0);
    for round in 1..=30 {
        let seconds = f64::from(round) * 10.0;
        bench.order(Order::Connect, seconds);
        let attempt = bench.current();
        bench.feed(Event::Opened(attempt), seconds).feed(Event::Answered(attempt, 1), seconds);
        bench.end_session(FailureKind::Retry, seconds + 1.0);
        while bench.machine.view().next_attempt.is_some() {
            let due = bench.next_try().since(at(0.0)).as_secs_f64();
            bench.tick(due);
        }
        bench.fail_dial(FailureKind::Unanswered, seconds + 5.0);
        assert_eq!(bench.state(), S::Reconnecting);
    }
}

#[test]
fn a_line_that_went_silent_is_replaced_at_once_but_not_without_end() {
    let mut bench = Bench::new();
    bench.connected(0.0);
    bench.tick(25.0).tick(27.0).tick(31.0);
    assert!(bench.next_try() <= at(31.25), "the server is not to blame");
}

#[test]
fn three_answers_of_another_kind_mean_a_wrong_address() {
    let mut bench = Bench::new();
    bench.order(Order::Connect, 0.0);
    for round in 1..=3 {
        let seconds = f64::from(round) * 100.0;
        bench.fail_dial(FailureKind::Misfit, seconds);
        if round < 3 {
            assert_eq!(bench.state(), S::Reconnecting);
            bench.tick(seconds + 31.0);
        }
    }
    assert_eq!((bench.state(), bench.machine.view().reason), (S::Failed, Some(Reason::Misconfigured)));
    assert!(bench.next_try() >= at(300.0 + 240.0));
}

#[test]
fn a_server_says_when_to_come_back_within_reason() {
    for (hint, low, high) in [(20, 20, 23), (0, 1, 4), (86_400, 3_600, 3_960)] {
        let mut bench = Bench::new();
        bench.order(Order::Connect, 0.0).fail_dial(FailureKind::Hinted(Duration::from_secs(hint)), 0.0);
        let wait = bench.next_try().since(at(0.0));
        assert!(
            wait >= Duration::from_secs(low) && wait <= Duration::from_secs(high),
            "{wait:?} for {hint} s"
        );
        assert_eq!(bench.machine.view().waiting, Some(model::WaitCause::ServerAsked));
    }
}

#[test]
fn max_attempts_means_failed_once_and_slow_probing() {
    let mut bench = Bench::with(3, true);
    bench.order(Order::Connect, 0.0);
    for round in 1..=3 {
        let seconds = f64::from(round) * 100.0;
        bench.fail_dial(FailureKind::Retry, seconds);
        if round < 3 {
            assert_eq!(bench.state(), S::Reconnecting);
            bench.tick(seconds + 31.0);
        }
    }
    assert_eq!((bench.state(), bench.machine.view().reason), (S::Failed, Some(Reason::MaxAttempts)));
    let wait = bench.next_try().since(at(300.0));
    assert!((240..=360).contains(&wait.as_secs()), "{wait:?}");
    bench.tick(700.0);
    assert_eq!(bench.state(), S::Failed, "a slow probe is still failed");
    let attempt = bench.current();
    bench.feed(Event::Opened(attempt), 700.0).feed(Event::Received(attempt), 700.0);
    assert_eq!(bench.state(), S::Connected);
}

#[test]
fn a_server_that_sends_us_away_is_left_alone() {
    let mut bench = Bench::new();
    bench.connected(0.0).end_session(FailureKind::Halt(Reason::ServerStop), 5.0);
    assert_eq!((bench.state(), bench.machine.view().reason), (S::Disconnected, Some(Reason::ServerStop)));
    assert!(bench.next_try() >= at(5.0 + 700.0));
}

#[test]
fn an_answered_knock_brings_the_next_try_forward() {
    let mut bench = Bench::new();
    bench.order(Order::Connect, 0.0);
    let mut now = 0.0;
    loop {
        bench.fail_dial(FailureKind::Unanswered, now);
        let next_try = bench.next_try().since(at(0.0)).as_secs_f64();
        if next_try - now > 3.0 {
            break;
        }
        while bench.machine.view().next_attempt.is_some() {
            now = next_try;
            bench.tick(now);
        }
    }
    let seconds = bench.machine.wakes_at().unwrap().since(at(0.0)).as_secs_f64();
    assert!(seconds <= now + 2.2, "a knock within 2.2 s, not after {}", seconds - now);
    bench.tick(seconds);
    let [Effect::Knock(knock, _)] = bench.effects[..] else { panic!("a knock, not {:?}", bench.effects) };
    bench.feed(Event::Knocked(knock, true), seconds + 0.1);
    assert!(bench.next_try() <= at(seconds + 1.6));
}

#[test]
fn nobody_knocks_where_somebody_answered() {
    let mut bench = Bench::new();
    bench.order(Order::Connect, 0.0).fail_dial(FailureKind::Retry, 0.0);
    assert_eq!(bench.machine.wakes_at(), bench.machine.view().next_attempt);
}

#[test]
fn a_pause_ends_the_session_and_a_resume_connects_again() {
    let mut bench = Bench::new();
    bench.connected(0.0);
    let session = bench.current();
    bench.order(Order::Pause, 1.0);
    assert_eq!(bench.effects, [Effect::Close(session, Farewell::Done)]);
    assert_eq!((bench.state(), bench.machine.view().reason), (S::Disconnected, Some(Reason::Paused)));
    bench.end_session(FailureKind::Retry, 1.1);
    assert_eq!(bench.machine.wakes_at(), None);
    bench.order(Order::Resume, 9.0);
    assert_eq!(bench.state(), S::Connecting);
}

#[test]
fn a_pause_aborts_a_dial() {
    let mut bench = Bench::new();
    bench.order(Order::Connect, 0.0);
    let attempt = bench.current();
    bench.order(Order::Pause, 0.1);
    assert_eq!(bench.effects, [Effect::Abort(attempt)]);
    bench.feed(Event::Opened(attempt), 0.2);
    assert_eq!(bench.effects, [Effect::Close(attempt, Farewell::Dead)], "a late success is closed");
    assert_eq!(bench.state(), S::Disconnected);
}

#[test]
fn reconnect_waits_for_the_old_session_but_not_for_ever() {
    let mut bench = Bench::new();
    bench.connected(0.0);
    let old = bench.current();
    bench.order(Order::Reconnect, 1.0);
    assert_eq!(bench.effects, [Effect::Close(old, Farewell::Done)]);
    bench.tick(2.0);
    assert_eq!(bench.effects, [Effect::Close(old, Farewell::Dead), Effect::Dial(bench.current(), Host(0))]);
}

#[test]
fn silence_after_a_probe_ends_a_proven_session() {
    let mut bench = Bench::new();
    bench.connected(0.0);
    let session = bench.current();
    bench.tick(25.0);
    assert_eq!(bench.effects, [Effect::Probe(session, 2)]);
    bench.tick(27.0);
    assert_eq!(bench.effects, [Effect::Probe(session, 3)]);
    bench.tick(31.0);
    assert_eq!(bench.effects, [Effect::Close(session, Farewell::Dead)]);
    assert_eq!(bench.machine.view().last_failure.unwrap().code, ErrorCode::PingTimeout);
}

#[test]
fn after_a_short_sleep_a_session_is_probed_and_kept_when_it_answers() {
    let mut bench = Bench::new();
    bench.connected(0.0);
    let session = bench.current();
    bench.feed(Event::Stimulated(Stimulus::Woke(Duration::from_secs(40))), 5.0);
    assert_eq!(bench.effects, [Effect::Probe(session, 2)]);
    bench.feed(Event::Answered(session, 2), 5.1);
    assert_eq!((bench.state(), bench.machine.view().failures_total), (S::Connected, 0));
}

#[test]
fn after_a_short_sleep_a_dead_session_is_noticed_within_three_seconds_and_replaced_at_once() {
    let mut bench = Bench::new();
    bench.connected(0.0);
    bench.feed(Event::Stimulated(Stimulus::Woke(Duration::from_secs(40))), 5.0);
    let due = bench.machine.wakes_at().unwrap();
    assert!(due <= at(8.0));
    bench.tick(due.since(at(0.0)).as_secs_f64());
    assert_eq!(bench.state(), S::Reconnecting);
    assert!(bench.next_try().since(due) <= Duration::from_millis(250));
}

#[test]
fn after_a_long_sleep_or_without_its_address_a_session_is_replaced_without_asking() {
    for stimulus in [Stimulus::Woke(Duration::from_secs(700)), Stimulus::AddressGone] {
        let mut bench = Bench::new();
        bench.connected(0.0);
        let session = bench.current();
        bench.feed(Event::Stimulated(stimulus), 5.0);
        assert_eq!(bench.effects, [Effect::Close(session, Farewell::Dead)]);
        assert!(bench.next_try() <= at(5.25));
    }
}

#[test]
fn a_change_of_the_network_ends_a_long_wait_but_not_one_the_server_asked_for() {
    for (kind, hurried) in [(FailureKind::Retry, true), (FailureKind::Hinted(Duration::from_secs(60)), false)]
    {
        let mut bench = Bench::new();
        bench.order(Order::Connect, 0.0).fail_dial(kind, 0.0);
        let until = bench.next_try();
        bench.feed(Event::Stimulated(Stimulus::NetworkChanged), 0.0);
        assert_eq!(bench.next_try() < until || until <= at(0.25), hurried, "{kind:?}");
    }
}

#[test]
fn changes_of_the_network_without_end_do_not_make_tries_without_end() {
    let mut bench = Bench::new();
    bench.order(Order::Connect, 0.0);
    let mut tries = 0;
    for tenth in 0..600 {
        let seconds = f64::from(tenth) / 10.0;
        if bench.machine.current().is_some() {
            tries += 1;
            bench.fail_dial(FailureKind::Unanswered, seconds);
        }
        bench.feed(Event::Stimulated(Stimulus::NetworkChanged), seconds);
        bench.tick(seconds);
    }
    assert!(tries <= 16, "{tries} tries in a minute");
}
