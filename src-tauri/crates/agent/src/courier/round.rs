//! What a courier does all day.

use outbox::OutboxHandle;
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;

use super::{Depot, Reply, depot::Holding};
use crate::{handle::AgentError, settings::EndpointSettings};

/// A courier at work.
#[derive(Debug)]
pub(super) struct Round {
    pub(super) depot: Depot,
    pub(super) settings: watch::Receiver<EndpointSettings>,
    pub(super) requests: mpsc::Receiver<Reply>,
    pub(super) stop: CancellationToken,
    pub(super) holding: Option<Holding>,
}

impl Round {
    pub(super) async fn run(mut self) {
        let known = self.depot.knows(&self.settings.borrow().id);
        if known && let Err(error) = self.hold().await {
            tracing::warn!(%error, "the buffer does not open");
        }
        loop {
            tokio::select! {
                () = self.stop.cancelled() => break,
                request = self.requests.recv() => match request {
                    Some(reply) => {
                        // Who asked may be gone.
                        let _ = reply.send(self.hold().await);
                    }
                    None => break,
                },
            }
        }
        if let Some(holding) = self.holding.take() {
            holding.close().await;
        }
    }

    /// The buffer, opened where it is not open yet.
    async fn hold(&mut self) -> Result<OutboxHandle, AgentError> {
        if let Some(holding) = &self.holding {
            return Ok(holding.handle.clone());
        }
        let settings = self.settings.borrow().clone();
        match self.depot.open(&settings.id, &settings.buffer).await {
            Ok(holding) => Ok(self.holding.insert(holding).handle.clone()),
            Err(error) => Err(AgentError::BufferUnavailable { id: settings.id, detail: error.to_string() }),
        }
    }
}
