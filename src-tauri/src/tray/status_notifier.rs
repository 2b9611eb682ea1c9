//! Keeps the StatusNotifierItem on the session bus, for as long as the program runs.
//!
//! ksni registers with the host, and again whenever a host comes back. What it does not notice is the end of the bus
//! itself, a host that came while it began to listen for one, and that a host which came refused it. A connection of
//! our own and the item notice these, and everything starts anew.

use std::{sync::Arc, time::Duration};

use futures_util::StreamExt as _;
use ksni::TrayMethods as _;
use presenter::TrayView;
use tokio::{
    sync::{Notify, watch},
    time::{sleep, timeout},
};
use tokio_util::sync::CancellationToken;
use zbus::{
    fdo::DBusProxy,
    names::{BusName, OwnedUniqueName, WellKnownName},
};

use super::{TrayHost, Wiring, item::Item};
use crate::display;

/// Wait before the bus is tried again. One connect to a socket that is not there costs nothing to speak of.
const RETRY: Duration = Duration::from_secs(5);
/// How long the end waits for the bus to say goodbye.
const GOODBYE: Duration = Duration::from_secs(1);

/// Where a host answers.
const HOST: BusName<'_> =
    BusName::WellKnown(WellKnownName::from_static_str_unchecked("org.kde.StatusNotifierWatcher"));

/// How a life on the bus ended.
enum End {
    /// With the program.
    Program,
    /// At once: a host came that ksni may have missed.
    HostMissed,
}

/// Shows the views until `stop`. Without a bus or a host it goes on trying for ever.
pub(crate) async fn run(wiring: Wiring, stop: CancellationToken) {
    let mut views = wiring.views.clone();
    let (mut told, mut missed) = (false, false);
    loop {
        // Nothing is registered before there is something to show.
        let first = views.wait_for(Option::is_some).await.ok().and_then(|view| view.clone());
        let Some(first) = first else { return };
        let host = &wiring.host;
        match show(first, &wiring, &mut views, &stop).await {
            Ok(End::Program) => return,
            Ok(End::HostMissed) if !missed => {
                tracing::info!("a tray host came meanwhile");
                missed = true;
                continue;
            }
            Ok(End::HostMissed) => {}
            Err(error) if !told => {
                tracing::warn!(%error, "the tray icon cannot be shown; trying again every {} s", RETRY.as_secs());
                told = true;
            }
            Err(_) => {}
        }
        missed = false;
        host.send_replace(TrayHost::Absent);
        tokio::select! {
            () = stop.cancelled() => return,
            () = sleep(RETRY) => {}
        }
    }
}

/// One life on the bus.
async fn show(
    first: Arc<TrayView>,
    wiring: &Wiring,
    views: &mut watch::Receiver<Option<Arc<TrayView>>>,
    stop: &CancellationToken,
) -> Result<End, ksni::Error> {
    let host = &wiring.host;
    let bus = zbus::Connection::session().await.map_err(ksni::Error::Dbus)?;
    // Not waited for: GLib's way to the bus is not ours.
    tokio::task::spawn_blocking(display::outlive_session_bus);
    let mut traffic = zbus::MessageStream::from(&bus);
    host.send_replace(TrayHost::Unknown);
    let refused = Arc::new(Notify::new());
    let item = Item::new(first, wiring.clone(), Arc::clone(&refused));
    let before = owner_of_host(&bus).await?;
    let handle = item.assume_sni_available(true).spawn().await?;
    // ksni first registers with the host and then asks the bus to tell it of the next one. From here on it is told; a
    // host that came in between would stay unknown to it for ever.
    let now = owner_of_host(&bus).await;
    let missed = now.map(|now| match before {
        _ if now.is_none() => false,
        Some(before) => now != Some(before),
        None => *host.borrow() == TrayHost::Absent,
    });
    if !matches!(missed, Ok(false)) {
        let _ = timeout(GOODBYE, handle.shutdown()).await;
        return missed.map(|_| End::HostMissed);
    }
    // It says when a host is missing, not when it is there.
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
            () = stop.cancelled() => break Ok(End::Program),
            () = refused.notified() => break Err(zbus::Error::Failure("the tray host refused the icon".into())),
            message = traffic.next() => match message {
                Some(Ok(_)) => {}
                Some(Err(error)) => break Err(error),
                None => break Err(zbus::Error::Failure("the session bus is gone".into())),
            },
            changed = views.changed() => {
                if changed.is_err() {
                    break Ok(End::Program);
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

/// Which connection to the bus the host is, if there is one.
async fn owner_of_host(bus: &zbus::Connection) -> Result<Option<OwnedUniqueName>, ksni::Error> {
    let daemon = DBusProxy::new(bus).await.map_err(ksni::Error::Dbus)?;
    match daemon.get_name_owner(HOST).await {
        Ok(owner) => Ok(Some(owner)),
        Err(zbus::fdo::Error::NameHasNoOwner(_)) => Ok(None),
        Err(error) => Err(ksni::Error::Dbus(error.into())),
    }
}
