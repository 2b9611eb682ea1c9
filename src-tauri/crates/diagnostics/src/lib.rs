//! Diagnostics: one click, the truth. Checks along the production path, one verdict, its owner and its remedy.
//!
//! How a check goes: the composition fills an [`Inquiry`]; steps (`computer`, `names`, `controls`, `path`) write what they
//! see into the notebook, complete at any moment, so that a cancelled check keeps what is done; `findings` turns
//! [`Facts`] into findings and `verdict` chooses one; `report` puts it into the shape of [`model::check::Report`]; `redact`
//! takes out what must not leave.
//!
//! Dials through `dial` alone, like live traffic. Sends no buffered message, opens at most two connections to an endpoint at
//! once, and asks nobody who is not configured. Knows nothing of settings files, buffers or windows: those who do pass data
//! in.

pub mod bundle;
mod computer;
mod controls;
pub mod facts;
mod findings;
mod history;
mod inquiry;
mod names;
mod notebook;
mod path;
pub mod redact;
pub mod report;
mod runner;
#[cfg(test)]
mod trial;
mod verdict;
mod words;

pub use facts::Facts;
pub use history::{History, HistoryError, PastCheck, SetAside};
pub use inquiry::{Inquiry, LiveNow, SILENCE, Subject, Unusable, Who};
pub(crate) use notebook::{Notebook, OpenStep, StepEnd};
pub use runner::run;
pub use words::{Words, word_bundle};
