//! `linekeeper send` against a real agent and a server that keeps what it gets.

use std::{
    io::{Read as _, Write as _},
    process::{Child, ChildStdin, Output, Stdio},
};

use serde_json::{Value, json};
use suites::{Manners, Receiver};

use crate::stage::{Home, PATIENCE, Running, eventually, text};

/// Nobody listens there.
const NOWHERE: &str = "ws://127.0.0.1:9/";

/// A home with the one endpoint `hub` and a gateway on another port at each start.
pub(crate) fn home_for(url: &str, more: &Value) -> Home {
    let mut endpoint = json!({ "url": url });
    for (key, value) in more.as_object().expect("an object") {
        endpoint[key] = value.clone();
    }
    let config = json!({
        "websocket": { "connections": { "hub": endpoint } },
        "gateway": { "listen": "127.0.0.1:0" },
    });
    Home::with_config(&config.to_string())
}

fn start(home: &Home, words: &str) -> Child {
    let mut command = home.command(words);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

/// Runs a command with this input to its end.
pub(crate) fn feed(home: &Home, words: &str, input: &[u8]) -> Output {
    let mut child = start(home, words);
    let mut stdin = child.stdin.take().unwrap();
    let input = input.to_vec();
    // A program that ends early does not read everything.
    let writer = std::thread::spawn(move || drop(stdin.write_all(&input)));
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    output
}

/// `ID SEQ`, line by line.
pub(crate) fn told(output: &Output) -> Vec<(String, u64)> {
    text(&output.stdout).lines().map(id_and_seq).collect()
}

fn id_and_seq(line: &str) -> (String, u64) {
    let (id, seq) = line.split_once(' ').expect("ID SEQ");
    (id.to_owned(), seq.parse().unwrap())
}

fn arrived(receiver: &Receiver, count: usize) -> Vec<String> {
    eventually(&format!("{count} messages arrive"), PATIENCE, || {
        let texts = receiver.texts();
        (texts.len() >= count).then_some(texts)
    })
}

#[test]
fn lines_arrive_unchanged_and_are_told_in_their_order() {
    let receiver = Receiver::start(Manners::default()).unwrap();
    let home = home_for(&receiver.url(), &json!({}));
    let _agent = home.run("run");
    let odd =
        ["{\"b\": 1e400,  \"a\":0.10}", "no JSON, \"quoted\"", " spaces ", "بازار 市場", "[1", "\"text\""];
    let mut lines: Vec<String> = odd.iter().map(|line| (*line).to_owned()).collect();
    lines.extend((0..1_500).map(|number| format!("{{\"number\":{number}}}")));
    let mut input = lines.join("\n").into_bytes();
    input.extend_from_slice(b"\n\r\n\nlast, after empty lines\r\n");
    lines.push("last, after empty lines".to_owned());

    let output = feed(&home, "send hub", &input);
    assert_eq!((output.status.code(), text(&output.stderr).as_str()), (Some(0), ""));
    let told = told(&output);
    assert_eq!(told.len(), lines.len());
    assert!(told.windows(2).all(|pair| pair[0].1 < pair[1].1), "in order");
    let ids: std::collections::HashSet<&String> = told.iter().map(|(id, _)| id).collect();
    assert_eq!(ids.len(), lines.len());
    assert_eq!(arrived(&receiver, lines.len()), lines);
}

#[test]
fn a_file_can_be_sent_and_each_message_told_as_json() {
    let home = home_for(NOWHERE, &json!({}));
    let _agent = home.run("run");
    std::fs::write(home.path("orders"), "one\n\ntwo").unwrap();
    let file = home.path("orders");
    let output = home.output(&format!("send hub --json --file {}", file.display()));
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let told: Vec<Value> =
        text(&output.stdout).lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!((&told[0]["line"], &told[1]["line"]), (&json!(1), &json!(3)));
    assert_eq!((&told[0]["duplicate"], told.len()), (&json!(false), 2));
    assert!(told[0]["seq"].as_u64() < told[1]["seq"].as_u64());
    assert_eq!(told[0]["level"], "power");
}

#[test]
fn messages_that_survive_nothing_are_not_passed_off_as_safe() {
    let home = home_for(NOWHERE, &json!({ "buffer": { "durability": "memory" } }));
    let _agent = home.run("run");
    let output = feed(&home, "send hub", b"one\ntwo\n");
    assert_eq!((output.status.code(), told(&output).len()), (Some(0), 2));
    let notes = text(&output.stderr);
    assert!(
        notes.contains("from line 1 on") && notes.contains("in memory") && notes.lines().count() == 1,
        "{notes}"
    );
}

#[test]
fn an_agent_that_is_killed_in_mid_stream_is_waited_for() {
    let receiver = Receiver::start(Manners::default()).unwrap();
    let home = home_for(&receiver.url(), &json!({ "envelope": true }));
    let mut agent = home.run("run");
    let mut child = start(&home, "send hub --wait 60");
    let mut input = child.stdin.take().unwrap();
    let lines = crate::stage::read_lines(child.stdout.take().unwrap());
    let mut sender = Running { child, lines };
    let say = |input: &mut ChildStdin, text: &str| writeln!(input, "{text}").unwrap();

    let mut ids = Vec::new();
    for round in 0..3 {
        say(&mut input, &format!("before {round}"));
        ids.push(id_and_seq(&sender.line()).0);
        agent.child.kill().unwrap();
        agent.child.wait().unwrap();
        say(&mut input, &format!("meanwhile {round}"));
        agent = home.run("run");
        ids.push(id_and_seq(&sender.line()).0);
    }
    drop(input);
    assert_eq!(sender.wait().code(), Some(0));
    let notes = sender.errors();
    assert!(notes.contains("the agent went away") && notes.contains("60 s"), "{notes}");
    assert!(notes.contains("going on with line 2"), "{notes}");

    let receipts = eventually("all six arrive", PATIENCE, || {
        let opened: Vec<_> = receiver.receipts().iter().filter_map(suites::Receipt::opened).collect();
        let came = |id: &String| opened.iter().any(|(came, _, _)| came == id);
        ids.iter().all(came).then_some(opened)
    });
    for (id, _, _) in receipts {
        assert!(ids.contains(&id), "nothing came under another id");
    }
}

#[test]
fn an_agent_that_does_not_come_back_is_not_waited_for_for_ever() {
    let home = home_for(NOWHERE, &json!({}));
    let mut agent = home.run("run");
    let mut child = start(&home, "send hub --wait 1");
    let mut input = child.stdin.take().unwrap();
    writeln!(input, "one").unwrap();
    let lines = crate::stage::read_lines(child.stdout.take().unwrap());
    let mut sender = Running { child, lines };
    sender.line();
    agent.child.kill().unwrap();
    agent.child.wait().unwrap();
    writeln!(input, "two").unwrap();
    assert_eq!(sender.wait().code(), Some(3));
    let notes = sender.errors();
    assert!(notes.contains("line 1 is accepted") && notes.contains("linekeeper run"), "{notes}");
}

#[test]
fn what_cannot_be_sent_is_named_by_its_line_and_all_before_it_is_safe() {
    let home = home_for(NOWHERE, &json!({ "buffer": { "max_bytes": 1_000 } }));
    let _agent = home.run("run");
    let long = |bytes: usize| format!("one\ntwo\n{}\nfour\n", "x".repeat(bytes)).into_bytes();
    for (input, words) in [
        (long(2_000), "line 3 is not accepted"),
        (long(1_100_000), "line 3 is longer than 1 MiB"),
        (b"one\ntwo\n\xff\nfour\n".to_vec(), "line 3 is not text in UTF-8"),
    ] {
        let output = feed(&home, "send hub", &input);
        let errors = text(&output.stderr);
        assert_eq!((output.status.code(), told(&output).len()), (Some(1), 2), "{words}: {errors}");
        assert!(errors.contains(words) && errors.contains("lines up to 2 are accepted"), "{errors}");
        home.output("outbox drop hub --waiting --yes");
    }
}

#[test]
fn room_in_a_full_buffer_is_waited_for() {
    let home = home_for(NOWHERE, &json!({ "buffer": { "max_messages": 3 } }));
    let _agent = home.run("run");
    let output = feed(&home, "send hub --wait 1", b"1\n2\n3\n4\n5\n");
    let errors = text(&output.stderr);
    assert_eq!((output.status.code(), told(&output).len()), (Some(1), 3), "{errors}");
    assert!(errors.contains("line 4") && errors.contains("full") && errors.contains("1 s"), "{errors}");

    let mut child = start(&home, "send hub --wait 60");
    child.stdin.take().unwrap().write_all(b"6\n7\n").unwrap();
    let lines = crate::stage::read_lines(child.stdout.take().unwrap());
    let mut sender = Running { child, lines };
    assert!(home.output("outbox drop hub --waiting --yes").status.success());
    assert_eq!(sender.wait().code(), Some(0));
    assert_eq!(sender.lines.iter().count(), 2);
    let impatient = feed(&home, "send hub --wait 0", b"8\n9\n");
    assert_eq!((impatient.status.code(), told(&impatient).len()), (Some(1), 1));
}

/// A gateway that closes every connection behind its answer without saying so before, as one does that rested too long.
fn closing_gateway(home: &Home) {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    std::fs::create_dir_all(home.path("run")).unwrap();
    let file = json!({ "url": url, "token": "t", "pid": 1, "version": "1" });
    std::fs::write(home.gateway_file(), file.to_string()).unwrap();
    std::thread::spawn(move || {
        for (seq, stream) in (0..).zip(listener.incoming()) {
            let mut stream = stream.unwrap();
            let mut request = Vec::new();
            let mut piece = [0; 4096];
            while !request.ends_with(b"end") && !request.starts_with(b"GET") {
                let read = stream.read(&mut piece).unwrap();
                request.extend_from_slice(&piece[..read]);
                if read == 0 {
                    break;
                }
            }
            let one = json!({ "id": "x", "seq": seq, "duplicate": false, "fate": "stored", "level": null });
            let body = if request.starts_with(b"GET") { json!([]) } else { json!({ "accepted": [one] }) };
            let body = body.to_string();
            let head = format!("HTTP/1.1 202 Accepted\r\ncontent-length: {}\r\n\r\n", body.len());
            // Who asked may be gone.
            let _ = stream.write_all((head + &body).as_bytes());
        }
    });
}

#[test]
fn a_connection_that_was_closed_while_nothing_came_is_no_news() {
    let home = home_for(NOWHERE, &json!({}));
    closing_gateway(&home);
    let mut child = start(&home, "send hub --wait 0");
    let mut input = child.stdin.take().unwrap();
    let lines = crate::stage::read_lines(child.stdout.take().unwrap());
    let mut sender = Running { child, lines };
    for _ in 0..3 {
        input.write_all(b"the end\n").unwrap();
        sender.line();
    }
    drop(input);
    assert_eq!((sender.wait().code(), sender.errors().as_str()), (Some(0), ""));
}

#[test]
fn a_run_that_is_repeated_with_its_id_sends_nothing_twice() {
    let receiver = Receiver::start(Manners::default()).unwrap();
    let home = home_for(&receiver.url(), &json!({ "envelope": true }));
    let _agent = home.run("run");
    let mut child = start(&home, "send hub --id orders");
    let mut input = child.stdin.take().unwrap();
    let lines = crate::stage::read_lines(child.stdout.take().unwrap());
    input.write_all(b"one\ntwo\n").unwrap();
    let mut sender = Running { child, lines };
    let first = [sender.line(), sender.line()];
    sender.child.kill().unwrap();
    sender.wait();

    let again = feed(&home, "send hub --id orders", b"one\ntwo\nthree\n");
    assert_eq!(again.status.code(), Some(0));
    assert!(text(&again.stderr).contains("knew 2 of the lines already"), "{}", text(&again.stderr));
    let told = told(&again);
    let ids: Vec<&str> = told.iter().map(|(id, _)| id.as_str()).collect();
    assert_eq!(ids, ["orders", "orders-2", "orders-3"]);
    assert_eq!([told[0].clone(), told[1].clone()], first.map(|line| id_and_seq(&line)));
    arrived(&receiver, 3);
    let status = eventually("nothing waits", PATIENCE, || {
        let endpoint = home.snapshot()?.endpoints.remove(0);
        (endpoint.outbox.queued == 0).then_some(endpoint)
    });
    assert_eq!((receiver.texts().len(), status.outbox.dead), (3, 0));
}

#[test]
fn wrong_names_and_ids_are_told_before_anything_is_read() {
    let home = home_for(NOWHERE, &json!({}));
    assert_eq!(home.output("send hub").status.code(), Some(3), "no agent");
    let _agent = home.run("run");
    let errors = |words: &str, code: i32| {
        // The input stays open: whoever waits for it never ends.
        let mut child = start(&home, words);
        let input = child.stdin.take();
        let status = eventually(words, PATIENCE, || child.try_wait().unwrap());
        drop(input);
        let output = child.wait_with_output().unwrap();
        assert_eq!((status.code(), output.stdout.len()), (Some(code), 0), "{words}");
        text(&output.stderr)
    };
    assert!(errors("send nobody", 1).contains("there are: hub"));
    assert!(errors("send hub --file nowhere", 1).contains("nowhere cannot be read"));
    assert!(errors("send hub --file /", 1).contains("is a folder"));
    errors("send", 2);
    errors("send Not-An-Id!", 2);
    errors("send hub --wait soon", 2);
    let mut command = home.command("send hub");
    let output = command.args(["--id", "two words"]).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
}

#[test]
fn lines_are_sent_although_nobody_reads_what_is_told() {
    let home = home_for(NOWHERE, &json!({}));
    let _agent = home.run("run");
    let mut child = start(&home, "send hub");
    drop(child.stdout.take());
    let lines: String = (0..2_000).map(|number| format!("{number}\n")).collect();
    let mut input = child.stdin.take().unwrap();
    input.write_all(lines.as_bytes()).unwrap();
    drop(input);
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), text(&output.stderr).as_str()), (Some(0), ""));
    eventually("all wait", PATIENCE, || (home.snapshot()?.endpoints[0].outbox.queued == 2_000).then_some(()));
}

#[cfg(unix)]
#[test]
fn an_interruption_says_how_far_it_came() {
    let home = home_for(NOWHERE, &json!({}));
    let _agent = home.run("run");
    let mut child = start(&home, "send hub");
    let mut input = child.stdin.take().unwrap();
    let lines = crate::stage::read_lines(child.stdout.take().unwrap());
    let mut sender = Running { child, lines };
    input.write_all(b"one\n\nthree\n").unwrap();
    sender.line();
    sender.line();
    sender.terminate();
    assert_eq!(sender.wait().code(), Some(1));
    assert!(sender.errors().contains("lines up to 3 are accepted"));
}

#[cfg(target_os = "linux")]
#[test]
fn a_person_is_told_what_is_waited_for() {
    let home = home_for(NOWHERE, &json!({}));
    let _agent = home.run("run");
    let shown = crate::stage::on_a_terminal(home.command("send hub"), |written| written.contains("Ctrl-D"));
    assert!(shown.contains("One message a line") && shown.contains("interrupted"), "{shown:?}");
}
