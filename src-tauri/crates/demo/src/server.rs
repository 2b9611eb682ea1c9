//! The demo server: listens, accepts, and ends everything it started.

use std::{
    fmt, io,
    net::{Ipv4Addr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use axum::body::Body;
use http::Request;
use hyper::{body::Incoming, server::conn::http1, service::Service};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    service::TowerToHyperService,
};
use tokio::{
    net::{TcpListener, TcpStream},
    time::{sleep, timeout},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{
    DemoError, DemoPath, FaultHandle,
    feed::FeedLoop,
    registry::Registry,
    site::{Peer, Site},
};

/// Where the demo listens unless told otherwise.
pub const DEFAULT_LISTEN: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 7860);

/// Time for all sessions to say goodbye.
const SHUTDOWN: Duration = Duration::from_millis(1_800);
/// Time for a client to send its request.
const REQUEST_DEADLINE: Duration = Duration::from_secs(10);
/// Pause after a connection could not be accepted.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// How to run a demo server.
#[derive(Clone, Debug, PartialEq)]
pub struct DemoOptions {
    /// A loopback address; port 0 takes a free port.
    pub listen: SocketAddr,
    /// Same seed, same sequence of data; `None` takes a new one.
    pub seed: Option<u64>,
    /// Factor on all intervals: 0.01 makes a feed of every 5 s one of every 50 ms.
    pub pace: f64,
}

impl Default for DemoOptions {
    fn default() -> Self {
        Self { listen: DEFAULT_LISTEN, seed: None, pace: 1.0 }
    }
}

/// A demo server that listens and has not begun to serve.
pub struct DemoServer {
    listener: TcpListener,
    address: SocketAddr,
    site: Arc<Site>,
    loops: Vec<FeedLoop>,
}

impl fmt::Debug for DemoServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DemoServer")
            .field("address", &self.address)
            .field("seed", &self.site.seed)
            .finish_non_exhaustive()
    }
}

impl DemoServer {
    /// Opens the port. Connections wait in its queue until [`DemoServer::serve`].
    ///
    /// # Errors
    /// The address is not loopback, is taken or cannot be opened; the pace is not a positive number.
    pub async fn bind(options: DemoOptions) -> Result<Self, DemoError> {
        let DemoOptions { listen, seed, pace } = options;
        if !listen.ip().is_loopback() {
            return Err(DemoError::NotLoopback { address: listen });
        }
        if !(pace.is_finite() && pace > 0.0) {
            return Err(DemoError::Pace { pace });
        }
        // Tokio sets SO_REUSEADDR where it means that a stopped server can start again at once.
        let listener = TcpListener::bind(listen).await.map_err(|source| DemoError::listen(listen, source))?;
        let address = listener.local_addr().map_err(|source| DemoError::listen(listen, source))?;
        // 32 bits: a seed that people can read out and JavaScript can hold.
        let seed = seed.unwrap_or_else(|| u64::from(fastrand::u32(..)));
        let (feeds, loops) = DemoPath::ALL
            .into_iter()
            .filter_map(|path| {
                FeedLoop::new(path, seed, pace).map(|(feed, feed_loop)| ((path, feed), feed_loop))
            })
            .unzip();
        let site = Site {
            seed,
            pace,
            feeds,
            faults: FaultHandle::new(),
            registry: Registry::default(),
            sessions: TaskTracker::new(),
            stop: CancellationToken::new(),
            kill: CancellationToken::new(),
        };
        Ok(Self { listener, address, site: Arc::new(site), loops })
    }

    /// Where it listens.
    pub fn local_addr(&self) -> SocketAddr {
        self.address
    }

    /// The seed in use.
    pub fn seed(&self) -> u64 {
        self.site.seed
    }

    /// Stages faults without HTTP.
    pub fn faults(&self) -> FaultHandle {
        self.site.faults.clone()
    }

    /// Serves until `stop`, then closes every session with 1001; returns within 2 s. Dropping the future ends
    /// everything at once.
    ///
    /// # Errors
    /// The port was taken away while it served.
    pub async fn serve(self, stop: CancellationToken) -> Result<(), DemoError> {
        let Self { listener, address, site, loops } = self;
        let _kill = site.kill.clone().drop_guard();
        let tasks = site.sessions.clone();
        for feed_loop in loops {
            let (stop, kill) = (site.stop.clone(), site.kill.clone());
            tasks.spawn(async move { kill.run_until_cancelled(feed_loop.run(stop)).await });
        }
        let result = tokio::select! {
            () = stop.cancelled() => Ok(()),
            source = accept(&listener, &site) => Err(DemoError::Accept { address, source }),
        };
        // Closed before the sessions: a client that comes back at once must not reach a server that is ending.
        drop(listener);
        site.stop.cancel();
        tasks.close();
        if timeout(SHUTDOWN, tasks.wait()).await.is_err() {
            tracing::debug!(left = tasks.len(), "ended connections that did not close in time");
        }
        result
    }
}

/// Accepts connections; returns only when the listener no longer listens. Everything else, such as too many open
/// files, may pass and is waited for.
async fn accept(listener: &TcpListener, site: &Arc<Site>) -> io::Error {
    let service = TowerToHyperService::new(Arc::clone(site).router());
    loop {
        match listener.accept().await {
            Ok((stream, peer)) => {
                let (kill, stop) = (site.kill.clone(), site.stop.clone());
                let connection = connection(stream, Peer(peer), Arc::clone(site), service.clone(), stop);
                site.sessions.spawn(async move { kill.run_until_cancelled(connection).await });
            }
            Err(error) if error.kind() == io::ErrorKind::InvalidInput => return error,
            Err(error) => {
                tracing::warn!(%error, "cannot accept a connection");
                sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

/// A connection that gets no answer.
#[derive(Debug, thiserror::Error)]
#[error("refused by a staged fault")]
struct Refused;

async fn connection(
    stream: TcpStream,
    peer: Peer,
    site: Arc<Site>,
    router: TowerToHyperService<axum::Router>,
    stop: CancellationToken,
) {
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "cannot set TCP_NODELAY");
    }
    let service = hyper::service::service_fn(move |request: Request<Incoming>| {
        let (site, router) = (Arc::clone(&site), router.clone());
        async move {
            if site.refuses(request.uri()) {
                // hyper closes the connection without a byte of answer when the service fails.
                return Err(Refused);
            }
            let mut request = request.map(Body::new);
            request.extensions_mut().insert(peer);
            match router.call(request).await {
                Ok(answer) => Ok(answer),
                Err(never) => match never {},
            }
        }
    });
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(REQUEST_DEADLINE);
    let connection = http.serve_connection(TokioIo::new(stream), service).with_upgrades();
    tokio::pin!(connection);
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = stop.cancelled() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection ended early");
    }
}
