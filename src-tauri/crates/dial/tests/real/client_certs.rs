//! Client certificates: servers that ask for one, what they get, and what is said where it is missing or wrong.

use std::{fs, path::PathBuf, sync::Arc};

use dial::{
    ClientAuth, ClientCertProblem, DialCause, DialError, DialRequest, Dialed, Dialer, Phase, PhaseFacts,
    ProxyChoice, TlsCause,
};
use model::ErrorCode;
use rcgen::{CertificateParams, KeyPair, PKCS_RSA_SHA256};
use rustls::{RootCertStore, ServerConfig, SupportedProtocolVersion, server::WebPkiClientVerifier};
use tempfile::TempDir;

use crate::{
    peer::{GENEROUS, Peer, dial, refused},
    proxy_peer::Proxy,
    trust::{Authority, serving},
};

/// Made for these tests alone; it opens nothing.
const RSA_KEY: &str = include_str!("test_only_rsa.pem");

/// A server that wants a certificate of `authority`, and speaks only these versions.
fn asking(authority: &Authority, versions: &[&'static SupportedProtocolVersion]) -> ServerConfig {
    let mut roots = RootCertStore::empty();
    roots.add(authority.certificate.der().clone()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let clients = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider).build().unwrap();
    authority.server_asking(versions, clients, |_| {})
}

fn request(peer: &Peer, authority: &Authority) -> DialRequest {
    let mut request = DialRequest::new(peer.url("wss"));
    request.tls.ca_file = Some(authority.ca_file());
    request.limits.tls = GENEROUS;
    request.limits.overall = GENEROUS;
    request
}

/// PEM of a certificate for `key` by `authority`.
fn certificate(authority: &Authority, key: &KeyPair) -> String {
    let params = CertificateParams::new(vec!["workstation".to_owned()]).unwrap();
    params.signed_by(key, &authority.issuer).unwrap().pem()
}

/// A folder with files of these names and texts.
fn folder<const N: usize>(files: [(&str, String); N]) -> TempDir {
    let folder = TempDir::new().unwrap();
    for (name, text) in files {
        fs::write(folder.path().join(name), text).unwrap();
    }
    folder
}

fn answered(dialed: &Dialed) -> ClientAuth {
    let Some(PhaseFacts::Tls(facts)) = dialed.report.phase(Phase::Tls).map(|one| &one.facts) else {
        panic!("no TLS facts")
    };
    facts.client_auth
}

/// The key that PKCS#8 wraps, SEC1 or PKCS#1: it ends with the wrapping and begins with `start`.
fn unwrapped(key: &KeyPair, start: &[u8], label: &str) -> String {
    let der = key.serialize_der();
    let inner = &der[1..];
    let at = inner.windows(start.len()).position(|window| window == start).unwrap();
    pem(label, &inner[at..])
}

fn pem(label: &str, der: &[u8]) -> String {
    use base64::{Engine, engine::general_purpose::STANDARD};
    let text = STANDARD.encode(der);
    let lines: Vec<&str> =
        text.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).unwrap()).collect();
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", lines.join("\n"))
}

#[tokio::test]
async fn a_server_that_asks_gets_the_certificate_with_a_key_of_every_form() {
    let authority = Authority::new();
    let peer = serving(asking(&authority, rustls::ALL_VERSIONS)).await;
    let (ec, rsa) =
        (KeyPair::generate().unwrap(), KeyPair::from_pem_and_sign_algo(RSA_KEY, &PKCS_RSA_SHA256).unwrap());
    let sec1 = unwrapped(&ec, &[0x30, 0x6b, 2, 1, 1, 4], "EC PRIVATE KEY");
    let pkcs1 = unwrapped(&rsa, &[0x30, 0x82, 4], "RSA PRIVATE KEY");
    let files = folder([
        ("ec.pem", certificate(&authority, &ec)),
        ("ec-pkcs8.key", ec.serialize_pem()),
        ("ec-sec1.key", sec1),
        ("rsa.pem", certificate(&authority, &rsa)),
        ("rsa-pkcs8.key", RSA_KEY.to_owned()),
        ("rsa-pkcs1.key", pkcs1),
        ("both.pem", ec.serialize_pem() + &certificate(&authority, &ec)),
    ]);
    for (cert, key) in [
        ("ec.pem", Some("ec-pkcs8.key")),
        ("ec.pem", Some("ec-sec1.key")),
        ("rsa.pem", Some("rsa-pkcs8.key")),
        ("rsa.pem", Some("rsa-pkcs1.key")),
        ("both.pem", None),
    ] {
        let mut request = request(&peer, &authority);
        request.tls.client_cert = Some(files.path().join(cert));
        request.tls.client_key = key.map(|key| files.path().join(key));
        let dialed = dial(&request).await.unwrap_or_else(|error| panic!("{key:?}: {error}"));
        assert_eq!(answered(&dialed), ClientAuth::Sent, "{key:?}");
    }
}

#[tokio::test]
async fn a_server_that_does_not_ask_gets_none() {
    let authority = Authority::new();
    let peer = serving(authority.server(|_| {})).await;
    let key = KeyPair::generate().unwrap();
    let files = folder([("both.pem", certificate(&authority, &key) + &key.serialize_pem())]);
    let mut request = request(&peer, &authority);
    assert_eq!(answered(&dial(&request).await.unwrap()), ClientAuth::NotAsked);
    request.tls.client_cert = Some(files.path().join("both.pem"));
    assert_eq!(answered(&dial(&request).await.unwrap()), ClientAuth::NotAsked);
}

fn client_certificate(error: &DialError) -> bool {
    let DialCause::Tls(TlsCause::ClientCertificate { sent, .. }) = &error.cause else {
        panic!("not about the client's certificate: {error:?}")
    };
    *sent
}

#[tokio::test]
async fn a_missing_certificate_is_named_whenever_the_server_says_so() {
    let authority = Authority::new();
    // TLS 1.3 says it after the handshake, 1.2 within.
    for (version, phase) in [(&rustls::version::TLS13, Phase::Upgrade), (&rustls::version::TLS12, Phase::Tls)]
    {
        let peer = serving(asking(&authority, &[version])).await;
        let error = refused(&request(&peer, &authority)).await;
        assert_eq!((error.phase, error.code()), (phase, ErrorCode::ClientCertRequired), "{version:?}");
        assert!(!client_certificate(&error));
        assert!(
            error.detail().starts_with("the server asks for a client certificate, TLS alert "),
            "{error}"
        );
    }
}

#[tokio::test]
async fn a_certificate_the_server_does_not_accept_is_told_from_a_missing_one() {
    let (authority, stranger) = (Authority::new(), Authority::new());
    let key = KeyPair::generate().unwrap();
    let files = folder([("both.pem", certificate(&stranger, &key) + &key.serialize_pem())]);
    for version in [&rustls::version::TLS13, &rustls::version::TLS12] {
        let peer = serving(asking(&authority, &[version])).await;
        let mut request = request(&peer, &authority);
        request.tls.client_cert = Some(files.path().join("both.pem"));
        let error = refused(&request).await;
        assert_eq!(error.code(), ErrorCode::ClientCertRefused, "{error:?}");
        assert!(client_certificate(&error));
    }
}

#[tokio::test]
async fn files_that_cannot_be_used_are_named() {
    let authority = Authority::new();
    let peer = serving(asking(&authority, rustls::ALL_VERSIONS)).await;
    let (key, other) = (KeyPair::generate().unwrap(), KeyPair::generate().unwrap());
    let encrypted = "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n";
    let old_way =
        "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n\nAAAA\n-----END RSA PRIVATE KEY-----\n";
    let files = folder([
        ("c.pem", certificate(&authority, &key)),
        ("k.pem", key.serialize_pem()),
        ("other.pem", other.serialize_pem()),
        ("empty.pem", "nothing here\n".to_owned()),
        ("broken.pem", "-----BEGIN CERTIFICATE-----\nno base64!\n-----END CERTIFICATE-----\n".to_owned()),
        ("hollow.pem", pem("CERTIFICATE", &[0, 0, 0])),
        ("hollow.key", pem("PRIVATE KEY", &[0, 0, 0])),
        ("encrypted.key", encrypted.to_owned()),
        ("old.key", old_way.to_owned()),
    ]);
    type Expected = fn(&ClientCertProblem) -> bool;
    let cases: [(&str, &str, &str, Expected); 10] = [
        ("missing.pem", "k.pem", "missing.pem", |one| matches!(one, ClientCertProblem::Unreadable(_))),
        (".", "k.pem", ".", |one| matches!(one, ClientCertProblem::NotAFile)),
        ("empty.pem", "k.pem", "empty.pem", |one| matches!(one, ClientCertProblem::NoCertificate)),
        ("broken.pem", "k.pem", "broken.pem", |one| matches!(one, ClientCertProblem::Malformed(_))),
        ("hollow.pem", "k.pem", "hollow.pem", |one| matches!(one, ClientCertProblem::Certificate(_))),
        ("c.pem", "c.pem", "c.pem", |one| matches!(one, ClientCertProblem::NoKey)),
        ("c.pem", "hollow.key", "hollow.key", |one| matches!(one, ClientCertProblem::Key(_))),
        ("c.pem", "encrypted.key", "encrypted.key", |one| matches!(one, ClientCertProblem::Encrypted)),
        ("c.pem", "old.key", "old.key", |one| matches!(one, ClientCertProblem::Encrypted)),
        ("c.pem", "other.pem", "other.pem", |one| matches!(one, ClientCertProblem::Mismatch(_))),
    ];
    for (cert, key, at_fault, expected) in cases {
        let mut request = request(&peer, &authority);
        request.tls.client_cert = Some(files.path().join(cert));
        request.tls.client_key = Some(files.path().join(key));
        let error = refused(&request).await;
        assert_eq!((error.phase, error.code()), (Phase::Tls, ErrorCode::ClientCert), "{cert} {key}");
        let DialCause::ClientCert(found) = &error.cause else { panic!("no file in {error:?}") };
        assert!(found.path == files.path().join(at_fault) && expected(&found.problem), "{found:?}");
        assert!(error.detail().contains(&found.path.display().to_string()));
    }
    let mut alone = request(&peer, &authority);
    alone.tls.client_key = Some(PathBuf::from("k.pem"));
    assert_eq!(refused(&alone).await.code(), ErrorCode::ConfigInvalid);
}

#[tokio::test]
async fn a_changed_certificate_counts_from_the_next_dial_on() {
    let (authority, stranger) = (Authority::new(), Authority::new());
    let peer = serving(asking(&authority, rustls::ALL_VERSIONS)).await;
    let key = KeyPair::generate().unwrap();
    let files = folder([("c.pem", certificate(&stranger, &key)), ("k.pem", key.serialize_pem())]);
    let mut request = request(&peer, &authority);
    request.tls.client_cert = Some(files.path().join("c.pem"));
    request.tls.client_key = Some(files.path().join("k.pem"));
    let dialer = Dialer::new();
    let run = async || dialer.websocket(&request, |_| {}).await;
    assert_eq!(run().await.unwrap_err().code(), ErrorCode::ClientCertRefused);
    // The remark makes the size differ, so that a coarse file clock does not matter.
    let renewed = format!("remark\n{}", certificate(&authority, &key));
    fs::write(files.path().join("c.pem"), renewed).unwrap();
    assert!(run().await.is_ok());
}

#[tokio::test]
async fn the_certificate_is_for_the_server_and_not_for_a_proxy_that_asks() {
    let authority = Authority::new();
    let server = serving(asking(&authority, rustls::ALL_VERSIONS)).await;
    let key = KeyPair::generate().unwrap();
    let files = folder([("both.pem", certificate(&authority, &key) + &key.serialize_pem())]);
    let acceptor = |config| tokio_rustls::TlsAcceptor::from(Arc::new(config));
    let mut request = request(&server, &authority);
    request.tls.client_cert = Some(files.path().join("both.pem"));

    let modest = Proxy::https(server.address, acceptor(authority.server(|_| {}))).await;
    request.proxy = ProxyChoice::Url(modest.url(""));
    assert_eq!(answered(&dial(&request).await.unwrap()), ClientAuth::Sent);

    let curious =
        Proxy::https(server.address, acceptor(asking(&authority, &[&rustls::version::TLS12]))).await;
    request.proxy = ProxyChoice::Url(curious.url(""));
    let error = refused(&request).await;
    assert_eq!((error.phase, error.code()), (Phase::Proxy, ErrorCode::ProxyFailed));
    assert!(error.detail().contains("asks for a client certificate"), "{error}");
}
