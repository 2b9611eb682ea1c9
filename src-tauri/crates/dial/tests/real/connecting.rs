//! Names and addresses: what fails, what is silent, who wins.

use std::{net::IpAddr, sync::mpsc, time::Duration};

use dial::{
    AddressOutcome, DialCause, DialError, DialRequest, Dialer, Phase, PhaseFacts, RequestFlaw, ResolveError,
    ResolveErrorKind, Timeout, TimeoutScope,
};
use model::ErrorCode;
use socket2::{Domain, Socket, Type};
use tokio::net::{TcpListener, TcpStream};
use url::Url;

use crate::{
    names::dialer,
    peer::{GENEROUS, Peer, refused},
};

fn request(url: &str) -> DialRequest {
    DialRequest::new(Url::parse(url).unwrap())
}

/// A port of 127.0.0.1 where nothing listens: bound, so that nobody else takes it meanwhile.
pub(crate) fn closed_port() -> (Socket, u16) {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
    socket.bind(&std::net::SocketAddr::from(([127, 0, 0, 1], 0)).into()).unwrap();
    let port = socket.local_addr().unwrap().as_socket().unwrap().port();
    (socket, port)
}

#[tokio::test]
async fn a_closed_port_is_refused_and_can_be_knocked_at_later() {
    let (_kept, port) = closed_port();
    let error = refused(&request(&format!("ws://127.0.0.1:{port}/"))).await;
    assert_eq!((error.phase, error.code()), (Phase::Connect, ErrorCode::ConnectionRefused));
    let DialCause::Connect(addresses) = &error.cause else { panic!("no addresses in {error:?}") };
    let AddressOutcome::Failed(failure) = &addresses[0].outcome else {
        panic!("no failure in {addresses:?}")
    };
    assert!(failure.errno.is_some());
    assert!(error.detail().starts_with(&format!("127.0.0.1:{port}: ")), "{}", error.detail());

    let knocked = Dialer::knock(error.addresses()[0], GENEROUS).await.unwrap_err();
    assert_eq!(knocked.kind(), std::io::ErrorKind::ConnectionRefused);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    Dialer::knock(listener.local_addr().unwrap(), GENEROUS).await.unwrap();
}

/// A listener whose queue is full: Linux then drops what knocks, as a firewall does.
#[cfg(target_os = "linux")]
struct BlackHole {
    listener: Socket,
    _queued: Vec<TcpStream>,
}

#[cfg(target_os = "linux")]
impl BlackHole {
    async fn open() -> Self {
        Self::open_at(IpAddr::from([127, 0, 0, 1])).await.unwrap()
    }

    /// Fails where this computer has no such address.
    async fn open_at(address: IpAddr) -> std::io::Result<Self> {
        let address = std::net::SocketAddr::new(address, 0);
        let listener = Socket::new(Domain::for_address(address), Type::STREAM, None)?;
        listener.bind(&address.into())?;
        listener.listen(0)?;
        let address = listener.local_addr()?.as_socket().unwrap();
        let mut hole = Self { listener, _queued: Vec::new() };
        // Connections are queued until one hangs.
        while let Ok(Ok(stream)) =
            tokio::time::timeout(Duration::from_millis(300), TcpStream::connect(address)).await
        {
            hole._queued.push(stream);
        }
        Ok(hole)
    }

    fn port(&self) -> u16 {
        self.listener.local_addr().unwrap().as_socket().unwrap().port()
    }
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn an_address_that_swallows_everything_ends_at_the_limit_per_address_or_with_the_attempt() {
    let hole = BlackHole::open().await;
    let mut request = request(&format!("ws://127.0.0.1:{}/", hole.port()));
    request.limits.connect = Duration::from_millis(200);
    let error = refused(&request).await;
    assert_eq!((error.phase, error.code()), (Phase::Connect, ErrorCode::ConnectTimeout));
    assert_eq!(error.detail(), format!("127.0.0.1:{}: no answer within 200ms", hole.port()));
    assert_eq!(error.addresses().len(), 1);

    request.limits.connect = GENEROUS;
    request.limits.overall = Duration::from_millis(200);
    let error = refused(&request).await;
    assert_eq!((error.phase, error.code()), (Phase::Connect, ErrorCode::AttemptTimeout));
    assert_eq!(error.addresses().len(), 1, "still known for a later knock");

    let knocked = Dialer::knock(error.addresses()[0], Duration::from_millis(100)).await.unwrap_err();
    assert_eq!(knocked.kind(), std::io::ErrorKind::TimedOut);
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_silent_address_does_not_hold_up_the_next_one() {
    let hole = BlackHole::open().await;
    let listener = TcpListener::bind(("127.0.0.2", hole.port())).await.unwrap();
    let peer = Peer::on(listener, |stream| async {
        let socket = tokio_tungstenite::accept_async(stream).await.map_err(std::io::Error::other)?;
        std::future::pending::<()>().await;
        drop(socket);
        Ok(())
    });
    let dialer = dialer(|_| Ok(vec![[127, 0, 0, 1].into(), [127, 0, 0, 2].into()]));
    let request = request(&format!("ws://two.example:{}/", hole.port()));
    let dialed = dialer.websocket(&request, |_| {}).await.unwrap();
    assert_eq!(dialed.remote, peer.address);
    let Some(PhaseFacts::Connect(facts)) = dialed.report.phase(Phase::Connect).map(|one| &one.facts) else {
        panic!("no connect facts")
    };
    assert_eq!(facts.addresses[0].outcome, AddressOutcome::Overtaken);
    assert_eq!(facts.addresses[1].outcome, AddressOutcome::Connected);
    assert!(facts.addresses[1].started.unwrap() >= Duration::from_millis(250));
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_server_behind_an_ipv6_black_hole_is_reached_by_ipv4() {
    let Ok(hole) = BlackHole::open_at(IpAddr::from(std::net::Ipv6Addr::LOCALHOST)).await else {
        // No IPv6 here; the race itself is tested on paused time.
        return;
    };
    let listener = TcpListener::bind(("127.0.0.1", hole.port())).await.unwrap();
    let peer = Peer::on(listener, |stream| async {
        let socket = tokio_tungstenite::accept_async(stream).await.map_err(std::io::Error::other)?;
        std::future::pending::<()>().await;
        drop(socket);
        Ok(())
    });
    // As the system sorts them.
    let six = IpAddr::from(std::net::Ipv6Addr::LOCALHOST);
    let dialer = dialer(move |_| Ok(vec![six, [127, 0, 0, 1].into()]));
    let request = request(&format!("ws://both.example:{}/", hole.port()));
    let dialed = dialer.websocket(&request, |_| {}).await.unwrap();
    assert_eq!(dialed.remote, peer.address);
    let Some(PhaseFacts::Connect(facts)) = dialed.report.phase(Phase::Connect).map(|one| &one.facts) else {
        panic!("no connect facts")
    };
    assert_eq!(facts.addresses[0].outcome, AddressOutcome::Overtaken);
    assert_eq!(facts.addresses[1].outcome, AddressOutcome::Connected);
    // Started after the stagger, and not only when the first one had its 5 s.
    let started = facts.addresses[1].started.unwrap();
    assert!(started >= Duration::from_millis(250) && started < request.limits.connect, "{started:?}");
}

#[tokio::test]
async fn a_flood_of_addresses_is_cut_and_said_to_be() {
    let (_kept, port) = closed_port();
    let dialer = dialer(|_| Ok((1..=100).map(|last| IpAddr::from([127, 0, 0, last])).collect()));
    let error = dialer.websocket(&request(&format!("ws://many.example:{port}/")), |_| {}).await.unwrap_err();
    assert_eq!(error.addresses().len(), 16);
    let PhaseFacts::Resolve(facts) = &error.report.phases[0].facts else { panic!("no resolve facts") };
    assert_eq!((facts.addresses.len(), facts.left_out), (16, 84));
    assert!(error.detail().chars().count() <= 300);
}

fn failing(kind: ResolveErrorKind) -> Dialer {
    dialer(move |_| Err(ResolveError::new(kind, "as told")))
}

#[tokio::test]
async fn failed_lookups_are_told_apart_and_leave_no_address() {
    for (kind, code) in [
        (ResolveErrorKind::NotFound, ErrorCode::DnsNotFound),
        (ResolveErrorKind::TryAgain, ErrorCode::DnsFailed),
        (ResolveErrorKind::Failed, ErrorCode::DnsFailed),
    ] {
        let error = failing(kind).websocket(&request("ws://no.example/"), |_| {}).await.unwrap_err();
        assert_eq!((error.phase, error.code(), error.detail().as_str()), (Phase::Resolve, code, "as told"));
        assert!(error.addresses().is_empty());
    }
}

#[tokio::test]
async fn a_lookup_that_hangs_ends_at_its_limit_or_with_the_attempt() {
    let (gate, receiver) = mpsc::channel::<()>();
    let receiver = std::sync::Mutex::new(receiver);
    let dialer = dialer(move |_| {
        let _ = receiver.lock().map(|gate| gate.recv());
        Ok(Vec::new())
    });
    let mut request = request("ws://slow.example/");
    let run =
        async |request: &DialRequest| -> DialError { dialer.websocket(request, |_| {}).await.unwrap_err() };

    request.limits.resolve = Duration::from_millis(100);
    let error = run(&request).await;
    assert_eq!((error.phase, error.code()), (Phase::Resolve, ErrorCode::DnsTimeout));
    assert_eq!(error.detail(), "no result of the name lookup within 100ms");

    request.limits.overall = Duration::from_millis(50);
    let error = run(&request).await;
    assert_eq!(error.code(), ErrorCode::AttemptTimeout);
    let expected =
        Timeout { phase: Phase::Resolve, limit: request.limits.overall, scope: TimeoutScope::Attempt };
    assert!(matches!(error.cause, DialCause::Timeout(found) if found == expected));
    drop(gate);
}

#[tokio::test]
async fn a_request_that_cannot_be_dialed_is_refused_before_anything_is_sent() {
    let error = refused(&request("ftp://127.0.0.1/")).await;
    assert_eq!((error.phase, error.code()), (Phase::Resolve, ErrorCode::ConfigInvalid));
    assert!(matches!(error.cause, DialCause::Request(RequestFlaw::Scheme(_))));
}
