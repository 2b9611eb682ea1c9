//! How a report speaks: findings, owners and steps in the language asked for, and the lines that text and HTML share.

use jiff::{Timestamp, tz::TimeZone};
use model::{
    EndpointState, Language, Transport,
    check::{
        Change, Comparison, Endpoint, Finding, FindingCode, FindingOwner, Live, Mode, Report, VerdictClass,
    },
};

use super::labels::{Labels, args};
use crate::words::Words;

/// Speaks one language.
#[derive(Debug)]
pub(super) struct Voice {
    pub(super) labels: Labels,
    pub(super) words: Words,
}

impl Voice {
    pub(super) fn new(language: Language) -> Self {
        Self { labels: Labels::new(language), words: Words::new(language) }
    }

    /// The finding the verdict rests on.
    pub(super) fn primary<'a>(&self, report: &'a Report) -> Option<&'a Finding> {
        let code = report.verdict.primary?;
        report.findings.iter().find(|finding| finding.code == code)
    }

    /// What is wrong and what to do about it; nothing where nothing is to be done.
    pub(super) fn answer(&self, report: &Report) -> (String, Option<String>) {
        let (line, action) = match self.primary(report) {
            Some(finding) => self.words.finding(finding),
            None => (report.verdict.line.clone(), report.verdict.next_action.clone()),
        };
        let to_do = report.verdict.class != VerdictClass::Ok && !action.is_empty();
        (line, to_do.then_some(action))
    }

    /// `PROBLEM – proxy`.
    pub(super) fn headline(&self, class: VerdictClass) -> String {
        let word = |key| self.labels.say(key);
        match class {
            VerdictClass::Ok => word("report-ok"),
            VerdictClass::Degraded => word("report-degraded"),
            VerdictClass::Incomplete => word("report-incomplete"),
            VerdictClass::ThisComputer
            | VerdictClass::LocalNetwork
            | VerdictClass::Proxy
            | VerdictClass::Dns
            | VerdictClass::Tls
            | VerdictClass::Server
            | VerdictClass::Credentials
            | VerdictClass::Configuration => {
                format!("{} – {}", word("report-problem"), self.words.class(class))
            }
        }
    }

    /// Who can mend it, and how sure that is. None where nobody has to.
    pub(super) fn who(&self, report: &Report) -> Option<String> {
        let verdict = &report.verdict;
        (verdict.owner != FindingOwner::None).then(|| {
            let (owner, sure) = (self.words.owner(verdict.owner), self.words.confidence(verdict.confidence));
            self.labels.tell("report-value-if", args! { "value" => owner, "remark" => sure })
        })
    }

    /// The endpoint the verdict is about; where it is about all of them, the first.
    pub(super) fn about<'a>(&self, report: &'a Report) -> Option<&'a Endpoint> {
        let id = self.primary(report).and_then(|finding| finding.endpoint.as_ref());
        let named = id.and_then(|id| report.endpoints.iter().find(|endpoint| endpoint.id == *id));
        named.or_else(|| report.endpoints.first())
    }

    /// Findings beside the primary one that are not consequences of another.
    pub(super) fn others<'a>(&self, report: &'a Report) -> Vec<&'a Finding> {
        let primary = self.primary(report);
        let other = |finding: &&Finding| {
            finding.suppressed_by.is_none() && !primary.is_some_and(|primary| std::ptr::eq(primary, *finding))
        };
        report.findings.iter().filter(other).collect()
    }

    /// What keeps things going, or could: the live connection, and a backup host.
    pub(super) fn meanwhile(&self, report: &Report) -> Vec<String> {
        let about = self.about(report);
        let live = about.and_then(|endpoint| endpoint.live.as_ref()).map(|live| self.live(live));
        let mine = |finding: &&Finding| {
            is_of_backup(finding) && about.is_some_and(|about| finding.endpoint.as_ref() == Some(&about.id))
        };
        let backup = report.findings.iter().find(mine).map(|finding| self.words.finding(finding).0);
        live.into_iter().chain(backup).collect()
    }

    /// What the live connection does.
    pub(super) fn live(&self, live: &Live) -> String {
        let labels = &self.labels;
        let state = match (live.state, live.transport) {
            (EndpointState::Connected, Some(transport)) => labels
                .tell("live-connected-over", args! { "transport" => labels.say(transport_key(transport)) }),
            (EndpointState::Connected, None) => labels.say("live-connected"),
            (EndpointState::Connecting, _) => labels.say("live-connecting"),
            (EndpointState::Reconnecting, _) => labels.say("live-reconnecting"),
            (EndpointState::Disconnected, _) => labels.say("live-disconnected"),
            (EndpointState::Failed, _) => labels.say("live-failed"),
        };
        let next = live.retry_in_ms.filter(|_| live.state != EndpointState::Connected);
        let next = next.map(|ms| labels.tell("live-next", args! { "time" => labels.time(ms as f64) }));
        let waiting = labels.tell("live-waiting", args! { "count" => live.waiting });
        labels.list([Some(state), next, Some(waiting)].into_iter().flatten())
    }

    /// What the comparison says, before its changes.
    pub(super) fn since(&self, comparison: &Comparison) -> String {
        // Two checks in one second were not made at once.
        let age = self.labels.time(comparison.age_s.max(1) as f64 * 1e3);
        let key = if comparison.changes.is_empty() { "changed-nothing" } else { "changed-since" };
        self.labels.tell(key, args! { "age" => age })
    }

    /// What differs.
    pub(super) fn change(&self, change: &Change) -> String {
        let key = format!("changed-{}", change.what.replace('_', "-"));
        if self.labels.has(&key) { self.labels.say(&key) } else { change.what.clone() }
    }

    /// A value of the comparison.
    pub(super) fn value(&self, value: &str) -> String {
        match value {
            "works" => self.labels.say("changed-works"),
            "does not work" => self.labels.say("changed-works-not"),
            "none" => self.labels.say("changed-none"),
            other => other.to_owned(),
        }
    }

    /// `2026-11-20 04:39 UTC (08:09 here)`.
    pub(super) fn when(&self, at: Timestamp, zone: &TimeZone) -> String {
        let utc = at.strftime("%Y-%m-%d %H:%M UTC").to_string();
        let local = at.to_zoned(zone.clone());
        if local.offset().seconds() == 0 {
            return utc;
        }
        let pattern =
            if local.date() == at.to_zoned(TimeZone::UTC).date() { "%H:%M" } else { "%Y-%m-%d %H:%M" };
        let here = self.labels.tell("footer-local", args! { "time" => local.strftime(pattern).to_string() });
        self.labels.tell("report-value-if", args! { "value" => utc, "remark" => here })
    }

    /// The last line: when, how thoroughly, how long, with what.
    pub(super) fn footer(&self, report: &Report, zone: &TimeZone) -> Vec<String> {
        let mode = match report.mode {
            Mode::Quick => self.labels.say("footer-mode-quick"),
            Mode::Deep => self.labels.say("footer-mode-deep"),
        };
        vec![
            self.when(report.started_at, zone),
            mode,
            self.labels.time(report.duration_ms as f64),
            format!("Linekeeper {}", report.app.version),
            report.app.os.clone(),
            self.labels.tell("footer-run", args! { "id" => report.run_id.as_str() }),
        ]
    }
}

/// Whether it says that a backup host keeps things going, or could.
pub(super) fn is_of_backup(finding: &Finding) -> bool {
    finding.code == FindingCode::Tc12
}

fn transport_key(transport: Transport) -> &'static str {
    match transport {
        Transport::Websocket => "transport-websocket",
        Transport::Sse => "transport-sse",
        Transport::LongPoll => "transport-long-poll",
        Transport::Poll => "transport-poll",
    }
}
