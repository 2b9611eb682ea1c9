//! What the rest of the program holds of a running agent: a cheap clone that asks and listens.

use std::{sync::Arc, time::Duration};

use model::{
    EndpointId, ErrorBody, ErrorCode, ReceivedMessage, RecordingInfo, StatusSnapshot,
    check::Report as CheckReport,
};
use outbox::{Accepted, AppendError, Fate, MessageId, NewMessage, OutboxHandle};
use tokio::{
    sync::{mpsc, oneshot, watch},
    time::Instant,
};

use crate::{
    diagnosis::{CheckRequest, Checking, DiagnoseRequest, RecordingRequest, Support},
    events::{Events, WeakNews},
    surroundings,
};

/// What to do with an endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Connect if it is not connected; a paused one is resumed.
    Connect,
    /// Drop the session, if any, and connect now.
    Reconnect,
    /// Disconnect and stay away until resumed.
    Pause,
    /// Take a pause back.
    Resume,
}

/// Which endpoints an [`Action`] is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// All enabled endpoints.
    All,
    /// One endpoint.
    One(EndpointId),
}

/// The agent could not do what was asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AgentError {
    /// No enabled endpoint has this id.
    #[error("there is no endpoint {id}; there are: {known}")]
    UnknownEndpoint {
        /// The id asked for.
        id: EndpointId,
        /// The ids there are, for the message.
        known: String,
    },
    /// Its buffer cannot be opened now.
    #[error("the buffer of {id} cannot be used: {detail}")]
    BufferUnavailable {
        /// The endpoint.
        id: EndpointId,
        /// Why.
        detail: String,
    },
    /// There is one place for checks, and another one is made there.
    #[error("check {run} is under way, of other endpoints or in another mode; ask again when it is over")]
    CheckRunning {
        /// Its id.
        run: String,
    },
    /// There is no log to record into.
    #[error("Linekeeper writes no log files now, so there is nothing to record into")]
    NoLog,
    /// The agent is ending.
    #[error("Linekeeper is shutting down")]
    ShuttingDown,
}

impl AgentError {
    /// The error as it crosses a boundary.
    pub fn body(&self) -> ErrorBody {
        let code = match self {
            Self::UnknownEndpoint { .. } => ErrorCode::UnknownEndpoint,
            Self::BufferUnavailable { .. } => ErrorCode::BufferUnavailable,
            Self::CheckRunning { .. } => ErrorCode::CheckRunning,
            Self::NoLog => ErrorCode::LogUnavailable,
            Self::ShuttingDown => ErrorCode::ShuttingDown,
        };
        ErrorBody { code, message: code.plain().to_owned(), detail: self.to_string() }
    }
}

/// Requests to the supervisor loop.
#[derive(Debug)]
pub(crate) enum Request {
    Control {
        target: Target,
        action: Action,
        reply: oneshot::Sender<Result<(), AgentError>>,
    },
    Messages {
        id: EndpointId,
        limit: usize,
        reply: oneshot::Sender<Result<Vec<ReceivedMessage>, AgentError>>,
    },
    /// The endpoint's buffer, opened if need be.
    Outbox {
        id: EndpointId,
        reply: oneshot::Sender<Result<OutboxHandle, AgentError>>,
    },
    /// About checks.
    Check(CheckRequest),
    /// About recordings.
    Recording(RecordingRequest),
}

/// A running agent, from outside.
#[derive(Clone, Debug)]
pub struct AgentHandle {
    pub(crate) requests: mpsc::Sender<Request>,
    pub(crate) status: watch::Receiver<Arc<StatusSnapshot>>,
    pub(crate) news: WeakNews,
    pub(crate) started: Instant,
}

impl AgentHandle {
    /// The newest snapshot. Counters are at most 1 s old, everything else is newer than 100 ms.
    pub fn status(&self) -> StatusSnapshot {
        let mut snapshot = StatusSnapshot::clone(&self.status.borrow());
        snapshot.agent.uptime_ms = u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX);
        snapshot
    }

    /// Snapshots as they change; the newest replaces all before it. Its uptime is that of the last change. Ends
    /// when the agent ends.
    pub fn watch_status(&self) -> watch::Receiver<Arc<StatusSnapshot>> {
        self.status.clone()
    }

    /// How long this computer has slept since it was started: when this grew, it has just woken up. Zero where that
    /// is not measured.
    pub fn time_asleep(&self) -> Duration {
        surroundings::asleep()
    }

    /// Transitions, messages and deliveries from now on (never [`model::AgentEvent::Status`]). A listener that is too slow loses
    /// the oldest and is told so. `None` when the agent has ended.
    pub fn events(&self) -> Option<Events> {
        self.news.listen().map(Events::new)
    }

    /// Connects, reconnects, pauses or resumes; returns once the endpoints have the order.
    pub async fn control(&self, target: Target, action: Action) -> Result<(), AgentError> {
        self.ask(|reply| Request::Control { target, action, reply }).await
    }

    /// The newest received messages of an endpoint, oldest first, at most `limit` (100 are kept).
    pub async fn messages(&self, id: EndpointId, limit: usize) -> Result<Vec<ReceivedMessage>, AgentError> {
        self.ask(|reply| Request::Messages { id, limit, reply }).await
    }

    /// The offline buffer of an endpoint: to hand messages over, and to see and change what waits. Opened if need be.
    ///
    /// It is closed when the endpoint is removed, and opened anew when it failed: ask again after
    /// [`AppendError::Closed`], as [`Self::append`] does.
    pub async fn outbox(&self, id: &EndpointId) -> Result<OutboxHandle, AgentError> {
        self.ask(|reply| Request::Outbox { id: id.clone(), reply }).await
    }

    /// Hands messages over to an endpoint, all or none. Comes back when they are as safe as asked for; they go out, in
    /// order, as soon as the endpoint takes them. Dropping the future does not take them back; repeating with the same
    /// ids does no harm.
    pub async fn append(
        &self,
        id: &EndpointId,
        mut messages: Vec<NewMessage>,
    ) -> Result<Result<Vec<Accepted>, AppendError>, AgentError> {
        // Named here, so that they can be handed over a second time.
        let ours: Vec<bool> = messages.iter().map(|message| message.id.is_none()).collect();
        for message in &mut messages {
            message.id.get_or_insert_with(MessageId::generate);
        }
        let taken = self.outbox(id).await?.append(messages.clone()).await;
        if !matches!(taken, Err(AppendError::Closed | AppendError::Failed(_))) {
            return Ok(taken);
        }
        // It is opened anew, or its endpoint is back.
        let outbox = self.outbox(id).await?;
        let mut taken = outbox.append(messages).await;
        let level = outbox.watch().borrow().level;
        for (accepted, ours) in taken.iter_mut().flatten().zip(ours) {
            if ours && accepted.fate == Fate::Duplicate {
                // Of nobody but the first time.
                accepted.fate = Fate::Stored(level);
            }
        }
        Ok(taken)
    }

    /// Begins a check, or joins the one under way if it is of the same: its steps as they go, then its report.
    pub async fn diagnose(&self, request: DiagnoseRequest) -> Result<Checking, AgentError> {
        self.ask(|reply| Request::Check(CheckRequest::Begin { request, reply })).await
    }

    /// The report of the newest check, also one of an earlier run of the agent or of the command line.
    pub async fn last_check(&self) -> Result<Option<CheckReport>, AgentError> {
        self.ask(|reply| Request::Check(CheckRequest::Last { reply })).await
    }

    /// Ends the check under way early; whoever asked for it gets the report of what is done. False when there was none.
    pub async fn cancel_check(&self) -> Result<bool, AgentError> {
        self.ask(|reply| Request::Check(CheckRequest::Cancel { reply })).await
    }

    /// The report of a check by its id; `None` when it is not kept, or not any more.
    pub async fn find_check(&self, run: &str) -> Result<Option<CheckReport>, AgentError> {
        self.ask(|reply| Request::Check(CheckRequest::Find { run: run.to_owned(), reply })).await
    }

    /// Begins to record a problem: the log says more, between two marks, for `limit` at most and never longer than 15 min.
    /// One that is under way goes on as it is.
    ///
    /// # Errors
    ///
    /// There are no log files.
    pub async fn record(&self, limit: Duration) -> Result<RecordingInfo, AgentError> {
        self.ask(|reply| Request::Recording(RecordingRequest::Begin { limit, reply })).await
    }

    /// Ends the recording under way; `None` when there was none.
    pub async fn end_recording(&self) -> Result<Option<RecordingInfo>, AgentError> {
        self.ask(|reply| Request::Recording(RecordingRequest::End { reply })).await
    }

    /// What a support bundle about this check is made from.
    pub async fn support(&self, report: CheckReport) -> Result<Support, AgentError> {
        self.ask(|reply| Request::Check(CheckRequest::Support { report: Box::new(report), reply })).await
    }

    async fn ask<T>(
        &self,
        request: impl FnOnce(oneshot::Sender<Result<T, AgentError>>) -> Request,
    ) -> Result<T, AgentError> {
        let (reply, answer) = oneshot::channel();
        self.requests.send(request(reply)).await.map_err(|_| AgentError::ShuttingDown)?;
        answer.await.map_err(|_| AgentError::ShuttingDown)?
    }
}
