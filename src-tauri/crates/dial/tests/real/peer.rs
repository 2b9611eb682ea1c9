//! Servers that do exactly as told, and what the tests ask them with. Holds no assertions about the dialer.

use std::{future::Future, io, net::SocketAddr, time::Duration};

use dial::{DialError, DialRequest, Dialed, Dialer};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    task::{AbortHandle, JoinSet},
};
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use url::Url;

/// A server that ends with the test.
pub(crate) struct Peer {
    pub(crate) address: SocketAddr,
    task: AbortHandle,
}

impl Drop for Peer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Peer {
    /// Serves every connection with `serve`.
    pub(crate) async fn start<F>(serve: impl Fn(TcpStream) -> F + Send + 'static) -> Self
    where
        F: Future<Output = io::Result<()>> + Send + 'static,
    {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        Self::on(listener, serve)
    }

    /// The same on a listener of the caller's.
    pub(crate) fn on<F>(listener: TcpListener, serve: impl Fn(TcpStream) -> F + Send + 'static) -> Self
    where
        F: Future<Output = io::Result<()>> + Send + 'static,
    {
        let address = listener.local_addr().unwrap();
        let task = tokio::spawn(async move {
            // Ends its connections with the listener.
            let mut connections = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                connections.spawn(serve(stream));
            }
        });
        Self { address, task: task.abort_handle() }
    }

    /// Reads the request, sends `answer`, closes in good order.
    pub(crate) async fn answering(answer: impl Into<Vec<u8>>) -> Self {
        let answer = answer.into();
        Self::start(move |mut stream| {
            let answer = answer.clone();
            async move {
                read_request(&mut stream).await?;
                stream.write_all(&answer).await?;
                stream.shutdown().await?;
                until_closed(&mut stream).await;
                Ok(())
            }
        })
        .await
    }

    /// Upgrades with additional header lines, then waits for the client to leave.
    pub(crate) async fn upgrading(extra: &'static str) -> Self {
        Self::start(move |mut stream| async move {
            let request = read_request(&mut stream).await?;
            stream.write_all(accepting(&request, extra).as_bytes()).await?;
            until_closed(&mut stream).await;
            Ok(())
        })
        .await
    }

    pub(crate) fn url(&self, scheme: &str) -> Url {
        Url::parse(&format!("{scheme}://{}/feed?token=t0ps3cret", self.address)).unwrap()
    }

    pub(crate) fn request(&self) -> DialRequest {
        DialRequest::new(self.url("ws"))
    }

    /// The error of dialing this peer over ws.
    pub(crate) async fn refusal(&self) -> DialError {
        refused(&self.request()).await
    }
}

/// A right 101 to `request` with `extra` header lines.
pub(crate) fn accepting(request: &str, extra: &str) -> String {
    let accept = derive_accept_key(header(request, "sec-websocket-key").unwrap_or_default().as_bytes());
    format!(
        "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Accept: {accept}\r\n{extra}\r\n"
    )
}

/// The value of a header in the text of a request.
pub(crate) fn header<'a>(request: &'a str, name: &str) -> Option<&'a str> {
    request.lines().find_map(|line| {
        let (key, value) = line.split_once(": ")?;
        key.eq_ignore_ascii_case(name).then_some(value)
    })
}

pub(crate) async fn read_request(stream: &mut (impl AsyncRead + Unpin)) -> io::Result<String> {
    let mut request = Vec::new();
    while !request.ends_with(b"\r\n\r\n") {
        request.push(stream.read_u8().await?);
    }
    Ok(String::from_utf8_lossy(&request).into_owned())
}

/// Reads until the client closes or resets.
pub(crate) async fn until_closed(stream: &mut (impl AsyncRead + Unpin)) {
    let mut dump = [0; 4096];
    while let Ok(1..) = stream.read(&mut dump).await {}
}

pub(crate) async fn dial(request: &DialRequest) -> Result<Dialed, DialError> {
    Dialer::new().websocket(request, |_| {}).await
}

pub(crate) async fn refused(request: &DialRequest) -> DialError {
    dial(request).await.expect_err("the dial was to fail")
}

/// Long enough for a busy machine, far below what the limits under test would take.
pub(crate) const GENEROUS: Duration = Duration::from_secs(20);
