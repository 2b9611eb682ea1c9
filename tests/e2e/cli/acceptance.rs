//! How long the gateway takes until a message is safe, for one and for many local programs at once: for `make bench`.

use std::{
    thread,
    time::{Duration, Instant},
};

use anyhow::{Result, ensure};
use serde_json::json;

use crate::{
    post::Caller,
    stage::{Home, PATIENCE, eventually},
};

/// Messages of each program.
const MESSAGES: usize = 150;
const BYTES: usize = 256;

/// Hands one message over and waits for the word that it is safe.
fn hand_over(caller: &mut Caller, message: &str) -> Result<Duration> {
    let started = Instant::now();
    let answer = caller.send("away", message)?;
    let took = started.elapsed();
    ensure!(answer.status == 202, "{} {}", answer.status, answer.body);
    Ok(took)
}

#[test]
#[ignore = "a measurement: make bench"]
fn the_time_until_a_message_is_safe_is_measured() -> Result<()> {
    // Nobody listens there: what is measured is the way to the disk alone.
    let config = json!({ "websocket": { "connections": { "away": { "url": "ws://127.0.0.1:9" } } } });
    let home = Home::with_config(&config.to_string());
    let _agent = home.start("run");
    eventually("the gateway", PATIENCE, || Caller::connect(&home).ok());
    let message = "x".repeat(BYTES);
    for producers in [1, 8, 64] {
        let callers = (0..producers).map(|_| Caller::connect(&home)).collect::<Result<Vec<_>>>()?;
        let threads: Vec<_> = callers
            .into_iter()
            .map(|mut caller| {
                let message = message.clone();
                thread::spawn(move || -> Result<Vec<Duration>> {
                    (0..MESSAGES).map(|_| hand_over(&mut caller, &message)).collect()
                })
            })
            .collect();
        let started = Instant::now();
        let mut times = Vec::new();
        for thread in threads {
            times.extend(thread.join().map_err(|_| anyhow::anyhow!("a producer panicked"))??);
        }
        let rate = times.len() as f64 / started.elapsed().as_secs_f64();
        times.sort();
        let at = |share: f64| times[((times.len() - 1) as f64 * share) as usize].as_secs_f64() * 1e3;
        println!(
            "safe on disk through the gateway, {producers:>2} programs: p50 {:.1} ms, p99 {:.1} ms, {rate:.0}/s",
            at(0.5),
            at(0.99)
        );
    }
    Ok(())
}
