//! Accepts connections and bounds what each may cost: how many, how long a request's head may take, how large
//! it may be. Knows HTTP, not the routes.

mod linger;

use std::{io, pin::pin, sync::Arc, time::Duration};

use axum::Router;
use http::{HeaderValue, Request, StatusCode, header};
use hyper::{
    body::{Body as _, Incoming},
    server::conn::http1,
    service::{Service as _, service_fn},
};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    service::TowerToHyperService,
};
use model::ErrorCode;
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore, watch},
    task::JoinSet,
};
use tokio_util::sync::CancellationToken;

use self::linger::{Lingering, Unread};
use super::{hub::HubRules, refusal::Refusal, visitor::Visitor};

/// Bounds of the gateway.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    /// Connections served at once, those of the hub among them.
    pub(super) connections: usize,
    /// Connections beyond those that are still told so; more are closed without a word.
    pub(super) refusals: usize,
    /// Time for a request's head, and idle time between two requests.
    pub(super) head_within: Duration,
    /// Time that open connections get to end on shutdown.
    pub(super) farewell: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            // What the hub may have, and room for everybody else: whoever asks how the agent is must get an answer.
            connections: HubRules::default().members + 64,
            refusals: 32,
            head_within: Duration::from_secs(10),
            farewell: Duration::from_millis(900),
        }
    }
}

/// Largest head of a request: request line and headers.
const HEAD_BYTES: usize = 16 * 1024;

/// Most headers of a request.
const HEADERS: usize = 64;

/// Buffered for one connection, either way. A slow reader stops the flow there instead of filling memory.
const BUFFER_BYTES: usize = 64 * 1024;

/// Wait after a failed accept, which is nearly always "too many open files".
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// A served connection: counted while it lives.
struct Seat {
    _permit: OwnedSemaphorePermit,
    open: Arc<watch::Sender<u32>>,
}

impl Seat {
    fn take(seats: &Arc<Semaphore>, open: &Arc<watch::Sender<u32>>) -> Option<Self> {
        let permit = Arc::clone(seats).try_acquire_owned().ok()?;
        open.send_modify(|count| *count += 1);
        Some(Self { _permit: permit, open: Arc::clone(open) })
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.open.send_modify(|count| *count -= 1);
    }
}

/// Serves until `stop`, then lets open connections end within the farewell time and cuts the rest.
pub(super) async fn serve(
    listener: TcpListener,
    router: Router,
    limits: Limits,
    open: watch::Sender<u32>,
    stop: CancellationToken,
) {
    let seats = Arc::new(Semaphore::new(limits.connections));
    let refusals = Arc::new(Semaphore::new(limits.refusals));
    let full = Router::new().fallback(refuse);
    let open = Arc::new(open);
    let mut tasks = JoinSet::new();
    loop {
        let accepted = tokio::select! {
            () = stop.cancelled() => break,
            Some(_) = tasks.join_next() => continue,
            accepted = accept(&listener) => match accepted {
                Ok(accepted) => accepted,
                Err(error) => {
                    tracing::warn!(%error, "the gateway cannot accept a connection");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                    continue;
                }
            },
        };
        let stop = stop.clone();
        if let Some(seat) = Seat::take(&seats, &open) {
            let router = router.clone();
            tasks.spawn(async move {
                converse(accepted, router, limits.head_within, stop).await;
                drop(seat);
            });
        } else if let Ok(permit) = Arc::clone(&refusals).try_acquire_owned() {
            let full = full.clone();
            tasks.spawn(async move {
                converse(accepted, full, limits.head_within.min(Duration::from_secs(1)), stop).await;
                drop(permit);
            });
        }
    }
    drop(listener);
    let all_ended = async { while tasks.join_next().await.is_some() {} };
    if tokio::time::timeout(limits.farewell, all_ended).await.is_err() {
        tasks.shutdown().await;
    }
}

async fn accept(listener: &TcpListener) -> io::Result<(TcpStream, Visitor)> {
    let (stream, peer) = listener.accept().await?;
    // Answers are small and somebody waits for them. Where it fails the other side is gone again, and nobody waits.
    let _ = stream.set_nodelay(true);
    Ok((stream, Visitor::new(peer)))
}

/// HTTP, and what a handler wants to follow it.
async fn converse(
    (stream, visitor): (TcpStream, Visitor),
    router: Router,
    head_within: Duration,
    stop: CancellationToken,
) {
    let routes = TowerToHyperService::new(router);
    let (guest, unread) = (visitor.clone(), Unread::default());
    let stream = Lingering::new(stream, unread.clone());
    let service = service_fn(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(guest.clone());
        let (has_body, unread) = (!request.body().is_end_stream(), unread.clone());
        unread.note(has_body);
        let answering = routes.call(request);
        async move {
            let answer = answering.await;
            unread.note(has_body && !answer.as_ref().is_ok_and(|answer| answer.status().is_success()));
            answer
        }
    });
    let mut connection = pin!(
        http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(head_within)
            .max_headers(HEADERS)
            .max_header_size(HEAD_BYTES)
            .max_buf_size(BUFFER_BYTES)
            .serve_connection(TokioIo::new(stream), service)
            .with_upgrades()
    );
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = stop.cancelled() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "a gateway connection ended early");
    } else if let Some(sequel) = visitor.sequel() {
        sequel.await;
    }
}

/// There are too many connections.
pub(super) fn busy() -> Refusal {
    let detail = "Close connections that are not needed.";
    Refusal::new(StatusCode::SERVICE_UNAVAILABLE, ErrorCode::GatewayBusy, detail)
}

async fn refuse() -> (StatusCode, [(header::HeaderName, HeaderValue); 2], Refusal) {
    let headers = [
        (header::CONNECTION, HeaderValue::from_static("close")),
        (header::RETRY_AFTER, HeaderValue::from_static("1")),
    ];
    (StatusCode::SERVICE_UNAVAILABLE, headers, busy())
}
