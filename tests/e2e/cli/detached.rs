//! An agent in the background, whose terminal or journal goes away: its connections stay.

use std::{
    fs::File,
    process::{Command, Stdio},
};

use rustix::process::{Pid, Signal, kill_process};

use crate::stage::{Home, PATIENCE, Running, eventually};

/// The agent obeys, and says so.
fn obeys(home: &Home, agent: &mut Running) {
    for (order, state) in [("pause", "disconnected"), ("resume", "reconnecting")] {
        let output = home.output(&format!("{order} hub"));
        assert!(output.status.success(), "{order}: {}", String::from_utf8_lossy(&output.stderr));
        home.wait_for_state("hub", state, PATIENCE);
    }
    assert!(agent.child.try_wait().unwrap().is_none(), "it has ended");
}

#[test]
fn an_agent_that_nohup_started_outlives_its_terminal() {
    let home = Home::with_demo_on(9);
    let mut command = Command::new("nohup");
    command.args([env!("CARGO_BIN_EXE_linekeeper"), "run"]).env("LINEKEEPER_HOME", home.path(""));
    let mut agent = Running::start({
        command.stdin(Stdio::null());
        command
    });
    eventually("the agent answers", PATIENCE, || home.status());
    kill_process(Pid::from_child(&agent.child), Signal::HUP).unwrap();
    obeys(&home, &mut agent);
    agent.terminate();
    assert_eq!(agent.wait().code(), Some(0));
}

#[test]
fn a_full_disk_under_the_journal_is_no_reason_to_let_connections_go() {
    let home = Home::with_demo_on(9);
    let full = File::options().write(true).open("/dev/full").unwrap();
    let mut command = home.command("run");
    command.stdout(full).stderr(Stdio::piped());
    let mut agent = Running::adopt(command.spawn().unwrap());
    eventually("the agent answers", PATIENCE, || home.status());
    obeys(&home, &mut agent);
    agent.terminate();
    assert_eq!(agent.wait().code(), Some(0));
    let said = agent.errors();
    assert_eq!(said.matches("the journal has gaps").count(), 1, "{said}");
}
