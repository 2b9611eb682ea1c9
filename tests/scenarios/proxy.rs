//! A proxy that knows CONNECT, opens tunnels or refuses them, and a device that takes upgrades away.

use std::{
    net::{SocketAddr, TcpListener},
    sync::{Arc, Mutex, PoisonError},
};

use anyhow::Result;
use tokio::{
    io::{AsyncWriteExt as _, copy_bidirectional},
    net::TcpStream,
    task::{AbortHandle, JoinSet},
};

use crate::{plan::ProxyPlan, server::read_head};

/// A device between a client and a server. Dropping it ends it and what goes through it.
#[derive(Debug)]
pub(crate) struct Device {
    address: SocketAddr,
    asked: Arc<Mutex<Vec<String>>>,
    task: AbortHandle,
}

/// What a device does with a request.
#[derive(Clone, Copy, Debug)]
enum Manner {
    /// Leads to where CONNECT says, or refuses with this status.
    Connect(Option<u16>),
    /// Passes requests on to this server without their wish for an upgrade.
    Strip(SocketAddr),
}

impl Drop for Device {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Device {
    /// A forward proxy.
    pub(crate) fn proxy(listener: TcpListener, plan: &ProxyPlan) -> Result<Self> {
        Self::on(listener, Manner::Connect(plan.status))
    }

    /// A device in front of a server that removes `Upgrade` and `Connection`.
    pub(crate) fn intermediary(listener: TcpListener, server: SocketAddr) -> Result<Self> {
        Self::on(listener, Manner::Strip(server))
    }

    fn on(listener: TcpListener, manner: Manner) -> Result<Self> {
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let listener = tokio::net::TcpListener::from_std(listener)?;
        let asked = Arc::new(Mutex::default());
        let heads = Arc::clone(&asked);
        let task = tokio::spawn(async move {
            // Connections end with the task that owns them.
            let mut open = JoinSet::new();
            loop {
                tokio::select! {
                    Some(_) = open.join_next() => {}
                    Ok((stream, _)) = listener.accept() => {
                        open.spawn(connection(stream, manner, Arc::clone(&heads)));
                    }
                }
            }
        });
        Ok(Self { address, asked, task: task.abort_handle() })
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Heads of all requests so far.
    pub(crate) fn requests(&self) -> Vec<String> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// One connection; whatever goes wrong ends it.
async fn connection(mut client: TcpStream, manner: Manner, asked: Arc<Mutex<Vec<String>>>) -> Option<()> {
    client.set_nodelay(true).ok()?;
    let head = read_head(&mut client).await?;
    asked.lock().unwrap_or_else(PoisonError::into_inner).push(head.clone());
    let mut server = match manner {
        Manner::Connect(Some(status)) => return refuse(client, status).await,
        Manner::Connect(None) => {
            let target = head.strip_prefix("CONNECT ")?.split(' ').next()?;
            let Ok(server) = TcpStream::connect(target).await else { return refuse(client, 502).await };
            client.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n").await.ok()?;
            server
        }
        Manner::Strip(server) => {
            let mut server = TcpStream::connect(server).await.ok()?;
            server.write_all(stripped(&head).as_bytes()).await.ok()?;
            server
        }
    };
    copy_bidirectional(&mut client, &mut server).await.ok()?;
    Some(())
}

async fn refuse(mut client: TcpStream, status: u16) -> Option<()> {
    let headers = match status {
        407 => "Proxy-Authenticate: Basic realm=\"staged\"\r\n",
        _ => "",
    };
    let answer =
        format!("HTTP/1.1 {status} Staged\r\n{headers}Content-Length: 0\r\nConnection: close\r\n\r\n");
    client.write_all(answer.as_bytes()).await.ok()?;
    client.shutdown().await.ok()
}

/// The head without what asks for an upgrade.
fn stripped(head: &str) -> String {
    let kept = head.lines().filter(|line| {
        let name = line.split(':').next().unwrap_or_default();
        !["upgrade", "connection"].iter().any(|one| name.eq_ignore_ascii_case(one))
    });
    kept.fold(String::new(), |text, line| text + line + "\r\n")
}

#[test]
fn a_device_takes_the_wish_for_an_upgrade_and_nothing_else() {
    let head = "GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\r\n";
    assert_eq!(stripped(head), "GET / HTTP/1.1\r\nHost: a\r\nSec-WebSocket-Version: 13\r\n\r\n");
}
