//! A name service that dies between two starts of the agent.

use std::{
    fs,
    net::IpAddr,
    sync::{Arc, Mutex, mpsc},
};

use agent::paths::Environment;
use anyhow::Result;
use dial::{Lookup, ResolveError, ResolveErrorKind};
use model::{EndpointSnapshot, EndpointState as S, ErrorCode as C};
use serde_json::json;
use suites::{
    fault_server::{FaultServer, Script},
    running_agent::RunningAgent,
};
use tempfile::TempDir;

const HERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);

/// A name service that does as told.
struct Names<F>(F);

impl<F: Fn() -> Result<Vec<IpAddr>, ResolveError> + Send + Sync> Lookup for Names<F> {
    fn lookup(&self, _host: &str) -> Result<Vec<IpAddr>, ResolveError> {
        (self.0)()
    }
}

fn names(answer: impl Fn() -> Result<Vec<IpAddr>, ResolveError> + Send + Sync + 'static) -> Arc<dyn Lookup> {
    Arc::new(Names(answer))
}

fn dead(kind: ResolveErrorKind) -> Arc<dyn Lookup> {
    names(move || Err(ResolveError::new(kind, "the name service is dead")))
}

/// Runs an agent on this home until its endpoint fits, and ends it.
async fn run(
    home: &Arc<TempDir>,
    lookup: Arc<dyn Lookup>,
    fits: impl Fn(&EndpointSnapshot) -> bool,
) -> Result<EndpointSnapshot> {
    let agent = RunningAgent::start_on(Arc::clone(home), Environment::new(), lookup).await?;
    let found = agent.until_first("an endpoint that fits", fits).await?;
    agent.shutdown().await;
    Ok(found)
}

fn connected(endpoint: &EndpointSnapshot) -> bool {
    endpoint.state == S::Connected
}

async fn home_and_server() -> Result<(Arc<TempDir>, FaultServer)> {
    let server = FaultServer::start(Script::upgraded().answer_pings()).await?;
    let home = tempfile::tempdir()?;
    let url = format!("ws://feed.example:{}/feed", server.address().port());
    let config = json!({
        "websocket": { "connections": { "feed": { "url": url } } },
        "gateway": { "enabled": false },
    });
    fs::write(home.path().join("config.json"), config.to_string())?;
    Ok((Arc::new(home), server))
}

#[tokio::test]
async fn an_agent_that_starts_while_no_name_can_be_looked_up_finds_the_servers_it_knew() -> Result<()> {
    let (home, server) = home_and_server().await?;
    run(&home, names(|| Ok(vec![HERE])), connected).await?;
    assert!(home.path().join("data/addresses.json").is_file());

    run(&home, dead(ResolveErrorKind::TryAgain), connected).await?;

    // One that neither answers nor fails is given 3 s.
    let (gate, hanging) = mpsc::channel::<()>();
    let hanging = Mutex::new(hanging);
    let hangs = names(move || {
        let _ = hanging.lock().map(|gate| gate.recv());
        Ok(Vec::new())
    });
    run(&home, hangs, connected).await?;
    drop(gate);
    assert_eq!(server.requests(), 3);
    Ok(())
}

#[tokio::test]
async fn a_name_that_is_gone_is_believed_where_nothing_proves_who_answers() -> Result<()> {
    let (home, server) = home_and_server().await?;
    run(&home, names(|| Ok(vec![HERE])), connected).await?;
    let failed =
        run(&home, dead(ResolveErrorKind::NotFound), |endpoint| endpoint.last_error.is_some()).await?;
    assert_eq!(failed.last_error.map(|error| error.code), Some(C::DnsNotFound));
    assert_eq!(server.requests(), 1);
    Ok(())
}

#[tokio::test]
async fn a_spoiled_file_of_addresses_costs_the_memory_and_nothing_else() -> Result<()> {
    let (home, server) = home_and_server().await?;
    let file = home.path().join("data/addresses.json");
    fs::create_dir(home.path().join("data"))?;
    for spoiled in ["", "{\"hosts\":[{", "\u{0}\u{1}\u{2}"] {
        fs::write(&file, spoiled)?;
        let failed =
            run(&home, dead(ResolveErrorKind::TryAgain), |endpoint| endpoint.last_error.is_some()).await?;
        assert_eq!(failed.last_error.map(|error| error.code), Some(C::DnsFailed));
        run(&home, names(|| Ok(vec![HERE])), connected).await?;
        assert!(fs::read_to_string(&file)?.contains("feed.example"), "it is mended");
    }
    assert_eq!(server.requests(), 3);
    Ok(())
}
