//! The state of the agent and of its endpoints, their received messages, and orders to them.

use axum::{
    Json,
    extract::{Path, State, rejection::PathRejection},
    response::{IntoResponse as _, Response},
};
use http::{Method, StatusCode, Uri, header};
use model::{EndpointId, ReceivedMessage, StatusSnapshot};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    body::SmallBody,
    desk::Desk,
    openapi,
    operations::operations,
    place::{Asked, At, endpoint},
    refusal::Refusal,
    routes::unknown_route,
};
use crate::handle::{Action, Target};

/// Most messages one answer holds; the agent keeps no more.
const MOST_MESSAGES: usize = 100;

/// The agent runs.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Health {
    /// Always `ok`.
    status: &'static str,
}

/// How many messages are wanted.
#[derive(Debug, Deserialize, JsonSchema)]
pub(super) struct Newest {
    /// Most messages; never more than 100.
    #[schemars(range(max = 18_446_744_073_709_551_615_u64))]
    limit: Option<usize>,
}

/// An order that was passed on.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Ordered {
    /// For whom; `null` for all.
    endpoint: Option<EndpointId>,
    /// What.
    action: String,
}

pub(super) async fn health() -> Json<Health> {
    Json(Health { status: "ok" })
}

pub(super) async fn status(State(desk): State<Desk>) -> Json<StatusSnapshot> {
    Json(desk.agent.status())
}

/// `/openapi.json`. Made for whoever asks: making it takes more memory than an agent without connections, and hardly
/// anybody asks.
pub(super) async fn document() -> Response {
    let document = openapi::document(&operations()).to_string();
    ([(header::CONTENT_TYPE, "application/json")], document).into_response()
}

pub(super) async fn messages(
    State(desk): State<Desk>,
    At(endpoint): At,
    Asked(newest): Asked<Newest>,
) -> Result<Json<Vec<ReceivedMessage>>, Refusal> {
    let limit = newest.limit.unwrap_or(MOST_MESSAGES).min(MOST_MESSAGES);
    Ok(Json(desk.agent.messages(endpoint, limit).await?))
}

pub(super) async fn control_one(
    State(desk): State<Desk>,
    method: Method,
    uri: Uri,
    path: Result<Path<(String, String)>, PathRejection>,
    _body: SmallBody,
) -> Result<(StatusCode, Json<Ordered>), Refusal> {
    let Path((id, word)) = path.map_err(|error| Refusal::bad_request(error.body_text()))?;
    let action = action(&word).ok_or_else(|| unknown_route(&method, &uri))?;
    let id = endpoint(&id)?;
    desk.agent.control(Target::One(id.clone()), action).await?;
    Ok(ordered(Some(id), word))
}

pub(super) async fn control_all(
    State(desk): State<Desk>,
    method: Method,
    uri: Uri,
    word: Result<Path<String>, PathRejection>,
    _body: SmallBody,
) -> Result<(StatusCode, Json<Ordered>), Refusal> {
    let Path(word) = word.map_err(|error| Refusal::bad_request(error.body_text()))?;
    let action = action(&word).ok_or_else(|| unknown_route(&method, &uri))?;
    desk.agent.control(Target::All, action).await?;
    Ok(ordered(None, word))
}

/// 202: the endpoints have the order; what comes of it shows in the status.
fn ordered(endpoint: Option<EndpointId>, action: String) -> (StatusCode, Json<Ordered>) {
    (StatusCode::ACCEPTED, Json(Ordered { endpoint, action }))
}

fn action(word: &str) -> Option<Action> {
    match word {
        "connect" => Some(Action::Connect),
        "reconnect" => Some(Action::Reconnect),
        "pause" => Some(Action::Pause),
        "resume" => Some(Action::Resume),
        _ => None,
    }
}
