//! A network that wants somebody to sign in first: what it intercepts, and what follows once somebody did.

use std::time::Duration;

use anyhow::{Context as _, Result};
use http::{HeaderValue, header::AUTHORIZATION};
use model::{EndpointState as S, ErrorCode as C, Reason};
use suites::{
    fault_server::{FaultServer, HttpAnswer, Script},
    running_link::RunningLink,
};

use crate::trial::assert_is_typed;

/// A try is at most that far away while a portal is in the way.
const LONGEST_WAIT: Duration = Duration::from_secs(10);

#[tokio::test]
async fn a_portal_is_named_and_left_soon_after_somebody_signed_in() -> Result<()> {
    let page =
        HttpAnswer::new("200 OK").header("Content-Type", "text/html").body("<html>Room number?</html>");
    let portal = FaultServer::start(Script::answering(&page)).await?;
    // Another name for the same computer is another site.
    let sign_in = format!("http://localhost:{}/sign-in", portal.address().port());
    let intercepted = Script::answering(&HttpAnswer::new("302 Found").header("Location", &sign_in));
    let server = FaultServer::start_with(vec![intercepted, Script::upgraded().answer_pings()]).await?;
    let mut link = RunningLink::start(&server.url(), |config| {
        config.request.headers.insert(AUTHORIZATION, HeaderValue::from_static("Bearer kept"));
    })
    .await?;
    let stopped = link.until_failure(0).await?;
    assert_is_typed(&stopped, C::CaptivePortal);
    assert_eq!((stopped.view.state, stopped.view.reason), (S::Failed, Some(Reason::CaptivePortal)));
    let wait = stopped.wait().context("a next try")?;
    assert!(wait <= LONGEST_WAIT, "{wait:?}");
    // Somebody signs in; nobody touches the link.
    link.until_state(S::Connected).await?;
    let seen = server.seen();
    assert_eq!(seen.len(), 2, "one try met the portal, the next one the server");
    assert!(seen.iter().all(|one| one.header("authorization") == Some("Bearer kept")), "{seen:#?}");
    let told = portal.seen().iter().any(|one| one.header("authorization").is_some());
    assert!(!told, "the portal was told the credential");
    Ok(())
}
