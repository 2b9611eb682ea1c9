//! Settings that are wrong, change or conflict while a real agent runs.

use std::time::Duration;

use agent::{gateway::GatewayFile, paths::Environment};
use anyhow::{Context as _, Result};
use model::{EndpointState as S, ErrorCode, StatusSnapshot};
use serde_json::json;
use suites::running_agent::{DEADLINE, RunningAgent};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    time::{sleep, timeout},
};

fn one(url: &str) -> serde_json::Value {
    json!({ "websocket": { "connections": { "pulse": { "url": url } } }, "gateway": { "enabled": false } })
}

#[tokio::test]
async fn a_broken_file_at_start_is_a_problem_and_mending_it_starts_the_endpoints() -> Result<()> {
    let agent = RunningAgent::start_with("{ \"websocket\": ", Environment::new()).await?;
    let snapshot = agent.handle().status();
    let problem = snapshot.problems.first().context("the file is broken")?;
    assert_eq!(problem.code, ErrorCode::ConfigInvalid);
    assert!(problem.detail.contains("config.json"), "{problem:?}");
    agent.rewrite_config(&one("ws://127.0.0.1:9/").to_string())?;
    let mended = agent
        .until("one endpoint, no problem", |now| now.problems.is_empty() && now.endpoints.len() == 1)
        .await?;
    assert_eq!(mended.endpoints[0].id.as_str(), "pulse");
    agent.shutdown().await;
    Ok(())
}

#[tokio::test]
async fn a_file_broken_while_running_keeps_the_connections_as_they_are() -> Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("ws://{}/", listener.local_addr()?);
    let agent = RunningAgent::start(&one(&url)).await?;
    let before = std::fs::read(agent.path("config.json"))?;
    agent.rewrite_config(r#"{ "websocket": { "conections": {} } }"#)?;
    let snapshot = agent.until("a problem", |now| !now.problems.is_empty()).await?;
    assert_eq!(snapshot.endpoints.len(), 1, "the last good settings stay");
    let problem = &snapshot.problems[0];
    assert!(problem.message.contains("conections"), "names the key: {problem:?}");
    assert!(
        problem.detail.contains("config.json") && problem.detail.contains("\"connections\""),
        "{problem:?}"
    );
    assert_ne!(std::fs::read(agent.path("config.json"))?, before, "the broken file was not touched");
    agent.shutdown().await;
    Ok(())
}

#[tokio::test]
async fn only_the_endpoint_that_changed_is_touched() -> Result<()> {
    let demo = demo::start_or_join("127.0.0.1:0".parse()?).await?;
    let config = |name: &str, path: &str| {
        json!({ "websocket": { "connections": {
            "hub": { "url": format!("ws://{}/ws", demo.addr), "name": name },
            "other": { "url": format!("ws://{}{path}", demo.addr) },
        } }, "gateway": { "enabled": false } })
    };
    let agent = RunningAgent::start(&config("Hub", "/ws/news")).await?;
    agent.until_all(S::Connected).await?;
    agent.rewrite_config(&config("Renamed", "/ws/sentiment").to_string())?;
    let snapshot = agent
        .until("renamed and moved", |now| {
            let find = |id: &str| now.endpoints.iter().find(|one| one.id.as_str() == id);
            find("hub").is_some_and(|hub| hub.name == "Renamed")
                && find("other").is_some_and(|other| other.counters.connections == 2)
        })
        .await?;
    let hub = snapshot.endpoints.iter().find(|one| one.id.as_str() == "hub").context("the hub")?;
    assert_eq!(
        (hub.state, hub.counters.connections),
        (S::Connected, 1),
        "a new name needs no new connection"
    );
    agent.shutdown().await;
    demo.shutdown().await?;
    Ok(())
}

#[tokio::test]
async fn a_configured_gateway_port_that_is_taken_is_a_problem_and_the_rest_runs() -> Result<()> {
    let taken = TcpListener::bind("127.0.0.1:0").await?;
    let address = taken.local_addr()?;
    let demo = demo::start_or_join("127.0.0.1:0".parse()?).await?;
    let config = json!({
        "websocket": { "connections": { "hub": { "url": format!("ws://{}/ws", demo.addr) } } },
        "gateway": { "listen": address.to_string() },
    });
    let agent = RunningAgent::start(&config).await?;
    let snapshot = agent.until_all(S::Connected).await?;
    assert_eq!(snapshot.gateway.url, None);
    let problem = snapshot.problems.first().context("a problem")?;
    assert_eq!(problem.code, ErrorCode::GatewayUnavailable);
    assert!(problem.detail.contains(&address.to_string()), "{problem:?}");

    drop(taken);
    let free = |snapshot: &StatusSnapshot| snapshot.gateway.url.is_some() && snapshot.problems.is_empty();
    let snapshot = agent.until("the gateway takes the port that is free now", free).await?;
    assert_eq!(snapshot.gateway.url, Some(format!("http://{address}")));
    agent.shutdown().await;
    demo.shutdown().await?;
    Ok(())
}

#[tokio::test]
async fn a_second_agent_on_the_same_home_is_refused_with_the_owners_pid() -> Result<()> {
    let agent = RunningAgent::start(&one("ws://127.0.0.1:9/")).await?;
    let paths = agent::paths::Paths::under(agent.path(""));
    let settings = agent::settings::SettingsStore::new(&paths, Environment::new());
    let options = agent::AgentOptions { paths, settings, log_level: None, problems: Vec::new() };
    let error = agent::Agent::start(options).await.err().context("refused")?;
    assert_eq!(error.code(), ErrorCode::AlreadyRunning);
    assert!(error.to_string().contains(&std::process::id().to_string()), "{error}");
    agent.shutdown().await;
    Ok(())
}

/// Begins an order, turns the gateway off meanwhile, ends it, and reads the answer.
async fn order_while_the_gateway_closes(agent: &RunningAgent) -> Result<String> {
    let config = |enabled: bool| {
        json!({ "websocket": { "connections": { "pulse": { "url": "ws://127.0.0.1:9/" } } },
                "gateway": { "enabled": enabled } })
    };
    agent.rewrite_config(&config(true).to_string())?;
    agent.until("a gateway", |now| now.gateway.url.is_some()).await?;
    let runtime = agent.path("run");
    let GatewayFile { url, token, .. } = GatewayFile::read(&runtime)?.context("the gateway's file")?;
    let authority = url.trim_start_matches("http://");
    let mut stream = TcpStream::connect(authority).await?;
    let head = format!(
        "POST /v1/endpoints/pulse/pause HTTP/1.1\r\nHost: {authority}\r\nAuthorization: Bearer {token}\r\n\
         Content-Length: 2\r\nConnection: close\r\n\r\n{{"
    );
    stream.write_all(head.as_bytes()).await?;
    agent.until("the connection", |now| now.gateway.connections > 0).await?;
    agent.rewrite_config(&config(false).to_string())?;
    let gone = async {
        while GatewayFile::path(&runtime).exists() {
            sleep(Duration::from_millis(2)).await;
        }
    };
    timeout(DEADLINE, gone).await.context("the gateway begins to close")?;
    stream.write_all(b"}").await?;
    let mut answer = Vec::new();
    let _ = timeout(DEADLINE, stream.read_to_end(&mut answer)).await.context("an end")?;
    Ok(String::from_utf8_lossy(&answer).into_owned())
}

#[tokio::test]
async fn a_request_under_way_is_answered_when_the_gateway_is_turned_off() -> Result<()> {
    let agent = RunningAgent::start(&one("ws://127.0.0.1:9/")).await?;
    let mut answers = Vec::new();
    // A gateway waits for about a second, in which a busy machine may not get to the end of the request.
    while answers.len() < 5 && !answers.iter().any(|answer: &String| answer.starts_with("HTTP/1.1 202")) {
        answers.push(order_while_the_gateway_closes(&agent).await?);
    }
    assert!(answers.last().is_some_and(|answer| answer.starts_with("HTTP/1.1 202")), "{answers:?}");
    agent.shutdown().await;
    Ok(())
}
