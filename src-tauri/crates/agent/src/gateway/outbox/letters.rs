//! What a person at a window does with an endpoint's messages: hands one over, looks at those that wait and at those that
//! were given up, sends these again, takes them along, throws them away. The routes' twin, for a window that runs in this
//! program.

use std::{
    io,
    path::{Path, PathBuf},
};

use axum::body::Body;
use futures_util::StreamExt as _;
use model::{EndpointId, ErrorBody, ErrorCode};
use outbox::{Fate, MessageId, NewMessage, OutboxHandle};
use tokio::io::AsyncWriteExt as _;
use tokio_util::sync::CancellationToken;

use super::{DeadPage, LAST, MAX_PAGE, OutboxReport, SHOWN, export, pages::Bodies};
use crate::{
    clock,
    gateway::{ReceiptEntry, content::MAX_MESSAGE, refusal::Refusal, sending::dropped},
    handle::AgentHandle,
};

/// What a person sees of a body, bytes: its beginning.
const HEAD: usize = 4 << 10;

/// The messages of one endpoint.
#[derive(Clone, Debug)]
pub struct Letters {
    agent: AgentHandle,
    endpoint: EndpointId,
}

impl Letters {
    /// Of this endpoint; whether there is one, each answer tells.
    pub fn of(agent: &AgentHandle, endpoint: EndpointId) -> Self {
        Self { agent: agent.clone(), endpoint }
    }

    /// Hands a text over. Comes back once it is as safe as its buffer promises; the same `id` twice counts once.
    pub async fn send(&self, id: &str, text: String) -> Result<ReceiptEntry, ErrorBody> {
        self.sent(id, text).await.map_err(Refusal::into_body)
    }

    async fn sent(&self, id: &str, text: String) -> Result<ReceiptEntry, Refusal> {
        if text.len() > MAX_MESSAGE {
            let status = http::StatusCode::PAYLOAD_TOO_LARGE;
            return Err(Refusal::new(status, ErrorCode::MessageTooBig, format!("{} bytes", text.len())));
        }
        let message = NewMessage::text(text).with_id(named(id)?);
        let taken = self.agent.append(&self.endpoint, vec![message]).await??;
        let one = taken.first().filter(|one| one.fate != Fate::Dropped).ok_or_else(dropped)?;
        Ok(ReceiptEntry::of(one))
    }

    /// The state of the buffer and a page of what waits behind the place `after`, without bodies.
    pub async fn waiting(&self, after: u64) -> Result<OutboxReport, ErrorBody> {
        self.page(SHOWN, after, Bodies::Left).await
    }

    /// The beginning of the body of the one that waits at the place `seq`, as text or Base64; `None` when it has left.
    pub async fn waiting_head(&self, seq: u64) -> Result<Option<String>, ErrorBody> {
        let page = self.page(1, seq.saturating_sub(1), Bodies::Head(HEAD)).await?;
        Ok(page.waiting.into_iter().find(|one| one.seq == seq).and_then(|one| one.data))
    }

    async fn page(&self, limit: u64, after: u64, bodies: Bodies) -> Result<OutboxReport, ErrorBody> {
        let outbox = self.outbox().await?;
        let page = OutboxReport::read(&outbox, self.endpoint.clone(), limit, after.min(LAST), bodies).await;
        page.map_err(Refusal::into_body)
    }

    /// Throws one that waits away, or all of them.
    pub async fn discard(&self, id: Option<&str>) -> Result<(), ErrorBody> {
        let outbox = self.outbox().await?;
        match id {
            Some(id) => outbox.discard(named(id).map_err(Refusal::into_body)?).await.map_err(body),
            None => outbox.discard_all().await.map(drop).map_err(body),
        }
    }

    /// The oldest that were given up, as many as fit on a page, with the beginnings of their bodies.
    pub async fn dead(&self) -> Result<DeadPage, ErrorBody> {
        let page = DeadPage::read(&self.outbox().await?, MAX_PAGE, 0, Bodies::Head(HEAD)).await;
        page.map_err(Refusal::into_body)
    }

    /// Puts one that was given up behind those that wait.
    pub async fn retry(&self, id: &str) -> Result<(), ErrorBody> {
        let id = named(id).map_err(Refusal::into_body)?;
        self.outbox().await?.retry_dead(id).await.map(drop).map_err(body)
    }

    /// Throws one that was given up away, or all of them.
    pub async fn delete(&self, id: Option<&str>) -> Result<(), ErrorBody> {
        let outbox = self.outbox().await?;
        match id {
            Some(id) => outbox.delete_dead(named(id).map_err(Refusal::into_body)?).await.map_err(body),
            None => outbox.clear_dead().await.map(drop).map_err(body),
        }
    }

    /// Writes all that were given up to a new file in `folder`, a line of JSON each; says where.
    pub async fn export(&self, folder: &Path) -> Result<PathBuf, ErrorBody> {
        let at = clock::now().strftime("%Y%m%d-%H%M%S%3f");
        let file = folder.join(format!("linekeeper-{}-dead-{at}.jsonl", self.endpoint));
        let stop = CancellationToken::new();
        let lines = export::stream(self.outbox().await?, true, stop).await.map_err(Refusal::into_body)?;
        match write(&file, lines.into_body()).await {
            Ok(()) => Ok(file),
            Err(error) => {
                tracing::warn!(%error, file = %file.display(), "messages could not be written to a file");
                let detail = format!("{}: {error}", file.display());
                Err(ErrorBody {
                    code: ErrorCode::FileNotWritten,
                    message: ErrorCode::FileNotWritten.plain().to_owned(),
                    detail,
                })
            }
        }
    }

    async fn outbox(&self) -> Result<OutboxHandle, ErrorBody> {
        self.agent.outbox(&self.endpoint).await.map_err(|error| error.body())
    }
}

fn named(id: &str) -> Result<MessageId, Refusal> {
    id.parse().map_err(|error: outbox::InvalidId| Refusal::bad_request(error.to_string()))
}

fn body(error: outbox::OutboxError) -> ErrorBody {
    Refusal::from(error).into_body()
}

/// For this account only: messages may be anybody's secrets. Whole or not at all: a part would look like everything.
async fn write(file: &Path, body: Body) -> io::Result<()> {
    let mut options = tokio::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    options.mode(0o600);
    let open = options.open(file).await?;
    let written = fill(open, body).await;
    if written.is_err() {
        let _ = tokio::fs::remove_file(file).await;
    }
    written
}

async fn fill(mut file: tokio::fs::File, body: Body) -> io::Result<()> {
    let mut lines = body.into_data_stream();
    while let Some(line) = lines.next().await {
        file.write_all(&line.map_err(io::Error::other)?).await?;
    }
    file.sync_all().await
}

#[cfg(test)]
mod tests {
    use model::StatusSnapshot;
    use outbox::{DiskRules, Outbox, OutboxOptions};
    use tokio::sync::{mpsc, watch};

    use super::*;
    use crate::{events::News, handle::Request};

    /// Letters of an endpoint, the buffer behind them, and the folder of both.
    async fn stage() -> (Letters, Outbox, tempfile::TempDir) {
        let home = tempfile::tempdir().unwrap();
        let disk =
            DiskRules { ballast_bytes: 0, min_free_bytes: 0, min_free_percent: 0, ..DiskRules::default() };
        let options = OutboxOptions { disk, ..OutboxOptions::new("pulse") };
        let (buffer, _) = Outbox::open(home.path().join("buffer"), options).await.unwrap();
        let handle = buffer.handle();
        let (requests, mut inbox) = mpsc::channel(8);
        tokio::spawn(async move {
            while let Some(request) = inbox.recv().await {
                if let Request::Outbox { reply, .. } = request {
                    let _ = reply.send(Ok(handle.clone()));
                }
            }
        });
        let nothing: StatusSnapshot = serde_json::from_value(serde_json::json!({
            "version": 1, "agent": { "pid": 1, "version": "0", "uptime_ms": 0 }, "overall": "connecting",
            "endpoints": [], "gateway": { "connections": 0, "url": null }, "problems": []
        }))
        .unwrap();
        let (_, status) = watch::channel(nothing.into());
        let news = News::new(1).downgrade();
        let agent = AgentHandle { requests, status, news, started: tokio::time::Instant::now() };
        (Letters::of(&agent, "pulse".parse().unwrap()), buffer, home)
    }

    #[tokio::test]
    async fn an_export_that_breaks_off_leaves_no_half_of_a_file() {
        let home = tempfile::tempdir().unwrap();
        let file = home.path().join("letters.jsonl");
        let lines = [Ok("one\n"), Err(io::Error::other("the buffer failed"))];
        let broken = Body::from_stream(futures_util::stream::iter(lines));
        assert!(write(&file, broken).await.is_err());
        assert!(!file.exists());
        write(&file, Body::from("one\n")).await.unwrap();
        assert!(write(&file, Body::from("two\n")).await.is_err(), "what somebody has is not written over");
        assert_eq!(std::fs::read_to_string(&file).unwrap(), "one\n");
    }

    fn codes<T: std::fmt::Debug>(answers: Vec<Result<T, ErrorBody>>) -> Vec<ErrorCode> {
        answers.into_iter().map(|answer| answer.unwrap_err().code).collect()
    }

    #[tokio::test]
    async fn a_message_that_is_sent_twice_counts_once() {
        let (letters, buffer, _home) = stage().await;
        let first = letters.send("m-1", "one".into()).await.unwrap();
        let again = letters.send("m-1", "one".into()).await.unwrap();
        assert_eq!((first.duplicate, again.duplicate, again.seq), (false, true, first.seq));
        assert_eq!(buffer.handle().stats().await.unwrap().tally.queued, 1);
        let refused = vec![
            letters.send("two words", "x".into()).await,
            letters.send("m-2", "x".repeat(MAX_MESSAGE + 1)).await,
        ];
        assert_eq!(codes(refused), [ErrorCode::BadRequest, ErrorCode::MessageTooBig]);
    }

    #[tokio::test]
    async fn what_waits_is_seen_page_by_page_its_beginning_when_asked_for_and_thrown_away() {
        let (letters, buffer, _home) = stage().await;
        for number in 1..=21 {
            letters.send(&format!("m-{number}"), format!("{number} {}", "é".repeat(4000))).await.unwrap();
        }
        let first = letters.waiting(0).await.unwrap();
        let ids = |page: &OutboxReport| page.waiting.iter().map(|one| one.id.clone()).collect::<Vec<_>>();
        assert_eq!((ids(&first).len(), first.next, first.queued), (20, Some(first.waiting[19].seq), 21));
        assert!(first.waiting.iter().all(|one| one.data.is_none()));
        let rest = letters.waiting(first.next.unwrap()).await.unwrap();
        assert_eq!((ids(&rest), rest.next), (vec!["m-21".to_owned()], None));

        // `é` takes two bytes, and the text before them three: the cut falls before the one that would not fit whole.
        let head = letters.waiting_head(rest.waiting[0].seq).await.unwrap().unwrap();
        assert_eq!((head.len(), head.starts_with("21 éé")), (HEAD - 1, true));
        assert_eq!(letters.waiting_head(rest.waiting[0].seq + 1).await.unwrap(), None);
        assert_eq!(letters.waiting_head(u64::MAX).await.unwrap(), None);

        letters.discard(Some("m-21")).await.unwrap();
        let unknown = vec![letters.discard(Some("m-21")).await, letters.discard(Some("two words")).await];
        assert_eq!(codes(unknown), [ErrorCode::UnknownMessage, ErrorCode::BadRequest]);
        letters.discard(None).await.unwrap();
        assert_eq!(buffer.handle().stats().await.unwrap().tally.queued, 0);
    }

    #[tokio::test]
    async fn what_was_given_up_is_seen_sent_again_taken_along_and_thrown_away() {
        let (letters, buffer, home) = stage().await;
        for id in ["a", "b", "c", "d"] {
            letters.send(id, format!("body of {id}")).await.unwrap();
            buffer.handle().bury(id.parse().unwrap(), "refused".to_owned()).await.unwrap();
        }
        let page = letters.dead().await.unwrap();
        let bodies: Vec<_> = page.letters.iter().map(|letter| letter.data.as_deref().unwrap()).collect();
        assert_eq!(bodies, ["body of a", "body of b", "body of c", "body of d"]);

        let file = letters.export(home.path()).await.unwrap();
        let lines = std::fs::read_to_string(&file).unwrap();
        assert_eq!(lines.lines().count(), 4);
        assert!(lines.contains(r#""data":"body of c""#), "{lines}");
        #[cfg(unix)]
        assert_eq!(
            std::os::unix::fs::PermissionsExt::mode(&file.metadata().unwrap().permissions()) & 0o777,
            0o600
        );
        let nowhere = letters.export(&home.path().join("missing")).await;
        assert_eq!(codes(vec![nowhere]), [ErrorCode::FileNotWritten]);

        letters.retry("a").await.unwrap();
        letters.delete(Some("b")).await.unwrap();
        let unknown = vec![letters.retry("b").await, letters.delete(Some("b")).await];
        assert_eq!(codes(unknown), [ErrorCode::UnknownMessage; 2]);
        let left: Vec<_> =
            letters.dead().await.unwrap().letters.into_iter().map(|letter| letter.id).collect();
        assert_eq!(left, ["c", "d"]);
        letters.delete(None).await.unwrap();
        let stats = buffer.handle().stats().await.unwrap();
        assert_eq!((stats.dead, stats.tally.queued), (0, 1));
    }
}
