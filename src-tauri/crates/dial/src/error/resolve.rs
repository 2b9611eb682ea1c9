//! Failed lookups, told apart by getaddrinfo's own code and not by its text.

use std::io;

use dns_lookup::{LookupError, LookupErrorKind};
use model::ErrorCode;

/// A lookup that gave no address.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{text}{}", .code.map(|code| format!(" (getaddrinfo {code})")).unwrap_or_default())]
pub struct ResolveError {
    /// What it means.
    pub kind: ResolveErrorKind,
    /// getaddrinfo's code (EAI_*, or WSA* on Windows), where there is one.
    pub code: Option<i32>,
    /// The system's errno, where getaddrinfo refers to that (EAI_SYSTEM): this computer's own trouble.
    pub errno: Option<i32>,
    /// The system's text, or ours.
    pub text: String,
}

/// What a failed lookup means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ResolveErrorKind {
    /// The name does not exist, or has no address.
    NotFound,
    /// Name servers are silent or fail; also how many systems say that there is no network.
    TryAgain,
    /// Any other failure of the lookup.
    Failed,
    /// Too many earlier lookups still hang, and no thread was free for this one.
    Busy,
}

impl ResolveError {
    /// An error without a code of the system.
    pub fn new(kind: ResolveErrorKind, text: impl Into<String>) -> Self {
        Self { kind, code: None, errno: None, text: text.into() }
    }

    pub(crate) fn code(&self) -> ErrorCode {
        match self.kind {
            ResolveErrorKind::NotFound => ErrorCode::DnsNotFound,
            ResolveErrorKind::TryAgain | ResolveErrorKind::Failed => ErrorCode::DnsFailed,
            ResolveErrorKind::Busy => ErrorCode::DnsTimeout,
        }
    }
}

impl From<LookupError> for ResolveError {
    fn from(error: LookupError) -> Self {
        let kind = match error.kind() {
            LookupErrorKind::NoName | LookupErrorKind::NoData => ResolveErrorKind::NotFound,
            LookupErrorKind::Again => ResolveErrorKind::TryAgain,
            LookupErrorKind::Badflags
            | LookupErrorKind::Fail
            | LookupErrorKind::Family
            | LookupErrorKind::Socktype
            | LookupErrorKind::Service
            | LookupErrorKind::Memory
            | LookupErrorKind::System
            | LookupErrorKind::Unknown
            | LookupErrorKind::IO => ResolveErrorKind::Failed,
        };
        let (code, text) = (error.error_num(), error.to_string());
        let errno = io::Error::from(error).raw_os_error();
        Self { kind, code: (code != 0).then_some(code), errno, text }
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn the_systems_codes_are_told_apart() {
        // Values of <netdb.h> on Linux: EAI_AGAIN, EAI_NONAME, EAI_FAIL, EAI_NODATA.
        let expected = [
            (-3, ResolveErrorKind::TryAgain, ErrorCode::DnsFailed),
            (-2, ResolveErrorKind::NotFound, ErrorCode::DnsNotFound),
            (-4, ResolveErrorKind::Failed, ErrorCode::DnsFailed),
            (-5, ResolveErrorKind::NotFound, ErrorCode::DnsNotFound),
        ];
        for (number, kind, code) in expected {
            let error = ResolveError::from(LookupError::new(number));
            assert_eq!((error.kind, error.code(), error.code), (kind, code, Some(number)));
            assert!(error.to_string().ends_with(&format!("(getaddrinfo {number})")), "{error}");
        }
    }
}
