//! The dialer: runs the phases in order, each within its budget, and reports every one.

use std::{
    fmt, io,
    net::{IpAddr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use rustls::pki_types::ServerName;
use tokio::{net::TcpStream, task::spawn_blocking, time::timeout};
use tokio_tungstenite::WebSocketStream;

use crate::{
    attempt::Attempt,
    budget::Budget,
    client_auth::ClientIdentities,
    error::{DialCause, DialError, ProxyCause},
    phase::{
        ClientAuth, ConnectFacts, DialReport, Phase, PhaseEvent, PhaseFacts, ProxyFacts, ResolveFacts,
        TlsFacts, UpgradeFacts,
    },
    proxy::{DesktopUnreadable, Passage, ProxyChoice, ProxyDecision, ProxyServer, SystemProxies, at},
    race::{self, Pace, STAGGER, interleave},
    request::{DialLimits, DialRequest, TlsOptions},
    resolve::{Lookup, Resolver, SystemLookup},
    socket,
    stream::{Carrier, Stream},
    target::Target,
    tls::{self, TlsConfigs},
    upgrade::upgrade,
};

/// Addresses of one name that are tried. With 250 ms between them more could not all have their turn anyway, and a
/// name server must not decide how many sockets are opened.
const MAX_ADDRESSES: usize = 16;

/// Opens WebSockets. A cheap clone; clones share the lookup threads and the TLS configurations.
#[derive(Clone)]
pub struct Dialer {
    resolver: Resolver,
    tls: Arc<TlsConfigs>,
    identities: ClientIdentities,
    proxies: Arc<SystemProxies>,
}

/// An open WebSocket and how it came to be.
#[derive(Debug)]
pub struct Dialed {
    /// The WebSocket; nothing was read from it or written to it since the handshake.
    pub stream: WebSocketStream<Stream>,
    /// Address the server was reached at; the proxy's where there is one.
    pub remote: SocketAddr,
    /// Own address; a route change shows in it.
    pub local: SocketAddr,
    /// Subprotocol the server chose.
    pub subprotocol: Option<String>,
    /// Every phase.
    pub report: DialReport,
}

impl Default for Dialer {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Dialer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Dialer").field("resolver", &self.resolver).finish_non_exhaustive()
    }
}

impl Dialer {
    /// A dialer with the system's resolver and the platform's trust store, which is read at the first TLS dial.
    pub fn new() -> Self {
        Self::with_lookup(Arc::new(SystemLookup))
    }

    /// A dialer with another way from names to addresses.
    pub fn with_lookup(lookup: Arc<dyn Lookup>) -> Self {
        Self {
            resolver: Resolver::new(lookup),
            tls: Arc::default(),
            identities: ClientIdentities::default(),
            proxies: Arc::default(),
        }
    }

    /// The same dialer with what [`ProxyChoice::System`] means here. Without this it means no proxy.
    #[must_use]
    pub fn with_system_proxies(self, proxies: SystemProxies) -> Self {
        Self { proxies: Arc::new(proxies), ..self }
    }

    /// Makes one attempt. `observe` is told each phase's start and end while it runs and must return quickly.
    ///
    /// Dropping the future closes every socket of the attempt.
    ///
    /// # Errors
    ///
    /// The phase that failed, the raw cause, and the report of all phases reached.
    pub async fn websocket(
        &self,
        request: &DialRequest,
        observe: impl FnMut(PhaseEvent) + Send,
    ) -> Result<Dialed, DialError> {
        let limits = &request.limits;
        let mut attempt = Attempt::new(limits.overall, observe);

        let budget = attempt.begin(Phase::Resolve, limits.resolve);
        let mut facts = ResolveFacts::default();
        let found = self.resolve(request, budget, &mut facts).await;
        let addresses = facts.addresses.clone();
        let (decision, destinations) = (facts.proxy.clone(), facts.behind_proxy.clone());
        let target = attempt.end(PhaseFacts::Resolve(facts), found)?;

        // The race has a limit per address; together they are bounded by the whole attempt alone.
        let budget = attempt.begin(Phase::Connect, Duration::MAX);
        let mut facts = ConnectFacts::default();
        let connected = connect(&addresses, limits, budget, &mut facts).await;
        let connected = connected.map_err(|cause| seen_from_here(decision.server(), cause));
        let (tcp, remote, local) = attempt.end(PhaseFacts::Connect(facts), connected)?;

        let carrier = match &*decision {
            ProxyDecision::Direct { .. } => Carrier::Tcp(tcp),
            ProxyDecision::Through { server, source, .. } => {
                let budget = attempt.begin(Phase::Proxy, limits.proxy);
                let mut facts = ProxyFacts::new(server.clone(), *source);
                let passage =
                    Passage { server, request, target: &target, destinations: &destinations, tls: &self.tls };
                let opened = passage.open(tcp, remote, budget, &mut facts).await;
                attempt.end(PhaseFacts::Proxy(facts), opened)?
            }
        };

        let mut client_auth = ClientAuth::default();
        let stream = match target.server_name.clone() {
            None => Stream::from(carrier),
            Some(name) => {
                let budget = attempt.begin(Phase::Tls, limits.tls);
                let mut facts = TlsFacts::default();
                let encrypted = budget.run(self.encrypt(&request.tls, name, carrier, &mut facts)).await;
                client_auth = facts.client_auth;
                attempt.end(PhaseFacts::Tls(facts), encrypted)?
            }
        };

        let budget = attempt.begin(Phase::Upgrade, limits.upgrade);
        let mut facts = UpgradeFacts::default();
        let upgraded = upgrade(stream, &target, request, budget, &mut facts).await;
        // TLS 1.3 tells a client only after the handshake what the server thinks of its certificate.
        let upgraded = upgraded.map_err(|cause| cause.after(client_auth));
        let subprotocol = facts.subprotocol.clone();
        let stream = attempt.end(PhaseFacts::Upgrade(facts), upgraded)?;
        Ok(Dialed { stream, remote, local, subprotocol, report: attempt.report() })
    }

    /// Does anything listen at `address`? Opens a TCP connection and drops it.
    ///
    /// # Errors
    ///
    /// The system's error, or [`io::ErrorKind::TimedOut`] after `limit`.
    pub async fn knock(address: SocketAddr, limit: Duration) -> io::Result<()> {
        match timeout(limit, socket::connect(address)).await {
            Ok(connected) => connected.map(drop),
            Err(_) => Err(io::Error::new(io::ErrorKind::TimedOut, format!("no answer within {limit:?}"))),
        }
    }

    async fn resolve(
        &self,
        request: &DialRequest,
        budget: Budget,
        facts: &mut ResolveFacts,
    ) -> Result<Target, DialCause> {
        let target = Target::of(request)?;
        *facts.proxy = self.choose(&request.proxy, &target, budget).await?;
        let server = facts.proxy.server();
        let (host, literal, port) = match server {
            Some(server) => (server.host(), server.literal(), server.port()),
            None => (target.host.as_str(), target.literal, target.port),
        };
        facts.host = host.to_owned();
        facts.literal = literal.is_some();
        let found = self.lookup(host, literal, budget).await;
        let found = found.map_err(|cause| seen_from_here(server, cause))?;
        let sockets: Vec<_> = found.into_iter().map(|address| SocketAddr::new(address, port)).collect();
        if server.is_some_and(|server| server.kind().needs_address()) {
            facts.behind_proxy = self.lookup(&target.host, target.literal, budget).await?;
        }
        facts.addresses = interleave(&sockets);
        facts.left_out = facts.addresses.len().saturating_sub(MAX_ADDRESSES);
        facts.addresses.truncate(MAX_ADDRESSES);
        Ok(target)
    }

    async fn lookup(
        &self,
        host: &str,
        literal: Option<IpAddr>,
        budget: Budget,
    ) -> Result<Vec<IpAddr>, DialCause> {
        match literal {
            Some(address) => Ok(vec![address]),
            None => budget.run(self.resolver.resolve(host)).await,
        }
    }

    /// The desktop's settings are files: they are read off the runtime, and only when the environment is silent.
    async fn choose(
        &self,
        choice: &ProxyChoice,
        target: &Target,
        budget: Budget,
    ) -> Result<ProxyDecision, DialCause> {
        let decision = match choice {
            ProxyChoice::Direct => return Ok(ProxyDecision::default()),
            ProxyChoice::Url(url) => ProxyDecision::configured(url),
            ProxyChoice::System => ProxyDecision::of_environment(&self.proxies.environment, target),
        }
        .map_err(Box::new)?;
        if !decision.is_open() {
            return Ok(decision);
        }
        let desktop = Arc::clone(&self.proxies.desktop);
        let read = async { Ok::<_, DialCause>(spawn_blocking(move || desktop.read()).await) };
        let settings = budget.run(read).await?.unwrap_or(Err(DesktopUnreadable::Crashed));
        let notes = decision.notes().to_vec();
        Ok(ProxyDecision::of_desktop(settings, target, notes))
    }

    async fn encrypt(
        &self,
        options: &TlsOptions,
        name: ServerName<'static>,
        carrier: Carrier,
        facts: &mut TlsFacts,
    ) -> Result<Stream, DialCause> {
        let identity = self.identities.get(options).await?;
        let config = self.tls.get(options.ca_file.as_deref()).await?;
        match carrier {
            Carrier::Tcp(tcp) => {
                let stream = tls::handshake(&config, identity, name, tcp, facts).await?;
                Ok(Stream::Tls(Box::new(stream)))
            }
            Carrier::Tls(tunnel) => {
                let stream = tls::handshake(&config, identity, name, tunnel, facts).await?;
                Ok(Stream::TlsInTunnel(Box::new(stream)))
            }
        }
    }
}

/// A name that is not found or an address that does not answer is the proxy's where there is one.
fn seen_from_here(server: Option<&ProxyServer>, cause: DialCause) -> DialCause {
    match server {
        Some(server) => at(server, ProxyCause::Unreachable(Box::new(cause))),
        None => cause,
    }
}

async fn connect(
    addresses: &[SocketAddr],
    limits: &DialLimits,
    budget: Budget,
    facts: &mut ConnectFacts,
) -> Result<(TcpStream, SocketAddr, SocketAddr), DialCause> {
    let pace = Pace { stagger: STAGGER, per_address: limits.connect, until: budget.until };
    let race = race::race(addresses, pace, |address| async move {
        let stream = socket::connect(address).await?;
        let local = stream.local_addr()?;
        Ok((stream, local))
    })
    .await;
    facts.addresses = race.addresses;
    match race.winner {
        Some((remote, (stream, local))) => {
            facts.local = Some(local);
            Ok((stream, remote, local))
        }
        None if race.out_of_time => Err(budget.used_up()),
        None => Err(DialCause::Connect(facts.addresses.clone())),
    }
}
