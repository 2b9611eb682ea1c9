//! Names that cannot be looked up any more: when the addresses that worked stand in, and when they must not.

use std::{
    net::IpAddr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
        mpsc,
    },
    time::{Duration, SystemTime},
};

use dial::{
    AddressMemory, DialCause, DialRequest, Dialed, Dialer, Phase, PhaseFacts, ProxyCause, ProxyChoice,
    Remembered, ResolveError, ResolveErrorKind,
};
use model::ErrorCode;
use url::Url;

use crate::{
    names::dialer,
    peer::Peer,
    proxy_peer::Proxy,
    trust::{Authority, serving},
};

const HERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);

/// A dialer whose lookups work until the switch is thrown, and then fail like this.
fn failing_later(kind: ResolveErrorKind) -> (Dialer, Arc<AtomicBool>) {
    let broken = Arc::new(AtomicBool::new(false));
    let switch = Arc::clone(&broken);
    let dialer = dialer(move |_| {
        if switch.load(Ordering::SeqCst) { Err(ResolveError::new(kind, "as told")) } else { Ok(vec![HERE]) }
    });
    (dialer.with_memory(AddressMemory::default()), broken)
}

fn failing(kind: ResolveErrorKind, memory: AddressMemory) -> Dialer {
    dialer(move |_| Err(ResolveError::new(kind, "as told"))).with_memory(memory)
}

fn knowing(host: &str, address: IpAddr, ago: Duration) -> AddressMemory {
    let mut memory = AddressMemory::default();
    memory.worked(host, address, SystemTime::now() - ago);
    memory
}

fn request(scheme: &str, port: u16) -> DialRequest {
    DialRequest::new(Url::parse(&format!("{scheme}://feed.example:{port}/")).unwrap())
}

fn remembered(dialed: &Dialed) -> Option<&Remembered> {
    let Some(PhaseFacts::Resolve(facts)) = dialed.report.phase(Phase::Resolve).map(|one| &one.facts) else {
        panic!("no resolve facts")
    };
    facts.remembered.as_deref()
}

#[tokio::test]
async fn an_address_that_worked_stands_in_when_the_lookup_fails_and_it_is_told() {
    for kind in [ResolveErrorKind::TryAgain, ResolveErrorKind::Failed] {
        let peer = Peer::upgrading("").await;
        let (dialer, broken) = failing_later(kind);
        let request = request("ws", peer.address.port());
        let first = dialer.websocket(&request, |_| {}).await.unwrap();
        assert_eq!(remembered(&first), None);
        broken.store(true, Ordering::SeqCst);
        // A clone shares the memory.
        let second = dialer.clone().websocket(&request, |_| {}).await.unwrap();
        let told = remembered(&second).expect("it is told");
        assert_eq!((told.code, told.detail.as_str()), (ErrorCode::DnsFailed, "as told"));
        assert!(told.age < Duration::from_secs(60), "{told:?}");
        assert_eq!(second.remote, peer.address);
    }
}

#[tokio::test]
async fn it_stands_in_when_the_lookup_takes_too_long_but_not_when_the_attempt_does() {
    let (gate, receiver) = mpsc::channel::<()>();
    let receiver = Mutex::new(receiver);
    let dialer = dialer(move |_| {
        let _ = receiver.lock().map(|gate| gate.recv());
        Ok(Vec::new())
    })
    .with_memory(knowing("feed.example", HERE, Duration::from_secs(3600)));
    let peer = Peer::upgrading("").await;
    let mut request = request("ws", peer.address.port());
    request.limits.resolve = Duration::from_millis(100);
    let dialed = dialer.websocket(&request, |_| {}).await.unwrap();
    let told = remembered(&dialed).expect("it is told");
    assert_eq!(told.code, ErrorCode::DnsTimeout);
    assert!(told.age >= Duration::from_secs(3600));

    request.limits.overall = Duration::from_millis(50);
    let error = dialer.websocket(&request, |_| {}).await.unwrap_err();
    assert_eq!((error.phase, error.code()), (Phase::Resolve, ErrorCode::AttemptTimeout));
    drop(gate);
}

#[tokio::test]
async fn a_name_that_does_not_exist_is_believed_unless_tls_proves_who_answers() {
    let authority = Authority::new();
    let gone = || failing(ResolveErrorKind::NotFound, knowing("localhost", HERE, Duration::ZERO));
    let plain = Peer::upgrading("").await;
    let mut request = DialRequest::new(plain.url("ws"));
    request.url.set_host(Some("localhost")).unwrap();
    let error = gone().websocket(&request, |_| {}).await.unwrap_err();
    assert_eq!((error.phase, error.code()), (Phase::Resolve, ErrorCode::DnsNotFound));

    let server = serving(authority.server(|_| {})).await;
    let mut request = DialRequest::new(server.url("wss"));
    request.url.set_host(Some("localhost")).unwrap();
    request.tls.ca_file = Some(authority.ca_file());
    let dialed = gone().websocket(&request, |_| {}).await.unwrap();
    assert_eq!(remembered(&dialed).map(|told| told.code), Some(ErrorCode::DnsNotFound));
}

#[tokio::test]
async fn without_memory_or_after_a_day_the_lookup_has_the_last_word() {
    let peer = Peer::upgrading("").await;
    let request = request("ws", peer.address.port());
    let day = Duration::from_secs(24 * 3600);
    for memory in [AddressMemory::default(), knowing("feed.example", HERE, day)] {
        let error =
            failing(ResolveErrorKind::TryAgain, memory).websocket(&request, |_| {}).await.unwrap_err();
        assert_eq!((error.phase, error.code()), (Phase::Resolve, ErrorCode::DnsFailed));
    }
    let forgetful = dialer(|_| Ok(vec![HERE]));
    assert!(forgetful.websocket(&request, |_| {}).await.is_ok());
    assert_eq!(forgetful.memory(), None);
}

#[tokio::test]
async fn only_what_carried_a_whole_dial_is_remembered() {
    let refusing = Peer::answering("HTTP/1.1 503 Later\r\nContent-Length: 0\r\n\r\n").await;
    let (dialer, _) = failing_later(ResolveErrorKind::TryAgain);
    let refused = dialer.websocket(&request("ws", refusing.address.port()), |_| {}).await;
    assert!(refused.is_err() && dialer.memory().unwrap().is_empty());
    let good = Peer::upgrading("").await;
    assert!(dialer.websocket(&good.request(), |_| {}).await.is_ok());
    assert!(dialer.memory().unwrap().is_empty(), "a literal address needs no memory");
    assert!(dialer.websocket(&request("ws", good.address.port()), |_| {}).await.is_ok());
    let known = dialer.memory().unwrap().recall("feed.example", SystemTime::now());
    assert_eq!(known.iter().map(|one| one.0).collect::<Vec<_>>(), [HERE]);
}

#[tokio::test]
async fn remembered_addresses_that_fail_too_leave_the_lookup_as_the_cause() {
    let peer = Peer::upgrading("").await;
    let port = peer.address.port();
    // Nobody listens there: the peer has 127.0.0.1 alone.
    let elsewhere = IpAddr::from([127, 0, 0, 2]);
    let memory = knowing("feed.example", elsewhere, Duration::ZERO);
    let error = failing(ResolveErrorKind::TryAgain, memory)
        .websocket(&request("ws", port), |_| {})
        .await
        .unwrap_err();
    assert_eq!((error.phase, error.code()), (Phase::Connect, ErrorCode::DnsFailed));
    assert!(matches!(error.cause, DialCause::Remembered { .. }));
    assert!(
        error.detail().starts_with(&format!("as told; last good addresses: {elsewhere}:{port}: ")),
        "{error}"
    );
    assert_eq!(error.addresses(), [std::net::SocketAddr::new(elsewhere, port)]);
}

#[tokio::test]
async fn the_name_of_a_proxy_is_remembered_too() {
    let server = Peer::upgrading("").await;
    let proxy = Proxy::http(server.address, None).await;
    let (dialer, broken) = failing_later(ResolveErrorKind::TryAgain);
    let mut request = request("ws", 80);
    let mut url = proxy.url("");
    url.set_host(Some("proxy.example")).unwrap();
    request.proxy = ProxyChoice::Url(url);
    assert!(dialer.websocket(&request, |_| {}).await.is_ok());
    broken.store(true, Ordering::SeqCst);
    let dialed = dialer.websocket(&request, |_| {}).await.unwrap();
    assert!(remembered(&dialed).is_some());

    drop(proxy);
    let error = dialer.websocket(&request, |_| {}).await.unwrap_err();
    assert_eq!(error.code(), ErrorCode::ProxyUnreachable);
    let DialCause::Proxy(found) = &error.cause else { panic!("not the proxy's fault: {error:?}") };
    assert!(
        matches!(&found.cause, ProxyCause::Unreachable(cause) if matches!(**cause, DialCause::Remembered { .. }))
    );
}
