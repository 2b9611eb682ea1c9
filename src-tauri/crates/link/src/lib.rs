//! One endpoint's connection: a pure state machine and the driver that does its I/O.
//!
//! ```text
//!      orders (connect, reconnect, pause, resume), messages to send
//!                 │
//!  LinkHandle ──► Driver ── event, now ──► Machine (pure) ── effects ──► Driver ──► dial, session
//!                   │
//!                   └──► Observer: views on every change, each received payload
//! ```
//!
//! The machine decides and never touches a socket, a clock or a task; the driver obeys and never decides.
//! This crate knows nothing of buffers, settings files or diagnostics, and never reads the wall clock.

mod backoff;
mod baseline;
mod clock;
mod config;
mod counters;
mod credentials;
mod dialing;
mod doors;
mod driver;
mod failure;
#[cfg(fuzzing)]
pub mod fuzzing;
mod handle;
mod machine;
mod meaning;
mod moment;
mod nonce;
mod observer;
mod origins;
mod outgoing;
mod policy;
mod route;
mod rtt;
mod session;
mod sessions;
mod transmit;

pub use backoff::BackoffPolicy;
pub use config::LinkConfig;
pub use counters::LinkCounters;
pub use credentials::{CredentialFuture, CredentialSource, CredentialUnavailable};
pub use driver::Link;
pub use failure::{Failure, FailureKind};
pub use handle::{LinkHandle, Signal};
pub use machine::{AttemptId, Effect, Event, Farewell, Host, LinkView, Machine, Order, Stimulus, step};
pub use moment::Moment;
pub use observer::{Observer, Payload};
pub use origins::Origins;
pub use policy::{CloseAction, CloseCodes, HeartbeatPolicy, HostPolicy, RetryPolicy};
pub use rtt::RttStats;
pub use transmit::{Fence, MAX_MESSAGE, NotSent, SessionEnded, SessionId};
