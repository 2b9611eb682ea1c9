//! Step F1: an ordinary web request. Is there an HTTP server of the expected kind, and is it the real one?
//!
//! It is sent as nobody: without credential, configured headers and query. So it cannot repeat what a server has just
//! refused, and it says the same about who answers. It waits for the upgrade's answer, because after 429 nothing may be
//! asked; a server that says nothing for a second gets it all the same.

use std::time::Duration;

use dial::{DialCause, DialError, DialLimits, DialRequest, Fetched, Phase, PhaseFacts, UpgradeCause};
use http::{StatusCode, header};
use jiff::Timestamp;
use model::check::{StepId, StepReason, StepStatus};
use tokio::time::{sleep, sleep_until, timeout};
use url::Url;

use super::{
    RUN, Walk,
    clock::{self, Arrived},
    ends, grade, needs, page,
    recorder::Recorder,
    signs::Outcome,
};
use crate::{
    OpenStep,
    facts::{HttpEnd, HttpFacts, UpgradeEnd},
};

/// How long the upgrade may stay unanswered before the web request goes out beside it.
const HEADSTART: Duration = Duration::from_secs(1);
/// Knocks at further addresses get so long to end first: two connections at once are enough.
const KNOCKS: Duration = Duration::from_millis(500);

impl Walk<'_> {
    /// Asks beside the session.
    pub(super) async fn web(&self) {
        let asked = async {
            match self.until(|signs| signs.asked).await {
                Some(at) => sleep_until(at + HEADSTART).await,
                None => std::future::pending().await,
            }
        };
        let outcome = tokio::select! {
            biased;
            outcome = self.until(|signs| signs.outcome) => outcome,
            () = asked => None,
        };
        if let Some(Outcome::Stopped(step)) = outcome {
            return self.pass(StepId::F1, StepStatus::Skip, needs(step));
        }
        // The session's part of this task has judged the answer before it gave the word back.
        if self.signs.borrow().told_to_wait {
            return self.pass(StepId::F1, StepStatus::Skip, StepReason::AskedToWait);
        }
        let _ = timeout(KNOCKS, self.until(|signs| signs.judged.then_some(()))).await;
        let request = self.as_nobody(self.subject.health_url.as_ref());
        let mut step = self.begin(StepId::F1);
        let mut result = self.dialer.fetch(&request, |_| {}).await;
        if let Err(error) = &result
            && self.deserves_another(error)
        {
            step.again();
            let first = error.detail();
            sleep(Self::breath()).await;
            result = self.dialer.fetch(&request, |_| {}).await;
            if result.is_ok() {
                self.learn(|facts| {
                    facts.second_attempt.get_or_insert((StepId::F1, first));
                });
            }
        }
        self.fetched(&request, result, step);
    }

    /// Asks in place of a session, which the live connection has: this request is what shows the way.
    pub(super) async fn web_alone(&self) {
        let same_server = self.subject.health_url.as_ref().filter(|url| self.is_same_server(url));
        let request = self.as_nobody(same_server);
        let mut recorder = Recorder::new(self, StepId::F1);
        let mut result = self.dialer.fetch(&request, |event| recorder.hear(event)).await;
        if let Err(error) = &result
            && self.deserves_another(error)
        {
            recorder.again(error);
            sleep(Self::breath()).await;
            result = self.dialer.fetch(&request, |event| recorder.hear(event)).await;
        }
        let step = match &result {
            Ok(fetched) => recorder.succeeded(&fetched.report),
            Err(error) => recorder.failed(error),
        };
        if let Some(step) = step {
            self.fetched(&request, result, step);
        }
        self.learn_upgrade(UpgradeEnd::LiveOnly, None, None);
        let reason = StepReason::OneSession;
        let deep = [StepId::I1].into_iter().filter(|_| self.deep());
        for step in [StepId::G1, StepId::G2, StepId::G3].into_iter().chain(deep) {
            self.pass(step, StepStatus::Na, reason);
        }
        if !self.quality_of_live() {
            self.pass(StepId::H1, StepStatus::Na, reason);
        }
    }

    /// The request, to `url` or to the endpoint's own, with nothing in it that says who asks.
    fn as_nobody(&self, url: Option<&Url>) -> DialRequest {
        let own = &self.request;
        let mut request = DialRequest::new(url.cloned().unwrap_or_else(|| page::bare(own.url.clone())));
        let same = self.is_same_server(&request.url);
        for name in [header::USER_AGENT, header::HOST, RUN] {
            if let Some(value) = own.headers.get(&name).filter(|_| same || name != header::HOST) {
                request.headers.insert(name, value.clone());
            }
        }
        request.tls = own.tls.clone();
        if !same {
            request.tls.client_cert = None;
            request.tls.client_key = None;
        }
        request.proxy = own.proxy.clone();
        // Begun a second after the upgrade, it has ended with it at the latest.
        request.limits = DialLimits { upgrade: self.limits.step, ..own.limits.clone() };
        request
    }

    fn is_same_server(&self, url: &Url) -> bool {
        let encrypted = |url: &Url| matches!(url.scheme(), "wss" | "https");
        let own = &self.request.url;
        url.host() == own.host()
            && url.port_or_known_default() == own.port_or_known_default()
            && encrypted(url) == encrypted(own)
    }

    fn fetched(&self, request: &DialRequest, result: Result<Fetched, DialError>, step: OpenStep) {
        let report = match &result {
            Ok(fetched) => &fetched.report,
            Err(error) => &*error.report,
        };
        let exchange = report.phase(Phase::Exchange).and_then(|phase| match &phase.facts {
            PhaseFacts::Exchange(facts) => Some((phase.started, *facts)),
            PhaseFacts::Resolve(_)
            | PhaseFacts::Connect(_)
            | PhaseFacts::Proxy(_)
            | PhaseFacts::Tls(_)
            | PhaseFacts::Upgrade(_) => None,
        });
        let first_byte = exchange.and_then(|(began, facts)| Some((began, facts.first_byte?)));
        let first_byte_ms = first_byte.map(|(_, after)| super::ms(after));
        let (end, raw) = match result {
            Ok(fetched) => {
                if let Some((began, after)) = first_byte {
                    let arrived = Arrived { at: Self::wall(began + after), after };
                    let verified = matches!(request.url.scheme(), "wss" | "https");
                    let who = clock::who(&request.url);
                    self.tell_clock(clock::source(&who, &fetched.headers, arrived, verified));
                }
                if fetched.status == StatusCode::TOO_MANY_REQUESTS {
                    self.sign(|signs| signs.told_to_wait = true);
                }
                let raw =
                    page::Raw { status: fetched.status, headers: &fetched.headers, body: &fetched.body };
                // By the secrets of live traffic: a server may know them from there.
                let page = page::read(&self.request, raw, Timestamp::now());
                (HttpEnd::Answer(Box::new(page)), None)
            }
            Err(error) => {
                if ends::silent_on_an_open_connection(&error) {
                    self.sign(|signs| signs.silent = true);
                }
                (end_of(&error), Some(error.detail()))
            }
        };
        let mut graded = grade::page(&end, first_byte_ms);
        if let Some(raw) = &raw {
            graded = graded.raw(raw);
        }
        self.learn(|facts| facts.http = Some(HttpFacts { end, first_byte_ms }));
        step.end(graded);
    }
}

fn end_of(error: &DialError) -> HttpEnd {
    let raw = error.detail();
    match &error.cause {
        DialCause::Upgrade(UpgradeCause::Closed { received, failure }) => {
            HttpEnd::Cut { received: *received, reset: ends::is_reset(failure.as_deref()) }
        }
        DialCause::Upgrade(UpgradeCause::Rule { found, .. }) => {
            HttpEnd::NotHttp(if found.is_empty() { raw } else { found.clone() })
        }
        DialCause::Timeout(timeout) if timeout.phase == Phase::Exchange => {
            HttpEnd::TimedOut { received: ends::received(error) }
        }
        DialCause::Upgrade(
            UpgradeCause::Socket(_) | UpgradeCause::Status(_) | UpgradeCause::Redirect { .. },
        )
        | DialCause::Request(_)
        | DialCause::Resolve(_)
        | DialCause::Remembered { .. }
        | DialCause::Connect(_)
        | DialCause::ProxySetting(_)
        | DialCause::Proxy(_)
        | DialCause::Tls(_)
        | DialCause::CaFile(_)
        | DialCause::ClientCert(_)
        | DialCause::Timeout(_) => HttpEnd::Failed(raw),
    }
}
