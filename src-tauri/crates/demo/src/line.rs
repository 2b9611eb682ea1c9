//! The TCP stream under an upgraded connection, with the two things a fault needs of it: to notice the peer's
//! end without reading for the protocol above, and to break off without a goodbye.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll},
};

use bytes::{Buf, Bytes, BytesMut};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, ReadBuf},
    net::TcpStream,
};

/// Most bytes read ahead while nobody reads above.
const AHEAD: usize = 64 * 1024;

/// A stream that may have been read ahead of the protocol above it.
#[derive(Debug)]
pub(crate) struct Line {
    stream: TcpStream,
    ahead: BytesMut,
}

impl Line {
    /// Takes over a stream of which these bytes were read already.
    pub(crate) fn new(stream: TcpStream, read: &Bytes) -> Self {
        Self { stream, ahead: BytesMut::from(&read[..]) }
    }

    /// Waits for the peer to end the connection. What it sends meanwhile is kept for later; a peer that sends
    /// more than fits is held back by its own full send buffer, and its end is then not noticed.
    pub(crate) async fn peer_ends(&mut self) {
        while self.ahead.len() < AHEAD {
            match self.stream.read_buf(&mut self.ahead).await {
                Ok(0) | Err(_) => return,
                Ok(_) => {}
            }
        }
        std::future::pending().await
    }

    /// Reads and forgets until the peer ends the connection.
    pub(crate) async fn drain(&mut self) {
        let mut scratch = [0; 4096];
        while matches!(self.stream.read(&mut scratch).await, Ok(1..)) {}
    }

    /// Makes the end of this stream a reset: the peer sees an abnormal closure, as when a process dies.
    pub(crate) fn reset_on_drop(&self) {
        if let Err(error) = self.stream.set_zero_linger() {
            tracing::debug!(%error, "cannot reset a connection, closing it instead");
        }
    }
}

impl AsyncRead for Line {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if !self.ahead.is_empty() {
            let taken = self.ahead.len().min(buf.remaining());
            buf.put_slice(&self.ahead[..taken]);
            self.ahead.advance(taken);
            return Poll::Ready(Ok(()));
        }
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl AsyncWrite for Line {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
