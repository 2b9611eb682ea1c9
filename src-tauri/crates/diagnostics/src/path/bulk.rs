//! Step D3: do large packets pass? Writes more than any packet holds and asks the kernel how much of it was acknowledged.
//!
//! What is written is the start of a web request with one long header that means nothing. It is never finished, so no
//! server acts on it. Where TLS went silent it goes out without TLS: the question is about packets.

use std::time::Duration;

use dial::{DialRequest, Reached};
use model::check::{StepId, StepReason, StepStatus};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    time::{Instant, sleep, timeout_at},
};

use super::{Walk, kernel, needs};
use crate::{
    StepEnd,
    facts::{BulkFacts, TlsEnd},
};

/// Bytes written: more than a dozen packets, less than any socket's buffer.
const BYTES: usize = 24_000;
/// How long acknowledgements may take.
const PATIENCE: Duration = Duration::from_secs(3);
/// How often the kernel is asked.
const INTERVAL: Duration = Duration::from_millis(20);
/// Once something was acknowledged, the rest gets so long.
const REST: Duration = Duration::from_millis(200);

/// How the write ended.
enum End {
    Counted(BulkFacts),
    /// The server said something or hung up, before anything was counted: large packets arrive.
    Answered,
    /// The kernel does not say.
    Unknown,
}

impl Walk<'_> {
    /// Writes and counts. `silent`: time ran out somewhere on an open connection.
    pub(super) async fn large_packets(&self, silent: bool) {
        let (reached, tls_open) = self.known(|facts| {
            let reached = facts.race.as_ref().is_some_and(|race| race.winner.is_some());
            let tls = facts.tls.as_ref().and_then(|tls| tls.end.clone());
            (reached, tls.is_none_or(|end| end == TlsEnd::Open))
        });
        if !reached {
            return self.pass(StepId::D3, StepStatus::Skip, needs(StepId::D1));
        }
        if !cfg!(target_os = "linux") {
            return self.pass(StepId::D3, StepStatus::Na, StepReason::NotCounted);
        }
        let step = self.begin(StepId::D3);
        let request = if tls_open { self.request.clone() } else { without_tls(&self.request) };
        let reached = match self.dialer.reach(&request, |_| {}).await {
            Ok(reached) => reached,
            Err(error) => {
                let end = StepEnd::without(StepStatus::Skip, StepReason::NoConnection);
                return step.end(end.raw(&error.detail()));
            }
        };
        step.end(match write(reached, &self.host()).await {
            End::Unknown => StepEnd::without(StepStatus::Na, StepReason::NotCounted),
            End::Answered => StepEnd::new(StepStatus::Pass).with("answered", true),
            End::Counted(bulk) => {
                self.learn(|facts| facts.bulk = Some(bulk));
                let nothing = bulk.acknowledged == 0;
                let status = if nothing && silent { StepStatus::Warn } else { StepStatus::Pass };
                StepEnd::new(status)
                    .with("written_bytes", bulk.written)
                    .with("acknowledged_bytes", bulk.acknowledged)
                    .with("waited_ms", bulk.waited_ms)
            }
        });
    }
}

/// The same server and port over bare TCP.
fn without_tls(request: &DialRequest) -> DialRequest {
    let mut request = request.clone();
    let port = request.url.port_or_known_default();
    // Neither fails between wss and ws, which both have a host and a port.
    let _ = request.url.set_scheme("ws");
    let _ = request.url.set_port(port);
    request
}

async fn write(reached: Reached, host: &str) -> End {
    let Reached { mut stream, remote, local, .. } = reached;
    let Some(before) = kernel::figures(local, remote) else { return End::Unknown };
    let mut text = format!("GET / HTTP/1.1\r\nHost: {host}\r\nX-Diag-Padding: ").into_bytes();
    text.resize(BYTES, b'.');
    let began = Instant::now();
    let until = began + PATIENCE;
    let write = async {
        stream.write_all(&text).await?;
        stream.flush().await
    };
    let cut = matches!(timeout_at(until, write).await, Ok(Err(_)));
    let (mut most, mut first, mut gone, mut answer) = (0, None, cut, [0; 256]);
    while Instant::now() < until && !gone {
        if let Some(now) = kernel::figures(local, remote) {
            most = most.max(now.acknowledged.saturating_sub(before.acknowledged));
        }
        if most > 0 && first.is_none() {
            first = Some(Instant::now());
        }
        if most >= BYTES as u64 || first.is_some_and(|at| at.elapsed() >= REST) {
            break;
        }
        tokio::select! {
            read = stream.read(&mut answer) => gone = !matches!(read, Ok(1..)) || most == 0,
            () = sleep(INTERVAL) => {}
        }
    }
    if most == 0 && gone {
        return End::Answered;
    }
    End::Counted(BulkFacts {
        written: BYTES,
        // Of an encrypted write TLS's own bytes are acknowledged too.
        acknowledged: usize::try_from(most).unwrap_or(BYTES).min(BYTES),
        waited_ms: u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX),
    })
}
