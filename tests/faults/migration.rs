//! A way to the server that moves while a session is up, as when a VPN comes up: the session follows, and nothing that it
//! carried is lost or doubled. In a network namespace of its own, whose source address a test chooses.

use std::{
    io::{self, Write as _},
    time::Duration,
};

use anyhow::{Context as _, Result, ensure};
use link::{Payload, Signal};
use model::EndpointState as S;
use suites::{
    Namespace, Stopwatch,
    fault_server::{FaultServer, RawFrame, Script, Seen},
    running_agent::DEADLINE,
    running_link::RunningLink,
};
use tokio::time::{sleep, timeout};

const OLD: &str = "10.92.0.2";
const NEW: &str = "10.92.0.3";

/// Runs a test where packets to the server leave from an address that can be changed. Skipped aloud without the rights.
fn in_a_namespace(test: impl AsyncFnOnce(&Ways) -> Result<()> + Send) -> Result<()> {
    if let Some(why) = Namespace::missing() {
        writeln!(io::stderr(), "SKIPPED: {why}")?;
        return Ok(());
    }
    let ways = Ways(Namespace::create()?);
    for address in [OLD, NEW] {
        ways.0.ip(&format!("addr add {address}/32 dev lo"))?;
    }
    ways.leave_from(OLD)?;
    ways.0.inside(|| {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        runtime.block_on(test(&ways))
    })
}

/// The ways of one computer to the server on it.
struct Ways(Namespace);

impl Ways {
    /// Packets to the server leave from this address from now on. Open connections keep theirs.
    fn leave_from(&self, address: &str) -> Result<()> {
        let way = "route replace table local local";
        self.0.ip(&format!("{way} 127.0.0.1 dev lo proto kernel scope host src {address}"))
    }

    fn lose(&self, address: &str) -> Result<()> {
        self.0.ip(&format!("addr del {address}/32 dev lo"))
    }
}

fn healthy() -> Script {
    Script::upgraded().answer_pings()
}

fn numbers(seen: &[Seen]) -> Vec<u32> {
    let frames = seen.iter().flat_map(Seen::frames);
    frames.filter_map(|frame| frame.text()?.parse().ok()).collect()
}

/// Sends numbers one after the other without waiting for each to be confirmed, until told to stop.
async fn count(link: &RunningLink, up_to: u32) -> Result<()> {
    let (handle, mut session, mut fences) = (link.handle(), link.session(None).await?, Vec::new());
    for number in 0..up_to {
        let message = || vec![Payload::Text(number.to_string().into())];
        let fence = loop {
            match handle.transmit(session, message()).await {
                Ok(fence) => break fence,
                // Not one byte left: another session takes it.
                Err(_) => session = link.session(Some(session)).await?,
            }
        };
        fences.push(fence);
        sleep(Duration::from_millis(2)).await;
    }
    for fence in fences {
        ensure!(timeout(DEADLINE, fence).await.context("a fence hangs")?.is_ok());
    }
    Ok(())
}

#[test]
fn a_moved_route_is_followed_within_three_seconds_and_nothing_is_lost_or_doubled() -> Result<()> {
    in_a_namespace(async |ways| {
        let server = FaultServer::start(healthy()).await?;
        let mut link = RunningLink::start(&server.url(), |_| ()).await?;
        let old = link.session(None).await?;
        link.until_state(S::Connected).await?;
        let moves = async {
            server.until("numbers on the old way", |seen| numbers(seen).len() >= 100).await?;
            ways.leave_from(NEW)?;
            let moved = Stopwatch::start();
            link.signal(Signal::NetworkChanged).await;
            link.session(Some(old)).await?;
            anyhow::Ok(moved.elapsed())
        };
        let (counted, followed) = tokio::join!(count(&link, 500), moves);
        counted?;
        let followed = followed?;
        assert!(followed <= Duration::from_secs(3), "{followed:?}");
        let seen = server.until("the old one leave", |seen| seen[0].close_code() == Some(1000)).await?;
        assert_eq!(seen.len(), 2);
        // The order of the two sessions is the order of the messages.
        assert_eq!(numbers(&seen), (0..500).collect::<Vec<u32>>());
        let shown = link.until("the new one", |shown| shown.view.sessions_proven == 2).await?;
        assert_eq!((shown.view.state, shown.view.failures_total), (S::Connected, 0), "never down");
        Ok(())
    })
}

#[test]
fn where_the_new_way_leads_nowhere_the_old_session_stays() -> Result<()> {
    in_a_namespace(async |ways| {
        let server = FaultServer::start_with(vec![healthy(), Script::new()]).await?;
        let mut link = RunningLink::start(&server.url(), |_| ()).await?;
        let session = link.session(None).await?;
        ways.leave_from(NEW)?;
        link.signal(Signal::CheckRoute).await;
        link.until("a move", |shown| shown.view.migrating).await?;
        let shown = link.until("its end", |shown| !shown.view.migrating).await?;
        assert_eq!((shown.view.state, shown.view.failures_total), (S::Connected, 0));
        let fence = link.handle().transmit(session, vec![Payload::Text("still here".into())]).await?;
        ensure!(timeout(DEADLINE, fence).await?.is_ok());
        assert_eq!(server.seen().len(), 2);
        Ok(())
    })
}

#[test]
fn what_the_server_says_on_the_old_session_during_the_move_is_handed_on() -> Result<()> {
    in_a_namespace(async |ways| {
        // The last words of the first session follow the close of the link.
        let last_words = Script::upgraded()
            .frame(&RawFrame::text("first"))
            .read_until([0x88, 0x82])
            .frame(&RawFrame::text("last words"))
            .frame(&RawFrame::close(1000, ""))
            .until_left();
        let greeting = Script::upgraded().frame(&RawFrame::text("second")).answer_pings();
        let server = FaultServer::start_with(vec![last_words, greeting]).await?;
        let mut link = RunningLink::start(&server.url(), |_| ()).await?;
        link.session(None).await?;
        ways.leave_from(NEW)?;
        link.signal(Signal::CheckRoute).await;
        let mut heard = Vec::new();
        for _ in 0..3 {
            let Payload::Text(text) = link.payload().await? else { continue };
            heard.push(text.to_string());
        }
        assert_eq!(heard, ["first", "second", "last words"]);
        Ok(())
    })
}

#[test]
fn an_address_that_is_gone_ends_the_session_at_once() -> Result<()> {
    in_a_namespace(async |ways| {
        let server = FaultServer::start(healthy()).await?;
        let mut link = RunningLink::start(&server.url(), |_| ()).await?;
        let old = link.session(None).await?;
        ways.leave_from(NEW)?;
        ways.lose(OLD)?;
        let gone = Stopwatch::start();
        link.signal(Signal::NetworkChanged).await;
        let lost = link.until_failure(0).await?;
        assert_eq!(lost.view.state, S::Reconnecting);
        link.session(Some(old)).await?;
        assert!(gone.elapsed() <= Duration::from_secs(3), "{:?}", gone.elapsed());
        Ok(())
    })
}
