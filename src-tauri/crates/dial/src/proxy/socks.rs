//! SOCKS5 (RFC 1928), with user name and password (RFC 1929): asks a proxy for a way to one host or address.

use std::{io, net::IpAddr};

use futures_util::FutureExt as _;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};

use super::server::{Credentials, ProxyServer};
use crate::{
    error::{ProxyCause, ProxyProtocolFlaw, SocketFailure, SocksReply},
    excerpt::Secrets,
    phase::ProxyFacts,
    upgrade::FOUND_CHARS,
};

const VERSION: u8 = 5;
const AUTH_VERSION: u8 = 1;
const NO_AUTH: u8 = 0;
const USER_PASSWORD: u8 = 2;
const NONE_ACCEPTABLE: u8 = 0xFF;
const CONNECT: u8 = 1;
const IPV4: u8 = 1;
const NAME: u8 = 3;
const IPV6: u8 = 4;

/// What the proxy is asked to connect to.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Destination<'a> {
    Address(IpAddr),
    /// Not longer than 255 bytes, as every name that could be looked up.
    Name(&'a str),
}

/// Asks over `stream` for a way to the destination.
pub(crate) async fn connect<S: AsyncRead + AsyncWrite + Unpin>(
    stream: S,
    server: &ProxyServer,
    to: Destination<'_>,
    port: u16,
    facts: &mut ProxyFacts,
) -> Result<S, ProxyCause> {
    let mut talk = Talk { stream, facts, secrets: Secrets::none().and(password(server)) };
    let credentials = server.credentials();
    talk.agree_on_a_method(credentials).await?;
    talk.send(&request(to, port)?).await?;
    let [version, reply, _, kind] = talk.read().await?;
    if version != VERSION {
        return Err(talk.not_socks(&[version, reply]));
    }
    if reply != 0 {
        let reply = SocksReply::of(reply);
        talk.facts.reply = Some(reply);
        return Err(ProxyCause::Reply(reply));
    }
    talk.skip_address(kind).await?;
    Ok(talk.stream)
}

fn request(to: Destination<'_>, port: u16) -> Result<Vec<u8>, ProxyCause> {
    let mut bytes = vec![VERSION, CONNECT, 0];
    match to {
        Destination::Address(IpAddr::V4(address)) => {
            bytes.push(IPV4);
            bytes.extend(address.octets());
        }
        Destination::Address(IpAddr::V6(address)) => {
            bytes.push(IPV6);
            bytes.extend(address.octets());
        }
        Destination::Name(name) => {
            // Longer names exist nowhere (RFC 1035 §2.3.4); no proxy could do better with one.
            let length =
                u8::try_from(name.len()).map_err(|_| ProxyCause::Reply(SocksReply::HostUnreachable))?;
            bytes.extend([NAME, length]);
            bytes.extend(name.as_bytes());
        }
    }
    bytes.extend(port.to_be_bytes());
    Ok(bytes)
}

/// Reads exactly what the protocol says, so that nothing of the tunnel is taken.
struct Talk<'a, S> {
    stream: S,
    facts: &'a mut ProxyFacts,
    secrets: Secrets,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Talk<'_, S> {
    async fn agree_on_a_method(&mut self, credentials: Option<&Credentials>) -> Result<(), ProxyCause> {
        match credentials {
            None => self.send(&[VERSION, 1, NO_AUTH]).await?,
            Some(_) => self.send(&[VERSION, 2, NO_AUTH, USER_PASSWORD]).await?,
        }
        let [version, method] = self.read().await?;
        if version != VERSION {
            return Err(self.not_socks(&[version, method]));
        }
        match (method, credentials) {
            (NO_AUTH, _) => Ok(()),
            (USER_PASSWORD, Some(credentials)) => self.sign_in(credentials).await,
            (NONE_ACCEPTABLE, _) | (USER_PASSWORD, None) => Err(auth_required(false)),
            (other, _) => Err(ProxyCause::Protocol {
                flaw: ProxyProtocolFlaw::SocksMethod(other),
                found: String::new(),
            }),
        }
    }

    async fn sign_in(&mut self, credentials: &Credentials) -> Result<(), ProxyCause> {
        let mut bytes = vec![AUTH_VERSION];
        for part in [&credentials.user, &credentials.password] {
            // A ProxyServer holds no longer ones.
            bytes.push(u8::try_from(part.len()).unwrap_or(u8::MAX));
            bytes.extend(&part[..part.len().min(usize::from(u8::MAX))]);
        }
        self.send(&bytes).await?;
        let [_version, status] = self.read().await?;
        if status == 0 { Ok(()) } else { Err(auth_required(true)) }
    }

    /// The address the proxy connects from; of no use.
    async fn skip_address(&mut self, kind: u8) -> Result<(), ProxyCause> {
        let length = match kind {
            IPV4 => 4,
            IPV6 => 16,
            NAME => {
                let [length] = self.read().await?;
                usize::from(length)
            }
            other => {
                return Err(ProxyCause::Protocol {
                    flaw: ProxyProtocolFlaw::SocksAddress(other),
                    found: String::new(),
                });
            }
        };
        // And its port.
        self.fill(&mut vec![0; length + 2]).await
    }

    async fn send(&mut self, bytes: &[u8]) -> Result<(), ProxyCause> {
        // A proxy that refuses early may have answered before it closed: reading finds out.
        match self.stream.write_all(bytes).await {
            Ok(()) => Ok(()),
            Err(error) if SocketFailure::from(&error).is_cut() => Ok(()),
            Err(error) => Err(self.broken(&error)),
        }
    }

    async fn read<const N: usize>(&mut self) -> Result<[u8; N], ProxyCause> {
        let mut bytes = [0; N];
        self.fill(&mut bytes).await?;
        Ok(bytes)
    }

    async fn fill(&mut self, bytes: &mut [u8]) -> Result<(), ProxyCause> {
        let mut filled = 0;
        while filled < bytes.len() {
            match self.stream.read(&mut bytes[filled..]).await {
                Ok(0) => {
                    return Err(ProxyCause::Closed { received: self.facts.received, failure: None });
                }
                Ok(count) => {
                    filled += count;
                    self.facts.received += count;
                    // Another protocol shows in the first byte; it may have sent no second one.
                    if bytes[0] != VERSION && self.facts.received == count {
                        return Err(self.not_socks(&bytes[..filled]));
                    }
                }
                Err(error) => return Err(self.broken(&error)),
            }
        }
        Ok(())
    }

    /// Quotes what is there already; waiting for more would only hold up the news.
    fn not_socks(&mut self, start: &[u8]) -> ProxyCause {
        let mut found = start.to_vec();
        let mut more = [0; FOUND_CHARS];
        if let Some(Ok(count)) = self.stream.read(&mut more).now_or_never() {
            found.extend(&more[..count]);
        }
        ProxyCause::Protocol {
            flaw: ProxyProtocolFlaw::NotSocks5,
            found: self.secrets.redacted(&String::from_utf8_lossy(&found), FOUND_CHARS),
        }
    }

    fn broken(&self, error: &io::Error) -> ProxyCause {
        let failure = Box::new(SocketFailure::from(error));
        if failure.is_cut() {
            ProxyCause::Closed { received: self.facts.received, failure: Some(failure) }
        } else {
            ProxyCause::Socket(failure)
        }
    }
}

fn password(server: &ProxyServer) -> Option<String> {
    let found = server.credentials()?;
    Some(String::from_utf8_lossy(&found.password).into_owned())
}

fn auth_required(sent: bool) -> ProxyCause {
    ProxyCause::AuthRequired { sent, offered: Vec::new(), answer: None }
}

#[cfg(test)]
#[path = "socks/tests.rs"]
mod tests;
