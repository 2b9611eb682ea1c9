//! The routes of this version and what every request passes on its way to them.
//!
//! From outside in: headers that go with every answer → a panic or a stall becomes an answer → [`Guard`] → route.

use std::{panic::AssertUnwindSafe, sync::Arc, time::Duration};

use axum::{
    Json, Router,
    extract::{
        Path, Query, Request, State,
        rejection::{PathRejection, QueryRejection},
    },
    middleware::{Next, from_fn, from_fn_with_state},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use futures_util::FutureExt as _;
use http::{HeaderName, HeaderValue, Method, StatusCode, Uri, header};
use model::{EndpointId, ErrorCode, ReceivedMessage, StatusSnapshot};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use super::{assets, body::SmallBody, events, guard::Guard, refusal::Refusal};
use crate::handle::{Action, AgentHandle, Target};

/// Longest time from a request's head to its answer's head.
const ANSWER_WITHIN: Duration = Duration::from_secs(15);

/// Most messages one answer holds; the agent keeps no more.
const MOST_MESSAGES: usize = 100;

/// What the routes work with.
#[derive(Clone, Debug)]
pub(super) struct Desk {
    pub(super) agent: AgentHandle,
    pub(super) stop: CancellationToken,
}

pub(super) fn router(desk: Desk, guard: Guard) -> Router {
    Router::new()
        .route("/healthz", get(health))
        .route("/v1/status", get(status))
        .route("/v1/events", get(listen))
        .route("/v1/endpoints/{id}/messages", get(messages))
        .route("/v1/endpoints/{id}/{action}", post(control_one))
        .route("/v1/{action}", post(control_all))
        .fallback(asset)
        .method_not_allowed_fallback(wrong_method)
        .with_state(desk)
        .layer(from_fn_with_state(Arc::new(guard), admit))
        .layer(from_fn(settle))
        .layer(from_fn(label))
}

async fn health() -> Json<Value> {
    Json(json!({ "status": "ok" }))
}

async fn status(State(desk): State<Desk>) -> Json<StatusSnapshot> {
    Json(desk.agent.status())
}

async fn listen(State(desk): State<Desk>) -> Result<Response, Refusal> {
    events::stream(&desk.agent, desk.stop)
}

#[derive(Deserialize)]
struct Page {
    limit: Option<usize>,
}

async fn messages(
    State(desk): State<Desk>,
    id: Result<Path<String>, PathRejection>,
    page: Result<Query<Page>, QueryRejection>,
) -> Result<Json<Vec<ReceivedMessage>>, Refusal> {
    let Path(id) = id.map_err(|error| Refusal::bad_request(error.body_text()))?;
    let Query(page) = page.map_err(|error| Refusal::bad_request(error.body_text()))?;
    let limit = page.limit.unwrap_or(MOST_MESSAGES).min(MOST_MESSAGES);
    Ok(Json(desk.agent.messages(endpoint(&id)?, limit).await?))
}

async fn control_one(
    State(desk): State<Desk>,
    method: Method,
    uri: Uri,
    path: Result<Path<(String, String)>, PathRejection>,
    _body: SmallBody,
) -> Result<Response, Refusal> {
    let Path((id, word)) = path.map_err(|error| Refusal::bad_request(error.body_text()))?;
    let action = action(&word).ok_or_else(|| unknown_route(&method, &uri))?;
    let id = endpoint(&id)?;
    desk.agent.control(Target::One(id.clone()), action).await?;
    Ok(accepted(Some(&id), &word))
}

async fn control_all(
    State(desk): State<Desk>,
    method: Method,
    uri: Uri,
    word: Result<Path<String>, PathRejection>,
    _body: SmallBody,
) -> Result<Response, Refusal> {
    let Path(word) = word.map_err(|error| Refusal::bad_request(error.body_text()))?;
    let action = action(&word).ok_or_else(|| unknown_route(&method, &uri))?;
    desk.agent.control(Target::All, action).await?;
    Ok(accepted(None, &word))
}

/// 202: the endpoints have the order; what comes of it shows in the status.
fn accepted(endpoint: Option<&EndpointId>, action: &str) -> Response {
    (StatusCode::ACCEPTED, Json(json!({ "endpoint": endpoint, "action": action }))).into_response()
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

fn endpoint(text: &str) -> Result<EndpointId, Refusal> {
    text.parse().map_err(|error: model::InvalidEndpointId| {
        Refusal::new(StatusCode::NOT_FOUND, ErrorCode::UnknownEndpoint, error.to_string())
    })
}

async fn asset(method: Method, uri: Uri) -> Result<Response, Refusal> {
    let asset = assets::find(uri.path()).ok_or_else(|| unknown_route(&method, &uri))?;
    if method == Method::GET || method == Method::HEAD {
        return Ok(asset.into_response());
    }
    let mut response = not_allowed(&method, &uri).into_response();
    response.headers_mut().insert(header::ALLOW, HeaderValue::from_static("GET,HEAD"));
    Ok(response)
}

async fn wrong_method(method: Method, uri: Uri) -> Refusal {
    not_allowed(&method, &uri)
}

fn not_allowed(method: &Method, uri: &Uri) -> Refusal {
    let detail =
        format!("{method} is not possible at {}; the header Allow says what is.", shortened(uri.path()));
    Refusal::new(StatusCode::METHOD_NOT_ALLOWED, ErrorCode::UnknownRoute, detail)
}

fn unknown_route(method: &Method, uri: &Uri) -> Refusal {
    Refusal::new(
        StatusCode::NOT_FOUND,
        ErrorCode::UnknownRoute,
        format!("{method} {}", shortened(uri.path())),
    )
}

fn shortened(path: &str) -> String {
    path.chars().take(120).collect()
}

/// Exact paths only, compared as they arrived: what the router would decode differently needs the token.
fn is_public(path: &str) -> bool {
    path == "/healthz" || assets::find(path).is_some()
}

async fn admit(State(guard): State<Arc<Guard>>, request: Request, next: Next) -> Result<Response, Refusal> {
    guard.check(request.uri(), request.headers(), is_public(request.uri().path()))?;
    Ok(next.run(request).await)
}

/// A defect in a route costs its caller an answer that says so, not a silent end of the connection.
pub(super) async fn settle(request: Request, next: Next) -> Response {
    let route = shortened(request.uri().path());
    match tokio::time::timeout(ANSWER_WITHIN, AssertUnwindSafe(next.run(request)).catch_unwind()).await {
        Ok(Ok(response)) => response,
        Ok(Err(_panic)) => {
            tracing::error!(route, "a gateway route panicked");
            Refusal::new(StatusCode::INTERNAL_SERVER_ERROR, ErrorCode::Internal, "").into_response()
        }
        Err(_elapsed) => {
            tracing::error!(route, "a gateway route did not answer in time");
            Refusal::new(
                StatusCode::GATEWAY_TIMEOUT,
                ErrorCode::Internal,
                "The agent did not answer in time.",
            )
            .into_response()
        }
    }
}

/// Headers of every answer. Deliberately no CORS header anywhere: other origins have no business here.
async fn label(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.insert(
        HeaderName::from_static("cross-origin-resource-policy"),
        HeaderValue::from_static("same-origin"),
    );
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}
