//! A running server and a plain client for it. Every wait has a deadline and says what it waited for.

use std::{future::Future, net::SocketAddr, time::Duration};

use axum::body::{Body, to_bytes};
use demo::{DemoOptions, DemoServer};
use futures_util::{SinkExt, StreamExt};
use http::{Method, Request, StatusCode};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::{net::TcpStream, task::JoinHandle, time::timeout};
use tokio_tungstenite::{
    WebSocketStream, client_async,
    tungstenite::{Error, Message, client::IntoClientRequest, protocol::CloseFrame},
};
use tokio_util::sync::CancellationToken;

/// Generous: only a failing test waits this long.
pub(crate) const DEADLINE: Duration = Duration::from_secs(20);

/// The result in time, or a panic that says what did not come.
pub(crate) async fn in_time<T>(what: &str, wait: impl Future<Output = T>) -> T {
    timeout(DEADLINE, wait).await.unwrap_or_else(|_| panic!("{what} within {DEADLINE:?}"))
}

/// A server of its own for one test, 100 times as fast as the real one.
pub(crate) struct Demo {
    pub(crate) addr: SocketAddr,
    pub(crate) stop: CancellationToken,
    pub(crate) served: JoinHandle<Result<(), demo::DemoError>>,
}

impl Demo {
    pub(crate) async fn start() -> Self {
        Self::with(DemoOptions { listen: loopback(), seed: Some(1), pace: 0.01 }).await
    }

    pub(crate) async fn with(options: DemoOptions) -> Self {
        let server = DemoServer::bind(options).await.expect("a free port");
        let (addr, stop) = (server.local_addr(), CancellationToken::new());
        let served = tokio::spawn(server.serve(stop.clone()));
        Self { addr, stop, served }
    }

    pub(crate) async fn connect(&self, path: &str) -> Client {
        self.try_connect(path).await.expect("an upgraded connection")
    }

    pub(crate) async fn try_connect(&self, path: &str) -> Result<Client, Error> {
        let mut request = format!("ws://{}{path}", self.addr).into_client_request()?;
        request.headers_mut().insert("User-Agent", "demo-tests/1".parse().expect("a header"));
        let stream = TcpStream::connect(self.addr).await?;
        let (socket, _) = in_time("an answer to the upgrade", client_async(request, stream)).await?;
        Ok(Client { socket })
    }

    pub(crate) async fn get(&self, path: &str) -> Value {
        let (status, body) = self.ask(Method::GET, path, "").await;
        assert_eq!(status, StatusCode::OK, "{body}");
        body
    }

    pub(crate) async fn stage(&self, fault: Value) {
        let (status, body) = self.ask(Method::POST, "/fault", &fault.to_string()).await;
        assert_eq!(status, StatusCode::OK, "{body}");
    }

    pub(crate) async fn ask(&self, method: Method, path: &str, body: &str) -> (StatusCode, Value) {
        let request = Request::builder().method(method).uri(path).body(Body::from(body.to_owned()));
        self.send(request.expect("a request")).await.expect("an answer")
    }

    pub(crate) async fn send(&self, mut request: Request<Body>) -> Result<(StatusCode, Value), hyper::Error> {
        request.headers_mut().insert("Host", "localhost".parse().expect("a header"));
        let stream = TcpStream::connect(self.addr).await.expect("a connection");
        let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
        let moving = tokio::spawn(connection);
        let answer = in_time("an HTTP answer", sender.send_request(request)).await?;
        let status = answer.status();
        let body = to_bytes(Body::new(answer.into_body()), 1 << 20).await.expect("a body");
        drop(sender);
        moving.abort();
        let body = serde_json::from_slice(&body)
            .unwrap_or_else(|_| Value::String(String::from_utf8_lossy(&body).into_owned()));
        Ok((status, body))
    }
}

pub(crate) fn loopback() -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], 0))
}

/// How a session ended, as the client saw it.
#[derive(Debug)]
pub(crate) enum Ended {
    Closed(Option<CloseFrame>),
    Abnormally,
}

/// A WebSocket client.
pub(crate) struct Client {
    pub(crate) socket: WebSocketStream<TcpStream>,
}

impl Client {
    pub(crate) async fn say(&mut self, message: Value) {
        self.say_text(&message.to_string()).await;
    }

    pub(crate) async fn say_text(&mut self, text: &str) {
        self.socket.send(Message::text(text)).await.expect("sent");
    }

    /// The next text message.
    pub(crate) async fn next(&mut self) -> Value {
        loop {
            match in_time("a message", self.socket.next()).await {
                Some(Ok(Message::Text(text))) => return serde_json::from_str(&text).expect("JSON"),
                Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                other => panic!("a text message, not {other:?}"),
            }
        }
    }

    /// The next message of a type; others are passed over.
    pub(crate) async fn next_of(&mut self, kind: &str) -> Value {
        loop {
            let message = self.next().await;
            if message["type"] == kind {
                return message;
            }
        }
    }

    /// The answer to a WebSocket ping.
    pub(crate) async fn pong(&mut self, payload: &'static [u8]) {
        self.socket.send(Message::Ping(payload.into())).await.expect("sent");
        loop {
            match in_time("a pong", self.socket.next()).await {
                Some(Ok(Message::Pong(answer))) if answer == payload => return,
                Some(Ok(_)) => {}
                other => panic!("a pong, not {other:?}"),
            }
        }
    }

    /// Whether nothing at all comes for this long.
    pub(crate) async fn hears_nothing_for(&mut self, time: Duration) -> bool {
        timeout(time, self.socket.next()).await.is_err()
    }

    /// Waits for the end of the session.
    pub(crate) async fn ended(&mut self) -> Ended {
        let mut close = None;
        loop {
            match in_time("the end of the session", self.socket.next()).await {
                Some(Ok(Message::Close(frame))) => close = Some(frame),
                Some(Ok(_)) => {}
                Some(Err(Error::ConnectionClosed)) | None => {
                    return close.map_or(Ended::Abnormally, Ended::Closed);
                }
                Some(Err(_)) => return Ended::Abnormally,
            }
        }
    }

    /// Waits for a close frame and returns its code and reason.
    pub(crate) async fn closed(&mut self) -> (u16, String) {
        match self.ended().await {
            Ended::Closed(Some(frame)) => (frame.code.into(), frame.reason.to_string()),
            other @ (Ended::Closed(None) | Ended::Abnormally) => panic!("a close frame, not {other:?}"),
        }
    }
}
