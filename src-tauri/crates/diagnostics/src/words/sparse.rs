//! Whatever may be missing in what was seen, sentences stay whole: every optional fact of every entry of the catalogue is
//! taken away by itself, and what is then found is said in every language.

use std::collections::BTreeSet;

use model::{Language, check::Finding};
use serde_json::Value;

use super::Words;
use crate::{facts::Facts, findings, verdict::scenarios};

/// Without these there is nothing to look at.
const NEVER_MISSING: [&str; 3] = ["host", "interface", "server"];

/// Paths of everything in a tree that may be taken away or emptied.
fn places(tree: &Value, path: &str, found: &mut Vec<String>) {
    match tree {
        Value::Object(fields) => {
            for (name, value) in fields {
                let path = format!("{path}/{}", name.replace('~', "~0").replace('/', "~1"));
                if !NEVER_MISSING.contains(&name.as_str()) {
                    found.push(path.clone());
                }
                places(value, &path, found);
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                places(item, &format!("{path}/{index}"), found);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// The same facts, each time with one thing less.
fn poorer(facts: &Facts) -> Vec<Facts> {
    let whole = serde_json::to_value(facts).unwrap();
    let mut all = Vec::new();
    places(&whole, "", &mut all);
    let mut out = Vec::new();
    for place in all {
        let empty = match whole.pointer(&place) {
            Some(Value::String(text)) if !text.is_empty() => Some(Value::String(String::new())),
            Some(Value::Array(items)) if !items.is_empty() => Some(Value::Array(Vec::new())),
            _ => None,
        };
        for less in [Some(Value::Null), empty].into_iter().flatten() {
            let mut tree = whole.clone();
            if let Some(value) = tree.pointer_mut(&place) {
                *value = less;
            }
            out.extend(serde_json::from_value::<Facts>(tree));
        }
    }
    out
}

/// What no sentence may hold, whatever is missing.
fn flaw(text: &str, language: Language) -> Option<&'static str> {
    let plain = text.replace(['\u{2068}', '\u{2069}', '\u{200F}'], "");
    let words: Vec<&str> = plain.split(|c: char| !c.is_alphanumeric() && c != '_').collect();
    let holds = |parts: &[&str]| parts.iter().any(|part| plain.contains(part));
    if holds(&["?", "؟"]) {
        Some("a question mark")
    } else if words.iter().any(|word| ["none", "unknown", "null", "Some", "None"].contains(word)) {
        Some("a word for nothing")
    } else if holds(&["“”", "«»", "()", "( ", " )", "{", "}", "  ", " .", " ,", " :", "،،", ", ,", ": ."])
    {
        Some("an empty place")
    } else if plain.starts_with([' ', ',', '.', ':']) || plain.trim().is_empty() {
        Some("no beginning")
    } else if words.iter().any(|word| camel(word)) && language != Language::English {
        Some("a name of the program's own")
    } else {
        None
    }
}

/// `TimedOut`, but not `Linekeeper` or `WebSocket`.
fn camel(word: &str) -> bool {
    const KNOWN: [&str; 10] =
        ["WebSocket", "IPv4", "IPv6", "DNSSEC", "NetMan", "MariaDB", "VPNs", "WiFi", "HTTPS", "VLAN"];
    let inner = word.chars().skip(1).any(char::is_uppercase);
    let small = word.chars().skip(1).any(char::is_lowercase);
    word.is_ascii() && inner && small && !KNOWN.contains(&word)
}

fn said(finding: &Finding, words: &Words) -> [String; 3] {
    let (text, remedy) = words.finding(finding);
    [text, remedy, words.finding_for_it(finding)]
}

#[test]
fn a_sentence_is_whole_whatever_was_not_seen() {
    let english = Words::new(Language::English);
    let rows = scenarios::all().into_iter().map(|row| row.facts);
    let entries = findings::catalogue::entries().into_iter().map(|(_, facts)| facts);
    let mut seen = BTreeSet::new();
    let mut found: Vec<Finding> = Vec::new();
    for facts in rows.chain(entries) {
        for facts in poorer(&facts).iter().chain([&facts]) {
            for finding in findings::find_in(facts, &english) {
                if seen.insert((finding.code, finding.args.clone())) {
                    found.push(finding);
                }
            }
        }
    }
    assert!(found.len() > 200, "{} are too few to mean anything", found.len());
    let mut flawed = BTreeSet::new();
    for language in Language::ALL {
        let words = Words::new(language);
        for finding in &found {
            for text in said(finding, &words) {
                if let Some(why) = flaw(&text, language) {
                    flawed.insert(format!("{} {}: {why}: {text}", language.tag(), finding.code));
                }
            }
        }
    }
    assert!(flawed.is_empty(), "{flawed:#?}");
}

#[test]
fn flaws_are_seen() {
    for text in
        ["It is kept in ?.", "By “”.", "Ask none.", "It is set  here.", "{$count} wait.", "Messages (), too."]
    {
        assert!(flaw(text, Language::English).is_some(), "{text}");
    }
    assert!(flaw("Ответ: TimedOut.", Language::Russian).is_some());
    assert!(flaw("Соединение WebSocket работает.", Language::Russian).is_none());
}
