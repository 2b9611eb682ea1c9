//! How long the gateway takes until a message is safe, for one and for many local programs at once: for `make bench`.

use std::{
    fs,
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::TcpStream,
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, ensure};
use serde_json::{Value, json};

use crate::stage::{Home, PATIENCE, eventually};

/// Messages of each program.
const MESSAGES: usize = 150;
const BYTES: usize = 256;

/// One local program with a connection of its own.
struct Producer {
    stream: BufReader<TcpStream>,
    request: Vec<u8>,
}

impl Producer {
    fn connect(gateway: &Value) -> Result<Self> {
        let text = |key: &str| gateway[key].as_str().context("gateway.json is whole");
        let address = text("url")?.trim_start_matches("http://").to_owned();
        let stream = TcpStream::connect(&address)?;
        stream.set_nodelay(true)?;
        let body = "x".repeat(BYTES);
        let request = format!(
            "POST /v1/endpoints/away/messages HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {}\r\n\
             Content-Type: text/plain\r\nContent-Length: {BYTES}\r\n\r\n{body}",
            text("token")?
        );
        Ok(Self { stream: BufReader::new(stream), request: request.into_bytes() })
    }

    /// Hands one message over and waits for the word that it is safe.
    fn hand_over(&mut self) -> Result<Duration> {
        let started = Instant::now();
        self.stream.get_mut().write_all(&self.request)?;
        let mut status = String::new();
        self.stream.read_line(&mut status)?;
        ensure!(status.starts_with("HTTP/1.1 202"), "{status}");
        let mut length = 0;
        loop {
            let mut line = String::new();
            self.stream.read_line(&mut line)?;
            if line.trim().is_empty() {
                break;
            }
            if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                length = value.trim().parse()?;
            }
        }
        let mut answer = vec![0; length];
        self.stream.read_exact(&mut answer)?;
        Ok(started.elapsed())
    }
}

#[test]
#[ignore = "a measurement: make bench"]
fn the_time_until_a_message_is_safe_is_measured() -> Result<()> {
    // Nobody listens there: what is measured is the way to the disk alone.
    let config = json!({ "websocket": { "connections": { "away": { "url": "ws://127.0.0.1:9" } } } });
    let home = Home::with_config(&config.to_string());
    let _agent = home.start("run");
    let file = eventually("the gateway", PATIENCE, || fs::read_to_string(home.gateway_file()).ok());
    let gateway: Arc<Value> = Arc::new(serde_json::from_str(&file)?);
    for producers in [1, 8, 64] {
        let threads: Vec<_> = (0..producers)
            .map(|_| {
                let gateway = Arc::clone(&gateway);
                thread::spawn(move || -> Result<Vec<Duration>> {
                    let mut producer = Producer::connect(&gateway)?;
                    (0..MESSAGES).map(|_| producer.hand_over()).collect()
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
