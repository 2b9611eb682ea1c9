//! Facts on their way to listeners. A message stays as it came until somebody reads it: parsed JSON takes many
//! times the memory, and a listener may be slow.

use model::{AgentEvent, EndpointId};
use tokio::sync::broadcast::{self, error::RecvError};

use crate::inbox::Kept;

/// A queued fact.
#[derive(Clone, Debug)]
pub(crate) enum Fact {
    /// As it goes out.
    Ready(Box<AgentEvent>),
    /// A message, still raw.
    Message(EndpointId, Kept),
}

/// A listener's place in the flow of transitions and messages. Nothing is stored here: the agent's bounded queue
/// is shared by all, and a listener that falls behind loses the oldest and is told how many.
#[derive(Debug)]
pub struct Events(pub(crate) broadcast::Receiver<Fact>);

impl Events {
    /// The next event; never [`AgentEvent::Status`].
    ///
    /// # Errors
    /// [`RecvError::Lagged`] says how many were missed, [`RecvError::Closed`] that the agent has ended.
    pub async fn recv(&mut self) -> Result<AgentEvent, RecvError> {
        Ok(match self.0.recv().await? {
            Fact::Ready(event) => *event,
            Fact::Message(endpoint, kept) => AgentEvent::Message(kept.message(&endpoint)),
        })
    }
}
