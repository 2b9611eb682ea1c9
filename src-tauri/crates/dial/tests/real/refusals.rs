//! Servers that answer wrongly, endlessly, slowly or not at all: each ends typed, in time, and without a secret.

use std::{
    io,
    time::{Duration, Instant},
};

use dial::{DialCause, DialError, HandshakeRule, HttpAnswer, Phase, PhaseFacts, PhaseOutcome, UpgradeCause};
use model::ErrorCode;
use tokio::{io::AsyncWriteExt, time::sleep};

use crate::peer::{GENEROUS, Peer, read_request, refused, until_closed};

fn answer(error: &DialError) -> &HttpAnswer {
    error.http().unwrap_or_else(|| panic!("no HTTP answer in {error:?}"))
}

fn rule(error: &DialError) -> HandshakeRule {
    let DialCause::Upgrade(UpgradeCause::Rule { rule, .. }) = &error.cause else {
        panic!("no rule in {error:?}")
    };
    assert_eq!((error.phase, error.code()), (Phase::Upgrade, ErrorCode::HandshakeInvalid));
    *rule
}

#[tokio::test]
async fn a_404_keeps_its_body_and_headers() {
    let peer = Peer::answering(
        "HTTP/1.1 404 Not Found\r\nX-Request-Id: 7\r\nContent-Length: 12\r\n\r\nno such path",
    )
    .await;
    let error = peer.refusal().await;
    assert_eq!((error.phase, error.code()), (Phase::Upgrade, ErrorCode::NotFound));
    assert_eq!(error.detail(), "HTTP 404 Not Found: no such path");
    assert_eq!(error.to_string(), "upgrade: HTTP 404 Not Found: no such path");
    assert_eq!((&answer(&error).body[..], answer(&error).truncated), (&b"no such path"[..], false));
    assert_eq!(answer(&error).headers["x-request-id"], "7");
    assert_eq!(error.addresses(), [peer.address]);
    let last = error.report.phases.last().unwrap();
    assert_eq!(last.outcome, PhaseOutcome::Failed { code: ErrorCode::NotFound, detail: error.detail() });
    assert!(matches!(&last.facts, PhaseFacts::Upgrade(facts) if facts.status.unwrap() == 404));
}

#[tokio::test]
async fn a_503_says_when_to_come_back() {
    let chunked = "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 120\r\nTransfer-Encoding: chunked\r\n\r\n\
                   5\r\nsorry\r\n0\r\n\r\n";
    let error = Peer::answering(chunked).await.refusal().await;
    assert_eq!((error.code(), error.retry_after()), (ErrorCode::ServiceUnavailable, Some("120")));
    assert_eq!((&answer(&error).body[..], answer(&error).truncated), (&b"sorry"[..], false));
}

#[tokio::test]
async fn an_old_server_may_refuse_and_is_told_apart_from_a_websocket_server() {
    let error = Peer::answering("HTTP/1.0 501 Unsupported method\r\n\r\n<p>no").await.refusal().await;
    assert_eq!(
        (error.code(), error.detail().as_str()),
        (ErrorCode::ServerError, "HTTP 501 Not Implemented: <p>no")
    );
}

#[tokio::test]
async fn only_the_first_kibibyte_of_a_body_is_kept() {
    let page = format!("HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n{}", "x".repeat(100_000));
    let error = Peer::answering(page).await.refusal().await;
    assert_eq!((error.code(), answer(&error).body.len()), (ErrorCode::NotWebsocket, 1024));
    assert!(answer(&error).truncated && error.detail().chars().count() <= 300);
}

#[tokio::test]
async fn a_body_that_never_ends_does_not_hide_the_status() {
    let peer = Peer::start(|mut stream| async move {
        read_request(&mut stream).await?;
        stream.write_all(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 900\r\n\r\nkeep out").await?;
        until_closed(&mut stream).await;
        Ok(())
    })
    .await;
    let mut request = peer.request();
    request.limits.upgrade = Duration::from_millis(200);
    let error = refused(&request).await;
    assert_eq!(
        (error.code(), error.detail().as_str()),
        (ErrorCode::Forbidden, "HTTP 403 Forbidden: keep out")
    );
    assert!(answer(&error).truncated);
}

#[tokio::test]
async fn a_quoted_secret_is_not_repeated() {
    let body = "bad token h3ader-s3cret for /feed?token=t0ps3cret\u{202E}\n\u{1b}[31m";
    let head = format!("HTTP/1.1 401 Unauthorized\r\nContent-Length: {}\r\n\r\n{body}", body.len());
    let peer = Peer::answering(head).await;
    let mut request = peer.request();
    request.headers.insert("authorization", "Bearer h3ader-s3cret".parse().unwrap());
    let error = refused(&request).await;
    assert_eq!(error.code(), ErrorCode::Unauthorized);
    let shown = format!("{error} {}", error.detail());
    assert!(!shown.contains("s3cret") && shown.contains("bad token [redacted]"), "{shown}");
    assert!(!shown.contains(['\u{202E}', '\n', '\u{1b}']), "{shown:?}");
}

#[tokio::test]
async fn a_server_that_echoes_does_not_hand_the_query_back() {
    let peer = Peer::start(|mut stream| async move {
        let request = read_request(&mut stream).await?;
        stream.write_all(request.as_bytes()).await?;
        until_closed(&mut stream).await;
        Ok(())
    })
    .await;
    let error = peer.refusal().await;
    assert_eq!(rule(&error), HandshakeRule::Http);
    assert_eq!(error.detail(), "the answer is not valid HTTP/1.1: \"GET /feed\"");
}

#[tokio::test]
async fn every_broken_rule_of_the_handshake_is_named() {
    let wrong_key = "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
                     Sec-WebSocket-Accept: AAAAAAAAAAAAAAAAAAAAAAAAAAA=\r\n\r\n";
    assert_eq!(rule(&Peer::answering(wrong_key).await.refusal().await), HandshakeRule::Accept);
    let peer = Peer::upgrading("Sec-WebSocket-Protocol: x\r\n").await;
    assert_eq!(rule(&peer.refusal().await), HandshakeRule::SubprotocolNotOffered);
    let peer = Peer::upgrading("Sec-WebSocket-Extensions: permessage-deflate\r\n").await;
    assert_eq!(rule(&peer.refusal().await), HandshakeRule::Extension);
    let peer = Peer::upgrading("").await;
    let mut request = peer.request();
    request.subprotocols = vec!["a".into()];
    assert_eq!(rule(&refused(&request).await), HandshakeRule::SubprotocolMissing);
}

#[tokio::test]
async fn another_protocol_is_recognised_without_waiting_for_the_deadline() {
    for (greeting, expected) in [
        (&b"SSH-2.0-OpenSSH_9.9\r\n"[..], HandshakeRule::Http),
        (&b"\x15\x03\x01\x00\x02\x02\x0a"[..], HandshakeRule::TlsSpoken),
    ] {
        let peer = Peer::start(move |mut stream| async move {
            stream.write_all(greeting).await?;
            until_closed(&mut stream).await;
            Ok(())
        })
        .await;
        let mut request = peer.request();
        request.limits.upgrade = GENEROUS;
        request.limits.overall = GENEROUS;
        let started = Instant::now();
        assert_eq!(rule(&refused(&request).await), expected);
        assert!(started.elapsed() < GENEROUS / 2);
    }
}

#[tokio::test]
async fn endless_headers_interim_answers_and_lines_are_cut_off() {
    for (line, expected) in [
        (
            "X-Filler: a line of some length, as a server might send that has lost its way in its own headers\r\n",
            HandshakeRule::HeadTooLarge,
        ),
        ("A: b\r\n", HandshakeRule::TooManyHeaders),
        ("0123456789", HandshakeRule::HeadTooLarge),
        ("\r\nHTTP/1.1 102 Processing\r\n", HandshakeRule::TooManyInterim),
    ] {
        let peer = Peer::start(move |mut stream| async move {
            read_request(&mut stream).await?;
            let first = if line.contains("102") {
                "HTTP/1.1 102 Processing\r\n"
            } else {
                "HTTP/1.1 101 Switching Protocols\r\nX: "
            };
            stream.write_all(first.as_bytes()).await?;
            loop {
                stream.write_all(line.as_bytes()).await?;
            }
        })
        .await;
        let error = peer.refusal().await;
        let found = rule(&error);
        // Where the filler has short lines, either bound may be met first.
        let both = [HandshakeRule::TooManyHeaders, HandshakeRule::HeadTooLarge];
        assert!(
            found == expected || both.contains(&found) && both.contains(&expected),
            "{line:?}: {found:?}"
        );
        let last = error.report.phases.last().unwrap();
        assert!(matches!(&last.facts, PhaseFacts::Upgrade(facts) if facts.received <= 20 * 1024), "{last:?}");
    }
}

#[tokio::test]
async fn a_slow_drip_of_headers_ends_at_the_deadline_and_shows_how_far_it_came() {
    let peer = Peer::start(|mut stream| async move {
        read_request(&mut stream).await?;
        stream.write_all(b"HTTP/1.1 101 Switching Protocols\r\n").await?;
        loop {
            stream.write_all(b"A: b\r\n").await?;
            sleep(Duration::from_millis(20)).await;
        }
    })
    .await;
    let mut request = peer.request();
    request.limits.upgrade = Duration::from_millis(300);
    let error = refused(&request).await;
    assert_eq!((error.phase, error.code()), (Phase::Upgrade, ErrorCode::HandshakeTimeout));
    assert_eq!(error.detail(), "no complete answer to the WebSocket request within 300ms");
    let last = error.report.phases.last().unwrap();
    assert!(matches!(&last.facts, PhaseFacts::Upgrade(facts) if facts.received >= 34), "{last:?}");
}

async fn silent() -> Peer {
    Peer::start(|mut stream| async move {
        until_closed(&mut stream).await;
        Ok(())
    })
    .await
}

#[tokio::test]
async fn silence_ends_at_the_phases_limit_or_the_attempts_whichever_is_earlier() {
    let peer = silent().await;
    let mut request = peer.request();
    request.limits.upgrade = Duration::from_millis(150);
    let started = Instant::now();
    let error = refused(&request).await;
    assert!(started.elapsed() >= request.limits.upgrade);
    assert_eq!(error.code(), ErrorCode::HandshakeTimeout);

    request.limits.upgrade = GENEROUS;
    request.limits.overall = Duration::from_millis(150);
    let error = refused(&request).await;
    assert_eq!((error.phase, error.code()), (Phase::Upgrade, ErrorCode::AttemptTimeout));
    assert_eq!(
        error.detail(),
        "no complete answer to the WebSocket request when the whole attempt's 150ms were over"
    );
}

#[tokio::test]
async fn a_connection_that_ends_before_the_answer_says_how() {
    let closing = Peer::answering("HTTP/1.1 101 Swit").await;
    let error = closing.refusal().await;
    assert_eq!((error.phase, error.code()), (Phase::Upgrade, ErrorCode::HandshakeClosed));
    assert!(matches!(&error.cause, DialCause::Upgrade(UpgradeCause::Closed { received: 17, failure: None })));

    let resetting = Peer::start(|mut stream| async move {
        read_request(&mut stream).await?;
        // Linger of zero turns the close into a reset.
        stream.set_zero_linger()
    })
    .await;
    let error = resetting.refusal().await;
    assert_eq!(error.code(), ErrorCode::HandshakeClosed);
    let DialCause::Upgrade(UpgradeCause::Closed { received: 0, failure: Some(failure) }) = &error.cause
    else {
        panic!("no reset in {error:?}")
    };
    assert_eq!(failure.kind, io::ErrorKind::ConnectionReset);
    assert!(failure.errno.is_some() && error.detail().contains("os error"), "{}", error.detail());
}

#[tokio::test]
async fn an_answer_split_at_every_byte_means_the_same() {
    let text = "HTTP/1.1 429 Too Many Requests\r\nRetry-After: 5\r\nContent-Length: 0\r\n\r\n";
    for cut in 1..text.len() {
        let peer = Peer::start(move |mut stream| async move {
            stream.set_nodelay(true)?;
            read_request(&mut stream).await?;
            stream.write_all(&text.as_bytes()[..cut]).await?;
            tokio::task::yield_now().await;
            stream.write_all(&text.as_bytes()[cut..]).await?;
            until_closed(&mut stream).await;
            Ok(())
        })
        .await;
        let error = peer.refusal().await;
        assert_eq!((error.code(), error.retry_after()), (ErrorCode::RateLimited, Some("5")), "cut at {cut}");
    }
}
