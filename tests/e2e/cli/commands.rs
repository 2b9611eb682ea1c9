//! Agent, demo server and commands as separate processes on homes of their own.

#[cfg(unix)]
use std::io::{BufRead as _, BufReader};
use std::{process::Stdio, time::Duration};

use serde_json::{Value, json};

#[cfg(target_os = "linux")]
use crate::stage::on_a_terminal;
use crate::stage::{Home, PATIENCE, RECOVERY, Running, demo_server, eventually, full_pipe, text};

#[test]
fn run_demo_brings_six_endpoints_up() {
    let home = Home::new();
    let _agent = home.run("run --demo");
    let status = eventually("six endpoints are connected", RECOVERY, || {
        let status = home.status()?;
        let connected = |endpoint: &Value| endpoint["state"] == "connected";
        status["endpoints"].as_array()?.iter().all(connected).then_some(status)
    });
    assert_eq!(status["endpoints"].as_array().unwrap().len(), 6);
    assert_eq!(status["overall"], "connected");

    let table = home.output("status");
    let table = text(&table.stdout);
    assert!(table.contains("All 6 endpoints are connected"), "{table}");
    assert!(!table.contains('\u{1b}'), "no colour in a pipe");
    assert!(!table.contains("token"), "no token in a pipe");
}

#[cfg(unix)]
#[test]
fn a_stopped_server_shows_and_a_restarted_one_is_found_again() {
    let bystander = Home::new();
    let (mut server, port) = demo_server(&bystander, 0);
    let home = Home::with_demo_on(port);
    let _agent = home.run("run");
    home.wait_for_state("hub", "connected", PATIENCE);

    server.terminate();
    assert_eq!(server.wait().code(), Some(0));
    home.wait_for_state("hub", "reconnecting", PATIENCE);
    let table = text(&home.output("status").stdout);
    assert!(table.contains("reconnecting") && table.contains('└'), "state and cause are shown:\n{table}");

    let (_server, _) = demo_server(&bystander, port);
    home.wait_for_state("hub", "connected", RECOVERY);
}

#[test]
fn a_second_agent_on_the_same_home_is_refused_with_the_pid() {
    let home = Home::with_demo_on(9);
    let agent = home.run("run");
    let second = home.output("run");
    assert_eq!(second.status.code(), Some(1));
    let errors = text(&second.stderr);
    assert!(errors.contains("already running"), "{errors}");
    assert!(errors.contains(&agent.child.id().to_string()), "{errors}");
    assert!(home.status().is_some(), "the first one is unharmed");
}

#[test]
fn without_an_agent_commands_say_how_to_start_one() {
    let home = Home::new();
    for words in ["status", "status --json", "status --watch", "listen hub", "pause --all", "reconnect hub"] {
        let output = home.output(words);
        assert_eq!(output.status.code(), Some(3), "{words}");
        assert!(output.stdout.is_empty(), "{words}");
        assert!(text(&output.stderr).contains("linekeeper run"), "{words}");
    }
}

#[test]
fn a_gateway_file_left_by_a_killed_agent_does_not_mislead() {
    let home = Home::with_demo_on(9);
    let mut agent = home.run("run");
    agent.child.kill().unwrap();
    agent.wait();
    assert!(home.gateway_file().exists(), "killed, it could not clean up");
    let output = home.output("status");
    assert_eq!(output.status.code(), Some(3));
    assert!(text(&output.stderr).contains("does not answer"));
    let _agent = home.run("run");
}

#[test]
fn wrong_usage_is_told_with_status_2() {
    let home = Home::new();
    for words in ["", "fly", "pause", "pause hub --all", "listen", "listen Not-An-Id!", "demo --listen here"]
    {
        let output = home.output(words);
        assert_eq!(output.status.code(), Some(2), "{words:?}");
        assert!(output.stdout.is_empty(), "{words:?}");
    }
    for words in ["--help", "run --help", "config show --help"] {
        let help = home.output(words);
        assert_eq!(help.status.code(), Some(0));
        assert!(text(&help.stdout).contains("linekeeper "), "{words}");
    }
}

#[test]
fn a_broken_configuration_is_named_and_the_agent_runs() {
    let home = Home::with_config(
        r#"{ "websocket": { "connections": { "pulse": { "urll": "ws://localhost:1" } } } }"#,
    );
    let check = home.output("config check");
    assert_eq!(check.status.code(), Some(1));
    let issues = text(&check.stdout);
    assert!(issues.contains("websocket.connections.pulse") && issues.contains("url"), "{issues}");
    assert!(issues.contains("config.json"), "{issues}");

    let mut agent = home.run("run");
    let status = home.status().unwrap();
    assert_eq!(status["problems"][0]["code"], "config_invalid", "{status:#}");
    assert!(text(&home.output("status").stdout).contains('!'));
    agent.child.kill().unwrap();
    let errors = agent.errors();
    assert!(errors.contains("urll"), "{errors}");
}

#[test]
fn configuration_can_be_looked_at() {
    let home = Home::with_demo_on(9);
    let path = text(&home.output("config path").stdout);
    assert_eq!(path.trim_end(), home.path("config.json").to_str().unwrap());
    let check = home.output("config check");
    assert_eq!((check.status.code(), text(&check.stdout).contains("2 endpoints")), (Some(0), true));
    for words in ["config check nowhere.json", "run --config nowhere.json"] {
        let output = home.output(words);
        assert_eq!(output.status.code(), Some(1), "{words}");
        assert!(text(&output.stderr).contains("nowhere.json does not exist"), "{words}");
    }

    let shown: Value = serde_json::from_slice(&home.output("config show --json").stdout).unwrap();
    let from = |path: &str| {
        let values = shown["values"].as_array().unwrap();
        values.iter().find(|value| value["path"] == path).map(|value| value["from"].clone())
    };
    assert_eq!(from("websocket.reconnection.max_delay"), Some(json!("file")), "{shown:#}");
    assert_eq!(from("gateway.listen"), Some(json!("default")), "{shown:#}");
    let schema: Value = serde_json::from_slice(&home.output("config schema").stdout).unwrap();
    assert!(schema["properties"]["websocket"].is_object());
}

#[cfg(unix)]
#[test]
fn sigterm_ends_the_agent_politely() {
    let home = Home::with_demo_on(9);
    let mut agent = home.run("run");
    assert!(home.gateway_file().exists());
    let mut watcher = home.start("status --watch --json");
    let first: Value = serde_json::from_str(&watcher.line()).unwrap();
    assert_eq!(first["agent"]["pid"], agent.child.id());

    agent.terminate();
    assert_eq!(agent.wait().code(), Some(0));
    assert!(!home.gateway_file().exists());
    assert_eq!(watcher.wait().code(), Some(3), "the watcher says that the agent ended");
}

#[test]
fn a_closed_pipe_ends_a_program_quietly() {
    let bystander = Home::new();
    let (_server, port) = demo_server(&bystander, 0);
    let home = Home::with_demo_on(port);
    let _agent = home.run("run");
    for words in ["listen market", "config schema", "status"] {
        let mut command = home.command(words);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        drop(child.stdout.take());
        let status = eventually(words, PATIENCE, || child.try_wait().unwrap());
        let errors = text(&child.wait_with_output().unwrap().stderr);
        assert_eq!((status.code(), errors.as_str()), (Some(0), ""), "{words}");
    }
}

#[cfg(unix)]
#[test]
fn a_reader_that_goes_away_is_noticed_though_nothing_is_written() {
    let home = Home::with_demo_on(9);
    let _agent = home.run("run");
    assert!(home.output("pause --all").status.success());
    home.wait_for_state("hub", "disconnected", PATIENCE);
    home.wait_for_state("market", "disconnected", PATIENCE);
    for (words, writes) in [("listen hub", false), ("status --watch --json", true), ("status --watch", true)]
    {
        let mut command = home.command(words);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        if writes {
            out.read_line(&mut String::new()).unwrap();
        }
        drop(out);
        let status = eventually(words, PATIENCE, || child.try_wait().unwrap());
        let errors = text(&child.wait_with_output().unwrap().stderr);
        assert_eq!((status.code(), errors.as_str()), (Some(0), ""), "{words}");
    }
}

#[cfg(unix)]
#[test]
fn an_agent_without_a_gateway_is_not_said_to_be_none() {
    let home = Home::with_config(r#"{ "gateway": { "enabled": false } }"#);
    let mut agent = home.start("run");
    let errors = eventually("the agent has its home", PATIENCE, || {
        let output = home.output("status");
        (output.status.code() == Some(1)).then(|| text(&output.stderr))
    });
    let pid = agent.child.id().to_string();
    assert!(errors.contains(&format!("pid {pid}")) && errors.contains("no gateway"), "{errors}");
    assert!(!errors.contains("linekeeper run"), "another one would be refused: {errors}");
    agent.terminate();
    assert_eq!(agent.wait().code(), Some(0));
    assert_eq!(home.output("status").status.code(), Some(3));
}

#[cfg(unix)]
#[test]
fn a_pipe_that_nobody_reads_does_not_keep_a_program_from_ending() {
    let home = Home::with_demo_on(9);
    let (_reader, writer) = full_pipe();
    let mut agent = home.command("run");
    let mut agent = Running::adopt(agent.stdout(writer).spawn().unwrap());
    eventually("the agent answers", PATIENCE, || home.status());
    let (_reader, writer) = full_pipe();
    let mut watcher = home.command("status --watch --json");
    let mut watcher = Running::adopt(watcher.stdout(writer).spawn().unwrap());
    eventually("watcher and this question are connected", PATIENCE, || {
        (home.status()?["gateway"]["connections"].as_u64()? >= 2).then_some(())
    });
    for program in [&mut watcher, &mut agent] {
        program.terminate();
        assert_eq!(program.wait().code(), Some(0));
    }
    assert!(!home.gateway_file().exists());
}

#[test]
fn listen_prints_messages_one_per_line() {
    let bystander = Home::new();
    let (_server, port) = demo_server(&bystander, 0);
    let home = Home::with_demo_on(port);
    let _agent = home.run("run");
    let raw = home.start("listen hub");
    let with_frame = home.start("listen hub --json");
    // A reconnect makes the hub greet anew, whatever came before.
    home.wait_for_state("hub", "connected", PATIENCE);
    let nudge = || assert!(home.output("reconnect hub").status.success());
    let line = eventually("a raw line", PATIENCE, || {
        nudge();
        raw.lines.recv_timeout(Duration::from_millis(500)).ok()
    });
    let payload: Value = serde_json::from_str(&line).unwrap();
    assert_eq!(payload["type"], "connection_established", "{line}");
    let message: Value = serde_json::from_str(&with_frame.line()).unwrap();
    assert_eq!(
        (&message["endpoint"], &message["data"]["type"]),
        (&json!("hub"), &json!("connection_established"))
    );

    let unknown = home.output("listen nobody");
    assert_eq!(unknown.status.code(), Some(1));
    let errors = text(&unknown.stderr);
    assert!(errors.contains("hub") && errors.contains("market"), "the known ones are named: {errors}");
}

#[test]
fn pause_and_resume_work_for_one_and_for_all() {
    let bystander = Home::new();
    let (_server, port) = demo_server(&bystander, 0);
    let home = Home::with_demo_on(port);
    let _agent = home.run("run");
    home.wait_for_state("hub", "connected", PATIENCE);
    assert_eq!(home.output("pause hub").status.code(), Some(0));
    home.wait_for_state("hub", "disconnected", PATIENCE);
    home.wait_for_state("market", "connected", PATIENCE);
    assert!(text(&home.output("status").stdout).contains("paused"));
    assert_eq!(home.output("pause --all").status.code(), Some(0));
    home.wait_for_state("market", "disconnected", PATIENCE);
    assert_eq!(home.output("resume --all").status.code(), Some(0));
    home.wait_for_state("hub", "connected", PATIENCE);
    home.wait_for_state("market", "connected", PATIENCE);

    let unknown = home.output("pause nobody");
    assert_eq!(unknown.status.code(), Some(1));
    assert!(text(&unknown.stderr).contains("hub"), "{}", text(&unknown.stderr));
}

#[cfg(target_os = "linux")]
#[test]
fn a_terminal_gets_colour_and_the_link_unless_no_color_is_set() {
    let home = Home::with_demo_on(9);
    let _agent = home.run("run");
    let coloured = on_a_terminal(home.command("status"), |_| false);
    assert!(coloured.contains("\u{1b}[") && coloured.contains("/#token="), "{coloured:?}");
    let mut plain = home.command("status");
    plain.env("NO_COLOR", "1");
    let plain = on_a_terminal(plain, |_| false);
    assert!(!plain.contains('\u{1b}') && plain.contains("/#token="), "{plain:?}");
}

#[cfg(target_os = "linux")]
#[test]
fn the_live_view_gives_the_terminal_back() {
    let home = Home::with_demo_on(9);
    let shown = on_a_terminal(home.command("run"), |written| written.contains("Ctrl-C stops"));
    assert!(shown.contains("\u{1b}[?1049h") && shown.contains("hub"), "{shown:?}");
    let after = &shown[shown.rfind("\u{1b}[?1049l").expect("the alternate screen is left")..];
    assert!(shown.contains("\u{1b}[?25h") && !after.contains("\u{1b}[?25l"), "the cursor is back");
    assert!(!home.gateway_file().exists());
}
