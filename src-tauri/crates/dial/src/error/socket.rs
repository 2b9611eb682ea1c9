//! Failures of sockets, kept as data (kind, errno, text), and the one code for a race that nobody won.

use std::{fmt, io};

use model::ErrorCode;

use crate::phase::{AddressOutcome, AddressReport};

/// An I/O error as data, so that it can be kept in reports.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct SocketFailure {
    /// The standard library's kind.
    pub kind: io::ErrorKind,
    /// The system's number, where there is one.
    pub errno: Option<i32>,
    /// The system's text.
    pub text: String,
}

impl From<&io::Error> for SocketFailure {
    fn from(error: &io::Error) -> Self {
        Self { kind: error.kind(), errno: error.raw_os_error(), text: error.to_string() }
    }
}

impl fmt::Display for SocketFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The standard library ends an errno's text with "(os error N)".
        f.write_str(&self.text)
    }
}

impl SocketFailure {
    /// True when the peer or something on the way cut the connection.
    pub(crate) fn is_cut(&self) -> bool {
        use io::ErrorKind as Kind;
        matches!(
            self.kind,
            Kind::UnexpectedEof
                | Kind::ConnectionReset
                | Kind::ConnectionAborted
                | Kind::BrokenPipe
                | Kind::NotConnected
        )
    }

    /// The code of a connection that could not be opened.
    pub(crate) fn connect_code(&self) -> ErrorCode {
        use io::ErrorKind as Kind;
        if self.kind == Kind::ConnectionRefused {
            ErrorCode::ConnectionRefused
        } else if self.kind == Kind::PermissionDenied {
            ErrorCode::PermissionDenied
        } else if self.kind == Kind::TimedOut {
            ErrorCode::ConnectTimeout
        } else if matches!(
            self.kind,
            Kind::NetworkUnreachable | Kind::HostUnreachable | Kind::AddrNotAvailable
        ) {
            ErrorCode::Unreachable
        } else if self.kind == Kind::NetworkDown {
            ErrorCode::NetworkDown
        } else {
            ErrorCode::ConnectFailed
        }
    }
}

/// The one code for all addresses: the failure that says most about the server. A refusal proves that a machine
/// answered; "unreachable" is often only the address family this network does not have.
pub(crate) fn connect_code(addresses: &[AddressReport]) -> ErrorCode {
    const MOST_TELLING_FIRST: [ErrorCode; 5] = [
        ErrorCode::ConnectionRefused,
        ErrorCode::PermissionDenied,
        ErrorCode::ConnectTimeout,
        ErrorCode::ConnectFailed,
        ErrorCode::Unreachable,
    ];
    let codes: Vec<ErrorCode> = addresses.iter().filter_map(|one| code_of(&one.outcome)).collect();
    MOST_TELLING_FIRST
        .into_iter()
        .find(|code| codes.contains(code))
        .or_else(|| codes.first().copied())
        .unwrap_or(ErrorCode::ConnectFailed)
}

fn code_of(outcome: &AddressOutcome) -> Option<ErrorCode> {
    match outcome {
        AddressOutcome::Failed(failure) => Some(failure.connect_code()),
        AddressOutcome::TimedOut(_) => Some(ErrorCode::ConnectTimeout),
        AddressOutcome::Connected
        | AddressOutcome::Overtaken
        | AddressOutcome::Unfinished
        | AddressOutcome::Untried => None,
    }
}

/// Every address with what became of it.
pub(crate) fn describe_addresses(addresses: &[AddressReport]) -> String {
    let each = addresses.iter().map(|one| {
        let end = match &one.outcome {
            AddressOutcome::Connected => "connected".to_owned(),
            AddressOutcome::Failed(failure) => failure.to_string(),
            AddressOutcome::TimedOut(limit) => format!("no answer within {limit:?}"),
            AddressOutcome::Overtaken => "overtaken".to_owned(),
            AddressOutcome::Unfinished => "unfinished".to_owned(),
            AddressOutcome::Untried => "not tried".to_owned(),
        };
        format!("{}: {end}", one.address)
    });
    each.collect::<Vec<_>>().join("; ")
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn report(outcome: AddressOutcome) -> AddressReport {
        AddressReport {
            address: "127.0.0.1:9".parse().unwrap(),
            started: Some(Duration::ZERO),
            elapsed: Duration::ZERO,
            outcome,
        }
    }

    fn failed(kind: io::ErrorKind) -> AddressReport {
        report(AddressOutcome::Failed(SocketFailure::from(&io::Error::from(kind))))
    }

    #[test]
    fn every_kind_of_failure_has_its_code() {
        use io::ErrorKind as Kind;
        let expected = [
            (Kind::ConnectionRefused, ErrorCode::ConnectionRefused),
            (Kind::PermissionDenied, ErrorCode::PermissionDenied),
            (Kind::TimedOut, ErrorCode::ConnectTimeout),
            (Kind::NetworkUnreachable, ErrorCode::Unreachable),
            (Kind::HostUnreachable, ErrorCode::Unreachable),
            (Kind::AddrNotAvailable, ErrorCode::Unreachable),
            (Kind::NetworkDown, ErrorCode::NetworkDown),
            (Kind::ConnectionReset, ErrorCode::ConnectFailed),
        ];
        for (kind, code) in expected {
            assert_eq!(connect_code(&[failed(kind)]), code, "{kind:?}");
        }
    }

    #[test]
    fn a_missing_address_family_does_not_hide_what_the_other_family_says() {
        let missing = failed(io::ErrorKind::NetworkUnreachable);
        let silent = report(AddressOutcome::TimedOut(Duration::from_secs(5)));
        let refused = failed(io::ErrorKind::ConnectionRefused);
        assert_eq!(connect_code(&[missing.clone(), silent.clone()]), ErrorCode::ConnectTimeout);
        assert_eq!(connect_code(&[missing.clone(), silent, refused]), ErrorCode::ConnectionRefused);
        assert_eq!(connect_code(&[failed(io::ErrorKind::NetworkDown), missing]), ErrorCode::Unreachable);
    }
}
