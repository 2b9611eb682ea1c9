//! The agent: settings, one supervised link per endpoint, status board, gateway and log files, composed.
//!
//! Needs no display, no session bus and no window. Programs that show something (`cli`, the shell) hold an
//! [`AgentHandle`] and nothing else.
//!
//! ```text
//! config.json ──► settings ──► supervisor ──► endpoint task (one each) ──► link ──► dial
//!                                  │                 │ facts                ▲
//!                                  ▼                 ▼                      │ messages
//!  AgentHandle ◄── gateway     status board ──► watch<StatusSnapshot>    courier (one each)
//!       │                                        presenter, gateway, cli    ▲
//!       └──► outbox (on disk, one each) ────────────────────────────────────┘
//! ```

mod addresses;
mod agent;
mod board;
mod clock;
mod confidential;
mod courier;
pub mod detached;
pub mod diagnosis;
mod endpoint;
mod events;
pub mod gateway;
mod handle;
pub mod home;
mod inbox;
mod keeping;
pub mod logging;
pub mod paths;
mod private_file;
pub mod secrets;
pub mod settings;
mod supervisor;
mod surroundings;
mod words;

pub use agent::{Agent, AgentOptions};
pub use diagnostics::{Words as CheckWords, word_bundle};
pub use events::Events;
pub use handle::{Action, AgentError, AgentHandle, Target};
