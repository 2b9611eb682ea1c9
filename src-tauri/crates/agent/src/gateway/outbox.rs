//! The buffers' routes: what waits, what was given up, and what a person may do about it.
//!
//! ```text
//! GET    /v1/outbox/{id}?limit=20&after=SEQ&data=false&head=N OutboxReport: the state, and the first waiting messages
//! DELETE /v1/outbox/{id}                                     throws away all that waits          → {"count":N}
//! DELETE /v1/outbox/{id}/messages/{mid}                      throws away one waiting message     → {"count":1}
//! GET    /v1/outbox/{id}/export?dead=false                   application/x-ndjson, a message a line, bodies included
//! POST   /v1/outbox/{id}/verify?after=SEQ                    {"messages":N,"damaged":N,"problem":null|"...","next":SEQ|null}
//! POST   /v1/outbox/{id}/resume                              tries the message that holds all up → {"resumed":true}
//! GET    /v1/outbox/{id}/dead?limit=100&after=SEQ&data=false&head=N {"letters":[DeadMessage],"next":SEQ|null}
//! DELETE /v1/outbox/{id}/dead                                throws all dead letters away        → {"count":N}
//! DELETE /v1/outbox/{id}/dead/{mid}                          throws one dead letter away         → {"count":1}
//! POST   /v1/outbox/{id}/dead/{mid}/retry                    202 {"id","seq"}: it waits again, at the end
//! ```
//! Message ids are percent-encoded in paths. `next` is the `after` of the following page. Bodies come only with
//! `data=true`, as `format` and `data` of received messages do; with `head` only the beginning of each. Decides nothing:
//! the buffers do.

mod export;
mod letters;
mod pages;
mod report;

use std::time::Duration;

use axum::{
    Json,
    extract::State,
    response::{IntoResponse, Response},
};
use http::StatusCode;
use model::EndpointId;
use outbox::OutboxHandle;
pub use outbox::{Tally, Verified};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use self::letters::Letters;
use self::pages::Bodies;
pub use self::report::{Books, BufferNotice, DeadMessage, DeadPage, OutboxReport, Spread, WaitingMessage};
use super::{
    body::SmallBody,
    desk::Desk,
    place::{Asked, At, MessageAt},
    refusal::Refusal,
};

/// Most messages of a page.
const MAX_PAGE: u64 = 100;

/// Messages of a page of what waits, unless another number is asked for.
const SHOWN: u64 = 20;

/// A check takes no longer in one request, and says where to go on.
const VERIFY_WITHIN: Duration = Duration::from_secs(5);

/// Which page, and whether with bodies.
#[derive(Debug, Deserialize, JsonSchema)]
pub(super) struct Page {
    /// Most messages of the page; never more than 100.
    #[schemars(range(max = 18_446_744_073_709_551_615_u64))]
    limit: Option<u64>,
    /// Only messages behind this place in the order.
    #[schemars(range(max = 18_446_744_073_709_551_615_u64))]
    after: Option<u64>,
    /// With the messages' bodies.
    data: Option<bool>,
    /// Of each body only so many bytes; `bytes` is the size of the whole.
    #[schemars(range(max = 18_446_744_073_709_551_615_u64))]
    head: Option<u64>,
}

/// What is exported.
#[derive(Debug, Deserialize, JsonSchema)]
pub(super) struct Export {
    /// The dead letters instead of what waits.
    dead: Option<bool>,
}

/// Which part is checked.
#[derive(Debug, Deserialize, JsonSchema)]
pub(super) struct Part {
    /// Only messages behind this place in the order.
    #[schemars(range(max = 18_446_744_073_709_551_615_u64))]
    after: Option<u64>,
}

/// Places are signed in the file; what lies beyond has nothing behind it.
const LAST: u64 = i64::MAX.unsigned_abs() - 1;

/// How many messages were thrown away.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Thrown {
    /// Messages.
    pub count: u64,
}

/// Whether there was something to resume.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Resumed {
    /// Whether a message held everything up.
    pub resumed: bool,
}

/// A dead letter that waits again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Retried {
    /// Its id, which stays.
    pub id: String,
    /// Its new place.
    pub seq: u64,
}

impl Page {
    fn limit(&self, default: u64) -> u64 {
        self.limit.unwrap_or(default).min(MAX_PAGE)
    }

    fn after(&self) -> u64 {
        self.after.unwrap_or(0).min(LAST)
    }

    fn bodies(&self) -> Bodies {
        match (self.data, self.head) {
            (None | Some(false), _) => Bodies::Left,
            (Some(true), None) => Bodies::Whole,
            (Some(true), Some(bytes)) => Bodies::Head(usize::try_from(bytes).unwrap_or(usize::MAX)),
        }
    }
}

async fn buffer(desk: &Desk, endpoint: &EndpointId) -> Result<OutboxHandle, Refusal> {
    Ok(desk.agent.outbox(endpoint).await?)
}

pub(super) async fn show(
    State(desk): State<Desk>,
    At(endpoint): At,
    Asked(page): Asked<Page>,
) -> Result<Json<OutboxReport>, Refusal> {
    let outbox = buffer(&desk, &endpoint).await?;
    let (limit, after) = (page.limit(SHOWN), page.after());
    Ok(Json(OutboxReport::read(&outbox, endpoint, limit, after, page.bodies()).await?))
}

pub(super) async fn discard_all(
    State(desk): State<Desk>,
    At(endpoint): At,
    _body: SmallBody,
) -> Result<Json<Thrown>, Refusal> {
    let count = buffer(&desk, &endpoint).await?.discard_all().await?;
    Ok(Json(Thrown { count }))
}

pub(super) async fn discard(
    State(desk): State<Desk>,
    MessageAt(endpoint, message): MessageAt,
    _body: SmallBody,
) -> Result<Json<Thrown>, Refusal> {
    buffer(&desk, &endpoint).await?.discard(message).await?;
    Ok(Json(Thrown { count: 1 }))
}

pub(super) async fn export(
    State(desk): State<Desk>,
    At(endpoint): At,
    Asked(wanted): Asked<Export>,
) -> Result<Response, Refusal> {
    let outbox = buffer(&desk, &endpoint).await?;
    export::stream(outbox, wanted.dead.unwrap_or(false), desk.stop).await
}

pub(super) async fn verify(
    State(desk): State<Desk>,
    At(endpoint): At,
    Asked(part): Asked<Part>,
    _body: SmallBody,
) -> Result<Json<Verified>, Refusal> {
    let outbox = buffer(&desk, &endpoint).await?;
    Ok(Json(outbox.verify_from(part.after.unwrap_or(0).min(LAST), VERIFY_WITHIN).await?))
}

pub(super) async fn resume(
    State(desk): State<Desk>,
    At(endpoint): At,
    _body: SmallBody,
) -> Result<Json<Resumed>, Refusal> {
    let resumed = buffer(&desk, &endpoint).await?.resume().await?;
    Ok(Json(Resumed { resumed }))
}

pub(super) async fn dead(
    State(desk): State<Desk>,
    At(endpoint): At,
    Asked(page): Asked<Page>,
) -> Result<Json<DeadPage>, Refusal> {
    let outbox = buffer(&desk, &endpoint).await?;
    let (limit, after) = (page.limit(MAX_PAGE), page.after());
    Ok(Json(DeadPage::read(&outbox, limit, after, page.bodies()).await?))
}

pub(super) async fn clear_dead(
    State(desk): State<Desk>,
    At(endpoint): At,
    _body: SmallBody,
) -> Result<Json<Thrown>, Refusal> {
    let count = buffer(&desk, &endpoint).await?.clear_dead().await?;
    Ok(Json(Thrown { count }))
}

pub(super) async fn delete_dead(
    State(desk): State<Desk>,
    MessageAt(endpoint, message): MessageAt,
    _body: SmallBody,
) -> Result<Json<Thrown>, Refusal> {
    buffer(&desk, &endpoint).await?.delete_dead(message).await?;
    Ok(Json(Thrown { count: 1 }))
}

pub(super) async fn retry_dead(
    State(desk): State<Desk>,
    MessageAt(endpoint, message): MessageAt,
    _body: SmallBody,
) -> Result<Response, Refusal> {
    let seq = buffer(&desk, &endpoint).await?.retry_dead(message.clone()).await?;
    Ok((StatusCode::ACCEPTED, Json(Retried { id: message.to_string(), seq })).into_response())
}
