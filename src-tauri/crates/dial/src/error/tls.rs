//! Failed TLS handshakes: what is wrong with the certificate, the peer, or the CA file.

use std::{fmt, io, path::PathBuf};

use model::ErrorCode;
use rustls::{AlertDescription, CertificateError, InvalidMessage};

use super::SocketFailure;
use crate::{excerpt::Secrets, pem_file::Unreadable, phase::ClientAuth};

/// Longest name of a host (RFC 1035 §3.1); a certificate's may be anything.
const LONGEST_NAME: usize = 255;

/// Why TLS failed.
#[derive(Debug, thiserror::Error)]
pub enum TlsCause {
    /// The server's certificate is not accepted.
    #[error("{problem}: {error}")]
    Certificate {
        /// What is wrong with it.
        problem: CertificateProblem,
        /// Names, times and the verifier's own words.
        error: Box<CertificateError>,
    },
    /// The server ended the handshake with an alert.
    #[error("the server sent the TLS alert {0:?} ({code})", code = u8::from(*.0))]
    Alert(AlertDescription),
    /// The server wants a client certificate and got none, or does not accept the one it got.
    #[error("{}, TLS alert {alert:?} ({code})", if *.sent { "the server does not accept the client certificate" } else { "the server asks for a client certificate" }, code = u8::from(*.alert))]
    ClientCertificate {
        /// True when one was sent.
        sent: bool,
        /// What the server said.
        alert: AlertDescription,
    },
    /// What came back is not TLS.
    #[error("the server's answer is not TLS ({0:?})")]
    NotTls(InvalidMessage),
    /// The connection ended in the middle of the handshake.
    #[error("the server closed the connection during the TLS handshake")]
    Closed,
    /// The socket failed in the middle of the handshake.
    #[error("{0}")]
    Socket(Box<SocketFailure>),
    /// This computer's own trust store cannot be used.
    #[error("the platform's trust store cannot be used: {0}")]
    TrustStore(Box<rustls::Error>),
    /// Anything else.
    #[error("{0}")]
    Protocol(Box<rustls::Error>),
}

/// What is wrong with a certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CertificateProblem {
    /// It is for another name.
    Name,
    /// Its time is over.
    Expired,
    /// Its time has not come; often this computer's clock.
    NotYetValid,
    /// Its issuer is not trusted here.
    Untrusted,
    /// It is a CA certificate shown as the server's own, the usual shape of a home-made self-signed one. Trusting
    /// it through a CA file does not help: the server needs a certificate issued by it.
    CaAsServer,
    /// It was revoked. Windows and macOS look that up, as far as they can reach the issuer's service; on Linux nothing
    /// does, and a revoked certificate is accepted until it expires.
    Revoked,
    /// Anything else: encoding, signature, purpose.
    Other,
}

impl fmt::Display for CertificateProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Name => "certificate for another name",
            Self::Expired => "certificate expired",
            Self::NotYetValid => "certificate not valid yet",
            Self::Untrusted => "certificate from an issuer not trusted here",
            Self::CaAsServer => "a CA certificate is used as the server's own",
            Self::Revoked => "certificate revoked",
            Self::Other => "certificate not accepted",
        })
    }
}

impl CertificateProblem {
    fn of(error: &CertificateError) -> Self {
        use CertificateError as E;
        if matches!(error, E::NotValidForName | E::NotValidForNameContext { .. }) {
            Self::Name
        } else if matches!(error, E::Expired | E::ExpiredContext { .. }) {
            Self::Expired
        } else if matches!(error, E::NotValidYet | E::NotValidYetContext { .. }) {
            Self::NotYetValid
        } else if matches!(error, E::UnknownIssuer | E::BadSignature) {
            // A bad signature is an issuer of the trusted one's name with another key.
            Self::Untrusted
        } else if matches!(error, E::Revoked) {
            Self::Revoked
        } else if matches!(error, E::Other(other) if other.to_string().contains("CaUsedAsEndEntity")) {
            // rustls passes this one on untyped.
            Self::CaAsServer
        } else {
            Self::Other
        }
    }

    fn code(self) -> ErrorCode {
        match self {
            Self::Name => ErrorCode::TlsName,
            Self::Expired => ErrorCode::TlsExpired,
            Self::NotYetValid => ErrorCode::TlsNotYetValid,
            Self::Untrusted | Self::CaAsServer => ErrorCode::TlsUntrusted,
            Self::Revoked => ErrorCode::TlsRevoked,
            Self::Other => ErrorCode::TlsFailed,
        }
    }
}

impl TlsCause {
    /// The same cause without these secrets: the names in a certificate are whatever the server likes them to be.
    pub(crate) fn without(mut self, secrets: impl FnOnce() -> Secrets) -> Self {
        if let Self::Certificate { error, .. } = &mut self
            && let CertificateError::NotValidForNameContext { presented, .. } = &mut **error
        {
            let secrets = secrets();
            for name in presented {
                *name = secrets.redacted(name, LONGEST_NAME);
            }
        }
        self
    }

    pub(crate) fn code(&self) -> ErrorCode {
        match self {
            Self::Certificate { problem, .. } => problem.code(),
            Self::NotTls(_) => ErrorCode::TlsNotSpoken,
            Self::ClientCertificate { sent: false, .. } => ErrorCode::ClientCertRequired,
            Self::ClientCertificate { sent: true, .. } => ErrorCode::ClientCertRefused,
            Self::TrustStore(_) => ErrorCode::TlsUntrusted,
            Self::Alert(_) | Self::Closed | Self::Socket(_) | Self::Protocol(_) => ErrorCode::TlsFailed,
        }
    }

    /// An alert about the client's certificate says so only together with what was answered: before TLS 1.3 a server
    /// that misses one ends with a general alert.
    pub(crate) fn after(self, answered: ClientAuth) -> Self {
        use AlertDescription as Alert;
        const ABOUT_THE_CERTIFICATE: [AlertDescription; 8] = [
            Alert::BadCertificate,
            Alert::UnsupportedCertificate,
            Alert::CertificateRevoked,
            Alert::CertificateExpired,
            Alert::CertificateUnknown,
            Alert::UnknownCA,
            Alert::AccessDenied,
            Alert::DecryptError,
        ];
        const ABOUT_ITS_ABSENCE: [AlertDescription; 4] =
            [Alert::HandshakeFailure, Alert::NoCertificate, Alert::BadCertificate, Alert::AccessDenied];
        let Self::Alert(alert) = self else { return self };
        let about_it = match answered {
            ClientAuth::NotAsked => false,
            ClientAuth::NoneSent => ABOUT_ITS_ABSENCE.contains(&alert),
            ClientAuth::Sent => ABOUT_THE_CERTIFICATE.contains(&alert),
        };
        if about_it || alert == Alert::CertificateRequired {
            Self::ClientCertificate { sent: answered == ClientAuth::Sent, alert }
        } else {
            self
        }
    }

    /// The TLS error inside an I/O error, if there is one.
    pub(crate) fn inside(error: &io::Error) -> Option<Self> {
        error.get_ref()?.downcast_ref::<rustls::Error>().map(Self::of)
    }

    fn of(error: &rustls::Error) -> Self {
        use InvalidMessage as Bad;
        if let rustls::Error::InvalidCertificate(error) = error {
            return Self::Certificate {
                problem: CertificateProblem::of(error),
                error: Box::new(error.clone()),
            };
        }
        if let rustls::Error::AlertReceived(alert) = error {
            return Self::Alert(*alert);
        }
        if let rustls::Error::InvalidMessage(
            bad @ (Bad::InvalidContentType | Bad::UnknownProtocolVersion | Bad::MessageTooLarge),
        ) = error
        {
            return Self::NotTls(*bad);
        }
        Self::Protocol(Box::new(error.clone()))
    }
}

impl From<io::Error> for TlsCause {
    fn from(error: io::Error) -> Self {
        if let Some(cause) = Self::inside(&error) {
            return cause;
        }
        if error.kind() == io::ErrorKind::UnexpectedEof {
            Self::Closed
        } else {
            Self::Socket(Box::new(SocketFailure::from(&error)))
        }
    }
}

/// A CA file that cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("CA file {}: {problem}", path.display())]
pub struct CaFileError {
    /// The file.
    pub path: PathBuf,
    /// What is wrong with it.
    pub problem: CaFileProblem,
}

/// What is wrong with a CA file.
#[derive(Debug, thiserror::Error)]
pub enum CaFileProblem {
    /// It cannot be read.
    #[error("{0}")]
    Unreadable(io::Error),
    /// A folder, pipe or device.
    #[error("not a regular file")]
    NotAFile,
    /// Larger than any list of issuers.
    #[error("larger than {0} bytes")]
    TooLarge(u64),
    /// The PEM text is broken.
    #[error("not valid PEM: {0}")]
    Malformed(String),
    /// PEM, but no certificate in it.
    #[error("holds no certificate")]
    Empty,
    /// A certificate in it cannot be used as an issuer.
    #[error("certificate cannot be used: {0}")]
    Certificate(rustls::Error),
}

impl From<Unreadable> for CaFileProblem {
    fn from(error: Unreadable) -> Self {
        match error {
            Unreadable::Failed(error) => Self::Unreadable(error),
            Unreadable::NotAFile => Self::NotAFile,
            Unreadable::TooLarge(bytes) => Self::TooLarge(bytes),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_in_a_certificate_quote_no_secret() {
        let error = CertificateError::NotValidForNameContext {
            expected: rustls::pki_types::ServerName::try_from("feed.example").unwrap(),
            presented: vec!["DnsName(\"t0k3n-s3cret.invalid\")".into(), "DnsName(\"h.example\")".into()],
        };
        let cause = TlsCause::Certificate { problem: CertificateProblem::of(&error), error: Box::new(error) };
        let cause = cause.without(|| Secrets::none().and(["t0k3n-s3cret".to_owned()]));
        let text = cause.to_string();
        assert!(text.contains("[redacted].invalid") && text.contains("h.example"), "{text}");
    }

    #[test]
    fn an_alert_is_about_the_clients_certificate_only_where_one_was_asked_for() {
        use AlertDescription as Alert;
        let code = |alert, answered| TlsCause::Alert(alert).after(answered).code();
        for (alert, not_asked, none_sent, sent) in [
            (
                Alert::HandshakeFailure,
                ErrorCode::TlsFailed,
                ErrorCode::ClientCertRequired,
                ErrorCode::TlsFailed,
            ),
            (
                Alert::BadCertificate,
                ErrorCode::TlsFailed,
                ErrorCode::ClientCertRequired,
                ErrorCode::ClientCertRefused,
            ),
            (Alert::UnknownCA, ErrorCode::TlsFailed, ErrorCode::TlsFailed, ErrorCode::ClientCertRefused),
            (Alert::ProtocolVersion, ErrorCode::TlsFailed, ErrorCode::TlsFailed, ErrorCode::TlsFailed),
            (
                Alert::CertificateRequired,
                ErrorCode::ClientCertRequired,
                ErrorCode::ClientCertRequired,
                ErrorCode::ClientCertRefused,
            ),
        ] {
            assert_eq!(code(alert, ClientAuth::NotAsked), not_asked, "{alert:?}");
            assert_eq!(code(alert, ClientAuth::NoneSent), none_sent, "{alert:?}");
            assert_eq!(code(alert, ClientAuth::Sent), sent, "{alert:?}");
        }
    }

    #[test]
    fn every_certificate_error_has_its_code() {
        let expected = [
            (CertificateError::NotValidForName, ErrorCode::TlsName),
            (CertificateError::Expired, ErrorCode::TlsExpired),
            (CertificateError::NotValidYet, ErrorCode::TlsNotYetValid),
            (CertificateError::UnknownIssuer, ErrorCode::TlsUntrusted),
            (CertificateError::BadSignature, ErrorCode::TlsUntrusted),
            (CertificateError::Revoked, ErrorCode::TlsRevoked),
            (CertificateError::BadEncoding, ErrorCode::TlsFailed),
        ];
        for (error, code) in expected {
            let io =
                io::Error::new(io::ErrorKind::InvalidData, rustls::Error::InvalidCertificate(error.clone()));
            assert_eq!(TlsCause::from(io).code(), code, "{error:?}");
        }
    }
}
