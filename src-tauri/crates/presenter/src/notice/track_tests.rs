//! The rules for notices as a table: what happens when, and what is told when. No clock, no sleep.

use std::time::Duration;

use model::{EndpointState as S, ErrorCode, Reason, RemedyCode, StatusSnapshot};
use proptest::prelude::*;

use super::{
    NoticePolicy, NoticeTrack, Urgency,
    play::{Change, DOWN, Play, UP, told},
};
use crate::{Language, Words, sample};

#[test]
fn an_outage_is_told_after_twenty_seconds_and_its_end_with_the_duration() {
    let notices = Play::new(["pulse"]).run(&[(100, "pulse", DOWN, None), (350, "pulse", UP, None)]);
    let [(at, down), (back_at, back)] = &notices[..] else { panic!("{notices:?}") };
    assert_eq!((*at, down.title.as_str(), down.urgency), (120.0, "Pulse is down", Urgency::Normal));
    assert_eq!(
        (*back_at, back.title.as_str(), back.urgency),
        (352.0, "Pulse is back after 4 min 10 s", Urgency::Low)
    );
    assert_eq!(down.key, back.key, "the recovery replaces the outage");
}

#[test]
fn a_recovery_names_the_lesser_way_it_is_up_by() {
    let ways = [
        ("ws://localhost:3001", "Connected on a fallback: WebSocket."),
        ("wss://rt2.example.com:8443", "Connected to a backup host: rt2.example.com:8443."),
    ];
    for (host, expected) in ways {
        let mut play = Play::new(["pulse"]);
        (play.snapshot.endpoints[0].degraded, play.snapshot.endpoints[0].host) = (true, host.to_owned());
        let notices = play.run(&[(100, "pulse", DOWN, None), (350, "pulse", UP, None)]);
        assert_eq!(notices[1].1.body, expected);
    }
}

#[test]
fn a_short_outage_is_nobodys_business() {
    let changes = [
        (100, "pulse", DOWN, None),
        (119, "pulse", UP, None),
        (121, "pulse", DOWN, None),
        (140, "pulse", UP, None),
    ];
    assert_eq!(Play::new(["pulse"]).titles(&changes), []);
}

#[test]
fn the_first_seconds_after_the_start_are_silent() {
    let changes = [(1, "pulse", DOWN, None)];
    assert_eq!(Play::new(["pulse"]).titles(&changes), told(&[(21.0, "Pulse is down")]));
    let changes = [(1, "pulse", DOWN, None), (19, "pulse", UP, None)];
    assert_eq!(Play::new(["pulse"]).titles(&changes), []);
}

#[test]
fn a_connection_that_comes_up_for_a_moment_only_is_not_back() {
    let changes = [
        (100, "pulse", DOWN, None),
        (130, "pulse", UP, None),
        (131, "pulse", DOWN, None),
        (160, "pulse", UP, None),
    ];
    let expected = told(&[(120.0, "Pulse is down"), (162.0, "Pulse is back after 1 min")]);
    assert_eq!(Play::new(["pulse"]).titles(&changes), expected);
}

#[test]
fn several_within_the_window_are_one_notice_without_delay() {
    let ids = ["a", "b", "c", "d", "e", "f"];
    let changes = [
        (100, "a", DOWN, None),
        (102, "b", DOWN, None),
        (104, "c", DOWN, None),
        (200, "a", UP, None),
        (201, "b", UP, None),
        (203, "c", UP, None),
    ];
    let expected =
        told(&[(124.0, "3 of 6 connections are down"), (205.0, "3 connections are back after 1 min 40 s")]);
    assert_eq!(Play::new(ids).titles(&changes), expected);
}

#[test]
fn what_goes_down_later_joins_the_notice_that_is_there() {
    let changes = [(100, "a", DOWN, None), (200, "b", DOWN, None), (300, "a", UP, None)];
    let notices = Play::new(["a", "b", "c"]).run(&changes);
    let titles: Vec<_> = notices.iter().map(|(at, notice)| (*at, notice.title.as_str())).collect();
    let expected = [
        (120.0, "A is down"),
        (220.0, "2 of 3 connections are down"),
        (305.0 + 2.0, "A is back after 3 min 20 s"),
    ];
    assert_eq!(titles, expected);
    assert_eq!(notices[2].1.body, "Still down: B");
}

#[test]
fn what_a_person_did_is_never_told() {
    let paused = Some(Reason::Paused);
    assert_eq!(Play::new(["a"]).titles(&[(100, "a", S::Disconnected, paused)]), []);
    // Neither a pause during an outage nor what follows from taking it back is told as a recovery.
    let changes = [
        (100, "a", DOWN, None),
        (200, "a", S::Disconnected, paused),
        (300, "a", S::Connecting, None),
        (301, "a", UP, None),
    ];
    assert_eq!(Play::new(["a"]).titles(&changes), told(&[(120.0, "A is down")]));
}

#[test]
fn giving_up_its_pace_is_told_once_and_replaces_the_outage() {
    let tried = Some(Reason::MaxAttempts);
    let mut play = Play::new(["a"]);
    play.snapshot.endpoints[0].last_error = sample::error(ErrorCode::ConnectionRefused);
    // Slow probing goes through `connecting` or `reconnecting` and back again and again.
    let notices = play.run(&[
        (100, "a", DOWN, None),
        (400, "a", S::Failed, tried),
        (500, "a", S::Connecting, None),
        (501, "a", S::Failed, tried),
        (600, "a", DOWN, None),
        (601, "a", S::Failed, tried),
    ]);
    let bodies: Vec<_> = notices.iter().map(|(at, notice)| (*at, notice.body.as_str())).collect();
    assert_eq!(
        bodies,
        [
            (120.0, "No program answers at the server’s address. Linekeeper keeps trying."),
            (
                400.0,
                "No program answers at the server’s address. Every allowed try failed. Linekeeper tries again from time to time."
            ),
        ]
    );
}

#[test]
fn what_only_a_person_can_mend_says_so() {
    let cases = [
        (
            Reason::AuthRequired,
            "A cannot connect",
            "Signing in was refused. Correct the user name, password or token in the configuration file.",
        ),
        (
            Reason::CaptivePortal,
            "A cannot connect",
            "This network wants you to sign in. Open a browser and do so.",
        ),
        (Reason::ServerStop, "A is down", "The connection was lost. The server asked us to stay away."),
        (Reason::Flapping, "A is down", "The connection was lost. It opens and drops again and again."),
    ];
    for (reason, title, body) in cases {
        let mut play = Play::new(["a"]);
        play.snapshot.endpoints[0].last_error = sample::error(ErrorCode::ConnectionLost);
        let notices = play.run(&[(100, "a", S::Failed, Some(reason))]);
        let [(at, notice)] = &notices[..] else { panic!("{notices:?}") };
        assert_eq!((*at, notice.title.as_str(), notice.body.as_str()), (120.0, title, body));
    }
}

#[test]
fn a_remedy_in_the_snapshot_is_told_after_the_error() {
    use ErrorCode as E;
    use RemedyCode as R;
    let cases = [
        (
            (Reason::AuthRequired, E::ProxyAuthRequired, R::SignInToProxy),
            "The proxy asks for a user name and password. Ask your network administrator for the proxy’s user name and \
             password, and enter them in the configuration.",
        ),
        (
            (Reason::ServerStop, E::ClosedByServer, R::AskAboutStop),
            "The server ended the connection. The server wants no connection for now. Ask who runs it; reconnecting by \
             hand tries at once.",
        ),
        (
            (Reason::MaxAttempts, E::ConnectionLost, R::TryByHand),
            "The connection was lost. Every allowed try failed. Linekeeper tries again from time to time.",
        ),
    ];
    for ((reason, error, remedy), body) in cases {
        let mut play = Play::new(["a"]);
        play.snapshot.endpoints[0].last_error = sample::error(error);
        play.snapshot.endpoints[0].remedy = Some(remedy.into());
        let notices = play.run(&[(100, "a", S::Failed, Some(reason))]);
        let [(_, notice)] = &notices[..] else { panic!("{notices:?}") };
        assert_eq!(notice.body, body);
    }
}

#[test]
fn a_new_error_for_an_old_outage_is_not_told() {
    let words = Words::new(Language::English);
    let mut snapshot = sample::of([("a", DOWN)]);
    let mut track = NoticeTrack::new(NoticePolicy::default());
    let mut count = 0;
    for second in 0..600_u64 {
        snapshot.endpoints[0].last_error =
            sample::error(ErrorCode::ALL[second as usize % ErrorCode::ALL.len()]);
        count += usize::from(track.observe(&snapshot, Duration::from_secs(second), &words).is_some());
    }
    assert_eq!(count, 1);
}

#[test]
fn nothing_is_told_while_notices_are_off_and_what_is_down_when_they_come_on_is() {
    let words = Words::new(Language::English);
    let mut snapshot = sample::of([("a", DOWN), ("b", DOWN)]);
    let mut track = NoticeTrack::new(NoticePolicy { enabled: false, ..NoticePolicy::default() });
    let at = |track: &mut NoticeTrack, snapshot: &StatusSnapshot, second| {
        track.observe(snapshot, Duration::from_secs(second), &words).map(|notice| notice.title)
    };
    assert_eq!(at(&mut track, &snapshot, 0), None);
    assert_eq!(at(&mut track, &snapshot, 100), None);
    assert_eq!(track.next_wake(), None, "an idle track wakes nobody");
    sample::put(&mut snapshot, "b", UP, None);
    assert_eq!(at(&mut track, &snapshot, 101), None);
    track.set_enabled(true);
    assert_eq!(at(&mut track, &snapshot, 102).as_deref(), Some("A is down"));
}

#[test]
fn a_removed_endpoint_is_forgotten() {
    let words = Words::new(Language::English);
    let mut snapshot = sample::of([("a", UP), ("b", DOWN)]);
    let mut track = NoticeTrack::new(NoticePolicy::default());
    let now = Duration::from_secs;
    assert_eq!(track.observe(&snapshot, now(50), &words), None);
    assert_eq!(track.next_wake(), Some(now(64)), "for a look into it");
    assert_eq!(track.observe(&snapshot, now(64), &words), None);
    assert_eq!(track.take_checks(now(64)), ["b".parse().unwrap()]);
    assert_eq!(track.next_wake(), Some(now(70)));
    snapshot.endpoints.truncate(1);
    assert_eq!(track.observe(&snapshot, now(70), &words), None);
    assert_eq!(track.next_wake(), None);
}

#[test]
fn many_names_become_a_count_and_a_common_cause_is_said_once() {
    let ids = ["a", "b", "c", "d", "e", "f"];
    let mut play = Play::new(ids);
    for endpoint in &mut play.snapshot.endpoints {
        endpoint.last_error = sample::error(ErrorCode::ServerRestarting);
        endpoint.outbox.queued = 3;
    }
    let notices = play.run(&ids.map(|id| (100, id, DOWN, None)));
    let [(_, notice)] = &notices[..] else { panic!("{notices:?}") };
    assert_eq!(notice.title, "6 of 6 connections are down");
    assert_eq!(notice.body, "A, B, C, 3 more\nThe server is restarting. 18 messages wait to be sent.");
}

#[test]
fn a_notice_that_would_say_the_same_again_is_not_shown_again() {
    let tried = Some(Reason::MaxAttempts);
    let changes = [
        (100, "a", DOWN, None),
        (100, "b", DOWN, None),
        // One of two: the text stays. Both of two: it says that trying goes on slowly.
        (200, "a", S::Failed, tried),
        (300, "b", S::Failed, tried),
    ];
    let notices = Play::new(["a", "b"]).run(&changes);
    let texts: Vec<_> = notices.iter().map(|(at, notice)| (*at, notice.body.as_str())).collect();
    let slowly = "A, B\nEvery allowed try failed. Linekeeper tries again from time to time.";
    assert_eq!(texts, [(120.0, "A, B"), (300.0, slowly)]);
}

#[test]
fn the_same_outage_after_a_pause_is_told_again() {
    let paused = Some(Reason::Paused);
    let changes = [
        (100, "a", DOWN, None),
        (200, "a", S::Disconnected, paused),
        (300, "a", S::Connecting, None),
        (310, "a", DOWN, None),
    ];
    let expected = told(&[(120.0, "A is down"), (330.0, "A is down")]);
    assert_eq!(Play::new(["a"]).titles(&changes), expected);
}

#[test]
fn notices_speak_russian_and_persian() {
    let changes = [(100, "pulse", DOWN, None), (350, "pulse", UP, None)];
    let in_language = |language| Play { language, ..Play::new(["pulse"]) }.titles(&changes);
    assert_eq!(
        in_language(Language::Russian),
        told(&[(120.0, "Pulse не работает"), (352.0, "Pulse снова работает после перерыва в 4 мин 10 с")])
    );
    assert_eq!(
        in_language(Language::Persian),
        told(&[
            (120.0, "اتصال Pulse قطع است"),
            (352.0, "اتصال Pulse پس از ۴ دقیقه و ۱۰ ثانیه دوباره برقرار شد")
        ])
    );
}

#[test]
fn russian_counts_agree() {
    let words = Words::new(Language::Russian);
    let say = |down: usize, total: usize| {
        words.tell("notice-down-group", crate::words::args! { "down" => down, "total" => total })
    };
    assert_eq!(say(1, 21), "Не работает 1 из 21 соединения");
    assert_eq!(say(3, 6), "Не работают 3 из 6 соединений");
    assert_eq!(say(5, 11), "Не работают 5 из 11 соединений");
}

proptest! {
    #[test]
    fn whatever_happens_recoveries_follow_outages_and_the_track_comes_to_rest(
        steps in prop::collection::vec((0..40_u64, 0..3_usize, 0..5_usize, prop::bool::ANY), 0..60)
    ) {
        let states = [S::Connecting, S::Connected, S::Reconnecting, S::Disconnected, S::Failed];
        let mut at = 0;
        let changes: Vec<Change<'_>> = steps
            .iter()
            .map(|(wait, id, state, paused)| {
                at += wait;
                let state = states[*state];
                let reason = (*paused && state == S::Disconnected).then_some(Reason::Paused);
                (at, ["a", "b", "c"][*id], state, reason)
            })
            .collect();
        let mut outage_told = false;
        for (second, notice) in Play::new(["a", "b", "c"]).run(&changes) {
            prop_assert!(second >= 20.0, "told in the first seconds");
            prop_assert!(!notice.title.is_empty());
            match notice.urgency {
                Urgency::Normal => outage_told = true,
                Urgency::Low => prop_assert!(outage_told, "a recovery of nothing: {notice:?}"),
                Urgency::Critical => prop_assert!(false, "nothing here is critical"),
            }
        }
    }
}
