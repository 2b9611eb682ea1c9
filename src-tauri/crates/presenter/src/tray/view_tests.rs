//! What the tray shows, for given snapshots and times.

use agent::Target;
use jiff::SignedDuration;
use model::{EndpointState as S, ErrorCode, Problem, Reason, StatusSnapshot, Transport};
use proptest::prelude::*;

use super::{MenuEntry, TrayView, tray_view};
use crate::{DesktopRequest, Language, Words, sample, words::complete::plain};

/// The view `seconds` after the start of the sample.
fn view(snapshot: &StatusSnapshot, seconds: i64, language: Language) -> TrayView {
    tray_view(snapshot, sample::start() + SignedDuration::from_secs(seconds), &Words::new(language))
}

/// The menu as lines of text.
fn rows(view: &TrayView) -> Vec<String> {
    let row = |entry: &MenuEntry| match entry {
        MenuEntry::Separator => "---".to_owned(),
        MenuEntry::Label { text } => format!("({})", plain(text)),
        MenuEntry::Item { text, enabled: true, .. } => plain(text),
        MenuEntry::Item { text, enabled: false, .. } => format!("[{}]", plain(text)),
        MenuEntry::Submenu { text, .. } => format!("{} >", plain(text)),
    };
    view.menu.iter().map(row).collect()
}

fn submenu(view: &TrayView, index: usize) -> &[MenuEntry] {
    let mut submenus = view.menu.iter().filter_map(|entry| match entry {
        MenuEntry::Submenu { entries, .. } => Some(entries.as_slice()),
        MenuEntry::Separator | MenuEntry::Label { .. } | MenuEntry::Item { .. } => None,
    });
    submenus.nth(index).unwrap()
}

/// Up, up by a fallback, down, paused.
fn mixed() -> StatusSnapshot {
    let mut snapshot = sample::of([
        ("orders", S::Connected),
        ("sensors", S::Connected),
        ("billing", S::Reconnecting),
        ("market", S::Disconnected),
    ]);
    snapshot.endpoints[0].rtt_ms.p50 = Some(38.2);
    snapshot.endpoints[1].rtt_ms.last = Some(61.0);
    snapshot.endpoints[1].transport = Transport::Sse;
    snapshot.endpoints[1].degraded = true;
    snapshot.endpoints[2].next_attempt_at = Some(sample::start() + SignedDuration::from_secs(252));
    snapshot.endpoints[2].last_error = sample::error(ErrorCode::ServiceUnavailable);
    snapshot.endpoints[2].outbox.queued = 18;
    sample::put(&mut snapshot, "market", S::Disconnected, Some(Reason::Paused));
    snapshot
}

#[test]
fn the_menu_reads_from_the_first_sentence_down() {
    assert_eq!(
        rows(&view(&mixed(), 240, Language::English)),
        [
            "(2 of 3 connections are up)",
            "---",
            "Orders: WebSocket, 38 ms >",
            "Sensors: SSE, fallback, 61 ms >",
            "Billing: down 4 min, next try in 12 s >",
            "Market: paused >",
            "---",
            "Reconnect all",
            "Pause all",
            "Resume all",
            "---",
            "Run diagnostics",
            "Open Linekeeper",
            "---",
            "Quit Linekeeper",
        ]
    );
}

#[test]
fn the_menu_speaks_russian_and_persian() {
    let russian = rows(&view(&mixed(), 240, Language::Russian));
    assert_eq!(russian[0], "(Работают 2 из 3 соединений)");
    assert_eq!(russian[4], "Billing: не работает 4 мин, снова через 12 с >");
    let persian = rows(&view(&mixed(), 240, Language::Persian));
    assert_eq!(persian[0], "(۲ اتصال از ۳ اتصال برقرار است)");
    // The rest is the window's wording, which may change without this test.
    assert!(persian[4].starts_with("Billing: قطع از ۴ دقیقه پیش، "), "{}", persian[4]);
}

#[test]
fn one_connection_is_spoken_of_as_one() {
    let cases = [
        (S::Connected, ["The connection is up", "Соединение работает", "اتصال برقرار است"]),
        (S::Failed, ["The connection is down", "Соединение не работает", "اتصال قطع است"]),
        (S::Connecting, ["Connecting", "Подключаемся", "در حال اتصال"]),
    ];
    for (state, expected) in cases {
        let snapshot = sample::of([("a", state)]);
        let headlines = Language::ALL.map(|language| rows(&view(&snapshot, 0, language)).remove(0));
        assert_eq!(headlines, expected.map(|text| format!("({text})")));
    }
}

#[test]
fn the_tooltip_says_the_worst_first_and_fits() {
    let tooltip = view(&mixed(), 240, Language::English).tooltip;
    assert_eq!(
        tooltip,
        "Linekeeper · 2 of 3 connections are up · Billing: down 4 min, next try in 12 s · 18 messages waiting"
    );
}

#[test]
fn an_endpoint_that_is_down_offers_its_cause_and_what_to_do() {
    let view = view(&mixed(), 240, Language::English);
    let billing = Target::One("billing".parse().unwrap());
    assert_eq!(
        submenu(&view, 2),
        [
            MenuEntry::Label { text: "The server is up, the service behind it is not.".to_owned() },
            MenuEntry::Item {
                id: "endpoint/billing/reconnect".to_owned(),
                text: "Reconnect".to_owned(),
                enabled: true,
                command: DesktopRequest::Reconnect(billing.clone()),
            },
            MenuEntry::Item {
                id: "endpoint/billing/pause".to_owned(),
                text: "Pause".to_owned(),
                enabled: true,
                command: DesktopRequest::Pause(billing),
            },
        ]
    );
}

#[test]
fn a_paused_endpoint_offers_to_resume_and_nothing_to_reconnect() {
    let view = view(&mixed(), 240, Language::English);
    let market = Target::One("market".parse().unwrap());
    let [MenuEntry::Item { enabled, .. }, MenuEntry::Item { command, .. }] = submenu(&view, 3) else {
        panic!("{:?}", submenu(&view, 3));
    };
    assert!(!enabled);
    assert_eq!(*command, DesktopRequest::Resume(market));
}

#[test]
fn more_than_six_endpoints_become_a_count() {
    let ids = ["a1", "a2", "a3", "a4", "a5", "a6", "a7", "a8", "a9"];
    let mut snapshot = sample::of(ids.map(|id| (id, S::Connected)));
    assert_eq!(rows(&view(&snapshot, 0, Language::English))[8], "3 more connections");
    sample::put(&mut snapshot, "a8", S::Failed, Some(Reason::MaxAttempts));
    assert_eq!(rows(&view(&snapshot, 0, Language::English))[8], "3 more connections, 1 down");
    assert_eq!(rows(&view(&snapshot, 0, Language::Russian))[8], "Ещё 3 соединения, не работают: 1");
}

#[test]
fn nothing_configured_and_a_broken_file_are_said_in_words() {
    let mut snapshot = sample::of([]);
    assert_eq!(
        rows(&view(&snapshot, 0, Language::English)),
        ["(No connections yet)", "---", "Open Linekeeper", "---", "Quit Linekeeper"]
    );
    snapshot.problems.push(Problem {
        code: ErrorCode::ConfigInvalid,
        message: "The configuration file has an error.".to_owned(),
        detail: "/secret/path: unknown key".to_owned(),
        endpoint: None,
    });
    let view = view(&snapshot, 0, Language::English);
    assert_eq!(rows(&view)[1], "The configuration file has an error.");
    assert!(view.attention);
}

#[test]
fn each_state_and_reason_has_its_line() {
    let cases = [
        (S::Connecting, None, "A: connecting >"),
        (S::Connected, None, "A: WebSocket >"),
        (S::Reconnecting, None, "A: down 5 s, trying now >"),
        (S::Reconnecting, Some(Reason::Offline), "A: no network, trying now >"),
        (S::Disconnected, None, "A: disconnected >"),
        (S::Disconnected, Some(Reason::ServerStop), "A: the server asked us to stay away >"),
        (S::Failed, None, "A: failed >"),
        (S::Failed, Some(Reason::AuthRequired), "A: sign-in refused >"),
    ];
    for (state, reason, expected) in cases {
        let mut snapshot = sample::of([("a", S::Connected)]);
        sample::put(&mut snapshot, "a", state, reason);
        assert_eq!(rows(&view(&snapshot, 5, Language::English))[2], expected, "{state:?}, {reason:?}");
    }
}

#[test]
fn a_backup_host_is_no_lesser_transport() {
    let line = |host: &str| {
        let mut snapshot = sample::of([("a", S::Connected)]);
        snapshot.endpoints[0].degraded = true;
        snapshot.endpoints[0].host = host.to_owned();
        rows(&view(&snapshot, 0, Language::English)).remove(2)
    };
    assert_eq!(line("ws://localhost:3001"), "A: WebSocket, fallback >");
    assert_eq!(line("ws://localhost:300"), "A: Backup host >", "a longer port is another host");
    assert_eq!(line("ws://other:3001"), "A: Backup host >");
}

#[test]
fn a_clock_that_went_back_shows_no_nonsense() {
    let snapshot = sample::of([("a", S::Reconnecting)]);
    assert_eq!(rows(&view(&snapshot, -90, Language::English))[2], "A: down 0 s, trying now >");
}

proptest! {
    #[test]
    fn the_tooltip_is_never_empty_and_never_too_long(
        name in any::<String>(), state in 0..5_usize, queued in 0..u64::MAX, count in 0..9_usize, seconds in 0..10_000_000_i64
    ) {
        let states = [S::Connecting, S::Connected, S::Reconnecting, S::Disconnected, S::Failed];
        let mut snapshot = sample::of((0..count).map(|_| ("a", states[state])));
        for endpoint in &mut snapshot.endpoints {
            endpoint.name.clone_from(&name);
            endpoint.outbox.queued = queued;
        }
        for language in Language::ALL {
            let tooltip = view(&snapshot, seconds, language).tooltip;
            prop_assert!(plain(&tooltip).starts_with("Linekeeper"));
            prop_assert!(tooltip.chars().count() <= 120, "{}", tooltip);
        }
    }
}
