//! Shared by the suites: agents and links under test, certificates, foreign and faulty servers, waiting.

mod authority;
pub mod fault_proxy;
pub mod fault_server;
mod peer;
pub mod running_agent;
pub mod running_link;
mod waiting;

pub use authority::{Authority, Credentials};
pub use peer::{Peer, PeerKind};
pub use waiting::eventually;
