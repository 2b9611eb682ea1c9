//! Starting a demo server inside another program: on the wanted port, on a free one, or by joining one that runs.

use std::{net::SocketAddr, time::Duration};

use axum::body::{Body, to_bytes};
use http::{Request, header};
use hyper_util::rt::TokioIo;
use serde::Deserialize;
use tokio::{net::TcpStream, task::JoinHandle, time::timeout};
use tokio_util::sync::{CancellationToken, DropGuard};

use crate::{DemoError, DemoOptions, DemoServer, banner::NAME};

/// Time for a server to say who it is.
const BANNER_DEADLINE: Duration = Duration::from_secs(1);
/// Largest banner read.
const LARGEST_BANNER: usize = 64 * 1024;

/// A demo server to talk to. Dropping it stops the server if it was started here.
#[derive(Debug)]
pub struct DemoSession {
    /// Where it listens.
    pub addr: SocketAddr,
    /// True when it ran already and was only joined.
    pub joined: bool,
    running: Option<Running>,
}

#[derive(Debug)]
struct Running {
    stop: DropGuard,
    server: JoinHandle<Result<(), DemoError>>,
}

impl DemoSession {
    /// Stops the server if it was started here; a joined one runs on. Takes at most 2 s.
    ///
    /// # Errors
    /// The server had failed before.
    pub async fn shutdown(self) -> Result<(), DemoError> {
        let Some(Running { stop, server }) = self.running else {
            return Ok(());
        };
        stop.disarm().cancel();
        // The server's task is never aborted; if it panicked there is nothing left to stop.
        server.await.unwrap_or(Ok(()))
    }
}

/// Starts a demo server on `listen`. If a Linekeeper demo runs there it is joined; if anything else does, the
/// server moves to a free port of the same address.
///
/// # Errors
/// As [`DemoServer::bind`], except that a taken port is not an error.
pub async fn start_or_join(listen: SocketAddr) -> Result<DemoSession, DemoError> {
    let options = DemoOptions { listen, ..DemoOptions::default() };
    let server = match DemoServer::bind(options.clone()).await {
        Ok(server) => server,
        Err(DemoError::InUse { .. }) if is_demo(listen).await => {
            return Ok(DemoSession { addr: listen, joined: true, running: None });
        }
        Err(DemoError::InUse { .. }) => {
            DemoServer::bind(DemoOptions { listen: SocketAddr::new(listen.ip(), 0), ..options }).await?
        }
        Err(other) => return Err(other),
    };
    let addr = server.local_addr();
    let stop = CancellationToken::new();
    let server = tokio::spawn(server.serve(stop.clone()));
    Ok(DemoSession { addr, joined: false, running: Some(Running { stop: stop.drop_guard(), server }) })
}

#[derive(Deserialize)]
struct Banner {
    name: String,
}

async fn is_demo(address: SocketAddr) -> bool {
    let banner = timeout(BANNER_DEADLINE, banner(address)).await;
    matches!(banner, Ok(Some(Banner { name })) if name == NAME)
}

async fn banner(address: SocketAddr) -> Option<Banner> {
    let stream = TcpStream::connect(address).await.ok()?;
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.ok()?;
    let request = Request::get("/")
        .header(header::HOST, address.to_string())
        .header(header::CONNECTION, "close")
        .body(Body::empty())
        .ok()?;
    let asking = async move {
        let answer = sender.send_request(request).await.ok()?;
        let body = to_bytes(Body::new(answer.into_body()), LARGEST_BANNER).await.ok()?;
        serde_json::from_slice(&body).ok()
    };
    // The connection moves the bytes, so both run together; what is asked ends first.
    tokio::select! {
        banner = asking => banner,
        () = async { let _ = connection.await; std::future::pending().await } => None,
    }
}
