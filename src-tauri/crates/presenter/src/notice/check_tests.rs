//! What a check made just before a notice adds to it. Time is an argument.

use std::time::Duration;

use model::{
    StatusSnapshot,
    check::{Finding, FindingCode, Report, Severity},
};
use serde_json::json;

use super::{
    Notice, NoticePolicy, NoticeTrack,
    play::{DOWN, UP},
};
use crate::{Language, Words, sample};

/// A report whose verdict rests on one finding.
fn report(code: FindingCode, endpoint: Option<&str>, checked: &[&str]) -> Report {
    let finding = Finding {
        code,
        severity: Severity::Fail,
        endpoint: endpoint.map(|id| id.parse().unwrap()),
        text: String::new(),
        remedy: String::new(),
        owner: code.owner(),
        confidence: code.confidence(),
        args: [
            ("host", "rt.example.com"),
            ("target", "rt.example.com:443"),
            ("gateway", "nginx"),
            ("status", "503"),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into(),
        evidence: vec!["seen".to_owned()],
        step: None,
        suppressed_by: None,
    };
    let endpoints: Vec<_> = checked
        .iter()
        .map(|id| json!({"id": id, "name": id, "url": "", "timing_ms": {}, "addresses": [], "name_servers": [], "transports": []}))
        .collect();
    serde_json::from_value(json!({
        "schema_version": 1, "run_id": "r", "ref": "7F3K", "trigger": "automatic", "mode": "quick",
        "app": {"version": "0", "os": "", "package": "dev"}, "started_at": "2026-01-05T09:00:00Z", "duration_ms": 1,
        "verdict": {"class": "server", "owner": "server", "confidence": "certain", "primary": code, "line": "", "next_action": ""},
        "findings": [finding], "environment": {"interfaces": [], "gateways": [], "resolvers": [], "vpn": []},
        "endpoints": endpoints, "steps": [], "redaction": {"policy": 1, "counts": {}, "clean": true}
    }))
    .unwrap()
}

/// A track that has seen these endpoints go down at second 100.
struct Outage {
    track: NoticeTrack,
    snapshot: StatusSnapshot,
    words: Words,
}

impl Outage {
    fn of(ids: &[&str]) -> Self {
        let snapshot = sample::of(ids.iter().map(|id| (*id, UP)));
        let track = NoticeTrack::new(NoticePolicy::default());
        let mut outage = Self { track, snapshot, words: Words::new(Language::English) };
        assert_eq!(outage.at(0), None);
        for id in ids {
            sample::put(&mut outage.snapshot, id, DOWN, None);
        }
        assert_eq!(outage.at(100), None);
        outage
    }

    fn at(&mut self, second: u64) -> Option<Notice> {
        self.track.observe(&self.snapshot, Duration::from_secs(second), &self.words)
    }

    fn checks(&mut self, second: u64) -> Vec<String> {
        self.track.take_checks(Duration::from_secs(second)).iter().map(ToString::to_string).collect()
    }
}

#[test]
fn an_outage_is_looked_into_once_and_just_before_it_is_told() {
    let mut outage = Outage::of(&["a", "b"]);
    assert_eq!(outage.checks(100), [""; 0]);
    assert_eq!(outage.track.next_wake(), Some(Duration::from_secs(114)));
    assert_eq!(outage.at(114), None);
    assert_eq!(outage.checks(114), ["a", "b"]);
    assert_eq!(outage.checks(115), [""; 0]);
    assert_eq!(outage.track.next_wake(), Some(Duration::from_secs(120)));
}

#[test]
fn the_notice_carries_the_verdict_and_what_to_do() {
    let mut outage = Outage::of(&["a"]);
    outage.track.learned(&report(FindingCode::Pc07, None, &["a"]));
    let notice = outage.at(120).unwrap();
    assert_eq!(notice.title, "A is down");
    assert_eq!(notice.body, outage.words.found(&report(FindingCode::Pc07, None, &["a"]).findings[0]));
    assert!(notice.body.contains("sign in"), "{}", notice.body);
}

#[test]
fn without_an_answer_in_time_the_notice_comes_all_the_same() {
    let mut outage = Outage::of(&["a"]);
    assert_eq!(outage.at(119), None);
    let plain = outage.at(120).unwrap();
    assert!(plain.body.contains("keeps trying"), "{}", plain.body);
    outage.track.learned(&report(FindingCode::Pc07, None, &["a"]));
    assert_eq!(outage.at(125), None, "an answer that comes late is no news of its own");
}

#[test]
fn what_is_found_about_one_connection_is_not_said_of_two() {
    let mut outage = Outage::of(&["a", "b"]);
    outage.track.learned(&report(FindingCode::Ht07, Some("a"), &["a", "b"]));
    assert_eq!(outage.at(120).unwrap().body, "A, B");

    let mut outage = Outage::of(&["a", "b"]);
    outage.track.learned(&report(FindingCode::Pc07, None, &["a", "b"]));
    assert!(outage.at(120).unwrap().body.contains("sign in"));
}

#[test]
fn what_was_found_about_an_earlier_outage_is_forgotten() {
    let mut outage = Outage::of(&["a"]);
    outage.track.learned(&report(FindingCode::Pc07, None, &["a"]));
    sample::put(&mut outage.snapshot, "a", UP, None);
    assert_eq!(outage.at(110), None);
    sample::put(&mut outage.snapshot, "a", DOWN, None);
    assert_eq!(outage.at(200), None);
    let notice = outage.at(220).unwrap();
    assert!(!notice.body.contains("sign in"), "{}", notice.body);
}

#[test]
fn what_works_is_not_looked_into() {
    let mut outage = Outage::of(&["a"]);
    outage.track.set_enabled(false);
    assert_eq!(outage.at(114), None);
    assert_eq!(outage.checks(114), [""; 0], "with notices off nobody reads the answer");
}
