//! A WebSocket server that notes every message, with the connection it came over, and says what a test tells it to.

use std::{
    net::{Ipv4Addr, SocketAddr},
    sync::{Arc, Mutex, PoisonError},
};

use anyhow::Result;
use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use suites::{eventually, running_agent::DEADLINE};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::broadcast,
    task::AbortHandle,
};
use tokio_tungstenite::{
    WebSocketStream, accept_async,
    tungstenite::{
        Error, Message,
        protocol::{CloseFrame, frame::coding::CloseCode},
    },
};

/// A message that came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Note {
    /// The connection it came over, counted from 1.
    pub(super) session: usize,
    pub(super) message: Message,
}

impl Note {
    /// Its text; empty for a binary one.
    pub(super) fn text(&self) -> &str {
        self.message.to_text().unwrap_or_default()
    }

    /// Its text as JSON.
    pub(super) fn json(&self) -> Value {
        serde_json::from_str(self.text()).unwrap_or_default()
    }
}

/// How the server behaves.
#[derive(Clone, Copy, Debug)]
pub(super) struct Manner {
    /// Acknowledges each message that came in an envelope.
    pub(super) acks: bool,
    /// Ends the connection with 1009 at a larger message.
    pub(super) largest: usize,
}

impl Default for Manner {
    fn default() -> Self {
        Self { acks: false, largest: usize::MAX }
    }
}

/// A server on 127.0.0.1. Dropping it ends it and its connections.
#[derive(Debug)]
pub(super) struct Clerk {
    pub(super) address: SocketAddr,
    notes: Arc<Mutex<Vec<Note>>>,
    says: broadcast::Sender<String>,
    task: AbortHandle,
}

impl Drop for Clerk {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Clerk {
    pub(super) async fn start(manner: Manner) -> Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let notes = Arc::<Mutex<Vec<Note>>>::default();
        let (says, _) = broadcast::channel(64);
        let (book, voice) = (Arc::clone(&notes), says.clone());
        let task = tokio::spawn(async move {
            // Connections end with the task that owns them.
            let mut open = tokio::task::JoinSet::new();
            let mut session = 0;
            loop {
                tokio::select! {
                    Some(_) = open.join_next() => {}
                    Ok((stream, _)) = listener.accept() => {
                        let (book, orders) = (Arc::clone(&book), voice.subscribe());
                        // A knock is no session.
                        if let Ok(socket) = accept_async(stream).await {
                            session += 1;
                            open.spawn(attend(socket, session, manner, book, orders));
                        }
                    }
                }
            }
        });
        Ok(Self { address, notes, says, task: task.abort_handle() })
    }

    pub(super) fn url(&self) -> String {
        format!("ws://{}/", self.address)
    }

    /// Everything that came, in order.
    pub(super) fn notes(&self) -> Vec<Note> {
        self.notes.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(super) fn texts(&self) -> Vec<String> {
        self.notes().iter().map(|note| note.text().to_owned()).collect()
    }

    /// Texts in the order they came first, and how many came again.
    pub(super) fn first_texts(&self) -> (Vec<String>, usize) {
        let (mut seen, mut again) = (std::collections::HashSet::new(), 0);
        let mut firsts = self.texts();
        firsts.retain(|text| {
            let new = seen.insert(text.clone());
            again += usize::from(!new);
            new
        });
        (firsts, again)
    }

    /// Sends a text over every connection.
    pub(super) fn say(&self, text: &Value) {
        // Nobody connected is no error.
        let _ = self.says.send(text.to_string());
    }

    /// Waits until so many messages have come.
    pub(super) async fn until(&self, count: usize) -> Vec<Note> {
        eventually(DEADLINE, &format!("{count} messages"), async || {
            let notes = self.notes();
            (notes.len() >= count).then_some(notes)
        })
        .await
    }
}

async fn attend(
    mut socket: WebSocketStream<TcpStream>,
    session: usize,
    manner: Manner,
    book: Arc<Mutex<Vec<Note>>>,
    mut orders: broadcast::Receiver<String>,
) -> Result<(), Error> {
    loop {
        let message = tokio::select! {
            Ok(text) = orders.recv() => {
                socket.send(Message::text(text)).await?;
                continue;
            }
            message = socket.next() => match message {
                Some(message) => message?,
                None => return Ok(()),
            },
        };
        if !message.is_text() && !message.is_binary() {
            continue;
        }
        if message.len() > manner.largest {
            return socket
                .close(Some(CloseFrame { code: CloseCode::Size, reason: "too large".into() }))
                .await;
        }
        let note = Note { session, message };
        let ack = note.json()["id"].as_str().filter(|_| manner.acks).map(|id| json!({ "ack": id }));
        book.lock().unwrap_or_else(PoisonError::into_inner).push(note);
        if let Some(ack) = ack {
            socket.send(Message::text(ack.to_string())).await?;
        }
    }
}
