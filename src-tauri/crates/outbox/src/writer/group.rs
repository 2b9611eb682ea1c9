//! Which orders share a commit, and how long one waits for company.

use std::{
    sync::mpsc::{Receiver, RecvTimeoutError},
    time::{Duration, Instant},
};

use tokio::sync::oneshot;

use super::{Append, Command};
use crate::{MessageId, buffer::Confirmed, message::NewMessage};

/// Bounds of a group. One batch always fits, whatever its size.
const MAX_MESSAGES: usize = 512;
const MAX_BYTES: u64 = 1 << 20;
const MAX_WAIT: Duration = Duration::from_millis(25);

/// How long to wait for company. On a slow disk senders that wait for the same flush come back together; without
/// patience they split into two camps, and each waits for two flushes. A lone sender must not pay for that.
#[derive(Debug, Default)]
pub(crate) struct Linger {
    /// Senders in the last group.
    senders: usize,
    /// Smoothed duration of a commit.
    commit: Duration,
}

impl Linger {
    pub(crate) fn learn(&mut self, senders: usize, commit: Duration) {
        self.senders = senders;
        self.commit = if self.commit.is_zero() { commit } else { (self.commit * 7 + commit) / 8 };
    }

    pub(crate) fn patience(&self) -> Duration {
        if self.senders <= 1 {
            return Duration::ZERO;
        }
        (self.commit / 20).clamp(Duration::from_micros(50), Duration::from_micros(500))
    }
}

/// Orders that share a commit.
#[derive(Default)]
pub(crate) struct Group {
    pub(crate) appends: Vec<Append>,
    pub(crate) confirms: Vec<(Vec<MessageId>, oneshot::Sender<Confirmed>)>,
    pub(crate) senders: usize,
    messages: usize,
    bytes: u64,
}

impl Group {
    /// Takes orders until there are enough, none comes any more, or one of another kind does; that one is returned.
    pub(crate) fn fill(
        &mut self,
        first: Command,
        commands: &Receiver<Command>,
        linger: &Linger,
    ) -> Option<Command> {
        let started = Instant::now();
        let until = started + linger.patience();
        let mut command = first;
        loop {
            match command {
                Command::Append(append) => {
                    self.senders += 1;
                    self.messages += append.messages.len();
                    self.bytes += append.messages.iter().map(NewMessage::size).sum::<u64>();
                    self.appends.push(append);
                }
                Command::Confirm { ids, reply, _slot } => self.confirms.push((ids, reply)),
                other @ (Command::Ask { .. } | Command::Close(_)) => return Some(other),
            }
            if self.messages >= MAX_MESSAGES || self.bytes >= MAX_BYTES || started.elapsed() >= MAX_WAIT {
                return None;
            }
            command = match commands.try_recv() {
                Ok(next) => next,
                // Everybody of last time is here.
                Err(_) if self.appends.is_empty() || self.senders >= linger.senders => return None,
                Err(_) => match commands.recv_timeout(until.saturating_duration_since(Instant::now())) {
                    Ok(next) => next,
                    Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => return None,
                },
            };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_company_makes_patient() {
        let mut linger = Linger::default();
        assert_eq!(linger.patience(), Duration::ZERO);
        linger.learn(1, Duration::from_millis(5));
        assert_eq!(linger.patience(), Duration::ZERO);
        linger.learn(8, Duration::from_millis(5));
        assert_eq!(linger.patience(), Duration::from_micros(250));
        linger.learn(8, Duration::from_secs(1));
        assert_eq!(linger.patience(), Duration::from_micros(500));
    }
}
