//! A tray host of the test's own, which can refuse.

use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicUsize, Ordering},
};

use zbus::{connection::Builder, fdo};

use crate::{bus::WATCHER, stage::Stage};

/// On the bus until dropped.
pub(crate) struct TrayHost {
    desk: Desk,
    _bus: zbus::Connection,
    /// What the host answers on.
    _runtime: tokio::runtime::Runtime,
}

#[derive(Clone, Default)]
struct Desk {
    open: Arc<AtomicBool>,
    refused: Arc<AtomicUsize>,
}

struct Watcher {
    desk: Desk,
    items: Vec<String>,
}

#[zbus::interface(name = "org.kde.StatusNotifierWatcher")]
impl Watcher {
    fn register_status_notifier_item(&mut self, service: String) -> fdo::Result<()> {
        if !self.desk.open.load(Ordering::SeqCst) {
            self.desk.refused.fetch_add(1, Ordering::SeqCst);
            return Err(fdo::Error::Failed("not ready".into()));
        }
        self.items.push(service);
        Ok(())
    }

    #[zbus(property)]
    fn registered_status_notifier_items(&self) -> Vec<String> {
        self.items.clone()
    }
}

impl TrayHost {
    /// Refuses everybody until it opens.
    pub(crate) fn closed(stage: &Stage) -> anyhow::Result<Self> {
        let desk = Desk::default();
        let watcher = Watcher { desk: desk.clone(), items: Vec::new() };
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
        let bus = runtime.block_on(
            Builder::address(stage.bus_address().as_str())?
                .serve_at("/StatusNotifierWatcher", watcher)?
                .name(WATCHER)?
                .build(),
        )?;
        Ok(Self { desk, _bus: bus, _runtime: runtime })
    }

    /// How many it has refused.
    pub(crate) fn refused(&self) -> usize {
        self.desk.refused.load(Ordering::SeqCst)
    }

    pub(crate) fn open(&self) {
        self.desk.open.store(true, Ordering::SeqCst);
    }
}
