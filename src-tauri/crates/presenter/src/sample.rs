//! Snapshots for the tests of this crate.

use jiff::Timestamp;
use model::{
    AgentInfo, Counters, EndpointSnapshot, EndpointState, ErrorCode, ErrorInfo, GatewayInfo, OutboxInfo,
    Overall, Quality, Reason, RttInfo, StatusSnapshot, Transport,
};

/// The moment all samples start from.
pub(crate) fn start() -> Timestamp {
    "2026-01-05T09:00:00Z".parse().unwrap()
}

/// A snapshot of endpoints with these ids and states, since [`start`].
pub(crate) fn of<'a>(endpoints: impl IntoIterator<Item = (&'a str, EndpointState)>) -> StatusSnapshot {
    let endpoints = endpoints.into_iter().map(|(id, state)| endpoint(id, state)).collect();
    let mut snapshot = StatusSnapshot {
        version: 1,
        agent: AgentInfo { pid: 1, version: "0.1.0".to_owned(), uptime_ms: 0, recording: None },
        overall: Overall::Connecting,
        endpoints,
        gateway: GatewayInfo { connections: 0, url: None },
        problems: Vec::new(),
    };
    settle(&mut snapshot);
    snapshot
}

/// Makes `overall` follow the endpoints again.
pub(crate) fn settle(snapshot: &mut StatusSnapshot) {
    snapshot.overall =
        Overall::of(snapshot.endpoints.iter().map(|one| (one.state, one.reason, one.degraded)));
}

/// Puts an endpoint into a state, for a reason.
pub(crate) fn put(snapshot: &mut StatusSnapshot, id: &str, state: EndpointState, reason: Option<Reason>) {
    let endpoint = snapshot.endpoints.iter_mut().find(|one| one.id.as_str() == id).unwrap();
    endpoint.state = state;
    endpoint.reason = reason;
    settle(snapshot);
}

/// An error as it stands in a snapshot.
pub(crate) fn error(code: ErrorCode) -> Option<ErrorInfo> {
    Some(ErrorInfo { code, message: code.plain().to_owned(), detail: "raw cause".to_owned(), at: start() })
}

/// An endpoint named like its id, first letter large.
pub(crate) fn endpoint(id: &str, state: EndpointState) -> EndpointSnapshot {
    let (first, rest) = id.split_at(1);
    EndpointSnapshot {
        id: id.parse().unwrap(),
        name: format!("{}{rest}", first.to_uppercase()),
        url: "ws://localhost:3001/".to_owned(),
        priority: 1,
        state,
        reason: None,
        transport: Transport::Websocket,
        degraded: false,
        host: "ws://localhost:3001".to_owned(),
        primary_check_at: None,
        since: start(),
        attempt: 0,
        next_attempt_at: None,
        waiting: None,
        last_error: None,
        remedy: None,
        rtt_ms: RttInfo::default(),
        quality: Quality::Unknown,
        counters: Counters::default(),
        outbox: OutboxInfo::default(),
        last_pong: None,
        text: String::new(),
    }
}
