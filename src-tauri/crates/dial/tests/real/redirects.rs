//! Servers that send an attempt elsewhere: where it goes, what the next server gets to see, where it stops.

use std::{
    collections::HashMap,
    io,
    net::{IpAddr, SocketAddr},
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use dial::{
    AddressMemory, Credential, DialCause, DialError, DialRequest, Dialed, Dialer, Phase, PhaseEvent,
    PhaseFacts, ProxyChoice, RedirectFlaw, ResolveError, ResolveErrorKind, UpgradeCause,
};
use model::ErrorCode;
use rcgen::SanType;
use rustls::{RootCertStore, ServerConfig, server::WebPkiClientVerifier};
use tokio::{
    io::{AsyncRead, AsyncWrite, AsyncWriteExt},
    net::TcpListener,
};
use tokio_rustls::TlsAcceptor;
use url::Url;

use crate::{
    connecting::closed_port,
    names,
    peer::{GENEROUS, Peer, accepting, header, read_request, until_closed},
    proxy_peer::Proxy,
    trust::Authority,
};

/// A server that upgrades every path but those that lead elsewhere, and writes down what it was asked.
struct Site {
    peer: Peer,
    asked: Arc<Mutex<Vec<String>>>,
}

/// Status and `Location` of a path.
type Signs = HashMap<&'static str, (u16, String)>;

impl Site {
    async fn plain(signs: impl IntoIterator<Item = (&'static str, u16, String)>) -> Self {
        Self::on(TcpListener::bind("127.0.0.1:0").await.unwrap(), None, signs)
    }

    async fn encrypted(
        config: ServerConfig,
        signs: impl IntoIterator<Item = (&'static str, u16, String)>,
    ) -> Self {
        let acceptor = TlsAcceptor::from(Arc::new(config));
        Self::on(TcpListener::bind("127.0.0.1:0").await.unwrap(), Some(acceptor), signs)
    }

    fn on(
        listener: TcpListener,
        tls: Option<TlsAcceptor>,
        signs: impl IntoIterator<Item = (&'static str, u16, String)>,
    ) -> Self {
        let signs: Signs = signs.into_iter().map(|(path, status, to)| (path, (status, to))).collect();
        let (signs, asked) = (Arc::new(signs), Arc::new(Mutex::new(Vec::new())));
        let record = Arc::clone(&asked);
        let peer = Peer::on(listener, move |tcp| {
            let (tls, signs, record) = (tls.clone(), Arc::clone(&signs), Arc::clone(&record));
            async move {
                match tls {
                    None => answer(tcp, &signs, &record).await,
                    Some(tls) => answer(tls.accept(tcp).await?, &signs, &record).await,
                }
            }
        });
        Self { peer, asked }
    }

    fn port(&self) -> u16 {
        self.peer.address.port()
    }

    fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }

    /// First lines of the requests.
    fn paths(&self) -> Vec<String> {
        let path = |request: &String| request.split(' ').nth(1).unwrap_or_default().to_owned();
        self.asked().iter().map(path).collect()
    }
}

async fn answer(
    mut stream: impl AsyncRead + AsyncWrite + Unpin,
    signs: &Signs,
    record: &Mutex<Vec<String>>,
) -> io::Result<()> {
    let request = read_request(&mut stream).await?;
    record.lock().unwrap().push(request.clone());
    let path = request.split([' ', '?']).nth(1).unwrap_or_default();
    let text = match signs.get(path) {
        Some((status, to)) => {
            let location = if to.is_empty() { String::new() } else { format!("Location: {to}\r\n") };
            format!("HTTP/1.1 {status} Elsewhere\r\n{location}Content-Length: 0\r\n\r\n")
        }
        None => {
            let chosen = header(&request, "sec-websocket-protocol").unwrap_or_default();
            let chosen = chosen.split(',').next().filter(|one| !one.is_empty());
            let extra = chosen.map(|one| format!("Sec-WebSocket-Protocol: {one}\r\n"));
            accepting(&request, &extra.unwrap_or_default())
        }
    };
    stream.write_all(text.as_bytes()).await?;
    stream.flush().await?;
    until_closed(&mut stream).await;
    Ok(())
}

/// A dialer for which every name is this computer.
fn dialer() -> Dialer {
    names::dialer(|_| Ok(vec![IpAddr::from([127, 0, 0, 1])]))
}

/// A request full of what says who is asking.
fn request(url: &str) -> DialRequest {
    let mut request = DialRequest::new(Url::parse(url).unwrap());
    request.headers.insert("x-company-key", "h3ader-s3cret".parse().unwrap());
    request.headers.insert("cookie", "sid=c00kie-s3cret".parse().unwrap());
    request.credential = Some(Credential::bearer("b3arer-s3cret".into()).unwrap());
    request.limits.upgrade = GENEROUS;
    request.limits.tls = GENEROUS;
    request.limits.overall = GENEROUS;
    request
}

async fn dial(request: &DialRequest) -> Result<Dialed, DialError> {
    dialer().websocket(request, |_| {}).await
}

async fn flaw(request: &DialRequest) -> RedirectFlaw {
    let error = dial(request).await.unwrap_err();
    assert_eq!((error.phase, error.code()), (Phase::Upgrade, ErrorCode::RedirectRefused));
    assert!(error.http().is_some(), "the answer is kept");
    let DialCause::Upgrade(UpgradeCause::Redirect { flaw, .. }) = &error.cause else {
        panic!("no flaw in {error:?}")
    };
    *flaw
}

fn named(names: &[&str]) -> impl FnOnce(&mut rcgen::CertificateParams) {
    let names: Vec<SanType> =
        names.iter().map(|name| SanType::DnsName((*name).try_into().unwrap())).collect();
    |params| params.subject_alt_names = names
}

#[tokio::test]
async fn a_path_that_moved_is_followed_and_the_server_still_knows_who_asks() {
    for status in [301, 302, 303, 307, 308] {
        let site =
            Site::plain([("/old", status, "deep/er".into()), ("/deep/er", status, "../new?v=2".into())])
                .await;
        let asked = request(&format!("ws://one.example:{}/old?q=1", site.port()));
        let mut told = Vec::new();
        let dialed = dialer().websocket(&asked, |event| told.push(event)).await.unwrap();
        assert_eq!(site.paths(), ["/old?q=1", "/deep/er", "/new?v=2"]);
        for request in site.asked() {
            assert!(request.starts_with("GET "), "{request}");
            assert_eq!(header(&request, "authorization"), Some("Bearer b3arer-s3cret"));
            assert_eq!(header(&request, "x-company-key"), Some("h3ader-s3cret"));
        }
        let report = &dialed.report;
        assert_eq!(report.url(&asked.url).path(), "/new");
        assert!(report.redirects.iter().all(|one| one.status == status && !one.other_origin));
        let hops: Vec<_> = report.phases.iter().map(|one| (one.hop, one.phase)).collect();
        let phases = [Phase::Resolve, Phase::Connect, Phase::Upgrade];
        assert_eq!(hops, [0, 1, 2].map(|hop| phases.map(|phase| (hop, phase))).concat());
        let Some(PhaseFacts::Upgrade(facts)) = report.phase(Phase::Upgrade).map(|one| &one.facts) else {
            panic!("no upgrade facts")
        };
        assert_eq!(facts.status.unwrap(), 101, "the last one counts");
        let led: Vec<_> = told.iter().filter(|one| matches!(one, PhaseEvent::Redirected(_))).collect();
        assert_eq!((led.len(), told.len()), (2, 2 * 9 + 2));
    }
}

#[tokio::test]
async fn another_host_gets_to_see_no_credential_no_cookie_and_no_header() {
    let authority = Authority::new();
    let second = Site::encrypted(authority.server(named(&["two.example"])), []).await;
    let to = format!("https://two.example:{}/feed?room=lobby", second.port());
    let first = Site::encrypted(authority.server(named(&["one.example"])), [("/old", 307, to)]).await;
    let mut asked = request(&format!("wss://one.example:{}/old?room=lobby", first.port()));
    asked.tls.ca_file = Some(authority.ca_file());
    asked.subprotocols = vec!["feed".into()];
    let dialed = dial(&asked).await.unwrap();
    assert_eq!(header(&first.asked()[0], "authorization"), Some("Bearer b3arer-s3cret"));
    let seen = second.asked().concat();
    assert!(seen.starts_with("GET /feed?room=lobby HTTP/1.1\r\n"), "{seen}");
    assert_eq!(header(&seen, "host"), Some(format!("two.example:{}", second.port()).as_str()));
    for absent in ["authorization", "cookie", "x-company-key", "referer"] {
        assert_eq!(header(&seen, absent), None);
    }
    assert!(!seen.contains("s3cret"), "{seen}");
    assert_eq!((dialed.remote, dialed.subprotocol.as_deref()), (second.peer.address, Some("feed")));
    assert!(dialed.report.redirects[0].other_origin);
    assert_eq!(dialed.report.url(&asked.url).host_str(), Some("two.example"));
}

#[tokio::test]
async fn another_host_that_asks_for_a_client_certificate_gets_none() {
    let authority = Authority::new();
    let mut roots = RootCertStore::empty();
    roots.add(authority.certificate.der().clone()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let clients = || {
        WebPkiClientVerifier::builder_with_provider(Arc::new(roots.clone()), Arc::clone(&provider))
            .allow_unauthenticated()
            .build()
            .unwrap()
    };
    let asking = |name: &str| authority.server_asking(rustls::ALL_VERSIONS, clients(), named(&[name]));
    let second = Site::encrypted(asking("two.example"), []).await;
    let to = format!("wss://two.example:{}/", second.port());
    let first = Site::encrypted(asking("one.example"), [("/old", 308, to)]).await;

    let key = rcgen::KeyPair::generate().unwrap();
    let params = rcgen::CertificateParams::new(vec!["client.example".to_owned()]).unwrap();
    let certificate = params.signed_by(&key, &authority.issuer).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("client.pem");
    std::fs::write(&file, certificate.pem() + &key.serialize_pem()).unwrap();

    let mut asked = request(&format!("wss://one.example:{}/old", first.port()));
    asked.tls.ca_file = Some(authority.ca_file());
    asked.tls.client_cert = Some(file);
    let dialed = dial(&asked).await.unwrap();
    let answers: Vec<_> = dialed
        .report
        .phases
        .iter()
        .filter_map(|one| match &one.facts {
            PhaseFacts::Tls(facts) => Some(facts.client_auth),
            PhaseFacts::Resolve(_)
            | PhaseFacts::Connect(_)
            | PhaseFacts::Proxy(_)
            | PhaseFacts::Upgrade(_)
            | PhaseFacts::Exchange(_) => None,
        })
        .collect();
    assert_eq!(answers, [dial::ClientAuth::Sent, dial::ClientAuth::NoneSent]);
}

#[tokio::test]
async fn a_server_that_keeps_the_query_cannot_make_us_hand_its_token_to_another_host() {
    let authority = Authority::new();
    let second = Site::encrypted(authority.server(named(&["two.example"])), []).await;
    let to = format!("wss://two.example:{}/feed?token=qu3ry-s3cret", second.port());
    let first = Site::encrypted(authority.server(named(&["one.example"])), [("/feed", 301, to)]).await;
    let mut asked = DialRequest::new(format!("wss://one.example:{}/feed", first.port()).parse().unwrap());
    asked.credential = Some(Credential::query(vec![("token".into(), "qu3ry-s3cret".into())]).unwrap());
    asked.tls.ca_file = Some(authority.ca_file());
    let error = dial(&asked).await.unwrap_err();
    assert_eq!(error.code(), ErrorCode::RedirectRefused);
    assert!(!error.detail().contains("s3cret"), "{}", error.detail());
    assert_eq!(first.paths(), ["/feed?token=qu3ry-s3cret"]);
    assert!(second.asked().is_empty());
}

#[tokio::test]
async fn encryption_is_never_left_and_an_unproven_voice_leads_to_no_other_host() {
    let authority = Authority::new();
    let plain = Site::plain([]).await;
    let down = format!("http://one.example:{}/", plain.port());
    let encrypted = Site::encrypted(authority.server(named(&["one.example"])), [("/old", 302, down)]).await;
    let mut asked = request(&format!("wss://one.example:{}/old", encrypted.port()));
    asked.tls.ca_file = Some(authority.ca_file());
    assert_eq!(flaw(&asked).await, RedirectFlaw::Downgrade);

    let portal = format!("http://portal.example:{}/login", plain.port());
    let captured = Site::plain([("/feed", 302, portal)]).await;
    let asked = request(&format!("ws://one.example:{}/feed", captured.port()));
    assert_eq!(flaw(&asked).await, RedirectFlaw::Unproven);
    assert!(plain.asked().is_empty(), "nobody went there");
}

#[tokio::test]
async fn encryption_is_taken_up_where_the_server_asks_for_it_but_as_another_origin() {
    let authority = Authority::new();
    let encrypted = Site::encrypted(authority.server(named(&["one.example"])), []).await;
    let up = format!("https://one.example:{}/feed", encrypted.port());
    let plain = Site::plain([("/feed", 301, up)]).await;
    let mut asked = request(&format!("ws://one.example:{}/feed", plain.port()));
    asked.tls.ca_file = Some(authority.ca_file());
    let dialed = dial(&asked).await.unwrap();
    assert!(dialed.stream.get_ref().is_encrypted());
    assert!(!encrypted.asked().concat().contains("s3cret"));
}

#[tokio::test]
async fn loops_and_a_fourth_redirect_end_and_cost_no_more_than_four_requests() {
    let site = Site::plain([
        ("/self", 302, "/self".into()),
        ("/there", 302, "/back".into()),
        ("/back", 302, "/there".into()),
        ("/1", 302, "/2".into()),
        ("/2", 302, "/3".into()),
        ("/3", 302, "/4".into()),
        ("/4", 302, "/5".into()),
    ])
    .await;
    let at = |path: &str| request(&format!("ws://one.example:{}{path}", site.port()));
    assert_eq!(flaw(&at("/self")).await, RedirectFlaw::Loop);
    assert_eq!(flaw(&at("/there")).await, RedirectFlaw::Loop);
    assert_eq!(flaw(&at("/1")).await, RedirectFlaw::TooMany);
    assert_eq!(site.paths(), ["/self", "/there", "/back", "/1", "/2", "/3", "/4"]);
    assert!(dial(&at("/2")).await.is_ok(), "three are followed");
}

#[tokio::test]
async fn a_redirect_that_names_no_place_is_refused_with_what_it_said() {
    let site = Site::plain([
        ("/none", 302, String::new()),
        ("/twice", 302, "/a\r\nLocation: /b".into()),
        ("/broken", 302, "http://[::1".into()),
        ("/mail", 302, "mailto:somebody@one.example?token=s3cret".into()),
    ])
    .await;
    let at = |path: &str| request(&format!("ws://one.example:{}{path}", site.port()));
    for path in ["/none", "/twice", "/broken"] {
        assert_eq!(flaw(&at(path)).await, RedirectFlaw::Target, "{path}");
    }
    let error = dial(&at("/mail")).await.unwrap_err();
    assert_eq!(
        error.detail(),
        "HTTP 302 Found: redirects to mailto:somebody@one.example; not followed: it does not lead to a WebSocket"
    );
}

#[tokio::test]
async fn every_hop_shares_the_time_of_the_whole_attempt() {
    let site = Peer::start(|mut stream| async move {
        let request = read_request(&mut stream).await?;
        if request.starts_with("GET /feed") {
            let told = b"HTTP/1.1 302 Found\r\nLocation: /silent\r\nContent-Length: 0\r\n\r\n";
            stream.write_all(told).await?;
        }
        until_closed(&mut stream).await;
        Ok(())
    })
    .await;
    let mut asked = site.request();
    asked.limits.upgrade = GENEROUS;
    asked.limits.overall = Duration::from_millis(500);
    let begun = Instant::now();
    let error = dial(&asked).await.unwrap_err();
    assert_eq!((error.phase, error.code()), (Phase::Upgrade, ErrorCode::AttemptTimeout));
    assert_eq!((error.report.redirects.len(), error.report.phases.len()), (1, 6));
    assert!(begun.elapsed() < GENEROUS / 2);
    assert_eq!(error.addresses(), [site.address]);
}

#[tokio::test]
async fn a_next_server_that_does_not_listen_is_the_one_to_knock_at() {
    let (_kept, port) = closed_port();
    let gone = SocketAddr::from(([127, 0, 0, 1], port));
    let site = Site::plain([("/feed", 302, format!("//one.example:{port}/feed"))]).await;
    let error = dial(&request(&format!("ws://one.example:{}/feed", site.port()))).await.unwrap_err();
    assert_eq!((error.phase, error.code()), (Phase::Connect, ErrorCode::ConnectionRefused));
    assert_eq!(error.addresses(), [gone]);
    assert_eq!(error.report.redirects[0].to.port(), Some(port));
}

#[tokio::test]
async fn both_names_are_remembered_for_the_day_the_lookup_fails() {
    let authority = Authority::new();
    let second = Site::encrypted(authority.server(named(&["two.example"])), []).await;
    let to = format!("wss://two.example:{}/", second.port());
    let first = Site::encrypted(authority.server(named(&["one.example"])), [("/old", 307, to)]).await;
    let mut asked = request(&format!("wss://one.example:{}/old", first.port()));
    asked.tls.ca_file = Some(authority.ca_file());
    let knowing = dialer().with_memory(AddressMemory::default());
    assert!(knowing.websocket(&asked, |_| {}).await.is_ok());
    let memory = knowing.memory().unwrap();
    assert_eq!(memory.len(), 2);
    let dead = names::dialer(|_| Err(ResolveError::new(ResolveErrorKind::TryAgain, "as told")));
    let dialed = dead.with_memory(memory).websocket(&asked, |_| {}).await.unwrap();
    assert_eq!(dialed.remote, second.peer.address);
}

#[tokio::test]
async fn every_hop_goes_through_the_proxy() {
    let site = Site::plain([("/feed", 302, "/new".into())]).await;
    let proxy = Proxy::http(site.peer.address, None).await;
    let mut asked = request("ws://one.example/feed");
    asked.proxy = ProxyChoice::Url(proxy.url(""));
    let dialed = dial(&asked).await.unwrap();
    assert_eq!(site.paths(), ["/feed", "/new"]);
    let passages = dialed.report.phases.iter().filter(|one| one.phase == Phase::Proxy).count();
    assert_eq!((passages, dialed.report.url(&asked.url).as_str()), (2, "ws://one.example/new"));
}
