//! Checks over the gateway: made, cancelled, told in words, taken along.

use std::{
    collections::BTreeMap,
    io::{Cursor, Read as _},
};

use agent::{gateway::GatewayFile, paths::Environment};
use anyhow::{Context as _, Result};
use serde_json::{Value, json};
use suites::{
    ReservedPort,
    running_agent::{DEADLINE, RunningAgent},
};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader, Lines},
    net::{TcpListener, TcpStream},
    time::timeout,
};
use tokio_util::task::AbortOnDropHandle;

/// A request to an agent's gateway, as a program makes it.
async fn send(agent: &RunningAgent, line: &str, headers: &str, body: &str) -> Result<TcpStream> {
    let file = GatewayFile::read(&agent.path("run"))?.context("a gateway")?;
    let host = file.url.trim_start_matches("http://").to_owned();
    let mut stream = TcpStream::connect(&host).await?;
    let (token, length) = (file.token, body.len());
    // HTTP/1.0: the body comes without chunk sizes, and ends with the connection.
    let request = format!(
        "{line} HTTP/1.0\r\nHost: {host}\r\nAuthorization: Bearer {token}\r\nContent-Type: application/json\r\n\
         Content-Length: {length}\r\n{headers}\r\n{body}"
    );
    stream.write_all(request.as_bytes()).await?;
    Ok(stream)
}

/// An answer: its head, in small letters where case means nothing, and its body.
struct Answer {
    head: String,
    body: Vec<u8>,
}

impl Answer {
    fn status(&self) -> u16 {
        self.head.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0)
    }

    fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }

    fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

async fn ask(agent: &RunningAgent, line: &str, body: &str) -> Result<Answer> {
    let mut stream = send(agent, line, "", body).await?;
    let mut bytes = Vec::new();
    timeout(DEADLINE, stream.read_to_end(&mut bytes)).await??;
    let at = bytes.windows(4).position(|four| four == b"\r\n\r\n").context("a head")?;
    let head = String::from_utf8_lossy(&bytes[..at]).to_lowercase();
    Ok(Answer { head, body: bytes.split_off(at + 4) })
}

/// Every file of a zip.
fn unpacked(zip: Vec<u8>) -> Result<BTreeMap<String, String>> {
    let mut zip = zip::ZipArchive::new(Cursor::new(zip))?;
    let mut files = BTreeMap::new();
    for at in 0..zip.len() {
        let mut file = zip.by_index(at)?;
        let name = file.name()?.split_once('/').context("one folder")?.1.to_owned();
        let mut text = String::new();
        file.read_to_string(&mut text)?;
        files.insert(name, text);
    }
    Ok(files)
}

const CANARIES: [&str; 5] = [
    "b3arer-c4nary-value",
    "h3ader-c4nary-value",
    "qu3ry-c4nary-value",
    "pr0xy-c4nary-value",
    "s3nt-c4nary-value",
];

/// An agent with one endpoint where nothing listens, and a secret wherever one can be.
async fn with_secrets(port: u16) -> Result<RunningAgent> {
    let config = json!({
        "websocket": { "connections": { "pulse": {
            "url": format!("ws://127.0.0.1:{port}/live?key={}", CANARIES[2]),
            "name": "Pulse",
            "auth": { "bearer": { "env": "FEED_TOKEN" } },
            "headers": { "X-Api-Key": CANARIES[1] },
            "on_connect": [{ "action": "auth", "token": CANARIES[4] }],
        } } },
        "gateway": { "listen": "127.0.0.1:0" },
    });
    let environment = [
        ("FEED_TOKEN", CANARIES[0].to_owned()),
        ("HTTPS_PROXY", format!("http://me:{}@[::1]:9", CANARIES[3])),
    ];
    let environment: Environment = environment.map(|(name, value)| (name.to_owned(), value)).into();
    let agent = RunningAgent::start_with(&config.to_string(), environment).await?;
    let log: String = CANARIES.iter().map(|canary| format!("{{\"message\":\"saw {canary}\"}}\n")).collect();
    std::fs::write(agent.path("logs").join("linekeeper.jsonl"), log)?;
    Ok(agent)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_check_is_told_in_words_and_as_a_page_and_kept_by_its_id() -> Result<()> {
    let port = ReservedPort::any()?;
    let agent = with_secrets(port.address()?.port()).await?;
    assert_eq!(ask(&agent, "GET /v1/diagnostics/last", "").await?.status(), 204);
    let report = ask(&agent, "POST /v1/diagnostics", "{\"trigger\":\"window\"}").await?.json();
    assert_eq!(
        (&report["verdict"]["primary"], &report["trigger"]),
        (&json!("TC-01"), &json!("window")),
        "{report:#}"
    );
    let run = report["run_id"].as_str().context("an id")?;
    assert_eq!(ask(&agent, "GET /v1/diagnostics/last", "").await?.json()["run_id"], run);

    let text = ask(&agent, &format!("GET /v1/diagnostics/{run}/text?language=en"), "").await?;
    assert!(text.head.contains("content-type: text/plain; charset=utf-8"), "{}", text.head);
    assert!(text.text().contains("TC-01") && text.text().contains(run), "{}", text.text());
    let russian = ask(&agent, &format!("GET /v1/diagnostics/{run}/text?language=ru"), "").await?.text();
    assert!(russian.contains("TC-01") && russian.contains("Что делать"), "{russian}");
    let it = ask(&agent, &format!("GET /v1/diagnostics/{run}/it"), "").await?.text();
    assert!(it.contains("TC-01") && it != text.text(), "{it}");
    let page = ask(&agent, &format!("GET /v1/diagnostics/{run}/html?language=fa"), "").await?;
    for header in [
        "content-type: text/html; charset=utf-8",
        "content-security-policy: default-src 'none'",
        "sandbox",
        &format!("content-disposition: attachment; filename=\"linekeeper-check-{run}.html\""),
    ] {
        assert!(page.head.contains(header), "{header}: {}", page.head);
    }
    assert!(page.text().contains("dir=\"rtl\"") && !page.text().contains("<script"));
    for told in [text.text(), russian, it, page.text(), report.to_string()] {
        assert!(!CANARIES.iter().any(|canary| told.contains(canary)), "{told}");
    }

    let odd = ask(&agent, &format!("GET /v1/diagnostics/{run}/text?language=xx"), "").await?;
    assert_eq!(odd.status(), 400, "{}", odd.text());
    for unknown in ["0192f0c1-2222-7333-8444-555566667777", "..%2F..%2Fetc%2Fpasswd"] {
        for what in ["text", "it", "html", "bundle"] {
            let answer = ask(&agent, &format!("GET /v1/diagnostics/{unknown}/{what}"), "").await?;
            assert_eq!(
                (answer.status(), &answer.json()["error"]["code"]),
                (404, &json!("unknown_check")),
                "{what}"
            );
        }
    }
    agent.shutdown().await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bundle_holds_what_was_shown_before_and_no_secret() -> Result<()> {
    let port = ReservedPort::any()?;
    let agent = with_secrets(port.address()?.port()).await?;
    let token = GatewayFile::read(&agent.path("run"))?.context("a gateway")?.token;
    let log = agent.path("logs").join("linekeeper.jsonl");
    std::fs::write(&log, std::fs::read_to_string(&log)? + &token)?;
    let report = ask(&agent, "POST /v1/diagnostics", "").await?.json();
    let run = report["run_id"].as_str().context("an id")?;
    for privacy in ["full", "standard", "strict"] {
        let shown =
            ask(&agent, &format!("GET /v1/diagnostics/{run}/bundle?privacy={privacy}"), "").await?.json();
        // What is written between the look and the saving is not in it.
        std::fs::write(agent.path("logs").join("later.jsonl"), "later\n")?;
        let wanted = json!({ "privacy": privacy, "without": ["history.json"] }).to_string();
        let bundle = ask(&agent, &format!("POST /v1/diagnostics/{run}/bundle"), &wanted).await?;
        std::fs::remove_file(agent.path("logs").join("later.jsonl"))?;
        assert!(bundle.head.contains("content-type: application/zip"), "{} {}", bundle.head, bundle.text());
        let name = shown["name"].as_str().context("a name")?;
        assert!(
            bundle.head.contains(&format!("attachment; filename=\"{}\"", name.to_lowercase())),
            "{}",
            bundle.head
        );
        let saved = unpacked(bundle.body)?;
        for file in shown["files"].as_array().context("files")? {
            let name = file["name"].as_str().context("a name")?;
            if name == "history.json" {
                assert!(!saved.contains_key(name));
            } else {
                assert_eq!(saved.get(name).map(String::as_str), file["text"].as_str(), "{name}");
            }
        }
        for whole in [
            "README.txt",
            "manifest.json",
            "summary.txt",
            "report.html",
            "config.json",
            "environment.json",
            "log/linekeeper.jsonl",
        ] {
            assert!(saved.contains_key(whole), "{whole} of {:?}", saved.keys());
        }
        for (name, text) in &saved {
            let found = CANARIES.into_iter().chain([token.as_str()]).find(|canary| text.contains(canary));
            assert_eq!(found, None, "in {name} at {privacy}");
        }
        assert!(saved["report.json"].contains(run) && saved["buffer.json"].contains("pulse"));
    }
    agent.shutdown().await;
    Ok(())
}

/// The events of a check as they come.
struct Told(Lines<BufReader<TcpStream>>);

impl Told {
    /// Asks for a check, or takes part in one.
    async fn begin(agent: &RunningAgent, body: &str) -> Result<Self> {
        let stream = send(agent, "POST /v1/diagnostics", "Accept: text/event-stream\r\n", body).await?;
        Ok(Self(BufReader::new(stream).lines()))
    }

    /// What the next event of this name says.
    async fn until(&mut self, event: &str) -> Result<Value> {
        let wanted = format!("event: {event}");
        loop {
            if self.line().await? == wanted {
                return Ok(serde_json::from_str(self.line().await?.trim_start_matches("data:"))?);
            }
        }
    }

    async fn line(&mut self) -> Result<String> {
        timeout(DEADLINE, self.0.next_line()).await??.context("the stream goes on")
    }
}

/// An agent with endpoints that take connections and say nothing: a check of them would wait for its limits.
async fn with_mute(mute: &TcpListener, names: &[&str]) -> Result<RunningAgent> {
    let url = format!("ws://{}/", mute.local_addr()?);
    let connections: BTreeMap<&str, Value> =
        names.iter().map(|name| (*name, json!({ "url": url }))).collect();
    let config =
        json!({ "websocket": { "connections": connections }, "gateway": { "listen": "127.0.0.1:0" } });
    RunningAgent::start(&config).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_check_that_is_cancelled_tells_what_is_done() -> Result<()> {
    let mute = TcpListener::bind("127.0.0.1:0").await?;
    let agent = with_mute(&mute, &["mute"]).await?;
    let idle = ask(&agent, "DELETE /v1/diagnostics", "").await?;
    assert_eq!((idle.status(), idle.json()), (202, json!({ "cancelled": false })));
    let mut told = Told::begin(&agent, "").await?;
    told.until("progress").await?;
    assert_eq!(ask(&agent, "DELETE /v1/diagnostics", "").await?.json(), json!({ "cancelled": true }));
    let report = told.until("report").await?;
    assert_eq!(report["verdict"]["class"], "incomplete", "{report:#}");
    assert_eq!(ask(&agent, "GET /v1/diagnostics/last", "").await?.json()["run_id"], report["run_id"]);
    agent.shutdown().await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_asks_for_the_same_takes_part_and_only_the_last_who_leaves_ends_it() -> Result<()> {
    let mute = TcpListener::bind("127.0.0.1:0").await?;
    let agent = with_mute(&mute, &["one", "two"]).await?;
    let mut first = Told::begin(&agent, "").await?;
    let beginning = first.until("progress").await?;
    first.until("progress").await?;
    let run = beginning["run_id"].as_str().context("an id")?;
    // Named one by one, these are the same two; who asks does not matter either.
    let mut second = Told::begin(&agent, r#"{"endpoints":["two","one"],"trigger":"window"}"#).await?;
    assert_eq!(second.until("progress").await?, beginning, "from the first step on");
    for other in [r#"{"endpoints":["one"]}"#, r#"{"mode":"deep"}"#] {
        let refused = ask(&agent, "POST /v1/diagnostics", other).await?;
        let error = &refused.json()["error"];
        assert_eq!((refused.status(), &error["code"]), (409, &json!("check_running")), "{other}");
        assert!(error["detail"].as_str().is_some_and(|detail| detail.contains(run)), "{error}");
    }

    drop(first);
    // Now the servers say something, if only goodbye: the check goes on for the second, to its own end.
    let _servers = AbortOnDropHandle::new(tokio::spawn(async move { while mute.accept().await.is_ok() {} }));
    let report = second.until("report").await?;
    assert_eq!((report["run_id"].as_str(), &report["trigger"]), (Some(run), &json!("cli")));
    assert_ne!(report["verdict"]["class"], "incomplete", "{report:#}");
    agent.shutdown().await;
    Ok(())
}
