//! One direction of one connection: reads, treats, writes.

use std::{future::pending, time::Duration};

use tokio::{
    io::{self, AsyncReadExt as _, AsyncWriteExt as _},
    net::tcp::{ReadHalf, WriteHalf},
    sync::watch,
    time::sleep,
};

/// What is read at once.
const PIECE: usize = 16 << 10;

/// What becomes of the bytes of one direction.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Treatment {
    /// They are passed on.
    #[default]
    Pass,
    /// They are not even read: the sender's window fills up.
    Stall,
    /// They are read and dropped, the end of the stream too: the sender believes that all is well.
    Swallow,
    /// Each piece is passed on that much later.
    Delay(Duration),
    /// Pieces of at most `bytes` are passed on, with `every` between them.
    Throttle {
        /// Size of a piece.
        bytes: usize,
        /// Time between two pieces.
        every: Duration,
    },
    /// Every `nth` byte, counted from here on, is changed by an exclusive or.
    Corrupt {
        /// 1 means every byte.
        nth: u64,
        /// What is flipped.
        flip: u8,
    },
    /// This many bytes are passed on, then the connection is reset.
    CutAfter(u64),
}

/// Carries one direction until its end. An error asks for a reset of the whole connection.
pub(super) async fn pump(
    mut from: ReadHalf<'_>,
    mut into: WriteHalf<'_>,
    mut treatments: watch::Receiver<Treatment>,
) -> io::Result<()> {
    let mut buffer = vec![0; PIECE];
    // Bytes since the treatment began.
    let mut passed = 0_u64;
    loop {
        let treatment = *treatments.borrow_and_update();
        let room = match treatment {
            Treatment::Throttle { bytes, .. } => bytes.clamp(1, PIECE),
            Treatment::Pass
            | Treatment::Stall
            | Treatment::Swallow
            | Treatment::Delay(_)
            | Treatment::Corrupt { .. }
            | Treatment::CutAfter(_) => PIECE,
        };
        let count = tokio::select! {
            biased;
            changed = treatments.changed() => match changed {
                Ok(()) => {
                    passed = 0;
                    continue;
                }
                Err(_) => return Ok(()),
            },
            count = from.read(&mut buffer[..room]), if treatment != Treatment::Stall => count?,
        };
        if treatment == Treatment::Swallow {
            if count == 0 {
                return pending().await;
            }
            continue;
        }
        if count == 0 {
            return into.shutdown().await;
        }
        let piece = &mut buffer[..count];
        match treatment {
            Treatment::Delay(delay) => sleep(delay).await,
            Treatment::Corrupt { nth, flip } => {
                for (byte, position) in piece.iter_mut().zip(passed + 1..) {
                    if position.is_multiple_of(nth.max(1)) {
                        *byte ^= flip;
                    }
                }
            }
            Treatment::CutAfter(limit) => {
                let rest = usize::try_from(limit.saturating_sub(passed)).unwrap_or(usize::MAX);
                if rest <= count {
                    into.write_all(&piece[..rest]).await?;
                    return Err(io::ErrorKind::ConnectionReset.into());
                }
            }
            Treatment::Pass | Treatment::Stall | Treatment::Swallow | Treatment::Throttle { .. } => {}
        }
        into.write_all(piece).await?;
        passed += count as u64;
        if let Treatment::Throttle { every, .. } = treatment {
            sleep(every).await;
        }
    }
}
