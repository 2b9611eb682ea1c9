//! One connection of the hub from its first frame to its last.

use std::{
    future::poll_fn,
    ops::ControlFlow,
    pin::pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use futures_util::{
    SinkExt as _, StreamExt as _,
    future::join,
    stream::{SplitSink, SplitStream},
};
use hyper::upgrade::Upgraded;
use hyper_util::rt::TokioIo;
use model::{AgentEvent, EndpointId, ErrorCode};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    sync::{broadcast::error::RecvError, mpsc},
    time::{Instant, timeout},
};
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{
        Error, Message,
        protocol::{CloseFrame, Role, WebSocketConfig, frame::coding::CloseCode},
    },
};
use tokio_util::sync::CancellationToken;

use super::{
    Entry, Interests,
    frame::{self, ClientFrame, ServerFrame},
    intake::{Intake, Offer, QUEUE},
    ledger::Ledger,
    outgoing::Outgoing,
    rate::Rate,
};
use crate::{
    events::{Arrivals, Fact, Listening},
    gateway::{
        content::MAX_MESSAGE,
        desk::Desk,
        events::{STATUS_SPACING, due},
        refusal::Refusal,
    },
};

/// Largest frame: a message and what is around it.
const MAX_FRAME: usize = MAX_MESSAGE + (64 << 10);

/// Bytes read from the socket at once.
const READ_BYTES: usize = 16 << 10;

type Socket = WebSocketStream<TokioIo<Upgraded>>;

/// For who does not keep up.
const TOO_SLOW: End = End::Close(CloseCode::Again, "too slow");

/// How a connection ends.
#[derive(Debug)]
enum End {
    /// The other side is gone, or said goodbye.
    Gone,
    /// We say goodbye.
    Close(CloseCode, &'static str),
}

/// See the module's words.
#[derive(Debug)]
pub(super) struct Member {
    desk: Desk,
    entry: Entry,
    outgoing: Outgoing,
    ledger: Mutex<Ledger>,
    interests: Mutex<Interests>,
}

impl Member {
    /// Serves the connection until it ends.
    pub(super) async fn run(desk: Desk, entry: Entry, upgraded: Upgraded) {
        let config = WebSocketConfig::default()
            .read_buffer_size(READ_BYTES)
            .max_message_size(Some(MAX_FRAME))
            .max_frame_size(Some(MAX_FRAME));
        let socket =
            WebSocketStream::from_raw_socket(TokioIo::new(upgraded), Role::Server, Some(config)).await;
        let member = Self {
            outgoing: Outgoing::new(desk.hub.rules),
            ledger: Mutex::default(),
            interests: Mutex::default(),
            desk,
            entry,
        };
        tracing::debug!(connection = member.entry.id, "a program joined the hub");
        let (mut sink, mut source) = socket.split();
        let end = member.serve(&mut sink, &mut source).await;
        tracing::debug!(connection = member.entry.id, ?end, "a program left the hub");
        if let End::Close(code, reason) = end {
            let goodbye = member.say_goodbye(sink, source, CloseFrame { code, reason: reason.into() });
            // Whoever does not listen is not waited for.
            let _ = timeout(member.desk.hub.rules.farewell, goodbye).await;
        }
    }

    async fn serve(&self, sink: &mut SplitSink<Socket, Message>, source: &mut SplitStream<Socket>) -> End {
        let shutting_down = || End::Close(CloseCode::Away, "shutting down");
        // Subscribed before the first status is taken: what happens in between comes twice, not never.
        let Some(mut news) = self.desk.agent.news.listen() else {
            return shutting_down();
        };
        self.outgoing.put(&ServerFrame::ConnectionEstablished { connection_id: self.entry.id.clone() });
        let (offer, mut offers) = mpsc::channel(QUEUE);
        let intake = Intake { agent: &self.desk.agent, ledger: &self.ledger, outgoing: &self.outgoing };
        let halt = CancellationToken::new();
        // Over when everything that was read is answered.
        let mut work = pin!(join(self.read(source, offer, &halt), intake.run(&mut offers)));
        let end = tokio::select! {
            (end, ()) = work.as_mut() => return end,
            end = self.watch(&mut news) => end,
            () = self.write(sink) => End::Gone,
            () = self.outgoing.overflown() => TOO_SLOW,
            () = self.desk.stop.cancelled() => shutting_down(),
        };
        halt.cancel();
        let rules = self.desk.hub.rules;
        // Nobody is waited for long when the gateway ends.
        let within = if self.desk.stop.is_cancelled() { rules.farewell / 3 } else { rules.handover };
        if timeout(within, work).await.is_err() {
            self.refuse_unanswered();
        }
        end
    }

    /// What was read and could not be taken over in time.
    fn refuse_unanswered(&self) {
        let unanswered = self.ledger().unanswered();
        if !unanswered.is_empty() {
            let connection = &self.entry.id;
            tracing::warn!(
                connection,
                count = unanswered.len(),
                "messages of the hub were not taken over in time"
            );
        }
        for (endpoint, id) in unanswered {
            let detail = "Nobody knows whether it was taken over: send it again under the same id.";
            let status = http::StatusCode::SERVICE_UNAVAILABLE;
            let refusal = Refusal::new(status, ErrorCode::ShuttingDown, detail);
            self.outgoing.put(&ServerFrame::send_refusal(refusal, Some(endpoint), Some(id.to_string())));
        }
    }

    /// Reads until the other side or we have had enough. A frame that was read is always carried out.
    async fn read(
        &self,
        source: &mut SplitStream<Socket>,
        offer: mpsc::Sender<Offer>,
        halt: &CancellationToken,
    ) -> End {
        let rules = self.desk.hub.rules;
        let mut rate = Rate::new(rules.frames, Instant::now());
        loop {
            let next = tokio::select! {
                biased;
                () = halt.cancelled() => return End::Gone,
                next = timeout(rules.idle, source.next()) => next,
            };
            let message = match next {
                Err(_elapsed) => return End::Close(CloseCode::Away, "idle"),
                Ok(None) => return End::Gone,
                Ok(Some(Err(error))) => return breach(&error),
                Ok(Some(Ok(message))) => message,
            };
            if !rate.allows(Instant::now()) {
                let detail = format!("At most {} a second are taken.", rules.frames);
                let status = http::StatusCode::TOO_MANY_REQUESTS;
                let refusal = Refusal::new(status, ErrorCode::TooManyMessages, detail);
                self.outgoing.put(&ServerFrame::refusal(refusal));
                return End::Close(CloseCode::Policy, "too many messages");
            }
            match message {
                Message::Text(text) => {
                    if let ControlFlow::Break(end) = self.obey(&text, &offer).await {
                        return end;
                    }
                }
                Message::Binary(_) => {
                    let refusal = Refusal::bad_request("Frames are JSON in text messages.");
                    self.outgoing.put(&ServerFrame::refusal(refusal));
                }
                // Answered underneath; after a close frame the stream ends.
                Message::Ping(_) | Message::Pong(_) | Message::Close(_) | Message::Frame(_) => {}
            }
        }
    }

    async fn obey(&self, text: &str, offer: &mpsc::Sender<Offer>) -> ControlFlow<End> {
        match ClientFrame::read(text) {
            Ok(ClientFrame::Ping) => self.outgoing.put(&ServerFrame::Pong),
            Ok(ClientFrame::Subscribe { endpoints }) => self.subscribe(&endpoints),
            Ok(ClientFrame::Unsubscribe { endpoints }) => self.unsubscribe(&endpoints),
            Ok(ClientFrame::Send { endpoint, id, format, data }) => {
                match frame::message(id.as_deref(), format, &data) {
                    Ok((id, message)) => {
                        let share = self.desk.budget.wait_for(message.payload.as_bytes().len()).await;
                        // Known before it is handed over: it may be delivered before that is answered.
                        if self.ledger().offer(&endpoint, &id) {
                            self.outgoing.put(&ServerFrame::Missed { count: 1 });
                        }
                        if offer.send(Offer { endpoint, id, message, share }).await.is_err() {
                            return ControlFlow::Break(End::Gone);
                        }
                    }
                    Err(refusal) => {
                        self.outgoing.put(&ServerFrame::send_refusal(refusal, Some(endpoint), id));
                    }
                }
            }
            Err(misread) => self.outgoing.put(&misread.into()),
        }
        ControlFlow::Continue(())
    }

    fn subscribe(&self, names: &[String]) {
        let known: Vec<EndpointId> = {
            let status = self.desk.agent.watch_status();
            let status = status.borrow();
            status.endpoints.iter().map(|endpoint| endpoint.id.clone()).collect()
        };
        let mut interests = self.interests();
        for name in names {
            if name == "*" {
                interests.all = true;
            } else if let Some(id) = known.iter().find(|id| id.as_str() == name) {
                interests.endpoints.insert(id.clone());
            } else {
                let status = http::StatusCode::NOT_FOUND;
                let detail = format!("There is no endpoint {:?}.", dial::one_line(name, 64));
                let refusal = Refusal::new(status, ErrorCode::UnknownEndpoint, detail);
                self.outgoing.put(&ServerFrame::refusal(refusal));
            }
        }
        self.tell_interests(&interests);
    }

    fn unsubscribe(&self, names: &[String]) {
        let mut interests = self.interests();
        for name in names {
            if name == "*" {
                interests.all = false;
            } else {
                interests.endpoints.retain(|id| id.as_str() != name);
            }
        }
        self.tell_interests(&interests);
    }

    fn tell_interests(&self, interests: &Interests) {
        let endpoints = interests.names();
        self.entry.subscribed(endpoints.clone());
        self.outgoing.put(&ServerFrame::Subscribed { endpoints });
    }

    /// Passes on what happens, until the agent ends or this falls behind in what it has to tell.
    async fn watch(&self, news: &mut Listening) -> End {
        let ended = End::Close(CloseCode::Away, "shutting down");
        let mut status = self.desk.agent.watch_status();
        status.mark_unchanged();
        // The first is asked anew: the watched one carries the uptime of its publication, which may be long ago.
        self.outgoing.put_status(ServerFrame::Status(Box::new(self.desk.agent.status())).text());
        let mut next_status = Instant::now() + STATUS_SPACING;
        loop {
            tokio::select! {
                changed = due(&mut status, next_status) => {
                    if changed.is_err() {
                        return ended;
                    }
                    next_status = Instant::now() + STATUS_SPACING;
                    let newest = Arc::clone(&status.borrow_and_update());
                    self.outgoing.put_status(self.desk.hub.status_frame(&newest));
                }
                fact = news.facts.recv() => match fact {
                    Ok(fact) => self.pass_on(fact),
                    Err(RecvError::Lagged(count)) => self.outgoing.put(&ServerFrame::Missed { count }),
                    Err(RecvError::Closed) => return ended,
                },
                arrivals = news.arrivals.recv() => match arrivals {
                    Ok(arrivals) => self.tell_arrivals(&arrivals),
                    // One of its own may have been among them, and a delivery is never missed silently.
                    Err(RecvError::Lagged(_)) if self.ledger().awaits() => return TOO_SLOW,
                    Err(RecvError::Lagged(_)) => {}
                    Err(RecvError::Closed) => return ended,
                },
            }
        }
    }

    fn pass_on(&self, fact: Fact) {
        match fact {
            Fact::Message(endpoint, kept) => {
                if self.interests().include(&endpoint) {
                    self.outgoing.put(&ServerFrame::Message(kept.message(&endpoint)));
                }
            }
            Fact::Ready(event) => match *event {
                AgentEvent::Message(message) => {
                    if self.interests().include(&message.endpoint) {
                        self.outgoing.put(&ServerFrame::Message(message));
                    }
                }
                // Transitions show in the status; deliveries come by the window.
                AgentEvent::Status(_) | AgentEvent::Transition(_) | AgentEvent::Delivered(_) => {}
            },
        }
    }

    fn tell_arrivals(&self, Arrivals { endpoint, landed }: &Arrivals) {
        for one in landed.iter() {
            if self.ledger().deliver(endpoint, &one.id, one.seq) {
                let (endpoint, id) = (endpoint.clone(), one.id.to_string());
                self.outgoing.put(&ServerFrame::Delivered { endpoint, id, seq: one.seq });
            }
        }
    }

    /// Writes what waits, for ever. Whoever does not take it may have sent something before; what waits is let go then,
    /// and reading finds the end. A frame leaves the queue only when there is room for it: dropped at any moment, this
    /// loses none.
    async fn write(&self, sink: &mut SplitSink<Socket, Message>) {
        let mut broken = false;
        loop {
            broken = broken || !self.wrote(poll_fn(|context| sink.poll_ready_unpin(context)).await);
            if let Some(frame) = self.outgoing.take() {
                broken = broken || !self.wrote(sink.start_send_unpin(Message::Text(frame)));
                continue;
            }
            broken = broken || !self.wrote(sink.flush().await);
            self.outgoing.filled().await;
        }
    }

    fn wrote(&self, done: Result<(), Error>) -> bool {
        if let Err(error) = &done {
            tracing::debug!(%error, connection = self.entry.id, "a hub connection takes nothing any more");
        }
        done.is_ok()
    }

    /// What waits, the close frame, and then nothing more. Reads on for a while: bytes left unread would have the
    /// system throw away what was written.
    async fn say_goodbye(
        &self,
        mut sink: SplitSink<Socket, Message>,
        source: SplitStream<Socket>,
        close: CloseFrame,
    ) {
        if close.code != CloseCode::Again {
            while let Some(frame) = self.outgoing.take() {
                if sink.feed(Message::Text(frame)).await.is_err() {
                    return;
                }
            }
        }
        if sink.send(Message::Close(Some(close))).await.is_err() {
            return;
        }
        let Ok(socket) = sink.reunite(source) else { return };
        let mut stream = socket.into_inner();
        let _ = stream.shutdown().await;
        let mut unread = [0; 4_096];
        while stream.read(&mut unread).await.is_ok_and(|read| read > 0) {}
    }

    fn ledger(&self) -> MutexGuard<'_, Ledger> {
        self.ledger.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn interests(&self) -> MutexGuard<'_, Interests> {
        self.interests.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What follows when what came was no WebSocket message.
fn breach(error: &Error) -> End {
    match error {
        Error::Capacity(_) => End::Close(CloseCode::Size, "message too big"),
        Error::Utf8(_) => End::Close(CloseCode::Invalid, "not valid UTF-8"),
        Error::Protocol(
            tokio_tungstenite::tungstenite::error::ProtocolError::ResetWithoutClosingHandshake,
        )
        | Error::ConnectionClosed
        | Error::AlreadyClosed
        | Error::Io(_) => End::Gone,
        Error::Protocol(_)
        | Error::WriteBufferFull(_)
        | Error::Url(_)
        | Error::Http(_)
        | Error::HttpFormat(_)
        | Error::Tls(_)
        | Error::AttackAttempt => End::Close(CloseCode::Protocol, "protocol error"),
    }
}
