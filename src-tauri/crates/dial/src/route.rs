//! The way of one attempt before any socket is opened: through which proxy if any, to which addresses, looked up or
//! remembered.

use std::{
    net::{IpAddr, SocketAddr},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::SystemTime,
};

use tokio::task::spawn_blocking;

use crate::{
    budget::Budget,
    error::{DialCause, ProxyCause, ResolveError, ResolveErrorKind, Timeout, TimeoutScope},
    memory::AddressMemory,
    phase::{Remembered, ResolveFacts},
    proxy::{DesktopUnreadable, ProxyChoice, ProxyDecision, ProxyServer, SystemProxies, at},
    race::interleave,
    request::DialRequest,
    resolve::Resolver,
    target::Target,
};

/// Addresses of one name that are tried. With 250 ms between them more could not all have their turn anyway, and a
/// name server must not decide how many sockets are opened.
const MAX_ADDRESSES: usize = 16;

/// One of the two kinds of addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AddressFamily {
    /// IPv4.
    V4,
    /// IPv6.
    V6,
}

impl AddressFamily {
    /// That of an address.
    pub fn of(address: IpAddr) -> Self {
        if address.is_ipv6() { Self::V6 } else { Self::V4 }
    }

    /// The other one.
    #[must_use]
    pub fn other(self) -> Self {
        match self {
            Self::V4 => Self::V6,
            Self::V6 => Self::V4,
        }
    }
}

/// Finds routes. A cheap clone; clones share the lookup threads and the memory.
#[derive(Clone)]
pub(crate) struct Routes {
    pub(crate) resolver: Resolver,
    pub(crate) proxies: Arc<SystemProxies>,
    pub(crate) memory: Option<Arc<Mutex<AddressMemory>>>,
    /// Addresses of this family alone, where there is one.
    pub(crate) family: Option<AddressFamily>,
}

/// Where an attempt goes.
pub(crate) struct Route {
    pub(crate) target: Target,
    pub(crate) proxy: ProxyDecision,
    /// Addresses to connect to, in order: the proxy's where there is one.
    pub(crate) addresses: Vec<SocketAddr>,
    /// The server's addresses, for a proxy that is given addresses.
    pub(crate) behind_proxy: Vec<IpAddr>,
    /// The name the addresses belong to; `None` for a literal address.
    host: Option<String>,
    /// Why the addresses are remembered ones, where they are.
    failed_lookup: Option<Box<DialCause>>,
}

/// A name or address to be looked up.
struct Wanted<'a> {
    host: &'a str,
    literal: Option<IpAddr>,
    /// TLS will tell who answers there.
    proven: bool,
}

impl Routes {
    /// Decides about the proxy and looks up what there is to look up. `facts` is filled on the way and stays when this
    /// fails.
    pub(crate) async fn find(
        &self,
        request: &DialRequest,
        budget: Budget,
        facts: &mut ResolveFacts,
    ) -> Result<Route, DialCause> {
        let target = Target::of(request)?;
        let proxy = self.choose(&request.proxy, &target, budget).await?;
        *facts.proxy = proxy.clone();
        let own =
            Wanted { host: &target.host, literal: target.literal, proven: target.server_name.is_some() };
        let (first, port) = match proxy.server() {
            Some(server) => {
                let proven = server.server_name().is_some();
                (Wanted { host: server.host(), literal: server.literal(), proven }, server.port())
            }
            None => (Wanted { ..own }, target.port),
        };
        facts.host = first.host.to_owned();
        facts.literal = first.literal.is_some();
        let found = self.lookup(&first, budget, &mut facts.remembered).await;
        let (mut found, failed_lookup) = found.map_err(|cause| seen_from_here(proxy.server(), cause))?;
        if let Some(family) = self.family {
            found.retain(|address| AddressFamily::of(*address) == family);
            if found.is_empty() {
                let none =
                    ResolveError::new(ResolveErrorKind::NotFound, "no address of the family asked for");
                return Err(seen_from_here(proxy.server(), Box::new(none).into()));
            }
        }
        if proxy.server().is_some_and(|server| server.kind().needs_address()) {
            facts.behind_proxy = self.lookup(&own, budget, &mut facts.remembered).await?.0;
        }
        let sockets: Vec<_> = found.into_iter().map(|address| SocketAddr::new(address, port)).collect();
        facts.addresses = interleave(&sockets);
        facts.left_out = facts.addresses.len().saturating_sub(MAX_ADDRESSES);
        facts.addresses.truncate(MAX_ADDRESSES);
        Ok(Route {
            proxy,
            addresses: facts.addresses.clone(),
            behind_proxy: facts.behind_proxy.clone(),
            host: (!facts.literal).then(|| facts.host.clone()),
            failed_lookup: failed_lookup.map(Box::new),
            target,
        })
    }

    /// The whole attempt succeeded at `address`.
    pub(crate) fn worked(&self, route: &Route, address: IpAddr) {
        if let (Some(memory), Some(host)) = (&self.memory, &route.host) {
            unpoisoned(memory).worked(host, address, SystemTime::now());
        }
    }

    /// Addresses, and why the lookup failed where they are remembered ones.
    async fn lookup(
        &self,
        wanted: &Wanted<'_>,
        budget: Budget,
        remembered: &mut Option<Box<Remembered>>,
    ) -> Result<(Vec<IpAddr>, Option<DialCause>), DialCause> {
        if let Some(address) = wanted.literal {
            return Ok((vec![address], None));
        }
        let cause = match budget.run(self.resolver.resolve(wanted.host)).await {
            Ok(addresses) => return Ok((addresses, None)),
            Err(cause) => cause,
        };
        let known = match &self.memory {
            Some(memory) if may_be_remembered(&cause, wanted.proven) => {
                unpoisoned(memory).recall(wanted.host, SystemTime::now())
            }
            Some(_) | None => Vec::new(),
        };
        let Some((_, age)) = known.first().copied() else { return Err(cause) };
        *remembered = Some(Box::new(Remembered { age, code: cause.code(), detail: cause.detail() }));
        Ok((known.into_iter().map(|(address, _)| address).collect(), Some(cause)))
    }

    /// The desktop's settings are files: they are read off the runtime, and only when the environment is silent.
    pub(crate) async fn choose(
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
        Ok(ProxyDecision::of_desktop(settings, target, notes).map_err(Box::new)?)
    }
}

impl Route {
    /// The cause, when no address of this route could be connected to.
    pub(crate) fn blocked(&mut self, connect: DialCause) -> DialCause {
        let cause = match self.failed_lookup.take() {
            Some(lookup) => DialCause::Remembered { lookup, connect: Box::new(connect) },
            None => connect,
        };
        seen_from_here(self.proxy.server(), cause)
    }
}

/// A name that is not found or an address that does not answer is the proxy's where there is one.
fn seen_from_here(server: Option<&ProxyServer>, cause: DialCause) -> DialCause {
    match server {
        Some(server) => at(server, ProxyCause::Unreachable(Box::new(cause))),
        None => cause,
    }
}

/// A name that does not exist is believed where nothing proves who answers: behind another network's name servers the
/// old address may be another machine's.
fn may_be_remembered(cause: &DialCause, proven: bool) -> bool {
    if let DialCause::Resolve(error) = cause {
        return proven || error.kind != ResolveErrorKind::NotFound;
    }
    matches!(cause, DialCause::Timeout(Timeout { scope: TimeoutScope::Phase, .. }))
}

/// Every statement leaves the memory whole, so a thread that panicked while holding it did no harm.
pub(crate) fn unpoisoned(memory: &Mutex<AddressMemory>) -> MutexGuard<'_, AddressMemory> {
    memory.lock().unwrap_or_else(PoisonError::into_inner)
}
