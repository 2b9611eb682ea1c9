//! What happens, on its way to listeners. A message stays as it came until somebody reads it: parsed JSON takes many
//! times the memory, and a listener may be slow. Arrivals that became known together travel together, and on a way of
//! their own: however much is received, it does not push out the word that something arrived.

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
}

/// Messages of ours that arrived, at most a window's worth.
#[derive(Clone, Debug)]
pub(crate) struct Arrivals {
    pub(crate) endpoint: EndpointId,
    pub(crate) landed: Arc<[Landed]>,
}

/// Both ways, for those who tell. Bounded: a listener that falls behind loses the oldest and is told how many.
#[derive(Clone, Debug)]
pub(crate) struct News {
    pub(crate) facts: broadcast::Sender<Fact>,
    pub(crate) arrivals: broadcast::Sender<Arrivals>,
}

/// The same for those who only listen: it ends with the last who tells.
#[derive(Clone, Debug)]
pub(crate) struct WeakNews {
    facts: broadcast::WeakSender<Fact>,
    arrivals: broadcast::WeakSender<Arrivals>,
}

/// Ends to listen at.
#[derive(Debug)]
pub(crate) struct Listening {
    pub(crate) facts: broadcast::Receiver<Fact>,
    pub(crate) arrivals: broadcast::Receiver<Arrivals>,
}

impl News {
    /// So many of each may wait for the slowest listener.
    pub(crate) fn new(queue: usize) -> Self {
        Self { facts: broadcast::channel(queue).0, arrivals: broadcast::channel(queue).0 }
    }

    pub(crate) fn downgrade(&self) -> WeakNews {
        WeakNews { facts: self.facts.downgrade(), arrivals: self.arrivals.downgrade() }
    }
}

impl WeakNews {
    /// From now on; `None` when the agent has ended.
    pub(crate) fn listen(&self) -> Option<Listening> {
        Some(Listening {
            facts: self.facts.upgrade()?.subscribe(),
            arrivals: self.arrivals.upgrade()?.subscribe(),
        })
    }
}

/// A listener's place in the flow of transitions, messages and deliveries. Nothing is stored here beyond one window of
/// deliveries: the agent's bounded queues are shared by all, and a listener that falls behind loses the oldest and is told
/// how many. Deliveries come in their order, and so does everything else; between the two there is none.
#[derive(Debug)]
pub struct Events {
    news: Listening,
    deliveries: VecDeque<Delivery>,
}

impl Events {
    pub(crate) fn new(news: Listening) -> Self {
        Self { news, deliveries: VecDeque::new() }
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
            // Both end together; what one of them still holds comes before that.
            let (fact, arrivals) = tokio::select! {
                fact = self.news.facts.recv() => match fact {
                    Err(RecvError::Closed) => (None, Some(self.news.arrivals.recv().await)),
                    fact => (Some(fact), None),
                },
                arrivals = self.news.arrivals.recv() => match arrivals {
                    Err(RecvError::Closed) => (Some(self.news.facts.recv().await), None),
                    arrivals => (None, Some(arrivals)),
                },
            };
            if let Some(Arrivals { endpoint, landed }) = arrivals.transpose()? {
                let delivery = |landed: &Landed| Delivery {
                    endpoint: endpoint.clone(),
                    id: landed.id.to_string(),
                    seq: landed.seq,
                };
                self.deliveries.extend(landed.iter().map(delivery));
            }
            match fact.transpose()? {
                Some(Fact::Ready(event)) => return Ok(*event),
                Some(Fact::Message(endpoint, kept)) => {
                    return Ok(AgentEvent::Message(kept.message(&endpoint)));
                }
                None => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_is_received_does_not_push_out_what_arrived_and_both_end_together() {
        let news = News::new(4);
        let mut events = Events::new(news.downgrade().listen().unwrap());
        let landed = Landed { id: "a".parse().unwrap(), seq: 1 };
        news.arrivals
            .send(Arrivals { endpoint: "pulse".parse().unwrap(), landed: Arc::new([landed]) })
            .unwrap();
        for seq in 1..=9 {
            let received: model::ReceivedMessage = serde_json::from_value(serde_json::json!({
                "endpoint": "pulse", "seq": seq, "received_at": "2026-11-20T12:00:00Z", "format": "text", "data": "x",
                "bytes": 1, "truncated": false
            }))
            .unwrap();
            news.facts.send(Fact::Ready(Box::new(AgentEvent::Message(received)))).unwrap();
        }
        drop(news);
        let (mut delivered, mut messages, mut missed) = (0, 0, 0);
        loop {
            match events.recv().await {
                Ok(AgentEvent::Delivered(_)) => delivered += 1,
                Ok(_) => messages += 1,
                Err(RecvError::Lagged(count)) => missed += count,
                Err(RecvError::Closed) => break,
            }
        }
        assert_eq!((delivered, messages, missed), (1, 4, 5));
    }
}
