//! One WebSocket session, from the greeting to the close: sends the feed, answers the client, suffers faults.
//!
//! It owns its socket and its client's choice. It does not make data (`feed`), parse requests (`ask`) or know HTTP.

mod answers;
mod ending;

use std::{future::pending, time::Duration};

use fastrand::Rng;
use futures_util::{SinkExt, StreamExt};
use tokio::{
    sync::{
        broadcast::{self, error::RecvError},
        watch,
    },
    time::{Instant, sleep_until, timeout},
};
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{
        Error, Message, Utf8Bytes,
        protocol::{Role, WebSocketConfig, frame::coding::CloseCode},
    },
};
use tokio_util::sync::CancellationToken;

use self::ending::{End, broken};
use crate::{
    DemoPath,
    fault::{Active, Fault, Faults},
    feed::{Batch, Feed, WHEN_FULL, WhenFull},
    interest::Interest,
    line::Line,
    registry::Entry,
};

/// Largest message a client may send.
const LARGEST_MESSAGE: usize = 1024 * 1024;
/// A client that takes nothing for this long is gone.
const WRITE_DEADLINE: Duration = Duration::from_secs(30);

/// What a session is given when it starts.
pub(crate) struct Setup {
    pub(crate) path: DemoPath,
    pub(crate) feed: Option<Feed>,
    pub(crate) faults: watch::Receiver<Faults>,
    pub(crate) entry: Entry,
    pub(crate) stop: CancellationToken,
    /// Silence of the client after which the session ends.
    pub(crate) idle: Option<Duration>,
    /// For faults that happen by chance.
    pub(crate) rng: Rng,
}

/// What a session waits for.
enum Event {
    Stop,
    /// A fault was staged, taken back or has ended.
    FaultsChanged,
    Close(CloseCode, &'static str),
    Batch(Batch),
    Heard(Option<Result<Message, Error>>),
}

pub(crate) struct Session {
    socket: WebSocketStream<Line>,
    setup: Setup,
    batches: Option<broadcast::Receiver<Batch>>,
    interest: Interest,
    opened: Instant,
    heard: Instant,
}

impl Session {
    pub(crate) async fn open(line: Line, setup: Setup) -> Self {
        let config = WebSocketConfig::default()
            .max_message_size(Some(LARGEST_MESSAGE))
            .max_frame_size(Some(LARGEST_MESSAGE));
        let now = Instant::now();
        Self {
            socket: WebSocketStream::from_raw_socket(line, Role::Server, Some(config)).await,
            batches: setup.feed.as_ref().map(Feed::subscribe),
            interest: Interest::at_first(setup.path),
            opened: now,
            heard: now,
            setup,
        }
    }

    /// Runs the session to its end.
    pub(crate) async fn run(mut self) {
        let end = match self.talk().await {
            Ok(never) => match never {},
            Err(end) => end,
        };
        self.finish(end).await;
    }

    async fn talk(&mut self) -> Result<std::convert::Infallible, End> {
        let mut greeted = false;
        loop {
            let active = self.active_fault();
            match active.map(|active| active.fault) {
                Some(Fault::Refuse | Fault::HttpStatus(_) | Fault::NoWebsocket) => return Err(End::Reset),
                Some(Fault::Silent) => {
                    self.be_silent(active.and_then(|active| active.until)).await?;
                    continue;
                }
                Some(Fault::CloseAfterOpen(_) | Fault::Slow(_) | Fault::DropRandom(_)) | None => {}
            }
            if !greeted {
                greeted = true;
                self.greet().await?;
                continue;
            }
            match self.next_event(active).await {
                Event::Stop => return Err(End::STOPPED),
                Event::Close(code, reason) => return Err(End::Close(code, reason)),
                Event::FaultsChanged => {}
                Event::Batch(batch) => self.send_wanted(&batch).await?,
                Event::Heard(frame) => self.answer(frame).await?,
            }
        }
    }

    async fn next_event(&mut self, active: Option<Active>) -> Event {
        let ends = active.and_then(|active| active.until);
        let closes = match active {
            Some(Active { fault: Fault::CloseAfterOpen(age), .. }) => Some(self.opened + age),
            Some(_) | None => None,
        };
        let idles = self.setup.idle.map(|idle| self.heard + idle);
        tokio::select! {
            () = self.setup.stop.cancelled() => Event::Stop,
            changed = self.setup.faults.changed() => changed.map_or(Event::Stop, |()| Event::FaultsChanged),
            () = at(ends) => Event::FaultsChanged,
            () = at(closes) => Event::Close(CloseCode::Error, "fault close_after_open"),
            () = at(idles) => Event::Close(CloseCode::Away, "idle"),
            batch = next_batch(&mut self.batches) => batch.map_or(Event::Stop, Event::Batch),
            frame = self.socket.next() => Event::Heard(frame),
        }
    }

    fn active_fault(&self) -> Option<Active> {
        self.setup.faults.borrow().on(self.setup.path, Instant::now())
    }

    /// Neither reads nor writes until something about the faults changes.
    async fn be_silent(&mut self, until: Option<Instant>) -> Result<(), End> {
        tokio::select! {
            () = self.setup.stop.cancelled() => return Err(End::Reset),
            changed = self.setup.faults.changed() => changed.map_err(|_| End::Reset)?,
            () = at(until) => {}
            () = self.socket.get_mut().peer_ends() => return Err(End::Reset),
        }
        // The silence was the server's, so the client is not idle.
        self.heard = Instant::now();
        Ok(())
    }

    async fn send_wanted(&mut self, batch: &Batch) -> Result<(), End> {
        for item in batch.iter() {
            if self.interest.wants(&item.topic) {
                self.send(item.text.clone()).await?;
            }
        }
        Ok(())
    }

    async fn send(&mut self, text: Utf8Bytes) -> Result<(), End> {
        self.write(Message::Text(text)).await
    }

    async fn write(&mut self, message: Message) -> Result<(), End> {
        if let Some(Active { fault: Fault::DropRandom(probability), .. }) = self.active_fault()
            && self.setup.rng.f64() < probability
        {
            return Ok(());
        }
        self.delay().await?;
        tokio::select! {
            biased;
            sent = timeout(WRITE_DEADLINE, self.socket.send(message)) => match sent {
                Ok(Ok(())) => Ok(()),
                Ok(Err(error)) => Err(broken(&error)),
                Err(_) => Err(End::Reset),
            },
            () = self.setup.stop.cancelled() => Err(End::STOPPED),
        }
    }

    /// The delay of a slow server; ends early when the fault does or the server stops.
    async fn delay(&mut self) -> Result<(), End> {
        let started = Instant::now();
        while let Some(Active { fault: Fault::Slow(delay), until }) = self.active_fault()
            && started.elapsed() < delay
        {
            tokio::select! {
                () = sleep_until(started + delay) => {}
                () = at(until) => {}
                changed = self.setup.faults.changed() => changed.map_err(|_| End::STOPPED)?,
                () = self.setup.stop.cancelled() => return Err(End::STOPPED),
            }
        }
        Ok(())
    }
}

/// The next batch; never for the hub, `None` when the feed has ended.
async fn next_batch(batches: &mut Option<broadcast::Receiver<Batch>>) -> Option<Batch> {
    let Some(batches) = batches else {
        return pending().await;
    };
    loop {
        match batches.recv().await {
            Ok(batch) => return Some(batch),
            Err(RecvError::Closed) => return None,
            Err(RecvError::Lagged(missed)) => match WHEN_FULL {
                WhenFull::DropOldest => tracing::debug!(missed, "a slow client lost the oldest batches"),
            },
        }
    }
}

/// The moment, or never.
async fn at(moment: Option<Instant>) {
    match moment {
        Some(moment) => sleep_until(moment).await,
        None => pending().await,
    }
}
