//! An endpoint in a few rows: how each part of the way is, and what is worth knowing of it. Shared by text and HTML.

use model::check::{Endpoint, Finding, Report, Severity, Step, StepId, StepStatus};

use super::{
    labels::{Labels, args},
    voice::Voice,
};

/// How a part of the way is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Mark {
    Ok,
    Skip,
    Cut,
    Warn,
    Error,
    Fail,
}

impl Mark {
    /// None for a step that does not apply.
    pub(super) fn of(status: StepStatus) -> Option<Self> {
        match status {
            StepStatus::Pass => Some(Self::Ok),
            StepStatus::Warn => Some(Self::Warn),
            StepStatus::Fail => Some(Self::Fail),
            StepStatus::Skip => Some(Self::Skip),
            StepStatus::Cancelled => Some(Self::Cut),
            StepStatus::Error => Some(Self::Error),
            StepStatus::Na => None,
        }
    }

    /// Key of its word, and its name in style sheets.
    pub(super) fn key(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Skip => "skip",
            Self::Cut => "cut",
            Self::Warn => "warn",
            Self::Error => "error",
            Self::Fail => "fail",
        }
    }

    pub(super) fn word(self, labels: &Labels) -> String {
        labels.say(&format!("status-{}", self.key()))
    }
}

/// One part of the way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Row {
    pub(super) name: String,
    pub(super) mark: Mark,
    pub(super) note: String,
}

/// Which steps make which row.
const ROWS: [(&str, &[StepId]); 9] = [
    ("row-name", &[StepId::B1, StepId::B2, StepId::B3]),
    ("row-connect", &[StepId::D1, StepId::D3]),
    ("row-backups", &[StepId::D4]),
    ("row-proxy", &[StepId::D2]),
    ("row-security", &[StepId::E1, StepId::E2, StepId::E3]),
    ("row-web", &[StepId::F1]),
    ("row-websocket", &[StepId::G1, StepId::G2, StepId::G3]),
    ("row-quality", &[StepId::H1, StepId::H2]),
    ("row-idle", &[StepId::I1]),
];

/// One row before its words: its key, its steps and how it is.
struct Part<'a> {
    key: &'static str,
    ids: &'static [StepId],
    steps: Vec<&'a Step>,
    mark: Mark,
}

/// The rows of an endpoint; parts that do not apply are left out.
pub(super) fn rows(report: &Report, endpoint: &Endpoint, voice: &Voice) -> Vec<Row> {
    let labels = &voice.labels;
    let part = |(key, ids): &(&'static str, &'static [StepId])| {
        let mine = |step: &&Step| ids.contains(&step.id) && step.endpoint.as_ref() == Some(&endpoint.id);
        let steps: Vec<&Step> = report.steps.iter().filter(mine).collect();
        let mark = mark(steps.iter().filter_map(|step| Mark::of(step.status)))?;
        // What is wrong may show only when everything is put together.
        let mark = if fails(&report.findings, endpoint, ids) { Mark::Fail } else { mark };
        Some(Part { key, ids, steps, mark })
    };
    let parts: Vec<Part<'_>> = ROWS.iter().filter_map(part).collect();
    let obstacle = parts.iter().find(|part| part.mark >= Mark::Error).map(|part| part.key);
    let row = |part: &Part<'_>| {
        let mut notes = match part.mark {
            Mark::Skip => left_out(&part.steps, obstacle, voice).into_iter().collect(),
            Mark::Ok | Mark::Cut | Mark::Warn | Mark::Error | Mark::Fail => {
                notes(part.key, report, endpoint, labels)
            }
        };
        if part.mark > Mark::Cut {
            notes.extend(codes(&report.findings, endpoint, part.ids));
        }
        Row { name: labels.say(part.key), mark: part.mark, note: labels.list(notes) }
    };
    parts.iter().map(row).collect()
}

/// Why a part was not reached: another part is why, or a reason of its own.
fn left_out(steps: &[&Step], obstacle: Option<&str>, voice: &Voice) -> Option<String> {
    let needs = |step: &&Step| match step.reason_code {
        Some(code) => code.is_consequence(),
        // Of a report that an older version made.
        None => step.reason.as_ref().is_some_and(|reason| reason.starts_with("needs ")),
    };
    let labels = &voice.labels;
    match obstacle.filter(|_| steps.iter().any(needs)) {
        Some(key) => Some(labels.tell("note-needs", args! { "part" => labels.say(key) })),
        None => steps
            .iter()
            .filter(|step| step.status == StepStatus::Skip && !needs(step))
            .find_map(|step| voice.words.reason(step)),
    }
}

/// The worst, where what was left out says nothing beside what was done.
fn mark(marks: impl Iterator<Item = Mark>) -> Option<Mark> {
    let rank = |mark: &Mark| if *mark == Mark::Skip { None } else { Some(*mark) };
    marks.max_by_key(rank)
}

/// Whether something was found there that stops the connection and follows from nothing else.
fn fails(findings: &[Finding], endpoint: &Endpoint, ids: &[StepId]) -> bool {
    findings.iter().any(|finding| {
        finding.severity == Severity::Fail
            && finding.suppressed_by.is_none()
            && finding.endpoint.as_ref() == Some(&endpoint.id)
            && finding.step.is_some_and(|step| ids.contains(&step))
    })
}

/// Codes of what was found there; each once.
fn codes(findings: &[Finding], endpoint: &Endpoint, ids: &[StepId]) -> Vec<String> {
    let mut codes = Vec::new();
    for finding in findings {
        let here = finding.endpoint.as_ref() == Some(&endpoint.id)
            && finding.step.is_some_and(|step| ids.contains(&step));
        let code = finding.code.to_string();
        if here && !codes.contains(&code) {
            codes.push(code);
        }
    }
    codes
}

fn notes(key: &str, report: &Report, endpoint: &Endpoint, labels: &Labels) -> Vec<String> {
    let timing = &endpoint.timing_ms;
    match key {
        "row-name" => name(endpoint, labels),
        "row-connect" => connect(endpoint, labels),
        "row-proxy" => {
            let proxy =
                endpoint.proxy.iter().filter_map(|proxy| {
                    let url = proxy.url.clone()?;
                    Some(labels.tell(
                        "note-through",
                        args! { "proxy" => url, "source" => labels.source(&proxy.source) },
                    ))
                });
            proxy.chain(timing.proxy.map(|ms| labels.time(ms))).collect()
        }
        "row-backups" => backups(report, endpoint, labels),
        "row-security" => security(endpoint, labels),
        "row-web" => web(report, endpoint, labels),
        "row-websocket" => timing.upgrade.map(|ms| labels.time(ms)).into_iter().collect(),
        "row-quality" => quality(endpoint, labels),
        _ => Vec::new(),
    }
}

fn name(endpoint: &Endpoint, labels: &Labels) -> Vec<String> {
    let found = endpoint.addresses.len();
    let count = (found > 0).then(|| labels.tell("note-addresses", args! { "count" => found }));
    let time = endpoint.timing_ms.dns.map(|ms| labels.time(ms));
    count.into_iter().chain(time).collect()
}

fn connect(endpoint: &Endpoint, labels: &Labels) -> Vec<String> {
    let total = endpoint.addresses.len();
    let dead = endpoint.addresses.iter().filter(|address| address.result != "connected").count();
    let used = endpoint.addresses.iter().find(|address| address.used);
    let used = used.and_then(|used| {
        let time = labels.time(endpoint.timing_ms.tcp.or(used.ms)?);
        Some(labels.tell("note-in", args! { "what" => used.ip.as_str(), "time" => time }))
    });
    // One address says what became of it.
    if let ([only], 1) = (&endpoint.addresses[..], dead) {
        let said = args! { "name" => only.ip.as_str(), "value" => labels.word("address", &only.result) };
        return vec![labels.tell("report-colon", said)];
    }
    let dead = (dead > 0).then(|| labels.tell("note-dead", args! { "count" => dead, "total" => total }));
    used.into_iter().chain(dead).collect()
}

fn backups(report: &Report, endpoint: &Endpoint, labels: &Labels) -> Vec<String> {
    let mine = |step: &&Step| step.id == StepId::D4 && step.endpoint.as_ref() == Some(&endpoint.id);
    let count = |name: &str| report.steps.iter().find(mine)?.detail.get(name)?.as_u64();
    let note =
        |(reached, count)| labels.tell("note-backups", args! { "reached" => reached, "count" => count });
    count("reached").zip(count("tried")).map(note).into_iter().collect()
}

fn security(endpoint: &Endpoint, labels: &Labels) -> Vec<String> {
    let Some(tls) = &endpoint.tls else { return Vec::new() };
    let version = tls.version.as_ref().map(|version| version.replace("TLSv1_", "TLS 1."));
    let issuer = tls
        .chain
        .first()
        .map(|leaf| labels.tell("note-issuer", args! { "issuer" => dial::one_line(&leaf.issuer, 60) }));
    let left = tls.days_left.map(|days| match days {
        ..0 => labels.say("note-expired"),
        days => labels.tell("note-days", args! { "count" => days }),
    });
    let time = endpoint.timing_ms.tls.map(|ms| labels.time(ms));
    [version, issuer, left, time].into_iter().flatten().collect()
}

fn web(report: &Report, endpoint: &Endpoint, labels: &Labels) -> Vec<String> {
    let answer = endpoint.http.as_ref().map(|http| match &http.server {
        Some(server) => labels.tell(
            "note-from",
            args! { "status" => http.status.to_string(), "server" => dial::one_line(server, 40) },
        ),
        None => labels.tell("note-status", args! { "status" => http.status.to_string() }),
    });
    let time = endpoint.timing_ms.first_byte.map(|ms| labels.time(ms));
    let skew = report.environment.clock_skew_ms.filter(|_| answer.is_some());
    let clock = skew.filter(|ms| ms.unsigned_abs() >= 1000);
    let clock = clock.map(|ms| labels.tell("note-clock", args! { "skew" => labels.signed_time(ms) }));
    [answer, time, clock].into_iter().flatten().collect()
}

fn quality(endpoint: &Endpoint, labels: &Labels) -> Vec<String> {
    let Some(quality) = &endpoint.quality else { return Vec::new() };
    let figures = labels.tell(
        "note-median",
        args! { "median" => labels.time(quality.median), "max" => labels.time(quality.max) },
    );
    let again = quality.tcp_retransmits.filter(|count| *count > 0);
    let again = again.map(|count| labels.tell("note-retransmits", args! { "count" => count }));
    [figures].into_iter().chain(again).collect()
}
