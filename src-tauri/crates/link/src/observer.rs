//! The port through which a link tells its owner what happened.

use bytes::Bytes;
use tokio_tungstenite::tungstenite::Utf8Bytes;

use crate::{LinkView, Moment};

/// A message, received or to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Payload {
    /// Text, checked to be UTF-8.
    Text(Utf8Bytes),
    /// Anything.
    Binary(Bytes),
}

impl Payload {
    /// Size in bytes.
    pub fn len(&self) -> usize {
        match self {
            Self::Text(text) => text.len(),
            Self::Binary(bytes) => bytes.len(),
        }
    }

    /// True for an empty message.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// Called from the link's own task. Must return quickly and never block: while it runs nothing is received.
pub trait Observer: Send + 'static {
    /// Something a person could see has changed. `now` is the link's clock, which the view's moments are of.
    fn changed(&mut self, view: &LinkView, now: Moment);

    /// A message arrived.
    fn received(&mut self, payload: Payload);
}
