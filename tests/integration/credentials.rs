//! Credentials of a real agent at a server that judges them: on the wire, when they change, and nowhere else.

use std::{fs, path::Path, time::Instant};

use agent::{
    logging::Logging,
    paths::{Environment, Paths},
    settings::SettingsStore,
};
use anyhow::{Context as _, Result, ensure};
use futures_util::FutureExt as _;
use model::{EndpointState as S, ErrorCode as C, Reason, StatusSnapshot};
use serde_json::{Map, Value, json};
use suites::running_agent::RunningAgent;

use crate::gatekeeper::Gatekeeper;

fn config(connections: Map<String, Value>) -> String {
    json!({ "websocket": { "connections": connections }, "gateway": { "enabled": false } }).to_string()
}

fn endpoints<const N: usize>(endpoints: [(&str, Value); N]) -> Map<String, Value> {
    endpoints.into_iter().map(|(id, endpoint)| (id.to_owned(), endpoint)).collect()
}

/// Twenty endpoints, or fewer, that share the token in a file beside the configuration.
fn sharing(server: &Gatekeeper, count: usize) -> Map<String, Value> {
    let auth = json!({ "bearer": { "file": "token" } });
    let one = |nth| (format!("e{nth}"), json!({ "url": server.url(&format!("/{nth}")), "auth": auth }));
    (0..count).map(one).collect()
}

/// Writes as people and tools do who do not want readers to see half of it.
fn replace(path: &Path, secret: &str) -> Result<()> {
    let fresh = path.with_extension("new");
    fs::write(&fresh, secret)?;
    close_to_others(&fresh)?;
    Ok(fs::rename(fresh, path)?)
}

#[cfg(unix)]
fn close_to_others(path: &Path) -> Result<()> {
    use std::os::unix::fs::PermissionsExt as _;

    Ok(fs::set_permissions(path, fs::Permissions::from_mode(0o600))?)
}

#[cfg(not(unix))]
fn close_to_others(_: &Path) -> Result<()> {
    Ok(())
}

/// All wait for another credential.
fn all_refused(now: &StatusSnapshot) -> bool {
    now.endpoints.iter().all(|one| one.state == S::Failed && one.reason == Some(Reason::AuthRequired))
}

#[tokio::test]
async fn each_kind_of_credential_reaches_the_server_and_the_snapshot_shows_none() -> Result<()> {
    let server = Gatekeeper::wanting("").await?;
    let agent =
        RunningAgent::start_with("{}", Environment::from([("FEED_PASSWORD".into(), "open sesame".into())]))
            .await?;
    replace(&agent.path("token"), "t0ken-0123456789\n")?;
    replace(&agent.path("key"), "k&y=1 2")?;
    agent.rewrite_config(&config(endpoints([
        (
            "basic",
            json!({ "url": server.url("/basic"),
            "auth": { "basic": { "user": "Aladdin", "password": { "env": "FEED_PASSWORD" } } } }),
        ),
        ("bearer", json!({ "url": server.url("/bearer"), "auth": { "bearer": { "file": "token" } } })),
        (
            "query",
            json!({ "url": server.url("/query?v=1"), "auth": { "query": { "key": { "file": "key" } } } }),
        ),
    ])))?;
    let snapshot = agent
        .until("three are connected", |now| {
            now.endpoints.len() == 3 && now.endpoints.iter().all(|one| one.state == S::Connected)
        })
        .await?;
    let mut carried = server.carried();
    carried.sort();
    assert_eq!(
        carried,
        [
            // RFC 7617 section 2.
            "/basic Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==",
            "/bearer Bearer t0ken-0123456789",
            "/query?v=1&key=k%26y%3D1%202 ",
        ]
    );
    let shown = serde_json::to_string(&snapshot)?;
    for secret in ["t0ken", "sesame", "QWxh", "k&y", "k%26"] {
        assert!(!shown.contains(secret), "{secret} stands in {shown}");
    }
    assert_eq!(snapshot.problems, []);
    agent.shutdown().await;
    Ok(())
}

#[tokio::test]
async fn twenty_endpoints_with_an_expired_token_ask_once_each_and_all_come_with_the_new_one() -> Result<()> {
    let server = Gatekeeper::wanting("Bearer new").await?;
    let agent = RunningAgent::start_with("{}", Environment::new()).await?;
    replace(&agent.path("token"), "expired")?;
    agent.rewrite_config(&config(sharing(&server, 20)))?;
    let refused = agent.until("twenty refusals", |now| now.endpoints.len() == 20 && all_refused(now)).await?;
    for endpoint in &refused.endpoints {
        let error = endpoint.last_error.as_ref().context("the reason is shown")?;
        assert_eq!((error.code, endpoint.counters.errors), (C::Unauthorized, 1), "{endpoint:?}");
        assert!(error.detail.contains("401") && !error.detail.contains("expired"), "{error:?}");
    }
    assert_eq!(server.count("Bearer expired"), 20, "what was refused is not sent again");

    let changed = Instant::now();
    replace(&agent.path("token"), "new")?;
    agent.until_all(S::Connected).await?;
    println!("twenty endpoints were up {:?} after the file changed", changed.elapsed());
    assert_eq!((server.count("Bearer new"), server.count("Bearer expired")), (20, 20));
    agent.shutdown().await;
    Ok(())
}

#[tokio::test]
async fn a_new_token_that_is_refused_as_well_costs_one_try_each() -> Result<()> {
    let server = Gatekeeper::wanting("Bearer right").await?;
    let agent = RunningAgent::start_with("{}", Environment::new()).await?;
    replace(&agent.path("token"), "first")?;
    agent.rewrite_config(&config(sharing(&server, 3)))?;
    agent.until("three refusals", |now| now.endpoints.len() == 3 && all_refused(now)).await?;
    for (nth, token) in ["second", "third"].into_iter().enumerate() {
        replace(&agent.path("token"), token)?;
        let errors = nth as u64 + 2;
        agent
            .until("one more refusal each", |now| {
                all_refused(now) && now.endpoints.iter().all(|one| one.counters.errors == errors)
            })
            .await?;
        assert_eq!(server.count(token), 3);
    }
    // The same secret written anew is no other secret: only the next one is tried.
    replace(&agent.path("token"), "third\n")?;
    replace(&agent.path("token"), "right")?;
    agent.until_all(S::Connected).await?;
    assert_eq!((server.count("third"), server.count("right")), (3, 3));
    agent.shutdown().await;
    Ok(())
}

#[tokio::test]
async fn a_token_replaced_in_time_is_used_without_anybody_noticing() -> Result<()> {
    let server = Gatekeeper::wanting("Bearer old").await?;
    let agent = RunningAgent::start_with("{}", Environment::new()).await?;
    replace(&agent.path("token"), "old")?;
    agent.rewrite_config(&config(sharing(&server, 1)))?;
    agent.until_first("is connected", |one| one.state == S::Connected).await?;
    let mut events = agent.handle().events().context("the agent runs")?;
    server.want("Bearer new");
    replace(&agent.path("token"), "new")?;
    agent.handle().control(agent::Target::All, agent::Action::Reconnect).await?;
    agent
        .until_first("is connected anew", |one| one.state == S::Connected && one.counters.connections == 2)
        .await?;
    while let Some(Ok(event)) = events.recv().now_or_never() {
        ensure!(!format!("{event:?}").contains("Failed"), "{event:?}");
    }
    let errors = agent.handle().status().endpoints[0].counters.errors;
    assert_eq!((server.count("Bearer new"), errors), (1, 0));
    agent.shutdown().await;
    Ok(())
}

#[tokio::test]
async fn without_its_secret_an_endpoint_sends_nothing_says_where_it_looked_and_comes_when_it_is_there()
-> Result<()> {
    let server = Gatekeeper::wanting("Bearer right").await?;
    let agent = RunningAgent::start_with("{}", Environment::new()).await?;
    agent.rewrite_config(&config(endpoints([
        ("file", json!({ "url": server.url("/"), "auth": { "bearer": { "file": "secrets/token" } } })),
        ("variable", json!({ "url": server.url("/"), "auth": { "bearer": { "env": "NO_SUCH_TOKEN" } } })),
    ])))?;
    let now = agent.until("both wait", |now| now.endpoints.len() == 2 && all_refused(now)).await?;
    let detail = |id: &str| {
        let endpoint = now.endpoints.iter().find(|one| one.id.as_str() == id);
        let error = endpoint.and_then(|one| one.last_error.clone()).context("the reason is shown")?;
        assert_eq!(error.code, C::SecretUnavailable);
        anyhow::Ok(error.detail)
    };
    let path = agent.path("secrets/token");
    assert_eq!(detail("file")?, format!("the file {} does not exist", path.display()));
    assert!(detail("variable")?.starts_with("the environment variable NO_SUCH_TOKEN is not set"));
    assert_eq!(server.carried(), Vec::<String>::new());

    fs::create_dir(agent.path("secrets"))?;
    replace(&path, "right\n")?;
    agent
        .until("the one with a file is connected", |now| {
            now.endpoints.iter().any(|one| one.id.as_str() == "file" && one.state == S::Connected)
        })
        .await?;
    agent.shutdown().await;
    Ok(())
}

#[cfg(unix)]
#[tokio::test]
async fn a_secret_that_others_can_read_is_used_and_named() -> Result<()> {
    use std::os::unix::fs::PermissionsExt as _;

    let server = Gatekeeper::wanting("Bearer shared").await?;
    let agent = RunningAgent::start_with("{}", Environment::new()).await?;
    let path = agent.path("token");
    fs::write(&path, "shared")?;
    fs::set_permissions(&path, fs::Permissions::from_mode(0o644))?;
    agent.rewrite_config(&config(sharing(&server, 1)))?;
    let now = agent
        .until("connected, with a problem", |now| {
            now.problems.len() == 1 && now.endpoints.iter().all(|one| one.state == S::Connected)
        })
        .await?;
    assert_eq!(now.problems[0].code, C::SecretExposed);
    assert_eq!(now.problems[0].endpoint.as_ref().map(|id| id.as_str()), Some("e0"));
    assert!(now.problems[0].detail.contains(&format!("chmod 600 {}", path.display())), "{:?}", now.problems);
    agent.shutdown().await;
    Ok(())
}

/// Secrets no text of ours has by chance.
const CANARIES: [&str; 3] = ["c4nary-bearer-t0ken", "c4nary-pa55word", "c4nary-qu3ry"];

#[tokio::test]
async fn planted_secrets_appear_in_no_log_snapshot_event_or_error() -> Result<()> {
    let logs = tempfile::tempdir()?;
    let logging = Logging::start(logs.path(), "trace", None)?;
    // Refuses, and quotes what it was told in a header and in its page.
    let server = Gatekeeper::wanting("nothing of the kind").await?;
    let variables = Environment::from([("CANARY".into(), CANARIES[1].into())]);
    let agent = RunningAgent::start_with("{}", variables).await?;
    replace(&agent.path("bearer"), CANARIES[0])?;
    replace(&agent.path("query"), CANARIES[2])?;
    let mut events = agent.handle().events().context("the agent runs")?;
    agent.rewrite_config(&config(endpoints([
        ("basic", json!({ "url": server.url("/"), "auth": { "basic": { "user": "me", "password": { "env": "CANARY" } } } })),
        ("bearer", json!({ "url": server.url("/"), "auth": { "bearer": { "file": "bearer" } } })),
        ("query", json!({ "url": server.url("/"), "auth": { "query": { "key": { "file": "query" } } } })),
    ])))?;
    let refused = agent.until("all are refused", |now| now.endpoints.len() == 3 && all_refused(now)).await?;
    let encoded = "bWU6YzRuYXJ5LXBhNTV3b3Jk";
    assert_eq!(server.count(encoded), 1, "the canaries are what the server got");
    server.want("");
    agent.handle().control(agent::Target::All, agent::Action::Reconnect).await?;
    let connected = agent.until_all(S::Connected).await?;
    let mut told = String::new();
    while let Some(Ok(event)) = events.recv().now_or_never() {
        told += &format!("{event:?}");
    }
    let paths = Paths { config_file: agent.path("config.json"), ..Paths::under(agent.path("none")) };
    let settings = SettingsStore::with_managed(&paths, agent.path("none"), Environment::new()).load();
    ensure!(settings.settings.endpoints.len() == 3, "{settings:?}");
    agent.shutdown().await;
    drop(logging);

    let mut logged = String::new();
    for file in fs::read_dir(logs.path())? {
        logged += &fs::read_to_string(file?.path())?;
    }
    ensure!(logged.contains("DEBUG") && logged.contains("try failed"), "the log is not on: {logged:.600}");
    assert!(told.contains("Failed"), "the events are heard");
    let snapshots = serde_json::to_string(&[refused, connected])?;
    for canary in CANARIES.into_iter().chain([encoded]) {
        for (place, text) in [
            ("the log", &logged),
            ("the events", &told),
            ("the snapshots", &snapshots),
            ("the settings", &format!("{settings:?}")),
        ] {
            let line = text.lines().find(|line| line.contains(canary));
            assert!(line.is_none(), "{canary} stands in {place}: {line:?}");
        }
    }
    Ok(())
}
