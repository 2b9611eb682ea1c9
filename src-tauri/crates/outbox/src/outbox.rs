//! Opening a buffer, and its end.

use std::{path::PathBuf, sync::Arc, sync::mpsc, thread};

use tokio::sync::{oneshot, watch};

use crate::{
    buffer::{Buffer, OpenReport},
    error::OpenError,
    handle::{Intake, OutboxHandle},
    options::OutboxOptions,
    stats::OutboxStats,
    writer::{CloseReport, Command, Writer},
};

/// An open buffer. Dropping it closes it without waiting.
#[derive(Debug)]
pub struct Outbox {
    handle: OutboxHandle,
}

impl Outbox {
    /// Opens the buffer in this folder, which is made where needed and belongs to this process from then on. What
    /// is wrong with the disk or the files is survived and told in the report and the notices.
    pub async fn open(folder: PathBuf, options: OutboxOptions) -> Result<(Self, OpenReport), OpenError> {
        let (opened, answer) = oneshot::channel();
        let (commands, orders) = mpsc::channel();
        let (stats, stats_seen) = watch::channel(Arc::new(OutboxStats::default()));
        let (work, work_seen) = watch::channel(0);
        thread::Builder::new()
            .name(format!("buf-{}", options.endpoint))
            .spawn(move || match Buffer::open(&folder, options) {
                Ok((buffer, report)) => {
                    stats.send_replace(Arc::new(buffer.stats()));
                    // Whoever opened it may be gone; then the thread ends with its last handle.
                    let _ = opened.send(Ok(report));
                    Writer::new(folder, buffer, orders, stats, work).run();
                }
                Err(error) => {
                    let _ = opened.send(Err(error));
                }
            })
            .map_err(OpenError::Thread)?;
        let ended = |_| OpenError::Thread(std::io::Error::other("it ended at once"));
        let report = answer.await.map_err(ended)??;
        let handle = OutboxHandle {
            commands,
            intake: Arc::new(Intake::default()),
            stats: stats_seen,
            work: work_seen,
        };
        Ok((Self { handle }, report))
    }

    /// A way to talk to it.
    pub fn handle(&self) -> OutboxHandle {
        self.handle.clone()
    }

    /// Writes what is left to write and gives the folder back. Orders behind this one are answered with an error.
    pub async fn close(self) -> CloseReport {
        let (reply, answer) = oneshot::channel();
        // An error means that it is closed already.
        if self.handle.commands.send(Command::Close(reply)).is_err() {
            return CloseReport::default();
        }
        answer.await.unwrap_or_default()
    }
}

impl Drop for Outbox {
    fn drop(&mut self) {
        let (reply, _) = oneshot::channel();
        // Closed already, or closing.
        let _ = self.handle.commands.send(Command::Close(reply));
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::{LeaseLimit, NewMessage, OutboxError, OverflowPolicy};

    fn options() -> OutboxOptions {
        let mut options = OutboxOptions::new("pulse");
        options.disk.min_free_bytes = 0;
        options.disk.min_free_percent = 0;
        options
    }

    #[tokio::test]
    async fn senders_that_wait_for_room_do_not_keep_out_whoever_makes_some() {
        let folder = tempfile::tempdir().unwrap();
        let mut options = options();
        options.overflow = OverflowPolicy::Block(Duration::from_secs(600));
        options.bounds.max_messages = 1;
        let (outbox, _) = Outbox::open(folder.path().to_owned(), options).await.unwrap();
        let handle = outbox.handle();
        handle.append(vec![NewMessage::text("first")]).await.unwrap();
        let out = handle.lease(LeaseLimit::default()).await.unwrap();
        // More than may wait for the thread.
        let mut senders = tokio::task::JoinSet::new();
        for number in 0..1_100 {
            let handle = outbox.handle();
            senders.spawn(async move { handle.append(vec![NewMessage::text(number.to_string())]).await });
        }
        while handle.intake_is_open() {
            tokio::task::yield_now().await;
        }
        let confirming = handle.confirm(vec![out[0].id.clone()]);
        let confirmed = tokio::time::timeout(Duration::from_secs(60), confirming).await.expect("let in");
        assert_eq!(confirmed.unwrap().delivered, 1);
        senders.join_next().await.unwrap().unwrap().expect("there is room for one");
    }

    #[tokio::test]
    async fn a_word_that_is_out_counts_before_it_is_answered() {
        let folder = tempfile::tempdir().unwrap();
        let (outbox, _) = Outbox::open(folder.path().to_owned(), options()).await.unwrap();
        let handle = outbox.handle();
        handle.append(vec![NewMessage::text("a")]).await.unwrap();
        let out = handle.lease(LeaseLimit::default()).await.unwrap();
        let told = handle.begin_confirm(vec![out[0].id.clone()]).await.unwrap();
        assert_eq!(
            handle.session_lost(crate::Loss::Plain).await.unwrap(),
            0,
            "nothing is in flight any more"
        );
        assert_eq!(told.await.unwrap().delivered, 1);
    }

    #[tokio::test]
    async fn a_check_goes_on_where_the_time_for_it_ended() {
        let folder = tempfile::tempdir().unwrap();
        let (outbox, _) = Outbox::open(folder.path().to_owned(), options()).await.unwrap();
        let handle = outbox.handle();
        handle.append((0..1_000).map(|number| NewMessage::text(number.to_string())).collect()).await.unwrap();
        let (mut messages, mut parts, mut after) = (0, 0, Some(0));
        while let Some(from) = after {
            let part = handle.verify_from(from, Duration::ZERO).await.unwrap();
            assert_eq!((part.damaged, &part.problem), (0, &None));
            (messages, parts, after) = (messages + part.messages, parts + 1, part.next);
        }
        assert!(parts > 1, "{parts}");
        assert_eq!((messages, handle.verify().await.unwrap().messages), (1_000, 1_000));
    }

    #[tokio::test]
    async fn a_mistake_of_ours_costs_its_own_order_and_nothing_that_was_accepted() {
        let folder = tempfile::tempdir().unwrap();
        let (outbox, _) = Outbox::open(folder.path().to_owned(), options()).await.unwrap();
        let handle = outbox.handle();
        for _ in 0..3 {
            handle.append(vec![NewMessage::text("a")]).await.unwrap();
            handle.lease(LeaseLimit::default()).await.unwrap();
            let broken: Result<(), _> = handle.ask(false, |_| panic!("staged")).await;
            assert_eq!(broken, Err(OutboxError::Closed));
        }
        let out = handle.lease(LeaseLimit::default()).await.unwrap();
        assert_eq!(out.len(), 3);
        assert!(out.iter().all(|queued| queued.redelivered), "what was in flight is at the head again");
        let broken: Result<(), _> = handle.ask(false, |_| panic!("staged")).await;
        assert_eq!(broken, Err(OutboxError::Closed));
        // A thread that falls over again and again stays down, and says so.
        let mut stats = handle.watch();
        stats.wait_for(|stats| stats.footing == crate::Footing::Broken).await.unwrap();
        assert!(handle.append(vec![NewMessage::text("a")]).await.is_err());
    }
}
