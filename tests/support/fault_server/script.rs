//! What a scripted server does with one connection, step by step. Data only: nothing here touches a socket.

use std::{sync::Arc, time::Duration};

use tokio_util::sync::CancellationToken;

use super::{HttpAnswer, RawFrame, Upgrade};

/// The steps for one connection. Behind the last one the connection is closed in good order.
///
/// While steps run, everything the client sends is read and recorded, until a step says otherwise.
#[derive(Clone, Debug, Default)]
pub struct Script {
    pub(super) steps: Vec<Step>,
}

/// One step.
#[derive(Clone, Debug)]
pub(super) enum Step {
    ReadUntil(Arc<[u8]>),
    Send(Arc<[u8]>),
    Repeat(Arc<[u8]>, u64),
    Drip(Arc<[u8]>, Duration),
    Upgrade(Arc<Upgrade>),
    Sleep(Duration),
    WaitFor(CancellationToken),
    Tell(CancellationToken),
    Deaf,
    AnswerPings,
    UntilLeft,
    Reset,
    KeepOpen,
}

impl Script {
    /// Accepts and closes at once.
    pub fn new() -> Self {
        Self::default()
    }

    /// Reads the request and upgrades rightly.
    pub fn upgraded() -> Self {
        Self::new().read_request().upgrade(Upgrade::right())
    }

    /// Reads the request and gives an HTTP answer.
    pub fn answering(answer: &HttpAnswer) -> Self {
        Self::new().read_request().send(answer.bytes())
    }

    fn then(mut self, step: Step) -> Self {
        self.steps.push(step);
        self
    }

    /// Waits for the end of the request's head.
    #[must_use]
    pub fn read_request(self) -> Self {
        self.read_until("\r\n\r\n")
    }

    /// Waits until the client has sent these bytes.
    #[must_use]
    pub fn read_until(self, bytes: impl AsRef<[u8]>) -> Self {
        self.then(Step::ReadUntil(bytes.as_ref().into()))
    }

    /// Sends bytes.
    #[must_use]
    pub fn send(self, bytes: impl AsRef<[u8]>) -> Self {
        self.then(Step::Send(bytes.as_ref().into()))
    }

    /// Sends a frame.
    #[must_use]
    pub fn frame(self, frame: &RawFrame) -> Self {
        self.send(frame.bytes())
    }

    /// Sends the same bytes that many times, as fast as the client takes them.
    #[must_use]
    pub fn repeat(self, bytes: impl AsRef<[u8]>, times: u64) -> Self {
        self.then(Step::Repeat(bytes.as_ref().into(), times))
    }

    /// Sends the same bytes until the client is gone.
    #[must_use]
    pub fn flood(self, bytes: impl AsRef<[u8]>) -> Self {
        self.repeat(bytes, u64::MAX)
    }

    /// Sends bytes one by one with a pause behind each.
    #[must_use]
    pub fn drip(self, bytes: impl AsRef<[u8]>, pause: Duration) -> Self {
        self.then(Step::Drip(bytes.as_ref().into(), pause))
    }

    /// Answers the request with a 101.
    #[must_use]
    pub fn upgrade(self, upgrade: Upgrade) -> Self {
        self.then(Step::Upgrade(Arc::new(upgrade)))
    }

    /// Does nothing for that long: for faults that are a delay, not for luck.
    #[must_use]
    pub fn sleep(self, pause: Duration) -> Self {
        self.then(Step::Sleep(pause))
    }

    /// Waits until the test cancels the token.
    #[must_use]
    pub fn wait_for(self, signal: &CancellationToken) -> Self {
        self.then(Step::WaitFor(signal.clone()))
    }

    /// Cancels the token, to tell the test that this step was reached.
    #[must_use]
    pub fn tell(self, signal: &CancellationToken) -> Self {
        self.then(Step::Tell(signal.clone()))
    }

    /// Reads nothing from here on.
    #[must_use]
    pub fn deaf(self) -> Self {
        self.then(Step::Deaf)
    }

    /// Answers pings and the close, as a server in good health does, until the client is gone.
    #[must_use]
    pub fn answer_pings(self) -> Self {
        self.then(Step::AnswerPings)
    }

    /// Waits until the client is gone.
    #[must_use]
    pub fn until_left(self) -> Self {
        self.then(Step::UntilLeft)
    }

    /// Resets the connection.
    #[must_use]
    pub fn reset(self) -> Self {
        self.then(Step::Reset)
    }

    /// Keeps the connection open as long as the server lives, whatever the client does.
    #[must_use]
    pub fn keep_open(self) -> Self {
        self.then(Step::KeepOpen)
    }
}
