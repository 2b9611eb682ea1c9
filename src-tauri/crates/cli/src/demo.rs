//! `linekeeper demo`: the demo endpoints without an agent.

use std::net::SocketAddr;

use demo::{DemoOptions, DemoServer};
use tokio_util::sync::CancellationToken;

use crate::{exit::Exit, output, signals::Interrupts};

pub(crate) async fn serve(listen: SocketAddr, seed: Option<u64>) -> anyhow::Result<Exit> {
    let mut interrupts = Interrupts::listen()?;
    let server = DemoServer::bind(DemoOptions { listen, seed, ..DemoOptions::default() }).await?;
    output::print(&format!(
        "Demo endpoints on {}, seed {}. Ctrl-C stops them.",
        server.local_addr(),
        server.seed()
    ))?;
    let stop = CancellationToken::new();
    let ends = stop.clone();
    tokio::spawn(async move {
        interrupts.next().await;
        ends.cancel();
        interrupts.next().await;
        std::process::exit(130);
    });
    server.serve(stop).await?;
    Ok(Exit::Done)
}
