//! The tray as data: icon, texts and menu, ready to draw. Knows no tray library.

mod icon;
pub(crate) mod line;
mod view;
#[cfg(test)]
mod view_tests;

use model::Overall;

use crate::DesktopRequest;

pub use view::tray_view;

/// Everything a tray shows. Compared with the last one before it is drawn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrayView {
    /// Which picture.
    pub icon: TrayIcon,
    /// Name of the item, for hosts that list items by name.
    pub title: String,
    /// At most 120 characters, never empty.
    pub tooltip: String,
    /// True when somebody should look (SNI `NeedsAttention`).
    pub attention: bool,
    /// The menu, from top to bottom.
    pub menu: Vec<MenuEntry>,
}

/// Which picture: a shape and, in its corner, a badge.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TrayIcon {
    /// The shape.
    pub overall: Overall,
    /// The corner.
    pub badge: TrayBadge,
}

/// The corner of the tray icon; the first that applies, in the order `NeedsUser`, `Trouble`, `Waiting`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TrayBadge {
    /// Nothing.
    None,
    /// `!`: something is down.
    Trouble,
    /// A dot: messages wait on disk.
    Waiting,
    /// `?`: only a person can go on from here.
    NeedsUser,
}

/// One row of the menu. Texts are plain: a host that reads `_` or `&` as an access key escapes them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MenuEntry {
    /// A line.
    Separator,
    /// A text nobody can choose.
    Label {
        /// What it says.
        text: String,
    },
    /// A row to choose.
    Item {
        /// Stable name, unique in the menu.
        id: String,
        /// What it says.
        text: String,
        /// False: shown, but not to be chosen now.
        enabled: bool,
        /// What choosing it asks for.
        command: DesktopRequest,
    },
    /// Rows one level deeper; never nested further.
    Submenu {
        /// What it says.
        text: String,
        /// Its rows.
        entries: Vec<MenuEntry>,
    },
}
