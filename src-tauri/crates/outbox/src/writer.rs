//! The one thread that touches a buffer's file. Takes what comes together into one commit, and does the buffer's
//! duties in between.
//!
//! A queue of `std` rather than tokio's: the thread waits with a deadline, which tokio's queue cannot do without a
//! runtime. The senders' side is bounded by two tokio semaphores, which async callers wait at without blocking.

mod group;

use std::{
    collections::VecDeque,
    panic::{AssertUnwindSafe, catch_unwind},
    path::PathBuf,
    sync::{
        Arc,
        mpsc::{Receiver, RecvTimeoutError},
    },
    time::{Duration, Instant},
};

use tokio::sync::{OwnedSemaphorePermit, oneshot, watch};

use crate::{
    MessageId,
    buffer::{Answer, Buffer, Confirmed},
    error::AppendError,
    message::NewMessage,
    options::OverflowPolicy,
    stats::{Footing, OutboxStats},
};
use group::{Group, Linger};

/// Between publications of the state while there is work.
const PUBLISH: Duration = Duration::from_millis(50);
/// A thread that falls over as often as this stays down.
const MAX_RESTARTS: u32 = 3;

/// Orders for the thread. The permits bound how many there can be.
pub(crate) enum Command {
    Append(Append),
    Confirm { ids: Vec<MessageId>, reply: oneshot::Sender<Confirmed>, _slot: OwnedSemaphorePermit },
    Ask { ask: Ask, wakes: bool, _slot: OwnedSemaphorePermit },
    Close(oneshot::Sender<CloseReport>),
}

/// Work on the buffer that is not shared with others.
pub(crate) type Ask = Box<dyn FnOnce(&mut Buffer) + Send>;

/// Messages of one sender.
pub(crate) struct Append {
    pub(crate) messages: Vec<NewMessage>,
    pub(crate) reply: oneshot::Sender<Answer>,
    pub(crate) _slot: OwnedSemaphorePermit,
    pub(crate) _bytes: OwnedSemaphorePermit,
}

/// How a buffer ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CloseReport {
    /// Messages that were in memory only, and are gone.
    pub lost: u64,
}

/// The thread's own state.
pub(crate) struct Writer {
    path: PathBuf,
    buffer: Buffer,
    commands: Receiver<Command>,
    /// Taken from the queue and not carried out yet.
    next: Option<Command>,
    /// Senders that wait for room, with the end of their patience.
    blocked: VecDeque<(Append, Instant)>,
    /// Room is being made for the first of them, a step at a time.
    making_room: bool,
    /// Confirmations whose deletion is not written yet.
    unsettled: Vec<(Confirmed, oneshot::Sender<Confirmed>)>,
    linger: Linger,
    stats: watch::Sender<Arc<OutboxStats>>,
    work: watch::Sender<u64>,
    published: Instant,
    stale: bool,
    ticked: Instant,
}

impl Writer {
    pub(crate) fn new(
        path: PathBuf,
        buffer: Buffer,
        commands: Receiver<Command>,
        stats: watch::Sender<Arc<OutboxStats>>,
        work: watch::Sender<u64>,
    ) -> Self {
        Self {
            path,
            buffer,
            commands,
            next: None,
            blocked: VecDeque::new(),
            making_room: false,
            unsettled: Vec::new(),
            linger: Linger::default(),
            stats,
            work,
            published: Instant::now(),
            stale: false,
            ticked: Instant::now(),
        }
    }

    /// Serves until everybody is gone or somebody closes. A mistake of ours that panics costs what is in memory,
    /// not the file: it is opened again.
    pub(crate) fn run(mut self) {
        for _ in 0..=MAX_RESTARTS {
            match catch_unwind(AssertUnwindSafe(|| self.serve())) {
                Ok(reply) => {
                    self.settle(true);
                    let report = CloseReport { lost: self.buffer.close() };
                    self.publish();
                    // Before the answer: whoever comes after it finds the buffer closed.
                    drop(self.commands);
                    if let Some(reply) = reply {
                        // Nobody waits for the report any more.
                        let _ = reply.send(report);
                    }
                    return;
                }
                Err(_) => {
                    tracing::error!("the buffer's thread panicked; opening the file again");
                    self.unsettled.clear();
                    self.making_room = false;
                    self.buffer.leave();
                    match Buffer::open(&self.path, self.buffer.options().clone()) {
                        Ok((buffer, _)) => self.buffer = buffer,
                        Err(error) => {
                            tracing::error!(%error, "the buffer does not open again");
                            break;
                        }
                    }
                }
            }
        }
        self.stats.send_modify(|stats| Arc::make_mut(stats).footing = Footing::Broken);
    }

    /// Ends with whoever asked for the end.
    fn serve(&mut self) -> Option<oneshot::Sender<CloseReport>> {
        loop {
            match self.receive() {
                Ok(Some(Command::Close(reply))) => return Some(reply),
                Ok(Some(Command::Ask { ask, wakes, .. })) => {
                    ask(&mut self.buffer);
                    self.buffer.worked();
                    let again = self.buffer.is_worth_asking_again();
                    self.changed(wakes || again);
                }
                Ok(Some(command)) => self.serve_group(command),
                Ok(None) => {}
                Err(Gone) => return None,
            }
            self.serve_blocked();
            self.settle(false);
            if self.ticked.elapsed() >= PUBLISH || self.next.is_none() {
                self.tick();
            }
        }
    }

    /// The next order; `None` when there was none and it is time for duties.
    fn receive(&mut self) -> Result<Option<Command>, Gone> {
        if let Some(command) = self.next.take() {
            return Ok(Some(command));
        }
        if let Ok(command) = self.commands.try_recv() {
            return Ok(Some(command));
        }
        if self.making_room {
            return Ok(None);
        }
        let mut rest = self.buffer.rest();
        if self.stale || !self.blocked.is_empty() {
            rest = rest.min(PUBLISH);
        }
        match self.commands.recv_timeout(rest) {
            Ok(command) => Ok(Some(command)),
            Err(RecvTimeoutError::Timeout) => Ok(None),
            Err(RecvTimeoutError::Disconnected) => Err(Gone),
        }
    }

    /// Takes what comes together, commits it once and answers everybody.
    fn serve_group(&mut self, first: Command) {
        let started = Instant::now();
        let mut group = Group::default();
        self.next = group.fill(first, &self.commands, &self.linger);
        for (ids, reply) in group.confirms {
            self.unsettled.push((self.buffer.confirm(&ids), reply));
        }
        if group.appends.is_empty() {
            self.changed(false);
            return;
        }
        // Who waits for room was first.
        if !self.blocked.is_empty() {
            let patience = self.patience();
            self.blocked.extend(group.appends.into_iter().map(|append| (append, Instant::now() + patience)));
            return;
        }
        let committing = Instant::now();
        self.append(group.appends, None);
        self.linger.learn(group.senders, committing.elapsed());
        tracing::trace!(senders = group.senders, took = ?started.elapsed(), "group");
        self.changed(true);
    }

    fn patience(&self) -> Duration {
        match self.buffer.options().overflow {
            OverflowPolicy::Block(patience) => patience,
            OverflowPolicy::Reject
            | OverflowPolicy::DropOldest
            | OverflowPolicy::DropNewest
            | OverflowPolicy::Coalesce => Duration::ZERO,
        }
    }

    /// Appends and answers; who finds no room and may wait, or for whom room is still being made, goes to `blocked`, with
    /// this deadline or a new one.
    fn append(&mut self, appends: Vec<Append>, deadline: Option<Instant>) {
        let (batches, senders): (Vec<_>, Vec<_>) = appends
            .into_iter()
            .map(|append| (append.messages, (append.reply, append._slot, append._bytes)))
            .unzip();
        let answers = self.buffer.append(&batches);
        self.buffer.worked();
        let deadline = deadline.unwrap_or_else(|| Instant::now() + self.patience());
        self.making_room = answers.iter().any(Option::is_none);
        let waits =
            |answer: &Answer| matches!(answer, Err(AppendError::Full(_))) && Instant::now() < deadline;
        for ((answer, messages), (reply, slot, bytes)) in answers.into_iter().zip(batches).zip(senders) {
            match answer.filter(|answer| !waits(answer)) {
                // A sender that went away has its messages stored all the same.
                Some(answer) => {
                    let _ = reply.send(answer);
                }
                None => {
                    let append = Append { messages, reply, _slot: slot, _bytes: bytes };
                    self.blocked.push_back((append, deadline));
                }
            }
        }
    }

    /// Tries again for whoever waits for room, in order.
    fn serve_blocked(&mut self) {
        for _ in 0..self.blocked.len() {
            let Some((append, deadline)) = self.blocked.pop_front() else { return };
            let waiting = self.blocked.len();
            self.append(vec![append], Some(deadline));
            if self.blocked.len() > waiting {
                // Still no room: it keeps its place at the front.
                self.blocked.rotate_right(1);
                return;
            }
            self.changed(true);
        }
    }

    /// Answers confirmations once their deletion is written, or cannot be written now.
    fn settle(&mut self, at_once: bool) {
        let mut tried = !self.buffer.can_settle();
        if at_once || self.buffer.settle_due() {
            self.buffer.flush();
            self.buffer.worked();
            tried = true;
        }
        if tried || self.buffer.is_settled() {
            for (confirmed, reply) in self.unsettled.drain(..) {
                let _ = reply.send(confirmed);
            }
        }
    }

    fn tick(&mut self) {
        self.ticked = Instant::now();
        self.buffer.tick();
        if self.published.elapsed() >= PUBLISH {
            self.publish();
        }
    }

    /// Something is different now.
    fn changed(&mut self, wakes: bool) {
        self.stale = true;
        if wakes {
            self.work.send_modify(|count| *count = count.wrapping_add(1));
        }
    }

    fn publish(&mut self) {
        self.published = Instant::now();
        self.stale = false;
        let stats = self.buffer.stats();
        self.stats.send_if_modified(|old| {
            let changed = **old != stats;
            if changed {
                *old = Arc::new(stats);
            }
            changed
        });
    }
}

/// All handles are dropped.
struct Gone;
