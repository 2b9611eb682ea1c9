//! The dialer: runs the phases in order, each within its budget, and reports every one.

use std::{
    fmt, io,
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::Duration,
};

use rustls::pki_types::ServerName;
use tokio::{net::TcpStream, time::timeout};
use tokio_tungstenite::WebSocketStream;

use crate::{
    attempt::Attempt,
    budget::Budget,
    client_auth::ClientIdentities,
    error::{DialCause, DialError},
    evidence,
    excerpt::Secrets,
    memory::AddressMemory,
    phase::{
        ClientAuth, ConnectFacts, DialReport, Phase, PhaseEvent, PhaseFacts, ProxyFacts, ResolveFacts,
        TlsFacts, UpgradeFacts,
    },
    proxy::{Passage, ProxyDecision, SystemProxies},
    race::{self, Pace, STAGGER},
    redirect::Journey,
    request::{DialLimits, DialRequest, TlsOptions},
    resolve::{Lookup, Resolver, SystemLookup},
    route::{AddressFamily, Route, Routes, unpoisoned},
    socket,
    stream::{Carrier, Stream, Wire},
    tls::{self, TlsConfigs},
    upgrade::upgrade,
};

/// Opens WebSockets. A cheap clone; clones share the lookup threads and the TLS configurations.
#[derive(Clone)]
pub struct Dialer {
    pub(crate) routes: Routes,
    tls: Arc<TlsConfigs>,
    identities: ClientIdentities,
}

/// An open WebSocket and how it came to be.
#[derive(Debug)]
pub struct Dialed {
    /// The WebSocket; nothing was read from it or written to it since the handshake.
    pub stream: WebSocketStream<Stream>,
    /// Address the server was reached at, the last one where there were redirects; the proxy's where there is one.
    pub remote: SocketAddr,
    /// Own address; a route change shows in it.
    pub local: SocketAddr,
    /// Subprotocol the server chose.
    pub subprotocol: Option<String>,
    /// Every phase, and every redirect followed.
    pub report: DialReport,
}

/// A stream that leads to the server, before anything was asked.
pub(crate) struct Arrival {
    pub(crate) stream: Stream,
    pub(crate) route: Route,
    pub(crate) remote: SocketAddr,
    pub(crate) local: SocketAddr,
    pub(crate) client_auth: ClientAuth,
}

/// Who judges a server's certificate.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Judge {
    /// This computer and the request's CA file. What every connection is for.
    Trust,
    /// Nobody: for [`evidence`](crate::evidence) alone, whose streams nobody gets.
    Nobody,
}

impl Default for Dialer {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Dialer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Dialer").field("resolver", &self.routes.resolver).finish_non_exhaustive()
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
            routes: Routes {
                resolver: Resolver::new(lookup),
                proxies: Arc::default(),
                memory: None,
                family: None,
            },
            tls: Arc::default(),
            identities: ClientIdentities::default(),
        }
    }

    /// The same dialer with what [`ProxyChoice::System`](crate::ProxyChoice::System) means here. Without this it means no proxy.
    #[must_use]
    pub fn with_system_proxies(mut self, proxies: SystemProxies) -> Self {
        self.routes.proxies = Arc::new(proxies);
        self
    }

    /// The same dialer with a memory of addresses that worked, for when a name cannot be looked up. Its clones share
    /// it.
    ///
    /// It stands in when the lookup ran out of its own time or failed. A name that does not exist is believed, though,
    /// where no TLS proves who answers.
    #[must_use]
    pub fn with_memory(mut self, memory: AddressMemory) -> Self {
        self.routes.memory = Some(Arc::new(Mutex::new(memory)));
        self
    }

    /// The same dialer, for one address family alone. A name without such an address counts as not found.
    #[must_use]
    pub fn over(mut self, family: AddressFamily) -> Self {
        self.routes.family = Some(family);
        self
    }

    /// What is remembered now, to be written down; `None` for a dialer without memory.
    pub fn memory(&self) -> Option<AddressMemory> {
        Some(unpoisoned(self.routes.memory.as_ref()?).clone())
    }

    /// Makes one attempt. `observe` is told each phase's start and end while it runs and must return quickly.
    ///
    /// Up to three redirects are followed within the same attempt: every phase runs anew for the next server, by its
    /// own limit and what is left of the whole attempt's. Only the same origin gets the request's headers, credential
    /// and client certificate.
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
        let mut attempt = Attempt::new(request.limits.overall, observe);
        let mut journey = Journey::new(request);
        let mut ways = Vec::with_capacity(1);
        loop {
            let request = journey.request();
            let Arrival { stream, route, remote, local, client_auth } =
                self.arrive(request, Judge::Trust, &mut attempt).await?;

            let budget = attempt.begin(Phase::Upgrade, request.limits.upgrade);
            let mut facts = UpgradeFacts::default();
            let upgraded = upgrade(stream, &route.target, request, budget, &mut facts).await;
            let subprotocol = facts.subprotocol.clone();
            ways.push((route, remote.ip()));
            let upgraded = match upgraded {
                Ok(stream) => Ok(Ok(stream)),
                // TLS 1.3 tells a client only after the handshake what the server thinks of its certificate.
                Err(cause) => journey.follow(cause.after(client_auth)).map(Err),
            };
            match attempt.end(PhaseFacts::Upgrade(facts), upgraded)? {
                Ok(stream) => {
                    for (route, address) in &ways {
                        self.routes.worked(route, *address);
                    }
                    return Ok(Dialed { stream, remote, local, subprotocol, report: attempt.report() });
                }
                Err(redirect) => attempt.redirected(redirect),
            }
        }
    }

    /// Every phase before something is asked.
    pub(crate) async fn arrive<O: FnMut(PhaseEvent) + Send>(
        &self,
        request: &DialRequest,
        judge: Judge,
        attempt: &mut Attempt<O>,
    ) -> Result<Arrival, DialError> {
        let limits = &request.limits;
        let budget = attempt.begin(Phase::Resolve, limits.resolve);
        let mut facts = ResolveFacts::default();
        let found = self.routes.find(request, budget, &mut facts).await;
        let mut route = attempt.end(PhaseFacts::Resolve(facts), found)?;

        // The race has a limit per address; together they are bounded by the whole attempt alone.
        let budget = attempt.begin(Phase::Connect, Duration::MAX);
        let mut facts = ConnectFacts::default();
        let connected = connect(&route.addresses, limits, budget, &mut facts).await;
        let connected = connected.map_err(|cause| route.blocked(cause));
        let (tcp, remote, local) = attempt.end(PhaseFacts::Connect(facts), connected)?;

        let carrier = match &route.proxy {
            ProxyDecision::Direct { .. } => Carrier::Tcp(tcp),
            ProxyDecision::Through { server, source, .. } => {
                let budget = attempt.begin(Phase::Proxy, limits.proxy);
                let mut facts = ProxyFacts::new(server.clone(), *source);
                let passage = Passage { server, request, route: &route, tls: &self.tls };
                let opened = passage.open(tcp, remote, budget, &mut facts).await;
                attempt.end(PhaseFacts::Proxy(facts), opened)?
            }
        };

        let mut client_auth = ClientAuth::default();
        let stream = match route.target.server_name.clone() {
            None => Wire::from(carrier).into(),
            Some(name) => {
                let budget = attempt.begin(Phase::Tls, limits.tls);
                let mut facts = TlsFacts::default();
                let encrypted =
                    budget.run(self.encrypt(&request.tls, judge, name, carrier, &mut facts)).await;
                let encrypted = encrypted.map_err(|cause| cause.without(|| Secrets::of(request)));
                client_auth = facts.client_auth;
                attempt.end(PhaseFacts::Tls(facts), encrypted)?
            }
        };
        Ok(Arrival { stream, route, remote, local, client_auth })
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

    async fn encrypt(
        &self,
        options: &TlsOptions,
        judge: Judge,
        name: ServerName<'static>,
        carrier: Carrier,
        facts: &mut TlsFacts,
    ) -> Result<Stream, DialCause> {
        let identity = self.identities.get(options).await?;
        let trust = match judge {
            Judge::Trust => self.tls.get(options.ca_file.as_deref()).await?,
            Judge::Nobody => evidence::nobody()?,
        };
        match carrier {
            Carrier::Tcp(tcp) => {
                let stream = tls::handshake(&trust, identity, name, tcp, facts).await?;
                Ok(Wire::Tls(Box::new(stream)).into())
            }
            Carrier::Tls(tunnel) => {
                let stream = tls::handshake(&trust, identity, name, tunnel, facts).await?;
                Ok(Wire::TlsInTunnel(Box::new(stream)).into())
            }
        }
    }
}

pub(crate) async fn connect(
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
