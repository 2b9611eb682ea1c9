//! Dials that succeed, what they report, and what a dropped dial leaves behind.

use std::sync::{Arc, Mutex};

use dial::{DialRequest, Dialer, Phase, PhaseEvent, PhaseFacts, PhaseOutcome, Wire};
use futures_util::{SinkExt, StreamExt};
use tokio::{
    io::AsyncWriteExt,
    sync::mpsc,
    time::{sleep, timeout},
};
use tokio_tungstenite::{
    accept_async,
    tungstenite::{Error, Message},
};

use crate::{
    peer::{GENEROUS, Peer, accepting, dial, header, read_request, until_closed},
    trust::{Authority, serving},
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

#[tokio::test]
async fn a_session_opens_and_carries_messages_and_every_phase_is_told() {
    let peer = echo().await;
    let told = Arc::new(Mutex::new(Vec::new()));
    let (teller, request) = (Arc::clone(&told), peer.request());
    // Spawned, so that the future is known to be Send.
    let dialed = tokio::spawn(async move {
        Dialer::new().websocket(&request, |event| teller.lock().unwrap().push(event)).await
    });
    let mut dialed = dialed.await.unwrap().unwrap();

    dialed.stream.send(Message::text("hello")).await.unwrap();
    assert_eq!(dialed.stream.next().await.unwrap().unwrap(), Message::text("hello"));
    assert_eq!((dialed.remote, dialed.subprotocol.as_deref()), (peer.address, None));
    let Wire::Plain(tcp) = dialed.stream.get_ref().wire() else { panic!("ws is not encrypted") };
    assert_eq!(dialed.local, tcp.local_addr().unwrap());

    let order: Vec<_> = told
        .lock()
        .unwrap()
        .iter()
        .map(|event| match event {
            PhaseEvent::Started { phase, .. } => (*phase, None),
            PhaseEvent::Finished(report) => (report.phase, Some(report.outcome.clone())),
            PhaseEvent::Redirected(redirect) => panic!("nobody redirects: {redirect:?}"),
        })
        .collect();
    let phases = [Phase::Resolve, Phase::Connect, Phase::Upgrade];
    assert_eq!(order, phases.map(|phase| [(phase, None), (phase, Some(PhaseOutcome::Ok))]).concat());
    assert_eq!(dialed.report.phases.iter().map(|one| one.phase).collect::<Vec<_>>(), phases);
    let spent: std::time::Duration = dialed.report.phases.iter().map(|one| one.elapsed).sum();
    assert!(spent <= dialed.report.elapsed, "phases do not overlap");

    let PhaseFacts::Resolve(facts) = &dialed.report.phases[0].facts else { panic!("no resolve facts") };
    assert!(facts.literal && facts.addresses == [peer.address]);
    let PhaseFacts::Upgrade(facts) = &dialed.report.phases[2].facts else { panic!("no upgrade facts") };
    assert_eq!(facts.status.unwrap(), 101);
    assert!(facts.received > 0 && facts.headers.contains_key("sec-websocket-accept"));
}

#[tokio::test]
async fn an_http_url_is_dialed_as_ws_and_a_name_is_looked_up() {
    let peer = echo().await;
    let mut request = DialRequest::new(peer.url("http"));
    request.url.set_host(Some("localhost")).unwrap();
    let dialed = dial(&request).await.unwrap();
    assert_eq!(dialed.remote, peer.address);
    let PhaseFacts::Resolve(facts) = &dialed.report.phases[0].facts else { panic!("no resolve facts") };
    assert!(!facts.literal && facts.host == "localhost");
}

#[tokio::test]
async fn the_limits_of_the_request_are_those_of_the_socket() {
    let peer = echo().await;
    let config = *dial(&peer.request()).await.unwrap().stream.get_config();
    assert_eq!(config.max_message_size, Some(16 * 1024 * 1024));
    assert_eq!(config.max_frame_size, Some(16 * 1024 * 1024));
    assert_eq!(config.max_write_buffer_size, 1024 * 1024);

    let mut request = peer.request();
    request.limits.max_message_bytes = 1000;
    let mut dialed = dial(&request).await.unwrap();
    dialed.stream.send(Message::text("x".repeat(1000))).await.unwrap();
    assert_eq!(dialed.stream.next().await.unwrap().unwrap().len(), 1000);
    dialed.stream.send(Message::text("x".repeat(1001))).await.unwrap();
    assert!(matches!(dialed.stream.next().await, Some(Err(Error::Capacity(_)))));

    for bytes in [0, 1, 2, 70_000] {
        request.limits.max_write_buffer_bytes = bytes;
        assert!(dial(&request).await.is_ok(), "a write buffer of {bytes} bytes");
    }
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn the_kernel_ends_a_session_whose_path_is_dead_because_its_socket_is_told_to() {
    let authority = Authority::new();
    let plain = echo().await;
    let encrypted = serving(authority.server(|_| {})).await;
    let mut over_tls = DialRequest::new(encrypted.url("wss"));
    over_tls.tls.ca_file = Some(authority.ca_file());
    for request in [plain.request(), over_tls] {
        let dialed = dial(&request).await.unwrap();
        let socket = socket2::SockRef::from(dialed.stream.get_ref().tcp());
        let seconds = std::time::Duration::from_secs;
        assert!(socket.tcp_nodelay().unwrap() && socket.keepalive().unwrap());
        assert_eq!(socket.tcp_keepalive_time().unwrap(), seconds(15));
        assert_eq!(socket.tcp_keepalive_interval().unwrap(), seconds(5));
        assert_eq!(socket.tcp_keepalive_retries().unwrap(), 3);
        assert_eq!(socket.tcp_user_timeout().unwrap(), Some(seconds(20)));
    }
}

#[tokio::test]
async fn headers_go_out_and_the_chosen_subprotocol_comes_back() {
    let (sender, mut receiver) = mpsc::channel(1);
    let peer = Peer::start(move |mut stream| {
        let sender = sender.clone();
        async move {
            let request = read_request(&mut stream).await?;
            let answer = accepting(&request, "Sec-WebSocket-Protocol: b\r\n");
            sender.send(request).await.map_err(std::io::Error::other)?;
            stream.write_all(answer.as_bytes()).await?;
            until_closed(&mut stream).await;
            Ok(())
        }
    })
    .await;
    let mut request = peer.request();
    request.subprotocols = vec!["a".into(), "b".into()];
    request.headers.insert("authorization", "Bearer s3cret".parse().unwrap());
    request.headers.insert("host", "virtual.example".parse().unwrap());
    let dialed = dial(&request).await.unwrap();
    assert_eq!(dialed.subprotocol.as_deref(), Some("b"));

    let sent = receiver.recv().await.unwrap();
    assert!(sent.starts_with("GET /feed?token=t0ps3cret HTTP/1.1\r\n"), "{sent}");
    assert_eq!(header(&sent, "host"), Some("virtual.example"));
    assert_eq!(header(&sent, "authorization"), Some("Bearer s3cret"));
    assert_eq!(header(&sent, "sec-websocket-protocol"), Some("a, b"));
    assert!(header(&sent, "user-agent").unwrap().starts_with("linekeeper/"));
}

#[tokio::test]
async fn a_message_that_comes_with_the_answer_is_not_lost() {
    let peer = Peer::start(|mut stream| async move {
        let request = read_request(&mut stream).await?;
        let mut answer = accepting(&request, "").into_bytes();
        answer.extend(b"\x81\x05early");
        stream.write_all(&answer).await?;
        until_closed(&mut stream).await;
        Ok(())
    })
    .await;
    let mut dialed = dial(&peer.request()).await.unwrap();
    assert_eq!(dialed.stream.next().await.unwrap().unwrap(), Message::text("early"));
}

#[tokio::test]
async fn interim_answers_and_single_bytes_are_put_up_with() {
    let peer = Peer::start(|mut stream| async move {
        stream.set_nodelay(true)?;
        let request = read_request(&mut stream).await?;
        let answer = "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n".to_owned() + &accepting(&request, "");
        for byte in answer.bytes() {
            stream.write_u8(byte).await?;
            tokio::task::yield_now().await;
        }
        until_closed(&mut stream).await;
        Ok(())
    })
    .await;
    assert!(dial(&peer.request()).await.is_ok());
}

#[tokio::test]
async fn dropping_the_dial_closes_its_socket() {
    let (sender, mut receiver) = mpsc::channel(2);
    let peer = Peer::start(move |mut stream| {
        let sender = sender.clone();
        async move {
            read_request(&mut stream).await?;
            sender.send("asked").await.map_err(std::io::Error::other)?;
            until_closed(&mut stream).await;
            sender.send("closed").await.map_err(std::io::Error::other)
        }
    })
    .await;
    let request = peer.request();
    tokio::select! {
        _ = dial(&request) => panic!("nobody answered"),
        asked = receiver.recv() => assert_eq!(asked, Some("asked")),
        () = sleep(GENEROUS) => panic!("the request never came"),
    }
    let closed = timeout(GENEROUS, receiver.recv()).await.expect("the socket stayed open");
    assert_eq!(closed, Some("closed"));
}
