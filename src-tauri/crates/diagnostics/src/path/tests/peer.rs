//! A scripted server: what it does to each connection is said by the test. It writes down what it heard. Asserts nothing.

use std::{
    future::Future,
    io,
    net::SocketAddr,
    pin::Pin,
    sync::{Arc, Mutex},
    time::Duration,
};

use futures_util::{SinkExt as _, StreamExt as _};
use rustls::ServerConfig;
use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    task::{AbortHandle, JoinSet},
    time::{sleep, timeout},
};
use tokio_rustls::TlsAcceptor;
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{
        Message,
        handshake::derive_accept_key,
        protocol::{CloseFrame, Role},
    },
};

/// What is done with a request.
#[derive(Clone, Debug)]
pub(super) enum Do {
    /// Sends this and closes in good order.
    Say(String),
    /// Sends this and resets the connection.
    Reset(String),
    /// Reads on and says nothing.
    Nothing,
    /// Waits first.
    After(Duration, Box<Do>),
    /// Upgrades, with additional header lines.
    Open(String, Session),
}

/// What is done on a session.
#[derive(Clone, Debug)]
pub(super) enum Session {
    /// Answers pings, and a close.
    Well,
    /// As `Well`, but takes its time for each pong.
    Slow(Duration),
    /// Reads on and says nothing.
    Mute,
    /// Closes at once with this code and reason.
    Close(u16, &'static str),
    /// As `Well`, but drops the connection after so long a silence.
    Drop(Duration),
    /// As `Well`, and sends a message first.
    Talkative,
}

/// What a server heard.
#[derive(Debug, Default)]
pub(super) struct Heard {
    /// Heads of requests, in order.
    pub(super) requests: Vec<String>,
    /// Messages of sessions other than pings and closes.
    pub(super) messages: Vec<Message>,
    /// Connections so far.
    pub(super) connections: usize,
    /// Connections open now, and the most there were.
    pub(super) open: usize,
    pub(super) most_open: usize,
}

/// A server that ends with the test.
pub(super) struct Peer {
    pub(super) address: SocketAddr,
    pub(super) heard: Arc<Mutex<Heard>>,
    task: AbortHandle,
}

impl Drop for Peer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

trait Wire: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Wire for T {}

type Script = Arc<dyn Fn(&str, usize) -> Do + Send + Sync>;

impl Peer {
    /// A server that does as `script` says: it is given the request's head and the number of the connection, from 1.
    pub(super) async fn start(script: impl Fn(&str, usize) -> Do + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        Self::on(listener, None, script)
    }

    /// The same over TLS.
    pub(super) async fn encrypted(
        config: ServerConfig,
        script: impl Fn(&str, usize) -> Do + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        Self::on(listener, Some(config), script)
    }

    /// The same on a listener of the test's.
    pub(super) fn on(
        listener: TcpListener,
        tls: Option<ServerConfig>,
        script: impl Fn(&str, usize) -> Do + Send + Sync + 'static,
    ) -> Self {
        let script: Script = Arc::new(script);
        let acceptor = tls.map(|config| TlsAcceptor::from(Arc::new(config)));
        Self::accepting(listener, move |tcp, number, heard| {
            let (script, acceptor) = (Arc::clone(&script), acceptor.clone());
            Box::pin(async move {
                let close = tcp_closer(&tcp);
                match acceptor {
                    None => serve(tcp, number, &heard, &script, close).await,
                    Some(acceptor) => {
                        let stream = acceptor.accept(tcp).await?;
                        serve(stream, number, &heard, &script, close).await
                    }
                }
            })
        })
    }

    /// A server that does with each connection what `with` does.
    pub(super) async fn raw(
        with: impl Fn(TcpStream) -> Pin<Box<dyn Future<Output = io::Result<()>> + Send>> + Send + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        Self::accepting(listener, move |tcp, _, _| with(tcp))
    }

    fn accepting(
        listener: TcpListener,
        with: impl Fn(TcpStream, usize, Arc<Mutex<Heard>>) -> Pin<Box<dyn Future<Output = io::Result<()>> + Send>>
        + Send
        + 'static,
    ) -> Self {
        let address = listener.local_addr().unwrap();
        let heard = Arc::new(Mutex::new(Heard::default()));
        let hears = Arc::clone(&heard);
        let task = tokio::spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((tcp, _)) = listener.accept().await {
                let number = {
                    let mut heard = hears.lock().unwrap();
                    heard.connections += 1;
                    heard.open += 1;
                    heard.most_open = heard.most_open.max(heard.open);
                    heard.connections
                };
                let (serving, hears) = (with(tcp, number, Arc::clone(&hears)), Arc::clone(&hears));
                connections.spawn(async move {
                    let _ = serving.await;
                    hears.lock().unwrap().open -= 1;
                });
            }
        });
        Self { address, heard, task: task.abort_handle() }
    }

    pub(super) fn requests(&self) -> Vec<String> {
        self.heard.lock().unwrap().requests.clone()
    }

    pub(super) fn url(&self, scheme: &str) -> url::Url {
        format!("{scheme}://{}/feed?room=blue-room", self.address).parse().unwrap()
    }
}

/// Resets the connection when it is dropped, once told to.
fn tcp_closer(tcp: &TcpStream) -> Box<dyn Fn() + Send + Sync> {
    use std::os::fd::AsFd as _;
    let twin = tcp.as_fd().try_clone_to_owned().map(std::net::TcpStream::from);
    Box::new(move || {
        if let Ok(twin) = &twin {
            let _ = rustix::net::sockopt::set_socket_linger(twin, Some(Duration::ZERO));
        }
    })
}

async fn serve(
    mut stream: impl Wire,
    number: usize,
    heard: &Mutex<Heard>,
    script: &Script,
    reset: Box<dyn Fn() + Send + Sync>,
) -> io::Result<()> {
    let request = read_head(&mut stream).await?;
    heard.lock().unwrap().requests.push(request.clone());
    let mut what = script(&request, number);
    while let Do::After(wait, then) = what {
        sleep(wait).await;
        what = *then;
    }
    match what {
        Do::Say(text) => {
            stream.write_all(text.as_bytes()).await?;
            stream.shutdown().await?;
            until_closed(&mut stream).await;
        }
        Do::Reset(text) => {
            stream.write_all(text.as_bytes()).await?;
            stream.flush().await?;
            reset();
        }
        Do::Nothing | Do::After(..) => until_closed(&mut stream).await,
        Do::Open(extra, session) => {
            stream.write_all(accepting(&request, &extra).as_bytes()).await?;
            stream.flush().await?;
            converse(stream, session, heard).await;
        }
    }
    Ok(())
}

async fn converse(mut stream: impl Wire, session: Session, heard: &Mutex<Heard>) {
    if matches!(session, Session::Mute) {
        return until_closed(&mut stream).await;
    }
    let mut socket = WebSocketStream::from_raw_socket(stream, Role::Server, None).await;
    let (mut limit, mut pace) = (Duration::from_secs(60), Duration::ZERO);
    match session {
        Session::Close(code, reason) => {
            let _ = socket.close(Some(CloseFrame { code: code.into(), reason: reason.into() })).await;
        }
        Session::Talkative => {
            let _ = socket.send(Message::text("hello")).await;
        }
        Session::Drop(after) => limit = after,
        // The pong leaves when the next message is read.
        Session::Slow(wait) => pace = wait,
        Session::Well | Session::Mute => {}
    }
    while let Ok(Some(Ok(message))) = timeout(limit, socket.next()).await {
        if message.is_ping() {
            sleep(pace).await;
        } else if !message.is_close() {
            heard.lock().unwrap().messages.push(message);
        }
    }
}

/// A right 101 with additional header lines.
pub(super) fn accepting(request: &str, extra: &str) -> String {
    let accept = derive_accept_key(header(request, "sec-websocket-key").unwrap_or_default().as_bytes());
    format!(
        "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Accept: {accept}\r\n{extra}\r\n"
    )
}

/// An answer with a body.
pub(super) fn answer(status: &str, headers: &str, body: &str) -> Do {
    Do::Say(format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\n{headers}\r\n{body}", body.len()))
}

/// What a WebSocket server says to an ordinary request.
pub(super) fn only_upgrades() -> Do {
    answer("426 Upgrade Required", "Upgrade: websocket\r\n", "Upgrade Required")
}

/// A server as it should be.
pub(super) fn well(request: &str, _: usize) -> Do {
    if is_upgrade(request) { Do::Open(String::new(), Session::Well) } else { only_upgrades() }
}

pub(super) fn is_upgrade(request: &str) -> bool {
    header(request, "upgrade").is_some()
}

pub(super) fn header<'a>(request: &'a str, name: &str) -> Option<&'a str> {
    request.lines().find_map(|line| {
        let (key, value) = line.split_once(": ")?;
        key.eq_ignore_ascii_case(name).then_some(value)
    })
}

async fn read_head(stream: &mut (impl AsyncRead + Unpin)) -> io::Result<String> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await?);
    }
    Ok(String::from_utf8_lossy(&head).into_owned())
}

pub(super) async fn until_closed(stream: &mut (impl AsyncRead + Unpin)) {
    let mut dump = [0; 4096];
    while let Ok(1..) = stream.read(&mut dump).await {}
}
