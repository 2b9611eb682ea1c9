//! Shared by the suites: homes, certificates, foreign servers, waiting. No assertions about the product here.

mod authority;
mod home;
mod peer;
mod waiting;

pub use authority::{Authority, Credentials};
pub use home::TempHome;
pub use peer::{Peer, PeerKind};
pub use waiting::{DEADLINE, eventually};
