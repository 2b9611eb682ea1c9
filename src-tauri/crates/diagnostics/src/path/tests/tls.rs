//! TLS with certificates that have every flaw.

use std::{fs, path::PathBuf, sync::Arc};

use jiff::SignedDuration;
use model::check::{Mode, StepId, StepStatus};
use rcgen::{
    BasicConstraints, CertificateParams, CustomExtension, DnType, IsCa, Issuer, KeyPair, date_time_ymd,
};
use rustls::{
    RootCertStore, ServerConfig,
    pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer},
    server::WebPkiClientVerifier,
};
use tempfile::TempDir;
use tokio::{io::AsyncWriteExt as _, net::TcpListener};
use tokio_rustls::TlsAcceptor;

use super::{
    peer::{Do, Peer, answer, until_closed, well},
    stage::{SHORT, Seen, dialer, inquiry, subject, walk, walk_with},
};
use crate::{
    facts::{CertificateFlaw, RuleBroken, TlsEnd, TlsPathFacts, UpgradeEnd},
    path::Limits,
};

struct Authority {
    der: CertificateDer<'static>,
    issuer: Issuer<'static, KeyPair>,
    folder: TempDir,
}

impl Authority {
    fn new(name: &str) -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(DnType::CommonName, name);
        let key = KeyPair::generate().unwrap();
        let certificate = params.self_signed(&key).unwrap();
        let folder = TempDir::new().unwrap();
        fs::write(folder.path().join("ca.pem"), certificate.pem()).unwrap();
        Self { der: certificate.der().clone(), issuer: Issuer::new(params, key), folder }
    }

    fn file(&self) -> PathBuf {
        self.folder.path().join("ca.pem")
    }

    fn server(&self, change: impl FnOnce(&mut CertificateParams)) -> ServerConfig {
        let (leaf, key) = leaf(change, Some(&self.issuer));
        config(vec![leaf], key)
    }
}

fn leaf(
    change: impl FnOnce(&mut CertificateParams),
    issuer: Option<&Issuer<'static, KeyPair>>,
) -> (CertificateDer<'static>, PrivateKeyDer<'static>) {
    let mut params = CertificateParams::new(vec!["127.0.0.1".to_owned(), "feed.example".to_owned()]).unwrap();
    params.distinguished_name.push(DnType::CommonName, "feed.example");
    change(&mut params);
    let key = KeyPair::generate().unwrap();
    let certificate = match issuer {
        Some(issuer) => params.signed_by(&key, issuer).unwrap(),
        None => params.self_signed(&key).unwrap(),
    };
    (certificate.der().clone(), PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der())))
}

fn config(chain: Vec<CertificateDer<'static>>, key: PrivateKeyDer<'static>) -> ServerConfig {
    ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .unwrap()
}

async fn check(peer: &Peer, ca_file: Option<PathBuf>) -> Seen {
    let mut subject = subject(peer.url("wss"));
    subject.request.as_mut().unwrap().tls.ca_file = ca_file;
    walk(&subject).await
}

fn tls(seen: &Seen) -> &TlsPathFacts {
    seen.endpoint().tls.as_ref().unwrap()
}

fn flaw(seen: &Seen) -> CertificateFlaw {
    let Some(TlsEnd::Certificate(flaw, raw)) = &tls(seen).end else { panic!("{:?}", tls(seen)) };
    assert!(!raw.is_empty());
    assert_eq!(seen.status(StepId::E1), StepStatus::Fail);
    assert_eq!(seen.reason(StepId::G1), "needs TLS, which failed");
    assert_eq!(seen.reason(StepId::F1), "needs TLS, which failed");
    *flaw
}

#[tokio::test]
async fn a_trusted_server_shows_version_cipher_and_chain() {
    let authority = Authority::new("Own CA");
    let peer = Peer::encrypted(authority.server(|_| {}), well).await;
    let seen = check(&peer, Some(authority.file())).await;
    assert_eq!(tls(&seen).end, Some(TlsEnd::Open));
    assert_eq!(tls(&seen).version.as_deref(), Some("TLSv1_3"));
    assert_eq!((tls(&seen).chain.len(), tls(&seen).chain[0].issuer.as_str()), (1, "Own CA"));
    // Nobody but this organisation vouches for it, and that is no flaw.
    assert_eq!(tls(&seen).publicly_trusted, Some(false));
    for step in [StepId::E1, StepId::E2, StepId::F1, StepId::G1] {
        assert_eq!(seen.status(step), StepStatus::Pass, "{:?}", seen.step(step));
    }
}

#[tokio::test]
async fn a_certificate_that_ends_soon_is_worth_a_warning() {
    let authority = Authority::new("Own CA");
    let soon = jiff::Timestamp::now() + SignedDuration::from_hours(24 * 10);
    let date = soon.to_zoned(jiff::tz::TimeZone::UTC).date();
    let config = authority.server(|params| {
        let (month, day) = (u8::try_from(date.month()).unwrap(), u8::try_from(date.day()).unwrap());
        params.not_after = date_time_ymd(i32::from(date.year()), month, day);
    });
    let peer = Peer::encrypted(config, well).await;
    let seen = check(&peer, Some(authority.file())).await;
    assert_eq!((seen.status(StepId::E1), seen.status(StepId::G1)), (StepStatus::Warn, StepStatus::Pass));
    assert!(seen.step(StepId::E1).detail["days_left"].as_i64().is_some_and(|days| (8..=10).contains(&days)));
}

#[tokio::test]
async fn a_flaw_is_named_with_the_certificate_that_has_it() {
    let (authority, stranger) = (Authority::new("Own CA"), Authority::new("Zscaler Intermediate Root CA"));
    let other = |params: &mut CertificateParams| {
        *params = CertificateParams::new(vec!["other.example".to_owned()]).unwrap();
    };
    let peer = Peer::encrypted(authority.server(other), well).await;
    let seen = check(&peer, Some(authority.file())).await;
    assert_eq!(
        (flaw(&seen), &tls(&seen).chain[0].names[..]),
        (CertificateFlaw::Name, &["other.example".to_owned()][..])
    );

    let peer = Peer::encrypted(stranger.server(|_| {}), well).await;
    let seen = check(&peer, Some(authority.file())).await;
    assert_eq!(flaw(&seen), CertificateFlaw::UnknownIssuer);
    assert_eq!(tls(&seen).chain[0].issuer, "Zscaler Intermediate Root CA");
    assert_eq!((tls(&seen).missing_issuer.as_ref(), tls(&seen).chain[0].self_signed), (None, false));

    let (own, key) = leaf(|_| {}, None);
    let peer = Peer::encrypted(config(vec![own], key), well).await;
    let seen = check(&peer, Some(authority.file())).await;
    assert!(matches!(flaw(&seen), CertificateFlaw::UnknownIssuer | CertificateFlaw::Other));
    assert!(tls(&seen).chain[0].self_signed);

    let ca = |params: &mut CertificateParams| params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let peer = Peer::encrypted(authority.server(ca), well).await;
    assert_eq!(flaw(&check(&peer, Some(authority.file())).await), CertificateFlaw::CaAsServer);
}

#[tokio::test]
async fn an_issuer_that_was_not_sent_is_missed_by_its_name() {
    let root = Authority::new("Root");
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.distinguished_name.push(DnType::CommonName, "Intermediate R3");
    let key = KeyPair::generate().unwrap();
    let intermediate = params.signed_by(&key, &root.issuer).unwrap().der().clone();
    let issuer = Issuer::new(params, key);
    let place = |params: &mut CertificateParams| {
        let url = b"http://ca.example/r3.der";
        let place = [&[0x86, 24][..], url].concat();
        let method = [0x06, 8, 0x2b, 6, 1, 5, 5, 7, 0x30, 2];
        let inner = [&[0x30, 36][..], &method, &place].concat();
        let whole = [&[0x30, 38][..], &inner].concat();
        params.custom_extensions.push(CustomExtension::from_oid_content(&[1, 3, 6, 1, 5, 5, 7, 1, 1], whole));
    };
    let (leaf, key) = leaf(place, Some(&issuer));
    let peer = Peer::encrypted(config(vec![leaf.clone()], key.clone_key()), well).await;
    let seen = check(&peer, Some(root.file())).await;
    assert_eq!(flaw(&seen), CertificateFlaw::UnknownIssuer);
    assert_eq!(tls(&seen).missing_issuer.as_deref(), Some("Intermediate R3"));

    let peer = Peer::encrypted(config(vec![leaf, intermediate], key), well).await;
    let seen = check(&peer, Some(root.file())).await;
    assert_eq!((&tls(&seen).end, tls(&seen).chain.len()), (&Some(TlsEnd::Open), 2));
}

#[tokio::test]
async fn where_a_date_is_the_flaw_the_server_is_asked_for_the_time_and_told_nothing() {
    let authority = Authority::new("Own CA");
    let expired = authority.server(|params| params.not_after = date_time_ymd(2020, 1, 1));
    let peer =
        Peer::encrypted(expired, |_, _| answer("405 No", "Date: Fri, 20 Nov 2020 12:00:00 GMT\r\n", ""))
            .await;
    let seen = check(&peer, Some(authority.file())).await;
    assert_eq!(flaw(&seen), CertificateFlaw::Expired);
    assert_eq!(tls(&seen).chain[0].not_after.to_string(), "2020-01-01T00:00:00Z");
    let [clock] = &seen.facts.computer.clock[..] else { panic!("{:?}", seen.facts.computer.clock) };
    assert!(clock.skew_ms > 1_000 * 3600 * 24 * 365 && !clock.verified, "{clock:?}");
    let expected = format!("HEAD / HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n", peer.address);
    assert_eq!(peer.requests(), [expected]);

    let early = authority.server(|params| params.not_before = date_time_ymd(4000, 1, 1));
    let peer = Peer::encrypted(early, |_, _| Do::Nothing).await;
    let mut subject = subject(peer.url("wss"));
    subject.request.as_mut().unwrap().tls.ca_file = Some(authority.file());
    let seen = walk_with(&subject, &inquiry(Mode::Quick), &dial::Dialer::new(), SHORT).await;
    assert_eq!((flaw(&seen), seen.facts.computer.clock.len()), (CertificateFlaw::NotYetValid, 0));
}

#[tokio::test]
async fn what_is_not_tls_is_quoted_clean() {
    let peer = Peer::raw(|mut tcp| {
        Box::pin(async move {
            tcp.write_all(b"HTTP/1.1 400 Bad\x1b[2J Request\r\n").await?;
            until_closed(&mut tcp).await;
            Ok(())
        })
    })
    .await;
    let seen = check(&peer, None).await;
    assert_eq!(tls(&seen).end, Some(TlsEnd::NotTls("HTTP/1.1 400 Bad[2J Request".into())));
    assert_eq!(seen.reason(StepId::E2), "needs TLS, which failed");
}

#[tokio::test]
async fn a_port_for_tls_that_is_asked_without_is_known_for_what_it_is() {
    let authority = Authority::new("Own CA");
    let peer = Peer::encrypted(authority.server(|_| {}), well).await;
    let seen = walk(&subject(peer.url("ws"))).await;
    let end = &seen.endpoint().upgrade.as_ref().unwrap().end;
    assert_eq!(*end, UpgradeEnd::Broken(RuleBroken::TlsSpoken, String::new()));
    assert_eq!(seen.endpoint().tls, None);
    assert_eq!(peer.requests(), Vec::<String>::new(), "a look at TLS asks for nothing");

    // Most say what they miss; this one hangs up.
    let acceptor = TlsAcceptor::from(Arc::new(authority.server(|_| {})));
    let terse = Peer::raw(move |tcp| {
        let acceptor = acceptor.clone();
        Box::pin(async move {
            let mut first = [0];
            tcp.peek(&mut first).await?;
            if first == [0x16] {
                until_closed(&mut acceptor.accept(tcp).await?).await;
            }
            Ok(())
        })
    })
    .await;
    let seen = walk(&subject(terse.url("ws"))).await;
    let end = &seen.endpoint().upgrade.as_ref().unwrap().end;
    assert_eq!(*end, UpgradeEnd::Broken(RuleBroken::TlsSpoken, String::new()));
    assert_eq!(seen.step(StepId::G1).detail["speaks_tls"], true);
}

#[tokio::test]
async fn what_the_first_attempt_saw_stands_where_the_second_does_not_come_as_far() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("wss://{}/", listener.local_addr().unwrap()).parse().unwrap();
    let gone = tokio::spawn(async move {
        let (tcp, _) = listener.accept().await?;
        tcp.readable().await
        // And nobody listens any more.
    });
    let seen = walk(&subject(url)).await;
    gone.await.unwrap().unwrap();
    assert!(matches!(tls(&seen).end, Some(TlsEnd::Cut(_))), "{:?}", tls(&seen));
    assert_eq!((seen.step(StepId::E1).attempts, seen.status(StepId::E1)), (2, StepStatus::Fail));
}

#[tokio::test]
async fn cut_silent_and_refusing_handshakes_are_told_apart() {
    let cut = Peer::raw(|tcp| Box::pin(async move { tcp.readable().await })).await;
    let seen = check(&cut, None).await;
    assert!(matches!(tls(&seen).end, Some(TlsEnd::Cut(_))), "{:?}", tls(&seen));
    assert_eq!(seen.step(StepId::E1).attempts, 2);

    let silent = Peer::raw(|mut tcp| {
        Box::pin(async move {
            until_closed(&mut tcp).await;
            Ok(())
        })
    })
    .await;
    let subject = subject(silent.url("wss"));
    let seen = walk_with(&subject, &inquiry(Mode::Quick), &dial::Dialer::new(), SHORT).await;
    assert_eq!(tls(&seen).end, Some(TlsEnd::TimedOut));
    assert!(
        matches!(seen.status(StepId::D3), StepStatus::Pass | StepStatus::Na),
        "{:?}",
        seen.step(StepId::D3)
    );

    // A fatal alert: protocol_version.
    let old = Peer::raw(|mut tcp| {
        Box::pin(async move {
            tcp.readable().await?;
            tcp.write_all(&[0x15, 3, 3, 0, 2, 2, 70]).await?;
            until_closed(&mut tcp).await;
            Ok(())
        })
    })
    .await;
    assert_eq!(tls(&check(&old, None).await).end, Some(TlsEnd::NoCommonProtocol("ProtocolVersion".into())));
}

#[tokio::test]
async fn a_server_that_wants_a_client_certificate_says_so() {
    let authority = Authority::new("Own CA");
    let mut roots = RootCertStore::empty();
    roots.add(authority.der.clone()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let clients = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider));
    for version in [&rustls::version::TLS13, &rustls::version::TLS12] {
        let (leaf, key) = leaf(|_| {}, Some(&authority.issuer));
        let config = ServerConfig::builder_with_provider(Arc::clone(&provider))
            .with_protocol_versions(&[version])
            .unwrap()
            .with_client_cert_verifier(clients.clone().build().unwrap())
            .with_single_cert(vec![leaf], key)
            .unwrap();
        let peer = Peer::encrypted(config, well).await;
        let seen = check(&peer, Some(authority.file())).await;
        assert!(matches!(tls(&seen).end, Some(TlsEnd::ClientCertificate(_))), "{:?}", tls(&seen));
    }
    let seen =
        check(&Peer::encrypted(authority.server(|_| {}), well).await, Some("/nowhere.pem".into())).await;
    assert!(matches!(tls(&seen).end, Some(TlsEnd::File(_))), "{:?}", tls(&seen));
}

#[tokio::test]
async fn a_deep_check_tries_the_other_family_too() {
    let authority = Authority::new("Own CA");
    let Ok(v6) = tokio::net::TcpListener::bind("[::1]:0").await else { return };
    let port = v6.local_addr().unwrap().port();
    let Ok(v4) = tokio::net::TcpListener::bind(("127.0.0.1", port)).await else { return };
    let _first = Peer::on(v6, Some(authority.server(|_| {})), well);
    let expired = authority.server(|params| params.not_after = date_time_ymd(2020, 1, 1));
    let _second = Peer::on(v4, Some(expired), well);
    let mut subject = subject(format!("wss://feed.example:{port}/").parse().unwrap());
    subject.request.as_mut().unwrap().tls.ca_file = Some(authority.file());
    let mut deep = inquiry(Mode::Deep);
    let limits = Limits { deep_gap: std::time::Duration::from_millis(1), ..Limits::default() };
    deep.silence = std::time::Duration::from_millis(1);
    let seen = walk_with(&subject, &deep, &dialer(&["::1", "127.0.0.1"]), limits).await;
    assert_eq!((seen.status(StepId::E1), seen.status(StepId::E3)), (StepStatus::Pass, StepStatus::Warn));
    assert_eq!(seen.step(StepId::E3).detail["family"], "IPv4");
    assert!(seen.step(StepId::E3).error_raw.as_ref().unwrap().contains("expired"));
}
