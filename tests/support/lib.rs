//! Shared by the suites: agents on homes of their own, certificates, foreign servers, waiting.

mod authority;
mod peer;
pub mod running_agent;
mod waiting;

pub use authority::{Authority, Credentials};
pub use peer::{Peer, PeerKind};
pub use waiting::eventually;
