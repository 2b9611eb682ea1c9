//! What the server answers over HTTP: banner, registry, faults, and the door to the six paths.
//!
//! One URL per path; a request says by its headers which transport it wants. Sessions live in `session`.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use axum::{
    Extension, Json, Router,
    body::Body,
    extract::{
        DefaultBodyLimit, Query, State,
        rejection::{BytesRejection, QueryRejection},
    },
    response::{Html, IntoResponse, Response},
    routing::{any, get},
};
use bytes::Bytes;
use fastrand::Rng;
use http::{HeaderMap, HeaderValue, Request, StatusCode, Uri, header};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::time::sleep;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{
    DemoPath,
    banner::Banner,
    envelope::{ErrorKind, Refusal, wall_clock},
    fault::{Fault, FaultHandle, FaultRequest, Scope},
    feed::{Feed, paced},
    registry::Registry,
    session::{Session, Setup},
    upgrade::{Handshake, line},
};

/// Silence after which the hub ends a session.
const HUB_IDLE: Duration = Duration::from_secs(60);
/// Largest body of a request.
const LARGEST_BODY: usize = 16 * 1024;
/// Where faults are staged; no fault applies to it.
const FAULT_PATH: &str = "/fault";

/// A page as a captive portal shows it.
const PAGE: &str = "<!doctype html>\n<title>Sign in to the network</title>\n<h1>Sign in</h1>\n\
    <p>This page stands in for a captive portal. It was staged with the fault <code>no_websocket</code>.</p>\n";

/// The client's address, put on each request by the server.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Peer(pub(crate) SocketAddr);

/// What all requests share.
pub(crate) struct Site {
    pub(crate) seed: u64,
    pub(crate) pace: f64,
    pub(crate) feeds: Vec<(DemoPath, Feed)>,
    pub(crate) faults: FaultHandle,
    pub(crate) registry: Registry,
    pub(crate) sessions: TaskTracker,
    /// Ends sessions with a goodbye.
    pub(crate) stop: CancellationToken,
    /// Ends what is left.
    pub(crate) kill: CancellationToken,
}

impl Site {
    /// Whether a connection asking for this is closed without an answer.
    pub(crate) fn refuses(&self, uri: &Uri) -> bool {
        if uri.path() == FAULT_PATH {
            return false;
        }
        let active =
            DemoPath::parse(uri.path()).map_or_else(|| self.faults.everywhere(), |path| self.faults.on(path));
        active.is_some_and(|active| active.fault == Fault::Refuse)
    }

    pub(crate) fn router(self: Arc<Self>) -> Router {
        let mut router = Router::new()
            .route("/", get(banner))
            .route("/connections", get(connections))
            .route(FAULT_PATH, get(list_faults).post(stage_fault).delete(clear_faults));
        for path in DemoPath::ALL {
            let open = move |State(site): State<Arc<Self>>, Extension(peer): Extension<Peer>, request| async move {
                site.open(path, peer, request).await
            };
            router = router.route(path.as_str(), any(open));
        }
        router
            .fallback(nothing_here)
            .method_not_allowed_fallback(method_not_allowed)
            .layer(DefaultBodyLimit::max(LARGEST_BODY))
            .with_state(self)
    }

    async fn open(self: Arc<Self>, path: DemoPath, peer: Peer, mut request: Request<Body>) -> Response {
        match self.faults.on(path).map(|active| active.fault) {
            Some(Fault::HttpStatus(status)) => return staged_status(status),
            Some(Fault::NoWebsocket) => return Html(PAGE).into_response(),
            Some(Fault::Slow(delay)) => tokio::select! {
                () = sleep(delay) => {}
                () = self.stop.cancelled() => {}
            },
            Some(Fault::Refuse | Fault::Silent | Fault::CloseAfterOpen(_) | Fault::DropRandom(_)) | None => {}
        }
        let handshake = match Handshake::accept(&mut request) {
            Ok(handshake) => handshake,
            Err(not) => {
                let mut answer = error(not.status, not.refusal);
                if not.status == StatusCode::UPGRADE_REQUIRED {
                    let headers = answer.headers_mut();
                    headers.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
                    headers.insert(header::CONNECTION, HeaderValue::from_static("Upgrade"));
                    headers.insert(header::SEC_WEBSOCKET_VERSION, HeaderValue::from_static("13"));
                }
                return answer;
            }
        };
        let user_agent = request.headers().get(header::USER_AGENT).and_then(|agent| agent.to_str().ok());
        let setup = Setup {
            path,
            feed: self.feeds.iter().find(|(of, _)| *of == path).map(|(_, feed)| feed.clone()),
            faults: self.faults.watch(),
            entry: self.registry.enter(path, peer.0, user_agent),
            stop: self.stop.clone(),
            idle: (path == DemoPath::Hub).then(|| paced(HUB_IDLE, self.pace)),
            rng: Rng::with_seed(self.seed ^ u64::from(peer.0.port())),
        };
        let session = async move {
            match handshake.upgrade.await.map(line) {
                Ok(Some(line)) => Session::open(line, setup).await.run().await,
                Ok(None) => {
                    tracing::error!("an upgraded connection is not the TCP stream it was accepted as")
                }
                Err(error) => tracing::debug!(%error, "a connection ended before its upgrade"),
            }
        };
        let kill = self.kill.clone();
        self.sessions.spawn(async move { kill.run_until_cancelled(session).await });
        handshake.answer.into_response()
    }
}

async fn banner(State(site): State<Arc<Site>>) -> Json<Banner> {
    Json(Banner::new(site.seed))
}

async fn connections(State(site): State<Arc<Site>>) -> Json<Value> {
    let connections = site.registry.list();
    Json(json!({"count": connections.len(), "connections": connections}))
}

async fn list_faults(State(site): State<Arc<Site>>) -> Json<Value> {
    Json(json!({"faults": site.faults.list()}))
}

async fn stage_fault(
    State(site): State<Arc<Site>>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    if foreign_page(&headers) {
        return forbidden();
    }
    let body = match body {
        Ok(body) => body,
        Err(rejection) => {
            let refusal = Refusal::bad_request(rejection.body_text(), json!({"key": "body"}));
            return error(rejection.status(), refusal);
        }
    };
    match FaultRequest::parse(&body) {
        Ok(request) => {
            site.faults.stage(request);
            tracing::info!(path = request.scope.as_str(), mode = request.fault.mode(), "fault staged");
            Json(json!({"faults": site.faults.list()})).into_response()
        }
        Err(refusal) => error(StatusCode::BAD_REQUEST, refusal),
    }
}

/// The query of `DELETE /fault`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Which {
    path: Option<String>,
}

async fn clear_faults(
    State(site): State<Arc<Site>>,
    headers: HeaderMap,
    which: Result<Query<Which>, QueryRejection>,
) -> Response {
    if foreign_page(&headers) {
        return forbidden();
    }
    let scope = match which {
        Ok(Query(Which { path: None })) => Ok(None),
        Ok(Query(Which { path: Some(path) })) => {
            Scope::parse(&path).map(Some).ok_or_else(|| format!("unknown path {path:?}"))
        }
        Err(rejection) => Err(rejection.body_text()),
    };
    match scope {
        Ok(scope) => Json(json!({"cleared": site.faults.clear(scope)})).into_response(),
        Err(message) => error(StatusCode::BAD_REQUEST, Refusal::bad_request(message, json!({"key": "path"}))),
    }
}

/// Whether a page of another site asks, open in this computer's browser. Programs send no Origin.
fn foreign_page(headers: &HeaderMap) -> bool {
    let Some(origin) = headers.get(header::ORIGIN) else {
        return false;
    };
    let origin = origin.to_str().ok().and_then(|origin| origin.parse::<Uri>().ok());
    let host = origin.as_ref().and_then(Uri::host);
    !host.is_some_and(|host| matches!(host, "localhost" | "127.0.0.1" | "[::1]"))
}

fn forbidden() -> Response {
    let message = "faults are not staged for pages of other sites";
    error(StatusCode::FORBIDDEN, Refusal::new(ErrorKind::AuthError, message, Value::Null))
}

fn staged_status(status: StatusCode) -> Response {
    let kind = match status.as_u16() {
        401 | 403 | 407 => ErrorKind::AuthError,
        400..=499 => ErrorKind::BadRequest,
        500 => ErrorKind::InternalError,
        _ => ErrorKind::ConnectionError,
    };
    error(status, Refusal::new(kind, format!("fault http_status: {status}"), Value::Null))
}

async fn nothing_here(uri: Uri) -> Response {
    let paths = DemoPath::ALL.map(DemoPath::as_str);
    let message = format!("there is nothing at {}", uri.path());
    error(StatusCode::NOT_FOUND, Refusal::bad_request(message, json!({"paths": paths})))
}

async fn method_not_allowed() -> Response {
    error(StatusCode::METHOD_NOT_ALLOWED, Refusal::bad_request("this path has no such method", Value::Null))
}

fn error(status: StatusCode, refusal: Refusal) -> Response {
    (status, Json(refusal.into_message(wall_clock()))).into_response()
}
