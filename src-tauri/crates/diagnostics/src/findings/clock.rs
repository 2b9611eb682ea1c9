//! The clock: PC-05, PC-06, and the clock rule. The one judgement of the clock: step A3 and the report ask here too. Servers' dates count only where they did not come through a cache; a date
//! error of a certificate is the clock's fault only where the certificate would be valid by the servers' time.

use jiff::{SignedDuration, Timestamp};
use model::check::{Confidence, FindingCode as Code, StepId};

use super::{
    draft::Draft,
    scene::{now, out_of_date},
};
use crate::{
    facts::{CertificateFlaw, ClockSource, EndpointFacts, Facts, PortalEnd, TlsEnd},
    words::quantity::time_of,
};

/// More than this breaks things sooner or later, milliseconds.
pub(crate) const WRONG_MS: u64 = 300_000;
/// More than this is worth a word.
pub(crate) const OFF_MS: u64 = 60_000;
/// Two servers that differ by less agree.
const AGREE_MS: u64 = 60_000;

/// What servers together say about our clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Skew {
    /// Ours minus theirs, milliseconds: what the source that differs least says.
    pub(crate) ms: i64,
    /// Two servers agree.
    pub(super) agreed: bool,
}

/// The skew, `None` where nobody said anything that counts. One server that agrees with us is enough: then another one is
/// wrong, not we.
pub(crate) fn skew(facts: &Facts) -> Option<Skew> {
    let sources = counted(facts);
    let least = sources.iter().min_by_key(|source| source.skew_ms.unsigned_abs())?;
    let agreed = sources
        .iter()
        .any(|source| source.host != least.host && source.skew_ms.abs_diff(least.skew_ms) <= AGREE_MS);
    Some(Skew { ms: least.skew_ms, agreed })
}

/// What servers said, without what does not count.
pub(crate) fn counted(facts: &Facts) -> Vec<&ClockSource> {
    // A sign-in page answers in everybody's name.
    let portal = matches!(&facts.computer.portal, Some(portal) if matches!(portal.end, PortalEnd::Portal(_)));
    facts.computer.clock.iter().filter(|source| !source.cached && !portal).collect()
}

/// Whether the clock explains why an endpoint's certificate is refused for its dates.
pub(crate) fn explains(facts: &Facts, endpoint: &EndpointFacts) -> bool {
    skew(facts).is_some_and(|skew| would_explain(facts, endpoint, skew.ms))
}

/// Whether one server's word on the time, right or wrong, would explain it.
pub(super) fn in_doubt(facts: &Facts, endpoint: &EndpointFacts) -> bool {
    counted(facts).iter().any(|source| would_explain(facts, endpoint, source.skew_ms))
}

fn would_explain(facts: &Facts, endpoint: &EndpointFacts, skew_ms: i64) -> bool {
    let Some(now) = now(facts) else { return false };
    let Some(TlsEnd::Certificate(flaw, _)) = endpoint.tls.as_ref().and_then(|tls| tls.end.as_ref()) else {
        return false;
    };
    if !matches!(flaw, CertificateFlaw::Expired | CertificateFlaw::NotYetValid)
        || skew_ms.unsigned_abs() <= OFF_MS
    {
        return false;
    }
    let Some(certificate) = out_of_date(endpoint, now) else { return false };
    let valid = |at: Timestamp| certificate.not_before <= at && at <= certificate.not_after;
    let theirs = now.checked_sub(SignedDuration::from_millis(skew_ms));
    theirs.is_ok_and(valid) && !valid(now)
}

/// Whether it explains that at least one certificate is refused.
pub(crate) fn breaks(facts: &Facts) -> bool {
    facts.endpoints.iter().any(|endpoint| explains(facts, endpoint))
}

/// PC-05 or PC-06.
pub(super) fn find(facts: &Facts) -> Option<Draft> {
    let skew = skew(facts)?;
    let broken: Vec<_> = facts.endpoints.iter().filter(|endpoint| explains(facts, endpoint)).collect();
    let off = skew.ms.unsigned_abs();
    let say = |code| {
        let draft = Draft::new(code, StepId::A3)
            .arg("skew", time_of(off))
            .arg("direction", if skew.ms > 0 { "ahead" } else { "behind" });
        let told = |source: &ClockSource| {
            let cached = if source.cached { ", from a cache: not counted" } else { "" };
            let said = if source.verified { "" } else { ", unverified" };
            format!("{}: our clock {:+.1} s{said}{cached}", source.host, source.skew_ms as f64 / 1e3)
        };
        draft.seen_all(facts.computer.clock.iter().map(told))
    };
    if !broken.is_empty() || off > WRONG_MS {
        let sure = if skew.agreed { Confidence::Certain } else { Confidence::Likely };
        let draft = say(Code::Pc05).sure(sure).arg("breaks", if broken.is_empty() { "no" } else { "yes" });
        let now = now(facts)?;
        let dates = broken.iter().filter_map(|endpoint| out_of_date(endpoint, now)).map(|certificate| {
            format!("certificate valid from {} to {}", certificate.not_before, certificate.not_after)
        });
        let draft = draft.seen_all(dates);
        return Some(if broken.is_empty() { draft.warn() } else { draft });
    }
    (off > OFF_MS).then(|| say(Code::Pc06).warn())
}
