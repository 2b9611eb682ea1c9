//! `linekeeper outbox` against a real agent whose server is away, or refuses.

use serde_json::{Value, json};
use suites::{Manners, Receiver};

use crate::{
    send::{feed, home_for, told},
    stage::{Home, PATIENCE, eventually, text},
};

/// Nobody listens there.
const NOWHERE: &str = "ws://127.0.0.1:9/";

fn lines(home: &Home, words: &str) -> Vec<Value> {
    let output = home.output(words);
    assert_eq!(output.status.code(), Some(0), "{words}: {}", text(&output.stderr));
    text(&output.stdout).lines().map(|line| serde_json::from_str(line).expect("a line of JSON")).collect()
}

fn document(home: &Home, words: &str) -> Value {
    let output = home.output(words);
    assert_eq!(output.status.code(), Some(0), "{words}: {}", text(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("one JSON document")
}

fn printed(home: &Home, words: &str) -> String {
    let output = home.output(words);
    assert_eq!(output.status.code(), Some(0), "{words}: {}", text(&output.stderr));
    text(&output.stdout)
}

#[test]
fn what_waits_can_be_looked_at_exported_and_checked() {
    let home = home_for(NOWHERE, &json!({}));
    let agent = home.run("run");
    assert!(printed(&home, "outbox stats").contains("hub"));
    assert!(text(&home.output("outbox list hub").stderr).contains("There are none."));
    let input: String = (1..=230).map(|number| format!("message {number}\n")).collect();
    let sent = told(&feed(&home, "send hub", input.as_bytes()));

    let stats = document(&home, "outbox stats hub --json");
    assert_eq!((&stats["queued"], &stats["books"]["accepted"]), (&json!(230), &json!(230)));
    assert_eq!((&stats["books"]["balanced"], &stats["level"]), (&json!(true), &json!("power")));
    let table = printed(&home, "outbox stats hub");
    assert!(table.contains("a power cut") && table.contains("230 accepted = 230 waiting"), "{table}");
    assert!(!table.contains('\u{1b}'), "no colour in a pipe");
    let all = eventually("the status shows them", PATIENCE, || {
        let all = document(&home, "outbox stats --json");
        (all[0]["queued"] == 230).then_some(all)
    });
    assert_eq!(all[0]["endpoint"], "hub");

    let table = printed(&home, "outbox list hub");
    assert_eq!(table.lines().count(), 21, "twenty and a title");
    assert!(table.contains(&sent[0].0) && table.contains("message 20") && !table.contains("message 21"));
    // More than the agent gives at once.
    let listed = lines(&home, "outbox list hub --json --limit 210");
    let ids = |messages: &[Value]| -> Vec<String> {
        messages.iter().map(|message| message["id"].as_str().unwrap().to_owned()).collect()
    };
    let expected: Vec<String> = sent.iter().map(|(id, _)| id.clone()).collect();
    assert_eq!(ids(&listed), expected[..210]);

    let exported = lines(&home, "outbox export hub");
    assert_eq!(ids(&exported), expected);
    assert_eq!((&exported[229]["data"], &exported[229]["format"]), (&json!("message 230"), &json!("text")));
    let verified = document(&home, "outbox verify --json");
    assert_eq!((&verified[0]["messages"], &verified[0]["damaged"]), (&json!(230), &json!(0)));
    assert_eq!(printed(&home, "outbox verify hub"), "hub: 230 messages read, all sound\n");
    drop(agent);
}

#[test]
fn messages_that_wait_can_be_thrown_away_one_by_one_or_all() {
    let home = home_for(NOWHERE, &json!({}));
    let _agent = home.run("run");
    let sent = told(&feed(&home, "send hub --id odd/%2e?#", b"1\n2\n3\n4\n"));
    let queued = || document(&home, "outbox stats hub --json")["queued"].clone();

    let nobody_to_ask = home.output("outbox drop hub --waiting");
    assert_eq!(nobody_to_ask.status.code(), Some(2));
    assert!(text(&nobody_to_ask.stderr).contains("--yes"));
    assert_eq!(queued(), 4);
    let mut command = home.command("outbox drop hub --yes");
    let output = command.args([&sent[1].0, &sent[3].0]).output().unwrap();
    assert!(text(&output.stderr).contains("Thrown away: 2 messages."), "{}", text(&output.stderr));
    assert_eq!(queued(), 2);
    let unknown = home.output("outbox drop hub nothing --yes");
    assert_eq!(unknown.status.code(), Some(1));
    assert!(text(&home.output("outbox drop hub --waiting --yes").stderr).contains("2 messages"));
    assert!(text(&home.output("outbox drop hub --waiting --yes").stderr).contains("There are none."));
    assert!(printed(&home, "outbox stats hub").contains("4 accepted = 4 thrown away"));
}

#[cfg(target_os = "linux")]
#[test]
fn a_person_is_asked_before_anything_is_thrown_away() {
    let home = home_for(NOWHERE, &json!({}));
    let _agent = home.run("run");
    feed(&home, "send hub", b"1\n2\n3\n");
    let asked = |answer: &str| {
        let command = home.command("outbox drop hub --waiting");
        crate::stage::answering_on_a_terminal(command, "[y/N]", answer)
    };
    let kept = asked("n\n");
    assert!(kept.contains("Throw away 3 messages that wait (3 B), unsent of hub?"), "{kept:?}");
    assert!(kept.contains("Nothing was thrown away"), "{kept:?}");
    assert_eq!(document(&home, "outbox stats hub --json")["queued"], 3);
    assert!(asked("y\n").contains("Thrown away: 3 messages."));
    assert_eq!(document(&home, "outbox stats hub --json")["queued"], 0);
}

#[test]
fn a_message_that_was_given_up_can_be_seen_retried_and_thrown_away() {
    let receiver = Receiver::start(Manners { largest: 100, ..Manners::default() }).unwrap();
    let home = home_for(&receiver.url(), &json!({}));
    let _agent = home.run("run");
    let input = format!("small\n{}\nsmall too\n", "x".repeat(200));
    let sent = told(&feed(&home, "send hub", input.as_bytes()));
    let given_up = |count: usize| {
        eventually("the large one is given up", PATIENCE * 3, || {
            let letters = lines(&home, "outbox dead hub --json");
            (letters.len() == count).then_some(letters)
        })
    };
    let letters = given_up(1);
    assert_eq!(letters[0]["id"], *sent[1].0);
    let table = printed(&home, "outbox dead hub");
    assert!(table.contains(&sent[1].0) && table.contains("Cause"), "{table}");
    let exported = lines(&home, "outbox export hub --dead");
    assert_eq!(exported[0]["data"].as_str().map(str::len), Some(200));
    eventually("the others arrive", PATIENCE * 3, || {
        let texts = receiver.texts();
        ["small", "small too"].iter().all(|text| texts.iter().any(|came| came == text)).then_some(())
    });

    home.output("pause hub");
    home.wait_for_state("hub", "disconnected", PATIENCE);
    let mut command = home.command("outbox retry hub");
    let retried = command.arg(&sent[1].0).output().unwrap();
    let again = told(&retried);
    assert_eq!((again[0].0.as_str(), again[0].1 > sent[2].1), (sent[1].0.as_str(), true), "at the end");
    assert_eq!(document(&home, "outbox stats hub --json")["queued"], 1);
    home.output("resume hub");
    given_up(1);
    assert_eq!(home.output("outbox retry hub nothing").status.code(), Some(1));
    assert!(text(&home.output("outbox drop hub --dead --yes").stderr).contains("1 message."));
    assert!(text(&home.output("outbox retry hub --all").stderr).contains("There are none."));
    let stats = document(&home, "outbox stats hub --json");
    assert_eq!(stats["books"]["balanced"], true, "{stats:#}");
}

#[test]
fn without_an_agent_or_an_endpoint_it_says_so() {
    let home = home_for(NOWHERE, &json!({}));
    let commands = [
        "stats",
        "stats hub --json",
        "list hub",
        "dead hub",
        "retry hub --all",
        "drop hub --dead --yes",
        "export hub",
        "verify",
    ];
    for words in commands {
        let output = home.output(&format!("outbox {words}"));
        assert_eq!((output.status.code(), output.stdout.len()), (Some(3), 0), "{words}");
        assert!(text(&output.stderr).contains("linekeeper run"), "{words}");
    }
    let _agent = home.run("run");
    for words in ["stats nobody", "list nobody", "export nobody", "verify nobody"] {
        let output = home.output(&format!("outbox {words}"));
        assert_eq!((output.status.code(), output.stdout.len()), (Some(1), 0), "{words}");
        assert!(text(&output.stderr).contains("hub"), "{words}: {}", text(&output.stderr));
    }
    for words in ["", "list", "retry hub", "drop hub", "drop hub --dead --waiting", "retry hub x --all"] {
        assert_eq!(home.output(&format!("outbox {words}")).status.code(), Some(2), "{words:?}");
    }
}
