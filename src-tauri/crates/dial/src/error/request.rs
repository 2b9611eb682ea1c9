//! Requests that cannot be dialed at all. Texts name the part, never its value, because values may be secrets.

/// What is wrong with the request.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RequestFlaw {
    /// Neither ws, wss, http nor https.
    #[error("the URL's scheme {0:?} is not ws, wss, http or https")]
    Scheme(String),
    /// No host in the URL.
    #[error("the URL names no host")]
    Host,
    /// TLS cannot verify this host name.
    #[error("the host {0:?} is not a name a certificate can carry")]
    HostName(String),
    /// A header that the handshake itself sets.
    #[error("the header {0} belongs to the handshake and cannot be set")]
    ReservedHeader(String),
    /// Not a token (RFC 9110), or offered twice.
    #[error("subprotocol number {0} is not a token or is offered twice")]
    Subprotocol(usize),
    /// A client key without the certificate it belongs to.
    #[error("a client key is given without a client certificate")]
    ClientKeyAlone,
}
