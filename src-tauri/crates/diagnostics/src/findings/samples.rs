//! Facts for tests: a healthy check, and what is needed to break it.

use std::net::IpAddr;

use jiff::Timestamp;
use model::{EndpointState, Transport, check::Mode};

use crate::facts::*;

pub(crate) const HOST: &str = "rt.example.com";
pub(crate) const CONTROL: &str = "api.example.net";

pub(crate) fn ip(text: &str) -> IpAddr {
    text.parse().expect("an address")
}

pub(crate) fn at(text: &str) -> Timestamp {
    text.parse().expect("a time")
}

pub(crate) fn now() -> Timestamp {
    at("2026-11-20T04:39:00Z")
}

/// A check of one healthy endpoint, with a control that works.
pub(crate) fn healthy() -> Facts {
    let computer = ComputerFacts {
        interfaces: Some(vec![interface("eth0", true)]),
        default_routes: Some(vec![RouteFacts {
            interface: "eth0".into(),
            gateway: Some(ip("10.0.0.1")),
            v6: false,
        }]),
        gateways: vec![gateway(NeighbourState::Reachable)],
        name_servers: vec![ip("10.0.0.53"), ip("10.0.0.54")],
        clock: vec![clock(HOST, 400), clock(CONTROL, 300)],
        recent: Recent { now: Some(now()), ..Recent::default() },
        ..ComputerFacts::default()
    };
    Facts {
        mode: Some(Mode::Quick),
        computer,
        controls: vec![control(AddressEnd::Connected)],
        endpoints: vec![endpoint(HOST)],
        ..Facts::default()
    }
}

pub(crate) fn interface(name: &str, up: bool) -> InterfaceFacts {
    InterfaceFacts { name: name.into(), up, tunnel: false, addresses: vec![ip("10.0.0.9")] }
}

pub(crate) fn gateway(state: NeighbourState) -> Neighbour {
    Neighbour { address: ip("10.0.0.1"), interface: "eth0".into(), state }
}

pub(crate) fn clock(host: &str, skew_ms: i64) -> ClockSource {
    ClockSource { host: host.into(), skew_ms, cached: false, verified: true }
}

pub(crate) fn control(end: AddressEnd) -> ControlFacts {
    ControlFacts { id: "control".parse().expect("an id"), host: CONTROL.into(), end: Some(end) }
}

/// A healthy endpoint.
pub(crate) fn endpoint(host: &str) -> EndpointFacts {
    let found = vec![ip("203.0.113.7")];
    EndpointFacts {
        id: Some(host.replace('.', "-").parse().expect("an id")),
        name: "Orders".into(),
        host: host.into(),
        port: 443,
        path: "/rt".into(),
        encrypted: true,
        heartbeat_ms: 25_000,
        names: NameFacts {
            host: host.into(),
            system: Some(LookupEnd::Found(found.clone())),
            ms: Some(14.0),
            servers: vec![server("10.0.0.53", AnswerEnd::Found(found))],
            ..NameFacts::default()
        },
        addresses: vec![address("203.0.113.7", AddressEnd::Connected)],
        tls: Some(TlsPathFacts {
            end: Some(TlsEnd::Open),
            version: Some("TLSv1_3".into()),
            chain: vec![certificate(host, "R11")],
            publicly_trusted: Some(true),
            ..TlsPathFacts::default()
        }),
        http: Some(answered(PageFacts { status: 404, server: Some("nginx".into()), ..PageFacts::default() })),
        upgrade: Some(upgrade(UpgradeEnd::Switched)),
        session: Some(SessionFacts {
            pings: 10,
            pongs: 10,
            clean_close: Some(true),
            ..SessionFacts::default()
        }),
        quality: Some(quality(&[31.0, 32.0, 31.0, 30.0, 31.0, 31.5, 31.0, 30.0, 32.0, 31.0], 0)),
        ..EndpointFacts::default()
    }
}

/// A server whose answer is the same for both families.
pub(crate) fn server(address: &str, answer: AnswerEnd) -> ServerAnswer {
    let aaaa = if let AnswerEnd::Found(_) = &answer { AnswerEnd::NoData } else { answer.clone() };
    ServerAnswer { server: ip(address), a: answer, aaaa, ms: 12.0 }
}

pub(crate) fn address(address: &str, end: AddressEnd) -> AddressFacts {
    AddressFacts { address: ip(address), end, ms: 31.0 }
}

pub(crate) fn certificate(host: &str, issuer: &str) -> CertificateFacts {
    CertificateFacts {
        subject: host.into(),
        issuer: issuer.into(),
        issuer_full: format!("CN={issuer}"),
        not_before: at("2026-10-01T00:00:00Z"),
        not_after: at("2027-10-01T00:00:00Z"),
        names: vec![host.into()],
        self_signed: false,
    }
}

pub(crate) fn answered(page: PageFacts) -> HttpFacts {
    HttpFacts { end: HttpEnd::Answer(Box::new(page)), first_byte_ms: Some(35.0) }
}

pub(crate) fn upgrade(end: UpgradeEnd) -> UpgradePathFacts {
    UpgradePathFacts { end, ms: Some(33.0), offered: vec!["v2.orders".into()], chosen: None }
}

pub(crate) fn quality(samples: &[f64], retransmits: u32) -> QualityFacts {
    QualityFacts {
        samples: samples.to_vec(),
        retransmits: Some(retransmits),
        kernel_srtt_ms: samples.first().copied(),
        scope: TcpScope::EndToEnd,
        ..QualityFacts::default()
    }
}

pub(crate) fn page(status: u16) -> PageFacts {
    PageFacts { status, server: Some("nginx".into()), ..PageFacts::default() }
}

pub(crate) fn live(state: EndpointState, transport: Option<Transport>) -> LiveFacts {
    LiveFacts {
        state,
        reason: None,
        transport,
        degraded: transport.is_some_and(|transport| transport != Transport::Websocket),
        since: at("2026-11-20T04:00:00Z"),
        last_error: None,
        retry_in_ms: None,
        asked_ms_ago: None,
        rtt_ms: Vec::new(),
        waiting: 0,
        backup: None,
    }
}

pub(crate) fn last_good() -> Baseline {
    Baseline {
        run_id: "before".into(),
        at: at("2026-11-18T08:00:00Z"),
        phases: PathPhases::default(),
        first_byte_ms: Some(80.0),
        median_ms: Some(30.0),
        issuer: Some("R11".into()),
        addresses: vec![ip("203.0.113.7")],
        transports: vec!["websocket".into()],
        proxy: None,
    }
}

/// What cannot be seen behind a step that failed.
pub(crate) fn stop_after_names(endpoint: &mut EndpointFacts) {
    endpoint.addresses.clear();
    stop_after_tcp(endpoint);
}

/// What cannot be seen without TCP.
pub(crate) fn stop_after_tcp(endpoint: &mut EndpointFacts) {
    endpoint.tls = None;
    stop_after_tls(endpoint);
}

/// What cannot be seen without TLS.
pub(crate) fn stop_after_tls(endpoint: &mut EndpointFacts) {
    endpoint.http = None;
    stop_after_http(endpoint);
}

/// What cannot be seen without an HTTP answer.
pub(crate) fn stop_after_http(endpoint: &mut EndpointFacts) {
    endpoint.upgrade = None;
    endpoint.session = None;
    endpoint.quality = None;
}

/// An upgrade that ended otherwise than with 101.
pub(crate) fn not_switched(endpoint: &mut EndpointFacts, end: UpgradeEnd) {
    stop_after_http(endpoint);
    endpoint.upgrade = Some(upgrade(end));
}

/// TLS that ended otherwise than open.
pub(crate) fn not_secure(endpoint: &mut EndpointFacts, end: TlsEnd) {
    stop_after_tls(endpoint);
    if let Some(tls) = &mut endpoint.tls {
        tls.end = Some(end);
        tls.publicly_trusted = Some(false);
    }
}

/// No address can be connected to.
pub(crate) fn dead(endpoint: &mut EndpointFacts, end: AddressEnd) {
    stop_after_tcp(endpoint);
    for address in &mut endpoint.addresses {
        address.end = end.clone();
    }
}
