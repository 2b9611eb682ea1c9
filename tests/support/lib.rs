//! Shared by the suites: agents and links under test, certificates, foreign and faulty servers, networks, figures,
//! time, waiting.

mod authority;
pub mod fault_proxy;
pub mod fault_server;
mod figure;
#[cfg(target_os = "linux")]
mod namespace;
mod peer;
mod receiver;
mod reserved_port;
pub mod running_agent;
pub mod running_link;
mod seed;
mod stopwatch;
mod waiting;

pub use authority::{Authority, Credentials};
pub use figure::Figure;
#[cfg(target_os = "linux")]
pub use namespace::Namespace;
pub use peer::{Peer, PeerKind};
pub use receiver::{Manners, Receipt, Receiver};
pub use reserved_port::ReservedPort;
pub use seed::seed;
pub use stopwatch::Stopwatch;
pub use waiting::eventually;
