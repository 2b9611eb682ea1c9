//! Checks of the configured endpoints, and of URLs typed by hand: settings, secrets, buffers and live state made into what
//! the crate `diagnostics` asks for. Decides nothing about what is wrong.
//!
//! [`Ground`] makes a check without a running agent; [`AgentHandle::diagnose`](crate::AgentHandle::diagnose) makes one
//! within it, one at a time.

mod asked;
mod desk;
mod ground;
mod here;
mod live;
mod subject;

pub use diagnostics::{
    History, HistoryError, PastCheck, SetAside, Words,
    report::{Line, Tone, for_it, html, lines, schema, text},
};

pub use self::{
    asked::{DEEP_LIMIT, DiagnoseRequest, QUICK_LIMIT},
    desk::Checking,
    ground::{Ground, Way},
};
pub(crate) use self::{desk::Desk, ground::Terrain, here::Lately};

/// Name of the history in the data folder.
pub const HISTORY_FILE: &str = "diagnostics.sqlite";
