//! Two questions of diagnostics that open no session: does anything accept TCP where a request would connect to, and would
//! a proxy be on the way. Nothing is sent to anybody.

use std::{net::SocketAddr, time::Duration};

use tokio::time::Instant;

use crate::{
    budget::Budget,
    dialer::{Dialer, connect},
    error::DialCause,
    phase::{ConnectFacts, Phase, ResolveFacts},
    proxy::{ProxyDecision, SystemProxies},
    request::DialRequest,
    target::Target,
};

impl Dialer {
    /// What [`ProxyChoice::System`](crate::ProxyChoice::System) means here.
    pub fn system_proxies(&self) -> &SystemProxies {
        &self.routes.proxies
    }

    /// Whether an attempt at `request` would go through a proxy, and why. Reads the desktop's settings where they decide.
    ///
    /// # Errors
    ///
    /// A request or a proxy setting that an attempt would refuse, or that the settings took longer than `limit` to read.
    pub async fn proxy_for(
        &self,
        request: &DialRequest,
        limit: Duration,
    ) -> Result<ProxyDecision, DialCause> {
        let budget = within(Phase::Resolve, Instant::now(), limit);
        self.routes.choose(&request.proxy, &Target::of(request)?, budget).await
    }

    /// Does anything listen where `request` would connect to? Opens one TCP connection and drops it. `None` where a proxy
    /// is on the way: it would answer in the server's place.
    ///
    /// # Errors
    ///
    /// Why no connection came about within `limit`.
    pub async fn knock_at(
        &self,
        request: &DialRequest,
        limit: Duration,
    ) -> Result<Option<SocketAddr>, DialCause> {
        if self.proxy_for(request, limit).await?.server().is_some() {
            return Ok(None);
        }
        let now = Instant::now();
        let budget = within(Phase::Resolve, now, limit);
        let mut route = self.routes.find(request, budget, &mut ResolveFacts::default()).await?;
        let budget = within(Phase::Connect, now, limit);
        let connected =
            connect(&route.addresses, &request.limits, budget, &mut ConnectFacts::default()).await;
        let (_, remote, _) = connected.map_err(|cause| route.blocked(cause))?;
        Ok(Some(remote))
    }
}

/// One limit for every phase; the one under way is named when it runs out.
fn within(phase: Phase, begun: Instant, limit: Duration) -> Budget {
    Budget::new(phase, begun, limit, begun, limit)
}

#[cfg(test)]
mod tests {
    use tokio::{io::AsyncReadExt, net::TcpListener};
    use url::Url;

    use super::*;
    use crate::proxy::{NoProxyReason, ProxyChoice};

    const LIMIT: Duration = Duration::from_secs(5);

    fn request(url: &str) -> DialRequest {
        DialRequest::new(Url::parse(url).unwrap())
    }

    #[tokio::test]
    async fn a_knock_finds_out_who_listens_and_says_nothing() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let dialer = Dialer::new();
        let asked = request(&format!("wss://{address}/socket"));
        assert_eq!(dialer.knock_at(&asked, LIMIT).await.unwrap(), Some(address));
        let mut heard = Vec::new();
        listener.accept().await.unwrap().0.read_to_end(&mut heard).await.unwrap();
        assert_eq!(heard, b"");
        drop(listener);
        assert!(matches!(dialer.knock_at(&asked, LIMIT).await, Err(DialCause::Connect(_))));
    }

    #[tokio::test]
    async fn nobody_knocks_past_a_proxy_or_looks_a_name_up_that_the_proxy_would() {
        let proxy = ProxyChoice::Url(Url::parse("http://127.0.0.1:9").unwrap());
        let asked = DialRequest { proxy, ..request("wss://server.invalid/") };
        let dialer = Dialer::new();
        assert_eq!(dialer.knock_at(&asked, LIMIT).await.unwrap(), None);
        let decision = dialer.proxy_for(&asked, LIMIT).await.unwrap();
        assert_eq!(decision.server().unwrap().port(), 9);
        let direct = dialer.proxy_for(&request("wss://server.invalid/"), LIMIT).await.unwrap();
        let expected = ProxyDecision::Direct { reason: NoProxyReason::Configured, notes: Vec::new() };
        assert_eq!(direct, expected);
    }
}
