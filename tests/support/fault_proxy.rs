//! A TCP proxy in front of any server, with faults that are switched while it runs.
//!
//! It knows bytes and directions, not protocols. A fault set now holds for open and for later connections.

mod pump;

use std::net::SocketAddr;

use anyhow::{Context as _, Result, anyhow};
use tokio::{
    io,
    net::{TcpListener, TcpStream},
    sync::watch,
    task::{AbortHandle, JoinSet},
    time::timeout,
};

pub use pump::Treatment;

use crate::{ReservedPort, running_agent::DEADLINE};
use pump::pump;

/// Connections served at once; further ones are closed.
const MAX_OPEN: usize = 256;
/// Connections the system may queue.
const BACKLOG: u32 = 64;

/// Which way bytes go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// From the client to the server.
    ToServer,
    /// From the server to the client.
    ToClient,
}

/// What the proxy counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Connections accepted so far, knocks included.
    pub accepted: usize,
    /// Connections open now.
    pub open: usize,
    listening: bool,
}

/// How often open connections were to be ended, and how the last time.
#[derive(Clone, Copy, Debug, Default)]
struct Ending {
    times: u64,
    by_reset: bool,
}

/// A proxy on 127.0.0.1. Dropping it ends it and every connection.
#[derive(Debug)]
pub struct FaultProxy {
    address: SocketAddr,
    to_server: watch::Sender<Treatment>,
    to_client: watch::Sender<Treatment>,
    ending: watch::Sender<Ending>,
    refusing: watch::Sender<bool>,
    tally: watch::Receiver<Tally>,
    task: AbortHandle,
}

impl Drop for FaultProxy {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl FaultProxy {
    /// Starts in front of `server` and passes everything on.
    pub async fn before(server: SocketAddr) -> Result<Self> {
        let reserved = ReservedPort::any()?;
        let address = reserved.address()?;
        let (tally_sender, tally) = watch::channel(Tally::default());
        let (to_server, to_client) =
            (watch::Sender::new(Treatment::Pass), watch::Sender::new(Treatment::Pass));
        let (ending, refusing) = (watch::Sender::new(Ending::default()), watch::Sender::new(false));
        let gate = Gate {
            server,
            reserved,
            to_server: to_server.subscribe(),
            to_client: to_client.subscribe(),
            ending: ending.subscribe(),
            refusing: refusing.subscribe(),
            tally: tally_sender,
        };
        let proxy = Self {
            address,
            to_server,
            to_client,
            ending,
            refusing,
            tally,
            task: tokio::spawn(gate.run()).abort_handle(),
        };
        proxy.until("listens", |tally| tally.listening).await?;
        Ok(proxy)
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Its URL for an endpoint.
    pub fn url(&self) -> String {
        format!("ws://{}/feed", self.address)
    }

    /// Treats the bytes of one direction so from now on.
    pub fn treat(&self, direction: Direction, treatment: Treatment) {
        match direction {
            Direction::ToServer => self.to_server.send_replace(treatment),
            Direction::ToClient => self.to_client.send_replace(treatment),
        };
    }

    /// Treats both directions so from now on.
    pub fn treat_both(&self, treatment: Treatment) {
        self.treat(Direction::ToServer, treatment);
        self.treat(Direction::ToClient, treatment);
    }

    /// Ends every open connection: by a reset, or in good order.
    pub fn cut(&self, by_reset: bool) {
        self.ending.send_modify(|ending| {
            ending.times += 1;
            ending.by_reset = by_reset;
        });
    }

    /// Refuses connections from now on, as a closed port does. Open ones stay. The port stays reserved.
    pub async fn refuse(&self) -> Result<()> {
        self.refusing.send_replace(true);
        self.until("refuses", |tally| !tally.listening).await.map(drop)
    }

    /// Accepts connections again.
    pub async fn accept(&self) -> Result<()> {
        self.refusing.send_replace(false);
        self.until("listens", |tally| tally.listening).await.map(drop)
    }

    /// What it has counted.
    pub fn tally(&self) -> Tally {
        *self.tally.borrow()
    }

    /// Waits until the counts fit.
    pub async fn until(&self, what: &str, fits: impl Fn(&Tally) -> bool) -> Result<Tally> {
        let mut watch = self.tally.clone();
        match timeout(DEADLINE, watch.wait_for(|tally| fits(tally))).await {
            Ok(tally) => Ok(*tally.context("the proxy ended")?),
            Err(_) => Err(anyhow!("the proxy never {what}: {:?}", self.tally())),
        }
    }
}

/// The proxy's own task.
struct Gate {
    server: SocketAddr,
    /// So that nobody else gets the port while it refuses.
    reserved: ReservedPort,
    to_server: watch::Receiver<Treatment>,
    to_client: watch::Receiver<Treatment>,
    ending: watch::Receiver<Ending>,
    refusing: watch::Receiver<bool>,
    tally: watch::Sender<Tally>,
}

impl Gate {
    async fn run(mut self) -> io::Result<()> {
        let mut listener = None;
        // Connections end with the task that owns them.
        let mut open = JoinSet::new();
        loop {
            let refusing = *self.refusing.borrow_and_update();
            if refusing {
                listener = None;
            } else if listener.is_none() {
                listener = Some(self.reserved.share()?.listen(BACKLOG)?);
            }
            self.tally.send_modify(|tally| {
                tally.listening = listener.is_some();
                tally.open = open.len();
            });
            tokio::select! {
                biased;
                changed = self.refusing.changed() => if changed.is_err() { return Ok(()) },
                Some(_) = open.join_next() => {}
                Some(client) = accept(listener.as_ref()) => {
                    self.tally.send_modify(|tally| tally.accepted += 1);
                    if open.len() < MAX_OPEN {
                        open.spawn(self.connection(client));
                    }
                }
            }
        }
    }

    fn connection(&self, mut client: TcpStream) -> impl Future<Output = io::Result<()>> + use<> {
        let (server, mut ending) = (self.server, self.ending.clone());
        let (to_server, to_client) = (self.to_server.clone(), self.to_client.clone());
        ending.mark_unchanged();
        async move {
            let mut upstream = TcpStream::connect(server).await?;
            client.set_nodelay(true)?;
            upstream.set_nodelay(true)?;
            let cut = {
                let (from_client, into_client) = client.split();
                let (from_server, into_server) = upstream.split();
                tokio::select! {
                    biased;
                    _ = ending.changed() => ending.borrow().by_reset,
                    ended = async {
                        tokio::try_join!(
                            pump(from_client, into_server, to_server),
                            pump(from_server, into_client, to_client),
                        )
                    } => ended.is_err(),
                }
            };
            if cut {
                client.set_zero_linger()?;
                upstream.set_zero_linger()?;
            }
            Ok(())
        }
    }
}

async fn accept(listener: Option<&TcpListener>) -> Option<TcpStream> {
    match listener {
        Some(listener) => listener.accept().await.ok().map(|(stream, _)| stream),
        None => std::future::pending().await,
    }
}
