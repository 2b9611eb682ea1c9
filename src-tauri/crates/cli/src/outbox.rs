//! `linekeeper outbox`: the offline buffers as their agent shows them. Opens no file: they belong to the agent.

mod contents;
mod disposal;
mod state;

use std::time::Duration;

use agent::gateway::Verified;
use anyhow::bail;
use http::Method;
use http_body_util::BodyExt as _;
use model::EndpointId;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Serialize;

use crate::{
    args::OutboxCommand,
    client::Client,
    exit::Exit,
    home,
    output::{self, say},
    plain::plain,
    signals::{Interrupts, unless_interrupted},
    words,
};

/// A part of a buffer is read for this, and in the end its structure.
const VERIFIED_WITHIN: Duration = Duration::from_secs(60);
/// Written at once, bytes: a message is often short.
const BLOCK: usize = 64 << 10;

pub(crate) async fn run(command: OutboxCommand) -> anyhow::Result<Exit> {
    let client = Client::of(&home::paths(None)?)?;
    match command {
        OutboxCommand::Stats { endpoint: None, json } => state::all(&client, json).await,
        OutboxCommand::Stats { endpoint: Some(endpoint), json } => state::one(&client, &endpoint, json).await,
        OutboxCommand::List(args) => contents::waiting(&client, &args).await,
        OutboxCommand::Dead(args) => contents::dead(&client, &args).await,
        OutboxCommand::Retry(args) => disposal::retry(&client, &args).await,
        OutboxCommand::Drop(args) => disposal::throw_away(&client, &args).await,
        OutboxCommand::Export { endpoint, dead } => export(client, endpoint, dead).await,
        OutboxCommand::Verify { endpoint, json } => verify(&client, endpoint, json).await,
    }
}

/// Where a buffer is asked.
fn path(endpoint: &EndpointId, rest: &str) -> String {
    format!("/v1/outbox/{endpoint}{rest}")
}

/// An id as a part of a path.
fn encoded(id: &str) -> String {
    utf8_percent_encode(id, NON_ALPHANUMERIC).to_string()
}

/// Goes on for as long as there are messages and somebody who reads them.
async fn export(client: Client, endpoint: EndpointId, dead: bool) -> anyhow::Result<Exit> {
    let mut interrupts = Interrupts::listen()?;
    let copied = unless_interrupted(&mut interrupts, async move {
        let path = path(&endpoint, &format!("/export?dead={dead}"));
        let mut body = client.open(Method::GET, &path).await?.into_body();
        let mut block = Vec::new();
        while let Some(frame) = body.frame().await {
            let Ok(frame) = frame else {
                output::write_bytes(&block)?;
                bail!("the export broke off: the agent ended, or its buffer failed");
            };
            block.extend_from_slice(frame.data_ref().map_or(&[][..], |bytes| bytes));
            if block.len() >= BLOCK {
                output::write_bytes(&block)?;
                block.clear();
            }
        }
        output::write_bytes(&block)?;
        Ok(())
    });
    if copied.await?.is_some() {
        return Ok(Exit::Done);
    }
    say("linekeeper: interrupted; the export is not complete");
    Ok(Exit::Failed)
}

#[derive(Serialize)]
struct Finding {
    endpoint: EndpointId,
    #[serde(flatten)]
    verified: Verified,
}

async fn verify(client: &Client, endpoint: Option<EndpointId>, json: bool) -> anyhow::Result<Exit> {
    let endpoints = match endpoint {
        Some(endpoint) => vec![endpoint],
        None => client.status().await?.endpoints.into_iter().map(|endpoint| endpoint.id).collect(),
    };
    let mut findings = Vec::new();
    for endpoint in endpoints {
        let finding = Finding { verified: verify_one(client, &endpoint).await?, endpoint };
        if !json {
            output::print(&finding.sentence())?;
        }
        findings.push(finding);
    }
    if json {
        output::print_document(&findings)?;
    }
    Ok(if findings.iter().all(Finding::is_sound) { Exit::Done } else { Exit::Failed })
}

/// Part by part, so that no buffer is too large for it.
async fn verify_one(client: &Client, endpoint: &EndpointId) -> anyhow::Result<Verified> {
    let mut whole = Verified { next: Some(0), ..Verified::default() };
    while let Some(after) = whole.next {
        let path = path(endpoint, &format!("/verify?after={after}"));
        let body = client.fetch(Method::POST, &path, VERIFIED_WITHIN).await?;
        let part: Verified = serde_json::from_slice(&body)?;
        whole.messages += part.messages;
        whole.damaged += part.damaged;
        (whole.problem, whole.next) = (part.problem, part.next);
    }
    Ok(whole)
}

impl Finding {
    fn is_sound(&self) -> bool {
        self.verified.damaged == 0 && self.verified.problem.is_none()
    }

    fn sentence(&self) -> String {
        let Self { endpoint, verified } = self;
        let messages = words::count_of(verified.messages, "message");
        let damaged = match verified.damaged {
            0 => "all sound".to_owned(),
            damaged => format!("{} of them damaged and with the dead letters now", words::count(damaged)),
        };
        let problem = verified.problem.as_ref().map(|problem| format!("; {}", plain(problem)));
        format!("{endpoint}: {messages} read, {damaged}{}", problem.unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_stays_in_its_place_of_the_path() {
        assert_eq!(encoded("order-17"), "order%2D17");
        assert_eq!(encoded("a/../b?c#d%"), "a%2F%2E%2E%2Fb%3Fc%23d%25");
    }

    #[test]
    fn a_finding_is_a_sentence() {
        let endpoint: EndpointId = "hub".parse().unwrap();
        let finding = |messages, damaged, problem: Option<&str>| Finding {
            endpoint: endpoint.clone(),
            verified: Verified { messages, damaged, problem: problem.map(str::to_owned), next: None },
        };
        assert_eq!(finding(1, 0, None).sentence(), "hub: 1 message read, all sound");
        let damaged = finding(1_204, 2, Some("the books\ndo not balance"));
        assert!(
            !damaged.is_sound() && !finding(1, 0, Some("x")).is_sound() && finding(0, 0, None).is_sound()
        );
        let sentence = "hub: 1,204 messages read, 2 of them damaged and with the dead letters now; the books do not balance";
        assert_eq!(damaged.sentence(), sentence);
    }
}
