//! The catalogue: facts that produce each code. What the scenarios of `verdict` produce is not repeated here.

mod rules;

use model::{EndpointState, Reason, Transport, check::FindingCode as Code};

use super::samples::*;
use crate::{facts::*, inquiry::Unusable};

/// A healthy check with its endpoint changed.
fn with(change: impl FnOnce(&mut EndpointFacts)) -> Facts {
    let mut facts = healthy();
    change(&mut facts.endpoints[0]);
    facts
}

/// A healthy check of an endpoint with a backup host that ended so, changed.
pub(super) fn backed_up(end: BackupEnd, change: impl FnOnce(&mut EndpointFacts)) -> Facts {
    with(|endpoint| {
        let host = "rt-b.example.com".to_owned();
        endpoint.backups = vec![BackupFacts { host, port: 443, proxied: false, end, ms: 12.0 }];
        change(endpoint);
    })
}

fn on_computer(change: impl FnOnce(&mut Facts)) -> Facts {
    let mut facts = healthy();
    change(&mut facts);
    facts
}

fn lookup(end: LookupEnd, answer: AnswerEnd) -> Facts {
    with(|endpoint| {
        stop_after_names(endpoint);
        endpoint.names.system = Some(end);
        endpoint.names.servers = vec![server("10.0.0.53", answer)];
    })
}

fn answers(page: PageFacts) -> Facts {
    with(|endpoint| not_switched(endpoint, UpgradeEnd::Status(Box::new(page))))
}

fn waiting(waiting: u64, full: f64, oldest_ms: u64) -> Facts {
    on_computer(|facts| {
        facts.computer.buffers = vec![BufferFacts {
            waiting,
            bytes: 24_000,
            oldest_ms: Some(oldest_ms),
            full,
            ..BufferFacts::default()
        }];
    })
}

fn down(state: EndpointState, change: impl FnOnce(&mut LiveFacts)) -> Facts {
    with(|endpoint| {
        let mut live = live(state, None);
        change(&mut live);
        endpoint.live = Some(live);
    })
}

/// Code and facts that produce it.
pub(crate) fn entries() -> Vec<(Code, Facts)> {
    let parts = [of_computer(), of_names_and_reach(), of_proxies(), of_tls(), of_the_answer(), of_reality()];
    let all: Vec<_> = parts.into_iter().flatten().collect();
    // What stands between here and the server depends on who vouches for its certificate.
    let inside = all.iter().filter(|(code, _)| BETWEEN.contains(code)).cloned().map(|(code, mut facts)| {
        facts
            .endpoints
            .iter_mut()
            .filter_map(|endpoint| endpoint.tls.as_mut())
            .for_each(|tls| tls.publicly_trusted = Some(false));
        (code, facts)
    });
    inside.collect::<Vec<_>>().into_iter().chain(all).collect()
}

/// Codes about something between here and the server.
const BETWEEN: [Code; 5] = [Code::Ht03, Code::Ws02, Code::Ws04, Code::Ws06, Code::Ws08];

fn of_computer() -> Vec<(Code, Facts)> {
    let nothing_reached = |facts: &mut Facts| {
        facts.controls = vec![control(AddressEnd::Unreachable("os error 101".into()))];
        dead(&mut facts.endpoints[0], AddressEnd::Unreachable("os error 101".into()));
    };
    vec![
        (
            Code::Pc01,
            on_computer(|facts| {
                nothing_reached(facts);
                facts.computer.interfaces = Some(vec![interface("eth0", false)]);
            }),
        ),
        (
            Code::Pc06,
            on_computer(|facts| facts.computer.clock = vec![clock(HOST, 90_000), clock(CONTROL, 91_000)]),
        ),
        (Code::Pc09, waiting(1, 0.85, 10)),
        (Code::Pc09, waiting(3, 0.1, 7_300_000)),
        (
            Code::Pc08,
            on_computer(|facts| {
                let volume =
                    Volume { place: "/data".into(), free_bytes: Some(1 << 40), writable: Some(false) };
                facts.computer.buffers =
                    vec![BufferFacts { waiting: 1, volume: Some(volume), ..BufferFacts::default() }];
            }),
        ),
        (
            Code::Pc08,
            on_computer(|facts| {
                facts.computer.buffers = vec![BufferFacts {
                    refuses: Some("The store is damaged.".into()),
                    ..BufferFacts::default()
                }];
            }),
        ),
        (
            Code::Pc10,
            with(|endpoint| {
                dead(endpoint, AddressEnd::OutOfResources("Too many open files (os error 24)".into()))
            }),
        ),
        (
            Code::Pc11,
            on_computer(|facts| {
                facts.computer.other_owner = Some(OtherOwner { pid: 4_711, user: Some("maria".into()) })
            }),
        ),
        (
            Code::Pc11,
            on_computer(|facts| facts.computer.other_owner = Some(OtherOwner { pid: 4_711, user: None })),
        ),
        (Code::Pc12, on_computer(|facts| facts.computer.recent.resumed_ms_ago = Some(44_000))),
        (Code::Pc12, on_computer(|facts| facts.computer.recent.network_changed_ms_ago = Some(19_000))),
        (Code::Pc13, with(|endpoint| endpoint.through = Some(("wg0".into(), true)))),
        (Code::Cf01, with(|endpoint| endpoint.unusable = Some(Unusable::Url("It has no host.".into())))),
        (
            Code::Cf01,
            with(|endpoint| {
                endpoint.unusable = Some(Unusable::Setting("A header name is not valid.".into()))
            }),
        ),
        (
            Code::Cf01,
            with(|endpoint| not_secure(endpoint, TlsEnd::File("ca.pem: no certificate in it".into()))),
        ),
        (
            Code::Cf01,
            on_computer(|facts| {
                let flaw = Some("not a URL".to_owned());
                facts.computer.proxies =
                    vec![ProxySetting { source: "environment".into(), url: None, pac: None, flaw }];
            }),
        ),
        (
            Code::Cf03,
            with(|endpoint| {
                endpoint.unusable = Some(Unusable::Credential("the keyring, as linekeeper/orders".into()))
            }),
        ),
    ]
}

fn of_names_and_reach() -> Vec<(Code, Facts)> {
    let temporary = || LookupEnd::Temporary("os error -3".into());
    let to = |address: &str| {
        let address = ip(address);
        with(|endpoint| {
            endpoint.names.system = Some(LookupEnd::Found(vec![address]));
            endpoint.addresses = vec![AddressFacts { address, end: AddressEnd::TimedOut, ms: 1.0 }];
            stop_after_tcp(endpoint);
        })
    };
    vec![
        (Code::Dn03, lookup(LookupEnd::NotFound("not known".into()), AnswerEnd::TimedOut)),
        (
            Code::Dn01,
            with(|endpoint| {
                stop_after_names(endpoint);
                endpoint.names.system = Some(LookupEnd::NotFound("not known".into()));
                endpoint.names.servers.clear();
            }),
        ),
        (
            Code::Dn02,
            with(|endpoint| {
                stop_after_names(endpoint);
                endpoint.names.system = Some(temporary());
                endpoint.names.servers.clear();
            }),
        ),
        (Code::Dn04, lookup(temporary(), AnswerEnd::Refused)),
        (Code::Dn05, lookup(LookupEnd::NotFound("no address".into()), AnswerEnd::NoData)),
        (
            Code::Dn06,
            on_computer(|facts| {
                let names = &mut facts.endpoints[0].names;
                names.servers.insert(0, server("10.0.0.52", AnswerEnd::TimedOut));
            }),
        ),
        (Code::Dn08, to("0.0.0.0")),
        (
            Code::Dn08,
            on_computer(|facts| {
                let mut moved = to("198.51.100.9");
                moved.endpoints[0].last_good = Some(last_good());
                *facts = moved;
            }),
        ),
        (
            Code::Tc01,
            on_computer(|facts| {
                facts.controls.clear();
                facts.computer.gateways.clear();
                dead(&mut facts.endpoints[0], AddressEnd::Refused);
            }),
        ),
        (
            Code::Tc03,
            on_computer(|facts| {
                facts.controls.clear();
                dead(&mut facts.endpoints[0], AddressEnd::TimedOut);
            }),
        ),
        (
            Code::Tc04,
            with(|endpoint| {
                dead(endpoint, AddressEnd::Unreachable("No route to host (os error 113)".into()))
            }),
        ),
        (
            Code::Tc05,
            on_computer(|facts| {
                facts.computer.default_routes.get_or_insert_default().push(RouteFacts {
                    interface: "eth0".into(),
                    gateway: None,
                    v6: true,
                });
                facts.endpoints[0]
                    .addresses
                    .push(address("2001:db8::7", AddressEnd::Unreachable("os error 113".into())));
            }),
        ),
        (
            Code::Tc06,
            with(|endpoint| {
                endpoint.addresses = vec![
                    address("203.0.113.7", AddressEnd::TimedOut),
                    address("2001:db8::7", AddressEnd::Connected),
                ];
                endpoint.race = Some(PathPhases { lost: 250.0, ..PathPhases::default() });
            }),
        ),
        (
            Code::Tc08,
            with(|endpoint| {
                endpoint.encrypted = false;
                endpoint.tls = None;
                endpoint.http =
                    Some(HttpFacts { end: HttpEnd::Cut { received: 0, reset: true }, first_byte_ms: None });
                not_switched(endpoint, UpgradeEnd::Cut { received: 0, reset: true });
            }),
        ),
        (Code::Tc08, with(|endpoint| not_secure(endpoint, TlsEnd::Cut("tls handshake eof".into())))),
        (Code::Tc08, with(|endpoint| dead(endpoint, AddressEnd::Reset))),
        (Code::Tc11, backed_up(BackupEnd::Unnamed("no such host".into()), |_| {})),
        (Code::Tc11, backed_up(BackupEnd::Refused("Connection refused (os error 111)".into()), |_| {})),
        (Code::Tc11, backed_up(BackupEnd::Silent("timed out".into()), |_| {})),
        (Code::Tc11, backed_up(BackupEnd::Proxy("502 from the proxy".into()), |_| {})),
        (Code::Tc11, backed_up(BackupEnd::Insecure("certificate expired".into()), |_| {})),
        (Code::Tc12, backed_up(BackupEnd::Reached, |endpoint| dead(endpoint, AddressEnd::Refused))),
        (
            Code::Tc12,
            backed_up(BackupEnd::Reached, |endpoint| {
                dead(endpoint, AddressEnd::Refused);
                let mut live = live(EndpointState::Connected, Some(Transport::Websocket));
                live.backup = Some("rt-b.example.com:443".into());
                endpoint.live = Some(live);
            }),
        ),
    ]
}

fn of_proxies() -> Vec<(Code, Facts)> {
    let script = || ProxySetting {
        source: "desktop".into(),
        url: None,
        pac: Some("http://wpad/wpad.dat".into()),
        flaw: None,
    };
    let through = |source: &str, setting: Option<&str>, end: ProxyEnd| {
        let way = ProxyPathFacts {
            server: "proxy.corp:3128".into(),
            source: source.into(),
            setting: setting.map(Into::into),
            end,
            ms: None,
        };
        with(|endpoint| {
            stop_after_names(endpoint);
            endpoint.names.system = None;
            endpoint.proxy = Some(way);
        })
    };
    vec![
        (Code::Px01, through("desktop", None, ProxyEnd::LoginWanted(Vec::new()))),
        (
            Code::Cf01,
            with(|endpoint| {
                stop_after_names(endpoint);
                let end = ProxyEnd::Failed("not a proxy URL".into());
                let (source, server) = ("environment".into(), String::new());
                endpoint.proxy = Some(ProxyPathFacts { server, source, setting: None, end, ms: None });
            }),
        ),
        (Code::Px04, through("environment", None, ProxyEnd::TimedOut)),
        (Code::Px04, through("desktop", None, ProxyEnd::CannotReach("host unreachable".into()))),
        (Code::Px03, through("desktop", None, ProxyEnd::NotAllowed("not allowed by its rules".into()))),
        (Code::Px02, through("environment", None, ProxyEnd::Status(405))),
        (Code::Px02, through("desktop", None, ProxyEnd::Failed("broken pipe".into()))),
        (Code::Px05, through("configuration", None, ProxyEnd::Unresolved("no such host".into()))),
        (Code::Px05, through("environment", None, ProxyEnd::Unresolved("no such host".into()))),
        (Code::Px06, on_computer(|facts| facts.computer.proxies = vec![script()])),
        (
            Code::Px06,
            on_computer(|facts| {
                facts.computer.proxies = vec![script()];
                dead(&mut facts.endpoints[0], AddressEnd::TimedOut);
            }),
        ),
        (Code::Px08, on_computer(|facts| facts.computer.ghost_answered = Some("status 502".into()))),
    ]
}

fn of_tls() -> Vec<(Code, Facts)> {
    let end = |end: TlsEnd| with(|endpoint| not_secure(endpoint, end));
    let refused = |flaw| end(TlsEnd::Certificate(flaw, "invalid peer certificate".into()));
    let missing = |mut facts: Facts| {
        facts.endpoints[0].tls.as_mut().unwrap().missing_issuer = Some("Example TLS CA 3".into());
        facts
    };
    let expires = |days: i64| {
        with(|endpoint| {
            let leaf = &mut endpoint.tls.as_mut().unwrap().chain[0];
            leaf.not_after = now() + jiff::SignedDuration::from_hours(24 * days + 1);
        })
    };
    vec![
        (
            Code::Tl02,
            on_computer(|facts| {
                not_secure(
                    &mut facts.endpoints[0],
                    TlsEnd::Certificate(CertificateFlaw::NotYetValid, "not valid yet".into()),
                );
                facts.endpoints[0].tls.as_mut().unwrap().chain[0].not_before = at("2027-01-01T00:00:00Z");
            }),
        ),
        (Code::Tl04, refused(CertificateFlaw::CaAsServer)),
        (Code::Tl05, refused(CertificateFlaw::UnknownIssuer)),
        (Code::Tl07, missing(refused(CertificateFlaw::UnknownIssuer))),
        (Code::Tl07, missing(healthy())),
        (Code::Tl08, end(TlsEnd::NoCommonProtocol("protocol_version".into()))),
        (Code::Tl08, end(TlsEnd::Alert("internal_error".into()))),
        (Code::Tl08, end(TlsEnd::Failed("peer misbehaved".into()))),
        (
            Code::Tl09,
            with(|endpoint| {
                not_switched(endpoint, UpgradeEnd::Broken(RuleBroken::TlsSpoken, "15 03 01".into()))
            }),
        ),
        (Code::Tl10, end(TlsEnd::Cut("Connection reset by peer (os error 104)".into()))),
        (Code::Tl11, expires(20)),
        (Code::Tl11, expires(1)),
        (Code::Tl12, end(TlsEnd::ClientCertificate("certificate_required".into()))),
        (Code::Tl13, refused(CertificateFlaw::Revoked)),
        (Code::Tl13, refused(CertificateFlaw::Other)),
    ]
}

fn of_the_answer() -> Vec<(Code, Facts)> {
    let redirect = |to: Option<&str>, detour: Detour| {
        let end = UpgradeEnd::Redirected {
            to: to.map(Into::into),
            why: "it leads to another host".into(),
            detour,
            page: Box::new(page(301)),
        };
        with(|endpoint| not_switched(endpoint, end))
    };
    let closes = |code: Option<u16>| {
        with(|endpoint| {
            endpoint.quality = None;
            let closed = Some(CloseFacts { code, reason: String::new(), after_ms: 30 });
            endpoint.session = Some(SessionFacts { pings: 1, closed, ..SessionFacts::default() });
        })
    };
    let session =
        |change: fn(&mut SessionFacts)| with(|endpoint| endpoint.session.iter_mut().for_each(change));
    let filtered = |title: Option<&str>| PageFacts {
        filter_mark: Some("X-Filter".into()),
        title: title.map(Into::into),
        ..page(403)
    };
    let mut all = vec![
        (Code::Cf02, redirect(Some("wss://rt2.example.com/"), Detour::Elsewhere)),
        (Code::Cf02, redirect(None, Detour::Elsewhere)),
        (Code::Cf02, redirect(Some("wss://rt.example.com/feed"), Detour::Circle)),
        (Code::Cf02, redirect(Some("ws://rt.example.com/feed"), Detour::Weaker)),
        (Code::Ht01, redirect(Some("wss://rt.example.com/login"), Detour::SignIn)),
        (
            Code::Ht02,
            with(|endpoint| {
                endpoint.origin = Some("https://app.example.com".into());
                not_switched(endpoint, UpgradeEnd::Status(Box::new(page(403))));
            }),
        ),
        (Code::Ht03, answers(filtered(Some("Access denied")))),
        (Code::Ht03, answers(filtered(None))),
        (Code::Ht05, answers(page(429))),
        (Code::Ht06, answers(page(501))),
        (
            Code::Ht08,
            with(|endpoint| {
                endpoint.http = Some(HttpFacts { first_byte_ms: Some(1_500.0), ..answered(page(404)) })
            }),
        ),
        (Code::Ws02, answers(page(426))),
        (
            Code::Ws04,
            with(|endpoint| {
                not_switched(endpoint, UpgradeEnd::Broken(RuleBroken::Extension, "x-webkit-deflate".into()))
            }),
        ),
        (Code::Ws06, with(|endpoint| not_switched(endpoint, UpgradeEnd::TimedOut { received: 0 }))),
        (Code::Ws06, with(|endpoint| not_switched(endpoint, UpgradeEnd::Cut { received: 0, reset: true }))),
        (Code::Ws08, closes(None)),
        (
            Code::Ws08,
            session(|session| {
                session.closed = Some(CloseFacts { code: None, reason: String::new(), after_ms: 900 });
            }),
        ),
        (Code::Ws08, session(|session| session.mute_after_ms = Some(1_200))),
        (
            Code::Ws05,
            with(|endpoint| {
                not_switched(endpoint, UpgradeEnd::Broken(RuleBroken::SubprotocolOther, "chat".into()));
                endpoint.upgrade.iter_mut().for_each(|upgrade| upgrade.offered.clear());
            }),
        ),
        (Code::Ws11, closes(Some(4409))),
    ];
    let codes = [1000, 1001, 1002, 1003, 1009, 1013, 1014, 3003, 4404, 4999];
    all.extend(codes.map(|code| (Code::Ws07, closes(Some(code)))));
    all
}

fn of_reality() -> Vec<(Code, Facts)> {
    let uneven = [40.0, 110.0, 42.0, 120.0, 41.0, 118.0, 43.0, 117.0, 40.0, 122.0];
    let late = [40.0, 41.0, 286.0, 40.0, 41.0, 286.0, 40.0, 41.0, 41.0, 40.0];
    let mut all = vec![
        (Code::Qu01, with(|endpoint| endpoint.quality = Some(quality(&[500.0; 10], 0)))),
        (Code::Qu02, with(|endpoint| endpoint.quality = Some(quality(&late, 0)))),
        (Code::Qu03, with(|endpoint| endpoint.quality = Some(quality(&uneven, 0)))),
        (Code::Ok01, on_computer(|facts| facts.endpoints.push(endpoint("rt2.example.org")))),
        (
            Code::Ok01,
            with(|endpoint| {
                endpoint.upgrade = None;
                endpoint.session = None;
                endpoint.quality = None;
                endpoint.http = Some(answered(page(200)));
            }),
        ),
        (Code::Me01, down(EndpointState::Reconnecting, |live| live.retry_in_ms = Some(38_000))),
        (Code::Me01, down(EndpointState::Reconnecting, |_| {})),
        (Code::Me01, down(EndpointState::Failed, |live| live.reason = Some(Reason::MaxAttempts))),
        (
            Code::Me01,
            with(|endpoint| endpoint.live = Some(live(EndpointState::Connected, Some(Transport::Sse)))),
        ),
        (Code::Me03, Facts::default()),
        (Code::Me03, on_computer(|facts| facts.cut_short = true)),
        (Code::Me04, down(EndpointState::Reconnecting, |live| live.asked_ms_ago = Some(61_000))),
    ];
    for transport in [Transport::Sse, Transport::LongPoll, Transport::Poll] {
        all.push((
            Code::Ws09,
            with(|endpoint| {
                not_switched(endpoint, UpgradeEnd::TimedOut { received: 0 });
                endpoint.live = Some(live(EndpointState::Connected, Some(transport)));
            }),
        ));
    }
    all
}
