//! Notices of Windows and macOS, where the platform offers less: each stands for itself.

use std::path::PathBuf;

use presenter::{DesktopRequest, Notice};
use tokio::sync::mpsc;

use super::APP_NAME;

/// The platform's notices.
#[derive(Debug)]
pub(super) struct Native;

impl Native {
    /// Neither picture nor click is to be had here.
    pub(super) fn new(_icon: PathBuf, _requests: mpsc::Sender<DesktopRequest>) -> Self {
        Self
    }

    pub(super) async fn show(&mut self, notice: &Notice) -> Result<(), notify_rust::error::Error> {
        let mut native = notify_rust::Notification::new();
        native.appname(APP_NAME).summary(&notice.title).body(&notice.body);
        let shown = tokio::task::spawn_blocking(move || native.show().map(drop));
        shown.await.unwrap_or_else(|error| Err(error.to_string().as_str().into()))
    }
}
