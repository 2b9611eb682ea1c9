//! What is known before anything is looked at, and the live connections: as they were when the check began, and again at its
//! end.

use model::{
    EndpointState,
    check::{StepId, StepReason, StepStatus},
};
use serde_json::{Map, Value};
use url::{Host, Url};

use crate::{
    Inquiry, Notebook, StepEnd, Subject,
    facts::{ComputerFacts, EndpointFacts, LiveFacts, NameFacts},
};

/// The worst first: what does not work is what the person asks about, and time may run out.
pub(super) fn worst_first(subjects: &mut [Subject]) {
    subjects.sort_by_key(|subject| match &subject.live {
        None => 1,
        Some(live) => match live.state {
            EndpointState::Failed => 0,
            EndpointState::Disconnected => 2,
            EndpointState::Reconnecting => 1,
            EndpointState::Connecting => 3,
            EndpointState::Connected if live.degraded => 4,
            EndpointState::Connected => 5,
        },
    });
}

/// Lays out the pages: one place for every endpoint, in the order of the subjects. Does step A8.
pub(super) fn open(notebook: &Notebook, inquiry: &Inquiry) {
    notebook.learn(|facts| {
        facts.mode = Some(inquiry.mode);
        facts.computer = ComputerFacts {
            buffers: inquiry.buffers.clone(),
            other_owner: inquiry.other_owner.clone(),
            recent: inquiry.recent,
            ..ComputerFacts::default()
        };
        facts.endpoints = inquiry.subjects.iter().map(page).collect();
    });
    live(notebook, inquiry);
}

/// What is known of an endpoint before anything is looked at.
pub(crate) fn page(subject: &Subject) -> EndpointFacts {
    let request = subject.request.as_ref().ok();
    // The URL as it is shown stands in where there is no request; it has no credentials.
    let shown = subject.shown_url.parse::<Url>().ok();
    let url = request.map(|request| &request.url).or(shown.as_ref());
    let host = url.and_then(Url::host_str).unwrap_or_default();
    let host = host.trim_start_matches('[').trim_end_matches(']').to_owned();
    let origin = request.and_then(|request| request.headers.get("origin"));
    EndpointFacts {
        id: Some(subject.id.clone()),
        name: subject.name.clone(),
        port: url.and_then(port).unwrap_or_default(),
        path: url.map_or("/", Url::path).to_owned(),
        encrypted: url.is_some_and(|url| matches!(url.scheme(), "wss" | "https")),
        single_session: subject.single_session,
        heartbeat_ms: u64::try_from(subject.heartbeat.as_millis()).unwrap_or(u64::MAX),
        origin: origin.map(|value| dial::one_line(&String::from_utf8_lossy(value.as_bytes()), 200)),
        unusable: subject.request.as_ref().err().cloned(),
        health_page: subject.health_url.is_some(),
        names: NameFacts {
            literal: matches!(url.and_then(Url::host), Some(Host::Ipv4(_) | Host::Ipv6(_))),
            host: host.clone(),
            ..NameFacts::default()
        },
        host,
        live: subject.live.clone(),
        ..EndpointFacts::default()
    }
}

/// `url` may be a ws URL or an http one; both have their ports.
fn port(url: &Url) -> Option<u16> {
    url.port_or_known_default()
}

/// Step A8.
fn live(notebook: &Notebook, inquiry: &Inquiry) {
    let step = notebook.begin(StepId::A8, None);
    let states: Map<String, Value> = inquiry
        .subjects
        .iter()
        .filter_map(|subject| {
            Some((subject.id.to_string(), serde_json::to_value(subject.live.as_ref()?.state).ok()?))
        })
        .collect();
    if states.is_empty() {
        return step.end(StepEnd::without(StepStatus::Na, StepReason::NoAgent));
    }
    let down = |live: &LiveFacts| live.state != EndpointState::Connected;
    let any_down = inquiry.subjects.iter().filter_map(|subject| subject.live.as_ref()).any(down);
    let status = if any_down { StepStatus::Warn } else { StepStatus::Pass };
    step.end(StepEnd { detail: states, ..StepEnd::new(status) });
}

/// Looks at the live connections once more: a check takes seconds, and they go on meanwhile.
pub(super) fn look_again(notebook: &Notebook, inquiry: &Inquiry) {
    let Some(live_now) = &inquiry.live_now else { return };
    let found: Vec<Option<LiveFacts>> =
        inquiry.subjects.iter().map(|subject| live_now.look(&subject.id)).collect();
    notebook.learn(|facts| {
        for (endpoint, live) in facts.endpoints.iter_mut().zip(found) {
            if live.is_some() {
                endpoint.live = live;
            }
        }
    });
}
