//! Checks that a real agent makes by itself: in the history for the next check to be compared with, and nowhere else.

use std::{net::SocketAddr, time::Duration};

use agent::diagnosis::{Checking, DiagnoseRequest, HISTORY_FILE, History, Pace};
use anyhow::{Context as _, Result, bail};
use demo::{DemoOptions, DemoServer};
use model::{
    EndpointState,
    check::{CheckEvent, Mode, Report, StepId, StepStatus, Trigger, VerdictClass},
};
use serde_json::json;
use suites::{
    ReservedPort,
    fault_server::{FaultServer, Script},
    running_agent::{DEADLINE, RunningAgent},
};
use tokio::time::{sleep, timeout};
use tokio_util::{sync::CancellationToken, task::AbortOnDropHandle};

/// Nobody waits for a minute of calm, and chance has no say.
const AT_ONCE: Pace = Pace {
    look: Duration::from_millis(20),
    calm: Duration::ZERO,
    spread: Duration::ZERO,
    fresh: Duration::from_secs(86_400),
    rest: Duration::from_secs(86_400),
    hourly: 9,
};

/// The checks that nobody asked for, once there are so many.
async fn unasked(agent: &RunningAgent, number: usize) -> Result<Vec<Report>> {
    let (history, _) = History::open(&agent.path("data").join(HISTORY_FILE))?;
    let history = history.unasked();
    let there = async {
        loop {
            let found = history.newest(99)?;
            if found.len() >= number {
                return anyhow::Ok(found);
            }
            sleep(Duration::from_millis(20)).await;
        }
    };
    timeout(DEADLINE, there).await.context("no check that nobody asked for")?
}

async fn ask(agent: &RunningAgent, endpoints: &[&str]) -> Result<Checking> {
    let endpoints = endpoints.iter().map(|id| Ok(id.parse()?)).collect::<Result<_>>()?;
    let request = DiagnoseRequest { endpoints, mode: Mode::Quick, trigger: Trigger::Window };
    Ok(agent.handle().diagnose(request).await?)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_calm_connection_has_something_to_be_compared_with_before_anybody_clicks() -> Result<()> {
    let listen = SocketAddr::from(([127, 0, 0, 1], 0));
    let server = DemoServer::bind(DemoOptions { listen, ..DemoOptions::default() }).await?;
    let (at, stop) = (server.local_addr(), CancellationToken::new());
    let _server = AbortOnDropHandle::new(tokio::spawn(server.serve(stop.clone())));
    let closed = ReservedPort::any()?;
    let config = json!({
        "websocket": { "connections": {
            "calm": { "url": format!("ws://{at}/ws") },
            "single": { "url": format!("ws://{at}/ws/news"), "single_session": true },
            "down": { "url": format!("ws://{}/", closed.address()?) },
        } },
        "gateway": { "enabled": false },
    });
    let agent = RunningAgent::start_paced(&config, AT_ONCE).await?;
    let baselines = unasked(&agent, 2).await?;
    for report in &baselines {
        assert_eq!(
            (report.trigger, report.mode, report.endpoints.len()),
            (Trigger::Automatic, Mode::Quick, 1)
        );
        assert_eq!(report.verdict.class, VerdictClass::Ok, "{report:#?}");
        let upgrade = report.steps.iter().find(|step| step.id == StepId::G1).context("a step")?;
        let second = report.endpoints[0].id.as_str() != "single";
        assert_eq!(upgrade.status == StepStatus::Pass, second, "{upgrade:?}");
        // Endpoints that are not checked are left alone.
        let controls = report.steps.iter().find(|step| step.id == StepId::C1).context("a step")?;
        assert_eq!(controls.status, StepStatus::Na, "{controls:?}");
    }
    assert_eq!(agent.handle().last_check().await?, None, "nobody is shown what nobody asked for");

    let report = ask(&agent, &["calm", "single"]).await?.report().await.context("a report")?;
    for endpoint in &report.endpoints {
        let before = endpoint
            .versus_last_good
            .as_ref()
            .with_context(|| format!("{}: nothing to compare with", endpoint.id))?;
        let baseline = baselines.iter().find(|one| one.endpoints[0].id == endpoint.id).context("one")?;
        assert_eq!(before.run_id, baseline.run_id);
        assert_eq!(agent.handle().find_check(&before.run_id).await?.as_ref(), Some(baseline));
    }
    assert_eq!(agent.handle().last_check().await?.map(|last| last.run_id), Some(report.run_id));
    assert_eq!(unasked(&agent, 2).await?.len(), 2, "a good check counts for a day");
    agent.shutdown().await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_asks_comes_first_and_nothing_stays_of_what_gave_way() -> Result<()> {
    // The live connection is well; whoever comes after it waits for an answer.
    let silent = Script::new().keep_open();
    let server = FaultServer::start_with(vec![Script::upgraded().answer_pings(), silent]).await?;
    let config = json!({
        "websocket": { "connections": { "feed": { "url": server.url() } } },
        "gateway": { "enabled": false },
    });
    let agent = RunningAgent::start_paced(&config, AT_ONCE).await?;
    agent.until_all(EndpointState::Connected).await?;
    server.until("a check that nobody asked for", |seen| seen.len() > 1).await?;
    assert!(!agent.handle().cancel_check().await?, "to everybody else there is none");

    let mut checking = ask(&agent, &["feed"]).await?;
    let Some(CheckEvent::Progress(begun)) = timeout(DEADLINE, checking.next()).await? else {
        bail!("it does not begin");
    };
    assert!(agent.handle().cancel_check().await?);
    let report = checking.report().await.context("a report")?;
    assert_eq!((report.trigger, &report.run_id), (Trigger::Window, &begun.run_id));
    assert_eq!(agent.handle().last_check().await?.map(|last| last.run_id), Some(report.run_id));
    let (history, _) = History::open(&agent.path("data").join(HISTORY_FILE))?;
    let kept = history.unasked().newest(9)?;
    assert!(kept.iter().all(|report| report.verdict.class != VerdictClass::Incomplete), "{kept:#?}");
    agent.shutdown().await;
    Ok(())
}
