//! One courier for each endpoint: owns its offline buffer, carries messages from there to the connection, and tells how
//! many wait. Must not block the supervisor, and decides nothing about connections.

mod depot;
mod round;

use model::EndpointId;
use outbox::OutboxHandle;
use tokio::{
    sync::{mpsc, oneshot, watch},
    task::JoinHandle,
};
use tokio_util::sync::CancellationToken;

pub(crate) use self::depot::Depot;
use self::round::Round;
use crate::{handle::AgentError, settings::EndpointSettings};

/// Requests for the buffer that may wait.
const REQUEST_QUEUE: usize = 256;

/// Whoever asked for an endpoint's buffer.
pub(crate) type Reply = oneshot::Sender<Result<OutboxHandle, AgentError>>;

/// The supervisor's end of a courier.
#[derive(Debug)]
pub(crate) struct Courier {
    requests: mpsc::Sender<Reply>,
    settings: watch::Sender<EndpointSettings>,
    stop: CancellationToken,
    task: JoinHandle<()>,
}

impl Courier {
    /// Starts one. Its buffer is opened at once where there is one, otherwise when somebody asks for it.
    pub(crate) fn start(settings: EndpointSettings, depot: Depot) -> Self {
        let (sender, requests) = mpsc::channel(REQUEST_QUEUE);
        let (settings, followed) = watch::channel(settings);
        let stop = CancellationToken::new();
        let round = Round { depot, settings: followed, requests, stop: stop.clone(), holding: None };
        Self { requests: sender, settings, stop, task: tokio::spawn(round.run()) }
    }

    /// The endpoint is configured like this from now on.
    pub(crate) fn configure(&self, settings: EndpointSettings) {
        self.settings.send_if_modified(|known| {
            let changed = *known != settings;
            *known = settings;
            changed
        });
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

    /// Ends: takes no requests any more, closes the buffer.
    pub(crate) async fn stop(self) {
        self.stop.cancel();
        if self.task.await.is_err() {
            tracing::error!("a courier ended badly");
        }
    }
}
