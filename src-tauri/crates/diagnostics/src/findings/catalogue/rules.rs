//! Rules of the catalogue: every code is produced by its condition, and not without it.

use std::collections::BTreeSet;

use jiff::SignedDuration;
use model::{
    EndpointState, Reason,
    check::{Confidence, Finding, FindingCode as Code, FindingOwner, Severity, StepId},
};

use super::{answers, backed_up, down, entries, on_computer, with};
use crate::{
    facts::*,
    findings::{find, samples::*},
    verdict::scenarios,
};

fn found(facts: &Facts, code: Code) -> Option<Finding> {
    find(facts).into_iter().find(|finding| finding.code == code)
}

#[test]
fn every_entry_produces_its_code() {
    for (code, facts) in entries() {
        let codes: Vec<_> = find(&facts).iter().map(|finding| finding.code).collect();
        assert!(codes.contains(&code), "{code} is missing in {codes:?}");
    }
}

#[test]
fn every_code_is_produced_by_an_entry_or_a_scenario() {
    let rows = scenarios::all()
        .into_iter()
        .map(|row| row.facts)
        .chain(entries().into_iter().map(|(_, facts)| facts));
    let seen: BTreeSet<Code> = rows.flat_map(|facts| find(&facts)).map(|finding| finding.code).collect();
    let missing: Vec<_> = Code::ALL.iter().filter(|code| !seen.contains(code)).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

#[test]
fn a_healthy_check_finds_nothing_but_that() {
    let codes: Vec<_> = find(&healthy()).iter().map(|finding| finding.code).collect();
    assert_eq!(codes, [Code::Ok01]);
}

#[test]
fn a_clock_that_one_server_confirms_is_not_wrong() {
    let facts = on_computer(|facts| facts.computer.clock = vec![clock(HOST, 7_200_000), clock(CONTROL, 200)]);
    assert!(found(&facts, Code::Pc05).is_none());
    let cached = on_computer(|facts| {
        facts.computer.clock = vec![ClockSource { cached: true, ..clock(HOST, 7_200_000) }];
    });
    assert!(found(&cached, Code::Pc05).is_none());
}

#[test]
fn a_wrong_clock_is_certain_only_with_two_servers() {
    let told = |clocks| {
        found(&on_computer(|facts| facts.computer.clock = clocks), Code::Pc05)
            .map(|finding| finding.confidence)
    };
    assert_eq!(told(vec![clock(HOST, 7_200_000)]), Some(Confidence::Likely));
    assert_eq!(told(vec![clock(HOST, 7_200_000), clock(CONTROL, 7_230_000)]), Some(Confidence::Certain));
    assert_eq!(told(vec![clock(HOST, 7_200_000), clock(CONTROL, 9_900_000)]), Some(Confidence::Likely));
}

#[test]
fn a_certificates_date_is_sure_only_where_no_servers_clock_would_explain_it() {
    let told = |clocks| {
        let facts = on_computer(|facts| {
            let flaw = TlsEnd::Certificate(CertificateFlaw::NotYetValid, "not valid yet".into());
            not_secure(&mut facts.endpoints[0], flaw);
            let certificate = &mut facts.endpoints[0].tls.as_mut().unwrap().chain[0];
            certificate.not_before = now() + SignedDuration::from_hours(1);
            facts.computer.clock = clocks;
        });
        found(&facts, Code::Tl02).map(|finding| finding.confidence)
    };
    assert_eq!(told(vec![clock(CONTROL, 200)]), Some(Confidence::Certain));
    assert_eq!(told(vec![clock(CONTROL, 200), clock(HOST, -7_200_000)]), Some(Confidence::Likely));
    assert_eq!(told(Vec::new()), Some(Confidence::Likely));
}

#[test]
fn a_certificate_above_the_servers_that_expired_is_named_with_its_own_date() {
    let told = |skew_ms| {
        let facts = on_computer(|facts| {
            let flaw = TlsEnd::Certificate(CertificateFlaw::Expired, "expired".into());
            not_secure(&mut facts.endpoints[0], flaw);
            let chain = &mut facts.endpoints[0].tls.as_mut().unwrap().chain;
            chain.truncate(1);
            let mut issuer = chain[0].clone();
            issuer.subject = "Old Issuer".into();
            issuer.not_after = now() - SignedDuration::from_hours(30);
            chain.push(issuer);
            facts.computer.clock = vec![clock(CONTROL, skew_ms), clock(HOST, skew_ms)];
        });
        (found(&facts, Code::Tl01).unwrap(), found(&facts, Code::Pc05))
    };
    let (finding, clock) = told(200);
    assert_eq!((finding.confidence, clock), (Confidence::Certain, None));
    assert_eq!((finding.args["whose"].as_str(), finding.args["issuer"].as_str()), ("issuer", "Old Issuer"));
    assert_eq!(
        finding.args["date"],
        (now() - SignedDuration::from_hours(30)).strftime("%Y-%m-%d").to_string()
    );
    // A clock two days ahead makes it look expired.
    let (finding, clock) = told(172_800_000);
    assert_eq!(finding.confidence, Confidence::Likely);
    assert_eq!(clock.unwrap().args["breaks"], "yes");
}

#[test]
fn of_an_address_no_name_is_announced() {
    let cut = |literal| {
        with(|endpoint| {
            not_secure(endpoint, TlsEnd::Cut("connection reset".into()));
            endpoint.names.literal = literal;
        })
    };
    assert!(found(&cut(false), Code::Tl10).is_some() && found(&cut(true), Code::Tl10).is_none());
    assert!(found(&cut(true), Code::Tc08).is_some());
}

#[test]
fn a_name_below_localhost_that_this_system_does_not_know_is_not_found() {
    let facts = with(|endpoint| {
        stop_after_names(endpoint);
        endpoint.host = "rt.localhost".into();
        endpoint.names.system = Some(LookupEnd::NotFound("not known".into()));
        endpoint.names.servers.clear();
    });
    assert!(found(&facts, Code::Dn01).is_some() && found(&facts, Code::Me03).is_none());
}

#[test]
fn a_name_server_that_answers_one_family_alone_is_not_called_silent() {
    let facts = with(|endpoint| {
        stop_after_names(endpoint);
        endpoint.names.system = Some(LookupEnd::TimedOut);
        let mut half = server("10.0.0.53", AnswerEnd::TimedOut);
        half.a = AnswerEnd::Found(vec!["203.0.113.7".parse().unwrap()]);
        endpoint.names.servers = vec![half];
    });
    let finding = found(&facts, Code::Dn02).unwrap();
    assert_eq!((finding.args["how"].as_str(), finding.confidence), ("half", Confidence::Likely));
    assert!(found(&facts, Code::Dn03).is_none());
}

#[test]
fn a_proxy_that_takes_the_request_and_falls_silent_is_there() {
    let through = |end: ProxyEnd| ProxyPathFacts {
        server: "proxy.corp:3128".into(),
        source: "configuration".into(),
        setting: None,
        end,
        ms: None,
    };
    let mut facts = with(|endpoint| {
        stop_after_names(endpoint);
        endpoint.proxy = Some(through(ProxyEnd::TimedOut));
    });
    let told = |facts: &Facts| found(facts, Code::Px04).map(|finding| finding.confidence);
    assert_eq!((told(&facts), found(&facts, Code::Px02)), (Some(Confidence::Possible), None));
    let mut other = endpoint("rt.other.org");
    other.proxy = Some(through(ProxyEnd::Open));
    facts.endpoints.push(other);
    assert_eq!(told(&facts), Some(Confidence::Likely));
}

#[test]
fn late_answers_over_a_quick_line_are_the_servers() {
    let slow = |srtt| {
        let facts = with(|endpoint| {
            let quality = endpoint.quality.as_mut().unwrap();
            quality.samples = vec![600.0; 10];
            (quality.scope, quality.kernel_srtt_ms) = (TcpScope::EndToEnd, Some(srtt));
        });
        (found(&facts, Code::Ht08).is_some(), found(&facts, Code::Qu01).is_some())
    };
    assert_eq!((slow(2.0), slow(590.0)), ((true, false), (false, true)));
}

#[test]
fn a_self_made_certificate_is_named_so_whatever_else_is_wrong_with_it() {
    let facts = with(|endpoint| {
        not_secure(endpoint, TlsEnd::Certificate(CertificateFlaw::Other, "bad signature".into()));
        endpoint.tls.as_mut().unwrap().chain[0].self_signed = true;
    });
    assert!(found(&facts, Code::Tl04).is_some());
}

#[test]
fn a_server_is_not_blamed_where_nothing_shows_that_the_network_works() {
    let refused = |change: &dyn Fn(&mut Facts)| {
        let facts = on_computer(|facts| {
            dead(&mut facts.endpoints[0], AddressEnd::Refused);
            change(facts);
        });
        found(&facts, Code::Tc01).map(|finding| (finding.owner, finding.confidence))
    };
    assert_eq!(refused(&|_| {}), Some((FindingOwner::Server, Confidence::Likely)));
    assert_eq!(refused(&|facts| facts.controls.clear()), Some((FindingOwner::Server, Confidence::Possible)));
    let alone = refused(&|facts| {
        facts.controls.clear();
        facts.computer.gateways.clear();
    });
    assert_eq!(alone, Some((FindingOwner::It, Confidence::Possible)));
}

#[test]
fn silence_everywhere_says_whether_anything_else_was_tried() {
    let tried = |change: &dyn Fn(&mut Facts)| {
        let facts = on_computer(|facts| {
            dead(&mut facts.endpoints[0], AddressEnd::TimedOut);
            change(facts);
        });
        found(&facts, Code::Tc03).map(|finding| finding.args["tried"].clone())
    };
    let silent = |facts: &mut Facts| facts.controls = vec![control(AddressEnd::TimedOut)];
    assert_eq!(tried(&silent).as_deref(), Some("more"));
    assert_eq!(tried(&|facts| facts.controls.clear()).as_deref(), Some("one"));
}

#[test]
fn an_internal_authority_alone_is_never_inspection() {
    let signed = |host: &str, issuer: &str| {
        let mut endpoint = endpoint(host);
        let tls = endpoint.tls.as_mut().unwrap();
        tls.publicly_trusted = Some(false);
        tls.chain = vec![certificate(host, issuer)];
        endpoint
    };
    let both = |a: &str, b: &str| {
        on_computer(|facts| facts.endpoints = vec![signed(a, "Acme CA"), signed(b, "Acme CA")])
    };
    assert!(found(&both("rt.acme.internal", "wiki.acme.internal"), Code::Tl06).is_none(), "two inside hosts");
    assert!(found(&both("rt.acme.com", "wiki.acme.com"), Code::Tl06).is_none(), "two hosts of one site");
    assert!(
        found(&both("rt.acme.com", "wiki.other.org"), Code::Tl06).is_some(),
        "two unrelated public hosts"
    );
}

#[test]
fn an_issuer_that_was_not_sent_is_the_servers_fault_where_its_name_is_known_here() {
    let told = |change: &dyn Fn(&mut EndpointFacts)| {
        let facts = with(|endpoint| {
            not_secure(
                endpoint,
                TlsEnd::Certificate(CertificateFlaw::UnknownIssuer, "unknown issuer".into()),
            );
            let tls = endpoint.tls.as_mut().unwrap();
            tls.chain = vec![certificate(HOST, "Acme Issuing CA")];
            tls.issuer_sent = Some(false);
            endpoint.last_good = None;
            change(endpoint);
        });
        let found = find(&facts).into_iter().find(|one| matches!(one.code, Code::Tl05 | Code::Tl07)).unwrap();
        (found.code, found.owner, found.confidence)
    };
    let akin = |endpoint: &mut EndpointFacts| {
        endpoint.tls.as_mut().unwrap().akin_authority = Some("Acme Root CA".into());
    };
    let before = |endpoint: &mut EndpointFacts, issuer: &str| {
        endpoint.last_good = Some(Baseline { issuer: Some(issuer.into()), ..last_good() });
    };
    let (server, device) = (FindingOwner::Server, FindingOwner::ProxyAdmin);
    assert_eq!(told(&|_| {}), (Code::Tl05, device, Confidence::Likely), "nothing tells them apart");
    assert_eq!(told(&akin), (Code::Tl07, server, Confidence::Likely));
    let same = told(&|endpoint| before(endpoint, "Acme Issuing CA"));
    assert_eq!(same, (Code::Tl07, server, Confidence::Possible), "trust may have changed here");
    let changed = told(&|endpoint| {
        akin(endpoint);
        before(endpoint, "R11");
    });
    assert_eq!(changed, (Code::Tl07, server, Confidence::Possible), "a device may call itself so");
    assert_eq!(told(&|endpoint| before(endpoint, "R11")), (Code::Tl05, device, Confidence::Likely));
    let sent = told(&|endpoint| {
        akin(endpoint);
        endpoint.tls.as_mut().unwrap().issuer_sent = Some(true);
    });
    assert_eq!(sent.0, Code::Tl05, "the issuer showed itself");
    let named = told(&|endpoint| {
        akin(endpoint);
        endpoint.tls.as_mut().unwrap().chain = vec![certificate(HOST, "Zscaler Intermediate Root CA")];
    });
    assert_eq!(named.0, Code::Tl05, "a known device");
}

#[test]
fn a_dead_backup_is_no_failure_and_one_that_lives_shows_that_the_network_works() {
    let healthy = find(&backed_up(BackupEnd::Refused("refused".into()), |_| {}));
    assert_eq!(
        healthy.iter().map(|one| (one.code, one.severity)).collect::<Vec<_>>(),
        [(Code::Tc11, Severity::Warn)],
        "not everything works"
    );
    let alone = |end: BackupEnd| {
        let mut facts = backed_up(end, |endpoint| dead(endpoint, AddressEnd::TimedOut));
        facts.controls.clear();
        facts.computer.gateways.clear();
        find(&facts).iter().map(|one| one.code).collect::<Vec<_>>()
    };
    assert_eq!(alone(BackupEnd::Reached), [Code::Tc02, Code::Tc12], "the network works");
    assert_eq!(alone(BackupEnd::Silent("silent".into())), [Code::Tc03], "one finding for the network");
}

#[test]
fn a_live_connection_to_a_backup_makes_the_dead_host_a_warning() {
    let facts = backed_up(BackupEnd::Reached, |endpoint| {
        dead(endpoint, AddressEnd::Refused);
        let mut live = crate::findings::samples::live(EndpointState::Connected, None);
        live.backup = Some("rt-b.example.com:443".into());
        endpoint.live = Some(live);
    });
    let told = |code| found(&facts, code).map(|finding| finding.severity);
    assert_eq!(told(Code::Tc01), Some(Severity::Warn));
    assert_eq!(told(Code::Tc12), Some(Severity::Info));
    assert_eq!(told(Code::Me02), None, "nobody refused a second connection");
}

#[test]
fn a_short_lived_certificate_does_not_expire_soon_all_the_time() {
    let facts = with(|endpoint| {
        let leaf = &mut endpoint.tls.as_mut().unwrap().chain[0];
        (leaf.not_before, leaf.not_after) = (at("2026-11-18T00:00:00Z"), at("2026-11-24T00:00:00Z"));
    });
    assert!(found(&facts, Code::Tl11).is_none());
}

#[test]
fn one_late_answer_is_not_loss() {
    let once = [31.0, 32.0, 31.0, 900.0, 31.0, 31.0, 30.0, 31.0, 31.0, 31.0];
    let codes: Vec<_> = find(&with(|endpoint| endpoint.quality = Some(quality(&once, 0))))
        .iter()
        .map(|finding| finding.code)
        .collect();
    assert_eq!(codes, [Code::Ok01]);
}

#[test]
fn a_name_for_ipv6_without_ipv6_here_is_no_fault() {
    let facts = with(|endpoint| {
        endpoint.addresses.push(address(
            "2001:db8::7",
            AddressEnd::Unreachable("Network is unreachable (os error 101)".into()),
        ));
    });
    assert_eq!(find(&facts).iter().map(|finding| finding.code).collect::<Vec<_>>(), [Code::Ok01]);
}

#[test]
fn a_live_connection_that_was_asked_for_a_moment_ago_is_left_alone() {
    let facts =
        down(EndpointState::Connecting, |live| live.since = now() - jiff::SignedDuration::from_secs(2));
    assert!(found(&facts, Code::Me01).is_none());
    let paused = down(EndpointState::Disconnected, |live| live.reason = Some(Reason::Paused));
    assert!(found(&paused, Code::Ok01).is_some());
}

#[test]
fn endpoints_that_share_only_the_network_make_one_finding() {
    let facts = on_computer(|facts| {
        facts.controls.clear();
        facts.endpoints = vec![endpoint("rt.example.com"), endpoint("rt.example.org")];
        facts.endpoints.iter_mut().for_each(|endpoint| dead(endpoint, AddressEnd::TimedOut));
    });
    let silent: Vec<_> =
        find(&facts).into_iter().filter(|finding| finding.severity == Severity::Fail).collect();
    assert_eq!(silent.len(), 1, "{silent:#?}");
    assert_eq!((silent[0].code, silent[0].endpoint.clone()), (Code::Tc03, None));
}

#[test]
fn endpoints_of_one_host_make_one_finding() {
    let facts = on_computer(|facts| {
        let mut second = endpoint(HOST);
        (second.id, second.path) = (Some("second".parse().unwrap()), "/other".into());
        facts.endpoints.push(second);
        facts.endpoints.iter_mut().for_each(|endpoint| dead(endpoint, AddressEnd::Refused));
    });
    let refused: Vec<_> = find(&facts).into_iter().filter(|finding| finding.code == Code::Tc01).collect();
    assert_eq!(refused.len(), 1, "{refused:#?}");
}

#[test]
fn an_upgrade_removed_inside_trusted_encryption_was_removed_by_the_servers_own_gateway() {
    let finding = found(&answers(page(426)), Code::Ws02).unwrap();
    assert_eq!((finding.owner, finding.confidence), (FindingOwner::Server, Confidence::Likely));
    let mut inside = answers(page(426));
    inside.endpoints[0].tls.as_mut().unwrap().publicly_trusted = Some(false);
    assert_eq!(found(&inside, Code::Ws02).unwrap().owner, FindingOwner::ProxyAdmin);
}

#[test]
fn a_name_that_is_only_remembered_is_no_failure() {
    let facts = with(|endpoint| {
        endpoint.names.system = Some(LookupEnd::Temporary("os error -3".into()));
        endpoint.names.servers = vec![server("10.0.0.53", AnswerEnd::ServFail)];
    });
    assert_eq!(found(&facts, Code::Dn02).map(|finding| finding.severity), Some(Severity::Warn));
}

#[test]
fn a_step_that_broke_is_named() {
    let facts = on_computer(|facts| facts.broken = vec![StepId::H1]);
    let finding = found(&facts, Code::Me03).unwrap();
    assert!(finding.text.contains("Response times"), "{}", finding.text);
}

#[test]
fn a_server_for_this_computer_alone_may_listen_on_one_family() {
    let local = |host: &str, dead: AddressEnd| {
        let facts = with(|endpoint| {
            endpoint.host = host.into();
            endpoint.addresses = vec![address("::1", dead), address("127.0.0.1", AddressEnd::Connected)];
        });
        find(&facts).iter().map(|finding| finding.code).collect::<Vec<_>>()
    };
    assert_eq!(local("localhost", AddressEnd::Refused), [Code::Ok01]);
    assert_eq!(local("feed.localhost", AddressEnd::Refused), [Code::Ok01]);
    assert!(local("localhost", AddressEnd::TimedOut).contains(&Code::Tc05), "silence is no refusal");
    assert!(local("rt.example.com", AddressEnd::Refused).contains(&Code::Tc07));
}

#[test]
fn a_refused_upgrade_where_no_page_is_either_is_a_wrong_path() {
    let plain = |status, health_page| {
        let mut facts = answers(page(400));
        (facts.endpoints[0].http, facts.endpoints[0].health_page) =
            (Some(answered(page(status))), health_page);
        facts
    };
    let wrong = found(&plain(404, false), Code::Ht04).unwrap();
    assert_eq!((wrong.owner, wrong.confidence), (FindingOwner::Config, Confidence::Likely));
    assert!(wrong.text.contains("/rt (404)"), "{}", wrong.text);
    assert!(wrong.evidence.iter().any(|line| line.starts_with("status 400")), "{:?}", wrong.evidence);
    assert!(found(&plain(200, false), Code::Ws01).is_some(), "a page is there");
    assert!(found(&plain(404, true), Code::Ws01).is_some(), "another page was asked for");
    let mut named = plain(404, false);
    let refusal = PageFacts { names_upgrade: true, ..page(400) };
    named.endpoints[0].upgrade = Some(upgrade(UpgradeEnd::Status(Box::new(refusal))));
    assert!(found(&named, Code::Ws02).is_some(), "the answer says what it missed");
}
