//! A stream that remembers its first bytes until it is told to forget them: what a server says instead of TLS is evidence
//! that the TLS library swallows. Changes nothing of what goes through.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll},
};

use bytes::Bytes;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// Bytes that are remembered.
const FIRST_BYTES: usize = 64;

/// A stream and its first bytes.
#[derive(Debug)]
pub struct Tap<S> {
    inner: S,
    first: Option<Vec<u8>>,
}

impl<S> Tap<S> {
    pub(crate) fn new(inner: S) -> Self {
        Self { inner, first: Some(Vec::new()) }
    }

    /// The stream underneath.
    pub(crate) fn get_ref(&self) -> &S {
        &self.inner
    }

    /// What came first. It is remembered no longer.
    pub(crate) fn forget(&mut self) -> Bytes {
        self.first.take().unwrap_or_default().into()
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Tap<S> {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let before = buf.filled().len();
        let read = Pin::new(&mut this.inner).poll_read(cx, buf);
        if let Some(first) = &mut this.first {
            let new = &buf.filled()[before..];
            first.extend_from_slice(&new[..new.len().min(FIRST_BYTES - first.len())]);
        }
        read
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Tap<S> {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().inner).poll_write(cx, buf)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().inner).poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().inner).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().inner).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::AsyncReadExt as _;

    use super::*;

    #[tokio::test]
    async fn everything_goes_through_and_only_the_start_is_remembered() {
        let sent: Vec<u8> = (0..=255).collect();
        let mut tap = Tap::new(&sent[..]);
        let mut got = Vec::new();
        tap.read_to_end(&mut got).await.unwrap();
        assert_eq!(got, sent);
        assert_eq!(tap.forget(), sent[..FIRST_BYTES]);
        assert_eq!(tap.forget(), b""[..]);
    }
}
