//! A whole agent among hostile servers: neighbours stay well, what is published is fit to be shown.

use agent::{Action, Target};
use anyhow::{Context as _, Result, ensure};
use model::{EndpointState as S, ErrorCode as C, WaitCause};
use serde_json::{Value, json};
use suites::{
    fault_server::{FaultServer, HttpAnswer, RawFrame, Script, Upgrade},
    running_agent::RunningAgent,
};

fn config(endpoints: &[(&str, &FaultServer)]) -> Value {
    let connections: serde_json::Map<String, Value> =
        endpoints.iter().map(|(id, server)| ((*id).to_owned(), json!({ "url": server.url() }))).collect();
    let reconnection = json!({ "initial_delay": 20, "max_delay": 20, "max_attempts": 3 });
    json!({
        "websocket": { "connections": connections, "reconnection": reconnection },
        "gateway": { "enabled": false }
    })
}

#[tokio::test]
async fn hostile_neighbours_do_not_disturb_an_endpoint_in_good_health() -> Result<()> {
    let well = FaultServer::start(
        Script::new()
            .read_request()
            .upgrade(Upgrade::right().behind(RawFrame::text("{\"well\":true}").bytes()))
            .answer_pings(),
    )
    .await?;
    let endless = RawFrame::continuation(vec![7; 125]).unfinished().bytes();
    let page = HttpAnswer::new("200 OK").body("\u{202e}<html>\u{7}");
    let hostile = [
        ("closes", C::HandshakeClosed, Script::new()),
        ("resets", C::HandshakeClosed, Script::new().read_request().reset()),
        ("page", C::NotWebsocket, Script::answering(&page)),
        (
            "headers",
            C::HandshakeInvalid,
            Script::new().read_request().send("HTTP/1.1 101 X\r\n").flood("X: y\r\n"),
        ),
        (
            "masked",
            C::ProtocolViolation,
            Script::upgraded().frame(&RawFrame::text("x").masked([1; 4])).until_left(),
        ),
        (
            "endless",
            C::MessageTooBig,
            Script::upgraded().frame(&RawFrame::binary("").unfinished()).flood(endless),
        ),
    ];
    let mut servers = Vec::new();
    for (id, _, script) in &hostile {
        servers.push((*id, FaultServer::start(script.clone()).await?));
    }
    let mut endpoints: Vec<(&str, &FaultServer)> = servers.iter().map(|(id, server)| (*id, server)).collect();
    endpoints.push(("well", &well));
    let agent = RunningAgent::start(&config(&endpoints)).await?;

    let snapshot = agent
        .until("six failed, one connected", |snapshot| {
            let failed = snapshot.endpoints.iter().filter(|one| one.state == S::Failed).count();
            failed == hostile.len()
        })
        .await?;
    for (id, code, _) in &hostile {
        let endpoint = snapshot.endpoints.iter().find(|one| one.id.as_str() == *id).context("listed")?;
        let error = endpoint.last_error.as_ref().context("an error")?;
        ensure!(error.code == *code, "{id}: {error:?}");
        ensure!(error.detail.chars().count() <= 300, "{id}: {error:?}");
        ensure!(!error.detail.contains(['\u{202e}', '\u{7}', '\n']), "{id}: {error:?}");
    }
    for (id, server) in &servers {
        assert_eq!(server.seen().len(), 3, "connections to {id}");
    }
    let neighbour = snapshot.endpoints.iter().find(|one| one.id.as_str() == "well").context("listed")?;
    assert_eq!((neighbour.state, neighbour.counters.errors), (S::Connected, 0));
    assert_eq!(well.seen().len(), 1);
    agent.shutdown().await;
    Ok(())
}

#[tokio::test]
async fn a_burst_of_10_000_messages_is_counted_whole_and_its_end_is_kept_in_order() -> Result<()> {
    let burst: Vec<u8> =
        (0..10_000).flat_map(|number| RawFrame::text(format!("{{\"n\":{number}}}")).bytes()).collect();
    let script = Script::upgraded().send(burst).answer_pings();
    let server = FaultServer::start(script).await?;
    let agent = RunningAgent::start(&config(&[("burst", &server)])).await?;
    let endpoint = agent.until_first("10,000 messages", |one| one.counters.received == 10_000).await?;
    assert_eq!((endpoint.state, endpoint.counters.errors), (S::Connected, 0));
    let kept = agent.handle().messages("burst".parse()?, 100).await?;
    let numbers: Vec<(u64, Option<u64>)> = kept.iter().map(|one| (one.seq, one.data["n"].as_u64())).collect();
    let expected: Vec<(u64, Option<u64>)> =
        (9_900..10_000).map(|number| (number + 1, Some(number))).collect();
    assert_eq!(numbers, expected);
    agent.shutdown().await;
    Ok(())
}

#[tokio::test]
async fn a_server_that_asks_for_twenty_minutes_is_named_and_a_person_may_try_before() -> Result<()> {
    let busy = HttpAnswer::new("503 Service Unavailable").header("Retry-After", "1200");
    let server = FaultServer::start(Script::answering(&busy)).await?;
    let agent = RunningAgent::start(&config(&[("busy", &server)])).await?;
    let endpoint = agent.until_first("a wait", |one| one.waiting.is_some()).await?;
    assert_eq!((endpoint.state, endpoint.waiting), (S::Reconnecting, Some(WaitCause::ServerAsked)));
    assert_eq!(serde_json::to_value(&endpoint)?["waiting"], "server_asked");
    let error = endpoint.last_error.context("an error")?;
    let wait = endpoint.next_attempt_at.context("a next try")?.duration_since(error.at).as_secs();
    // A second less, because times are rounded to whole milliseconds.
    ensure!((1_199..=1_325).contains(&wait), "{wait} s");
    ensure!(endpoint.text.starts_with("The server asked to wait"), "{}", endpoint.text);

    agent.handle().control(Target::All, Action::Reconnect).await?;
    agent.until_first("one more failure", |one| one.counters.errors == 2).await?;
    assert_eq!(server.seen().len(), 2);
    agent.shutdown().await;
    Ok(())
}
