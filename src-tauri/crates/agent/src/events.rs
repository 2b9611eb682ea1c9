//! Facts on their way to listeners. A message stays as it came until somebody reads it: parsed JSON takes many
//! times the memory, and a listener may be slow. Deliveries that became known together travel together.

use std::{collections::VecDeque, sync::Arc};

use model::{AgentEvent, Delivery, EndpointId};
use tokio::sync::broadcast::{self, error::RecvError};

use crate::{courier::Landed, inbox::Kept};

/// A queued fact.
#[derive(Clone, Debug)]
pub(crate) enum Fact {
    /// As it goes out.
    Ready(Box<AgentEvent>),
    /// A message, still raw.
    Message(EndpointId, Kept),
    /// Messages of ours that arrived, at most a window's worth.
    Delivered(EndpointId, Arc<[Landed]>),
}

/// A listener's place in the flow of transitions, messages and deliveries. Nothing is stored here beyond one window of
/// deliveries: the agent's bounded queue is shared by all, and a listener that falls behind loses the oldest and is told
/// how many.
#[derive(Debug)]
pub struct Events {
    facts: broadcast::Receiver<Fact>,
    deliveries: VecDeque<Delivery>,
}

impl Events {
    pub(crate) fn new(facts: broadcast::Receiver<Fact>) -> Self {
        Self { facts, deliveries: VecDeque::new() }
    }

    /// The next event; never [`AgentEvent::Status`]. Safe to drop and call again.
    ///
    /// # Errors
    /// [`RecvError::Lagged`] says how many were missed (deliveries that became known together count as one),
    /// [`RecvError::Closed`] that the agent has ended.
    pub async fn recv(&mut self) -> Result<AgentEvent, RecvError> {
        loop {
            if let Some(delivery) = self.deliveries.pop_front() {
                return Ok(AgentEvent::Delivered(delivery));
            }
            match self.facts.recv().await? {
                Fact::Ready(event) => return Ok(*event),
                Fact::Message(endpoint, kept) => return Ok(AgentEvent::Message(kept.message(&endpoint))),
                Fact::Delivered(endpoint, landed) => {
                    let delivery = |landed: &Landed| Delivery {
                        endpoint: endpoint.clone(),
                        id: landed.id.to_string(),
                        seq: landed.seq,
                    };
                    self.deliveries.extend(landed.iter().map(delivery));
                }
            }
        }
    }
}
