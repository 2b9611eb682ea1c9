//! What can go wrong while the demo server starts or listens.
//!
//! Faults that a client causes are answered on its own connection and never become a [`DemoError`].

use std::{io, net::SocketAddr};

/// The demo server cannot start or cannot go on.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    /// Faults can be staged by anybody who reaches the server, so only this computer may.
    #[error("the demo server listens on loopback addresses only (127.0.0.1 or [::1]), not on {address}")]
    NotLoopback {
        /// The address asked for.
        address: SocketAddr,
    },
    /// The pace is not a usable factor.
    #[error("the pace must be a positive number, not {pace}")]
    Pace {
        /// The pace asked for.
        pace: f64,
    },
    /// Another program listens there.
    #[error("another program already listens on {address}")]
    InUse {
        /// The address asked for.
        address: SocketAddr,
    },
    /// The port could not be opened for any other reason.
    #[error("cannot listen on {address}: {source}")]
    Listen {
        /// The address asked for.
        address: SocketAddr,
        /// What the operating system said.
        source: io::Error,
    },
    /// The port was taken away while the server ran.
    #[error("no longer listening on {address}: {source}")]
    Accept {
        /// Where the server listens.
        address: SocketAddr,
        /// What the operating system said.
        source: io::Error,
    },
}

impl DemoError {
    pub(crate) fn listen(address: SocketAddr, source: io::Error) -> Self {
        if source.kind() == io::ErrorKind::AddrInUse {
            Self::InUse { address }
        } else {
            Self::Listen { address, source }
        }
    }
}
