//! The way to one endpoint, walked as live traffic walks it: name, addresses, proxy, TLS, web request, WebSocket, silence.
//!
//! Every connection is made by `dial`. What comes from elsewhere (the list of issuers browsers ship, the kernel's figures)
//! explains and never decides. At most two connections are open to the endpoint at once: the check's own session, and
//! beside it one web request or one that only knocks. Nothing is sent on a session but pings and a close. The ordinary web
//! request carries no credential and no query: it is there to see who answers.
//!
//! After 429 nothing more is asked; nothing that was refused is asked again. A second attempt is made where a connection
//! was cut without a word, and in a deep check also where time ran out: in a quick one the person would wait too long.

mod addresses;
mod backups;
mod bulk;
mod certificate;
mod clock;
mod ends;
mod family;
mod filter;
mod grade;
mod idle;
mod kernel;
mod opinion;
mod page;
mod recorder;
mod session;
mod signs;
#[cfg(test)]
mod tests;
mod upgrade;
mod web;

use std::{sync::Mutex, time::Duration};

use dial::{DialLimits, DialRequest, Dialer};
use http::{HeaderName, HeaderValue};
use jiff::{SignedDuration, Timestamp};
use model::{
    EndpointState,
    check::{Mode, StepId, StepReason, StepStatus},
};
use tokio::{sync::watch, time::Instant};

use self::signs::Signs;
use crate::{
    Inquiry, Notebook, OpenStep, StepEnd, Subject,
    facts::{ClockSource, EndpointFacts, LiveFacts},
};

/// Names the run in the server's log.
const RUN: HeaderName = HeaderName::from_static("x-diag-run");
/// One attempt, redirects included.
const ATTEMPT_LIMIT: Duration = Duration::from_secs(25);
/// Steps that only a check of an endpoint that can be dialed has.
const STEPS: [StepId; 9] = [
    StepId::B1,
    StepId::D1,
    StepId::D2,
    StepId::E1,
    StepId::E2,
    StepId::F1,
    StepId::G1,
    StepId::G2,
    StepId::G3,
];

/// How long steps may take.
#[derive(Clone, Copy, Debug)]
struct Limits {
    /// The system's resolver gives a silent server five seconds before it asks the next one.
    lookup: Duration,
    /// TCP, per address; the proxy; the web request.
    step: Duration,
    /// TLS, and the upgrade.
    long_step: Duration,
    /// The first pong; without it nothing passes.
    first_pong: Duration,
    /// Wait between pings of a deep check.
    deep_gap: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            lookup: Duration::from_secs(6),
            step: Duration::from_secs(4),
            long_step: Duration::from_secs(5),
            first_pong: Duration::from_secs(2),
            deep_gap: Duration::from_millis(200),
        }
    }
}

/// One endpoint being walked to.
struct Walk<'a> {
    notebook: &'a Notebook,
    inquiry: &'a Inquiry,
    subject: &'a Subject,
    index: usize,
    dialer: &'a Dialer,
    limits: Limits,
    /// What live traffic asks, within a check's limits and with the run's id.
    request: DialRequest,
    signs: watch::Sender<Signs>,
    /// The step of the addresses, from the race's end until those it left out are judged.
    race: Mutex<Option<OpenStep>>,
}

/// Walks it; `index` is the endpoint's place in the facts.
pub(crate) async fn walk(
    notebook: &Notebook,
    inquiry: &Inquiry,
    subject: &Subject,
    index: usize,
    dialer: &Dialer,
) {
    walk_within(Limits::default(), notebook, inquiry, subject, index, dialer).await;
}

async fn walk_within(
    limits: Limits,
    notebook: &Notebook,
    inquiry: &Inquiry,
    subject: &Subject,
    index: usize,
    dialer: &Dialer,
) {
    let Ok(request) = &subject.request else {
        let reason = StepReason::NeedsConfiguration;
        for step in STEPS.into_iter().chain([StepId::H1]) {
            notebook.pass_over(step, Some(&subject.id), StepStatus::Skip, reason);
        }
        return;
    };
    let walk = Walk {
        notebook,
        inquiry,
        subject,
        index,
        dialer,
        limits,
        request: prepared(request, limits, inquiry, notebook.run_id()),
        signs: watch::Sender::default(),
        race: Mutex::default(),
    };
    // What is under way is dropped with its sockets, and its steps say that they were cut short.
    tokio::select! {
        biased;
        () = notebook.cancelled().cancelled() => {}
        () = walk.go() => {}
    }
}

/// The request as it is, but for a check's limits and the run's id.
fn prepared(request: &DialRequest, limits: Limits, inquiry: &Inquiry, run_id: &str) -> DialRequest {
    let mut request = request.clone();
    request.limits = DialLimits {
        resolve: limits.lookup,
        connect: limits.step,
        proxy: limits.step,
        tls: limits.long_step,
        upgrade: limits.long_step,
        overall: ATTEMPT_LIMIT,
        ..request.limits
    };
    if let (true, Ok(value)) = (inquiry.correlate, HeaderValue::from_str(run_id)) {
        request.headers.insert(RUN, value);
    }
    request
}

impl Walk<'_> {
    async fn go(&self) {
        if self.live_alone() {
            tokio::join!(self.web_alone(), self.other_addresses(), self.second_opinion());
        } else {
            tokio::join!(self.session(), self.web(), self.other_addresses(), self.second_opinion());
        }
        self.backups().await;
        let (silent, told_to_wait) = {
            let signs = self.signs.borrow();
            (signs.silent, signs.told_to_wait)
        };
        if told_to_wait {
            return self.pass_deep(StepReason::AskedToWait);
        }
        if silent || self.deep() {
            self.large_packets(silent).await;
        }
        if self.deep() {
            self.other_family().await;
            self.pass(StepId::H2, StepStatus::Na, StepReason::NoEcho);
        }
    }

    /// The server allows one session, and the live connection has it.
    fn live_alone(&self) -> bool {
        let up = |live: &LiveFacts| live.state == EndpointState::Connected;
        self.subject.single_session && self.subject.live.as_ref().is_some_and(up)
    }

    fn deep(&self) -> bool {
        self.inquiry.mode == Mode::Deep
    }

    fn pass_deep(&self, reason: StepReason) {
        if self.deep() {
            for step in [StepId::D3, StepId::E3, StepId::H2] {
                self.pass(step, StepStatus::Skip, reason);
            }
        }
    }

    fn encrypted(&self) -> bool {
        matches!(self.request.url.scheme(), "wss" | "https")
    }

    fn host(&self) -> String {
        let host = self.request.url.host_str().unwrap_or_default();
        host.trim_start_matches('[').trim_end_matches(']').to_owned()
    }

    fn begin(&self, step: StepId) -> OpenStep {
        self.notebook.begin(step, Some(&self.subject.id))
    }

    fn pass(&self, step: StepId, status: StepStatus, reason: StepReason) {
        self.notebook.pass_over(step, Some(&self.subject.id), status, reason);
    }

    /// Writes facts of this endpoint down.
    fn learn(&self, write: impl FnOnce(&mut EndpointFacts)) {
        self.notebook.learn(|facts| {
            if let Some(endpoint) = facts.endpoints.get_mut(self.index) {
                write(endpoint);
            }
        });
    }

    /// Reads facts of this endpoint.
    fn known<T: Default>(&self, read: impl FnOnce(&EndpointFacts) -> T) -> T {
        self.notebook.known(|facts| facts.endpoints.get(self.index).map(read).unwrap_or_default())
    }

    /// When that was, by this computer's clock.
    fn wall(at: Instant) -> Timestamp {
        let now = Timestamp::now();
        let ago = SignedDuration::try_from(at.elapsed()).unwrap_or_default();
        now.checked_sub(ago).unwrap_or(now)
    }

    /// One word about the time from every server, however often it was heard: two words of one are no two witnesses.
    fn tell_clock(&self, source: Option<ClockSource>) {
        let Some(source) = source else { return };
        self.notebook.learn(|facts| {
            let known = facts.computer.clock.iter_mut().find(|one| one.host == source.host);
            match known {
                None => facts.computer.clock.push(source),
                Some(known) if known.cached && !source.cached || source.verified && !known.verified => {
                    *known = source;
                }
                Some(_) => {}
            }
        });
    }
}

/// Milliseconds, for facts.
fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

/// A step that could not be done because another one failed.
fn needs(step: StepId) -> StepReason {
    const WHAT: [(StepId, StepReason); 7] = [
        (StepId::B1, StepReason::NeedsName),
        (StepId::D1, StepReason::NeedsTcp),
        (StepId::D2, StepReason::NeedsProxy),
        (StepId::E1, StepReason::NeedsTls),
        (StepId::F1, StepReason::NeedsWeb),
        (StepId::G1, StepReason::NeedsWebsocket),
        (StepId::G2, StepReason::NeedsPong),
    ];
    let known = WHAT.iter().find(|(known, _)| *known == step);
    known.map_or(StepReason::NeedsEarlier, |(_, reason)| *reason)
}

fn failed(raw: &str) -> StepEnd {
    StepEnd::new(StepStatus::Fail).raw(raw)
}
