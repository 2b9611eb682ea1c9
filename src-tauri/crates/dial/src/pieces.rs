//! For tests alone: a stream whose reads are given piece by piece, and ways to cut bytes into pieces. Swallows what is
//! written.

use std::{
    collections::VecDeque,
    future::Future,
    io,
    pin::Pin,
    task::{Context, Poll},
};

use proptest::prelude::*;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// What comes after the last piece.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    Closed,
    Reset,
}

/// A peer that says what it was told to say.
#[derive(Debug)]
pub(crate) struct Pieces {
    rest: VecDeque<Vec<u8>>,
    end: End,
}

impl Pieces {
    pub(crate) fn new(pieces: impl IntoIterator<Item = Vec<u8>>, end: End) -> Self {
        Self { rest: pieces.into_iter().filter(|piece| !piece.is_empty()).collect(), end }
    }
}

impl AsyncRead for Pieces {
    fn poll_read(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let Some(mut piece) = self.rest.pop_front() else {
            return Poll::Ready(match self.end {
                End::Closed => Ok(()),
                End::Reset => Err(io::ErrorKind::ConnectionReset.into()),
            });
        };
        let left = piece.split_off(piece.len().min(buf.remaining()));
        buf.put_slice(&piece);
        if !left.is_empty() {
            self.rest.push_front(left);
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Pieces {
    fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Poll::Ready(Ok(buf.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

/// Places to cut at.
pub(crate) fn at_cuts() -> impl Strategy<Value = Vec<prop::sample::Index>> {
    prop::collection::vec(any::<prop::sample::Index>(), 0..30)
}

/// `bytes` cut there.
pub(crate) fn cut(bytes: &[u8], cuts: &[prop::sample::Index]) -> Vec<Vec<u8>> {
    let mut places: Vec<usize> = cuts.iter().map(|cut| cut.index(bytes.len() + 1)).collect();
    places.extend([0, bytes.len()]);
    places.sort_unstable();
    places.windows(2).map(|pair| bytes[pair[0]..pair[1]].to_vec()).collect()
}

/// Runs `work` on paused time, so that no limit costs any.
pub(crate) fn block_on<T>(work: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
    runtime.expect("a runtime").block_on(work)
}
