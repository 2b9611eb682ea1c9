//! A server that does exactly what a script says: any bytes, any order, any end. It records what came to it.
//!
//! It judges nothing: what a client should make of it is the test's matter.

mod answer;
mod frame;
mod play;
mod record;
mod script;

use std::net::{Ipv4Addr, SocketAddr};

use anyhow::{Context as _, Result, anyhow};
use tokio::{
    net::TcpListener,
    sync::watch,
    task::{AbortHandle, JoinSet},
    time::timeout,
};

pub use answer::{HttpAnswer, Upgrade};
pub use frame::{ClientFrame, RawFrame, fragments};
pub use record::{Left, Seen};
pub use script::Script;

use crate::running_agent::DEADLINE;
use record::Record;

/// Connections served at once; further ones are closed unserved, but recorded.
const MAX_OPEN: usize = 256;

/// A scripted server on 127.0.0.1. Dropping it ends it and every connection.
#[derive(Debug)]
pub struct FaultServer {
    address: SocketAddr,
    seen: watch::Receiver<Vec<Seen>>,
    task: AbortHandle,
}

impl Drop for FaultServer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl FaultServer {
    /// Plays the same script to every connection.
    pub async fn start(script: Script) -> Result<Self> {
        Self::start_with(vec![script]).await
    }

    /// Plays the first script to the first connection and so on; the last one to all that follow.
    pub async fn start_with(scripts: Vec<Script>) -> Result<Self> {
        Self::on(TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?, scripts)
    }

    /// Plays scripts, as [`Self::start_with`] does, to those who come to this listener.
    pub fn on(listener: TcpListener, scripts: Vec<Script>) -> Result<Self> {
        let last = scripts.len().checked_sub(1).context("there is a script")?;
        let address = listener.local_addr()?;
        let (record, seen) = Record::new();
        let task = tokio::spawn(async move {
            // Connections end with the task that owns them.
            let mut open = JoinSet::new();
            loop {
                tokio::select! {
                    Some(_) = open.join_next() => {}
                    Ok((stream, from)) = listener.accept() => {
                        let number = record.arrived(from);
                        if open.len() < MAX_OPEN {
                            let script = scripts[number.min(last)].clone();
                            open.spawn(play::play(stream, script, record.page(number)));
                        }
                    }
                }
            }
        });
        Ok(Self { address, seen, task: task.abort_handle() })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Its URL for an endpoint.
    pub fn url(&self) -> String {
        format!("ws://{}/feed", self.address)
    }

    /// Every connection so far, in the order they came.
    pub fn seen(&self) -> Vec<Seen> {
        self.seen.borrow().clone()
    }

    /// Connections that sent a whole HTTP request. Knocks, which say nothing, do not count.
    pub fn requests(&self) -> usize {
        self.seen.borrow().iter().filter(|one| one.request().is_some()).count()
    }

    /// Waits until the connections fit.
    pub async fn until(&self, what: &str, fits: impl Fn(&[Seen]) -> bool) -> Result<Vec<Seen>> {
        let mut watch = self.seen.clone();
        match timeout(DEADLINE, watch.wait_for(|seen| fits(seen))).await {
            Ok(seen) => Ok(seen.context("the server ended")?.clone()),
            Err(_) => Err(anyhow!("the server never saw {what}, only {:#?}", self.seen())),
        }
    }
}
