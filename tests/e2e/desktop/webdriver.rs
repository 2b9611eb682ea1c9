//! The window, driven as a person's browser is: tauri-driver, WebKitWebDriver and the W3C protocol over HTTP.

use std::{
    io::{Read as _, Write as _},
    net::{Ipv4Addr, TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{Child, Stdio},
    time::Duration,
};

use anyhow::{Context as _, ensure};
use serde_json::{Value, json};

use crate::stage::{PATIENCE, Stage, eventually, missing};

const OK: &str = "HTTP/1.1 200";

/// A driver with one session, which is one run of the program.
pub(crate) struct Session {
    port: u16,
    id: String,
    driver: Child,
}

impl Session {
    /// Starts the program and takes its window.
    pub(crate) fn start(
        stage: &Stage,
        program: &Path,
        arguments: &[String],
        environment: &[(&str, String)],
    ) -> anyhow::Result<Self> {
        // Somebody else may take a free port before the driver does.
        let mut session = Self::drive(stage, environment).or_else(|_| Self::drive(stage, environment))?;
        let wanted = json!({"capabilities": {"alwaysMatch": {
            "tauri:options": {"application": program, "args": arguments},
        }}});
        let answer = session.request("POST", "/session", Some(&wanted))?;
        session.id = answer["sessionId"].as_str().context("no session id")?.to_owned();
        Ok(session)
    }

    /// A driver, and the one behind it, that answer.
    fn drive(stage: &Stage, environment: &[(&str, String)]) -> anyhow::Result<Self> {
        ensure!(which("WebKitWebDriver").is_some(), missing("WebKitWebDriver"));
        let [port, native] = free_ports()?;
        let driver = stage
            .command(tauri_driver()?)
            .args(["--port", &port.to_string(), "--native-port", &native.to_string()])
            .envs(environment.iter().map(|(name, value)| (name, value)))
            .stdout(Stdio::null())
            .stderr(std::fs::File::create(stage.folder().join("tauri-driver.log"))?)
            .spawn()
            .with_context(|| missing("tauri-driver"))?;
        let mut session = Self { port, id: String::new(), driver };
        let answered = stage.eventually("WebKitWebDriver answers", || {
            if session.driver.try_wait().ok().flatten().is_some() {
                return Some(false);
            }
            session.exchange("GET", "/status", "").is_ok_and(|answer| answer.starts_with(OK)).then_some(true)
        })?;
        ensure!(answered, "tauri-driver ended: is port {port} or {native} taken?");
        Ok(session)
    }

    /// Runs a function body in the page and returns its value.
    pub(crate) fn script(&self, body: &str) -> anyhow::Result<Value> {
        let path = format!("/session/{}/execute/sync", self.id);
        self.request("POST", &path, Some(&json!({"script": body, "args": []})))
    }

    /// Waits until a function body in the page returns `true`.
    pub(crate) fn wait_for(&self, what: &str, body: &str) -> anyhow::Result<()> {
        let mut last = None;
        let waited = eventually(what, || {
            let answer = self.script(body);
            let is_true = matches!(answer, Ok(Value::Bool(true)));
            last = Some(answer);
            is_true.then_some(())
        });
        waited.with_context(|| format!("the page last answered {last:?}; it shows {:?}", self.text()))
    }

    /// What the page shows.
    fn text(&self) -> String {
        let text = self.script("return document.body.innerText");
        text.ok().and_then(|text| text.as_str().map(str::to_owned)).unwrap_or_default()
    }

    /// A click on the first element that fits the selector.
    pub(crate) fn click(&self, selector: &str) -> anyhow::Result<()> {
        let wanted = json!({"using": "css selector", "value": selector});
        let found = self.request("POST", &format!("/session/{}/element", self.id), Some(&wanted))?;
        let element = found.as_object().and_then(|found| found.values().next()).and_then(Value::as_str);
        let path = format!("/session/{}/element/{}/click", self.id, element.context("no element")?);
        self.request("POST", &path, Some(&json!({}))).map(drop)
    }

    /// Ends the program and the driver.
    pub(crate) fn end(mut self) -> anyhow::Result<()> {
        let id = std::mem::take(&mut self.id);
        self.request("DELETE", &format!("/session/{id}"), None).map(drop)
    }

    fn request(&self, method: &str, path: &str, body: Option<&Value>) -> anyhow::Result<Value> {
        let body = body.map(Value::to_string).unwrap_or_default();
        // tauri-driver closes without an answer when WebKitWebDriver has closed the connection it keeps to it; the
        // request never arrived then.
        let answer = eventually("tauri-driver answers", || match self.exchange(method, path, &body) {
            Ok(answer) if answer.is_empty() => None,
            other => Some(other),
        })??;
        let (head, body) =
            answer.split_once("\r\n\r\n").with_context(|| format!("not an HTTP answer: {answer:?}"))?;
        let mut answer: Value = serde_json::from_str(body).with_context(|| format!("{head}\n{body}"))?;
        let value = answer["value"].take();
        ensure!(head.starts_with(OK), "{method} {path}: {value}");
        Ok(value)
    }

    fn exchange(&self, method: &str, path: &str, body: &str) -> anyhow::Result<String> {
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port))?;
        stream.set_read_timeout(Some(PATIENCE + Duration::from_secs(5)))?;
        write!(
            stream,
            "{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nContent-Type: application/json\r\n\
             Content-Length: {}\r\nConnection: close\r\n\r\n{body}",
            self.port,
            body.len()
        )?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        Ok(answer)
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        if !self.id.is_empty() {
            let _ = self.request("DELETE", &format!("/session/{}", self.id), None);
        }
        // SIGTERM, not a kill: the driver takes the one behind it along.
        let _ = std::process::Command::new("kill").arg(self.driver.id().to_string()).status();
        let _ = self.driver.wait();
    }
}

fn free_ports() -> anyhow::Result<[u16; 2]> {
    let take = || TcpListener::bind((Ipv4Addr::LOCALHOST, 0));
    // Both taken before one is given back.
    let taken = [take()?, take()?];
    Ok([taken[0].local_addr()?.port(), taken[1].local_addr()?.port()])
}

/// `make setup` puts it below the workspace; one on the path will do.
fn tauri_driver() -> anyhow::Result<PathBuf> {
    let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/tools/bin/tauri-driver");
    if own.exists() { Ok(own) } else { which("tauri-driver").with_context(|| missing("tauri-driver")) }
}

fn which(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(program)).find(|file| file.exists())
}
