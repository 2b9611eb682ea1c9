//! The "Text for IT": a request that those who run the network or the server can act on without asking back.

use jiff::tz::TimeZone;
use model::{
    Language,
    check::{Endpoint, Finding, FindingCode, FindingOwner, Report},
};
use url::Url;

use super::{labels::args, text::clean, voice::Voice};

/// Destinations named, where a request is about all of them.
const DESTINATIONS: usize = 10;
/// Lines of evidence.
const EVIDENCE: usize = 8;
/// Characters of one of them.
const EVIDENCE_CHARS: usize = 200;

/// The request; `None` where nobody has to do anything.
pub fn for_it(report: &Report, language: Language) -> Option<String> {
    let (voice, zone) = (Voice::new(language), TimeZone::system());
    Some(lines(report, &voice, &zone)?.iter().map(|line| clean(line).trim_end().to_owned() + "\n").collect())
}

pub(super) fn lines(report: &Report, voice: &Voice, zone: &TimeZone) -> Option<Vec<String>> {
    let finding = voice.primary(report).filter(|_| report.verdict.owner != FindingOwner::None)?;
    let labels = &voice.labels;
    let (sentence, _) = voice.words.finding(finding);
    let wanted = voice.words.finding_for_it(finding);
    let colon = |key: &str, value: &str| {
        labels.tell("report-colon", args! { "name" => labels.say(key), "value" => value })
    };
    let reference = format!("{}, ref {}", finding.code, report.reference);
    let line = labels.tell("report-value-if", args! { "value" => sentence.as_str(), "remark" => reference });
    let mut lines = vec![labels.tell("it-subject", args! { "line" => line }), String::new()];
    let about = |endpoint: &&Endpoint| finding.endpoint.as_ref().is_none_or(|id| *id == endpoint.id);
    let endpoints: Vec<&Endpoint> = report.endpoints.iter().filter(about).collect();
    for endpoint in endpoints.iter().take(DESTINATIONS) {
        let Ok(url) = endpoint.url.parse::<Url>() else { continue };
        let secure = matches!(url.scheme(), "wss" | "https");
        let own = (url.host_str().unwrap_or_default().to_owned(), url.port_or_known_default());
        let (host, port) = backup(finding).unwrap_or(own);
        let port = port.map(|port| port.to_string()).unwrap_or_default();
        let protocol = labels.say(if secure { "it-protocol-wss" } else { "it-protocol-ws" });
        lines.push(colon("it-destination", &host));
        lines.push(format!("  {}", colon("it-port", &port)));
        lines.push(format!("  {}", colon("it-protocol", &protocol)));
        if let Some(proxy) = endpoint.proxy.as_ref().and_then(|proxy| proxy.url.as_ref()) {
            lines.push(format!("  {}", colon("it-proxy", proxy)));
        }
    }
    if endpoints.len() > DESTINATIONS {
        lines.push(labels.tell("report-and-more", args! { "count" => endpoints.len() - DESTINATIONS }));
    }
    lines.push(colon("it-reason", &sentence));
    lines.push(colon("it-wanted", &wanted));
    lines.push(format!("{}:", labels.say("it-evidence")));
    let seen = finding.evidence.iter().take(EVIDENCE);
    lines.extend(seen.map(|line| format!("  - {}", dial::one_line(line, EVIDENCE_CHARS))));
    lines.push(colon("it-when", &voice.when(report.started_at, zone)));
    if report.correlated == Some(true) {
        let trace = labels.tell("it-trace-text", args! { "id" => report.run_id.as_str() });
        lines.push(colon("it-trace", &trace));
    }
    Some(lines)
}

/// Host and port of the backup host a finding is about: it is that one which somebody has to look at.
fn backup(finding: &Finding) -> Option<(String, Option<u16>)> {
    let target = finding.args.get("target").filter(|_| finding.code == FindingCode::Tc11)?;
    let (host, port) = target.rsplit_once(':')?;
    Some((host.trim_start_matches('[').trim_end_matches(']').to_owned(), port.parse().ok()))
}
