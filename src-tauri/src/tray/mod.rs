//! The tray icon: hands the presenter's view to whoever draws it on this platform and says whether anybody does.
//!
//! Decides nothing about what is shown; that is the presenter's. Platform code stays below this folder.

#[cfg(target_os = "linux")]
mod item;
#[cfg(target_os = "linux")]
mod status_notifier;
#[cfg(not(target_os = "linux"))]
mod system;

use std::sync::Arc;

#[cfg(target_os = "linux")]
pub(crate) use status_notifier::run;
#[cfg(not(target_os = "linux"))]
pub(crate) use system::run;

use presenter::{DesktopRequest, Language, TrayView};
use tokio::sync::{mpsc, watch};

use crate::window::Window;

/// Whether this desktop shows the icon.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TrayHost {
    /// Not asked yet.
    Unknown,
    /// It does.
    Present,
    /// It does not: no tray, or no session bus to reach one. Still tried.
    Absent,
}

/// What the tray works with.
#[derive(Clone, Debug)]
pub(crate) struct Wiring {
    /// What to show; `None` until the presenter has said it.
    pub(crate) views: watch::Receiver<Option<Arc<TrayView>>>,
    /// The language of the views.
    pub(crate) language: Language,
    /// Told whether the icon is seen.
    pub(crate) host: watch::Sender<TrayHost>,
    /// Told what is clicked.
    pub(crate) requests: mpsc::Sender<DesktopRequest>,
    /// Where a click's permission to raise the window is kept.
    pub(crate) window: Window,
}

impl Wiring {
    /// Hands a click on. It is lost when the queue is full: nobody clicks that fast, so something hangs, and old
    /// clicks must not come true later.
    fn ask(&self, request: DesktopRequest) {
        if let Err(error) = self.requests.try_send(request) {
            tracing::warn!(%error, "a click in the tray was dropped");
        }
    }
}
