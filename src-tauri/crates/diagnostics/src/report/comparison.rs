//! What changed since the last good check in this network.

use std::net::IpAddr;

use jiff::Timestamp;
use model::check::{Change, Comparison, StepStatus};

use super::endpoint::{median, working};
use crate::facts::{Baseline, EndpointFacts, LookupEnd, PathPhases};

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
    let mut samples = seen.quality.as_ref()?.samples.clone();
    samples.sort_by(f64::total_cmp);
    median(&samples)
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
