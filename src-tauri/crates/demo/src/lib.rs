//! The demo endpoint server: six simulated feeds over WebSocket, with faults that can be staged.
//!
//! A newcomer connects to it first and tests use it as a well-behaved peer. It stands alone: it knows nothing
//! of the agent, and all its data is made up, says so in every message, and depends on nothing but a seed.

mod ask;
mod banner;
mod envelope;
mod error;
mod fault;
mod feed;
mod interest;
mod join;
mod line;
mod path;
mod registry;
mod server;
mod session;
mod site;
mod upgrade;

pub use error::DemoError;
pub use fault::{Fault, FaultHandle, FaultRequest, Scope};
pub use join::{DemoSession, start_or_join};
pub use path::DemoPath;
pub use server::{DEFAULT_LISTEN, DemoOptions, DemoServer};
