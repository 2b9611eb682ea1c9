//! What happens behind a 101.

use std::time::Duration;

use suites::fault_server::{ClientFrame, RawFrame};
use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _},
    time::timeout,
};

use crate::plan::SessionPlan;

/// Longer than any check.
const FOR_EVER: Duration = Duration::from_secs(3_600);

/// Runs one session to its end. `first` where no other one is open.
pub(super) async fn run<S: AsyncRead + AsyncWrite + Unpin>(
    stream: S,
    plan: &SessionPlan,
    first: bool,
) -> Option<()> {
    match plan {
        SessionPlan::Mute => mute(stream).await,
        SessionPlan::Closes { code, reason } => close(stream, *code, reason).await,
        SessionPlan::Alone { code } if !first => close(stream, *code, "one session only").await,
        SessionPlan::CutWhenIdle(after_ms) => {
            healthy(stream, Duration::from_millis(*after_ms), usize::MAX).await.map(drop)
        }
        SessionPlan::Healthy | SessionPlan::Alone { .. } => {
            healthy(stream, FOR_EVER, usize::MAX).await.map(drop)
        }
        SessionPlan::CutAfterPongs(pongs) => healthy(stream, FOR_EVER, *pongs).await.map(drop),
        SessionPlan::MuteAfterPongs(pongs) => mute(healthy(stream, FOR_EVER, *pongs).await?).await,
    }
}

/// Reads, and says nothing.
async fn mute<S: AsyncRead + Unpin>(mut stream: S) -> Option<()> {
    let mut heard = [0; 4096];
    while stream.read(&mut heard).await.ok()? > 0 {}
    None
}

async fn close<S: AsyncRead + AsyncWrite + Unpin>(mut stream: S, code: u16, reason: &str) -> Option<()> {
    stream.write_all(&RawFrame::close(code, reason).bytes()).await.ok()?;
    // Unread bytes would turn the end into a reset.
    let mut heard = [0; 4096];
    while stream.read(&mut heard).await.ok()? > 0 {}
    stream.shutdown().await.ok()
}

/// Answers pings and the close, and ends when nothing came for so long. Gives the stream back after so many pongs.
async fn healthy<S: AsyncRead + AsyncWrite + Unpin>(
    mut stream: S,
    patience: Duration,
    pongs: usize,
) -> Option<S> {
    let mut kept = Vec::new();
    let mut answered = 0;
    let mut piece = [0; 4096];
    loop {
        while let Some((frame, length)) = ClientFrame::first_of(&kept) {
            kept.drain(..length);
            if frame.is_ping() {
                stream.write_all(&RawFrame::pong(frame.payload).bytes()).await.ok()?;
                answered += 1;
                if answered == pongs {
                    return Some(stream);
                }
            } else if frame.is_close() {
                stream.write_all(&RawFrame::close_of(frame.payload).bytes()).await.ok()?;
                stream.shutdown().await.ok()?;
                return None;
            }
        }
        match timeout(patience, stream.read(&mut piece)).await {
            Ok(Ok(count @ 1..)) => kept.extend_from_slice(&piece[..count]),
            Ok(_) => return None,
            Err(_) => {
                stream.shutdown().await.ok()?;
                return None;
            }
        }
    }
}
