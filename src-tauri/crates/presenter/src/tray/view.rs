//! From a snapshot and the time to everything the tray shows. Pure.

use jiff::Timestamp;
use model::{EndpointSnapshot, Overall, StatusSnapshot};

use super::{
    MenuEntry, TrayIcon, TrayView,
    icon::waiting,
    line::{cause, is_down, is_paused, line},
};
use crate::{
    DesktopRequest,
    words::{Words, args, shorten},
};
use agent::Target;

/// Longest tooltip, in characters: Windows cuts at 127.
const TOOLTIP: usize = 120;
/// Connections with a line of their own in the menu.
const LINES: usize = 6;

/// Name of the tray item; a proper name, the same in every language.
const TITLE: &str = "Linekeeper";

/// Everything the tray shows for `snapshot` at `now`.
pub fn tray_view(snapshot: &StatusSnapshot, now: Timestamp, words: &Words) -> TrayView {
    let icon = TrayIcon::of(snapshot);
    TrayView {
        icon,
        title: TITLE.to_owned(),
        tooltip: tooltip(snapshot, now, words),
        attention: icon.wants_attention(),
        menu: menu(snapshot, now, words),
    }
}

/// The first sentence, as in the window.
fn headline(snapshot: &StatusSnapshot, words: &Words) -> String {
    let wanted: Vec<&EndpointSnapshot> = snapshot.endpoints.iter().filter(|one| !is_paused(one)).collect();
    let up = wanted.iter().filter(|one| one.state == model::EndpointState::Connected);
    let fallback = up.clone().filter(|one| one.degraded).count();
    let total = if wanted.is_empty() { snapshot.endpoints.len() } else { wanted.len() };
    let key = match snapshot.overall {
        _ if snapshot.endpoints.is_empty() => "verdict-empty",
        Overall::Connected => "verdict-connected",
        Overall::Degraded => "verdict-degraded",
        Overall::Partial => "verdict-partial",
        Overall::Down => "verdict-down",
        Overall::Offline => "verdict-offline",
        Overall::Paused => "verdict-paused",
        Overall::Connecting => "verdict-connecting",
    };
    words.tell(key, args! { "up" => up.count(), "total" => total, "fallback" => fallback })
}

/// What the agent itself lacks, in one sentence.
fn problem(snapshot: &StatusSnapshot, words: &Words) -> Option<String> {
    snapshot.problems.first().map(|problem| words.error(problem.code))
}

/// `Linekeeper · 5 of 6 connections are up · Billing: down 4 min · 18 messages waiting`, as much as has room.
fn tooltip(snapshot: &StatusSnapshot, now: Timestamp, words: &Words) -> String {
    let down = snapshot.endpoints.iter().find(|one| is_down(one)).map(|one| line(one, now, words));
    let count = waiting(snapshot);
    let waiting = (count > 0).then(|| words.tell("tray-waiting", args! { "count" => count }));
    let parts = [Some(headline(snapshot, words)), problem(snapshot, words), down, waiting];
    // The name comes first and is Latin: the mark keeps the line running the way of the language.
    let mark = if words.language().is_right_to_left() { "\u{200F}" } else { "" };
    let mut text = format!("{mark}{TITLE}");
    for part in parts.into_iter().flatten() {
        let longer = format!("{text} · {part}");
        if longer.chars().count() <= TOOLTIP {
            text = longer;
        }
    }
    shorten(text, TOOLTIP)
}

fn menu(snapshot: &StatusSnapshot, now: Timestamp, words: &Words) -> Vec<MenuEntry> {
    let mut menu = vec![MenuEntry::Label { text: headline(snapshot, words) }];
    menu.extend(problem(snapshot, words).map(|text| item("problem", text, true, DesktopRequest::OpenWindow)));
    menu.push(MenuEntry::Separator);
    menu.extend(snapshot.endpoints.iter().take(LINES).map(|one| submenu(one, now, words)));
    if let Some(rest) = snapshot.endpoints.get(LINES..).filter(|rest| !rest.is_empty()) {
        menu.push(item("more", more(rest, words), true, DesktopRequest::OpenWindow));
    }
    if !snapshot.endpoints.is_empty() {
        let paused = snapshot.endpoints.iter().filter(|one| is_paused(one)).count();
        let active = paused < snapshot.endpoints.len();
        let all = |id: &str, enabled, request: fn(Target) -> DesktopRequest| {
            item(id, words.say(id), enabled, request(Target::All))
        };
        menu.push(MenuEntry::Separator);
        menu.push(all("reconnect-all", active, DesktopRequest::Reconnect));
        menu.push(all("pause-all", active, DesktopRequest::Pause));
        menu.push(all("resume-all", paused > 0, DesktopRequest::Resume));
        menu.push(MenuEntry::Separator);
        menu.push(item("check", words.say("tray-check"), true, DesktopRequest::RunCheck));
    }
    menu.push(item("open", words.say("tray-open"), true, DesktopRequest::OpenWindow));
    // Out of the way of a hand that wants the window.
    menu.push(MenuEntry::Separator);
    menu.push(item("quit", words.say("tray-quit"), true, DesktopRequest::Quit));
    menu
}

fn submenu(endpoint: &EndpointSnapshot, now: Timestamp, words: &Words) -> MenuEntry {
    let target = || Target::One(endpoint.id.clone());
    let order = |word: &str, enabled, request: DesktopRequest| {
        item(&format!("endpoint/{}/{word}", endpoint.id), words.say(word), enabled, request)
    };
    let paused = is_paused(endpoint);
    let mut entries: Vec<MenuEntry> =
        cause(endpoint).map(|code| MenuEntry::Label { text: words.error(code) }).into_iter().collect();
    entries.push(order("reconnect", !paused, DesktopRequest::Reconnect(target())));
    entries.push(match paused {
        true => order("resume", true, DesktopRequest::Resume(target())),
        false => order("pause", true, DesktopRequest::Pause(target())),
    });
    MenuEntry::Submenu { text: line(endpoint, now, words), entries }
}

fn more(rest: &[EndpointSnapshot], words: &Words) -> String {
    let down = rest.iter().filter(|one| is_down(one)).count();
    let key = if down > 0 { "tray-more-down" } else { "tray-more" };
    words.tell(key, args! { "count" => rest.len(), "down" => down })
}

fn item(id: &str, text: String, enabled: bool, command: DesktopRequest) -> MenuEntry {
    MenuEntry::Item { id: id.to_owned(), text, enabled, command }
}
