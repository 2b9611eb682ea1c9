//! What a person decides about messages: send after all, or throw away.

use std::io::{self, BufRead as _, IsTerminal as _, Write as _};

use agent::gateway::{OutboxReport, Retried, Thrown};
use clap::{CommandFactory as _, error::ErrorKind};
use http::Method;
use model::{EndpointId, ErrorCode};
use tokio::task::block_in_place;

use super::{contents::all_dead, encoded, path};
use crate::{
    args::{CommandLine, DropArgs, RetryArgs},
    client::{ANSWER_WITHIN, Client, Refused},
    exit::Exit,
    output::{self, say},
    words,
};

pub(super) async fn retry(client: &Client, args: &RetryArgs) -> anyhow::Result<Exit> {
    let ids = if args.all {
        all_dead(client, &args.endpoint).await?.into_iter().map(|letter| letter.id).collect()
    } else {
        args.ids.clone()
    };
    if ids.is_empty() {
        say("There are none.");
    }
    for id in ids {
        let place = path(&args.endpoint, &format!("/dead/{}/retry", encoded(&id)));
        let body = client.fetch(Method::POST, &place, ANSWER_WITHIN).await?;
        let retried: Retried = serde_json::from_slice(&body)?;
        output::print(&format!("{} {}", retried.id, retried.seq))?;
    }
    Ok(Exit::Done)
}

pub(super) async fn throw_away(client: &Client, args: &DropArgs) -> anyhow::Result<Exit> {
    // Asked before anything is: a mistake should not take the time of an agent.
    if !args.yes && !io::stdin().is_terminal() {
        let error = CommandLine::command().error(
            ErrorKind::MissingRequiredArgument,
            "nobody is there to ask; --yes throws the messages away without asking",
        );
        error.exit();
    }
    let what = described(client, args).await?;
    let Some(what) = what else {
        say("There are none.");
        return Ok(Exit::Done);
    };
    if !args.yes && !block_in_place(|| agreed(&format!("Throw away {what} of {}? [y/N] ", args.endpoint)))? {
        say("Nothing was thrown away.");
        return Ok(Exit::Failed);
    }
    let count = match (args.waiting, args.dead) {
        (true, _) => thrown(client, &path(&args.endpoint, "")).await?,
        (_, true) => thrown(client, &path(&args.endpoint, "/dead")).await?,
        (false, false) => {
            let mut count = 0;
            for id in &args.ids {
                count += one(client, &args.endpoint, id).await?;
            }
            count
        }
    };
    say(&format!("Thrown away: {}.", words::count_of(count, "message")));
    Ok(Exit::Done)
}

/// What is at stake, as part of a question; nothing when there is nothing.
async fn described(client: &Client, args: &DropArgs) -> anyhow::Result<Option<String>> {
    if !args.ids.is_empty() {
        return Ok(Some(words::count_of(args.ids.len() as u64, "message")));
    }
    let report: OutboxReport = client.get(&path(&args.endpoint, "?limit=0")).await?;
    Ok(match (args.dead, report.queued, report.dead) {
        (true, _, 0) | (false, 0, _) => None,
        (true, _, dead) => Some(format!("{} that were given up", words::count_of(dead, "message"))),
        (false, queued, _) => Some(format!(
            "{} that wait ({}), unsent",
            words::count_of(queued, "message"),
            words::size(report.bytes)
        )),
    })
}

/// A message that waits, or one that was given up.
async fn one(client: &Client, endpoint: &EndpointId, id: &str) -> anyhow::Result<u64> {
    let id = encoded(id);
    match thrown(client, &path(endpoint, &format!("/messages/{id}"))).await {
        Err(error) if is_unknown(&error) => thrown(client, &path(endpoint, &format!("/dead/{id}"))).await,
        result => result,
    }
}

fn is_unknown(error: &anyhow::Error) -> bool {
    error.downcast_ref::<Refused>().is_some_and(|refused| refused.0.code == ErrorCode::UnknownMessage)
}

async fn thrown(client: &Client, place: &str) -> anyhow::Result<u64> {
    let body = client.fetch(Method::DELETE, place, ANSWER_WITHIN).await?;
    let thrown: Thrown = serde_json::from_slice(&body)?;
    Ok(thrown.count)
}

fn agreed(question: &str) -> io::Result<bool> {
    let mut error = io::stderr();
    error.write_all(question.as_bytes())?;
    error.flush()?;
    let mut answer = String::new();
    io::stdin().lock().read_line(&mut answer)?;
    Ok(matches!(answer.trim().to_ascii_lowercase().as_str(), "y" | "yes"))
}
