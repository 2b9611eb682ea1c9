//! The driver against real servers on loopback, scripted by the test.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use dial::{DialRequest, Dialer};
use futures_util::{SinkExt as _, StreamExt as _};
use link::{Link, LinkConfig, LinkCounters, LinkHandle, LinkView, Moment, Observer, Order, Payload};
use model::{EndpointState as S, ErrorCode, Reason};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel},
    task::JoinHandle,
    time::timeout,
};
use tokio_tungstenite::{
    WebSocketStream, accept_async,
    tungstenite::{
        Message,
        protocol::{CloseFrame, WebSocketConfig},
    },
};

const DEADLINE: Duration = Duration::from_secs(20);

/// What a link reported.
#[derive(Debug)]
enum Report {
    View(Box<LinkView>),
    Payload(Payload),
}

struct Reporter(UnboundedSender<Report>);

impl Observer for Reporter {
    fn changed(&mut self, view: &LinkView, _now: Moment) {
        let _ = self.0.send(Report::View(Box::new(view.clone())));
    }

    fn received(&mut self, payload: Payload) {
        let _ = self.0.send(Report::Payload(payload));
    }
}

/// A running link under test.
struct Running {
    handle: LinkHandle,
    reports: UnboundedReceiver<Report>,
    counters: Arc<LinkCounters>,
    task: JoinHandle<()>,
}

impl Running {
    fn start(address: SocketAddr, change: impl FnOnce(&mut LinkConfig)) -> Self {
        let url = format!("ws://{address}/feed").parse().expect("a URL");
        let mut config = LinkConfig::new(DialRequest::new(url));
        config.retry.crowd = false;
        change(&mut config);
        let (sender, reports) = unbounded_channel();
        let counters = Arc::new(LinkCounters::default());
        let (link, handle) = Link::new(config, Dialer::new(), Reporter(sender), Arc::clone(&counters));
        Self { handle, reports, counters, task: tokio::spawn(link.run()) }
    }

    async fn connect(&self) {
        self.handle.order(Order::Connect).await;
    }

    /// Waits for a view that fits.
    async fn until(&mut self, what: &str, fits: impl Fn(&LinkView) -> bool) -> LinkView {
        let search = async {
            loop {
                match self.reports.recv().await.expect("the link still runs") {
                    Report::View(view) if fits(&view) => return *view,
                    Report::View(_) | Report::Payload(_) => {}
                }
            }
        };
        timeout(DEADLINE, search).await.unwrap_or_else(|_| panic!("never: {what}"))
    }

    async fn until_state(&mut self, state: S) -> LinkView {
        self.until(state.as_str(), |view| view.state == state).await
    }

    async fn until_failure(&mut self, code: ErrorCode) -> LinkView {
        let fits = |view: &LinkView| view.last_failure.as_ref().is_some_and(|failure| failure.code == code);
        self.until(code.as_str(), fits).await
    }

    async fn payload(&mut self) -> Payload {
        let search = async {
            loop {
                if let Report::Payload(payload) = self.reports.recv().await.expect("the link still runs") {
                    return payload;
                }
            }
        };
        timeout(DEADLINE, search).await.expect("a message arrives")
    }
}

async fn listen() -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("it is bound");
    (listener, address)
}

async fn accept(listener: &TcpListener) -> WebSocketStream<TcpStream> {
    let (stream, _) =
        timeout(DEADLINE, listener.accept()).await.expect("somebody dials").expect("a connection");
    accept_async(stream).await.expect("a WebSocket request")
}

/// Answers pings until the peer is gone.
fn keep_open(mut socket: WebSocketStream<TcpStream>) -> JoinHandle<()> {
    tokio::spawn(async move { while socket.next().await.is_some_and(|message| message.is_ok()) {} })
}

#[tokio::test]
async fn sends_on_connect_messages_first_and_measures_the_round_trip() {
    let (listener, address) = listen().await;
    let mut link =
        Running::start(address, |config| config.on_connect = vec!["first".into(), "second".into()]);
    link.connect().await;
    let mut socket = accept(&listener).await;
    assert_eq!(socket.next().await.unwrap().unwrap(), Message::text("first"));
    assert_eq!(socket.next().await.unwrap().unwrap(), Message::text("second"));
    assert!(matches!(socket.next().await.unwrap().unwrap(), Message::Ping(_)));
    let server = keep_open(socket);
    let view = link.until_state(S::Connected).await;
    assert!(view.rtt.info().last.is_some());
    assert_eq!(link.counters.read().sent, 2);
    server.abort();
}

#[tokio::test]
async fn shows_every_kind_of_message_and_counts_it() {
    let (listener, address) = listen().await;
    let mut link = Running::start(address, |_| ());
    link.connect().await;
    let mut socket = accept(&listener).await;
    let messages = [Message::text("not json"), Message::text(""), Message::binary(vec![0, 255])];
    for message in &messages {
        socket.send(message.clone()).await.unwrap();
    }
    for message in messages {
        let payload = match message {
            Message::Text(text) => Payload::Text(text),
            Message::Binary(bytes) => Payload::Binary(bytes),
            Message::Ping(_) | Message::Pong(_) | Message::Close(_) | Message::Frame(_) => {
                unreachable!("not sent")
            }
        };
        assert_eq!(link.payload().await, payload);
    }
    let counters = link.counters.read();
    assert_eq!((counters.received, counters.bytes_received), (3, 10));
    keep_open(socket).abort();
}

#[tokio::test]
async fn a_message_alone_proves_a_session_of_a_server_that_ignores_pings() {
    let (listener, address) = listen().await;
    let mut link = Running::start(address, |_| ());
    link.connect().await;
    let mut socket = accept(&listener).await;
    // Never read from the socket: no ping is answered.
    socket.send(Message::text("hello")).await.unwrap();
    link.until_state(S::Connected).await;
}

#[tokio::test]
async fn comes_back_within_three_seconds_of_a_server_that_was_away() {
    let (listener, address) = listen().await;
    let mut link = Running::start(address, |_| ());
    link.connect().await;
    let server = keep_open(accept(&listener).await);
    link.until_state(S::Connected).await;
    drop(listener);
    server.abort();
    link.until_state(S::Reconnecting).await;
    // Enough failures for waits far above three seconds.
    link.until("four failed tries", |view| view.attempt >= 4).await;

    let listener = TcpListener::bind(address).await.unwrap();
    let back = std::time::Instant::now();
    // A knock may come first: it opens a connection and says nothing.
    let server = tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            if let Ok(mut socket) = accept_async(stream).await {
                while socket.next().await.is_some_and(|message| message.is_ok()) {}
            }
        }
    });
    link.until_state(S::Connected).await;
    assert!(back.elapsed() < Duration::from_secs(3), "{:?}", back.elapsed());
    assert_eq!(link.counters.read().reconnects, 1);
    server.abort();
}

#[tokio::test]
async fn text_that_is_not_utf8_ends_the_session_with_a_code() {
    use tokio::io::AsyncWriteExt as _;

    let (listener, address) = listen().await;
    let mut link = Running::start(address, |_| ());
    link.connect().await;
    let mut socket = accept(&listener).await;
    socket.get_mut().write_all(&[0x81, 2, 0xc3, 0x28]).await.unwrap();
    link.until_failure(ErrorCode::InvalidUtf8).await;
}

#[tokio::test]
async fn a_message_of_16_mib_is_taken_and_one_byte_more_is_refused() {
    let limit = 16 << 20;
    let (listener, address) = listen().await;
    let mut link = Running::start(address, |_| ());
    link.connect().await;
    let stream = timeout(DEADLINE, listener.accept()).await.unwrap().unwrap().0;
    let roomy = WebSocketConfig::default().max_message_size(None).max_frame_size(None);
    let mut socket = tokio_tungstenite::accept_async_with_config(stream, Some(roomy)).await.unwrap();
    socket.send(Message::binary(vec![7; limit])).await.unwrap();
    assert_eq!(link.payload().await.len(), limit);
    // The link leaves in the middle of it.
    let _ = socket.send(Message::binary(vec![7; limit + 1])).await;
    let view = link.until_failure(ErrorCode::MessageTooBig).await;
    assert_eq!(view.state, S::Reconnecting);
}

#[tokio::test]
async fn a_large_message_arrives_whole_although_it_leaves_in_parts() {
    let (listener, address) = listen().await;
    let link = Running::start(address, |_| ());
    link.connect().await;
    let mut socket = accept(&listener).await;
    socket.send(Message::text("proof")).await.unwrap();
    let mut proven = link.handle.proven();
    let session = proven.wait_for(Option::is_some).await.unwrap().expect("a session");
    // Characters of three bytes, so that parts end within one.
    let (large, small) = ("\u{20ac}".repeat(1 << 20), "behind it");
    let messages = vec![Payload::Text(large.as_str().into()), Payload::Text(small.into())];
    let mut fence = link.handle.transmit(session, messages).await.unwrap();
    let mut texts = Vec::new();
    while texts.len() < 2 {
        match socket.next().await.unwrap().unwrap() {
            Message::Text(text) => texts.push(text),
            Message::Ping(_) => {}
            Message::Binary(_) | Message::Pong(_) | Message::Close(_) | Message::Frame(_) => {
                panic!("nobody sent that")
            }
        }
    }
    assert!(texts[0] == large && texts[1] == small);
    let server = keep_open(socket);
    timeout(DEADLINE, fence.written()).await.unwrap().unwrap();
    timeout(DEADLINE, fence).await.unwrap().unwrap();
    assert_eq!(link.counters.read().sent, 2);
    server.abort();
}

#[tokio::test]
async fn a_normal_close_is_not_answered_by_a_new_try() {
    let (listener, address) = listen().await;
    let mut link = Running::start(address, |_| ());
    link.connect().await;
    let mut socket = accept(&listener).await;
    socket.close(Some(CloseFrame { code: 1000.into(), reason: "done".into() })).await.unwrap();
    let view = link.until_failure(ErrorCode::ClosedByServer).await;
    assert_eq!((view.state, view.reason), (S::Disconnected, Some(Reason::ServerStop)));
    assert_eq!(view.last_failure.unwrap().detail, "close code 1000: done");
}

#[tokio::test]
async fn a_server_that_accepts_and_closes_is_not_hammered() {
    let (listener, address) = listen().await;
    let mut link = Running::start(address, |config| config.retry.max_attempts = 3);
    link.connect().await;
    let server = tokio::spawn(async move {
        for dials in 1_u32.. {
            let (stream, _) = listener.accept().await.unwrap();
            if let Ok(mut socket) = accept_async(stream).await {
                let _ = socket.close(Some(CloseFrame { code: 1011.into(), reason: "".into() })).await;
            }
            if dials == 3 {
                // Whatever comes now would be a fourth try.
                return timeout(Duration::from_secs(2), listener.accept()).await.is_ok();
            }
        }
        unreachable!("the range has no end")
    });
    let view = link.until_state(S::Failed).await;
    assert_eq!(view.reason, Some(Reason::MaxAttempts));
    assert!(!server.await.unwrap(), "a fourth try came at once");
}

#[tokio::test]
async fn refused_credentials_wait_for_a_person() {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    let (listener, address) = listen().await;
    let mut link = Running::start(address, |_| ());
    link.connect().await;
    let (mut stream, _) = listener.accept().await.unwrap();
    let mut request = [0; 4096];
    assert!(stream.read(&mut request).await.unwrap() > 0);
    stream.write_all(b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n").await.unwrap();
    let view = link.until_failure(ErrorCode::Unauthorized).await;
    assert_eq!((view.state, view.reason), (S::Failed, Some(Reason::AuthRequired)));
}

#[tokio::test]
async fn pausing_says_1000_and_stopping_says_1001() {
    for (stop, expected) in [(false, 1000), (true, 1001)] {
        let (listener, address) = listen().await;
        let mut link = Running::start(address, |_| ());
        link.connect().await;
        let mut socket = accept(&listener).await;
        socket.send(Message::text("proof")).await.unwrap();
        link.until_state(S::Connected).await;
        if stop {
            link.handle.stop();
        } else {
            link.handle.order(Order::Pause).await;
        }
        let code = loop {
            if let Message::Close(Some(frame)) = socket.next().await.unwrap().unwrap() {
                break u16::from(frame.code);
            }
        };
        assert_eq!(code, expected);
        drop(socket);
        if stop {
            timeout(DEADLINE, link.task).await.expect("a stopped link ends").unwrap();
        } else {
            assert_eq!(link.until_state(S::Disconnected).await.reason, Some(Reason::Paused));
        }
    }
}

#[tokio::test]
async fn stopping_does_not_wait_for_a_peer_that_hangs() {
    let (listener, address) = listen().await;
    let mut link = Running::start(address, |_| ());
    link.connect().await;
    let mut socket = accept(&listener).await;
    socket.send(Message::text("proof")).await.unwrap();
    link.until_state(S::Connected).await;
    link.handle.stop();
    // The socket stays open and is never read.
    timeout(Duration::from_secs(5), link.task).await.expect("a stopped link ends").unwrap();
    drop(socket);
}

#[tokio::test]
async fn a_silent_session_is_noticed_and_replaced() {
    let (listener, address) = listen().await;
    let mut link = Running::start(address, |config| {
        config.heartbeat.interval = Duration::from_millis(200);
        config.heartbeat.timeout = Duration::from_millis(400);
    });
    link.connect().await;
    let mut silent = accept(&listener).await;
    silent.send(Message::text("proof")).await.unwrap();
    link.until_state(S::Connected).await;
    link.until_failure(ErrorCode::PingTimeout).await;
    let server = keep_open(accept(&listener).await);
    link.until_state(S::Connected).await;
    server.abort();
}
