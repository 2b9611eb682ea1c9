//! Turns the phases of the production dial into steps and facts, as they happen. Decides nothing about what is done next.

use dial::{
    ConnectFacts, DialCause, DialError, DialReport, Phase, PhaseEvent, PhaseFacts, PhaseOutcome, PhaseReport,
    ProxyFacts, RequestFlaw, ResolveFacts, TlsFacts,
};
use jiff::Timestamp;
use model::{
    ErrorCode,
    check::{StepId, StepReason, StepStatus},
};
use tokio::time::Instant;

use super::{
    Walk, addresses, certificate, ends, failed, grade, ms, needs,
    signs::{Outcome, Shown},
};
use crate::{
    OpenStep, StepEnd, Unusable,
    facts::{LookupEnd, PathPhases, ProxyEnd, ProxyPathFacts, TlsEnd},
    findings::tls::{SOON_DAYS, expires_soon},
};

/// The steps of a way, in order; the last one is the recorder's own.
const WAY: [StepId; 4] = [StepId::B1, StepId::D1, StepId::D2, StepId::E1];

/// Records one attempt, and the second one where there is one.
pub(super) struct Recorder<'a> {
    walk: &'a Walk<'a>,
    /// What the last phase is: the upgrade, or the web request.
    last: StepId,
    open: Option<(StepId, OpenStep)>,
    /// Steps that have ended; what a second attempt or a redirect says about them is not news.
    ended: Vec<StepId>,
    hops: usize,
    phases: PathPhases,
    first_failure: Option<(StepId, String)>,
}

impl<'a> Recorder<'a> {
    pub(super) fn new(walk: &'a Walk<'a>, last: StepId) -> Self {
        Self {
            walk,
            last,
            open: None,
            ended: Vec::new(),
            hops: 0,
            phases: PathPhases::default(),
            first_failure: None,
        }
    }

    /// Hears of a phase. Returns quickly.
    pub(super) fn hear(&mut self, event: PhaseEvent) {
        match event {
            PhaseEvent::Started { phase, at } => self.started(phase, at),
            PhaseEvent::Finished(report) if self.hops == 0 => self.finished(&report),
            PhaseEvent::Finished(_) => {}
            PhaseEvent::Redirected(_) => self.hops += 1,
        }
    }

    /// The first attempt failed and another one is made.
    pub(super) fn again(&mut self, error: &DialError) {
        let step = self.open.as_mut().map_or(self.last, |(step, open)| {
            open.again();
            *step
        });
        self.first_failure = Some((step, error.detail()));
        self.hops = 0;
        if step == StepId::E1 {
            // Stands where the second attempt does not come as far.
            self.learn_failure(error);
        }
    }

    /// The attempt succeeded. Gives the last step back, which is still to be ended.
    pub(super) fn succeeded(mut self, report: &DialReport) -> Option<OpenStep> {
        self.phases.total = Some(ms(report.elapsed));
        self.note_phases();
        if let Some(first) = self.first_failure.take() {
            self.walk.learn(|facts| facts.second_attempt = Some(first));
        }
        self.walk.sign(|signs| signs.outcome = Some(Outcome::Asked));
        self.open.take().map(|(_, step)| step)
    }

    /// The attempt failed. Gives the last step back where the attempt came that far; else everything is ended.
    pub(super) fn failed(mut self, error: &DialError) -> Option<OpenStep> {
        self.note_phases();
        if ends::silent_on_an_open_connection(error) {
            self.walk.sign(|signs| signs.silent = true);
        }
        let came_far = self.hops > 0 || self.open.as_ref().is_some_and(|(step, _)| *step == self.last);
        let failing = if came_far { self.last } else { self.step_of(error.phase) };
        if failing == self.last {
            self.walk.sign(|signs| signs.outcome = Some(Outcome::Asked));
            return self.open.take().map(|(_, step)| step);
        }
        self.learn_failure(error);
        let raw = error.detail();
        let blamed = self.blame(failing, error, &raw);
        let steps: Vec<StepId> = WAY.into_iter().chain([self.last]).collect();
        for step in steps.into_iter().filter(|step| !self.ended.contains(step)) {
            match self.not_applicable(step) {
                Some(reason) => self.walk.pass(step, StepStatus::Na, reason),
                None => self.walk.pass(step, StepStatus::Skip, needs(blamed)),
            }
        }
        self.walk.sign(|signs| signs.outcome = Some(Outcome::Stopped(blamed)));
        None
    }

    /// Ends the step that failed; gives the one that is to blame for what cannot be done.
    fn blame(&mut self, failing: StepId, error: &DialError, raw: &str) -> StepId {
        let at_proxy = matches!(error.cause, DialCause::Proxy(_) | DialCause::ProxySetting(_));
        let open = self.open.take();
        let step = open.as_ref().map_or(failing, |(step, _)| *step);
        if let Some((step, open)) = open {
            open.end(match (at_proxy, step) {
                (true, StepId::B1) => StepEnd::without(StepStatus::Na, StepReason::ProxyResolves),
                _ => failed(raw),
            });
        }
        self.ended.push(step);
        if at_proxy && !self.ended.contains(&StepId::D2) {
            self.walk.begin(StepId::D2).end(failed(raw));
            self.ended.push(StepId::D2);
            if step == StepId::B1 {
                self.walk.pass(StepId::D1, StepStatus::Skip, needs(StepId::D2));
                self.ended.push(StepId::D1);
            }
        }
        if at_proxy { StepId::D2 } else { step }
    }

    fn not_applicable(&self, step: StepId) -> Option<StepReason> {
        if step == StepId::D2 && self.walk.known(|facts| facts.proxy.is_none()) {
            Some(StepReason::NoProxy)
        } else if step == StepId::E1 && !self.walk.encrypted() {
            Some(StepReason::Unencrypted)
        } else {
            None
        }
    }

    fn step_of(&self, phase: Phase) -> StepId {
        match phase {
            Phase::Resolve => StepId::B1,
            Phase::Connect => StepId::D1,
            Phase::Proxy => StepId::D2,
            Phase::Tls => StepId::E1,
            Phase::Upgrade | Phase::Exchange => self.last,
        }
    }

    fn started(&mut self, phase: Phase, at: Instant) {
        let step = self.step_of(phase);
        if step == self.last {
            self.walk.sign(|signs| signs.asked = signs.asked.or(Some(at)));
        }
        // A second attempt and a redirect go on with the step that is open.
        if self.open.is_none() && !self.ended.contains(&step) {
            self.open = Some((step, self.walk.begin(step)));
        }
    }

    fn finished(&mut self, report: &PhaseReport) {
        let step = self.step_of(report.phase);
        if self.ended.contains(&step) {
            return;
        }
        let took = ms(report.elapsed);
        let well = report.outcome == PhaseOutcome::Ok;
        match &report.facts {
            PhaseFacts::Resolve(facts) => self.resolved(facts, took, well),
            PhaseFacts::Connect(facts) => self.connected(facts, took, well),
            PhaseFacts::Proxy(facts) => self.passed_proxy(facts, took, well),
            PhaseFacts::Tls(facts) => self.encrypted(facts, took, report, well),
            PhaseFacts::Upgrade(_) => self.phases.upgrade = Some(took),
            PhaseFacts::Exchange(_) => {}
        }
    }

    fn end(&mut self, step: StepId, end: StepEnd) {
        // After a second attempt the open step is the one that failed first, and it is ended with its own phase.
        if let Some((_, open)) = self.open.take_if(|(open, _)| *open == step) {
            self.ended.push(step);
            open.end(end);
        }
    }

    fn resolved(&mut self, facts: &ResolveFacts, took: f64, well: bool) {
        let proxy = ends::proxy(&facts.proxy);
        let proxied = proxy.is_some();
        let addresses: Vec<_> = if proxied {
            facts.behind_proxy.clone()
        } else {
            facts.addresses.iter().map(|one| one.ip()).collect()
        };
        let remembered = facts.remembered.as_deref().filter(|_| !proxied);
        let system = match remembered {
            Some(remembered) => Some(ends::lookup_of_code(remembered.code, &remembered.detail)),
            None => (well && !addresses.is_empty()).then(|| LookupEnd::Found(addresses.clone())),
        };
        self.phases.dns = Some(took);
        self.walk.learn(|endpoint| {
            endpoint.proxy = proxy;
            endpoint.names.literal |= facts.literal && !proxied;
            if system.is_some() && !endpoint.names.literal {
                endpoint.names.system = system;
                endpoint.names.ms = Some(took);
            }
        });
        if !well {
            return;
        }
        let literal = facts.literal || self.walk.known(|facts| facts.names.literal);
        self.end(
            StepId::B1,
            match remembered {
                Some(remembered) => failed(&remembered.detail).with("used", "addresses that worked before"),
                None if literal && !proxied => StepEnd::without(StepStatus::Na, StepReason::Literal),
                None if proxied && addresses.is_empty() => {
                    StepEnd::without(StepStatus::Na, StepReason::ProxyResolves)
                }
                None => grade::timed(took, grade::SLOW_LOOKUP_MS).with("addresses", addresses.len()),
            },
        );
        if !proxied {
            self.walk.pass(StepId::D2, StepStatus::Na, StepReason::NoProxy);
            self.ended.push(StepId::D2);
        }
        if !self.walk.encrypted() {
            self.walk.pass(StepId::E1, StepStatus::Na, StepReason::Unencrypted);
            self.ended.push(StepId::E1);
        }
    }

    fn connected(&mut self, facts: &ConnectFacts, took: f64, well: bool) {
        let judged = addresses::known(&facts.addresses).into_iter().flatten().collect();
        let winner = facts.addresses.iter().find(|one| one.outcome == dial::AddressOutcome::Connected);
        self.phases.tcp = Some(took);
        self.phases.lost = winner.and_then(|one| one.started).map(ms).unwrap_or_default();
        self.phases.winner = winner.map(|one| one.address.ip());
        self.walk.learn(|endpoint| endpoint.addresses = judged);
        self.note_phases();
        if well && let Some((step, open)) = self.open.take() {
            self.ended.push(step);
            if let Ok(mut race) = self.walk.race.lock() {
                *race = Some(open);
            }
            self.walk.sign(|signs| signs.raced = Some(facts.addresses.clone()));
        }
    }

    fn passed_proxy(&mut self, facts: &ProxyFacts, took: f64, well: bool) {
        self.phases.proxy = Some(took);
        self.walk.learn(|endpoint| {
            if let Some(proxy) = &mut endpoint.proxy {
                proxy.ms = Some(took);
            }
        });
        if well {
            let mut end = grade::timed(took, grade::SLOW_PROXY_MS);
            if let Some(status) = facts.status {
                end = end.with("http_status", status.as_u16());
            }
            self.end(StepId::D2, end);
        }
    }

    fn encrypted(&mut self, facts: &TlsFacts, took: f64, report: &PhaseReport, well: bool) {
        let untrusted = matches!(
            &report.outcome,
            PhaseOutcome::Failed { code, .. } if *code == ErrorCode::TlsUntrusted
        );
        let chain = certificate::chain(&facts.chain);
        let leaf = chain.first().cloned();
        self.phases.tls = Some(took);
        self.walk.learn(|endpoint| {
            let tls = endpoint.tls.get_or_insert_default();
            tls.ms = Some(took);
            tls.version.clone_from(&facts.version);
            tls.cipher.clone_from(&facts.cipher);
            tls.chain = chain;
            if well {
                tls.end = Some(TlsEnd::Open);
            }
        });
        if well || !facts.chain.is_empty() {
            self.walk.sign(|signs| signs.shown = Some(Shown { chain: facts.chain.clone(), untrusted }));
        }
        if !well {
            return;
        }
        let mut end = grade::timed(took, grade::SLOW_TLS_MS);
        for (name, value) in [("version", &facts.version), ("cipher", &facts.cipher)] {
            if let Some(value) = value {
                end = end.with(name, value.as_str());
            }
        }
        if let Some(leaf) = leaf {
            let now = Timestamp::now();
            let days = leaf.not_after.duration_since(now).as_hours() / 24;
            end = end.with("days_left", days).with("days_left_from", SOON_DAYS);
            if expires_soon(&leaf, now).is_some() {
                end.status = StepStatus::Warn;
            }
        }
        self.end(StepId::E1, end);
    }

    fn note_phases(&self) {
        self.walk.learn(|facts| facts.race = Some(self.phases.clone()));
    }

    /// What failed, typed.
    fn learn_failure(&self, error: &DialError) {
        let raw = error.detail();
        match &error.cause {
            DialCause::Request(RequestFlaw::Scheme(_) | RequestFlaw::Host | RequestFlaw::HostName(_)) => {
                self.walk.learn(|facts| facts.unusable = Some(Unusable::Url(raw)));
            }
            DialCause::Request(_) => self.walk.learn(|facts| facts.unusable = Some(Unusable::Setting(raw))),
            DialCause::Resolve(error) => self.learn_lookup(ends::lookup(error)),
            DialCause::Remembered { lookup, .. } => {
                self.learn_lookup(ends::lookup_of_code(lookup.code(), &raw));
            }
            DialCause::Timeout(timeout) => match timeout.phase {
                Phase::Resolve => self.learn_lookup(LookupEnd::TimedOut),
                Phase::Proxy => self.learn_proxy(ProxyEnd::TimedOut),
                Phase::Tls => self.learn_tls(TlsEnd::TimedOut),
                Phase::Connect | Phase::Upgrade | Phase::Exchange => {}
            },
            DialCause::Proxy(error) => self.learn_proxy(ends::proxy_end(&error.cause, raw)),
            DialCause::ProxySetting(error) => {
                let (source, setting) = ends::proxy_source(error.origin);
                let end = ProxyEnd::Failed(raw);
                let proxy = ProxyPathFacts { server: String::new(), source, setting, end, ms: None };
                self.walk.learn(|facts| facts.proxy = Some(proxy));
            }
            DialCause::Tls(_) | DialCause::CaFile(_) | DialCause::ClientCert(_) => {
                let said = match error.report.phase(Phase::Tls).map(|report| &report.facts) {
                    Some(PhaseFacts::Tls(facts)) => facts.not_tls.clone(),
                    Some(
                        PhaseFacts::Resolve(_)
                        | PhaseFacts::Connect(_)
                        | PhaseFacts::Proxy(_)
                        | PhaseFacts::Upgrade(_)
                        | PhaseFacts::Exchange(_),
                    )
                    | None => bytes::Bytes::new(),
                };
                self.learn_tls(ends::tls(&error.cause, raw, &said));
            }
            DialCause::Connect(_) | DialCause::Upgrade(_) => {}
        }
    }

    fn learn_lookup(&self, end: LookupEnd) {
        let took = self.phases.dns;
        self.walk.learn(|facts| {
            facts.names.system = Some(end);
            facts.names.ms = took;
        });
    }

    fn learn_proxy(&self, end: ProxyEnd) {
        self.walk.learn(|facts| {
            if let Some(proxy) = &mut facts.proxy {
                proxy.end = end;
            }
        });
    }

    fn learn_tls(&self, end: TlsEnd) {
        self.walk.learn(|facts| facts.tls.get_or_insert_default().end = Some(end));
    }
}
