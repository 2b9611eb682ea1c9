//! Text of a server that would take over a terminal or a page: it arrives as plain, short words or not at all.

use serde_json::{Value, json};

use super::hostile::{Hostile, TRICKS};
use crate::stage::{Home, text};

/// Longest report in words.
const LINES: usize = 25;

fn home(server: &Hostile, path: &str) -> Home {
    let url = format!("ws://127.0.0.1:{}/{path}", server.port);
    let headers = json!({ "X-Api-Key": super::canaries::COOKIE.1 });
    Home::with_config(
        &json!({ "websocket": { "connections": { "hub": { "url": url, "headers": headers } } } }).to_string(),
    )
}

fn is_tame(shown: &str) {
    for trick in TRICKS {
        assert!(!shown.contains(trick), "{trick:?} in {shown}");
    }
    let wild = |one: char| one.is_control() && one != '\n';
    assert_eq!(shown.find(wild), None, "{shown:?}");
}

fn every_text_is_tame(value: &Value) {
    match value {
        Value::String(text) => {
            is_tame(text);
            assert!(text.chars().count() < 1000, "{text}");
        }
        Value::Array(items) => items.iter().for_each(every_text_is_tame),
        Value::Object(members) => members.iter().for_each(|(name, member)| {
            is_tame(name);
            every_text_is_tame(member);
        }),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

#[test]
fn hostile_text_reaches_no_terminal_and_no_report_as_it_is() {
    let server = Hostile::start();
    for path in [
        "tricks",
        "refuse/plain",
        "garbage/plain",
        "choose/plain",
        "close/plain",
        "accept/plain",
        "quote/plain",
    ] {
        let home = home(&server, path);
        let said = text(&home.output("diagnose --text").stdout);
        is_tame(&said);
        assert!(said.lines().count() <= LINES, "{path}:\n{said}");
        every_text_is_tame(&serde_json::from_slice(&home.output("diagnose --json").stdout).unwrap());
        is_tame(&text(&home.output("diagnose --html -").stdout));
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_terminal_gets_our_own_colours_and_nothing_of_a_servers() {
    let server = Hostile::start();
    let screen = crate::stage::on_a_terminal(home(&server, "tricks").command("diagnose"), |_| false);
    assert!(screen.contains('\u{1b}'), "coloured: {screen:?}");
    // Colours, and the line of progress that is wiped.
    for rest in screen.split('\u{1b}').skip(1) {
        let end = rest.find(|one: char| one.is_ascii_alphabetic());
        let order = end.map_or(rest, |end| &rest[..=end]);
        assert!(order.starts_with('[') && order.ends_with(['m', 'K']), "{order:?}");
    }
    let others = |one: &char| one.is_control() && !['\u{1b}', '\r', '\n'].contains(one);
    assert_eq!(screen.chars().find(others), None);
    for trick in &TRICKS[1..] {
        assert!(!screen.contains(trick), "{trick:?}");
    }
}
