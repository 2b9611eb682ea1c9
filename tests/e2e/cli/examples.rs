//! The examples of the README, run as they stand against a real agent.

use std::{
    path::{Path, PathBuf},
    process::{Command, Output},
};

use serde_json::json;
use suites::{Manners, Receiver};

use crate::{
    send::home_for,
    stage::{Home, PATIENCE, eventually, text},
};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(3).unwrap().join("docs/examples")
}

/// Runs an example where `linekeeper` is found as after an installation.
fn run(home: &Home, interpreter: &str, name: &str) -> Output {
    let programs = Path::new(env!("CARGO_BIN_EXE_linekeeper")).parent().unwrap();
    let path = std::env::var("PATH").unwrap();
    let mut command = Command::new(interpreter);
    command.arg(folder().join(name)).env("PATH", format!("{}:{path}", programs.display()));
    // The token and the messages are no proxy's business.
    command.env("http_proxy", "http://127.0.0.1:9").env_remove("no_proxy").env_remove("NO_PROXY");
    command.env("LINEKEEPER_HOME", home.path(".")).output().unwrap()
}

#[test]
fn every_example_hands_messages_over() {
    let receiver = Receiver::start(Manners::default()).unwrap();
    let home = home_for(&receiver.url(), &json!({}));
    let _agent = home.run("run");
    let examples = [
        ("sh", "curl.sh", "hello from curl", 1),
        ("python3", "python.py", "hello from Python", 1),
        ("node", "javascript.mjs", "hello from JavaScript", 1),
        ("sh", "shell.sh", "hello from the shell", 3),
    ];
    for (interpreter, name, greeting, count) in examples {
        let output = run(&home, interpreter, name);
        let (out, errors) = (text(&output.stdout), text(&output.stderr));
        assert!(output.status.success(), "{name}: {out}{errors}");
        eventually(&format!("what {name} sent arrives"), PATIENCE, || {
            let texts = receiver.texts();
            (texts.iter().filter(|text| text.contains(greeting)).count() == count).then_some(())
        });
        assert!(!out.is_empty(), "{name} says what became of it");
    }
    let mut known: Vec<&str> = examples.iter().map(|(_, name, _, _)| *name).collect();
    let entries = std::fs::read_dir(folder()).unwrap();
    let mut found: Vec<String> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    known.sort_unstable();
    found.sort_unstable();
    assert_eq!(found, known, "every example is run");
}

#[test]
fn no_example_is_longer_than_five_lines() {
    for entry in std::fs::read_dir(folder()).unwrap() {
        let path = entry.unwrap().path();
        let example = std::fs::read_to_string(&path).unwrap();
        let code = example.lines().filter(|line| !line.is_empty() && !line.starts_with(['#', '/'])).count();
        assert!((1..=5).contains(&code), "{}: {code} lines", path.display());
    }
}
