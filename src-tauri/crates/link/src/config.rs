//! What a link has to know: how to dial, what to say, how to probe and retry. Data only.

use std::{sync::Arc, time::Duration};

use dial::DialRequest;
use url::Url;

use crate::{
    BackoffPolicy, CloseCodes, CredentialSource, HeartbeatPolicy, Host, HostPolicy, Origins, RetryPolicy,
};

/// Everything one link needs to know.
#[derive(Clone, Debug)]
pub struct LinkConfig {
    /// How to open a connection to the preferred host.
    pub request: DialRequest,
    /// Backup hosts, in order of preference. Everything but the URL is as in `request`, credentials and headers too.
    pub fallbacks: Vec<Url>,
    /// When a host is left alone, and how the preferred one is returned to.
    pub hosts: HostPolicy,
    /// Who to ask for the credential at each dial.
    pub credentials: Option<Arc<dyn CredentialSource>>,
    /// Payloads sent first on every session.
    pub on_connect: Vec<String>,
    /// Probing.
    pub heartbeat: HeartbeatPolicy,
    /// Application heartbeat sent beside each probe.
    pub heartbeat_message: Option<String>,
    /// Retrying.
    pub retry: RetryPolicy,
    /// What the server means by its close codes.
    pub close_codes: Arc<CloseCodes>,
    /// The budget of tries, shared with all links to the same server.
    pub origins: Origins,
    /// Seed of the jitter.
    pub seed: u64,
}

impl LinkConfig {
    /// A link with the product's defaults that never gives up hurrying, and a budget of its own.
    pub fn new(request: DialRequest) -> Self {
        let second = Duration::from_secs(1);
        Self {
            request,
            fallbacks: Vec::new(),
            hosts: HostPolicy::default(),
            credentials: None,
            on_connect: Vec::new(),
            heartbeat: HeartbeatPolicy { enabled: true, interval: second * 25, timeout: second * 10 },
            heartbeat_message: None,
            retry: RetryPolicy {
                backoff: BackoffPolicy { initial: second, multiplier: 2.0, cap: second * 30 },
                max_attempts: 0,
                crowd: true,
            },
            close_codes: Arc::default(),
            origins: Origins::default(),
            seed: fastrand::u64(..),
        }
    }

    /// Every URL and the host it stands for, the preferred one first.
    pub fn urls(&self) -> impl Iterator<Item = (Host, &Url)> {
        std::iter::once(&self.request.url)
            .chain(&self.fallbacks)
            .enumerate()
            .map(|(index, url)| (Host(index), url))
    }

    /// The URL of a host; the preferred one's for a host that does not exist.
    pub fn url(&self, host: Host) -> &Url {
        host.0.checked_sub(1).and_then(|index| self.fallbacks.get(index)).unwrap_or(&self.request.url)
    }
}
