//! A disk that is full under a whole agent: files, logs and all. Skipped loudly where no disk can be mounted.

use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use model::{BufferState, ErrorCode, Problem, StatusSnapshot};
use serde_json::json;
use suites::{Manners, Receiver};

use crate::{
    post::{Answer, Caller},
    send::feed,
    small_disk::SmallDisk,
    stage::{Home, PATIENCE, eventually, text},
};

/// More than the reserve an agent leaves to others, 512 MiB. Only what is written takes memory.
const ROOMY: u64 = 1 << 30;
const BYTES: usize = 8_000;

fn numbered(number: usize) -> String {
    format!("{number} {}", "x".repeat(BYTES))
}

/// The words about the full disk that the agent shows, if it does.
fn problem(snapshot: &StatusSnapshot) -> Option<Problem> {
    snapshot.problems.iter().find(|problem| problem.code == ErrorCode::DiskFull).cloned()
}

/// Hands over one message after the other; gives the answer that was not the usual one.
fn send_until_refused(caller: &mut Caller, accepted: &mut Vec<String>) -> Result<Answer> {
    // A few still find room in files that are there already.
    for _ in 0..2_000 {
        let message = numbered(accepted.len());
        let answer = caller.send("hub", &message)?;
        if answer.status != 202 {
            return Ok(answer);
        }
        accepted.push(message);
    }
    anyhow::bail!("a full disk took {} messages", accepted.len())
}

#[test]
fn a_full_disk_refuses_in_clear_words_lets_messages_leave_and_takes_them_again() -> Result<()> {
    let receiver = Receiver::start(Manners::default())?;
    let config = json!({
        "websocket": { "connections": { "hub": { "url": receiver.url() } } },
        "gateway": { "listen": "127.0.0.1:0" },
    });
    let home = Home::new();
    let disk = match SmallDisk::mount(&home.path(""), ROOMY) {
        Ok(disk) => disk,
        Err(why) => {
            eprintln!("SKIPPED, a full disk is not tested: {why:#}");
            return Ok(());
        }
    };
    let home = home.on(&disk);
    std::fs::write(home.path("config.json"), config.to_string())?;
    let mut agent = home.run("run");
    ensure!(home.output("pause hub").status.success());
    home.wait_for_state("hub", "disconnected", PATIENCE);

    let mut caller = Caller::connect(&home)?;
    let mut accepted: Vec<String> = (0..200).map(numbered).collect();
    let answer = caller.send("hub", &accepted.join("\n"))?;
    ensure!(answer.status == 202, "{answer:?}");
    disk.fill()?;
    let refused = send_until_refused(&mut caller, &mut accepted)?;
    println!("{} were accepted, then: {refused:?}", accepted.len());
    let error = &refused.body["error"];
    assert_eq!((refused.status, &error["code"]), (507, &json!("disk_full")));
    let words = error["message"].as_str().context("words")?;
    ensure!(words.contains("disk") && words.contains("full"), "{words}");
    ensure!(refused.header("retry-after").is_some(), "{refused:?}");

    // It is said wherever somebody may look.
    let (snapshot, shown) = eventually("the status says so", PATIENCE, || {
        let snapshot = home.snapshot()?;
        let shown = problem(&snapshot)?;
        (snapshot.endpoints[0].outbox.queued == accepted.len() as u64).then_some((snapshot, shown))
    });
    println!("{}: {}", shown.message, shown.detail);
    assert_eq!(snapshot.endpoints[0].outbox.state, BufferState::Full);
    ensure!(shown.detail.contains("refused") && shown.detail.contains("hub"), "{shown:?}");
    let status = text(&home.output("status").stdout);
    ensure!(status.contains("disk"), "{status}");
    let sender = feed(&home, "send hub --wait 0", b"one more\n");
    let errors = text(&sender.stderr);
    ensure!(sender.status.code() == Some(1) && errors.contains("disk"), "{errors}");

    // What waits can leave, though there is no room for anything.
    ensure!(home.output("resume hub").status.success());
    eventually("everything leaves", PATIENCE * 3, || {
        let none = home.snapshot()?.endpoints[0].outbox.queued == 0;
        (none && receiver.count() >= accepted.len()).then_some(())
    });
    ensure!(receiver.texts() == accepted, "each once and in order");
    assert_eq!(caller.send("hub", "still no room")?.status, 507);

    disk.resize(ROOMY)?;
    let message = numbered(accepted.len());
    eventually("messages are taken again", PATIENCE, || {
        std::thread::sleep(Duration::from_millis(100));
        let answer = caller.send("hub", &message).ok()?;
        (answer.status == 202).then_some(())
    });
    accepted.push(message);
    eventually("it arrives, and all is well", PATIENCE, || {
        let well = problem(&home.snapshot()?).is_none();
        (well && receiver.texts() == accepted).then_some(())
    });
    let verified = home.output("outbox verify");
    ensure!(verified.status.success(), "{}", text(&verified.stdout));
    agent.terminate();
    ensure!(agent.wait().success());
    Ok(())
}
