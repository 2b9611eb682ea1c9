//! Many machines and one server: how they come back together, simulated without sockets or waiting.

use super::{simulation::*, *};

const CLIENTS: u64 = 2_000;
/// When the server goes away.
const DOWN_AT: Duration = Duration::from_secs(100);
/// Longer than anybody may take to be back.
const ENOUGH: Duration = Duration::from_secs(120);

/// When one client tried since the server went away; it was back with the last try.
fn run(seed: u64, ending: FailureKind, up_at: Duration) -> Vec<Duration> {
    let mut link = Simulation::mute(seed, 10);
    let mut world = |effect: &Effect, now: Duration| {
        let up = now < DOWN_AT || now >= up_at;
        match *effect {
            Effect::Dial(attempt, _) if up => vec![(Duration::ZERO, Event::Opened(attempt))],
            Effect::Dial(attempt, _) => {
                vec![(Duration::ZERO, Event::DialFailed(attempt, failure(FailureKind::Unanswered)))]
            }
            Effect::Knock(knock, _) => vec![(Duration::ZERO, Event::Knocked(knock, up))],
            Effect::Abort(_)
            | Effect::Greet(_)
            | Effect::Probe(..)
            | Effect::Close(..)
            | Effect::Tried(..) => Vec::new(),
        }
    };
    // The only session there is before the outage opens at once and is stable when it ends.
    link.run(DOWN_AT, &mut world);
    let session = link.machine.current().expect("a session");
    link.happens(Duration::ZERO, Event::Ended(session, failure(ending)));
    link.run(up_at + ENOUGH, &mut world);
    assert_eq!(link.machine.view().state, model::EndpointState::Connected, "it is back");
    link.tries.into_iter().filter(|at| *at >= DOWN_AT).collect()
}

/// Share of all tries since the fall that the fullest 100 ms hold, and how late the median and the last client
/// were back.
fn herd(ending: FailureKind, outage: Duration) -> (f64, Duration, Duration) {
    let up_at = DOWN_AT + outage;
    let clients: Vec<Vec<Duration>> = (0..CLIENTS).map(|seed| run(seed, ending, up_at)).collect();
    let tries: Vec<Duration> = clients.iter().flatten().copied().collect();
    let mut buckets = std::collections::HashMap::<u128, usize>::new();
    for at in &tries {
        *buckets.entry(at.as_millis() / 100).or_default() += 1;
    }
    let fullest = buckets.values().max().copied().unwrap_or_default();
    let mut late: Vec<Duration> =
        clients.iter().filter_map(|tries| tries.last()).map(|back| back.saturating_sub(up_at)).collect();
    late.sort_unstable();
    (fullest as f64 / tries.len() as f64, late[late.len() / 2], late[late.len() - 1])
}

#[test]
fn two_thousand_clients_do_not_stampede_a_server_that_was_away_for_a_minute() {
    for ending in [FailureKind::Retry, FailureKind::Restarting] {
        let (share, median, last) = herd(ending, Duration::from_secs(60));
        assert!(share <= 0.01, "{:.2} % of the tries fall within 100 ms", share * 100.0);
        assert!(median <= Duration::from_millis(1_500), "half of them are back after {median:?}");
        assert!(last <= Duration::from_secs(3), "the last one is back after {last:?}");
    }
}

#[test]
fn outages_from_two_seconds_to_a_minute_are_over_within_three_seconds_for_everybody() {
    for seconds in [2, 5, 10, 20, 40, 60] {
        let (share, median, last) = herd(FailureKind::Retry, Duration::from_secs(seconds));
        assert!(share <= 0.05, "{seconds} s away: {:.2} % of the tries fall within 100 ms", share * 100.0);
        assert!(median <= Duration::from_millis(1_500), "{seconds} s away: median {median:?}");
        assert!(last <= Duration::from_secs(3), "{seconds} s away: last {last:?}");
    }
}

#[test]
#[ignore = "a measurement: make bench"]
fn the_figures_of_a_herd_are_measured() {
    let (share, median, last) = herd(FailureKind::Retry, Duration::from_secs(60));
    println!(
        "{CLIENTS} clients, server away for 60 s: half of them back after {median:?}, the last after {last:?}"
    );
    let verdict = |reached: bool| if reached { "ok" } else { "missed" };
    println!(
        "figure | {CLIENTS} clients, server away for 60 s, fullest 100 ms | <= 1 % | {:.2} % | {}",
        share * 100.0,
        verdict(share <= 0.01)
    );
    println!(
        "figure | {CLIENTS} clients, server away for 60 s, last one back | <= 3 s | {:.2} s | {}",
        last.as_secs_f64(),
        verdict(last <= Duration::from_secs(3))
    );
}
