//! What one session has to write, in which order, and which of its pings wait for an answer.
//!
//! Greetings, heartbeats and pings come before handed-over messages. Messages above [`FRAGMENT`] go out in parts
//! (RFC 6455 section 5.4), so that a ping need not wait for megabytes and the write buffer stays small.

use std::{collections::VecDeque, time::Duration};

use bytes::Bytes;
use tokio::time::Instant;
use tokio_tungstenite::tungstenite::{
    Message,
    protocol::{
        CloseFrame,
        frame::{
            Frame,
            coding::{Data, OpCode},
        },
    },
};

use crate::{Payload, nonce::Nonces, transmit::Promise};

/// Largest frame; well below the write buffer's bound.
pub(crate) const FRAGMENT: usize = 256 << 10;
/// Numbers of fences; those of probes count up from 1 and never get there.
const FENCES: u64 = 1 << 63;

/// The queue of one session. Bounded by what fills it: the configured greetings once, then one probe and heartbeat at a
/// time, whose silence ends the session, and what [`crate::transmit`] has room for.
#[derive(Debug)]
pub(crate) struct Outgoing {
    nonces: Nonces,
    first: VecDeque<Message>,
    handed: VecDeque<Handed>,
    /// The rest of a message of which some frames are written.
    partway: Option<Bytes>,
    /// Pings that were written and not answered, oldest first.
    awaited: VecDeque<Awaited>,
    last_fence: u64,
}

/// Something handed over.
#[derive(Debug)]
enum Handed {
    Message(Payload),
    Fence(Promise),
}

/// A ping on its way.
#[derive(Debug)]
struct Awaited {
    number: u64,
    since: Instant,
    flushed: bool,
    /// Set for a fence.
    promise: Option<Promise>,
}

/// What a pong tells.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Answered {
    /// The newest probe that is answered by it.
    pub(crate) probe: Option<u64>,
    /// Fences that are confirmed by it.
    pub(crate) fences: usize,
}

impl Default for Outgoing {
    fn default() -> Self {
        Self {
            nonces: Nonces::random(),
            first: VecDeque::new(),
            handed: VecDeque::new(),
            partway: None,
            awaited: VecDeque::new(),
            last_fence: 0,
        }
    }
}

impl Outgoing {
    /// Queues a text message of the configuration.
    pub(crate) fn text(&mut self, text: &str) {
        self.first.push_back(Message::text(text));
    }

    /// Queues a probe.
    pub(crate) fn probe(&mut self, number: u64) {
        self.first.push_back(self.ping(number));
    }

    /// Queues messages and a fence behind them.
    pub(crate) fn transmit(&mut self, messages: Vec<Payload>, promise: Promise) {
        self.handed.extend(messages.into_iter().map(Handed::Message));
        self.handed.push_back(Handed::Fence(promise));
    }

    /// Queues a close frame, the last one. Messages that were handed over and not begun are not written any more.
    pub(crate) fn close(&mut self, frame: CloseFrame) {
        self.first.push_back(Message::Close(Some(frame)));
    }

    /// Bytes that the peer has yet to confirm; 0 only when no fence is under way.
    pub(crate) fn unconfirmed(&self) -> usize {
        let waiting = self.handed.iter().map(|handed| match handed {
            Handed::Fence(promise) => promise.bytes(),
            Handed::Message(_) => 0,
        });
        let written = self.awaited.iter().filter_map(|ping| ping.promise.as_ref()).map(Promise::bytes);
        waiting.sum::<usize>() + written.sum::<usize>()
    }

    /// The next frame to write.
    pub(crate) fn next(&mut self) -> Option<Message> {
        if let Some(rest) = self.partway.take() {
            // Only control frames may stand between the parts of a message.
            if let Some(at) = self.first.iter().position(|frame| frame.is_ping() || frame.is_close()) {
                self.partway = Some(rest);
                return self.first.remove(at).map(|frame| self.leaving(frame));
            }
            return Some(self.part(Data::Continue, rest));
        }
        if let Some(frame) = self.first.pop_front() {
            return Some(self.leaving(frame));
        }
        match self.handed.pop_front()? {
            Handed::Message(Payload::Text(text)) if text.len() <= FRAGMENT => Some(Message::Text(text)),
            Handed::Message(Payload::Binary(bytes)) if bytes.len() <= FRAGMENT => {
                Some(Message::Binary(bytes))
            }
            Handed::Message(Payload::Text(text)) => Some(self.part(Data::Text, text.into())),
            Handed::Message(Payload::Binary(bytes)) => Some(self.part(Data::Binary, bytes)),
            Handed::Fence(promise) => {
                self.last_fence += 1;
                let number = FENCES | self.last_fence;
                self.await_answer(number, Some(promise));
                Some(self.ping(number))
            }
        }
    }

    /// A frame of the first queue is about to be written.
    fn leaving(&mut self, frame: Message) -> Message {
        match &frame {
            Message::Ping(payload) => {
                self.forget_older_probes();
                if let Some(number) = self.nonces.number(payload) {
                    self.await_answer(number, None);
                }
            }
            Message::Close(_) => {
                self.first.clear();
                self.handed.clear();
                self.partway = None;
            }
            Message::Text(_) | Message::Binary(_) | Message::Pong(_) | Message::Frame(_) => {}
        }
        frame
    }

    fn part(&mut self, kind: Data, mut rest: Bytes) -> Message {
        let part = rest.split_to(rest.len().min(FRAGMENT));
        let whole = rest.is_empty();
        self.partway = (!whole).then_some(rest);
        Message::Frame(Frame::message(part, OpCode::Data(kind), whole))
    }

    fn await_answer(&mut self, number: u64, promise: Option<Promise>) {
        self.awaited.push_back(Awaited { number, since: Instant::now(), flushed: false, promise });
    }

    /// All but the newest: a peer that answers none must not fill the list.
    fn forget_older_probes(&mut self) {
        let newest = self.awaited.iter().rev().find(|ping| ping.promise.is_none()).map(|ping| ping.number);
        self.awaited.retain(|ping| ping.promise.is_some() || Some(ping.number) == newest);
    }

    fn ping(&self, number: u64) -> Message {
        Message::Ping(Bytes::copy_from_slice(&self.nonces.payload(number)))
    }

    /// The operating system has taken every frame so far.
    pub(crate) fn flushed(&mut self) {
        let now = Instant::now();
        for ping in self.awaited.iter_mut().rev().take_while(|ping| !ping.flushed) {
            ping.flushed = true;
            ping.since = now;
            if let Some(promise) = &mut ping.promise {
                promise.written();
            }
        }
    }

    /// A pong came. It answers every ping before its own as well: a peer may leave all but the newest unanswered
    /// (RFC 6455 section 5.5.3). One that nobody waits for means nothing.
    pub(crate) fn pong(&mut self, payload: &[u8]) -> Answered {
        let mut answered = Answered::default();
        let number = self.nonces.number(payload);
        let at = self.awaited.iter().position(|ping| Some(ping.number) == number);
        let Some(last) = at else { return answered };
        for ping in self.awaited.drain(..=last) {
            let round_trip: Duration = ping.since.elapsed();
            match ping.promise {
                Some(promise) => {
                    promise.answered(round_trip);
                    answered.fences += 1;
                }
                None => answered.probe = Some(ping.number),
            }
        }
        answered
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;
    use proptest::prelude::*;

    use super::*;
    use crate::transmit::{Fence, Room, SessionEnded};

    fn binary(bytes: usize) -> Payload {
        Payload::Binary(Bytes::from(vec![7; bytes]))
    }

    fn hand_over(outgoing: &mut Outgoing, messages: Vec<Payload>) -> Fence {
        let room = Room::new().take(&messages).now_or_never().expect("room").expect("an open room");
        let (promise, fence) = Promise::new(room);
        outgoing.transmit(messages, promise);
        fence
    }

    fn written(outgoing: &mut Outgoing) -> Vec<Message> {
        std::iter::from_fn(|| outgoing.next()).collect()
    }

    fn payload(ping: &Message) -> &[u8] {
        let Message::Ping(payload) = ping else { panic!("a ping, not {ping}") };
        payload
    }

    #[test]
    fn a_pong_confirms_every_fence_before_its_own_and_none_behind_it() {
        let mut outgoing = Outgoing::default();
        let fences: Vec<Fence> = (0..3).map(|_| hand_over(&mut outgoing, vec![binary(1)])).collect();
        let frames = written(&mut outgoing);
        assert_eq!(frames.len(), 6);
        assert_eq!(outgoing.pong(payload(&frames[3])), Answered { probe: None, fences: 2 });
        let settled: Vec<bool> = fences.into_iter().map(|fence| fence.now_or_never().is_some()).collect();
        assert_eq!(settled, [true, true, false]);
        assert_eq!(outgoing.unconfirmed(), 1 + 2 * 64, "one message of one byte, and what each costs on top");
    }

    #[test]
    fn probes_and_fences_answer_for_each_other_in_the_order_they_were_written() {
        let mut outgoing = Outgoing::default();
        let early = hand_over(&mut outgoing, vec![]);
        written(&mut outgoing);
        outgoing.probe(1);
        let probe = written(&mut outgoing).remove(0);
        let late = hand_over(&mut outgoing, vec![]);
        let fence = written(&mut outgoing).remove(0);
        assert_eq!(outgoing.pong(payload(&probe)), Answered { probe: Some(1), fences: 1 });
        assert!(early.now_or_never().is_some_and(|result| result.is_ok()));
        outgoing.probe(2);
        assert_eq!(
            outgoing.pong(payload(&fence)),
            Answered { probe: None, fences: 1 },
            "probe 2 is not written"
        );
        assert!(late.now_or_never().is_some_and(|result| result.is_ok()));
    }

    #[test]
    fn a_pong_nobody_waits_for_means_nothing() {
        let mut outgoing = Outgoing::default();
        let fence = hand_over(&mut outgoing, vec![binary(1)]);
        for stray in [&b""[..], b"12345678", &(FENCES | 1).to_be_bytes(), &[0xff; 125]] {
            assert_eq!(outgoing.pong(stray), Answered::default());
        }
        drop(outgoing);
        assert_eq!(fence.now_or_never(), Some(Err(SessionEnded)));
    }

    #[test]
    fn a_large_message_goes_out_in_parts_and_a_ping_between_them() {
        let mut outgoing = Outgoing::default();
        let _fence = hand_over(&mut outgoing, vec![binary(2 * FRAGMENT + 1), binary(FRAGMENT)]);
        let first = outgoing.next().unwrap();
        outgoing.text("heartbeat");
        outgoing.probe(1);
        let rest = written(&mut outgoing);
        let Message::Frame(start) = &first else { panic!("a part, not {first}") };
        assert!(!start.header().is_final && start.header().opcode == OpCode::Data(Data::Binary));
        assert!(rest[0].is_ping());
        let part = |frame: &Message| {
            let Message::Frame(part) = frame else { panic!("a part, not {frame}") };
            (part.header().is_final, part.payload().len())
        };
        let parts: Vec<(bool, usize)> = rest[1..3].iter().map(part).collect();
        assert_eq!(parts, [(false, FRAGMENT), (true, 1)]);
        assert!(rest[3].is_text() && rest[4].is_binary() && rest[5].is_ping());
    }

    #[test]
    fn nothing_is_written_behind_a_close() {
        let mut outgoing = Outgoing::default();
        let fence = hand_over(&mut outgoing, vec![binary(3 * FRAGMENT)]);
        outgoing.next();
        outgoing.close(CloseFrame { code: 1000.into(), reason: "".into() });
        outgoing.probe(1);
        let rest = written(&mut outgoing);
        assert!(rest.len() == 1 && rest[0].is_close(), "{rest:?}");
        assert_eq!(fence.now_or_never(), Some(Err(SessionEnded)));
    }

    #[test]
    fn probes_that_are_never_answered_do_not_pile_up() {
        let mut outgoing = Outgoing::default();
        for nonce in 1..1_000 {
            outgoing.probe(nonce);
            written(&mut outgoing);
        }
        assert_eq!(outgoing.awaited.len(), 2);
    }

    #[derive(Clone, Debug)]
    enum Move {
        HandOver(Vec<usize>),
        Probe,
        Heartbeat,
        /// So many frames leave.
        Leave(usize),
        /// The peer answers one of the pings that left.
        Pong(usize),
    }

    fn moves() -> impl Strategy<Value = Move> {
        let size = prop_oneof![4 => 0_usize..100, 1 => Just(FRAGMENT), 1 => FRAGMENT..3 * FRAGMENT];
        prop_oneof![
            3 => proptest::collection::vec(size, 0..3).prop_map(Move::HandOver),
            1 => Just(Move::Probe),
            1 => Just(Move::Heartbeat),
            6 => (0_usize..8).prop_map(Move::Leave),
            3 => any::<usize>().prop_map(Move::Pong),
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

        /// Handed-over messages leave whole and in order, and a fence is confirmed exactly when a ping at or behind it
        /// is answered.
        #[test]
        fn order_and_receipts_hold_whatever_is_queued_between(moves in proptest::collection::vec(moves(), 1..60)) {
            let mut outgoing = Outgoing::default();
            let nonces = outgoing.nonces;
            let (mut handed, mut left): (Vec<usize>, Vec<usize>) = (Vec::new(), Vec::new());
            let mut open: Option<usize> = None;
            // Pings on the wire, and the fence each is, by its place among all fences.
            let (mut pings, mut fences, mut fences_left) = (Vec::new(), Vec::new(), 0);
            let mut probe = 0;
            for next in moves {
                match next {
                    Move::HandOver(sizes) if fences.len() < 32 => {
                        handed.extend(&sizes);
                        let fence = hand_over(&mut outgoing, sizes.into_iter().map(binary).collect());
                        fences.push((fence, false, false));
                    }
                    Move::HandOver(_) => {}
                    Move::Probe => {
                        probe += 1;
                        outgoing.probe(probe);
                    }
                    Move::Heartbeat => outgoing.text("beat"),
                    Move::Leave(count) => {
                        for frame in std::iter::from_fn(|| outgoing.next()).take(count) {
                            match frame {
                                Message::Binary(bytes) => left.push(bytes.len()),
                                Message::Frame(part) => {
                                    let length = open.take().unwrap_or(0) + part.payload().len();
                                    if part.header().is_final { left.push(length) } else { open = Some(length) }
                                }
                                Message::Ping(payload) => {
                                    let number = nonces.number(&payload).unwrap();
                                    let fence = (number >= FENCES).then(|| { fences_left += 1; fences_left });
                                    pings.push((payload, fence));
                                }
                                Message::Text(_) => prop_assert!(open.is_none(), "inside another message"),
                                Message::Pong(_) | Message::Close(_) => prop_assert!(false, "nobody queued it"),
                            }
                        }
                    }
                    Move::Pong(which) => {
                        let Some((payload, _)) = pings.get(which % pings.len().max(1)).cloned() else { continue };
                        let known = outgoing.pong(&payload) != Answered::default();
                        let upto = pings[..=which % pings.len()].iter().filter_map(|(_, fence)| *fence).max();
                        for (_, confirmed, _) in fences.iter_mut().take(upto.filter(|_| known).unwrap_or(0)) {
                            *confirmed = true;
                        }
                    }
                }
                prop_assert_eq!(&left[..], &handed[..left.len()]);
                for (fence, confirmed, told) in &mut fences {
                    *told = *told || fence.now_or_never().is_some();
                    prop_assert_eq!(told, confirmed);
                }
            }
        }
    }
}
