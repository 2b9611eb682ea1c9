//! Hosts that go away, come back and do not stay: where the link goes, and what that costs.

use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use link::{Host, HostPolicy, LinkConfig, Payload};
use model::EndpointState as S;
use serde_json::json;
use suites::{
    Stopwatch,
    fault_proxy::FaultProxy,
    fault_server::{FaultServer, Script, Seen},
    running_agent::{DEADLINE, RunningAgent},
    running_link::{RunningLink, Shown},
};
use tokio::time::{sleep, timeout};

const PRIMARY: Host = Host(0);
const BACKUP: Host = Host(1);

/// The product's policy, two hundred times as fast.
fn quick() -> HostPolicy {
    let unit = Duration::from_millis(150);
    HostPolicy { eject: unit, eject_longest: unit * 4, look_every: unit, clean_looks: 3 }
}

/// A primary behind a proxy that can take it away, and a backup.
struct Pool {
    primary: FaultServer,
    door: FaultProxy,
    backup: FaultServer,
}

impl Pool {
    async fn open() -> Result<Self> {
        let healthy = || Script::upgraded().answer_pings();
        let primary = FaultServer::start(healthy()).await?;
        let door = FaultProxy::before(primary.address()).await?;
        Ok(Self { door, primary, backup: FaultServer::start(healthy()).await? })
    }

    async fn link(&self, change: impl FnOnce(&mut LinkConfig)) -> Result<RunningLink> {
        let backup = self.backup.url().parse()?;
        RunningLink::start(&self.door.url(), |config| {
            config.fallbacks = vec![backup];
            change(config);
        })
        .await
    }

    async fn take_primary_away(&self) -> Result<()> {
        self.door.refuse().await?;
        self.door.cut(true);
        Ok(())
    }
}

async fn until_on(link: &mut RunningLink, host: Host) -> Result<Shown> {
    link.until("a session on that host", |shown| shown.view.state == S::Connected && shown.view.host == host)
        .await
}

fn numbers(seen: &[Seen]) -> Vec<u32> {
    let frames = seen.iter().flat_map(Seen::frames);
    frames.filter_map(|frame| frame.text()?.strip_prefix("number ")?.parse().ok()).collect()
}

#[tokio::test]
async fn a_primary_that_goes_away_is_replaced_by_the_backup_within_three_seconds() -> Result<()> {
    for crowd in [false, true] {
        let pool = Pool::open().await?;
        let mut link = pool.link(|config| config.retry.crowd = crowd).await?;
        until_on(&mut link, PRIMARY).await?;
        let lost = Stopwatch::start();
        pool.take_primary_away().await?;
        let shown = until_on(&mut link, BACKUP).await?;
        assert!(lost.elapsed() <= Duration::from_secs(3), "{:?}", lost.elapsed());
        assert!(shown.view.is_on_backup() && shown.view.next_return.is_some());
        assert_eq!(pool.backup.requests(), 1);
    }
    Ok(())
}

#[tokio::test]
async fn a_primary_that_is_back_and_sound_is_returned_to_after_three_looks() -> Result<()> {
    let pool = Pool::open().await?;
    pool.door.refuse().await?;
    let mut link = pool.link(|config| config.hosts = quick()).await?;
    until_on(&mut link, BACKUP).await?;
    pool.door.accept().await?;
    let back = until_on(&mut link, PRIMARY).await?;
    assert_eq!(back.view.next_return, None);
    // Two that looked in and left in good order, and one that stayed.
    let looks = pool.primary.seen();
    assert_eq!(looks.len(), 3);
    assert_eq!(looks.iter().map(Seen::close_code).collect::<Vec<_>>(), [Some(1000), Some(1000), None]);
    let left = pool.backup.until("the end", |seen| seen[0].close_code().is_some()).await?;
    assert_eq!(left[0].close_code(), Some(1000));
    // Never down on the way back: only the tries at the start failed.
    assert_eq!(back.view.failures_total, 3);
    Ok(())
}

#[tokio::test]
async fn a_primary_that_fails_three_looks_of_four_is_not_returned_to() -> Result<()> {
    let (sound, broken) = (Script::upgraded().answer_pings(), Script::new().read_request());
    let looks = (1..=12).map(|look: u32| if look.is_multiple_of(4) { sound.clone() } else { broken.clone() });
    let unstable = FaultServer::start_with(looks.collect()).await?;
    let backup = FaultServer::start(sound.clone()).await?;
    let backup_url = backup.url().parse()?;
    let mut link = RunningLink::start(&unstable.url(), |config| {
        config.fallbacks = vec![backup_url];
        config.hosts = quick();
    })
    .await?;
    until_on(&mut link, BACKUP).await?;
    unstable.until("eight connections", |seen| seen.len() >= 8).await?;
    let session = link.session(None).await?;
    let fence = link.handle().transmit(session, vec![Payload::Text("still here".into())]).await?;
    ensure!(timeout(DEADLINE, fence).await?.is_ok());
    assert_eq!(backup.requests(), 1, "one session all the time");
    Ok(())
}

/// Sends one number after the other, the next when the one before is confirmed, and again where it was not.
async fn count(link: &RunningLink, up_to: u32) -> Result<u32> {
    let (handle, mut session, mut again) = (link.handle(), link.session(None).await?, 0);
    for number in 0..up_to {
        loop {
            let message = vec![Payload::Text(format!("number {number}").into())];
            // Where it was not taken not one byte left: no duplicate.
            if let Ok(fence) = handle.transmit(session, message).await {
                if timeout(DEADLINE, fence).await.context("a fence hangs")?.is_ok() {
                    break;
                }
                again += 1;
            }
            session = link.session(Some(session)).await?;
        }
        sleep(Duration::from_millis(2)).await;
    }
    Ok(again)
}

#[tokio::test]
async fn nothing_is_lost_doubled_or_out_of_order_on_the_way_back() -> Result<()> {
    let pool = Pool::open().await?;
    pool.door.refuse().await?;
    let mut link = pool.link(|config| config.hosts = quick()).await?;
    until_on(&mut link, BACKUP).await?;
    pool.door.accept().await?;
    let again = count(&link, 600).await?;
    until_on(&mut link, PRIMARY).await?;
    let (before, after) = (numbers(&pool.backup.seen()), numbers(&pool.primary.seen()));
    assert!(!before.is_empty() && !after.is_empty(), "{} and {}", before.len(), after.len());
    let all: Vec<u32> = before.into_iter().chain(after).collect();
    assert_eq!((all, again), ((0..600).collect(), 0));
    Ok(())
}

#[tokio::test]
async fn with_every_host_away_the_first_one_back_is_found_within_five_seconds() -> Result<()> {
    let pool = Pool::open().await?;
    let second = FaultProxy::before(pool.backup.address()).await?;
    pool.door.refuse().await?;
    second.refuse().await?;
    let backup = second.url().parse()?;
    let mut link = RunningLink::start(&pool.door.url(), |config| config.fallbacks = vec![backup]).await?;
    link.until("both have failed", |shown| shown.view.failures_total >= 6).await?;
    second.accept().await?;
    let back = Stopwatch::start();
    until_on(&mut link, BACKUP).await?;
    assert!(back.elapsed() <= Duration::from_secs(5), "{:?}", back.elapsed());
    Ok(())
}

#[tokio::test]
async fn the_snapshot_says_which_host_is_in_use_and_when_the_primary_is_looked_at() -> Result<()> {
    let pool = Pool::open().await?;
    pool.door.refuse().await?;
    let agent = RunningAgent::start(&json!({
        "gateway": {"enabled": false},
        "websocket": {"connections": {"feed": {"url": pool.door.url(), "fallback_urls": [pool.backup.url()]}}},
    }))
    .await?;
    let endpoint = agent.until_first("a session", |endpoint| endpoint.state == S::Connected).await?;
    assert!(endpoint.degraded);
    assert_eq!(endpoint.host, format!("ws://{}", pool.backup.address()));
    assert!(endpoint.primary_check_at.is_some());
    assert_eq!(agent.handle().status().problems, []);
    agent.shutdown().await;
    Ok(())
}
