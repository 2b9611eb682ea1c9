//! The dialer: runs the phases in order, each within its budget, and reports every one.

use std::{fmt, io, net::SocketAddr, sync::Arc, time::Duration};

use rustls::pki_types::ServerName;
use tokio::{net::TcpStream, time::timeout};
use tokio_tungstenite::WebSocketStream;

use crate::{
    attempt::Attempt,
    budget::Budget,
    error::{DialCause, DialError},
    phase::{ConnectFacts, DialReport, Phase, PhaseEvent, PhaseFacts, ResolveFacts, TlsFacts, UpgradeFacts},
    race::{self, Pace, STAGGER, interleave},
    request::{DialLimits, DialRequest, TlsOptions},
    resolve::{Lookup, Resolver, SystemLookup},
    socket,
    stream::Stream,
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
}

/// An open WebSocket and how it came to be.
#[derive(Debug)]
pub struct Dialed {
    /// The WebSocket; nothing was read from it or written to it since the handshake.
    pub stream: WebSocketStream<Stream>,
    /// Address the server was reached at.
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
        Self { resolver: Resolver::new(lookup), tls: Arc::default() }
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
        let target = attempt.end(PhaseFacts::Resolve(facts), found)?;

        // The race has a limit per address; together they are bounded by the whole attempt alone.
        let budget = attempt.begin(Phase::Connect, Duration::MAX);
        let mut facts = ConnectFacts::default();
        let connected = connect(&addresses, limits, budget, &mut facts).await;
        let (tcp, remote, local) = attempt.end(PhaseFacts::Connect(facts), connected)?;

        let stream = match target.server_name.clone() {
            None => Stream::Plain(tcp),
            Some(name) => {
                let budget = attempt.begin(Phase::Tls, limits.tls);
                let mut facts = TlsFacts::default();
                let encrypted = budget.run(self.encrypt(&request.tls, name, tcp, &mut facts)).await;
                attempt.end(PhaseFacts::Tls(facts), encrypted)?
            }
        };

        let budget = attempt.begin(Phase::Upgrade, limits.upgrade);
        let mut facts = UpgradeFacts::default();
        let upgraded = upgrade(stream, &target, request, budget, &mut facts).await;
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
        facts.host.clone_from(&target.host);
        facts.literal = target.literal.is_some();
        let found = match target.literal {
            Some(address) => vec![address],
            None => budget.run(self.resolver.resolve(&target.host)).await?,
        };
        let sockets: Vec<_> =
            found.into_iter().map(|address| SocketAddr::new(address, target.port)).collect();
        facts.addresses = interleave(&sockets);
        facts.left_out = facts.addresses.len().saturating_sub(MAX_ADDRESSES);
        facts.addresses.truncate(MAX_ADDRESSES);
        Ok(target)
    }

    async fn encrypt(
        &self,
        options: &TlsOptions,
        name: ServerName<'static>,
        tcp: TcpStream,
        facts: &mut TlsFacts,
    ) -> Result<Stream, DialCause> {
        let config = self.tls.get(options.ca_file.as_deref()).await?;
        let (stream, learned) = tls::handshake(config, name, tcp).await?;
        *facts = learned;
        Ok(stream)
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
