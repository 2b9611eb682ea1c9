//! What changed since the last good check in this network.

use std::net::IpAddr;

use jiff::Timestamp;
use model::check::{Change, Comparison, StepStatus};

use super::endpoint::working;
use crate::{
    facts::{Baseline, EndpointFacts, LookupEnd, PathPhases},
    findings::Figures,
};

/// A phase is slower when it takes so many times what it took ...
const SLOWER_TIMES: f64 = 2.0;
/// ... and so many milliseconds more.
const SLOWER_MS: f64 = 50.0;

/// What is worth keeping of a good check.
pub(crate) fn baseline(run_id: &str, at: Timestamp, seen: &EndpointFacts) -> Baseline {
    Baseline {
        run_id: run_id.to_owned(),
        at,
        phases: seen.race.clone().unwrap_or_default(),
        first_byte_ms: seen.http.as_ref().and_then(|http| http.first_byte_ms),
        median_ms: median_ms(seen),
        issuer: issuer(seen),
        addresses: resolved(seen),
        transports: working(seen),
        proxy: seen.proxy.as_ref().map(|proxy| proxy.server.clone()),
    }
}

/// What differs. Phases only where they became slower; what was not seen now is not compared.
pub(super) fn compare(before: &Baseline, now: &EndpointFacts, at: Timestamp) -> Comparison {
    let mut changes = Vec::new();
    let mut differs = |what: &str, before: String, now: String, status| {
        changes.push(Change { what: what.to_owned(), before, now, status });
    };
    if let (Some(before), Some(now)) = (&before.issuer, issuer(now))
        && *before != now
    {
        differs("issuer", before.clone(), now, StepStatus::Warn);
    }
    let (old, new) = (sorted(&before.addresses), sorted(&resolved(now)));
    if !old.is_empty() && !new.is_empty() && old != new {
        differs("addresses", listed(&old), listed(&new), StepStatus::Pass);
    }
    let (old, new) = (&before.proxy, now.proxy.as_ref().map(|proxy| proxy.server.clone()));
    if *old != new && (new.is_some() || !now.addresses.is_empty()) {
        let named = |proxy: &Option<String>| proxy.clone().unwrap_or_else(|| "none".to_owned());
        differs("proxy", named(old), named(&new), StepStatus::Warn);
    }
    if before.transports.iter().any(|name| name == "websocket")
        && now.upgrade.is_some()
        && working(now).is_empty()
    {
        differs("websocket", "works".to_owned(), "does not work".to_owned(), StepStatus::Fail);
    }
    let phases = now.race.clone().unwrap_or_default();
    for (what, before, now) in slower(&before.phases, &phases) {
        differs(what, in_ms(before), in_ms(now), StepStatus::Warn);
    }
    let pairs = [
        ("first_byte", before.first_byte_ms, now.http.as_ref().and_then(|http| http.first_byte_ms)),
        ("median", before.median_ms, median_ms(now)),
    ];
    for (what, before, now) in pairs {
        if let (Some(before), Some(now)) = (before, now)
            && is_slower(before, now)
        {
            differs(what, in_ms(before), in_ms(now), StepStatus::Warn);
        }
    }
    let age = at.as_second() - before.at.as_second();
    Comparison { run_id: before.run_id.clone(), age_s: u64::try_from(age).unwrap_or(0), changes }
}

fn slower(before: &PathPhases, now: &PathPhases) -> impl Iterator<Item = (&'static str, f64, f64)> {
    let pairs = [
        ("dns", before.dns, now.dns),
        ("tcp", before.tcp, now.tcp),
        ("tls", before.tls, now.tls),
        ("upgrade", before.upgrade, now.upgrade),
    ];
    let both = pairs.into_iter().filter_map(|(what, before, now)| Some((what, before?, now?)));
    both.filter(|(_, before, now)| is_slower(*before, *now))
}

fn is_slower(before: f64, now: f64) -> bool {
    now > SLOWER_TIMES * before && now > before + SLOWER_MS
}

fn median_ms(seen: &EndpointFacts) -> Option<f64> {
    Figures::of(&seen.quality.as_ref()?.samples).map(|figures| figures.median)
}

fn issuer(seen: &EndpointFacts) -> Option<String> {
    Some(seen.tls.as_ref()?.chain.first()?.issuer.clone())
}

fn resolved(seen: &EndpointFacts) -> Vec<IpAddr> {
    match &seen.names.system {
        Some(LookupEnd::Found(addresses)) => addresses.clone(),
        Some(
            LookupEnd::NotFound(_)
            | LookupEnd::Temporary(_)
            | LookupEnd::TimedOut
            | LookupEnd::OutOfResources(_)
            | LookupEnd::Failed(_),
        )
        | None => Vec::new(),
    }
}

fn sorted(addresses: &[IpAddr]) -> Vec<IpAddr> {
    let mut addresses = addresses.to_vec();
    addresses.sort_unstable();
    addresses.dedup();
    addresses
}

fn listed(addresses: &[IpAddr]) -> String {
    addresses.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

fn in_ms(ms: f64) -> String {
    if ms < 9.95 { format!("{ms:.1} ms") } else { format!("{ms:.0} ms") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::{
        AddressEnd, AddressFacts, CertificateFacts, NameFacts, ProxyEnd, ProxyPathFacts, QualityFacts,
        TlsPathFacts, UpgradeEnd, UpgradePathFacts,
    };

    fn certificate(issuer: &str) -> CertificateFacts {
        CertificateFacts {
            subject: "rt.example.com".into(),
            issuer: issuer.into(),
            issuer_full: issuer.into(),
            not_before: Timestamp::UNIX_EPOCH,
            not_after: Timestamp::UNIX_EPOCH,
            names: Vec::new(),
            self_signed: false,
        }
    }

    fn upgrade(end: UpgradeEnd) -> Option<UpgradePathFacts> {
        Some(UpgradePathFacts { end, ms: Some(30.0), offered: Vec::new(), chosen: None })
    }

    /// Everything as it was on a good day.
    fn good() -> EndpointFacts {
        let address: IpAddr = "203.0.113.7".parse().unwrap();
        EndpointFacts {
            names: NameFacts { system: Some(LookupEnd::Found(vec![address])), ..NameFacts::default() },
            addresses: vec![AddressFacts { address, end: AddressEnd::Connected, ms: 30.0 }],
            race: Some(PathPhases { tcp: Some(30.0), tls: Some(40.0), ..PathPhases::default() }),
            tls: Some(TlsPathFacts { chain: vec![certificate("Public CA")], ..TlsPathFacts::default() }),
            upgrade: upgrade(UpgradeEnd::Switched),
            quality: Some(QualityFacts { samples: vec![40.0, 38.0, 42.0], ..QualityFacts::default() }),
            ..EndpointFacts::default()
        }
    }

    fn changes(now: &EndpointFacts) -> Vec<(String, String, String)> {
        let before = baseline("run", Timestamp::UNIX_EPOCH, &good());
        let compared = compare(&before, now, Timestamp::from_second(90).unwrap());
        assert_eq!((compared.run_id.as_str(), compared.age_s), ("run", 90));
        compared.changes.into_iter().map(|change| (change.what, change.before, change.now)).collect()
    }

    fn one(what: &str, before: &str, now: &str) -> Vec<(String, String, String)> {
        vec![(what.to_owned(), before.to_owned(), now.to_owned())]
    }

    #[test]
    fn a_day_like_the_good_one_has_no_changes_and_small_delays_are_none() {
        let mut now = good();
        assert_eq!(changes(&now), []);
        now.race.as_mut().unwrap().tcp = Some(75.0);
        assert_eq!(changes(&now), [], "twice as long, but only by 45 ms");
    }

    #[test]
    fn another_issuer_another_address_and_a_proxy_are_changes() {
        let mut now = good();
        now.tls.as_mut().unwrap().chain = vec![certificate("Zscaler Root CA")];
        assert_eq!(changes(&now), one("issuer", "Public CA", "Zscaler Root CA"));
        let mut now = good();
        now.names.system = Some(LookupEnd::Found(vec!["198.51.100.9".parse().unwrap()]));
        assert_eq!(changes(&now), one("addresses", "203.0.113.7", "198.51.100.9"));
        let mut now = good();
        now.proxy = Some(ProxyPathFacts {
            server: "proxy.corp:8080".into(),
            source: "environment".into(),
            setting: None,
            end: ProxyEnd::Open,
            ms: None,
        });
        assert_eq!(changes(&now), one("proxy", "none", "proxy.corp:8080"));
    }

    #[test]
    fn a_lost_websocket_and_a_slow_phase_are_changes() {
        let mut now = good();
        now.upgrade = upgrade(UpgradeEnd::TimedOut { received: 0 });
        assert_eq!(changes(&now), one("websocket", "works", "does not work"));
        let mut now = good();
        now.race.as_mut().unwrap().tls = Some(400.0);
        assert_eq!(changes(&now), one("tls", "40 ms", "400 ms"));
        let mut now = good();
        now.quality.as_mut().unwrap().samples = vec![200.0; 3];
        assert_eq!(changes(&now), one("median", "40 ms", "200 ms"));
    }

    #[test]
    fn what_was_not_seen_now_is_not_compared() {
        assert_eq!(changes(&EndpointFacts::default()), []);
    }
}
