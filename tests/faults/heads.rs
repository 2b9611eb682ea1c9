//! Harms before and in the answer to the WebSocket request.

use std::time::Duration;

use anyhow::Result;
use model::ErrorCode;
use suites::fault_server::{Script, Upgrade};

use crate::trial::fails;

/// What loopback sockets of both sides may hold of a flood, beyond what the link itself took.
const BUFFERED: u64 = 16 << 20;

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
