//! Answers in pieces: however a peer's bytes are cut, the verdict is the same, and the cost is bounded.

use proptest::prelude::*;
use tokio::time::Duration;

use super::*;
use crate::pieces::{End, Pieces, at_cuts, block_on, cut};

/// What became of an exchange, as far as it may not hang on the cuts. What is quoted as evidence may: another protocol
/// is recognised at its first bytes, and those are then all there is to quote.
#[derive(Debug, PartialEq, Eq)]
enum Verdict {
    Head { status: u16, headers: Vec<(String, Vec<u8>)>, body: Vec<u8>, truncated: bool },
    Rule(HandshakeRule),
    Closed { received: usize, reset: bool },
}

fn verdict(pieces: Vec<Vec<u8>>, end: End) -> (Verdict, usize) {
    let mut received = 0;
    let outcome = block_on(async {
        let mut line = Line::new(Pieces::new(pieces, end), &mut received);
        let answer = match line.head(b"GET / HTTP/1.1\r\n\r\n").await {
            Ok(answer) => answer,
            Err(DialCause::Upgrade(UpgradeCause::Rule { rule, .. })) => return Verdict::Rule(rule),
            Err(DialCause::Upgrade(UpgradeCause::Closed { received, failure })) => {
                return Verdict::Closed { received, reset: failure.is_some() };
            }
            Err(other) => panic!("an exchange does not end like this: {other:?}"),
        };
        let framing = Framing::of(answer.status, &answer.headers);
        let (body, truncated) = line.body(framing, Instant::now() + Duration::from_secs(1)).await;
        let mut headers: Vec<(String, Vec<u8>)> = answer
            .headers
            .iter()
            .map(|(name, value)| (name.as_str().to_owned(), value.as_bytes().to_vec()))
            .collect();
        headers.sort();
        Verdict::Head { status: answer.status.as_u16(), headers, body: body.to_vec(), truncated }
    });
    (outcome, received)
}

/// Bytes a peer may send: anything, or an answer with something done to it.
fn sent() -> impl Strategy<Value = Vec<u8>> {
    let header = ("[A-Za-z-]{1,12}", "[ -~]{0,30}");
    let framing = prop_oneof![
        Just("Content-Length: 5\r\n".to_owned()),
        Just("Transfer-Encoding: chunked\r\n".to_owned()),
        Just(String::new())
    ];
    let body = prop_oneof![
        "[ -~]{0,40}",
        Just("5\r\nhello\r\n3;x=y\r\n...\r\n0\r\n\r\n".to_owned()),
        Just("1\r\nx\r\n".repeat(2_000)),
    ];
    let interim = prop_oneof![
        Just(""),
        Just("HTTP/1.1 100 Continue\r\n\r\n"),
        Just("HTTP/1.1 103 Early Hints\r\nLink: </s>\r\n\r\n")
    ];
    let answer = (interim, 0_usize..10, 100_u16..1000, prop::collection::vec(header, 0..20), framing, body)
        .prop_map(|(interim, times, status, headers, framing, body)| {
            let headers: String =
                headers.into_iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
            let interim = interim.repeat(times);
            format!("{interim}HTTP/1.1 {status} Reason\r\n{headers}{framing}\r\n{body}").into_bytes()
        });
    let spoiled = (answer.clone(), any::<prop::sample::Index>(), any::<u8>(), any::<bool>()).prop_map(
        |(mut bytes, at, byte, cut)| {
            let at = at.index(bytes.len());
            bytes[at] = byte;
            if cut {
                bytes.truncate(at);
            }
            bytes
        },
    );
    let large = (16_300_usize..16_450, any::<bool>()).prop_map(|(length, ends)| {
        let line = format!("HTTP/1.1 404 No\r\nX: {}", "x".repeat(length - 24));
        (line + if ends { "\r\n\r\nbody" } else { "" }).into_bytes()
    });
    const FIRSTS: [&[u8]; 5] = [
        &[0x15, 3, 1, 0],
        &[0, 0, 18, 4, 0, 0, 0, 0, 0, 7],
        &[0, 0, 0],
        b"\r\n\r\n\r\nHTTP/1.1 101 X\r\n\r\n",
        b"\n\n\n\n\n\n\n\n\n\n",
    ];
    let first = prop::sample::select(&FIRSTS[..]).prop_map(<[u8]>::to_vec);
    let other =
        (first, prop::collection::vec(any::<u8>(), 0..40)).prop_map(|(first, rest)| [first, rest].concat());
    prop_oneof![answer, spoiled, prop::collection::vec(any::<u8>(), 0..200), large, other]
}

proptest! {
    #[test]
    fn an_answer_means_the_same_however_it_is_cut(
        bytes in sent(), cuts in at_cuts(), end in prop_oneof![Just(End::Closed), Just(End::Reset)],
    ) {
        let (whole, _) = verdict(vec![bytes.clone()], end);
        prop_assert_eq!(&verdict(cut(&bytes, &cuts), end).0, &whole);
        let single = bytes.iter().map(|byte| vec![*byte]).collect();
        prop_assert_eq!(&verdict(single, end).0, &whole);
    }

    #[test]
    fn no_answer_costs_more_than_its_bounds(bytes in sent(), filler in prop::collection::vec(any::<u8>(), 1..50), cuts in at_cuts()) {
        let endless = [bytes, filler.repeat(400_000 / filler.len())].concat();
        let (_, received) = verdict(cut(&endless, &cuts), End::Closed);
        let most = (INTERIM_ANSWERS + 1) * HEAD_BYTES + RAW_BODY * BODY_BYTES + 2 * READ_BYTES;
        prop_assert!(received <= most, "{received}");
    }
}

#[test]
fn eight_interim_answers_are_put_up_with_and_a_ninth_is_not() {
    let with = |times| {
        let interim = "HTTP/1.1 100 Continue\r\n\r\n".repeat(times);
        verdict(vec![format!("{interim}HTTP/1.1 204 Empty\r\n\r\n").into_bytes()], End::Closed).0
    };
    assert!(matches!(with(8), Verdict::Head { status: 204, .. }));
    assert_eq!(with(9), Verdict::Rule(HandshakeRule::TooManyInterim));
}

#[test]
fn a_head_of_exactly_the_limit_is_taken_and_one_more_byte_is_not() {
    let of = |length: usize| {
        let head = format!("HTTP/1.1 404 No\r\nX: {}\r\n\r\n", "x".repeat(length - 24));
        assert_eq!(head.len(), length);
        verdict(vec![head.into_bytes()], End::Closed).0
    };
    assert!(matches!(of(HEAD_BYTES), Verdict::Head { status: 404, .. }));
    assert_eq!(of(HEAD_BYTES + 1), Verdict::Rule(HandshakeRule::HeadTooLarge));
}
