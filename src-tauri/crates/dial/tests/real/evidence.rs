//! What a check learns beyond a connection: ordinary requests, the bare way, certificates of refused handshakes, and the
//! time of a server that proved nothing.

use std::{
    net::IpAddr,
    sync::{Arc, Mutex},
};

use dial::{
    AddressFamily, Credential, DialCause, DialError, DialRequest, Dialer, Lookup, Phase, PhaseFacts, TlsFacts,
};
use model::ErrorCode;
use rcgen::date_time_ymd;
use tokio::io::AsyncWriteExt;
use tokio_rustls::TlsAcceptor;

use crate::{
    peer::{GENEROUS, Peer, read_request, refused, until_closed},
    trust::{Authority, serving},
};

/// A server that writes its requests down and answers all of them alike, over TLS or not.
async fn writing_down(
    tls: Option<rustls::ServerConfig>,
    answer: &'static str,
) -> (Peer, Arc<Mutex<Vec<String>>>) {
    let (heard, acceptor) =
        (Arc::new(Mutex::new(Vec::new())), tls.map(|one| TlsAcceptor::from(Arc::new(one))));
    let hears = Arc::clone(&heard);
    let peer = Peer::start(move |mut tcp| {
        let (hears, acceptor) = (Arc::clone(&hears), acceptor.clone());
        async move {
            if let Some(acceptor) = acceptor {
                let mut stream = acceptor.accept(tcp).await?;
                let request = read_request(&mut stream).await?;
                hears.lock().unwrap().push(request);
                stream.write_all(answer.as_bytes()).await?;
                stream.shutdown().await
            } else {
                let request = read_request(&mut tcp).await?;
                hears.lock().unwrap().push(request);
                tcp.write_all(answer.as_bytes()).await?;
                tcp.shutdown().await
            }
        }
    })
    .await;
    (peer, heard)
}

fn asking(peer: &Peer, scheme: &str, authority: Option<&Authority>) -> DialRequest {
    let mut request = DialRequest::new(peer.url(scheme));
    request.headers.insert("x-api-key", "h-s3cret".parse().unwrap());
    request.headers.insert("origin", "https://app.example".parse().unwrap());
    request.credential = Some(Credential::bearer("b3arer".into()).unwrap());
    request.subprotocols = vec!["chat".into()];
    request.tls.ca_file = authority.map(Authority::ca_file);
    request.limits.tls = GENEROUS;
    request.limits.overall = GENEROUS;
    request
}

fn tls(error: &DialError) -> &TlsFacts {
    match error.report.phase(Phase::Tls).map(|one| &one.facts) {
        Some(PhaseFacts::Tls(facts)) => facts,
        other => panic!("no TLS facts but {other:?}"),
    }
}

#[tokio::test]
async fn an_ordinary_request_asks_for_no_upgrade_and_any_status_is_an_answer() {
    let answer =
        "HTTP/1.1 404 Not Found\r\nDate: Fri, 20 Nov 2026 12:00:00 GMT\r\nContent-Length: 5\r\n\r\nhello";
    let (peer, heard) = writing_down(None, answer).await;
    let fetched = Dialer::new().fetch(&asking(&peer, "ws", None), |_| {}).await.unwrap();
    assert_eq!((fetched.status.as_u16(), &fetched.body[..], fetched.truncated), (404, &b"hello"[..], false));
    let Some(PhaseFacts::Exchange(facts)) = fetched.report.phase(Phase::Exchange).map(|one| &one.facts)
    else {
        panic!("no facts of the exchange")
    };
    assert!(facts.first_byte.is_some() && facts.received == answer.len(), "{facts:?}");
    let heard = heard.lock().unwrap().join("\n");
    assert!(heard.starts_with("GET /feed?token=t0ps3cret HTTP/1.1\r\n"), "{heard}");
    for line in ["Connection: close", "Accept: */*", "Authorization: Bearer b3arer", "X-Api-Key: h-s3cret"] {
        assert!(heard.contains(line), "{line} is missing in {heard}");
    }
    for word in ["pgrade", "Sec-WebSocket", "chat"] {
        assert!(!heard.contains(word), "{word} stands in {heard}");
    }
}

#[tokio::test]
async fn text_of_a_server_is_shown_without_what_the_request_carried() {
    let (peer, _) = writing_down(None, "").await;
    let request = asking(&peer, "ws", None);
    let shown = request.clean("b3arer\u{1b}[2J of h-s3cret\nand t0ps3cret", 80);
    assert_eq!(shown, "[redacted][2J of [redacted] and [redacted]");
}

#[tokio::test]
async fn a_request_that_is_never_answered_says_how_far_it_came() {
    let (peer, _) = writing_down(None, "HTTP/1.1 200 OK\r\nX: ").await;
    let error = Dialer::new().fetch(&asking(&peer, "ws", None), |_| {}).await.unwrap_err();
    assert_eq!((error.phase, error.code()), (Phase::Exchange, ErrorCode::HandshakeClosed));
    let silent = Peer::start(|mut tcp| async move {
        until_closed(&mut tcp).await;
        Ok(())
    })
    .await;
    let mut request = asking(&silent, "ws", None);
    request.limits.upgrade = std::time::Duration::from_millis(100);
    let error = Dialer::new().fetch(&request, |_| {}).await.unwrap_err();
    assert_eq!((error.phase, error.code()), (Phase::Exchange, ErrorCode::HandshakeTimeout));
    assert_eq!(error.detail(), "no complete answer to the web request within 100ms");
}

#[tokio::test]
async fn the_way_is_open_and_nothing_was_asked() {
    let authority = Authority::new();
    let peer = serving(authority.server(|_| {})).await;
    let reached = Dialer::new().reach(&asking(&peer, "wss", Some(&authority)), |_| {}).await.unwrap();
    assert!(reached.stream.is_encrypted() && reached.remote == peer.address);
    assert_eq!((reached.stream.bytes_sent(), reached.stream.bytes_received()), (0, 0));
    let phases: Vec<_> = reached.report.phases.iter().map(|one| one.phase).collect();
    assert_eq!(phases, [Phase::Resolve, Phase::Connect, Phase::Tls]);
}

#[tokio::test]
async fn certificates_that_are_not_accepted_are_shown_all_the_same() {
    let (authority, stranger) = (Authority::new(), Authority::new());
    let peer = serving(authority.server(|_| {})).await;
    let error = refused(&asking(&peer, "wss", Some(&stranger))).await;
    assert_eq!(error.code(), ErrorCode::TlsUntrusted);
    assert_eq!(tls(&error).chain.len(), 1);
    assert!(tls(&error).not_tls.is_empty());
}

#[tokio::test]
async fn what_a_server_says_in_place_of_tls_is_kept() {
    let peer = Peer::answering("").await;
    let plain = Peer::start(|mut tcp| async move {
        tcp.write_all(b"SSH-2.0-OpenSSH_9.9\r\n").await?;
        until_closed(&mut tcp).await;
        Ok(())
    })
    .await;
    drop(peer);
    let error = refused(&asking(&plain, "wss", None)).await;
    assert_eq!(error.code(), ErrorCode::TlsNotSpoken);
    assert_eq!(&tls(&error).not_tls[..], b"SSH-2.0-OpenSSH_9.9\r\n");
}

#[tokio::test]
async fn a_server_that_proved_nothing_is_asked_for_the_time_and_told_nothing() {
    let authority = Authority::new();
    let expired = authority.server(|params| params.not_after = date_time_ymd(2020, 1, 1));
    let answer = "HTTP/1.1 405 No\r\nDate: Fri, 20 Nov 2026 12:00:00 GMT\r\n\r\n";
    let (peer, heard) = writing_down(Some(expired), answer).await;
    let request = asking(&peer, "wss", Some(&authority));
    assert_eq!(refused(&request).await.code(), ErrorCode::TlsExpired);
    let said = Dialer::new().date_of_unproven(&request).await.unwrap();
    assert_eq!(said.date.as_deref(), Some("Fri, 20 Nov 2026 12:00:00 GMT"));
    assert!(!said.passed_on && said.status.as_u16() == 405);
    let host = peer.address;
    let expected = format!("HEAD / HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
    assert_eq!(*heard.lock().unwrap(), [expected]);
}

#[tokio::test]
async fn one_family_alone_can_be_asked_for() {
    struct Both;
    impl Lookup for Both {
        fn lookup(&self, _: &str) -> Result<Vec<IpAddr>, dial::ResolveError> {
            Ok(vec!["::1".parse().unwrap(), "127.0.0.1".parse().unwrap()])
        }
    }
    let peer = Peer::upgrading("").await;
    let mut request = peer.request();
    request.url.set_host(Some("feed.example")).unwrap();
    let dialer = Dialer::with_lookup(Arc::new(Both)).over(AddressFamily::V4);
    let dialed = dialer.websocket(&request, |_| {}).await.unwrap();
    assert_eq!(dialed.remote, peer.address);
    let Some(PhaseFacts::Resolve(facts)) = dialed.report.phase(Phase::Resolve).map(|one| &one.facts) else {
        panic!("no facts of the lookup")
    };
    assert_eq!(facts.addresses, [peer.address]);
    request.url.set_host(Some("127.0.0.1")).unwrap();
    let error = dialer.over(AddressFamily::V6).websocket(&request, |_| {}).await.unwrap_err();
    assert!(matches!(error.cause, DialCause::Resolve(_)), "{error:?}");
}
