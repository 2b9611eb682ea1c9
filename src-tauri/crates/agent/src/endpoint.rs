//! One endpoint under supervision: its link, what the link reports, and its received messages.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering::Relaxed},
};

use jiff::Timestamp;
use link::{
    BackoffPolicy, CredentialSource, HeartbeatPolicy, HostPolicy, LinkConfig, LinkView, Moment, Observer,
    Origins, Payload, RetryPolicy,
};
use model::{AgentEvent, EndpointId, EndpointState, ErrorInfo, Remedy, Transition, Trouble};
use tokio::sync::{Notify, broadcast, watch};
use url::{Host, Url};

use crate::{
    clock, confidential,
    courier::AckReader,
    diagnosis::{Chronicle, Entry, Passed},
    events::Fact,
    inbox::Inbox,
    settings::EndpointSettings,
};

/// The newest report of a link, with the wall-clock times it does not know itself.
#[derive(Clone, Debug)]
pub(crate) struct Report {
    pub(crate) view: LinkView,
    /// The link's clock at the report…
    pub(crate) now: Moment,
    /// …and the wall clock at the same moment.
    pub(crate) at: Timestamp,
    /// When the state was entered.
    pub(crate) since: Timestamp,
    /// When the newest failure happened.
    pub(crate) failed_at: Option<Timestamp>,
}

impl Report {
    /// A link that has not said anything yet: about to connect, or kept paused.
    pub(crate) fn initial(at: Timestamp, paused: bool) -> Self {
        Self { view: LinkView::before_start(paused), now: Moment::default(), at, since: at, failed_at: None }
    }

    /// Wall-clock time of a moment of the link's clock.
    pub(crate) fn wall(&self, moment: Moment) -> Timestamp {
        let distance =
            |duration| jiff::SignedDuration::try_from(duration).unwrap_or(jiff::SignedDuration::ZERO);
        let (ahead, behind) = (distance(moment.since(self.now)), distance(self.now.since(moment)));
        clock::to_millisecond(self.at.saturating_add(ahead - behind).unwrap_or(self.at))
    }

    /// The newest failure as it is published.
    pub(crate) fn last_error(&self) -> Option<ErrorInfo> {
        let failure = self.view.last_failure.as_ref()?;
        Some(ErrorInfo {
            code: failure.code,
            message: failure.code.plain().to_owned(),
            detail: failure.detail.clone(),
            at: self.failed_at.unwrap_or(self.at),
        })
    }

    /// What a person can do about it.
    pub(crate) fn remedy(&self) -> Option<Remedy> {
        let LinkView { state, reason, waiting, .. } = self.view;
        let error = self.view.last_failure.as_ref().map(|failure| failure.code);
        let degraded = self.view.is_on_backup();
        Trouble { state, reason, degraded, waiting, error }.remedy().map(Remedy::from)
    }
}

/// Wakes the supervisor when there is something to publish.
#[derive(Debug, Default)]
pub(crate) struct Bell {
    /// A state, an error or a round-trip time changed.
    pub(crate) changed: Notify,
    /// Only counters moved; rung once until [`Bell::heard_traffic`].
    pub(crate) traffic: Notify,
    traffic_rung: AtomicBool,
}

impl Bell {
    pub(crate) fn ring_traffic(&self) {
        if !self.traffic_rung.swap(true, Relaxed) {
            self.traffic.notify_one();
        }
    }

    /// The supervisor has published: the next message rings again.
    pub(crate) fn heard_traffic(&self) {
        self.traffic_rung.store(false, Relaxed);
    }
}

/// Takes a link's reports: keeps the newest, announces transitions and messages, rings the bell.
#[derive(Debug)]
pub(crate) struct EndpointObserver {
    pub(crate) id: EndpointId,
    pub(crate) report: watch::Sender<Report>,
    pub(crate) inbox: Inbox,
    pub(crate) acks: AckReader,
    pub(crate) events: broadcast::Sender<Fact>,
    pub(crate) chronicle: Chronicle,
    pub(crate) bell: Arc<Bell>,
}

impl Observer for EndpointObserver {
    fn changed(&mut self, view: &LinkView, now: Moment) {
        let at = clock::now();
        let mut left: Option<(EndpointState, Timestamp)> = None;
        self.report.send_modify(|report| {
            if view.state != report.view.state || view.reason != report.view.reason {
                left = Some((report.view.state, report.since));
                report.since = at;
            }
            if view.failures_total > report.view.failures_total {
                report.failed_at = Some(at);
            }
            report.view = view.clone();
            report.now = now;
            report.at = at;
        });
        if let Some((from, since)) = left {
            let report = self.report.borrow();
            let next_attempt_at = view.next_attempt.map(|moment| report.wall(moment));
            let down = view.state != EndpointState::Connected;
            let transition = Transition {
                endpoint: self.id.clone(),
                at,
                from: Some(from),
                to: view.state,
                reason: view.reason,
                error: report.last_error().filter(|_| down),
                remedy: report.remedy(),
                next_attempt_at,
            };
            self.chronicle.keep(Entry::Transition(Passed {
                at,
                endpoint: self.id.clone(),
                from: Some(from),
                to: view.state,
                reason: view.reason,
                code: transition.error.as_ref().map(|error| error.code),
                lasted_ms: Passed::lasted(since, at),
            }));
            // Nobody listening is no error.
            let _ = self.events.send(Fact::Ready(Box::new(AgentEvent::Transition(transition))));
        }
        self.bell.changed.notify_one();
    }

    fn received(&mut self, payload: Payload) {
        self.acks.read(&payload);
        let kept = self.inbox.keep(clock::now(), &payload);
        if self.events.receiver_count() > 0 {
            let _ = self.events.send(Fact::Message(self.id.clone(), kept));
        }
        self.bell.ring_traffic();
    }
}

/// What is dialed for an endpoint, its credential left out: by its link, and by a check of it. It knows what else of the
/// settings is secret, because a server may have got that another way and quote it here.
pub(crate) fn dial_request(settings: &EndpointSettings) -> dial::DialRequest {
    let mut headers = http::HeaderMap::new();
    for (name, value) in &settings.headers {
        // Settings have checked both; a pair that is refused all the same is left out rather than fatal.
        if let (Ok(name), Ok(value)) = (http::HeaderName::try_from(name), http::HeaderValue::try_from(value))
        {
            headers.append(name, value);
        }
    }
    dial::DialRequest {
        url: settings.url.clone(),
        headers,
        credential: None,
        subprotocols: settings.subprotocols.clone(),
        tls: dial::TlsOptions {
            ca_file: settings.tls.ca_file.clone(),
            client_cert: settings.tls.client_cert.clone(),
            client_key: settings.tls.client_key.clone(),
        },
        proxy: settings.proxy.clone(),
        limits: dial::DialLimits { overall: settings.connection_timeout, ..dial::DialLimits::default() },
        private: confidential::of_endpoint(settings),
    }
}

/// The link's part of an endpoint's settings.
pub(crate) fn link_config(
    settings: &EndpointSettings,
    credentials: Option<Arc<dyn CredentialSource>>,
    origins: Origins,
) -> LinkConfig {
    LinkConfig {
        request: dial_request(settings),
        fallbacks: settings.fallback_urls.clone(),
        hosts: HostPolicy::default(),
        credentials,
        on_connect: settings.on_connect.clone(),
        heartbeat: HeartbeatPolicy {
            enabled: settings.heartbeat.enabled,
            interval: settings.heartbeat.interval,
            timeout: settings.heartbeat.timeout,
        },
        heartbeat_message: settings.heartbeat.message.clone(),
        retry: RetryPolicy {
            backoff: BackoffPolicy {
                initial: settings.reconnection.initial_delay,
                multiplier: settings.reconnection.backoff_multiplier,
                cap: settings.reconnection.max_delay,
            },
            max_attempts: settings.reconnection.max_attempts,
            crowd: !std::iter::once(&settings.url).chain(&settings.fallback_urls).all(is_this_computer),
        },
        close_codes: Arc::new(settings.close_codes.clone()),
        origins,
        seed: fastrand::u64(..),
    }
}

/// Whether a URL names this computer itself.
fn is_this_computer(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}
