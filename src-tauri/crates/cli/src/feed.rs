//! What an agent tells, whether it runs in this process or behind its gateway.

use std::sync::Arc;

use agent::AgentHandle;
use model::{AgentEvent, StatusSnapshot};
use tokio::sync::{broadcast::error::RecvError, watch};

use crate::client::{Events, Told};

/// A source of [`Told`]; the first is always the whole status.
#[derive(Debug)]
pub(crate) enum Feed {
    /// The agent of this process.
    Own(Box<OwnAgent>),
    /// The running agent, through its gateway.
    Gateway(Box<Events>),
}

#[derive(Debug)]
pub(crate) struct OwnAgent {
    handle: AgentHandle,
    status: watch::Receiver<Arc<StatusSnapshot>>,
    events: agent::Events,
}

impl Feed {
    /// `None` when the agent has ended already.
    pub(crate) fn own(handle: AgentHandle) -> Option<Self> {
        let events = handle.events()?;
        let mut status = handle.watch_status();
        status.mark_changed();
        Some(Self::Own(Box::new(OwnAgent { handle, status, events })))
    }

    /// The next piece of news; `None` when the agent has ended.
    pub(crate) async fn next(&mut self) -> anyhow::Result<Option<Told>> {
        match self {
            Self::Own(agent) => Ok(agent.next().await),
            Self::Gateway(events) => events.next().await,
        }
    }
}

impl OwnAgent {
    async fn next(&mut self) -> Option<Told> {
        tokio::select! {
            biased;
            changed = self.status.changed() => {
                changed.ok()?;
                Some(Told::Event(AgentEvent::Status(Box::new(self.handle.status()))))
            }
            event = self.events.recv() => match event {
                Ok(event) => Some(Told::Event(event)),
                Err(RecvError::Lagged(count)) => Some(Told::Missed(count)),
                Err(RecvError::Closed) => None,
            },
        }
    }
}
