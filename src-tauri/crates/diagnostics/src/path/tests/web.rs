//! The ordinary web request, and what it says about the clock.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp, fmt::rfc2822::DateTimePrinter};
use model::check::{Mode, StepId, StepStatus};

use super::{
    peer::{Do, Peer, Session, answer, header, is_upgrade, well},
    stage::{SHORT, inquiry, subject, walk, walk_with},
};
use crate::{
    facts::{HttpEnd, UpgradeEnd},
    path::Limits,
};

fn date(ahead: SignedDuration) -> String {
    DateTimePrinter::new().timestamp_to_rfc9110_string(&(Timestamp::now() + ahead)).unwrap()
}

fn saying(what: Do) -> impl Fn(&str, usize) -> Do + Send + Sync + 'static {
    move |request, _| {
        if is_upgrade(request) { Do::Open(String::new(), Session::Well) } else { what.clone() }
    }
}

#[tokio::test]
async fn a_server_says_once_what_time_it_is() {
    let date = format!("Date: {}\r\n", date(SignedDuration::from_hours(2)));
    let peer = Peer::start(move |request, _| {
        if is_upgrade(request) {
            Do::Open(date.clone(), Session::Well)
        } else {
            answer("404 Not Found", &date, "")
        }
    })
    .await;
    let seen = walk(&subject(peer.url("ws"))).await;
    let [clock] = &seen.facts.computer.clock[..] else { panic!("{:?}", seen.facts.computer.clock) };
    assert!((-7_202_000..=-7_190_000).contains(&clock.skew_ms), "{clock:?}");
    assert!(!clock.cached && !clock.verified && clock.host == peer.address.to_string(), "{clock:?}");
}

#[tokio::test]
async fn a_date_that_passed_a_cache_is_marked() {
    let headers = format!("Date: {}\r\nAge: 7\r\n", date(SignedDuration::ZERO));
    let peer = Peer::start(saying(answer("200 OK", &headers, "ok"))).await;
    let seen = walk(&subject(peer.url("ws"))).await;
    assert!(seen.facts.computer.clock[0].cached);
    let Some(HttpEnd::Answer(page)) = seen.endpoint().http.as_ref().map(|http| &http.end) else { panic!() };
    assert!(page.cached);
}

#[tokio::test]
async fn a_slow_first_byte_and_failures_of_the_page_are_graded() {
    let late = Do::After(Duration::from_millis(1_100), Box::new(answer("200 OK", "", "ok")));
    for (what, status) in [
        (late, StepStatus::Warn),
        (answer("503 Unavailable", "Server: gw\r\n", ""), StepStatus::Fail),
        (answer("301 Moved", "Location: /elsewhere\r\n", ""), StepStatus::Warn),
        (Do::Say("garbage\r\n\r\n".into()), StepStatus::Fail),
        (answer("401 Unauthorized", "", ""), StepStatus::Pass),
    ] {
        let peer = Peer::start(saying(what.clone())).await;
        let seen = walk(&subject(peer.url("ws"))).await;
        assert_eq!(seen.status(StepId::F1), status, "{what:?}");
        assert_eq!(seen.endpoint().upgrade.as_ref().unwrap().end, UpgradeEnd::Switched);
        let http = seen.endpoint().http.clone().unwrap();
        assert!(matches!(http.end, HttpEnd::Answer(_) | HttpEnd::NotHttp(_)), "{http:?}");
        if status == StepStatus::Warn && http.first_byte_ms.is_some_and(|ms| ms > 1_000.0) {
            assert_eq!(seen.step(StepId::F1).detail["slow_above_ms"], 1_000.0);
        }
    }
}

#[tokio::test]
async fn a_slow_upgrade_does_not_hold_the_web_request_up() {
    let peer = Peer::start(|request, connection| {
        let open = Do::After(Duration::from_secs(3), Box::new(well(request, connection)));
        if is_upgrade(request) { open } else { answer("200 OK", "", "ok") }
    })
    .await;
    let seen = walk(&subject(peer.url("ws"))).await;
    let (web, upgrade) = (seen.step(StepId::F1), seen.step(StepId::G1));
    let ended = |step: &model::check::Step| step.start_ms as f64 + step.ms;
    assert!(ended(web) < ended(upgrade), "{web:?} {upgrade:?}");
    assert_eq!([web.status, upgrade.status], [StepStatus::Pass; 2]);
}

#[tokio::test]
async fn a_silent_page_is_no_news_about_the_session() {
    let peer = Peer::start(saying(Do::Nothing)).await;
    let seen = walk_with(&subject(peer.url("ws")), &inquiry(Mode::Quick), &dial::Dialer::new(), SHORT).await;
    assert_eq!(seen.endpoint().http.as_ref().unwrap().end, HttpEnd::TimedOut { received: 0 });
    assert_eq!([seen.status(StepId::F1), seen.status(StepId::G1)], [StepStatus::Fail, StepStatus::Pass]);
}

#[tokio::test]
async fn a_health_page_elsewhere_gets_nothing_that_says_who_asks() {
    let (peer, health) =
        (Peer::start(well).await, Peer::start(|_, _| answer("204 No Content", "", "")).await);
    let mut subject = subject(peer.url("ws"));
    let request = subject.request.as_mut().unwrap();
    request.headers.insert("host", "feed.internal".parse().unwrap());
    request.headers.insert("user-agent", "desk/1".parse().unwrap());
    subject.health_url = Some(format!("http://{}/health?full=1", health.address).parse().unwrap());
    walk_with(&subject, &inquiry(Mode::Quick), &dial::Dialer::new(), Limits::default()).await;
    let requests = health.requests();
    let [request] = &requests[..] else { panic!("{requests:?}") };
    assert!(request.starts_with("GET /health?full=1 HTTP/1.1\r\n"), "{request}");
    assert_eq!(header(request, "host"), Some(health.address.to_string().as_str()));
    assert_eq!(header(request, "user-agent"), Some("desk/1"));
    for name in ["authorization", "x-api-key", "upgrade"] {
        assert_eq!(header(request, name), None, "{name}");
    }
    assert_eq!(peer.requests().len(), 1);
}
