//! Canaries in everything a bundle is made of: none may stand in any byte of it.

use std::{fs, io::Read as _};

use base64::{Engine as _, prelude::BASE64_STANDARD};

use super::*;
use crate::redact::{Level, Private};

const CANARY: &str = "c4nary-S3cret/w1th+signs";
const CARD: &str = "4111222233334444";

fn redactor() -> Redactor {
    let secrets = vec![CANARY.to_owned().into()];
    Redactor::new(Level::Standard, &Private { secrets, ..Private::default() }, &[3; 32])
}

fn report() -> Report {
    serde_json::from_value(json!({
        "schema_version": 1, "run_id": "0192f0c1-2222-7333-8444-555566667777", "ref": "7F3K",
        "app": {"version": "0.1.0", "os": "Linux", "package": "dev"}, "trigger": "cli", "mode": "quick",
        "started_at": "2026-11-20T04:39:00Z", "duration_ms": 12,
        "verdict": {"class": "ok", "owner": "none", "confidence": "certain", "primary": "OK-01",
            "line": format!("Everything works, {CANARY}."), "next_action": ""},
        "findings": [], "environment": {"interfaces": [], "gateways": ["10.0.0.1"], "resolvers": [], "vpn": []},
        "endpoints": [], "steps": [], "redaction": {"policy": 0, "counts": {}, "clean": false}
    }))
    .unwrap()
}

fn parts(logs: &Path) -> Parts {
    Parts {
        report: report(),
        settings: Some(json!({"websocket": {"connections": {"a": {
            "url": format!("wss://me:{CANARY}@h.example/p?token={CANARY}"), "auth": {"bearer": CANARY}
        }}}})),
        logs: Some(logs.to_owned()),
        history: vec![
            json!({"verdict": format!("cookie: sid={CANARY}")}),
            // As a sum of times may come out.
            json!({"total": 0.341_089_000_000_000_03_f64}),
        ],
        transitions: vec![json!({"endpoint": "a", "from": "connected", "to": CANARY})],
        recordings: vec![recorded("7F3K", Some("2026-11-20T04:20:00Z")), recorded("8G4M", None)],
        environment: BTreeMap::from([("session".to_owned(), json!(CANARY))]),
        buffers: vec![json!({"endpoint": "a", "waiting": 3})],
        errors: vec![format!("proxy http://u:{CANARY}@proxy:1 is gone")],
    }
}

fn recorded(reference: &str, ended: Option<&str>) -> Recorded {
    Recorded {
        reference: reference.into(),
        began: "2026-11-20T04:10:00Z".parse().unwrap(),
        ended: ended.map(|at| at.parse().unwrap()),
        by: ended.map(|_| "person".to_owned()),
    }
}

fn bundle(logs: &Path) -> Bundle {
    let render = |report: &Report| (report.verdict.line.clone(), format!("<p>{}</p>", report.verdict.line));
    let now = "2026-11-20T04:39:00Z".parse().unwrap();
    Bundle::assemble(parts(logs), redactor(), &render, now).unwrap()
}

/// Every file of a zip, and all their bytes.
fn unpacked(path: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut zip = zip::ZipArchive::new(fs::File::open(path).unwrap()).unwrap();
    (0..zip.len())
        .map(|at| {
            let mut file = zip.by_index(at).unwrap();
            let mut bytes = Vec::new();
            file.read_to_end(&mut bytes).unwrap();
            (file.name().unwrap().into_owned(), bytes)
        })
        .collect()
}

#[test]
fn no_canary_stands_in_any_byte_and_the_manifest_counts_what_was_taken_out() {
    let home = tempfile::tempdir().unwrap();
    let logs = home.path().join("logs");
    fs::create_dir(&logs).unwrap();
    let encoded = BASE64_STANDARD.encode(format!("u:{CANARY}"));
    // The card's number stands where the file would be cut.
    let filling = "{\"n\":\"plain\"}\n".repeat(BYTES_OF_A_LOG / 14);
    let log = format!(
        "{{\"old\":\"{CARD} {CANARY}\"}}\n{filling}{{\"a\":\"addr:10.0.0.5 {encoded}\"}}\nAuthorization: Bearer {CANARY}\n"
    );
    let file = logs.join("linekeeper.2026-11-20.jsonl");
    fs::write(&file, log).unwrap();
    // Before the recordings, so that no more of it is taken than of any other.
    fs::File::options().append(true).open(file).unwrap().set_modified(std::time::UNIX_EPOCH).unwrap();
    let path = home.path().join("bundle.zip");
    bundle(&logs).write(&path).unwrap();

    let files = unpacked(&path);
    let folders: std::collections::BTreeSet<&str> =
        files.keys().filter_map(|name| name.split('/').next()).collect();
    assert_eq!(folders.into_iter().collect::<Vec<_>>(), ["linekeeper-support-7F3K-20261120T043900Z"]);
    for (name, bytes) in &files {
        let text = String::from_utf8(bytes.clone()).unwrap();
        for gone in [CANARY, CARD, &CARD[..10], "10.0.0.5", "10.0.0.1", &encoded, "c4nary"] {
            assert!(!text.contains(gone), "{gone} stands in {name}");
        }
    }
    let text = |name: &str| {
        let found =
            files.iter().find(|(path, _)| path.ends_with(name)).unwrap_or_else(|| panic!("{name} is there"));
        String::from_utf8(found.1.clone()).unwrap()
    };
    let manifest: Value = serde_json::from_str(&text("manifest.json")).unwrap();
    let listed = manifest["files"].as_array().unwrap();
    assert_eq!(listed.len() + 1, files.len(), "everything but the manifest itself");
    for one in listed {
        let bytes = text(one["file"].as_str().unwrap()).into_bytes();
        assert_eq!(one["bytes"], bytes.len());
        assert_eq!(one["sha256"], archive::sha256(&bytes));
    }
    let log = listed.iter().find(|one| one["file"].as_str().unwrap().starts_with("log/")).unwrap();
    assert_eq!(
        (&log["removed"]["known_secret"], &log["removed"]["address"]),
        (&json!(3), &json!(1)),
        "{log}"
    );
    assert!(text("jsonl").starts_with("{\"n\""), "begins with a whole line");
    assert!(
        text("config.json").contains("<present>") && text("config.json").contains("wss://h.example/p?token=")
    );
    let history: Value = serde_json::from_str(&text("history.json")).unwrap();
    assert_eq!(
        (
            &history["transitions"][0]["from"],
            &history["recordings"][0]["ref"],
            &history["checks"][1]["total"]
        ),
        (&json!("connected"), &json!("7F3K"), &json!(0.341)),
        "{history}"
    );
    assert_eq!(manifest["recordings"][0]["ended"], "2026-11-20T04:20:00Z");
    let read_me = text("README.txt");
    for said in [
        "7F3K  2026-11-20 04:10:00 to 2026-11-20 04:20:00",
        "8G4M  2026-11-20 04:10:00 to no end",
        "seven days",
    ] {
        assert!(read_me.contains(said), "{read_me}");
    }
    #[cfg(unix)]
    assert_eq!(
        std::os::unix::fs::PermissionsExt::mode(&fs::metadata(&path).unwrap().permissions()) & 0o777,
        0o600
    );
}

const BYTES_OF_A_LOG: usize = 256 * 1024;

#[test]
fn a_leak_means_no_bundle_and_the_error_names_file_and_rule_alone() {
    let home = tempfile::tempdir().unwrap();
    let mut bundle = bundle(home.path());
    bundle.files.push(BundleFile {
        name: "late.txt".into(),
        text: BASE64_STANDARD.encode(CANARY),
        removed: BTreeMap::new(),
    });
    let path = home.path().join("bundle.zip");
    let error = bundle.write(&path).unwrap_err().to_string();
    assert!(
        error.contains("late.txt") && error.contains("known_secret") && !error.contains("c4nary"),
        "{error}"
    );
    assert_eq!(fs::read_dir(home.path()).unwrap().count(), 0, "nothing is left behind");
    assert!(bundle.pack(&[]).is_err());
    fs::write(&path, bundle.pack(&["late.txt".to_owned()]).unwrap()).unwrap();
    let manifest = unpacked(&path).into_iter().find(|(name, _)| name.ends_with("manifest.json")).unwrap().1;
    assert!(String::from_utf8(manifest).unwrap().contains("left out by the person"));
    assert!(!unpacked(&path).keys().any(|name| name.ends_with("late.txt")));
}

#[cfg(unix)]
#[test]
fn names_of_files_tell_nothing_and_lead_nowhere() {
    let home = tempfile::tempdir().unwrap();
    for name in
        ["c4nary-of-a-n4me.jsonl", "..\\..\\run.me", "a 4111222233334444.jsonl", "a 4111222233334445.jsonl"]
    {
        fs::write(home.path().join(name), "plain\n").unwrap();
    }
    let private = Private { secrets: vec!["c4nary-of-a-n4me".to_owned().into()], ..Private::default() };
    let redactor = Redactor::new(Level::Standard, &private, &[3; 32]);
    let found = logs::collect(home.path(), None, &redactor);
    let names: std::collections::BTreeSet<&str> = found.files.iter().map(|file| file.name.as_str()).collect();
    assert_eq!(names.len(), 4, "{names:?}");
    for name in &names {
        assert!(!name.contains("c4nary") && !name.contains('\\') && !name.contains("41112"), "{name}");
    }
}

#[cfg(unix)]
#[test]
fn a_link_among_the_logs_is_refused_and_named() {
    let home = tempfile::tempdir().unwrap();
    let logs = home.path().join("logs");
    fs::create_dir(&logs).unwrap();
    fs::write(home.path().join("private"), "not for you").unwrap();
    std::os::unix::fs::symlink(home.path().join("private"), logs.join("linekeeper.log")).unwrap();
    let bundle = bundle(&logs);
    assert!(!bundle.files().iter().any(|file| file.text.contains("not for you")));
    let errors = bundle.files().iter().find(|file| file.name == "errors.txt").unwrap();
    assert!(errors.text.contains("log/linekeeper.log: not a regular file"), "{}", errors.text);
}

#[test]
fn a_folder_that_cannot_be_read_is_explained() {
    let bundle = bundle(Path::new("/nonexistent/logs"));
    let errors = bundle.files().iter().find(|file| file.name == "errors.txt").unwrap();
    assert!(errors.text.contains("the folder cannot be read"), "{}", errors.text);
}

#[test]
fn of_a_log_that_holds_a_recording_more_is_taken() {
    let home = tempfile::tempdir().unwrap();
    for number in 0..4 {
        let log = format!("{{\"mark\":{number}}}\n") + &"{\"n\":\"plain\"}\n".repeat(2 * BYTES_OF_A_LOG / 14);
        fs::write(home.path().join(format!("{number}.jsonl")), log).unwrap();
    }
    let whole = |recorded: Option<&str>| {
        let began = recorded.map(|at| at.parse().unwrap());
        let found = logs::collect(home.path(), began, &redactor()).files;
        found.iter().filter(|file| file.text.contains("mark")).count()
    };
    assert_eq!(whole(None), 0);
    assert_eq!(whole(Some("2026-01-01T00:00:00Z")), 2);
    assert_eq!(whole(Some("9999-01-01T00:00:00Z")), 0, "not written since");
}
