//! One courier for each endpoint: owns its offline buffer, carries messages from there to the connection, and tells how
//! many wait. Must not block the supervisor, and decides nothing about connections.
//!
//! ```text
//!   programs ─► OutboxHandle ─► buffer ─► Round ─► Carriage ─► link (a session that is proven for a second)
//!                                 ▲        │  window, pace      │
//!                                 └────────┴── fence, written, or an acknowledgement: AckReader
//! ```
//!
//! - **Everything goes through the buffer**, so nothing overtakes what waits.
//! - **What arrived is decided here**, by the endpoint's `ack`; a message leaves the buffer only then.
//! - **When a session ends** everything unconfirmed goes back to the head and out again, in order, under the same ids.

mod acks;
mod blame;
mod carriage;
mod depot;
mod envelope;
mod leftovers;
mod line;
mod pace;
mod round;
mod standing;
mod window;

use std::sync::Arc;

use model::EndpointId;
use outbox::OutboxHandle;
use tokio::{
    sync::{broadcast, mpsc, oneshot, watch},
    task::JoinHandle,
    time::timeout,
};
use tokio_util::sync::CancellationToken;

pub(crate) use self::{
    acks::AckReader, depot::Depot, leftovers::Leftovers, line::Line, standing::Standing, window::Landed,
};
use self::{
    line::Sessions,
    round::{Inward, Outward, Round},
};
use crate::{endpoint::Bell, events::Arrivals, handle::AgentError, settings::EndpointSettings};

/// Requests for the buffer that may wait.
const REQUEST_QUEUE: usize = 256;
/// Time for the first look at what waits.
const FIRST_LOOK: std::time::Duration = std::time::Duration::from_millis(500);
/// Time to end in; the buffer's file is whole at any moment.
const ENDING: std::time::Duration = std::time::Duration::from_millis(2_500);

/// Whoever asked for an endpoint's buffer.
pub(crate) type Reply = oneshot::Sender<Result<OutboxHandle, AgentError>>;

/// The supervisor's end of a courier.
#[derive(Debug)]
pub(crate) struct Courier {
    requests: mpsc::Sender<Reply>,
    settings: watch::Sender<EndpointSettings>,
    lines: watch::Sender<Option<Line>>,
    standing: watch::Receiver<Standing>,
    acks: AckReader,
    stop: CancellationToken,
    task: JoinHandle<()>,
}

impl Courier {
    /// Starts one. A buffer that was made before is opened at once, otherwise when somebody asks for it.
    pub(crate) fn start(
        settings: EndpointSettings,
        depot: Depot,
        arrivals: broadcast::Sender<Arrivals>,
        bell: Arc<Bell>,
    ) -> Self {
        let id = settings.id.clone();
        let (requests, requested) = mpsc::channel(REQUEST_QUEUE);
        let (settings, followed) = watch::channel(settings);
        let (lines, line) = watch::channel(None);
        let (tell, standing) = watch::channel(Standing::default());
        let (look, pointer) = watch::channel(None);
        let (reader, acks) = AckReader::new(pointer);
        let stop = CancellationToken::new();
        let outward = Outward { id, arrivals, bell, standing: tell };
        let inward = Inward {
            settings: followed,
            requests: requested,
            sessions: Sessions::new(line),
            acks,
            stop: stop.clone(),
        };
        let task = tokio::spawn(Round::new(outward, inward, depot, look).run());
        Self { requests, settings, lines, standing, acks: reader, stop, task }
    }

    /// The endpoint is configured like this from now on.
    pub(crate) fn configure(&self, settings: &EndpointSettings) {
        self.settings.send_if_modified(|known| {
            let changed = known != settings;
            if changed {
                *known = settings.clone();
            }
            changed
        });
    }

    /// This is the endpoint's link from now on.
    pub(crate) fn serve(&self, line: Line) {
        self.lines.send_replace(Some(line));
    }

    /// Reads acknowledgements out of what the peer sends.
    pub(crate) fn ack_reader(&self) -> AckReader {
        self.acks.clone()
    }

    /// How things stand.
    pub(crate) fn standing(&self) -> Standing {
        self.standing.borrow().clone()
    }

    /// Waits until it is known what waits from before, for a moment at most: files may have to be checked.
    pub(crate) async fn look(&mut self) {
        // An end is no news here.
        let _ = timeout(FIRST_LOOK, self.standing.wait_for(|standing| standing.known)).await;
    }

    /// Answers with the buffer, once it is open. Never waits.
    pub(crate) fn ask(&self, id: &EndpointId, reply: Reply) {
        if let Err(refused) = self.requests.try_send(reply) {
            let (reply, detail) = match refused {
                mpsc::error::TrySendError::Full(reply) => (reply, "too many programs ask for it at once"),
                mpsc::error::TrySendError::Closed(reply) => (reply, "it is being closed"),
            };
            // Who asked may be gone.
            let _ =
                reply.send(Err(AgentError::BufferUnavailable { id: id.clone(), detail: detail.to_owned() }));
        }
    }

    /// Ends: what is under way may still arrive, for a moment; then the buffer is closed.
    pub(crate) async fn stop(self) {
        self.stop.cancel();
        let abort = self.task.abort_handle();
        match timeout(ENDING, self.task).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::error!(%error, "a courier ended badly"),
            Err(_) => {
                tracing::warn!("a courier did not end in time");
                abort.abort();
            }
        }
    }
}
