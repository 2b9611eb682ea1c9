//! Steps C1 and C2 and the ghost host against servers of the test.

use std::net::SocketAddr;

use dial::ProxyChoice;
use model::check::Step;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpListener,
    task::JoinHandle,
};
use tokio_util::sync::CancellationToken;

use super::*;
use crate::{
    Facts,
    facts::PortalEnd,
    trial::{closed_port, inquiry, subject},
};

fn notebook() -> Notebook {
    Notebook::new("run".into(), CancellationToken::new(), None)
}

async fn knocked(inquiry: &Inquiry) -> (Facts, Step, Step) {
    let notebook = notebook();
    knock(&notebook, inquiry, &Dialer::new()).await;
    let (facts, steps) = notebook.contents();
    let step = |id| steps.iter().find(|one| one.id == id).unwrap().clone();
    assert_eq!(steps.len(), 2);
    (facts, step(StepId::C1), step(StepId::C2))
}

fn ends(facts: &Facts) -> Vec<(&str, Option<AddressEnd>)> {
    facts.controls.iter().map(|one| (one.id.as_str(), one.end.clone())).collect()
}

/// Answers one request with what is made of its head, and gives the head back.
async fn serve(answer: impl FnOnce(&str) -> String + Send + 'static) -> (SocketAddr, JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let served = tokio::spawn(async move {
        let mut stream = listener.accept().await.unwrap().0;
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(stream.read_u8().await.unwrap());
        }
        let head = String::from_utf8(head).unwrap();
        stream.write_all(answer(&head).as_bytes()).await.unwrap();
        head
    });
    (address, served)
}

/// How the step ends when the control page answers like this.
async fn page(answer: impl FnOnce(&str) -> String + Send + 'static) -> (PortalEnd, Step) {
    let (address, _served) = serve(answer).await;
    let control_url = Some(format!("http://{address}/generate_204").parse().unwrap());
    let (facts, _, step) = knocked(&Inquiry { control_url, ..inquiry(vec![]) }).await;
    (facts.computer.portal.unwrap().end, step)
}

fn header<'a>(head: &'a str, name: &str) -> &'a str {
    let of = |line: &'a str| line.split_once(": ").filter(|(key, _)| key.eq_ignore_ascii_case(name));
    head.lines().find_map(of).unwrap().1
}

#[tokio::test]
async fn other_endpoints_are_knocked_at_once_each() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let open = listener.local_addr().unwrap();
    let closed = closed_port();
    let mut asked = inquiry(vec![subject("checked", "wss://server.example/")]);
    asked.controls = vec![
        subject("open", &format!("wss://{open}/socket")),
        subject("same", &format!("ws://{open}/other")),
        subject("closed", &format!("ws://{closed}/")),
        subject("nameless", "ws://no-such-host.invalid/"),
        subject("self", "wss://server.example/again"),
    ];
    let (facts, step, page) = knocked(&asked).await;
    let expected =
        [("open", Some(AddressEnd::Connected)), ("closed", Some(AddressEnd::Refused)), ("nameless", None)];
    assert_eq!(ends(&facts), expected);
    assert_eq!((step.status, page.status), (StepStatus::Pass, StepStatus::Na));
    let mut said = Vec::new();
    listener.accept().await.unwrap().0.read_to_end(&mut said).await.unwrap();
    assert_eq!(said, b"", "a knock says nothing");
}

#[tokio::test]
async fn nobody_knocks_where_a_check_goes_anyway() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let open = listener.local_addr().unwrap();
    let both = [subject("a", &format!("ws://{open}/")), subject("b", "ws://b.invalid/")];
    for subjects in [both.to_vec(), both[..1].to_vec()] {
        let (facts, step, _) = knocked(&inquiry(subjects)).await;
        assert_eq!((ends(&facts), step.status), (vec![], StepStatus::Na));
    }
    assert!(tokio::time::timeout(Duration::ZERO, listener.accept()).await.is_err(), "nobody came");
}

#[tokio::test]
async fn endpoints_behind_a_proxy_are_no_controls() {
    let mut far = subject("far", "wss://far.example/");
    let proxy = ProxyChoice::Url("http://127.0.0.1:9".parse().unwrap());
    far.request = far.request.map(|one| DialRequest { proxy, ..one });
    let asked = Inquiry { controls: vec![far], ..inquiry(vec![]) };
    let (facts, step, _) = knocked(&asked).await;
    assert_eq!((ends(&facts), step.status), (vec![], StepStatus::Na));
    assert_eq!(step.detail["behind_proxy"], json!(1));
}

#[tokio::test]
async fn a_page_that_answers_204_with_the_challenge_is_the_real_one() {
    let echo = |head: &str| {
        let challenge = header(head, "x-linekeeper-challenge");
        format!("HTTP/1.1 204 No Content\r\nX-Linekeeper-Response: response {challenge}\r\n\r\n")
    };
    let (end, step) = page(echo).await;
    assert_eq!((end, step.status), (PortalEnd::Clear { echo_missing: false }, StepStatus::Pass));
    assert_eq!(step.detail["way"], json!("direct"));
}

#[tokio::test]
async fn a_challenge_that_some_cache_strips_is_no_portal() {
    for answer in ["", "X-Linekeeper-Response: response old\r\n"] {
        let (end, step) = page(move |_| format!("HTTP/1.1 204 No Content\r\n{answer}\r\n")).await;
        assert_eq!((end, step.status), (PortalEnd::Clear { echo_missing: true }, StepStatus::Pass));
    }
}

#[tokio::test]
async fn a_page_or_a_way_to_another_host_is_a_sign_in_page_and_is_not_opened() {
    let trap = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = trap.local_addr().unwrap().port();
    let away =
        format!("Location: http://localhost:{port}/login?mac=aa:bb&ticket=secret\r\nContent-Length: 0\r\n");
    let cases = [
        (format!("HTTP/1.1 302 Found\r\n{away}\r\n"), format!("http://localhost:{port}")),
        (
            "HTTP/1.1 200 OK\r\nContent-Length: 40\r\n\r\n<html><TITLE>\n Hotel Sign-in</title></html>"
                .into(),
            "Hotel Sign-in".into(),
        ),
        (
            "HTTP/1.1 511 Network Authentication Required\r\nContent-Length: 0\r\n\r\n".into(),
            "status 511".into(),
        ),
    ];
    for (answer, found) in cases {
        let (end, step) = page(move |_| answer).await;
        assert_eq!((end, step.status), (PortalEnd::Portal(found), StepStatus::Fail));
    }
    let opened = tokio::time::timeout(Duration::ZERO, trap.accept()).await;
    assert!(opened.is_err(), "nobody followed");
}

#[tokio::test]
async fn answers_that_prove_nothing_are_said_as_they_are() {
    let own_https = |head: &str| {
        let host = header(head, "host").split(':').next().unwrap();
        format!("HTTP/1.1 301 Moved\r\nLocation: https://{host}/generate_204\r\nContent-Length: 0\r\n\r\n")
    };
    let (end, step) = page(own_https).await;
    assert!(matches!(end, PortalEnd::Unknown(_)), "{end:?}");
    assert_eq!(step.status, StepStatus::Warn);
    for answer in ["HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n", "SSH-2.0-OpenSSH\r\n", ""] {
        let (end, _) = page(move |_| answer.to_owned()).await;
        assert!(matches!(end, PortalEnd::Unknown(_)), "{end:?}");
    }
    let control_url = Some("https://server.example/".parse().unwrap());
    let (facts, _, step) = knocked(&Inquiry { control_url, ..inquiry(vec![]) }).await;
    assert_eq!((facts.computer.portal, step.status), (None, StepStatus::Na));
}

#[tokio::test]
async fn whoever_answers_for_a_host_that_cannot_exist_is_a_proxy_on_the_way() {
    let answer = "HTTP/1.1 400 Bad Request\r\nVia: 1.1 squid\u{202e}\r\nContent-Length: 0\r\n\r\n";
    let (address, served) = serve(move |_| answer.to_owned()).await;
    let (notebook, url) = (notebook(), Url::parse(&format!("http://{address}/")).unwrap());
    portal::ghost(&notebook, &url, KNOCK, &Dialer::new()).await;
    assert!(header(&served.await.unwrap(), "host").ends_with(".invalid"));
    assert_eq!(notebook.known(|facts| facts.computer.ghost_answered.clone()).as_deref(), Some("1.1 squid"));
}

#[tokio::test]
async fn nobody_answers_for_a_ghost_where_no_proxy_is() {
    let closed = closed_port();
    let (silent, _served) = serve(|_| String::new()).await;
    for address in [closed, silent] {
        let (notebook, url) = (notebook(), Url::parse(&format!("http://{address}/")).unwrap());
        portal::ghost(&notebook, &url, KNOCK, &Dialer::new()).await;
        assert_eq!(notebook.known(|facts| facts.computer.ghost_answered.clone()), None);
    }
}

#[tokio::test]
async fn a_check_that_is_cut_short_does_not_wait_for_a_page_that_never_comes() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let control_url = Some(format!("http://{}/", listener.local_addr().unwrap()).parse().unwrap());
    let cancel = CancellationToken::new();
    let notebook = Notebook::new("run".into(), cancel.clone(), None);
    let (asked, dialer) = (Inquiry { control_url, ..inquiry(vec![]) }, Dialer::new());
    let accepted = async {
        let held = listener.accept().await.unwrap();
        cancel.cancel();
        held
    };
    let _held = tokio::join!(knock(&notebook, &asked, &dialer), accepted);
    let ends: Vec<_> = notebook.contents().1.iter().map(|step| (step.id, step.status)).collect();
    assert_eq!(ends, [(StepId::C1, StepStatus::Na), (StepId::C2, StepStatus::Cancelled)]);
}
