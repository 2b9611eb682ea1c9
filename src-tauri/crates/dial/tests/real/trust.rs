//! TLS with certificates made for the test: whom the dialer trusts, whom it does not, and what it says then.

use std::{fs, path::PathBuf, sync::Arc, time::Duration};

use dial::{
    CaFileProblem, CertificateProblem, DialCause, DialError, DialRequest, Dialer, Phase, PhaseFacts, TlsCause,
};
use model::ErrorCode;
use rcgen::{BasicConstraints, Certificate, CertificateParams, DnType, IsCa, Issuer, KeyPair, date_time_ymd};
use rustls::{
    AlertDescription, ServerConfig, SupportedProtocolVersion,
    pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer},
    server::{WebPkiClientVerifier, danger::ClientCertVerifier},
};
use tempfile::TempDir;
use tokio::io::AsyncWriteExt;
use tokio_rustls::TlsAcceptor;

use crate::peer::{GENEROUS, Peer, accepting, dial, read_request, refused, until_closed};

/// An issuer, and the folder its certificate lies in as a CA file.
pub(crate) struct Authority {
    pub(crate) certificate: Certificate,
    pub(crate) issuer: Issuer<'static, KeyPair>,
    folder: TempDir,
}

impl Authority {
    pub(crate) fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(DnType::CommonName, "Test authority");
        let key = KeyPair::generate().unwrap();
        let certificate = params.self_signed(&key).unwrap();
        let folder = TempDir::new().unwrap();
        fs::write(folder.path().join("ca.pem"), certificate.pem()).unwrap();
        Self { certificate, issuer: Issuer::new(params, key), folder }
    }

    pub(crate) fn ca_file(&self) -> PathBuf {
        self.folder.path().join("ca.pem")
    }

    /// A server with a certificate of this authority for 127.0.0.1 and localhost, changed by `change`.
    pub(crate) fn server(&self, change: impl FnOnce(&mut CertificateParams)) -> ServerConfig {
        self.server_asking(rustls::ALL_VERSIONS, WebPkiClientVerifier::no_client_auth(), change)
    }

    pub(crate) fn server_asking(
        &self,
        versions: &[&'static SupportedProtocolVersion],
        clients: Arc<dyn ClientCertVerifier>,
        change: impl FnOnce(&mut CertificateParams),
    ) -> ServerConfig {
        let mut params =
            CertificateParams::new(vec!["127.0.0.1".to_owned(), "localhost".to_owned()]).unwrap();
        change(&mut params);
        let key = KeyPair::generate().unwrap();
        let leaf = params.signed_by(&key, &self.issuer).unwrap();
        let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let mut config = builder(versions)
            .with_client_cert_verifier(clients)
            .with_single_cert(vec![leaf.der().clone()], key)
            .unwrap();
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        config
    }
}

fn builder(
    versions: &[&'static SupportedProtocolVersion],
) -> rustls::ConfigBuilder<ServerConfig, rustls::WantsVerifier> {
    ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_protocol_versions(versions)
        .unwrap()
}

pub(crate) async fn serving(config: ServerConfig) -> Peer {
    let acceptor = TlsAcceptor::from(Arc::new(config));
    Peer::start(move |tcp| {
        let acceptor = acceptor.clone();
        async move {
            let mut stream = acceptor.accept(tcp).await?;
            let request = read_request(&mut stream).await?;
            stream.write_all(accepting(&request, "").as_bytes()).await?;
            stream.flush().await?;
            until_closed(&mut stream).await;
            Ok(())
        }
    })
    .await
}

fn request(peer: &Peer, ca_file: impl Into<Option<PathBuf>>) -> DialRequest {
    let mut request = DialRequest::new(peer.url("wss"));
    request.tls.ca_file = ca_file.into();
    request.limits.tls = GENEROUS;
    request.limits.overall = GENEROUS;
    request
}

/// The problem found with the certificate.
fn problem(error: &DialError) -> CertificateProblem {
    assert_eq!(error.phase, Phase::Tls);
    let DialCause::Tls(TlsCause::Certificate { problem, .. }) = &error.cause else {
        panic!("no certificate problem in {error:?}")
    };
    *problem
}

#[tokio::test]
async fn an_issuer_of_the_ca_file_is_trusted_by_address_and_by_name() {
    let authority = Authority::new();
    let peer = serving(authority.server(|_| {})).await;
    let mut request = request(&peer, authority.ca_file());
    for host in ["127.0.0.1", "localhost"] {
        request.url.set_host(Some(host)).unwrap();
        let dialed = dial(&request).await.unwrap();
        assert!(dialed.stream.get_ref().is_encrypted());
        let Some(PhaseFacts::Tls(facts)) = dialed.report.phase(Phase::Tls).map(|one| &one.facts) else {
            panic!("no TLS facts")
        };
        assert_eq!((facts.version.as_deref(), facts.alpn.as_deref()), (Some("TLSv1_3"), Some("http/1.1")));
        assert!(facts.cipher.as_deref().unwrap().starts_with("TLS13_"));
        assert_eq!(facts.chain.len(), 1);
    }
    request.url.set_scheme("https").unwrap();
    assert!(dial(&request).await.is_ok());
}

#[tokio::test]
async fn a_certificate_that_is_not_right_is_refused_with_the_reason() {
    let authority = Authority::new();
    let cases: [(fn(&mut CertificateParams), _, _); 3] = [
        (
            |params| *params = CertificateParams::new(vec!["other.example".to_owned()]).unwrap(),
            CertificateProblem::Name,
            ErrorCode::TlsName,
        ),
        (
            |params| params.not_after = date_time_ymd(2020, 1, 1),
            CertificateProblem::Expired,
            ErrorCode::TlsExpired,
        ),
        (
            |params| params.not_before = date_time_ymd(4000, 1, 1),
            CertificateProblem::NotYetValid,
            ErrorCode::TlsNotYetValid,
        ),
    ];
    for (change, expected, code) in cases {
        let peer = serving(authority.server(change)).await;
        let error = refused(&request(&peer, authority.ca_file())).await;
        assert_eq!((problem(&error), error.code()), (expected, code), "{error}");
    }
    let peer = serving(authority.server(cases[0].0)).await;
    let detail = refused(&request(&peer, authority.ca_file())).await.detail();
    assert!(detail.contains("127.0.0.1") && detail.contains("other.example"), "{detail}");
}

#[tokio::test]
async fn an_issuer_nobody_vouches_for_is_not_trusted() {
    let (authority, stranger) = (Authority::new(), Authority::new());
    let peer = serving(authority.server(|_| {})).await;
    let error = refused(&request(&peer, stranger.ca_file())).await;
    assert_eq!((problem(&error), error.code()), (CertificateProblem::Untrusted, ErrorCode::TlsUntrusted));
    // Without a CA file, and also where the platform has no trust store at all.
    assert_eq!(refused(&request(&peer, None)).await.code(), ErrorCode::TlsUntrusted);
}

#[tokio::test]
async fn a_home_made_ca_certificate_used_by_the_server_itself_is_named_as_such() {
    let authority = Authority::new();
    let peer =
        serving(authority.server(|params| params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained))).await;
    let error = refused(&request(&peer, authority.ca_file())).await;
    assert_eq!((problem(&error), error.code()), (CertificateProblem::CaAsServer, ErrorCode::TlsUntrusted));
}

#[tokio::test]
async fn a_server_without_tls_is_recognised() {
    let peer = Peer::start(|mut stream| async move {
        stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await?;
        until_closed(&mut stream).await;
        Ok(())
    })
    .await;
    let authority = Authority::new();
    let error = refused(&request(&peer, authority.ca_file())).await;
    assert_eq!((error.phase, error.code()), (Phase::Tls, ErrorCode::TlsNotSpoken));
}

#[tokio::test]
async fn a_server_that_speaks_tls_is_recognised_on_a_url_that_does_not() {
    let authority = Authority::new();
    let peer = serving(authority.server(|_| {})).await;
    let error = peer.refusal().await;
    assert_eq!(error.code(), ErrorCode::HandshakeInvalid);
    assert_eq!(error.detail(), "the server speaks TLS at this port, the URL does not");
}

#[tokio::test]
async fn silence_and_a_closed_connection_end_the_handshake_typed() {
    let authority = Authority::new();
    let silent = Peer::start(|mut stream| async move {
        until_closed(&mut stream).await;
        Ok(())
    })
    .await;
    let mut patient = request(&silent, authority.ca_file());
    patient.limits.tls = Duration::from_millis(300);
    let error = refused(&patient).await;
    assert_eq!((error.phase, error.code()), (Phase::Tls, ErrorCode::TlsTimeout));
    assert_eq!(error.detail(), "TLS handshake not finished within 300ms");
    assert_eq!(error.addresses(), [silent.address]);

    let closing = Peer::start(|stream| async move {
        stream.readable().await?;
        stream.set_zero_linger()
    })
    .await;
    let error = refused(&request(&closing, authority.ca_file())).await;
    assert_eq!((error.phase, error.code()), (Phase::Tls, ErrorCode::TlsFailed));
    assert!(
        matches!(&error.cause, DialCause::Tls(TlsCause::Socket(failure)) if failure.errno.is_some()),
        "{error:?}"
    );
}

#[tokio::test]
async fn an_alert_is_kept() {
    let authority = Authority::new();
    let mut config = authority.server(|_| {});
    config.alpn_protocols = vec![b"h2".to_vec()];
    let error = refused(&request(&serving(config).await, authority.ca_file())).await;
    assert_eq!((error.phase, error.code()), (Phase::Tls, ErrorCode::TlsFailed));
    assert!(matches!(error.cause, DialCause::Tls(TlsCause::Alert(AlertDescription::NoApplicationProtocol))));
}

#[tokio::test]
async fn a_ca_file_that_cannot_be_used_is_named_with_its_path() {
    let authority = Authority::new();
    let peer = serving(authority.server(|_| {})).await;
    let folder = TempDir::new().unwrap();
    let file = |name: &str, text: &str| {
        let path = folder.path().join(name);
        fs::write(&path, text).unwrap();
        path
    };
    let broken = "-----BEGIN CERTIFICATE-----\nnot base64!\n-----END CERTIFICATE-----\n";
    let hollow = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    type Expected = fn(&CaFileProblem) -> bool;
    let cases: [(PathBuf, Expected); 5] = [
        (folder.path().join("missing.pem"), |problem| matches!(problem, CaFileProblem::Unreadable(_))),
        (folder.path().to_owned(), |problem| matches!(problem, CaFileProblem::NotAFile)),
        (file("empty.pem", "nothing here\n"), |problem| matches!(problem, CaFileProblem::Empty)),
        (file("broken.pem", broken), |problem| matches!(problem, CaFileProblem::Malformed(_))),
        (file("hollow.pem", hollow), |problem| matches!(problem, CaFileProblem::Certificate(_))),
    ];
    for (path, expected) in cases {
        let error = refused(&request(&peer, path.clone())).await;
        assert_eq!((error.phase, error.code()), (Phase::Tls, ErrorCode::CaFile));
        let DialCause::CaFile(found) = &error.cause else { panic!("no CA file problem in {error:?}") };
        assert!(found.path == path && expected(&found.problem), "{found:?}");
        assert!(error.detail().contains(&path.display().to_string()), "{}", error.detail());
    }
}

#[tokio::test]
async fn a_changed_ca_file_counts_from_the_next_dial_on() {
    let (authority, stranger) = (Authority::new(), Authority::new());
    let peer = serving(authority.server(|_| {})).await;
    let (dialer, request) = (Dialer::new(), request(&peer, stranger.ca_file()));
    let run = async || dialer.websocket(&request, |_| {}).await;
    assert_eq!(problem(&run().await.unwrap_err()), CertificateProblem::Untrusted);
    // The remark makes the size differ, so that a coarse file clock does not matter.
    let both = format!("remark\n{}{}", stranger.certificate.pem(), authority.certificate.pem());
    fs::write(stranger.ca_file(), both).unwrap();
    assert!(run().await.is_ok());
    fs::write(stranger.ca_file(), stranger.certificate.pem()).unwrap();
    assert_eq!(problem(&run().await.unwrap_err()), CertificateProblem::Untrusted);
}
