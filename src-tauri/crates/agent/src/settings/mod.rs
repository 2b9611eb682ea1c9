//! Settings: the configuration file, the environment and the managed file, checked and merged into effective
//! values.
//!
//! ```text
//! text ─► document ─► shape (schema) ─► rules ─► layer ─┐
//! environment variables ──────────────► environment ────┼─► resolve ─► Settings, problems, provenance
//! managed file ─► … the same as the file ────► layer ───┘
//! ```
//!
//! [`SettingsStore`] loads and watches; nothing here ever writes a settings file.

mod auth;
mod buffer;
mod by_hand;
mod demo;
mod document;
mod effective;
mod environment;
mod error;
mod file;
mod judge;
mod layer;
mod merge;
mod provenance;
mod redacted;
mod resolve;
mod rules;
mod schema;
mod shape;
mod store;
mod unsupported;
mod watch;

pub use auth::AuthSettings;
pub use buffer::BufferSettings;
pub use by_hand::{page_by_hand, proxy_by_hand};
pub use effective::{
    DiagnosticsSettings, EndpointSettings, GatewaySettings, HeartbeatSettings, LoggingSettings,
    NotificationSettings, ReconnectionSettings, Settings, TlsSettings,
};
pub use error::{Issue, SettingsError};
pub use provenance::{EffectiveValue, Provenance};
pub use redacted::RedactedUrl;
pub use schema::schema;
pub use store::{FileState, Loaded, SettingsStore};

/// A log level or filter, or what is wrong with it and what to do.
pub(crate) fn log_filter(level: &str) -> Result<tracing_subscriber::filter::Targets, (String, String)> {
    rules::level(level).map_err(|broken| (broken.message, broken.hint))
}

#[cfg(test)]
mod tests;
