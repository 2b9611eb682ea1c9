//! What a caller asks for: URL, headers, subprotocols, TLS options and limits. No defaults are read from anywhere.

use std::{fmt, path::PathBuf, time::Duration};

use http::HeaderMap;
use secrecy::SecretString;
use url::Url;

use crate::{credential::Credential, proxy::ProxyChoice};

/// One attempt to open one WebSocket.
#[derive(Clone)]
pub struct DialRequest {
    /// ws, wss, http or https; http(s) is dialed as ws(s). User name, password and fragment are never sent.
    pub url: Url,
    /// Extra request headers. `Host` and `User-Agent` replace the dialer's own; the headers of the handshake
    /// itself are refused. A redirect to another origin leaves all of them behind, and the credential and the client
    /// certificate too.
    pub headers: HeaderMap,
    /// Who is asking; an `Authorization` among the headers gives way to it.
    pub credential: Option<Credential>,
    /// Subprotocols offered, in order of preference.
    pub subprotocols: Vec<String>,
    /// Trust.
    pub tls: TlsOptions,
    /// Whether to go through a proxy.
    pub proxy: ProxyChoice,
    /// Times and sizes.
    pub limits: DialLimits,
    /// What else no text about this attempt may say: secrets that go to the server another way.
    pub private: Vec<SecretString>,
}

impl DialRequest {
    /// A request with no extra headers, no proxy, the platform's trust and the default limits.
    pub fn new(url: Url) -> Self {
        Self {
            url,
            headers: HeaderMap::new(),
            credential: None,
            subprotocols: Vec::new(),
            tls: TlsOptions::default(),
            proxy: ProxyChoice::Direct,
            limits: DialLimits::default(),
            private: Vec::new(),
        }
    }
}

/// Header values, queries and credentials in the URL are secrets until proven otherwise: only names are printed.
impl fmt::Debug for DialRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut url = self.url.clone();
        url.set_query(self.url.query().map(|_| "..."));
        url.set_fragment(None);
        // These two fail only on URLs that cannot hold credentials in the first place.
        let _ = url.set_username("");
        let _ = url.set_password(None);
        f.debug_struct("DialRequest")
            .field("url", &url.as_str())
            .field("headers", &self.headers.keys().collect::<Vec<_>>())
            .field("credential", &self.credential)
            .field("subprotocols", &self.subprotocols.len())
            .field("tls", &self.tls)
            .field("proxy", &self.proxy)
            .field("limits", &self.limits)
            .field("private", &self.private.len())
            .finish()
    }
}

/// Trust beyond the platform's own, and who we are. Verification has no off switch.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TlsOptions {
    /// PEM file with additional trusted issuers; read again when its size or modification time changes.
    pub ca_file: Option<PathBuf>,
    /// PEM file with the client's certificate, issuers that belong to its chain after it. Read again on change.
    pub client_cert: Option<PathBuf>,
    /// PEM file with the certificate's key (PKCS#8, PKCS#1 or SEC1, not encrypted); `None` where it stands in the
    /// certificate's file.
    pub client_key: Option<PathBuf>,
}

/// Times and sizes of one attempt. A phase ends at its own limit or at the overall one, whichever comes first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DialLimits {
    /// Name lookup.
    pub resolve: Duration,
    /// TCP connection, per address.
    pub connect: Duration,
    /// The way through a proxy, TLS with the proxy included.
    pub proxy: Duration,
    /// TLS handshake, reading the files of [`TlsOptions`] included.
    pub tls: Duration,
    /// From the first byte of the WebSocket request to the whole head of the answer.
    pub upgrade: Duration,
    /// The whole attempt.
    pub overall: Duration,
    /// Largest incoming message, and largest frame.
    pub max_message_bytes: usize,
    /// Bytes that may wait for a peer that does not read.
    pub max_write_buffer_bytes: usize,
}

impl Default for DialLimits {
    fn default() -> Self {
        Self {
            resolve: Duration::from_secs(3),
            connect: Duration::from_secs(5),
            proxy: Duration::from_secs(5),
            tls: Duration::from_secs(5),
            upgrade: Duration::from_secs(5),
            overall: Duration::from_secs(15),
            max_message_bytes: 16 * 1024 * 1024,
            max_write_buffer_bytes: 1024 * 1024,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_output_holds_no_secret() {
        let mut request = DialRequest::new(Url::parse("wss://me:pa55@host/p?token=t0ken#frag").unwrap());
        request.headers.insert("authorization", "Bearer s3cret".parse().unwrap());
        request.credential = Some(Credential::bearer("b3arer".into()).unwrap());
        request.subprotocols.push("t0kenprotocol".into());
        request.proxy = ProxyChoice::Url(Url::parse("http://me:pr0xyword@proxy:3128").unwrap());
        let text = format!("{request:?}");
        for secret in ["pa55", "t0ken", "s3cret", "b3arer", "me:", "pr0xyword"] {
            assert!(!text.contains(secret), "{secret} stands in {text}");
        }
        assert!(text.contains("authorization") && text.contains("wss://host/p"), "{text}");
    }
}
