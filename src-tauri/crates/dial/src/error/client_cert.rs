//! Client certificates that cannot be used, with the file that is at fault. Texts never hold a part of a key.

use std::{io, path::PathBuf};

use crate::pem_file::Unreadable;

/// A client certificate that cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("client certificate, {}: {problem}", path.display())]
pub struct ClientCertError {
    /// The file at fault: the certificate's or the key's.
    pub path: PathBuf,
    /// What is wrong with it.
    pub problem: ClientCertProblem,
}

/// What is wrong with a client certificate's files.
#[derive(Debug, thiserror::Error)]
pub enum ClientCertProblem {
    /// It cannot be read.
    #[error("{0}")]
    Unreadable(io::Error),
    /// A folder, pipe or device.
    #[error("not a regular file")]
    NotAFile,
    /// Larger than any certificate or key.
    #[error("larger than {0} bytes")]
    TooLarge(u64),
    /// The PEM text is broken.
    #[error("not valid PEM: {0}")]
    Malformed(String),
    /// No certificate in it.
    #[error("holds no certificate")]
    NoCertificate,
    /// No key in it.
    #[error("holds no private key")]
    NoKey,
    /// The key is encrypted, and nobody is there to type its password.
    #[error("the private key is encrypted; a key without a password is needed")]
    Encrypted,
    /// The certificate is broken.
    #[error("certificate cannot be used: {0}")]
    Certificate(rustls::Error),
    /// The key is broken or of a kind that is not supported.
    #[error("private key cannot be used: {0}")]
    Key(rustls::Error),
    /// The key belongs to another certificate.
    #[error("the private key does not belong to the certificate in {}", .0.display())]
    Mismatch(PathBuf),
}

impl From<Unreadable> for ClientCertProblem {
    fn from(error: Unreadable) -> Self {
        match error {
            Unreadable::Failed(error) => Self::Unreadable(error),
            Unreadable::NotAFile => Self::NotAFile,
            Unreadable::TooLarge(bytes) => Self::TooLarge(bytes),
        }
    }
}
