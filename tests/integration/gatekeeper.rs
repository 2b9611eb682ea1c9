//! A WebSocket server that lets in who carries the right credential, and quotes everybody's: the worst listener.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError},
};

use anyhow::Result;
use futures_util::{SinkExt as _, StreamExt as _};
use http::header::{AUTHORIZATION, WWW_AUTHENTICATE};
use tokio::{
    net::{TcpListener, TcpStream},
    task::AbortHandle,
};
use tokio_tungstenite::{
    accept_hdr_async,
    tungstenite::{
        Message,
        handshake::server::{ErrorResponse, Request, Response},
    },
};

/// A running server. Dropping it lets nobody in any more.
#[derive(Debug)]
pub(crate) struct Gatekeeper {
    address: SocketAddr,
    book: Arc<Mutex<Book>>,
    task: AbortHandle,
}

#[derive(Debug)]
struct Book {
    wanted: String,
    /// What each request carried, in the order they came.
    carried: Vec<String>,
}

impl Drop for Gatekeeper {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Gatekeeper {
    /// Lets in whose path and authorization, written `PATH AUTHORIZATION`, contain `wanted`.
    pub(crate) async fn wanting(wanted: &str) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let book = Arc::new(Mutex::new(Book { wanted: wanted.to_owned(), carried: Vec::new() }));
        let kept = Arc::clone(&book);
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, Arc::clone(&kept)));
            }
        });
        Ok(Self { address, book, task: task.abort_handle() })
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("ws://{}{path}", self.address)
    }

    /// From now on another credential is right.
    pub(crate) fn want(&self, wanted: &str) {
        open(&self.book, |book| wanted.clone_into(&mut book.wanted));
    }

    /// What every request so far carried.
    pub(crate) fn carried(&self) -> Vec<String> {
        open(&self.book, |book| book.carried.clone())
    }

    /// How many requests carried this.
    pub(crate) fn count(&self, what: &str) -> usize {
        self.carried().iter().filter(|carried| carried.contains(what)).count()
    }
}

fn open<T>(book: &Mutex<Book>, with: impl FnOnce(&mut Book) -> T) -> T {
    with(&mut book.lock().unwrap_or_else(PoisonError::into_inner))
}

async fn serve(stream: TcpStream, book: Arc<Mutex<Book>>) {
    let mut quoted = String::new();
    // The size of the refusal is tungstenite's choice.
    #[expect(clippy::result_large_err, reason = "the callback's type is given")]
    let judge = |request: &Request, response: Response| -> Result<Response, ErrorResponse> {
        let authorization = request.headers().get(AUTHORIZATION).and_then(|value| value.to_str().ok());
        quoted = format!("{} {}", request.uri(), authorization.unwrap_or_default());
        let right = open(&book, |book| {
            book.carried.push(quoted.clone());
            quoted.contains(&book.wanted)
        });
        if right {
            return Ok(response);
        }
        let refusal = http::Response::builder().status(401).header(WWW_AUTHENTICATE, format!("X {quoted}"));
        Err(refusal.body(Some(format!("you said {quoted}"))).expect("a sound answer"))
    };
    let Ok(mut socket) = accept_hdr_async(stream, judge).await else { return };
    let _ = socket.send(Message::text("{\"welcome\":true}")).await;
    // Reading answers pings and the close.
    while let Some(Ok(_)) = socket.next().await {}
}
