//! The presenter's [`Desktop`] port on a real desktop: every call is handed on at once and nothing is waited for.

use std::sync::Arc;

use presenter::{Desktop, Notice, TrayView};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::{
    notify::Notifier,
    window::{Appearance, Place, Window},
};

/// Tray, notices, window and end of the program, for the presenter.
#[derive(Debug)]
pub(crate) struct NativeDesktop {
    pub(crate) tray: watch::Sender<Option<Arc<TrayView>>>,
    pub(crate) notifier: Notifier,
    pub(crate) window: Window,
    pub(crate) quit: CancellationToken,
}

impl Desktop for NativeDesktop {
    fn set_tray(&mut self, view: &TrayView) {
        self.tray.send_replace(Some(Arc::new(view.clone())));
    }

    fn notify(&mut self, notice: &Notice) {
        self.notifier.notify(notice.clone());
    }

    fn open_window(&mut self) {
        self.window.open(Appearance::Raised);
    }

    fn run_check(&mut self) {
        self.window.open_at(Place::NewCheck);
    }

    fn quit(&mut self) {
        self.quit.cancel();
    }
}
