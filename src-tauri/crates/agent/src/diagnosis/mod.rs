//! Checks of the configured endpoints, and of URLs typed by hand: settings, secrets, buffers and live state made into what
//! the crate `diagnostics` asks for. Decides nothing about what is wrong.
//!
//! [`Ground`] makes a check without a running agent; [`AgentHandle::diagnose`](crate::AgentHandle::diagnose) makes one
//! within it, one at a time; who asks for the same meanwhile takes part in it.

mod asked;
mod checking;
mod chronicle;
mod desk;
mod ground;
mod here;
mod live;
mod private;
mod recording;
mod reports;
mod schedule;
mod subject;
mod support;
#[cfg(test)]
mod tests;

pub use diagnostics::{
    History, HistoryError, PastCheck, SetAside, Words,
    bundle::{Bundle, BundleError, BundleFile},
    redact::Level,
    report::{Line, Tone, for_it, html, lines, schema, text},
};

pub(crate) use self::{
    asked::CheckRequest,
    chronicle::{Chronicle, ChronicleFile, EndedBy, Entry, Passed},
    desk::Desk,
    ground::Terrain,
    here::Lately,
    recording::{Recorder, RecordingRequest},
    reports::page_name,
};
pub use self::{
    asked::{DEEP_LIMIT, DiagnoseRequest, QUICK_LIMIT},
    checking::Checking,
    ground::{Checked, Ground, Way},
    recording::RECORDING_LIMIT,
    reports::{Form, Preview, ReportError, Reports},
    schedule::Pace,
    support::Support,
};

/// Name of the history in the data folder.
pub const HISTORY_FILE: &str = "diagnostics.sqlite";
