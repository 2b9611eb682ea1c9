//! Step C2 and the ghost host: who answers in place of somebody else? A network with a sign-in page answers for the control
//! page, a transparent proxy for a host that cannot exist. Where they lead is named, never opened.

use std::{fmt::Write as _, time::Duration};

use dial::{DialLimits, DialRequest, Dialer, Fetched, ProxyChoice};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use model::check::{StepReason, StepStatus};
use url::Url;

use crate::{
    Notebook, OpenStep, StepEnd,
    facts::{PortalEnd, PortalFacts},
};

/// The whole exchange.
const LIMIT: Duration = Duration::from_secs(3);
/// Sent with the request…
const CHALLENGE: HeaderName = HeaderName::from_static("x-linekeeper-challenge");
/// …and expected back as `response <challenge>`. Some caches strip it.
const RESPONSE: HeaderName = HeaderName::from_static("x-linekeeper-response");
/// A network that knows itself says so (RFC 6585 §6).
const SIGN_IN: u16 = 511;
/// Longest text of a stranger that is kept, in characters.
const QUOTED: usize = 120;

/// Fetches the control page and ends the step.
pub(super) async fn look(notebook: &Notebook, step: OpenStep, control: Option<&Url>, dialer: &Dialer) {
    let Some(url) = control else {
        return step.end(StepEnd::without(StepStatus::Na, StepReason::NoControlPage));
    };
    let host = url.host_str().unwrap_or_default().to_owned();
    if url.scheme() != "http" {
        let reason = StepReason::ControlPageEncrypted;
        return step.end(StepEnd::without(StepStatus::Na, reason));
    }
    let challenge = random();
    let headers = [(CHALLENGE, challenge.as_str())];
    let system = DialRequest { proxy: ProxyChoice::System, ..DialRequest::new(url.clone()) };
    let proxied = dialer.proxy_for(&system, LIMIT).await.is_ok_and(|one| one.server().is_some());
    let end = match fetch(dialer, url, &headers, LIMIT).await {
        Ok(answer) => judge(url, &answer, &challenge),
        Err(raw) => PortalEnd::Unknown(raw),
    };
    let status = match &end {
        PortalEnd::Clear { .. } => StepStatus::Pass,
        PortalEnd::Portal(_) => StepStatus::Fail,
        PortalEnd::Unknown(_) => StepStatus::Warn,
    };
    // Sign-in pages stand in the way of direct traffic, so that is what is asked, as browsers do.
    let mut ended = StepEnd::new(status)
        .with("host", host.as_str())
        .with("way", "direct")
        .with("proxy_of_the_system_not_used", proxied)
        .with("limit_ms", u64::try_from(LIMIT.as_millis()).unwrap_or(u64::MAX));
    ended = match &end {
        PortalEnd::Clear { echo_missing } => ended.with("echo_missing", *echo_missing),
        PortalEnd::Portal(found) => ended.with("found", found.as_str()),
        PortalEnd::Unknown(raw) => ended.raw(raw),
    };
    notebook.learn(|facts| facts.computer.portal = Some(PortalFacts { host, end }));
    step.end(ended);
}

/// Asks an address where nobody is for a host that cannot exist, and learns who answers.
pub(super) async fn ghost(notebook: &Notebook, url: &Url, limit: Duration, dialer: &Dialer) {
    // The domain "invalid" is nobody's (RFC 2606).
    let host = format!("{}.invalid", random());
    let Ok(answer) = fetch(dialer, url, &[(header::HOST, host.as_str())], limit).await else { return };
    let who = [header::SERVER, header::VIA]
        .iter()
        .find_map(|name| text(&answer.headers, name))
        .unwrap_or_else(|| format!("status {}", answer.status.as_u16()));
    notebook.learn(|facts| facts.computer.ghost_answered = Some(who));
}

async fn fetch(
    dialer: &Dialer,
    url: &Url,
    headers: &[(HeaderName, &str)],
    limit: Duration,
) -> Result<Fetched, String> {
    let limits = DialLimits { overall: limit, ..DialLimits::default() };
    let mut request = DialRequest { limits, proxy: ProxyChoice::Direct, ..DialRequest::new(url.clone()) };
    for (name, value) in headers {
        let value = HeaderValue::from_str(value).map_err(|error| error.to_string())?;
        request.headers.insert(name, value);
    }
    dialer.fetch(&request, |_| ()).await.map_err(|error| dial::one_line(&error.to_string(), 300))
}

fn judge(asked: &Url, answer: &Fetched, challenge: &str) -> PortalEnd {
    let status = answer.status;
    if status == StatusCode::NO_CONTENT {
        let echo = text(&answer.headers, &RESPONSE);
        let echo_missing = echo.as_deref() != Some(&format!("response {challenge}"));
        return PortalEnd::Clear { echo_missing };
    }
    if status.is_redirection() {
        return match text(&answer.headers, &header::LOCATION).and_then(|to| asked.join(&to).ok()) {
            // The organisation's own server sends everybody to https, or has moved the page.
            Some(to) if to.host_str() == asked.host_str() => {
                PortalEnd::Unknown("the control page leads elsewhere on its own host".to_owned())
            }
            Some(to) => PortalEnd::Portal(place(&to)),
            None => PortalEnd::Portal(format!("status {}", status.as_u16())),
        };
    }
    if status.is_success() || status.as_u16() == SIGN_IN {
        let title = title(&answer.body).unwrap_or_else(|| format!("status {}", status.as_u16()));
        return PortalEnd::Portal(title);
    }
    PortalEnd::Unknown(format!("status {} in place of 204", status.as_u16()))
}

/// Scheme, host and port: what follows may hold somebody's address or ticket.
fn place(to: &Url) -> String {
    let mut shown = format!("{}://{}", to.scheme(), to.host_str().unwrap_or_default());
    if let Some(port) = to.port() {
        // Writing to a string does not fail.
        let _ = write!(shown, ":{port}");
    }
    dial::one_line(&shown, QUOTED)
}

/// The text of the first title element.
fn title(body: &[u8]) -> Option<String> {
    let body = String::from_utf8_lossy(body);
    // Lower case of the same length, so that places in one are places in the other.
    let lower = body.to_ascii_lowercase();
    let start = lower.find("<title")?;
    let start = start + lower[start..].find('>')? + 1;
    let end = lower[start..].find('<').map_or(body.len(), |end| start + end);
    let text = dial::one_line(body[start..end].trim(), QUOTED);
    (!text.is_empty()).then_some(text)
}

fn text(headers: &HeaderMap, name: &HeaderName) -> Option<String> {
    let value = String::from_utf8_lossy(headers.get(name)?.as_bytes()).into_owned();
    Some(dial::one_line(&value, 2048))
}

/// A word nobody has heard yet. Not a secret.
fn random() -> String {
    let mut bytes = [0; 8];
    // Without random numbers an old word does.
    let _ = getrandom::fill(&mut bytes);
    format!("{:016x}", u64::from_ne_bytes(bytes))
}
