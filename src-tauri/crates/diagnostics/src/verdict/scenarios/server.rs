//! Scenarios of TLS, HTTP and WebSocket.

use model::{
    EndpointState, Transport,
    check::{Confidence::*, FindingCode as Code, FindingOwner as Owner, VerdictClass as Class},
};

use super::{Scenario, network::with};
use crate::{facts::*, findings::samples::*};

fn refused(flaw: CertificateFlaw, change: impl FnOnce(&mut CertificateFacts)) -> Facts {
    with(|_, endpoint| {
        not_secure(endpoint, TlsEnd::Certificate(flaw, "invalid peer certificate".into()));
        change(&mut endpoint.tls.as_mut().unwrap().chain[0]);
    })
}

fn signed_by(issuer: &str, before: Option<&str>) -> Facts {
    with(|_, endpoint| {
        let tls = endpoint.tls.as_mut().unwrap();
        tls.publicly_trusted = Some(false);
        tls.chain = vec![certificate(HOST, issuer)];
        let issuer = Some(before.unwrap_or(issuer).to_owned());
        endpoint.last_good = Some(Baseline { issuer, ..last_good() });
    })
}

fn answers(page: PageFacts) -> Facts {
    with(|_, endpoint| not_switched(endpoint, UpgradeEnd::Status(Box::new(page))))
}

fn broken(rule: RuleBroken, what: &str) -> Facts {
    with(|_, endpoint| {
        endpoint.tls.as_mut().unwrap().publicly_trusted = Some(false);
        not_switched(endpoint, UpgradeEnd::Broken(rule, what.into()));
    })
}

fn closes(code: u16, reason: &str) -> Facts {
    with(|_, endpoint| {
        endpoint.quality = None;
        let closed = Some(CloseFacts { code: Some(code), reason: reason.into(), after_ms: 20 });
        endpoint.session = Some(SessionFacts { pings: 1, closed, ..SessionFacts::default() });
    })
}

pub(super) fn rows() -> Vec<Scenario> {
    [certificates(), pages(), upgrades(), sessions()].into_iter().flatten().collect()
}

fn certificates() -> Vec<Scenario> {
    vec![
        Scenario::new(
            "15 expired",
            refused(CertificateFlaw::Expired, |leaf| leaf.not_after = at("2026-11-01T00:00:00Z")),
            (Class::Tls, Code::Tl01, Owner::Server, Certain),
        )
        .must(&["2026-11-01"])
        .must_not(&["clock"]),
        Scenario::new(
            "16 other name",
            refused(CertificateFlaw::Name, |leaf| {
                leaf.names = (1..9).map(|n| format!("n{n}.example.org")).collect();
            }),
            (Class::Tls, Code::Tl03, Owner::Server, Likely),
        )
        .must(&["n1.example.org"])
        .must_not(&["n6.example.org"]),
        Scenario::new(
            "17 self-signed",
            refused(CertificateFlaw::UnknownIssuer, |leaf| leaf.self_signed = true),
            (Class::Tls, Code::Tl04, Owner::Server, Likely),
        )
        .must_not(&["expired"]),
        Scenario::new(
            "18 inspection, not trusted",
            refused(CertificateFlaw::UnknownIssuer, |leaf| {
                *leaf = certificate(HOST, "Zscaler Intermediate Root CA")
            }),
            (Class::Tls, Code::Tl05, Owner::ProxyAdmin, Likely),
        )
        .must(&["(Zscaler)"])
        .must_not(&["who runs the server"]),
        Scenario::new(
            "19 inspection, trusted",
            signed_by("Zscaler Intermediate Root CA", Some("R11")),
            (Class::Degraded, Code::Tl06, Owner::ProxyAdmin, Likely),
        )
        .must(&["issuer before: R11"]),
        Scenario::new(
            "20 internal authority",
            signed_by("Acme Corp Issuing CA 2", None),
            (Class::Ok, Code::Ok01, Owner::None, Certain),
        )
        .must(&["signed by your organisation's authority"])
        .must_not(&["inspection"]),
        Scenario::new(
            "21 our clock is behind",
            with(|facts, endpoint| {
                facts.computer.clock = vec![clock(HOST, -7_200_000), clock(CONTROL, -7_199_000)];
                not_secure(
                    endpoint,
                    TlsEnd::Certificate(CertificateFlaw::NotYetValid, "not valid yet".into()),
                );
                endpoint.tls.as_mut().unwrap().chain[0].not_before = at("2026-11-20T05:39:00Z");
            }),
            (Class::ThisComputer, Code::Pc05, Owner::User, Certain),
        )
        .must(&["2 h", "behind"]),
        Scenario::new(
            "22 plain text on the wss port",
            with(|_, endpoint| not_secure(endpoint, TlsEnd::NotTls("HTTP/1.1 400 Bad Request".into()))),
            (Class::Configuration, Code::Tl09, Owner::Config, Certain),
        )
        .must(&["HTTP/1.1 400"])
        .must_not(&["\u{1b}"]),
    ]
}

fn pages() -> Vec<Scenario> {
    let request = || Some("X-Request-Id 8f3a".to_owned());
    let of = |status| PageFacts { server: Some("envoy".into()), request_id: request(), ..page(status) };
    let gateway = |name, status| {
        Scenario::new(name, answers(of(status)), (Class::Server, Code::Ht07, Owner::Server, Certain))
            .must(&["envoy"])
            .must_not(&["firewall"])
    };
    vec![
        Scenario::new(
            "23 200 in place of 101",
            answers(PageFacts { html: true, title: Some("Welcome".into()), ..page(200) }),
            (Class::Server, Code::Ws01, Owner::Server, Likely),
        )
        .must_not(&["credentials", "password"]),
        Scenario::new("24 401", answers(of(401)), (Class::Credentials, Code::Ht01, Owner::Account, Certain))
            .must(&["401"]),
        Scenario::new("24 403", answers(of(403)), (Class::Credentials, Code::Ht02, Owner::Account, Likely))
            .must(&["403"]),
        Scenario::new("24 404", answers(of(404)), (Class::Configuration, Code::Ht04, Owner::Config, Likely))
            .must(&["404", "/rt"]),
        Scenario::new("24 500", answers(of(500)), (Class::Server, Code::Ht06, Owner::Server, Certain))
            .must(&["500", "8f3a"]),
        Scenario::new(
            "25 another version",
            answers(PageFacts { websocket_version: Some("8".into()), ..page(426) }),
            (Class::Server, Code::Ws03, Owner::Server, Certain),
        )
        .must(&["8"]),
        Scenario::new(
            "26 429 on the upgrade",
            answers(PageFacts { retry_after_s: Some(30), ..page(429) }),
            (Class::Server, Code::Ht05, Owner::Server, Certain),
        )
        .must(&["wait 30 s"]),
        Scenario::new(
            "26 429 on the first request, none after it",
            with(|_, endpoint| {
                stop_after_http(endpoint);
                endpoint.http = Some(answered(PageFacts { retry_after_s: Some(30), ..page(429) }));
            }),
            (Class::Server, Code::Ht05, Owner::Server, Certain),
        )
        .must(&["wait 30 s"]),
        gateway("27 502", 502),
        gateway("27 503", 503),
        gateway("27 504", 504),
    ]
}

fn upgrades() -> Vec<Scenario> {
    vec![
        Scenario::new(
            "28 upgrade removed, SSE works",
            with(|_, endpoint| {
                endpoint.encrypted = false;
                endpoint.tls = None;
                not_switched(
                    endpoint,
                    UpgradeEnd::Status(Box::new(PageFacts { names_upgrade: true, ..page(426) })),
                );
                endpoint.live = Some(live(EndpointState::Connected, Some(Transport::Sse)));
            }),
            (Class::Degraded, Code::Ws02, Owner::ProxyAdmin, Likely),
        )
        .beside(&[Code::Ws09]),
        Scenario::new(
            "28 101 without Upgrade",
            broken(RuleBroken::UpgradeHeaders, "Connection: close"),
            (Class::Proxy, Code::Ws02, Owner::ProxyAdmin, Likely),
        ),
        Scenario::new(
            "29 wrong proof",
            broken(RuleBroken::Accept, "AAAA"),
            (Class::Proxy, Code::Ws04, Owner::ProxyAdmin, Likely),
        ),
        Scenario::new(
            "30 no subprotocol",
            broken(RuleBroken::SubprotocolMissing, ""),
            (Class::Configuration, Code::Ws05, Owner::Config, Certain),
        )
        .must(&["v2.orders"]),
        Scenario::new(
            "30 other subprotocol",
            broken(RuleBroken::SubprotocolOther, "v1.orders"),
            (Class::Configuration, Code::Ws05, Owner::Config, Certain),
        )
        .must(&["v2.orders", "v1.orders"]),
    ]
}

fn sessions() -> Vec<Scenario> {
    vec![
        Scenario::new(
            "34 nothing passes",
            with(|_, endpoint| {
                endpoint.tls.as_mut().unwrap().publicly_trusted = Some(false);
                endpoint.quality = None;
                endpoint.session = Some(SessionFacts { pings: 3, ..SessionFacts::default() });
            }),
            (Class::Proxy, Code::Ws08, Owner::ProxyAdmin, Likely),
        ),
        Scenario::new(
            "35 1008",
            closes(1008, "policy"),
            (Class::Credentials, Code::Ws07, Owner::Account, Certain),
        )
        .must(&["rules"]),
        Scenario::new("35 1011", closes(1011, ""), (Class::Server, Code::Ws07, Owner::Server, Certain))
            .must(&["internal error"]),
        Scenario::new(
            "35 4401",
            closes(4401, "token expired"),
            (Class::Credentials, Code::Ws07, Owner::Account, Certain),
        )
        .must(&["sign-in", "token expired"]),
        Scenario::new(
            "46 cut when idle",
            with(|_, endpoint| {
                endpoint.idle = Some(IdleFacts {
                    silent_ms: 75_000,
                    survived: false,
                    cut_after_ms: Some(20_000),
                    reconnected: Some(true),
                });
            }),
            (Class::Degraded, Code::Ws10, Owner::It, Likely),
        )
        .must(&["20 s", "10 s"]),
        Scenario::new(
            "46 cut when idle for longer than the heartbeat lets it be",
            with(|_, endpoint| {
                endpoint.idle = Some(IdleFacts {
                    silent_ms: 75_000,
                    survived: false,
                    cut_after_ms: Some(60_000),
                    reconnected: Some(true),
                });
            }),
            (Class::Ok, Code::Ok01, Owner::None, Certain),
        ),
        Scenario::new(
            "48 a second session is refused while the live one works",
            {
                let mut facts = closes(4409, "already connected");
                facts.endpoints[0].live = Some(live(EndpointState::Connected, Some(Transport::Websocket)));
                facts
            },
            (Class::Ok, Code::Me02, Owner::None, Likely),
        )
        .must(&["Connected over websocket"]),
    ]
}
