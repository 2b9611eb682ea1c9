//! The race on paused time, with connectors that do as told.

use std::{cell::Cell, future::pending, rc::Rc};

use proptest::prelude::*;
use tokio::time::sleep;

use super::*;

fn v4(last: u8) -> SocketAddr {
    SocketAddr::from(([127, 0, 0, last], 80))
}

fn v6(last: u16) -> SocketAddr {
    SocketAddr::from(([0, 0, 0, 0, 0, 0, 0, last], 80))
}

fn pace() -> Pace {
    Pace {
        stagger: STAGGER,
        per_address: Duration::from_secs(5),
        until: Instant::now() + Duration::from_secs(15),
    }
}

/// What a scripted connector does with one address.
#[derive(Clone, Copy, Debug)]
enum Does {
    Connect(u64),
    Fail(u64),
    Hang,
}

async fn run(script: &[(SocketAddr, Does)], pace: Pace) -> Race<SocketAddr> {
    let addresses: Vec<_> = script.iter().map(|(address, _)| *address).collect();
    race(&addresses, pace, |address| {
        let does = script.iter().find(|(one, _)| *one == address).map(|(_, does)| *does);
        async move {
            match does.unwrap() {
                Does::Connect(ms) => {
                    sleep(Duration::from_millis(ms)).await;
                    Ok(address)
                }
                Does::Fail(ms) => {
                    sleep(Duration::from_millis(ms)).await;
                    Err(io::Error::from(io::ErrorKind::ConnectionRefused))
                }
                Does::Hang => pending().await,
            }
        }
    })
    .await
}

fn starts(race: &Race<SocketAddr>) -> Vec<Option<u128>> {
    race.addresses.iter().map(|one| one.started.map(|at| at.as_millis())).collect()
}

#[tokio::test(start_paused = true)]
async fn silent_addresses_are_joined_by_the_next_one_every_250_ms() {
    let race = run(&[(v6(1), Does::Hang), (v4(1), Does::Hang), (v6(2), Does::Connect(10))], pace()).await;
    assert_eq!(starts(&race), [Some(0), Some(250), Some(500)]);
    assert_eq!(race.winner.unwrap().0, v6(2));
    assert_eq!(race.addresses[0].outcome, AddressOutcome::Overtaken);
    assert_eq!(race.addresses[0].elapsed, Duration::from_millis(510));
    assert_eq!(race.addresses[2].outcome, AddressOutcome::Connected);
    assert_eq!(race.addresses[2].elapsed, Duration::from_millis(10));
}

#[tokio::test(start_paused = true)]
async fn an_ipv6_address_that_swallows_everything_costs_250_ms_and_no_more() {
    for (round_trip, others) in [(30, 0), (240, 3)] {
        let holes = (1..=1 + others).map(|last| (v6(last), Does::Hang));
        let script: Vec<_> = holes.chain([(v4(1), Does::Connect(round_trip))]).collect();
        let addresses: Vec<_> = script.iter().map(|(address, _)| *address).collect();
        let ordered: Vec<_> = interleave(&addresses)
            .into_iter()
            .map(|address| (address, script.iter().find(|(one, _)| *one == address).unwrap().1))
            .collect();
        let began = Instant::now();
        assert_eq!(run(&ordered, pace()).await.winner.unwrap().0, v4(1));
        assert_eq!(began.elapsed(), STAGGER + Duration::from_millis(round_trip));
    }
}

#[tokio::test(start_paused = true)]
async fn a_failure_starts_the_next_address_at_once_and_the_stagger_anew() {
    let race = run(&[(v6(1), Does::Fail(20)), (v4(1), Does::Hang), (v6(2), Does::Connect(0))], pace()).await;
    assert_eq!(starts(&race), [Some(0), Some(20), Some(270)]);
}

#[tokio::test(start_paused = true)]
async fn an_early_answer_leaves_the_other_addresses_alone() {
    let race = run(&[(v6(1), Does::Connect(249)), (v4(1), Does::Connect(0))], pace()).await;
    assert_eq!(starts(&race), [Some(0), None]);
    assert_eq!(race.addresses[1].outcome, AddressOutcome::Untried);
}

#[tokio::test(start_paused = true)]
async fn a_late_first_address_can_still_win() {
    let race = run(&[(v6(1), Does::Connect(300)), (v4(1), Does::Connect(200))], pace()).await;
    assert_eq!(race.winner.unwrap().0, v6(1));
    assert_eq!(race.addresses[1].outcome, AddressOutcome::Overtaken);
}

#[tokio::test(start_paused = true)]
async fn every_failure_is_reported_when_nobody_wins() {
    let began = Instant::now();
    let race = run(&[(v6(1), Does::Fail(1)), (v4(1), Does::Hang)], pace()).await;
    assert!(race.winner.is_none() && !race.out_of_time);
    assert!(
        matches!(&race.addresses[0].outcome, AddressOutcome::Failed(one) if one.kind == io::ErrorKind::ConnectionRefused)
    );
    assert_eq!(race.addresses[1].outcome, AddressOutcome::TimedOut(Duration::from_secs(5)));
    assert_eq!(began.elapsed(), Duration::from_millis(5001));
}

#[tokio::test(start_paused = true)]
async fn the_end_of_the_whole_race_is_kept_and_shows_what_was_under_way() {
    let pace = Pace { until: Instant::now() + Duration::from_millis(300), ..pace() };
    let race = run(&[(v6(1), Does::Hang), (v4(1), Does::Hang), (v6(2), Does::Hang)], pace).await;
    assert!(race.out_of_time && race.winner.is_none());
    assert_eq!(starts(&race), [Some(0), Some(250), None]);
    assert_eq!(race.addresses[1].outcome, AddressOutcome::Unfinished);
    assert_eq!(race.addresses[1].elapsed, Duration::from_millis(50));
}

#[tokio::test(start_paused = true)]
async fn the_winner_closes_the_losers_and_a_dropped_race_closes_all() {
    struct Socket(Rc<Cell<usize>>);
    impl Drop for Socket {
        fn drop(&mut self) {
            self.0.set(self.0.get() - 1);
        }
    }
    let open = Rc::new(Cell::new(0));
    let connector = |address: SocketAddr| {
        open.set(open.get() + 1);
        let socket = Socket(Rc::clone(&open));
        async move {
            if address == v4(1) {
                sleep(Duration::from_millis(5)).await;
                return Ok(socket);
            }
            pending().await
        }
    };
    let finished = race(&[v6(1), v4(1)], pace(), connector).await;
    assert_eq!(open.get(), 1, "only the winner is open");
    drop(finished);
    let cancelled =
        timeout(Duration::from_millis(600), race(&[v6(1), v6(2), v6(3)], pace(), connector)).await;
    assert!(cancelled.is_err());
    assert_eq!(open.get(), 0, "a dropped race leaves nothing open");
}

#[tokio::test(start_paused = true)]
async fn no_address_at_all_ends_at_once() {
    let race = run(&[], pace()).await;
    assert!(race.winner.is_none() && race.addresses.is_empty() && !race.out_of_time);
}

#[test]
fn families_alternate_and_the_resolvers_first_stays_first() {
    let given = [v6(1), v6(2), v6(3), v4(1), v4(2)];
    assert_eq!(interleave(&given), [v6(1), v4(1), v6(2), v4(2), v6(3)]);
    assert_eq!(interleave(&[v4(1), v4(2), v6(1)]), [v4(1), v6(1), v4(2)]);
}

fn any_address() -> impl Strategy<Value = SocketAddr> {
    prop_oneof![(1_u8..250).prop_map(v4), (1_u16..250).prop_map(v6)]
}

proptest! {
    #[test]
    fn interleaving_loses_nothing_and_keeps_each_familys_order(given in prop::collection::vec(any_address(), 0..24)) {
        let ordered = interleave(&given);
        prop_assert_eq!(ordered.first(), given.first());
        for is_v6 in [true, false] {
            let of_family = |list: &[SocketAddr]| {
                list.iter().filter(|one| one.is_ipv6() == is_v6).copied().collect::<Vec<_>>()
            };
            prop_assert_eq!(of_family(&ordered), of_family(&given));
        }
        // Two neighbours share a family only when the other family is used up.
        for (index, pair) in ordered.windows(2).enumerate() {
            if pair[0].is_ipv6() == pair[1].is_ipv6() {
                prop_assert!(ordered[index + 1..].iter().all(|one| one.is_ipv6() == pair[0].is_ipv6()));
            }
        }
    }

    #[test]
    fn starts_are_in_order_within_the_stagger_and_the_earliest_success_wins(
        script in prop::collection::vec(prop_oneof![
            (0_u64..2000).prop_map(Does::Connect),
            (0_u64..2000).prop_map(Does::Fail),
            Just(Does::Hang),
        ], 1..8),
    ) {
        let script: Vec<_> = script.into_iter().zip(1..).map(|(does, last)| (v4(last), does)).collect();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        let race = runtime.block_on(async { run(&script, pace()).await });
        let order: Vec<_> = race.addresses.iter().filter_map(|one| one.started).collect();
        for pair in order.windows(2) {
            prop_assert!(pair[0] <= pair[1] && pair[1] - pair[0] <= STAGGER);
        }
        let ends = |does: Does| if let Does::Connect(ms) = does { Some(ms) } else { None };
        let earliest = race.addresses.iter().zip(&script)
            .filter_map(|(one, (_, does))| Some(one.started? + Duration::from_millis(ends(*does)?)))
            .min();
        let won = race.addresses.iter().find(|one| one.outcome == AddressOutcome::Connected);
        prop_assert_eq!(won.map(|one| one.started.unwrap() + one.elapsed), earliest);
        prop_assert_eq!(won.is_some(), race.winner.is_some());
        // Nobody is left behind: without a winner, every address was tried to its end.
        if race.winner.is_none() {
            let ended = |one: &AddressReport| matches!(one.outcome, AddressOutcome::Failed(_) | AddressOutcome::TimedOut(_));
            prop_assert!(race.addresses.iter().all(ended));
        }
    }
}
