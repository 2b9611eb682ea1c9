//! Ways back to a running program: another start, and a window where no tray shows the icon.

use std::time::Duration;

use tokio::{
    sync::{mpsc, watch},
    time::timeout,
};

use crate::{
    tray::TrayHost,
    window::{Appearance, Window},
};

/// Time a desktop that starts up has to bring its tray, before the window stands in for it.
const TRAY_GRACE: Duration = Duration::from_secs(10);

/// Every other start of the program raises this one's window.
pub(crate) async fn answer_rings(mut rung: mpsc::Receiver<()>, window: Window) {
    while rung.recv().await.is_some() {
        window.open(Appearance::Raised);
    }
}

/// Where no tray shows the icon there has to be a window, or nothing leads back to the program.
pub(crate) async fn keep(window: Window, mut host: watch::Receiver<TrayHost>) {
    loop {
        if host.wait_for(|host| *host == TrayHost::Absent).await.is_err() {
            return;
        }
        let back = timeout(TRAY_GRACE, host.wait_for(|host| *host == TrayHost::Present)).await.is_ok();
        if !back && !window.exists() {
            window.open(Appearance::Minimized);
        }
        if host.wait_for(|host| *host != TrayHost::Absent).await.is_err() {
            return;
        }
    }
}
