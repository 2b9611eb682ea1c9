//! Sets a check of one endpoint up, walks, and hands out what was written down.

use std::{net::IpAddr, sync::Arc, time::Duration};

use dial::{Credential, DialRequest, Dialer, Lookup, ResolveError};
use model::{
    EndpointState,
    check::{Mode, Step, StepId, StepStatus},
};
use tokio_util::sync::CancellationToken;
use url::Url;

use crate::{
    Facts, Inquiry, Notebook, Subject,
    facts::{EndpointFacts, LiveFacts},
    path::{Limits, walk_within},
    trial,
};

/// For servers that never answer.
pub(super) const SHORT: Limits = Limits {
    lookup: Duration::from_millis(500),
    step: Duration::from_millis(500),
    long_step: Duration::from_millis(700),
    first_pong: Duration::from_millis(500),
    deep_gap: Duration::from_millis(1),
};

/// What a walk wrote down.
pub(super) struct Seen {
    pub(super) facts: Facts,
    pub(super) steps: Vec<Step>,
}

impl Seen {
    pub(super) fn endpoint(&self) -> &EndpointFacts {
        &self.facts.endpoints[0]
    }

    pub(super) fn step(&self, id: StepId) -> &Step {
        let mut of = self.steps.iter().filter(|step| step.id == id);
        let step = of.next().unwrap_or_else(|| panic!("no step {id} in {:?}", self.statuses()));
        assert!(of.next().is_none(), "{id} was done twice");
        step
    }

    pub(super) fn status(&self, id: StepId) -> StepStatus {
        self.step(id).status
    }

    pub(super) fn reason(&self, id: StepId) -> &str {
        self.step(id).reason.as_deref().unwrap_or_default()
    }

    pub(super) fn statuses(&self) -> Vec<(StepId, StepStatus)> {
        self.steps.iter().map(|step| (step.id, step.status)).collect()
    }

    /// Everything that would be reported, as text.
    pub(super) fn text(&self) -> String {
        format!(
            "{} {}",
            serde_json::to_string(&self.facts).unwrap(),
            serde_json::to_string(&self.steps).unwrap()
        )
    }
}

pub(super) fn subject(url: Url) -> Subject {
    let mut request = DialRequest::new(url);
    request.credential = Some(Credential::bearer("b3arer-t0ken".into()).unwrap());
    request.headers.insert("x-api-key", "h-s3cret".parse().unwrap());
    Subject { request: Ok(request), ..trial::subject("feed", "ws://feed.example/") }
}

pub(super) fn live(state: EndpointState, rtt_ms: Vec<f64>) -> LiveFacts {
    LiveFacts {
        state,
        reason: None,
        transport: None,
        degraded: false,
        since: jiff::Timestamp::UNIX_EPOCH,
        last_error: None,
        retry_in_ms: None,
        asked_ms_ago: None,
        rtt_ms,
        waiting: 0,
        backup: None,
    }
}

pub(super) fn inquiry(mode: Mode) -> Inquiry {
    Inquiry { mode, limit: Duration::from_secs(60), ..trial::inquiry(Vec::new()) }
}

/// A name with these addresses.
pub(super) struct Names(pub(super) Vec<IpAddr>);

impl Lookup for Names {
    fn lookup(&self, _: &str) -> Result<Vec<IpAddr>, ResolveError> {
        Ok(self.0.clone())
    }
}

pub(super) fn dialer(addresses: &[&str]) -> Dialer {
    let addresses = addresses.iter().map(|one| one.parse().unwrap()).collect();
    Dialer::with_lookup(Arc::new(Names(addresses)))
}

pub(super) async fn walk(subject: &Subject) -> Seen {
    walk_with(subject, &inquiry(Mode::Quick), &Dialer::new(), Limits::default()).await
}

pub(super) async fn walk_with(subject: &Subject, inquiry: &Inquiry, dialer: &Dialer, limits: Limits) -> Seen {
    let notebook = notebook();
    walk_within(limits, &notebook, inquiry, subject, 0, dialer).await;
    let (facts, steps) = notebook.contents();
    Seen { facts, steps }
}

pub(super) fn notebook() -> Notebook {
    let notebook = Notebook::new("0d1a6000-run".to_owned(), CancellationToken::new(), None);
    notebook.learn(|facts| facts.endpoints = vec![EndpointFacts::default()]);
    notebook
}
