//! Files of waiting messages that are damaged or taken away, as a person with the real program meets it: it starts, says
//! what happened and how much was saved, and goes on.

use std::fs;

use model::{ErrorCode, Problem};
use serde_json::json;

use crate::{
    send::{feed, home_for, told},
    stage::{Home, PATIENCE, eventually, text},
};

/// Nobody listens there.
const NOWHERE: &str = "ws://127.0.0.1:9/";
const MESSAGES: usize = 2_000;

/// A home whose agent was told to keep messages.
fn filled() -> Home {
    let home = home_for(NOWHERE, &json!({}));
    let mut agent = home.run("run");
    let input: String = (1..=MESSAGES).map(|number| format!("message {number}\n")).collect();
    assert_eq!(told(&feed(&home, "send hub", input.as_bytes())).len(), MESSAGES);
    agent.terminate();
    assert!(agent.wait().success());
    home
}

fn damage(home: &Home) -> Problem {
    eventually("the damage is told", PATIENCE, || {
        home.snapshot()?.problems.into_iter().find(|problem| problem.code == ErrorCode::BufferDamaged)
    })
}

fn queued(home: &Home) -> usize {
    let stats: serde_json::Value =
        serde_json::from_slice(&home.output("outbox stats hub --json").stdout).expect("one JSON document");
    assert_eq!(stats["books"]["balanced"], true, "{stats:#}");
    stats["queued"].as_u64().and_then(|count| count.try_into().ok()).expect("a count")
}

#[test]
fn an_agent_starts_on_a_file_that_was_cut_off_and_says_how_much_was_saved() {
    let home = filled();
    let file = fs::File::options().write(true).open(home.path("data/buffer/hub/outbox.db")).unwrap();
    file.set_len(file.metadata().unwrap().len() / 2).unwrap();
    let mut agent = home.run("run");
    let problem = damage(&home);
    let saved = queued(&home);
    println!("{}: {}", problem.message, problem.detail);
    assert!(saved > 0 && saved < MESSAGES, "{saved}");
    let words = format!("{saved} messages were saved");
    assert!(problem.detail.contains(&words) && problem.detail.contains("quarantine"), "{problem:?}");
    // Every message that is left is one that was handed over, and new ones are taken.
    let exported = text(&home.output("outbox export hub").stdout);
    assert_eq!(exported.lines().filter(|line| line.contains("\"message ")).count(), saved);
    assert_eq!(told(&feed(&home, "send hub", b"one more\n")).len(), 1);
    assert_eq!(queued(&home), saved + 1);
    agent.terminate();
    assert!(agent.wait().success());
}

#[test]
fn an_agent_whose_file_was_emptied_does_not_keep_silent_about_it() {
    let home = filled();
    fs::File::options().write(true).open(home.path("data/buffer/hub/outbox.db")).unwrap().set_len(0).unwrap();
    let _agent = home.run("run");
    let problem = damage(&home);
    assert!(problem.detail.contains("quarantine"), "{problem:?}");
    assert_eq!(told(&feed(&home, "send hub", b"one more\n")).len(), 1);
    assert_eq!(queued(&home), 1);
}

#[cfg(unix)]
#[test]
fn a_file_deleted_under_a_running_agent_is_written_anew_with_everything_in_it() {
    let home = filled();
    let mut agent = home.run("run");
    // Opened, because messages wait.
    eventually("they are seen", PATIENCE, || {
        (home.snapshot()?.endpoints[0].outbox.queued == MESSAGES as u64).then_some(())
    });
    fs::remove_file(home.path("data/buffer/hub/outbox.db")).unwrap();
    let problem = damage(&home);
    assert!(problem.detail.contains(&format!("{MESSAGES} messages were saved")), "{problem:?}");
    agent.child.kill().unwrap();
    agent.wait();
    let _agent = home.run("run");
    assert_eq!(queued(&home), MESSAGES);
}
