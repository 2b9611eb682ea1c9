//! Every language says everything about every code, with the same values and at a length that fits.

use std::collections::{BTreeMap, BTreeSet};

use model::{
    Language,
    check::{
        Confidence, FindingCode, FindingOwner, Step, StepId, StepReason, StepStatus, TransportResult,
        VerdictClass,
    },
};

use super::{LONGEST, Words, sources};
use crate::{facts::Facts, findings, verdict::scenarios};

const OWNERS: [FindingOwner; 8] = [
    FindingOwner::User,
    FindingOwner::It,
    FindingOwner::ProxyAdmin,
    FindingOwner::Server,
    FindingOwner::Account,
    FindingOwner::Vendor,
    FindingOwner::Config,
    FindingOwner::None,
];
const CLASSES: [VerdictClass; 11] = [
    VerdictClass::Ok,
    VerdictClass::Degraded,
    VerdictClass::ThisComputer,
    VerdictClass::LocalNetwork,
    VerdictClass::Proxy,
    VerdictClass::Dns,
    VerdictClass::Tls,
    VerdictClass::Server,
    VerdictClass::Credentials,
    VerdictClass::Configuration,
    VerdictClass::Incomplete,
];
const STATUSES: [StepStatus; 7] = [
    StepStatus::Pass,
    StepStatus::Warn,
    StepStatus::Fail,
    StepStatus::Skip,
    StepStatus::Na,
    StepStatus::Cancelled,
    StepStatus::Error,
];
const RESULTS: [TransportResult; 7] = [
    TransportResult::Pass,
    TransportResult::Warn,
    TransportResult::Fail,
    TransportResult::Skip,
    TransportResult::NotConfigured,
    TransportResult::Cancelled,
    TransportResult::Error,
];

/// Messages and attributes (`key.attribute`) with the names of their values, read from the text of a file.
fn messages(source: &str) -> BTreeMap<String, BTreeSet<&str>> {
    let mut messages: BTreeMap<String, BTreeSet<&str>> = BTreeMap::new();
    let mut key = String::new();
    for line in source.lines().filter(|line| !line.starts_with('#')) {
        if line.starts_with(|c: char| c.is_ascii_lowercase()) {
            key = line.split(" =").next().unwrap_or_default().to_owned();
        } else if let Some(rest) = line.strip_prefix("    .") {
            let message = key.split('.').next().unwrap_or_default();
            key = format!("{message}.{}", rest.split(" =").next().unwrap_or_default());
        }
        if key.is_empty() {
            continue;
        }
        let values = messages.entry(key.clone()).or_default();
        for rest in line.split('$').skip(1) {
            let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len());
            values.insert(&rest[..end]);
        }
    }
    messages
}

fn of_check(language: Language) -> BTreeMap<String, BTreeSet<&'static str>> {
    messages(sources(language)[1])
}

fn key(code: FindingCode) -> String {
    format!("finding-{}", code.as_str().to_ascii_lowercase())
}

/// Facts of every scenario and of every entry of the catalogue.
fn all_facts() -> Vec<Facts> {
    let rows = scenarios::all().into_iter().map(|row| row.facts);
    rows.chain(findings::catalogue::entries().into_iter().map(|(_, facts)| facts)).collect()
}

fn visible(text: &str) -> usize {
    text.chars().filter(|c| !matches!(c, '\u{2068}' | '\u{2069}')).count()
}

#[test]
fn every_language_has_the_same_messages_with_the_same_values() {
    let english = of_check(Language::English);
    for language in Language::ALL {
        let theirs = of_check(language);
        let keys = |all: &BTreeMap<String, BTreeSet<&'static str>>| all.keys().cloned().collect::<Vec<_>>();
        assert_eq!(keys(&theirs), keys(&english), "{}", language.tag());
        for (key, values) in &english {
            assert_eq!(&theirs[key], values, "{}: {key}", language.tag());
        }
    }
}

#[test]
fn no_message_stands_in_another_file_too() {
    for language in Language::ALL {
        let window = messages(sources(language)[0]);
        let twice: Vec<_> = of_check(language).into_keys().filter(|key| window.contains_key(key)).collect();
        assert!(twice.is_empty(), "{}: {twice:?}", language.tag());
    }
}

#[test]
fn every_code_has_a_sentence_and_a_remedy_and_nothing_is_left_over() {
    let mut used: BTreeSet<String> = BTreeSet::new();
    for code in FindingCode::ALL {
        used.extend([key(*code), format!("{}.remedy", key(*code))]);
        // Nobody who runs a network or a server can do anything about these.
        if ![
            FindingCode::Tc12,
            FindingCode::Pc12,
            FindingCode::Pc13,
            FindingCode::Ok01,
            FindingCode::Me02,
            FindingCode::Me03,
        ]
        .contains(code)
        {
            used.insert(format!("{}.it", key(*code)));
        }
    }
    for step in StepId::ALL {
        let key = format!("step-{}", step.as_str().to_ascii_lowercase());
        used.extend([format!("{key}.doing"), key]);
    }
    for language in Language::ALL {
        let words = Words::new(language);
        let say = |text: String, prefix: &str| {
            assert!(
                !text.starts_with(prefix) && (2..=80).contains(&text.chars().count()),
                "{}: {text}",
                language.tag()
            );
        };
        OWNERS.into_iter().for_each(|owner| say(words.owner(owner), "finding-"));
        for sure in [Confidence::Certain, Confidence::Likely, Confidence::Possible] {
            say(words.confidence(sure), "finding-");
        }
        CLASSES.into_iter().for_each(|class| say(words.class(class), "verdict-"));
        STATUSES.into_iter().for_each(|status| say(words.status(status), "step-"));
        RESULTS.into_iter().for_each(|result| say(words.transport_result(result), "transport-"));
        for step in StepId::ALL {
            say(words.step(*step), "step-");
            say(words.doing(*step), "step-");
        }
    }
    let words = |key: &String| {
        [
            "finding-owner-",
            "finding-confidence-",
            "verdict-class-",
            "step-status-",
            "step-reason-",
            "transport-result-",
        ]
        .iter()
        .any(|prefix| key.starts_with(prefix))
    };
    let all: BTreeSet<String> = of_check(Language::English).into_keys().filter(|key| !words(key)).collect();
    assert_eq!(all, used);
    let counted = of_check(Language::English).into_keys().filter(words).count();
    let listed = OWNERS.len() + 3 + CLASSES.len() + STATUSES.len() + StepReason::ALL.len() + RESULTS.len();
    assert_eq!(counted, listed);
}

#[test]
fn every_reason_of_a_step_is_said_in_every_language_and_in_english_as_the_report_has_it() {
    let step = |code: Option<StepReason>, text: &str| Step {
        id: StepId::F1,
        endpoint: None,
        status: StepStatus::Skip,
        reason: Some(text.to_owned()),
        reason_code: code,
        start_ms: 0,
        ms: 0.0,
        attempts: 1,
        detail: serde_json::Map::new(),
        error_raw: None,
    };
    for language in Language::ALL {
        let words = Words::new(language);
        for reason in StepReason::ALL {
            let said = words.reason(&step(Some(*reason), "old words")).unwrap();
            assert!((10..=110).contains(&visible(&said)) && !said.starts_with("step-"), "{said}");
            assert!(!said.ends_with('.') && !said.contains("old words"), "{said}");
            assert_eq!(language == Language::English, said == reason.english(), "{said}");
        }
        assert_eq!(words.reason(&step(None, "old words")).as_deref(), Some("old words"), "an older report");
    }
}

#[test]
fn every_finding_has_every_value_its_words_name_and_no_other() {
    for facts in all_facts() {
        for finding in findings::find(&facts) {
            let english = of_check(Language::English);
            let (key, given) =
                (key(finding.code), finding.args.keys().map(String::as_str).collect::<BTreeSet<_>>());
            let parts = [key.clone(), format!("{key}.remedy"), format!("{key}.it")];
            let wanted: BTreeSet<&str> =
                parts.iter().filter_map(|part| english.get(part)).flatten().copied().collect();
            let missing: Vec<_> = wanted.difference(&given).collect();
            assert!(missing.is_empty(), "{}: {missing:?} missing in {:?}", finding.code, finding.args);
        }
    }
}

#[test]
fn sentences_fit_and_say_no_jargon() {
    for language in Language::ALL {
        let words = Words::new(language);
        for facts in all_facts() {
            for finding in findings::find(&facts) {
                let (text, remedy) = words.finding(&finding);
                let about = format!("{} {}: {text} / {remedy}", language.tag(), finding.code);
                assert!((10..=LONGEST).contains(&visible(&text)), "{about}");
                assert!((10..=200).contains(&visible(&remedy)), "{about}");
                let it = words.finding_for_it(&finding);
                assert!((10..=200).contains(&visible(&it)), "{} {it}", finding.code);
                assert!(
                    !text.contains("os error") && !text.contains("Error:") && !text.contains("{"),
                    "{about}"
                );
                assert!(!text.contains("  ") && !remedy.contains("  "), "{about}");
                let ended = |text: &str| text.trim_end_matches('\u{2069}').ends_with('.');
                assert!(ended(&text) && ended(&remedy), "{about}");
            }
        }
    }
}

/// Whoever reads the request is the administrator, or runs the server: it asks, and sends nobody on.
#[test]
fn the_request_to_it_sends_nobody_on_to_somebody_else() {
    for (language, others) in [
        (Language::English, ["administrator", "person who runs", "person who manages"]),
        (Language::Russian, ["администратор", "кто отвечает за сервер", "кто ведёт"]),
        (Language::Persian, ["مدیر", "مسئول سرور", "مسئول حساب"]),
    ] {
        let words = Words::new(language);
        for finding in all_facts().iter().flat_map(findings::find) {
            let (_, remedy) = words.finding(&finding);
            let it = words.finding_for_it(&finding);
            let sent_on = it != remedy && others.iter().any(|other| it.contains(other));
            assert!(!sent_on, "{} {}: {it}", language.tag(), finding.code);
        }
    }
}

/// What is neither a value nor a sign decides which way a line without a frame runs.
#[test]
fn persian_lines_begin_in_persian() {
    let words = Words::new(Language::Persian);
    for finding in all_facts().iter().flat_map(findings::find) {
        let (text, remedy) = words.finding(&finding);
        for line in [text, remedy, words.finding_for_it(&finding)] {
            let mut depth = 0_i32;
            let first = line.chars().find(|c| {
                depth += i32::from(*c == '\u{2068}') - i32::from(*c == '\u{2069}');
                depth == 0 && c.is_alphabetic()
            });
            assert!(first.is_none_or(|c| !c.is_ascii()), "{}: {line}", finding.code);
        }
    }
}

#[test]
fn long_names_leave_the_sentence_whole() {
    let long = "a-rather-long-name.of-a-department.example-organisation.org";
    let mut facts = all_facts();
    for facts in &mut facts {
        for endpoint in &mut facts.endpoints {
            endpoint.host = long.into();
            endpoint.name = "Orders of the northern branch".into();
        }
    }
    let cut: Vec<String> = facts
        .iter()
        .flat_map(findings::find)
        .flat_map(|finding| Language::ALL.map(|language| Words::new(language).finding(&finding).0))
        .filter(|text| text.trim_end_matches('\u{2069}').ends_with('…') || visible(text) > LONGEST)
        .collect();
    assert!(cut.is_empty(), "{cut:#?}");
}

#[test]
fn the_english_sentence_of_a_finding_is_the_one_of_the_words() {
    let words = Words::new(Language::English);
    for facts in all_facts() {
        for finding in findings::find(&facts) {
            assert_eq!(
                words.finding(&finding),
                (finding.text.clone(), finding.remedy.clone()),
                "{}",
                finding.code
            );
        }
    }
}

#[test]
fn the_possible_is_never_said_as_certain() {
    for code in FindingCode::ALL.iter().filter(|code| code.confidence() == Confidence::Possible) {
        for (language, often) in [
            (Language::English, "ften caused"),
            (Language::Russian, "асто причина"),
            (Language::Persian, "بیشتر وقت‌ها"),
        ] {
            let source = sources(language)[1];
            let remedy = source
                .split(&format!("{} = ", key(*code)))
                .nth(1)
                .and_then(|rest| rest.split("\nfinding-").next());
            let remedy = remedy.unwrap_or_default();
            assert!(
                remedy.contains(often) || *code == FindingCode::Pc12,
                "{} {code}: {remedy}",
                language.tag()
            );
        }
    }
}

#[test]
fn one_connection_two_and_many_are_said_as_people_say_them() {
    let mut finding = findings::find(&scenarios::all().remove(0).facts).remove(0);
    finding.args.insert("time".into(), "31 ms".into());
    let mut said = |count: &str, language| {
        finding.args.insert("count".into(), count.into());
        Words::new(language).finding(&finding).0.replace(['\u{2068}', '\u{2069}'], "")
    };
    for (count, english, russian, persian) in [
        ("1", "Orders answers in 31 ms", "Orders отвечает за 31 мс", "Orders از راه WebSocket"),
        ("2", "Both connections answer, the slower one in 31 ms.", "Отвечают оба соединения", "هر دو اتصال"),
        ("3", "All 3 connections answer, the slowest in 31 ms.", "все соединения (3)", "هر ۳ اتصال"),
        ("21", "All 21 connections answer", "все соединения (21)", "هر ۲۱ اتصال"),
    ] {
        for (language, part) in
            [(Language::English, english), (Language::Russian, russian), (Language::Persian, persian)]
        {
            let text = said(count, language);
            assert!(text.contains(part), "{count}: {text}");
        }
    }
}

#[test]
fn values_are_said_in_the_language_of_the_sentence() {
    let mut finding = findings::find(&scenarios::all().remove(0).facts).remove(0);
    finding.args.insert("time".into(), "1.2 s".into());
    let said = Language::ALL
        .map(|language| Words::new(language).finding(&finding).0.replace(['\u{2068}', '\u{2069}'], ""));
    assert_eq!(said[0], "Everything works. Orders answers in 1.2 s over WebSocket.");
    assert_eq!(said[1], "Всё работает. Orders отвечает за 1,2 с через WebSocket.");
    assert_eq!(said[2], "همه‌چیز کار می‌کند. Orders از راه WebSocket در ۱٫۲ ثانیه پاسخ می‌دهد.");
}

#[test]
fn files_are_valid_fluent_and_only_latin_where_english() {
    for language in Language::ALL {
        let source = sources(language)[1];
        let parsed = fluent_bundle::FluentResource::try_new(source.to_owned());
        assert!(parsed.is_ok(), "{}: {:?}", language.tag(), parsed.err().map(|(_, errors)| errors));
        let foreign = source.chars().any(|c| ('а'..='я').contains(&c) || ('ا'..='ی').contains(&c));
        assert_eq!(foreign, language != Language::English, "{}", language.tag());
    }
}
