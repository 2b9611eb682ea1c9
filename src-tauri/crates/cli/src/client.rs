//! The running agent as its gateway shows it. Finds `gateway.json`, speaks HTTP to loopback, nothing else.

use std::{collections::VecDeque, path::Path, time::Duration};

use agent::{gateway::GatewayFile, paths::Paths};
use anyhow::Context as _;
use bytes::Bytes;
use http::{HeaderValue, Method, Response, StatusCode, header::CONTENT_TYPE};
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use model::{AgentEvent, ErrorBody, ErrorResponse, StatusSnapshot};
use serde::{Deserialize, de::DeserializeOwned};
use tokio::time::timeout;

use crate::{
    exit::NoAgent,
    plain::plain,
    sse::{Reader, ServerEvent},
    wire::{Load, Wire},
};

/// Loopback answers at once, or something is wrong.
pub(crate) const ANSWER_WITHIN: Duration = Duration::from_secs(10);

/// The gateway of the running agent.
#[derive(Debug)]
pub(crate) struct Client {
    file: GatewayFile,
}

/// The gateway said no.
#[derive(Debug, thiserror::Error)]
#[error("{}", plain(if .0.detail.is_empty() { &.0.message } else { &.0.detail }))]
pub(crate) struct Refused(pub(crate) ErrorBody);

/// What the event stream tells.
#[derive(Debug)]
pub(crate) enum Told {
    /// Something happened.
    Event(AgentEvent),
    /// This many events were lost because this reader was too slow.
    Missed(u64),
}

impl Client {
    /// Finds the agent that works in these folders.
    pub(crate) fn of(paths: &Paths) -> anyhow::Result<Self> {
        Self::find(&paths.runtime).map_err(|error| match agent::home::owner(paths) {
            Some(pid) if error.is::<NoAgent>() => NoAgent::Reachable { pid, logs: paths.logs.clone() }.into(),
            _ => error,
        })
    }

    /// Finds the agent whose runtime folder this is.
    pub(crate) fn find(runtime: &Path) -> anyhow::Result<Self> {
        let path = GatewayFile::path(runtime);
        let file = GatewayFile::read(runtime)
            .with_context(|| format!("{} cannot be read", path.display()))?
            .ok_or_else(|| NoAgent::Running { because: format!("there is no {}", path.display()) })?;
        Ok(Self { file })
    }

    /// The web UI's address, with the token.
    pub(crate) fn ui_link(&self) -> String {
        self.file.ui_link()
    }

    pub(crate) async fn status(&self) -> anyhow::Result<StatusSnapshot> {
        self.get("/v1/status").await
    }

    /// Asks for a JSON document.
    pub(crate) async fn get<T: DeserializeOwned>(&self, path: &str) -> anyhow::Result<T> {
        let body = self.fetch(Method::GET, path, ANSWER_WITHIN).await?;
        serde_json::from_slice(&body).context("the agent's answer is not one of this version")
    }

    /// Asks with a JSON document for another one, for as long as that may take.
    pub(crate) async fn post<T: DeserializeOwned>(
        &self,
        path: &str,
        document: &serde_json::Value,
        within: Duration,
    ) -> anyhow::Result<T> {
        let headers = vec![(CONTENT_TYPE, HeaderValue::from_static("application/json"))];
        let load = Load { headers, body: document.to_string().into() };
        let body = timeout(within, async {
            anyhow::Ok(self.ask_with(Method::POST, path, load).await?.into_body().collect().await?.to_bytes())
        });
        let body = body.await.context("the agent does not answer")??;
        serde_json::from_slice(&body).context("the agent's answer is not one of this version")
    }

    pub(crate) async fn order(&self, path: &str) -> anyhow::Result<()> {
        self.fetch(Method::POST, path, ANSWER_WITHIN).await?;
        Ok(())
    }

    /// Asks and reads the whole answer.
    pub(crate) async fn fetch(&self, method: Method, path: &str, within: Duration) -> anyhow::Result<Bytes> {
        let body = timeout(within, async {
            anyhow::Ok(self.ask(method, path).await?.into_body().collect().await?.to_bytes())
        });
        body.await.context("the agent does not answer")?
    }

    /// Listens; the first event is the whole status.
    pub(crate) async fn events(&self) -> anyhow::Result<Events> {
        let response = self.open(Method::GET, "/v1/events").await?;
        Ok(Events { body: response.into_body(), reader: Reader::default(), ready: VecDeque::new() })
    }

    /// Asks; the answer's body is read by the caller, for as long as it takes.
    pub(crate) async fn open(&self, method: Method, path: &str) -> anyhow::Result<Response<Incoming>> {
        timeout(ANSWER_WITHIN, self.ask(method, path)).await.context("the agent does not answer")?
    }

    /// A connection for many requests.
    pub(crate) async fn wire(&self) -> Result<Wire, NoAgent> {
        Wire::open(&self.file).await.map_err(|error| self.stale(&error))
    }

    async fn ask(&self, method: Method, path: &str) -> anyhow::Result<Response<Incoming>> {
        self.ask_with(method, path, Load::default()).await
    }

    async fn ask_with(&self, method: Method, path: &str, load: Load) -> anyhow::Result<Response<Incoming>> {
        let answer = self.wire().await?.ask(method, path, load).await;
        let response = answer.map_err(|error| self.stale(&error))?;
        match response.status() {
            status if status.is_success() => Ok(response),
            StatusCode::UNAUTHORIZED => Err(self.stale(&"another program answers there").into()),
            status => {
                let body = response.into_body().collect().await?.to_bytes();
                match serde_json::from_slice::<ErrorResponse>(&body) {
                    Ok(refusal) => Err(Refused(refusal.error).into()),
                    Err(_) => anyhow::bail!(
                        "the program at {} answers {status}; it is not Linekeeper",
                        self.file.url
                    ),
                }
            }
        }
    }

    /// A file left by an agent that was killed, or taken over by another program.
    pub(crate) fn stale(&self, error: &dyn std::fmt::Display) -> NoAgent {
        NoAgent::Running {
            because: format!(
                "the last one, pid {}, does not answer at {}: {error}",
                self.file.pid, self.file.url
            ),
        }
    }
}

/// The event stream.
#[derive(Debug)]
pub(crate) struct Events {
    body: Incoming,
    reader: Reader,
    ready: VecDeque<ServerEvent>,
}

#[derive(Deserialize)]
struct Missed {
    count: u64,
}

impl Events {
    /// The next event; `None` when the agent has ended, politely or not.
    pub(crate) async fn next(&mut self) -> anyhow::Result<Option<Told>> {
        loop {
            while let Some(event) = self.ready.pop_front() {
                if let Some(told) = understand(&event)? {
                    return Ok(Some(told));
                }
            }
            let Some(Ok(frame)) = self.body.frame().await else {
                return Ok(None);
            };
            if let Some(bytes) = frame.data_ref() {
                self.ready.extend(self.reader.push(bytes)?);
            }
        }
    }
}

/// `None` for events of a later version.
fn understand(event: &ServerEvent) -> anyhow::Result<Option<Told>> {
    let data = &event.data;
    let told = match event.name.as_str() {
        "status" => serde_json::from_str(data).map(|status| Told::Event(AgentEvent::Status(status))),
        "transition" => {
            serde_json::from_str(data).map(|transition| Told::Event(AgentEvent::Transition(transition)))
        }
        "message" => serde_json::from_str(data).map(|message| Told::Event(AgentEvent::Message(message))),
        "delivered" => {
            serde_json::from_str(data).map(|delivery| Told::Event(AgentEvent::Delivered(delivery)))
        }
        "missed" => serde_json::from_str(data).map(|missed: Missed| Told::Missed(missed.count)),
        _ => return Ok(None),
    };
    told.map(Some).with_context(|| format!("the agent's event {:?} is not one of this version", event.name))
}
