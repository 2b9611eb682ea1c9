//! Messages of one connection on their way into the buffers: in order, several to a flush where they come fast.

use std::sync::{Mutex, PoisonError};

use model::EndpointId;
use outbox::{Accepted, Fate, MessageId, NewMessage};
use tokio::sync::mpsc;

use super::{frame::ServerFrame, ledger::Ledger, outgoing::Outgoing};
use crate::{
    gateway::{body::Share, refusal::Refusal, sending},
    handle::AgentHandle,
};

/// Messages of a connection that wait to be handed over; then it is not read further.
pub(super) const QUEUE: usize = 64;

/// Bytes handed over at once.
const BATCH_BYTES: usize = 1 << 20;

/// A message to be handed over.
#[derive(Debug)]
pub(super) struct Offer {
    pub(super) endpoint: EndpointId,
    pub(super) id: MessageId,
    pub(super) message: NewMessage,
    pub(super) share: Share,
}

/// Hands over and answers.
#[derive(Debug)]
pub(super) struct Intake<'m> {
    pub(super) agent: &'m AgentHandle,
    pub(super) ledger: &'m Mutex<Ledger>,
    pub(super) outgoing: &'m Outgoing,
}

impl Intake<'_> {
    /// Runs until nobody offers any more.
    pub(super) async fn run(&self, offers: &mut mpsc::Receiver<Offer>) {
        let mut next = None;
        loop {
            let first = match next.take() {
                Some(offer) => offer,
                None => match offers.recv().await {
                    Some(offer) => offer,
                    None => return,
                },
            };
            let mut bytes = first.message.payload.as_bytes().len();
            let mut batch = vec![first];
            while bytes < BATCH_BYTES
                && batch.len() < QUEUE
                && let Ok(offer) = offers.try_recv()
            {
                if offer.endpoint != batch[0].endpoint {
                    next = Some(offer);
                    break;
                }
                bytes += offer.message.payload.as_bytes().len();
                batch.push(offer);
            }
            self.hand_over(batch).await;
        }
    }

    async fn hand_over(&self, batch: Vec<Offer>) {
        let endpoint = batch[0].endpoint.clone();
        let messages = batch.iter().map(|offer| offer.message.clone()).collect();
        match self.append(&endpoint, messages).await {
            Ok(taken) => taken.iter().for_each(|accepted| self.answer(&endpoint, accepted)),
            Err(refusal) if batch.len() == 1 => self.refuse(&endpoint, &batch[0].id, refusal),
            // All or none: one by one those get in that can.
            Err(_) => {
                for offer in batch {
                    match self.append(&endpoint, vec![offer.message]).await {
                        Ok(taken) => taken.iter().for_each(|accepted| self.answer(&endpoint, accepted)),
                        Err(refusal) => self.refuse(&endpoint, &offer.id, refusal),
                    }
                    drop(offer.share);
                }
            }
        }
    }

    async fn append(
        &self,
        endpoint: &EndpointId,
        messages: Vec<NewMessage>,
    ) -> Result<Vec<Accepted>, Refusal> {
        Ok(self.agent.append(endpoint, messages).await??)
    }

    fn answer(&self, endpoint: &EndpointId, accepted: &Accepted) {
        let id = accepted.id.to_string();
        let mut ledger = self.ledger.lock().unwrap_or_else(PoisonError::into_inner);
        let delivered = match accepted.fate {
            Fate::Stored(_) | Fate::Duplicate => ledger.accept(endpoint, &accepted.id),
            Fate::Delivered => {
                ledger.forget(endpoint, &accepted.id);
                Some(accepted.seq)
            }
            Fate::Dropped => {
                drop(ledger);
                return self.refuse(endpoint, &accepted.id, sending::dropped());
            }
        };
        let (endpoint, seq) = (endpoint.clone(), accepted.seq);
        let duplicate = accepted.duplicate();
        self.outgoing.put(&ServerFrame::Accepted {
            endpoint: endpoint.clone(),
            id: id.clone(),
            seq,
            duplicate,
        });
        if let Some(seq) = delivered {
            self.outgoing.put(&ServerFrame::Delivered { endpoint, id, seq });
        }
    }

    fn refuse(&self, endpoint: &EndpointId, id: &MessageId, refusal: Refusal) {
        self.ledger.lock().unwrap_or_else(PoisonError::into_inner).forget(endpoint, id);
        let id = id.to_string();
        self.outgoing.put(&ServerFrame::send_refusal(refusal, Some(endpoint.clone()), Some(id)));
    }
}
