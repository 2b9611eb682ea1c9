//! Requests to the gateway's route for messages, and what its answers mean for the one who sends.

use std::time::Duration;

use agent::gateway::{Receipt, ReceiptEntry, ReceiptFate};
use anyhow::{Context as _, ensure};
use bytes::Bytes;
use http::{HeaderName, HeaderValue, Method, Response, StatusCode, header};
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use model::{EndpointId, ErrorBody, ErrorCode, ErrorResponse};
use tokio::time::timeout;

use super::lines::Line;
use crate::{
    client::{Client, Refused},
    exit::NoAgent,
    home,
    wire::{Load, Wire},
};

/// A disk may be slow, and the gateway itself gives up a little earlier; who waits longer than this asks again.
const ANSWER_WITHIN: Duration = Duration::from_secs(40);

/// What became of a request.
#[derive(Debug)]
pub(super) enum Verdict {
    /// All of it is as safe as the endpoint promises, one for each line.
    Taken(Vec<ReceiptEntry>),
    /// None of it was taken, nor will it be, whatever it is.
    Refused(Refused),
    /// None of it was taken: it is too large, or a message of it is.
    TooLarge(Refused),
    /// None of it was taken: there is no room for it now.
    Full(Refused),
    /// Some of it was taken, and the rest dropped: the buffer is full and set to do so. A repetition takes what has
    /// become possible.
    Dropped(Refused),
    /// The agent cannot take it now, or does not know whether it did.
    Later { asked: Duration, because: Refused },
    /// Nobody knows whether it was taken.
    Gone(NoAgent),
}

/// Hands requests over, one after the other, to whichever agent runs now.
#[derive(Debug)]
pub(super) struct Post {
    single: String,
    batch: String,
    wire: Option<(Client, Wire)>,
}

impl Post {
    pub(super) fn new(endpoint: &EndpointId) -> Self {
        let single = format!("/v1/endpoints/{endpoint}/messages");
        Self { batch: format!("{single}?batch=lines"), single, wire: None }
    }

    /// Sends lines as they are. Repeating it with the same key and lines does no harm.
    pub(super) async fn deliver(&mut self, key: &str, lines: &[Line]) -> anyhow::Result<Verdict> {
        // A connection that rested for a while may have been closed, which says nothing about the agent.
        if let Some(rested) = self.wire.take()
            && let Ok(answer) = self.ask(rested, key, lines).await?
        {
            return answer.verdict(lines.len());
        }
        let answer = match open().await? {
            Ok(fresh) => self.ask(fresh, key, lines).await?,
            Err(gone) => Err(gone),
        };
        match answer {
            Ok(answer) => answer.verdict(lines.len()),
            Err(gone) => Ok(Verdict::Gone(gone)),
        }
    }

    /// Asks over this connection, and keeps it where it works.
    async fn ask(
        &mut self,
        (client, mut wire): (Client, Wire),
        key: &str,
        lines: &[Line],
    ) -> anyhow::Result<Result<Answer, NoAgent>> {
        let load = load(key, lines)?;
        let path = if lines.len() == 1 { &self.single } else { &self.batch };
        let answer = timeout(ANSWER_WITHIN, async {
            let response = wire.ask(Method::POST, path, load).await.map_err(|error| error.to_string())?;
            read(response).await.map_err(|error| error.to_string())
        });
        Ok(match answer.await.unwrap_or_else(|_| Err("the answer takes too long".to_owned())) {
            // A token of another agent: it was started in the meantime.
            Ok(answer) if answer.status == StatusCode::UNAUTHORIZED => {
                Err(client.stale(&"another program answers there"))
            }
            Ok(answer) => {
                self.wire = Some((client, wire));
                Ok(answer)
            }
            Err(because) => Err(client.stale(&because)),
        })
    }
}

/// Finds the agent that runs now.
async fn open() -> anyhow::Result<Result<(Client, Wire), NoAgent>> {
    let client = match Client::of(&home::paths(None)?) {
        Ok(client) => client,
        Err(error) => return error.downcast::<NoAgent>().map(Err),
    };
    Ok(client.wire().await.map(|wire| (client, wire)))
}

fn load(key: &str, lines: &[Line]) -> anyhow::Result<Load> {
    let headers = vec![
        (header::CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8")),
        (HeaderName::from_static("idempotency-key"), HeaderValue::from_str(key)?),
    ];
    Ok(Load { headers, body: Bytes::from(body(lines)) })
}

/// One message as it is; several with ends that take nothing from them: the agent, too, ends a line with LF or CRLF, and
/// a line may end with a CR of its own.
fn body(lines: &[Line]) -> String {
    match lines {
        [line] => line.text.clone(),
        lines => lines.iter().flat_map(|line| [line.text.as_str(), "\r\n"]).collect(),
    }
}

struct Answer {
    status: StatusCode,
    retry_after: Duration,
    body: Bytes,
}

async fn read(response: Response<Incoming>) -> Result<Answer, hyper::Error> {
    let status = response.status();
    let seconds =
        response.headers().get(header::RETRY_AFTER).and_then(|value| value.to_str().ok()?.parse().ok());
    let body = response.into_body().collect().await?.to_bytes();
    Ok(Answer { status, retry_after: Duration::from_secs(seconds.unwrap_or(0)), body })
}

impl Answer {
    fn verdict(self, lines: usize) -> anyhow::Result<Verdict> {
        if self.status.is_success() {
            let Receipt { accepted } = serde_json::from_slice(&self.body)
                .context("the agent's answer is not one of this version")?;
            ensure!(accepted.len() == lines, "the agent answered for {} messages of {lines}", accepted.len());
            if accepted.iter().any(|one| one.fate == ReceiptFate::Dropped) {
                let code = ErrorCode::BufferFull;
                let detail = "it is set to drop what is newest".to_owned();
                let dropped = ErrorBody { code, message: code.plain().to_owned(), detail };
                return Ok(Verdict::Dropped(Refused(dropped)));
            }
            return Ok(Verdict::Taken(accepted));
        }
        let refused = Refused(self.error()?);
        Ok(match self.status {
            StatusCode::PAYLOAD_TOO_LARGE => Verdict::TooLarge(refused),
            StatusCode::INSUFFICIENT_STORAGE => Verdict::Full(refused),
            StatusCode::TOO_MANY_REQUESTS | StatusCode::REQUEST_TIMEOUT => self.later(refused),
            status if status.is_server_error() => self.later(refused),
            _ => Verdict::Refused(refused),
        })
    }

    fn later(&self, because: Refused) -> Verdict {
        Verdict::Later { asked: self.retry_after, because }
    }

    fn error(&self) -> anyhow::Result<ErrorBody> {
        let refusal: ErrorResponse = serde_json::from_slice(&self.body)
            .with_context(|| format!("what answers {} there is not Linekeeper", self.status))?;
        Ok(refusal.error)
    }
}

#[cfg(test)]
mod tests {
    use model::ErrorCode;
    use serde_json::json;

    use super::*;

    fn verdict(status: u16, body: &serde_json::Value) -> Verdict {
        let body = Bytes::from(body.to_string());
        let status = StatusCode::from_u16(status).unwrap();
        Answer { status, retry_after: Duration::from_secs(3), body }.verdict(1).unwrap()
    }

    #[test]
    fn each_status_means_one_thing() {
        let no = json!({ "error": { "code": ErrorCode::BufferFull, "message": "Full.", "detail": "" } });
        for status in [400, 404, 415] {
            assert!(matches!(verdict(status, &no), Verdict::Refused(_)), "{status}");
        }
        assert!(matches!(verdict(413, &no), Verdict::TooLarge(_)));
        assert!(matches!(verdict(507, &no), Verdict::Full(_)));
        for status in [408, 429, 500, 503, 504] {
            let Verdict::Later { asked, .. } = verdict(status, &no) else { panic!("{status}") };
            assert_eq!(asked, Duration::from_secs(3));
        }
        let taken = |fate: &str| {
            let one =
                json!({ "id": "a", "seq": 7, "duplicate": false, "fate": fate, "level": null, "later": 1 });
            verdict(202, &json!({ "accepted": [one] }))
        };
        assert!(
            matches!(taken("stored"), Verdict::Taken(_)) && matches!(taken("delivered"), Verdict::Taken(_))
        );
        assert!(matches!(taken("dropped"), Verdict::Dropped(_)), "what was dropped is not safe");
    }

    #[test]
    fn a_batch_is_read_as_it_was_meant() {
        let lines = ["a", "b\r", "\r", "{}\r\r"].map(|text| Line { number: 1, text: text.to_owned() });
        let body = body(&lines);
        let ends: Vec<&str> = body.split_inclusive('\n').collect();
        // The rule of the agent, which `lines` has for the input.
        let read: Vec<&str> = ends.iter().map(|line| line.strip_suffix("\r\n").unwrap()).collect();
        assert_eq!(read, lines.each_ref().map(|line| line.text.as_str()));
        assert_eq!(super::body(&lines[1..2]), "b\r", "one message is no batch");
    }

    #[test]
    fn an_answer_for_other_messages_is_not_believed() {
        let body = Bytes::from(json!({ "accepted": [] }).to_string());
        let answer = Answer { status: StatusCode::ACCEPTED, retry_after: Duration::ZERO, body };
        assert!(answer.verdict(1).is_err());
    }
}
