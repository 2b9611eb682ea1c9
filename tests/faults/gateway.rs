//! The gateway of a whole agent under attack from this computer: every harm ends bounded and typed, and the agent goes
//! on serving its endpoint and its other callers.

use std::time::Duration;

use agent::gateway::GatewayFile;
use anyhow::{Context as _, Result, ensure};
use futures_util::{SinkExt as _, StreamExt as _, future::join_all};
use http::HeaderValue;
use model::EndpointState;
use serde_json::{Value, json};
use suites::{
    fault_server::{FaultServer, Script},
    running_agent::{DEADLINE, RunningAgent},
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::timeout,
};
use tokio_tungstenite::{
    WebSocketStream, client_async,
    tungstenite::{Error, Message, client::IntoClientRequest as _},
};

/// An agent with one endpoint that answers pings, and the way to its gateway.
struct Attacked {
    agent: RunningAgent,
    server: FaultServer,
    authority: String,
    token: String,
}

impl Attacked {
    async fn start() -> Result<Self> {
        let server = FaultServer::start(Script::upgraded().answer_pings()).await?;
        let config = json!({
            "websocket": { "connections": { "well": { "url": server.url() } } },
            "gateway": { "listen": "127.0.0.1:0" }
        });
        let agent = RunningAgent::start(&config).await?;
        let file = GatewayFile::read(&agent.path("run"))?.context("a running gateway")?;
        let authority = file.url.strip_prefix("http://").context("an address")?.to_owned();
        agent.until_all(EndpointState::Connected).await?;
        Ok(Self { agent, server, authority, token: file.token })
    }

    async fn connect(&self) -> Result<TcpStream> {
        Ok(TcpStream::connect(&self.authority).await?)
    }

    /// A request's head with the right Host and token, without the empty line.
    fn head(&self, line: &str) -> String {
        format!("{line} HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {}\r\n", self.authority, self.token)
    }

    /// Sends bytes and reads until the gateway closes.
    async fn exchange(&self, request: &[u8]) -> Result<Answer> {
        let mut stream = self.connect().await?;
        stream.write_all(request).await?;
        Answer::read(&mut stream).await
    }

    async fn join(&self) -> Result<WebSocketStream<TcpStream>, Error> {
        let mut request = format!("ws://{}/ws", self.authority).into_client_request()?;
        let bearer = HeaderValue::try_from(format!("Bearer {}", self.token))?;
        request.headers_mut().insert(http::header::AUTHORIZATION, bearer);
        let stream = TcpStream::connect(&self.authority).await?;
        Ok(client_async(request, stream).await?.0)
    }

    /// The endpoint never lost its session, and the gateway answers.
    async fn stays_well(self) -> Result<()> {
        let request = self.head("GET /v1/status") + "Connection: close\r\n\r\n";
        let answer = self.exchange(request.as_bytes()).await?;
        ensure!(answer.status == 200, "{answer:?}");
        let endpoint = &answer.body["endpoints"][0];
        ensure!(endpoint["state"] == "connected" && endpoint["counters"]["errors"] == 0, "{endpoint}");
        ensure!(self.server.seen().len() == 1, "one session for all of it");
        self.agent.shutdown().await;
        Ok(())
    }
}

/// An answer of the gateway.
#[derive(Debug)]
struct Answer {
    status: u16,
    body: Value,
}

impl Answer {
    async fn read(stream: &mut TcpStream) -> Result<Self> {
        let mut bytes = Vec::new();
        // A gateway that refuses before it has read everything resets what was still coming.
        let _ = timeout(DEADLINE, stream.read_to_end(&mut bytes)).await?;
        let text = String::from_utf8(bytes)?;
        let (head, body) = text.split_once("\r\n\r\n").with_context(|| format!("no answer: {text:?}"))?;
        let status = head.split(' ').nth(1).context("a status")?.parse()?;
        Ok(Self { status, body: serde_json::from_str(body).with_context(|| text.clone())? })
    }

    fn refusal(&self) -> (u16, &str) {
        (self.status, self.body["error"]["code"].as_str().unwrap_or_default())
    }
}

#[tokio::test]
async fn ways_around_the_token_lead_nowhere() -> Result<()> {
    let attacked = Attacked::start().await?;
    let (host, token) = (attacked.authority.clone(), attacked.token.clone());
    let bare = format!("Host: {host}\r\nConnection: close\r\n");
    let full = format!("{bare}Authorization: Bearer {token}\r\n");
    for (line, headers, expected) in [
        ("DELETE /v1/outbox/well", bare.clone(), (401, "token_required")),
        ("POST /v1/endpoints/well/messages", bare.clone(), (401, "token_required")),
        ("GET /openapi.json", bare.clone(), (401, "token_required")),
        ("GET /healthz/../v1/status", bare.clone(), (401, "token_required")),
        ("GET /healthz%2f..%2fv1/status", bare.clone(), (401, "token_required")),
        ("GET //v1/status", bare.clone(), (401, "token_required")),
        ("GET /%77s", bare.clone(), (401, "token_required")),
        (
            "GET /ws/",
            format!("{bare}Sec-WebSocket-Protocol: linekeeper, {token}\r\n"),
            (401, "token_required"),
        ),
        ("GET /v1/status", format!("{bare}Cookie: token={token}\r\n"), (401, "token_required")),
        ("GET /v1/status", format!("{bare}X-Authorization: Bearer {token}\r\n"), (401, "token_required")),
        ("GET /v1/status", format!("{bare}Authorization: Basic {token}\r\n"), (401, "token_required")),
        ("GET /v1/status", format!("{full}Authorization: Bearer x\r\n"), (400, "bad_request")),
        ("GET /v1/status", format!("{full}Origin: https://evil.example\r\n"), (403, "origin_refused")),
        ("GET /ws", format!("{full}Origin: http://localhost:1\r\n"), (403, "origin_refused")),
        ("DELETE /v1/outbox/well", format!("{full}Sec-Fetch-Site: cross-site\r\n"), (403, "origin_refused")),
        ("GET /v1/status", full.replace(&host, "evil.example"), (403, "origin_refused")),
        ("GET http://evil.example/v1/status", full.clone(), (403, "origin_refused")),
        ("GET /v1/outbox/..%2f..%2fetc", full.clone(), (404, "unknown_endpoint")),
        ("GET /v1/outbox/well/../../status", full.clone(), (404, "unknown_route")),
        ("DELETE /v1/outbox/well/dead/..%2fwell", full.clone(), (404, "unknown_message")),
        ("DELETE /v1/outbox/well/dead/%00", full.clone(), (404, "unknown_message")),
        ("TRACE /v1/status", full.clone(), (405, "unknown_route")),
        ("OPTIONS /v1/endpoints/well/messages", full.clone(), (405, "unknown_route")),
    ] {
        let answer = attacked.exchange(format!("{line} HTTP/1.1\r\n{headers}\r\n").as_bytes()).await?;
        ensure!(answer.refusal() == expected, "{line}\n{headers}{answer:?}");
    }
    attacked.stays_well().await
}

#[tokio::test]
async fn ten_thousand_tiny_requests_are_all_answered() -> Result<()> {
    const CONNECTIONS: usize = 20;
    const EACH: usize = 500;
    let attacked = Attacked::start().await?;
    let ask = attacked.head("GET /healthz") + "\r\n";
    let last = attacked.head("GET /healthz") + "Connection: close\r\n\r\n";
    let storm = (0..CONNECTIONS).map(|_| async {
        let stream = attacked.connect().await?;
        let (mut read, mut write) = stream.into_split();
        // Pipelined: the next is asked before the first is answered.
        let requests = ask.repeat(EACH - 1) + &last;
        let sending = async { Ok::<_, anyhow::Error>(write.write_all(requests.as_bytes()).await?) };
        let mut answers = String::new();
        let reading = async { Ok(timeout(DEADLINE, read.read_to_string(&mut answers)).await??) };
        tokio::try_join!(sending, reading)?;
        Ok::<_, anyhow::Error>(answers.matches("HTTP/1.1 200 OK").count())
    });
    for answered in join_all(storm).await {
        assert_eq!(answered?, EACH);
    }
    attacked.stays_well().await
}

#[tokio::test]
async fn of_three_hundred_programs_256_are_served_and_the_others_are_told() -> Result<()> {
    let attacked = Attacked::start().await?;
    let mut joined = Vec::new();
    let mut told = 0;
    for _ in 0..300 {
        match attacked.join().await {
            Ok(program) => joined.push(program),
            Err(Error::Http(response)) => {
                assert_eq!(response.status(), http::StatusCode::SERVICE_UNAVAILABLE);
                told += 1;
            }
            Err(other) => return Err(other.into()),
        }
    }
    assert_eq!((joined.len(), told), (256, 44));
    let snapshot =
        attacked.agent.until("all are counted", |status| status.gateway.connections == 256).await?;
    assert_eq!(snapshot.endpoints[0].state, EndpointState::Connected);
    // The last one in is served like the first.
    let program = joined.last_mut().context("the last")?;
    program.send(Message::text(json!({ "type": "ping" }).to_string())).await?;
    while !timeout(DEADLINE, program.next()).await?.context("an answer")??.to_text()?.contains("pong") {}
    drop(joined);
    attacked.agent.until("all are gone", |status| status.gateway.connections == 0).await?;
    attacked.stays_well().await
}

#[tokio::test]
async fn requests_that_trickle_in_are_given_up() -> Result<()> {
    let attacked = Attacked::start().await?;
    let slow_body = async {
        let head = attacked.head("POST /v1/endpoints/well/messages");
        let request = format!("{head}Content-Type: text/plain\r\nContent-Length: 1000\r\n\r\nx");
        let mut stream = attacked.connect().await?;
        stream.write_all(request.as_bytes()).await?;
        let answer = Answer::read(&mut stream).await?;
        ensure!(answer.refusal() == (408, "bad_request"), "{answer:?}");
        Ok(())
    };
    let slow_head = async {
        let mut stream = attacked.connect().await?;
        let mut answer = Vec::new();
        let (mut read, mut write) = stream.split();
        let drip = async {
            for byte in attacked.head("GET /v1/status").bytes().cycle() {
                if write.write_all(&[byte]).await.is_err() {
                    break;
                }
                tokio::time::sleep(Duration::from_millis(300)).await;
            }
        };
        tokio::select! {
            () = drip => {}
            ended = timeout(DEADLINE, read.read_to_end(&mut answer)) => { let _ = ended?; }
        }
        Ok::<_, anyhow::Error>(())
    };
    tokio::try_join!(slow_body, slow_head)?;
    attacked.stays_well().await
}

#[tokio::test]
async fn batches_that_are_sent_by_half_cannot_fill_the_memory() -> Result<()> {
    let attacked = Attacked::start().await?;
    let head = attacked.head("POST /v1/endpoints/well/messages?batch=lines");
    let request = format!("{head}Content-Type: text/plain\r\nContent-Length: 8000000\r\n\r\n");
    let half = vec![b'x'; 7_900_000];
    let senders = (0..12).map(|_| async {
        let mut stream = attacked.connect().await?;
        stream.write_all(request.as_bytes()).await?;
        // Refused in the middle: then the rest cannot be written.
        let _ = stream.write_all(&half).await;
        Answer::read(&mut stream).await
    });
    let answers = join_all(senders).await;
    let mut refused = 0;
    for answer in answers {
        // The answer to a refused body can be lost with the connection; where it came, it is one of these two.
        let Ok(answer) = answer else { continue };
        match answer.refusal() {
            (429, "too_many_messages") => refused += 1,
            (408, "bad_request") => {}
            _ => anyhow::bail!("{answer:?}"),
        }
    }
    ensure!(refused > 0, "94 MB were held at once");
    attacked.stays_well().await
}

#[tokio::test]
async fn a_program_at_the_hub_hears_of_each_message_that_it_was_accepted_and_then_delivered() -> Result<()> {
    const COUNT: usize = 300;
    let attacked = Attacked::start().await?;
    let mut program = attacked.join().await?;
    for number in 0..COUNT {
        let frame = json!({ "type": "send", "endpoint": "well", "id": format!("m-{number}"), "data": { "n": number } });
        program.feed(Message::text(frame.to_string())).await?;
    }
    program.flush().await?;
    let (mut accepted, mut delivered) = (Vec::new(), Vec::new());
    while delivered.len() < COUNT {
        let frame = timeout(DEADLINE, program.next()).await?.context("a frame")??;
        let frame: Value = serde_json::from_str(frame.to_text()?)?;
        let id = || frame["id"].as_str().unwrap_or_default().to_owned();
        match frame["type"].as_str() {
            Some("accepted") => accepted.push(id()),
            Some("delivered") => {
                ensure!(accepted.contains(&id()), "delivered before it was accepted: {frame}");
                delivered.push(id());
            }
            Some("connection_established" | "status") => {}
            _ => anyhow::bail!("{frame}"),
        }
    }
    let expected: Vec<String> = (0..COUNT).map(|number| format!("m-{number}")).collect();
    assert_eq!(accepted, expected);
    assert_eq!(delivered, expected);
    attacked.stays_well().await
}
