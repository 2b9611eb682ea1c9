//! A WebSocket server that keeps every message it gets, in order, and acknowledges it where asked to. It judges nothing.

use std::{
    net::{Ipv4Addr, SocketAddr},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use anyhow::Result;
use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tokio::{
    net::{TcpListener, TcpStream},
    runtime::Runtime,
    time::sleep,
};
use tokio_tungstenite::{
    accept_async,
    tungstenite::{
        Error, Message,
        protocol::{CloseFrame, frame::coding::CloseCode},
    },
};

/// A message that came, as it came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// The text of the frame, or its beginning where no more is kept.
    pub text: String,
    /// Which connection it came over; the first is 1.
    pub session: u64,
}

impl Receipt {
    /// The frame of an endpoint with `envelope`: id, mark of a repetition, content.
    pub fn opened(&self) -> Option<(String, bool, Value)> {
        let mut frame: Value = serde_json::from_str(&self.text).ok()?;
        let id = frame["id"].as_str()?.to_owned();
        Some((id, frame["redelivered"].as_bool()?, frame["data"].take()))
    }
}

/// What a [`Receiver`] does with a message beside keeping it.
#[derive(Clone, Copy, Debug)]
pub struct Manners {
    /// Answers `{"ack": ID}` to a message in an envelope.
    pub acks: bool,
    /// Takes this long over each message, at most.
    pub dawdles: Duration,
    /// Ends the connection with 1009 at a larger message, and does not keep it.
    pub largest: usize,
    /// Keeps so many bytes of each message.
    pub keeps: usize,
}

impl Default for Manners {
    fn default() -> Self {
        Self { acks: false, dawdles: Duration::ZERO, largest: usize::MAX, keeps: usize::MAX }
    }
}

/// A server on 127.0.0.1 with threads of its own. Dropping it ends it.
#[derive(Debug)]
pub struct Receiver {
    address: SocketAddr,
    kept: Arc<Mutex<Vec<Receipt>>>,
    runtime: Option<Runtime>,
}

impl Receiver {
    /// Listens on a free port.
    pub fn start(manners: Manners) -> Result<Self> {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
        let listener = runtime.block_on(TcpListener::bind((Ipv4Addr::LOCALHOST, 0)))?;
        let address = listener.local_addr()?;
        let kept = Arc::<Mutex<Vec<Receipt>>>::default();
        let keeper = Arc::clone(&kept);
        runtime.spawn(async move {
            let mut session = 0;
            while let Ok((stream, _)) = listener.accept().await {
                session += 1;
                tokio::spawn(attend(stream, session, manners, Arc::clone(&keeper)));
            }
        });
        Ok(Self { address, kept, runtime: Some(runtime) })
    }

    /// Its URL for an endpoint.
    pub fn url(&self) -> String {
        format!("ws://{}/", self.address)
    }

    /// Everything so far, in the order it came.
    pub fn receipts(&self) -> Vec<Receipt> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// How many came so far.
    pub fn count(&self) -> usize {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    /// The texts alone.
    pub fn texts(&self) -> Vec<String> {
        self.receipts().into_iter().map(|receipt| receipt.text).collect()
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

/// One connection, as long as it lasts. Knocks and clients that are killed end it with an error, which is no news.
async fn attend(
    stream: TcpStream,
    session: u64,
    manners: Manners,
    kept: Arc<Mutex<Vec<Receipt>>>,
) -> Result<(), Error> {
    let mut socket = accept_async(stream).await?;
    while let Some(message) = socket.next().await {
        let Message::Text(text) = message? else { continue };
        if text.len() > manners.largest {
            let frame = CloseFrame { code: CloseCode::Size, reason: "too large".into() };
            return socket.close(Some(frame)).await;
        }
        let mut receipt = Receipt { text: text.as_str().to_owned(), session };
        let ack = receipt.opened().filter(|_| manners.acks).map(|(id, _, _)| json!({ "ack": id }));
        if receipt.text.len() > manners.keeps {
            receipt.text.truncate(receipt.text.floor_char_boundary(manners.keeps));
            receipt.text.shrink_to_fit();
        }
        // Kept before anybody is told.
        kept.lock().unwrap_or_else(PoisonError::into_inner).push(receipt);
        if !manners.dawdles.is_zero() {
            sleep(manners.dawdles.mul_f64(fastrand::f64())).await;
        }
        if let Some(ack) = ack {
            socket.send(Message::text(ack.to_string())).await?;
        }
    }
    Ok(())
}
