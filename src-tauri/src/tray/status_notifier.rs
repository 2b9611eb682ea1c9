//! Keeps the StatusNotifierItem on the session bus, for as long as the program runs.
//!
//! ksni registers with the host, and again whenever a host comes back. What it does not notice is the end of the
//! bus itself; a connection of our own watches that, and everything starts anew.

use std::{sync::Arc, time::Duration};

use futures_util::StreamExt as _;
use ksni::TrayMethods as _;
use presenter::TrayView;
use tokio::{
    sync::watch,
    time::{sleep, timeout},
};
use tokio_util::sync::CancellationToken;

use super::{TrayHost, Wiring, item::Item};
use crate::display;

/// Wait before the bus is tried again. One connect to a socket that is not there costs nothing to speak of.
const RETRY: Duration = Duration::from_secs(5);
/// How long the end waits for the bus to say goodbye.
const GOODBYE: Duration = Duration::from_secs(1);

/// Shows the views until `stop`. Without a bus or a host it goes on trying for ever.
pub(crate) async fn run(wiring: Wiring, stop: CancellationToken) {
    let mut views = wiring.views.clone();
    let mut told = false;
    loop {
        // Nothing is registered before there is something to show.
        let first = views.wait_for(Option::is_some).await.ok().and_then(|view| view.clone());
        let Some(first) = first else { return };
        let host = &wiring.host;
        let item = Item::new(first, wiring.clone());
        let error = match show(item, &mut views, host, &stop).await {
            Ok(()) => return,
            Err(error) => error,
        };
        if !told {
            tracing::warn!(%error, "the tray icon cannot be shown; trying again every {} s", RETRY.as_secs());
            told = true;
        }
        host.send_replace(TrayHost::Absent);
        tokio::select! {
            () = stop.cancelled() => return,
            () = sleep(RETRY) => {}
        }
    }
}

/// One life on the bus. `Ok` when the program ends.
async fn show(
    item: Item,
    views: &mut watch::Receiver<Option<Arc<TrayView>>>,
    host: &watch::Sender<TrayHost>,
    stop: &CancellationToken,
) -> Result<(), ksni::Error> {
    let bus = zbus::Connection::session().await.map_err(ksni::Error::Dbus)?;
    // Not waited for: GLib's way to the bus is not ours.
    tokio::task::spawn_blocking(display::outlive_session_bus);
    let mut traffic = zbus::MessageStream::from(&bus);
    host.send_replace(TrayHost::Unknown);
    let handle = item.assume_sni_available(true).spawn().await?;
    // ksni says when a host is missing, not when it is there.
    host.send_if_modified(|host| {
        let first = *host == TrayHost::Unknown;
        if first {
            *host = TrayHost::Present;
        }
        first
    });
    tracing::info!(host = ?*host.borrow(), "tray icon offered");
    let end = loop {
        tokio::select! {
            () = stop.cancelled() => break Ok(()),
            message = traffic.next() => match message {
                Some(Ok(_)) => {}
                Some(Err(error)) => break Err(error),
                None => break Err(zbus::Error::Failure("the session bus is gone".into())),
            },
            changed = views.changed() => {
                if changed.is_err() {
                    break Ok(());
                }
                let view = views.borrow_and_update().clone();
                if let Some(view) = view {
                    handle.update(|item| item.show(view)).await;
                }
            }
        }
    };
    // Also after the bus is gone: ksni's task ends only when it is told to.
    let _ = timeout(GOODBYE, handle.shutdown()).await;
    end.map_err(ksni::Error::Dbus)
}
