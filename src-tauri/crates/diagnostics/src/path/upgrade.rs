//! Step G1: the WebSocket of live traffic, once; a second time where the first was cut without a word. What follows on the
//! session is in `session`.

use std::time::Duration;

use dial::{
    DialCause, DialError, Dialed, HttpAnswer, Phase, PhaseFacts, TlsCause, TlsOptions, UpgradeCause,
    UpgradeFacts,
};
use http::StatusCode;
use jiff::Timestamp;
use model::{
    EndpointState,
    check::{StepId, StepReason, StepStatus},
};
use tokio::time::sleep;

use super::{
    Walk,
    clock::{self, Arrived},
    ends, failed, grade, ms, needs, page,
    recorder::Recorder,
    session::Session,
    signs::Outcome,
};
use crate::{
    OpenStep, StepEnd,
    facts::{
        CertificateFlaw, Detour, LiveFacts, PageFacts, QualityFacts, RuleBroken, TlsEnd, UpgradeEnd,
        UpgradePathFacts,
    },
};

/// Wait before a second attempt, milliseconds; random, so that many checks do not come back together.
const BREATH_MS: std::ops::RangeInclusive<u64> = 500..=1000;
/// Parts of a subprotocol's name this long are words of a token.
const LONGEST_PART: usize = 14;
/// Longest name of a subprotocol that is shown.
const LONGEST_PROTOCOL: usize = 40;

impl Walk<'_> {
    /// Opens a session and everything that belongs to it.
    pub(super) async fn session(&self) {
        let mut recorder = Recorder::new(self, StepId::G1);
        let mut result = self.dialer.websocket(&self.request, |event| recorder.hear(event)).await;
        if let Err(error) = &result
            && self.deserves_another(error)
        {
            recorder.again(error);
            sleep(Self::breath()).await;
            result = self.dialer.websocket(&self.request, |event| recorder.hear(event)).await;
        }
        match result {
            Ok(dialed) => {
                let step = recorder.succeeded(&dialed.report);
                self.switched(&dialed, step);
                Session::new(self, dialed).run().await;
            }
            Err(error) => {
                let step = recorder.failed(&error);
                let tls = step.is_some() && self.wants_tls(&error).await;
                self.refused(&error, step, tls);
                self.clock_of_unproven().await;
            }
        }
    }

    /// A cut may be chance. Silence may be too, but asking again takes as long as the first time.
    pub(super) fn deserves_another(&self, error: &DialError) -> bool {
        ends::cut_without_a_word(error)
            || self.deep() && matches!(error.cause, DialCause::Timeout(_)) && error.phase > Phase::Resolve
    }

    pub(super) fn breath() -> Duration {
        Duration::from_millis(fastrand::u64(BREATH_MS))
    }

    fn switched(&self, dialed: &Dialed, step: Option<OpenStep>) {
        let report = dialed.report.phase(Phase::Upgrade);
        let took = report.map(|report| ms(report.elapsed)).unwrap_or_default();
        let moved = !dialed.report.redirects.is_empty();
        let mut end = StepEnd::new(if moved { StepStatus::Warn } else { StepStatus::Pass });
        end = end.with("took_ms", grade::rounded(took)).with("http_status", 101);
        if moved {
            let to = page::bare(dialed.report.url(&self.request.url).clone());
            end = end.with("redirected_to", self.request.clean(to.as_str(), 200));
        }
        if let Some(protocol) = &dialed.subprotocol {
            end = end.with("subprotocol", shown(protocol));
        }
        self.learn_upgrade(UpgradeEnd::Switched, Some(took), dialed.subprotocol.as_deref());
        if let Some((facts, arrived)) = asked(&dialed.report) {
            self.clock_of(&facts, arrived);
        }
        if let Some(step) = step {
            step.end(end);
        }
    }

    /// A port for TLS hangs up on anything else, mostly without a word. A handshake tells, whatever it thinks of the
    /// certificate.
    async fn wants_tls(&self, error: &DialError) -> bool {
        if self.encrypted() || !ends::cut_without_a_word(error) {
            return false;
        }
        let mut request = self.request.clone();
        let port = request.url.port_or_known_default();
        // Neither fails between ws and wss, which both have a host and a port.
        let _ = request.url.set_scheme("wss");
        let _ = request.url.set_port(port);
        request.tls = TlsOptions::default();
        request.limits.tls = self.limits.first_pong;
        match self.dialer.reach(&request, |_| {}).await {
            Ok(_) => true,
            Err(error) => matches!(
                error.cause,
                DialCause::Tls(
                    TlsCause::Certificate { .. } | TlsCause::Alert(_) | TlsCause::ClientCertificate { .. }
                )
            ),
        }
    }

    fn refused(&self, error: &DialError, step: Option<OpenStep>, tls: bool) {
        let raw = error.detail();
        let after = |step| needs(step);
        let reason = match self.signs.borrow().outcome {
            Some(Outcome::Stopped(step)) => after(step),
            Some(Outcome::Asked) | None => after(StepId::G1),
        };
        if let Some(step) = step {
            let report = error.report.phase(Phase::Upgrade);
            let took = report.map(|report| ms(report.elapsed));
            let mut end = failed(&raw);
            let how = if tls {
                end = end.with("speaks_tls", true);
                Some(UpgradeEnd::Broken(RuleBroken::TlsSpoken, String::new()))
            } else {
                self.upgrade_end(error, &raw)
            };
            match how {
                Some(how) => {
                    if let UpgradeEnd::Status(page) | UpgradeEnd::Redirected { page, .. } = &how {
                        end = end.with("http_status", page.status);
                        if page.status == StatusCode::TOO_MANY_REQUESTS.as_u16() {
                            self.sign(|signs| signs.told_to_wait = true);
                        }
                    }
                    self.learn_upgrade(how, took, None);
                }
                // TLS 1.3 tells only now what the server thinks of the client's certificate.
                None if matches!(error.cause, DialCause::Tls(_)) => self.learn(|facts| {
                    let end = ends::tls(&error.cause, raw.clone(), &[]);
                    facts.tls.get_or_insert_default().end = Some(end);
                }),
                // A second attempt did not even come so far as the first, which was cut.
                None => self.learn_upgrade(UpgradeEnd::Cut { received: 0, reset: true }, took, None),
            }
            if let Some((facts, arrived)) = asked(&error.report) {
                self.clock_of(&facts, arrived);
            }
            step.end(end);
        }
        self.without_session(reason);
    }

    /// How the upgrade ended, where that is what failed.
    fn upgrade_end(&self, error: &DialError, raw: &str) -> Option<UpgradeEnd> {
        let received = ends::received(error);
        if let DialCause::Upgrade(cause) = &error.cause {
            return self.led_to_sign_in(error, cause).or_else(|| Some(self.handshake_end(cause, received)));
        }
        if matches!(error.cause, DialCause::Timeout(_)) && error.phase == Phase::Upgrade {
            return Some(UpgradeEnd::TimedOut { received });
        }
        // The server led elsewhere, and the way there failed.
        let last = error.report.redirects.last()?;
        let place = page::bare(last.to.clone());
        let signs_in = page::signs_in(place.as_str(), &self.request.url);
        let to = Some(self.request.clean(place.as_str(), 200));
        let page = PageFacts { status: last.status.as_u16(), location: to.clone(), ..PageFacts::default() };
        Some(UpgradeEnd::Redirected {
            to,
            why: raw.to_owned(),
            detour: if signs_in { Detour::SignIn } else { Detour::Elsewhere },
            page: Box::new(page),
        })
    }

    /// A page at the end of a redirect to a sign-in page says nothing about the endpoint; the redirect does.
    fn led_to_sign_in(&self, error: &DialError, cause: &UpgradeCause) -> Option<UpgradeEnd> {
        let (UpgradeCause::Status(_), Some(last)) = (cause, error.report.redirects.last()) else {
            return None;
        };
        let place = page::bare(last.to.clone());
        if !page::signs_in(place.as_str(), &self.request.url) {
            return None;
        }
        let to = Some(self.request.clean(place.as_str(), 200));
        let page = PageFacts { status: last.status.as_u16(), location: to.clone(), ..PageFacts::default() };
        let (why, detour) = ("it led to a page that is no WebSocket".to_owned(), Detour::SignIn);
        Some(UpgradeEnd::Redirected { to, why, detour, page: Box::new(page) })
    }

    fn handshake_end(&self, cause: &UpgradeCause, received: usize) -> UpgradeEnd {
        match cause {
            UpgradeCause::Status(answer) => UpgradeEnd::Status(Box::new(self.page_of(answer))),
            UpgradeCause::Redirect { flaw, answer } => {
                let page = self.page_of(answer);
                let place = page.location.as_deref().unwrap_or_default();
                let signs_in = page::signs_in(place, &self.request.url);
                UpgradeEnd::Redirected {
                    to: page.location.clone(),
                    why: flaw.to_string(),
                    detour: if signs_in { Detour::SignIn } else { ends::detour(*flaw) },
                    page: Box::new(page),
                }
            }
            UpgradeCause::Rule { rule, found } => UpgradeEnd::Broken(ends::rule(*rule), found.clone()),
            UpgradeCause::Closed { received, failure } => {
                UpgradeEnd::Cut { received: *received, reset: ends::is_reset(failure.as_deref()) }
            }
            UpgradeCause::Socket(failure) if failure.kind == std::io::ErrorKind::TimedOut => {
                UpgradeEnd::TimedOut { received }
            }
            UpgradeCause::Socket(_) => UpgradeEnd::Cut { received, reset: false },
        }
    }

    fn page_of(&self, answer: &HttpAnswer) -> PageFacts {
        let raw = page::Raw { status: answer.status, headers: &answer.headers, body: &answer.body };
        page::read(&self.request, raw, Timestamp::now())
    }

    pub(super) fn learn_upgrade(&self, end: UpgradeEnd, took: Option<f64>, chosen: Option<&str>) {
        let offered = self.request.subprotocols.iter().map(|one| shown(one)).collect();
        let facts = UpgradePathFacts { end, ms: took, offered, chosen: chosen.map(shown) };
        self.learn(|endpoint| endpoint.upgrade = Some(facts));
    }

    fn clock_of(&self, facts: &UpgradeFacts, arrived: Arrived) {
        let source = clock::source(&clock::who(&self.request.url), &facts.headers, arrived, self.encrypted());
        self.tell_clock(source);
    }

    /// When TLS fails on a date, the certificate or this computer's clock is wrong: the server's own says which.
    async fn clock_of_unproven(&self) {
        let on_a_date = self.known(|facts| {
            let end = facts.tls.as_ref().and_then(|tls| tls.end.as_ref());
            matches!(
                end,
                Some(TlsEnd::Certificate(CertificateFlaw::Expired | CertificateFlaw::NotYetValid, _))
            )
        });
        if !on_a_date {
            return;
        }
        if let Ok(said) = self.dialer.date_of_unproven(&self.request).await {
            let arrived = Arrived { at: Self::wall(said.at), after: said.first_byte };
            let date = said.date.as_deref().unwrap_or_default();
            self.tell_clock(clock::source_of(
                &clock::who(&self.request.url),
                date,
                said.passed_on,
                arrived,
                false,
            ));
        }
    }

    /// What needs a session and cannot be done; the live one's response times serve where there are any.
    pub(super) fn without_session(&self, reason: StepReason) {
        for step in [StepId::G2, StepId::G3] {
            self.pass(step, StepStatus::Skip, reason);
        }
        if self.deep() {
            self.pass(StepId::I1, StepStatus::Skip, reason);
        }
        if !self.quality_of_live() {
            self.pass(StepId::H1, StepStatus::Skip, reason);
        }
    }

    /// Response times of the live session; false where there are none.
    pub(super) fn quality_of_live(&self) -> bool {
        let up = |live: &&LiveFacts| live.state == EndpointState::Connected;
        let Some(live) = self.subject.live.as_ref().filter(up).filter(|live| !live.rtt_ms.is_empty()) else {
            return false;
        };
        let step = self.begin(StepId::H1);
        let facts = QualityFacts { samples: live.rtt_ms.clone(), live: true, ..QualityFacts::default() };
        let end = grade::quality(&facts).with("measured_on", "the live session");
        self.learn(|endpoint| endpoint.quality = Some(facts));
        step.end(end);
        true
    }
}

/// What the server answered, and when.
fn asked(report: &dial::DialReport) -> Option<(UpgradeFacts, Arrived)> {
    let phase = report.phase(Phase::Upgrade)?;
    let PhaseFacts::Upgrade(facts) = &phase.facts else { return None };
    let after = facts.first_byte?;
    Some((facts.clone(), Arrived { at: Walk::wall(phase.started + after), after }))
}

/// A subprotocol as it may be shown: names are, tokens are not, which some servers take there.
fn shown(protocol: &str) -> String {
    let parts = protocol.split(['.', '-', '_', '/', '+', ':']);
    let word =
        |part: &str| part.len() <= LONGEST_PART && part.chars().filter(char::is_ascii_digit).count() <= 4;
    if protocol.len() <= LONGEST_PROTOCOL && parts.clone().all(word) {
        dial::one_line(protocol, LONGEST_PROTOCOL)
    } else {
        format!("[{} characters]", protocol.chars().count())
    }
}

#[cfg(test)]
mod tests {
    use super::shown;

    #[test]
    fn names_of_subprotocols_are_shown_and_tokens_are_not() {
        for name in
            ["chat", "graphql-transport-ws", "v12.stomp", "actioncable-v1-json", "base64.binary.k8s.io"]
        {
            assert_eq!(shown(name), name);
        }
        for token in [
            "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl",
            "base64url.bearer.authorization.k8s.io.dG9rZW4tdG9rZW4tdG9rZW4",
            "t0ken8f14e45fceea167a5a36dedd4bea2543",
        ] {
            assert_eq!(shown(token), format!("[{} characters]", token.len()));
        }
    }
}
