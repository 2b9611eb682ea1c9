//! One endpoint in the report.

use std::net::IpAddr;

use jiff::Timestamp;
use model::{
    Transport,
    check::{
        Address, Certificate, Endpoint, Finding, FindingCode, Http, Live, NameServer, ProxyUse,
        QualityFigures, Step, StepId, StepStatus, Timing, Tls, TransportResult, TransportTry,
    },
};

use super::comparison;
use crate::{
    Subject,
    facts::{
        AddressEnd, AnswerEnd, EndpointFacts, HttpEnd, LiveFacts, PageFacts, QualityFacts, ServerAnswer,
        TcpScope, TlsPathFacts, UpgradeEnd,
    },
    findings::Figures,
};

/// Names shown of a certificate; some have hundreds.
const NAMES_SHOWN: usize = 5;
const DAY_S: i64 = 86_400;

/// One endpoint, from what was seen of it.
pub(super) fn endpoint(
    subject: &Subject,
    seen: &EndpointFacts,
    findings: &[Finding],
    steps: &[Step],
    now: Timestamp,
) -> Endpoint {
    Endpoint {
        id: subject.id.clone(),
        name: subject.name.clone(),
        url: subject.shown_url.clone(),
        live: seen.live.as_ref().map(live),
        timing_ms: timing(seen),
        addresses: addresses(seen),
        name_servers: seen.names.servers.iter().map(name_server).collect(),
        proxy: seen.proxy.as_ref().map(|proxy| ProxyUse {
            url: Some(proxy.server.clone()),
            source: proxy
                .setting
                .as_ref()
                .map_or_else(|| proxy.source.clone(), |setting| format!("{}: {setting}", proxy.source)),
            pac: None,
        }),
        tls: seen.tls.as_ref().map(|seen| tls(seen, now)),
        http: http(seen),
        transports: transports(subject, seen, findings, steps),
        quality: seen.quality.as_ref().and_then(quality),
        versus_last_good: seen.last_good.as_ref().map(|before| comparison::compare(before, seen, now)),
    }
}

fn live(live: &LiveFacts) -> Live {
    Live {
        state: live.state,
        transport: live.transport,
        since: live.since,
        last_error: live.last_error.clone(),
        retry_in_ms: live.retry_in_ms,
        waiting: live.waiting,
    }
}

fn timing(seen: &EndpointFacts) -> Timing {
    let phases = seen.race.clone().unwrap_or_default();
    Timing {
        dns: phases.dns.or(seen.names.ms).filter(|_| !seen.names.literal),
        tcp: phases.tcp,
        proxy: phases.proxy.or_else(|| seen.proxy.as_ref()?.ms),
        tls: phases.tls.or_else(|| seen.tls.as_ref()?.ms),
        upgrade: phases.upgrade.or_else(|| seen.upgrade.as_ref()?.ms),
        first_byte: seen.http.as_ref().and_then(|http| http.first_byte_ms),
        total: phases.total,
    }
}

fn addresses(seen: &EndpointFacts) -> Vec<Address> {
    let winner = seen.race.as_ref().and_then(|race| race.winner);
    let each = seen.addresses.iter().map(|one| {
        let result = match &one.end {
            AddressEnd::Connected => "connected",
            AddressEnd::Refused => "refused",
            AddressEnd::TimedOut => "timeout",
            AddressEnd::Unreachable(_) => "unreachable",
            AddressEnd::Denied(_) => "denied",
            AddressEnd::Reset | AddressEnd::OutOfResources(_) | AddressEnd::Failed(_) => "failed",
        };
        Address {
            ip: one.address.to_string(),
            family: match one.address {
                IpAddr::V4(_) => 4,
                IpAddr::V6(_) => 6,
            },
            result: result.to_owned(),
            ms: Some(rounded(one.ms)),
            used: winner == Some(one.address),
        }
    });
    each.collect()
}

fn name_server(answer: &ServerAnswer) -> NameServer {
    NameServer {
        server: answer.server.to_string(),
        a: said(&answer.a),
        aaaa: said(&answer.aaaa),
        ms: Some(rounded(answer.ms)),
    }
}

fn said(end: &AnswerEnd) -> String {
    match end {
        AnswerEnd::Found(_) => "ok".to_owned(),
        AnswerEnd::NoData => "no_data".to_owned(),
        AnswerEnd::NxDomain => "nxdomain".to_owned(),
        AnswerEnd::ServFail => "servfail".to_owned(),
        AnswerEnd::Refused => "refused".to_owned(),
        AnswerEnd::Other(code) => format!("rcode {code}"),
        AnswerEnd::TimedOut => "timeout".to_owned(),
        AnswerEnd::Unreachable(raw) => dial::one_line(raw, 100),
    }
}

fn tls(seen: &TlsPathFacts, now: Timestamp) -> Tls {
    let ends = seen.chain.iter().map(|certificate| certificate.not_after);
    Tls {
        version: seen.version.clone(),
        cipher: seen.cipher.clone(),
        chain: seen
            .chain
            .iter()
            .map(|certificate| Certificate {
                subject: certificate.subject.clone(),
                issuer: certificate.issuer.clone(),
                not_before: certificate.not_before,
                not_after: certificate.not_after,
                names: certificate.names.iter().take(NAMES_SHOWN).cloned().collect(),
            })
            .collect(),
        publicly_trusted: seen.publicly_trusted,
        days_left: ends.min().map(|end| (end.as_second() - now.as_second()).div_euclid(DAY_S)),
    }
}

/// The ordinary request's answer; where there was none, that of the upgrade.
fn http(seen: &EndpointFacts) -> Option<Http> {
    let plain = seen.http.as_ref().and_then(|http| match &http.end {
        HttpEnd::Answer(page) => Some(&**page),
        HttpEnd::Cut { .. } | HttpEnd::TimedOut { .. } | HttpEnd::NotHttp(_) | HttpEnd::Failed(_) => None,
    });
    let page = plain.or_else(|| refusal(seen))?;
    Some(Http {
        status: page.status,
        server: page.server.clone(),
        via: page.via.clone(),
        request_id: page.request_id.clone(),
        title: page.title.clone(),
    })
}

fn refusal(seen: &EndpointFacts) -> Option<&PageFacts> {
    match &seen.upgrade.as_ref()?.end {
        UpgradeEnd::Status(page) | UpgradeEnd::Redirected { page, .. } => Some(page),
        UpgradeEnd::Switched
        | UpgradeEnd::Broken(..)
        | UpgradeEnd::Cut { .. }
        | UpgradeEnd::TimedOut { .. }
        | UpgradeEnd::LiveOnly => None,
    }
}

/// Only WebSocket is tried so far; the others have their place.
fn transports(
    subject: &Subject,
    seen: &EndpointFacts,
    findings: &[Finding],
    steps: &[Step],
) -> Vec<TransportTry> {
    let mine =
        |id: StepId| steps.iter().find(|step| step.id == id && step.endpoint.as_ref() == Some(&subject.id));
    let worst = [StepId::G1, StepId::G2, StepId::G3].into_iter().filter_map(mine).map(result);
    let websocket = TransportTry {
        name: "websocket".to_owned(),
        result: worst.max_by_key(|result| rank(*result)).unwrap_or(TransportResult::Skip),
        ms: seen.race.as_ref().and_then(|race| race.total).map(rounded),
        finding: findings
            .iter()
            .filter(|finding| finding.endpoint.as_ref() == Some(&subject.id))
            .map(|finding| finding.code)
            .find(about_websocket),
    };
    let later =
        [("sse", StepId::G4), ("long_poll", StepId::G5), ("poll", StepId::G6), ("socketio", StepId::G7)];
    let later = later.map(|(name, step)| TransportTry {
        name: name.to_owned(),
        result: mine(step)
            .filter(|step| step.status != StepStatus::Na)
            .map_or(TransportResult::NotConfigured, result),
        ms: None,
        finding: None,
    });
    [websocket].into_iter().chain(later).collect()
}

fn about_websocket(code: &FindingCode) -> bool {
    code.as_str().starts_with("WS-")
}

fn result(step: &Step) -> TransportResult {
    match step.status {
        StepStatus::Pass => TransportResult::Pass,
        StepStatus::Warn => TransportResult::Warn,
        StepStatus::Fail => TransportResult::Fail,
        // Nothing came of it, and nothing is known against it.
        StepStatus::Skip | StepStatus::Na => TransportResult::Skip,
        StepStatus::Cancelled => TransportResult::Cancelled,
        StepStatus::Error => TransportResult::Error,
    }
}

/// How much a step's end says about the transport. A passed upgrade outweighs later steps that had nothing to do.
fn rank(result: TransportResult) -> u8 {
    match result {
        TransportResult::NotConfigured | TransportResult::Skip => 0,
        TransportResult::Pass => 1,
        TransportResult::Cancelled => 2,
        TransportResult::Error => 3,
        TransportResult::Warn => 4,
        TransportResult::Fail => 5,
    }
}

/// Response times in figures; none without a sample.
fn quality(seen: &QualityFacts) -> Option<QualityFigures> {
    let figures = Figures::of(&seen.samples)?;
    Some(QualityFigures {
        samples: u32::try_from(figures.samples).unwrap_or(u32::MAX),
        min: rounded(figures.min),
        median: rounded(figures.median),
        p95: figures.p95.map(rounded),
        max: rounded(figures.max),
        jitter_ms: rounded(figures.jitter),
        delayed_share: figures.delayed_share(),
        tcp_retransmits: seen.retransmits,
        tcp_info_scope: match seen.scope {
            TcpScope::EndToEnd => "end_to_end",
            TcpScope::ToProxy => "to_proxy",
            TcpScope::Unavailable => "unavailable",
        }
        .to_owned(),
    })
}

/// To a microsecond's digits: no report needs more.
pub(super) fn rounded(ms: f64) -> f64 {
    (ms * 1e3).round() / 1e3
}

/// Transports that carried something, by their names in reports.
pub(crate) fn working(seen: &EndpointFacts) -> Vec<String> {
    let switched = seen.upgrade.as_ref().is_some_and(|upgrade| upgrade.end == UpgradeEnd::Switched);
    let live = seen.live.as_ref().and_then(|live| live.transport) == Some(Transport::Websocket);
    if switched || live { vec!["websocket".to_owned()] } else { Vec::new() }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn figures(samples: &[f64]) -> Option<QualityFigures> {
        quality(&QualityFacts { samples: samples.to_vec(), ..QualityFacts::default() })
    }

    #[test]
    fn figures_are_those_of_the_samples() {
        let found = figures(&[40.0, 41.0, 41.0, 600.0, 40.0]).unwrap();
        assert_eq!((found.samples, found.min, found.median, found.max), (5, 40.0, 41.0, 600.0));
        assert_eq!(found.jitter_ms, (1.0 + 0.0 + 559.0 + 560.0) / 4.0);
        assert_eq!(found.delayed_share, 0.2);
        assert_eq!(found.p95, None, "too few");
        let twenty: Vec<f64> = (1..=20).map(f64::from).collect();
        assert_eq!(figures(&twenty).unwrap().p95, Some(19.0));
        assert_eq!(figures(&[]), None);
    }

    #[test]
    fn a_sample_three_times_as_long_but_soon_there_is_not_late() {
        assert_eq!(figures(&[1.0, 1.0, 1.0, 20.0]).unwrap().delayed_share, 0.0);
    }

    proptest! {
        #[test]
        fn figures_of_any_samples_are_in_order(samples in proptest::collection::vec(0.0..1e6_f64, 1..60)) {
            let found = figures(&samples).unwrap();
            prop_assert!(found.min <= found.median && found.median <= found.max);
            prop_assert!(found.p95.is_none_or(|p95| found.median <= p95 && p95 <= found.max));
            prop_assert!((0.0..=1.0).contains(&found.delayed_share) && found.jitter_ms >= 0.0);
        }
    }
}
