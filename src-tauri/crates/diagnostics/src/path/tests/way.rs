//! The way before TLS: names, addresses, proxies; and checks that cannot be made or are cut short.

use std::{sync::Arc, time::Duration};

use dial::{Dialer, Lookup, ProxyChoice, ResolveError, ResolveErrorKind};
use model::check::{Mode, StepId, StepStatus};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _, copy_bidirectional},
    net::TcpStream,
    time::timeout,
};

use super::{
    peer::{Do, Peer, well},
    stage::{SHORT, Seen, dialer, inquiry, notebook, subject, walk, walk_with},
};
use crate::{
    Unusable,
    facts::{AddressEnd, LookupEnd, ProxyEnd},
    path::{Limits, walk_within},
    trial::closed_port,
};

#[tokio::test]
async fn a_closed_port_ends_the_way_and_says_so_in_every_later_step() {
    let url = format!("wss://{}/", closed_port());
    let seen = walk(&subject(url.parse().unwrap())).await;
    assert_eq!(seen.endpoint().addresses[0].end, AddressEnd::Refused);
    assert_eq!((seen.status(StepId::D1), seen.status(StepId::D2)), (StepStatus::Fail, StepStatus::Na));
    for step in [StepId::E1, StepId::E2, StepId::F1, StepId::G1, StepId::G2, StepId::G3, StepId::H1] {
        assert_eq!((seen.status(step), seen.reason(step)), (StepStatus::Skip, "needs TCP, which failed"));
    }
    assert!(seen.step(StepId::D1).error_raw.as_ref().unwrap().contains("refused"));
    assert_eq!(seen.endpoint().upgrade, None);
}

#[tokio::test]
async fn every_address_is_judged_also_those_the_race_had_no_need_of() {
    let peer = Peer::start(well).await;
    let url = format!("ws://feed.example:{}/", peer.address.port());
    let dialer = dialer(&["127.0.0.1", "127.0.0.2", "127.0.0.1"]);
    let seen =
        walk_with(&subject(url.parse().unwrap()), &inquiry(Mode::Quick), &dialer, Limits::default()).await;
    let ends: Vec<_> =
        seen.endpoint().addresses.iter().map(|one| (one.address.to_string(), &one.end)).collect();
    assert_eq!(
        ends,
        [("127.0.0.1".to_owned(), &AddressEnd::Connected), ("127.0.0.2".to_owned(), &AddressEnd::Refused)]
    );
    assert_eq!((seen.status(StepId::D1), seen.status(StepId::G1)), (StepStatus::Warn, StepStatus::Pass));
    assert_eq!(seen.step(StepId::D1).detail["dead"], 1);
    let names = &seen.endpoint().names;
    assert!(matches!(&names.system, Some(LookupEnd::Found(found)) if found.len() == 2), "{names:?}");
    assert!(names.ms.is_some());
}

#[tokio::test]
async fn time_lost_to_a_dead_address_is_known() {
    let peer = Peer::start(well).await;
    let url = format!("ws://feed.example:{}/", peer.address.port());
    let dialer = dialer(&["127.0.0.2", "127.0.0.1"]);
    let seen =
        walk_with(&subject(url.parse().unwrap()), &inquiry(Mode::Quick), &dialer, Limits::default()).await;
    let race = seen.endpoint().race.clone().unwrap();
    assert_eq!(race.winner, Some("127.0.0.1".parse().unwrap()));
    assert!(race.lost > 0.0 && race.lost <= race.tcp.unwrap(), "{race:?}");
}

/// A port of 127.0.0.2 that swallows connections: its queue is full and nobody takes from it.
async fn silent_port(port: u16) -> (std::net::TcpListener, Vec<TcpStream>) {
    let listener = std::net::TcpListener::bind(("127.0.0.2", port)).unwrap();
    rustix::net::listen(&listener, 0).unwrap();
    let address = listener.local_addr().unwrap();
    let mut queued = Vec::new();
    while let Ok(Ok(one)) = timeout(Duration::from_millis(300), TcpStream::connect(address)).await {
        queued.push(one);
    }
    (listener, queued)
}

#[tokio::test]
async fn silence_is_no_refusal_and_other_addresses_do_not_wait_for_it() {
    let (listener, _queued) = silent_port(0).await;
    let url = format!("ws://127.0.0.2:{}/", listener.local_addr().unwrap().port());
    let seen = walk_with(&subject(url.parse().unwrap()), &inquiry(Mode::Quick), &Dialer::new(), SHORT).await;
    assert_eq!(seen.endpoint().addresses[0].end, AddressEnd::TimedOut);
    assert_eq!((seen.status(StepId::D1), seen.step(StepId::D1).attempts), (StepStatus::Fail, 1));

    let peer = Peer::start(well).await;
    let (_listener, _queued) = silent_port(peer.address.port()).await;
    let url = format!("ws://feed.example:{}/", peer.address.port());
    let dialer = dialer(&["127.0.0.2", "127.0.0.1"]);
    let short = Limits { step: Duration::from_secs(2), ..Limits::default() };
    let seen = walk_with(&subject(url.parse().unwrap()), &inquiry(Mode::Quick), &dialer, short).await;
    let ends: Vec<_> = seen.endpoint().addresses.iter().map(|one| one.end.clone()).collect();
    assert_eq!(ends, [AddressEnd::TimedOut, AddressEnd::Connected]);
    assert_eq!((seen.status(StepId::D1), seen.status(StepId::G1)), (StepStatus::Warn, StepStatus::Pass));
    let race = seen.endpoint().race.clone().unwrap();
    assert!(race.lost >= 240.0, "{race:?}");
    // The session did not wait for it.
    let place = |id| seen.steps.iter().position(|step| step.id == id);
    assert!(place(StepId::G1) < place(StepId::D1), "{:?}", seen.statuses());
}

struct Failing(ResolveErrorKind, Option<i32>);

impl Lookup for Failing {
    fn lookup(&self, _: &str) -> Result<Vec<std::net::IpAddr>, ResolveError> {
        let mut error = ResolveError::new(self.0, "as told");
        error.errno = self.1;
        Err(error)
    }
}

#[tokio::test]
async fn lookups_that_fail_are_told_apart() {
    type Expected = fn(&LookupEnd) -> bool;
    let cases: [(Failing, Expected); 4] = [
        (Failing(ResolveErrorKind::NotFound, None), |end| matches!(end, LookupEnd::NotFound(_))),
        (Failing(ResolveErrorKind::TryAgain, None), |end| matches!(end, LookupEnd::Temporary(_))),
        (Failing(ResolveErrorKind::Failed, None), |end| matches!(end, LookupEnd::Failed(_))),
        (Failing(ResolveErrorKind::Failed, Some(24)), |end| matches!(end, LookupEnd::OutOfResources(_))),
    ];
    for (lookup, expected) in cases {
        let dialer = Dialer::with_lookup(Arc::new(lookup));
        let subject = subject("wss://feed.example/".parse().unwrap());
        let seen = walk_with(&subject, &inquiry(Mode::Quick), &dialer, Limits::default()).await;
        assert!(expected(seen.endpoint().names.system.as_ref().unwrap()), "{:?}", seen.endpoint().names);
        assert_eq!(
            (seen.status(StepId::B1), seen.reason(StepId::D1)),
            (StepStatus::Fail, "needs the name, which failed")
        );
    }
}

struct Hanging;

impl Lookup for Hanging {
    fn lookup(&self, _: &str) -> Result<Vec<std::net::IpAddr>, ResolveError> {
        std::thread::sleep(Duration::from_secs(3));
        Err(ResolveError::new(ResolveErrorKind::TryAgain, "late"))
    }
}

#[tokio::test]
async fn a_lookup_without_end_is_given_up_and_a_check_that_is_cancelled_ends_at_once() {
    let dialer = Dialer::with_lookup(Arc::new(Hanging));
    let subject = subject("wss://feed.example/".parse().unwrap());
    let seen = walk_with(&subject, &inquiry(Mode::Quick), &dialer, SHORT).await;
    assert_eq!(seen.endpoint().names.system, Some(LookupEnd::TimedOut));

    let (notebook, quick) = (notebook(), inquiry(Mode::Quick));
    let cancel = notebook.cancelled().clone();
    tokio::join!(walk_within(Limits::default(), &notebook, &quick, &subject, 0, &dialer), async {
        tokio::task::yield_now().await;
        cancel.cancel();
    });
    let (_, steps) = notebook.contents();
    assert!(
        steps.iter().any(|step| step.id == StepId::B1 && step.status == StepStatus::Cancelled),
        "{steps:?}"
    );
}

/// A proxy that answers CONNECT with this, and opens the way where that is a success.
async fn proxy(answer: &'static str) -> Peer {
    Peer::raw(move |mut tcp| {
        Box::pin(async move {
            let mut head = Vec::new();
            while !head.ends_with(b"\r\n\r\n") {
                head.push(tcp.read_u8().await?);
            }
            tcp.write_all(answer.as_bytes()).await?;
            if answer.starts_with("HTTP/1.1 200") {
                let head = String::from_utf8_lossy(&head).into_owned();
                let to = head.split(' ').nth(1).unwrap_or_default().to_owned();
                let mut server = TcpStream::connect(to).await?;
                copy_bidirectional(&mut tcp, &mut server).await?;
            }
            tcp.shutdown().await
        })
    })
    .await
}

async fn through(proxy: &str) -> Seen {
    let peer = Peer::start(well).await;
    let mut subject = subject(peer.url("ws"));
    let url = format!("http://me:pr0xyword@{proxy}").parse().unwrap();
    subject.request.as_mut().unwrap().proxy = ProxyChoice::Url(url);
    let seen = walk(&subject).await;
    assert!(!seen.text().contains("pr0xyword"));
    seen
}

fn proxy_end(seen: &Seen) -> &ProxyEnd {
    &seen.endpoint().proxy.as_ref().unwrap().end
}

#[tokio::test]
async fn what_a_proxy_answers_is_known_and_nothing_behind_it_is_blamed() {
    let offers =
        "HTTP/1.1 407 No\r\nProxy-Authenticate: Negotiate, Basic realm=\"x\"\r\nContent-Length: 0\r\n\r\n";
    for (answer, end) in [
        (offers, ProxyEnd::LoginWanted(vec!["Negotiate".into(), "Basic".into()])),
        ("HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n", ProxyEnd::Status(403)),
        ("HTTP/1.1 502 No\r\nContent-Length: 0\r\n\r\n", ProxyEnd::Status(502)),
    ] {
        let seen = through(&proxy(answer).await.address.to_string()).await;
        assert_eq!(*proxy_end(&seen), end);
        assert_eq!((seen.status(StepId::D1), seen.status(StepId::D2)), (StepStatus::Pass, StepStatus::Fail));
        assert_eq!(seen.reason(StepId::G1), "needs the proxy, which failed");
        assert_eq!(seen.endpoint().proxy.as_ref().unwrap().source, "configuration");
    }
}

#[tokio::test]
async fn a_proxy_that_is_not_there_and_one_that_opens_the_way() {
    let seen = through(&closed_port().to_string()).await;
    assert!(matches!(proxy_end(&seen), ProxyEnd::Unreachable(_)), "{:?}", proxy_end(&seen));
    assert_eq!([seen.status(StepId::D1), seen.status(StepId::D2)], [StepStatus::Fail; 2]);

    let seen = through("proxy.invalid:3128").await;
    assert!(matches!(proxy_end(&seen), ProxyEnd::Unresolved(_)), "{:?}", proxy_end(&seen));
    assert_eq!([seen.status(StepId::B1), seen.status(StepId::D1)], [StepStatus::Na, StepStatus::Skip]);

    let open = proxy("HTTP/1.1 200 OK\r\n\r\n").await;
    let seen = through(&open.address.to_string()).await;
    assert_eq!(*proxy_end(&seen), ProxyEnd::Open);
    assert_eq!([StepId::D2, StepId::F1, StepId::G1].map(|step| seen.status(step)), [StepStatus::Pass; 3]);
    assert_eq!(seen.endpoint().proxy.as_ref().unwrap().server, open.address.to_string());
    let scope = seen.endpoint().quality.as_ref().unwrap().scope;
    assert_ne!(scope, crate::facts::TcpScope::EndToEnd);
}

#[tokio::test]
async fn an_endpoint_that_cannot_be_dialed_is_passed_over_with_the_reason() {
    let mut subject = subject("ws://127.0.0.1:9/".parse().unwrap());
    subject.request = Err(Unusable::Credential("keyring".into()));
    let seen = walk(&subject).await;
    assert!(seen.steps.iter().all(|step| step.status == StepStatus::Skip && step.reason.is_some()));
    assert!(seen.steps.len() >= 10);
}

#[tokio::test]
async fn large_packets_are_counted_in_a_deep_check() {
    let peer =
        Peer::start(
            |request, connection| {
                if request.contains("X-Diag-Padding") { Do::Nothing } else { well(request, connection) }
            },
        )
        .await;
    let mut deep = inquiry(Mode::Deep);
    deep.silence = Duration::from_millis(1);
    let seen = walk_with(&subject(peer.url("ws")), &deep, &Dialer::new(), SHORT).await;
    match (seen.status(StepId::D3), seen.endpoint().bulk) {
        (StepStatus::Pass, Some(bulk)) => assert!(bulk.acknowledged > 0, "{bulk:?}"),
        (StepStatus::Na, None) => {}
        other => panic!("{other:?}"),
    }
}
