//! Frames a server may not send, on a session that was fine until then.

use anyhow::Result;
use model::ErrorCode as C;
use suites::fault_server::{RawFrame, fragments};

use crate::trial::breaks_rules;

#[tokio::test]
async fn a_masked_frame_is_refused() -> Result<()> {
    let frame = RawFrame::text("hello").masked([1, 2, 3, 4]);
    breaks_rules(frame.bytes(), C::ProtocolViolation, 1002).await.map(drop)
}

#[tokio::test]
async fn a_reserved_bit_without_an_extension_is_refused() -> Result<()> {
    for bits in [4, 2, 1, 7] {
        breaks_rules(RawFrame::text("x").reserved(bits).bytes(), C::ProtocolViolation, 1002).await?;
    }
    Ok(())
}

#[tokio::test]
async fn a_reserved_opcode_is_refused() -> Result<()> {
    for opcode in [0x3, 0x7, 0xB, 0xF] {
        breaks_rules(RawFrame::of(opcode, "x").bytes(), C::ProtocolViolation, 1002).await?;
    }
    Ok(())
}

#[tokio::test]
async fn a_control_frame_longer_than_125_bytes_is_refused() -> Result<()> {
    breaks_rules(RawFrame::ping(vec![0; 126]).bytes(), C::ProtocolViolation, 1002).await?;
    breaks_rules(RawFrame::pong(vec![0; 70_000]).bytes(), C::ProtocolViolation, 1002).await.map(drop)
}

#[tokio::test]
async fn a_control_frame_in_parts_is_refused() -> Result<()> {
    let frame = RawFrame::ping("half").unfinished();
    breaks_rules(frame.bytes(), C::ProtocolViolation, 1002).await.map(drop)
}

#[tokio::test]
async fn a_part_without_a_beginning_is_refused() -> Result<()> {
    breaks_rules(RawFrame::continuation("rest").bytes(), C::ProtocolViolation, 1002).await.map(drop)
}

#[tokio::test]
async fn a_message_inside_another_is_refused() -> Result<()> {
    let bytes = [RawFrame::text("a").unfinished().bytes(), RawFrame::text("b").bytes()].concat();
    breaks_rules(bytes, C::ProtocolViolation, 1002).await.map(drop)
}

#[tokio::test]
async fn text_that_is_not_utf8_is_refused() -> Result<()> {
    for text in [&b"\xff"[..], b"\xc3\x28", b"ok \xed\xa0\x80", b"\xc0\x80"] {
        breaks_rules(RawFrame::text(text).bytes(), C::InvalidUtf8, 1007).await?;
    }
    Ok(())
}

#[tokio::test]
async fn text_that_is_not_utf8_across_its_parts_is_refused() -> Result<()> {
    let spoiled = fragments(RawFrame::text(*b"\xe2\x82"), &[b"(", b"never reached"]);
    breaks_rules(spoiled, C::InvalidUtf8, 1007).await?;
    let unfinished_character = fragments(RawFrame::text("price: "), &[b"\xe2\x82"]);
    breaks_rules(unfinished_character, C::InvalidUtf8, 1007).await.map(drop)
}

#[tokio::test]
async fn a_frame_that_announces_more_than_the_limit_is_refused_before_it_comes() -> Result<()> {
    for length in [(16 << 20) + 1, 1 << 40, u64::MAX >> 1, u64::MAX] {
        let frame = RawFrame::binary("only this much").declaring(length);
        breaks_rules(frame.bytes(), C::MessageTooBig, 1009).await?;
    }
    Ok(())
}

#[tokio::test]
async fn garbage_behind_the_upgrade_is_refused() -> Result<()> {
    breaks_rules("GARBAGE AND MORE OF IT\r\n", C::ProtocolViolation, 1002).await?;
    // "HT" reads as the head of a frame of 84 bytes, so the page is a little longer.
    let page = format!("HTTP/1.1 502 Bad Gateway\r\n\r\n<html>{}</html>", "sorry ".repeat(20));
    breaks_rules(page, C::ProtocolViolation, 1002).await.map(drop)
}
