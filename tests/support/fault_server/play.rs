//! Plays a script on one connection: writes what it says, reads beside it, writes down both.

use std::{convert::Infallible, future::pending, io};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{
        TcpStream,
        tcp::{ReadHalf, WriteHalf},
    },
    sync::watch,
    time::sleep,
};

use super::{ClientFrame, Left, RawFrame, Script, record::Page, script::Step};

/// What a repeated send writes at once, so that small pieces do not cost a system call each.
const CHUNK: usize = 64 << 10;

/// How a script ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    Close,
    Reset,
}

/// Plays the script to its end, or until the client is gone and that can be noticed.
pub(super) async fn play(mut stream: TcpStream, script: Script, page: Page) {
    // A refused option changes the packets, not the bytes.
    let _ = stream.set_nodelay(true);
    let (reading, ears) = watch::channel(true);
    let (read, write) = stream.split();
    let mut actor = Actor { write, page: &page, reading };
    let whole = async {
        let end = actor.perform(&script.steps).await;
        page.over();
        if matches!(end, Ok(End::Close)) {
            // Unread bytes would turn the close into a reset: hear what still comes.
            actor.reading.send_replace(true);
            if actor.write.shutdown().await.is_ok() {
                page.until(|seen| seen.left).await;
            }
        }
        end
    };
    let end = tokio::select! {
        end = whole => end,
        never = listen(read, &page, ears) => match never {},
    };
    if matches!(end, Ok(End::Reset)) {
        // Zero linger turns the close into a reset.
        let _ = stream.set_zero_linger();
    }
}

/// Writes down what the client sends; never ends.
async fn listen(mut read: ReadHalf<'_>, page: &Page, mut ears: watch::Receiver<bool>) -> Infallible {
    let mut buffer = vec![0; 16 << 10];
    loop {
        let open = *ears.borrow_and_update();
        tokio::select! {
            biased;
            changed = ears.changed() => if changed.is_err() { return pending().await },
            count = read.read(&mut buffer), if open => match count {
                Ok(count @ 1..) => page.heard(&buffer[..count]),
                Ok(_) => break page.left(Left::Closed),
                Err(_) => break page.left(Left::Reset),
            },
        }
    }
    pending().await
}

struct Actor<'a> {
    write: WriteHalf<'a>,
    page: &'a Page,
    reading: watch::Sender<bool>,
}

impl Actor<'_> {
    async fn perform(&mut self, steps: &[Step]) -> io::Result<End> {
        for step in steps {
            match step {
                Step::ReadUntil(bytes) => self.heard(bytes).await?,
                Step::Send(bytes) => self.send(bytes).await?,
                Step::Repeat(bytes, times) => self.repeat(bytes, *times).await?,
                Step::Drip(bytes, pause) => {
                    for byte in bytes.iter() {
                        self.send(&[*byte]).await?;
                        sleep(*pause).await;
                    }
                }
                Step::Upgrade(upgrade) => {
                    let key = |seen: &super::Seen| seen.header("sec-websocket-key").map(str::to_owned);
                    let key = self.page.until(key).await;
                    self.send(&upgrade.bytes(&key)).await?;
                }
                Step::Sleep(pause) => sleep(*pause).await,
                Step::WaitFor(signal) => signal.cancelled().await,
                Step::Tell(signal) => signal.cancel(),
                Step::Deaf => {
                    self.reading.send_replace(false);
                }
                Step::AnswerPings => self.answer_pings().await?,
                Step::UntilLeft => {
                    self.page.until(|seen| seen.left).await;
                }
                Step::Reset => return Ok(End::Reset),
                Step::KeepOpen => return pending().await,
            }
        }
        Ok(End::Close)
    }

    async fn heard(&self, bytes: &[u8]) -> io::Result<()> {
        let found = self.page.until(|seen| {
            let found = seen.received.windows(bytes.len()).any(|window| window == bytes);
            (found || seen.left.is_some()).then_some(found)
        });
        if found.await { Ok(()) } else { Err(io::ErrorKind::UnexpectedEof.into()) }
    }

    async fn send(&mut self, mut bytes: &[u8]) -> io::Result<()> {
        while !bytes.is_empty() {
            let count = self.write.write(bytes).await?;
            self.page.said(count);
            bytes = &bytes[count..];
        }
        Ok(())
    }

    async fn repeat(&mut self, bytes: &[u8], times: u64) -> io::Result<()> {
        let per_chunk = (CHUNK / bytes.len().max(1)).max(1) as u64;
        let chunk = bytes.repeat(usize::try_from(per_chunk.min(times)).unwrap_or(1));
        let mut left = times;
        while left > 0 {
            let now = per_chunk.min(left);
            let length = bytes.len() * usize::try_from(now).unwrap_or(1);
            self.send(&chunk[..length]).await?;
            left -= now;
        }
        Ok(())
    }

    async fn answer_pings(&mut self) -> io::Result<()> {
        let mut read = self.page.until(|seen| seen.head_length()).await;
        loop {
            let next = self.page.until(|seen| {
                let frame = ClientFrame::first_of(seen.received.get(read..)?);
                (frame.is_some() || seen.left.is_some()).then_some(frame)
            });
            let Some((frame, length)) = next.await else {
                return Ok(());
            };
            read += length;
            if frame.is_ping() {
                self.send(&RawFrame::pong(frame.payload).bytes()).await?;
            } else if frame.is_close() {
                return self.send(&RawFrame::close_of(frame.payload).bytes()).await;
            }
        }
    }
}
