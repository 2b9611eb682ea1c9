//! The history on a real disk.

use jiff::Timestamp;
use model::check::{FindingCode, FindingOwner, Report, VerdictClass};
use rusqlite::Connection;
use tempfile::TempDir;

use super::*;
use crate::{
    facts::{Baseline, PathPhases, RouteFacts, UpgradeEnd, UpgradePathFacts},
    report::{Frame, assemble_for_tests},
};

fn report(class: VerdictClass) -> Report {
    let mut report = assemble_for_tests(&Frame::at(Timestamp::now()));
    report.verdict.class = class;
    report.verdict.owner = FindingOwner::None;
    report.verdict.primary = Some(FindingCode::Ok01);
    report.findings.clear();
    report
}

/// One endpoint that works, behind a router.
fn facts(host: &str, gateway: &str) -> Facts {
    let upgrade = UpgradePathFacts { end: UpgradeEnd::Switched, ms: None, offered: vec![], chosen: None };
    let seen = EndpointFacts {
        host: host.into(),
        path: "/hook/s3cret".into(),
        upgrade: Some(upgrade),
        race: Some(PathPhases { tcp: Some(12.0), ..PathPhases::default() }),
        ..EndpointFacts::default()
    };
    let route = RouteFacts { interface: "eth9".into(), gateway: Some(gateway.parse().unwrap()), v6: false };
    let mut facts = Facts { endpoints: vec![seen], ..Facts::default() };
    facts.computer.default_routes = Some(vec![route]);
    facts
}

fn open(folder: &TempDir) -> (History, Option<SetAside>) {
    History::open(&folder.path().join("diagnostics.sqlite")).unwrap()
}

fn last_good(history: &History, facts: &Facts) -> Option<Baseline> {
    history.last_good(facts).unwrap().remove(0)
}

#[test]
fn the_last_good_check_is_that_of_the_same_endpoint_in_the_same_network() {
    let folder = TempDir::new().unwrap();
    let (history, _) = open(&folder);
    let (office, home) = (facts("rt.example.com", "192.0.2.1"), facts("rt.example.com", "198.51.100.1"));
    let good = report(VerdictClass::Ok);
    history.keep(&good, &office).unwrap();
    let found = last_good(&history, &office).unwrap();
    assert_eq!((found.run_id, found.phases.tcp), (good.run_id, Some(12.0)));
    assert_eq!(last_good(&history, &home), None);
    assert_eq!(last_good(&history, &facts("other.example.com", "192.0.2.1")), None);
}

#[test]
fn what_did_not_work_is_no_last_good() {
    let folder = TempDir::new().unwrap();
    let (history, _) = open(&folder);
    let mut office = facts("rt.example.com", "192.0.2.1");
    let good = report(VerdictClass::Ok);
    history.keep(&good, &office).unwrap();
    office.endpoints[0].upgrade = None;
    history.keep(&report(VerdictClass::Server), &office).unwrap();
    assert_eq!(last_good(&history, &office).unwrap().run_id, good.run_id);
}

#[test]
fn a_check_that_nobody_asked_for_is_compared_with_and_never_shown_as_the_newest() {
    let folder = TempDir::new().unwrap();
    let (history, _) = open(&folder);
    let office = facts("rt.example.com", "192.0.2.1");
    let asked = report(VerdictClass::Ok);
    history.keep(&asked, &office).unwrap();
    let quiet = history.unasked();
    let unasked = report(VerdictClass::Ok);
    quiet.keep(&unasked, &office).unwrap();
    assert_eq!(last_good(&history, &office).unwrap().run_id, unasked.run_id);
    assert_eq!(history.newest(9).unwrap(), std::slice::from_ref(&asked));
    assert_eq!((history.past(9).unwrap().len(), quiet.newest(9).unwrap()), (1, vec![unasked.clone()]));
    assert_eq!(history.report(&unasked.run_id).unwrap(), Some(unasked.clone()));
    quiet.keep(&report(VerdictClass::Incomplete), &office).unwrap();
    for _ in 0..60 {
        quiet.keep(&report(VerdictClass::Ok), &office).unwrap();
    }
    let kept = "SELECT count(*) FROM runs WHERE NOT asked";
    assert_eq!(quiet.db().query_row(kept, [], |row| row.get::<_, u32>(0)).unwrap(), 50);
    assert!(history.report(&asked.run_id).unwrap().is_some(), "they push out their own kind only");
}

#[test]
fn where_one_session_is_allowed_the_live_one_says_that_all_is_well() {
    let folder = TempDir::new().unwrap();
    let (history, _) = open(&folder);
    let mut office = facts("rt.example.com", "192.0.2.1");
    if let Some(upgrade) = &mut office.endpoints[0].upgrade {
        upgrade.end = UpgradeEnd::LiveOnly;
    }
    let kept = |facts: &Facts| {
        history.keep(&report(VerdictClass::Ok), facts).unwrap();
        last_good(&history, facts).is_some()
    };
    assert!(!kept(&office), "it is gone by now");
    office.endpoints[0].live = Some(crate::findings::samples::live(EndpointState::Connected, None));
    assert!(kept(&office));
}

#[test]
fn when_an_endpoint_was_last_good_is_known_without_a_check() {
    let folder = TempDir::new().unwrap();
    let (history, _) = open(&folder);
    let subject = crate::trial::subject("pulse", "wss://rt.example.com/hook/s3cret");
    assert_eq!(history.last_good_at(std::slice::from_ref(&subject)).unwrap(), [None]);
    // As a check here would have seen this computer.
    let (interfaces, default_routes) = crate::computer::ways_now();
    let mut here = facts("rt.example.com", "192.0.2.1");
    (here.computer.interfaces, here.computer.default_routes) = (interfaces, default_routes);
    (here.endpoints[0].id, here.endpoints[0].encrypted) = (Some(subject.id.clone()), true);
    here.endpoints[0].port = 443;
    let good = report(VerdictClass::Ok);
    history.keep(&good, &here).unwrap();
    let moved = crate::trial::subject("pulse", "wss://rt.example.com/elsewhere");
    assert_eq!(history.last_good_at(&[subject, moved]).unwrap(), [Some(good.started_at), None]);
}

#[test]
fn fifty_good_checks_and_two_hundred_others_are_kept() {
    let folder = TempDir::new().unwrap();
    let (history, _) = open(&folder);
    let office = facts("rt.example.com", "192.0.2.1");
    for _ in 0..210 {
        history.keep(&report(VerdictClass::Server), &office).unwrap();
    }
    for _ in 0..60 {
        history.keep(&report(VerdictClass::Ok), &office).unwrap();
    }
    let past = history.past(1000).unwrap();
    let good = past.iter().filter(|check| check.class == VerdictClass::Ok).count();
    assert_eq!((good, past.len() - good), (50, 200));
    assert!(past.windows(2).all(|pair| pair[0].run_id > pair[1].run_id), "the newest first");
    assert!(history.report(&past[0].run_id).unwrap().is_some());
    assert!(history.report("nobody").unwrap().is_none());
}

#[test]
fn two_programs_share_the_file_and_its_hashes() {
    let folder = TempDir::new().unwrap();
    let ((agent, _), (command, _)) = (open(&folder), open(&folder));
    let office = facts("rt.example.com", "192.0.2.1");
    std::thread::scope(|scope| {
        for history in [&agent, &command] {
            scope.spawn(|| (0..20).for_each(|_| history.keep(&report(VerdictClass::Ok), &office).unwrap()));
        }
    });
    assert_eq!(agent.past(1000).unwrap().len(), 40);
    assert!(last_good(&command, &office).is_some());
}

#[cfg(unix)]
#[test]
fn the_files_are_their_owners_alone_and_name_neither_network_nor_path() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = TempDir::new().unwrap();
    let (history, _) = open(&folder);
    history.keep(&report(VerdictClass::Ok), &facts("rt.example.com", "192.0.2.1")).unwrap();
    let mut bytes = Vec::new();
    for file in std::fs::read_dir(folder.path()).unwrap() {
        let file = file.unwrap();
        assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600, "{file:?}");
        bytes.extend(std::fs::read(file.path()).unwrap());
    }
    let text = String::from_utf8_lossy(&bytes);
    assert!(!text.contains("192.0.2.1") && !text.contains("s3cret"));
}

#[test]
fn a_damaged_file_is_set_aside_and_a_new_one_begun() {
    for damage in ["head", "middle"] {
        let folder = TempDir::new().unwrap();
        let path = folder.path().join("diagnostics.sqlite");
        let (history, aside) = open(&folder);
        assert_eq!(aside, None);
        for _ in 0..30 {
            history.keep(&report(VerdictClass::Ok), &facts("rt.example.com", "192.0.2.1")).unwrap();
        }
        drop(history);
        let mut bytes = std::fs::read(&path).unwrap();
        match damage {
            "head" => bytes[..64].fill(0x55),
            _ => bytes[4096..].fill(0x55),
        }
        std::fs::write(&path, &bytes).unwrap();
        let (history, aside) = open(&folder);
        let SetAside(kept) = aside.unwrap();
        assert_eq!(std::fs::read(kept).unwrap(), bytes, "nothing of it is lost");
        history.keep(&report(VerdictClass::Ok), &facts("rt.example.com", "192.0.2.1")).unwrap();
        assert_eq!(history.past(10).unwrap().len(), 1);
    }
}

#[test]
fn an_older_file_is_brought_forward_and_a_newer_one_left_alone() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("diagnostics.sqlite");
    let (history, _) = open(&folder);
    let good = report(VerdictClass::Ok);
    history.keep(&good, &facts("rt.example.com", "192.0.2.1")).unwrap();
    drop(history);

    // The next version of this program.
    let mut db = Connection::open(&path).unwrap();
    let next = [schema::STEPS, &["ALTER TABLE runs ADD COLUMN note TEXT"]].concat();
    schema::migrate(&mut db, &next).unwrap();
    let kept: String =
        db.query_row("SELECT run_id FROM runs WHERE note IS NULL", [], |row| row.get(0)).unwrap();
    assert_eq!(kept, good.run_id);
    schema::migrate(&mut db, &next).unwrap();
    drop(db);

    let bytes = std::fs::read(&path).unwrap();
    assert!(matches!(History::open(&path), Err(HistoryError::Newer { found: 3, known: 2 })));
    assert_eq!(std::fs::read(&path).unwrap(), bytes);
}

#[test]
fn checks_of_the_first_shape_were_all_asked_for() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("diagnostics.sqlite");
    let mut db = Connection::open(&path).unwrap();
    schema::migrate(&mut db, &schema::STEPS[..1]).unwrap();
    let old = report(VerdictClass::Server);
    let text = serde_json::to_string(&old).unwrap();
    db.execute("INSERT INTO runs (run_id, at, good, report) VALUES (?1, 1, 0, ?2)", [&old.run_id, &text])
        .unwrap();
    drop(db);
    let (history, aside) = open(&folder);
    assert_eq!(
        (aside, history.newest(9).unwrap(), history.unasked().newest(9).unwrap()),
        (None, vec![old], vec![])
    );
}

#[test]
fn a_step_that_fails_leaves_the_file_as_it_was() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("diagnostics.sqlite");
    drop(open(&folder));
    let mut db = Connection::open(&path).unwrap();
    let broken = [schema::STEPS, &["CREATE TABLE extra (a) STRICT"]].concat();
    assert!(schema::migrate(&mut db, &broken).is_err());
    let tables = "SELECT count(*) FROM sqlite_schema WHERE name = 'extra'";
    assert_eq!(db.query_row(tables, [], |row| row.get::<_, u32>(0)).unwrap(), 0);
    assert_eq!(db.query_row("PRAGMA user_version", [], |row| row.get::<_, u32>(0)).unwrap(), 2);
}

#[test]
fn a_folder_that_cannot_be_used_is_an_error_with_its_name() {
    let folder = TempDir::new().unwrap();
    let error = History::open(&folder.path().join("missing/diagnostics.sqlite")).unwrap_err();
    assert!(matches!(error, HistoryError::File { .. }) && error.to_string().contains("missing"), "{error}");
}
