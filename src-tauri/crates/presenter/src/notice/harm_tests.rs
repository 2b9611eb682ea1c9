//! Notices that would teach people to ignore notices, each as a test named after it. Time is an argument.

use model::{EndpointState as S, ErrorCode, Reason};
use proptest::prelude::*;

use super::{
    Urgency,
    play::{Change, DOWN, Play, UP, told},
};
use crate::{DesktopRequest, sample, words::complete::plain};

const HOUR: u64 = 3_600;

/// Ids of a whole office.
fn office() -> Vec<String> {
    (0..26).map(|number| format!("line{number}")).collect()
}

/// Every line goes into the state within three seconds.
fn together(office: &[String], at: u64, state: S) -> Vec<Change<'_>> {
    let change = |(number, id): (usize, &String)| (at + number as u64 / 9, number, id.clone());
    let mut changes: Vec<_> = office.iter().enumerate().map(change).collect();
    changes.sort();
    changes.into_iter().map(|(at, number, _)| (at, office[number].as_str(), state, None)).collect()
}

/// Goes down every so often, for so long, within an hour.
fn flaps(count: u64, outage: u64) -> Vec<Change<'static>> {
    let flap = |number: u64| {
        let at = 100 + number * HOUR / count;
        [(at, "a", DOWN, None), (at + outage, "a", UP, None)]
    };
    (0..count).flat_map(flap).collect()
}

fn only(id: &str) -> Play {
    Play::new([id])
}

#[test]
fn twenty_six_lines_that_drop_together_do_not_flood_the_desktop() {
    let office = office();
    let changes = [together(&office, 100, DOWN), together(&office, 400, UP)].concat();
    let expected =
        told(&[(122.0, "26 of 26 connections are down"), (404.0, "26 connections are back after 5 min")]);
    assert_eq!(Play::new(office.iter().map(String::as_str)).titles(&changes), expected);
}

#[test]
fn thirty_flaps_in_an_hour_are_two_notices_and_not_sixty() {
    let expected = told(&[(340.0, "A is unstable"), (340.0 + 1_800.0, "A is unstable")]);
    assert_eq!(only("a").titles(&flaps(30, 5)), expected);
}

#[test]
fn outages_long_enough_to_tell_do_not_tire_anybody_when_they_come_thirty_an_hour() {
    let titles = only("a").titles(&flaps(30, 40));
    let back = "A is back after 40 s";
    let expected = [
        (120.0, "A is down"),
        (142.0, back),
        (240.0, "A is down"),
        (262.0, back),
        (340.0, "A is unstable"),
        (2_140.0, "A is unstable"),
    ];
    assert_eq!(titles, told(&expected));
}

#[test]
fn an_unstable_office_is_one_notice() {
    let office = office();
    let changes: Vec<_> = (0..3)
        .flat_map(|flap| {
            let at = 100 + 60 * flap;
            [together(&office, at, DOWN), together(&office, at + 10, UP)].concat()
        })
        .collect();
    let notices = Play::new(office.iter().map(String::as_str)).run(&changes);
    let [(at, notice)] = &notices[..] else { panic!("{notices:?}") };
    assert_eq!((*at, notice.title.as_str()), (222.0, "26 connections are unstable"));
    assert_eq!(notice.body, "Line0, Line1, Line2, 23 more");
}

#[test]
fn an_unstable_line_that_stays_down_is_not_forgotten() {
    let changes = [&flaps(30, 5)[..5], &[(4_000, "a", UP, None)]].concat();
    let notices = only("a").run(&changes);
    let texts: Vec<_> = notices.iter().map(|(at, notice)| (*at, plain(&notice.title))).collect();
    let expected =
        [(340.0, "A is unstable"), (340.0 + 600.0, "A is down"), (4_002.0, "A is back after 1 h 1 min")];
    assert_eq!(texts, told(&expected));
    assert_eq!(notices[0].1.body, "It dropped 3 times in 30 min. Linekeeper keeps trying.");
}

#[test]
fn an_unstable_line_that_asks_for_another_password_does_not_keep_it_to_itself() {
    let changes = [&flaps(30, 5)[..5], &[(350, "a", S::Failed, Some(Reason::AuthRequired))]].concat();
    let expected = told(&[(340.0, "A is unstable"), (360.0, "A cannot connect")]);
    assert_eq!(only("a").titles(&changes), expected);
}

#[test]
fn a_line_paused_because_it_was_unstable_is_not_told_of_any_more() {
    // The notice waits for another line that dropped as often.
    let both = |at: u64| {
        [(at, "a", DOWN, None), (at + 1, "a", UP, None), (at, "b", DOWN, None), (at + 1, "b", UP, None)]
    };
    let mut changes = [both(100), both(150)].concat();
    changes.push((200, "a", DOWN, None));
    changes.push((201, "a", S::Disconnected, Some(Reason::Paused)));
    assert_eq!(Play::new(["a", "b"]).titles(&changes), []);
}

#[test]
fn a_calm_line_is_not_called_unstable_for_what_it_did_an_hour_ago() {
    let changes = [&flaps(30, 5)[..6], &[(HOUR, "a", DOWN, None), (HOUR + 60, "a", UP, None)]].concat();
    let expected = told(&[
        (340.0, "A is unstable"),
        (HOUR as f64 + 20.0, "A is down"),
        (HOUR as f64 + 62.0, "A is back after 1 min"),
    ]);
    assert_eq!(only("a").titles(&changes), expected);
}

#[test]
fn what_is_down_and_what_is_unstable_at_once_share_a_notice() {
    let mut changes = flaps(30, 5)[..5].to_vec();
    changes.insert(4, (321, "b", DOWN, None));
    let notices = Play::new(["a", "b"]).run(&changes);
    let (at, first) = &notices[0];
    assert_eq!((*at, first.title.as_str()), (341.0, "B is down"));
    assert_eq!(first.body, "Linekeeper keeps trying.\nUnstable: A");
}

#[test]
fn a_laptop_that_wakes_before_its_wifi_tells_nothing() {
    for late in [8, 40, 59] {
        let mut play = Play::new(["a", "b"]);
        play.woke_at = Some(1_000);
        let changes = [
            (1_000, "a", DOWN, None),
            (1_001, "b", DOWN, None),
            (1_000 + late, "a", UP, None),
            (1_000 + late, "b", UP, None),
        ];
        assert_eq!(play.titles(&changes), [], "network after {late} s");
    }
}

#[test]
fn a_server_that_went_away_overnight_is_told_a_minute_after_waking() {
    let mut play = only("a");
    play.woke_at = Some(1_000);
    let expected = told(&[(1_060.0, "A is down")]);
    assert_eq!(play.titles(&[(1_000, "a", DOWN, None)]), expected);
}

#[test]
fn an_outage_told_before_a_night_of_sleep_is_not_told_again_after_it() {
    let mut play = only("a");
    play.woke_at = Some(1_000);
    let changes = [(100, "a", DOWN, None), (1_000, "a", DOWN, None), (1_010, "a", UP, None)];
    let expected = told(&[(120.0, "A is down"), (1_060.0, "A is back after 15 min 10 s")]);
    assert_eq!(play.titles(&changes), expected);
}

#[test]
fn waking_up_three_times_makes_no_line_unstable() {
    let mut track = super::NoticeTrack::new(super::NoticePolicy::default());
    let words = crate::Words::new(crate::Language::English);
    let at = std::time::Duration::from_secs;
    let mut snapshot = sample::of([("a", UP)]);
    for nap in 1..6 {
        track.woke(at(nap * 100));
        for (second, state) in [(1, DOWN), (5, UP)] {
            sample::put(&mut snapshot, "a", state, None);
            assert_eq!(track.observe(&snapshot, at(nap * 100 + second), &words), None);
        }
    }
}

#[test]
fn a_restart_of_the_server_is_not_worth_a_notice_and_neither_is_its_end() {
    assert_eq!(only("a").titles(&[(100, "a", DOWN, None), (119, "a", UP, None)]), []);
    let titles = only("a").titles(&[(100, "a", DOWN, None), (121, "a", UP, None)]);
    assert_eq!(titles, told(&[(120.0, "A is down"), (123.0, "A is back after 21 s")]));
}

#[test]
fn a_missing_network_is_not_reported_as_a_server_that_is_down() {
    let offline = Some(Reason::Offline);
    assert_eq!(only("a").titles(&[(100, "a", DOWN, offline), (900, "a", UP, None)]), []);
    // The same, where only the error says so.
    let mut play = only("a");
    play.snapshot.endpoints[0].last_error = sample::error(ErrorCode::NetworkDown);
    assert_eq!(play.titles(&[(100, "a", DOWN, None), (900, "a", UP, None)]), []);
    // The network is back and the server is not: its outage counts from here.
    let changes = [(100, "a", DOWN, offline), (900, "a", DOWN, None)];
    assert_eq!(only("a").titles(&changes), told(&[(920.0, "A is down")]));
}

#[test]
fn losing_the_network_again_and_again_makes_no_line_unstable() {
    let changes: Vec<_> =
        flaps(30, 5).into_iter().map(|(at, id, state, _)| (at, id, state, Some(Reason::Offline))).collect();
    assert_eq!(only("a").titles(&changes), []);
}

#[test]
fn a_refused_credential_is_told_once_with_a_button_however_often_it_is_probed() {
    for reason in [Reason::AuthRequired, Reason::CaptivePortal, Reason::Misconfigured] {
        let probes = (0..20).flat_map(|probe| {
            let at = 100 + probe * 900;
            [
                (at, "a", S::Connecting, None),
                (at + 1, "a", DOWN, None),
                (at + 2, "a", S::Failed, Some(reason)),
            ]
        });
        let changes: Vec<_> = [(90, "a", S::Failed, Some(reason))].into_iter().chain(probes).collect();
        let notices = only("a").run(&changes);
        let [(_, notice)] = &notices[..] else { panic!("{notices:?}") };
        assert_eq!(plain(&notice.title), "A cannot connect");
        assert_eq!(notice.button.as_ref().map(|button| button.words.as_str()), Some("Open Linekeeper"));
    }
}

#[test]
fn what_somebody_has_to_mend_is_not_hidden_by_an_outage_that_was_told() {
    let changes = [
        (100, "a", DOWN, None),
        (400, "a", S::Failed, Some(Reason::MaxAttempts)),
        (800, "a", S::Failed, Some(Reason::AuthRequired)),
        (900, "a", S::Failed, Some(Reason::MaxAttempts)),
        (1_000, "a", S::Failed, Some(Reason::AuthRequired)),
    ];
    let notices = only("a").run(&changes);
    let times: Vec<f64> = notices.iter().map(|(at, _)| *at).collect();
    assert_eq!(times, [120.0, 400.0, 800.0]);
    let asks: Vec<_> =
        notices.iter().map(|(_, notice)| notice.button.as_ref().unwrap().asks.clone()).collect();
    assert_eq!(
        asks,
        [DesktopRequest::RunCheck, DesktopRequest::RunCheck, DesktopRequest::OpenWindow],
        "what passes by itself is looked into, the rest is mended in the window"
    );
}

#[test]
fn a_server_that_accepts_and_hangs_up_for_ten_minutes_is_told_once() {
    let flapping = Some(Reason::Flapping);
    let halves = (0..5).flat_map(|half_open| {
        let at = 130 + 90 * half_open;
        [(at, "a", S::Connecting, None), (at + 1, "a", S::Failed, flapping)]
    });
    let changes: Vec<_> =
        [(100, "a", DOWN, None), (125, "a", S::Failed, flapping)].into_iter().chain(halves).collect();
    assert_eq!(only("a").titles(&changes), told(&[(120.0, "A is down")]));
}

proptest! {
    #[test]
    fn no_way_of_dropping_makes_one_line_tell_more_than_a_few_times_an_hour(
        waits in prop::collection::vec(1..400_u64, 1..200)
    ) {
        let mut at = 100;
        let mut changes: Vec<Change<'_>> = Vec::new();
        for (number, wait) in waits.into_iter().enumerate() {
            changes.push((at, "a", if number % 2 == 0 { DOWN } else { UP }, None));
            at += wait;
        }
        let notices = only("a").run(&changes);
        let mut unstable: Option<f64> = None;
        for (second, notice) in &notices {
            if plain(&notice.title) == "A is unstable" {
                prop_assert!(unstable.is_none_or(|before| *second >= before + 1_800.0), "{notices:?}");
                unstable = Some(*second);
            }
            let hour = notices.iter().filter(|(at, _)| (*second..second + 3_600.0).contains(at));
            prop_assert!(hour.count() <= 12, "{notices:?}");
            prop_assert!(notice.urgency != Urgency::Critical);
        }
    }
}
