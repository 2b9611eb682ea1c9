//! A connection that reads on for a while after its last answer, where a request was refused before it was read.
//!
//! A socket that is closed with bytes unread is reset, and the reset takes the answer away from a client that is still
//! sending: of a 413 it would see a broken pipe. What is read here is thrown away.

use std::{
    io,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll, ready},
    time::Duration,
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    time::{Sleep, sleep},
};

/// A client that goes on sending is cut after this.
const PATIENCE: Duration = Duration::from_secs(10);

/// Thrown away at a time.
const PART_BYTES: usize = 16 * 1024;

/// Whether the last request may be unread. Clones belong to the same connection.
#[derive(Clone, Debug, Default)]
pub(super) struct Unread(Arc<AtomicBool>);

impl Unread {
    pub(super) fn note(&self, may_be: bool) {
        self.0.store(may_be, Ordering::Relaxed);
    }

    fn may_be(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// The connection itself; only its end differs.
#[derive(Debug)]
pub(super) struct Lingering<S> {
    stream: S,
    unread: Unread,
    /// Since its own side is shut.
    patience: Option<Pin<Box<Sleep>>>,
}

impl<S> Lingering<S> {
    pub(super) fn new(stream: S, unread: Unread) -> Self {
        Self { stream, unread, patience: None }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Lingering<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, into)
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Lingering<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(context, parts)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = &mut *self;
        if this.patience.is_none() {
            ready!(Pin::new(&mut this.stream).poll_shutdown(context))?;
            if !this.unread.may_be() {
                return Poll::Ready(Ok(()));
            }
        }
        let patience = this.patience.get_or_insert_with(|| Box::pin(sleep(PATIENCE)));
        let mut part = [0; PART_BYTES];
        loop {
            if patience.as_mut().poll(context).is_ready() {
                return Poll::Ready(Ok(()));
            }
            let mut into = ReadBuf::new(&mut part);
            match ready!(Pin::new(&mut this.stream).poll_read(context, &mut into)) {
                Ok(()) if !into.filled().is_empty() => {}
                // The other side is done, or gone.
                Ok(()) | Err(_) => return Poll::Ready(Ok(())),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, duplex};

    use super::*;

    #[tokio::test]
    async fn what_a_refused_client_still_sends_is_taken_and_thrown_away() {
        let (mut client, server) = duplex(64);
        let unread = Unread::default();
        unread.note(true);
        let mut server = Lingering::new(server, unread);
        let sending = async {
            client.write_all(&[7; 10_000]).await.unwrap();
            let mut answer = Vec::new();
            client.read_to_end(&mut answer).await.unwrap();
            drop(client);
            answer
        };
        let ending = async {
            server.write_all(b"413").await.unwrap();
            server.shutdown().await.unwrap();
        };
        assert_eq!(tokio::join!(sending, ending).0, b"413");
    }

    #[tokio::test(start_paused = true)]
    async fn a_client_that_never_ends_is_cut_and_one_that_was_read_is_not_waited_for() {
        for (may_be, waited) in [(true, PATIENCE), (false, Duration::ZERO)] {
            let (_client, server) = duplex(64);
            let unread = Unread::default();
            unread.note(may_be);
            let began = tokio::time::Instant::now();
            Lingering::new(server, unread).shutdown().await.unwrap();
            assert_eq!(began.elapsed().as_secs(), waited.as_secs());
        }
    }
}
