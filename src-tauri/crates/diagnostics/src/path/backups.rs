//! Step D4: hosts that stand in for the endpoint's own. Each is reached as live traffic would reach it, TLS included, and
//! left without a request: no session is opened and no credential is sent. The endpoint's own host decides what works;
//! these say what happens when it does not.

use std::time::Duration;

use dial::{DialCause, DialError, DialReport, Phase, PhaseFacts};
use futures_util::future::join_all;
use model::{
    ErrorCode,
    check::{StepId, StepReason, StepStatus},
};
use serde_json::json;
use tokio::{sync::Semaphore, time::Instant};
use url::Url;

use super::{Walk, grade, ms};
use crate::{
    StepEnd,
    facts::{BackupEnd, BackupFacts},
};

/// More are not tried.
const MOST: usize = 4;
/// Tried at the same time.
const AT_ONCE: usize = 2;
/// One may take so long.
const LIMIT: Duration = Duration::from_secs(4);

impl Walk<'_> {
    /// Reaches every backup host, and ends the step.
    pub(super) async fn backups(&self) {
        let all = &self.subject.backups;
        if all.is_empty() {
            return self.pass(StepId::D4, StepStatus::Na, StepReason::NoBackups);
        }
        let step = self.begin(StepId::D4);
        let gate = Semaphore::new(AT_ONCE);
        let tried = join_all(all.iter().take(MOST).map(|url| self.reach_backup(url, &gate))).await;
        let reached = tried.iter().filter(|one| one.end == BackupEnd::Reached).count();
        let status = if reached == tried.len() { StepStatus::Pass } else { StepStatus::Warn };
        let end = StepEnd::new(status)
            .with("backups", all.len())
            .with("tried", tried.len())
            .with("reached", reached)
            .with("limit_ms", ms(LIMIT))
            .with("each", tried.iter().map(|one| json!(one)).collect::<Vec<_>>());
        self.learn(|facts| facts.backups = tried);
        step.end(end);
    }

    async fn reach_backup(&self, url: &Url, gate: &Semaphore) -> BackupFacts {
        // The gate is never closed.
        let _turn = gate.acquire().await;
        let mut request = self.request.clone();
        request.url = url.clone();
        request.limits.overall = LIMIT;
        let began = Instant::now();
        let reached = self.dialer.reach(&request, |_| {}).await;
        let took = ms(began.elapsed());
        let (proxied, end) = match reached {
            Ok(reached) => (proxied(&reached.report), BackupEnd::Reached),
            Err(error) => (proxied(&error.report), end_of(&error)),
        };
        let host = url.host_str().unwrap_or_default();
        BackupFacts {
            host: host.trim_start_matches('[').trim_end_matches(']').to_owned(),
            port: url.port_or_known_default().unwrap_or_default(),
            proxied,
            end,
            ms: grade::rounded(took),
        }
    }
}

fn proxied(report: &DialReport) -> bool {
    let facts = report.phase(Phase::Resolve).map(|phase| &phase.facts);
    matches!(facts, Some(PhaseFacts::Resolve(facts)) if facts.proxy.server().is_some())
}

fn end_of(error: &DialError) -> BackupEnd {
    let raw = dial::one_line(&error.detail(), 300);
    match (&error.cause, error.phase) {
        (DialCause::Proxy(_) | DialCause::ProxySetting(_), _) | (_, Phase::Proxy) => BackupEnd::Proxy(raw),
        (_, Phase::Resolve) => BackupEnd::Unnamed(raw),
        (cause, Phase::Connect) if cause.code() == ErrorCode::ConnectionRefused => BackupEnd::Refused(raw),
        (_, Phase::Connect) => BackupEnd::Silent(raw),
        (_, Phase::Tls | Phase::Upgrade | Phase::Exchange) => BackupEnd::Insecure(raw),
    }
}
