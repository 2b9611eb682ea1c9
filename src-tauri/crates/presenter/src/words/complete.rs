//! Every language says everything, with the same values and at a sane length.

use std::collections::{BTreeMap, BTreeSet};

use model::{ErrorCode, Owner, Reason, RemedyCode, Transport};

use super::{Words, reason_word, sources};
use crate::Language;

/// A text without the direction marks of right-to-left languages.
pub(crate) fn plain(text: &str) -> String {
    text.replace(['\u{2068}', '\u{2069}', '\u{200F}'], "")
}

const REASONS: [Reason; 8] = [
    Reason::Paused,
    Reason::AuthRequired,
    Reason::Misconfigured,
    Reason::MaxAttempts,
    Reason::ServerStop,
    Reason::Flapping,
    Reason::CaptivePortal,
    Reason::Offline,
];

/// Messages of the window that tray and notices use too.
const SHARED: [&str; 29] = [
    "span-s",
    "span-min",
    "span-h",
    "span-h-min",
    "span-d",
    "span-d-h",
    "unit-ms",
    "unit-s",
    "verdict-connected",
    "verdict-degraded",
    "verdict-partial",
    "verdict-down",
    "verdict-offline",
    "verdict-paused",
    "verdict-connecting",
    "verdict-empty",
    "names-more",
    "line-down",
    "pill-fallback",
    "pill-backup",
    "next-try",
    "next-try-now",
    "reconnect",
    "reconnect-all",
    "pause",
    "pause-all",
    "resume",
    "resume-all",
    "transport-websocket",
];

/// Key to the names of its values, read from the text of a file. Attributes and comments are left out.
fn messages(source: &str) -> BTreeMap<&str, BTreeSet<&str>> {
    let mut messages: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    let mut key = None;
    for line in source.lines().filter(|line| !line.starts_with('#')) {
        if line.starts_with(|c: char| c.is_ascii_lowercase()) {
            key = line.split(" =").next();
        }
        let Some(values) = key.map(|key| messages.entry(key).or_default()) else {
            continue;
        };
        for rest in line.split('$').skip(1) {
            let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len());
            values.insert(&rest[..end]);
        }
    }
    messages
}

fn desktop(language: Language) -> BTreeMap<&'static str, BTreeSet<&'static str>> {
    messages(sources(language)[1])
}

#[test]
fn every_language_has_the_same_messages_with_the_same_values() {
    let english = desktop(Language::English);
    assert!(english.len() > 25, "the files were not read");
    for language in Language::ALL {
        assert_eq!(desktop(language), english, "{}", language.tag());
    }
}

#[test]
fn no_message_stands_in_both_files_of_a_language() {
    for language in Language::ALL {
        let window = messages(sources(language)[0]);
        let twice: Vec<_> = desktop(language).into_keys().filter(|key| window.contains_key(key)).collect();
        assert!(twice.is_empty(), "{}: {twice:?}", language.tag());
    }
}

#[test]
fn the_window_has_every_message_shared_with_it_in_every_language() {
    let english = messages(sources(Language::English)[0]);
    for language in Language::ALL {
        let window = messages(sources(language)[0]);
        for key in SHARED {
            let expected = english.get(key);
            assert!(expected.is_some() && window.contains_key(key), "{}: {key}", language.tag());
            assert!(window[key].is_subset(&english[key]), "{}: {key}", language.tag());
        }
    }
}

#[test]
fn every_error_remedy_reason_and_transport_has_words_in_every_language() {
    for language in Language::ALL {
        let words = Words::new(language);
        let say = |key: &str, longest: usize| {
            let text = plain(&words.say(key));
            assert_ne!(text, key, "{}: no words", language.tag());
            assert!((2..=longest).contains(&text.chars().count()), "{}: {key}: {text}", language.tag());
            text
        };
        for code in ErrorCode::ALL {
            let text = say(&format!("error-{}", code.as_str().replace('_', "-")), 160);
            assert!(text.ends_with(['.', '?', '؟']), "{}: {code}: {text}", language.tag());
        }
        for code in RemedyCode::ALL {
            let text = say(&format!("remedy-{}", code.as_str().replace('_', "-")), 160);
            assert!(text.ends_with('.'), "{}: {code}: {text}", language.tag());
        }
        for owner in Owner::ALL {
            say(&format!("owner-{}", owner.as_str()), 30);
        }
        for reason in REASONS {
            say(&format!("reason-{}", reason_word(reason)), 60);
            if let Some(why) = words.why(reason) {
                assert!(!why.starts_with("why-") && why.ends_with('.'), "{}: {why}", language.tag());
            }
        }
        for transport in [Transport::Websocket, Transport::Sse, Transport::LongPoll, Transport::Poll] {
            assert!(!words.transport(transport).starts_with("transport-"), "{}", language.tag());
        }
    }
}

#[test]
fn english_errors_and_remedies_say_what_the_model_says() {
    let words = Words::new(Language::English);
    for code in ErrorCode::ALL.iter().filter(|code| **code != ErrorCode::UnknownEndpoint) {
        assert_eq!(words.error(*code).replace('’', "'"), code.plain(), "{code}");
    }
    for code in RemedyCode::ALL {
        assert_eq!(words.remedy(*code).replace('’', "'"), code.text(), "{code}");
    }
}

#[test]
fn files_are_valid_fluent_and_only_latin_where_english() {
    for language in Language::ALL {
        for source in sources(language) {
            let parsed = fluent_bundle::FluentResource::try_new(source.to_owned());
            assert!(parsed.is_ok(), "{}: {:?}", language.tag(), parsed.err().map(|(_, errors)| errors));
        }
        let foreign =
            desktop_text(language).chars().any(|c| ('а'..='я').contains(&c) || ('ا'..='ی').contains(&c));
        assert_eq!(foreign, language != Language::English, "{}", language.tag());
    }
}

fn desktop_text(language: Language) -> &'static str {
    sources(language)[1]
}
