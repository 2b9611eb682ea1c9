//! Servers that are reached and open no session.

use model::check::{Mode, StepId, StepStatus};

use super::{
    peer::{Do, Peer, Session, accepting, answer, header, is_upgrade, only_upgrades, well},
    stage::{SHORT, Seen, inquiry, subject, walk, walk_with},
};
use crate::{
    facts::{HttpEnd, PageFacts, RuleBroken, UpgradeEnd},
    path::Limits,
};

/// A check of a server that gives upgrades this answer and is else as it should be.
async fn refused_with(what: Do) -> (Seen, Vec<String>) {
    let peer =
        Peer::start(move |request, _| if is_upgrade(request) { what.clone() } else { only_upgrades() }).await;
    let mut subject = subject(peer.url("ws"));
    subject.request.as_mut().unwrap().subprotocols = vec!["chat.v2".into()];
    (walk(&subject).await, peer.requests())
}

fn end(seen: &Seen) -> &UpgradeEnd {
    &seen.endpoint().upgrade.as_ref().unwrap().end
}

fn page(seen: &Seen) -> &PageFacts {
    let UpgradeEnd::Status(page) = end(seen) else { panic!("{:?}", end(seen)) };
    page
}

#[tokio::test]
async fn a_refusal_is_kept_with_its_headers_and_no_credential_goes_out_twice() {
    for status in
        ["401 Unauthorized", "403 Forbidden", "404 Not Found", "500 Internal Server Error", "503 No"]
    {
        let headers = "Server: nginx\r\nX-Request-Id: 7f3k\r\nWWW-Authenticate: Bearer realm=\"x\"\r\n";
        let (seen, requests) = refused_with(answer(status, headers, "no, b3arer-t0ken")).await;
        let page = page(&seen);
        assert!(status.starts_with(&page.status.to_string()));
        assert_eq!(page.request_id.as_deref(), Some("X-Request-Id: 7f3k"));
        assert_eq!(page.auth_schemes, ["Bearer"]);
        assert_eq!(page.title.as_deref(), Some("no, [redacted]"));
        let with_credential = requests.iter().filter(|one| header(one, "authorization").is_some());
        assert_eq!(with_credential.count(), 1, "{requests:?}");
        assert_eq!(requests.iter().filter(|one| is_upgrade(one)).count(), 1);
        assert_eq!([seen.status(StepId::G1), seen.status(StepId::F1)], [StepStatus::Fail, StepStatus::Pass]);
        for step in [StepId::G2, StepId::G3, StepId::H1] {
            assert_eq!(seen.reason(step), "needs the WebSocket, which failed");
        }
        assert!(!seen.text().contains("b3arer"));
    }
}

#[tokio::test]
async fn after_429_nothing_more_is_asked() {
    let peer = Peer::start(|_, _| answer("429 Too Many Requests", "Retry-After: 30\r\n", "")).await;
    for mode in [Mode::Quick, Mode::Deep] {
        let before = peer.heard.lock().unwrap().connections;
        let seen =
            walk_with(&subject(peer.url("ws")), &inquiry(mode), &dial::Dialer::new(), Limits::default())
                .await;
        assert_eq!(page(&seen).retry_after_s, Some(30));
        assert_eq!(peer.heard.lock().unwrap().connections, before + 1);
        assert_eq!(seen.reason(StepId::F1), "the server asked to wait");
    }
}

#[tokio::test]
async fn a_page_in_place_of_a_session_is_known_by_its_title() {
    let body = "<html><title>Web Page Blocked!</title><body>FortiGuard";
    let (seen, _) = refused_with(answer("200 OK", "Content-Type: text/html\r\n", body)).await;
    let page = page(&seen);
    assert!(page.html && page.status == 200);
    assert_eq!(
        (page.title.as_deref(), page.filter_mark.as_deref()),
        (Some("Web Page Blocked!"), Some("FortiGuard"))
    );
}

#[tokio::test]
async fn what_the_server_offers_in_place_of_our_version_is_kept() {
    let headers = "Upgrade: websocket\r\nSec-WebSocket-Version: 8\r\n";
    let (seen, _) = refused_with(answer("426 Upgrade Required", headers, "")).await;
    assert_eq!(page(&seen).websocket_version.as_deref(), Some("8"));
    assert!(page(&seen).names_upgrade);
}

#[tokio::test]
async fn every_broken_rule_of_the_handshake_is_named() {
    let text = |text: &str| Do::Say(text.to_owned());
    let switching = "HTTP/1.1 101 Switching Protocols\r\n";
    let upgrade = "Connection: Upgrade\r\nUpgrade: websocket\r\n";
    let wrong = format!("{switching}{upgrade}Sec-WebSocket-Accept: bm90IHRoaXMgb25l\r\n\r\n");
    for (what, rule, found) in [
        (text("SSH-2.0-OpenSSH\r\n\r\n"), RuleBroken::NotHttp, "SSH-2.0-OpenSSH"),
        (text("\x15\x03\x03\0\x02\x02\x46"), RuleBroken::TlsSpoken, ""),
        (text(&format!("{switching}Connection: close\r\n\r\n")), RuleBroken::UpgradeHeaders, ""),
        (text(&wrong), RuleBroken::Accept, "bm90IHRoaXMgb25l"),
        (Do::Open("Sec-WebSocket-Extensions: x\r\n".into(), Session::Well), RuleBroken::Extension, "x"),
        (
            Do::Open("Sec-WebSocket-Protocol: other\r\n".into(), Session::Well),
            RuleBroken::SubprotocolOther,
            "other",
        ),
        (Do::Open(String::new(), Session::Well), RuleBroken::SubprotocolMissing, ""),
    ] {
        let (seen, _) = refused_with(what).await;
        assert_eq!(*end(&seen), UpgradeEnd::Broken(rule, found.to_owned()), "{:?}", seen.step(StepId::G1));
        assert_eq!(seen.endpoint().upgrade.as_ref().unwrap().offered, ["chat.v2"]);
    }
    let chosen = Do::Open("Sec-WebSocket-Protocol: chat.v2\r\n".into(), Session::Well);
    let (seen, _) = refused_with(chosen).await;
    assert_eq!(seen.endpoint().upgrade.as_ref().unwrap().chosen.as_deref(), Some("chat.v2"));
    assert!(accepting("", "x: y\r\n").contains("x: y"));
}

#[tokio::test]
async fn a_redirect_that_may_not_be_followed_says_where_to_and_why_not() {
    let headers = "Location: http://elsewhere.example/new?ticket=1\r\n";
    let (seen, _) = refused_with(answer("302 Found", headers, "")).await;
    let UpgradeEnd::Redirected { to, why, page, .. } = end(&seen) else { panic!("{:?}", end(&seen)) };
    assert_eq!(to.as_deref(), Some("http://elsewhere.example/new"));
    assert!(why.contains("another host") && page.status == 302, "{why}");
}

#[tokio::test]
async fn a_redirect_that_was_followed_is_worth_a_warning() {
    let peer = Peer::start(|request, connection| {
        if is_upgrade(request) && request.starts_with("GET /feed") {
            answer("307 Moved", "Location: /new\r\n", "")
        } else {
            well(request, connection)
        }
    })
    .await;
    let seen = walk(&subject(peer.url("ws"))).await;
    assert_eq!((end(&seen), seen.status(StepId::G1)), (&UpgradeEnd::Switched, StepStatus::Warn));
    let to = seen.step(StepId::G1).detail["redirected_to"].as_str().unwrap();
    assert!(to.ends_with("/new"), "{to}");
}

#[tokio::test]
async fn a_connection_that_is_cut_once_works_at_the_second_attempt() {
    let peer =
        Peer::start(
            |request, connection| {
                if connection == 1 { Do::Reset(String::new()) } else { well(request, connection) }
            },
        )
        .await;
    let seen = walk(&subject(peer.url("ws"))).await;
    let (step, raw) = seen.endpoint().second_attempt.clone().unwrap();
    assert!(step == StepId::G1 && raw.contains("closed after 0 bytes"), "{raw}");
    assert_eq!((seen.step(StepId::G1).attempts, seen.status(StepId::G1)), (2, StepStatus::Pass));
    assert_eq!(*end(&seen), UpgradeEnd::Switched);
}

#[tokio::test]
async fn a_connection_that_is_always_cut_says_how() {
    for (what, reset) in [(Do::Reset(String::new()), true), (Do::Say(String::new()), false)] {
        let peer = Peer::start(move |_, _| what.clone()).await;
        let seen = walk(&subject(peer.url("ws"))).await;
        assert_eq!(*end(&seen), UpgradeEnd::Cut { received: 0, reset });
        assert_eq!(seen.endpoint().http.as_ref().unwrap().end, HttpEnd::Cut { received: 0, reset });
        assert_eq!(seen.endpoint().second_attempt, None);
        assert_eq!(seen.step(StepId::G1).attempts, 2);
    }
    let (seen, requests) = refused_with(Do::Reset("HTTP/1.1 2".into())).await;
    assert!(matches!(end(&seen), UpgradeEnd::Cut { reset: true, .. }), "{:?}", end(&seen));
    assert!(requests.len() >= 2);
}

#[tokio::test]
async fn a_server_that_says_nothing_is_found_silent_and_large_packets_are_counted() {
    let peer = Peer::start(|_, _| Do::Nothing).await;
    let seen = walk_with(&subject(peer.url("ws")), &inquiry(Mode::Quick), &dial::Dialer::new(), SHORT).await;
    assert_eq!(*end(&seen), UpgradeEnd::TimedOut { received: 0 });
    assert_eq!(seen.status(StepId::F1), StepStatus::Fail);
    let bulk = seen.step(StepId::D3);
    if bulk.status != StepStatus::Na {
        let facts = seen.endpoint().bulk.unwrap();
        assert!(facts.written == 24_000 && facts.acknowledged > 0, "{facts:?}");
        assert_eq!(bulk.status, StepStatus::Pass);
    }
    let drip = Peer::start(|_, _| {
        Do::After(std::time::Duration::ZERO, Box::new(Do::Open("X: y\r\n".into(), Session::Mute)))
    })
    .await;
    drop(drip);
}
