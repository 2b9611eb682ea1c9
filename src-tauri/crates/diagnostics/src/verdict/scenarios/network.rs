//! Scenarios of computer, names, reach, proxy and quality.

use model::check::{
    Confidence::*, FindingCode as Code, FindingOwner as Owner, StepId, VerdictClass as Class,
};

use super::Scenario;
use crate::{facts::*, findings::samples::*};

/// A healthy check with one thing changed.
pub(super) fn with(change: impl FnOnce(&mut Facts, &mut EndpointFacts)) -> Facts {
    let mut facts = healthy();
    let mut endpoint = facts.endpoints.remove(0);
    change(&mut facts, &mut endpoint);
    facts.endpoints.insert(0, endpoint);
    facts
}

fn lookup(end: LookupEnd, ms: f64, servers: Vec<ServerAnswer>) -> Facts {
    with(|_, endpoint| {
        stop_after_names(endpoint);
        endpoint.names =
            NameFacts { host: HOST.into(), system: Some(end), ms: Some(ms), servers, ..NameFacts::default() };
    })
}

fn tcp(end: AddressEnd) -> Facts {
    with(|_, endpoint| dead(endpoint, end))
}

fn through(end: ProxyEnd) -> Facts {
    with(|_, endpoint| {
        stop_after_tcp(endpoint);
        endpoint.names = NameFacts { host: HOST.into(), ..NameFacts::default() };
        endpoint.addresses = vec![address("10.0.0.8", AddressEnd::Connected)];
        if let ProxyEnd::Unreachable(_) = end {
            endpoint.addresses = vec![address("10.0.0.8", AddressEnd::Refused)];
        }
        endpoint.proxy = Some(ProxyPathFacts {
            server: "proxy.corp:3128".into(),
            source: "environment".into(),
            setting: Some("HTTPS_PROXY".into()),
            end,
            ms: Some(4.0),
        });
    })
}

pub(super) fn rows() -> Vec<Scenario> {
    [names(), reach(), computer(), proxies(), quality_rows(), unfinished()].into_iter().flatten().collect()
}

fn names() -> Vec<Scenario> {
    let nx = || server("10.0.0.53", AnswerEnd::NxDomain);
    vec![
        Scenario::new("1 healthy", healthy(), (Class::Ok, Code::Ok01, Owner::None, Certain))
            .must_not(&["inspection"]),
        Scenario::new(
            "2 NXDOMAIN",
            lookup(LookupEnd::NotFound("no such host (os error -2)".into()), 9.0, vec![nx()]),
            (Class::Dns, Code::Dn01, Owner::It, Certain),
        )
        .must(&["10.0.0.53", HOST])
        .must_not(&["who runs the server", "certificate"]),
        Scenario::new(
            "3 SERVFAIL",
            lookup(
                LookupEnd::Temporary("os error -3".into()),
                40.0,
                vec![server("10.0.0.53", AnswerEnd::ServFail)],
            ),
            (Class::Dns, Code::Dn02, Owner::It, Certain),
        )
        .must(&["SERVFAIL"])
        .must_not(&["timeout", "does not exist"]),
        Scenario::new(
            "4 silent name servers",
            lookup(
                LookupEnd::Temporary("os error -3".into()),
                5_000.0,
                vec![server("10.0.0.53", AnswerEnd::TimedOut), server("10.0.0.54", AnswerEnd::TimedOut)],
            ),
            (Class::Dns, Code::Dn03, Owner::It, Certain),
        )
        .must(&["10.0.0.53", "10.0.0.54"])
        .must_not(&["SERVFAIL"]),
        Scenario::new(
            "5 first name server silent",
            with(|_, endpoint| {
                let good = endpoint.names.servers[0].clone();
                endpoint.names.ms = Some(5_012.0);
                endpoint.names.servers = vec![
                    server("10.0.0.53", AnswerEnd::TimedOut),
                    ServerAnswer { server: ip("10.0.0.54"), ..good },
                ];
            }),
            (Class::Degraded, Code::Dn06, Owner::It, Certain),
        )
        .must(&["5 s", "10.0.0.53"]),
        Scenario::new(
            "6 hosts file",
            with(|_, endpoint| {
                endpoint.names.system = Some(LookupEnd::Found(vec![ip("127.0.0.77")]));
                endpoint.names.hosts_file = vec![ip("127.0.0.77")];
                endpoint.addresses = vec![address("127.0.0.77", AddressEnd::Refused)];
                stop_after_tcp(endpoint);
            }),
            (Class::ThisComputer, Code::Dn07, Owner::User, Certain),
        )
        .must(&["127.0.0.77", "203.0.113.7"])
        .must_not(&["name server"]),
    ]
}

fn reach() -> Vec<Scenario> {
    let v6 = |end| AddressFacts { ms: 600.0, ..address("2001:db8::7", end) };
    vec![
        Scenario::new(
            "7 port closed",
            tcp(AddressEnd::Refused),
            (Class::Server, Code::Tc01, Owner::Server, Likely),
        )
        .must(&["443"])
        .must_not(&["firewall"]),
        Scenario::new(
            "8 port filtered",
            tcp(AddressEnd::TimedOut),
            (Class::LocalNetwork, Code::Tc02, Owner::It, Likely),
        )
        .must(&["packets disappear"])
        .must_not(&["refused", "server down"]),
        Scenario::new(
            "9 everything black-holed",
            with(|facts, endpoint| {
                dead(endpoint, AddressEnd::TimedOut);
                facts.controls = vec![control(AddressEnd::TimedOut)];
            }),
            (Class::LocalNetwork, Code::Tc03, Owner::It, Possible),
        )
        .must_not(&["who runs the server"]),
        Scenario::new(
            "10 prohibited route",
            tcp(AddressEnd::Denied("Permission denied (os error 13)".into())),
            (Class::ThisComputer, Code::Pc04, Owner::ProxyAdmin, Certain),
        )
        .must(&["os error 13"])
        .must_not(&["network down", "os error"]),
        Scenario::new(
            "13 IPv6 black-holed",
            with(|facts, endpoint| {
                facts.computer.default_routes.get_or_insert_default().push(RouteFacts {
                    interface: "eth0".into(),
                    gateway: Some(ip("fe80::1")),
                    v6: true,
                });
                endpoint.addresses.push(v6(AddressEnd::TimedOut));
                endpoint.race = Some(PathPhases { lost: 250.0, ..PathPhases::default() });
            }),
            (Class::Degraded, Code::Tc05, Owner::It, Certain),
        )
        .must(&["250 ms"]),
        Scenario::new(
            "14 one of two addresses closed",
            with(|_, endpoint| endpoint.addresses.push(address("203.0.113.8", AddressEnd::Refused))),
            (Class::Degraded, Code::Tc07, Owner::Server, Likely),
        )
        .must(&["203.0.113.8", "1 of the 2"]),
        Scenario::new(
            "33 accepts and says nothing",
            with(|_, endpoint| not_secure(endpoint, TlsEnd::TimedOut)),
            (Class::Server, Code::Tc09, Owner::Server, Possible),
        )
        .must_not(&["filtered"]),
        Scenario::new(
            "38 large packets vanish",
            with(|_, endpoint| {
                not_secure(endpoint, TlsEnd::TimedOut);
                endpoint.bulk = Some(BulkFacts { written: 24_000, acknowledged: 0, waited_ms: 3_000 });
            }),
            (Class::LocalNetwork, Code::Tc10, Owner::It, Likely),
        )
        .must(&["0 of 24000"]),
    ]
}

fn computer() -> Vec<Scenario> {
    let full = || BufferFacts {
        waiting: 18,
        bytes: 24_000,
        full: 1.0,
        refuses: Some("No space left on device (os error 28)".into()),
        volume: Some(Volume { place: "/data".into(), free_bytes: Some(0), writable: Some(false) }),
        ..BufferFacts::default()
    };
    vec![
        Scenario::new(
            "11 no default route",
            with(|facts, endpoint| {
                facts.computer.default_routes = Some(Vec::new());
                facts.computer.gateways.clear();
                facts.computer.clock.clear();
                facts.controls =
                    vec![control(AddressEnd::Unreachable("Network is unreachable (os error 101)".into()))];
                dead(endpoint, AddressEnd::Unreachable("Network is unreachable (os error 101)".into()));
            }),
            (Class::ThisComputer, Code::Pc02, Owner::It, Certain),
        ),
        Scenario::new(
            "12 router does not answer",
            with(|facts, endpoint| {
                facts.computer.gateways = vec![gateway(NeighbourState::Failed)];
                facts.computer.clock.clear();
                facts.controls =
                    vec![control(AddressEnd::Unreachable("No route to host (os error 113)".into()))];
                dead(endpoint, AddressEnd::Unreachable("No route to host (os error 113)".into()));
            }),
            (Class::LocalNetwork, Code::Pc03, Owner::It, Likely),
        )
        .must(&["FAILED", "10.0.0.1"])
        .must_not(&["who runs the server"]),
        Scenario::new(
            "42 sign-in page",
            with(|facts, endpoint| {
                let end = PortalEnd::Portal("http://login.hotel.example/".into());
                facts.computer.portal = Some(PortalFacts { host: "check.example.org".into(), end });
                not_secure(endpoint, TlsEnd::Certificate(CertificateFlaw::Name, "not valid for name".into()));
            }),
            (Class::ThisComputer, Code::Pc07, Owner::User, Likely),
        ),
        Scenario::new(
            "42 sign-in page, and everything works",
            with(|facts, _| {
                let end = PortalEnd::Portal("http://login.hotel.example/".into());
                facts.computer.portal = Some(PortalFacts { host: "check.example.org".into(), end });
            }),
            (Class::ThisComputer, Code::Pc07, Owner::User, Likely),
        ),
        Scenario::new(
            "43 echo stripped",
            with(|facts, _| {
                let end = PortalEnd::Clear { echo_missing: true };
                facts.computer.portal = Some(PortalFacts { host: "check.example.org".into(), end });
            }),
            (Class::Ok, Code::Ok01, Owner::None, Certain),
        )
        .must(&["without the challenge"]),
        Scenario::new(
            "44 disk full",
            with(|facts, endpoint| {
                facts.computer.buffers = vec![full()];
                dead(endpoint, AddressEnd::TimedOut);
            }),
            (Class::ThisComputer, Code::Pc08, Owner::User, Certain),
        )
        .must(&["18"])
        .beside(&[Code::Tc02]),
    ]
}

fn proxies() -> Vec<Scenario> {
    vec![
        Scenario::new(
            "40 proxy wants a login",
            through(ProxyEnd::LoginWanted(vec!["Negotiate".into()])),
            (Class::Proxy, Code::Px01, Owner::ProxyAdmin, Certain),
        )
        .must(&["environment", "Negotiate"])
        .must_not(&["who runs the server"]),
        Scenario::new(
            "40 proxy dead",
            through(ProxyEnd::Unreachable("Connection refused (os error 111)".into())),
            (Class::Proxy, Code::Px02, Owner::ProxyAdmin, Certain),
        )
        .must(&["environment", "HTTPS_PROXY"])
        .must_not(&["who runs the server"]),
        Scenario::new(
            "40 CONNECT 403",
            through(ProxyEnd::Status(403)),
            (Class::Proxy, Code::Px03, Owner::ProxyAdmin, Certain),
        )
        .must(&["environment", "rt.example.com:443"])
        .must_not(&["who runs the server"]),
        Scenario::new(
            "40 CONNECT 502",
            through(ProxyEnd::Status(502)),
            (Class::Proxy, Code::Px04, Owner::ProxyAdmin, Certain),
        )
        .must(&["environment", "502"])
        .must_not(&["who runs the server"]),
        Scenario::new(
            "41 proxy not used",
            with(|facts, endpoint| {
                dead(endpoint, AddressEnd::TimedOut);
                facts.controls = vec![control(AddressEnd::TimedOut)];
                facts.computer.proxies = vec![ProxySetting {
                    source: "desktop".into(),
                    url: Some("http://proxy.corp:3128".into()),
                    pac: None,
                    flaw: None,
                }];
            }),
            (Class::Proxy, Code::Px07, Owner::User, Likely),
        )
        .must(&["\"proxy\"", "proxy.corp:3128"]),
    ]
}

fn quality_rows() -> Vec<Scenario> {
    let slow: Vec<f64> = (0..10).map(|step| 440.0 + f64::from(step % 3)).collect();
    let lossy = [40.0, 41.0, 286.0, 40.0, 41.0, 42.0, 570.0, 40.0, 41.0, 41.0];
    vec![
        Scenario::new(
            "36 slow",
            with(|_, endpoint| {
                endpoint.quality = Some(quality(&slow, 0));
                endpoint.last_good = Some(last_good());
            }),
            (Class::Degraded, Code::Qu01, Owner::It, Possible),
        )
        .must(&["441 ms", "30 ms"])
        .must_not(&["loss", "lost"]),
        Scenario::new(
            "37 loss",
            with(|_, endpoint| endpoint.quality = Some(quality(&lossy, 4))),
            (Class::Degraded, Code::Qu02, Owner::It, Likely),
        )
        .must(&["retransmissions to the server: 4", "delayed 20 %"])
        .must_not(&["0 %"]),
        Scenario::new(
            "39 slow first byte",
            with(|_, endpoint| {
                endpoint.http = Some(HttpFacts { first_byte_ms: Some(3_020.0), ..answered(page(404)) });
                endpoint.last_good = Some(last_good());
            }),
            (Class::Degraded, Code::Ht08, Owner::Server, Likely),
        )
        .must(&["3 s", "80 ms"])
        .must_not(&["timeout"]),
        Scenario::new(
            "47 second attempt",
            with(|_, endpoint| {
                endpoint.second_attempt =
                    Some((StepId::D1, "Connection reset by peer (os error 104)".into()));
            }),
            (Class::Degraded, Code::Qu04, Owner::None, Likely),
        )
        .must(&["attempts=2"]),
    ]
}

fn unfinished() -> Vec<Scenario> {
    vec![
        Scenario::new(
            "49 cancelled in a black hole",
            with(|facts, endpoint| {
                stop_after_names(endpoint);
                facts.cut_short = true;
                facts.unfinished = vec![StepId::D1, StepId::E1, StepId::F1, StepId::G1];
            }),
            (Class::Incomplete, Code::Me03, Owner::None, Certain),
        )
        .must(&["Connection to the server"]),
        Scenario::new(
            "50 a step panics",
            with(|facts, endpoint| {
                endpoint.quality = None;
                facts.broken = vec![StepId::H1];
            }),
            (Class::Incomplete, Code::Me03, Owner::Vendor, Certain),
        ),
    ]
}
