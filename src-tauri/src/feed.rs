//! What the window is told: batches of the agent's events, at most ten a second and bounded in size.
//!
//! The page may be slow or gone; neither may cost the program memory or time.

use std::{collections::VecDeque, time::Duration};

use agent::AgentHandle;
use model::{AgentEvent, StatusSnapshot};
use tokio::{
    sync::broadcast::error::RecvError,
    time::{Instant, sleep_until},
};
use tokio_util::sync::CancellationToken;

use crate::conditions::Conditions;

/// Shortest time between two batches.
const PACE: Duration = Duration::from_millis(100);
/// Messages in one batch. Beyond it the oldest are dropped; their `seq` shows the gap.
const MESSAGES: usize = 500;
/// The same in payload bytes, one message aside: a page has to parse them all.
const BYTES: u64 = 4 << 20;
/// Deliveries in one batch. Beyond it the oldest are dropped; the page says of what it sent that it lost sight of it.
const DELIVERIES: usize = 5_000;

/// Sends to the window until `stop`, until the agent ends, or until `send` says that nobody is there.
pub(crate) async fn run(
    agent: AgentHandle,
    conditions: Conditions,
    stop: CancellationToken,
    send: impl Fn(Vec<AgentEvent>) -> bool,
) {
    // Listening before asking: what happens in between is in one of the two.
    let Some(mut events) = agent.events() else { return };
    let (mut status, mut desktop) = (agent.watch_status(), conditions.watch());
    status.mark_changed();
    let mut batch = Batch::default();
    let mut due = Instant::now();
    loop {
        tokio::select! {
            biased;
            () = stop.cancelled() => return,
            () = sleep_until(due), if !batch.is_empty() => {
                if !send(batch.take()) {
                    return;
                }
                due = Instant::now() + PACE;
            }
            changed = status.changed() => {
                if changed.is_err() {
                    return;
                }
                batch.status = Some(conditions.over(agent.status()));
            }
            () = desktop.changed() => batch.status = Some(conditions.over(agent.status())),
            event = events.recv() => match event {
                Ok(event) => batch.push(event),
                Err(RecvError::Lagged(missed)) => tracing::debug!(missed, "the window missed events"),
                Err(RecvError::Closed) => return,
            },
        }
    }
}

/// What waits for the next send.
#[derive(Debug, Default)]
struct Batch {
    status: Option<StatusSnapshot>,
    events: VecDeque<AgentEvent>,
    messages: usize,
    /// Payload bytes of the messages.
    bytes: u64,
    deliveries: usize,
}

impl Batch {
    fn is_empty(&self) -> bool {
        self.status.is_none() && self.events.is_empty()
    }

    fn push(&mut self, event: AgentEvent) {
        match &event {
            AgentEvent::Message(message) => {
                self.messages += 1;
                self.bytes += message.bytes;
            }
            AgentEvent::Delivered(_) => self.deliveries += 1,
            AgentEvent::Status(_) | AgentEvent::Transition(_) => {}
        }
        self.events.push_back(event);
        if self.deliveries > DELIVERIES {
            let oldest = self.events.iter().position(|event| matches!(event, AgentEvent::Delivered(_)));
            oldest.and_then(|oldest| self.events.remove(oldest));
            self.deliveries -= 1;
        }
        while self.messages > MESSAGES || (self.bytes > BYTES && self.messages > 1) {
            self.drop_oldest_message();
        }
    }

    fn drop_oldest_message(&mut self) {
        let oldest = self.events.iter().position(|event| matches!(event, AgentEvent::Message(_)));
        if let Some(AgentEvent::Message(message)) = oldest.and_then(|oldest| self.events.remove(oldest)) {
            self.messages -= 1;
            self.bytes -= message.bytes;
        }
    }

    /// Events in order; the status last, for it is the newest.
    fn take(&mut self) -> Vec<AgentEvent> {
        (self.messages, self.bytes, self.deliveries) = (0, 0, 0);
        let status = self.status.take().map(|status| AgentEvent::Status(Box::new(status)));
        self.events.drain(..).chain(status).collect()
    }
}

#[cfg(test)]
mod tests {
    use model::{Delivery, EndpointState, MessageFormat, ReceivedMessage, Transition};

    use super::*;

    fn message(seq: u64) -> AgentEvent {
        AgentEvent::Message(ReceivedMessage {
            endpoint: "pulse".parse().unwrap(),
            seq,
            received_at: jiff::Timestamp::UNIX_EPOCH,
            format: MessageFormat::Text,
            data: "x".into(),
            bytes: 1,
            truncated: false,
        })
    }

    fn transition() -> AgentEvent {
        AgentEvent::Transition(Transition {
            endpoint: "pulse".parse().unwrap(),
            at: jiff::Timestamp::UNIX_EPOCH,
            from: None,
            to: EndpointState::Connecting,
            reason: None,
            error: None,
            remedy: None,
            next_attempt_at: None,
        })
    }

    #[test]
    fn a_flood_of_deliveries_costs_the_oldest_of_them_and_nothing_else() {
        let delivered =
            |seq| AgentEvent::Delivered(Delivery { endpoint: "pulse".parse().unwrap(), id: "m".into(), seq });
        let mut batch = Batch::default();
        batch.push(message(1));
        (0..DELIVERIES as u64 + 2).for_each(|seq| batch.push(delivered(seq)));
        let sent = batch.take();
        assert_eq!((sent.len(), &sent[0], &sent[1]), (DELIVERIES + 1, &message(1), &delivered(2)));
    }

    #[test]
    fn a_flood_costs_the_oldest_messages_and_no_transition() {
        let mut batch = Batch::default();
        batch.push(transition());
        (1..=MESSAGES as u64 + 3).for_each(|seq| batch.push(message(seq)));
        batch.push(transition());
        let sent = batch.take();
        assert_eq!(sent.len(), MESSAGES + 2);
        assert_eq!(sent.iter().filter(|event| **event == transition()).count(), 2);
        assert_eq!(sent[1], message(4), "the three oldest are gone");
        assert!(batch.is_empty());
        (1..=MESSAGES as u64).for_each(|seq| batch.push(message(seq)));
        assert_eq!(batch.take()[0], message(1), "the count starts anew");
    }
}
