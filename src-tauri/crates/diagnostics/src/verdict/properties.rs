//! What holds for any facts at all, and for any two faults at once.

use model::check::{Confidence, FindingCode as Code, Severity, VerdictClass};
use proptest::prelude::*;

use super::scenarios::{self, check};
use crate::facts::*;

/// What has to hold of every verdict.
fn sound(facts: &Facts) -> Result<(), TestCaseError> {
    let (verdict, findings) = check(facts);
    let primary = verdict.primary;
    prop_assert!(primary.is_some(), "no primary finding: {findings:#?}");
    prop_assert_eq!(findings.first().map(|finding| finding.code), primary);
    prop_assert!(findings[0].suppressed_by.is_none());
    prop_assert!(verdict.line.chars().count() <= 160, "{}", verdict.line);
    prop_assert!(!verdict.line.is_empty() && !verdict.next_action.is_empty());
    let blame = |finding: &model::check::Finding| {
        finding.severity == Severity::Fail && finding.suppressed_by.is_none()
    };
    if verdict.class == VerdictClass::Ok {
        prop_assert!(!findings.iter().any(blame), "{findings:#?}");
    }
    for finding in &findings {
        prop_assert!(finding.confidence <= finding.code.confidence(), "{finding:?}");
        prop_assert!(!finding.evidence.is_empty(), "{finding:?}");
        prop_assert!(finding.text.chars().count() <= 160, "{}", finding.text);
        prop_assert!(
            !finding.text.contains('{') || finding.args.values().any(|value| value.contains('{')),
            "{}",
            finding.text
        );
        if let Some(cause) = finding.suppressed_by {
            prop_assert!(findings.iter().any(|other| other.code == cause), "{finding:?}");
        }
    }
    Ok(())
}

/// Facts of any two scenarios seen in one check: computer and endpoint of both.
fn merged(one: &Facts, other: &Facts, same_endpoint: bool) -> Facts {
    let mut both = one.clone();
    let theirs = other.clone();
    let healthy = crate::findings::samples::healthy();
    macro_rules! take {
        ($($part:ident).+) => {
            if theirs.$($part).+ != healthy.$($part).+ { both.$($part).+ = theirs.$($part).+; }
        };
    }
    take!(computer.interfaces);
    take!(computer.gateways);
    take!(computer.proxies);
    take!(computer.clock);
    take!(computer.portal);
    take!(computer.ghost_answered);
    take!(computer.buffers);
    take!(computer.other_owner);
    take!(controls);
    // Without a route in one and with another one in the other, there is none.
    let no_route = theirs.computer.default_routes.as_ref().is_some_and(Vec::is_empty);
    if no_route || both.computer.default_routes == healthy.computer.default_routes {
        both.computer.default_routes = theirs.computer.default_routes;
    }
    both.cut_short |= theirs.cut_short;
    both.unfinished.extend(theirs.unfinished);
    both.broken.extend(theirs.broken);
    let mut endpoint = theirs.endpoints[0].clone();
    if same_endpoint {
        overlay(&mut both.endpoints[0], endpoint, &healthy.endpoints[0]);
    } else {
        endpoint.id = Some("other".parse().expect("an id"));
        endpoint.host = "rt.other.org".into();
        endpoint.names.host.clone_from(&endpoint.host);
        both.endpoints.push(endpoint);
    }
    both
}

/// The parts of `theirs` that differ from a healthy endpoint, laid over `ours`: two faults of one connection. What comes
/// after the earlier fault stays unseen, as it would be.
fn overlay(ours: &mut EndpointFacts, theirs: EndpointFacts, healthy: &EndpointFacts) {
    macro_rules! take {
        ($($part:ident),+) => {
            $(if theirs.$part != healthy.$part && ours.$part == healthy.$part { ours.$part = theirs.$part; })+
        };
    }
    take!(
        names,
        addresses,
        race,
        proxy,
        tls,
        http,
        upgrade,
        session,
        quality,
        bulk,
        idle,
        second_attempt,
        backups,
        live,
        last_good
    );
    take!(encrypted, unusable, through);
    let connected = ours.addresses.iter().any(|address| address.end == AddressEnd::Connected);
    let open = !ours.encrypted || ours.tls.as_ref().is_some_and(|tls| tls.end == Some(TlsEnd::Open));
    if !connected {
        crate::findings::samples::stop_after_tcp(ours);
    } else if !open {
        crate::findings::samples::stop_after_tls(ours);
    } else if !ours.upgrade.as_ref().is_some_and(|upgrade| upgrade.end == UpgradeEnd::Switched) {
        ours.session = None;
        ours.quality = None;
    }
}

#[test]
fn of_two_faults_none_else_is_blamed_as_certain() {
    let rows = scenarios::all();
    let mut wrong = Vec::new();
    for (index, one) in rows.iter().enumerate() {
        for other in &rows[index..] {
            for same in [false, true] {
                let facts = merged(&one.facts, &other.facts, same);
                sound(&facts).unwrap_or_else(|error| panic!("{} and {}: {error}", one.name, other.name));
                let (verdict, _) = check(&facts);
                let allowed = [Some(one.primary), Some(other.primary), Some(Code::Me03)];
                if verdict.confidence == Confidence::Certain && !allowed.contains(&verdict.primary) {
                    wrong.push(format!(
                        "{} + {} (same {same}): {:?} {}",
                        one.name, other.name, verdict.primary, verdict.line
                    ));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}

/// Mutations of facts: every part from one of all scenarios and entries, chosen anew.
fn any_facts() -> impl Strategy<Value = Facts> {
    let pool: Vec<Facts> = scenarios::all()
        .into_iter()
        .map(|row| row.facts)
        .chain(crate::findings::catalogue::entries().into_iter().map(|(_, facts)| facts))
        .collect();
    let ends: Vec<EndpointFacts> = pool.iter().filter_map(|facts| facts.endpoints.first().cloned()).collect();
    let computers: Vec<ComputerFacts> = pool.iter().map(|facts| facts.computer.clone()).collect();
    let controls: Vec<Vec<ControlFacts>> = pool.iter().map(|facts| facts.controls.clone()).collect();
    let pick = |limit: usize| 0..limit;
    let (e, c, k) = (ends.len(), computers.len(), controls.len());
    let endpoint =
        (prop::collection::vec(pick(e), 9), 0..4_u8, "\\PC{0,90}", any::<(u16, bool)>()).prop_map({
            move |(at, host, wild, (port, small))| {
                let mut made = ends[at[0]].clone();
                made.names = ends[at[1]].names.clone();
                made.addresses = ends[at[2]].addresses.clone();
                made.proxy = ends[at[3]].proxy.clone();
                made.tls = ends[at[4]].tls.clone();
                made.http = ends[at[5]].http.clone();
                made.upgrade = ends[at[6]].upgrade.clone();
                made.session = ends[at[7]].session.clone();
                made.live = ends[at[8]].live.clone();
                made.host = if small { wild } else { format!("host{host}.example.com") };
                made.port = port;
                made
            }
        });
    let flags = (any::<(bool, bool)>(), prop::sample::subsequence(model::check::StepId::ALL.to_vec(), 0..4));
    (prop::collection::vec(endpoint, 0..5), pick(c), pick(k), flags).prop_map(
        move |(endpoints, computer, control, ((cut_short, broken), steps))| Facts {
            mode: None,
            computer: computers[computer].clone(),
            controls: controls[control].clone(),
            endpoints,
            cut_short,
            unfinished: steps.clone(),
            broken: if broken { steps } else { Vec::new() },
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn any_facts_have_one_sound_verdict(facts in any_facts()) {
        sound(&facts)?;
    }

    #[test]
    fn wild_numbers_and_words_do_no_harm(
        samples in prop::collection::vec(any::<f64>(), 0..40),
        skew: i64,
        words in "\\PC{0,300}",
        first_byte: f64,
        big: u64,
        status: u16,
    ) {
        let mut facts = crate::findings::samples::healthy();
        facts.computer.clock[0].skew_ms = skew;
        facts.computer.clock.truncate(1);
        facts.computer.buffers = vec![BufferFacts { waiting: big, bytes: big, oldest_ms: Some(big), full: first_byte, ..BufferFacts::default() }];
        let endpoint = &mut facts.endpoints[0];
        endpoint.quality = Some(QualityFacts { samples, ..QualityFacts::default() });
        let page = PageFacts { status, title: Some(words.clone()), html: true, filter_mark: (big % 2 == 0).then(|| words.clone()), ..PageFacts::default() };
        endpoint.http = Some(HttpFacts { end: HttpEnd::Answer(Box::new(page.clone())), first_byte_ms: Some(first_byte) });
        if status != 101 {
            endpoint.upgrade.as_mut().unwrap().end = UpgradeEnd::Status(Box::new(page));
        }
        endpoint.name = words;
        sound(&facts)?;
    }
}
