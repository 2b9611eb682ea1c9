//! How a session ends: why, with which close code, and how long the client may take to agree.

use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::{
    Error, Message, Utf8Bytes,
    error::ProtocolError,
    protocol::{CloseFrame, frame::coding::CloseCode},
};

use super::Session;

/// Time for the client to answer a close frame.
const CLOSE_DEADLINE: Duration = Duration::from_secs(1);

/// How a session ends.
pub(super) enum End {
    /// The client left or the connection broke.
    Gone,
    /// With a close frame.
    Close(CloseCode, &'static str),
    /// With a close frame although the client is in the middle of a message too large to read.
    TooLarge,
    /// Without a goodbye.
    Reset,
}

impl End {
    /// The server stops.
    pub(super) const STOPPED: Self = Self::Close(CloseCode::Away, "server shutting down");
}

/// How a session ends after the protocol layer failed.
pub(super) fn broken(error: &Error) -> End {
    match error {
        Error::Capacity(_) => End::TooLarge,
        Error::Utf8(_) => End::Close(CloseCode::Invalid, "text that is not UTF-8"),
        Error::Protocol(ProtocolError::ResetWithoutClosingHandshake) => End::Gone,
        Error::Protocol(_) => End::Close(CloseCode::Protocol, "protocol violation"),
        Error::ConnectionClosed
        | Error::AlreadyClosed
        | Error::Io(_)
        | Error::Tls(_)
        | Error::WriteBufferFull(_)
        | Error::AttackAttempt
        | Error::Url(_)
        | Error::Http(_)
        | Error::HttpFormat(_) => End::Gone,
    }
}

impl Session {
    /// Says goodbye as far as this end allows, and closes the connection.
    pub(super) async fn finish(mut self, end: End) {
        let (code, reason) = match end {
            End::Gone => return,
            End::Reset => return self.socket.get_ref().reset_on_drop(),
            End::TooLarge => (CloseCode::Size, "message larger than 1 MiB"),
            End::Close(code, reason) => (code, reason),
        };
        let too_large = matches!(end, End::TooLarge);
        let goodbye = async {
            let frame = CloseFrame { code, reason: Utf8Bytes::from_static(reason) };
            if self.socket.send(Message::Close(Some(frame))).await.is_err() {
                return;
            }
            if too_large {
                // Closing with unread bytes would reset the connection and could destroy the close frame.
                self.socket.get_mut().drain().await;
            } else {
                while let Some(Ok(_)) = self.socket.next().await {}
            }
        };
        if timeout(CLOSE_DEADLINE, goodbye).await.is_err() {
            tracing::debug!(path = %self.setup.path, "the client did not answer the close frame");
        }
    }
}
