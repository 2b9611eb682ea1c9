//! The journal: what an agent does, one readable line each, for a pipe or a file.

use std::io;

use jiff::Timestamp;
use model::{
    AgentEvent, EndpointId, EndpointSnapshot, EndpointState, Owner, Problem, Reason, Remedy, StatusSnapshot,
    Transition,
};

use crate::{
    client::Told,
    feed::Feed,
    output::{self, say},
    plain::plain,
    words,
};

/// What follows when the journal cannot be written for another reason than that nobody reads it any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Gaps {
    /// That is the end.
    Refused,
    /// It has a gap.
    Borne,
}

/// Prints how things stand and then a line for each transition and each problem, until the agent ends.
pub(crate) async fn keep(feed: Feed) -> anyhow::Result<()> {
    write(feed, Gaps::Refused).await
}

/// The same for the agent that this program is: a full disk under its journal is no reason to let connections go.
pub(crate) async fn keep_on(feed: Feed) -> anyhow::Result<()> {
    write(feed, Gaps::Borne).await
}

async fn write(mut feed: Feed, gaps: Gaps) -> anyhow::Result<()> {
    let mut gap_told = false;
    let mut known: Option<Vec<Problem>> = None;
    while let Some(told) = feed.next().await? {
        let lines = match told {
            Told::Event(AgentEvent::Status(status)) => {
                let mut lines = if known.is_none() { opening(&status) } else { Vec::new() };
                let before = known.replace(status.problems.clone()).unwrap_or_default();
                lines.extend(differences(&before, &status.problems));
                lines
            }
            Told::Event(AgentEvent::Transition(transition)) => {
                vec![entry(transition.at, Some(&transition.endpoint), &account(&transition))]
            }
            Told::Event(AgentEvent::Message(_) | AgentEvent::Delivered(_)) => Vec::new(),
            Told::Missed(count) => {
                vec![entry(Timestamp::now(), None, &format!("{count} events were missed"))]
            }
        };
        match output::print_lines(lines).await {
            Err(error) if gaps == Gaps::Borne && error.kind() != io::ErrorKind::BrokenPipe => {
                if !std::mem::replace(&mut gap_told, true) {
                    say(&format!("linekeeper: the journal has gaps, it cannot be written: {error}"));
                }
            }
            written => written?,
        }
    }
    Ok(())
}

fn opening(status: &StatusSnapshot) -> Vec<String> {
    let gateway =
        status.gateway.url.as_ref().map_or_else(String::new, |url| format!(", gateway at {}", plain(url)));
    let agent = &status.agent;
    let opening = format!(
        "Linekeeper {}, pid {}{gateway}. {}.",
        plain(&agent.version),
        agent.pid,
        words::verdict(status)
    );
    let endpoints = status.endpoints.iter();
    let endpoints = endpoints.map(|one| entry(one.since, Some(&one.id), &account(&arrival(one))));
    std::iter::once(entry(Timestamp::now(), None, &opening)).chain(endpoints).collect()
}

/// An endpoint as it is found, in the form of the change that led there.
fn arrival(endpoint: &EndpointSnapshot) -> Transition {
    let up = endpoint.state == EndpointState::Connected;
    Transition {
        endpoint: endpoint.id.clone(),
        at: endpoint.since,
        from: None,
        to: endpoint.state,
        reason: endpoint.reason,
        error: endpoint.last_error.clone().filter(|_| !up),
        remedy: endpoint.remedy.clone(),
        next_attempt_at: None,
    }
}

fn differences(before: &[Problem], after: &[Problem]) -> Vec<String> {
    let appeared = after.iter().filter(|problem| !before.contains(problem));
    let mended = before.iter().filter(|problem| !after.contains(problem));
    let lines = appeared.map(|problem| (problem, "problem")).chain(mended.map(|problem| (problem, "mended")));
    let told = lines.map(|(problem, what)| {
        let text = format!("{what}: {}", words::problem(problem));
        entry(Timestamp::now(), problem.endpoint.as_ref(), &text)
    });
    told.collect()
}

/// New state, cause, next try, remedy.
fn account(transition: &Transition) -> String {
    let mut account = words::state(transition.to, transition.reason).to_owned();
    if let Some(error) = &transition.error {
        account = format!("{account}: {}", plain(&error.message));
        if !error.detail.is_empty() {
            account = format!("{account} ({})", plain(&error.detail));
        }
    }
    if let Some(next) = transition.next_attempt_at {
        account = format!("{account}; next try in {}", words::exact(words::between(transition.at, next)));
    }
    // That somebody paused it, or that it goes on by itself, asks nothing of the reader.
    let asks =
        |remedy: &&Remedy| remedy.owner != Owner::Linekeeper && transition.reason != Some(Reason::Paused);
    if let Some(remedy) = transition.remedy.as_ref().filter(asks) {
        account = format!("{account}. To do: {}", plain(&remedy.text));
    }
    account
}

fn entry(at: Timestamp, endpoint: Option<&EndpointId>, text: &str) -> String {
    let at = at.strftime("%Y-%m-%dT%H:%M:%SZ");
    let who = endpoint.map_or("linekeeper", EndpointId::as_str);
    format!("{at}  {who}  {text}")
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use model::{ErrorCode, ErrorInfo, RemedyCode};

    use super::*;

    #[test]
    fn a_log_line_says_when_who_what_why_and_what_next() {
        let at = Timestamp::UNIX_EPOCH;
        let transition = Transition {
            endpoint: "pulse".parse().unwrap(),
            at,
            from: None,
            to: EndpointState::Reconnecting,
            reason: None,
            error: Some(ErrorInfo {
                code: ErrorCode::ConnectionRefused,
                message: "Nothing is listening.".to_owned(),
                detail: "refused\u{1b}[2J".to_owned(),
                at,
            }),
            remedy: None,
            next_attempt_at: Some(at + Duration::from_millis(800)),
        };
        let line = entry(at, Some(&transition.endpoint), &account(&transition));
        assert_eq!(
            line,
            "1970-01-01T00:00:00Z  pulse  reconnecting: Nothing is listening. (refused[2J); next try in 0.8 s"
        );
        let transition = Transition {
            to: EndpointState::Failed,
            reason: Some(Reason::AuthRequired),
            error: None,
            remedy: Some(RemedyCode::SignInToProxy.into()),
            next_attempt_at: Some(at + Duration::from_secs(900)),
            ..transition
        };
        assert_eq!(
            account(&transition),
            "needs sign-in; next try in 15 min. To do: Ask your network administrator for the proxy's user name and \
             password, and enter them in the configuration."
        );
        let transition = Transition { remedy: Some(RemedyCode::CheckLine.into()), ..transition };
        assert_eq!(account(&transition), "needs sign-in; next try in 15 min");
    }
}
