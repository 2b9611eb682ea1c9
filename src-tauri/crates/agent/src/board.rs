//! The status board: turns what the endpoints report into the one published snapshot. Only the supervisor
//! writes it; everybody else watches.

use std::sync::Arc;

use jiff::Timestamp;
use link::Host;
use model::{
    AgentInfo, Counters, EndpointSnapshot, GatewayInfo, OutboxInfo, Overall, Problem, RecordingInfo,
    StatusSnapshot, Transport,
};
use tokio::{sync::watch, time::Instant};
use url::Url;

use crate::{
    endpoint::Report,
    settings::{EndpointSettings, RedactedUrl},
    words::{Facts, sentence},
};

/// Version of the snapshot's shape.
const VERSION: u32 = 1;

/// The published snapshot and what does not come from endpoints.
#[derive(Debug)]
pub(crate) struct StatusBoard {
    started: Instant,
    sender: watch::Sender<Arc<StatusSnapshot>>,
}

impl StatusBoard {
    /// An empty board and a receiver of what will be published.
    pub(crate) fn new(started: Instant) -> (Self, watch::Receiver<Arc<StatusSnapshot>>) {
        let empty =
            snapshot(started, Vec::new(), GatewayInfo { connections: 0, url: None }, Vec::new(), None);
        let (sender, receiver) = watch::channel(Arc::new(empty));
        (Self { started, sender }, receiver)
    }

    /// Publishes; listeners are woken only when more than the uptime changed.
    pub(crate) fn publish(
        &self,
        endpoints: Vec<EndpointSnapshot>,
        gateway: GatewayInfo,
        problems: Vec<Problem>,
        recording: Option<RecordingInfo>,
    ) {
        let fresh = snapshot(self.started, endpoints, gateway, problems, recording);
        self.sender.send_if_modified(|current| {
            let changed = fresh.endpoints != current.endpoints
                || fresh.gateway != current.gateway
                || fresh.problems != current.problems
                || fresh.agent.recording != current.agent.recording;
            *current = Arc::new(fresh);
            changed
        });
    }
}

fn snapshot(
    started: Instant,
    endpoints: Vec<EndpointSnapshot>,
    gateway: GatewayInfo,
    problems: Vec<Problem>,
    recording: Option<RecordingInfo>,
) -> StatusSnapshot {
    StatusSnapshot {
        version: VERSION,
        agent: AgentInfo {
            pid: std::process::id(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            uptime_ms: u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX),
            recording,
        },
        overall: Overall::of(
            endpoints.iter().map(|endpoint| (endpoint.state, endpoint.reason, endpoint.degraded)),
        ),
        endpoints,
        gateway,
        problems,
    }
}

/// One endpoint as it is published.
pub(crate) fn endpoint_snapshot(
    settings: &EndpointSettings,
    report: &Report,
    counters: Counters,
    outbox: OutboxInfo,
) -> EndpointSnapshot {
    let view = &report.view;
    let rtt_ms = view.rtt.info();
    let last_error = report.last_error();
    let text = sentence(&Facts {
        state: view.state,
        reason: view.reason,
        transport: Transport::Websocket,
        rtt: &rtt_ms,
        attempt: view.attempt,
        waiting: view.waiting,
        last_error: last_error.as_ref(),
    });
    let next_attempt_at: Option<Timestamp> = view.next_attempt.map(|moment| report.wall(moment));
    EndpointSnapshot {
        id: settings.id.clone(),
        name: settings.name.clone(),
        url: RedactedUrl::new(&settings.url).to_string(),
        priority: settings.priority,
        state: view.state,
        reason: view.reason,
        transport: Transport::Websocket,
        degraded: view.is_on_backup(),
        host: origin(host(settings, view.host)),
        primary_check_at: view.next_return.map(|moment| report.wall(moment)),
        since: report.since,
        attempt: view.attempt,
        next_attempt_at,
        waiting: view.waiting,
        last_error,
        remedy: report.remedy(),
        rtt_ms,
        quality: view.rtt.quality(),
        counters,
        outbox,
        last_pong: view.last_pong.map(|moment| report.wall(moment)),
        text,
    }
}

/// The URL of a host of an endpoint's pool.
fn host(settings: &EndpointSettings, host: Host) -> &Url {
    host.0.checked_sub(1).and_then(|index| settings.fallback_urls.get(index)).unwrap_or(&settings.url)
}

/// Scheme, host and port of a URL.
fn origin(url: &Url) -> String {
    let mut origin = url.clone();
    origin.set_path("");
    RedactedUrl::new(&origin).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_host_is_shown_without_path_and_secrets() {
        let url: Url = "wss://user:word@feed.example:8443/live/x?token=abc".parse().unwrap();
        assert_eq!(origin(&url), "wss://feed.example:8443");
    }
}
