//! What a scripted server saw: when each connection came, what it sent, how it left.

use std::{net::SocketAddr, sync::Arc};

use tokio::{sync::watch, time::Instant};

use super::frame::ClientFrame;

/// Bytes kept of what one client sent; more are counted and forgotten, and pings among them stay unanswered.
const MAX_KEPT: usize = 16 << 20;
/// Connections kept; a client that comes more often than that has failed any test.
const MAX_SEEN: usize = 4_096;

/// How a client left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Left {
    /// In good order.
    Closed,
    /// By a reset.
    Reset,
}

/// One connection as the server saw it.
#[derive(Clone)]
pub struct Seen {
    /// When it came.
    pub at: Instant,
    /// From where.
    pub from: SocketAddr,
    /// What the client sent, up to 16 MiB.
    pub received: Vec<u8>,
    /// How much it sent.
    pub received_bytes: u64,
    /// How much the script has sent to it: what the client took, and what both systems buffer.
    pub sent_bytes: u64,
    /// How the client left, if it did and somebody was reading.
    pub left: Option<Left>,
    /// True when the script has come to its end.
    pub over: bool,
}

impl std::fmt::Debug for Seen {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Seen")
            .field("request", &self.request().and_then(|head| head.lines().next()))
            .field("received_bytes", &self.received_bytes)
            .field("sent_bytes", &self.sent_bytes)
            .field("left", &self.left)
            .field("over", &self.over)
            .finish_non_exhaustive()
    }
}

impl Seen {
    fn new(from: SocketAddr) -> Self {
        Self {
            at: Instant::now(),
            from,
            received: Vec::new(),
            received_bytes: 0,
            sent_bytes: 0,
            left: None,
            over: false,
        }
    }

    /// The head of the request, once it is whole.
    pub fn request(&self) -> Option<&str> {
        std::str::from_utf8(&self.received[..self.head_length()?]).ok()
    }

    /// The value of a request header.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.request()?.lines().find_map(|line| {
            let (key, value) = line.split_once(": ")?;
            key.eq_ignore_ascii_case(name).then_some(value)
        })
    }

    /// The whole frames that followed the request.
    pub fn frames(&self) -> Vec<ClientFrame> {
        let mut rest = &self.received[self.head_length().unwrap_or(self.received.len())..];
        let mut frames = Vec::new();
        while let Some((frame, length)) = ClientFrame::first_of(rest) {
            frames.push(frame);
            rest = &rest[length..];
        }
        frames
    }

    /// The code of the client's close frame.
    pub fn close_code(&self) -> Option<u16> {
        self.frames().iter().find_map(ClientFrame::close_code)
    }

    pub(super) fn head_length(&self) -> Option<usize> {
        let end = self.received.windows(4).position(|four| four == b"\r\n\r\n")?;
        Some(end + 4)
    }
}

/// Where all connections are written down.
#[derive(Clone, Debug)]
pub(super) struct Record(Arc<watch::Sender<Vec<Seen>>>);

impl Record {
    pub(super) fn new() -> (Self, watch::Receiver<Vec<Seen>>) {
        let (sender, receiver) = watch::channel(Vec::new());
        (Self(Arc::new(sender)), receiver)
    }

    /// Writes down a new connection and gives its number.
    pub(super) fn arrived(&self, from: SocketAddr) -> usize {
        let mut number = 0;
        self.0.send_modify(|seen| {
            assert!(seen.len() < MAX_SEEN, "{MAX_SEEN} connections: a client hammers");
            number = seen.len();
            seen.push(Seen::new(from));
        });
        number
    }

    pub(super) fn page(&self, number: usize) -> Page {
        Page { record: self.clone(), number }
    }
}

/// Where one connection is written down.
#[derive(Debug)]
pub(super) struct Page {
    record: Record,
    number: usize,
}

impl Page {
    fn change(&self, change: impl FnOnce(&mut Seen)) {
        self.record.0.send_modify(|seen| change(&mut seen[self.number]));
    }

    pub(super) fn heard(&self, bytes: &[u8]) {
        self.change(|seen| {
            seen.received_bytes += bytes.len() as u64;
            let room = MAX_KEPT - seen.received.len();
            seen.received.extend_from_slice(&bytes[..bytes.len().min(room)]);
        });
    }

    pub(super) fn said(&self, bytes: usize) {
        self.change(|seen| seen.sent_bytes += bytes as u64);
    }

    pub(super) fn left(&self, how: Left) {
        self.change(|seen| seen.left = Some(how));
    }

    pub(super) fn over(&self) {
        self.change(|seen| seen.over = true);
    }

    /// Waits until this connection has something, and gives it.
    pub(super) async fn until<T>(&self, look: impl Fn(&Seen) -> Option<T>) -> T {
        let mut watch = self.record.0.subscribe();
        loop {
            let found = look(&watch.borrow_and_update()[self.number]);
            if let Some(found) = found {
                return found;
            }
            if watch.changed().await.is_err() {
                // Cannot happen: this page holds the sender.
                return std::future::pending().await;
            }
        }
    }
}
