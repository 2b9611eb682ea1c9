//! The words every room shares: endpoint ids, states, the status snapshot, events, problems and error codes.
//!
//! Data only. No I/O, no clock, no async: whoever needs the time passes it in. Everything here crosses a
//! boundary (gateway, window, log), so it serializes; the shapes are the public contract described in
//! `docs/contracts.md` and may grow but not break. TypeScript twins live in `ui/src/generated` and are
//! written by this crate's tests (`make types`).

pub mod check;
mod code;
mod endpoint;
mod event;
#[cfg(test)]
mod generated;
mod language;
mod message;
mod problem;
mod remedy;
mod remedy_for;
mod state;
mod status;
mod wait;

pub use code::ErrorCode;
pub use endpoint::{EndpointId, InvalidEndpointId};
pub use event::{AgentEvent, Delivery, Transition};
pub use language::Language;
pub use message::{MessageFormat, ReceivedMessage};
pub use problem::{ErrorBody, ErrorInfo, ErrorResponse, Problem};
pub use remedy::{Owner, Remedy, RemedyCode};
pub use remedy_for::Trouble;
pub use state::{EndpointState, Overall, Quality, Reason, Transport};
pub use status::{
    AgentInfo, BufferLevel, BufferState, Counters, EndpointSnapshot, GatewayInfo, OutboxInfo, RecordingInfo,
    RttInfo, StatusSnapshot,
};
pub use wait::WaitCause;
