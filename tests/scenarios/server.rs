//! A server that does what its plan says, over TCP or TLS, and writes down who asked for what.
//!
//! Unlike `suites::fault_server`, which plays one script to each connection, it answers requests: a check comes over an
//! unknown number of connections with plain requests and upgrades in an order of its own.

mod answer;
mod session;

use std::{
    net::{SocketAddr, TcpListener},
    sync::{Arc, Mutex, PoisonError, atomic::AtomicUsize, atomic::Ordering::SeqCst},
    time::Duration,
};

use anyhow::Result;
use rustls::ServerConfig;
use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _},
    net::TcpStream,
    sync::watch,
    task::{AbortHandle, JoinSet},
    time::sleep,
};
use tokio_rustls::TlsAcceptor;

use crate::plan::{Connection, ServerPlan};

/// Longest head of a request.
const MAX_HEAD: usize = 64 << 10;

/// A running server. Dropping it ends it.
#[derive(Debug)]
pub(crate) struct Server {
    address: SocketAddr,
    conduct: watch::Sender<Conduct>,
    shared: Arc<Shared>,
    task: AbortHandle,
}

/// What a server does now.
#[derive(Clone)]
pub(crate) struct Conduct {
    pub(crate) plan: Arc<ServerPlan>,
    pub(crate) tls: Option<Arc<ServerConfig>>,
}

impl std::fmt::Debug for Conduct {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Conduct").field("plan", &self.plan).field("tls", &self.tls.is_some()).finish()
    }
}

/// What connections share.
#[derive(Debug, Default)]
pub(super) struct Shared {
    requests: Mutex<Vec<String>>,
    /// Connections that were reset because the plan says so.
    resets: AtomicUsize,
    /// Sessions open now.
    sessions: AtomicUsize,
}

impl Shared {
    fn write_down(&self, head: &str) {
        self.requests.lock().unwrap_or_else(PoisonError::into_inner).push(head.to_owned());
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Server {
    /// Serves those who come to this listener.
    pub(crate) fn on(listener: TcpListener, conduct: Conduct) -> Result<Self> {
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let listener = tokio::net::TcpListener::from_std(listener)?;
        let shared = Arc::new(Shared::default());
        let (conduct, now) = watch::channel(conduct);
        let connections = Arc::clone(&shared);
        let task = tokio::spawn(async move {
            // Connections end with the task that owns them.
            let mut open = JoinSet::new();
            loop {
                tokio::select! {
                    Some(_) = open.join_next() => {}
                    Ok((stream, _)) = listener.accept() => {
                        let conduct = now.borrow().clone();
                        open.spawn(connection(stream, conduct, Arc::clone(&connections)));
                    }
                }
            }
        });
        Ok(Self { address, conduct, shared, task: task.abort_handle() })
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Does this from now on, and forgets what was asked so far.
    pub(crate) fn change(&self, conduct: Conduct) {
        self.conduct.send_replace(conduct);
        self.shared.requests.lock().unwrap_or_else(PoisonError::into_inner).clear();
        self.shared.resets.store(0, SeqCst);
    }

    /// Heads of all requests so far.
    pub(crate) fn requests(&self) -> Vec<String> {
        self.shared.requests.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// One connection, from its first byte to its end. What the client does wrong ends it, and nobody has to know.
async fn connection(mut stream: TcpStream, conduct: Conduct, shared: Arc<Shared>) -> Option<()> {
    stream.set_nodelay(true).ok()?;
    match &conduct.plan.connection {
        Connection::Served => {}
        Connection::Reset => return reset(&stream),
        Connection::Silent => {
            let mut heard = [0; 4096];
            while stream.read(&mut heard).await.ok()? > 0 {}
            return None;
        }
        Connection::ResetWhenSpokenTo => {
            spoken_to(&stream).await?;
            return reset(&stream);
        }
        Connection::Says(words) => {
            spoken_to(&stream).await?;
            stream.write_all(words.as_bytes()).await.ok()?;
            let _ = stream.read(&mut [0; 4096]).await;
            return stream.shutdown().await.ok();
        }
    }
    if conduct.plan.resets > 0 {
        spoken_to(&stream).await?;
        if shared.resets.fetch_add(1, SeqCst) < conduct.plan.resets {
            return reset(&stream);
        }
    }
    match &conduct.tls {
        Some(tls) => {
            let stream = TlsAcceptor::from(Arc::clone(tls)).accept(stream).await.ok()?;
            serve(stream, &conduct.plan, &shared).await
        }
        None => serve(stream, &conduct.plan, &shared).await,
    }
}

/// Ends when the client has said something; `None` when it left without.
async fn spoken_to(stream: &TcpStream) -> Option<()> {
    (stream.peek(&mut [0]).await.ok()? > 0).then_some(())
}

/// Zero linger turns the close that follows into a reset.
fn reset(stream: &TcpStream) -> Option<()> {
    stream.set_zero_linger().ok()
}

/// Requests and answers until one of them is a session.
async fn serve<S: AsyncRead + AsyncWrite + Unpin>(
    mut stream: S,
    plan: &ServerPlan,
    shared: &Shared,
) -> Option<()> {
    loop {
        let head = read_head(&mut stream).await?;
        shared.write_down(&head);
        sleep(Duration::from_millis(plan.delay_ms)).await;
        if header(&head, "upgrade").is_none_or(|value| !value.eq_ignore_ascii_case("websocket")) {
            let answer = answer::plain(&plan.get, &head, plan.clock_ahead_s);
            stream.write_all(&answer).await.ok()?;
        } else if plan.upgrade.silent {
            let mut heard = [0; 4096];
            while stream.read(&mut heard).await.ok()? > 0 {}
            return None;
        } else if let Some(refused) = &plan.upgrade.refused {
            let answer = answer::plain(refused, &head, plan.clock_ahead_s);
            stream.write_all(&answer).await.ok()?;
        } else {
            let answer = answer::switching(&plan.upgrade, &head)?;
            stream.write_all(&answer).await.ok()?;
            let before = shared.sessions.fetch_add(1, SeqCst);
            let over = session::run(stream, &plan.session, before == 0).await;
            shared.sessions.fetch_sub(1, SeqCst);
            return over;
        }
    }
}

/// The head of the next request.
pub(crate) async fn read_head(stream: &mut (impl AsyncRead + Unpin)) -> Option<String> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        if head.len() >= MAX_HEAD {
            return None;
        }
        head.push(stream.read_u8().await.ok()?);
    }
    String::from_utf8(head).ok()
}

/// The value of a header in a head.
pub(crate) fn header<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    head.lines().skip(1).find_map(|line| {
        let (key, value) = line.split_once(':')?;
        key.eq_ignore_ascii_case(name).then_some(value.trim())
    })
}
