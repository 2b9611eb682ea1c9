//! Many agents started at once on one home: one owns it, whoever that is, and the others say so and go.

use std::{
    process::{Child, Stdio},
    time::Duration,
};

use serde_json::json;

use crate::{
    send::{feed, home_for, told},
    stage::{Home, PATIENCE, eventually, text},
};

/// Together a hundred starts.
const ROUNDS: usize = 5;
const AGENTS: usize = 20;

fn start(home: &Home) -> Child {
    let mut command = home.command("run");
    command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap()
}

/// Waits until all but one have ended; gives the one, and what the others said.
fn sort_out(mut agents: Vec<Child>) -> (Child, Vec<String>) {
    let mut sayings = Vec::new();
    eventually("all but one end", PATIENCE * 2, || {
        for at in (0..agents.len()).rev() {
            if let Some(status) = agents[at].try_wait().unwrap() {
                let ended = agents.swap_remove(at).wait_with_output().unwrap();
                assert_eq!(status.code(), Some(1), "{}", text(&ended.stderr));
                sayings.push(text(&ended.stderr));
            }
        }
        assert!(!agents.is_empty(), "nobody owns the home: {sayings:#?}");
        (agents.len() == 1).then_some(())
    });
    (agents.remove(0), sayings)
}

#[test]
fn of_a_hundred_agents_started_on_one_home_one_at_a_time_owns_it() {
    let home = home_for("ws://127.0.0.1:9/", &json!({}));
    let mut sent = 0;
    for round in 0..ROUNDS {
        let (mut owner, sayings) = sort_out((0..AGENTS).map(|_| start(&home)).collect());
        assert_eq!(sayings.len(), AGENTS - 1);
        for saying in &sayings {
            assert!(saying.contains("already running"), "{saying}");
        }
        // The one that is left is the one that works: it answers, and takes messages.
        let status = eventually("the owner answers", PATIENCE, || home.status());
        assert_eq!(status["agent"]["pid"], owner.id());
        let output = feed(&home, "send hub", format!("round {round}\n").as_bytes());
        sent += told(&output).len();
        let verified = home.output("outbox verify");
        assert!(verified.status.success(), "{}", text(&verified.stdout));
        // Killed, it leaves locks and files behind that mean nothing to the next one.
        owner.kill().unwrap();
        owner.wait().unwrap();
    }
    let started = std::time::Instant::now();
    let _agent = home.run("run");
    assert!(started.elapsed() < Duration::from_secs(10), "a dead owner is not waited for");
    assert_eq!(sent, ROUNDS);
    let stats = home.output("outbox stats hub");
    assert!(text(&stats.stdout).contains("5 accepted = 5 waiting"), "{}", text(&stats.stdout));
}
