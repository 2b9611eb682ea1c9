//! One WebSocket session, from the greeting to the close: sends the feed, answers the client, suffers faults.
//!
//! It owns its socket and its client's choice. It does not make data (`feed`), parse requests (`ask`) or know HTTP.

use std::{future::pending, time::Duration};

use fastrand::Rng;
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::{
    sync::{
        broadcast::{self, error::RecvError},
        watch,
    },
    time::{Instant, sleep, sleep_until, timeout},
};
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{
        Error, Message, Utf8Bytes,
        error::ProtocolError,
        protocol::{CloseFrame, Role, WebSocketConfig, frame::coding::CloseCode},
    },
};
use tokio_util::sync::CancellationToken;

use crate::{
    DemoPath,
    ask::Ask,
    envelope::{Envelope, Refusal, text, wall_clock},
    fault::{Fault, Faults},
    feed::{Batch, Feed, WHEN_FULL, WhenFull},
    interest::Interest,
    line::Line,
    registry::Entry,
};

/// Largest message a client may send.
const LARGEST_MESSAGE: usize = 1024 * 1024;
/// A client that takes nothing for this long is gone.
const WRITE_DEADLINE: Duration = Duration::from_secs(30);
/// Time for the client to answer a close frame.
const CLOSE_DEADLINE: Duration = Duration::from_secs(1);

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

/// How a session ends.
enum End {
    /// The client left or the connection broke.
    Gone,
    /// With a close frame.
    Close(CloseCode, &'static str),
    /// With a close frame although the client is in the middle of a message too large to read.
    TooLarge,
    /// Without a goodbye.
    Reset,
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
            match active {
                Some((Fault::Refuse | Fault::HttpStatus(_) | Fault::NoWebsocket, _)) => {
                    return Err(End::Reset);
                }
                Some((Fault::Silent, until)) => {
                    self.be_silent(until).await?;
                    continue;
                }
                Some((Fault::CloseAfterOpen(_) | Fault::Slow(_) | Fault::DropRandom(_), _)) | None => {}
            }
            if !greeted {
                greeted = true;
                self.greet().await?;
                continue;
            }
            match self.next_event(active).await {
                Event::Stop => return Err(End::Close(CloseCode::Away, "server shutting down")),
                Event::Close(code, reason) => return Err(End::Close(code, reason)),
                Event::FaultsChanged => {}
                Event::Batch(batch) => self.send_wanted(&batch).await?,
                Event::Heard(frame) => self.answer(frame).await?,
            }
        }
    }

    async fn next_event(&mut self, active: Option<(Fault, Option<Instant>)>) -> Event {
        let ends = active.and_then(|(_, until)| until);
        let closes = match active {
            Some((Fault::CloseAfterOpen(age), _)) => Some(self.opened + age),
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

    fn active_fault(&self) -> Option<(Fault, Option<Instant>)> {
        let active = self.setup.faults.borrow().on(self.setup.path, Instant::now())?;
        Some((active.fault, active.until))
    }

    /// Neither reads nor writes until something about the faults changes.
    async fn be_silent(&mut self, until: Option<Instant>) -> Result<(), End> {
        tokio::select! {
            () = self.setup.stop.cancelled() => Err(End::Reset),
            changed = self.setup.faults.changed() => changed.map_err(|_| End::Reset),
            () = at(until) => Ok(()),
            () = self.socket.get_mut().peer_ends() => Err(End::Reset),
        }
    }

    async fn greet(&mut self) -> Result<(), End> {
        match self.setup.path {
            DemoPath::Hub => {
                let id = json!({"connection_id": self.setup.entry.id()});
                self.say("connection_established", None, id).await
            }
            DemoPath::Sentiment => match self.setup.feed.as_ref().map(Feed::latest) {
                Some(batch) => self.send_wanted(&batch).await,
                None => Ok(()),
            },
            DemoPath::Monitoring | DemoPath::MarketData | DemoPath::News | DemoPath::HuggingFace => Ok(()),
        }
    }

    async fn answer(&mut self, frame: Option<Result<Message, Error>>) -> Result<(), End> {
        let message = match frame {
            None => return Err(End::Gone),
            Some(Err(error)) => return Err(broken(&error)),
            Some(Ok(message)) => message,
        };
        self.heard = Instant::now();
        self.setup.entry.seen();
        match message {
            Message::Text(asked) => match Ask::parse(self.setup.path, &asked) {
                Ok(ask) => self.obey(ask).await,
                Err(refusal) => self.send(text(&refusal.into_message(wall_clock()))).await,
            },
            Message::Binary(bytes) if self.setup.path == DemoPath::Hub => {
                self.write(Message::Binary(bytes)).await
            }
            Message::Binary(_) => {
                let refusal = Refusal::bad_request("this path takes JSON in text frames", Value::Null);
                self.send(text(&refusal.into_message(wall_clock()))).await
            }
            // The protocol layer has the pong ready and sends it with the next read; a slow server is late.
            Message::Ping(_) => self.delay().await,
            // It also answers a close frame; the next read ends the session.
            Message::Close(_) | Message::Pong(_) | Message::Frame(_) => Ok(()),
        }
    }

    async fn obey(&mut self, ask: Ask) -> Result<(), End> {
        match ask {
            Ask::Ping { id } => self.say("pong", id, json!({})).await,
            Ask::Subscribe(symbols) => {
                let symbols = self.interest.change_symbols(&symbols, true);
                self.say("subscribed", None, json!({"symbols": symbols})).await
            }
            Ask::Unsubscribe(symbols) => {
                let symbols = self.interest.change_symbols(&symbols, false);
                self.say("subscribed", None, json!({"symbols": symbols})).await
            }
            Ask::GetAll => {
                let Some(latest) = self.setup.feed.as_ref().map(Feed::latest) else {
                    return Ok(());
                };
                for item in latest.iter() {
                    self.send(item.text.clone()).await?;
                }
                Ok(())
            }
            Ask::Filter(words) => {
                self.interest.choose_words(words.clone());
                self.say("filtered", None, json!({"keywords": words})).await
            }
            Ask::Echo { id, data } => {
                if id.is_some() {
                    self.say("ack", id.clone(), json!({})).await?;
                }
                self.say("message", id, data).await
            }
        }
    }

    async fn send_wanted(&mut self, batch: &Batch) -> Result<(), End> {
        for item in batch
            .iter()
            .filter(|item| self.interest.wants(&item.topic))
            .cloned()
            .collect::<Vec<_>>()
        {
            self.send(item.text).await?;
        }
        Ok(())
    }

    async fn say(&mut self, kind: &'static str, id: Option<Value>, data: Value) -> Result<(), End> {
        self.send(text(&Envelope::new(kind, wall_clock(), data).answering(id)))
            .await
    }

    async fn send(&mut self, text: Utf8Bytes) -> Result<(), End> {
        self.write(Message::Text(text)).await
    }

    async fn write(&mut self, message: Message) -> Result<(), End> {
        if let Some((Fault::DropRandom(probability), _)) = self.active_fault()
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
            () = self.setup.stop.cancelled() => Err(End::Close(CloseCode::Away, "server shutting down")),
        }
    }

    /// The delay of a slow server; ends early when the fault is taken back or the server stops.
    async fn delay(&mut self) -> Result<(), End> {
        let Some((Fault::Slow(delay), until)) = self.active_fault() else {
            return Ok(());
        };
        tokio::select! {
            () = sleep(delay) => Ok(()),
            () = at(until) => Ok(()),
            _ = self.setup.faults.changed() => Ok(()),
            () = self.setup.stop.cancelled() => Err(End::Close(CloseCode::Away, "server shutting down")),
        }
    }

    async fn finish(mut self, end: End) {
        let (code, reason) = match end {
            End::Gone => return,
            End::Reset => return self.socket.get_ref().reset_on_drop(),
            End::TooLarge => (CloseCode::Size, "message larger than 1 MiB"),
            End::Close(code, reason) => (code, reason),
        };
        let too_large = matches!(end, End::TooLarge);
        let goodbye = async {
            let frame = CloseFrame {
                code,
                reason: Utf8Bytes::from_static(reason),
            };
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

/// How a session ends after the protocol layer failed.
fn broken(error: &Error) -> End {
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
