//! The router of this version and what every request passes on its way to them.
//!
//! From outside in: headers that go with every answer → a panic or a stall becomes an answer → [`Guard`] → route.

use std::{panic::AssertUnwindSafe, sync::Arc, time::Duration};

use axum::{
    Router,
    extract::{Request, State},
    middleware::{Next, from_fn, from_fn_with_state},
    response::{IntoResponse, Response},
};
use futures_util::FutureExt as _;
use http::{HeaderName, HeaderValue, Method, StatusCode, Uri, header};
use model::ErrorCode;

use super::{
    assets,
    desk::Desk,
    guard::{Guard, Proof},
    operation::Operation,
    operations::operations,
    refusal::Refusal,
};

/// Longest time from a request's head to its answer's head.
const ANSWER_WITHIN: Duration = Duration::from_secs(30);

pub(super) fn router(desk: Desk, guard: Guard) -> Router {
    let mut router = Router::new();
    for (path, handler) in operations().into_iter().map(Operation::route) {
        router = router.route(path, handler);
    }
    router
        .fallback(asset)
        .method_not_allowed_fallback(wrong_method)
        .with_state(desk)
        .layer(from_fn_with_state(Arc::new(guard), admit))
        .layer(from_fn(settle))
        .layer(from_fn(label))
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

pub(super) fn unknown_route(method: &Method, uri: &Uri) -> Refusal {
    Refusal::new(
        StatusCode::NOT_FOUND,
        ErrorCode::UnknownRoute,
        format!("{method} {}", shortened(uri.path())),
    )
}

fn shortened(path: &str) -> String {
    path.chars().take(120).collect()
}

/// Exact paths only, compared as they arrived: what the router would decode differently needs the token in its usual
/// place.
fn proof(path: &str) -> Proof {
    match path {
        "/healthz" => Proof::None,
        "/ws" => Proof::TokenOrSubprotocol,
        path if assets::find(path).is_some() => Proof::None,
        _ => Proof::Token,
    }
}

async fn admit(State(guard): State<Arc<Guard>>, request: Request, next: Next) -> Result<Response, Refusal> {
    guard.check(request.uri(), request.headers(), proof(request.uri().path()))?;
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
