//! One proxy: how it is spoken to, where it is, and its credentials, which no text about it shows.

use std::{fmt, net::IpAddr, sync::Arc};

use percent_encoding::percent_decode_str;
use rustls::pki_types::ServerName;
use url::{Host, Url};

use crate::error::ProxyFlaw;

/// Longest user name and password of SOCKS5 (RFC 1929 §2).
const SOCKS_CREDENTIAL_BYTES: usize = 255;

/// How a proxy is spoken to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ProxyKind {
    /// CONNECT over TCP.
    Http,
    /// CONNECT over TLS.
    Https,
    /// SOCKS5; the server's name is looked up here.
    Socks5,
    /// SOCKS5; the proxy looks the server's name up.
    Socks5h,
}

impl ProxyKind {
    /// The scheme in a proxy's URL.
    pub fn scheme(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Https => "https",
            Self::Socks5 => "socks5",
            Self::Socks5h => "socks5h",
        }
    }

    /// True where the server's name is looked up here and not by the proxy.
    pub(crate) fn needs_address(self) -> bool {
        match self {
            Self::Socks5 => true,
            Self::Http | Self::Https | Self::Socks5h => false,
        }
    }

    fn default_port(self) -> u16 {
        match self {
            Self::Http => 80,
            Self::Https => 443,
            Self::Socks5 | Self::Socks5h => 1080,
        }
    }
}

/// A proxy. A cheap clone. Printed without user name and password.
#[derive(Clone, PartialEq, Eq)]
pub struct ProxyServer(Arc<Parts>);

#[derive(PartialEq, Eq)]
struct Parts {
    kind: ProxyKind,
    host: String,
    literal: Option<IpAddr>,
    port: u16,
    /// For https: the name to verify.
    server_name: Option<ServerName<'static>>,
    credentials: Option<Credentials>,
}

/// User name and password, percent-decoded. They need not be text.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Credentials {
    pub(crate) user: Vec<u8>,
    pub(crate) password: Vec<u8>,
}

impl ProxyServer {
    /// Reads what people write: a URL, or `host:port`, which means http.
    ///
    /// # Errors
    ///
    /// What is wrong with it; the text of the error never repeats the value.
    pub fn parse(text: &str) -> Result<Self, ProxyFlaw> {
        let text = text.trim();
        let url = if text.contains("://") { Url::parse(text) } else { Url::parse(&format!("http://{text}")) };
        Self::of(&url.map_err(|_| ProxyFlaw::Url)?)
    }

    /// The proxy a URL names. Path, query and fragment mean nothing and are ignored.
    ///
    /// # Errors
    ///
    /// What is wrong with it.
    pub fn of(url: &Url) -> Result<Self, ProxyFlaw> {
        let kind = match url.scheme() {
            "http" => ProxyKind::Http,
            "https" => ProxyKind::Https,
            "socks5" => ProxyKind::Socks5,
            // What GNOME and many documents write. Remote lookup is what networks that need a proxy need.
            "socks5h" | "socks" => ProxyKind::Socks5h,
            other => return Err(ProxyFlaw::Scheme(other.to_owned())),
        };
        let (host, literal) = host(url).ok_or(ProxyFlaw::Host)?;
        let port = url.port().unwrap_or(kind.default_port());
        if port == 0 {
            return Err(ProxyFlaw::Port);
        }
        let credentials = Credentials::of(url);
        if let (ProxyKind::Socks5 | ProxyKind::Socks5h, Some(found)) = (kind, &credentials) {
            let fits = |part: &[u8]| (1..=SOCKS_CREDENTIAL_BYTES).contains(&part.len());
            if !fits(&found.user) || !fits(&found.password) {
                return Err(ProxyFlaw::SocksCredentials);
            }
        }
        if credentials.as_ref().is_some_and(|found| found.user.contains(&b':'))
            && matches!(kind, ProxyKind::Http | ProxyKind::Https)
        {
            return Err(ProxyFlaw::BasicUser);
        }
        let server_name = match (kind, literal) {
            (ProxyKind::Https, Some(address)) => Some(ServerName::from(address)),
            (ProxyKind::Https, None) => {
                Some(ServerName::try_from(host.clone()).map_err(|_| ProxyFlaw::HostName)?)
            }
            (ProxyKind::Http | ProxyKind::Socks5 | ProxyKind::Socks5h, _) => None,
        };
        Ok(Self(Arc::new(Parts { kind, host, literal, port, server_name, credentials })))
    }

    /// How it is spoken to.
    pub fn kind(&self) -> ProxyKind {
        self.0.kind
    }

    /// Name, or literal address without brackets.
    pub fn host(&self) -> &str {
        &self.0.host
    }

    /// Port.
    pub fn port(&self) -> u16 {
        self.0.port
    }

    /// True when it is given a user name or a password.
    pub fn has_credentials(&self) -> bool {
        self.0.credentials.is_some()
    }

    pub(crate) fn literal(&self) -> Option<IpAddr> {
        self.0.literal
    }

    pub(crate) fn server_name(&self) -> Option<&ServerName<'static>> {
        self.0.server_name.as_ref()
    }

    pub(crate) fn credentials(&self) -> Option<&Credentials> {
        self.0.credentials.as_ref()
    }
}

impl Credentials {
    fn of(url: &Url) -> Option<Self> {
        let password = url.password();
        if url.username().is_empty() && password.is_none() {
            return None;
        }
        Some(Self {
            user: percent_decode_str(url.username()).collect(),
            password: percent_decode_str(password.unwrap_or_default()).collect(),
        })
    }
}

/// `url` reads hosts of http and https as names or addresses, those of other schemes as opaque text.
fn host(url: &Url) -> Option<(String, Option<IpAddr>)> {
    match url.host()? {
        Host::Domain("") => None,
        Host::Domain(text) => {
            // Read again as http would be, for upper case, international names and addresses.
            match Host::parse(&percent_decode_str(text).decode_utf8().ok()?).ok()? {
                Host::Domain(name) => Some((name, None)),
                Host::Ipv4(address) => Some((address.to_string(), Some(address.into()))),
                Host::Ipv6(address) => Some((address.to_string(), Some(address.into()))),
            }
        }
        Host::Ipv4(address) => Some((address.to_string(), Some(address.into()))),
        Host::Ipv6(address) => Some((address.to_string(), Some(address.into()))),
    }
}

/// As a URL, without credentials.
impl fmt::Display for ProxyServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (open, close) = if matches!(self.0.literal, Some(IpAddr::V6(_))) { ("[", "]") } else { ("", "") };
        let (scheme, host, port) = (self.0.kind.scheme(), &self.0.host, self.0.port);
        write!(f, "{scheme}://{open}{host}{close}:{port}")
    }
}

impl fmt::Debug for ProxyServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ProxyServer")
            .field("url", &format_args!("{self}"))
            .field("has_credentials", &self.has_credentials())
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn proxies_are_read_as_people_write_them() {
        for (text, shown) in [
            ("http://proxy.example:3128", "http://proxy.example:3128"),
            ("http://proxy.example", "http://proxy.example:80"),
            ("http://proxy.example:80/ignored?x#y", "http://proxy.example:80"),
            ("https://proxy.example", "https://proxy.example:443"),
            ("Proxy.Example:3128", "http://proxy.example:3128"),
            (" 10.0.0.1:3128 ", "http://10.0.0.1:3128"),
            ("[::1]:3128", "http://[::1]:3128"),
            ("me:pass@proxy:8080", "http://proxy:8080"),
            ("socks5://PROXY", "socks5://proxy:1080"),
            ("socks5://h:80", "socks5://h:80"),
            ("SOCKS5H://127.0.0.1:9050", "socks5h://127.0.0.1:9050"),
            ("socks5://[::1]:9050", "socks5://[::1]:9050"),
            ("socks://bücher.example/", "socks5h://xn--bcher-kva.example:1080"),
        ] {
            assert_eq!(ProxyServer::parse(text).unwrap().to_string(), shown, "{text}");
        }
        let literal = |text| ProxyServer::parse(text).unwrap().literal();
        assert_eq!(literal("socks5://127.0.0.1:1"), Some(IpAddr::from([127, 0, 0, 1])));
        assert_eq!(literal("socks5://h:1"), None);
    }

    #[test]
    fn what_cannot_be_a_proxy_is_told_why() {
        let long = "x".repeat(256);
        for (text, flaw) in [
            ("", ProxyFlaw::Url),
            ("http://", ProxyFlaw::Url),
            ("http://h:99999", ProxyFlaw::Url),
            ("http://h:0", ProxyFlaw::Port),
            ("socks4://h:1080", ProxyFlaw::Scheme("socks4".into())),
            ("ftp://h", ProxyFlaw::Scheme("ftp".into())),
            ("socks5://", ProxyFlaw::Host),
            ("socks5://me@h", ProxyFlaw::SocksCredentials),
            (&format!("socks5://me:{long}@h"), ProxyFlaw::SocksCredentials),
            ("http://a%3Ab:c@h", ProxyFlaw::BasicUser),
        ] {
            assert_eq!(ProxyServer::parse(text).unwrap_err(), flaw, "{text}");
        }
    }

    #[test]
    fn credentials_are_decoded_and_never_printed() {
        let proxy = ProxyServer::parse("http://us%65r:p%40ss%3Aw0rd@h:1").unwrap();
        let found = proxy.credentials().unwrap();
        assert_eq!((&found.user[..], &found.password[..]), (&b"user"[..], &b"p@ss:w0rd"[..]));
        let text = format!("{proxy} {proxy:?}");
        assert!(!text.contains("w0rd") && !text.contains("us") && !text.contains("p%40"), "{text}");
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused_without_being_repeated(text in "\\PC{0,40}", word in "[a-z0-9]{8}") {
            let _ = ProxyServer::parse(&text);
            for text in [format!("http://u:{word}@{text}"), format!("socks5://u:{word}@{text}:1")] {
                // Unless the text itself makes the word part of the host.
                if !text[text.find(&word).unwrap_or(0)..].contains(['/', '?', '#', '\\']) && text.matches('@').count() == 1 {
                    let shown = match ProxyServer::parse(&text) {
                        Ok(proxy) => format!("{proxy} {proxy:?}"),
                        Err(flaw) => format!("{flaw} {flaw:?}"),
                    };
                    prop_assert!(!shown.contains(&word), "{}", shown);
                }
            }
        }
    }
}
