//! Sessions that come up, and what passes on them.

use std::time::Duration;

use model::{
    EndpointState,
    check::{Mode, StepId, StepStatus},
};

use super::{
    peer::{Do, Peer, Session, header, is_upgrade, only_upgrades, well},
    stage::{SHORT, Seen, inquiry, live, subject, walk, walk_with},
};
use crate::{
    facts::{HttpEnd, TcpScope, UpgradeEnd},
    path::Limits,
};

fn opening(session: Session) -> impl Fn(&str, usize) -> Do + Send + Sync + 'static {
    move |request, _| {
        if is_upgrade(request) { Do::Open(String::new(), session.clone()) } else { only_upgrades() }
    }
}

#[tokio::test]
async fn a_healthy_endpoint_passes_every_step_and_nothing_but_pings_is_sent() {
    let peer = Peer::start(opening(Session::Talkative)).await;
    let seen = walk(&subject(peer.url("ws"))).await;
    use StepId as Id;
    for step in [Id::D1, Id::F1, Id::G1, Id::G2, Id::G3] {
        assert_eq!(seen.status(step), StepStatus::Pass, "{step}: {:?}", seen.step(step));
    }
    for step in [Id::B1, Id::D2, Id::E1, Id::E2] {
        assert_eq!(seen.status(step), StepStatus::Na, "{step}");
    }
    let endpoint = seen.endpoint();
    assert_eq!(endpoint.upgrade.as_ref().unwrap().end, UpgradeEnd::Switched);
    let session = endpoint.session.as_ref().unwrap();
    // A machine that stumbles gets more pings, as a line that does.
    assert!(session.pings == session.pongs && session.pings >= 10 && session.frames == 1, "{session:?}");
    assert_eq!((session.clean_close, &session.closed), (Some(true), &None));
    let quality = endpoint.quality.as_ref().unwrap();
    assert_eq!((quality.samples.len() as u32, quality.unanswered, quality.live), (session.pongs, 0, false));
    if quality.scope == TcpScope::EndToEnd {
        assert!(quality.retransmits.is_some() && quality.kernel_srtt_ms.is_some_and(|ms| ms > 0.0));
    }
    let phases = endpoint.race.as_ref().unwrap();
    assert!(phases.winner.is_some_and(|one| one.is_loopback()) && phases.total.is_some(), "{phases:?}");
    let Some(HttpEnd::Answer(page)) = endpoint.http.as_ref().map(|http| &http.end) else { panic!("no page") };
    assert!(page.status == 426 && page.names_upgrade);

    let heard = peer.heard.lock().unwrap();
    assert!(heard.most_open <= 2 && heard.connections == 2, "{heard:?}");
    assert_eq!(heard.messages, [], "only pings and a close may be sent");
}

#[tokio::test]
async fn requests_name_the_run_and_the_web_request_says_nothing_of_who_asks() {
    let peer = Peer::start(well).await;
    let seen = walk(&subject(peer.url("ws"))).await;
    let requests = peer.requests();
    let [upgrade, web] = &requests[..] else { panic!("{requests:?}") };
    for request in [upgrade, web] {
        assert_eq!(header(request, "x-diag-run"), Some("0d1a6000-run"));
        assert!(header(request, "user-agent").is_some_and(|agent| agent.starts_with("linekeeper/")));
    }
    assert_eq!(header(upgrade, "authorization"), Some("Bearer b3arer-t0ken"));
    assert!(web.starts_with("GET /feed HTTP/1.1\r\n"), "{web}");
    for secret in ["b3arer", "h-s3cret", "blue-room"] {
        assert!(!web.contains(secret) && !seen.text().contains(secret), "{secret}");
    }
    let mut quiet = inquiry(Mode::Quick);
    quiet.correlate = false;
    walk_with(&subject(peer.url("ws")), &quiet, &dial::Dialer::new(), Limits::default()).await;
    assert_eq!(header(&peer.requests()[2], "x-diag-run"), None);
}

#[tokio::test]
async fn a_session_on_which_nothing_passes_is_told_from_one_that_was_closed() {
    let peer = Peer::start(opening(Session::Mute)).await;
    let seen = walk_with(&subject(peer.url("ws")), &inquiry(Mode::Quick), &dial::Dialer::new(), SHORT).await;
    assert_eq!(seen.status(StepId::G1), StepStatus::Pass);
    assert_eq!([seen.status(StepId::G2), seen.status(StepId::H1)], [StepStatus::Fail; 2]);
    assert_eq!(seen.status(StepId::G3), StepStatus::Warn);
    let session = seen.endpoint().session.clone().unwrap();
    assert_eq!((session.pings, session.pongs, session.clean_close), (1, 0, Some(false)));
    assert_eq!(seen.endpoint().quality.as_ref().unwrap().unanswered, 1);
}

#[tokio::test]
async fn a_server_that_takes_its_time_is_slow_and_not_silent() {
    let wait = Duration::from_millis(600);
    let peer = Peer::start(move |request: &str, _: usize| {
        let open = || Do::After(wait, Box::new(Do::Open(String::new(), Session::Slow(wait))));
        if is_upgrade(request) { open() } else { only_upgrades() }
    })
    .await;
    let seen = walk_with(&subject(peer.url("ws")), &inquiry(Mode::Quick), &dial::Dialer::new(), SHORT).await;
    assert_eq!(seen.status(StepId::G2), StepStatus::Pass, "{:?}", seen.statuses());
}

#[tokio::test]
async fn a_server_that_hangs_up_at_once_is_quoted_with_code_and_reason() {
    for (code, reason) in
        [(1008, "policy b3arer-t0ken"), (1011, "oops"), (4401, "sign in"), (4409, "another one")]
    {
        let peer = Peer::start(opening(Session::Close(code, reason))).await;
        let seen = walk(&subject(peer.url("ws"))).await;
        let closed = seen.endpoint().session.clone().unwrap().closed.unwrap();
        assert_eq!(closed.code, Some(code), "{:?}", seen.statuses());
        assert_eq!(closed.reason, reason.replace("b3arer-t0ken", "[redacted]"));
        assert!(closed.after_ms <= 2_000);
        assert_eq!((seen.status(StepId::G1), seen.status(StepId::G3)), (StepStatus::Pass, StepStatus::Skip));
    }
}

#[tokio::test]
async fn where_the_server_allows_one_session_the_live_one_is_left_alone() {
    let peer = Peer::start(well).await;
    let mut subject = subject(peer.url("ws"));
    subject.single_session = true;
    subject.live = Some(live(EndpointState::Connected, vec![41.0, 40.0, 42.0]));
    let seen = walk(&subject).await;
    let requests = peer.requests();
    assert!(requests.len() == 1 && !is_upgrade(&requests[0]), "{requests:?}");
    assert_eq!(seen.endpoint().upgrade.as_ref().unwrap().end, UpgradeEnd::LiveOnly);
    let quality = seen.endpoint().quality.clone().unwrap();
    assert!(quality.live && quality.samples == [41.0, 40.0, 42.0]);
    assert_eq!([StepId::D1, StepId::F1, StepId::H1].map(|step| seen.status(step)), [StepStatus::Pass; 3]);
    assert_eq!([StepId::G1, StepId::G2, StepId::G3].map(|step| seen.status(step)), [StepStatus::Na; 3]);
    // While it is down, a session of the check's own harms nobody.
    subject.live = Some(live(EndpointState::Reconnecting, Vec::new()));
    assert_eq!(walk(&subject).await.status(StepId::G1), StepStatus::Pass);
}

async fn deep(session: Session, silence_ms: u64, again: Session) -> Seen {
    let peer = Peer::start(move |request, connection| {
        let session = if connection == 1 { session.clone() } else { again.clone() };
        if is_upgrade(request) { Do::Open(String::new(), session) } else { only_upgrades() }
    })
    .await;
    let mut inquiry = inquiry(Mode::Deep);
    inquiry.silence = Duration::from_millis(silence_ms);
    let limits = Limits { deep_gap: Duration::from_millis(1), ..Limits::default() };
    let seen = walk_with(&subject(peer.url("ws")), &inquiry, &dial::Dialer::new(), limits).await;
    let heard = peer.heard.lock().unwrap();
    assert!(heard.most_open <= 2 && heard.messages.is_empty(), "{heard:?}");
    seen
}

#[tokio::test]
async fn a_session_that_survives_silence_and_one_that_does_not() {
    let well = deep(Session::Well, 100, Session::Well);
    let cut = deep(Session::Drop(Duration::from_millis(600)), 10_000, Session::Well);
    let (well, cut) = tokio::join!(well, cut);
    let idle = well.endpoint().idle.unwrap();
    assert!(idle.survived && idle.silent_ms >= 100 && idle.reconnected.is_none(), "{idle:?}");
    assert_eq!(well.status(StepId::I1), StepStatus::Pass);
    assert_eq!(well.endpoint().quality.as_ref().unwrap().samples.len(), 30);
    assert_eq!(well.status(StepId::H2), StepStatus::Na);
    assert_eq!(well.status(StepId::E3), StepStatus::Na);

    let idle = cut.endpoint().idle.unwrap();
    assert!(!idle.survived && idle.cut_after_ms.is_some_and(|ms| ms < 10_000), "{idle:?}");
    assert_eq!((idle.reconnected, cut.status(StepId::I1)), (Some(true), StepStatus::Warn));
}
