//! TLS and proxies together: TLS with the server through a proxy, with the proxy itself, and with both.

use std::{path::PathBuf, sync::Arc};

use dial::{
    CertificateProblem, DialCause, DialError, DialRequest, HandshakeRule, Phase, PhaseFacts, ProxyCause,
    ProxyChoice, ProxyProtocolFlaw, TlsCause, Wire,
};
use model::ErrorCode;
use tokio_rustls::TlsAcceptor;

use crate::{
    peer::{GENEROUS, Peer, dial, refused},
    proxy_peer::Proxy,
    trust::{Authority, serving},
};

fn request(server: &Peer, scheme: &str, proxy: &Proxy, ca_file: PathBuf) -> DialRequest {
    let mut request = DialRequest::new(server.url(scheme));
    request.tls.ca_file = Some(ca_file);
    request.proxy = ProxyChoice::Url(proxy.url(""));
    request.limits.tls = GENEROUS;
    request.limits.proxy = GENEROUS;
    request.limits.overall = GENEROUS;
    request
}

async fn encrypted_proxy(authority: &Authority, server: &Peer) -> Proxy {
    Proxy::https(server.address, TlsAcceptor::from(Arc::new(authority.server(|_| {})))).await
}

fn tls_cause(error: &DialError) -> &TlsCause {
    assert_eq!((error.phase, error.code()), (Phase::Proxy, ErrorCode::ProxyFailed));
    let DialCause::Proxy(found) = &error.cause else { panic!("not the proxy's fault: {error:?}") };
    let ProxyCause::Tls(cause) = &found.cause else { panic!("no TLS cause in {error:?}") };
    cause
}

#[tokio::test]
async fn wss_goes_through_a_tunnel_and_the_servers_certificate_is_verified_there() {
    let (authority, stranger) = (Authority::new(), Authority::new());
    let server = serving(authority.server(|_| {})).await;
    let proxy = Proxy::http(server.address, None).await;
    let dialed = dial(&request(&server, "wss", &proxy, authority.ca_file())).await.unwrap();
    assert!(matches!(dialed.stream.get_ref().wire(), Wire::Tls(_)));
    let order: Vec<_> = dialed.report.phases.iter().map(|one| one.phase).collect();
    let expected = [Phase::Resolve, Phase::Connect, Phase::Proxy, Phase::Tls, Phase::Upgrade];
    assert_eq!(order, expected);

    let error = refused(&request(&server, "wss", &proxy, stranger.ca_file())).await;
    assert_eq!((error.phase, error.code()), (Phase::Tls, ErrorCode::TlsUntrusted));
    assert!(error.addresses().is_empty());
}

#[tokio::test]
async fn wss_goes_through_socks() {
    let authority = Authority::new();
    let server = serving(authority.server(|_| {})).await;
    let proxy = Proxy::socks(server.address, None, |_| 0).await;
    let dialed = dial(&request(&server, "wss", &proxy, authority.ca_file())).await;
    assert!(dialed.unwrap().stream.get_ref().is_encrypted());
}

#[tokio::test]
async fn an_https_proxy_carries_plain_and_encrypted_sessions() {
    let authority = Authority::new();
    let plain = Peer::upgrading("").await;
    let proxy = encrypted_proxy(&authority, &plain).await;
    let dialed = dial(&request(&plain, "ws", &proxy, authority.ca_file())).await.unwrap();
    assert!(matches!(dialed.stream.get_ref().wire(), Wire::Tunnel(_)));
    assert!(!dialed.stream.get_ref().is_encrypted(), "not as far as the server");
    assert_eq!(dialed.stream.get_ref().tcp().peer_addr().unwrap(), proxy.address());
    let Some(PhaseFacts::Proxy(facts)) = dialed.report.phase(Phase::Proxy).map(|one| &one.facts) else {
        panic!("no proxy facts")
    };
    assert!(facts.tls.as_ref().unwrap().version.is_some());

    let server = serving(authority.server(|_| {})).await;
    let proxy = encrypted_proxy(&authority, &server).await;
    let dialed = dial(&request(&server, "wss", &proxy, authority.ca_file())).await.unwrap();
    assert!(matches!(dialed.stream.get_ref().wire(), Wire::TlsInTunnel(_)));
    assert_eq!(dialed.stream.get_ref().tcp().peer_addr().unwrap(), proxy.address());
}

#[tokio::test]
async fn a_proxy_is_verified_as_a_server_is() {
    let (authority, stranger) = (Authority::new(), Authority::new());
    let server = Peer::upgrading("").await;
    let proxy = encrypted_proxy(&stranger, &server).await;
    let error = refused(&request(&server, "ws", &proxy, authority.ca_file())).await;
    assert!(
        matches!(tls_cause(&error), TlsCause::Certificate { problem: CertificateProblem::Untrusted, .. }),
        "{error:?}"
    );
    assert!(proxy.asked().is_empty(), "nothing is told to a stranger");
}

#[tokio::test]
async fn http_and_https_proxies_taken_for_each_other_are_recognised() {
    let authority = Authority::new();
    let server = Peer::upgrading("").await;
    let proxy = encrypted_proxy(&authority, &server).await.spoken_to_as("http");
    let error = refused(&request(&server, "ws", &proxy, authority.ca_file())).await;
    let DialCause::Proxy(found) = &error.cause else { panic!("not the proxy's fault: {error:?}") };
    assert!(
        matches!(
            found.cause,
            ProxyCause::Protocol { flaw: ProxyProtocolFlaw::Http(HandshakeRule::TlsSpoken), .. }
        ),
        "{error:?}"
    );
    assert!(error.detail().ends_with("it speaks TLS, its URL does not say https"));

    let talkative = Peer::start(|mut stream| async move {
        use tokio::io::AsyncWriteExt;
        stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await?;
        crate::peer::until_closed(&mut stream).await;
        Ok(())
    })
    .await;
    let proxy = Proxy::of(talkative, "https");
    let error = refused(&request(&server, "ws", &proxy, authority.ca_file())).await;
    assert!(matches!(tls_cause(&error), TlsCause::NotTls(_)), "{error:?}");
}
