//! Servers that refuse credentials, and sources that are slow to give them.

use std::{
    collections::VecDeque,
    future::{pending, ready},
    sync::{Arc, Mutex},
    time::Duration,
};

use anyhow::{Context as _, Result};
use dial::Credential;
use link::{CredentialFuture, CredentialSource, CredentialUnavailable, Host, HostPolicy, Order};
use model::{EndpointState as S, ErrorCode as C, Reason};
use suites::{
    eventually,
    fault_proxy::FaultProxy,
    fault_server::{FaultServer, HttpAnswer, RawFrame, Script},
    running_agent::DEADLINE,
    running_link::RunningLink,
};
use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;

/// Gives one answer after the other, the last one again and again.
#[derive(Debug)]
struct Source(Mutex<VecDeque<Answer>>);

#[derive(Debug)]
enum Answer {
    Token(&'static str),
    Never,
    /// When the test says so.
    Late(oneshot::Receiver<&'static str>),
    Nothing(&'static str),
}

impl Source {
    fn giving<const N: usize>(answers: [Answer; N]) -> Arc<Self> {
        Arc::new(Self(Mutex::new(answers.into())))
    }

    fn left(&self) -> usize {
        self.0.lock().expect("no test panics under it").len()
    }
}

/// Gives what the test put there last.
#[derive(Debug)]
struct Drawer(Mutex<&'static str>);

impl Drawer {
    fn put(&self, token: &'static str) {
        *self.0.lock().expect("no test panics under it") = token;
    }
}

impl CredentialSource for Drawer {
    fn read(&self, _: Option<&Credential>) -> CredentialFuture {
        Box::pin(ready(bearer(*self.0.lock().expect("no test panics under it"))))
    }
}

fn bearer(token: &str) -> Result<Credential, CredentialUnavailable> {
    Credential::bearer(token.into()).map_err(|flaw| CredentialUnavailable { detail: flaw.to_string() })
}

impl CredentialSource for Source {
    fn read(&self, _: Option<&Credential>) -> CredentialFuture {
        let mut answers = self.0.lock().expect("no test panics under it");
        let answer = match answers.front() {
            Some(Answer::Token(token)) if answers.len() == 1 => Answer::Token(token),
            _ => answers.pop_front().unwrap_or(Answer::Never),
        };
        match answer {
            Answer::Token(token) => Box::pin(ready(bearer(token))),
            Answer::Never => Box::pin(pending()),
            Answer::Late(told) => Box::pin(async move { bearer(told.await.unwrap_or_default()) }),
            Answer::Nothing(detail) => {
                Box::pin(ready(Err(CredentialUnavailable { detail: detail.to_owned() })))
            }
        }
    }
}

/// What each request carried.
fn carried(server: &FaultServer) -> Vec<String> {
    let seen = server.seen();
    seen.iter().filter_map(|one| Some(one.header("authorization")?.to_owned())).collect()
}

fn refusing() -> Script {
    Script::answering(&HttpAnswer::new("401 Unauthorized").body("who are you?"))
}

#[tokio::test]
async fn a_token_that_comes_when_its_dial_is_over_changes_nothing() -> Result<()> {
    let server = FaultServer::start(Script::upgraded().answer_pings()).await?;
    let (tell, told) = oneshot::channel();
    let source = Source::giving([Answer::Late(told), Answer::Token("second")]);
    let asked = Arc::clone(&source);
    let mut link = RunningLink::start(&server.url(), |config| config.credentials = Some(source)).await?;
    eventually(DEADLINE, "the source is asked", async || (asked.left() == 1).then_some(())).await;
    // A source that is slow holds up no order.
    link.order(Order::Pause).await;
    link.until_state(S::Disconnected).await?;
    assert!(tell.send("first").is_err(), "nobody waits for it any more");
    link.order(Order::Resume).await;
    link.until_state(S::Connected).await?;
    assert_eq!(carried(&server), ["Bearer second"]);
    Ok(())
}

#[tokio::test]
async fn a_refused_token_that_was_replaced_goes_out_anew_at_once_and_counts_as_no_failure() -> Result<()> {
    let server = FaultServer::start_with(vec![refusing(), Script::upgraded().answer_pings()]).await?;
    let source = Source::giving([Answer::Token("old"), Answer::Token("new")]);
    let mut link = RunningLink::start(&server.url(), |config| config.credentials = Some(source)).await?;
    let up = link.until_state(S::Connected).await?;
    assert_eq!(
        (carried(&server), up.view.failures_total),
        (vec!["Bearer old".into(), "Bearer new".into()], 0)
    );
    Ok(())
}

#[tokio::test]
async fn a_refused_token_that_is_still_the_same_is_sent_once() -> Result<()> {
    for (status, code) in [("401 Unauthorized", C::Unauthorized), ("403 Forbidden", C::Forbidden)] {
        let server = FaultServer::start(Script::answering(&HttpAnswer::new(status))).await?;
        let source = Source::giving([Answer::Token("old")]);
        let mut link = RunningLink::start(&server.url(), |config| config.credentials = Some(source)).await?;
        let down = link.until_state(S::Failed).await?;
        assert_eq!((down.view.reason, down.code()), (Some(Reason::AuthRequired), Some(code)));
        assert_eq!((carried(&server).len(), down.view.failures_total), (1, 1));
        // A person who says "now" is believed.
        link.order(Order::Reconnect).await;
        link.until_failure(1).await?;
        assert_eq!(carried(&server).len(), 2);
    }
    Ok(())
}

#[tokio::test]
async fn two_refusals_of_two_tokens_wait_for_somebody_to_act() -> Result<()> {
    let server = FaultServer::start(refusing()).await?;
    let source = Source::giving([Answer::Token("one"), Answer::Token("two"), Answer::Token("three")]);
    let mut link = RunningLink::start(&server.url(), |config| config.credentials = Some(source)).await?;
    let down = link.until_state(S::Failed).await?;
    assert_eq!(down.view.reason, Some(Reason::AuthRequired));
    let wait = down.wait().context("it goes on some day")?;
    assert!((720..=1_080).contains(&wait.as_secs()), "{wait:?}");
    assert_eq!(carried(&server), ["Bearer one", "Bearer two"]);
    Ok(())
}

#[tokio::test]
async fn a_token_that_expires_under_a_session_is_replaced_at_once() -> Result<()> {
    let expired = RawFrame::close(4401, "token expired");
    let server = FaultServer::start_with(vec![
        Script::upgraded().frame(&RawFrame::text("{}")).frame(&expired).until_left(),
        Script::upgraded().answer_pings(),
    ])
    .await?;
    let source = Source::giving([Answer::Token("old"), Answer::Token("new")]);
    let mut link = RunningLink::start(&server.url(), |config| config.credentials = Some(source)).await?;
    let up = link.until("connected with the new one", |shown| shown.view.sessions_proven == 2).await?;
    assert_eq!((up.view.state, up.view.failures_total), (S::Connected, 0));
    assert_eq!(carried(&server), ["Bearer old", "Bearer new"]);
    Ok(())
}

#[tokio::test]
async fn without_a_secret_nothing_is_sent() -> Result<()> {
    let server = FaultServer::start(Script::upgraded().answer_pings()).await?;
    let source = Source::giving([Answer::Nothing("FEED_TOKEN is not set"), Answer::Token("t")]);
    let mut link = RunningLink::start(&server.url(), |config| config.credentials = Some(source)).await?;
    let down = link.until_state(S::Failed).await?;
    assert_eq!((down.view.reason, down.code()), (Some(Reason::AuthRequired), Some(C::SecretUnavailable)));
    assert_eq!((down.detail(), server.requests()), ("FEED_TOKEN is not set", 0));
    link.order(Order::Reconnect).await;
    link.until_state(S::Connected).await?;
    Ok(())
}

#[tokio::test]
async fn a_session_that_is_ended_for_its_old_token_says_nothing_about_the_new_one() -> Result<()> {
    let expires = CancellationToken::new();
    let expired = RawFrame::close(4401, "token expired");
    let first =
        Script::upgraded().frame(&RawFrame::text("{}")).wait_for(&expires).frame(&expired).until_left();
    let backup = FaultServer::start_with(vec![first, Script::upgraded().answer_pings()]).await?;
    let primary = FaultServer::start(Script::answering(&HttpAnswer::new("503 Service Unavailable"))).await?;
    let door = FaultProxy::before(primary.address()).await?;
    door.refuse().await?;
    let (drawer, backup_url) = (Arc::new(Drawer(Mutex::new("old"))), backup.url().parse()?);
    let source = Arc::clone(&drawer);
    let mut link = RunningLink::start(&door.url(), |config| {
        let unit = Duration::from_millis(150);
        config.hosts = HostPolicy { eject: unit, eject_longest: unit, look_every: unit, clean_looks: 3 };
        config.fallbacks = vec![backup_url];
        config.credentials = Some(source);
    })
    .await?;
    let up = link.until_state(S::Connected).await?;
    assert_eq!(up.view.host, Host(1));
    // A look at the primary is made with the new one, beside the session of the old one.
    drawer.put("new");
    door.accept().await?;
    primary
        .until("a look with the new one", |_| carried(&primary).contains(&"Bearer new".to_owned()))
        .await?;
    expires.cancel();
    let again = link.until("connected anew", |shown| shown.view.sessions_proven == 2).await?;
    assert_eq!(again.view.failures_total, up.view.failures_total, "a replaced token is no failure");
    assert_eq!(carried(&backup), ["Bearer old", "Bearer new"]);
    Ok(())
}
