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
            .spawn(move || match Buffer::open(&folder, options.clone()) {
                Ok((buffer, report)) => {
                    stats.send_replace(Arc::new(buffer.stats()));
                    // Whoever opened it may be gone; then the thread ends with its last handle.
                    let _ = opened.send(Ok(report));
                    Writer::new(folder, options, buffer, orders, stats, work).run();
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
    use super::*;
    use crate::{LeaseLimit, NewMessage, OutboxError};

    #[tokio::test]
    async fn a_mistake_of_ours_costs_its_own_order_and_nothing_that_was_accepted() {
        let folder = tempfile::tempdir().unwrap();
        let mut options = OutboxOptions::new("pulse");
        options.disk.min_free_bytes = 0;
        options.disk.min_free_percent = 0;
        let (outbox, _) = Outbox::open(folder.path().to_owned(), options).await.unwrap();
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
