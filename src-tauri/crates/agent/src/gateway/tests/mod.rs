//! The gateway over real sockets, in front of an agent made by hand.

use std::{sync::Arc, time::Duration};

use jiff::Timestamp;
use model::{
    AgentEvent, AgentInfo, BufferLevel, EndpointId, EndpointState, ErrorResponse, GatewayInfo, MessageFormat,
    Overall, ReceivedMessage, StatusSnapshot, Transition,
};
use serde_json::Value;
use tokio::{
    io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader},
    net::TcpStream,
    sync::{broadcast, mpsc, watch},
    time::{Instant, timeout},
};

mod admission;
mod answers;
mod buffers;
mod document;
mod hub;
mod lifetime;
mod sending;
mod stream;

use ::outbox::{Bounds, DiskRules, Outbox, OutboxOptions};

use super::*;
use crate::{
    diagnosis::{CheckRequest, RecordingRequest},
    events::{Arrivals, Fact, News},
    handle::{Action, AgentError, Request, Target},
};

const PATIENCE: Duration = Duration::from_secs(10);

/// A gateway, the agent's ends of its handle, and the home both live in.
struct Scene {
    gateway: Gateway,
    token: String,
    status: watch::Sender<Arc<StatusSnapshot>>,
    events: broadcast::Sender<Fact>,
    arrivals: broadcast::Sender<Arrivals>,
    orders: mpsc::UnboundedReceiver<(Target, Action)>,
    /// Requests for the buffer that were not answered, while nobody answers them.
    silent: watch::Sender<Option<u32>>,
    buffer: Outbox,
    home: tempfile::TempDir,
}

fn settings(listen: &str, listen_configured: bool) -> GatewaySettings {
    GatewaySettings { enabled: true, listen: listen.parse().unwrap(), listen_configured }
}

/// A snapshot told apart by its count of connections.
fn snapshot(connections: u32) -> Arc<StatusSnapshot> {
    Arc::new(StatusSnapshot {
        version: 1,
        agent: AgentInfo { pid: 1, version: "0".to_owned(), uptime_ms: 0, recording: None },
        overall: Overall::Connecting,
        endpoints: Vec::new(),
        gateway: GatewayInfo { connections, url: None },
        problems: Vec::new(),
    })
}

fn message(seq: u64) -> ReceivedMessage {
    ReceivedMessage {
        endpoint: "pulse".parse().unwrap(),
        seq,
        received_at: Timestamp::UNIX_EPOCH,
        format: MessageFormat::Text,
        data: Value::from("line\nbreak"),
        bytes: 10,
        truncated: false,
    }
}

/// Somebody else makes a check here, and none was made before.
fn no_checks(request: CheckRequest) {
    match request {
        CheckRequest::Begin { reply, .. } => {
            drop(reply.send(Err(AgentError::CheckRunning { run: "r".into() })));
        }
        CheckRequest::Cancel { reply } => drop(reply.send(Ok(true))),
        CheckRequest::Last { reply } | CheckRequest::Find { reply, .. } => drop(reply.send(Ok(None))),
        CheckRequest::Support { reply, .. } => drop(reply.send(Err(AgentError::ShuttingDown))),
    }
}

/// There is nothing to record into.
fn no_log(request: RecordingRequest) {
    match request {
        RecordingRequest::Begin { reply, .. } => drop(reply.send(Err(AgentError::NoLog))),
        RecordingRequest::End { reply } => drop(reply.send(Ok(None))),
    }
}

impl Scene {
    async fn set() -> Self {
        Self::set_within(Limits::default()).await
    }

    async fn set_within(limits: Limits) -> Self {
        Self::set_with(limits, HubRules::default(), Bounds::default()).await
    }

    async fn set_with(limits: Limits, rules: HubRules, bounds: Bounds) -> Self {
        let home = tempfile::tempdir().unwrap();
        let disk =
            DiskRules { ballast_bytes: 0, min_free_bytes: 0, min_free_percent: 0, ..DiskRules::default() };
        let options =
            OutboxOptions { bounds, disk, level: BufferLevel::Process, ..OutboxOptions::new("pulse") };
        let (buffer, _) = Outbox::open(home.path().join("buffer"), options).await.unwrap();
        let handle = buffer.handle();
        let (requests, mut inbox) = mpsc::channel(8);
        let (status, watching) = watch::channel(snapshot(0));
        let news = News::new(4);
        let (record, orders) = mpsc::unbounded_channel();
        let silent = watch::Sender::new(None);
        let silenced = silent.clone();
        let mut unanswered = Vec::new();
        tokio::spawn(async move {
            while let Some(request) = inbox.recv().await {
                match request {
                    Request::Control { target: Target::One(id), reply, .. } if id.as_str() != "pulse" => {
                        let _ =
                            reply.send(Err(AgentError::UnknownEndpoint { id, known: "pulse".to_owned() }));
                    }
                    Request::Control { target, action, reply } => {
                        record.send((target, action)).unwrap();
                        let _ = reply.send(Ok(()));
                    }
                    Request::Messages { limit, reply, .. } => {
                        assert_ne!(limit, 13, "a defect staged by the test");
                        let _ = reply.send(Ok((1..=limit as u64).map(message).collect()));
                    }
                    Request::Outbox { reply, .. } if silenced.borrow().is_some() => {
                        unanswered.push(reply);
                        silenced.send_modify(|count| *count = count.map(|count| count + 1));
                    }
                    Request::Outbox { id, reply } => {
                        let known =
                            || AgentError::UnknownEndpoint { id: id.clone(), known: "pulse".to_owned() };
                        let found = (id.as_str() == "pulse").then(|| handle.clone()).ok_or_else(known);
                        let _ = reply.send(found);
                    }
                    Request::Check(request) => no_checks(request),
                    Request::Recording(request) => no_log(request),
                }
            }
        });
        let agent =
            AgentHandle { requests, status: watching, news: news.downgrade(), started: Instant::now() };
        let News { facts: events, arrivals } = news;
        let listen = settings("127.0.0.1:0", false);
        let gateway = Gateway::start_within(limits, rules, &listen, home.path(), agent).await.unwrap();
        let token = GatewayFile::read(home.path()).unwrap().unwrap().token;
        Self { gateway, token, status, events, arrivals, orders, silent, buffer, home }
    }

    /// Nobody answers who asks for the buffer from now on. Comes back when somebody did.
    fn silence(&self) -> impl Future<Output = ()> + use<> {
        self.silent.send_replace(Some(0));
        let mut asked = self.silent.subscribe();
        async move {
            let asked = asked.wait_for(|count| *count > Some(0));
            timeout(PATIENCE, asked).await.expect("somebody asks in time").unwrap();
        }
    }

    fn authority(&self) -> &str {
        self.gateway.url().strip_prefix("http://").unwrap()
    }

    async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.authority()).await.unwrap()
    }

    /// A request with the right Host and token, as text without the empty line.
    fn head(&self, line: &str) -> String {
        format!("{line} HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {}\r\n", self.authority(), self.token)
    }

    /// Sends bytes, closes its side, and reads the whole answer.
    async fn exchange(&self, request: &str) -> Answer {
        let mut stream = self.connect().await;
        let _ = stream.write_all(request.as_bytes()).await;
        let mut answer = String::new();
        timeout(PATIENCE, stream.read_to_string(&mut answer)).await.expect("an answer in time").unwrap();
        Answer(answer)
    }

    /// Sends a body of this type.
    async fn post(&self, path: &str, headers: &str, body: &[u8]) -> Answer {
        let head = self.head(&format!("POST {path}"));
        let length = body.len();
        let request = format!("{head}{headers}Content-Length: {length}\r\nConnection: close\r\n\r\n");
        let mut stream = self.connect().await;
        stream.write_all(request.as_bytes()).await.unwrap();
        // A body that is too large is refused before it was written.
        let _ = stream.write_all(body).await;
        let mut answer = Vec::new();
        let _ = timeout(PATIENCE, stream.read_to_end(&mut answer)).await.expect("an answer in time");
        Answer(String::from_utf8(answer).unwrap())
    }

    async fn ask(&self, line: &str) -> Answer {
        self.exchange(&format!("{}Connection: close\r\n\r\n", self.head(line))).await
    }
}

#[derive(Debug)]
struct Answer(String);

impl Answer {
    fn status(&self) -> u16 {
        self.0.split(' ').nth(1).expect("a status line").parse().unwrap()
    }

    fn header(&self, name: &str) -> Option<&str> {
        let head = self.0.split("\r\n\r\n").next().unwrap();
        head.lines().find_map(|line| {
            let (found, value) = line.split_once(':')?;
            found.eq_ignore_ascii_case(name).then(|| value.trim())
        })
    }

    fn json(&self) -> Value {
        serde_json::from_str(self.body()).unwrap()
    }

    fn body(&self) -> &str {
        self.0.split_once("\r\n\r\n").expect("a body").1
    }

    /// The code of an error answer; fails when the body is anything but the documented shape.
    fn refusal(&self) -> (u16, &'static str) {
        assert_eq!(self.header("content-type"), Some("application/json"), "{self:?}");
        let body: ErrorResponse = serde_json::from_str(self.body()).unwrap();
        assert!(!body.error.message.is_empty());
        (self.status(), body.error.code.as_str())
    }
}

/// A stream of events, read line by line.
struct Events(BufReader<TcpStream>);

impl Events {
    async fn open(scene: &Scene) -> Self {
        let mut stream = scene.connect().await;
        // HTTP/1.0: the body comes without chunk sizes between the lines.
        let head = scene.head("GET /v1/events").replace("HTTP/1.1", "HTTP/1.0");
        stream.write_all(format!("{head}\r\n").as_bytes()).await.unwrap();
        let mut events = Self(BufReader::new(stream));
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            events.0.read_line(&mut head).await.unwrap();
        }
        assert!(head.contains("text/event-stream"), "{head}");
        events
    }

    /// The next event; `None` at the end of the stream.
    async fn next(&mut self) -> Option<(String, Value)> {
        let mut text = String::new();
        while !text.ends_with("\n\n") {
            let read =
                timeout(PATIENCE, self.0.read_line(&mut text)).await.expect("an event in time").unwrap();
            if read == 0 {
                return None;
            }
        }
        let (name, data) = text.trim_end().split_once('\n').unwrap();
        let data = serde_json::from_str(data.strip_prefix("data: ").unwrap()).unwrap();
        Some((name.strip_prefix("event: ").unwrap().to_owned(), data))
    }
}
