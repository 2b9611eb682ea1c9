//! What a panel sees of the tray icon: the StatusNotifierItem and its menu, read over the session bus.

use std::collections::HashMap;

use anyhow::Context as _;
use zbus::{
    blocking::{Connection, Proxy, connection::Builder},
    zvariant::{OwnedValue, Structure, Value},
};

use crate::stage::Stage;

/// Where tray hosts answer.
pub(crate) const WATCHER: &str = "org.kde.StatusNotifierWatcher";

/// The tray icon as registered with the panel.
pub(crate) struct TrayItem {
    bus: Connection,
    name: String,
    path: String,
}

/// One row of the menu.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Row {
    pub(crate) id: i32,
    pub(crate) label: String,
    pub(crate) enabled: bool,
    pub(crate) rows: Vec<Row>,
}

pub(crate) fn connect(stage: &Stage) -> anyhow::Result<Connection> {
    Ok(Builder::address(stage.bus_address().as_str())?.build()?)
}

/// Whether a tray host is on the bus.
pub(crate) fn has_tray_host(bus: &Connection) -> bool {
    registered(bus).is_ok()
}

fn registered(bus: &Connection) -> anyhow::Result<Vec<String>> {
    let watcher = Proxy::new(bus, WATCHER, "/StatusNotifierWatcher", WATCHER)?;
    Ok(watcher.get_property("RegisteredStatusNotifierItems")?)
}

impl TrayItem {
    /// Waits until the panel knows the item of the process.
    pub(crate) fn of(stage: &Stage, pid: u32) -> anyhow::Result<Self> {
        let bus = connect(stage)?;
        let prefix = format!("org.kde.StatusNotifierItem-{pid}-");
        let item = stage.eventually("the panel knows our tray icon", || {
            registered(&bus)
                .ok()?
                .into_iter()
                .find(|item| owner(&bus, item).is_some_and(|name| name.starts_with(&prefix)))
        });
        let item = item.with_context(|| {
            let ours = names(&bus).unwrap_or_default();
            format!(
                "the panel knows {:?}; of ours and of panels there are {ours:?} on the bus",
                registered(&bus)
            )
        })?;
        let (name, path) = item.split_once('/').map_or((item.as_str(), "StatusNotifierItem"), |both| both);
        Ok(Self { name: name.to_owned(), path: format!("/{path}"), bus })
    }

    fn proxy(&self) -> anyhow::Result<Proxy<'_>> {
        let path = self.path.as_str();
        Ok(zbus::blocking::proxy::Builder::new(&self.bus)
            .destination(self.name.as_str())?
            .path(path)?
            .interface("org.kde.StatusNotifierItem")?
            // Read anew each time: what is on the bus is the subject.
            .cache_properties(zbus::proxy::CacheProperties::No)
            .build()?)
    }

    pub(crate) fn text(&self, property: &str) -> anyhow::Result<String> {
        Ok(self.proxy()?.get_property(property)?)
    }

    /// Edge lengths of the pictures, and whether each has something in it.
    pub(crate) fn pictures(&self, property: &str) -> anyhow::Result<Vec<(i32, i32, Vec<u8>)>> {
        Ok(self.proxy()?.get_property(property)?)
    }

    /// The tooltip's title.
    pub(crate) fn tooltip(&self) -> anyhow::Result<String> {
        let value: OwnedValue = self.proxy()?.get_property("ToolTip")?;
        let fields = Structure::try_from(value)?;
        let title = fields.fields().get(2).context("a tooltip has four fields")?;
        Ok(String::try_from(title.try_clone()?)?)
    }

    /// A left click.
    pub(crate) fn activate(&self) -> anyhow::Result<()> {
        Ok(self.proxy()?.call("Activate", &(0, 0))?)
    }

    /// The whole menu.
    pub(crate) fn menu(&self) -> anyhow::Result<Vec<Row>> {
        type Layout = (i32, HashMap<String, OwnedValue>, Vec<OwnedValue>);
        let nothing: &[&str] = &[];
        let (_, (_, _, rows)): (u32, Layout) = self.menu_proxy()?.call("GetLayout", &(0, -1, nothing))?;
        rows.into_iter().map(row).collect()
    }

    /// Chooses a row, as a person would.
    pub(crate) fn choose(&self, row: &Row) -> anyhow::Result<()> {
        Ok(self.menu_proxy()?.call("Event", &(row.id, "clicked", Value::from(0_i32), 0_u32))?)
    }

    fn menu_proxy(&self) -> anyhow::Result<Proxy<'_>> {
        Ok(Proxy::new(&self.bus, self.name.as_str(), "/MenuBar", "com.canonical.dbusmenu")?)
    }
}

/// Everybody on the bus who has to do with tray icons.
fn names(bus: &Connection) -> anyhow::Result<Vec<String>> {
    let names = zbus::blocking::fdo::DBusProxy::new(bus)?.list_names()?;
    Ok(names.iter().map(ToString::to_string).filter(|name| name.contains("StatusNotifier")).collect())
}

/// The well-known name behind an entry of the watcher: panels list unique names, ksni registers its own.
fn owner(bus: &Connection, item: &str) -> Option<String> {
    let name = item.split('/').next()?;
    if !name.starts_with(':') {
        return Some(name.to_owned());
    }
    let daemon = zbus::blocking::fdo::DBusProxy::new(bus).ok()?;
    daemon.list_names().ok()?.into_iter().map(|known| known.to_string()).find(|known| {
        known.starts_with("org.kde.StatusNotifierItem-")
            && zbus::names::BusName::try_from(known.as_str())
                .is_ok_and(|known| daemon.get_name_owner(known).is_ok_and(|owner| owner.as_str() == name))
    })
}

fn row(value: OwnedValue) -> anyhow::Result<Row> {
    let fields = Structure::try_from(value)?.into_fields();
    let [id, properties, rows] = <[Value<'_>; 3]>::try_from(fields).ok().context("a row has three fields")?;
    let properties = HashMap::<String, OwnedValue>::try_from(properties)?;
    let text = |name: &str| properties.get(name).and_then(|value| String::try_from(value.clone()).ok());
    let enabled = properties.get("enabled").and_then(|value| bool::try_from(value.clone()).ok());
    let rows = Vec::<OwnedValue>::try_from(rows)?;
    Ok(Row {
        id: i32::try_from(id)?,
        label: text("label").unwrap_or_default(),
        enabled: enabled.unwrap_or(true),
        rows: rows.into_iter().map(row).collect::<anyhow::Result<_>>()?,
    })
}
