//! Dials through proxies: that they arrive, what the proxy is asked and told, and what each refusal says.

use std::{net::IpAddr, time::Duration};

use dial::{
    DialCause, DialError, DialRequest, Dialer, NoProxyReason, Phase, PhaseFacts, ProxyCause, ProxyChoice,
    ProxyDecision, ProxyFacts, ProxyProtocolFlaw, ProxySource, SocksReply, SystemProxies,
};
use futures_util::{SinkExt, StreamExt};
use model::ErrorCode;
use proptest::prelude::*;
use tokio::{io::AsyncWriteExt, net::TcpListener, time::timeout};
use tokio_tungstenite::{accept_async, tungstenite::Message};
use url::Url;

use crate::{
    names::knowing,
    peer::{GENEROUS, Peer, dial, read_request, refused, until_closed},
    proxy_peer::Proxy,
};

async fn echo() -> Peer {
    Peer::start(|stream| async {
        let mut socket = accept_async(stream).await.map_err(std::io::Error::other)?;
        while let Some(Ok(message)) = socket.next().await {
            if message.is_close() || socket.send(message).await.is_err() {
                break;
            }
        }
        Ok(())
    })
    .await
}

/// A request for a name that exists only behind the proxy.
fn request(proxy: Url) -> DialRequest {
    let mut request = DialRequest::new(Url::parse("ws://far.example:8080/feed?token=t0ps3cret").unwrap());
    request.proxy = ProxyChoice::Url(proxy);
    request
}

fn facts(phases: &[dial::PhaseReport]) -> &ProxyFacts {
    phases
        .iter()
        .find_map(|one| match &one.facts {
            PhaseFacts::Proxy(facts) => Some(facts),
            PhaseFacts::Resolve(_)
            | PhaseFacts::Connect(_)
            | PhaseFacts::Tls(_)
            | PhaseFacts::Upgrade(_)
            | PhaseFacts::Exchange(_) => None,
        })
        .unwrap()
}

fn cause(error: &DialError) -> &ProxyCause {
    let DialCause::Proxy(found) = &error.cause else { panic!("not the proxy's fault: {error:?}") };
    &found.cause
}

/// No text about the attempt holds it, not even for developers.
fn holds_no(secret: &str, error: &DialError) {
    for text in [error.detail(), error.to_string(), format!("{error:?}")] {
        assert!(!text.contains(secret), "{secret} stands in {text}");
    }
}

async fn carries_messages(request: &DialRequest) -> dial::Dialed {
    let mut dialed = dial(request).await.unwrap();
    dialed.stream.send(Message::text("hello")).await.unwrap();
    assert_eq!(dialed.stream.next().await.unwrap().unwrap(), Message::text("hello"));
    dialed
}

#[tokio::test]
async fn a_session_opens_through_connect_and_the_proxy_gets_the_name_and_nothing_more() {
    let server = echo().await;
    let proxy = Proxy::http(server.address, None).await;
    let dialed = carries_messages(&request(proxy.url(""))).await;
    assert_eq!(dialed.remote, proxy.address());
    let asked = proxy.asked();
    assert!(asked[0].starts_with("CONNECT far.example:8080 HTTP/1.1\r\nHost: far.example:8080\r\n"));
    assert!(!asked[0].contains("t0ps3cret") && !asked[0].contains("Proxy-Authorization"));

    let order: Vec<_> = dialed.report.phases.iter().map(|one| one.phase).collect();
    assert_eq!(order, [Phase::Resolve, Phase::Connect, Phase::Proxy, Phase::Upgrade]);
    let facts = facts(&dialed.report.phases);
    assert_eq!(facts.status.unwrap(), 200);
    assert_eq!(facts.source, ProxySource::Configuration);
    assert_eq!(facts.server.to_string(), proxy.url("").as_str().trim_end_matches('/'));
    assert!(facts.received > 0);
}

#[tokio::test]
async fn a_proxy_that_wants_credentials_gets_them_from_its_url() {
    let server = echo().await;
    // me:pr0xy w0rd
    let proxy = Proxy::http(server.address, Some("Basic bWU6cHIweHkgdzByZA==")).await;
    let error = refused(&request(proxy.url(""))).await;
    assert_eq!((error.phase, error.code()), (Phase::Proxy, ErrorCode::ProxyAuthRequired));
    let ProxyCause::AuthRequired { sent: false, offered, answer: Some(answer) } = cause(&error) else {
        panic!("no 407 in {error:?}")
    };
    assert_eq!((answer.status.as_u16(), offered.join(" ").as_str()), (407, "Negotiate Basic"));
    assert!(error.detail().ends_with("it asks for credentials (it takes Negotiate, Basic)"));

    let error = refused(&request(proxy.url("me:wr0ngw0rd@"))).await;
    assert!(matches!(cause(&error), ProxyCause::AuthRequired { sent: true, .. }));
    assert!(error.detail().contains("the credentials are not accepted"));
    holds_no("wr0ngw0rd", &error);
    holds_no("bWU6", &error);
    // Its encoded form came back in the body, which is raw; the excerpt is clean.
    let excerpt = &cause(&error).answer().unwrap().excerpt;
    assert!(excerpt.contains("[redacted]") && !excerpt.contains("bWU6"), "{excerpt}");

    let dialed = carries_messages(&request(proxy.url("me:pr0xy%20w0rd@"))).await;
    assert!(!format!("{:?}", dialed.report).contains("w0rd"));
}

#[tokio::test]
async fn refusals_keep_status_and_body_and_say_whose_they_are() {
    for (answer, code, detail) in [
        (
            "HTTP/1.1 403 Forbidden\r\nContent-Length: 15\r\n\r\nblocked by rule",
            ErrorCode::ProxyRefused,
            "HTTP 403 Forbidden: blocked by rule",
        ),
        (
            "HTTP/1.0 503 Service Unavailable\r\n\r\nno route to host",
            ErrorCode::ProxyCannotReach,
            "HTTP 503 Service Unavailable: no route to host",
        ),
        (
            "HTTP/1.1 302 Found\r\nLocation: http://portal.example/in?s=1\r\nContent-Length: 0\r\n\r\n",
            ErrorCode::ProxyRefused,
            "HTTP 302 Found: redirects to http://portal.example/in",
        ),
        (
            "HTTP/1.1 500 Sorry\r\n\r\n<?xml?><html><title>500 Unable to connect</title>",
            ErrorCode::ProxyCannotReach,
            "HTTP 500 Internal Server Error: 500 Unable to connect",
        ),
        (
            "HTTP/1.1 405 Method Not Allowed\r\nContent-Length: 0\r\n\r\n",
            ErrorCode::ProxyFailed,
            "HTTP 405 Method Not Allowed",
        ),
    ] {
        let proxy = Proxy::of(Peer::answering(answer).await, "http");
        let error = refused(&request(proxy.url("me:pr0xyw0rd@"))).await;
        assert_eq!((error.phase, error.code()), (Phase::Proxy, code));
        assert_eq!(error.detail(), format!("proxy http://{}: {detail}", proxy.address()));
        assert!(cause(&error).answer().is_some() && error.http().is_none());
        assert!(error.addresses().is_empty(), "a knock at the proxy says nothing");
        assert_eq!(facts(&error.report.phases).status, cause(&error).answer().map(|one| one.status));
    }
}

#[tokio::test]
async fn peers_that_are_no_proxies_are_recognised() {
    let page = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<h1>Welcome</h1>";
    for (scheme, answer, flaw, found) in [
        ("http", page.as_bytes(), ProxyProtocolFlaw::SpokeItself, "<h1>Welcome</h1>"),
        (
            "http",
            b"SSH-2.0-OpenSSH_9.9\r\n",
            ProxyProtocolFlaw::Http(dial::HandshakeRule::Http),
            "SSH-2.0-OpenSSH_9.9",
        ),
        ("http", &[0x15, 3, 1, 0, 2, 2, 10], ProxyProtocolFlaw::Http(dial::HandshakeRule::TlsSpoken), ""),
    ] {
        let proxy = Proxy::of(Peer::answering(answer).await, scheme);
        let error = refused(&request(proxy.url(""))).await;
        assert_eq!((error.phase, error.code()), (Phase::Proxy, ErrorCode::ProxyFailed));
        let ProxyCause::Protocol { flaw: is, found: stood } = cause(&error) else {
            panic!("no flaw in {error:?}")
        };
        assert_eq!((*is, stood.as_str()), (flaw, found));
    }
}

#[tokio::test]
async fn a_page_that_comes_after_its_head_is_still_recognised() {
    let peer = Peer::start(|mut stream| async move {
        read_request(&mut stream).await?;
        stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n").await?;
        stream.flush().await?;
        tokio::task::yield_now().await;
        stream.write_all(b"<html>").await?;
        until_closed(&mut stream).await;
        Ok(())
    })
    .await;
    let error = refused(&request(Proxy::of(peer, "http").url(""))).await;
    assert_eq!(error.code(), ErrorCode::ProxyFailed);
}

#[tokio::test]
async fn a_proxy_that_closes_or_hangs_ends_typed_and_in_time() {
    for scheme in ["http", "socks5h"] {
        let closing = Peer::start(|mut stream| async move { stream.shutdown().await }).await;
        let error = refused(&request(Proxy::of(closing, scheme).url(""))).await;
        assert_eq!((error.phase, error.code()), (Phase::Proxy, ErrorCode::ProxyFailed));
        assert!(matches!(cause(&error), ProxyCause::Closed { received: 0, .. }), "{error:?}");

        let silent = Peer::start(|mut stream| async move {
            until_closed(&mut stream).await;
            Ok(())
        })
        .await;
        let proxy = Proxy::of(silent, scheme);
        let mut patient = request(proxy.url(""));
        patient.limits.proxy = Duration::from_millis(150);
        let error = refused(&patient).await;
        assert_eq!((error.phase, error.code()), (Phase::Proxy, ErrorCode::ProxyTimeout));
        assert_eq!(error.detail(), "no way opened by the proxy within 150ms");
        assert!(error.addresses().is_empty());
    }
}

#[tokio::test]
async fn a_proxy_that_does_not_listen_is_told_from_a_server_that_does_not() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let error = refused(&request(Url::parse(&format!("http://me:pr0xyw0rd@{address}")).unwrap())).await;
    assert_eq!((error.phase, error.code()), (Phase::Connect, ErrorCode::ProxyUnreachable));
    assert!(error.detail().starts_with(&format!("proxy http://{address}: {address}: ")));
    assert!(error.addresses().is_empty());
    holds_no("pr0xyw0rd", &error);
}

#[tokio::test]
async fn a_proxy_whose_name_is_unknown_is_the_proxys_problem() {
    let url = Url::parse("http://proxy.example:3128").unwrap();
    let error = knowing([]).websocket(&request(url), |_| {}).await.unwrap_err();
    assert_eq!((error.phase, error.code()), (Phase::Resolve, ErrorCode::ProxyUnreachable));
    assert_eq!(error.detail(), "proxy http://proxy.example:3128: proxy.example is unknown");
}

#[tokio::test]
async fn socks5h_gives_the_proxy_the_name_and_socks5_the_address() {
    let server = echo().await;
    let proxy = Proxy::socks(server.address, None, |_| 0).await;
    let dialed = carries_messages(&request(proxy.url(""))).await;
    assert_eq!(facts(&dialed.report.phases).asked_for, None);
    let proxy = proxy.spoken_to_as("socks5");
    // The name does not exist here.
    let error = knowing([]).websocket(&request(proxy.url("")), |_| {}).await.unwrap_err();
    assert_eq!((error.phase, error.code()), (Phase::Resolve, ErrorCode::DnsNotFound));

    let far: IpAddr = "2001:db8::7".parse().unwrap();
    let dialed =
        knowing([("far.example", vec![far])]).websocket(&request(proxy.url("")), |_| {}).await.unwrap();
    assert_eq!(facts(&dialed.report.phases).asked_for, Some(far));
    let proxy = Proxy::socks(server.address, None, |_| 0).await;
    let mut literal = request(proxy.url(""));
    literal.url.set_host(Some("10.1.2.3")).unwrap();
    assert!(dial(&literal).await.is_ok());
    assert_eq!(proxy.asked(), ["1/10.1.2.3/8080"]);
}

#[tokio::test]
async fn what_socks_proxies_are_asked_is_on_the_wire() {
    let server = echo().await;
    let proxy = Proxy::socks(server.address, None, |host| if host == "10.0.0.1" { 4 } else { 0 }).await;
    assert!(dial(&request(proxy.url(""))).await.is_ok());
    let proxy = proxy.spoken_to_as("socks5");
    let dialer = knowing([("far.example", vec![[10, 0, 0, 1].into(), [10, 0, 0, 2].into()])]);
    let dialed = dialer.websocket(&request(proxy.url("")), |_| {}).await.unwrap();
    // The first address was unreachable from there, the second one was not.
    let facts = facts(&dialed.report.phases);
    assert_eq!(facts.asked_for, Some([10, 0, 0, 2].into()));
    assert_eq!(proxy.asked(), ["3/far.example/8080", "1/10.0.0.1/8080", "1/10.0.0.2/8080"]);
}

#[tokio::test]
async fn socks_replies_and_sign_ins_are_told_apart() {
    let server = echo().await;
    type Reply = fn(&str) -> u8;
    let cases: [(Reply, _, _); 4] = [
        (|_| 2, SocksReply::NotAllowed, ErrorCode::ProxyRefused),
        (|_| 5, SocksReply::ConnectionRefused, ErrorCode::ProxyCannotReach),
        (|_| 1, SocksReply::GeneralFailure, ErrorCode::ProxyCannotReach),
        (|_| 7, SocksReply::CommandNotSupported, ErrorCode::ProxyFailed),
    ];
    for (reply, expected, code) in cases {
        let proxy = Proxy::socks(server.address, None, reply).await;
        let error = refused(&request(proxy.url(""))).await;
        assert_eq!((error.phase, error.code()), (Phase::Proxy, code));
        assert!(matches!(cause(&error), ProxyCause::Reply(found) if *found == expected));
        assert_eq!(facts(&error.report.phases).reply, Some(expected));
        assert!(error.detail().ends_with(&format!("(SOCKS5 reply {})", expected.number())));
    }

    let proxy = Proxy::socks(server.address, Some(("me", "pr0xyw0rd")), |_| 0).await;
    let error = refused(&request(proxy.url(""))).await;
    assert_eq!(error.code(), ErrorCode::ProxyAuthRequired);
    assert!(matches!(cause(&error), ProxyCause::AuthRequired { sent: false, .. }));
    let error = refused(&request(proxy.url("me:wr0ngw0rd@"))).await;
    assert!(matches!(cause(&error), ProxyCause::AuthRequired { sent: true, .. }));
    holds_no("wr0ngw0rd", &error);
    carries_messages(&request(proxy.url("me:pr0xyw0rd@"))).await;
}

#[tokio::test]
async fn an_http_server_where_a_socks_proxy_should_be_is_recognised() {
    let peer = Peer::start(|mut stream| async move {
        stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await?;
        until_closed(&mut stream).await;
        Ok(())
    })
    .await;
    let error = refused(&request(Proxy::of(peer, "socks5h").url(""))).await;
    assert_eq!((error.phase, error.code()), (Phase::Proxy, ErrorCode::ProxyFailed));
    let ProxyCause::Protocol { flaw, found } = cause(&error) else { panic!("no flaw in {error:?}") };
    assert_eq!(*flaw, ProxyProtocolFlaw::NotSocks5);
    assert!(found.starts_with("HT"), "{found}");
}

#[tokio::test]
async fn a_proxy_that_cannot_be_one_stops_the_attempt_before_anything_is_sent() {
    let error = refused(&request(Url::parse("ftp://me:pr0xyw0rd@127.0.0.1").unwrap())).await;
    assert_eq!((error.phase, error.code()), (Phase::Resolve, ErrorCode::ConfigInvalid));
    assert!(matches!(error.cause, DialCause::ProxySetting(_)));
    holds_no("pr0xyw0rd", &error);
}

fn system(variables: &[(&str, String)]) -> Dialer {
    let map = variables.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
    knowing([("far.example", vec![[127, 0, 0, 1].into()])]).with_system_proxies(SystemProxies::of(&map))
}

#[tokio::test]
async fn the_system_choice_goes_by_the_variables_and_tells_so() {
    let server = echo().await;
    let proxy = Proxy::http(server.address, None).await;
    let mut request = request(proxy.url(""));
    request.proxy = ProxyChoice::System;
    request.url.set_port(Some(server.address.port())).unwrap();
    let variable = ("http_proxy", proxy.url("").to_string());
    let decision = async |dialer: Dialer, request: &DialRequest| {
        let dialed = dialer.websocket(request, |_| {}).await.unwrap();
        let Some(PhaseFacts::Resolve(facts)) = dialed.report.phases.first().map(|one| one.facts.clone())
        else {
            panic!("no resolve facts")
        };
        *facts.proxy
    };

    let through = decision(system(std::slice::from_ref(&variable)), &request).await;
    assert!(
        matches!(&through, ProxyDecision::Through { source: ProxySource::Environment("http_proxy"), server, .. }
            if server.port() == proxy.address().port()),
        "{through:?}"
    );
    let round = decision(system(&[variable.clone(), ("no_proxy", "Example".to_owned())]), &request).await;
    assert!(
        matches!(&round, ProxyDecision::Direct { reason: NoProxyReason::Exception { .. }, .. }),
        "{round:?}"
    );
    request.url.set_host(Some("127.0.0.1")).unwrap();
    let own = decision(system(&[variable]), &request).await;
    assert!(matches!(own, ProxyDecision::Direct { reason: NoProxyReason::Loopback, .. }));
    // Without being told, a dialer knows no proxies.
    let unset = decision(Dialer::new(), &request).await;
    assert!(unset.server().is_none());
    assert_eq!(proxy.asked().len(), 1);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn whatever_a_proxy_sends_the_dial_ends_typed_and_soon(
        bytes in prop_oneof![
            prop::collection::vec(any::<u8>(), 0..40),
            // Starts like an agreement, so that later parts are reached.
            prop::collection::vec(any::<u8>(), 0..40).prop_map(|rest| [&[5, 0, 5, 0, 0][..], &rest].concat()),
            prop::collection::vec(any::<u8>(), 0..40).prop_map(|rest| [&b"HTTP/1.1 200 \r\n"[..], &rest].concat()),
        ],
        socks: bool,
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let peer = Peer::start(move |mut stream| {
                let bytes = bytes.clone();
                async move {
                    stream.write_all(&bytes).await?;
                    stream.shutdown().await?;
                    until_closed(&mut stream).await;
                    Ok(())
                }
            })
            .await;
            let proxy = Proxy::of(peer, if socks { "socks5h" } else { "http" });
            let error = timeout(GENEROUS, refused(&request(proxy.url("me:pr0xyw0rd@")))).await.expect("it hangs");
            assert!(error.phase >= Phase::Proxy, "{error:?}");
            holds_no("pr0xyw0rd", &error);
        });
    }
}
