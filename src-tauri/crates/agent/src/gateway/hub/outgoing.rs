//! Frames on their way to one program. Bounded: of status frames only the newest waits, and a program that reads too
//! slowly for the rest has lost its place.

use std::{
    collections::VecDeque,
    sync::{Mutex, MutexGuard, PoisonError},
};

use tokio::sync::Notify;
use tokio_tungstenite::tungstenite::Utf8Bytes;

use super::{HubRules, frame::ServerFrame};

/// The queue of one connection.
#[derive(Debug)]
pub(super) struct Outgoing {
    rules: HubRules,
    queue: Mutex<Queue>,
    filled: Notify,
    overflown: Notify,
}

#[derive(Debug, Default)]
struct Queue {
    frames: VecDeque<Utf8Bytes>,
    bytes: usize,
    /// The newest status, which goes out when nothing else waits.
    status: Option<Utf8Bytes>,
    overflown: bool,
}

impl Outgoing {
    pub(super) fn new(rules: HubRules) -> Self {
        Self { rules, queue: Mutex::default(), filled: Notify::new(), overflown: Notify::new() }
    }

    fn queue(&self) -> MutexGuard<'_, Queue> {
        // The queue is whole after every statement, so a panic elsewhere cannot have torn it.
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts a status in the place of the one that waits.
    pub(super) fn put_status(&self, text: Utf8Bytes) {
        self.queue().status = Some(text);
        self.filled.notify_one();
    }

    /// Puts a frame at the end.
    pub(super) fn put(&self, frame: &ServerFrame) {
        let text = frame.text();
        let mut queue = self.queue();
        if !queue.overflown {
            let full = queue.frames.len() >= self.rules.waiting
                || (queue.bytes + text.len() > self.rules.waiting_bytes && !queue.frames.is_empty());
            if full {
                queue.overflown = true;
                self.overflown.notify_one();
            } else {
                queue.bytes += text.len();
                queue.frames.push_back(text);
            }
        }
        drop(queue);
        self.filled.notify_one();
    }

    /// The next frame that waits.
    pub(super) fn take(&self) -> Option<Utf8Bytes> {
        let mut queue = self.queue();
        match queue.frames.pop_front() {
            Some(frame) => {
                queue.bytes -= frame.len();
                Some(frame)
            }
            None => queue.status.take(),
        }
    }

    /// Comes back when there may be something to take.
    pub(super) async fn filled(&self) {
        self.filled.notified().await;
    }

    /// Comes back when more had to wait than may.
    pub(super) async fn overflown(&self) {
        self.overflown.notified().await;
    }
}

#[cfg(test)]
mod tests {
    use model::{AgentInfo, GatewayInfo, Overall, StatusSnapshot};
    use proptest::prelude::*;

    use super::*;

    fn status(connections: u32) -> Utf8Bytes {
        let frame = ServerFrame::Status(Box::new(StatusSnapshot {
            version: 1,
            agent: AgentInfo { pid: 1, version: String::new(), uptime_ms: 0, recording: None },
            overall: Overall::Connected,
            endpoints: Vec::new(),
            gateway: GatewayInfo { connections, url: None },
            problems: Vec::new(),
        }));
        frame.text()
    }

    fn rules(waiting: usize, waiting_bytes: usize) -> HubRules {
        HubRules { waiting, waiting_bytes, ..HubRules::default() }
    }

    #[test]
    fn of_many_status_frames_the_newest_goes_out_and_costs_no_other_frame_its_place() {
        let outgoing = Outgoing::new(rules(2, 1_000));
        outgoing.put(&ServerFrame::Pong);
        for connections in 0..500 {
            outgoing.put_status(status(connections));
        }
        outgoing.put(&ServerFrame::Missed { count: 1 });
        assert!(outgoing.take().unwrap().contains("pong"));
        assert!(outgoing.take().unwrap().contains("missed"));
        assert!(outgoing.take().unwrap().contains("\"connections\":499"));
        assert!(outgoing.take().is_none());
    }

    #[tokio::test]
    async fn one_frame_too_many_is_told() {
        let outgoing = Outgoing::new(rules(2, 1_000));
        for _ in 0..3 {
            outgoing.put(&ServerFrame::Pong);
        }
        outgoing.overflown().await;
        assert_eq!(std::iter::from_fn(|| outgoing.take()).count(), 2);
    }

    #[test]
    fn one_frame_may_be_larger_than_all_may_be_together() {
        let outgoing = Outgoing::new(rules(10, 8));
        outgoing.put(&ServerFrame::Missed { count: u64::MAX });
        assert!(outgoing.take().is_some());
    }

    proptest! {
        #[test]
        fn the_bytes_are_counted_right_whatever_comes_and_goes(steps in proptest::collection::vec(0_u8..4, 0..300)) {
            let outgoing = Outgoing::new(rules(20, 200));
            for step in steps {
                match step {
                    0 => { outgoing.take(); }
                    1 => outgoing.put_status(status(1)),
                    _ => outgoing.put(&ServerFrame::Pong),
                }
                let queue = outgoing.queue();
                prop_assert_eq!(queue.bytes, queue.frames.iter().map(|frame| frame.len()).sum::<usize>());
                prop_assert!(queue.frames.len() <= 20 && queue.bytes <= 200);
            }
        }
    }
}
