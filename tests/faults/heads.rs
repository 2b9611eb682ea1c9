//! Harms before and in the answer to the WebSocket request.

use std::time::Duration;

use anyhow::Result;
use link::Payload;
use model::{EndpointState, ErrorCode};
use suites::{
    fault_server::{FaultServer, RawFrame, Script, Upgrade},
    running_link::RunningLink,
};

use crate::trial::{BUFFERED, fails};

fn upgrading(upgrade: Upgrade) -> Script {
    Script::new().read_request().upgrade(upgrade).until_left()
}

#[tokio::test]
async fn a_header_larger_than_the_limit_is_not_taken() -> Result<()> {
    let script = upgrading(Upgrade::right().header("X-Large", &"x".repeat(20 << 10)));
    let after = fails(script, ErrorCode::HandshakeInvalid, |_| ()).await?;
    assert!(after.detail.contains("larger than 16 KiB"), "{}", after.detail);
    Ok(())
}

#[tokio::test]
async fn more_headers_than_anybody_needs_are_not_taken() -> Result<()> {
    let many = (0..500).fold(Upgrade::right(), |upgrade, _| upgrade.header("X", "y"));
    let after = fails(upgrading(many), ErrorCode::HandshakeInvalid, |_| ()).await?;
    assert!(after.detail.contains("too many headers"), "{}", after.detail);
    Ok(())
}

#[tokio::test]
async fn headers_that_never_end_are_cut_off() -> Result<()> {
    let script = Script::new()
        .read_request()
        .send("HTTP/1.1 101 Switching Protocols\r\n")
        .flood(format!("X-More: {}\r\n", "x".repeat(1_000)));
    let after = fails(script, ErrorCode::HandshakeInvalid, |_| ()).await?;
    for one in &after.seen {
        assert!(one.sent_bytes <= BUFFERED, "took {} bytes", one.sent_bytes);
    }
    Ok(())
}

#[tokio::test]
async fn headers_that_drip_end_at_the_deadline() -> Result<()> {
    let head = "HTTP/1.1 101 Switching Protocols\r\nX-Slow: ".to_owned() + &"x".repeat(1_000);
    let script = Script::new().read_request().drip(head, Duration::from_millis(10));
    fails(script, ErrorCode::HandshakeTimeout, |config| {
        config.request.limits.upgrade = Duration::from_millis(200);
    })
    .await
    .map(drop)
}

#[tokio::test]
async fn an_answer_that_never_comes_ends_at_the_deadline() -> Result<()> {
    let script = Script::new().read_request().keep_open();
    fails(script, ErrorCode::HandshakeTimeout, |config| {
        config.request.limits.upgrade = Duration::from_millis(200);
    })
    .await
    .map(drop)
}

#[tokio::test]
async fn a_wrong_accept_key_is_not_a_websocket() -> Result<()> {
    let script = upgrading(Upgrade::right().accept("dGhpcyBpcyBub3QgdGhlIHJpZ2h0IGtleQ=="));
    let after = fails(script, ErrorCode::HandshakeInvalid, |_| ()).await?;
    assert!(after.detail.starts_with("Sec-WebSocket-Accept"), "{}", after.detail);
    Ok(())
}

#[tokio::test]
async fn a_subprotocol_nobody_offered_is_refused() -> Result<()> {
    for offered in [vec![], vec!["feed.v1".to_owned()]] {
        let script = upgrading(Upgrade::right().header("Sec-WebSocket-Protocol", "chat"));
        let after = fails(script, ErrorCode::HandshakeInvalid, |config| {
            config.request.subprotocols = offered;
        })
        .await?;
        assert!(after.detail.contains("not offered: \"chat\""), "{}", after.detail);
    }
    Ok(())
}

#[tokio::test]
async fn a_header_with_control_characters_is_no_http() -> Result<()> {
    let script = upgrading(Upgrade::right().header("Server", "nice\u{1b}[2J\u{0}"));
    fails(script, ErrorCode::HandshakeInvalid, |_| ()).await.map(drop)
}

#[tokio::test]
async fn an_extension_nobody_asked_for_is_refused() -> Result<()> {
    let script = upgrading(Upgrade::right().header("Sec-WebSocket-Extensions", "permessage-deflate"));
    let after = fails(script, ErrorCode::HandshakeInvalid, |_| ()).await?;
    assert!(after.detail.contains("permessage-deflate"), "{}", after.detail);
    Ok(())
}

#[tokio::test]
async fn a_server_of_another_protocol_is_recognised_at_once() -> Result<()> {
    for greeting in ["SSH-2.0-OpenSSH_9.2\r\n", "220 mail.example ESMTP\r\n", "\u{0}\u{1}\u{2}\u{3}"] {
        // Kept open: only the bytes themselves can end the try before the deadline of 5 s.
        let script = Script::new().send(greeting).until_left();
        fails(script, ErrorCode::HandshakeInvalid, |_| ()).await?;
    }
    Ok(())
}

#[tokio::test]
async fn an_upgrade_that_does_not_say_so_once_is_no_upgrade() -> Result<()> {
    let raw = |lines: &str| {
        let head = format!("HTTP/1.1 101 Switching Protocols\r\n{lines}Sec-WebSocket-Accept: x\r\n\r\n");
        Script::new().read_request().send(head).until_left()
    };
    for (script, missed) in [
        (raw("Connection: Upgrade\r\n"), "no \"Upgrade: websocket\""),
        (raw("Connection: Upgrade\r\nUpgrade: h2c\r\n"), "no \"Upgrade: websocket\""),
        (raw("Upgrade: websocket\r\n"), "no \"Connection: Upgrade\""),
        (raw("Upgrade: websocket\r\nConnection: close\r\n"), "no \"Connection: Upgrade\""),
        (upgrading(Upgrade::right().header("Upgrade", "websocket")), "no \"Upgrade: websocket\""),
        (upgrading(Upgrade::right().header("Upgrade", "h2c")), "no \"Upgrade: websocket\""),
        (upgrading(Upgrade::right().header("Sec-WebSocket-Accept", "x")), "Sec-WebSocket-Accept"),
    ] {
        let after = fails(script, ErrorCode::HandshakeInvalid, |_| ()).await?;
        assert!(after.detail.starts_with(missed), "{missed}: {}", after.detail);
    }
    Ok(())
}

#[tokio::test]
async fn an_old_or_a_new_http_cannot_upgrade() -> Result<()> {
    let old = "HTTP/1.0 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n";
    let old = Script::new().read_request().send(old).until_left();
    let after = fails(old, ErrorCode::HandshakeInvalid, |_| ()).await?;
    assert!(after.detail.starts_with("the answer is not valid HTTP/1.1"), "{}", after.detail);
    // SETTINGS without entries, in pieces, then GOAWAY for what it took for a preface.
    let http2 = Script::new()
        .send([0, 0])
        .send([0, 4, 0, 0, 0, 0, 0])
        .send([0, 0, 8, 7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1])
        .until_left();
    let after = fails(http2, ErrorCode::HandshakeInvalid, |_| ()).await?;
    assert!(after.detail.starts_with("the server speaks HTTP/2"), "{}", after.detail);
    Ok(())
}

#[tokio::test]
async fn a_port_that_speaks_tls_where_the_url_does_not_is_named_and_the_other_way_round() -> Result<()> {
    // "unexpected_message", as TLS servers answer a plain request.
    let tls = Script::new().read_request().send(b"\x15\x03\x03\x00\x02\x02\x0a");
    let after = fails(tls, ErrorCode::HandshakeInvalid, |_| ()).await?;
    assert!(after.detail.starts_with("the server speaks TLS at this port"), "{}", after.detail);
    let plain = Script::new().send("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n").until_left();
    let encrypted = |config: &mut link::LinkConfig| {
        config.request.url.set_scheme("wss").expect("a scheme of the same kind");
    };
    fails(plain, ErrorCode::TlsNotSpoken, encrypted).await?;
    fails(Script::new().reset(), ErrorCode::TlsFailed, encrypted).await.map(drop)
}

#[tokio::test]
async fn an_upgrade_with_a_page_behind_it_opens_no_session() -> Result<()> {
    // Long enough for its first bytes to be a whole frame, which they must not be taken for.
    let page = "hello ".repeat(30);
    let chunk = format!("b4\r\n{page}\r\n0\r\n\r\n");
    for (name, value, body) in [("Content-Length", "180", page), ("Transfer-Encoding", "chunked", chunk)] {
        let answer = Upgrade::right().header(name, value).behind(body);
        fails(upgrading(answer), ErrorCode::ProtocolViolation, |_| ()).await?;
    }
    Ok(())
}

#[tokio::test]
async fn interim_answers_before_the_upgrade_are_passed_over_and_endless_ones_are_not() -> Result<()> {
    let script = Script::new()
        .read_request()
        .send("HTTP/1.1 100 Continue\r\n\r\n")
        .send("HTTP/1.1 103 Early Hints\r\nLink: </style.css>; rel=preload\r\n\r\n")
        .upgrade(Upgrade::right().behind(RawFrame::text("first").bytes()))
        .answer_pings();
    let server = FaultServer::start(script).await?;
    let mut link = RunningLink::start(&server.url(), |_| ()).await?;
    assert_eq!(link.payload().await?, Payload::Text("first".into()));
    link.until_state(EndpointState::Connected).await?;

    let endless = Script::new().read_request().flood("HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n");
    let after = fails(endless, ErrorCode::HandshakeInvalid, |_| ()).await?;
    assert_eq!(after.detail, "too many interim answers");
    for one in &after.seen {
        assert!(one.sent_bytes <= BUFFERED, "took {} bytes", one.sent_bytes);
    }
    Ok(())
}

#[tokio::test]
async fn a_line_that_never_ends_is_cut_off() -> Result<()> {
    for line in ["x", "HTTP/1.1 101 Switching Protocols, and so on and on "] {
        let script = Script::new().read_request().flood(line);
        let after = fails(script, ErrorCode::HandshakeInvalid, |_| ()).await?;
        for one in &after.seen {
            assert!(one.sent_bytes <= BUFFERED, "took {} bytes", one.sent_bytes);
        }
    }
    Ok(())
}

#[tokio::test]
async fn binary_garbage_is_quoted_as_numbers() -> Result<()> {
    let script = Script::new().read_request().send(b"\xde\xad\xbe\xef\x00\x1b[2J").until_left();
    let after = fails(script, ErrorCode::HandshakeInvalid, |_| ()).await?;
    assert_eq!(after.detail, "the answer is not valid HTTP/1.1: \"bytes de ad be ef 00 1b 5b 32 4a\"");
    Ok(())
}

#[tokio::test]
async fn a_request_that_gets_no_answer_at_all_is_a_failed_try() -> Result<()> {
    let after = fails(Script::new().read_request(), ErrorCode::HandshakeClosed, |_| ()).await?;
    assert!(after.detail.contains("after 0 bytes"), "{}", after.detail);
    Ok(())
}

#[tokio::test]
async fn a_connection_closed_in_the_middle_of_the_answer_is_a_failed_try() -> Result<()> {
    let half = Script::new().read_request().send("HTTP/1.1 101 Switching");
    let after = fails(half.clone(), ErrorCode::HandshakeClosed, |_| ()).await?;
    assert!(after.detail.contains("after 22 bytes"), "{}", after.detail);
    fails(half.reset(), ErrorCode::HandshakeClosed, |_| ()).await.map(drop)
}

#[tokio::test]
async fn a_server_that_accepts_and_closes_is_not_hammered() -> Result<()> {
    fails(Script::new(), ErrorCode::HandshakeClosed, |_| ()).await?;
    fails(Script::new().reset(), ErrorCode::HandshakeClosed, |_| ()).await.map(drop)
}
