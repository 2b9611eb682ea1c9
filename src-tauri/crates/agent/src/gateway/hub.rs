//! `/ws`: one WebSocket for the messages of all endpoints, in and out. Frames are in [`frame`].
//!
//! ```text
//!  socket ──► Member::read ──► Intake ──► the endpoint's buffer        what the program sends
//!                 │ answers       │ accepted, error
//!                 ▼               ▼
//!  socket ◄──── Outgoing ◄──── Member::watch ◄── the agent's events    messages, delivered, status
//! ```
//! Nothing waits without a bound: a program that does not read loses status frames first and then its connection. What
//! was read is taken over or refused, whatever ends the connection: a program may send, say goodbye and be gone.

mod frame;
mod handshake;
mod intake;
mod ledger;
mod member;
mod outgoing;
mod rate;

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use axum::{
    Extension, Json,
    extract::{Request, State},
    response::Response,
};
use http::{HeaderMap, header};
use jiff::Timestamp;
use model::{EndpointId, StatusSnapshot};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tokio_tungstenite::tungstenite::Utf8Bytes;
use uuid::Uuid;

pub(super) use self::frame::{ClientFrame, ServerFrame};
use self::member::Member;
use super::{connections::busy, desk::Desk, refusal::Refusal, visitor::Visitor};
use crate::clock;

/// Longest part of a user agent that is kept, characters.
const USER_AGENT: usize = 200;

/// What one connection may do.
#[derive(Clone, Copy, Debug)]
pub(super) struct HubRules {
    /// Connections at once.
    pub(super) members: usize,
    /// A connection without a frame for so long is closed.
    pub(super) idle: Duration,
    /// Frames a second.
    pub(super) frames: u32,
    /// Frames that wait for a slow reader.
    pub(super) waiting: usize,
    /// Their bytes; one frame may be larger.
    pub(super) waiting_bytes: usize,
    /// Time for what was read to be taken over when something else ends the connection.
    pub(super) handover: Duration,
    /// Time for the close frame to get out and be answered.
    pub(super) farewell: Duration,
}

impl Default for HubRules {
    fn default() -> Self {
        Self {
            members: 256,
            idle: Duration::from_secs(60),
            frames: 1_000,
            waiting: 4_096,
            waiting_bytes: 4 << 20,
            handover: Duration::from_secs(10),
            farewell: Duration::from_millis(600),
        }
    }
}

/// Everybody who is connected. Clones share it.
#[derive(Clone, Debug, Default)]
pub(super) struct Hub {
    pub(super) rules: HubRules,
    register: Arc<Mutex<Register>>,
}

#[derive(Debug, Default)]
struct Register {
    members: BTreeMap<u64, MemberInfo>,
    admitted: u64,
    /// The newest status as it went out, for all to share.
    status: Option<(Arc<StatusSnapshot>, Utf8Bytes)>,
}

/// One connection of the hub.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct MemberInfo {
    /// Its id, as in `connection_established`.
    pub connection_id: String,
    /// Address and port of the other side.
    pub address: String,
    /// What the program calls itself.
    pub user_agent: Option<String>,
    /// Since when.
    pub connected_at: Timestamp,
    /// What it is subscribed to; `*` for all.
    pub endpoints: Vec<String>,
}

/// The hub's connections.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Members {
    /// Oldest first.
    pub connections: Vec<MemberInfo>,
}

/// A member's entry, while it is there.
#[derive(Debug)]
struct Entry {
    hub: Hub,
    number: u64,
    id: String,
}

impl Hub {
    pub(super) fn new(rules: HubRules) -> Self {
        Self { rules, register: Arc::default() }
    }

    fn register(&self) -> MutexGuard<'_, Register> {
        // Every change is one statement, so a panic elsewhere cannot have torn it.
        self.register.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The frame of a status; made once however many are to have it.
    fn status_frame(&self, snapshot: &Arc<StatusSnapshot>) -> Utf8Bytes {
        let made = self.register().status.clone();
        if let Some((known, text)) = made
            && Arc::ptr_eq(&known, snapshot)
        {
            return text;
        }
        let text = ServerFrame::Status(Box::new(StatusSnapshot::clone(snapshot))).text();
        self.register().status = Some((Arc::clone(snapshot), text.clone()));
        text
    }

    /// `None` when all places are taken.
    fn enter(&self, visitor: &Visitor, headers: &HeaderMap) -> Option<Entry> {
        let user_agent = headers.get(header::USER_AGENT).and_then(|agent| agent.to_str().ok());
        let id = Uuid::now_v7().to_string();
        let mut register = self.register();
        if register.members.len() >= self.rules.members {
            return None;
        }
        register.admitted += 1;
        let number = register.admitted;
        let info = MemberInfo {
            connection_id: id.clone(),
            address: visitor.address.to_string(),
            user_agent: user_agent.map(|agent| dial::one_line(agent, USER_AGENT)),
            connected_at: clock::now(),
            endpoints: Vec::new(),
        };
        register.members.insert(number, info);
        Some(Entry { hub: self.clone(), number, id })
    }
}

impl Entry {
    fn subscribed(&self, endpoints: Vec<String>) {
        if let Some(info) = self.hub.register().members.get_mut(&self.number) {
            info.endpoints = endpoints;
        }
    }
}

impl Drop for Entry {
    fn drop(&mut self) {
        self.hub.register().members.remove(&self.number);
    }
}

/// What a member wants to hear.
#[derive(Debug, Default)]
struct Interests {
    all: bool,
    endpoints: std::collections::BTreeSet<EndpointId>,
}

impl Interests {
    fn include(&self, endpoint: &EndpointId) -> bool {
        self.all || self.endpoints.contains(endpoint)
    }

    /// As the other side spells it.
    fn names(&self) -> Vec<String> {
        let all = self.all.then(|| "*".to_owned());
        all.into_iter().chain(self.endpoints.iter().map(|id| id.as_str().to_owned())).collect()
    }
}

/// `GET /v1/connections`.
pub(super) async fn list(State(desk): State<Desk>) -> Json<Members> {
    Json(Members { connections: desk.hub.register().members.values().cloned().collect() })
}

/// `GET /ws`: leaves HTTP.
pub(super) async fn join(
    State(desk): State<Desk>,
    Extension(visitor): Extension<Visitor>,
    mut request: Request,
) -> Result<Response, Refusal> {
    let answer = handshake::answer(request.headers())?;
    let upgrade = hyper::upgrade::on(&mut request);
    let entry = desk.hub.enter(&visitor, request.headers()).ok_or_else(|| busy().retry_after(1))?;
    visitor.continue_with(async move {
        match upgrade.await {
            Ok(upgraded) => Member::run(desk, entry, upgraded).await,
            Err(error) => tracing::debug!(%error, "a hub connection ended before it began"),
        }
    });
    Ok(answer)
}
