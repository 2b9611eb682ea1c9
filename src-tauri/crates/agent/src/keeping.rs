//! A task that writes something down until it is told to end, and a last time then.

use tokio::task::JoinHandle;
use tokio_util::sync::{CancellationToken, DropGuard};

/// The task that writes. Dropping this ends it too, without waiting for the last write.
#[derive(Debug)]
pub(crate) struct Keeping {
    /// What it keeps, for the log.
    what: &'static str,
    end: DropGuard,
    task: JoinHandle<()>,
}

impl Keeping {
    /// Starts the task; it has to end, written or not, soon after its token is cancelled.
    pub(crate) fn begin<W>(what: &'static str, work: impl FnOnce(CancellationToken) -> W) -> Self
    where
        W: Future<Output = ()> + Send + 'static,
    {
        let end = CancellationToken::new();
        let task = tokio::spawn(work(end.clone()));
        Self { what, end: end.drop_guard(), task }
    }

    /// Has it write a last time, and end.
    pub(crate) async fn end(self) {
        drop(self.end);
        if let Err(error) = self.task.await {
            tracing::error!(what = self.what, %error, "keeping ended badly");
        }
    }
}
