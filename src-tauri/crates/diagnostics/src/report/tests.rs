//! How reports look: to programs, on the clipboard, in a browser, and to those who are asked for help.

use jiff::tz::{Offset, TimeZone};
use model::{
    EndpointId, Language,
    check::{Finding, FindingCode, Report, Severity, StepId, StepReason, StepStatus},
};
use serde_json::Value;

use super::{
    assembly::{Judgement, no_judgement},
    for_it,
    html::html_in,
    labels::{Labels, args},
    sample::{HOSTILE, healthy, rich, with_live},
    schema,
    text::text_in,
};
use crate::{Facts, Words};

fn tehran() -> TimeZone {
    TimeZone::fixed(Offset::from_seconds(12_600).unwrap())
}

fn plain(text: &str) -> String {
    text.replace(['\u{2068}', '\u{2069}'], "")
}

#[test]
fn the_text_has_the_verdict_first_and_no_more_than_25_lines() {
    let text = text_in(&rich(), Language::English, &tehran());
    assert!(text.starts_with("PROBLEM – "), "{text}");
    assert!(text.lines().next().unwrap().ends_with("ref 7F3K · WS-02"), "{text}");
    let (sentence, remedy) = Words::new(Language::English).finding(&rich().findings[0]);
    assert_eq!(text.lines().nth(1), Some(&*sentence));
    assert!(text.contains(&format!("\nDo: {remedy}\n")), "{text}");
    assert!(text.lines().nth(2).unwrap().starts_with("Who: "), "{text}");
    assert!(text.contains("Meanwhile: reconnecting, next try in 12 s, 3 waiting messages"), "{text}");
    assert!(
        text.contains("Changed since the last good check (2 days ago): issuer of the certificate, WebSocket")
    );
    assert!(
        text.contains("2026-11-20 04:39 UTC (08:09 here) · quick · 2.8 s · Linekeeper 0.1.0 · Ubuntu 24.04")
    );
    for language in Language::ALL {
        for report in [rich(), healthy(), with_live(healthy())] {
            let lines = text_in(&report, language, &tehran());
            assert!(lines.lines().count() <= 25, "{lines}");
        }
    }
}

#[test]
fn the_parts_of_the_way_stand_in_columns_with_words_for_how_they_are() {
    let text = text_in(&rich(), Language::English, &TimeZone::UTC);
    let line =
        |name: &str| text.lines().find(|line| line.starts_with(&format!(" {name} "))).unwrap_or_default();
    assert_eq!(line("name"), " name      ok   2 addresses, 14 ms");
    assert_eq!(line("connect"), " connect   ok   203.0.113.7 in 31 ms, 1 of 2 does not answer");
    assert_eq!(line("proxy"), " proxy     ok   proxy.corp:8080 (environment variables: HTTPS_PROXY), 22 ms");
    assert!(line("security").starts_with(" security  warn TLS 1.3, signed by “Zscaler Root CA"), "{text}");
    assert!(line("security").ends_with("63 days left, 48 ms, TL-06"), "{text}");
    assert_eq!(line("websocket"), " websocket FAIL 33 ms, WS-02");
    assert_eq!(line("quality"), " quality   ok   usually 38 ms, at most 45 ms, 1 retransmission");
}

#[test]
fn a_good_check_says_so_in_its_first_line_and_asks_nobody_for_anything() {
    let text = text_in(&healthy(), Language::English, &TimeZone::UTC);
    assert!(text.starts_with("OK "), "{text}");
    assert!(!text.contains("Who:") && !text.contains("Do:") && !text.contains("FAIL"), "{text}");
    assert!(text.contains("Nothing changed since the last good check"), "{text}");
    assert_eq!(for_it(&healthy(), Language::English), None);
}

#[test]
fn a_part_that_was_not_reached_says_which_part_stands_in_its_way() {
    let mut report = rich();
    let first = report.endpoints[0].id.clone();
    for step in report.steps.iter_mut().filter(|step| step.endpoint.as_ref() == Some(&first)) {
        if step.id == StepId::H1 {
            step.status = StepStatus::Skip;
            step.reason_code = Some(StepReason::NeedsPong);
        }
        if step.id == StepId::F1 {
            step.status = StepStatus::Skip;
            step.reason_code = Some(StepReason::AskedToWait);
        }
    }
    let english = text_in(&report, Language::English, &TimeZone::UTC);
    assert!(english.contains("\n quality   skip needs “websocket”\n"), "{english}");
    assert!(english.contains("\n web       skip the server asked to wait\n"), "{english}");
    for language in Language::ALL {
        let labels = Labels::new(language);
        let needs = labels.tell("note-needs", args! { "part" => labels.say("row-websocket") });
        assert!(text_in(&report, language, &TimeZone::UTC).contains(&needs), "{needs}");
    }
}

#[test]
fn a_report_in_another_language_has_no_english_words_of_our_own() {
    let mut report = rich();
    for step in &mut report.steps {
        step.status = StepStatus::Skip;
        (step.reason, step.reason_code) =
            (Some(StepReason::AskedToWait.english().into()), Some(StepReason::AskedToWait));
    }
    report.endpoints[0].addresses.truncate(1);
    report.endpoints[0].addresses[0].result = "refused".into();
    for language in [Language::Russian, Language::Persian] {
        for report in [&rich(), &report, &healthy()] {
            let said = text_in(report, language, &TimeZone::UTC);
            let (lines, _) = said.trim_end().rsplit_once('\n').unwrap();
            for word in ["environment", "configuration", "refused", "asked", "needs", "connected", "polling"]
            {
                assert!(!lines.contains(word), "{word} in\n{lines}");
            }
        }
    }
}

#[test]
fn a_backup_host_that_can_help_stands_in_the_answer_and_not_once_more_below() {
    let mut report = rich();
    let helper = |at: &EndpointId| Finding {
        code: FindingCode::Tc12,
        severity: Severity::Info,
        endpoint: Some(at.clone()),
        args: [("name", "Orders"), ("target", "rt-b.example.com:443"), ("live", "no")]
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .into(),
        suppressed_by: None,
        ..rich().findings[0].clone()
    };
    let about = report.findings[0].endpoint.clone().unwrap();
    report.findings.push(helper(&about));
    let text = text_in(&report, Language::English, &TimeZone::UTC);
    let sentence = "The backup host rt-b.example.com:443 of Orders can be reached.";
    assert!(text.contains(&format!("\nMeanwhile: {sentence}\n")), "{text}");
    assert_eq!(text.matches(sentence).count(), 1, "{text}");
    assert!(super::html::html_in(&report, Language::English, &TimeZone::UTC).contains(sentence));
}

#[test]
fn the_request_about_a_backup_host_names_that_host_and_says_what_to_do_there() {
    let mut report = rich();
    let finding = &mut report.findings[0];
    finding.code = FindingCode::Tc11;
    finding.args = [
        ("name", "Orders"),
        ("target", "rt-b.example.com:8443"),
        ("host", "rt-b.example.com"),
        ("why", "refused"),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .into();
    report.verdict.primary = Some(FindingCode::Tc11);
    let text = for_it(&report, Language::English).unwrap();
    for part in [
        "Destination: rt-b.example.com\n",
        "  Port: 8443\n",
        "What would help: Check that the service listens at rt-b.example.com:8443",
    ] {
        assert!(text.contains(part), "{part} is missing in\n{text}");
    }
}

#[test]
fn a_judgement_that_broke_is_said_in_the_words_of_its_finding() {
    let Judgement { findings, verdict } = no_judgement(&Facts::default());
    let said = (findings[0].text.clone(), findings[0].remedy.clone());
    assert_eq!(Words::new(Language::English).finding(&findings[0]), said);
    assert_eq!((verdict.line, verdict.next_action), said);
}

#[test]
fn the_request_to_it_names_destination_port_protocol_reason_and_evidence() {
    let text = for_it(&rich(), Language::English).unwrap();
    for part in [
        "Destination: rt.example.com\n",
        "  Port: 443\n",
        "  Protocol: WebSocket over TLS (wss), TCP\n",
        "  Proxy on the way: proxy.corp:8080\n",
        "What is wrong: Something between here and rt.example.com removes",
        "What would help: ",
        "  - 426 from nginx although Upgrade was sent",
        "2026-11-20 04:39 UTC",
        "X-Diag-Run: 01997e5c-0000-7000-8000-000000007c73",
        "ref 7F3K",
    ] {
        assert!(text.contains(part), "{part} is missing in\n{text}");
    }
    assert!(!text.contains("orders.example.com"), "only what it is about");
    let unseen = Report { correlated: Some(false), ..rich() };
    assert!(!for_it(&unseen, Language::English).unwrap().contains("X-Diag-Run"), "nothing to look for");
}

#[test]
fn what_a_server_says_is_one_line_without_tricks_everywhere() {
    let report = rich();
    let evidence = &report.findings[0].evidence[0];
    assert!(evidence.contains(HOSTILE), "the sample is hostile");
    for language in Language::ALL {
        let html = html_in(&report, language, &tehran());
        assert!(html.contains("&lt;script&gt;alert(1)"), "it is shown, as text");
        for text in [text_in(&report, language, &tehran()), for_it(&report, language).unwrap(), html] {
            assert!(!text.contains("<script") && !text.contains(['\u{202E}', '\u{1b}', '\r']), "{text}");
            let line = text.lines().find(|line| line.contains("PASS")).unwrap_or_default();
            assert!(line.contains("alert(1)"), "what follows a line break stays on the line");
        }
    }
}

#[test]
fn the_html_file_stands_alone() {
    for language in Language::ALL {
        let html = html_in(&rich(), language, &tehran());
        for outside in
            ["<script", "<link", "<img", "<iframe", "http://", "https://", "url(", "@import", " on"]
        {
            let found = html.find(outside).filter(|_| outside != " on");
            assert_eq!(found, None, "{outside}");
        }
        assert!(html.contains("default-src 'none'"));
        assert!(html.contains(&format!("<html lang=\"{}\"", language.tag())));
        assert_eq!(html.contains("dir=\"rtl\""), language == Language::Persian);
        for class in ["bar dns", "bar tcp", "bar proxy", "bar tls", "bar upgrade"] {
            assert!(html.contains(class), "{class}");
        }
    }
}

/// Every tag that is opened is closed, in order.
#[test]
fn the_html_file_is_well_formed() {
    const ALONE: [&str; 5] = ["meta", "circle", "path", "!doctype", "br"];
    for report in [rich(), healthy(), with_live(rich())] {
        let html = html_in(&report, Language::English, &TimeZone::UTC);
        let mut open: Vec<&str> = Vec::new();
        for tag in html.split('<').skip(1) {
            let name: &str = tag.split(['>', ' ', '/']).find(|name| !name.is_empty()).unwrap();
            if ALONE.contains(&name) {
            } else if tag.starts_with('/') {
                assert_eq!(open.pop(), Some(name), "{tag}");
            } else {
                open.push(name);
            }
        }
        assert!(open.is_empty(), "{open:?}");
    }
}

fn valid(report: &Report) -> Result<(), String> {
    let schema = jsonschema::validator_for(&schema()).unwrap();
    schema.validate(&serde_json::to_value(report).unwrap()).map_err(|error| error.to_string())
}

#[test]
fn reports_are_what_the_published_schema_says() {
    for report in [rich(), healthy(), with_live(rich())] {
        assert_eq!(valid(&report), Ok(()));
    }
    let mut wrong = rich();
    wrong.reference = "ILOU".into();
    assert!(valid(&wrong).is_err());
    wrong = rich();
    wrong.schema_version = 2;
    assert!(valid(&wrong).is_err());
}

#[test]
fn the_schema_requires_what_the_contract_says_and_leaves_room_for_more() {
    let schema = schema();
    assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
    assert_eq!(schema["title"], "diagnostics-report");
    for name in [
        "schema_version",
        "run_id",
        "ref",
        "app",
        "started_at",
        "duration_ms",
        "mode",
        "verdict",
        "findings",
        "endpoints",
        "steps",
        "redaction",
    ] {
        assert!(schema["required"].as_array().unwrap().contains(&Value::from(name)), "{name}");
    }
    let of_endpoint = schema["$defs"]["Endpoint"]["required"].as_array().unwrap();
    assert!(of_endpoint.contains(&Value::from("live")) && of_endpoint.contains(&Value::from("transports")));
    assert_eq!(schema["$defs"]["Step"]["properties"]["ms"]["type"], "integer");
    let mut later = serde_json::to_value(rich()).unwrap();
    later["a_later_field"] = true.into();
    later["endpoints"][0]["another"] = 1.into();
    assert!(jsonschema::validator_for(&schema).unwrap().is_valid(&later));
    assert!(serde_json::from_value::<Report>(later).is_ok());
}

#[test]
fn what_was_not_looked_at_is_absent() {
    let value = serde_json::to_value(rich()).unwrap();
    let bare = value["endpoints"][1].as_object().unwrap();
    for name in ["tls", "http", "quality", "proxy", "versus_last_good"] {
        assert!(!bare.contains_key(name), "{name}");
    }
    // This one is promised to be there.
    assert_eq!(bare["live"], serde_json::json!({}));
}

/// Written anew with `LINEKEEPER_WRITE_SCHEMA=1`.
#[test]
fn the_published_file_is_fresh() {
    let path =
        std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../docs/diagnostics-report.schema.json");
    let fresh = serde_json::to_string_pretty(&schema()).unwrap() + "\n";
    if std::env::var_os("LINEKEEPER_WRITE_SCHEMA").is_some() {
        std::fs::write(&path, &fresh).unwrap();
    }
    let published = std::fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(published, fresh, "run: LINEKEEPER_WRITE_SCHEMA=1 cargo test -p diagnostics published_file");
}

/// Writes the samples for a look at them; see `LINEKEEPER_WRITE_SAMPLES`.
#[test]
fn samples_can_be_looked_at() {
    let Some(folder) = std::env::var_os("LINEKEEPER_WRITE_SAMPLES").map(std::path::PathBuf::from) else {
        return;
    };
    for language in Language::ALL {
        for (name, report) in [("problem", rich()), ("ok", with_live(healthy()))] {
            let file = folder.join(format!("{name}.{}", language.tag()));
            std::fs::write(
                file.with_extension(format!("{}.html", language.tag())),
                html_in(&report, language, &tehran()),
            )
            .unwrap();
            let it = plain(&for_it(&report, language).unwrap_or_default());
            let text = text_in(&report, language, &tehran());
            std::fs::write(file.with_extension(format!("{}.txt", language.tag())), text + "\n" + &it)
                .unwrap();
        }
    }
}
