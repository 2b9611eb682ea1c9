//! The receive path beside a bare tokio-tungstenite read loop, in one run on the same machine. Prints the ratio.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result};
use dial::{DialRequest, Dialer};
use futures_util::{SinkExt as _, StreamExt as _};
use link::{Link, LinkConfig, LinkCounters, LinkView, Moment, Observer, Order, Payload};
use suites::Figure;
use tokio::{net::TcpListener, sync::Notify};
use tokio_tungstenite::{accept_async, tungstenite::Message};

const MESSAGES: u64 = 200_000;
const BYTES: usize = 200;
const ROUNDS: usize = 7;

/// Sends the same burst to whoever connects, on a runtime of its own.
fn serve() -> Result<SocketAddr> {
    let (sender, receiver) = std::sync::mpsc::channel();
    std::thread::spawn(move || -> Result<()> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        runtime.block_on(async {
            let listener = TcpListener::bind("127.0.0.1:0").await?;
            sender.send(listener.local_addr()?)?;
            loop {
                let (stream, _) = listener.accept().await?;
                let mut socket = accept_async(stream).await?;
                let message = Message::text("x".repeat(BYTES));
                for _ in 0..MESSAGES {
                    socket.feed(message.clone()).await?;
                }
                socket.flush().await?;
                // Until the client has read all and leaves.
                while socket.next().await.is_some_and(|message| message.is_ok()) {}
            }
        })
    });
    Ok(receiver.recv()?)
}

async fn bare(server: SocketAddr) -> Result<Duration> {
    let dialed = Dialer::new().websocket(&request(server)?, |_| ()).await?;
    let mut socket = dialed.stream;
    let start = Instant::now();
    let (mut count, mut bytes) = (0, 0);
    while count < MESSAGES {
        bytes += socket.next().await.context("the stream goes on")??.len();
        count += 1;
    }
    anyhow::ensure!(bytes == BYTES * usize::try_from(MESSAGES)?);
    Ok(start.elapsed())
}

fn request(server: SocketAddr) -> Result<DialRequest> {
    Ok(DialRequest::new(format!("ws://{server}/").parse()?))
}

/// Counts, and notes when the first and the last message came.
struct Counting {
    received: Arc<AtomicU64>,
    first: Option<Instant>,
    spent: Arc<std::sync::Mutex<Duration>>,
    done: Arc<Notify>,
}

impl Observer for Counting {
    fn changed(&mut self, _view: &LinkView, _now: Moment) {}

    fn received(&mut self, payload: Payload) {
        let first = *self.first.get_or_insert_with(Instant::now);
        assert_eq!(payload.len(), BYTES);
        if self.received.fetch_add(1, Relaxed) + 1 == MESSAGES {
            if let Ok(mut spent) = self.spent.lock() {
                *spent = first.elapsed();
            }
            self.done.notify_one();
        }
    }
}

async fn through_the_link(server: SocketAddr) -> Result<Duration> {
    let config = LinkConfig::new(request(server)?);
    let (spent, done) = (Arc::default(), Arc::new(Notify::new()));
    let observer = Counting {
        received: Arc::default(),
        first: None,
        spent: Arc::clone(&spent),
        done: Arc::clone(&done),
    };
    let (link, handle) = Link::new(config, Dialer::new(), observer, Arc::new(LinkCounters::default()));
    let task = tokio::spawn(link.run());
    handle.order(Order::Connect).await;
    done.notified().await;
    handle.stop();
    task.await?;
    let spent = *spent.lock().map_err(|_| anyhow::anyhow!("the observer panicked"))?;
    Ok(spent)
}

fn main() -> Result<()> {
    let server = serve()?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let mut ratios = Vec::new();
    for round in 0..=ROUNDS {
        let bare = runtime.block_on(bare(server))?;
        let linked = runtime.block_on(through_the_link(server))?;
        // The first round only warms up.
        if round > 0 {
            ratios.push(bare.as_secs_f64() / linked.as_secs_f64());
        }
    }
    ratios.sort_by(f64::total_cmp);
    let (least, median, most) = (ratios[0], ratios[ROUNDS / 2], ratios[ROUNDS - 1]);
    use std::io::Write as _;
    writeln!(
        std::io::stdout(),
        "receive path / bare read loop, {MESSAGES} messages of {BYTES} bytes, {ROUNDS} pairs: \
         min {least:.2}  median {median:.2}  max {most:.2}"
    )?;
    Ok(Figure::at_least("receive path, beside a bare read loop", median, 0.8, "").print()?)
}
