//! A demo server of the test's own, to stop and to start again on the same port.

use std::{net::SocketAddr, thread::JoinHandle};

use anyhow::Context as _;
use demo::{DemoOptions, DemoServer};
use tokio_util::sync::CancellationToken;

/// A running demo server.
pub(crate) struct Endpoints {
    address: SocketAddr,
    stop: CancellationToken,
    server: Option<JoinHandle<()>>,
}

impl Endpoints {
    /// On a free port.
    pub(crate) fn start() -> anyhow::Result<Self> {
        Self::start_on(([127, 0, 0, 1], 0).into())
    }

    /// On a port that was used before.
    pub(crate) fn start_on(listen: SocketAddr) -> anyhow::Result<Self> {
        let stop = CancellationToken::new();
        let (tell, told) = std::sync::mpsc::channel();
        let stopped = stop.clone();
        let server = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            let runtime = runtime.expect("a runtime");
            runtime.block_on(async {
                let options = DemoOptions { listen, seed: Some(7), ..DemoOptions::default() };
                match DemoServer::bind(options).await {
                    Ok(server) => {
                        let _ = tell.send(Ok(server.local_addr()));
                        let _ = server.serve(stopped).await;
                    }
                    Err(error) => drop(tell.send(Err(error))),
                }
            });
        });
        let address = told.recv().context("the demo server's thread")??;
        Ok(Self { address, stop, server: Some(server) })
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Stops it and returns where it was.
    pub(crate) fn stop(self) -> SocketAddr {
        self.address
    }
}

impl Drop for Endpoints {
    fn drop(&mut self) {
        self.stop.cancel();
        if let Some(server) = self.server.take() {
            let _ = server.join();
        }
    }
}
