//! How connections went, over kills and restarts, and problems that are recorded: as a support bundle tells both.

use std::{collections::BTreeMap, fs, os::unix::fs::PermissionsExt as _, path::Path};

use serde_json::Value;

use crate::{
    diagnose::{answer, ask},
    secrecy::unzipped,
    stage::{Home, PATIENCE, demo_server, eventually, text},
};

/// The files of a bundle without their folder, made beside the agent.
fn bundle(home: &Home) -> BTreeMap<String, String> {
    let zip = home.path("support.zip");
    let output = home.output(&format!("diagnose hub --json --bundle {}", zip.display()));
    assert!(zip.is_file(), "{}", text(&output.stderr));
    files(&zip)
}

fn files(zip: &Path) -> BTreeMap<String, String> {
    let inside = |name: String| name.split_once('/').unwrap().1.to_owned();
    unzipped(zip).into_iter().map(|(name, bytes)| (inside(name), text(&bytes))).collect()
}

fn json(files: &BTreeMap<String, String>, name: &str) -> Value {
    serde_json::from_str(&files[name]).unwrap_or_else(|error| panic!("{name}: {error}\n{}", files[name]))
}

/// What became of the endpoint `hub`: from, to, code.
fn went(history: &Value) -> Vec<(&str, &str, &str)> {
    let transitions = history["transitions"].as_array().unwrap().iter();
    transitions
        .filter(|one| one["endpoint"] == "hub")
        .map(|one| {
            let said = |key: &str| one[key].as_str().unwrap_or("-");
            (said("from"), said("to"), said("code"))
        })
        .collect()
}

#[test]
fn how_connections_went_survives_kills_and_damage_and_stands_in_the_bundle() {
    let bystander = Home::new();
    let (server, port) = demo_server(&bystander, 0);
    let home = Home::with_demo_on(port);
    let chronicle = home.path("data/chronicle.jsonl");
    let agent = home.run("run");
    home.wait_for_state("hub", "connected", PATIENCE);
    drop(server);
    home.wait_for_state("hub", "reconnecting", PATIENCE);
    eventually("it is written down, unasked", PATIENCE, || {
        fs::read_to_string(&chronicle).ok()?.contains("\"to\":\"reconnecting\"").then_some(())
    });
    assert_eq!(fs::metadata(&chronicle).unwrap().permissions().mode() & 0o777, 0o600);
    drop(agent);

    let (_server, _) = demo_server(&bystander, port);
    let agent = home.run("run");
    home.wait_for_state("hub", "connected", PATIENCE);
    eventually("the second life is written down", PATIENCE, || {
        let text = fs::read_to_string(&chronicle).ok()?;
        (text.matches("\"endpoint\":\"hub\",\"from\":\"connecting\",\"to\":\"connected\"").count() == 2)
            .then_some(())
    });
    let told = bundle(&home);
    let history = json(&told, "history.json");
    let went = went(&history);
    assert_eq!(
        [went[0], went[1], (went[2].0, went[2].1, ""), went[went.len() - 2], went[went.len() - 1]],
        [
            ("-", "connecting", "-"),
            ("connecting", "connected", "-"),
            ("connected", "reconnecting", ""),
            ("-", "connecting", "-"),
            ("connecting", "connected", "-"),
        ],
        "{history:#}"
    );
    let lost =
        history["transitions"].as_array().unwrap().iter().find(|one| one["to"] == "reconnecting").unwrap();
    assert!(lost["code"].is_string() && lost["lasted_ms"].is_u64(), "{lost}");
    assert!(lost["at"].as_str().unwrap().ends_with('Z'), "{lost}");
    assert!(
        history["checks"].is_array() && told["README.txt"].contains("seven days"),
        "{}",
        told["README.txt"]
    );
    drop(agent);

    let mut damaged = fs::read(&chronicle).unwrap();
    damaged.extend(b"\0\0\xff no line of ours\n");
    fs::write(&chronicle, &damaged).unwrap();
    let _agent = home.run("run");
    let aside = home.path("data/chronicle.damaged.jsonl");
    eventually("the damaged file is set aside", PATIENCE, || aside.exists().then_some(()));
    assert_eq!(fs::read(aside).unwrap(), damaged);
    eventually("and what could be read goes on", PATIENCE, || {
        let history = json(&bundle(&home), "history.json");
        (self::went(&history).len() > went.len()).then_some(())
    });
}

/// Lines of the agent's log.
fn log(home: &Home) -> Vec<Value> {
    let mut lines = Vec::new();
    for file in fs::read_dir(home.path("logs")).unwrap().flatten() {
        let text = fs::read_to_string(file.path()).unwrap();
        lines.extend(text.lines().filter_map(|line| serde_json::from_str(line).ok()));
    }
    lines
}

fn marks(home: &Home) -> usize {
    log(home).iter().filter(|line: &&Value| line["target"] == "recording").count()
}

#[cfg(target_os = "linux")]
#[test]
fn a_problem_is_recorded_until_enter_between_two_marks_and_the_bundle_says_when() {
    use crate::stage::answering_on_a_terminal;

    let bystander = Home::new();
    let (_server, port) = demo_server(&bystander, 0);
    let home = Home::with_demo_on(port);
    let mut config: Value = serde_json::from_slice(&fs::read(home.path("config.json")).unwrap()).unwrap();
    config["logging"] = serde_json::json!({ "level": "error" });
    fs::write(home.path("config.json"), config.to_string()).unwrap();
    let agent = home.run("run");
    home.wait_for_state("hub", "connected", PATIENCE);
    assert!(log(&home).is_empty(), "nothing went wrong");

    let zip = home.path("recorded.zip");
    let words = format!("diagnose hub --record=2 --bundle {}", zip.display());
    let said = answering_on_a_terminal(home.command(&words), "then press Enter", "\r");
    assert!(said.contains("for 2 min at most") && said.contains("Recorded."), "{said}");
    let told = files(&zip);
    let recording = json(&told, "manifest.json")["recordings"][0].clone();
    let reference = recording["ref"].as_str().unwrap().to_owned();
    assert!(said.contains(&reference), "{said}");
    assert_eq!((recording["by"].as_str(), recording["ended"].is_string()), (Some("person"), true));
    assert!(told["README.txt"].contains(&format!("  {reference}  20")), "{}", told["README.txt"]);
    assert_eq!(json(&told, "history.json")["recordings"][0], recording);
    let name = told.keys().find(|name| name.starts_with("log/")).unwrap();
    assert_eq!(told[name].matches(&reference).count(), 2, "both marks are in the bundle");

    let after = log(&home);
    let at = |line: &Value| line["reference"] == reference.as_str();
    let (first, last) = (after.iter().position(at).unwrap(), after.iter().rposition(at).unwrap());
    assert_eq!((first, last), (0, after.len() - 1), "before and after only errors are logged: {after:#?}");

    // The level of a recording that nobody ended dies with the agent.
    let (status, body) = answer(ask(&home, "POST /v1/diagnostics/recording", "", r#"{"seconds":600}"#));
    assert_eq!(status, 200, "{body}");
    let begun: Value = serde_json::from_str(&body).unwrap();
    eventually("the status says so", PATIENCE, || {
        (home.status()?["agent"]["recording"] == begun).then_some(())
    });
    assert!(text(&home.output("status").stdout).contains("Recording a problem"));
    eventually("its mark and its chronicle are written", PATIENCE, || {
        let written = fs::read_to_string(home.path("data/chronicle.jsonl")).ok()?;
        (marks(&home) == 3 && written.contains(begun["ref"].as_str()?)).then_some(())
    });
    drop(agent);
    let _agent = home.run("run");
    home.wait_for_state("hub", "connected", PATIENCE);
    assert!(home.status().unwrap()["agent"]["recording"].is_null());
    assert_eq!(marks(&home), 3);
    let second = &json(&bundle(&home), "manifest.json")["recordings"][1];
    assert_eq!((&second["ref"], second["ended"].is_null()), (&begun["ref"], true));
}

#[test]
fn a_recording_ends_by_itself_and_only_what_makes_sense_can_be_asked() {
    let home = Home::with_demo_on(9);
    let agentless = home.output("diagnose hub --record");
    assert_eq!(agentless.status.code(), Some(3), "{}", text(&agentless.stderr));
    for words in ["diagnose hub --record=16", "diagnose hub --record=0", "diagnose --schema --record"] {
        assert_eq!(home.output(words).status.code(), Some(2), "{words}");
    }
    let _agent = home.run("run");
    let post = |body: &str| answer(ask(&home, "POST /v1/diagnostics/recording", "", body));
    for odd in [r#"{"seconds":0}"#, r#"{"seconds":901}"#, r#"{"minutes":1}"#, "x"] {
        assert_eq!(post(odd).0, 400, "{odd}");
    }
    let (status, begun) = post(r#"{"seconds":1}"#);
    assert_eq!((status, post("")), (200, (200, begun)), "one that is under way goes on as it is");
    eventually("it is over by itself", PATIENCE, || {
        (marks(&home) == 2 && home.status()?["agent"]["recording"].is_null()).then_some(())
    });
    let (status, none) = answer(ask(&home, "DELETE /v1/diagnostics/recording", "", ""));
    assert_eq!((status, none.as_str()), (200, r#"{"recording":null}"#));
}
