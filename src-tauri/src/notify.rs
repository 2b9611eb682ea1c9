//! Native notifications: one task talks to the desktop, so that a slow or absent daemon holds nobody up.
//!
//! Which notices there are, and their words, is the presenter's business.

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
    time::Duration,
};

use presenter::{DesktopRequest, Notice, NoticePolicy, Urgency};
use tokio::{
    sync::{mpsc, watch},
    task::AbortHandle,
    time::timeout,
};

/// How the notices are signed.
const APP_NAME: &str = "Linekeeper";
/// Name of their picture, in the runtime folder.
const ICON: &str = "linekeeper.png";
/// Notices waiting for the daemon. When full, the newest is dropped and logged: it means the daemon has answered
/// nothing for minutes, and what is said then late is better the beginning than the middle.
const WAITING: usize = 32;
/// Time the daemon has for one notice.
const PATIENCE: Duration = Duration::from_secs(5);
/// Notices followed for a click at a time; the presenter's keys are few. Beyond it clicks on the oldest are lost.
const FOLLOWED: usize = 64;

/// Whether notices reach the desktop, as far as the last one tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
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
    icon: PathBuf,
    health: watch::Sender<Notifications>,
    requests: mpsc::Sender<DesktopRequest>,
    shown: HashMap<String, Shown>,
    /// `None` until the daemon said.
    markup: Option<bool>,
}

#[derive(Debug)]
struct Shown {
    id: u32,
    click: AbortHandle,
}

impl Herald {
    /// `icon` is a picture file; a click on a notice asks for the window through `requests`.
    pub(crate) fn new(
        icon: PathBuf,
        health: watch::Sender<Notifications>,
        requests: mpsc::Sender<DesktopRequest>,
    ) -> (Notifier, Self) {
        let (sender, queue) = mpsc::channel(WAITING);
        (
            Notifier { queue: sender },
            Self {
                queue,
                icon,
                health,
                requests,
                shown: HashMap::new(),
                markup: None,
            },
        )
    }

    /// Shows notices until every [`Notifier`] is gone.
    pub(crate) async fn run(mut self) {
        while let Some(notice) = self.queue.recv().await {
            let outcome = timeout(PATIENCE, self.show(&notice)).await;
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
            self.health
                .send_if_modified(|known| std::mem::replace(known, health) != health);
        }
    }

    #[cfg(target_os = "linux")]
    async fn show(&mut self, notice: &Notice) -> Result<(), notify_rust::error::Error> {
        if self.markup.is_none() {
            self.markup = reads_markup().await;
        }
        let body = if self.markup == Some(true) {
            escape(&notice.body)
        } else {
            notice.body.clone()
        };
        let mut native = notify_rust::Notification::new();
        native
            .appname(APP_NAME)
            .summary(&notice.title)
            .body(&body)
            .icon(&self.icon.to_string_lossy());
        native.urgency(urgency(notice.urgency)).action("default", "Open");
        native.hint(notify_rust::Hint::DesktopEntry(APP_NAME.to_owned()));
        if let Some(earlier) = self.shown.remove(&notice.key) {
            native.id(earlier.id);
            earlier.click.abort();
        }
        let handle = native.show_async().await?;
        let id = handle.id();
        let requests = self.requests.clone();
        // The handle holds the connection the notice came over, until the notice is closed: GNOME takes a notice
        // back when its sender leaves the bus.
        let click = tokio::spawn(async move {
            let mut clicked = false;
            handle
                .wait_for_action_async(|response| clicked = is_click(response))
                .await;
            if clicked && let Err(error) = requests.try_send(DesktopRequest::OpenWindow) {
                tracing::warn!(%error, "a click on a notice was dropped");
            }
        });
        self.follow(
            notice.key.clone(),
            Shown {
                id,
                click: click.abort_handle(),
            },
        );
        Ok(())
    }

    #[cfg(not(target_os = "linux"))]
    async fn show(&mut self, notice: &Notice) -> Result<(), notify_rust::error::Error> {
        let mut native = notify_rust::Notification::new();
        native.appname(APP_NAME).summary(&notice.title).body(&notice.body);
        let shown = tokio::task::spawn_blocking(move || native.show().map(drop));
        shown
            .await
            .unwrap_or_else(|error| Err(std::io::Error::other(error).into()))
    }

    #[cfg(target_os = "linux")]
    fn follow(&mut self, key: String, shown: Shown) {
        self.shown.retain(|_, shown| !shown.click.is_finished());
        if self.shown.len() >= FOLLOWED {
            for (_, old) in self.shown.drain() {
                old.click.abort();
            }
        }
        self.shown.insert(key, shown);
    }
}

/// Writes the picture for notices: they show one only by theme name or by file, and the theme has ours only where
/// the program is installed.
pub(crate) fn icon(folder: &Path) -> PathBuf {
    let file = folder.join(ICON);
    if let Err(error) = std::fs::write(&file, include_bytes!("../../icons/app/128x128.png")) {
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
    let times: Vec<Duration> = given
        .split(',')
        .filter_map(|ms| ms.parse().ok())
        .map(Duration::from_millis)
        .collect();
    match times[..] {
        [start_grace, down_after, stable_after, coalesce] => NoticePolicy {
            start_grace,
            down_after,
            stable_after,
            coalesce,
            ..policy
        },
        _ => policy,
    }
}

#[cfg(target_os = "linux")]
fn urgency(urgency: Urgency) -> notify_rust::Urgency {
    match urgency {
        Urgency::Low => notify_rust::Urgency::Low,
        Urgency::Normal => notify_rust::Urgency::Normal,
        Urgency::Critical => notify_rust::Urgency::Critical,
    }
}

#[cfg(target_os = "linux")]
fn is_click(response: &notify_rust::NotificationResponse) -> bool {
    matches!(response, notify_rust::NotificationResponse::Default)
}

/// Whether the daemon reads the body as markup. Asked on a thread of its own: notify-rust offers no other way.
#[cfg(target_os = "linux")]
async fn reads_markup() -> Option<bool> {
    let asked = tokio::task::spawn_blocking(notify_rust::get_capabilities).await;
    asked
        .ok()?
        .ok()
        .map(|capabilities| capabilities.iter().any(|capability| capability == "body-markup"))
}

/// Our body is plain text; a server's words in it must not become markup.
#[cfg(target_os = "linux")]
fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(target_os = "linux")]
    #[test]
    fn words_of_a_server_never_become_markup() {
        assert_eq!(escape("<b>&co</b>"), "&lt;b&gt;&amp;co&lt;/b&gt;");
    }

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
            });
        }
        let kept: Vec<String> = std::iter::from_fn(|| herald.queue.try_recv().ok())
            .map(|notice| notice.key)
            .collect();
        assert_eq!(
            kept,
            (0..WAITING).map(|number| number.to_string()).collect::<Vec<_>>()
        );
    }
}
