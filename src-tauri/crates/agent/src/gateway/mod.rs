//! The local gateway: HTTP on loopback for programs, scripts and browsers of this computer.
//!
//! Serves what [`AgentHandle`] offers and the built web UI; holds no state of its own and decides nothing about
//! endpoints. Nothing but `/healthz` and the UI's static files answers without the token. Every refusal is
//! `{"error":{"code","message","detail"}}`; only a head that is not HTTP or too large gets hyper's own empty 400 or 431.

mod assets;
mod body;
mod connections;
mod content;
mod descriptor;
mod desk;
mod diagnostics;
mod endpoints;
mod error;
mod events;
mod guard;
mod hub;
mod openapi;
mod operation;
mod operations;
mod outbox;
mod place;
mod recording;
mod refusal;
mod reports;
mod routes;
mod sending;
#[cfg(test)]
mod tests;
mod token;
mod visitor;

use std::{io, net::SocketAddr, path::Path};

use tokio::{net::TcpListener, sync::watch, task::JoinHandle};
use tokio_util::sync::{CancellationToken, DropGuard};

use self::{
    body::Budget,
    connections::Limits,
    descriptor::Published,
    desk::Desk,
    guard::Guard,
    hub::{Hub, HubRules},
    token::Token,
};
pub use descriptor::GatewayFile;
pub(crate) use descriptor::forget_stale;
pub(crate) use error::GatewayError;
pub use hub::{MemberInfo, Members};
pub use outbox::{
    Books, BufferNotice, DeadMessage, DeadPage, Letters, OutboxReport, Resumed, Retried, Spread, Tally,
    Thrown, Verified, WaitingMessage,
};
pub use sending::{Receipt, ReceiptEntry, ReceiptFate};

use crate::{diagnosis::Reports, handle::AgentHandle, settings::GatewaySettings};

/// A running gateway. Dropping it stops it without the farewell of [`Gateway::shutdown`].
#[derive(Debug)]
pub(crate) struct Gateway {
    url: String,
    open: watch::Receiver<u32>,
    stop: DropGuard,
    serving: JoinHandle<()>,
    published: Published,
}

impl Gateway {
    /// Listens, writes `gateway.json` into the runtime folder and serves. A taken default port moves to a free
    /// one; a taken configured one is an error. Does not look at `settings.enabled`.
    pub(crate) async fn start(
        settings: &GatewaySettings,
        runtime: &Path,
        handle: AgentHandle,
    ) -> Result<Self, GatewayError> {
        Self::start_within(Limits::default(), HubRules::default(), settings, runtime, handle).await
    }

    async fn start_within(
        limits: Limits,
        rules: HubRules,
        settings: &GatewaySettings,
        runtime: &Path,
        agent: AgentHandle,
    ) -> Result<Self, GatewayError> {
        let address = settings.listen;
        if !address.ip().is_loopback() {
            return Err(GatewayError::NotLoopback { address });
        }
        let (listener, listening) =
            listen(settings).await.map_err(|source| GatewayError::Listen { address, source })?;
        if listening.port() != address.port() && address.port() != 0 {
            tracing::warn!(wanted = %address, %listening, "the gateway's default port is taken; it moved to a free one");
        }
        let token = Token::create().map_err(GatewayError::Random)?;
        let url = format!("http://{listening}");
        let file = GatewayFile {
            url: url.clone(),
            token: token.reveal().to_owned(),
            pid: std::process::id(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
        };
        let published = Published::write(runtime, file)
            .map_err(|source| GatewayError::Descriptor { path: GatewayFile::path(runtime), source })?;

        let stop = CancellationToken::new();
        let desk = Desk {
            reports: Reports::of(&agent),
            agent,
            budget: Budget::default(),
            hub: Hub::new(rules),
            stop: stop.clone(),
        };
        let router = routes::router(desk, Guard::new(token, listening));
        let (count, open) = watch::channel(0);
        let serving = tokio::spawn(connections::serve(listener, router, limits, count, stop.clone()));
        tracing::info!(url, "the gateway listens");
        Ok(Self { url, open, stop: stop.drop_guard(), serving, published })
    }

    /// Where it listens, without a slash at the end.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// How many connections are open, as it changes.
    pub(crate) fn connections(&self) -> watch::Receiver<u32> {
        self.open.clone()
    }

    /// Takes `gateway.json` away first, so that nobody comes any more; then ends event streams and idle
    /// connections, and within a second cuts what is left.
    pub(crate) async fn shutdown(self) {
        drop(self.published);
        drop(self.stop);
        if let Err(error) = self.serving.await {
            tracing::error!(%error, "the gateway did not end as it should");
        }
    }
}

async fn listen(settings: &GatewaySettings) -> io::Result<(TcpListener, SocketAddr)> {
    let wanted = settings.listen;
    let listener = match TcpListener::bind(wanted).await {
        // Windows reports a port that the system holds in reserve as a lack of permission.
        Err(error)
            if !settings.listen_configured
                && matches!(error.kind(), io::ErrorKind::AddrInUse | io::ErrorKind::PermissionDenied) =>
        {
            TcpListener::bind(SocketAddr::new(wanted.ip(), 0)).await?
        }
        bound => bound?,
    };
    let listening = listener.local_addr()?;
    Ok((listener, listening))
}
