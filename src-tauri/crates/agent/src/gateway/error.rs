//! Why the gateway could not start, and how that is told to a person.

use std::{io, net::SocketAddr, path::PathBuf};

use model::{ErrorCode, Problem};

/// The gateway could not start. The agent shows [`GatewayError::problem`] and goes on without it.
#[derive(Debug, thiserror::Error)]
pub(crate) enum GatewayError {
    /// Anything else than loopback would offer the connections to the network.
    #[error("the gateway listens on loopback addresses only, and {address} is not one")]
    NotLoopback {
        /// The configured address.
        address: SocketAddr,
    },
    /// The port is taken, or the system forbids it.
    #[error("the gateway cannot listen on {address}: {source}")]
    Listen {
        /// The address tried.
        address: SocketAddr,
        /// What the system said.
        source: io::Error,
    },
    /// No token without random bytes, no gateway without a token.
    #[error("the system gives no random bytes for the token: {0}")]
    Random(getrandom::Error),
    /// Nobody could find the gateway without it.
    #[error("{} cannot be written: {source}", path.display())]
    Descriptor {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

impl GatewayError {
    /// The error as the status snapshot shows it: what is wrong, where, and what to do.
    pub(crate) fn problem(&self) -> Problem {
        let advice = match self {
            Self::NotLoopback { .. } => "Set gateway.listen to an address such as 127.0.0.1:7878.",
            Self::Listen { source, .. } if source.kind() == io::ErrorKind::AddrInUse => {
                "Another program uses that port: end it, set gateway.listen to a free one, or leave gateway.listen out."
            }
            Self::Listen { source, .. } if source.kind() == io::ErrorKind::PermissionDenied => {
                "The system reserves that port: set gateway.listen to one above 1023, or leave it out."
            }
            Self::Listen { .. } => {
                "Set gateway.listen to an address of this computer, such as 127.0.0.1:7878, or leave it out."
            }
            Self::Random(_) => "Restart the computer; if that does not help, the system is damaged.",
            Self::Descriptor { .. } => "Check that the folder can be written and that the disk is not full.",
        };
        Problem {
            code: ErrorCode::GatewayUnavailable,
            message: ErrorCode::GatewayUnavailable.plain().to_owned(),
            detail: format!("{}. {advice}", capitalised(&self.to_string())),
            endpoint: None,
        }
    }
}

fn capitalised(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_taken_port_is_named_together_with_what_to_do() {
        let error = GatewayError::Listen {
            address: "127.0.0.1:7878".parse().unwrap(),
            source: io::Error::from(io::ErrorKind::AddrInUse),
        };
        let problem = error.problem();
        assert_eq!(problem.code, ErrorCode::GatewayUnavailable);
        assert!(
            problem.detail.starts_with("The gateway cannot listen on 127.0.0.1:7878"),
            "{}",
            problem.detail
        );
        assert!(problem.detail.contains("gateway.listen"), "{}", problem.detail);
    }
}
