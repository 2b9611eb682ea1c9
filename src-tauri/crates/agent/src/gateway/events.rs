//! `GET /v1/events`: what happens in the agent, as server-sent events.
//!
//! Each event's data is the value itself: `status` a full StatusSnapshot (first of all, then at most ten a
//! second, the newest replacing those before it), `transition` a Transition, `message` a ReceivedMessage, `delivered` a
//! Delivery. A reader that is too slow loses the oldest transitions and messages, and gets `missed` with `{"count":N}`.

use std::{convert::Infallible, sync::Arc, time::Duration};

use axum::{
    extract::State,
    response::{
        IntoResponse, Response,
        sse::{Event, KeepAlive, Sse},
    },
};
use futures_util::stream;
use http::{HeaderValue, StatusCode, header};
use model::{AgentEvent, ErrorCode, StatusSnapshot};
use tokio::{
    sync::{broadcast::error::RecvError, watch},
    time::{Instant, sleep_until},
};
use tokio_util::sync::CancellationToken;

use super::{desk::Desk, refusal::Refusal};
use crate::{events::Events, handle::AgentHandle};

/// Shortest time between two `status` events.
pub(super) const STATUS_SPACING: Duration = Duration::from_millis(100);

/// A comment after this much silence, so that either side notices a dead connection.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// One listener's place in the flow of events. Nothing is stored here: the agent's bounded broadcast is the
/// queue, and its policy when full is to drop the oldest.
struct Listener {
    agent: AgentHandle,
    status: watch::Receiver<Arc<StatusSnapshot>>,
    events: Events,
    stop: CancellationToken,
    next_status: Instant,
}

pub(super) async fn listen(State(desk): State<Desk>) -> Result<Response, Refusal> {
    stream(&desk.agent, desk.stop)
}

/// Answers with the stream; it ends when the agent or the gateway ends.
fn stream(handle: &AgentHandle, stop: CancellationToken) -> Result<Response, Refusal> {
    // Subscribe before the first snapshot is taken: what happens in between then comes twice, not never.
    let events = handle.events().ok_or_else(|| {
        Refusal::new(
            StatusCode::SERVICE_UNAVAILABLE,
            ErrorCode::ShuttingDown,
            "Listen again when the agent is back.",
        )
    })?;
    let mut status = handle.watch_status();
    status.mark_changed();
    let listener = Listener { agent: handle.clone(), status, events, stop, next_status: Instant::now() };
    let events = stream::unfold(listener, |mut listener| async {
        let event = listener.next().await?;
        Some((Ok::<_, Infallible>(event), listener))
    });
    let mut response = Sse::new(events).keep_alive(KeepAlive::new().interval(KEEP_ALIVE)).into_response();
    // Nothing between here and the reader may hold events back.
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
}

impl Listener {
    async fn next(&mut self) -> Option<Event> {
        loop {
            tokio::select! {
                biased;
                () = self.stop.cancelled() => return None,
                changed = due(&mut self.status, self.next_status) => {
                    changed.ok()?;
                    self.next_status = Instant::now() + STATUS_SPACING;
                    self.status.mark_unchanged();
                    // Asked anew: the watched one carries the uptime of its publication.
                    return named("status", &self.agent.status());
                }
                event = self.events.recv() => match event {
                    Ok(event) => match &event {
                        AgentEvent::Transition(transition) => return named("transition", transition),
                        AgentEvent::Message(message) => return named("message", message),
                        AgentEvent::Delivered(delivery) => return named("delivered", delivery),
                        // Snapshots come from the watch, where the newest replaces all before it.
                        AgentEvent::Status(_) => {}
                    },
                    Err(RecvError::Lagged(count)) => return named("missed", &serde_json::json!({ "count": count })),
                    Err(RecvError::Closed) => return None,
                },
            }
        }
    }
}

/// Sleeps first: a wait that is dropped between the two steps has then not consumed the change.
pub(super) async fn due(
    status: &mut watch::Receiver<Arc<StatusSnapshot>>,
    not_before: Instant,
) -> Result<(), watch::error::RecvError> {
    sleep_until(not_before).await;
    status.changed().await
}

/// `None`, which ends the stream, only for data that cannot be JSON; there is none.
fn named(name: &str, data: &impl serde::Serialize) -> Option<Event> {
    Event::default().event(name).json_data(data).ok()
}
