//! `/v1/diagnostics`: a check, with its progress where somebody listens to it. The last who goes away cancels it.

use std::{convert::Infallible, time::Duration};

use axum::{
    Json,
    body::{Body, Bytes},
    extract::{FromRequest, Request, State},
    response::{
        IntoResponse, Response,
        sse::{Event, KeepAlive, Sse},
    },
};
use futures_util::stream;
use http::{HeaderMap, HeaderValue, StatusCode, header};
use model::{
    EndpointId,
    check::{CheckEvent, Mode, Trigger},
};
use schemars::JsonSchema;
use serde::Deserialize;

use super::{
    body::{Budget, object, read},
    desk::Desk,
    operation::may_be_left_out,
    refusal::Refusal,
};
use crate::diagnosis::{Checking, DiagnoseRequest};

/// Largest request.
const MOST_BYTES: usize = 64 * 1024;
/// A comment after this much silence, so that either side notices a dead connection.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// What is to be checked.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(transform = may_be_left_out)]
#[serde(deny_unknown_fields)]
pub(super) struct Wanted {
    /// Ids of endpoints; none means all enabled ones.
    #[serde(default)]
    endpoints: Vec<EndpointId>,
    /// How thoroughly.
    #[serde(default = "quick")]
    mode: Mode,
    /// Who asks, as it stands in the report.
    #[serde(default = "program")]
    trigger: Trigger,
}

fn quick() -> Mode {
    Mode::Quick
}

fn program() -> Trigger {
    Trigger::Cli
}

/// Without a body: all endpoints, quickly.
impl<S: Sync> FromRequest<S> for Wanted {
    type Rejection = Refusal;

    async fn from_request(request: Request, _: &S) -> Result<Self, Refusal> {
        let body = read(request.into_body(), MOST_BYTES, &mut Budget::default().share()).await?;
        if body.is_empty() {
            return Ok(Self { endpoints: Vec::new(), mode: quick(), trigger: program() });
        }
        object(&body)
    }
}

/// Makes a check.
pub(super) async fn check(
    State(desk): State<Desk>,
    headers: HeaderMap,
    wanted: Wanted,
) -> Result<Response, Refusal> {
    let Wanted { endpoints, mode, trigger } = wanted;
    let checking = desk.agent.diagnose(DiagnoseRequest { endpoints, mode, trigger }).await?;
    Ok(if wants_events(&headers) { told(checking) } else { reported(checking) })
}

fn wants_events(headers: &HeaderMap) -> bool {
    let accepted = headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok());
    accepted
        .flat_map(|value| value.split(','))
        .any(|one| one.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case("text/event-stream"))
}

/// Progress, then the report.
fn told(checking: Checking) -> Response {
    let events = stream::unfold(checking, |mut checking| async {
        let event = match checking.next().await? {
            CheckEvent::Progress(progress) => Event::default().event("progress").json_data(progress),
            CheckEvent::Report(report) => Event::default().event("report").json_data(report),
        };
        // There is no step and no report that cannot be JSON.
        Some((Ok::<_, Infallible>(event.ok()?), checking))
    });
    let mut response = Sse::new(events).keep_alive(KeepAlive::new().interval(KEEP_ALIVE)).into_response();
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// The report alone. The head goes out at once: a deep check takes longer than any answer's head may.
fn reported(checking: Checking) -> Response {
    let report = stream::once(async {
        let report = checking.report().await.ok_or_else(|| std::io::Error::other("the agent ended"))?;
        serde_json::to_vec(&report).map(Bytes::from).map_err(std::io::Error::other)
    });
    ([(header::CONTENT_TYPE, "application/json")], Body::from_stream(report)).into_response()
}

/// The newest check.
pub(super) async fn last(State(desk): State<Desk>) -> Result<Response, Refusal> {
    Ok(match desk.agent.last_check().await? {
        Some(report) => Json(report).into_response(),
        None => StatusCode::NO_CONTENT.into_response(),
    })
}
