//! The way through a chosen proxy: from a TCP connection to the proxy to one that leads to the server.

use std::net::SocketAddr;

use tokio::net::TcpStream;

use super::{
    connect,
    server::{ProxyKind, ProxyServer},
    socks::{self, Destination},
};
use crate::{
    budget::Budget,
    error::{DialCause, ProxyCause, ProxyError},
    phase::ProxyFacts,
    request::DialRequest,
    route::Route,
    socket,
    stream::Carrier,
    tls::{self, TlsConfigs},
};

/// Addresses of the server that a SOCKS5 proxy is asked for. Each costs a connection to the proxy.
const MAX_DESTINATIONS: usize = 4;

/// An attempt that goes through a proxy.
pub(crate) struct Passage<'a> {
    pub(crate) server: &'a ProxyServer,
    pub(crate) request: &'a DialRequest,
    pub(crate) route: &'a Route,
    pub(crate) tls: &'a TlsConfigs,
}

/// The cause that names the proxy.
pub(crate) fn at(server: &ProxyServer, cause: ProxyCause) -> DialCause {
    let server = server.clone();
    DialCause::Proxy(Box::new(ProxyError { server, cause }))
}

impl Passage<'_> {
    /// Opens the way over `tcp`, a connection to the proxy at `remote`. `facts` is filled on the way and stays when
    /// this fails.
    pub(crate) async fn open(
        &self,
        tcp: TcpStream,
        remote: SocketAddr,
        budget: Budget,
        facts: &mut ProxyFacts,
    ) -> Result<Carrier, DialCause> {
        let opened = match self.server.kind() {
            ProxyKind::Http => {
                connect::connect(tcp, self.server, &self.route.target, self.request, budget, facts)
                    .await?
                    .map(Carrier::Tcp)
            }
            ProxyKind::Https => self.encrypted(tcp, budget, facts).await?,
            ProxyKind::Socks5 | ProxyKind::Socks5h => budget
                .run(async { Ok::<_, DialCause>(self.socks(tcp, remote, facts).await) })
                .await?
                .map(Carrier::Tcp),
        };
        opened.map_err(|cause| at(self.server, cause))
    }

    /// TLS with the proxy, by the same trust as with the server but never with the client's certificate, which is
    /// for the server.
    async fn encrypted(
        &self,
        tcp: TcpStream,
        budget: Budget,
        facts: &mut ProxyFacts,
    ) -> Result<Result<Carrier, ProxyCause>, DialCause> {
        let Some(name) = self.server.server_name().cloned() else {
            return connect::connect(tcp, self.server, &self.route.target, self.request, budget, facts)
                .await
                .map(|opened| opened.map(Carrier::Tcp));
        };
        let ca_file = self.request.tls.ca_file.as_deref();
        let trust = budget.run(self.tls.get(ca_file)).await?;
        let learned = facts.tls.insert(Box::default());
        let shaken = budget
            .run(async { Ok::<_, DialCause>(tls::handshake(&trust, None, name, tcp, learned).await) })
            .await?;
        let stream = match shaken {
            Ok(stream) => Box::new(stream),
            Err(cause) => {
                let cause = cause.without(|| connect::secrets(self.request, self.server));
                return Ok(Err(ProxyCause::Tls(Box::new(cause))));
            }
        };
        connect::connect(stream, self.server, &self.route.target, self.request, budget, facts)
            .await
            .map(|opened| opened.map(Carrier::Tls))
    }

    /// A proxy that is given names is asked once. One that is given addresses is asked for the next where a failure
    /// is about the address, each time over a new connection, because a failure ends the old one (RFC 1928 §6).
    async fn socks(
        &self,
        tcp: TcpStream,
        remote: SocketAddr,
        facts: &mut ProxyFacts,
    ) -> Result<TcpStream, ProxyCause> {
        let port = self.route.target.port;
        if !self.server.kind().needs_address() {
            let to = match self.route.target.literal {
                Some(address) => Destination::Address(address),
                None => Destination::Name(&self.route.target.host),
            };
            return socks::connect(tcp, self.server, to, port, facts).await;
        }
        let mut connected = Some(tcp);
        let mut failure = ProxyCause::Reply(crate::error::SocksReply::HostUnreachable);
        for address in self.route.behind_proxy.iter().take(MAX_DESTINATIONS) {
            let tcp = match connected.take() {
                Some(tcp) => tcp,
                None => socket::connect(remote)
                    .await
                    .map_err(|error| ProxyCause::Socket(Box::new((&error).into())))?,
            };
            facts.asked_for = Some(*address);
            facts.received = 0;
            match socks::connect(tcp, self.server, Destination::Address(*address), port, facts).await {
                Err(ProxyCause::Reply(reply)) if reply.is_about_the_address() => {
                    failure = ProxyCause::Reply(reply);
                }
                end => return end,
            }
        }
        Err(failure)
    }
}
