//! Attempts that end at a proxy: a setting that names none, a proxy that cannot be reached, refuses, asks for
//! credentials, or is none. Texts never hold credentials.

use std::fmt;

use http::StatusCode;
use model::ErrorCode;

use super::{DialCause, HandshakeRule, HttpAnswer, SocketFailure, TlsCause, because};
use crate::proxy::{ProxyServer, ProxySource};

/// A proxy setting that cannot be followed. Nothing was sent: going round a proxy somebody asked for would be worse.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the proxy in {origin}: {flaw}")]
pub struct ProxySettingError {
    /// Where the setting comes from.
    pub origin: ProxySource,
    /// What is wrong with it.
    pub flaw: ProxyFlaw,
}

impl ProxySettingError {
    pub(crate) fn code(&self) -> ErrorCode {
        match self.origin {
            ProxySource::Configuration => ErrorCode::ConfigInvalid,
            ProxySource::Environment(_) => ErrorCode::EnvInvalid,
            ProxySource::Desktop => ErrorCode::ProxyFailed,
        }
    }
}

/// What is wrong with a proxy's URL. Texts never repeat it, because it may hold a password.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProxyFlaw {
    /// Neither a URL nor host:port.
    #[error("it is neither a URL nor host:port")]
    Url,
    /// A kind of proxy that is not spoken.
    #[error("its scheme {0:?} is not http, https, socks5 or socks5h")]
    Scheme(String),
    /// No host in it.
    #[error("it names no host")]
    Host,
    /// Port 0.
    #[error("port 0 is not a port")]
    Port,
    /// A host name no certificate can carry.
    #[error("its host is not a name a certificate can carry")]
    HostName,
    /// User name or password for SOCKS5 (RFC 1929).
    #[error("user name and password for SOCKS5 must have 1 to 255 bytes each")]
    SocksCredentials,
    /// User name for basic authentication (RFC 7617 §2).
    #[error("a user name for basic authentication cannot hold a colon")]
    BasicUser,
}

/// What went wrong at a proxy, and which one.
#[derive(Debug, thiserror::Error)]
#[error("proxy {server}: {cause}")]
pub struct ProxyError {
    /// The proxy.
    pub server: ProxyServer,
    /// What went wrong.
    pub cause: ProxyCause,
}

/// What went wrong at a proxy.
#[derive(Debug, thiserror::Error)]
pub enum ProxyCause {
    /// Its name could not be looked up, or no TCP connection to it opened.
    #[error("{0}")]
    Unreachable(Box<DialCause>),
    /// TLS with an https proxy failed.
    #[error("{0}")]
    Tls(Box<TlsCause>),
    /// It wants credentials: there were none, it refused them, or it wants a kind that is not spoken.
    #[error("{}{}", if *.sent { "the credentials are not accepted" } else { "it asks for credentials" }, offer(.offered))]
    AuthRequired {
        /// True when user name and password were sent.
        sent: bool,
        /// Schemes it would take instead, such as `Basic`, `Negotiate`, `NTLM`. Empty for SOCKS5.
        offered: Vec<String>,
        /// The 407; `None` for SOCKS5.
        answer: Option<Box<HttpAnswer>>,
    },
    /// It answered CONNECT with another status than 2xx.
    #[error("{0}")]
    Refused(Box<HttpAnswer>),
    /// It answered the SOCKS5 request with a failure.
    #[error("{0}")]
    Reply(SocksReply),
    /// It does not speak as such a proxy does.
    #[error("{flaw}{}", if .found.is_empty() { String::new() } else { format!(": {:?}", .found) })]
    Protocol {
        /// How.
        flaw: ProxyProtocolFlaw,
        /// What stood there instead, on one short line.
        found: String,
    },
    /// The connection ended before its answer was whole.
    #[error("it closed the connection after {received} bytes of an answer{}", because(.failure))]
    Closed {
        /// Bytes received until then.
        received: usize,
        /// The socket's error; `None` when it closed in good order.
        failure: Option<Box<SocketFailure>>,
    },
    /// Any other failure of the socket.
    #[error("{0}")]
    Socket(Box<SocketFailure>),
}

fn offer(schemes: &[String]) -> String {
    if schemes.is_empty() { String::new() } else { format!(" (it takes {})", schemes.join(", ")) }
}

impl ProxyCause {
    /// The proxy's HTTP answer, where there is one.
    pub fn answer(&self) -> Option<&HttpAnswer> {
        match self {
            Self::AuthRequired { answer, .. } => answer.as_deref(),
            Self::Refused(answer) => Some(answer),
            Self::Unreachable(_)
            | Self::Tls(_)
            | Self::Reply(_)
            | Self::Protocol { .. }
            | Self::Closed { .. }
            | Self::Socket(_) => None,
        }
    }

    pub(crate) fn code(&self) -> ErrorCode {
        match self {
            Self::Unreachable(cause) => unreachable_code(cause.code()),
            Self::AuthRequired { .. } => ErrorCode::ProxyAuthRequired,
            Self::Refused(answer) => status_code(answer.status),
            Self::Reply(reply) => reply.code(),
            Self::Tls(_) | Self::Protocol { .. } | Self::Closed { .. } | Self::Socket(_) => {
                ErrorCode::ProxyFailed
            }
        }
    }
}

/// What is wrong with this computer stays that; the rest is about the proxy.
fn unreachable_code(code: ErrorCode) -> ErrorCode {
    let own = [ErrorCode::NetworkDown, ErrorCode::PermissionDenied, ErrorCode::AttemptTimeout];
    if own.contains(&code) { code } else { ErrorCode::ProxyUnreachable }
}

/// 502 to 504 speak of the server behind the proxy; tinyproxy says 500. 405 and 501 come from web servers that are no
/// proxies. The rest is a refusal, redirects to a login page included.
fn status_code(status: StatusCode) -> ErrorCode {
    match status.as_u16() {
        500 | 502..=504 => ErrorCode::ProxyCannotReach,
        405 | 501 => ErrorCode::ProxyFailed,
        _ => ErrorCode::ProxyRefused,
    }
}

/// How a peer does not speak as a proxy does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ProxyProtocolFlaw {
    /// Its answer breaks a rule of HTTP, or a bound of ours.
    Http(HandshakeRule),
    /// It agreed to the tunnel and then spoke itself, as a web server does that shows a page to everything.
    SpokeItself,
    /// Its answer is not SOCKS version 5.
    NotSocks5,
    /// It chose an authentication method that was not offered.
    SocksMethod(u8),
    /// Its answer has an address type that SOCKS5 does not know.
    SocksAddress(u8),
}

impl fmt::Display for ProxyProtocolFlaw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Http(HandshakeRule::TlsSpoken) => f.write_str("it speaks TLS, its URL does not say https"),
            Self::Http(rule) => write!(f, "{rule}"),
            Self::SpokeItself => f.write_str("it answered itself instead of opening a tunnel"),
            Self::NotSocks5 => f.write_str("the answer is not SOCKS5"),
            Self::SocksMethod(method) => {
                write!(f, "it chose the authentication method {method}, which was not offered")
            }
            Self::SocksAddress(kind) => write!(f, "its answer has an address of the unknown type {kind}"),
        }
    }
}

/// Failures of SOCKS5 (RFC 1928 §6).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SocksReply {
    /// 1. What many proxies say whatever failed on the way, an unknown name included.
    GeneralFailure,
    /// 2.
    NotAllowed,
    /// 3.
    NetworkUnreachable,
    /// 4.
    HostUnreachable,
    /// 5.
    ConnectionRefused,
    /// 6.
    TtlExpired,
    /// 7.
    CommandNotSupported,
    /// 8.
    AddressTypeNotSupported,
    /// Any other.
    Other(u8),
}

impl SocksReply {
    pub(crate) fn of(code: u8) -> Self {
        match code {
            1 => Self::GeneralFailure,
            2 => Self::NotAllowed,
            3 => Self::NetworkUnreachable,
            4 => Self::HostUnreachable,
            5 => Self::ConnectionRefused,
            6 => Self::TtlExpired,
            7 => Self::CommandNotSupported,
            8 => Self::AddressTypeNotSupported,
            other => Self::Other(other),
        }
    }

    /// The number on the wire.
    pub fn number(self) -> u8 {
        match self {
            Self::GeneralFailure => 1,
            Self::NotAllowed => 2,
            Self::NetworkUnreachable => 3,
            Self::HostUnreachable => 4,
            Self::ConnectionRefused => 5,
            Self::TtlExpired => 6,
            Self::CommandNotSupported => 7,
            Self::AddressTypeNotSupported => 8,
            Self::Other(number) => number,
        }
    }

    /// True when another address of the same server may fare better.
    pub(crate) fn is_about_the_address(self) -> bool {
        match self {
            Self::GeneralFailure
            | Self::NetworkUnreachable
            | Self::HostUnreachable
            | Self::ConnectionRefused
            | Self::TtlExpired
            | Self::AddressTypeNotSupported => true,
            Self::NotAllowed | Self::CommandNotSupported | Self::Other(_) => false,
        }
    }

    fn code(self) -> ErrorCode {
        match self {
            Self::NotAllowed => ErrorCode::ProxyRefused,
            Self::GeneralFailure
            | Self::NetworkUnreachable
            | Self::HostUnreachable
            | Self::ConnectionRefused
            | Self::TtlExpired => ErrorCode::ProxyCannotReach,
            Self::CommandNotSupported | Self::AddressTypeNotSupported | Self::Other(_) => {
                ErrorCode::ProxyFailed
            }
        }
    }
}

impl fmt::Display for SocksReply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = match self {
            Self::GeneralFailure => "general failure",
            Self::NotAllowed => "not allowed by its rules",
            Self::NetworkUnreachable => "network unreachable",
            Self::HostUnreachable => "host unreachable",
            Self::ConnectionRefused => "connection refused",
            Self::TtlExpired => "TTL expired",
            Self::CommandNotSupported => "command not supported",
            Self::AddressTypeNotSupported => "address type not supported",
            Self::Other(_) => "unknown failure",
        };
        write!(f, "{text} (SOCKS5 reply {})", self.number())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_answer_to_connect_has_its_code() {
        for (status, code) in [
            (302, ErrorCode::ProxyRefused),
            (400, ErrorCode::ProxyRefused),
            (403, ErrorCode::ProxyRefused),
            (405, ErrorCode::ProxyFailed),
            (429, ErrorCode::ProxyRefused),
            (500, ErrorCode::ProxyCannotReach),
            (501, ErrorCode::ProxyFailed),
            (502, ErrorCode::ProxyCannotReach),
            (503, ErrorCode::ProxyCannotReach),
            (504, ErrorCode::ProxyCannotReach),
            (511, ErrorCode::ProxyRefused),
        ] {
            assert_eq!(status_code(StatusCode::from_u16(status).unwrap()), code, "{status}");
        }
    }

    #[test]
    fn every_socks_reply_keeps_its_number_and_has_its_code() {
        for number in 1..=255 {
            let reply = SocksReply::of(number);
            assert_eq!(reply.number(), number);
            assert!(reply.to_string().ends_with(&format!("(SOCKS5 reply {number})")));
            let expected = match number {
                2 => ErrorCode::ProxyRefused,
                1 | 3..=6 => ErrorCode::ProxyCannotReach,
                _ => ErrorCode::ProxyFailed,
            };
            assert_eq!(reply.code(), expected, "{number}");
        }
    }

    #[test]
    fn what_ails_this_computer_is_not_the_proxys_fault() {
        for (code, seen) in [
            (ErrorCode::NetworkDown, ErrorCode::NetworkDown),
            (ErrorCode::AttemptTimeout, ErrorCode::AttemptTimeout),
            (ErrorCode::ConnectionRefused, ErrorCode::ProxyUnreachable),
            (ErrorCode::DnsNotFound, ErrorCode::ProxyUnreachable),
            (ErrorCode::Unreachable, ErrorCode::ProxyUnreachable),
        ] {
            assert_eq!(unreachable_code(code), seen, "{code}");
        }
    }
}
