//! Desktop behaviour without a desktop: what the tray shows, which notices appear, and in which words.
//!
//! Pure functions turn a `StatusSnapshot` and the time into a [`TrayView`] and a [`Notice`] or none; one loop,
//! [`Presenter::run`], feeds them to a [`Desktop`], the port the shell implements. Nothing here knows Tauri, D-Bus
//! or a window, so all of it is tested with a desktop that only records.
//!
//! ```text
//! watch<StatusSnapshot> ─► Presenter ─┬─ tray view ─► Desktop::set_tray   (only when something changed)
//!                                     └─ Notices ───► Desktop::notify     (only when it matters)
//! DesktopRequest (menu) ─► Presenter ─┬─ open, quit ► Desktop
//!                                     └─ the rest ──► AgentHandle::control
//! ```

mod desktop;
pub mod icons;
mod language;
mod notice;
mod presenter;
#[cfg(test)]
mod sample;
mod tray;
mod words;

pub use desktop::{Desktop, DesktopRequest};
pub use language::choose_language;
pub use model::Language;
pub use notice::{Notice, NoticeButton, NoticePolicy, Unstable, Urgency};
pub use presenter::{Control, Presenter};
pub use tray::{MenuEntry, TrayBadge, TrayIcon, TrayView, tray_view};
pub use words::Words;
