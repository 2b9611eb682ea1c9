//! Close frames: those that break rules, those that try tricks, and what each code is answered with.

use anyhow::Result;
use model::{ErrorCode as C, Reason};
use suites::fault_server::{RawFrame, Script};

use crate::trial::{TRIES, breaks_rules, fails, stays_away, waits};

fn closing(frame: &RawFrame) -> Script {
    Script::upgraded().frame(frame).until_left()
}

#[tokio::test]
async fn a_close_frame_of_one_byte_is_refused() -> Result<()> {
    let after = breaks_rules(RawFrame::close_of([3]).bytes(), C::ProtocolViolation, 1002).await?;
    assert!(after.detail.to_lowercase().contains("close"), "{}", after.detail);
    Ok(())
}

#[tokio::test]
async fn a_close_code_that_may_not_be_sent_is_refused() -> Result<()> {
    for code in [0, 999, 1004, 1005, 1006, 1015, 1016, 2999, u16::MAX] {
        let after = fails(closing(&RawFrame::close(code, "")), C::ProtocolViolation, |_| ()).await?;
        for one in &after.seen[..TRIES] {
            assert_eq!(one.close_code(), Some(1002), "the answer to {code}");
        }
    }
    Ok(())
}

#[tokio::test]
async fn a_close_reason_that_is_not_utf8_is_refused() -> Result<()> {
    breaks_rules(RawFrame::close(1000, b"\xff\xfe").bytes(), C::InvalidUtf8, 1007).await.map(drop)
}

#[tokio::test]
async fn the_longest_close_reason_is_shown_without_tricks() -> Result<()> {
    // 3 bytes each, so that 123 bytes are 41 characters: the most a close frame can carry.
    let tricks = "\u{202e}\u{2066}\u{200f}".repeat(13);
    let reason = format!("{tricks}gpj\r\u{7}\u{1b}");
    assert_eq!(reason.len(), 123);
    let after = fails(closing(&RawFrame::close(1011, &reason)), C::ClosedByServer, |_| ()).await?;
    assert_eq!(after.detail, "close code 1011: gpj");
    for one in &after.seen[..TRIES] {
        assert_eq!(one.close_code(), Some(1011), "the close is answered");
    }
    Ok(())
}

#[tokio::test]
async fn a_close_reason_of_a_mebibyte_is_refused() -> Result<()> {
    let reason = "x".repeat(1 << 20);
    let after = breaks_rules(RawFrame::close(1011, reason).bytes(), C::ProtocolViolation, 1002).await?;
    assert!(!after.detail.contains("xxx"), "{}", after.detail);
    Ok(())
}

#[tokio::test]
async fn a_close_without_a_code_is_a_lost_connection() -> Result<()> {
    let after = fails(closing(&RawFrame::close_of([])), C::ConnectionLost, |_| ()).await?;
    assert_eq!(after.detail, "closed without a code (1005)");
    Ok(())
}

#[tokio::test]
async fn a_server_that_sends_us_away_is_not_asked_again() -> Result<()> {
    for code in [1000, 1003, 1008] {
        let script = closing(&RawFrame::close(code, "go away"));
        let after = stays_away(script, C::ClosedByServer, Reason::ServerStop).await?;
        assert_eq!(after.detail, format!("close code {code}: go away"));
    }
    Ok(())
}

#[tokio::test]
async fn a_close_for_want_of_credentials_waits_for_somebody() -> Result<()> {
    for (code, error) in
        [(3000, C::Unauthorized), (4401, C::Unauthorized), (3003, C::Forbidden), (4403, C::Forbidden)]
    {
        stays_away(closing(&RawFrame::close(code, "")), error, Reason::AuthRequired).await?;
    }
    Ok(())
}

#[tokio::test]
async fn a_server_that_restarts_is_followed_and_one_that_is_overloaded_is_spared() -> Result<()> {
    for code in [1001, 1012] {
        waits(closing(&RawFrame::close(code, "")), C::ServerRestarting, 0.0..=5.0).await?;
    }
    waits(closing(&RawFrame::close(1013, "")), C::ServerOverloaded, 5.0..=30.0).await.map(drop)
}

#[tokio::test]
async fn every_other_close_code_is_typed_and_backed_off_from() -> Result<()> {
    let expected = [
        (1002, C::ProtocolViolation),
        (1007, C::ProtocolViolation),
        (1010, C::ProtocolViolation),
        (1009, C::MessageTooBig),
        (1011, C::ClosedByServer),
        (3001, C::ClosedByServer),
        (4000, C::ClosedByServer),
        (4999, C::ClosedByServer),
    ];
    for (code, error) in expected {
        fails(closing(&RawFrame::close(code, "")), error, |_| ()).await?;
    }
    Ok(())
}
