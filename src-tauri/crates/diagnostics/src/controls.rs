//! Steps C1 and C2: is it the network or the one server? Other configured endpoints and the organisation's own control page
//! answer that. Nobody else is asked.

mod portal;

use std::{net::IpAddr, time::Duration};

use dial::{DialCause, DialRequest, Dialer};
use futures_util::future::join_all;
use model::{
    EndpointId, ErrorCode,
    check::{StepId, StepReason, StepStatus},
};
use serde_json::json;
use tokio::sync::Semaphore;
use url::Url;

use crate::{
    Inquiry, Notebook, OpenStep, StepEnd, Subject, computer,
    facts::{AddressEnd, ControlFacts},
};

/// Other endpoints that are knocked at at once.
const AT_ONCE: usize = 4;
/// One knock.
const KNOCK: Duration = Duration::from_secs(3);
/// More other endpoints than are needed to tell.
const MOST: usize = 16;
/// The request to an address where nobody is.
const GHOST: Duration = Duration::from_millis(1_500);

/// Knocks at the other endpoints and fetches the control page, where one is configured.
pub(crate) async fn knock(notebook: &Notebook, inquiry: &Inquiry, dialer: &Dialer) {
    let (others, page) = (notebook.begin(StepId::C1, None), notebook.begin(StepId::C2, None));
    let work = async {
        tokio::join!(
            knock_at_others(notebook, others, inquiry, dialer),
            portal::look(notebook, page, inquiry.control_url.as_ref(), dialer)
        );
    };
    notebook.cancelled().run_until_cancelled(work).await;
}

/// An endpoint that can be knocked at.
struct Control<'a> {
    id: &'a EndpointId,
    host: String,
    request: &'a DialRequest,
}

/// Step C1. Endpoints that are checked themselves are each other's controls without a knock: one more connection would be
/// one too many at once.
async fn knock_at_others(notebook: &Notebook, step: OpenStep, inquiry: &Inquiry, dialer: &Dialer) {
    let controls = controls(inquiry);
    if controls.is_empty() {
        let reason =
            if inquiry.subjects.len() > 1 { StepReason::OthersChecked } else { StepReason::NoOthers };
        return step.end(StepEnd::without(StepStatus::Na, reason));
    }
    let gate = Semaphore::new(AT_ONCE);
    let ended = join_all(controls.into_iter().map(|control| knock_at(control, dialer, &gate))).await;
    let proxied = ended.iter().filter(|one| one.is_none()).count();
    let found: Vec<ControlFacts> = ended.into_iter().flatten().collect();
    let status = if found.is_empty() {
        StepStatus::Na
    } else if found.iter().any(|one| one.end == Some(AddressEnd::Connected)) {
        StepStatus::Pass
    } else {
        // It explains what fails elsewhere, and is no fault by itself.
        StepStatus::Warn
    };
    let mut end = StepEnd::new(status)
        .with("controls", found.iter().map(|one| json!(one)).collect::<Vec<_>>())
        .with("behind_proxy", proxied)
        .with("limit_ms", u64::try_from(KNOCK.as_millis()).unwrap_or(u64::MAX));
    if found.is_empty() {
        end.reason = Some(StepReason::OthersProxied);
    }
    notebook.learn(|facts| facts.controls = found);
    step.end(end);
}

/// One knock, when its turn comes. `None` where a proxy would answer.
async fn knock_at(control: Control<'_>, dialer: &Dialer, gate: &Semaphore) -> Option<ControlFacts> {
    // The gate is never closed.
    let _turn = gate.acquire().await.ok()?;
    let end = match dialer.knock_at(control.request, KNOCK).await {
        Ok(Some(_)) => Some(AddressEnd::Connected),
        Ok(None) => return None,
        Err(cause) => end_of(&cause),
    };
    Some(ControlFacts { id: control.id.clone(), host: control.host, end })
}

/// Each server once, and none that is checked.
fn controls(inquiry: &Inquiry) -> Vec<Control<'_>> {
    let place = |subject: &Subject| subject.request.as_ref().ok().and_then(|one| place(&one.url));
    let mut taken: Vec<(String, u16)> = inquiry.subjects.iter().filter_map(place).collect();
    let mut found = Vec::new();
    for subject in &inquiry.controls {
        let (Ok(request), Some(place)) = (&subject.request, place(subject)) else { continue };
        if found.len() < MOST && !taken.contains(&place) {
            found.push(Control { id: &subject.id, host: place.0.clone(), request });
            taken.push(place);
        }
    }
    found
}

fn place(url: &Url) -> Option<(String, u16)> {
    let host = url.host_str()?;
    let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    Some((bare.to_owned(), url.port_or_known_default()?))
}

/// `None` where the name was not found.
fn end_of(cause: &DialCause) -> Option<AddressEnd> {
    let raw = || dial::one_line(&cause.to_string(), 300);
    let code = cause.code();
    if matches!(code, ErrorCode::DnsNotFound | ErrorCode::DnsFailed | ErrorCode::DnsTimeout) {
        None
    } else if code == ErrorCode::ConnectionRefused {
        Some(AddressEnd::Refused)
    } else if code == ErrorCode::ConnectTimeout {
        Some(AddressEnd::TimedOut)
    } else if code == ErrorCode::PermissionDenied {
        Some(AddressEnd::Denied(raw()))
    } else if matches!(code, ErrorCode::Unreachable | ErrorCode::NetworkDown) {
        Some(AddressEnd::Unreachable(raw()))
    } else {
        Some(AddressEnd::Failed(raw()))
    }
}

/// Looks for a transparent proxy: something that answers a request to an address where nobody can be, for a host that
/// cannot exist. It reaches no third party, because no network leads there. Writes no step.
pub(crate) async fn ghost(notebook: &Notebook, dialer: &Dialer) {
    let own: Vec<IpAddr> = notebook.known(|facts| {
        let interfaces = facts.computer.interfaces.iter().flatten();
        interfaces.flat_map(|one| one.addresses.clone()).collect()
    });
    let Some(nobody) = computer::nobody(false, &own) else { return };
    let Ok(url) = Url::parse(&format!("http://{nobody}/")) else { return };
    let work = portal::ghost(notebook, &url, GHOST, dialer);
    notebook.cancelled().run_until_cancelled(work).await;
}

#[cfg(test)]
#[path = "controls/tests.rs"]
mod tests;
