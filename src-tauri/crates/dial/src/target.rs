//! A checked request: what the URL and the headers mean for the dialer. No I/O.

use std::net::IpAddr;

use http::HeaderName;
use rustls::pki_types::ServerName;
use url::{Host, Url};

use crate::{error::RequestFlaw, request::DialRequest};

/// Headers that make up the handshake or frame a body; a request that sets them would contradict the dialer.
const RESERVED: [&str; 10] = [
    "connection",
    "content-length",
    "sec-websocket-accept",
    "sec-websocket-extensions",
    "sec-websocket-key",
    "sec-websocket-protocol",
    "sec-websocket-version",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

/// Where to connect and what to ask for.
#[derive(Clone, Debug)]
pub(crate) struct Target {
    /// Name, or literal address without brackets.
    pub(crate) host: String,
    /// The literal address, when it is one.
    pub(crate) literal: Option<IpAddr>,
    /// Port of the URL, or its scheme's.
    pub(crate) port: u16,
    /// Name to verify; `None` means no TLS.
    pub(crate) server_name: Option<ServerName<'static>>,
    /// Value of the Host header.
    pub(crate) authority: String,
    /// host:port, for a proxy.
    pub(crate) with_port: String,
    /// Path and query.
    pub(crate) path: String,
}

impl Target {
    pub(crate) fn of(request: &DialRequest) -> Result<Self, RequestFlaw> {
        let url = &request.url;
        let encrypted = match url.scheme() {
            "ws" | "http" => false,
            "wss" | "https" => true,
            other => return Err(RequestFlaw::Scheme(other.to_owned())),
        };
        let (host, literal) = match url.host() {
            Some(Host::Domain(name)) if !name.is_empty() => (name.to_owned(), None),
            Some(Host::Ipv4(address)) => (address.to_string(), Some(IpAddr::from(address))),
            Some(Host::Ipv6(address)) => (address.to_string(), Some(IpAddr::from(address))),
            Some(Host::Domain(_)) | None => return Err(RequestFlaw::Host),
        };
        let port = url.port_or_known_default().ok_or(RequestFlaw::Host)?;
        let server_name = if encrypted { Some(server_name(&host, literal)?) } else { None };
        check_headers(request)?;
        check_subprotocols(&request.subprotocols)?;
        Ok(Self {
            authority: authority(url, port),
            with_port: format!("{}:{port}", url.host_str().unwrap_or_default()),
            path: path(url),
            host,
            literal,
            port,
            server_name,
        })
    }
}

fn server_name(host: &str, literal: Option<IpAddr>) -> Result<ServerName<'static>, RequestFlaw> {
    if let Some(address) = literal {
        return Ok(ServerName::from(address));
    }
    ServerName::try_from(host.to_owned()).map_err(|_| RequestFlaw::HostName(host.to_owned()))
}

/// host[:port], the port only where it is not the scheme's own (which `url` does not keep).
fn authority(url: &Url, port: u16) -> String {
    let host = url.host_str().unwrap_or_default();
    if url.port().is_some() { format!("{host}:{port}") } else { host.to_owned() }
}

fn path(url: &Url) -> String {
    match url.query() {
        Some(query) => format!("{}?{query}", url.path()),
        None => url.path().to_owned(),
    }
}

fn check_headers(request: &DialRequest) -> Result<(), RequestFlaw> {
    match request.headers.keys().find(|name| RESERVED.contains(&name.as_str())) {
        Some(name) => Err(RequestFlaw::ReservedHeader(name.to_string())),
        None => Ok(()),
    }
}

fn check_subprotocols(offered: &[String]) -> Result<(), RequestFlaw> {
    for (index, one) in offered.iter().enumerate() {
        // A header name is a token too (RFC 9110 §5.1), and `http` already knows how to check one.
        if HeaderName::from_bytes(one.as_bytes()).is_err() || offered[..index].contains(one) {
            return Err(RequestFlaw::Subprotocol(index + 1));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(url: &str) -> Result<Target, RequestFlaw> {
        Target::of(&DialRequest::new(Url::parse(url).unwrap()))
    }

    #[test]
    fn every_scheme_has_its_port_and_its_tls() {
        for (url, port, encrypted) in [
            ("ws://h/", 80, false),
            ("http://h/", 80, false),
            ("wss://h/", 443, true),
            ("https://h/", 443, true),
        ] {
            let target = target(url).unwrap();
            assert_eq!((target.port, target.server_name.is_some()), (port, encrypted), "{url}");
            assert_eq!(target.authority, "h");
        }
        assert_eq!(target("ftp://h/").unwrap_err(), RequestFlaw::Scheme("ftp".into()));
        assert_eq!(target("mailto:h").unwrap_err(), RequestFlaw::Scheme("mailto".into()));
    }

    #[test]
    fn credentials_and_fragment_stay_here() {
        let target = target("ws://me:secret@h:81/a%20b?c=d#e").unwrap();
        assert_eq!((target.authority.as_str(), target.path.as_str()), ("h:81", "/a%20b?c=d"));
    }

    #[test]
    fn a_literal_address_is_known_as_one() {
        let target = target("wss://[::1]:9/").unwrap();
        assert_eq!(target.literal, Some("::1".parse().unwrap()));
        assert_eq!((target.host.as_str(), target.authority.as_str()), ("::1", "[::1]:9"));
        assert!(matches!(target.server_name, Some(ServerName::IpAddress(_))));
    }

    #[test]
    fn a_name_no_certificate_can_carry_is_refused_only_where_one_is_needed() {
        let name = format!("{}.example", "a".repeat(70));
        assert!(target(&format!("ws://{name}/")).is_ok());
        assert_eq!(target(&format!("wss://{name}/")).unwrap_err(), RequestFlaw::HostName(name));
    }

    #[test]
    fn headers_of_the_handshake_cannot_be_set_and_others_can() {
        let mut request = DialRequest::new(Url::parse("ws://h/").unwrap());
        request.headers.insert("host", "other".parse().unwrap());
        request.headers.insert("origin", "https://h".parse().unwrap());
        assert!(Target::of(&request).is_ok());
        request.headers.insert("upgrade", "h2c".parse().unwrap());
        assert_eq!(Target::of(&request).unwrap_err(), RequestFlaw::ReservedHeader("upgrade".into()));
    }

    #[test]
    fn subprotocols_are_tokens_and_differ() {
        let mut request = DialRequest::new(Url::parse("ws://h/").unwrap());
        for (offered, flaw) in [
            (vec!["a", "b"], None),
            (vec!["a", "a"], Some(RequestFlaw::Subprotocol(2))),
            (vec!["a b"], Some(RequestFlaw::Subprotocol(1))),
            (vec!["a", "b\r\nX: y"], Some(RequestFlaw::Subprotocol(2))),
            (vec![""], Some(RequestFlaw::Subprotocol(1))),
        ] {
            request.subprotocols = offered.into_iter().map(str::to_owned).collect();
            assert_eq!(Target::of(&request).err(), flaw);
        }
    }
}
