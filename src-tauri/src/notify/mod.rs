//! Native notifications: one task talks to the desktop, so that a slow or absent daemon holds nobody up.
//!
//! Which notices there are, and their words, is the presenter's business.

#[cfg(target_os = "linux")]
mod freedesktop;
#[cfg(not(target_os = "linux"))]
mod system;

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use presenter::{DesktopRequest, Notice, NoticePolicy};
use tokio::{
    sync::{mpsc, watch},
    time::timeout,
};

#[cfg(target_os = "linux")]
use self::freedesktop::Native;
#[cfg(not(target_os = "linux"))]
use self::system::Native;

/// How the notices are signed.
const APP_NAME: &str = "Linekeeper";
/// Name of their picture, in the runtime folder.
const ICON: &str = "linekeeper.png";
/// Notices waiting for the daemon. When full, the newest is dropped and logged: it means the daemon has answered
/// nothing for minutes, and what is said then late is better the beginning than the middle.
const WAITING: usize = 32;
/// Time the daemon has for one notice.
const PATIENCE: Duration = Duration::from_secs(5);
/// Whether notices reach the desktop, as far as the last one tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Notifications {
    /// The last one was taken, or there was none yet.
    Ok,
    /// The last one was refused: no daemon, no session bus.
    Unavailable,
}

/// Takes notices without waiting.
#[derive(Clone, Debug)]
pub(crate) struct Notifier {
    queue: mpsc::Sender<Notice>,
}

impl Notifier {
    /// Queues a notice.
    pub(crate) fn notify(&self, notice: Notice) {
        if let Err(error) = self.queue.try_send(notice) {
            tracing::warn!(%error, "a notice was dropped");
        }
    }
}

/// The task behind a [`Notifier`].
#[derive(Debug)]
pub(crate) struct Herald {
    queue: mpsc::Receiver<Notice>,
    native: Native,
    health: watch::Sender<Notifications>,
}

impl Herald {
    /// `icon` is a picture file; a click on a notice asks for the window through `requests`.
    pub(crate) fn new(
        icon: PathBuf,
        health: watch::Sender<Notifications>,
        requests: mpsc::Sender<DesktopRequest>,
    ) -> (Notifier, Self) {
        let (sender, queue) = mpsc::channel(WAITING);
        (Notifier { queue: sender }, Self { queue, native: Native::new(icon, requests), health })
    }

    /// Shows notices until every [`Notifier`] is gone.
    pub(crate) async fn run(mut self) {
        while let Some(notice) = self.queue.recv().await {
            let outcome = timeout(PATIENCE, self.native.show(&notice)).await;
            let health = match outcome {
                Ok(Ok(())) => Notifications::Ok,
                Ok(Err(error)) => {
                    tracing::warn!(%error, key = notice.key, "the desktop refused a notice");
                    Notifications::Unavailable
                }
                Err(_) => {
                    tracing::warn!(key = notice.key, "the desktop did not answer a notice");
                    Notifications::Unavailable
                }
            };
            self.health.send_if_modified(|known| std::mem::replace(known, health) != health);
        }
    }
}

/// Writes the picture for notices: they show one only by theme name or by file, and the theme has ours only where
/// the program is installed.
pub(crate) fn icon(folder: &Path) -> PathBuf {
    let file = folder.join(ICON);
    if let Err(error) = std::fs::write(&file, include_bytes!("../../../icons/app/128x128.png")) {
        tracing::debug!(%error, "notices go without a picture");
    }
    file
}

/// The product's times. A debug build takes others from the environment, so that a test need not wait for them:
/// `LINEKEEPER_TEST_NOTICES=START_GRACE,DOWN_AFTER,STABLE_AFTER,COALESCE` in ms.
pub(crate) fn policy() -> NoticePolicy {
    let policy = NoticePolicy::default();
    if !cfg!(debug_assertions) {
        return policy;
    }
    let given = std::env::var("LINEKEEPER_TEST_NOTICES").unwrap_or_default();
    let times: Vec<Duration> =
        given.split(',').filter_map(|ms| ms.parse().ok()).map(Duration::from_millis).collect();
    match times[..] {
        [start_grace, down_after, stable_after, coalesce] => {
            NoticePolicy { start_grace, down_after, stable_after, coalesce, ..policy }
        }
        _ => policy,
    }
}

#[cfg(test)]
mod tests {
    use presenter::Urgency;

    use super::*;

    #[test]
    fn a_full_queue_drops_the_newest_and_never_waits() {
        let (health, _) = watch::channel(Notifications::Ok);
        let (requests, _asked) = mpsc::channel(1);
        let (notifier, mut herald) = Herald::new(PathBuf::new(), health, requests);
        for number in 0..WAITING + 5 {
            notifier.notify(Notice {
                key: number.to_string(),
                urgency: Urgency::Low,
                title: String::new(),
                body: String::new(),
                button: None,
            });
        }
        let kept: Vec<String> =
            std::iter::from_fn(|| herald.queue.try_recv().ok()).map(|notice| notice.key).collect();
        assert_eq!(kept, (0..WAITING).map(|number| number.to_string()).collect::<Vec<_>>());
    }
}
