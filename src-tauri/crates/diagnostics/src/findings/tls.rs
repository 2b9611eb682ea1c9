//! Findings about TLS: TL-01 to TL-13. A certificate by the organisation's own authority is never called inspection for
//! that alone: TL-06 needs a known device, a changed issuer, or the same issuer on two unrelated public hosts.

use std::net::IpAddr;

use jiff::Timestamp;
use model::check::{Confidence, FindingCode as Code, FindingOwner, StepId};

use super::{
    clock,
    draft::{Draft, few, target},
    scene::{Proof, leaf, now, out_of_date, proof},
    vendors::inspection_device,
};
use crate::facts::{CertificateFacts, CertificateFlaw, EndpointFacts, Facts, TlsEnd, TlsPathFacts};

/// A certificate that expires within so many days is worth a word.
pub(crate) const SOON_DAYS: i64 = 21;
/// Unless that is more than a third of its life: then it is a short-lived one that renews itself.
const PART_OF_LIFE: i64 = 3;
/// Names of a certificate that are shown.
const NAMES: usize = 5;

/// Everything about TLS of one endpoint.
pub(super) fn find(facts: &Facts, endpoint: &EndpointFacts) -> Vec<Draft> {
    let Some(tls) = &endpoint.tls else { return Vec::new() };
    let say = |code| {
        let at = target(&endpoint.host, endpoint.port);
        let draft = Draft::new(code, StepId::E1).arg("host", &endpoint.host).arg("target", at);
        draft.seen_all(tls.chain.iter().take(3).map(certificate))
    };
    let failed = match &tls.end {
        None | Some(TlsEnd::File(_) | TlsEnd::TimedOut) => None,
        Some(TlsEnd::Open) => {
            return [
                inspected(facts, endpoint, tls, say(Code::Tl06)),
                soon(facts, endpoint, say(Code::Tl11)),
                patched(tls, say(Code::Tl07)),
            ]
            .into_iter()
            .flatten()
            .collect();
        }
        Some(TlsEnd::Certificate(flaw, raw)) => Some(refused(facts, endpoint, tls, *flaw, &say).seen(raw)),
        Some(TlsEnd::NoCommonProtocol(alert)) => {
            let draft = say(Code::Tl08).arg("kind", "protocol").seen(format!("alert: {alert}"));
            // A general "handshake failure" may be about something else.
            let plain = ["version", "security"].iter().any(|word| alert.to_lowercase().contains(word));
            Some(if plain { draft } else { draft.sure(Confidence::Likely) })
        }
        Some(TlsEnd::Alert(alert)) => {
            let draft = say(Code::Tl08).sure(Confidence::Likely);
            Some(draft.arg("kind", "other").seen(format!("alert: {alert}")))
        }
        Some(TlsEnd::Failed(raw)) => {
            let draft = say(Code::Tl08).sure(Confidence::Possible).arg("kind", "other");
            Some(draft.seen(raw))
        }
        Some(TlsEnd::ClientCertificate(raw)) => Some(say(Code::Tl12).seen(raw)),
        Some(TlsEnd::NotTls(bytes)) => {
            let draft = say(Code::Tl09)
                .arg("spoken", "plain")
                .arg("bytes", quoted(bytes))
                .seen(format!("first bytes: {bytes}"));
            // Behind a proxy it may be the proxy that speaks.
            Some(if endpoint.proxy.is_some() { draft.sure(Confidence::Possible) } else { draft })
        }
        Some(TlsEnd::Cut(raw)) => announced(facts, endpoint, raw, say(Code::Tl10)),
    };
    failed.into_iter().collect()
}

/// A few bytes, fit to stand in a sentence.
fn quoted(bytes: &str) -> String {
    let line = dial::one_line(bytes, 24);
    if line.is_empty() { "none".into() } else { line }
}

/// What is wrong with a certificate.
fn refused(
    facts: &Facts,
    endpoint: &EndpointFacts,
    tls: &TlsPathFacts,
    flaw: CertificateFlaw,
    say: &dyn Fn(Code) -> Draft,
) -> Draft {
    let leaf = leaf(endpoint);
    let wrong = now(facts).map_or(leaf, |now| out_of_date(endpoint, now));
    let day =
        |at: Option<Timestamp>| at.map_or_else(|| "none".into(), |at| at.strftime("%Y-%m-%d").to_string());
    // Without a server's word on the time, or where servers disagree, our own clock may be the one that is wrong.
    let dated = |draft: Draft| match clock::skew(facts) {
        Some(_) if !clock::in_doubt(facts, endpoint) => draft,
        _ => draft.sure(Confidence::Likely),
    };
    let other = |flaw| say(Code::Tl13).arg("flaw", flaw);
    match flaw {
        CertificateFlaw::Expired => {
            // One of those above it may have expired first.
            let above = wrong.filter(|wrong| Some(*wrong) != leaf);
            let draft = dated(say(Code::Tl01)).arg("date", day(wrong.map(|wrong| wrong.not_after)));
            draft
                .arg("whose", if above.is_some() { "issuer" } else { "server" })
                .arg("issuer", above.map_or("none", |above| above.subject.as_str()))
        }
        CertificateFlaw::NotYetValid => {
            dated(say(Code::Tl02)).arg("date", day(wrong.map(|wrong| wrong.not_before)))
        }
        CertificateFlaw::Name => {
            let names = leaf.map(|leaf| leaf.names.clone()).unwrap_or_default();
            let names = if names.is_empty() {
                leaf.map(|leaf| leaf.subject.clone()).into_iter().collect()
            } else {
                names
            };
            let shown = few(names.clone(), 2);
            let shown = if shown.is_empty() { "none".into() } else { shown };
            say(Code::Tl03).arg("names", shown).seen(format!("names: {}", few(names, NAMES)))
        }
        CertificateFlaw::CaAsServer => say(Code::Tl04),
        CertificateFlaw::UnknownIssuer if leaf.is_some_and(|leaf| leaf.self_signed) => say(Code::Tl04),
        CertificateFlaw::UnknownIssuer => match (&tls.missing_issuer, leaf.and_then(vendor)) {
            (Some(issuer), None) => say(Code::Tl07).arg("issuer", issuer),
            (None, None) if let Some(draft) = kept_back(endpoint, tls, say) => draft,
            (_, maker) => say(Code::Tl05)
                .arg("issuer", leaf.map_or("none", |leaf| leaf.issuer.as_str()))
                .arg("vendor", maker.unwrap_or("none")),
        },
        CertificateFlaw::Revoked => other("revoked"),
        // Checked against a trusted issuer that only has the same name.
        CertificateFlaw::Other if leaf.is_some_and(|leaf| leaf.self_signed) => say(Code::Tl04),
        CertificateFlaw::Other => other("other").sure(Confidence::Likely),
    }
}

/// TL-07 without a place where the issuer's certificate can be had. Names are a sign and no proof: a device may call itself
/// after the organisation, and the trust of this computer may have changed.
fn kept_back(endpoint: &EndpointFacts, tls: &TlsPathFacts, say: &dyn Fn(Code) -> Draft) -> Option<Draft> {
    let leaf = leaf(endpoint)?;
    if tls.issuer_sent != Some(false) {
        return None;
    }
    let before = endpoint.last_good.as_ref().and_then(|good| good.issuer.as_ref());
    let same = before.is_some_and(|before| *before == leaf.issuer);
    let draft =
        say(Code::Tl07).arg("issuer", &leaf.issuer).seen("the issuer's certificate was not sent along");
    let draft = match &tls.akin_authority {
        Some(akin) => {
            draft.seen(format!("the CA file of the configuration has an authority akin to it: {akin}"))
        }
        None if same => draft.sure(Confidence::Possible),
        None => return None,
    };
    Some(match before {
        Some(_) if same => draft.seen("the issuer is the same as in the last good check"),
        Some(before) => draft.sure(Confidence::Possible).seen(format!("issuer before: {before}")),
        None => draft,
    })
}

fn vendor(certificate: &CertificateFacts) -> Option<&'static str> {
    inspection_device(&certificate.issuer_full).or_else(|| inspection_device(&certificate.issuer))
}

/// TL-06.
fn inspected(facts: &Facts, endpoint: &EndpointFacts, tls: &TlsPathFacts, draft: Draft) -> Option<Draft> {
    let leaf = tls.chain.first().filter(|_| tls.publicly_trusted == Some(false))?;
    let before = endpoint.last_good.as_ref().and_then(|good| good.issuer.as_ref());
    let draft =
        draft.arg("issuer", &leaf.issuer).seen("accepted here, but not by the issuers that browsers ship");
    let changed = before.filter(|before| **before != leaf.issuer);
    if let Some(maker) = vendor(leaf) {
        let draft = draft.seen(format!("{maker} makes inspection devices"));
        return Some(
            match changed {
                Some(before) => draft.seen(format!("issuer before: {before}")),
                None => draft,
            }
            .warn(),
        );
    }
    if let Some(before) = changed {
        return Some(draft.seen(format!("issuer before: {before}")).warn());
    }
    let same = facts.endpoints.iter().find(|other| {
        let theirs = other.tls.as_ref().filter(|tls| tls.publicly_trusted == Some(false));
        theirs.and_then(|tls| tls.chain.first()).is_some_and(|theirs| theirs.issuer_full == leaf.issuer_full)
            && is_public(other)
            && is_public(endpoint)
            && site(&other.host) != site(&endpoint.host)
    })?;
    Some(draft.seen(format!("{} is signed by the same issuer", same.host)).warn())
}

/// Whether its name and every address belong to the public internet.
fn is_public(endpoint: &EndpointFacts) -> bool {
    let inside =
        ["local", "internal", "intranet", "lan", "home", "corp", "test", "example", "invalid", "localhost"];
    let host = endpoint.host.trim_end_matches('.').to_ascii_lowercase();
    let named = host.parse::<IpAddr>().is_err() && host.contains('.');
    let outside = |address: IpAddr| match address {
        IpAddr::V4(v4) => !(v4.is_private() || v4.is_loopback() || v4.is_link_local() || v4.is_unspecified()),
        IpAddr::V6(v6) => {
            !(v6.is_loopback() || v6.is_unspecified() || v6.is_unique_local() || v6.is_unicast_link_local())
        }
    };
    named
        && !inside.iter().any(|end| host.rsplit('.').next() == Some(*end))
        && !endpoint.addresses.is_empty()
        && endpoint.addresses.iter().all(|address| outside(address.address))
}

/// The last two labels. Too wide under some suffixes; that only makes fewer hosts unrelated.
fn site(host: &str) -> String {
    let host = host.trim_end_matches('.').to_ascii_lowercase();
    let mut labels: Vec<_> = host.rsplit('.').take(2).collect();
    labels.reverse();
    labels.join(".")
}

/// The days left, where they are worth a word.
pub(crate) fn expires_soon(leaf: &CertificateFacts, now: Timestamp) -> Option<i64> {
    let days = |from: Timestamp, to: Timestamp| to.duration_since(from).as_secs() / 86_400;
    let left = days(now, leaf.not_after);
    let life = days(leaf.not_before, leaf.not_after);
    ((0..=SOON_DAYS).contains(&left) && left * PART_OF_LIFE < life).then_some(left)
}

/// TL-11.
fn soon(facts: &Facts, endpoint: &EndpointFacts, draft: Draft) -> Option<Draft> {
    let leaf = leaf(endpoint)?;
    let left = expires_soon(leaf, now(facts)?)?;
    Some(draft.warn().arg("days", left.to_string()).seen(format!("valid until {}", leaf.not_after)))
}

/// TL-07 where this computer happens to know the missing certificate.
fn patched(tls: &TlsPathFacts, draft: Draft) -> Option<Draft> {
    Some(draft.info().arg("issuer", tls.missing_issuer.as_ref()?).seen("accepted here all the same"))
}

/// TL-10: a reset as soon as the name is announced, while others get through. Anything else that hangs up is TC-08. Of an
/// address nothing is announced.
fn announced(facts: &Facts, endpoint: &EndpointFacts, raw: &str, draft: Draft) -> Option<Draft> {
    let reset =
        ["reset", "os error 104", "os error 10054", "os error 54"].iter().any(|word| raw.contains(word));
    if endpoint.names.literal {
        return None;
    }
    let Proof::Other(host) = proof(facts, endpoint) else { return None };
    reset.then(|| draft.seen(raw).seen(format!("{host} answers")))
}

/// TL-09 the other way round: the answer is TLS where none was asked for.
pub(super) fn spoken(endpoint: &EndpointFacts, what: &str) -> Draft {
    Draft::new(Code::Tl09, StepId::G1)
        .owner(FindingOwner::Config)
        .arg("host", &endpoint.host)
        .arg("target", target(&endpoint.host, endpoint.port))
        .arg("spoken", "tls")
        .arg("bytes", "none")
        .seen(format!("TLS where plain text was expected: {what}"))
}

/// A certificate, for experts.
fn certificate(certificate: &CertificateFacts) -> String {
    let CertificateFacts { subject, issuer, not_before, not_after, .. } = certificate;
    format!("certificate {subject}, by {issuer}, {not_before} to {not_after}")
}
